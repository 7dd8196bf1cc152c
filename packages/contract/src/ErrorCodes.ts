/**
 * A catalogue of the error codes that Feishu may answer to a reader of meetings.
 */

import type { EndpointCode, ErrorCode, RetryClass } from "./ErrorCode.ts"
import * as GetMeeting from "./GetMeeting.ts"
import * as GetRecording from "./GetRecording.ts"
import * as ListByNo from "./ListByNo.ts"
import * as UserInfo from "./UserInfo.ts"

/** The types of an entry. */
export type { EndpointCode, ErrorCode, RetryClass, Source } from "./ErrorCode.ts"

const checkCredentials =
  "Check app id and app secret on the app's page in the developer console, and that they belong to this brand and base URL."
const newToken =
  "Give a fresh access token; or leave the token out and use app id and secret: tokens are then fetched and refreshed for you."
const fetchedToken =
  "The tokens of the app are fetched and refreshed for you, but are still refused: check that the app is enabled in the tenant, and that brand and base URL are those of the app; otherwise ask Feishu's support with the log id."
const signIn = "Sign in again."
const signInWithNewCode = "Sign in again, and exchange the new code within 5 minutes, once."
const signInUnlessNewer =
  "Check whether another process has stored newer tokens of this login; otherwise sign in again."
const baseUrlOrBug =
  "Check that the base URL is that of Feishu, Lark or your private deployment; otherwise the program that sent the request has a bug."
const later = "Try again later; if it persists, ask Feishu's support with the log id."

/** All known codes. */
export const catalogue: ReadonlyArray<ErrorCode> = [
  ...[1500, 1663, 2200, 5000].map((code): ErrorCode => ({
    code,
    name: `internalError${code}`,
    status: 500,
    msg: "internal error",
    retry: "transient",
    meaning: "an internal fault at Feishu",
    remedy: later,
    source: "documented",
  })),
  {
    code: 10003,
    name: "invalidParam",
    status: 200,
    msg: "invalid param",
    retry: "final",
    meaning: "the token endpoint does not know the app id, or could not read the request",
    remedy: checkCredentials,
    source: "documented",
  },
  {
    code: 10012,
    name: "appTicketInvalid",
    status: 200,
    msg: "app ticket invalid",
    retry: "final",
    meaning: "the app ticket of the store app is invalid or has expired",
    remedy:
      "Pass on every ticket that Feishu pushes: a ticket is valid for 3 hours, and a new one is pushed every hour.",
    source: "documented",
  },
  {
    code: 10013,
    name: "appAccessTokenRefused",
    status: 200,
    msg: "app access token invalid",
    retry: "token",
    meaning: "the app access token of the store app is invalid or has expired",
    remedy: later,
    source: "inferred",
  },
  {
    code: 10014,
    name: "appSecretInvalid",
    status: 200,
    msg: "app secret invalid",
    retry: "final",
    meaning: "the app secret does not belong to the app id",
    remedy: checkCredentials,
    source: "documented",
  },
  {
    code: 10016,
    name: "appTicketNotForSelfBuiltApp",
    status: 200,
    msg: "only store apps have app tickets",
    retry: "final",
    meaning: "the app is self-built, and only store apps have tickets",
    remedy: "Use the credentials as those of a self-built app.",
    source: "documented",
  },
  {
    code: 20001,
    name: "oauthParameterMissing",
    status: 400,
    msg: "The request is missing a required parameter.",
    retry: "final",
    meaning: "a parameter that the OAuth service requires is missing",
    remedy: checkCredentials,
    source: "documented",
  },
  {
    code: 20002,
    name: "oauthSecretInvalid",
    status: 400,
    msg: "The client secret is invalid.",
    retry: "final",
    meaning: "the app secret does not belong to the app id",
    remedy: checkCredentials,
    source: "documented",
  },
  {
    code: 20003,
    name: "oauthCodeInvalid",
    status: 400,
    msg: "The authorization code is not found. Please note that an authorization code can only be used once.",
    retry: "final",
    meaning: "the authorization code is unknown",
    remedy: signInWithNewCode,
    source: "documented",
  },
  {
    code: 20004,
    name: "oauthCodeExpired",
    status: 400,
    msg: "The authorization code has expired.",
    retry: "final",
    meaning: "the authorization code has expired; it is valid for 5 minutes",
    remedy: signInWithNewCode,
    source: "documented",
  },
  {
    code: 20005,
    name: "oauthAccessTokenInvalid",
    status: 200,
    msg: "The user access token passed is invalid. Please check the value",
    retry: "token",
    meaning: "the user access token is invalid",
    remedy: signIn,
    source: "documented",
  },
  {
    code: 20008,
    name: "oauthUserNotExist",
    status: 400,
    msg: "The user does not exist.",
    retry: "final",
    meaning: "the user does not exist",
    remedy: "Ask the tenant's administrator whether the account still exists; the login is kept.",
    source: "documented",
  },
  {
    code: 20009,
    name: "oauthAppNotInstalled",
    status: 400,
    msg: "The specified app is not installed.",
    retry: "final",
    meaning: "the user's tenant has not installed the app",
    remedy: "Ask the tenant's administrator to install the app; the login is kept.",
    source: "documented",
  },
  {
    code: 20010,
    name: "oauthAppNotPermitted",
    status: 400,
    msg: "The user does not have permission to use this app.",
    retry: "final",
    meaning: "the user may not use the app",
    remedy:
      "Ask the app's owner or the tenant's administrator to add the user to the app's availability; the login is kept.",
    source: "documented",
  },
  {
    code: 20021,
    name: "oauthUserResigned",
    status: 200,
    msg: "User resigned",
    retry: "final",
    meaning: "the user has resigned",
    remedy: "Ask the tenant's administrator, or sign in with another account.",
    source: "documented",
  },
  {
    code: 20022,
    name: "oauthUserFrozen",
    status: 200,
    msg: "User frozen",
    retry: "final",
    meaning: "the user's account is frozen",
    remedy: "Ask the tenant's administrator to unfreeze the account; the login is kept.",
    source: "documented",
  },
  {
    code: 20023,
    name: "oauthUserNotRegistered",
    status: 200,
    msg: "User not registered",
    retry: "final",
    meaning: "the user has not completed the registration",
    remedy: "Have the user complete the registration in Feishu; the login is kept.",
    source: "documented",
  },
  {
    code: 20024,
    name: "oauthMismatch",
    status: 400,
    msg: "The provided authorization code or refresh token does not match the provided client ID.",
    retry: "final",
    meaning: "the authorization code or refresh token belongs to another app",
    remedy: "Use the app id and secret with which the user signed in, or sign in again with this app.",
    source: "documented",
  },
  {
    code: 20026,
    name: "oauthRefreshTokenInvalid",
    status: 400,
    msg: "The refresh token passed is invalid. Please check the value.",
    retry: "final",
    meaning: "the refresh token is unknown",
    remedy: signIn,
    source: "documented",
  },
  {
    code: 20027,
    name: "oauthScopeNotEnabled",
    status: 400,
    msg: "The app has not been granted one or more of the requested scopes.",
    retry: "final",
    meaning: "the app asks the user for a scope that it does not have; the authorization page says so",
    remedy:
      "Add the scope to the app in the developer console (Permissions & Scopes) and publish a new version of it, or sign in without the scope.",
    source: "documented",
  },
  {
    code: 20036,
    name: "oauthGrantUnsupported",
    status: 400,
    msg: "The specified grant_type is not supported.",
    retry: "final",
    meaning: "the OAuth service does not know this kind of grant",
    remedy: baseUrlOrBug,
    source: "documented",
  },
  {
    code: 20037,
    name: "oauthRefreshTokenExpired",
    status: 400,
    msg: "The refresh token passed has expired. Please generate a new one.",
    retry: "final",
    meaning: "the refresh token has expired, or the user authorised the app more than 365 days ago",
    remedy: signIn,
    source: "documented",
  },
  {
    code: 20048,
    name: "oauthAppNotExist",
    status: 400,
    msg: "The specified app does not exist.",
    retry: "final",
    meaning: "there is no app with this app id",
    remedy: checkCredentials,
    source: "documented",
  },
  {
    code: 20049,
    name: "oauthVerifierRefused",
    status: 400,
    msg: "PKCE code challenge failed.",
    retry: "final",
    meaning: "the code verifier is missing, or does not match the code challenge of the authorization",
    remedy: "Sign in again from the start, and exchange the code where the authorization was begun.",
    source: "documented",
  },
  {
    code: 20050,
    name: "oauthBusy",
    status: 500,
    msg: "An unexpected server error occurred. Please retry your request.",
    retry: "transient",
    meaning: "the OAuth service is busy",
    remedy: later,
    source: "documented",
  },
  {
    code: 20063,
    name: "oauthRequestMalformed",
    status: 400,
    msg: "The request is malformed. Please check your request.",
    retry: "final",
    meaning: "the OAuth service could not read the request, or a field is missing in it",
    remedy: baseUrlOrBug,
    source: "documented",
  },
  {
    code: 20064,
    name: "oauthRefreshTokenRevoked",
    status: 400,
    msg: "The refresh token has been revoked. Please note that a refresh token can only be used once.",
    retry: "final",
    meaning: "the refresh token was revoked",
    remedy: signInUnlessNewer,
    source: "documented",
  },
  {
    code: 20065,
    name: "oauthCodeUsed",
    status: 400,
    msg: "The authorization code has been used. Please note that an authorization code can only be used once.",
    retry: "final",
    meaning: "the authorization code was used before; each works only once",
    remedy: signInWithNewCode,
    source: "documented",
  },
  {
    code: 20066,
    name: "oauthUserStatusInvalid",
    status: 400,
    msg: "The user status is invalid.",
    retry: "final",
    meaning: "the state of the user's account does not allow this, for example since it is frozen",
    remedy: "Ask the tenant's administrator about the account; the login is kept.",
    source: "documented",
  },
  {
    code: 20067,
    name: "oauthScopeRepeated",
    status: 400,
    msg: "The provided scope list contains duplicate scopes. Please ensure all scopes are unique.",
    retry: "final",
    meaning: "a scope was requested twice",
    remedy: "Name each scope once.",
    source: "documented",
  },
  {
    code: 20068,
    name: "oauthScopeNotGranted",
    status: 400,
    msg: "The provided scope list contains scopes that are not permitted. Please ensure all scopes are allowed.",
    retry: "final",
    meaning: "a scope was requested that the user has not granted",
    remedy: "Request only scopes that the user has granted, or sign in again with all of them.",
    source: "documented",
  },
  {
    code: 20069,
    name: "oauthAppNotEnabled",
    status: 400,
    msg: "The specified app is not enabled.",
    retry: "final",
    meaning: "the app is not enabled",
    remedy: "Ask the tenant's administrator to enable the app; the login is kept.",
    source: "documented",
  },
  {
    code: 20070,
    name: "oauthTwoAuthentications",
    status: 400,
    msg: "Multiple authentication methods were provided. Please only use one to proceed.",
    retry: "final",
    meaning: "the request has app id and secret twice: as Basic authentication, and in the body",
    remedy:
      "Check whether a proxy or gateway on the way adds an Authorization header; app id and secret belong into the body alone.",
    source: "documented",
  },
  {
    code: 20071,
    name: "oauthRedirectMismatch",
    status: 400,
    msg: "The provided redirect URI does not match the one used during authorization.",
    retry: "final",
    meaning: "the redirect URL is not the one with which the authorization was begun",
    remedy: "Sign in again, with the same redirect URL in both steps, to the letter.",
    source: "documented",
  },
  {
    code: 20072,
    name: "oauthUnavailable",
    status: 503,
    msg: "The server is temporarily unavailable. Please retry your request.",
    retry: "transient",
    meaning: "the OAuth service is not available",
    remedy: later,
    source: "documented",
  },
  {
    code: 20073,
    name: "oauthRefreshTokenUsed",
    status: 400,
    msg: "The refresh token has been used. Please note that a refresh token can only be used once.",
    retry: "final",
    meaning: "the refresh token was used before; each works only once",
    remedy: signInUnlessNewer,
    source: "documented",
  },
  {
    code: 20074,
    name: "oauthRefreshNotAllowed",
    status: 400,
    msg: "The specified app is not allowed to refresh token.",
    retry: "final",
    meaning: "the app may not refresh user access tokens",
    remedy:
      'Switch on "Refresh user_access_token" on the app\'s page in the developer console (Security Settings), and publish a new version of the app: the switch takes effect with it. The login is kept.',
    source: "documented",
  },
  {
    code: 21000,
    name: "policyChallenge",
    status: 400,
    msg: "access denied by access control policy; a challenge must be completed",
    retry: "final",
    meaning: "a security policy of the tenant blocks the access until the user has completed a check",
    remedy: "Open the address that the answer names, and complete the check there; the login is kept.",
    source: "sdk",
  },
  {
    code: 21001,
    name: "policyBlocked",
    status: 400,
    msg: "access denied by access control policy",
    retry: "final",
    meaning: "a security policy of the tenant blocks the access",
    remedy: "Ask the tenant's administrator to permit the access; the login is kept.",
    source: "sdk",
  },
  {
    code: 121001,
    name: "meetingInternalError",
    status: 500,
    msg: "internal error",
    retry: "transient",
    meaning: "an internal fault of the meeting service",
    remedy: later,
    source: "documented",
  },
  {
    code: 121002,
    name: "notSupported",
    status: 400,
    msg: "not support",
    retry: "final",
    meaning: "the meeting service does not support this",
    remedy: "Check that the tenant uses Feishu meetings and that the app may read them.",
    source: "documented",
  },
  {
    code: 121003,
    name: "paramError",
    status: 400,
    msg: "param error",
    retry: "final",
    meaning: "the meeting service refused the values of the request",
    remedy:
      "Check that the meeting number has 9 digits, that the range starts before it ends, spans at most 90 days and starts no more than 90 days ago; a page token is valid only for its own query.",
    source: "documented",
  },
  {
    code: 121004,
    name: "dataNotExist",
    status: 404,
    msg: "data not exist",
    retry: "final",
    meaning: "there is no such meeting",
    remedy: "Check the meeting number.",
    source: "documented",
  },
  {
    code: 121005,
    name: "noPermission",
    status: 403,
    msg: "no permission",
    retry: "final",
    meaning: "the app or user may not read this meeting",
    remedy: "Ask the tenant's administrator to let the app read meetings, or use a token of the organiser.",
    source: "documented",
  },
  {
    code: 122001,
    name: "meetingStatusUnexpected",
    status: 400,
    msg: "meeting status unexpected",
    retry: "notReady",
    meaning: "the state of the meeting does not allow this, probably since it is still running",
    remedy: "Request it again after the meeting has ended.",
    source: "documented",
  },
  {
    code: 122002,
    name: "meetingNotExist",
    status: 404,
    msg: "meeting not exist",
    retry: "final",
    meaning: "there is no such meeting",
    remedy: "Check the meeting id.",
    source: "documented",
  },
  {
    code: 124002,
    name: "recordProcessing",
    status: 400,
    msg: "record processing",
    retry: "notReady",
    meaning: "the recording is still being made",
    remedy: "Request it again in some minutes.",
    source: "documented",
  },
  {
    code: 121006,
    name: "conflict",
    status: 409,
    msg: "conflict",
    retry: "final",
    meaning: "the request is in conflict with the state of the meeting",
    remedy: later,
    source: "documented",
  },
  {
    code: 99991400,
    name: "rateLimited",
    status: 429,
    msg: "request trigger frequency limit",
    retry: "rateLimited",
    meaning: "more requests than the rate limit of 100 a minute for this API, app and tenant",
    remedy:
      "Wait until the window resets; if other programs use the same app, have them share one client or send fewer requests.",
    source: "documented",
  },
  {
    code: 99991401,
    name: "ipRefused",
    status: 400,
    msg: "ip is not allowed",
    retry: "final",
    meaning: "the app does not allow requests from this IP address",
    remedy: "Add the address to the app's IP allow list in the developer console.",
    source: "documented",
  },
  {
    code: 99991403,
    name: "monthlyQuotaExceeded",
    status: 429,
    msg: "This month's API call quota has been exceeded",
    retry: "final",
    meaning: "the tenant's API call quota of this month is used up",
    remedy:
      "Wait for the first of next month (UTC+8), or upgrade the tenant's plan. Waiting minutes does not help.",
    source: "documented",
  },
  {
    code: 99991543,
    name: "appCredentialsInvalid",
    status: 400,
    msg: "app id or app secret is invalid",
    retry: "final",
    meaning: "app id or app secret is wrong",
    remedy: checkCredentials,
    source: "documented",
  },
  {
    code: 99991661,
    name: "accessTokenMissing",
    status: 400,
    msg: "Missing access token for authorization. Please make a request with token attached.",
    retry: "final",
    meaning: "the request reached Feishu without an access token",
    remedy: "Check whether a proxy or gateway on the way removes the Authorization header.",
    source: "observed",
  },
  {
    code: 99991663,
    name: "accessTokenInvalid",
    status: 400,
    msg: "Invalid access token for authorization. Please make a request with token attached.",
    retry: "token",
    meaning: "the access token is invalid or has expired",
    remedy: newToken,
    remedyOfApp: fetchedToken,
    source: "observed",
  },
  {
    code: 99991664,
    name: "appAccessTokenInvalid",
    status: 400,
    msg: "Invalid access token for authorization. Please make a request with token attached.",
    retry: "token",
    meaning: "the app access token is invalid or has expired",
    remedy: newToken,
    remedyOfApp: fetchedToken,
    source: "documented",
  },
  {
    code: 99991665,
    name: "tenantCodeInvalid",
    status: 400,
    msg: "Invalid tenant code",
    retry: "token",
    meaning: "the access token does not belong to a valid tenant",
    remedy: newToken,
    remedyOfApp: fetchedToken,
    source: "documented",
  },
  {
    code: 99991668,
    name: "userAccessTokenInvalid",
    status: 400,
    msg: "Invalid access token for authorization. Please make a request with token attached.",
    retry: "token",
    meaning: "the user access token is invalid",
    remedy: newToken,
    remedyOfApp: fetchedToken,
    source: "observed",
  },
  {
    code: 99991671,
    name: "accessTokenMalformed",
    status: 400,
    msg: "Invalid access token for authorization. Please make a request with token attached.",
    retry: "token",
    meaning: "the access token is not in a form that Feishu knows",
    remedy: newToken,
    remedyOfApp: fetchedToken,
    source: "documented",
  },
  {
    code: 99991672,
    name: "appScopeMissing",
    status: 400,
    msg: "Access denied. One of the following scopes is required: [vc:meeting:readonly, vc:meeting.meetingid:read]",
    retry: "final",
    meaning: "the app lacks the scope",
    remedy:
      "Add one of the scopes vc:meeting:readonly, vc:meeting.meetingid:read to the app in the developer console and publish a new version of it.",
    source: "observed",
  },
  {
    code: 99991677,
    name: "userAccessTokenExpired",
    status: 400,
    msg: "Authentication token expired",
    retry: "token",
    meaning: "the user access token has expired",
    remedy: newToken,
    remedyOfApp: fetchedToken,
    source: "inferred",
  },
  {
    code: 99991679,
    name: "userScopeMissing",
    status: 400,
    msg: "Unauthorized. You do not have permission to perform the requested operation on the resource. Please request user re-authorization and try again.",
    retry: "final",
    meaning: "the user has not granted the scope to the app",
    remedy:
      "Have the user authorise the app again with one of the scopes vc:meeting:readonly, vc:meeting.meetingid:read.",
    source: "observed",
  },
  {
    code: 99992402,
    name: "fieldValidationFailed",
    status: 400,
    msg: "field validation failed",
    retry: "final",
    meaning: "the gateway refused fields of the request",
    remedy: "Correct the fields that the error names.",
    source: "inferred",
  },
]

const byCode = new Map(catalogue.map((entry) => [entry.code, entry]))

/** The endpoints that take an access token: for each path, what codes mean on it. */
export const endpoints: Readonly<Record<string, ReadonlyArray<EndpointCode>>> = {
  [ListByNo.path]: ListByNo.codes,
  [GetMeeting.path]: GetMeeting.codes,
  [GetRecording.path]: GetRecording.codes,
  [UserInfo.path]: UserInfo.codes,
}

const byEndpoint = new Map(
  Object.entries(endpoints).map(([path, codes]) => [
    path,
    new Map(codes.map((one) => [one.code, { ...byCode.get(one.code)!, ...one }])),
  ]),
)

/**
 * Returns the entry of a code; `undefined` if the code is not known. With the path of an endpoint, such as `GetRecording.path`,
 * the entry says what the code means there.
 *
 * @example
 * ```ts
 * import { ErrorCodes } from "@effect-feishu/contract"
 *
 * const entry = ErrorCodes.find(121004)
 * console.log(entry?.name, entry?.retry)
 * // => dataNotExist final
 * console.log(`${entry?.meaning}. ${entry?.remedy}`)
 * // => there is no such meeting. Check the meeting number.
 * console.log(ErrorCodes.find(121004, "/open-apis/vc/v1/meetings/:meeting_id/recording")?.meaning)
 * // => the meeting has no recording
 * ```
 */
export const find = (code: number, path?: string): ErrorCode | undefined =>
  (path === undefined ? undefined : byEndpoint.get(path)?.get(code)) ?? byCode.get(code)

/**
 * Returns how to handle a failed answer. A known code decides; without one the HTTP status does: 429 is rate
 * limited, 408, 425 and 5xx are transient, and so is an unknown code that comes with 5xx; everything else is final.
 *
 * @example
 * ```ts
 * import { ErrorCodes } from "@effect-feishu/contract"
 *
 * console.log(ErrorCodes.retryClass({ status: 429 }))
 * // => rateLimited
 * console.log(ErrorCodes.retryClass({ status: 429, code: 99991403 })) // the quota of this month
 * // => final
 * ```
 */
export const retryClass = (answer: {
  readonly code?: number | undefined
  readonly status: number
}): RetryClass => {
  const entry = answer.code === undefined ? undefined : byCode.get(answer.code)
  if (entry !== undefined) return entry.retry
  if (answer.status === 429) return "rateLimited"
  return answer.status >= 500 || answer.status === 408 || answer.status === 425 ? "transient" : "final"
}
