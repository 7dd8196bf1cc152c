/**
 * Counters and times of everything that is sent, for any exporter of Effect's metrics. Their labels are bounded:
 * operations are methods and paths, outcomes are the tags of `FeishuError.Reason`; no label has a number, tenant or
 * app.
 *
 * | metric | type | labels |
 * |---|---|---|
 * | `feishu_requests` | counter | `operation`, `outcome` |
 * | `feishu_request_milliseconds` | histogram | `operation` |
 * | `feishu_retries` | counter | `reason` |
 * | `feishu_rate_limit_refusals` | counter | |
 * | `feishu_rate_limit_waited_milliseconds` | counter | |
 * | `feishu_tokens_fetched` | counter | `operation` |
 * | `feishu_meetings` | counter | |
 * | `feishu_duplicates` | counter | |
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
 *   const requests = (yield* Metric.snapshot).filter(({ id }) => id === "feishu_requests")
 *   for (const { attributes } of requests) console.log(attributes?.["operation"], attributes?.["outcome"])
 *   // => POST /open-apis/auth/v3/tenant_access_token/internal Success
 *   // => GET /open-apis/vc/v1/meetings/list_by_no Success
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

const count = (name: string, description: string) => Metric.counter(name, { description, incremental: true })

/** A metric for each combination of labels. Each is made once, since to make one costs more than to use it. */
const labelled = <State>(metric: Metric.Metric<number, State>) => {
  const made = new Map<string, Metric.Metric<number, State>>()
  return (labels: Readonly<Record<string, string>>) => {
    const key = Object.values(labels).join(" ")
    let one = made.get(key)
    if (one === undefined) made.set(key, (one = Metric.withAttributes(metric, labels)))
    return one
  }
}

const requests = labelled(count("feishu_requests", "Requests that ended, in whatever way"))
const milliseconds = labelled(
  Metric.histogram("feishu_request_milliseconds", {
    description: "Time from sending a request to its whole answer, or its failure",
    boundaries: [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000],
  }),
)
const retries = labelled(count("feishu_retries", "Transient failures that were retried"))
const refusals = count("feishu_rate_limit_refusals", "Requests that the rate limit refused")
const waited = count(
  "feishu_rate_limit_waited_milliseconds",
  "Time that requests waited for the rate limit, in total",
)
const tokens = labelled(count("feishu_tokens_fetched", "Access tokens that were fetched"))
const meetings = count("feishu_meetings", "Meetings that were read, without duplicates")
const duplicates = count("feishu_duplicates", "Meetings that had been read before, and were dropped")

/** Counts an event. */
export const record = (event: Event, context: Context.Context<never>): void => {
  switch (event._tag) {
    case "RequestEnded": {
      const { millis, operation, outcome } = event
      requests({ operation, outcome }).updateUnsafe(1, context)
      milliseconds({ operation }).updateUnsafe(millis, context)
      return
    }
    case "Retrying":
      return retries({ reason: event.error.reason._tag }).updateUnsafe(1, context)
    case "RateLimitRefused":
      return refusals.updateUnsafe(1, context)
    case "RateLimitWaited":
      return waited.updateUnsafe(event.millis, context)
    case "TokenFetched":
      return tokens({ operation: event.operation }).updateUnsafe(1, context)
    case "PageRead":
      meetings.updateUnsafe(event.rows, context)
      return duplicates.updateUnsafe(event.duplicates, context)
  }
}
