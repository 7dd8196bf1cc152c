/** What a dashboard gets: spans, metrics and logs as they come over OTLP, held against OpenTelemetry's semantic conventions. */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, Metric, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"
import * as Conventions from "@opentelemetry/semantic-conventions/incubating"
import { TenantAccessToken } from "@effect-feishu/contract"
import { AccessToken, MeetingId, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { startFeishuMock } from "@effect-feishu/mock-server"
import * as OtlpReceiver from "./OtlpReceiver.ts"

const password = "971024"
const meetingNo = "337736498"
const day = 86_400
const now = 1_790_000_000
const range = { from: now - 10 * day, to: now }
const meetings = Array.from({ length: 3 }, (_, index) => ({
  id: String(7_011_030_664_708_600_000n + BigInt(index)),
  meeting_no: meetingNo,
  topic: `topic ${index}`,
  password,
  start_time: now - (index + 1) * day,
}))
const operation = "meetings.listByNo"

/** Everything that a program exported whose first page came at the third attempt, and its second with a new token. */
const exported = Effect.gen(function* () {
  const receiver = yield* OtlpReceiver.start
  const feishu = yield* Effect.acquireRelease(
    Effect.promise(() => startFeishuMock({ seed: { meetings }, now })),
    (feishu) => Effect.promise(() => feishu.close()),
  )
  yield* Effect.promise(async () => {
    await feishu.addFault({ operation, when: { nth: 1 }, then: { code: 121001, status: 500 } })
    await feishu.addFault({ operation, when: { nth: 2 }, then: { network: "reset in mid-body" } })
  })
  const { appId, appSecret, url } = feishu
  const credentials = AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(appSecret) })
  /** The app's token of the moment: the mock gives the same one to all who ask. */
  const currentToken = Effect.promise(async () => {
    const body = JSON.stringify({ app_id: appId, app_secret: appSecret })
    const answer = await fetch(`${url}${TenantAccessToken.internalPath}`, { method: "POST", body })
    return String(Object.entries((await answer.json()) as object).find(([key]) => key.endsWith("token"))?.[1])
  })
  const tokens: Array<string> = []
  yield* Effect.gen(function* () {
    const { details, pages } = yield* Meetings.Meetings
    yield* Stream.runForEach(pages({ meetingNo: MeetingNo.make(meetingNo), range, pageSize: 2 }), (page) =>
      Effect.gen(function* () {
        tokens.push(yield* currentToken)
        // The token of the first page is refused for the second.
        if (page.cursor !== undefined) yield* Effect.promise(() => feishu.moveClock({ advance: "2h" }))
      }),
    )
    const missing = yield* Effect.flip(details(MeetingId.make("7011030664708603907")))
    assert.strictEqual(missing.code, 121004)
  }).pipe(
    Effect.withSpan("nightly"),
    Effect.provide(Meetings.layer({ credentials, baseUrl: url }).pipe(Layer.provide(NodeHttp.layer()))),
    Effect.provide(
      Otlp.layerJson({
        baseUrl: receiver.url,
        resource: { serviceName: "nightly" },
        loggerMergeWithExisting: false,
      }).pipe(Layer.provide(FetchHttpClient.layer)),
    ),
    Effect.provideService(Metric.MetricRegistry, new Map()),
  )
  return { receiver, secrets: [appSecret, password, ...tokens], url }
})

class Exported extends Context.Service<Exported, Effect.Success<typeof exported>>()("Exported") {}

/** Names of the conventions, stable or in development, that are attributes or metrics. */
const named = (prefix: "ATTR_" | "METRIC_") =>
  new Set(
    Object.entries(Conventions).flatMap(([key, name]) => (key.startsWith(prefix) ? [String(name)] : [])),
  )
const attributes = named("ATTR_")

/** Whether a name is one of the conventions or, as they ask for others, in a namespace of its own and in lower case. */
const isName = (name: string, known: ReadonlySet<string>) =>
  known.has(name) || /^feishu(\.[a-z]+(_[a-z]+)*)+$/.test(name)

layer(Layer.effect(Exported, exported), { excludeTestServices: true })("over OTLP a dashboard gets", (it) => {
  it.effect("a span for each call, with number and period, and in it one for each attempt", () =>
    Effect.gen(function* () {
      const { receiver, url } = yield* Exported
      const spans = receiver.spans()
      const { hostname, port } = new URL(url)
      const [nightly] = spans.filter(({ name }) => name === "nightly")
      const calls = spans.filter(({ name }) => name === "FeishuClient.call")
      assert.lengthOf(calls, 3)
      assert.deepStrictEqual([...new Set(spans.map(({ traceId }) => traceId))], [nightly!.traceId])

      const list = "GET /open-apis/vc/v1/meetings/list_by_no"
      const asked = {
        "feishu.operation": list,
        "feishu.meeting.no": meetingNo,
        "feishu.period.start": "2026-09-11T14:13:20.000Z",
        "feishu.period.end": "2026-09-21T14:13:20.000Z",
      }
      for (const [index, requests] of [3, 2].entries()) {
        const { "feishu.log_id": logId, ...values } = OtlpReceiver.valuesOf(calls[index]!.attributes)
        assert.isString(logId)
        assert.deepStrictEqual(values, { ...asked, "feishu.requests": { int: requests } })
        assert.strictEqual(calls[index]!.kind, 1)
      }
      const { "feishu.log_id": _, ...missing } = OtlpReceiver.valuesOf(calls[2]!.attributes)
      assert.deepStrictEqual(missing, {
        "feishu.operation": "GET /open-apis/vc/v1/meetings/:meeting_id",
        "feishu.meeting.id": "7011030664708603907",
        "feishu.requests": { int: 1 },
        "error.type": "RequestRefused",
        "feishu.code": { int: 121004 },
      })

      const attemptsOf = ({ spanId }: OtlpReceiver.Span) =>
        spans
          .filter(({ name, parentSpanId }) => parentSpanId === spanId && name === list)
          .map((span) => ({ ...span, values: OtlpReceiver.valuesOf(span.attributes) }))
      const attempts = calls.slice(0, 2).flatMap(attemptsOf)
      assert.deepStrictEqual(
        attempts.map(({ status, values }) => [
          values["http.response.status_code"],
          values["error.type"],
          values["feishu.code"],
          values["http.request.resend_count"],
          status.code === 2,
        ]),
        [
          [{ int: 500 }, "ServerFailed", { int: 121001 }, undefined, true],
          [undefined, "TransportFailed", undefined, { int: 1 }, true],
          [{ int: 200 }, undefined, undefined, { int: 2 }, false],
          [{ int: 400 }, "AuthenticationFailed", { int: 99991663 }, undefined, true],
          [{ int: 200 }, undefined, undefined, { int: 1 }, false],
        ],
      )
      for (const { kind, values } of attempts) {
        assert.strictEqual(kind, 3)
        assert.deepInclude(values, {
          "http.request.method": "GET",
          "url.template": "/open-apis/vc/v1/meetings/list_by_no",
          "server.address": hostname,
          "server.port": { int: Number(port) },
        })
        assert.isTrue(String(values["url.full"]).startsWith(`${url}/open-apis/vc/v1/meetings/list_by_no?`))
      }

      // The token is fetched in spans of the call that waits for it.
      const fetches = spans.filter(({ name }) => name === "AccessToken.fetch")
      assert.sameMembers(
        fetches.map(({ parentSpanId }) => parentSpanId),
        calls.slice(0, 2).map(({ spanId }) => spanId),
      )
      const tokenCalls = spans.filter(({ parentSpanId }) => parentSpanId === fetches[0]!.spanId)
      assert.deepStrictEqual(
        tokenCalls.map(({ kind, name }) => [kind, name]),
        [[3, "POST /open-apis/auth/v3/tenant_access_token/internal"]],
      )

      const names = new Set(spans.flatMap((span) => span.attributes.map(({ key }) => key)))
      names.delete("effect.fiber.interrupted")
      assert.deepStrictEqual(
        [...names].filter((name) => !isName(name, attributes)),
        [],
      )
    }),
  )

  it.effect(
    "durations in seconds, counters and the gauge of what is left, by the names and units of the conventions",
    () =>
      Effect.gen(function* () {
        const { receiver, url } = yield* Exported
        const metrics = new Map(receiver.metrics().map((metric) => [metric.name, metric]))
        const { hostname, port } = new URL(url)
        assert.deepStrictEqual(Object.fromEntries(Array.from(metrics, ([name, { unit }]) => [name, unit])), {
          // The units of the conventions: durations in seconds, and counted things in braces.
          [Conventions.METRIC_HTTP_CLIENT_REQUEST_DURATION]: "s",
          "feishu.client.retries": "{retry}",
          "feishu.client.rate_limit.remaining": "{request}",
          "feishu.client.tokens": "{token}",
          "feishu.client.meetings": "{meeting}",
          "feishu.client.duplicates": "{meeting}",
        })

        const duration = metrics.get(Conventions.METRIC_HTTP_CLIENT_REQUEST_DURATION)!
        const points = duration.histogram!.dataPoints
        for (const { explicitBounds, sum } of points) {
          assert.deepStrictEqual(
            explicitBounds,
            [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
          )
          // Not milliseconds.
          assert.isBelow(sum!, 30)
        }
        const list = "/open-apis/vc/v1/meetings/list_by_no"
        const server = { "server.address": hostname, "server.port": port, unit: "s" }
        const got = { "http.request.method": "GET", "url.template": list, ...server }
        assert.sameDeepMembers<unknown>(
          points.map(({ attributes, count }) => ({ ...OtlpReceiver.valuesOf(attributes), count })),
          [
            { ...got, count: 1, "http.response.status_code": "500", "error.type": "ServerFailed" },
            { ...got, count: 1, "error.type": "TransportFailed" },
            { ...got, count: 1, "http.response.status_code": "400", "error.type": "AuthenticationFailed" },
            { ...got, count: 2, "http.response.status_code": "200" },
            {
              ...got,
              count: 1,
              "url.template": "/open-apis/vc/v1/meetings/:meeting_id",
              "http.response.status_code": "404",
              "error.type": "RequestRefused",
            },
            {
              ...server,
              count: 2,
              "http.request.method": "POST",
              "url.template": TenantAccessToken.internalPath,
              "http.response.status_code": "200",
            },
          ],
        )

        const left = metrics.get("feishu.client.rate_limit.remaining")!.gauge!.dataPoints
        assert.sameDeepMembers<unknown>(
          left.map(({ asDouble, attributes }) => {
            const { "feishu.rate_limit.window": window, "url.template": template } =
              OtlpReceiver.valuesOf(attributes)
            return [template, window, asDouble]
          }),
          [
            [list, "60s", 95],
            ["/open-apis/vc/v1/meetings/:meeting_id", "60s", 999],
            ["/open-apis/vc/v1/meetings/:meeting_id", "1s", 49],
          ],
        )

        const known = named("METRIC_")
        for (const { gauge, histogram, name, sum } of metrics.values()) {
          assert.isTrue(isName(name, known), name)
          // A counter has neither the unit nor `total` in its name.
          assert.notMatch(name, /(total|seconds|milliseconds|count)$/)
          if (sum !== undefined) assert.isTrue(sum.isMonotonic)
          const labels = [gauge, histogram, sum]
            .flatMap((data) => data?.dataPoints ?? [])
            .flatMap(({ attributes }) => attributes)
          // `unit` is the one that Effect's exporter takes the unit from.
          const others = labels
            .map(({ key }) => key)
            .filter((key) => key !== "unit" && !isName(key, attributes))
          assert.deepStrictEqual(others, [])
        }
      }),
  )

  it.effect("each retry as an info line with its cause, in the trace of its call", () =>
    Effect.gen(function* () {
      const { receiver } = yield* Exported
      const lines = receiver.logs()
      const list = "GET /open-apis/vc/v1/meetings/list_by_no"
      assert.deepStrictEqual(
        lines.map(({ attributes, body, severityText }) => {
          const { code, reason } = OtlpReceiver.valuesOf(attributes)
          const text = String(Object.values(body)[0])
            .replaceAll(/\d+ms|(?<=127.0.0.1:)\d+/g, "N")
            // The `fetch` of Node 22 names a reset so.
            .replace("UND_ERR_SOCKET", "ECONNRESET")
          return [severityText, text, reason, code]
        }),
        [
          [
            "Info",
            `${list}: an internal fault of the meeting service (code 121001, HTTP 500, "internal error"). Trying again in N.`,
            "ServerFailed",
            { int: 121001 },
          ],
          [
            "Info",
            `${list}: 127.0.0.1:N: connection broken (ECONNRESET). Trying again in N.`,
            "TransportFailed",
            undefined,
          ],
          [
            "Info",
            `${list}: app cli_a1b2c3d4e5f6a7b8: the access token is invalid or has expired (code 99991663, HTTP 400, "Invalid access token for authorization. Please make a request with token attached."). Trying again with a new token.`,
            "AuthenticationFailed",
            { int: 99991663 },
          ],
        ],
      )
      assert.deepStrictEqual(
        [...new Set(lines.map(({ traceId }) => traceId))],
        [...new Set(receiver.spans().map(({ traceId }) => traceId))],
      )
    }),
  )

  it.effect("no secret", () =>
    Effect.gen(function* () {
      const { receiver, secrets } = yield* Exported
      assert.lengthOf(new Set(secrets), 4)
      assert.deepStrictEqual([...new Set(receiver.bodies.map(({ path }) => path))].toSorted(), [
        "/v1/logs",
        "/v1/metrics",
        "/v1/traces",
      ])
      for (const { text } of receiver.bodies) {
        for (const secret of secrets) assert.notInclude(text, secret)
      }
    }),
  )
})
