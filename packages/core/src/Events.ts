/**
 * What happens while a read is under way, for progress lines and counters.
 *
 * @example
 * ```ts
 * import { Console, Stream } from "effect"
 * import { Events } from "@effect-feishu/core"
 *
 * declare const rows: Stream.Stream<string>
 *
 * const watched = rows.pipe(
 *   Stream.provideService(Events.Events, (event) => Console.error(event._tag)),
 * )
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { MeetingNo } from "@effect-feishu/contract"
import type { FeishuError } from "./FeishuError.ts"

/** One thing that happened. Times are in milliseconds. */
export type Event =
  /** A request is being sent; `operation` is its method and path. */
  | { readonly _tag: "RequestSent"; readonly operation: string }
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
  | { readonly _tag: "RateLimitRefused"; readonly resetMillis: number; readonly paceMillis: number }
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

/** Tells whoever listens. */
export const emit = (event: Event): Effect.Effect<void> => Effect.flatMap(Events, (listen) => listen(event))
