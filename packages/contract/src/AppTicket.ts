/**
 * `POST /open-apis/auth/v3/app_ticket/resend`: makes Feishu push the ticket of a store app to the app's event
 * address, as it does every hour anyway. The ticket arrives within 2 minutes, and is valid for 3 hours (documented).
 *
 * @example
 * ```ts
 * import { Redacted, Schema } from "effect"
 * import { AppTicket } from "@effect-feishu/contract"
 *
 * const request = { app_id: "cli_a1b2c3", app_secret: Redacted.make("secret") }
 * console.log(JSON.stringify(Schema.encodeSync(AppTicket.ResendRequest)(request)))
 * // => {"app_id":"cli_a1b2c3","app_secret":"secret"}
 * ```
 */
import * as Schema from "effect/Schema"

/** The path below the base URL (documented). */
export const resendPath = "/open-apis/auth/v3/app_ticket/resend"

/** The Schema of the JSON body. The answer has a `code` and nothing else. */
export const ResendRequest = Schema.Struct({
  app_id: Schema.String,
  app_secret: Schema.RedactedFromValue(Schema.String),
})
/** The JSON body: the app's id and secret. */
export type ResendRequest = typeof ResendRequest.Type
