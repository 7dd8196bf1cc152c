/** The user's home folder, and file names that begin with it as `~/`. */
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

/**
 * Returns the home folder. It is the root, as in containers, for a user that the system does not know, and for a relative
 * HOME.
 */
export const home = (): string => {
  try {
    const folder = homedir()
    return isAbsolute(folder) ? folder : "/"
  } catch {
    return "/"
  }
}

/**
 * Replaces a leading `~/` of a file name by the home folder, on Windows also `~\\`. Shells do that only for a `~` that begins a
 * word, and those of Windows not for other programs: they leave `--output=~/rows.csv` as it is, and do not see names in
 * settings. `~other/` stays as it is, and a folder that is really called `~` can be written `./~`.
 */
export const expand = (path: string, platform: NodeJS.Platform = process.platform): string =>
  path === "~" || path.startsWith("~/") || (platform === "win32" && path.startsWith("~\\"))
    ? join(home(), path.slice(1))
    : path
