import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Logger, Metric, Option, References, Tracer } from "effect"
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
const nameOf: Readonly<Record<string, string>> = {
  "/open-apis/vc/v1/meetings/list_by_no": "list",
  "/open-apis/auth/v3/tenant_access_token/internal": "token",
}

describe("a read is seen from outside", () => {
  it.effect(
    "by metrics: requests by outcome, retries, refusals, waits, tokens, rows; labels are bounded",
    () =>
      Effect.gen(function* () {
        const { metrics } = yield* watched
        const counted = metrics.flatMap(({ attributes = {}, id, state, type }) => {
          const {
            "error.type": error,
            "http.response.status_code": status,
            "url.template": path,
          } = attributes
          const labels = [path && nameOf[path], status, error].filter((label) => label !== undefined)
          return type === "Counter" || type === "Histogram" ? [[id, ...labels, state.count].join(" ")] : []
        })
        assert.sameMembers(counted, [
          "http.client.request.duration token 200 1",
          "http.client.request.duration list 500 ServerFailed 1",
          "http.client.request.duration list 429 RateLimited 1",
          "http.client.request.duration list 200 2",
          "feishu.client.retries list ServerFailed 1",
          "feishu.client.rate_limit.refusals 1",
          "feishu.client.rate_limit.wait_time 1",
          "feishu.client.tokens token 1",
          "feishu.client.meetings 3",
          "feishu.client.duplicates 1",
        ])
        const labels = metrics.flatMap(({ attributes }) => Object.keys(attributes ?? {}))
        assert.sameMembers(
          [...new Set(labels)],
          [
            "http.request.method",
            "url.template",
            "server.address",
            "server.port",
            "http.response.status_code",
            "error.type",
            "feishu.rate_limit.window",
            "unit",
          ],
        )
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
        "level=INFO",
        `"${listByNo}: an internal fault`,
        "code 121001",
        "Trying again in",
        "reason=ServerFailed",
        "code=121001",
        "logId=20261122201500ABCD",
      )
      has("level=WARN", "refused a request (log id: 20261122201500ABCD", "pause for 2s", "600ms apart")
    }),
  )

  it.effect("by spans of its calls, of their attempts and of the token", () =>
    Effect.gen(function* () {
      const { spans } = yield* watched
      const parents = new Map(spans.map(({ name, spanId }) => [spanId, name]))
      assert.deepStrictEqual(
        spans.map(({ name, parent }) => [
          name,
          Option.isSome(parent) ? parents.get(parent.value.spanId) : undefined,
        ]),
        [
          ["FeishuClient.call", undefined],
          ["AccessToken.fetch", "FeishuClient.call"],
          [tokenCall, "AccessToken.fetch"],
          [listByNo, "FeishuClient.call"],
          [listByNo, "FeishuClient.call"],
          ["FeishuClient.call", undefined],
          [listByNo, "FeishuClient.call"],
          [listByNo, "FeishuClient.call"],
        ],
      )
      const [first, , , ...rest] = spans.map(({ attributes }) => Object.fromEntries(attributes))
      const asked = {
        "feishu.operation": listByNo,
        "feishu.meeting.no": "337736498",
        "feishu.period.start": first!["feishu.period.start"],
        "feishu.period.end": first!["feishu.period.end"],
        "feishu.requests": 2,
      }
      assert.deepStrictEqual(first, asked)
      assert.match(String(first!["feishu.period.start"]), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/)
      assert.deepStrictEqual(rest[2], {
        ...asked,
        "feishu.rate_limit.wait_time": 0.25,
        "feishu.log_id": "20261122201500ABCDEF",
      })
      assert.deepInclude(rest[3], {
        "http.response.status_code": 429,
        "error.type": "RateLimited",
        "feishu.code": 99991400,
        "server.address": "open.feishu.cn",
        "server.port": 443,
      })
      assert.deepInclude(rest[4], { "http.response.status_code": 200, "http.request.resend_count": 1 })
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
