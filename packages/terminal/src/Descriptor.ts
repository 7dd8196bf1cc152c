/**
 * Open files of a process, by the names that systems have for them: `/dev/stdout`, `/dev/fd/3`, `/proc/self/fd/3`.
 *
 * Do not treat such a name as a file. The open file belongs to the program that opened it, such as a shell, which continues
 * to write there: use it through the descriptor, and never replace it by another file.
 */
import * as NodeFS from "node:fs"
import { basename, dirname } from "node:path"
import * as Links from "./Links.ts"
import * as SystemCode from "./SystemCode.ts"

/** Returns the descriptor of this process that a name means, or leads to by links; `undefined` if there is none. */
export const ofName = (path: string): number | undefined => {
  const own = folderOf("/proc/self/fd/0")
  for (const name of Links.chain(path)) {
    const number = basename(name)
    if (!/^\d{1,9}$/.test(number)) continue
    const folder = folderOf(name)?.replace(/\/task\/\d+/, "")
    if (folder !== undefined && (folder === own || folder === "/dev/fd")) return Number(number)
  }
  return undefined
}

/** True when a name means an open file of any process: `/proc/1/fd/1` is where a container's log is written. */
export const isOfAnyProcess = (path: string): boolean =>
  Links.chain(path).some((name) => /^\/proc\/\d+(?:\/task\/\d+)?\/fd$/.test(folderOf(name) ?? ""))

const folderOf = (path: string): string | undefined => {
  try {
    return NodeFS.realpathSync(dirname(path))
  } catch {
    return undefined
  }
}

/** True when a descriptor of this process is open for writing; on Windows, when it is open. */
export const isWritable = (descriptor: number): boolean => {
  try {
    // On Windows, the reader of a pipe gets a write of nothing as a read of nothing, which many programs take for the end.
    if (process.platform === "win32") NodeFS.fstatSync(descriptor)
    // The system checks this like any write, and writes nothing.
    else NodeFS.writeSync(descriptor, "")
  } catch (error) {
    // Descriptors that only Node uses fail with EINVAL. A full disk, or a reader that has closed its end, does not matter here.
    const code = SystemCode.find(error)
    if (code === "EBADF" || code === "EINVAL") return false
  }
  return !isOfNode(descriptor)
}

/**
 * True when a pipe is Node's own: Node holds both ends of the pipes with which it wakes its threads. Without this check, a user
 * who names a descriptor that is not open would write into one of them.
 */
export const isOfNode = (descriptor: number): boolean => {
  if (descriptor <= 2) return false
  try {
    const pipe = NodeFS.readlinkSync(`/proc/self/fd/${descriptor}`)
    if (!pipe.startsWith("pipe:")) return false
    const ends = NodeFS.readdirSync("/proc/self/fd").filter((other) => linkTo(other) === pipe)
    return new Set(ends.map(accessOf)).size > 1
  } catch {
    // The system has no /proc, as macOS.
    return false
  }
}

const linkTo = (descriptor: string): string | undefined => {
  try {
    return NodeFS.readlinkSync(`/proc/self/fd/${descriptor}`)
  } catch {
    // The descriptor by which the folder was read is closed again.
    return undefined
  }
}

/** Returns the lowest bits of a descriptor's flags, which say whether it is open for reading, writing or both. */
const accessOf = (descriptor: string): string | undefined =>
  /^flags:\s*\d*([0-7])$/m.exec(NodeFS.readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"))?.[1]
