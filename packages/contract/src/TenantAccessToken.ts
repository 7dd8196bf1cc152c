/**
 * `POST /open-apis/auth/v3/tenant_access_token/internal`: the tenant access token of a self-built app.
 *
 * The answer's fields are at top level, not under `data`, and failures come with HTTP 200 (documented). With
 * 30 minutes or more left Feishu gives the same token again; with less a new one, and both stay valid.
 */
import * as Schema from "effect/Schema"

/** The path below the base URL (documented). */
export const path = "/open-apis/auth/v3/tenant_access_token/internal"

/** The JSON body of the request. */
export const Request = Schema.Struct({
  app_id: Schema.String,
  app_secret: Schema.RedactedFromValue(Schema.String),
})
/** See the Schema of the same name. */
export type Request = typeof Request.Type

/** The answer when its `code` is 0. `expire` is in seconds; it is any number here, clamping is the client's. */
export const Token = Schema.Struct({
  tenant_access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expire: Schema.optionalKey(Schema.Unknown),
})
/** See the Schema of the same name. */
export type Token = typeof Token.Type
