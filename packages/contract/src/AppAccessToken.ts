/**
 * The app access token of an app. That of a store app is what its tenants' tokens are fetched with; that of a
 * self-built app comes with its tenant access token. Fields at top level, failures with HTTP 200 (documented).
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { AppAccessToken } from "@effect-feishu/contract"
 *
 * const answer = { code: 0, msg: "success", app_access_token: "a-32bd8551db2f", expire: 7140 }
 * console.log(Schema.decodeUnknownSync(AppAccessToken.Answer)(answer).expire) // => 7140
 * ```
 */
import * as Schema from "effect/Schema"

/** The path for a self-built app, below the base URL (documented); takes what its tenant token's path takes. */
export const internalPath = "/open-apis/auth/v3/app_access_token/internal"

/** The path for a store app (documented). */
export const storePath = "/open-apis/auth/v3/app_access_token"

/** The JSON body for a store app. */
export const StoreRequest = Schema.Struct({
  app_id: Schema.String,
  app_secret: Schema.RedactedFromValue(Schema.String),
  app_ticket: Schema.RedactedFromValue(Schema.String),
})
/** See the Schema of the same name. */
export type StoreRequest = typeof StoreRequest.Type

/** The answer when its `code` is 0. `expire` is in seconds; it is anything here, clamping is the client's. */
export const Answer = Schema.Struct({
  app_access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expire: Schema.optionalKey(Schema.Unknown),
})
/** See the Schema of the same name. */
export type Answer = typeof Answer.Type
