/** Whole numbers within bounds: in JSON, and as the text of a query or of a path. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

/** Returns the message that names the accepted numbers. */
export const inWords = (minimum: number, maximum: number): string =>
  `must be a whole number from ${minimum} to ${maximum}`

/** A whole number in JSON. `Infinity` and `NaN`, which JSON cannot write as numbers, are refused as texts and as numbers. */
export const between = (minimum: number, maximum: number, message = inWords(minimum, maximum)) =>
  Schema.Number.annotate({ message }).check(
    Schema.isInt({ message }).abort(),
    Schema.isBetween({ minimum, maximum }, { message }),
  )

/** A number of things that the mock has counted. */
export const count = between(0, 2 ** 53 - 1)

/** A whole number as text. Only decimal digits: `Number` would also read `""`, `0x10`, `1e3` and ` 5 `. */
export const text = (minimum: number, maximum: number, description: string, example: string) => {
  const message = inWords(minimum, maximum)
  const digits = /^(0|-?[1-9]\d{0,15})$/
  const isOne = (text: string) => digits.test(text) && Number(text) >= minimum && Number(text) <= maximum
  return Schema.String.check(
    Schema.makeFilter(isOne, { message, toJsonSchema: () => [{ pattern: digits.source }, true] }),
  )
    .annotate({ message, description, examples: [example] })
    .pipe(Schema.decodeTo(Schema.Finite, SchemaTransformation.numberFromString))
}

/** The lowest and the highest HTTP status. */
export const status = [100, 599] as const

/** The lowest and the highest code of Feishu: all documented codes fit into 32 bits. */
export const code = [-2_147_483_648, 2_147_483_647] as const

/** The largest number of calls, requests or times that is accepted. */
export const mostTimes = 1_000_000_000
