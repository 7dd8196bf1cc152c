/** The compiled code of a command, kept from one start to the next. */
import module from "node:module"
import { homedir } from "node:os"
import { isAbsolute, join } from "node:path"

/**
 * Keeps it from now on in the user's folder for caches, which saves a fourth of each later start (measured). Not where
 * Node would keep it: in the folder for temporary files others may write. Where it cannot be written, Node goes on
 * without a word; `NODE_DISABLE_COMPILE_CACHE=1` says that it is not to be kept.
 */
export const keep = (command: string): void => {
  const folder = cacheFolder()
  if (folder !== undefined) module.enableCompileCache(join(folder, command))
}

const cacheFolder = (): string | undefined => {
  const set = process.env["XDG_CACHE_HOME"]
  // A relative one is to be ignored, as the specification says; it would fill the folder that one is in.
  if (set !== undefined && isAbsolute(set)) return set
  try {
    const folder = join(homedir(), ".cache")
    return isAbsolute(folder) ? folder : undefined
  } catch {
    // A user whom the system does not know, as in some containers, may have no home.
    return undefined
  }
}
