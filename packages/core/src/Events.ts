/**
 * What happens while a read is under way, for progress lines and counters.
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
import type { MeetingNo } from "@effect-feishu/contract/MeetingNo"
import type { FeishuError, Reason } from "./FeishuError.ts"
import { record } from "./Metrics.ts"

/** How a request ended. */
export type Outcome = "Success" | "Interrupted" | Reason["_tag"]

/**
 * What became of a request on its way: it was `answered`, whatever the answer says; it is `unanswered`, and may have
 * arrived all the same; or it was `not sent`, since there was no connection.
 */
export type Delivery = "not sent" | "answered" | "unanswered"

/** One thing that happened. Times are in milliseconds. */
export type Event =
  /** A request is being sent; `operation` is its method and path. */
  | { readonly _tag: "RequestSent"; readonly operation: string }
  /**
   * A request ended: with `Success`, with the tag of the error's reason, or `Interrupted`. Status and log id as far
   * as there was an answer. `delivery` says whether the request counts for Feishu's rate limit, and from when on.
   */
  | {
      readonly _tag: "RequestEnded"
      readonly operation: string
      readonly outcome: Outcome
      readonly delivery: Delivery
      readonly status: number | undefined
      readonly logId: string | undefined
      readonly millis: number
    }
  /** A call failed in a way that passes, and is tried again after a pause. */
  | { readonly _tag: "Retrying"; readonly error: FeishuError; readonly delayMillis: number }
  /** The rate limit has no free slot, or its gate is closed: the next request waits this long. */
  | { readonly _tag: "RateLimitWaiting"; readonly millis: number }
  /** That wait is over; it took this long. */
  | { readonly _tag: "RateLimitWaited"; readonly millis: number }
  /**
   * Feishu refused a request for the rate limit, so somebody else uses the same quota. All requests wait until it
   * resets, and from then on at least `paceMillis` lie between two of them.
   */
  | {
      readonly _tag: "RateLimitRefused"
      readonly resetMillis: number
      readonly paceMillis: number
      readonly logId: string | undefined
    }
  /** A fresh access token was fetched; `operation` says of which kind. */
  | { readonly _tag: "TokenFetched"; readonly operation: string; readonly expiresInMillis: number }
  /** A page was read. `window` counts from 0. */
  | {
      readonly _tag: "PageRead"
      readonly meetingNo: MeetingNo
      readonly rows: number
      /** Rows that had come before, and were dropped. */
      readonly duplicates: number
      readonly window: number
      readonly windows: number
    }
  /**
   * A read that was resumed, or took long, has left out this part of its range: it is more than 90 days ago by now, and
   * Feishu no longer answers for it. Unix seconds.
   */
  | {
      readonly _tag: "TimeUnreachable"
      readonly meetingNo: MeetingNo
      readonly from: number
      readonly to: number
    }
  /** A window older than 90 days has no rows. Feishu may just not show them any more. */
  | {
      readonly _tag: "OldWindowEmpty"
      readonly meetingNo: MeetingNo
      readonly start: number
      readonly end: number
    }

/** Called with every event; does nothing unless the application provides it. */
export const Events = Context.Reference<(event: Event) => Effect.Effect<void>>("@effect-feishu/core/Events", {
  defaultValue: () => () => Effect.void,
})

/** Counts it, logs it, and tells whoever listens. */
export const emit = (event: Event): Effect.Effect<void> =>
  Effect.contextWith((context: Context.Context<never>) => {
    record(event, context)
    const told = Context.get(context, Events)(event)
    // Most programs do not look at what goes right: its lines are not even made for them.
    const quiet = LogLevel.isGreaterThan(Context.get(context, References.MinimumLogLevel), "Debug")
    const line = quiet && event._tag !== "RateLimitRefused" ? undefined : lineOf(event)
    return line === undefined ? told : Effect.andThen(line, told)
  })

/** The log line of an event: a warning where somebody should do something, else for who looks for it. */
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
      return Effect.logDebug(`${event.error.message} Trying again in ${inWords(event.delayMillis)}.`)
    case "RateLimitRefused":
      return Effect.logWarning(
        `The rate limit refused a request${event.logId === undefined ? "" : ` (log id: ${event.logId})`}, so another program uses the same quota. Requests wait ${inWords(event.resetMillis)}, and then come at least ${inWords(event.paceMillis)} apart.`,
      )
    case "TokenFetched":
      return Effect.logDebug(`${event.operation}: a token for ${inWords(event.expiresInMillis)}`)
  }
}

const inWords = (millis: number) => Duration.format(Duration.millis(millis))
