/**
 * A failure of the client as the database has it: next to its English text as data, for programs that show it in another language. It
 * holds no more than the text, so no secret either.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { FeishuError } from "@effect-feishu/core"

const codec = Schema.fromJsonString(Schema.toCodecJson(FeishuError.FeishuError))
const encodeUnknown = Schema.encodeOption(codec)
const decodeUnknown = Schema.decodeUnknownOption(codec)

/** A failure that is larger is stored as its text alone. */
const mostCharacters = 2_000

/** Returns the failure as JSON; `null` for one that is not stored as data. */
export const encode = (error: FeishuError.FeishuError): string | null => {
  const text = Option.getOrNull(encodeUnknown(error.with({ cursor: undefined })))
  return text === null || text.length > mostCharacters ? null : text
}

/**
 * Returns the failure whose English text is stored next to it; `undefined` if a program of another version has written it, or has
 * written another text since.
 */
export const decode = (json: string | null, message: string): FeishuError.FeishuError | undefined => {
  const error = json === null ? undefined : Option.getOrUndefined(decodeUnknown(json))
  return error?.message.startsWith(message) === true ? error : undefined
}
