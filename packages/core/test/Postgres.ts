/** A PostgreSQL server of Debian's with a folder and a port of its own. */
import { execFile } from "node:child_process"
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import { userInfo, tmpdir } from "node:os"
import { join } from "node:path"
import { promisify } from "node:util"

const root = "/usr/lib/postgresql"

/** A port of loopback that nothing listens on. */
export const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })

/** Starts a server, which ends and leaves nothing when it is disposed. PostgreSQL refuses to run as root. */
export const start = async () => {
  // A version of which only the client is installed has no initdb.
  const versions = readdirSync(root).filter((version) => existsSync(join(root, version, "bin", "initdb")))
  const bin = join(root, versions.toSorted((one, other) => Number(one) - Number(other)).at(-1)!, "bin")
  const folder = mkdtempSync(join(tmpdir(), "effect-feishu-postgres-"))
  const isRoot = userInfo().uid === 0
  const run = async (program: string, ...args: ReadonlyArray<string>) => {
    const command = [join(bin, program), ...args]
    const [first, ...rest] = isRoot ? ["runuser", "-u", "postgres", "--", ...command] : command
    const { stdout } = await promisify(execFile)(first!, rest, { cwd: folder, maxBuffer: 2 ** 30 })
    return stdout
  }
  if (isRoot) {
    const { stdout } = await promisify(execFile)("id", ["-u", "postgres"])
    chownSync(folder, Number(stdout), -1)
  }
  chmodSync(folder, 0o700)
  const data = join(folder, "data")
  const port = await freePort()
  await run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "--no-sync")
  const settings = `-c listen_addresses=127.0.0.1 -c port=${port} -c fsync=off -c unix_socket_directories=${folder}`
  await run("pg_ctl", "-D", data, "-w", "-l", join(folder, "log"), "-o", settings, "start")
  const stop = (mode: "fast" | "immediate") => run("pg_ctl", "-D", data, "-w", "-m", mode, "stop")
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let isRunning = true
  return {
    url,
    /** Returns everything in it, as SQL. */
    dump: () => run("pg_dump", "--inserts", "-d", url),
    /** Ends the server as an administrator does (`fast`) or as a crash does (`immediate`). */
    stop: async (mode: "fast" | "immediate") => {
      await stop(mode)
      isRunning = false
    },
    /** Starts it again, with its data. */
    start: async () => {
      await run("pg_ctl", "-D", data, "-w", "-l", join(folder, "log"), "-o", settings, "start")
      isRunning = true
    },
    [Symbol.asyncDispose]: async () => {
      if (isRunning) await stop("immediate")
      rmSync(folder, { recursive: true })
    },
  }
}
