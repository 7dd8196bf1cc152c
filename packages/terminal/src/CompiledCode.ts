/** A cache of the compiled code of a command, from one start to the next. */
import module from "node:module"
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

/**
 * Turns the cache on, in the user's cache folder, which saves a fourth of each later start (measured). Node's own default is
 * the folder for temporary files, where other users may write. If the cache cannot be written, Node goes on silently.
 * `NODE_DISABLE_COMPILE_CACHE=1` turns it off.
 */
export const keep = (command: string): void => {
  const folder = cacheFolder()
  if (folder !== undefined) module.enableCompileCache(join(folder, command))
}

/** Returns the folder for caches: that of the system, or the one that `XDG_CACHE_HOME` names. */
export const cacheFolder = (
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string | undefined => {
  const set =
    environment["XDG_CACHE_HOME"] || (platform === "win32" ? environment["LOCALAPPDATA"] : undefined)
  // A relative path is ignored, as the specification says: otherwise the cache would fill the current folder.
  if (set !== undefined && isAbsolute(set)) return set
  try {
    const folder = join(homedir(), ...(platform === "darwin" ? ["Library", "Caches"] : [".cache"]))
    return isAbsolute(folder) ? folder : undefined
  } catch {
    // A user that the system does not know, as in some containers, may have no home folder.
    return undefined
  }
}
