/** Whose a file is: in a folder such as `/tmp`, others may have put there what has the name that a file of one's own would have. */
import { randomUUID } from "node:crypto"
import * as NodeFS from "node:fs"

/** Whether an owner, as a user id, is the user or root; or whoever became root by `sudo`, whose settings those are then. */
export const isTrusted = (owner: number): boolean => {
  const self = process.getuid?.()
  return self === undefined || [self, 0, self === 0 ? Number(process.env["SUDO_UID"]) : self].includes(owner)
}

/**
 * Whether an owner, as a user id, is the one that files of this process have in the folder of a file. On some file
 * systems that is somebody else than the user, as on FAT, and on NFS for root: there only a new file can tell.
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
