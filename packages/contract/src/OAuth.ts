/**
 * Tokens by OAuth 2.0: `POST /oauth/v3/token` on the OAuth base URL, the unified endpoint that is newer and
 * recommended, and `POST /open-apis/authen/v2/oauth/token` for users (documented); and the two ways in which a user permits an app
 * to get them: the authorization page, and the device flow.
 *
 * The unified endpoint takes forms (documented) and JSON (which the official SDK sends). The fields of answers are at
 * top level. Failures come with HTTP 400 and `{"error","error_description","code"}`.
 *
 * @example
 * ```ts
 * import { Redacted, Schema } from "effect"
 * import { OAuth } from "@effect-feishu/contract"
 *
 * const fields = Schema.encodeSync(OAuth.ClientCredentialsRequest)({
 *   grant_type: "client_credentials",
 *   client_id: "cli_a1b2c3",
 *   client_secret: Redacted.make("secret"),
 * })
 * console.log(new URLSearchParams(fields).toString())
 * // => grant_type=client_credentials&client_id=cli_a1b2c3&client_secret=secret
 * ```
 */
import * as Schema from "effect/Schema"

/** The path for user access tokens, below the base URL of the API; takes JSON (documented) and forms (sdk). */
export const userTokenPath = "/open-apis/authen/v2/oauth/token"

/** The Schema of the JSON body that exchanges the code of an authorization for a user access token. */
export const AuthorizationCodeRequest = Schema.Struct({
  grant_type: Schema.Literal("authorization_code"),
  client_id: Schema.String,
  client_secret: Schema.RedactedFromValue(Schema.String),
  code: Schema.RedactedFromValue(Schema.String),
  redirect_uri: Schema.optionalKey(Schema.String),
  /** Narrows the access token to these of the scopes that were granted, separated by blanks (documented). */
  scope: Schema.optionalKey(Schema.String),
  /** The verifier of PKCE, if the authorization was begun with a challenge. */
  code_verifier: Schema.optionalKey(Schema.RedactedFromValue(Schema.String)),
})
/** The JSON body with the code of an authorization. */
export type AuthorizationCodeRequest = typeof AuthorizationCodeRequest.Type

/**
 * The Schema of the JSON body that exchanges a refresh token for a new user access token. A refresh token works once.
 */
export const RefreshTokenRequest = Schema.Struct({
  grant_type: Schema.Literal("refresh_token"),
  client_id: Schema.String,
  client_secret: Schema.RedactedFromValue(Schema.String),
  refresh_token: Schema.RedactedFromValue(Schema.String),
  /** Narrows the new access token to these of its scopes, separated by blanks (documented). */
  scope: Schema.optionalKey(Schema.String),
})
/** The JSON body with a refresh token. */
export type RefreshTokenRequest = typeof RefreshTokenRequest.Type

/** The grant type with which a device code is exchanged (RFC 8628). */
export const deviceCodeGrant = "urn:ietf:params:oauth:grant-type:device_code"

/** The Schema of the form that asks whether a user has permitted what a device asked for, and gets the tokens then (sdk). */
export const DeviceCodeRequest = Schema.Struct({
  grant_type: Schema.Literal(deviceCodeGrant),
  client_id: Schema.String,
  client_secret: Schema.RedactedFromValue(Schema.String),
  device_code: Schema.RedactedFromValue(Schema.String),
})
/** The form with a device code. */
export type DeviceCodeRequest = typeof DeviceCodeRequest.Type

/**
 * The Schema of an answer with a user's tokens. Times are in seconds. Any value is accepted of what is not the access token: an answer
 * that is refused because of the others would cost the login, since a refresh token is used by then. There is a refresh token only
 * where the scope `offline_access` was granted (documented).
 */
export const UserAnswer = Schema.Struct({
  access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_in: Schema.optionalKey(Schema.Unknown),
  /** Text. */
  refresh_token: Schema.optionalKey(Schema.RedactedFromValue(Schema.Unknown)),
  refresh_token_expires_in: Schema.optionalKey(Schema.Unknown),
  /** The scopes of the access token, text with blanks between them. */
  scope: Schema.optionalKey(Schema.Unknown),
})
/** An answer with a user's tokens. */
export type UserAnswer = typeof UserAnswer.Type

/** The scope that a user has to grant, so that there is a refresh token (documented). */
export const offlineAccess = "offline_access"

/** The path of the authorization page, below the OAuth base URL: a page for people, not JSON (documented). */
export const authorizePath = "/open-apis/authen/v1/authorize"

/** The Schema of the query of the authorization page. It redirects to `redirect_uri` with `code` and `state`, or with `error`. */
export const AuthorizeQuery = Schema.Struct({
  client_id: Schema.String,
  response_type: Schema.Literal("code"),
  redirect_uri: Schema.String,
  /** At most 50 scopes, separated by blanks; letter case matters. */
  scope: Schema.optionalKey(Schema.String),
  /** Handed back unchanged. */
  state: Schema.optionalKey(Schema.String),
  /** The challenge of PKCE. */
  code_challenge: Schema.optionalKey(Schema.String),
  /** Default: `plain`. */
  code_challenge_method: Schema.optionalKey(Schema.Literals(["S256", "plain"])),
})
/** The query of the authorization page. */
export type AuthorizeQuery = typeof AuthorizeQuery.Type

/** The path that begins a device authorization, below the OAuth base URL: in the official command line, and in no document (sdk). */
export const deviceAuthorizationPath = "/oauth/v1/device_authorization"

/**
 * The Schema of the form that begins a device authorization. App id and secret are in the header `Authorization: Basic …` as well,
 * as the official command line sends them (sdk).
 */
export const DeviceAuthorizationRequest = Schema.Struct({
  client_id: Schema.String,
  scope: Schema.String,
})
/** The form that begins a device authorization. */
export type DeviceAuthorizationRequest = typeof DeviceAuthorizationRequest.Type

/** An address of the web: a browser opens it, and would open a file or run a script as well. */
const WebAddress = Schema.String.pipe(Schema.check(Schema.isPattern(/^https?:\/\/[^\s]+$/i)))

/** The Schema of what a device gets to show its user, and to ask with (sdk). The seconds may be missing: 240 and 5 then. */
export const DeviceAuthorization = Schema.Struct({
  device_code: Schema.RedactedFromValue(Schema.NonEmptyString),
  user_code: Schema.String,
  verification_uri: WebAddress,
  verification_uri_complete: Schema.optionalKey(WebAddress),
  expires_in: Schema.optionalKey(Schema.Unknown),
  interval: Schema.optionalKey(Schema.Unknown),
})
/** What a device shows its user, and asks with. */
export type DeviceAuthorization = typeof DeviceAuthorization.Type

/** The errors of a device code that was not exchanged (RFC 8628, sdk). */
export const DeviceError = Schema.Literals([
  "authorization_pending",
  "slow_down",
  "access_denied",
  "expired_token",
  "invalid_grant",
])
/** Why a device code was not exchanged. */
export type DeviceError = typeof DeviceError.Type

/** The path of the unified endpoint, below the OAuth base URL (documented). */
export const tokenPath = "/oauth/v3/token"

/** The Schema of the form fields of the client credentials grant. */
export const ClientCredentialsRequest = Schema.Struct({
  grant_type: Schema.Literal("client_credentials"),
  client_id: Schema.String,
  client_secret: Schema.RedactedFromValue(Schema.String),
})
/** The form fields of the client credentials grant: the app's id and secret. */
export type ClientCredentialsRequest = typeof ClientCredentialsRequest.Type

/**
 * The Schema of an answer with code 0. `expires_in` is in seconds; the Schema accepts any value, and the client limits it.
 */
export const Answer = Schema.Struct({
  access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_in: Schema.optionalKey(Schema.Unknown),
})
/** An answer with code 0: the token, and for how long it is valid. */
export type Answer = typeof Answer.Type
