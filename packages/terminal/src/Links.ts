/** Symbolic links, followed no further than the system would. */
import { readlinkSync } from "node:fs"
import { dirname, isAbsolute } from "node:path"

/** The most links that Linux follows for one name. Links that form a circle have no end. */
const most = 40

/** Returns a name and the names that its links lead to. The last one is not a link, unless there are too many. */
export const chain = (path: string): ReadonlyArray<string> => {
  const names = [path]
  while (names.length <= most) {
    const last = names.at(-1)!
    const link = linkIn(last)
    if (link === undefined) break
    // The system resolves the rest: if the folder is a link, ".." is not the folder that its name suggests.
    names.push(isAbsolute(link) ? link : `${dirname(last)}/${link}`)
  }
  return names
}

/** Returns the name after all links, even if nothing has that name yet; `undefined` if the links form a circle. */
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
