/**
 * Tokens by OAuth 2.0: `POST /oauth/v3/token` on the OAuth base URL, the unified endpoint that is newer and
 * recommended, and `POST /open-apis/authen/v2/oauth/token` for users (documented).
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

/** The path for user access tokens, below the base URL of the API; takes JSON (documented). */
export const userTokenPath = "/open-apis/authen/v2/oauth/token"

/** The Schema of the JSON body that exchanges the code of an authorization for a user access token. */
export const AuthorizationCodeRequest = Schema.Struct({
  grant_type: Schema.Literal("authorization_code"),
  client_id: Schema.String,
  client_secret: Schema.RedactedFromValue(Schema.String),
  code: Schema.RedactedFromValue(Schema.String),
  redirect_uri: Schema.optionalKey(Schema.String),
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
})
/** The JSON body with a refresh token. */
export type RefreshTokenRequest = typeof RefreshTokenRequest.Type

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
