/**
 * The number of a meeting, and the id of one meeting that was held under it.
 *
 * One number can have many meetings: a recurring meeting keeps its number.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
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

/** Why a text is not a meeting number. */
export type Problem =
  /** It has another count of digits. */
  | { readonly _tag: "Digits"; readonly digits: string }
  /** A spreadsheet has shortened it, such as `3.37736E+08`: its last digits are lost. */
  | { readonly _tag: "Shortened" }
  | { readonly _tag: "NotANumber" }

/**
 * Returns the meeting number that a text means, or why it means none. Accepts what people have in hand: a number with spaces, dashes
 * and full-width digits, the line of an invitation, a meeting link of any host, and a number that a spreadsheet has written as `337736498.0` or
 * `3.37736498E+08`, in which nothing is lost.
 *
 * @example
 * ```ts
 * import { Result } from "effect"
 * import { fromText } from "@effect-feishu/contract/MeetingNo"
 *
 * for (const text of ["https://vc.feishu.cn/j/337736498?from=calendar", "3.37736E+08"]) {
 *   console.log(Result.match(fromText(text), { onSuccess: (no) => no, onFailure: ({ _tag }) => _tag }))
 * }
 * // => 337736498
 * // => Shortened
 * ```
 */
export const fromText = (text: string): Result.Result<MeetingNo, Problem> => {
  if (nineDigits.test(text)) return ofDigits(text)
  // Full-width characters become those of ASCII. What is not seen, such as marks of direction, is not meant.
  const plain = text
    .normalize("NFKC")
    .replaceAll(/\p{Cf}/gu, "")
    .trim()
  const written = linked.exec(plain)?.[1] ?? plain.replace(label, "")
  const [, whole, fraction = "", exponent = "0"] = numeric.exec(written) ?? []
  if (whole === undefined) return ofDigits(written.replaceAll(/[\s\p{Pd}]/gu, ""))
  const places = Number(exponent)
  if (fraction.length < places) return Result.fail({ _tag: "Shortened" })
  if (/[^0]/.test(fraction.slice(places))) return Result.fail({ _tag: "NotANumber" })
  return ofDigits(whole + fraction.slice(0, places))
}

/** Matches a meeting link. People copy it with its query, and some without its scheme. */
const linked = /^(?:https?:\/\/)?[\w.-]+(?::\d+)?\/j\/([\d-]+)\/?(?:[?#].*)?$/i

/** Matches what stands before the number in an invitation: `会议号：`, `Meeting ID: `. */
const label = /^(?:会议号|會議號|meeting (?:id|no\.?|number))\s*:?\s*/i

/** Matches a number as spreadsheets write it, with a fraction and an exponent. */
const numeric = /^(\d+)(?:[.,](\d+))?(?:e\+?(\d+))?$/i

const nineDigits = /^\d{9}$/

const ofDigits = (digits: string): Result.Result<MeetingNo, Problem> => {
  if (nineDigits.test(digits)) return Result.succeed(MeetingNo.make(digits, { disableChecks: true }))
  return Result.fail(/^\d+$/.test(digits) ? { _tag: "Digits", digits } : { _tag: "NotANumber" })
}

/**
 * The Schema of a meeting number as people have it: with spaces, dashes and full-width digits, or as a meeting link. Anything else
 * is refused with a sentence that says what is wrong.
 *
 * @example
 * ```ts
 * import { Result, Schema } from "effect"
 * import { MeetingNoFromText } from "@effect-feishu/contract"
 *
 * const decode = Schema.decodeResult(MeetingNoFromText)
 *
 * for (const typed of ["337 736 498", "https://vc.feishu.cn/j/337736498?from=calendar", "33773649"]) {
 *   console.log(Result.match(decode(typed), { onSuccess: (no) => no, onFailure: (error) => error.message }))
 * }
 * // => 337736498
 * // => 337736498
 * // => "33773649" has 8 digits, a meeting number has 9
 * ```
 */
export const MeetingNoFromText = Schema.String.pipe(
  Schema.decodeTo(
    MeetingNo,
    SchemaTransformation.transformEffect({
      decode: (text) =>
        Effect.mapError(
          Effect.fromResult(fromText(text)),
          (problem) => new SchemaIssue.InvalidValue({ message: inWords(text, problem) }),
        ),
      encode: (meetingNo: string) => Effect.succeed(meetingNo),
    }),
  ),
)

const inWords = (text: string, problem: Problem): string => {
  // The text may be anything, such as an HTML page.
  const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text
  switch (problem._tag) {
    case "Digits":
      return `"${shown}" has ${problem.digits.length} digits, a meeting number has 9`
    case "Shortened":
      return `"${shown}" is a number that a spreadsheet has shortened: its last digits are lost`
    case "NotANumber":
      return `"${shown}" is not a meeting number: it takes 9 digits, the last nine of a meeting link`
  }
}

/**
 * The Schema of the id of one meeting: a 64-bit integer as decimal text, which a JavaScript number cannot hold. A
 * meeting has an id only once it has started (documented).
 */
export const MeetingId = Schema.NonEmptyString.pipe(Schema.brand("MeetingId"))
/** The id of one meeting, as text. */
export type MeetingId = typeof MeetingId.Type

/** Commas, semicolons and line breaks, as they are typed in English and in Chinese. */
const separators = /[,;\n\uFF0C\u3001\uFF1B]/

/** Whole numbers with nothing but blanks between them. */
const numbersInARow = /^\d{9}(?:\s+\d{9})+$/

/** At most this many wrong numbers are named. */
const mostNamed = 10

const decodeMeetingNo = Schema.decodeResult(MeetingNoFromText)

/**
 * The Schema of a list of meeting numbers in one text, such as a variable of the environment: with commas, semicolons or line breaks
 * between them, each as `MeetingNoFromText` reads it. If some are wrong, all of them are named; a text without any is refused.
 *
 * @example
 * ```ts
 * import { Config, ConfigProvider, Console, Effect } from "effect"
 * import { MeetingNosFromText } from "@effect-feishu/contract"
 *
 * const meetingNos = Config.schema(MeetingNosFromText, "FEISHU_MEETING_NOS")
 *
 * const program = Effect.gen(function* () {
 *   console.log((yield* meetingNos).join(" and "))
 * })
 *
 * const withVariable = (FEISHU_MEETING_NOS: string) =>
 *   Effect.runPromise(
 *     program.pipe(
 *       Effect.catchTag("ConfigError", ({ message }) => Console.log(message)),
 *       Effect.provide(ConfigProvider.layer(ConfigProvider.fromUnknown({ FEISHU_MEETING_NOS }))),
 *     ),
 *   )
 * await withVariable("337736498,146-453-285, 620 118 274")
 * // => 337736498 and 146453285 and 620118274
 * await withVariable("337736498, 33773649, weekly")
 * // => SchemaError("33773649" has 8 digits, a meeting number has 9; "weekly" is not a meeting number: …
 * // =>   at ["FEISHU_MEETING_NOS"])
 * ```
 */
export const MeetingNosFromText = Schema.String.pipe(
  Schema.decodeTo(
    Schema.NonEmptyArray(MeetingNo),
    SchemaTransformation.transformEffect({
      decode: (text) => {
        const typed = text
          .split(separators)
          .map((part) => part.normalize("NFKC").trim())
          .flatMap((part) => (numbersInARow.test(part) ? part.split(/\s+/) : part === "" ? [] : [part]))
        const decoded = typed.map((part) => decodeMeetingNo(part))
        const wrong = decoded.filter(Result.isFailure).map(({ failure }) => failure.message)
        const [first, ...rest]: ReadonlyArray<string> = decoded
          .filter(Result.isSuccess)
          .map(({ success }) => success)
        if (wrong.length > 0) return refused(firstOf(wrong).join("; "))
        if (first === undefined)
          return refused("there is no meeting number; write them with commas between them")
        return Effect.succeed<readonly [string, ...Array<string>]>([first, ...rest])
      },
      encode: (meetingNos) => Effect.succeed(meetingNos.join(",")),
    }),
  ),
)

const firstOf = (wrong: ReadonlyArray<string>): ReadonlyArray<string> =>
  wrong.length > mostNamed ? [...wrong.slice(0, mostNamed), `and ${wrong.length - mostNamed} more`] : wrong

const refused = (message: string) => Effect.fail(new SchemaIssue.InvalidValue({ message }))
