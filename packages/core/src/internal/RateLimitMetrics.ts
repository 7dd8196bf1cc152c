/** What is seen of rate limits: how long requests waited for them, and how much is left. */
import * as Context from "effect/Context"
import * as Metric from "effect/Metric"
import * as Tracer from "effect/Tracer"
import { ofOperation } from "./SpanAttributes.ts"

const waitTime = Metric.histogram("feishu.client.rate_limit.wait_time", {
  description: "How long requests waited for a slot of the rate limit.",
  boundaries: [0.1, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300],
  attributes: { unit: "s" },
})

const waitAttribute = "feishu.rate_limit.wait_time"

/** Records how long a request waited for its slot: in the metrics, and in the span of its call, which may wait several times. */
export const waited = (millis: number, context: Context.Context<never>): void => {
  waitTime.updateUnsafe(millis / 1_000, context)
  const span = Context.getOrUndefined(context, Tracer.ParentSpan)
  if (span?._tag !== "Span") return
  span.attribute(waitAttribute, Number(span.attributes.get(waitAttribute) ?? 0) + millis / 1_000)
}

/** It is computed when metrics are read: slots become free without anything happening. */
const remaining = Metric.gauge("feishu.client.rate_limit.remaining", {
  description: "Requests that may be sent at once before the client waits for the rate limit.",
  attributes: { unit: "{request}" },
})

/** The limits that are counted in one series. */
interface Series {
  readonly limits: Set<() => number>
  /** The limit that was closed last, while there is no other. */
  closed: (() => number) | undefined
}

/** The series of each registry, by their labels: several clients of a process may count the same endpoint. */
const seriesOf = new WeakMap<Metric.MetricRegistry, Map<string, Series>>()

/**
 * Adds a limit to the gauge of what is left. `left` is called whenever metrics are read. Returns a function that closes the limit:
 * it no longer counts once there is another. The last one remains, as counters do, for an exporter that is closed after the client.
 */
export const add = (
  operation: string,
  windowMillis: number,
  left: () => number,
  context: Context.Context<never>,
): (() => void) => {
  const labels = { ...ofOperation(operation), "feishu.rate_limit.window": `${windowMillis / 1_000}s` }
  const registry = Context.get(context, Metric.MetricRegistry)
  const all = seriesOf.get(registry) ?? new Map<string, Series>()
  seriesOf.set(registry, all)
  const key = Object.entries({ ...Context.get(context, Metric.CurrentMetricAttributes), ...labels }).join(" ")
  const series = all.get(key) ?? { limits: new Set(), closed: undefined }
  const { limits } = series
  if (!all.has(key)) {
    all.set(key, series)
    Metric.registerUnsafe(Metric.withAttributes(remaining, labels), context, {
      get: () => ({ value: Math.min(...Array.from(limits, (one) => one())) }),
      update: () => {},
      modify: () => {},
    })
  }
  if (series.closed !== undefined) limits.delete(series.closed)
  series.closed = undefined
  limits.add(left)
  return () => {
    if (limits.size > 1) limits.delete(left)
    else series.closed = left
  }
}
