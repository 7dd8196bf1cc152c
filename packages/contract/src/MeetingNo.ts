/**
 * The number of a meeting, and the id of one meeting that was held under it.
 *
 * One number can have many meetings: a recurring meeting keeps its number.
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"

/**
 * A meeting number: nine digits, the last nine of a meeting link (documented).
 *
 * @example
 * ```ts
 * import { MeetingNo } from "@effect-feishu/contract"
 *
 * const meetingNo = MeetingNo.make("337736498")
 * console.log(`https://vc.feishu.cn/j/${meetingNo}`)
 * // => https://vc.feishu.cn/j/337736498
 * ```
 */
export const MeetingNo = Schema.String.pipe(
  Schema.check(Schema.isPattern(/^\d{9}$/, { message: "a meeting number has 9 digits, such as 337736498" })),
  Schema.brand("MeetingNo"),
)
/** A meeting number: a text of nine digits. */
export type MeetingNo = typeof MeetingNo.Type

/**
 * The Schema of a meeting number as people write it: spaces and dashes between the digits are dropped, anything else is
 * refused with a sentence that says what is wrong.
 *
 * @example
 * ```ts
 * import { Result, Schema } from "effect"
 * import { MeetingNoFromText } from "@effect-feishu/contract"
 *
 * const decode = Schema.decodeResult(MeetingNoFromText)
 *
 * for (const typed of ["337 736 498", "33773649"]) {
 *   console.log(Result.match(decode(typed), { onSuccess: (no) => no, onFailure: (error) => error.message }))
 * }
 * // => 337736498
 * // => "33773649" has 8 digits, a meeting number has 9
 * ```
 */
export const MeetingNoFromText = Schema.String.pipe(
  Schema.decodeTo(
    MeetingNo,
    SchemaTransformation.transformEffect({
      decode: (text) => {
        const digits = text.replace(/[\s-]/g, "")
        return /^\d{9}$/.test(digits)
          ? Effect.succeed(digits)
          : Effect.fail(new SchemaIssue.InvalidValue({ message: whyNotMeetingNo(text, digits) }))
      },
      encode: (meetingNo) => Effect.succeed(meetingNo),
    }),
  ),
)

const whyNotMeetingNo = (text: string, digits: string): string => {
  // The text may be anything, such as an HTML page.
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  return /^\d*$/.test(digits)
    ? `"${shown}" has ${digits.length} digits, a meeting number has 9`
    : `"${shown}" is not a meeting number: it takes 9 digits, the last nine of a meeting link`
}

/**
 * The Schema of the id of one meeting: a 64-bit integer as decimal text, which a JavaScript number cannot hold. A
 * meeting has an id only once it has started (documented).
 */
export const MeetingId = Schema.NonEmptyString.pipe(Schema.brand("MeetingId"))
/** The id of one meeting, as text. */
export type MeetingId = typeof MeetingId.Type
