/**
 * The events of a read that is under way, for progress lines and counters.
 *
 * @example
 * ```ts
 * import { createClient, type ClientEvent } from "@effect-feishu/promise"
 *
 * const onEvent = (event: ClientEvent) => {
 *   if (event.type === "TokenFetched") console.log("a new token")
 *   if (event.type === "PageRead") console.log(`${event.rows} meetings of ${event.meetingNo}`)
 * }
 * await using client = createClient({
 *   appId: process.env.FEISHU_APP_ID!,
 *   appSecret: process.env.FEISHU_APP_SECRET!,
 *   baseUrl: process.env.FEISHU_BASE_URL,
 *   onEvent,
 * })
 * await client.page({ meetingNo: "337736498", range: { from: "30d" } })
 * // => a new token
 * // => 3 meetings of 337736498
 * ```
 */
import type { FeishuError, Reason } from "./FeishuError.ts"

/** One thing that happened. Times are in milliseconds, except where they are points in time. */
export type ClientEvent =
  /** A request is being sent; `operation` is its method and path. */
  | { readonly type: "RequestSent"; readonly operation: string }
  /**
   * A request ended: with `Success`, with the reason of the error, or `Interrupted`. Status and log id are there if
   * there was an answer. `delivery` says whether the request was `answered`, whatever the answer says; `unanswered`, but
   * may have arrived; or `not sent`, because there was no connection, so that it does not count for the rate limit.
   * `address` and `port` are those of the base URL; `resends` is how often the same call had sent its request before.
   */
  | {
      readonly type: "RequestEnded"
      readonly operation: string
      readonly address: string
      readonly port: number
      readonly resends: number
      readonly outcome: "Success" | "Interrupted" | Reason
      readonly delivery: "not sent" | "answered" | "unanswered"
      readonly status: number | undefined
      readonly logId: string | undefined
      readonly millis: number
    }
  /** A call failed, but may succeed if it is retried, which happens after this delay. */
  | { readonly type: "Retrying"; readonly error: FeishuError; readonly delayMillis: number }
  /** The rate limit has no free slot, or its gate is closed: the next request waits this long. */
  | { readonly type: "RateLimitWaiting"; readonly millis: number }
  /** That wait is over; it took this long. */
  | { readonly type: "RateLimitWaited"; readonly millis: number }
  /**
   * Feishu refused a request for the rate limit, so another program uses the same app. All requests wait until the
   * limit resets, and from then on are sent at least `paceMillis` apart.
   */
  | {
      readonly type: "RateLimitRefused"
      readonly resetMillis: number
      readonly paceMillis: number
      readonly logId: string | undefined
    }
  /** A fresh access token was fetched; `operation` names the endpoint that gave it. */
  | { readonly type: "TokenFetched"; readonly operation: string; readonly expiresInMillis: number }
  /** A page was read. `window` counts from 0. */
  | {
      readonly type: "PageRead"
      readonly meetingNo: string
      readonly rows: number
      /** Rows that had come on an earlier page, and were dropped. */
      readonly duplicates: number
      readonly window: number
      readonly windows: number
    }
  /**
   * A read that was resumed, or took long, has left out this part of its range: the part is now more than 90 days ago,
   * and Feishu no longer answers for it. Unix seconds.
   */
  | {
      readonly type: "TimeUnreachable"
      readonly meetingNo: string
      readonly from: number
      readonly to: number
    }
  /** A window older than 90 days has no rows. Perhaps Feishu no longer shows them. Unix seconds. */
  | {
      readonly type: "OldWindowEmpty"
      readonly meetingNo: string
      readonly start: number
      readonly end: number
    }
