/** What the objects of Feishu's answers have in common: any field may be absent or null, and new fields appear over time. */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/** A field that Feishu may leave out or send as null. */
export const nullable = <S extends Schema.Constraint>(schema: S) => Schema.optionalKey(Schema.NullOr(schema))

/** Any further fields. */
export const rest = [Schema.Record(Schema.String, Schema.Unknown)] as const

/** A 64-bit integer. Feishu documents decimal text; a number is accepted, too, as the official command line does (sdk). */
export const Int64 = Schema.Union([Schema.String, Schema.Number])

/** Returns a 64-bit integer as text, which a JavaScript number could not hold; `undefined` where there is none. */
export const int64 = (value: string | number | null | undefined): string | undefined =>
  value === undefined || value === null || value === "" ? undefined : String(value)

/** Returns a number that was sent as text, such as a duration; `undefined` where there is none, or it is not a number. */
export const numberOf = (value: string | number | null | undefined): number | undefined => {
  const number = value === null || value === undefined || value === "" ? Number.NaN : Number(value)
  return Number.isFinite(number) ? number : undefined
}

/** Returns a time in unix seconds; `undefined` where there is none. `0` is a time that has not come yet (observed). */
export const timeOf = (value: string | number | null | undefined): number | undefined => {
  const seconds = numberOf(value)
  return seconds !== undefined && seconds > 0 ? seconds : undefined
}

/** Returns the fields of a row that a Schema does not name, as they came. */
export const unknownFields = (
  row: Readonly<Record<string, unknown>>,
  known: { readonly fields: Readonly<Record<string, unknown>> },
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !Object.hasOwn(known.fields, name)))

/** Returns the `data` of an answer; `undefined` where it is not an object. */
export const dataOf = (body: unknown): object | undefined =>
  Predicate.hasProperty(body, "data") && Predicate.isObject(body.data) ? body.data : undefined
