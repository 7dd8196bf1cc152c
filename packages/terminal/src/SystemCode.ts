/** The code that Node or the operating system gives an error, such as `ENOSPC`. */

/** Returns the code of an error, or `undefined` where it has none. */
export const find = (error: unknown): string | undefined =>
  typeof error === "object" && error !== null && "code" in error && error.code !== undefined
    ? String(error.code)
    : undefined

/** Returns the code of an error, or its message where it has none. */
export const orMessage = (error: unknown): string =>
  find(error) ?? (error instanceof Error ? error.message : String(error))
