import { assert, describe, it } from "@effect/vitest"
import { MeetingNo } from "@effect-feishu/core"
import type { Row, Scenario } from "./Scenario.ts"
import * as Simulation from "./Simulation.ts"

// Further ones are in sim.services.ts.
const seeds = 100
const inGroup = 25

describe("whatever the network, the server and the processes do, in virtual time", () => {
  for (let from = 1; from <= seeds; from += inGroup) {
    it(`seeds ${from} to ${from + inGroup - 1}: complete or failed with a cursor, within the limit, nothing left behind`, () => {
      for (let seed = from; seed < from + inGroup; seed++) {
        const { violations } = Simulation.run(seed)
        assert.deepStrictEqual(violations, [], `replay with: pnpm sim --seed ${seed}`)
      }
    })
  }

  it("a page that leads nowhere, and that what was left out would have come with, is asked for again from before that (seed 26030)", () => {
    assert.deepStrictEqual(Simulation.run(26_030).violations, [])
  })

  it("a seed decides everything: the same seed does the same again", () => {
    for (const seed of [3, 17, 27, 101]) {
      assert.deepStrictEqual(Simulation.run(seed).trace, Simulation.run(seed).trace)
    }
  })
})

const meetingNo = MeetingNo.make("100000001")
const minute = 60_000
const pages = 400

/** A user reads 400 pages and works half a minute on each, while two other programs use the same login. */
const slowly =
  (change: Partial<Scenario> = {}) =>
  (scenario: Scenario): Scenario => {
    const windows = scenario.windows.slice(0, 1)
    const [range] = windows as [(typeof windows)[number]]
    return {
      ...scenario,
      range,
      windows,
      rows: Array.from({ length: 2 * pages }, (_, index): Row => ({
        id: String(7_000_000_000_000_000_000n + BigInt(index)),
        meetingNo,
        time: range.start + 1 + index,
        topic: `topic ${index}`,
        since: Number.NEGATIVE_INFINITY,
        endsAt: Number.NEGATIVE_INFINITY,
        recordedAt: undefined,
        refused: { details: undefined, recording: undefined },
      })),
      listing: {
        ...scenario.listing,
        tokens: "opaque",
        tokenLife: Number.POSITIVE_INFINITY,
        overlaps: 0,
        empties: 0,
        ninetyDays: "span",
      },
      limit: { requests: 100, kind: "sliding log", shift: 0, others: 0, tellsReset: true },
      token: { life: 120 * minute, tells: "the truth", revokedAt: [], stubbornness: 0 },
      login: {
        left: 120 * minute,
        revokedAt: [],
        outages: [],
        unwritable: [],
        writing: 5,
        making: 5,
        others: [
          { pause: minute, clock: 0 },
          { pause: 10 * minute, clock: 0 },
        ],
        stops: [],
      },
      weather: { network: 0, gateway: 0, payload: 0, tokenEndpoint: 0 },
      outages: [],
      calmFrom: 10 * 60 * minute,
      plans: [
        {
          name: "reader",
          numbers: [meetingNo],
          options: { pageSize: 2, readAhead: 1 },
          by: "pages",
          details: undefined,
          seen: false,
          take: undefined,
          slowness: minute,
          storesEvery: 1,
          impatience: 0,
          starts: 0,
        },
      ],
      stops: [],
      wallClockJumps: [],
      ...change,
    }
  }

/** What was asked for until the last page, and how long that took. */
const readOf = ({ sent, trace }: Simulation.Report) => {
  const pagesSent = sent.filter(({ query }) => query["meeting_no"] === meetingNo)
  const last = pagesSent.at(-1)!.at
  return {
    pages: pagesSent.length,
    hours: last / 3_600_000,
    refreshed: sent.filter(({ at, refreshToken }) => at <= last && refreshToken !== undefined),
    rows: trace.find((line) => line.includes("complete: "))?.replace(/.*: /, ""),
    signedIn: trace.filter((line) => line.endsWith("the user signs in")).length,
  }
}

// That every row comes once, that a token is refreshed only when it is time, and that a refresh token is sent once, is among what is
// checked in every simulation.
describe("more than two hours by the tokens of a user, which three programs share, in virtual time", () => {
  it("without faults: a request for each page, and one for the tokens of the next two hours", () => {
    const report = Simulation.run(1, slowly())
    assert.deepStrictEqual(report.violations, [])
    const { hours, refreshed, ...read } = readOf(report)
    assert.isAbove(hours, 3)
    // Each has 25 minutes left when it is refreshed.
    assert.deepStrictEqual(
      refreshed.map(({ refreshToken }) => refreshToken),
      Array.from({ length: Math.floor((hours * 60) / 95) }, (_, index) => `r-SECRET-${index + 1}`),
    )
    // One program has refreshed them; each of the others was refused once with the former ones, or found the next ones stored.
    assert.isAtMost(read.pages - pages, refreshed.length)
    assert.deepStrictEqual({ ...read, pages }, { pages, rows: "800", signedIn: 0 })
  })

  it("with faults of the network, of Feishu and of the programs: no row is lost or comes twice", () => {
    const lost = [1, 3].map((seed) => {
      const report = Simulation.run(
        seed,
        slowly({
          weather: { network: 0.05, gateway: 0.05, payload: 0, tokenEndpoint: 0.3 },
          token: { life: 30 * minute, tells: "the truth", revokedAt: [], stubbornness: 0 },
          stops: [40, 80, 120, 160].map((at, index) => ({
            at: at * minute,
            how: index % 2 === 0 ? "kill" : "interrupt",
            pause: 0,
          })),
        }),
      )
      assert.deepStrictEqual(report.violations, [])
      const { hours, refreshed, rows, signedIn } = readOf(report)
      assert.isAbove(hours, 2)
      assert.isAtLeast(refreshed.length, 8)
      assert.strictEqual(rows, "800")
      return signedIn
    })
    // Some answers with the next tokens were lost on their way, and cost the login.
    assert.isAbove(Math.max(...lost), 0)
  })
})
