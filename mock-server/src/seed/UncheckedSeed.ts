/** Reads values from a seed that may be wrong in any way. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Seed } from "./Seed.ts"

/** Returns the value at a key, or `undefined`. */
export const get = (from: unknown, key: PropertyKey): unknown =>
  typeof from === "object" && from !== null ? Reflect.get(from, key) : undefined

/** Returns the entries of one of the lists; empty when it is not a list. */
export const entriesOf = (seed: unknown, list: keyof Seed): ReadonlyArray<unknown> => {
  const entries = get(seed, list)
  return Array.isArray(entries) ? entries : []
}

/** Returns the value of every entry at a key: `undefined` where it is absent or does not match the Schema. */
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
