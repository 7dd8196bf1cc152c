/** Suggestions for names that are not known. */
import leven from "leven"

/**
 * Returns the known name that is nearest to the written one, or `undefined` when no name is near. Case and separators do not
 * count, so `startTime` is near `start_time`; so is `start`, if no other name has that word.
 */
export const closest = (written: string, known: ReadonlyArray<string>): string | undefined => {
  const plain = plainly(written)
  // A word that is longer than any name is not compared: comparing takes time proportional to the product of both lengths.
  if (plain === "" || plain.length > 64) return undefined
  let nearest: { readonly name: string; readonly distance: number } | undefined
  for (const name of known) {
    const distance = leven(plain, plainly(name))
    const most = Math.min(3, Math.floor(plainly(name).length / 2))
    if (distance <= most && distance < (nearest?.distance ?? Infinity)) nearest = { name, distance }
  }
  if (nearest !== undefined) return nearest.name
  const [only, ...others] = known.filter((name) => name.split("_").includes(written.toLowerCase()))
  return others.length === 0 ? only : undefined
}

const plainly = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, "")

/** Returns a question for the end of a message, or an empty text. */
export const question = (written: string, known: ReadonlyArray<string>): string => {
  const meant = closest(written, known)
  return meant === undefined ? "" : `: did you mean ${meant}?`
}
