/** Names that lead to something else than a plain file of one's own: everything that can have a name, at every place. */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Client from "../src/Client.ts"
import * as ConfigFiles from "../src/ConfigFiles.ts"
import * as Numbers from "../src/Numbers.ts"
import * as Settings from "../src/Settings.ts"
import * as Stderr from "../src/Stderr.ts"

let folder: string
const servers: Array<Server> = []
const descriptors: Array<number> = []
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-files-"))
  // Other users have to be able to come as far as their own files.
  chmodSync(folder, 0o755)
})
afterAll(() => {
  for (const server of servers) server.close()
  for (const descriptor of descriptors) closeSync(descriptor)
  rmSync(folder, { recursive: true })
})

const isRoot = process.getuid?.() === 0
/** A user of whom the system knows nothing else. */
const somebody = 12_345
/** Gives a name to another user, which only root can: for others it stays their own. */
const giveAway = (path: string) => {
  if (isRoot) lchownSync(path, somebody, somebody)
}
const mkfifo = (path: string) => assert.strictEqual(spawnSync("mkfifo", [path]).status, 0)

/** Makes something of a name; `text` is what it holds if it can hold anything. */
type Make = (path: string, text: string) => void | Promise<void>

const kinds = {
  file: (path, text) => writeFileSync(path, text, { mode: 0o600 }),
  "own link to an own file": (path, text) => {
    kinds.file(`${path}.target`, text)
    symlinkSync(`${path}.target`, path)
  },
  "link to /dev/zero": (path) => symlinkSync("/dev/zero", path),
  "link to /dev/null": (path) => symlinkSync("/dev/null", path),
  "pipe without a writer": mkfifo,
  "pipe whose writer writes nothing": (path) => {
    mkfifo(path)
    descriptors.push(openSync(path, constants.O_RDWR | constants.O_NONBLOCK))
  },
  socket: (path) =>
    new Promise((resolve, reject) => {
      servers.push(createServer().once("error", reject).listen(path, resolve))
    }),
  folder: (path) => void mkdirSync(path),
  "dangling link": (path) => symlinkSync(`${path}.nothing`, path),
  "link to itself": (path) => symlinkSync(path, path),
  "links in a circle": (path) => {
    symlinkSync(`${path}.other`, path)
    symlinkSync(path, `${path}.other`)
  },
  "link of another user": (path, text) => {
    kinds["own link to an own file"](path, text)
    giveAway(path)
  },
  "second of two links, of another user": (path, text) => {
    kinds["link of another user"](`${path}.second`, text)
    symlinkSync(`${path}.second`, path)
  },
  "own link to a file of another user": (path, text) => {
    kinds["own link to an own file"](path, text)
    giveAway(`${path}.target`)
  },
  "file of another user": (path, text) => {
    kinds.file(path, text)
    giveAway(path)
  },
  "file that nobody may read": (path, text) => {
    kinds.file(path, text)
    chmodSync(path, 0)
  },
  "file of 5 GiB": (path) => {
    kinds.file(path, "")
    truncateSync(path, 5 * 2 ** 30)
  },
} satisfies Record<string, Make>
type Kind = keyof typeof kinds
const all = Object.keys(kinds) as ReadonlyArray<Kind>

/** Makes every kind, each in a folder of its own, in which `name` leads to it. */
const everyKind = async (name: string, text: string): Promise<ReadonlyMap<Kind, string>> => {
  const places = new Map<Kind, string>()
  for (const [index, kind] of all.entries()) {
    const path = join(mkdtempSync(join(folder, `${index}-`)), name)
    mkdirSync(dirname(path), { recursive: true })
    await kinds[kind](path, text)
    places.set(kind, path)
  }
  return places
}

const device = "it is a device"
const pipe = "it is a named pipe"
const socket = "it is a socket"
const isFolder = "it is a folder, EISDIR"
const circle = "its links lead in a circle, ELOOP"
const denied = "permission denied, EACCES"
const works = "works"

describe("settings that are found", () => {
  const foreign = isRoot ? "belongs to another user" : works
  const expected: Record<Kind, string> = {
    file: works,
    "own link to an own file": works,
    "link to /dev/zero": device,
    // Whoever wants none puts it there.
    "link to /dev/null": "nothing",
    "pipe without a writer": pipe,
    "pipe whose writer writes nothing": pipe,
    socket,
    folder: isFolder,
    "dangling link": "is a link to a file that does not exist",
    "link to itself": circle,
    "links in a circle": circle,
    "link of another user": foreign,
    "second of two links, of another user": foreign,
    "own link to a file of another user": foreign,
    "file of another user": foreign,
    "file that nobody may read": isRoot ? works : denied,
    "file of 5 GiB": "it has more than 64 KiB",
  }

  for (const place of ["here", "two folders above", "of the user"] as const) {
    it(`${place}: only a regular file, capped, of one's own or root's, by links of these alone`, async () => {
      const name = place === "of the user" ? "feishu-meetings/config.yaml" : ConfigFiles.projectName
      for (const [kind, path] of await everyKind(name, "brand: lark\n")) {
        const elsewhere = mkdtempSync(join(folder, "empty-"))
        mkdirSync(join(elsewhere, ".git"))
        const below = join(dirname(path), "one/two")
        mkdirSync(below, { recursive: true })
        const here = { here: dirname(path), "two folders above": below, "of the user": elsewhere }[place]
        vi.spyOn(process, "cwd").mockReturnValue(here)
        vi.stubEnv("XDG_CONFIG_HOME", place === "of the user" ? dirname(dirname(path)) : elsewhere)
        try {
          const { entries, looked, problems } = await Effect.runPromise(
            Effect.provide(ConfigFiles.read, NodeServices.layer),
          )
          const told = problems.map(({ what }) => what.en).join()
          const got = told !== "" ? told : entries.length > 0 ? works : "nothing"
          assert.include(got, expected[kind], kind)
          assert.deepInclude(looked, {
            kind: place === "of the user" ? "user" : "project",
            path,
            there: true,
          })
          assert.deepStrictEqual(
            problems.map((problem) => problem.path),
            told === "" ? [] : [path],
          )
        } finally {
          vi.restoreAllMocks()
          vi.unstubAllEnvs()
        }
      }
    })
  }
})

describe("files that somebody has named", () => {
  const waits = "waits"
  const often: Omit<Record<Kind, string>, "link to /dev/null" | "file of 5 GiB"> = {
    file: works,
    "own link to an own file": works,
    "link to /dev/zero": device,
    "pipe without a writer": waits,
    "pipe whose writer writes nothing": waits,
    socket,
    folder: isFolder,
    "dangling link": "there is no such file, ENOENT",
    "link to itself": circle,
    "links in a circle": circle,
    "link of another user": works,
    "second of two links, of another user": works,
    "own link to a file of another user": works,
    "file of another user": works,
    "file that nobody may read": isRoot ? works : denied,
  }
  const setting = (name: "app-secret-file" | "access-token-file" | "ca-file", path: string) => ({
    found: new Map([[name, { text: path, origin: { _tag: "Flag" as const, flag: `--${name}` } }]]),
    format: undefined,
    pageSize: undefined,
    concurrency: undefined,
    rateLimit: 10,
  })
  const places = [
    {
      name: "an app secret",
      text: "ThisSecretIsFakeAndOnlyForTests0",
      read: (path: string) => Settings.secret(setting("app-secret-file", path), "app-secret"),
      expected: { ...often, "link to /dev/null": "is empty", "file of 5 GiB": "it has more than 64 KiB" },
    },
    {
      name: "an access token",
      text: "t-ThisTokenIsFakeAndOnlyForTests",
      read: (path: string) => Settings.secret(setting("access-token-file", path), "access-token"),
      expected: { ...often, "link to /dev/null": "is empty", "file of 5 GiB": "it has more than 64 KiB" },
    },
    {
      name: "certificates",
      text: "-----BEGIN CERTIFICATE-----",
      read: (path: string) => Client.authority(setting("ca-file", path)),
      // None beside those that Node has.
      expected: { ...often, "link to /dev/null": works, "file of 5 GiB": "it has more than 4 MiB" },
    },
    {
      name: "numbers",
      text: "337736498\n",
      read: (path: string) => Numbers.read({ numbers: [], numbersFrom: path }),
      expected: { ...often, "link to /dev/null": "holds none", "file of 5 GiB": "has more than 32 MiB" },
    },
  ]

  // One for all: every one listens to standard error.
  const runtime = ManagedRuntime.make(Layer.mergeAll(NodeServices.layer, Stderr.layer))
  afterAll(() => runtime.dispose())
  const outcomeOf = <R>(read: Effect.Effect<unknown, Error, R>): Effect.Effect<string, never, R> =>
    Effect.match(read, { onSuccess: () => works, onFailure: ({ message }) => message })

  for (const { expected, name, read, text } of places) {
    it(`${name}: files of anybody and pipes, capped; what waits for a pipe can be stopped`, async () => {
      const made = await everyKind("named", text)
      const direct = [
        ["/dev/zero", device],
        ["/dev/null", expected["link to /dev/null"]],
        ["/dev/fd/999", "it is not open for that, EBADF"],
      ]
      const inputs = [...[...made].map(([kind, path]) => [path, expected[kind], kind]), ...direct]
      for (const [path = "", outcome = "", kind = path] of inputs) {
        const reading = runtime.runFork(outcomeOf(read(path)))
        if (outcome !== waits) {
          assert.include(await Effect.runPromise(Fiber.join(reading)), outcome, kind)
          continue
        }
        // Nobody can open it for writing without waiting, unless it is open for reading by now.
        const writer = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
        if (kind === "pipe without a writer") {
          writeSync(writer, text)
          closeSync(writer)
          assert.strictEqual(await Effect.runPromise(Fiber.join(reading)), works)
          continue
        }
        closeSync(writer)
        await new Promise((resolve) => setImmediate(resolve))
        assert.isUndefined(reading.pollUnsafe(), kind)
        const exit = await Effect.runPromise(Effect.andThen(Fiber.interrupt(reading), Fiber.await(reading)))
        assert.isTrue(Exit.hasInterrupts(exit), kind)
      }
    })
  }
})
