/** A receiver of OTLP over HTTP, as a collector has it: it takes JSON at the paths of traces, metrics and logs. */
import * as Effect from "effect/Effect"
import { once } from "node:events"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

/** A value of an attribute; 64-bit integers may be numbers or texts. */
type Value =
  | { readonly stringValue: string }
  | { readonly intValue: number | string }
  | { readonly doubleValue: number }
  | { readonly boolValue: boolean }

/** An attribute as the protocol has it. */
export interface KeyValue {
  readonly key: string
  readonly value: Value
}

/** A span as the protocol has it. `kind` 3 is that of a client, code 2 of a status an error. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes: ReadonlyArray<KeyValue>
  readonly status: { readonly code: number }
}

interface Point {
  readonly attributes: ReadonlyArray<KeyValue>
  readonly asDouble?: number
  readonly count?: number
  readonly sum?: number
  readonly explicitBounds?: ReadonlyArray<number>
}

/** A metric as the protocol has it. */
export interface Metric {
  readonly name: string
  readonly unit: string
  readonly description: string
  readonly sum?: { readonly isMonotonic: boolean; readonly dataPoints: ReadonlyArray<Point> }
  readonly gauge?: { readonly dataPoints: ReadonlyArray<Point> }
  readonly histogram?: { readonly dataPoints: ReadonlyArray<Point> }
}

/** A log record as the protocol has it. */
export interface LogRecord {
  readonly severityText: string
  readonly traceId?: string
  readonly body: Value
  readonly attributes: ReadonlyArray<KeyValue>
}

/** Attributes as an object. */
export const valuesOf = (attributes: ReadonlyArray<KeyValue>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      "intValue" in value ? { int: Number(value.intValue) } : Object.values(value)[0],
    ]),
  )

/** A receiver, until the end of its scope. */
export const start = Effect.acquireRelease(
  Effect.promise(async () => {
    const bodies: Array<{ readonly path: string; readonly type: string; readonly text: string }> = []
    const server = createServer((request, response) => {
      let text = ""
      request.setEncoding("utf8")
      request.on("data", (chunk: string) => (text += chunk))
      request.on("end", () => {
        bodies.push({ path: request.url!, type: request.headers["content-type"]!, text })
        response.setHeader("content-type", "application/json").end("{}")
      })
    }).listen(0, "127.0.0.1")
    await once(server, "listening")
    /** What came at a path; `resource` and `scope` are the names of what the protocol groups by. */
    const parts = <A>(path: string, resource: string, scope: string, items: string): ReadonlyArray<A> =>
      bodies
        .filter((body) => body.path === path)
        .flatMap(({ text }) => (JSON.parse(text) as Nested)[resource]!)
        .flatMap((group) => group[scope]!)
        .flatMap((group) => group[items] as ReadonlyArray<A>)
    return {
      server,
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      bodies,
      spans: () => parts<Span>("/v1/traces", "resourceSpans", "scopeSpans", "spans"),
      logs: () => parts<LogRecord>("/v1/logs", "resourceLogs", "scopeLogs", "logRecords"),
      metrics: () => parts<Metric>("/v1/metrics", "resourceMetrics", "scopeMetrics", "metrics"),
    }
  }),
  ({ server }) =>
    Effect.sync(() => {
      server.close()
      server.closeAllConnections()
    }),
)

type Nested = Readonly<Record<string, ReadonlyArray<Readonly<Record<string, ReadonlyArray<Inner>>>>>>
type Inner = Readonly<Record<string, unknown>>
