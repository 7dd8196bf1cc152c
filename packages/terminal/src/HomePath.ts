/** The user's home folder, and file names that begin with it as `~/`. */
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

/**
 * The home folder. A user whom the system does not know, as in some containers, has none, and a HOME that is relative
 * names none: the root then, as containers have it.
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
 * A file name with the home folder in the place of a leading `~/`. Shells do that only for a `~` that begins a word:
 * they leave `--output=~/rows.csv` as it is, and no shell sees the names in settings. `~other/` is left as it is, and a
 * folder that is really called `~` is `./~`.
 */
export const expand = (path: string): string =>
  path === "~" || path.startsWith("~/") ? join(home(), path.slice(1)) : path
