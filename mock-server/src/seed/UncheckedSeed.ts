/** Reads values from a seed that may be wrong in any way. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Seed } from "./Seed.ts"

/** Returns what a value has under a key, or `undefined`. */
export const get = (from: unknown, key: PropertyKey): unknown =>
  typeof from === "object" && from !== null ? Reflect.get(from, key) : undefined

/** Returns the entries of one of the lists; none when it is not a list. */
export const entriesOf = (seed: unknown, list: keyof Seed): ReadonlyArray<unknown> => {
  const entries = get(seed, list)
  return Array.isArray(entries) ? entries : []
}

/** Returns what every entry has under a key: `undefined` where that is absent or does not fit the Schema. */
export const valuesOf = <A>(
  entries: ReadonlyArray<unknown>,
  key: string,
  schema: Schema.Codec<A, unknown>,
): Array<A | undefined> => {
  const decode = Schema.decodeUnknownOption(schema)
  return entries.map((entry) => {
    const value = get(entry, key)
    return value === undefined ? undefined : Option.getOrUndefined(decode(value))
  })
}
