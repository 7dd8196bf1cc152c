/**
 * The tenant access token of an app, self-built or from the store.
 *
 * The answers' fields are at top level, not under `data`, and failures come with HTTP 200 (documented). With
 * 30 minutes or more left Feishu gives the same token again; with less a new one, and both stay valid.
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

/** The path for a store app (documented). */
export const storePath = "/open-apis/auth/v3/tenant_access_token"

/** The JSON body for a self-built app. */
export const InternalRequest = Schema.Struct({
  app_id: Schema.String,
  app_secret: Schema.RedactedFromValue(Schema.String),
})
/** See the Schema of the same name. */
export type InternalRequest = typeof InternalRequest.Type

/** The JSON body for a store app: which tenant it is for. */
export const StoreRequest = Schema.Struct({
  app_access_token: Schema.RedactedFromValue(Schema.String),
  tenant_key: Schema.String,
})
/** See the Schema of the same name. */
export type StoreRequest = typeof StoreRequest.Type

/** The answer when its `code` is 0. `expire` is in seconds; it is anything here, clamping is the client's. */
export const Answer = Schema.Struct({
  tenant_access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expire: Schema.optionalKey(Schema.Unknown),
})
/** See the Schema of the same name. */
export type Answer = typeof Answer.Type
