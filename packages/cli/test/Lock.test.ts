/** Where a lock is a file in a folder that others can write, as on macOS: what may stand at its name. */
import { execFileSync, spawn } from "node:child_process"
import { createHash } from "node:crypto"
import { once } from "node:events"
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { basename, join } from "node:path"
import { afterAll, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Lock from "../src/output/Lock.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-lock-"))
  vi.spyOn(process, "platform", "get").mockReturnValue("darwin")
})
afterAll(() => {
  vi.restoreAllMocks()
  rmSync(folder, { recursive: true })
  for (const address of addresses) rmSync(address, { recursive: true, force: true })
})

const addresses = new Set<string>()

/** The name of the socket for a file, as anybody can work it out: by its whole path in small letters. */
const addressOf = (path: string): string => {
  const hash = createHash("sha256").update(path.toLowerCase()).digest("hex").slice(0, 32)
  const address = `/tmp/feishu-meetings-${hash}`
  addresses.add(address).add(`${address}.target`)
  return address
}

/** A socket whose process was killed. */
const leaveSocket = async (address: string): Promise<void> => {
  const listen = `require("net").createServer().listen(process.argv[1], () => console.log("ready"))`
  const child = spawn(process.execPath, ["-e", listen, address], { stdio: ["ignore", "pipe", "inherit"] })
  await once(child.stdout, "data")
  child.kill("SIGKILL")
  await once(child, "close")
}

const taken = (path: string) => Effect.runPromise(Effect.exit(Effect.scoped(Lock.hold(path))))

describe.skipIf(isWindows)("a lock that is a file", () => {
  it("is taken where nothing is, and where a killed process has left its socket", async () => {
    const path = join(folder, "left")
    assert.strictEqual((await taken(path))._tag, "Success")
    await leaveSocket(addressOf(path))
    assert.isTrue(lstatSync(addressOf(path)).isSocket())
    assert.strictEqual((await taken(path))._tag, "Success")
  })

  it("is taken by one of several who find the socket of a killed process at once", async () => {
    for (let round = 0; round < 10; round++) {
      const path = join(folder, `at once ${round}`)
      const address = addressOf(path)
      await leaveSocket(address)
      const exits = await Effect.runPromise(
        Effect.scoped(
          Effect.all(
            Array.from({ length: 4 }, () => Effect.exit(Lock.hold(path))),
            { concurrency: "unbounded" },
          ),
        ),
      )
      assert.strictEqual(exits.filter(({ _tag }) => _tag === "Success").length, 1)
      assert.deepStrictEqual(
        readdirSync("/tmp").filter((name) => name.startsWith(`${basename(address)}.`)),
        [],
      )
    }
  })

  it("is in use while somebody listens", async () => {
    const path = join(folder, "listening")
    const server = createServer((socket) => socket.destroy()).listen(addressOf(path))
    await once(server, "listening")
    assert.strictEqual(await Effect.runPromise(Effect.flip(Effect.scoped(Lock.hold(path)))), Lock.held)
    server.close()
    await once(server, "close")
  })

  it("is one for the spellings that mean one file on most disks of macOS, whatever TMPDIR is", async () => {
    const one = Lock.hold(join(folder, "Café.csv"))
    const other = Lock.hold(join(folder, "cafe\u0301.CSV"))
    addressOf(join(folder, "café.csv"))
    const error = Effect.scoped(
      Effect.andThen(
        one,
        Effect.suspend(() => {
          vi.stubEnv("TMPDIR", folder)
          return Effect.flip(other)
        }),
      ),
    )
    assert.strictEqual(await Effect.runPromise(error), Lock.held)
    vi.unstubAllEnvs()
  })

  it.each<[string, (address: string) => Promise<void> | void]>([
    ["a file", (address) => writeFileSync(address, "mine")],
    ["an empty file", (address) => writeFileSync(address, "")],
    ["a folder", (address) => mkdirSync(address)],
    ["a pipe", (address) => void execFileSync("mkfifo", [address])],
    [
      "a link to a file",
      (address) => {
        writeFileSync(`${address}.target`, "mine")
        symlinkSync(`${address}.target`, address)
      },
    ],
    ["a link to nothing", (address) => symlinkSync("/nowhere/at/all", address)],
    ["a link to itself", (address) => symlinkSync(basename(address), address)],
    [
      "a link to the socket of a killed process",
      async (address) => {
        await leaveSocket(`${address}.target`)
        symlinkSync(`${address}.target`, address)
      },
    ],
  ])("leaves alone what is no socket: %s", async (what, make) => {
    const path = join(folder, what)
    const address = addressOf(path)
    await make(address)
    const { ino } = lstatSync(address)
    assert.strictEqual(await Effect.runPromise(Effect.flip(Effect.scoped(Lock.hold(path)))), Lock.held)
    assert.strictEqual(lstatSync(address).ino, ino)
    if (what === "a file") assert.strictEqual(readFileSync(address, "utf8"), "mine")
  })
})
