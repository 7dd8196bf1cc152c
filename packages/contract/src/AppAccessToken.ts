/**
 * The app access token of an app. A store app fetches the tokens of its tenants with it; a self-built app gets it
 * together with its tenant access token. The answer's fields are at top level, and failures come with HTTP 200
 * (documented).
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

/**
 * The path for a self-built app, below the base URL (documented). Takes the same body as
 * `TenantAccessToken.internalPath`.
 */
export const internalPath = "/open-apis/auth/v3/app_access_token/internal"

/** The path for a store app, below the base URL (documented). */
export const storePath = "/open-apis/auth/v3/app_access_token"

/** The Schema of the JSON body for a store app. */
export const StoreRequest = Schema.Struct({
  app_id: Schema.String,
  app_secret: Schema.RedactedFromValue(Schema.String),
  app_ticket: Schema.RedactedFromValue(Schema.String),
})
/** The JSON body for a store app: its id, secret and ticket. */
export type StoreRequest = typeof StoreRequest.Type

/**
 * The Schema of an answer with code 0. `expire` is in seconds; the Schema accepts any value, and the client limits it.
 */
export const Answer = Schema.Struct({
  app_access_token: Schema.RedactedFromValue(Schema.NonEmptyString),
  expire: Schema.optionalKey(Schema.Unknown),
})
/** An answer with code 0: the app access token, and for how long it is valid. */
export type Answer = typeof Answer.Type
