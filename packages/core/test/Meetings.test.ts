import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, Stream } from "effect"
import * as Base64Url from "effect/encoding/Base64Url"
import { TestClock } from "effect/testing"
import { Cursor, Events, MeetingNo, MeetingNoFromText, Meetings, TimeRange } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const day = 86_400
const now = 1_795_348_800
const request = { meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } }

/** The beginning of a range. */
const first: Cursor.Position = {
  meetingNo: Fake.meetingNo,
  start: 0,
  end: 1_000,
  pageSize: 50,
  baseUrl: "https://open.feishu.cn",
  window: 0,
}
const cursorAt = (position: Partial<Cursor.Position>) => Cursor.fromPosition({ ...first, ...position })
/** As the version before wrote it. */
const cursorOfVersion1 = (position: object) =>
  `feishu-meetings.1.${Base64Url.encode(JSON.stringify(position))}` as Cursor.Cursor

/** A Feishu that holds these meetings by start time, pages by offset, and counts both bounds in or out. */
const holding = (
  meetings: ReadonlyArray<{ readonly id: number; readonly time: number }>,
  bounds: "both bounds" | "start only" | "end only" = "both bounds",
) => {
  const tokens = Fake.tokens()
  const asked: Array<Fake.Asked> = []
  const handler: Fake.Handler = (it) =>
    Effect.sync(() => {
      if (Fake.isTokenCall(it)) return tokens.answer()
      asked.push(it)
      const [from, to, size, offset] = ["start_time", "end_time", "page_size", "page_token"].map((name) =>
        Number(it.query[name] ?? 0),
      ) as [number, number, number, number]
      const found = meetings.filter(
        ({ time }) =>
          (bounds === "end only" ? time > from : time >= from) &&
          (bounds === "start only" ? time < to : time <= to),
      )
      const next = offset + size
      return Fake.page(
        found.slice(offset, next).map(({ id }) => id),
        next < found.length ? String(next) : undefined,
      )
    })
  return { handler, asked, tokens }
}

describe("reading", () => {
  for (const [count, requests] of [
    [0, 1],
    [1, 1],
    [50, 1],
    [51, 2],
    [250, 5],
  ] as const) {
    it.effect(`${count} meetings in one window cost ${requests} request${requests === 1 ? "" : "s"}`, () =>
      Effect.gen(function* () {
        const { asked, handler } = holding(
          Array.from({ length: count }, (_, id) => ({ id: id + 1, time: 500 })),
        )
        const { ids } = yield* Effect.provide(Fake.read(request), Fake.meetings(handler))
        assert.strictEqual(new Set(ids).size, count)
        assert.strictEqual(asked.length, requests)
        assert.strictEqual(asked[0]!.query["page_size"], "50")
      }),
    )
  }

  const Times = Schema.Array(Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 400 }))))
  const Bounds = Schema.Literals(["both bounds", "start only", "end only"])
  const PageSize = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 50 })))

  it.effect.prop(
    "over several windows every meeting comes once, whichever bounds the server counts in",
    [Times, Bounds, PageSize],
    ([days, bounds, pageSize]) =>
      Effect.gen(function* () {
        // Times from the first second after the start to the last before the end, many of them on the seams.
        const start = now - 401 * day
        const meetings = days.map((at, index) => ({ id: index + 1, time: start + day + at * day }))
        const { handler } = holding(meetings, bounds)
        const range = { start: start, end: start + 450 * day }
        const { error, ids } = yield* Effect.provide(
          Fake.read({ meetingNo: Fake.meetingNo, range, pageSize }),
          Fake.meetings(handler),
        )
        assert.strictEqual(error, undefined)
        assert.strictEqual(ids.length, meetings.length)
        assert.strictEqual(new Set(ids).size, meetings.length)
      }),
  )

  it.effect("take(1) costs one request", () =>
    Effect.gen(function* () {
      const { asked, handler } = holding(Array.from({ length: 200 }, (_, id) => ({ id: id + 1, time: 500 })))
      yield* Effect.gen(function* () {
        const meetings = yield* Meetings.Meetings
        yield* Stream.runCollect(Stream.take(meetings.stream(request), 1))
      }).pipe(Effect.provide(Fake.meetings(handler)))
      assert.strictEqual(asked.length, 1)
    }),
  )

  it.effect("P16 a page token is encoded exactly once", () =>
    Effect.gen(function* () {
      const token = "a&b=c+d%2F é中/?"
      const seen: Array<string | undefined> = []
      const tokens = Fake.tokens()
      const handler: Fake.Handler = (asked) =>
        Effect.sync(() => {
          if (Fake.isTokenCall(asked)) return tokens.answer()
          seen.push(asked.query["page_token"])
          return seen.length === 1 ? Fake.page([1], token) : Fake.page([2])
        })
      yield* Effect.provide(Fake.read(request), Fake.meetings(handler))
      assert.deepStrictEqual(seen, [undefined, token])
    }),
  )

  it.effect("P15 many numbers are read one after another; one given twice is read once", () =>
    Effect.gen(function* () {
      const other = MeetingNo.make("146453285")
      const tokens = Fake.tokens()
      const handler: Fake.Handler = (asked) =>
        Effect.sync(() =>
          Fake.isTokenCall(asked)
            ? tokens.answer()
            : { body: { code: 0, data: { meeting_briefs: [{ id: `${asked.query["meeting_no"]}-1` }] } } },
        )
      const rows = yield* Effect.gen(function* () {
        const meetings = yield* Meetings.Meetings
        return yield* Stream.runCollect(
          meetings.streamMany([Fake.meetingNo, other, Fake.meetingNo], { from: 0, to: 1_000 }),
        )
      }).pipe(Effect.provide(Fake.meetings(handler)))
      assert.deepStrictEqual(
        rows.map(({ meeting, meetingNo }) => `${meetingNo} ${meeting.id}`),
        [`${Fake.meetingNo} ${Fake.meetingNo}-1`, `${other} ${other}-1`],
      )
    }),
  )

  it.effect(
    "P11 fields that are not known are kept; P12 a topic is what Feishu says, whatever is in it",
    () =>
      Effect.gen(function* () {
        const topic = "\u001b[31m\r\u0000\u202egnp\u2028 周会 =1+1"
        const row = { ...Fake.row(1), topic, note_id: "n1", meeting_connect: true, of_tomorrow: { x: [1] } }
        const tokens = Fake.tokens()
        const handler: Fake.Handler = (asked) =>
          Effect.sync(() =>
            Fake.isTokenCall(asked)
              ? tokens.answer()
              : { body: { code: 0, data: { meeting_briefs: [row] } } },
          )
        const [read] = yield* Meetings.Meetings.use(({ stream }) => Stream.runCollect(stream(request))).pipe(
          Effect.provide(Fake.meetings(handler)),
        )
        assert.strictEqual(read!.topic, topic)
        assert.deepStrictEqual([read!.note_id, read!.meeting_connect], ["n1", true])
        assert.deepStrictEqual(read!.unknownFields, { of_tomorrow: { x: [1] } })
      }),
  )

  it.effect("P22 a meeting that Feishu shows later comes with a later run that reads its time again", () =>
    Effect.gen(function* () {
      const meetings = [
        { id: 1, time: now - 2 * day },
        { id: 2, time: now + 6 * day },
      ]
      const { handler } = holding(meetings)
      yield* TestClock.setTime(now * 1_000)
      const weekly = { meetingNo: Fake.meetingNo, range: { from: "8d" } }
      const first = yield* Effect.provide(Fake.read(weekly), Fake.meetings(handler))
      // It began before the first run, and is shown after it.
      meetings.push({ id: 3, time: now - 600 })
      yield* TestClock.setTime((now + 7 * day) * 1_000)
      const second = yield* Effect.provide(Fake.read(weekly), Fake.meetings(handler))
      assert.deepStrictEqual([first.ids, second.ids], [["1"], ["2", "3"]])
    }),
  )

  it.effect("an old window without rows is warned of, a new one is not", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now * 1_000)
      const { handler } = holding([])
      const events: Array<Events.Event> = []
      yield* Fake.read({ meetingNo: Fake.meetingNo, range: { from: "180d" } }).pipe(
        Effect.provide(Fake.meetings(handler)),
        Effect.provideService(Events.Events, (event) => Effect.sync(() => events.push(event))),
      )
      // The boundary second of the old window is 90 days ago to the second: not more than 90 days.
      assert.strictEqual(events.filter(({ _tag }) => _tag === "OldWindowEmpty").length, 0)
      yield* Fake.read({ meetingNo: Fake.meetingNo, range: { from: "181d" } }).pipe(
        Effect.provide(Fake.meetings(handler)),
        Effect.provideService(Events.Events, (event) => Effect.sync(() => events.push(event))),
      )
      assert.deepStrictEqual(
        events.filter(({ _tag }) => _tag === "OldWindowEmpty"),
        [{ _tag: "OldWindowEmpty", meetingNo: Fake.meetingNo, start: now - 181 * day, end: now - 91 * day }],
      )
    }),
  )

  it.effect("121003 on a range that starts over 90 days ago names the earliest start that can be read", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now * 1_000)
      const handler: Fake.Handler = (asked) =>
        Effect.succeed(Fake.isTokenCall(asked) ? Fake.tokens().answer() : Fake.failure(400, 121003))
      const readFrom = (from: string) =>
        Effect.provide(Fake.read({ meetingNo: Fake.meetingNo, range: { from } }), Fake.meetings(handler))
      const { error } = yield* readFrom("91d")
      assert.strictEqual(error?.reason._tag, "RangeTooOld")
      assert.include(error!.message, TimeRange.iso(now - 90 * day + 3_600))
      assert.strictEqual((yield* readFrom("89d")).error?.reason._tag, "RequestRefused")
    }),
  )
})

describe("page tokens that do not lead on end the read, after every row before", () => {
  const answering = (...pages: ReadonlyArray<Fake.Answer>) => {
    const tokens = Fake.tokens()
    let count = 0
    const handler: Fake.Handler = (asked) =>
      Effect.sync(() =>
        Fake.isTokenCall(asked) ? tokens.answer() : pages[Math.min(count++, pages.length - 1)]!,
      )
    return { handler, requests: () => count }
  }
  const more = (data: Record<string, unknown>): Fake.Answer => ({ body: { code: 0, data } })

  const broken: ReadonlyArray<readonly [string, ReadonlyArray<Fake.Answer>, RegExp, ReadonlyArray<string>]> =
    [
      ["P5 the same token again", [Fake.page([1], "2"), Fake.page([2], "2")], /same as before/, ["1"]],
      ["P5 a circle", [Fake.page([1], "2"), Fake.page([2], "3"), Fake.page([3], "2")], /circle/, ["1", "2"]],
      ["P6 more without a token", [Fake.page([1], "2"), more({ has_more: true })], /no page token/, ["1"]],
      [
        "more with an empty token",
        [Fake.page([1], "2"), more({ has_more: true, page_token: "" })],
        /no page token/,
        ["1"],
      ],
      [
        "more with a null token",
        [Fake.page([1], "2"), more({ has_more: true, page_token: null })],
        /no page token/,
        ["1"],
      ],
    ]
  for (const [name, pages, message, rows] of broken) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { handler, requests } = answering(...pages)
        const { error, ids } = yield* Effect.provide(Fake.read(request), Fake.meetings(handler))
        assert.strictEqual(error?.reason._tag, "PaginationBroken")
        assert.match(error!.message, message)
        assert.deepStrictEqual(ids, rows)
        assert.strictEqual(requests(), pages.length)
        // The cursor is the place after the last row that came out: the page that led nowhere is read again.
        assert.strictEqual(Cursor.toPosition(error!.cursor!)?.pageToken, String(pages.length))
      }),
    )
  }

  it.effect("P7 has_more false with a token is the end", () =>
    Effect.gen(function* () {
      const { handler, requests } = answering(
        more({ has_more: false, page_token: "2", meeting_briefs: [Fake.row(1)] }),
      )
      const { error, ids } = yield* Effect.provide(Fake.read(request), Fake.meetings(handler))
      assert.deepStrictEqual([error, ids, requests()], [undefined, ["1"], 1])
    }),
  )

  it.effect("a token without has_more is read on", () =>
    Effect.gen(function* () {
      const { handler } = answering(more({ page_token: "2", meeting_briefs: [Fake.row(1)] }), Fake.page([2]))
      assert.deepStrictEqual((yield* Effect.provide(Fake.read(request), Fake.meetings(handler))).ids, [
        "1",
        "2",
      ])
    }),
  )

  it.effect("P8 11 empty pages that lead on are read through; 1,000 are too many", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      const reading = (emptyPages: number) => {
        let count = 0
        const handler: Fake.Handler = (asked) =>
          Effect.sync(() => {
            if (Fake.isTokenCall(asked)) return tokens.answer()
            return count++ < emptyPages ? Fake.page([], `token-${count}`) : Fake.page([1])
          })
        return Effect.forkChild(Effect.provide(Fake.read(request), Fake.meetings(handler)))
      }
      const few = yield* reading(11)
      const many = yield* reading(1_000)
      yield* Fake.advance("20 minutes")
      assert.deepStrictEqual((yield* Fiber.join(few)).ids, ["1"])
      assert.match((yield* Fiber.join(many)).error!.message, /too many pages in a row without a new row/)
    }),
  )

  it.effect("pages that only repeat old rows under fresh tokens come to an end, too", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      let count = 0
      const handler: Fake.Handler = (asked) =>
        Effect.sync(() =>
          Fake.isTokenCall(asked) ? tokens.answer() : Fake.page([1, 2, 3], `token-${++count}`),
        )
      const fiber = yield* Effect.forkChild(Effect.provide(Fake.read(request), Fake.meetings(handler)))
      yield* Fake.advance("20 minutes")
      const { error, ids } = yield* Fiber.join(fiber)
      assert.match(error!.message, /without a new row/)
      assert.deepStrictEqual(ids, ["1", "2", "3"])
      assert.strictEqual(count, 1_001)
    }),
  )

  it.effect(
    "P18 a window that is begun anew is read through more pages of known rows than may be empty",
    () =>
      Effect.gen(function* () {
        const tokens = Fake.tokens()
        const pages = 1_100
        let refused = false
        const handler: Fake.Handler = (asked) =>
          Effect.sync(() => {
            if (Fake.isTokenCall(asked)) return tokens.answer()
            const index = Number(asked.query["page_token"] ?? 0)
            if (!refused) return ((refused = true), Fake.failure(400, 121003))
            return Fake.page([index], index < pages ? String(index + 1) : undefined)
          })
        const cursor = cursorAt({ pageToken: String(pages), start: now - 86_400, end: now })
        const seen = Array.from({ length: pages }, (_, id) => String(id))
        yield* TestClock.setTime(now * 1_000)
        const fiber = yield* Effect.forkChild(
          Effect.provide(Fake.read({ cursor, seen }), Fake.meetings(handler)),
        )
        yield* Fake.advance("20 minutes")
        const { error, ids } = yield* Fiber.join(fiber)
        assert.deepStrictEqual([error, ids], [undefined, [String(pages)]])
      }),
  )

  it.effect("P9 doubles across pages come out once and are counted", () =>
    Effect.gen(function* () {
      const { handler } = answering(Fake.page([1, 2], "2"), Fake.page([2, 3]))
      const events: Array<Events.Event> = []
      const { ids } = yield* Fake.read(request).pipe(
        Effect.provide(Fake.meetings(handler)),
        Effect.provideService(Events.Events, (event) => Effect.sync(() => events.push(event))),
      )
      assert.deepStrictEqual(ids, ["1", "2", "3"])
      assert.deepStrictEqual(
        events.flatMap((event) => (event._tag === "PageRead" ? [event.duplicates] : [])),
        [0, 1],
      )
    }),
  )

  for (const meeting_no of ["146453285", "337 736 499"]) {
    it.effect(`P19 a row of ${meeting_no} is a broken contract; the page is not handed out`, () =>
      Effect.gen(function* () {
        const { handler } = answering(
          Fake.page([1], "2"),
          more({ has_more: false, meeting_briefs: [Fake.row(2), { id: "3", meeting_no }] }),
        )
        const { error, ids } = yield* Effect.provide(Fake.read(request), Fake.meetings(handler))
        assert.strictEqual(error?.reason._tag, "ContractViolation")
        assert.deepStrictEqual(ids, ["1"])
        assert.strictEqual(Cursor.toPosition(error!.cursor!)?.pageToken, "2")
      }),
    )
  }

  it.effect("a row whose number has blanks is of the same number", () =>
    Effect.gen(function* () {
      const { handler } = answering(more({ meeting_briefs: [{ id: "3", meeting_no: "337 736 498" }] }))
      assert.deepStrictEqual((yield* Effect.provide(Fake.read(request), Fake.meetings(handler))).ids, ["3"])
    }),
  )
})

describe("a page says which part of the range it is", () => {
  const readAt = (from: Meetings.From) =>
    Effect.gen(function* () {
      const { pages } = yield* Meetings.Meetings
      return yield* Stream.runCollect(pages(from))
    })

  for (const order of ["oldest", "newest"] as const) {
    it.effect(`with the resolved range on every page, its window, and the order: ${order}`, () =>
      Effect.gen(function* () {
        yield* TestClock.setTime(now * 1_000)
        const { handler } = holding([
          { id: 1, time: now - 100 * day },
          { id: 2, time: now - 50 * day },
          { id: 3, time: now - day },
        ])
        yield* Effect.gen(function* () {
          const asked = { meetingNo: Fake.meetingNo, range: { from: "120d" }, order, pageSize: 1 } as const
          const pages = yield* readAt(asked)
          const range = { from: now - 120 * day, to: now }
          const middle = now - 30 * day
          const [old, young] = [
            { from: range.from, to: middle },
            { from: middle, to: now },
          ]
          assert.deepStrictEqual(
            pages.map(({ order, range, window }) => ({ order, range, window })),
            (order === "oldest" ? [old, old, young] : [young, old, old]).map((window) => ({
              order,
              range,
              window,
            })),
          )
          // It is the same after a resume at another time, and may be given as a range again.
          yield* TestClock.adjust("1 day")
          const [resumed] = yield* readAt(pages[0]!.cursor!)
          assert.deepStrictEqual([resumed!.range, resumed!.order], [range, order])
          const [again] = yield* readAt({ ...asked, range })
          assert.deepStrictEqual([again!.range, again!.window], [range, pages[0]!.window])
        }).pipe(Effect.provide(Fake.meetings(handler)))
      }),
    )
  }

  it.effect("also where it goes on where the last read ended", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now * 1_000)
      const { handler } = holding([{ id: 1, time: now - day }])
      const states = new Map<string, string>()
      const store: Meetings.StateStore = {
        get: (key) => Effect.sync(() => states.get(key)),
        set: (key, state) => Effect.sync(() => void states.set(key, state)),
      }
      const reading = Effect.gen(function* () {
        const { incremental } = yield* Meetings.Meetings
        const pages = incremental(Fake.meetingNo, { store, from: "7d", overlap: "1 hour" })
        return yield* Stream.runCollect(Stream.tap(pages, ({ commit }) => commit))
      })
      yield* Effect.gen(function* () {
        const [first] = yield* reading
        assert.deepStrictEqual(first!.range, { from: now - 7 * day, to: now })
        yield* TestClock.adjust("1 day")
        const [second] = yield* reading
        assert.deepStrictEqual(second!.range, { from: now - 3_600, to: now + day })
      }).pipe(Effect.provide(Fake.meetings(handler)))
    }),
  )
})

describe("cursors", () => {
  const meetings = Array.from({ length: 300 }, (_, id) => ({
    id: id + 1,
    time: now - 200 * day + id * (day / 2),
  }))
  const range = { from: now - 250 * day, to: now }

  it.effect("the cursor of every page brings exactly the rest", () =>
    Effect.gen(function* () {
      const { handler } = holding(meetings)
      const reading = Effect.gen(function* () {
        const service = yield* Meetings.Meetings
        const pages = yield* Stream.runCollect(
          service.pages({ meetingNo: Fake.meetingNo, range, pageSize: 20 }),
        )
        assert.isAbove(pages.length, 10)
        const all = pages.flatMap((page) => page.meetings.map(({ id }) => id))
        let read = 0
        for (const page of pages) {
          read += page.meetings.length
          if (page.cursor === undefined) continue
          const rest = yield* Fake.read(page.cursor)
          // Rows on the second that two windows share come again: at least once across a resume.
          assert.deepStrictEqual([...new Set([...all.slice(0, read), ...rest.ids])], all)
          assert.isAtMost(rest.ids.length - (all.length - read), 1)
        }
        assert.strictEqual(pages.at(-1)!.cursor, undefined)
      }).pipe(Effect.provide(Fake.meetings(handler)))
      const fiber = yield* Effect.forkChild(reading)
      // Over 100 requests, so the rate limit takes its time.
      yield* Fake.advance("5 minutes")
      yield* Fiber.join(fiber)
    }),
  )

  it.effect("a cursor holds the range as it was: relative words do not move", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(now * 1_000)
      const { asked, handler } = holding(meetings.map(({ id }) => ({ id, time: now - day })))
      yield* Effect.gen(function* () {
        const service = yield* Meetings.Meetings
        const page = yield* service.page({ meetingNo: Fake.meetingNo, range: { from: "30d" } })
        yield* Fake.advance("3 days")
        yield* Fake.read(page.cursor!)
      }).pipe(Effect.provide(Fake.meetings(handler)))
      assert.deepStrictEqual(
        [...new Set(asked.map(({ query }) => query["start_time"]))],
        [String(now - 30 * day)],
      )
    }),
  )

  it.effect(
    "P18 the page token of a resumed cursor that is refused starts its window again, once; what is known to have come does not come again",
    () =>
      Effect.gen(function* () {
        const { asked, handler } = holding(meetings.map(({ id }) => ({ id, time: 500 })))
        let expired = true
        const refusing: Fake.Handler = (it) =>
          expired && it.query["page_token"] !== undefined
            ? Effect.sync(() => ((expired = false), Fake.failure(400, 121003)))
            : handler(it)
        const cursor = cursorAt({ pageToken: "100" })
        const { error, ids } = yield* Effect.provide(Fake.read(cursor), Fake.meetings(refusing))
        assert.strictEqual(error, undefined)
        assert.strictEqual(new Set(ids).size, 300)
        assert.strictEqual(asked.length, 6)

        expired = true
        const seen = meetings.slice(0, 100).map(({ id }) => String(id))
        const rest = yield* Effect.provide(Fake.read({ cursor, seen }), Fake.meetings(refusing))
        assert.deepStrictEqual(
          rest.ids,
          meetings.slice(100).map(({ id }) => String(id)),
        )
      }),
  )

  const refused: ReadonlyArray<readonly [string, string, RegExp]> = [
    ["cut short", cursorAt({}).slice(0, -5), /damaged/],
    ["of another version", "feishu-meetings.3.e30", /made by another version/],
    [
      "of another base URL",
      cursorAt({ baseUrl: "https://open.larksuite.com" }),
      /the cursor is of https:\/\/open\.larksuite\.com, but this client reads https:\/\/open\.feishu\.cn/,
    ],
    [
      "of another tenant",
      cursorAt({ tenant: "one" }),
      /is of tenant one, but this read is for no named tenant/,
    ],
    ["of a window that is not in its range", cursorOfVersion1({ ...first, window: 7 }), /damaged/],
  ]
  for (const [name, cursor, message] of refused) {
    it.effect(`P24 a cursor ${name} is refused before anything is sent`, () =>
      Effect.gen(function* () {
        const { asked, handler, tokens } = holding(meetings)
        const { error } = yield* Effect.provide(Fake.read(cursor as Cursor.Cursor), Fake.meetings(handler))
        assert.strictEqual(error?.reason._tag, "CursorUnusable")
        assert.match(error!.message, message)
        assert.deepStrictEqual([asked.length, tokens.count()], [0, 0])
      }),
    )
  }
})

describe("bad input is refused before anything is sent", () => {
  const bad: ReadonlyArray<readonly [string, Meetings.Request, RegExp]> = [
    ["page size 0", { ...request, pageSize: 0 }, /pageSize: 0 is out of range/],
    ["page size 51", { ...request, pageSize: 51 }, /pageSize: 51 is out of range/],
    [
      "P15 a number that is none",
      { ...request, meetingNo: "12" as MeetingNo },
      /meetingNo: it is not a meeting number/,
    ],
    ["P14 milliseconds", { ...request, range: { from: 1_793_491_200_000 } }, /milliseconds/],
    ["P14 a reversed range", { ...request, range: { start: 9, end: 1 } }, /after its end/],
  ]
  for (const [name, input, message] of bad) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { asked, handler, tokens } = holding([])
        const { error } = yield* Effect.provide(Fake.read(input), Fake.meetings(handler))
        assert.strictEqual(error?.reason._tag, "InvalidRequest")
        assert.match(error!.message, message)
        assert.match(error!.message, /Nothing was sent/)
        assert.deepStrictEqual([asked.length, tokens.count()], [0, 0])
      }),
    )
  }

  it.effect("P15 a number with blanks and dashes is read as people mean it", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Schema.decodeEffect(MeetingNoFromText)(" 337 736-498 "), Fake.meetingNo)
      const error = yield* Effect.flip(Schema.decodeEffect(MeetingNoFromText)("3377364981"))
      assert.match(error.message, /"3377364981" has 10 digits, a meeting number has 9/)
    }),
  )
})
