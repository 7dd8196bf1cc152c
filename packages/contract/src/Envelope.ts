/**
 * The envelope of every JSON answer of Feishu.
 *
 * Success is a JSON body with `code === 0` and nothing else: business errors come with HTTP 200, 400, 403,
 * 404, 429 and 500 (observed), and `msg` is multilingual and changes.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { Envelope } from "@effect-feishu/contract"
 *
 * const body = `{"code":99991672,"msg":"Access denied.","error":{"permission_violations":[{"subject":"vc:meeting:readonly"}]}}`
 *
 * const { code, error } = Schema.decodeSync(Schema.fromJsonString(Envelope.Envelope))(body)
 * console.log(code, error?.permission_violations)
 * // => 99991672 [ { subject: 'vc:meeting:readonly' } ]
 * ```
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const lenient = <S extends Schema.Codec<unknown, unknown>>(schema: S) =>
  // An unexpected value in any other field must not hide the code.
  Schema.optionalKey(schema.pipe(Schema.catchDecoding(() => Effect.succeed(Option.none()))))

const text = lenient(Schema.String)

/**
 * The Schema of the `error` object of a failure, which names fields, scopes and links to help. Everything is optional.
 */
export const ErrorObject = Schema.Struct({
  log_id: text,
  message: text,
  troubleshooter: text,
  details: lenient(Schema.Array(Schema.Struct({ key: text, value: text }))),
  field_violations: lenient(Schema.Array(Schema.Struct({ field: text, value: text, description: text }))),
  permission_violations: lenient(
    Schema.Array(Schema.Struct({ type: text, subject: text, description: text, scope: text, url: text })),
  ),
  helps: lenient(Schema.Array(Schema.Struct({ url: text, description: text }))),
})
/** The `error` object of a failure. */
export type ErrorObject = typeof ErrorObject.Type

/** The Schema of the envelope. `code` is required and an integer; the endpoint's own Schema decodes `data`. */
export const Envelope = Schema.Struct({
  code: Schema.Int,
  msg: text,
  data: Schema.optionalKey(Schema.Unknown),
  error: lenient(ErrorObject),
  log_id: text,
  /** The text that OAuth endpoints send instead of `msg`, in addition to one in `error` (documented). */
  error_description: text,
})
/** A decoded envelope. */
export type Envelope = typeof Envelope.Type
