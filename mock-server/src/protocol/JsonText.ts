/** Texts that may be JSON. */

/** Returns the value of a text in JSON, or `undefined` when it is not JSON. */
export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
