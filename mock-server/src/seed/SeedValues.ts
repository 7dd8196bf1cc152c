/** The values of a seed, such as a meeting number or a time: what each may be, and what a message says of one that is wrong. */
import * as Net from "node:net"
import type * as JsonSchema from "effect/JsonSchema"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import * as TimeText from "./TimeText.ts"

// Unquoted, YAML reads `password: 012345` as the number 12345: what is text is never made from a number.
export const needsQuotes = 'takes text: put it in quotes, such as "012345"'
export const anyText = Schema.String.annotate({ message: needsQuotes })
// Feishu's own bound is not documented; without one, a page of 50 meetings could be as large as a snapshot.
const mostCharacters = 10_000
export const shown = anyText.pipe(
  Schema.check(Schema.isMaxLength(mostCharacters, { message: `takes at most ${mostCharacters} characters` })),
)
export const text = anyText.pipe(Schema.check(Schema.isNonEmpty({ message: "takes at least one character" })))

// Whatever a client sends it in: a URL, where `.` and `..` are no names, a form, a header, a variable of a shell.
const notAnAppId = "takes 1 to 100 visible characters, without spaces, such as cli_a1b2c3d4e5f6a7b8"
export const appId = anyText.pipe(
  Schema.check(
    Schema.makeFilter((text) => /^(?!\.\.?$)[^\s\p{C}]{1,100}$/u.test(text), {
      message: notAnAppId,
      toJsonSchema: () => [{ minLength: 1, maxLength: 100, pattern: String.raw`^\S+$` }, true],
    }),
  ),
)
const notSent = "takes 1 to 1000 characters: no line break or control character, and no space at an end"
export const sent = anyText.pipe(
  Schema.check(
    Schema.makeFilter((text) => /^(?! )[^\p{C}]{1,1000}$/u.test(text) && text.trim() === text, {
      message: notSent,
      toJsonSchema: () => [{ minLength: 1, maxLength: 1_000 }, true],
    }),
  ),
)

const notAnAddress = "takes an IP address, such as 203.0.113.7 or 2001:db8::1; ranges are not known here"
export const ipAddress = anyText.pipe(
  Schema.check(
    Schema.makeFilter((text) => Net.isIP(text) !== 0, {
      message: notAnAddress,
      toJsonSchema: () => [{ minLength: 2 }, true],
    }),
  ),
)

/** Tells editors of a rule that the check of the whole value enforces, which has more to say of it. */
const described = <A>(jsonSchema: JsonSchema.JsonSchema) =>
  Schema.makeFilter<A>(() => true, { toJsonSchema: () => [jsonSchema, true] })

/** Text or a number, of which `whyNot` says what is wrong; what neither text nor number is wrong in `general`. */
const textOrNumber = (
  whyNot: (value: string | number) => string | undefined,
  general: string,
  jsonSchema: { readonly text: JsonSchema.JsonSchema; readonly number: JsonSchema.JsonSchema },
) =>
  Schema.Union([
    Schema.String.pipe(Schema.check(described<string>(jsonSchema.text))),
    Schema.Finite.annotate({ message: general }).pipe(Schema.check(described<number>(jsonSchema.number))),
  ])
    .annotate({ message: general })
    .pipe(
      Schema.check(
        Schema.makeFilter((value: string | number) => whyNot(value) ?? true, {
          toJsonSchema: () => [{}, true],
        }),
      ),
    )

const or = (general: string, hint: string | undefined): string =>
  hint === undefined ? general : `${general}; ${hint}`

// People write ids and numbers of meetings without quotes; a file's reader has kept every digit of them. Described
// here, where it is written: what the text is made into is not what an editor sees.
const digits = (
  written: ReturnType<typeof textOrNumber>,
  isRight: SchemaAST.Check<string>,
  description: string,
) =>
  written.annotate({ description }).pipe(
    Schema.decodeTo(
      Schema.String.pipe(Schema.check(isRight)),
      SchemaTransformation.transform<string, string | number>({
        decode: withoutSeparators,
        encode: (text) => text,
      }),
    ),
  )

const withoutSeparators = (value: string | number): string => String(value).replaceAll(/[\s-]/g, "")

const notAMeetingNo = "a meeting number has 9 digits, such as 337736498; quote it when it starts with 0"
const isMeetingNo = /^\d{9}$/
const whyNotMeetingNo = (value: string | number): string | undefined => {
  if (isMeetingNo.test(withoutSeparators(value))) return undefined
  // In full-width digits, or a link that ends in it.
  const [, meant] =
    /^(?:https?:\/\/\S*\/)?([\d\s-]+)\/?(?:[?#].*)?$/.exec(String(value).normalize("NFKC").trim()) ?? []
  return meant !== undefined && isMeetingNo.test(withoutSeparators(meant))
    ? or(notAMeetingNo, `write ${withoutSeparators(meant)}`)
    : notAMeetingNo
}
export const meetingNo = digits(
  textOrNumber(whyNotMeetingNo, notAMeetingNo, {
    text: { pattern: String.raw`^[\s\-]*(?:\d[\s\-]*){9}$` },
    number: { minimum: 0, maximum: 999_999_999 },
  }),
  Schema.isPattern(isMeetingNo, { message: notAMeetingNo }),
  "The meeting number: 9 digits, with or without blanks and dashes, in quotes when it starts with 0",
)

const notAnId = "a meeting id is a 64-bit integer as text, such as 7011030664708603907"
// Without a sign: what the generator makes for times after 2038 needs all 64 bits.
const is64Bit = (id: string): boolean => /^\d{1,20}$/.test(id) && BigInt(id) < 2n ** 64n
const whyNotId = (value: string | number): string | undefined => {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return or(notAnId, "in quotes, for as a number it has lost digits")
  }
  return is64Bit(String(value)) ? undefined : notAnId
}
export const meetingId = digits(
  textOrNumber(whyNotId, notAnId, { text: { pattern: String.raw`^\d{1,20}$` }, number: { minimum: 0 } }),
  Schema.makeFilter(is64Bit, { message: notAnId, toJsonSchema: () => [{}, true] }),
  "The id of the meeting: a 64-bit integer that no other meeting has",
)

const countMessage = "count is a whole number from 0 to 1000000"
export const count = WholeNumber.between(0, 1_000_000, countMessage)

export const notATime =
  "a time is -3d (three days ago), 2026-01-31T09:00:00Z or unix seconds, such as 1767225600 (milliseconds have three digits more)"
export const waysOfTime =
  "-3d (three days before the mock starts; also s, m, h, w, and + for later), 2026-01-31T09:00:00Z, 2026-01-31 (UTC), or unix seconds"
const whyNotTime = (time: string | number): string | undefined => {
  if (Option.exists(TimeText.from(time, 0), (seconds) => seconds <= TimeText.lastSecond)) return undefined
  const meant = TimeText.meant(time)
  return or(notATime, meant === undefined ? undefined : `write ${meant}`)
}
export const time = textOrNumber(whyNotTime, notATime, {
  text: { pattern: TimeText.pattern },
  number: { minimum: 0, maximum: TimeText.lastSecond },
})

// YAML reads a key without a value as null; that says as little as a key that is not there.
export const optional = <A, E>(schema: Schema.Codec<A, E>, message: string, description: string) =>
  Schema.optionalKey(Schema.NullOr(schema).annotate({ message, description })).pipe(
    Schema.decodeTo(Schema.optionalKey(Schema.toType(schema)), {
      decode: SchemaGetter.transformOptional(Option.filter((value: A | null) => value !== null)),
      encode: SchemaGetter.transformOptional((value: Option.Option<A>): Option.Option<A | null> => value),
    }),
  )

export const atLeastOne = <A, E>(item: Schema.Codec<A, E>, what: string) =>
  Schema.Array(item).pipe(
    Schema.refine((items): items is readonly [A, ...Array<A>] => items.length > 0, {
      message: `takes at least one ${what}`,
      toJsonSchema: () => ({ minItems: 1 }),
    }),
  )
