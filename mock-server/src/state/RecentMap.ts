/** A map that remembers what was added last. */

/**
 * A map with texts for keys that keeps at most `maxBytes`, counted as two bytes a character of what `textsOf` gives, and
 * forgets what was added first.
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
    /** Adds a value, or puts it in the place of the one with its key. Its texts must not change afterwards. */
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

/** What an entry takes beside its texts (measured, about). */
const overheadBytes = 200
