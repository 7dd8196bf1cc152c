import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, Metric, References, Tracer } from "effect"
import { Events } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

/** A read that meets a fault that passes, a refusal and a page with a double; and everything that is told of it. */
const watched = Effect.gen(function* () {
  const tokens = Fake.tokens()
  const answers = [
    Fake.failure(500, 121001),
    Fake.page([1, 2], "next"),
    Fake.failure(429, 99991400, { "x-ogw-ratelimit-reset": "2" }),
    { ...Fake.page([2, 3]), headers: { "x-tt-logid": "20261122201500ABCDEF" } },
  ]
  const handler: Fake.Handler = (asked) =>
    Effect.sync(() => (Fake.isTokenCall(asked) ? tokens.answer() : answers.shift()!))
  const events: Array<Events.Event> = []
  const lines: Array<string> = []
  const spans: Array<Tracer.NativeSpan> = []
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    },
  })
  const logger = Logger.map(Logger.formatLogFmt, (line) => void lines.push(line))
  const reading = yield* Effect.forkChild(
    Fake.read().pipe(
      Effect.provide(Fake.meetings(handler)),
      Effect.provideService(Events.Events, (event) => Effect.sync(() => events.push(event))),
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "All"),
      Effect.withTracer(tracer),
    ),
  )
  yield* Fake.advance("1 minute")
  assert.deepStrictEqual((yield* Fiber.join(reading)).ids, ["1", "2", "3"])
  return { events, lines, spans, metrics: yield* Metric.snapshot }
}).pipe(Effect.provideService(Metric.MetricRegistry, new Map()))

const listByNo = "GET /open-apis/vc/v1/meetings/list_by_no"
const tokenCall = "POST /open-apis/auth/v3/tenant_access_token/internal"

describe("a read is seen from outside", () => {
  it.effect("by metrics: requests by outcome, retries, refusals, tokens, rows; labels are bounded", () =>
    Effect.gen(function* () {
      const { metrics } = yield* watched
      const counted = metrics.flatMap(({ attributes, id, state, type }) =>
        type === "Counter" && !id.endsWith("milliseconds")
          ? [[id, ...Object.values(attributes ?? {}), state.count].join(" ")]
          : [],
      )
      assert.sameMembers(counted, [
        `feishu_requests ${tokenCall} Success 1`,
        `feishu_requests ${listByNo} ServerFailed 1`,
        `feishu_requests ${listByNo} RateLimited 1`,
        `feishu_requests ${listByNo} Success 2`,
        "feishu_retries ServerFailed 1",
        "feishu_rate_limit_refusals 1",
        `feishu_tokens_fetched ${tokenCall} 1`,
        "feishu_meetings 3",
        "feishu_duplicates 1",
      ])
      const labels = metrics.flatMap(({ attributes }) => Object.keys(attributes ?? {}))
      assert.sameMembers([...new Set(labels)], ["operation", "outcome", "reason"])
    }),
  )

  it.effect("by log lines with the log id", () =>
    Effect.gen(function* () {
      const { lines } = yield* watched
      const has = (...parts: ReadonlyArray<string>) =>
        assert.isTrue(
          lines.some((line) => parts.every((part) => line.includes(part))),
          `${parts.join(", ")} in ${lines.join("\n")}`,
        )
      has("level=DEBUG", `${listByNo}: ServerFailed`, "status=500", "logId=20261122201500ABCD")
      has("level=DEBUG", `${listByNo}: Success`, "status=200", "logId=20261122201500ABCDEF")
      has(
        "level=DEBUG",
        `"${listByNo}: an internal fault`,
        "code 121001",
        "Trying again in",
        "Log id: 20261122201500ABCD",
      )
      has("level=WARN", "refused a request (log id: 20261122201500ABCD", "pause for 2s", "600ms apart")
    }),
  )

  it.effect("by spans of its calls and of the token", () =>
    Effect.gen(function* () {
      const { spans } = yield* watched
      assert.deepStrictEqual(
        spans.map(({ name }) => name),
        ["FeishuClient.call", "AccessToken.fetch", "FeishuClient.call"],
      )
      assert.deepStrictEqual(
        spans.map(({ attributes }) => Object.fromEntries(attributes)),
        [
          { "feishu.operation": listByNo, "feishu.requests": 2 },
          {},
          {
            "feishu.operation": listByNo,
            "feishu.requests": 2,
            "feishu.log_id": "20261122201500ABCDEF",
          },
        ],
      )
    }),
  )

  it.effect("by events, each request with its end", () =>
    Effect.gen(function* () {
      const { events } = yield* watched
      const ended = events.flatMap((event) => (event._tag === "RequestEnded" ? [event.outcome] : []))
      assert.deepStrictEqual(ended, ["Success", "ServerFailed", "Success", "RateLimited", "Success"])
      assert.strictEqual(events.filter(({ _tag }) => _tag === "RequestSent").length, ended.length)
    }),
  )
})
