/**
 * The tenant access token of an app, self-built or from the store.
 *
 * The answer's fields are at top level, not under `data`, and failures come with HTTP 200 (documented). While a token
 * is valid for 30 minutes or more, Feishu gives the same one again; after that it gives a new one, and both are valid.
 *
 * @example
 * ```ts
 * import { Redacted, Schema } from "effect"
 * import { TenantAccessToken } from "@effect-feishu/contract"
 *
 * const { FEISHU_APP_ID, FEISHU_APP_SECRET, FEISHU_BASE_URL } = process.env
 * const request = { app_id: FEISHU_APP_ID!, app_secret: Redacted.make(FEISHU_APP_SECRET!) }
 *
 * const response = await fetch(`${FEISHU_BASE_URL}${TenantAccessToken.internalPath}`, {
 *   method: "POST",
 *   headers: { "content-type": "application/json; charset=utf-8" },
 *   body: JSON.stringify(Schema.encodeSync(TenantAccessToken.InternalRequest)(request)),
 * })
 * const token = Schema.decodeUnknownSync(TenantAccessToken.Answer)(await response.json())
 * console.log(String(token.tenant_access_token), token.expire)
 * // => <redacted> 7200
 * ```
 */
import * as Schema from "effect/Schema"

/** The path for a self-built app, below the base URL (documented). */
export const internalPath = "/open-apis/auth/v3/tenant_access_token/internal"

/** The path for a store app, below the base URL (documented). */
export const storePath = "/open-apis/auth/v3/tenant_access_token"

/** The Schema of the JSON body for a self-built app. */
export const InternalRequest = Schema.Struct({
  app_id: Schema.String,
  app_secret: Schema.RedactedFromValue(Schema.String),
})
/** The JSON body for a self-built app: its id and secret. */
export type InternalRequest = typeof InternalRequest.Type

/** The Schema of the JSON body for a store app. */
export const StoreRequest = Schema.Struct({
  app_access_token: Schema.RedactedFromValue(Schema.String),
  tenant_key: Schema.String,
})
/** The JSON body for a store app: its app access token, and the tenant. */
export type StoreRequest = typeof StoreRequest.Type

/**
 * The Schema of an answer with code 0. `expire` is in seconds; the Schema accepts any value, and the client limits it.
 */
export const Answer = Schema.Struct({
  tenant_access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expire: Schema.optionalKey(Schema.Unknown),
})
/** An answer with code 0: the tenant access token, and for how long it is valid. */
export type Answer = typeof Answer.Type
