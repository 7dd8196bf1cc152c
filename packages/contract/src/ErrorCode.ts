/** What is known about an error code of Feishu. */

/**
 * How to handle a failure:
 *
 * - `transient`: retry a limited number of times, with growing pauses;
 * - `rateLimited`: wait until the limit's window resets, then retry; does not count as an attempt;
 * - `token`: fetch a new access token once, then retry;
 * - `notReady`: what was requested does not exist yet, and will later: not a fault, and not retried;
 * - `final`: do not retry, it would fail again.
 */
export type RetryClass = "transient" | "rateLimited" | "token" | "notReady" | "final"

/** The source of a fact: official documentation, an observed answer, an official SDK, or inference. */
export type Source = "documented" | "observed" | "sdk" | "inferred"

/** One code and what is known about it. */
export interface ErrorCode {
  readonly code: number
  /** A short name in camelCase, given here; Feishu has only numbers. */
  readonly name: string
  /**
   * The usual HTTP status of an answer with this code. Never rely on it: other statuses occur with the same code, too.
   */
  readonly status: number
  /** The text in Feishu's answer. It is multilingual and changes: show it, never match it. */
  readonly msg: string
  readonly retry: RetryClass
  /** The meaning: what happened, as a clause. */
  readonly meaning: string
  /** The remedy: what to do, as an imperative sentence. */
  readonly remedy: string
  /** The remedy if the refused token was fetched for an app; `remedy` is for a token that the user gave. */
  readonly remedyOfApp?: string
  readonly source: Source
}

/** What a code means on one endpoint, where that is not what it means elsewhere. */
export type EndpointCode = Pick<ErrorCode, "code" | "meaning" | "remedy" | "source"> &
  Partial<Pick<ErrorCode, "status" | "retry">>

/**
 * What a code says about one number or id that was requested, so that requests for others may still succeed: nothing has it,
 * the app or user may not see it, or Feishu refuses it for another reason.
 */
export type Refusal = "not found" | "no permission" | "refused"

/** Returns what a missing scope means on an endpoint: the two codes for it, of an app and of a user. */
export const scopeCodes = (scopes: ReadonlyArray<string>): ReadonlyArray<EndpointCode> => {
  const named = scopes.length === 1 ? `the scope ${scopes[0]}` : `one of the scopes ${scopes.join(", ")}`
  return [
    {
      code: 99991672,
      meaning: "the app lacks the scope",
      remedy: `Add ${named} to the app in the developer console and publish a new version of it.`,
      source: "observed",
    },
    {
      code: 99991679,
      meaning: "the user has not granted the scope to the app",
      remedy: `Have the user authorise the app again with ${named}.`,
      source: "observed",
    },
  ]
}

/** Returns what the refusal of a rate limit means on an endpoint. */
export const rateLimitCode = (limits: string): EndpointCode => ({
  code: 99991400,
  meaning: `more requests than the rate limit of ${limits} for this API, app and tenant`,
  remedy:
    "Wait until the window resets; if other programs use the same app, have them share one client or send fewer requests.",
  source: "documented",
})
