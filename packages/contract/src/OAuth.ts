/**
 * `POST /oauth/v3/token` on the OAuth base URL: the unified OAuth 2.0, newer and recommended (documented).
 *
 * Requests are forms; the answer's fields are at top level. Failures come with HTTP 400 and
 * `{"error","error_description","code"}`.
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

/** The path below the OAuth base URL (documented). */
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
