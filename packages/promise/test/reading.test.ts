import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { Cursor, MeetingNo } from "@effect-feishu/core"
import { type Started, startFeishuMock } from "@effect-feishu/mock-server"
import { createClient, FeishuError } from "@effect-feishu/promise"
import { DateTime } from "effect"
import { Readable } from "node:stream"
import * as FaultyFeishu from "../../core/test/FaultyFeishu.ts"
import { aWhile, ids, meetingNo, optionsFor, range, rejected, startFeishu } from "./fixture.ts"

let feishu: Started
beforeAll(async () => {
  feishu = await startFeishu()
})
afterAll(() => feishu.close())

const request = { meetingNo, range }
const idsOf = async (rows: AsyncIterable<{ readonly id: string }>) =>
  (await Array.fromAsync(rows)).map(({ id }) => id)

describe("a read", () => {
  for (const readAhead of [1, 3]) {
    it(`brings every meeting that the mock has, each once, with readAhead ${readAhead}`, async () => {
      await using client = createClient(optionsFor(feishu).options)
      assert.deepStrictEqual(await idsOf(client.stream({ ...request, readAhead })), ids)
    })
  }

  it("takes numbers and times as people write them", async () => {
    await using client = createClient(optionsFor(feishu).options)
    const newest = {
      from: DateTime.toDateUtc(DateTime.makeUnsafe("2027-02-20")),
      to: "2027-02-28",
      timeZone: "Asia/Shanghai",
    }
    for (const meetingNo of ["337 736 498", "337-736-498", " 337736498\n"]) {
      assert.lengthOf(await idsOf(client.stream({ meetingNo, range: newest })), 9)
    }
  })

  it("of a cursor that has grown old goes on behind what Feishu no longer shows, and says which time that is", async () => {
    const day = 86_400
    const now = Math.floor(DateTime.toEpochMillis(DateTime.nowUnsafe()) / 1_000)
    const meeting = { id: ids[0]!, meeting_no: meetingNo, topic: "Review", start_time: now - 10 * day }
    await using feishu = await startFeishuMock({ ninetyDays: "lookback", seed: { meetings: [meeting] } })
    const { events, options } = optionsFor(feishu)
    await using client = createClient(options)
    const start = now - 95 * day
    const cursor = Cursor.fromPosition({
      meetingNo: MeetingNo.make(meetingNo),
      start,
      end: now - 6 * day,
      pageSize: 50,
      baseUrl: feishu.url,
      asked: now - 6 * day,
      window: 0,
    })
    const page = await client.page({ cursor })
    assert.deepStrictEqual(
      page.meetings.map(({ id }) => id),
      [meeting.id],
    )
    assert.isUndefined(page.cursor)
    const { unreachable } = page
    assert.strictEqual(unreachable?.from, start)
    assert.approximately(unreachable!.to, now - 90 * day + 3_600, 60)
    assert.deepStrictEqual(
      events.filter(({ type }) => type === "TimeUnreachable"),
      [{ type: "TimeUnreachable", meetingNo, ...unreachable! }],
    )
  })

  it("can be read again, each time from its start", async () => {
    await using client = createClient(optionsFor(feishu).options)
    const rows = client.stream(request)
    assert.deepStrictEqual(await idsOf(rows), await idsOf(rows))
  })

  it("says on every page which range it reads, which window the page is of, and in which order they come", async () => {
    await using client = createClient(optionsFor(feishu).options)
    const pages = await Array.fromAsync(client.pages({ ...request, order: "newest" }))
    const [young, old] = [
      { from: range.from + 90 * 86_400, to: range.to },
      { from: range.from, to: range.from + 90 * 86_400 },
    ]
    assert.deepStrictEqual(
      pages.map(({ order, range, window }) => ({ order, range, window })),
      [young, young, old, old].map((window) => ({ order: "newest" as const, range, window })),
    )
    // A range that was left open has its end, and can be given again.
    const before = Math.floor(DateTime.toEpochMillis(DateTime.nowUnsafe()) / 1_000)
    const open = await client.page({ meetingNo, range: { from: range.from } })
    assert.isAtLeast(open.range.to, before)
    assert.deepStrictEqual((await client.page({ meetingNo, range: open.range })).range, open.range)
  })

  it("goes on from the cursor of any page, also in another client", async () => {
    await using client = createClient(optionsFor(feishu).options)
    const pages = await Array.fromAsync(client.pages({ ...request, pageSize: 40 }))
    assert.deepStrictEqual(
      pages.map(({ meetings }) => meetings.length),
      [40, 40, 10, 40, 35],
    )
    assert.isUndefined(pages.at(-1)!.cursor)
    await using other = createClient(optionsFor(feishu).options)
    for (const [index, { cursor }] of pages.slice(0, -1).entries()) {
      const rest = pages.slice(index + 1).flatMap(({ meetings }) => meetings)
      assert.deepStrictEqual(
        await idsOf(other.stream({ cursor: cursor! })),
        rest.map(({ id }) => id),
      )
    }
  })

  it("of many numbers goes one after the other, each once", async () => {
    await using client = createClient(optionsFor(feishu).options)
    const numbers = ["146 453 285", meetingNo, "337-736-498"]
    const rows = await Array.fromAsync(client.streamMany(numbers, range))
    assert.deepStrictEqual(
      rows.map(({ meeting, meetingNo }) => `${meetingNo} ${meeting.id}`),
      ids.map((id) => `${meetingNo} ${id}`),
    )
    const outcomes = await Array.fromAsync(client.outcomes(numbers, range))
    assert.deepStrictEqual(
      outcomes.map((outcome) =>
        outcome.type === "Complete" ? [outcome.meetingNo, outcome.rows] : outcome.type,
      ),
      ["Page", "Page", ["146453285", 0], "Page", "Page", "Page", "Page", [meetingNo, 165]],
    )
  })

  it("tells how a number failed, and goes on with the next", async () => {
    await using faulty = await FaultyFeishu.start()
    await using client = createClient({ accessToken: "t-given", baseUrl: faulty.url })
    // The server has one number only, so its rows are foreign to the other.
    const outcomes = await Array.fromAsync(client.outcomes(["146453285", meetingNo], { from: "1d" }))
    assert.deepStrictEqual(
      outcomes.map((outcome) => (outcome.type === "Failed" ? outcome.error.reason : outcome.type)),
      ["ContractViolation", "Page", "Page", "Page", "Page", "Page", "Complete"],
    )
  })

  it("is also what makes a Node stream, and can be left early there", async () => {
    const { options, pagesAsked } = optionsFor(feishu)
    await using client = createClient(options)
    const rows = Readable.from(client.pages({ ...request, pageSize: 10 }), { highWaterMark: 1 })
    for await (const _ of rows) break
    assert.isAtMost(pagesAsked(), 2)
  })
})

describe("back-pressure", () => {
  it("asks for a page when its first row is asked for, and not before", async () => {
    const { options, pagesAsked } = optionsFor(feishu)
    await using client = createClient(options)
    let rows = 0
    const asked: Array<number> = []
    for await (const _ of client.stream({ ...request, pageSize: 10 })) {
      await aWhile(feishu.url)
      asked.push(pagesAsked())
      if (++rows === 11) break
    }
    assert.deepStrictEqual(asked, [...Array<number>(10).fill(1), 2])
    assert.strictEqual(pagesAsked(), 2)
  })

  it("asks for nothing at all until there is a loop", async () => {
    const { events, options } = optionsFor(feishu)
    await using client = createClient(options)
    client.stream(request)[Symbol.asyncIterator]()
    await aWhile(feishu.url)
    assert.deepStrictEqual(events, [])
  })

  it("holds reading ahead to its bound, and a loop that is left ends it", async () => {
    const { options, pagesAsked } = optionsFor(feishu)
    await using client = createClient(options)
    for await (const _ of client.pages({ ...request, pageSize: 1, readAhead: 2 })) {
      await aWhile(feishu.url)
      break
    }
    const asked = pagesAsked()
    assert.isAbove(asked, 2)
    assert.isAtMost(asked, 12)
    await aWhile(feishu.url)
    assert.strictEqual(pagesAsked(), asked)
  })

  it("calls of next that do not wait for each other get the rows in their order", async () => {
    await using client = createClient(optionsFor(feishu).options)
    const iterator = client.stream({ ...request, pageSize: 2 })[Symbol.asyncIterator]()
    const results = await Promise.all(Array.from({ length: 7 }, () => iterator.next()))
    assert.deepStrictEqual(
      results.map(({ value }) => value?.id),
      ids.slice(0, 7),
    )
    await iterator.return!()
  })
})

describe("a failure", () => {
  // No retries, whose pauses would take the time of the test.
  const impatient = { retryBudget: { floor: 0, share: 0 }, longestWait: 0 }
  const reasons: Record<FaultyFeishu.Fault, FeishuError["reason"]> = {
    "HTTP 500": "ServerFailed",
    "429 with reset": "RateLimited",
    "200 with code 121001": "ServerFailed",
    "reset in mid-body": "TransportFailed",
    "truncated JSON": "ContractViolation",
    HTML: "ServerFailed",
  }
  for (const [fault, reason] of Object.entries(reasons) as Array<
    [FaultyFeishu.Fault, FeishuError["reason"]]
  >) {
    it(`of page 3 (${fault}) comes after every row before it, with a cursor that leads to the rest`, async () => {
      await using faulty = await FaultyFeishu.start()
      await using client = createClient({ accessToken: "t-given", baseUrl: faulty.url, ...impatient })
      faulty.fail(fault, 100)
      const rows: Array<string> = []
      const error = await rejected(
        (async () => {
          for await (const { id } of client.stream({ meetingNo, range: { from: "30d" } })) rows.push(id)
        })(),
      )
      assert.deepStrictEqual(rows, FaultyFeishu.ids.slice(0, 40))
      assert.instanceOf(error, FeishuError)
      assert.strictEqual(error.reason, reason)
      assert.strictEqual(error.name, reason)
      assert.match(error.stack!, /reading\.test\.ts/)
      faulty.heal()
      // A client of its own: the one at hand leaves alone what it knows to be refused.
      await using later = createClient({ accessToken: "t-given", baseUrl: faulty.url })
      assert.deepStrictEqual(await idsOf(later.stream({ cursor: error.cursor! })), FaultyFeishu.ids.slice(40))
    })
  }
})

describe("the reads of a client", () => {
  it("share one token", async () => {
    const { events, options } = optionsFor(feishu)
    await using client = createClient(options)
    await Promise.all(Array.from({ length: 5 }, () => client.page(request)))
    assert.lengthOf(
      events.filter(({ type }) => type === "TokenFetched"),
      1,
    )
  })

  it("share one rate limit", async () => {
    const { events, options } = optionsFor(feishu)
    await using client = createClient({ ...options, rateLimit: { requests: 1, window: 200 } })
    await Promise.all([client.page(request), client.page(request)])
    assert.deepStrictEqual(
      events.map(({ type }) => type).filter((type) => type.startsWith("RateLimit")),
      ["RateLimitWaiting", "RateLimitWaited"],
    )
  })
})
