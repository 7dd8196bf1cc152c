/** The events of a read. They are types only, since both `Metrics.ts`, which counts them, and `Events.ts` need them. */
import type { MeetingNo } from "@effect-feishu/contract/MeetingNo"
import type { FeishuError, Reason } from "../FeishuError.ts"

/** How a request ended. */
export type Outcome = "Success" | "Interrupted" | Reason["_tag"]

/**
 * The delivery of a request: it was `answered`, whatever the answer says; it is `unanswered`, but may have arrived; or it
 * was `not sent`, because there was no connection.
 */
export type Delivery = "not sent" | "answered" | "unanswered"

/** One thing that happened. Times are in milliseconds. */
export type Event =
  /** A request is being sent; `operation` is its method and path. */
  | { readonly _tag: "RequestSent"; readonly operation: string }
  /**
   * A request ended: with `Success`, with the tag of the error's reason, or `Interrupted`. Status and log id are there
   * if there was an answer. `delivery` says whether the request counts for Feishu's rate limit, and from when on.
   * `address` and `port` are those of the base URL; `resends` is how often the same call had sent its request before.
   */
  | {
      readonly _tag: "RequestEnded"
      readonly operation: string
      readonly address: string
      readonly port: number
      readonly resends: number
      readonly outcome: Outcome
      readonly delivery: Delivery
      readonly status: number | undefined
      readonly logId: string | undefined
      readonly millis: number
    }
  /** A call failed, but may succeed if it is retried, which happens after this delay. */
  | { readonly _tag: "Retrying"; readonly error: FeishuError; readonly delayMillis: number }
  /** The rate limit has no free slot, or its gate is closed: the next request waits this long. */
  | { readonly _tag: "RateLimitWaiting"; readonly millis: number }
  /** That wait is over; it took this long. */
  | { readonly _tag: "RateLimitWaited"; readonly millis: number }
  /**
   * Feishu refused a request for the rate limit, so another program uses the same app. All requests wait until the
   * limit resets, and from then on are sent at least `paceMillis` apart.
   */
  | {
      readonly _tag: "RateLimitRefused"
      readonly resetMillis: number
      readonly paceMillis: number
      readonly logId: string | undefined
    }
  /** A fresh access token was fetched; `operation` names the endpoint that gave it. */
  | { readonly _tag: "TokenFetched"; readonly operation: string; readonly expiresInMillis: number }
  /** A page was read. `window` counts from 0. */
  | {
      readonly _tag: "PageRead"
      readonly meetingNo: MeetingNo
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
      readonly _tag: "TimeUnreachable"
      readonly meetingNo: MeetingNo
      readonly from: number
      readonly to: number
    }
  /** A window older than 90 days has no rows. Perhaps Feishu no longer shows them. Unix seconds. */
  | {
      readonly _tag: "OldWindowEmpty"
      readonly meetingNo: MeetingNo
      readonly start: number
      readonly end: number
    }
