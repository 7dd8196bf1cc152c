/** Whole numbers within bounds: in JSON, and as the text of a query or of a path. */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

/** What such a number is, in words. */
export const inWords = (minimum: number, maximum: number): string =>
  `must be a whole number from ${minimum} to ${maximum}`

/** In JSON. `Infinity` and `NaN`, which JSON has no numbers for, are refused as texts and as numbers. */
export const between = (minimum: number, maximum: number, message = inWords(minimum, maximum)) =>
  Schema.Number.annotate({ message }).check(
    Schema.isInt({ message }).abort(),
    Schema.isBetween({ minimum, maximum }, { message }),
  )

/** As text: decimal digits only, where `Number` would also read `""`, `0x10`, `1e3` and ` 5 `. */
export const text = (minimum: number, maximum: number) => {
  const message = inWords(minimum, maximum)
  const digits = /^(0|-?[1-9]\d{0,15})$/
  const isOne = (text: string) => digits.test(text) && Number(text) >= minimum && Number(text) <= maximum
  return Schema.String.check(
    Schema.makeFilter(isOne, { message, toJsonSchema: () => [{ pattern: digits.source }, true] }),
  )
    .annotate({ message })
    .pipe(Schema.decodeTo(Schema.Finite, SchemaTransformation.numberFromString))
}

/** The HTTP statuses that there are. */
export const status = [100, 599] as const

/** Feishu's codes: 32 bits hold all that are documented. */
export const code = [-2_147_483_648, 2_147_483_647] as const

/** How often something happens. */
export const mostTimes = 1_000_000_000
