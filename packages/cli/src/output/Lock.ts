/**
 * Locks a file, so that one process at a time writes it.
 *
 * The process that holds the lock listens on a socket whose name is derived from the file's. The socket ends with the
 * process, however that ends; a file with a process id would not, and in containers all processes have the same few ids. Two
 * machines, or two containers with networks of their own, do not see each other's locks.
 */
import { createHash, randomUUID } from "node:crypto"
import { linkSync, lstatSync, realpathSync, renameSync, rmSync } from "node:fs"
import { connect, createServer } from "node:net"
import { basename, dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"

/** The code with which `hold` fails where another process holds the lock. */
export const held = "EADDRINUSE"

/** Holds the lock of a file until the scope is closed or the process ends; fails with the system's code. */
export const hold = (path: string): Effect.Effect<void, string, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => listening(addressOf(path)),
      catch: SystemCode.orMessage,
    }),
    (server) => Effect.sync(() => server.close()),
  )

/** Returns the same path for every name that leads to a file through folders; the file itself need not exist. */
export const wholePath = (path: string): string => {
  try {
    // Node's own would keep the letters as they were typed, and short names such as PROGRA~1.
    return folded(join(realpathSync.native(dirname(path)), basename(path)))
  } catch {
    return folded(resolve(path))
  }
}

/**
 * Returns one spelling of names that mean one file on most disks of macOS and Windows: there Rows.csv is rows.csv, and é may be
 * one character or two. On the few that tell them apart, two such files are taken for one.
 */
const folded = (path: string): string =>
  process.platform === "darwin" || process.platform === "win32" ? path.normalize("NFC").toLowerCase() : path

const addressOf = (path: string): string => {
  const name = `feishu-meetings-${createHash("sha256").update(wholePath(path)).digest("hex").slice(0, 32)}`
  switch (process.platform) {
    case "android":
    case "linux":
      // Not in a folder, so a killed process leaves nothing behind.
      return `\0${name}`
    case "win32":
      return String.raw`\\.\pipe\${name}`
    default:
      // Not the folder that TMPDIR names: a run of cron has another one, or none. The name of a socket has at most 103 bytes, too.
      return join("/tmp", name)
  }
}

/** Gives a socket its name again, unless somebody has taken that meanwhile. */
const putBack = (aside: string, address: string): void => {
  try {
    linkSync(aside, address)
  } catch {
    // Taken: only a third run within these microseconds can do that.
  }
  rmSync(aside, { force: true })
}

const listening = (address: string) =>
  new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    // A process that connects only checks that somebody listens.
    const server = createServer((socket) => socket.destroy())
    const retry = (error: Error & { readonly code?: string }) => {
      if (error.code !== held || address.startsWith("\0") || process.platform === "win32")
        return reject(error)
      // A file in the folder for temporary files: a socket that nobody listens on was left by a process that was killed.
      const caller = connect(address)
      caller
        .once("connect", () => {
          caller.destroy()
          reject(error)
        })
        .once("error", (refused: Error & { readonly code?: string }) => {
          const aside = `${address}.${randomUUID()}`
          try {
            // A file of another kind with that name was created by another program.
            if (refused.code !== "ECONNREFUSED" || !lstatSync(address).isSocket()) return reject(error)
            renameSync(address, aside)
          } catch {
            // The file belongs to another user, or another run moves it just now.
            return reject(error)
          }
          // That run may have put its own socket there since.
          const owner = connect(aside)
          owner
            .once("connect", () => {
              owner.destroy()
              putBack(aside, address)
              reject(error)
            })
            .once("error", () => {
              rmSync(aside, { force: true })
              server.once("error", reject).listen(address)
            })
        })
    }
    server.once("error", retry).once("listening", () => {
      server.unref()
      resolve(server)
    })
    server.listen(address)
  })
