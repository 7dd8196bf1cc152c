/**
 * The events of a read that is under way, for progress lines and counters.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { Events, MeetingNo, Meetings } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const program = Meetings.Meetings.use((meetings) =>
 *   meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } }),
 * ).pipe(
 *   Effect.provideService(Events.Events, (event) => Console.error(event._tag)),
 *   Effect.provide(Meetings.layerConfig),
 *   Effect.provide(NodeHttp.layer()),
 * )
 *
 * await Effect.runPromise(program)
 * // => RequestSent
 * // => RequestEnded
 * // => TokenFetched
 * // => RequestSent
 * // => RequestEnded
 * // => PageRead
 * ```
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import type { Event } from "./internal/Event.ts"
import { logRetry } from "./internal/logRetry.ts"
import { record } from "./Metrics.ts"
import * as Sentence from "./Sentence.ts"

/** The types of events. */
export type { Delivery, Event, Outcome } from "./internal/Event.ts"

/** A function that is called with every event. It does nothing unless the application provides one. */
export const Events = Context.Reference<(event: Event) => Effect.Effect<void>>("@effect-feishu/core/Events", {
  defaultValue: () => () => Effect.void,
})

/** Counts an event, logs it, and calls the function of the application. */
export const emit = (event: Event): Effect.Effect<void> =>
  Effect.contextWith((context: Context.Context<never>) => {
    record(event, context)
    const handled = Context.get(context, Events)(event)
    // Most programs log no debug lines: for them these are not even made.
    const quiet = LogLevel.isGreaterThan(Context.get(context, References.MinimumLogLevel), "Debug")
    const line = quiet && isDebug(event) ? undefined : lineOf(event)
    return line === undefined ? handled : Effect.andThen(line, handled)
  })

const isDebug = ({ _tag }: Event): boolean => _tag !== "RateLimitRefused" && _tag !== "Retrying"

/**
 * Returns the log line of an event: a warning if users should do something, an info line for a retry, otherwise a debug
 * line.
 */
const lineOf = (event: Event): Effect.Effect<void> | undefined => {
  switch (event._tag) {
    case "RequestEnded": {
      const { logId, millis, operation, outcome, status } = event
      return Effect.annotateLogs(Effect.logDebug(`${operation}: ${outcome} after ${millis} ms`), {
        ...(status === undefined ? {} : { status }),
        ...(logId === undefined ? {} : { logId }),
      })
    }
    case "Retrying":
      return logRetry(event.error, event.delayMillis === 0 ? "at once" : `in ${inWords(event.delayMillis)}`)
    case "RateLimitRefused":
      return Sentence.warn(
        Sentence.make("rateLimitRefused", {
          logId: event.logId,
          resetMillis: event.resetMillis,
          paceMillis: event.paceMillis,
        }),
      )
    case "TokenFetched":
      return Effect.logDebug(`${event.operation}: a token for ${inWords(event.expiresInMillis)}`)
  }
}

const inWords = (millis: number) => Duration.format(Duration.millis(millis))
