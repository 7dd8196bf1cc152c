/**
 * Metrics of everything that is sent, for any exporter of Effect's metrics. Names and units follow OpenTelemetry's conventions:
 * those of HTTP clients for requests, and `feishu.client.…` for what they do not name. Durations are in seconds.
 *
 * | metric | type | unit | labels |
 * |---|---|---|---|
 * | `http.client.request.duration` | histogram | `s` | `http.request.method`, `url.template`, `server.address`, `server.port`, and where there are: `http.response.status_code`, `error.type` |
 * | `feishu.client.retries` | counter | `{retry}` | `error.type`, `http.request.method`, `url.template` |
 * | `feishu.client.rate_limit.remaining` | gauge | `{request}` | `http.request.method`, `url.template`, `feishu.rate_limit.window` |
 * | `feishu.client.rate_limit.wait_time` | histogram | `s` | |
 * | `feishu.client.rate_limit.refusals` | counter | `{refusal}` | |
 * | `feishu.client.tokens` | counter | `{token}` | `http.request.method`, `url.template` |
 * | `feishu.client.meetings` | counter | `{meeting}` | |
 * | `feishu.client.duplicates` | counter | `{meeting}` | |
 *
 * A request is each one that is sent, resends included. `error.type` is the tag of the reason (`FeishuError.Reason`), or
 * `Interrupted`; it is absent where a request succeeded. The labels are bounded: none has a number, tenant or app.
 *
 * `feishu.client.rate_limit.remaining` is how many requests may be sent at once now, before the client waits: 0 while a refusal
 * closes the gate. Of several apps and tenants it is the least. It is computed whenever metrics are read, from the first request of
 * an endpoint on. Feishu does not say how much is left of the quota of a month; each request without `error.type` counts for it
 * (documented).
 *
 * Effect's exporters take the unit from the label `unit`.
 *
 * @example
 * ```ts
 * import { Effect, Metric } from "effect"
 * import { MeetingNo, Meetings } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const program = Effect.gen(function* () {
 *   const meetings = yield* Meetings.Meetings
 *   yield* meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { from: "7d" } })
 *   for (const { attributes, id, state, type } of yield* Metric.snapshot) {
 *     if (id === "http.client.request.duration" && type === "Histogram")
 *       console.log(attributes?.["url.template"], attributes?.["http.response.status_code"], state.count)
 *     if (id === "feishu.client.rate_limit.remaining" && type === "Gauge")
 *       console.log(state.value, "requests left in", attributes?.["feishu.rate_limit.window"])
 *   }
 *   // => 99 requests left in 60s
 *   // => /open-apis/auth/v3/tenant_access_token/internal 200 1
 *   // => /open-apis/vc/v1/meetings/list_by_no 200 1
 * })
 * await Effect.runPromise(
 *   program.pipe(
 *     Effect.provide(Meetings.layerConfig),
 *     Effect.provide(NodeHttp.layer()),
 *     // A registry of its own: otherwise everything in this process counts together.
 *     Effect.provideService(Metric.MetricRegistry, new Map()),
 *   ),
 * )
 * ```
 */
import type * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import type { Event } from "./internal/Event.ts"
import { ofOperation } from "./internal/SpanAttributes.ts"

const counter = (name: string, unit: string, description: string) =>
  Metric.counter(name, { description, incremental: true, attributes: { unit } })

/** A metric for each combination of labels. Each is made once, since to make one costs more than to use it. */
const labelled = <State>(metric: Metric.Metric<number, State>) => {
  const made = new Map<string, Metric.Metric<number, State>>()
  return (labels: Readonly<Record<string, string>>) => {
    const key = Object.entries(labels).join(" ")
    let one = made.get(key)
    if (one === undefined) made.set(key, (one = Metric.withAttributes(metric, labels)))
    return one
  }
}

const duration = labelled(
  Metric.histogram("http.client.request.duration", {
    description:
      "Duration of HTTP client requests: from sending a request to its whole answer, or its failure.",
    // Those of the conventions.
    boundaries: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    attributes: { unit: "s" },
  }),
)
const retries = labelled(
  counter("feishu.client.retries", "{retry}", "Requests that are sent again after a transient failure."),
)
const refusals = counter(
  "feishu.client.rate_limit.refusals",
  "{refusal}",
  "Requests that Feishu refused for its rate limit.",
)
const tokens = labelled(counter("feishu.client.tokens", "{token}", "Access tokens that were fetched."))
const meetings = counter(
  "feishu.client.meetings",
  "{meeting}",
  "Meetings that were read, without duplicates.",
)
const duplicates = counter(
  "feishu.client.duplicates",
  "{meeting}",
  "Meetings that had been read before, and were dropped.",
)

/** Counts an event. */
export const record = (event: Event, context: Context.Context<never>): void => {
  switch (event._tag) {
    case "RequestEnded": {
      const { address, millis, operation, outcome, port, status } = event
      duration({
        ...ofOperation(operation),
        "server.address": address,
        "server.port": String(port),
        ...(status === undefined ? {} : { "http.response.status_code": String(status) }),
        ...(outcome === "Success" ? {} : { "error.type": outcome }),
      }).updateUnsafe(millis / 1_000, context)
      return
    }
    case "Retrying": {
      const { operation, reason } = event.error
      retries({
        ...(operation === undefined ? {} : ofOperation(operation)),
        "error.type": reason._tag,
      }).updateUnsafe(1, context)
      return
    }
    case "RateLimitRefused":
      return refusals.updateUnsafe(1, context)
    case "TokenFetched":
      return tokens(ofOperation(event.operation)).updateUnsafe(1, context)
    case "PageRead":
      meetings.updateUnsafe(event.rows, context)
      return duplicates.updateUnsafe(event.duplicates, context)
  }
}
