/**
 * Tokens by OAuth 2.0: `POST /oauth/v3/token` on the OAuth base URL, the unified one that is newer and recommended,
 * and `POST /open-apis/authen/v2/oauth/token` for users (documented).
 *
 * The unified one takes forms (documented) and JSON (the official SDK sends it); the answers' fields are at top level.
 * Failures come with HTTP 400 and `{"error","error_description","code"}`.
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

/** The path of user access tokens, below the base URL of the API; takes JSON (documented). */
export const userTokenPath = "/open-apis/authen/v2/oauth/token"

/** The JSON body that trades the code of an authorization for a user access token. */
export const AuthorizationCodeRequest = Schema.Struct({
  grant_type: Schema.Literal("authorization_code"),
  client_id: Schema.String,
  client_secret: Schema.RedactedFromValue(Schema.String),
  code: Schema.RedactedFromValue(Schema.String),
  redirect_uri: Schema.optionalKey(Schema.String),
  /** Of PKCE, where the authorization was begun with a challenge. */
  code_verifier: Schema.optionalKey(Schema.RedactedFromValue(Schema.String)),
})
/** See the Schema of the same name. */
export type AuthorizationCodeRequest = typeof AuthorizationCodeRequest.Type

/** The JSON body that trades a refresh token for a new user access token. A refresh token is good once. */
export const RefreshTokenRequest = Schema.Struct({
  grant_type: Schema.Literal("refresh_token"),
  client_id: Schema.String,
  client_secret: Schema.RedactedFromValue(Schema.String),
  refresh_token: Schema.RedactedFromValue(Schema.String),
})
/** See the Schema of the same name. */
export type RefreshTokenRequest = typeof RefreshTokenRequest.Type

/** The path of the unified OAuth, below the OAuth base URL (documented). */
export const tokenPath = "/oauth/v3/token"

/** The form fields of the client credentials grant. */
export const ClientCredentialsRequest = Schema.Struct({
  grant_type: Schema.Literal("client_credentials"),
  client_id: Schema.String,
  client_secret: Schema.RedactedFromValue(Schema.String),
})
/** See the Schema of the same name. */
export type ClientCredentialsRequest = typeof ClientCredentialsRequest.Type

/** The answer when its `code` is 0. `expires_in` is in seconds; it is anything here, clamping is the client's. */
export const Answer = Schema.Struct({
  access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expires_in: Schema.optionalKey(Schema.Unknown),
})
/** See the Schema of the same name. */
export type Answer = typeof Answer.Type
