/** Reads a seed of which nobody knows yet whether it is right. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Seed } from "./Seed.ts"

/** What a value has under a key, `undefined` where that is nothing. */
export const get = (from: unknown, key: PropertyKey): unknown =>
  typeof from === "object" && from !== null ? Reflect.get(from, key) : undefined

/** What a seed has in one of its lists. */
export const entriesOf = (seed: unknown, list: keyof Seed): ReadonlyArray<unknown> => {
  const entries = get(seed, list)
  return Array.isArray(entries) ? entries : []
}

/** What every entry has under a key, `undefined` where that is nothing or wrong. */
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
