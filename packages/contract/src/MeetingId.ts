/**
 * The id of one meeting, as requests take it. Ids in answers are any text: `MeetingId` of `MeetingNo.ts`.
 *
 * The official SDK for Node puts an id into the path as it is: `list_by_no?x=1` reads another endpoint, and `""` none (sdk). So an
 * id is checked before a path is built from it.
 */
import * as Schema from "effect/Schema"
import { MeetingId } from "./MeetingNo.ts"

/** Why a text cannot be requested as the id of a meeting. */
export type Problem = "not digits" | "out of range"

const largest = 9_223_372_036_854_775_807n

/**
 * Returns why a text cannot be requested as the id of a meeting; `undefined` if it can. An id is a decimal integer from 1 to
 * 9223372036854775807: the official SDK for Python and the official command line declare 64 bits (sdk).
 *
 * A meeting number, which is often given by mistake, passes: it is an id that no meeting has.
 *
 * @example
 * ```ts
 * import * as MeetingId from "@effect-feishu/contract/MeetingId"
 *
 * for (const text of ["7011030664708603907", "../recording", "0"]) console.log(text, MeetingId.problemOf(text))
 * // => 7011030664708603907 undefined
 * // => ../recording not digits
 * // => 0 out of range
 * ```
 */
export const problemOf = (text: string): Problem | undefined => {
  if (!/^\d+$/.test(text)) return "not digits"
  const digits = text.replace(/^0+/, "")
  return digits === "" || digits.length > 19 || BigInt(digits) > largest ? "out of range" : undefined
}

/** An id that a path can be built from. Decoding refuses any other text. */
export const Requestable = MeetingId.pipe(
  Schema.check(
    Schema.makeFilter((text) => problemOf(text) === undefined, {
      message: `a meeting id is a whole number from 1 to ${largest}`,
    }),
  ),
)
