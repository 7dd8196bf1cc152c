/**
 * One process at a time for a file.
 *
 * The one that holds it listens on a socket with a name made of the file's: that ends with the process, however it
 * ends, which a file with a process id does not, and in containers all have the same few ids. Two machines, or two
 * containers with networks of their own, do not see each other's.
 */
import { createHash } from "node:crypto"
import { lstatSync, realpathSync, rmSync } from "node:fs"
import { connect, createServer } from "node:net"
import { tmpdir } from "node:os"
import { basename, dirname, join, resolve } from "node:path"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"

/** The code of the failure where another process holds it. */
export const held = "EADDRINUSE"

/** Holds it until the scope is closed or the process ends; fails with a code of the system's. */
export const hold = (path: string): Effect.Effect<void, string, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.tryPromise({
      try: () => listening(addressOf(path)),
      catch: SystemCode.orMessage,
    }),
    (server) => Effect.sync(() => server.close()),
  )

/** The same for every name that leads there through folders; the file itself may not be there yet. */
export const wholePath = (path: string): string => {
  try {
    return join(realpathSync(dirname(path)), basename(path))
  } catch {
    return resolve(path)
  }
}

const addressOf = (path: string): string => {
  const name = `feishu-meetings-${createHash("sha256").update(wholePath(path)).digest("hex").slice(0, 32)}`
  switch (process.platform) {
    case "linux":
      // In no folder, and so there is nothing that a killed process could leave behind.
      return `\0${name}`
    case "win32":
      return String.raw`\\.\pipe\${name}`
    default:
      return join(tmpdir(), name)
  }
}

const listening = (address: string) =>
  new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    // Whoever connects only wants to know whether there is somebody.
    const server = createServer((socket) => socket.destroy())
    const retry = (error: Error & { readonly code?: string }) => {
      if (error.code !== held || address.startsWith("\0") || process.platform === "win32")
        return reject(error)
      // A file in the folder for such files: a socket that nobody listens on was left by a process that was killed.
      const caller = connect(address)
      caller
        .once("connect", () => {
          caller.destroy()
          reject(error)
        })
        .once("error", (refused: Error & { readonly code?: string }) => {
          try {
            // Anything else of that name was put there by somebody.
            if (refused.code !== "ECONNREFUSED" || !lstatSync(address).isSocket()) return reject(error)
            rmSync(address, { force: true })
          } catch {
            // Another user's.
            return reject(error)
          }
          server.once("error", reject).listen(address)
        })
    }
    server.once("error", retry).once("listening", () => {
      server.unref()
      resolve(server)
    })
    server.listen(address)
  })
