/** Who owns a file: in a folder such as `/tmp`, other users may have put a file with the name that the user's own would have. */
import { randomUUID } from "node:crypto"
import * as NodeFS from "node:fs"

/** True when an owner, as a user id, is the user or root, or the user who became root by `sudo` and whose settings these are. */
export const isTrusted = (owner: number): boolean => {
  const self = process.getuid?.()
  return self === undefined || [self, 0, self === 0 ? Number(process.env["SUDO_UID"]) : self].includes(owner)
}

/**
 * True when an owner, as a user id, is the one that files of this process get in the folder of a file. On some file
 * systems that is not the user, as on FAT, and on NFS for root: there only a new file shows it.
 */
export const isOwn = (owner: number, file: string): boolean => {
  const self = process.getuid?.()
  if (self === undefined || owner === self) return true
  const probe = `${file}.${randomUUID()}`
  try {
    const descriptor = NodeFS.openSync(probe, "wx", 0o600)
    try {
      return NodeFS.fstatSync(descriptor).uid === owner
    } finally {
      NodeFS.closeSync(descriptor)
      NodeFS.unlinkSync(probe)
    }
  } catch {
    return false
  }
}
