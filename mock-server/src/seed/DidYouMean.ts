/** What somebody meant who wrote something that is not known. */
import leven from "leven"

/**
 * The known name that is nearest to what was written, if one is near. Case and separators do not count, so `startTime`
 * is `start_time`; and so is `start`, when no other name has that word.
 */
export const closest = (written: string, known: ReadonlyArray<string>): string | undefined => {
  const plain = plainly(written)
  // A word of more letters than any name is none of them, and comparing takes the product of both lengths.
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

/** A question to end a message with, or nothing. */
export const question = (written: string, known: ReadonlyArray<string>): string => {
  const meant = closest(written, known)
  return meant === undefined ? "" : `: did you mean ${meant}?`
}
