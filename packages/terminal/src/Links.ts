/** Symbolic links, followed no further than the system would. */
import { readlinkSync } from "node:fs"
import { dirname, isAbsolute } from "node:path"

/** The most links that Linux follows for one name; links that lead in a circle have no end. */
const most = 40

/** A name and those that its links lead to, the last of which is no link, unless there are too many. */
export const chain = (path: string): ReadonlyArray<string> => {
  const names = [path]
  while (names.length <= most) {
    const last = names.at(-1)!
    const link = linkIn(last)
    if (link === undefined) break
    // The system resolves the rest: the folder may be a link itself, and then ".." is not what it seems.
    names.push(isAbsolute(link) ? link : `${dirname(last)}/${link}`)
  }
  return names
}

/** The name behind all links, also where there is nothing of that name yet; `undefined` if they lead in a circle. */
export const end = (path: string): string | undefined => {
  const names = chain(path)
  return names.length > most ? undefined : names.at(-1)
}

const linkIn = (path: string): string | undefined => {
  try {
    return readlinkSync(path)
  } catch {
    return undefined
  }
}
