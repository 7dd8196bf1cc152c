/** JSON that may be something else. */

/** Returns what a text holds as JSON, or `undefined` when it is not JSON. */
export const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
