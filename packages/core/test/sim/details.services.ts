import { assert, describe, it } from "@effect/vitest"
import { MeetingNo, RateLimit } from "@effect-feishu/core"
import type { Plan, Row, Scenario } from "./Scenario.ts"
import * as Simulation from "./Simulation.ts"
import type { About } from "./World.ts"

/** How many meetings each number has: 5,000 in all. */
const counts = [2_510, 1_489, 1_001] as const
const numbers = counts.map((_, index) => MeetingNo.make(`10000000${index + 1}`))

/** Many numbers with many meetings that are read at once, while some of them end and their recordings are made. */
const many =
  (network: number) =>
  (scenario: Scenario): Scenario => {
    const windows = scenario.windows.slice(0, 1)
    const [{ end, start }] = windows as [(typeof windows)[number]]
    const rowOf = (index: number, meetingNo: MeetingNo): Row => ({
      id: String(7_000_000_000_000_000_000n + BigInt(index)),
      meetingNo,
      time: start + 1 + (index % (end - start - 1)),
      topic: `topic ${index}`,
      since: Number.NEGATIVE_INFINITY,
      endsAt: index % 10 === 0 ? (index % 100) * 3_000 : Number.NEGATIVE_INFINITY,
      recordedAt: index % 3 === 0 ? undefined : (index % 100) * 5_000,
      refused: {
        details: index % 40 === 1 ? 121005 : undefined,
        recording: index % 40 === 2 ? 121005 : undefined,
      },
    })
    const plan: Plan = {
      name: "reader",
      numbers,
      options: { pageSize: 50, readAhead: 1 },
      by: "outcomes",
      details: { details: true, recordings: true, participants: true, concurrency: 50 },
      seen: false,
      take: undefined,
      slowness: 0,
      storesEvery: 1,
      impatience: 0,
      starts: 0,
    }
    const calm = { gateway: 0, payload: 0, tokenEndpoint: 0 }
    return {
      ...scenario,
      range: { start, end },
      windows,
      rows: numbers.flatMap((meetingNo, number) =>
        Array.from({ length: counts[number]! }, (_, index) => rowOf(number * 10_000 + index, meetingNo)),
      ),
      listing: {
        order: "by time",
        bounds: "both",
        tokens: "opaque",
        tokenLife: Number.POSITIVE_INFINITY,
        overlaps: 0,
        empties: 0,
        sparse: false,
        ninetyDays: "span",
        numberAs: "digits",
      },
      limit: { requests: 100, kind: "sliding log", shift: 0, others: 0, tellsReset: true },
      meetings: {
        limits: { details: undefined, recording: undefined },
        kind: "sliding log",
        others: 0,
        end: "0",
        none: "121004",
        running: 122001,
        beingMade: 124002,
      },
      login: undefined,
      token: { life: 7_200_000, tells: "the truth", revokedAt: [], stubbornness: 0 },
      weather: { ...calm, network },
      outages: [],
      calmFrom: 3_600_000,
      delay: { there: 40, back: 40 },
      manners: { latest: 0, fast: 0, yields: 0 },
      tiesByDice: false,
      plans: [plan],
      stops: [],
      wallClockJumps: [],
    }
  }

const needed: Readonly<Record<About, number>> = {
  list: counts.reduce((sum, count) => sum + Math.ceil(count / 50), 0),
  details: 5_000,
  recording: 5_000,
}
const abouts = ["list", "details", "recording"] as const

/** The requests to an endpoint, and how many of them brought no answer that counts. */
const tally = ({ sent }: Simulation.Report, about: About) => {
  const all = sent.filter(({ target }) => target?.about === about)
  return {
    sent: all.length,
    failed: all.filter(({ outcome }) => outcome !== "success" && outcome !== "final").length,
  }
}

/** From the first request about a meeting to the last, if only the limits took time: 5,000 slots of a minute, the last of them by seconds. */
const leastMillis =
  RateLimit.leastMillis(5_000, { requests: 1_000, window: "60 seconds" }) +
  RateLimit.leastMillis(1_000, { requests: 50, window: "1 second" })

// That the server counts no more than 50 in any second and 1,000 in any minute, that every meeting comes once, in the order of the
// list, and that what is told of it was so when the server answered, is among what is checked in every simulation.
describe("5,000 meetings of 3 numbers with their details and recordings, in virtual time", () => {
  it("without faults: one request for what is needed, in the time that the limits take", () => {
    const report = Simulation.run(1, many(0))
    assert.deepStrictEqual(report.violations, [])
    for (const about of abouts)
      assert.deepStrictEqual(tally(report, about), { sent: needed[about], failed: 0 }, about)
    const times = report.sent.filter(({ target }) => target?.about === "details").map(({ at }) => at)
    const took = times.at(-1)! - times[0]!
    assert.isAtLeast(took, leastMillis)
    assert.isAtMost(took, 1.02 * leastMillis)
  }, 120_000)

  it("with faults of the network: as many requests more as it has failed, and nothing else is different", () => {
    const report = Simulation.run(1, many(0.05))
    assert.deepStrictEqual(report.violations, [])
    for (const about of abouts) {
      const { failed, sent } = tally(report, about)
      assert.strictEqual(sent, needed[about] + failed, about)
      assert.isAtLeast(failed, 0.02 * needed[about], about)
    }
  }, 120_000)
})
