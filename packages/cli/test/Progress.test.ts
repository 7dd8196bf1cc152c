import { assert, describe, it } from "@effect/vitest"
import { type Events, FeishuError, GetMeeting, MeetingNo } from "@effect-feishu/core"
import * as CliOutput from "effect/cli/CliOutput"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as Language from "../src/language/Language.ts"
import * as Progress from "../src/run/Progress.ts"
import * as RunState from "../src/run/RunState.ts"
import { Stderr } from "../src/console/Stderr.ts"
import { CurrentVerbosity, type Verbosity } from "../src/console/Verbosity.ts"

const sent: Events.Event = { _tag: "RequestSent", operation: "GET /list_by_no" }
const waiting = (millis: number): Events.Event => ({ _tag: "RateLimitWaiting", millis })
const read: Events.Event = {
  _tag: "PageRead",
  meetingNo: MeetingNo.make("337736498"),
  rows: 50,
  duplicates: 0,
  window: 1,
  windows: 5,
}
const ended: Events.Event = {
  _tag: "RequestEnded",
  address: "open.feishu.cn",
  port: 443,
  resends: 0,
  operation: "GET /list_by_no",
  outcome: "Success",
  delivery: "answered",
  status: 200,
  logId: "20260901LOG",
  millis: 12.3,
}
const everyEvent: ReadonlyArray<Events.Event> = [
  sent,
  ended,
  {
    _tag: "Retrying",
    error: new FeishuError.FeishuError({
      reason: new FeishuError.TransportFailed({ fault: "connection broken", host: "open.feishu.cn" }),
    }),
    delayMillis: 250,
  },
  { _tag: "RateLimitRefused", resetMillis: 1_000, paceMillis: 600, logId: undefined },
  waiting(999),
  { _tag: "RateLimitWaited", millis: 5_000 },
  { _tag: "TokenFetched", operation: "POST /token", expiresInMillis: 7_200_000 },
  read,
]

/** What a run tells: lines, and the progress line in a terminal of so many columns. */
const telling = Effect.fnUntraced(function* (options: {
  readonly mode?: Progress.Mode
  readonly language?: Language.Language
  readonly verbosity?: Verbosity
  readonly columns?: number
  readonly planned?: number
  readonly restingMillis?: number
}) {
  const lines: Array<string> = []
  const seen = { line: "" }
  const stderr = Layer.succeed(Stderr, {
    live: options.columns !== undefined,
    line: (text, label) => Effect.sync(() => lines.push((label?.text ?? "") + text)),
    progress: (render) => Effect.sync(() => (seen.line = render(options.columns ?? 0))),
    clear: Effect.void,
  })
  const run = { ...RunState.make(), plannedWindows: options.planned }
  const progress = yield* Progress.start({
    mode: options.mode,
    rateLimit: undefined,
    restingMillis: options.restingMillis ?? 0,
  }).pipe(
    Effect.provide(Layer.merge(stderr, Layer.succeed(RunState.Run, run))),
    Effect.provideService(Language.CurrentLanguage, options.language ?? "en"),
    Effect.provideService(CurrentVerbosity, options.verbosity ?? "normal"),
  )
  return { lines, run, seen, ...progress }
})

describe("while nobody answers", () => {
  it.effect("says so, instead of a rate that means nothing", () =>
    Effect.gen(function* () {
      const { listen, seen } = yield* telling({ columns: 80, planned: 400 })
      yield* listen(sent)
      yield* TestClock.adjust("12 seconds")
      assert.strictEqual(seen.line, "0 meetings, 90-day period 1 of 400, 1 request, no answer for 12 s")
      yield* listen(ended)
      yield* TestClock.adjust("12 seconds")
      assert.notInclude(seen.line, "no answer")
    }),
  )
})

describe("while slots rest that an earlier run has used", () => {
  const refused: Events.Event = {
    _tag: "RateLimitRefused",
    resetMillis: 1_000,
    paceMillis: 600,
    logId: undefined,
  }
  /** The waits after these events, and whether the run before is said to be why. */
  const waits: ReadonlyArray<
    readonly [string, ReadonlyArray<Events.Event>, millis: number, isForEarlier: boolean]
  > = [
    ["for the first request", [], 65_000, true],
    ["for the next one", [sent, ended], 41_000, true],
    ["for a slot that this run has used", [sent, ended], 60_250, false],
    ["for the pace, or a reset", [refused], 41_000, false],
  ]
  for (const [what, events, millis, isForEarlier] of waits) {
    it.effect(
      `a wait ${what} ${isForEarlier ? "says so, in every way of telling" : "is one like others"}`,
      () =>
        Effect.gen(function* () {
          const restingMillis = 65_250
          const english = yield* telling({ restingMillis })
          const chinese = yield* telling({ restingMillis, language: "zh" })
          const verbose = yield* telling({ restingMillis, verbosity: "verbose", mode: "none" })
          const json = yield* telling({ restingMillis, mode: "json" })
          const wide = yield* telling({ restingMillis, columns: 120 })
          const narrow = yield* telling({ restingMillis, columns: 40 })
          const last: Array<string | undefined> = []
          for (const { lines, listen, seen } of [english, chinese, verbose, json, wide, narrow]) {
            yield* Effect.forEach([...events, waiting(millis)], listen)
            last.push(seen.line || lines.at(-1))
          }
          const seconds = Math.ceil(millis / 1_000)
          const [, , , record] = last
          const why = isForEarlier ? ": requests of the previous run still count" : ""
          assert.deepStrictEqual(
            last
              .filter((line) => line !== record)
              .map((line) => line?.replaceAll(/\d\d:\d\d:\d\d/g, "HH:MM:SS").replace(/\d requests?, /, "")),
            [
              `waiting for the rate limit until HH:MM:SS (${seconds} s)${why}`,
              `等待频率限制重置，至 HH:MM:SS（${seconds} 秒）${isForEarlier ? "：上一次运行的请求仍计入频率限制" : ""}`,
              `HH:MM:SS waiting for the rate limit: ${millis} ms${why}`,
              `0 meetings, waiting until HH:MM:SS${why.replace(":", ",")}`,
              "0 meetings, waiting until HH:MM:SS",
            ],
          )
          const { reason, waitMs } = JSON.parse(record!) as Record<string, unknown>
          assert.deepStrictEqual(
            { reason, waitMs },
            { reason: isForEarlier ? "EarlierRun" : undefined, waitMs: millis },
          )
        }),
    )
  }
})

describe("where there is no terminal", () => {
  it.effect("a line every 30 seconds, with the time that is left at least", () =>
    Effect.gen(function* () {
      const { lines, listen, run } = yield* telling({ planned: 400 })
      for (let request = 0; request < 60; request++) {
        yield* listen(sent)
        yield* listen({ ...read, window: request })
        yield* TestClock.adjust("490 millis")
      }
      run.meetings = 3_000
      assert.deepStrictEqual(lines, [])
      yield* TestClock.adjust("600 millis")
      // 340 windows are left, the limit has room for 40 now, and gives 100 a minute from then on.
      assert.deepStrictEqual(lines, [
        "progress: 3000 meetings, 90-day period 60 of 400, 60 requests, 120/min, at least 3 min left",
      ])
      yield* TestClock.adjust("60 seconds")
      assert.lengthOf(lines, 3)
    }),
  )

  it.effect("waits from one second on, with their end and length; shorter ones are not told", () =>
    Effect.gen(function* () {
      const english = yield* telling({})
      const chinese = yield* telling({ language: "zh" })
      for (const { listen } of [english, chinese]) {
        yield* listen(waiting(59_001))
        yield* listen({ _tag: "RateLimitRefused", resetMillis: 1_000, paceMillis: 600, logId: undefined })
        yield* listen(waiting(999))
        yield* listen({ _tag: "RateLimitWaited", millis: 5_000 })
      }
      const told = [...english.lines, ...chinese.lines].map((line) => line.replace(/\d\d:\d\d:/, "HH:MM:"))
      assert.deepStrictEqual(told, [
        "waiting for the rate limit until HH:MM:59 (60 s)",
        "waiting for the rate limit until HH:MM:01 (1 s)",
        "等待频率限制重置，至 HH:MM:59（60 秒）",
        "等待频率限制重置，至 HH:MM:01（1 秒）",
      ])
    }),
  )

  it.effect("of many requests that wait in parallel, one is told, and their waits are counted once", () =>
    Effect.gen(function* () {
      const { lines, listen, run } = yield* telling({})
      for (let request = 0; request < 50; request++) yield* listen(waiting(40_000 + request * 20))
      yield* TestClock.adjust("41 seconds")
      for (let request = 0; request < 50; request++) {
        yield* listen({ _tag: "RateLimitWaited", millis: 40_000 + request * 20 })
      }
      assert.deepStrictEqual(
        lines
          .filter((line) => line.startsWith("waiting"))
          .map((line) => line.replace(/\d\d:\d\d:/, "HH:MM:")),
        ["waiting for the rate limit until HH:MM:40 (40 s)"],
      )
      assert.strictEqual(run.waitedMs, 40_980)
      // The next wait is told again.
      yield* listen(waiting(5_000))
      assert.lengthOf(
        lines.filter((line) => line.startsWith("waiting")),
        2,
      )
    }),
  )

  it.effect("of many refused requests each is a retry, and their wait is counted once", () =>
    Effect.gen(function* () {
      const { listen, run } = yield* telling({})
      const refused = {
        _tag: "RateLimitRefused",
        resetMillis: 1_000,
        paceMillis: 0,
        logId: undefined,
      } as const
      yield* Effect.forEach([refused, refused, refused], listen)
      yield* TestClock.adjust("1 second")
      yield* Effect.forEach([sent, sent, sent, sent], listen)
      assert.deepStrictEqual([run.retries, run.waitedMs], [3, 1_000])
    }),
  )

  it.effect(
    "the waits of a second that details come with are not told, and nothing follows from their bursts",
    () =>
      Effect.gen(function* () {
        const words = yield* telling({})
        const json = yield* telling({ mode: "json" })
        const terminal = yield* telling({ columns: 100 })
        for (const { listen, run } of [words, json, terminal]) {
          run.answers = { details: {} }
          yield* Effect.forEach([sent, sent, waiting(1_200)], listen)
        }
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual([words.lines, json.lines], [[], []])
        assert.strictEqual(terminal.seen.line, "0 meetings, 2 requests")
        for (const { listen } of [words, json, terminal]) yield* listen(waiting(40_000))
        assert.lengthOf(words.lines, 1)
        assert.lengthOf(json.lines, 1)
        assert.match(terminal.seen.line, /^0 meetings, 2 requests, waiting until \d\d:\d\d:\d\d$/)
      }),
  )

  it.effect("requests for details say nothing of how long the list takes", () =>
    Effect.gen(function* () {
      const details: Events.Event = { ...sent, operation: `GET ${GetMeeting.path}` }
      const { lines, listen } = yield* telling({ planned: 400 })
      for (let request = 0; request < 60; request++) {
        yield* listen(sent)
        yield* Effect.forEach(
          Array.from({ length: 10 }, () => details),
          listen,
        )
        yield* listen({ ...read, window: request })
        yield* TestClock.adjust("490 millis")
      }
      yield* TestClock.adjust("600 millis")
      assert.deepStrictEqual(lines, [
        "progress: 0 meetings, 90-day period 60 of 400, 660 requests, 1320/min, at least 3 min left",
      ])
    }),
  )

  it.effect("nothing with --quiet or --progress none", () =>
    Effect.gen(function* () {
      for (const options of [{ verbosity: "quiet" }, { mode: "none" }] as const) {
        const { lines, listen, pageWritten } = yield* telling(options)
        yield* Effect.forEach(everyEvent, listen)
        yield* pageWritten
        yield* TestClock.adjust("5 minutes")
        assert.deepStrictEqual(lines, [])
      }
    }),
  )
})

describe("--progress json", () => {
  it.effect("is an object a line for pages, waits, refusals and retries, and every 30 seconds", () =>
    Effect.gen(function* () {
      const { lines, listen, pageWritten, run } = yield* telling({ mode: "json", planned: 5, columns: 80 })
      yield* Effect.forEach(everyEvent, listen)
      run.rows = 50
      yield* pageWritten
      yield* TestClock.adjust("30 seconds")
      const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
      assert.deepStrictEqual(
        told.map(({ progress }) => progress),
        ["retry", "refused", "wait", "page", "running"],
      )
      assert.deepInclude(told[0], { reason: "TransportFailed", waitMs: 250, requests: 1 })
      assert.deepStrictEqual(told[3], {
        progress: "page",
        time: "1970-01-01T00:00:00.000Z",
        rows: 50,
        windows: 1,
        plannedWindows: 5,
        requests: 1,
        retries: 1,
        waitingUntil: "1970-01-01T00:00:00.999Z",
      })
    }),
  )
})

describe("on a terminal", () => {
  it.effect("one line with as much as there is room for, what matters most first, in both languages", () =>
    Effect.gen(function* () {
      const shown: Array<string> = []
      for (const language of ["en", "zh"] as const) {
        for (const columns of [100, 79, 40, 19, 8]) {
          const { listen, run, seen } = yield* telling({ language, columns, planned: 40 })
          run.meetings = 1_234
          for (let window = 0; window < 12; window++) yield* listen({ ...read, window })
          yield* listen(sent)
          yield* TestClock.adjust("10 seconds")
          yield* listen(waiting(59_000))
          assert.isAtMost(CliOutput.displayWidth(seen.line), columns)
          shown.push(seen.line.replace(/\d\d:\d\d:\d\d/, "HH:MM:SS"))
        }
      }
      assert.deepStrictEqual(shown, [
        "1234 meetings, 90-day period 12 of 40, 1 request, 6/min, at least 5 min left, waiting until HH:MM:SS",
        "1234 meetings, 90-day period 12 of 40, waiting until HH:MM:SS",
        "1234 meetings, waiting until HH:MM:SS",
        "1234 meetings",
        "1234 mee",
        "1234 场会议，时间段 12/40，1 次请求，每分钟 6 次，至少还需 5 分钟，等待至 HH:MM:SS",
        "1234 场会议，时间段 12/40，1 次请求，至少还需 5 分钟，等待至 HH:MM:SS",
        "1234 场会议，等待至 HH:MM:SS",
        "1234 场会议",
        "1234 场",
      ])
    }),
  )
})

describe("--verbose", () => {
  it.effect("tells each request, retry, token and page with its time, in both languages", () =>
    Effect.gen(function* () {
      const told: Array<string> = []
      for (const language of ["en", "zh"] as const) {
        const { lines, listen } = yield* telling({ language, verbosity: "verbose", mode: "none" })
        yield* Effect.forEach(everyEvent, listen)
        told.push(...lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, "")))
      }
      assert.deepStrictEqual(told, [
        "GET /list_by_no: Success, HTTP 200, 12 ms, log id 20260901LOG",
        "retrying in 250 ms: open.feishu.cn: connection broken",
        "waiting for the rate limit: 999 ms",
        "new access token, valid for 2 h",
        "meeting 337736498, 90-day period 2 of 5: a page of 50 meetings",
        "GET /list_by_no：成功，HTTP 200，12 毫秒，日志 ID 20260901LOG",
        "250 毫秒后重试：open.feishu.cn：连接中断",
        "等待频率限制：999 毫秒",
        "已获取新的访问凭证，有效期 2 小时",
        "会议号 337736498，时间段 2/5：本页 50 场会议",
      ])
    }),
  )
})
