import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import {
  AccessToken,
  Cursor,
  type FeishuError,
  type MeetingBrief,
  MeetingNo,
  Meetings,
  Secret,
} from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const hour = 3_600
const day = 24 * hour
/** Where the clock of these tests starts: a day on which nothing is special. */
const start = 1_795_000_000

interface Meeting {
  readonly id: string
  /** Unix seconds from which it is in the list, and which the list has it under. */
  readonly time: number
}

/**
 * A Feishu with these meetings, which refuses a start over 90 days ago if it looks back no further. Each is running for its first two
 * hours. `fails` says which request fails, by its position and the meeting that it is about.
 */
const holding = (
  meetings: () => ReadonlyArray<Meeting>,
  looksBack: boolean,
  fails: (request: number, meetingId: string | undefined) => boolean,
) => {
  const tokens = Fake.tokens()
  const asked: Array<{ readonly from: number; readonly to: number; readonly pageToken: string | undefined }> =
    []
  const requests = { count: 0 }
  const handler: Fake.Handler = (request) =>
    Effect.gen(function* () {
      if (Fake.isTokenCall(request)) return tokens.answer()
      const [id = "", recording] = request.path.replace("/open-apis/vc/v1/meetings/", "").split("/")
      const isList = id === "list_by_no"
      const isFailing = fails(++requests.count, isList ? undefined : id)
      if (!isList) {
        if (isFailing) return Fake.failure(400, 99991672)
        const { time } = meetings().find((meeting) => meeting.id === id)!
        const isRunning = (yield* Clock.currentTimeMillis) / 1000 < time + 2 * hour
        if (recording !== undefined) {
          return isRunning ? Fake.failure(400, 122001) : { body: { code: 0, data: { recording: {} } } }
        }
        const end_time = isRunning ? "0" : String(time + 2 * hour)
        return { body: { code: 0, data: { meeting: { id, start_time: String(time), end_time } } } }
      }
      const { end_time, meeting_no, page_size, page_token, start_time } = request.query
      const [from, to, size] = [Number(start_time), Number(end_time), Number(page_size)]
      asked.push({ from, to, pageToken: page_token })
      const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      if (isFailing) return Fake.failure(400, 99991672)
      if (looksBack && from < now - 90 * day) return Fake.failure(400, 121003)
      const rows = meetings().filter(({ time }) => time <= now && time >= from && time <= to)
      const offset = Number(page_token ?? 0)
      const more = rows.length > offset + size
      return {
        body: {
          code: 0,
          data: {
            has_more: more,
            meeting_briefs: rows.slice(offset, offset + size).map(({ id }) => ({ id, meeting_no })),
            page_token: more ? String(offset + size) : "",
          },
        },
      }
    })
  return { handler, asked, requests }
}

/** What the table has of a meeting: how often it came, and what was known of it the last time. */
interface Row {
  readonly count: number
  readonly details?: string | undefined
  readonly recording?: string | undefined
}

/** A meeting of a page as the table has it. */
const rowOf = (meeting: MeetingBrief | Meetings.MeetingRead): readonly [id: string, Omit<Row, "count">] => {
  if (!("brief" in meeting)) return [meeting.id, {}]
  const { brief, details, recording } = meeting
  return [
    brief.id,
    {
      details: details?._tag === "Found" ? (details.meeting.isRunning ? "running" : "ended") : details?._tag,
      recording: recording?._tag,
    },
  ]
}

type Page = Meetings.IncrementalPage | Meetings.IncrementalDetailsPage

/** A table of meetings, and the state: changed together, or not at all. */
const database = () => {
  let committed = { rows: new Map<string, Row>(), state: new Map<string, string>() }
  let open = committed
  const store: Meetings.StateStore = {
    get: (key) => Effect.sync(() => committed.state.get(key)),
    set: (key, text) => Effect.sync(() => void open.state.set(key, text)),
  }
  const write = (page: Page, crashes: boolean) =>
    Effect.gen(function* () {
      open = { rows: new Map(committed.rows), state: new Map(committed.state) }
      for (const [id, row] of page.meetings.map(rowOf)) {
        open.rows.set(id, { ...row, count: (open.rows.get(id)?.count ?? 0) + 1 })
      }
      yield* page.commit
      if (crashes) return yield* Effect.die("the process is killed before its transaction is committed")
      committed = open
    })
  return { store, write, rows: () => committed.rows, state: () => committed.state }
}

const setClock = TestClock.setTime(start * 1_000)

/** Reads once, to the end, a failure, or the page at which the process is killed. */
const readOnce = (
  handler: Fake.Handler,
  { write, store }: Pick<ReturnType<typeof database>, "write" | "store">,
  options: Partial<Meetings.IncrementalOptions & Meetings.DetailsRequest> = {},
  killedAt = Infinity,
) =>
  Effect.gen(function* () {
    let pages = 0
    const unreachable: Array<{ readonly from: number; readonly to: number }> = []
    const reading = yield* Effect.forkChild(
      Meetings.Meetings.use((meetings) => {
        const read: Stream.Stream<Page, FeishuError.FeishuError> =
          options.details === undefined
            ? meetings.incremental(Fake.meetingNo, { store, ...options })
            : meetings.incrementalDetails(Fake.meetingNo, { store, ...options })
        return read.pipe(
          Stream.runForEach((page) => {
            if (page.unreachable !== undefined) unreachable.push(page.unreachable)
            return write(page, ++pages === killedAt)
          }),
          Effect.as(undefined),
          Effect.catch((error) => Effect.succeed(error)),
        )
      }).pipe(Effect.provide(Fake.meetings(handler)), Effect.exit),
    )
    yield* Fake.advance("5 minutes")
    const exit = yield* Fiber.join(reading)
    return {
      error: exit._tag === "Success" ? exit.value : undefined,
      killed: exit._tag === "Failure",
      pages,
      unreachable,
    }
  })

const inInts = (minimum: number, maximum: number) =>
  Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum, maximum })))

describe("a table that is kept up to date", () => {
  it.effect("has every meeting once; the next read begins two days before the end of the last one", () =>
    Effect.gen(function* () {
      yield* setClock
      let meetings: ReadonlyArray<Meeting> = Array.from({ length: 120 }, (_, index) => ({
        id: String(index),
        time: start - 80 * day + index * 3_600,
      }))
      const feishu = holding(
        () => meetings,
        true,
        () => false,
      )
      const table = database()
      assert.deepStrictEqual(yield* readOnce(feishu.handler, table), {
        error: undefined,
        killed: false,
        pages: 3,
        unreachable: [],
      })
      assert.strictEqual(table.rows().size, 120)
      assert.deepStrictEqual([...table.state().keys()], [Fake.meetingNo])
      yield* TestClock.adjust("10 days")
      // One of them is listed late.
      meetings = [...meetings, { id: "late", time: start - day }, { id: "new", time: start + 5 * day }]
      feishu.asked.length = 0
      yield* readOnce(feishu.handler, table)
      assert.strictEqual(table.rows().size, 122)
      assert.deepStrictEqual(
        feishu.asked.map(({ from, to }) => [from - start, Math.round((to - start) / day)]),
        [[-2 * day, 10]],
      )
    }),
  )

  it.effect.prop(
    "whenever it is killed or fails, and however long it rests, in the end it has every meeting that Feishu shows",
    {
      times: Schema.Array(inInts(-200, 40)),
      runs: Schema.Array(
        Schema.Struct({ killedAt: inInts(1, 6), failsAt: inInts(1, 20), rests: inInts(0, 12) }),
      ).pipe(Schema.check(Schema.isMaxLength(5))),
      pageSize: inInts(1, 4),
      details: Schema.UndefinedOr(Schema.Literal(true)),
    },
    Effect.fnUntraced(function* ({ details, pageSize, runs, times }) {
      yield* setClock
      const meetings = times.map((days, index) => ({ id: String(index + 1), time: start + days * day + 1 }))
      let failsAt = Infinity
      const feishu = holding(
        () => meetings,
        false,
        (request) => request === failsAt,
      )
      const table = database()
      const options = { from: start - 201 * day, pageSize, details, recordings: true }
      for (const { killedAt, rests, ...run } of runs) {
        failsAt = feishu.requests.count + run.failsAt
        yield* readOnce(feishu.handler, table, options, killedAt)
        yield* TestClock.adjust(`${rests} days`)
      }
      failsAt = Infinity
      assert.isUndefined((yield* readOnce(feishu.handler, table, options)).error)
      // And once more: everything is there, so only the last days are read.
      feishu.asked.length = 0
      yield* readOnce(feishu.handler, table, options)
      const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const shown = meetings.filter(({ time }) => time <= now - 600)
      assert.deepStrictEqual(
        shown.filter(({ id }) => !table.rows().has(id)),
        [],
      )
      // What was known of one that was running was read again when it had ended: the overlap is longer than meetings are.
      for (const { id } of meetings.filter(({ time }) => time <= now - 3 * hour)) {
        assert.strictEqual(table.rows().get(id)?.details, details && "ended")
        assert.strictEqual(table.rows().get(id)?.recording, details && "Recorded")
      }
      for (const { from } of feishu.asked) assert.isAtLeast(from, now - 3 * day)
    }),
    { arbitrary: { runs: 40 } },
  )

  it.effect(
    "a failure among the details of a page: that page comes again as a whole, and none before it",
    () =>
      Effect.gen(function* () {
        yield* setClock
        const meetings = Array.from({ length: 15 }, (_, index) => ({
          id: String(index + 1),
          time: start - 20 * day + index * day,
        }))
        let isBroken = true
        const feishu = holding(
          () => meetings,
          true,
          (_, meetingId) => isBroken && meetingId === "7",
        )
        const table = database()
        const options = { pageSize: 5, details: true, recordings: true, concurrency: 3 }
        const { error } = yield* readOnce(feishu.handler, table, options)
        assert.strictEqual(error?.reason._tag, "PermissionDenied")
        assert.match(error!.message, /meeting id 7/)
        assert.lengthOf([...table.rows()], 5)
        isBroken = false
        feishu.asked.length = 0
        assert.isUndefined((yield* readOnce(feishu.handler, table, options)).error)
        // The rest of the range, then the time that the first read took, and its overlap.
        assert.deepStrictEqual(
          feishu.asked.map(({ pageToken }) => pageToken),
          ["5", "10", undefined],
        )
        assert.deepStrictEqual(
          [...table.rows()],
          meetings.map(({ id }) => [id, { count: 1, details: "ended", recording: "Recorded" }]),
        )
      }),
  )

  it.effect("with no overlap, and with the longest, every meeting is there as well", () =>
    Effect.gen(function* () {
      for (const overlap of ["0 seconds", "1 second", "90 days"] as const) {
        yield* setClock
        const meetings = [1, 2, 3].map((days) => ({ id: String(days), time: start + days * day - 1 }))
        const feishu = holding(
          () => meetings,
          false,
          () => false,
        )
        const table = database()
        for (let run = 0; run < 4; run++) {
          const { error, killed } = yield* readOnce(feishu.handler, table, { overlap })
          assert.isUndefined(error)
          assert.isFalse(killed)
          yield* TestClock.adjust("1 day")
        }
        assert.deepStrictEqual([...table.rows().keys()], ["1", "2", "3"], overlap)
      }
    }),
  )

  it.effect("what has become older than Feishu shows is left out, and said", () =>
    Effect.gen(function* () {
      yield* setClock
      const meetings = [
        { id: "old", time: start + day },
        { id: "young", time: start + 110 * day },
      ]
      const feishu = holding(
        () => meetings,
        true,
        () => false,
      )
      const table = database()
      yield* readOnce(feishu.handler, table)
      yield* TestClock.adjust("120 days")
      const { error, unreachable } = yield* readOnce(feishu.handler, table)
      assert.isUndefined(error)
      assert.deepStrictEqual([...table.rows().keys()], ["young"])
      assert.strictEqual(unreachable[0]?.from, start - 2 * day)
      assert.closeTo(unreachable[0]!.to, start + 30 * day, 2 * 3_600)
    }),
  )

  it.effect(
    "a state of another number, or that is none, and an overlap that cannot be one: nothing is sent",
    () =>
      Effect.gen(function* () {
        yield* setClock
        const feishu = holding(
          () => [],
          false,
          () => false,
        )
        const other = Cursor.fromPosition({
          meetingNo: MeetingNo.make("100000002"),
          start: 0,
          end: 1,
          pageSize: 50,
          baseUrl: "https://open.feishu.cn",
          window: 0,
        })
        for (const [state, options, message] of [
          [String(other), {}, /^store: the state is that of another meeting number/],
          ["a text", {}, /the cursor is damaged/],
          [
            undefined,
            { overlap: "91 days" },
            /^overlap: 7862400 s is out of range.* Give a time from 0 to 90 days/,
          ],
          [undefined, { from: "soon" }, /from/],
          [undefined, { details: true, concurrency: 0 }, /^concurrency: 0 is out of range/],
        ] as const) {
          const table = database()
          if (state !== undefined) table.state().set(Fake.meetingNo, state)
          const { error } = yield* readOnce(feishu.handler, table, options)
          assert.match(error?.message ?? "", message)
        }
        assert.isEmpty(feishu.asked)
      }),
  )

  it.effect("the state of a tenant's number is its own", () =>
    Effect.gen(function* () {
      yield* setClock
      const keys: Array<string> = []
      const store: Meetings.StateStore = {
        get: (key) => Effect.sync(() => void keys.push(key)),
        set: () => Effect.void,
      }
      const token = AccessToken.given(Secret.accessToken("t-1"))
      yield* Meetings.Meetings.use(({ incremental }) =>
        Effect.forEach(["tenant_a", "tenant_b"], (tenant) =>
          Effect.exit(Stream.runDrain(incremental(Fake.meetingNo, { store }))).pipe(
            Effect.provideService(AccessToken.CurrentTenant, tenant),
          ),
        ),
      ).pipe(Effect.provide(Fake.meetings(() => Effect.succeed(Fake.page([])), { credentials: token })))
      assert.deepStrictEqual(keys, [`tenant_a/${Fake.meetingNo}`, `tenant_b/${Fake.meetingNo}`])
    }),
  )
})
