/** A map that keeps the entries that were added last. */

/**
 * Makes a map with texts as keys that keeps at most `maxBytes` and drops the entries that were added first. It counts two bytes for
 * each character of the keys and of the texts that `textsOf` returns.
 */
export const make = <Value>(maxBytes: number, textsOf: (value: Value) => ReadonlyArray<string>) => {
  const values = new Map<string, Value>()
  let bytes = 0
  const bytesOf = (key: string, value: Value) =>
    textsOf(value).reduce((sum, text) => sum + 2 * text.length, 2 * key.length + overheadBytes)
  const remove = (key: string): void => {
    const value = values.get(key)
    if (value === undefined) return
    bytes -= bytesOf(key, value)
    values.delete(key)
  }
  return {
    get: (key: string): Value | undefined => values.get(key),
    has: (key: string): boolean => values.has(key),
    /** Adds a value, or replaces the one with its key. Its texts must not change afterwards. */
    set: (key: string, value: Value): void => {
      remove(key)
      values.set(key, value)
      bytes += bytesOf(key, value)
      for (const oldest of values.keys()) {
        if (bytes <= maxBytes || oldest === key) break
        remove(oldest)
      }
    },
    remove,
    entries: (): IterableIterator<[string, Value]> => values.entries(),
    values: (): IterableIterator<Value> => values.values(),
  }
}

/** The bytes of an entry in addition to its texts (measured, roughly). */
const overheadBytes = 200
