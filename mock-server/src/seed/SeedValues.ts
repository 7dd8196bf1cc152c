/** Schemas of the values in a seed, such as a meeting number or a time, with the messages for wrong values. */
import * as Net from "node:net"
import type * as JsonSchema from "effect/JsonSchema"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import * as TimeText from "../protocol/TimeText.ts"

/** The message for a number instead of a text. YAML reads `password: 012345` as 12345, so no text is made from a number. */
export const needsQuotes = 'must be text in quotes, such as "012345"'
/** Any text. */
export const anyText = Schema.String.annotate({ message: needsQuotes })
/** The longest text of a meeting. Feishu's own bound is not documented; without one, a page of 50 could be as large as a snapshot. */
const mostCharacters = 10_000
/** A text that a page shows, such as a topic. */
export const shown = anyText.pipe(
  Schema.check(
    Schema.isMaxLength(mostCharacters, { message: `must have at most ${mostCharacters} characters` }),
  ),
)
/** A text that is not empty. */
export const text = anyText.pipe(Schema.check(Schema.isNonEmpty({ message: "must not be empty" })))

const notAnAppId = "must have 1 to 100 visible characters and no spaces, such as cli_a1b2c3d4e5f6a7b8"
/** An app id, which clients can send in a URL (where `.` and `..` are not names), a form, a header or a shell variable. */
export const appId = anyText.pipe(
  Schema.check(
    Schema.makeFilter((text) => /^(?!\.\.?$)[^\s\p{C}]{1,100}$/u.test(text), {
      message: notAnAppId,
      toJsonSchema: () => [{ minLength: 1, maxLength: 100, pattern: String.raw`^\S+$` }, true],
    }),
  ),
)
const notSent =
  "must have 1 to 1000 characters, without line breaks, control characters, or spaces at either end"
/** A text that clients can send in any header or form. */
export const sent = anyText.pipe(
  Schema.check(
    Schema.makeFilter((text) => /^(?! )[^\p{C}]{1,1000}$/u.test(text) && text.trim() === text, {
      message: notSent,
      toJsonSchema: () => [{ minLength: 1, maxLength: 1_000 }, true],
    }),
  ),
)

const notAUrl = "must be a whole URL, such as http://127.0.0.1:8080/callback"
/** The schemes whose URLs a browser runs or reads itself, instead of giving them to an application. */
const ofTheBrowser = /^(?:javascript|data|vbscript|file|blob|about|view-source):/i
/** A URL, which is compared with others to the letter. */
export const url = anyText.pipe(
  Schema.check(
    Schema.makeFilter(
      (text) => /^[^\s\p{C}]{1,1000}$/u.test(text) && URL.canParse(text) && !ofTheBrowser.test(text),
      {
        message: notAUrl,
        toJsonSchema: () => [{ maxLength: 1_000, pattern: String.raw`^[A-Za-z][A-Za-z0-9+.\-]*:\S+$` }, true],
      },
    ),
  ),
)

const notAnAddress = "must be an IP address, such as 203.0.113.7 or 2001:db8::1; ranges are not supported"
/** An IP address. */
export const ipAddress = anyText.pipe(
  Schema.check(
    Schema.makeFilter((text) => Net.isIP(text) !== 0, {
      message: notAnAddress,
      toJsonSchema: () => [{ minLength: 2 }, true],
    }),
  ),
)

/** Describes to editors a rule that the check of the whole value enforces with a better message. */
const described = <A>(jsonSchema: JsonSchema.JsonSchema) =>
  Schema.makeFilter<A>(() => true, { toJsonSchema: () => [jsonSchema, true] })

/** A text or a number. `whyNot` returns the message for a wrong one; `general` is the message for everything else. */
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

// People write meeting ids and numbers without quotes; the reader of the file has kept every digit of them. The
// description belongs to the encoded side, which is what editors see.
const digits = (
  written: ReturnType<typeof textOrNumber>,
  isRight: SchemaAST.Check<string>,
  description: string,
  example: string,
) =>
  written.annotate({ description, examples: [example] }).pipe(
    Schema.decodeTo(
      Schema.String.pipe(Schema.check(isRight)).annotate({ description, examples: [example] }),
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
  // Full-width digits, or a link that ends in the number.
  const [, meant] =
    /^(?:https?:\/\/\S*\/)?([\d\s-]+)\/?(?:[?#].*)?$/.exec(String(value).normalize("NFKC").trim()) ?? []
  return meant !== undefined && isMeetingNo.test(withoutSeparators(meant))
    ? or(notAMeetingNo, `write ${withoutSeparators(meant)}`)
    : notAMeetingNo
}
/** A meeting number, as text or as a number. */
export const meetingNo = digits(
  textOrNumber(whyNotMeetingNo, notAMeetingNo, {
    text: { pattern: String.raw`^[\s\-]*(?:\d[\s\-]*){9}$` },
    number: { minimum: 0, maximum: 999_999_999 },
  }),
  Schema.isPattern(isMeetingNo, { message: notAMeetingNo }),
  "The meeting number: 9 digits, with or without spaces and dashes, in quotes when it starts with 0",
  "337736498",
)

const notAnId = "a meeting id is a 64-bit integer as text, such as 7011030664708603907"
// Unsigned: ids that are generated for times after 2038 need all 64 bits.
const is64Bit = (id: string): boolean => /^\d{1,20}$/.test(id) && BigInt(id) < 2n ** 64n
const whyNotId = (value: string | number): string | undefined => {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return or(notAnId, "write it in quotes: as a number it has lost digits")
  }
  return is64Bit(String(value)) ? undefined : notAnId
}
/** A meeting id, as text or as a number. */
export const meetingId = digits(
  textOrNumber(whyNotId, notAnId, { text: { pattern: String.raw`^\d{1,20}$` }, number: { minimum: 0 } }),
  Schema.makeFilter(is64Bit, { message: notAnId, toJsonSchema: () => [{}, true] }),
  "The id of the meeting: a 64-bit integer that no other meeting has",
  "7011030664708603907",
)

const countMessage = "count must be a whole number from 0 to 1000000"
/** A number of meetings to generate. */
export const count = WholeNumber.between(0, 1_000_000, countMessage)

/** The message for a wrong time. */
export const notATime =
  "a time is -3d (three days ago), 2026-01-31T09:00:00Z or unix seconds, such as 1767225600 (milliseconds have three digits more)"
/** The ways to write a time, for descriptions. */
export const waysOfTime =
  "-3d (three days before the mock starts; also s, m, h, w, and + for later), 2026-01-31T09:00:00Z, 2026-01-31 (UTC), or unix seconds"
const whyNotTime = (time: string | number): string | undefined => {
  if (Option.exists(TimeText.from(time, 0), (seconds) => seconds <= TimeText.lastSecond)) return undefined
  const meant = TimeText.meant(time)
  return or(notATime, meant === undefined ? undefined : `write ${meant}`)
}
/** A time, as text or as unix seconds. */
export const time = textOrNumber(whyNotTime, notATime, {
  text: { pattern: TimeText.pattern },
  number: { minimum: 0, maximum: TimeText.lastSecond },
})

/**
 * A key that may be absent. YAML reads a key without a value as null, which counts as absent. A seed is written with null, and the mock
 * returns it without: `title` is the name there, since the name itself would be taken for that of the value with null.
 */
export const optional = <A, E>(
  schema: Schema.Codec<A, E>,
  message: string,
  description: string,
  example: E & A,
) => {
  const annotations = { description, examples: [example] }
  const title = SchemaAST.resolveIdentifier(schema.ast)
  return Schema.optionalKey(Schema.NullOr(schema).annotate({ message, ...annotations })).pipe(
    Schema.decodeTo(
      Schema.optionalKey(Schema.toType(schema).annotate({ ...annotations, identifier: undefined, title })),
      {
        decode: SchemaGetter.transformOptional(Option.filter((value: A | null) => value !== null)),
        encode: SchemaGetter.transformOptional((value: Option.Option<A>): Option.Option<A | null> => value),
      },
    ),
  )
}

/** A list that is not empty. */
export const atLeastOne = <A, E>(item: Schema.Codec<A, E>, what: string) =>
  Schema.Array(item).pipe(
    Schema.refine((items): items is readonly [A, ...Array<A>] => items.length > 0, {
      message: `must have at least one ${what}`,
      toJsonSchema: () => ({ minItems: 1 }),
    }),
  )
