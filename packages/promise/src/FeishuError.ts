/**
 * The errors of this package: one class for each reason, all of them a `FeishuError`.
 *
 * Every message says what happened, where, and what to do, and ends with the log id that Feishu's support asks for.
 * No error contains the request, a response body or a cause: those contain tokens and app secrets.
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

/** The fields from which an error is made. */
export interface ErrorFields {
  readonly message: string
  readonly isRetryable: boolean
  readonly [field: string]: unknown
}

/** The error of every read. `reason` says what happened; `cursor`, if there is one, is where to go on. */
export class FeishuError extends Error {
  /** What happened: the name of the error's class. */
  declare readonly reason: Reason
  /** Feishu's code, if it answered with one. */
  declare readonly code?: number | undefined
  /** The id that Feishu's support asks for. */
  declare readonly logId?: string | undefined
  /** True when the same read may succeed later. */
  declare readonly isRetryable: boolean
  /** How long to wait before a retry, if it is known. */
  declare readonly retryAfterMillis?: number | undefined
  /** The position after the last page that was read: reading on from here loses nothing. */
  declare readonly cursor?: string | undefined
  /** The call that failed, such as `GET /open-apis/vc/v1/meetings/list_by_no`. */
  declare readonly operation?: string | undefined
  /** The path of the request, without query, if it differs from that of the operation because the base URL has one. */
  declare readonly path?: string | undefined
  /** The meeting number and window that were read, in words. */
  declare readonly position?: string | undefined
  /** How many requests were sent for the call before it was given up. */
  declare readonly requests?: number | undefined

  /** Makes an error. This package does, and your own tests may, too. */
  constructor({ message, ...fields }: ErrorFields) {
    super(message)
    for (const [field, value] of Object.entries(fields)) {
      if (value !== undefined) Object.assign(this, { [field]: value })
    }
  }

  /** Returns the error's fields and its message, which `JSON.stringify` would leave out. */
  toJSON(): Readonly<Record<string, unknown>> {
    const { message, ...fields } = this
    return { message, ...fields }
  }
}

/** The input is wrong; nothing was sent. */
export class InvalidRequest extends FeishuError {
  override readonly reason = "InvalidRequest"
  /** The input that is wrong, such as `range` or `baseUrl`. */
  declare readonly field: string
  declare readonly problem: string
  declare readonly remedy: string
}

/** The cursor cannot be used here; nothing was sent. */
export class CursorUnusable extends FeishuError {
  override readonly reason = "CursorUnusable"
  declare readonly problem: "damaged" | "other version" | "other base URL" | "other tenant"
  /** The base URL of the cursor, or its tenant key if one was named, if that is the problem. */
  declare readonly ofCursor?: string | undefined
  /** The same for the read that was given the cursor. */
  declare readonly ofRead?: string | undefined
}

/** Why a request brought no answer. */
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
  | "too many subrequests"
  | "request failed"

/** No answer came: the connection failed, broke off, or took too long. */
export class TransportFailed extends FeishuError {
  override readonly reason = "TransportFailed"
  declare readonly fault: TransportFault
  /** Host and port of the request. */
  declare readonly host: string
  /** The system's code, such as `ECONNRESET`. */
  declare readonly systemCode?: string | undefined
  /** Host and port of the proxy that the request took, if any. */
  declare readonly proxy?: string | undefined
  /** The variable of the environment, or the option, that sets the proxy, such as `HTTPS_PROXY` or `httpsProxy`. */
  declare readonly proxySetting?: string | undefined
}

/** An error with an answer: its HTTP status, and Feishu's text if there was one. */
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
  /** Seconds until the limit's window resets, by the answer; one window if the answer does not say. */
  declare readonly retryAfterSeconds: number
  /** The longest wait in seconds that the client permits; set when `retryAfterSeconds` is longer. */
  declare readonly longestWaitSeconds?: number | undefined
}

/** The tenant's API calls of this month are used up (code 99991403): waiting minutes does not help. */
export class QuotaExceeded extends Answered {
  override readonly reason = "QuotaExceeded"
}

/** No valid access token: wrong credentials, or a token that was refused and could not be replaced. */
export class AuthenticationFailed extends Answered {
  override readonly reason = "AuthenticationFailed"
  /** The app that the token belongs to, if it is known. */
  declare readonly appId?: string | undefined
  /** The account of the user whose token it is, if it is known: the name, and the `open_id` in the app. */
  declare readonly account?: string | undefined
  /** Where the user has to do what a policy of the tenant asks for, before the token is accepted (code 21000, sdk). */
  declare readonly challengeUrl?: string | undefined
}

/** No valid ticket of a store app arrived, although one was requested from Feishu. */
export class AppTicketMissing extends FeishuError {
  override readonly reason = "AppTicketMissing"
  declare readonly appId: string
  /** Seconds that the client waited for a ticket. */
  declare readonly waitedSeconds: number
}

/** Why a user has to sign in: nobody has, the login is of somebody or something else, or it has ended for good. */
export type SignInWhy =
  | "not signed in"
  | "other account"
  | "other app"
  | "other base URL"
  | "no refresh token"
  | "expired"
  | "a year"
  | "used or revoked"
  | "answer lost"
  | "not known"

/** There is no login of a user, or it has ended and cannot be repaired: the user has to sign in. What is stored stays as it is. */
export class SignInRequired extends FeishuError {
  override readonly reason = "SignInRequired"
  declare readonly why: SignInWhy
  /** The app that the user signs in to. */
  declare readonly appId: string
  /** The account that has to sign in again, if one had: its name, and its `open_id` in the app. */
  declare readonly account?: string | undefined
  /** What the login is of, where that is not what this client reads: an account, an app or a base URL. */
  declare readonly ofLogin?: string | undefined
  /** The HTTP status, if Feishu was asked. */
  declare readonly status?: number | undefined
  /** Feishu's text, for showing only. */
  declare readonly msg?: string | undefined
}

/** Why signing in did not succeed. */
export type SignInFailure = "access denied" | "too late" | "device flow unknown" | "code refused" | "refused"

/** A user did not sign in: refused, came too late, or Feishu did not accept it. Nothing that was stored has changed. */
export class SignInFailed extends FeishuError {
  override readonly reason = "SignInFailed"
  declare readonly failure: SignInFailure
  /** The app that the user was to sign in to. */
  declare readonly appId: string
  /** The HTTP status, if Feishu has answered. */
  declare readonly status?: number | undefined
  /** Feishu's text, for showing only. */
  declare readonly msg?: string | undefined
  /** Where the user has to do what a policy of the tenant asks for first (code 21000, sdk). */
  declare readonly challengeUrl?: string | undefined
}

/** The store of a login could not be read, locked or written. What it holds stays as it is. */
export class LoginStoreFailed extends FeishuError {
  override readonly reason = "LoginStoreFailed"
  /** The place of the store, such as the path of a file. */
  declare readonly place: string
  declare readonly problem: string
  declare readonly remedy: string
}

/** A scope is missing, or the app may not read this. */
export class PermissionDenied extends Answered {
  override readonly reason = "PermissionDenied"
  /** The scopes that Feishu names, any one of which is enough: the first ten; may be empty. */
  declare readonly scopes: ReadonlyArray<string>
  /** How many more scopes Feishu named. */
  declare readonly moreScopes?: number | undefined
}

/** Feishu refused the request, and would refuse it again. */
export class RequestRefused extends Answered {
  override readonly reason = "RequestRefused"
  /** The fields that Feishu names, with its descriptions: the first ten. */
  declare readonly violations: ReadonlyArray<{ readonly field: string; readonly description: string }>
  /** How many more fields Feishu named. */
  declare readonly moreViolations?: number | undefined
  /** Further facts in addition to Feishu's code, such as the beginning of an answer that is not Feishu's. */
  declare readonly detail?: string | undefined
  /** The time at which the server answered, by its own clock, in unix seconds: its header `Date`. */
  declare readonly answeredAt?: number | undefined
}

/** The server redirects: it is not Feishu, or not Feishu's API. No redirect is followed. */
export class Redirected extends FeishuError {
  override readonly reason = "Redirected"
  /** The HTTP status. */
  declare readonly status: number
  /** Scheme, host and port of the request. */
  declare readonly from: string
  /** The same for the target; absent if the answer names no target. */
  declare readonly to?: string | undefined
}

/** Feishu refused a range that starts more than 90 days ago (code 121003; that this is the reason is inferred). */
export class RangeTooOld extends Answered {
  override readonly reason = "RangeTooOld"
  /** The start of the refused range, in unix seconds. */
  declare readonly startSeconds: number
  /** A start that can be read for the next hour, in unix seconds. */
  declare readonly earliestStartSeconds: number
  /** The same as ISO text in UTC. */
  declare readonly earliestStart: string
}

/** The answer does not match Feishu's documentation; reading on could lose rows. */
export class ContractViolation extends FeishuError {
  override readonly reason = "ContractViolation"
  declare readonly problem: string
  /** The HTTP status. */
  declare readonly status: number
  /** True when the answer may only have been cut short, or come from a gateway, so that a retry may help. */
  declare readonly cutShort: boolean
}

/** The possible faults of page tokens. */
export type PaginationFault =
  | "more pages are announced, but there is no page token"
  | "the page token is the same as before"
  | "the page tokens go in a circle"
  | "too many pages in a row without a new row"

/** The page tokens do not lead to a next page: reading on would loop or lose rows. */
export class PaginationBroken extends FeishuError {
  override readonly reason = "PaginationBroken"
  declare readonly fault: PaginationFault
}

/** The client was closed, before the read or during it. */
export class ClientClosed extends FeishuError {
  override readonly reason = "ClientClosed"
}

/** The reasons, which are the names of the classes. */
export type Reason =
  | "InvalidRequest"
  | "CursorUnusable"
  | "TransportFailed"
  | "ServerFailed"
  | "RateLimited"
  | "QuotaExceeded"
  | "AuthenticationFailed"
  | "AppTicketMissing"
  | "SignInRequired"
  | "SignInFailed"
  | "LoginStoreFailed"
  | "PermissionDenied"
  | "RequestRefused"
  | "Redirected"
  | "RangeTooOld"
  | "ContractViolation"
  | "PaginationBroken"
  | "ClientClosed"

// On the prototypes: this way the name is in the first line of a stack, and is not a field of the error.
for (const [name, type] of Object.entries({
  InvalidRequest,
  CursorUnusable,
  TransportFailed,
  ServerFailed,
  RateLimited,
  QuotaExceeded,
  AuthenticationFailed,
  AppTicketMissing,
  SignInRequired,
  SignInFailed,
  LoginStoreFailed,
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
