/**
 * The errors of this package: one class for each reason, all of them a `FeishuError`.
 *
 * Every message says what happened, where, and what to do, and ends with the log id that Feishu's support asks for.
 * No error holds a request, a response body or a cause: those contain tokens and app secrets.
 *
 * @example
 * ```ts
 * import { AuthenticationFailed, createClient, FeishuError } from "@effect-feishu/promise"
 *
 * await using client = createClient({
 *   appId: "cli_mistyped",
 *   appSecret: "secret",
 *   baseUrl: process.env.FEISHU_BASE_URL,
 * })
 *
 * try {
 *   await client.page({ meetingNo: "337736498", range: { from: "30d" } })
 * } catch (error) {
 *   if (!(error instanceof FeishuError)) throw error
 *   console.log(error.reason, error.code, error.isRetryable) // => AuthenticationFailed 10003 false
 *   if (error instanceof AuthenticationFailed) console.log(error.appId) // => cli_mistyped
 * }
 * ```
 */

/** What an error is made of. */
export interface ErrorFields {
  readonly message: string
  readonly isRetryable: boolean
  readonly [field: string]: unknown
}

/** The error of every read. `reason` says what it is; `cursor`, when there is one, is where to go on. */
export class FeishuError extends Error {
  /** The name of the class. */
  declare readonly reason: Reason
  /** Feishu's code, where it answered with one. */
  declare readonly code?: number | undefined
  /** The id that Feishu's support asks for. */
  declare readonly logId?: string | undefined
  /** Whether the same read may succeed later. */
  declare readonly isRetryable: boolean
  /** How long to wait before trying again, where that is known. */
  declare readonly retryAfterMillis?: number | undefined
  /** The position after the last page that came out: reading on from here loses nothing. */
  declare readonly cursor?: string | undefined
  /** The call that failed, such as `GET /open-apis/vc/v1/meetings/list_by_no`. */
  declare readonly operation?: string | undefined
  /** The path that was asked, without query, where it is another than that of the operation: the base URL has one. */
  declare readonly path?: string | undefined
  /** Which number and range it was, in words. */
  declare readonly position?: string | undefined
  /** Requests that were sent for the call before it was given up. */
  declare readonly requests?: number | undefined

  /** This package makes them; your own tests may, too. */
  constructor({ message, ...fields }: ErrorFields) {
    super(message)
    for (const [field, value] of Object.entries(fields)) {
      if (value !== undefined) Object.assign(this, { [field]: value })
    }
  }

  /** Its fields and its message, which `JSON.stringify` would leave out. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { message, ...fields } = this
    return { message, ...fields }
  }
}

/** The input is wrong; nothing was sent. */
export class InvalidRequest extends FeishuError {
  override readonly reason = "InvalidRequest"
  /** What it is about, such as `range` or `baseUrl`. */
  declare readonly field: string
  declare readonly problem: string
  declare readonly remedy: string
}

/** The cursor cannot be used here; nothing was sent. */
export class CursorUnusable extends FeishuError {
  override readonly reason = "CursorUnusable"
  declare readonly problem: "damaged" | "other version" | "other base URL" | "other tenant"
  /** The base URL, or the tenant key if one was named, of the cursor; where that is the problem. */
  declare readonly ofCursor?: string | undefined
  /** The same of the read that the cursor was given to. */
  declare readonly ofRead?: string | undefined
}

/** How a request failed to bring an answer. */
export type TransportFault =
  | "connection refused"
  | "host not found"
  | "connect timeout"
  | "connection failed"
  | "no TLS at this port"
  | "TLS required"
  | "TLS handshake broken"
  | "TLS refused"
  | "client certificate required"
  | "certificate refused"
  | "proxy not reached"
  | "proxy refused"
  | "proxy failed"
  | "proxy certificate refused"
  | "not an HTTP proxy"
  | "connection broken"
  | "no headers in time"
  | "no data in time"
  | "attempt took too long"
  | "request failed"

/** No answer came: the connection failed, broke off, or took too long. */
export class TransportFailed extends FeishuError {
  override readonly reason = "TransportFailed"
  declare readonly fault: TransportFault
  /** Host and port that were asked. */
  declare readonly host: string
  /** The system's code, such as `ECONNRESET`. */
  declare readonly systemCode?: string | undefined
  /** Host and port of the proxy that the request took, where there was one. */
  declare readonly proxy?: string | undefined
  /** What set that proxy: a variable of the environment, or an option, such as `HTTPS_PROXY` or `httpsProxy`. */
  declare readonly proxySetting?: string | undefined
}

/** There was an answer: its HTTP status, and Feishu's text as far as there was one. */
abstract class Answered extends FeishuError {
  /** The HTTP status. */
  declare readonly status: number
  /** Feishu's `msg`, for showing only: it is multilingual and changes. */
  declare readonly msg?: string | undefined
}

/** Feishu, or something in front of it, failed: a 5xx, a busy code, an HTML page. */
export class ServerFailed extends Answered {
  override readonly reason = "ServerFailed"
  declare readonly contentType?: string | undefined
  /** The first characters of a body that was not JSON, cleaned of control characters. */
  declare readonly excerpt?: string | undefined
}

/** The rate limit refused the request. */
export class RateLimited extends Answered {
  override readonly reason = "RateLimited"
  /** Seconds until the limit's window resets, as the answer said, or one window where it did not say. */
  declare readonly retryAfterSeconds: number
  /** Set when that is longer than the client is allowed to wait: the longest wait in seconds. */
  declare readonly longestWaitSeconds?: number | undefined
}

/** The tenant's API calls of this month are used up (code 99991403): waiting minutes does not help. */
export class QuotaExceeded extends Answered {
  override readonly reason = "QuotaExceeded"
}

/** No valid access token: wrong credentials, or a token that was refused and could not be replaced. */
export class AuthenticationFailed extends Answered {
  override readonly reason = "AuthenticationFailed"
  /** The app whose token it is, when known. */
  declare readonly appId?: string | undefined
}

/** Feishu pushed no ticket of a store app that it accepts, although it was asked for one. */
export class AppTicketMissing extends FeishuError {
  override readonly reason = "AppTicketMissing"
  declare readonly appId: string
  /** Seconds that were waited for a ticket. */
  declare readonly waitedSeconds: number
}

/** A scope is missing, or the app may not read this. */
export class PermissionDenied extends Answered {
  override readonly reason = "PermissionDenied"
  /** Scopes of which any one would do, as Feishu names them: the first ten; may be empty. */
  declare readonly scopes: ReadonlyArray<string>
  /** How many more Feishu named. */
  declare readonly moreScopes?: number | undefined
}

/** Feishu refused the request for good. */
export class RequestRefused extends Answered {
  override readonly reason = "RequestRefused"
  /** The fields that Feishu names, with its words: the first ten. */
  declare readonly violations: ReadonlyArray<{ readonly field: string; readonly description: string }>
  /** How many more Feishu named. */
  declare readonly moreViolations?: number | undefined
  /** What is known beyond Feishu's code, such as how an answer begins that is not Feishu's. */
  declare readonly detail?: string | undefined
  /** When the server answered, by its own clock, in unix seconds: its header `Date`. */
  declare readonly answeredAt?: number | undefined
}

/** What answers redirects, which was not followed: it is not Feishu, or not Feishu's API. */
export class Redirected extends FeishuError {
  override readonly reason = "Redirected"
  /** The HTTP status. */
  declare readonly status: number
  /** Scheme, host and port that were asked. */
  declare readonly from: string
  /** The same of where it points; absent where it does not say where. */
  declare readonly to?: string | undefined
}

/** Feishu refused a range that starts more than 90 days ago (code 121003; that this is why is inferred). */
export class RangeTooOld extends Answered {
  override readonly reason = "RangeTooOld"
  /** Where the refused range starts, and a start that can be read for the next hour: unix seconds. */
  declare readonly startSeconds: number
  declare readonly earliestStartSeconds: number
  /** The latter as ISO text in UTC. */
  declare readonly earliestStart: string
}

/** The answer is not what Feishu's documentation promises; going on could lose rows. */
export class ContractViolation extends FeishuError {
  override readonly reason = "ContractViolation"
  declare readonly problem: string
  /** The HTTP status. */
  declare readonly status: number
  /** True where the answer may just have been cut short or come from a gateway, so that asking again may help. */
  declare readonly cutShort: boolean
}

/** How page tokens can go wrong. */
export type PaginationFault =
  | "more pages are announced, but there is no page token"
  | "the page token is the same as before"
  | "the page tokens go in a circle"
  | "too many pages in a row without a new row"

/** The page tokens do not lead on: reading further would loop or lose rows. */
export class PaginationBroken extends FeishuError {
  override readonly reason = "PaginationBroken"
  declare readonly fault: PaginationFault
}

/** The client was closed, before the read or during it. */
export class ClientClosed extends FeishuError {
  override readonly reason = "ClientClosed"
}

/** The names of the classes. */
export type Reason =
  | "InvalidRequest"
  | "CursorUnusable"
  | "TransportFailed"
  | "ServerFailed"
  | "RateLimited"
  | "QuotaExceeded"
  | "AuthenticationFailed"
  | "AppTicketMissing"
  | "PermissionDenied"
  | "RequestRefused"
  | "Redirected"
  | "RangeTooOld"
  | "ContractViolation"
  | "PaginationBroken"
  | "ClientClosed"

// On the prototypes: it is then the name in the first line of a stack, and no field of the error.
for (const [name, type] of Object.entries({
  InvalidRequest,
  CursorUnusable,
  TransportFailed,
  ServerFailed,
  RateLimited,
  QuotaExceeded,
  AuthenticationFailed,
  AppTicketMissing,
  PermissionDenied,
  RequestRefused,
  Redirected,
  RangeTooOld,
  ContractViolation,
  PaginationBroken,
  ClientClosed,
})) {
  Object.defineProperty(type.prototype, "name", { value: name })
}
