/** A range that could be read when it was given, and is read, or read on, so late that Feishu refuses its start. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Ref, Stream } from "effect"
import * as Base64Url from "effect/encoding/Base64Url"
import { TestClock } from "effect/testing"
import { Cursor, Events, FeishuError, MeetingNo, Meetings } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const day = 86_400
const hour = 3_600
/** 2026-11-22. */
const then = 1_795_305_600
/** How far back one may look, and the hour that the client keeps clear of it. */
const bound = 90 * day
const clear = hour

interface Meeting {
  readonly id: number
  readonly time: number
}

const clock = Effect.map(
  Effect.clockWith((clock) => clock.currentTimeMillis),
  (millis) => Math.floor(millis / 1_000),
)

/** A Feishu that refuses starts of more than 90 days ago, and page tokens of another query; page tokens are offsets. */
const lookingBack = (meetings: ReadonlyArray<Meeting>) => {
  const tokens = Fake.tokens()
  const asked: Array<Readonly<Record<string, string>>> = []
  const state = { quotaIsUsedUp: false, tokensAreForgotten: false }
  const queries = new Map<string, string>()
  const handler: Fake.Handler = (it) =>
    Effect.map(clock, (now) => {
      if (Fake.isTokenCall(it)) return tokens.answer()
      asked.push(it.query)
      if (state.quotaIsUsedUp) return Fake.failure(429, 99991403)
      const { end_time, page_size, page_token, start_time } = it.query
      const [start, end, size] = [Number(start_time), Number(end_time), Number(page_size)]
      const query = `${start} ${end} ${size}`
      if (start < now - bound) return Fake.failure(400, 121003)
      if (
        page_token !== undefined &&
        (state.tokensAreForgotten || queries.get(`${query} ${page_token}`) === undefined)
      )
        return Fake.failure(400, 121003)
      const offset = Number(page_token ?? 0)
      const found = meetings.filter(({ time }) => time >= start && time <= end)
      const next = offset + size < found.length ? String(offset + size) : undefined
      if (next !== undefined) queries.set(`${query} ${next}`, query)
      return {
        body: {
          code: 0,
          data: {
            has_more: next !== undefined,
            page_token: next,
            meeting_briefs: found.slice(offset, offset + size).map(({ id }) => ({ id: String(id) })),
          },
        },
      }
    })
  return { handler, asked, state }
}

/** A meeting a day, for the last 100 days. */
const daily = Array.from({ length: 100 }, (_, index) => ({
  id: index + 1,
  time: then - 100 * day + index * day + 12 * hour,
}))
const idsFrom = (time: number) => daily.filter((meeting) => meeting.time >= time).map(({ id }) => String(id))

/** All pages, and what was told of them. */
const pagesOf = Effect.fnUntraced(function* (from: Meetings.From) {
  const told: Array<Events.Event> = []
  const pages = yield* Ref.make<ReadonlyArray<Meetings.Page>>([])
  const error = yield* Meetings.Meetings.use((meetings) =>
    meetings.pages(from).pipe(Stream.runForEach((page) => Ref.update(pages, (before) => [...before, page]))),
  ).pipe(
    Effect.provideService(Events.Events, (event) => Effect.sync(() => told.push(event))),
    Effect.flip,
    Effect.orElseSucceed(() => undefined),
  )
  const read = yield* Ref.get(pages)
  return {
    error,
    pages: read,
    ids: read.flatMap((page) => page.meetings.map(({ id }) => id)),
    unreachable: read.flatMap((page) => page.unreachable ?? []),
    told: told.flatMap((event) =>
      event._tag === "TimeUnreachable" ? [{ from: event.from, to: event.to }] : [],
    ),
    warned: told.some(({ _tag }) => _tag === "OldWindowEmpty"),
  }
})

const at = (seconds: number) => TestClock.setTime(seconds * 1_000)
const meetingNo = Fake.meetingNo
const isFeishuError = (error: unknown): error is FeishuError.FeishuError =>
  error instanceof FeishuError.FeishuError

describe("P23 a cursor that is resumed when its start is more than 90 days ago", () => {
  const cases: ReadonlyArray<{
    readonly name: string
    readonly order?: "newest"
    readonly from: string
    readonly pageSize: number
    /** Pages before the quota is used up. */
    readonly pagesBefore: number
    readonly laterDays: number
    /** Seconds after `then - 89 days` and so on: what is lost, from and to, in days after `then`. */
    readonly lost: ReadonlyArray<readonly [from: number, to: number]>
    readonly readAhead?: number
  }> = [
    { name: "at its beginning", from: "89d", pageSize: 20, pagesBefore: 0, laterDays: 3, lost: [[-89, -87]] },
    { name: "in its window", from: "89d", pageSize: 20, pagesBefore: 2, laterDays: 3, lost: [[-89, -87]] },
    {
      name: "within the hour that is kept clear",
      from: `${bound / hour - 1}h`,
      pageSize: 50,
      pagesBefore: 1,
      laterDays: 0.1,
      lost: [[-90 + 1 / 24, -90 + 0.1]],
    },
    {
      name: "whose range is gone as a whole",
      from: "89d",
      pageSize: 20,
      pagesBefore: 1,
      laterDays: 120,
      lost: [[-89, 0]],
    },
    {
      name: "whose page is of the newest window first",
      order: "newest",
      from: "89d",
      pageSize: 7,
      pagesBefore: 3,
      laterDays: 5,
      lost: [[-89, -85]],
    },
    {
      name: "with windows read beside each other",
      from: "89d",
      pageSize: 20,
      pagesBefore: 1,
      laterDays: 3,
      lost: [[-89, -87]],
      readAhead: 4,
    },
  ]
  for (const { from, laterDays, lost, name, order, pageSize, pagesBefore, readAhead } of cases) {
    it.effect(`${name}: the rest is read, and what is lost is told once`, () =>
      Effect.gen(function* () {
        const { asked, handler, state } = lookingBack(daily)
        yield* at(then)
        const run = Effect.gen(function* () {
          const service = yield* Meetings.Meetings
          const first: Array<string> = []
          let cursor: Meetings.From = { meetingNo, range: { from }, pageSize, order }
          for (let page = 0; page < pagesBefore; page++) {
            const read: Meetings.Page = yield* service.page(cursor)
            first.push(...read.meetings.map(({ id }) => id))
            cursor = read.cursor!
          }
          state.quotaIsUsedUp = true
          const { error } = yield* pagesOf(cursor)
          assert.strictEqual(error?.reason._tag, "QuotaExceeded")
          state.quotaIsUsedUp = false
          const sent = asked.length

          yield* at(then + laterDays * day)
          const rest = yield* pagesOf({ cursor: error!.cursor!, readAhead, seen: first })
          assert.isUndefined(rest.error)
          // The server was asked first, with the range as it was.
          assert.strictEqual(asked[sent]!["start_time"], asked[0]!["start_time"])
          const expected = lost.map(([from, to]) => ({
            from: then + from * day,
            to: to === 0 ? then : then + to * day + clear,
          }))
          assert.deepStrictEqual(rest.unreachable, expected)
          assert.deepStrictEqual(rest.told, expected)
          assert.isFalse(rest.warned)
          assert.isTrue(rest.pages[0]!.unreachable !== undefined)
          // Each row once, and all that are still shown.
          const shown = expected[0]!.to === then ? [] : idsFrom(expected[0]!.to)
          assert.deepStrictEqual(
            [...first, ...rest.ids].toSorted((a, b) => Number(a) - Number(b)),
            [...new Set([...first, ...shown])].toSorted((a, b) => Number(a) - Number(b)),
          )
        }).pipe(Effect.provide(Fake.meetings(handler)))
        yield* run
      }),
    )
  }

  it.effect("nothing is left out where the server still answers, or has only forgotten the page token", () =>
    Effect.gen(function* () {
      const { asked, handler, state } = lookingBack(daily)
      yield* at(then)
      yield* Effect.gen(function* () {
        const { cursor } = yield* Meetings.Meetings.use(({ page }) =>
          page({ meetingNo, range: { from: "89d" }, pageSize: 50 }),
        )
        // A day later its start is just within the bound.
        yield* at(then + day - hour)
        const still = yield* pagesOf(cursor!)
        assert.deepStrictEqual(
          [still.error, still.unreachable, still.ids],
          [undefined, [], idsFrom(0).slice(61)],
        )
        state.tokensAreForgotten = true
        const sent = asked.length
        const again = yield* pagesOf(cursor!)
        // All comes from the first page; its page token is refused on the second.
        assert.deepStrictEqual(again.unreachable, [])
        assert.isUndefined(asked[sent + 1]!["page_token"])
      }).pipe(Effect.provide(Fake.meetings(handler)))
    }),
  )

  it.effect("a span of 90 days anywhere is read as it was, whatever its age", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      let expired = true
      // The other reading of Feishu's documents; the page token is refused once, as if it were too old.
      const handler: Fake.Handler = (asked) =>
        Effect.sync(() => {
          if (Fake.isTokenCall(asked)) return tokens.answer()
          if (asked.query["page_token"] === undefined) return Fake.page([1], "2")
          return expired ? ((expired = false), Fake.failure(400, 121003)) : Fake.page([2])
        })
      const cursor = Cursor.fromPosition({
        meetingNo,
        start: then - 400 * day,
        end: then - 320 * day,
        pageSize: 50,
        baseUrl: "https://open.feishu.cn",
        asked: then - 320 * day,
        window: 0,
        pageToken: "2",
      })
      yield* at(then)
      const { error, ids, unreachable } = yield* Effect.provide(pagesOf(cursor), Fake.meetings(handler))
      assert.deepStrictEqual([error, ids, unreachable], [undefined, ["1", "2"], []])
    }),
  )

  it.effect(
    "a cursor of version 1 is read on, too; the part that is lost is told page for page of its windows",
    () =>
      Effect.gen(function* () {
        const { handler } = lookingBack(daily)
        const start = then - 200 * day
        const json = JSON.stringify({
          meetingNo,
          start,
          end: then,
          pageSize: 50,
          baseUrl: "https://open.feishu.cn",
          window: 0,
        })
        yield* at(then)
        const cursor = `feishu-meetings.1.${Base64Url.encode(json)}` as Cursor.Cursor
        const { error, ids, unreachable } = yield* Effect.provide(pagesOf(cursor), Fake.meetings(handler))
        const earliest = then - bound + clear
        assert.isUndefined(error)
        assert.deepStrictEqual(ids, idsFrom(earliest))
        assert.deepStrictEqual(unreachable, [
          { from: start, to: start + bound },
          { from: start + bound, to: earliest },
        ])
      }),
  )

  it.effect(
    "resumed behind the page that told of it, it is not told again; when more is lost, that is told",
    () =>
      Effect.gen(function* () {
        const { handler } = lookingBack(daily)
        yield* at(then)
        yield* Effect.gen(function* () {
          const service = yield* Meetings.Meetings
          const { cursor } = yield* service.page({ meetingNo, range: { from: "89d" }, pageSize: 10 })
          yield* at(then + 3 * day)
          const moved = yield* service.page(cursor!)
          const to = then - 87 * day + clear
          assert.deepStrictEqual(moved.unreachable, { from: then - 89 * day, to })
          const rest = yield* pagesOf(moved.cursor!)
          assert.deepStrictEqual([rest.error, rest.unreachable], [undefined, []])
          assert.deepStrictEqual([...moved.meetings.map(({ id }) => id), ...rest.ids], idsFrom(to))
          yield* at(then + 10 * day)
          const later = yield* pagesOf(moved.cursor!)
          assert.deepStrictEqual(later.unreachable, [{ from: to, to: then - 80 * day + clear }])
          assert.deepStrictEqual(later.ids, idsFrom(then - 80 * day + clear))
        }).pipe(Effect.provide(Fake.meetings(handler)))
      }),
  )

  it.effect(
    "what is too old is known by the clock of the server, too, where that of this machine is behind",
    () =>
      Effect.gen(function* () {
        const { handler } = lookingBack(daily)
        const date = "Wed, 25 Nov 2026 00:00:00 GMT"
        // Three days ahead of this machine.
        const ahead: Fake.Handler = (asked) =>
          Number(asked.query["start_time"]) < then + 3 * day - bound
            ? Effect.succeed(Fake.failure(400, 121003, { date }))
            : handler(asked)
        yield* at(then)
        yield* Effect.gen(function* () {
          const range = { start: then - 89 * day, end: then }
          const fresh = yield* pagesOf({ meetingNo, range })
          // A range that is given anew is refused, and what could be read is named.
          assert.strictEqual(fresh.error?.reason._tag, "RangeTooOld")
          const resumed = yield* pagesOf(
            Cursor.fromPosition({
              ...range,
              meetingNo,
              pageSize: 50,
              baseUrl: "https://open.feishu.cn",
              window: 0,
            }),
          )
          const to = then + 3 * day - bound + clear
          assert.deepStrictEqual(
            [resumed.error, resumed.unreachable],
            [undefined, [{ from: range.start, to }]],
          )
          assert.deepStrictEqual(resumed.ids, idsFrom(to))
        }).pipe(Effect.provide(Fake.meetings(ahead)))
      }),
  )

  it.effect(
    "a failure after the start was moved keeps the place, and the loss is told when the page comes",
    () =>
      Effect.gen(function* () {
        const { handler } = lookingBack(daily)
        let broken = true
        const breaking: Fake.Handler = (asked) =>
          broken && Number(asked.query["start_time"]) > then - 89 * day
            ? Effect.succeed(Fake.failure(429, 99991403))
            : handler(asked)
        yield* at(then)
        yield* Effect.gen(function* () {
          const service = yield* Meetings.Meetings
          const { cursor } = yield* service.page({ meetingNo, range: { from: "89d" }, pageSize: 50 })
          yield* at(then + 3 * day)
          const failed = yield* pagesOf(cursor!)
          assert.strictEqual(failed.error?.reason._tag, "QuotaExceeded")
          assert.deepStrictEqual(failed.told, [])
          broken = false
          assert.lengthOf((yield* pagesOf(failed.error!.cursor!)).told, 1)
        }).pipe(Effect.provide(Fake.meetings(breaking)))
      }),
  )
})

describe("a range that was given just now", () => {
  it.effect(
    "and starts more than 90 days ago is refused, for every number and also when it is tried again",
    () =>
      Effect.gen(function* () {
        const { handler } = lookingBack(daily)
        yield* at(then)
        yield* Effect.gen(function* () {
          for (const range of [{ from: "91d" }, { from: "90d" }, { start: then - 200 * day, end: then }]) {
            yield* at(then)
            const ranged =
              typeof range.from === "string" && range.from === "90d"
                ? TestClock.adjust("2 seconds")
                : Effect.void
            yield* ranged
            const fresh = yield* pagesOf({
              meetingNo,
              range: range.from === "90d" ? { start: then - bound, end: then } : range,
            })
            assert.strictEqual(fresh.error?.reason._tag, "RangeTooOld")
            // Its cursor is the same range, and nothing of it was read.
            assert.strictEqual((yield* pagesOf(fresh.error!.cursor!)).error?.reason._tag, "RangeTooOld")
          }
          const service = yield* Meetings.Meetings
          const ends = yield* Stream.runCollect(
            service.outcomes([meetingNo, MeetingNo.make("146453285")], { from: "120d" }),
          )
          assert.deepStrictEqual(
            ends.map((end) => (end._tag === "Failed" ? end.error.reason._tag : end._tag)),
            ["RangeTooOld", "RangeTooOld"],
          )
        }).pipe(Effect.provide(Fake.meetings(handler)))
      }),
  )

  it.effect(
    "and grows old while it is read goes on behind what is lost, in the midst of a window and for the numbers after it",
    () =>
      Effect.gen(function* () {
        const { handler } = lookingBack(daily)
        const other = MeetingNo.make("146453285")
        yield* at(then)
        const reading = Effect.gen(function* () {
          const service = yield* Meetings.Meetings
          const outcomes: Array<Meetings.Page | Meetings.Complete | Meetings.Failed> = []
          yield* service
            .outcomes([meetingNo, other], { from: `${bound / hour - 1}h` }, { pageSize: 40 })
            .pipe(
              Stream.runForEach((outcome) =>
                Effect.andThen(
                  Effect.sync(() => outcomes.push(outcome)),
                  outcome._tag === "Page" ? Effect.sleep("50 minutes") : Effect.void,
                ),
              ),
            )
          return outcomes
        }).pipe(Effect.provide(Fake.meetings(handler)))
        const fiber = yield* Effect.forkChild(reading)
        yield* Fake.advance("10 hours")
        const outcomes = yield* Fiber.join(fiber)
        const of = (number: MeetingNo) => {
          const own = outcomes.filter(({ meetingNo }) => meetingNo === number)
          const read = own.filter((outcome) => outcome._tag === "Page")
          return {
            ids: read.flatMap((page) => page.meetings.map(({ id }) => id)),
            lost: read.flatMap((page) => page.unreachable ?? []),
            end: own.at(-1)?._tag,
          }
        }
        for (const number of [meetingNo, other]) {
          const { end, ids, lost } = of(number)
          assert.strictEqual(end, "Complete")
          assert.isAtLeast(lost.length, 1)
          assert.strictEqual(lost[0]!.from, then - bound + hour)
          // Each row once.
          assert.strictEqual(new Set(ids).size, ids.length)
          for (const id of idsFrom(lost.at(-1)!.to)) assert.include(ids, id)
        }
      }),
  )

  it.effect(
    "a page token that is refused in the midst of a read, while the start still answers, is no reason to leave anything out",
    () =>
      Effect.gen(function* () {
        const tokens = Fake.tokens()
        const handler: Fake.Handler = (asked) =>
          Effect.sync(() => {
            if (Fake.isTokenCall(asked)) return tokens.answer()
            return asked.query["page_token"] === undefined ? Fake.page([1], "2") : Fake.failure(400, 121003)
          })
        yield* at(then)
        const start = then - 300 * day
        const cursor = Cursor.fromPosition({
          meetingNo,
          start,
          end: start + day,
          pageSize: 50,
          baseUrl: "https://open.feishu.cn",
          window: 0,
        })
        const { error, ids, told } = yield* Effect.provide(pagesOf(cursor), Fake.meetings(handler))
        assert.isTrue(isFeishuError(error))
        assert.strictEqual(error?.reason._tag, "RangeTooOld")
        assert.deepStrictEqual([ids, told], [["1"], []])
        assert.strictEqual(Cursor.toPosition(error!.cursor!)?.pageToken, "2")
      }),
  )
})
