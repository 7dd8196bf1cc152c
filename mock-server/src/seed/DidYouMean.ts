/** Suggestions for names that are not known. */
import leven from "leven"

/**
 * Returns the known name that is nearest to the written one, or `undefined` when no name is near. The only name that has the
 * words of the written one, such as `start_time` for `start`, is the nearest. Case and separators do not count, so `startTime` is near
 * `start_time`, too.
 */
export const closest = (written: string, known: ReadonlyArray<string>): string | undefined => {
  const plain = plainly(written)
  // A word that is longer than any name is not compared: comparing takes time proportional to the product of both lengths.
  if (plain === "" || plain.length > 64) return undefined
  const [only, ...others] = known.filter((name) => `_${name}_`.includes(`_${written.toLowerCase()}_`))
  if (only !== undefined && others.length === 0) return only
  let nearest: { readonly name: string; readonly distance: number } | undefined
  for (const name of known) {
    const distance = leven(plain, plainly(name))
    const most = Math.min(3, Math.floor(plainly(name).length / 2))
    if (distance <= most && distance < (nearest?.distance ?? Infinity)) nearest = { name, distance }
  }
  return nearest?.name
}

const plainly = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

/** Returns a question for the end of a message, or an empty text. */
export const question = (written: string, known: ReadonlyArray<string>): string => {
  const meant = closest(written, known)
  return meant === undefined ? "" : `: did you mean ${meant}?`
}
