/** Names that lead to something else than a plain file of one's own: everything that can have a name, at every place. */
import { spawnSync } from "node:child_process"
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs"
import { createServer, type Server } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { rootCertificates } from "node:tls"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { afterAll, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as ClientLayer from "../src/settings/ClientLayer.ts"
import * as ConfigFiles from "../src/settings/ConfigFiles.ts"
import * as MeetingNumbers from "../src/input/MeetingNumbers.ts"
import * as LoadedSettings from "../src/settings/LoadedSettings.ts"
import * as Stderr from "../src/console/Stderr.ts"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

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
const succeeds = (typed: string) => spawnSync(typed, { shell: true }).status === 0
const mkfifo = (path: string) => assert.isTrue(succeeds(`mkfifo ${path}`))

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
          const { entries, searched, problems } = await Effect.runPromise(
            Effect.provide(ConfigFiles.read, NodeServices.layer),
          )
          const told = problems.map(({ what }) => what.en).join()
          const got = told !== "" ? told : entries.length > 0 ? works : "nothing"
          assert.include(got, expected[kind], kind)
          assert.deepInclude(searched, {
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

describe("X10 files that somebody has named", () => {
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
    apps: new Map(),
    found: new Map([[name, { text: path, origin: { _tag: "Flag" as const, flag: `--${name}` } }]]),
    format: undefined,
    pageSize: undefined,
    concurrency: undefined,
    rateLimit: 10,
    detailsRateLimit: 100,
  })
  const places = [
    {
      name: "an app secret",
      text: "ThisSecretIsFakeAndOnlyForTests0",
      read: (path: string) => LoadedSettings.secret(setting("app-secret-file", path), "app-secret"),
      expected: { ...often, "link to /dev/null": "is empty", "file of 5 GiB": "it has more than 64 KiB" },
    },
    {
      name: "an access token",
      text: "t-ThisTokenIsFakeAndOnlyForTests",
      read: (path: string) => LoadedSettings.secret(setting("access-token-file", path), "access-token"),
      expected: { ...often, "link to /dev/null": "is empty", "file of 5 GiB": "it has more than 64 KiB" },
    },
    {
      name: "certificates",
      text: rootCertificates[0]!,
      read: (path: string) => ClientLayer.authority(setting("ca-file", path)),
      expected: { ...often, "link to /dev/null": "is empty", "file of 5 GiB": "it has more than 4 MiB" },
    },
    {
      name: "numbers",
      text: "337736498\n",
      read: (path: string) => MeetingNumbers.read({ numbers: [], column: undefined, numbersFrom: path }),
      expected: {
        ...often,
        "link to /dev/null": "holds no meeting number",
        "file of 5 GiB": "has more than 32 MiB",
      },
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

/** Runs what is typed into a shell, in folders of their own, a few beside each other; and says which input was wrong. */
const each = <A extends { readonly name: string; readonly typed: string }>(
  inputs: ReadonlyArray<A>,
  environment: Cli.Environment,
  check: (ended: Cli.Ended, input: A, place: string) => void,
) =>
  Effect.runPromise(
    Effect.forEach(
      inputs,
      (input) =>
        Effect.promise(async () => {
          const place = mkdtempSync(join(folder, "typed-"))
          const ended = await Cli.shell(`cd ${place}; ${input.typed}`, { HOME: place, ...environment })
          try {
            check(ended, input, place)
          } catch (error) {
            throw new Error(`${input.name}: ${JSON.stringify({ place, ...ended })}`, { cause: error })
          }
        }),
      { concurrency: 4, discard: true },
    ),
  )

/** Two meetings with a password, whatever is asked for. */
const twoRows: Scripted.Answer = (response) =>
  Scripted.page(response, Scripted.rows(1, 2, { password: "123456" }))
const twoIds = ["1", "2"]

describe("the command beside such files", () => {
  it("--help and --version need no settings, whatever is in their place", async () => {
    const [projects, users] = [
      await everyKind(ConfigFiles.projectName, "brand: none\n"),
      await everyKind("feishu-meetings/config.yaml", "brand: none\n"),
    ]
    const inputs = all.map((kind) => ({
      name: kind,
      typed: `cd ${dirname(projects.get(kind)!)}; export XDG_CONFIG_HOME=${dirname(dirname(users.get(kind)!))}
        ${Cli.likeOthers}"$0" "$1" --help && "$0" "$1" --version`,
    }))
    await each(inputs, {}, ({ code, stderr, stdout }) => {
      assert.deepStrictEqual({ code, stderr }, { code: 0, stderr: "" })
      assert.match(stdout, /\nfeishu-meetings v\d/)
    })
  })

  it("a checkpoint is a regular file, or the name of one to be; anything else is refused, and stays", async () => {
    await using scripted = await Scripted.start(twoRows)
    const noFile = "is not a file"
    const other = "another run's"
    const expected: Record<Kind, string> = {
      file: other,
      "own link to an own file": other,
      "link to /dev/zero": noFile,
      "link to /dev/null": noFile,
      "pipe without a writer": noFile,
      "pipe whose writer writes nothing": noFile,
      socket: noFile,
      folder: noFile,
      "dangling link": works,
      "link to itself": circle,
      "links in a circle": circle,
      "link of another user": other,
      "second of two links, of another user": other,
      "own link to a file of another user": other,
      "file of another user": other,
      "file that nobody may read": denied,
      "file of 5 GiB": "MiB",
    }
    const made = await everyKind("my.checkpoint", "notes\n")
    const inputs = all.map((kind) => ({
      name: kind,
      path: made.get(kind)!,
      typed: `${Cli.likeOthers}feishu-meetings list 337736498 --output rows --checkpoint ${made.get(kind)!}`,
    }))
    await each(inputs, scripted.environment, ({ code, stderr }, { name, path }, place) => {
      const outcome = expected[name as Kind]
      assert.strictEqual(code, outcome === works ? 0 : 2)
      assert.strictEqual(existsSync(join(place, "rows")), outcome === works)
      if (outcome === works) assert.isTrue(lstatSync(path).isSymbolicLink())
      // What it says of files that hold something else is told by the tests of checkpoints.
      else if (outcome === other) assert.strictEqual(readFileSync(path, "utf8"), "notes\n")
      else assert.include(stderr, outcome)
      assert.include(stderr, outcome === works ? "complete" : path)
    })
    assert.lengthOf(scripted.queries, 1)
  })

  it("a signal ends whatever waits for a pipe", async () => {
    const app = { FEISHU_APP_ID: "cli_a1b2c3d4e5f6a7b8" }
    const secret = { ...app, FEISHU_APP_SECRET: "ThisSecretIsFakeAndOnlyForTests0" }
    // A shell that opens a pipe for writing waits until somebody has opened it for reading.
    const opened = "& run=$!; exec 3>pipe; kill -TERM $run; wait $run"
    // More than fits into a pipe: it is written when somebody has begun to read.
    const read = "& run=$!; exec 3>pipe; printf %70000s >&3; kill -TERM $run; wait $run"
    const list = "mkfifo pipe; feishu-meetings list 337736498"
    const inputs = [
      { environment: secret, typed: `${list} --numbers-from pipe ${opened}` },
      { environment: secret, typed: `${list} --numbers-from - <pipe ${read}` },
      { environment: secret, typed: `${list} --numbers-from /dev/stdin <pipe ${read}` },
      { environment: secret, typed: `${list} --numbers-from /dev/fd/4 4<pipe ${read}` },
      { environment: app, typed: `${list} --app-secret-file pipe ${opened}` },
      { environment: { FEISHU_ACCESS_TOKEN_FILE: "pipe" }, typed: `${list} ${opened}` },
      { environment: { ...secret, FEISHU_CA_FILE: "pipe" }, typed: `${list} ${opened}` },
    ]
    const typed = inputs.map(({ environment, typed }) => {
      const set = Object.entries(environment).map(([name, text]) => `export ${name}=${text};`)
      return { name: typed, typed: [...set, typed].join(" ") }
    })
    await each(typed, {}, ({ code, stdout }) => {
      assert.deepStrictEqual({ code, stdout }, { code: 143, stdout: "" })
    })
  })
})

describe("X12 outputs that are no plain files", () => {
  const list = "feishu-meetings list 337736498 --quiet --output"

  it("what is open already is written behind what is there, and never replaced", async () => {
    await using scripted = await Scripted.start(twoRows)
    const inputs = [
      { name: "-", typed: `echo log >o; { echo header; ${list} -; echo footer; } >>o` },
      { name: "/dev/stdout", typed: `echo log >o; { echo header; ${list} /dev/stdout; echo footer; } >>o` },
      {
        name: "/dev/stdout, not appending",
        typed: `{ echo log; echo header; ${list} /dev/stdout; echo footer; } >o`,
      },
      { name: "/dev/fd/1", typed: `{ echo log; echo header; ${list} /dev/fd/1; echo footer; } >o` },
      {
        name: "/dev/fd/3",
        typed: `exec 3>o; echo log >&3; echo header >&3; ${list} /dev/fd/3; echo footer >&3`,
      },
      {
        name: "/proc/self/fd/3",
        typed: `exec 3>o; echo log >&3; echo header >&3; ${list} /proc/self/fd/3; echo footer >&3`,
      },
      { name: "/dev/stderr", typed: `{ echo log; echo header; ${list} /dev/stderr; echo footer; } >o 2>&1` },
      {
        name: "a link",
        typed: `ln -s /dev/stdout out; { echo log; echo header; ${list} out; echo footer; } >o`,
      },
      {
        name: "links",
        typed: `ln -s out a; ln -s /dev/fd/1 out; { echo log; echo header; ${list} a; echo footer; } >o`,
      },
      {
        name: "a link to a folder",
        typed: `ln -s /dev/fd d; { echo log; echo header; ${list} d/1; echo footer; } >o`,
      },
    ]
    await each(inputs, scripted.environment, ({ code }, _, place) => {
      assert.strictEqual(code, 0)
      const lines = readFileSync(join(place, "o"), "utf8")
        .split("\n")
        // Where the rows go to standard error, it is beside them.
        .filter((line) => !line.startsWith("complete: "))
      const [log, header, first, second, footer] = lines
      assert.deepStrictEqual([log, header, footer], ["log", "header", "footer"])
      assert.deepStrictEqual(Cli.ids(`${first}\n${second}`), twoIds)
      const made = ["-", "stdout", "o.part", "1", "3"].filter((name) => existsSync(join(place, name)))
      assert.deepStrictEqual(made, [])
    })
  })

  it("what cannot be written is refused before anything is sent", async () => {
    await using scripted = await Scripted.start(twoRows)
    const numbers = "feishu-meetings list --quiet --output rows --numbers-from"
    const rows = [
      [`${list} ""`, "--output needs a value"],
      [`${list} rows --checkpoint ""`, "--checkpoint needs a value"],
      [`${numbers} ""`, "--numbers-from needs a value"],
      [`ln -s b a; ln -s a b; ${list} a`, circle],
      [`ln -s a a; ${list} a`, circle],
      [`ln -s b a; ln -s a b; ${list} a/rows`, "a/rows cannot be written"],
      [`ln -s b a; ln -s a b; ${list} rows --checkpoint a`, circle],
      [`ln -s b a; ln -s a b; ${numbers} a`, circle],
      [`${list} /dev/fd/7`, "EBADF"],
      [`${list} /dev/fd/99999999999`, "cannot be written"],
      [`${list} /dev/fd/0 </dev/null`, "EBADF"],
      [`echo >in; ${list} /dev/fd/3 3<in`, "EBADF"],
      [`${list} /dev/stdin </dev/null`, "EBADF"],
      [`${list} .`, "is a folder"],
      [`${list} /dev/fd`, "is a folder"],
      [`mkdir d; ln -s d a; ${list} a`, "is a folder"],
      [`${list} a/rows`, "its folder does not exist"],
      [`ln -s a/rows l; ${list} l`, "its folder does not exist"],
      [`>a; ${list} a/rows`, "ENOTDIR"],
      [`${list} - --checkpoint c`, "it needs an output file to resume"],
      [`${list} rows --checkpoint -`, "means something that is already open"],
      [`${list} rows --checkpoint /dev/stdout`, "means something that is already open"],
      [`${list} rows --checkpoint /dev/fd/3 3>c`, "means something that is already open"],
      [
        `mkdir d; >d/rows; chmod 555 d; ${Cli.likeOthers}${list} d/rows; rc=$?; chmod 755 d; exit $rc`,
        "d/rows can be written, but d/rows.part",
      ],
      [`${list} /proc/self/comm`, "/proc/self/comm can be written, but /proc/self/comm.part"],
      [`${list} '~nobody-of-that-name/rows'`, "its folder does not exist"],
      [`${list} '~'`, "is a folder"],
      [`>rows; ln -s rows a; ${numbers} a`, "it would overwrite the file of the numbers"],
    ] as const
    const inputs = rows.map(([typed, told]) => ({ name: typed, typed, told }))
    await each(inputs, scripted.environment, ({ code, stderr, stdout }, { told }, place) => {
      assert.deepStrictEqual({ code, stdout }, { code: 2, stdout: "" })
      assert.include(stderr, told)
      const left = readdirSync(place).filter((name) => name.includes("part"))
      assert.deepStrictEqual(left, [])
    })
    assert.lengthOf(scripted.queries, 0)
  })
})

/** What a name holds; nothing where it can hold none. */
const textIn = (path: string): string => (lstatSync(path).isFile() ? readFileSync(path, "utf8") : "")

/** Writes it, with a mode that no umask changes. */
const withMode = (path: string, text: string, mode: number) => {
  writeFileSync(path, text)
  chmodSync(path, mode)
}

describe("X11 names that others can know", () => {
  const planted: ReadonlyArray<readonly [name: string, make: Make]> = [
    ["a link to a file", (path, victim) => symlinkSync(victim, path)],
    [
      "another user's link to a file",
      (path, victim) => {
        symlinkSync(victim, path)
        giveAway(path)
      },
    ],
    ["a link to nothing", (path, victim) => symlinkSync(`${victim}-new`, path)],
    ["a link to itself", (path) => symlinkSync(path, path)],
    ["another name of a file", (path, victim) => linkSync(victim, path)],
    ["a pipe", mkfifo],
    ["a folder", kinds.folder],
    ["a socket", kinds.socket],
  ]

  it("rows are never written into what somebody has put where they are first", async () => {
    await using scripted = await Scripted.start(twoRows)
    const refused = "is a link, not a regular file, or another user's"
    const foreign = isRoot ? refused : undefined
    const inputs = [
      ...planted.map(([name, make]) => ({ name, make, told: refused })),
      { name: "own, empty", make: (path: string) => withMode(path, "", 0o644), told: undefined },
      {
        name: "own, with rows",
        make: (path: string) => withMode(path, "{}\n", 0o600),
        told: "rows of a run that ended early",
      },
      {
        name: "another user's, empty",
        make: (path: string) => (withMode(path, "", 0o666), giveAway(path)),
        told: foreign,
      },
      {
        name: "another user's, private",
        make: (path: string) => (withMode(path, "", 0o600), giveAway(path)),
        told: foreign,
      },
    ].flatMap((input, index) =>
      // Passwords make a difference where the rows are written in the end.
      (input.told === refused ? [""] : ["", " --show-passwords"]).map((flag) => {
        const place = join(folder, `part-${index}${flag.trim()}`)
        return { ...input, name: input.name + flag, out: join(place, "rows"), flag }
      }),
    )
    for (const { make, out } of inputs) {
      mkdirSync(dirname(out))
      writeFileSync(`${out}-of-another`, "")
      await make(`${out}.part`, `${out}-of-another`)
    }
    const typed = inputs.map((input) => ({
      ...input,
      typed: `feishu-meetings list 337736498 --quiet --output ${input.out}${input.flag}`,
    }))
    await each(typed, scripted.environment, ({ code, stderr }, { flag, out, told }) => {
      assert.strictEqual(textIn(`${out}-of-another`), "")
      assert.isFalse(existsSync(`${out}-of-another-new`))
      assert.strictEqual(code, told === undefined ? 0 : 2)
      assert.strictEqual(existsSync(out), told === undefined)
      if (told !== undefined) return assert.include(stderr, told)
      assert.deepStrictEqual(Cli.ids(readFileSync(out, "utf8")), twoIds)
      assert.strictEqual(lstatSync(out).uid, process.getuid?.())
      if (flag !== "") assert.strictEqual(lstatSync(out).mode & 0o777, 0o600)
    })
    assert.lengthOf(scripted.queries, typed.filter(({ told }) => told === undefined).length)
  })

  it("a checkpoint is written through no link and into no other file, whatever is beside it", async () => {
    await using scripted = await Scripted.start(twoRows)
    const inputs = planted.map(([name, make], index) => {
      const place = join(folder, `beside-${index}`)
      const checkpoint = join(place, "my.checkpoint")
      const typed = `feishu-meetings list 337736498 --output ${place}/rows --checkpoint ${checkpoint}`
      return { name, make, place, checkpoint, typed }
    })
    for (const { checkpoint, make, place } of inputs) {
      mkdirSync(place)
      writeFileSync(`${place}/of-another`, "kept")
      await make(`${checkpoint}.feishu-meetings-new`, `${place}/of-another`)
    }
    await each(inputs, scripted.environment, ({ code, stderr }, { place }) => {
      assert.strictEqual(readFileSync(`${place}/of-another`, "utf8"), "kept")
      assert.isFalse(existsSync(`${place}/of-another-new`))
      // It may be in the way; then that is told.
      assert.include(code === 0 ? "complete: " : stderr, code === 0 ? "complete: " : "my.checkpoint")
    })
  })

  it("a run goes on with its own file alone", async () => {
    await using scripted = await Scripted.start((response, query) =>
      query.get("page_token") === null
        ? Scripted.twoPages(response, query, 0)
        : Scripted.json(response, { code: 121003 }, 400),
    )
    const place = mkdtempSync(join(folder, "goes-on-"))
    const part = join(place, "rows.part")
    const typed = `feishu-meetings list 337736498 --output ${place}/rows --checkpoint ${place}/c`
    const early = await Cli.shell(typed, scripted.environment)
    assert.strictEqual(early.code, 1)
    const rows = readFileSync(part, "utf8")
    const inputs: ReadonlyArray<readonly [name: string, make: Make]> = [
      ...planted.filter(([name]) => /^a (?:link|pipe)|^another name/.test(name)),
      ...(isRoot ? ([["another user's", kinds["file of another user"]]] as const) : []),
    ]
    for (const [name, make] of inputs) {
      rmSync(part, { recursive: true })
      writeFileSync(`${place}/other`, rows)
      await make(part, name === "another user's" ? rows : `${place}/other`)
      const before = scripted.queries.length
      await each([{ name, typed }], scripted.environment, ({ code, stderr }) => {
        assert.strictEqual(code, 2)
        assert.match(
          stderr,
          /not the file that the checkpoint names|rows\.part no longer exists|cannot be written/,
        )
        assert.strictEqual(readFileSync(`${place}/other`, "utf8"), rows)
        assert.lengthOf(scripted.queries, before)
      })
    }
  })
})

describe("who may read the rows", () => {
  const passwords = "feishu-meetings list 337736498 --quiet --show-passwords --output"
  const plain = "feishu-meetings list 337736498 --quiet --output"
  /** A folder in which everybody may write, as `/tmp`. */
  const shared = () => {
    const place = mkdtempSync(join(folder, "shared-"))
    chmodSync(place, 0o1777)
    return place
  }
  const there = (mode: number, isForeign: boolean) => {
    const path = join(shared(), "rows")
    withMode(path, "old\n", mode)
    if (isForeign) giveAway(path)
    return path
  }

  it("passwords go only where nobody else can read them; other rows as the file system allows", async () => {
    await using scripted = await Scripted.start(twoRows)
    const foreign = isRoot ? "belongs to another user" : undefined
    const [more, less] = ["umask 000;", "umask 077;"]
    const rows: ReadonlyArray<
      readonly [
        typed: string,
        path: string,
        outcome: { readonly mode?: number; readonly told?: string | undefined },
      ]
    > = [
      [passwords, join(shared(), "rows"), { mode: 0o600 }],
      [`${more} ${passwords}`, join(shared(), "rows"), { mode: 0o600 }],
      [passwords, there(0o600, false), { mode: 0o600 }],
      [`${less} ${passwords}`, there(0o600, false), { mode: 0o600 }],
      [passwords, there(0o644, false), { told: "(mode 644), and with it the passwords" }],
      [`${less} ${passwords}`, there(0o644, false), { told: "(mode 644), and with it the passwords" }],
      [passwords, there(0o640, false), { told: "(mode 640), and with it the passwords" }],
      [passwords, there(0o604, false), { told: "(mode 604), and with it the passwords" }],
      [passwords, there(0o602, false), { told: "(mode 602), and with it the passwords" }],
      [passwords, there(0o600, true), { mode: 0o600, told: foreign }],
      [passwords, there(0o666, true), { told: foreign ?? "(mode 666), and" }],
      [`umask 022; ${plain}`, join(shared(), "rows"), { mode: 0o644 }],
      [`${less} ${plain}`, there(0o664, false), { mode: 0o664 }],
      [`${more} ${plain}`, there(0o600, false), { mode: 0o600 }],
      [plain, there(0o666, true), { mode: 0o666 }],
      [`${Cli.likeOthers}${plain}`, there(0o444, false), { told: "EACCES" }],
    ]
    const inputs = rows.map(([typed, path, outcome]) => ({
      name: typed,
      typed: `${typed} ${path}`,
      path,
      ...outcome,
    }))
    await each(inputs, scripted.environment, ({ code, stderr }, { mode, path, told }) => {
      assert.strictEqual(code, told === undefined ? 0 : 2)
      if (told === undefined) {
        assert.strictEqual(lstatSync(path).mode & 0o777, mode)
        assert.deepStrictEqual(Cli.ids(readFileSync(path, "utf8")), twoIds)
      } else {
        assert.include(stderr, told)
        assert.strictEqual(readFileSync(path, "utf8"), "old\n")
      }
      assert.isFalse(existsSync(`${path}.part`))
    })
    assert.lengthOf(scripted.queries, inputs.filter(({ told }) => told === undefined).length)
  })

  it("where no file can be private, passwords are refused and another place is named; other rows are written", async () => {
    await using scripted = await Scripted.start(twoRows)
    // As on FAT: everybody may read every file, and to set a mode does nothing.
    const withoutModes = Cli.before(`
      import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module";
      const { fstat } = fs;
      fs.fstat = (descriptor, ...rest) => {
        const done = rest.pop();
        fstat(descriptor, ...rest, (error, info) => {
          if (info?.isFile()) info.mode |= typeof info.mode === "bigint" ? 0o077n : 0o077;
          done(error, info);
        });
      };
      syncBuiltinESMExports();`)
    const inputs = [
      { name: "passwords", typed: `${passwords} rows`, told: true },
      { name: "others", typed: `${plain} rows`, told: false },
    ]
    await each(inputs, { ...scripted.environment, ...withoutModes }, ({ code, stderr }, { told }, place) => {
      assert.strictEqual(code, told ? 2 : 0)
      assert.deepStrictEqual(readdirSync(place), told ? [] : ["rows"])
      if (told) assert.match(stderr, new RegExp(`cannot be made private[^]*such as ${place}/rows`))
    })
    assert.lengthOf(scripted.queries, 1)
  })
})

describe("outputs with a place of their own", () => {
  it("a file that is mounted, as one of a container is, gets the rows", async () => {
    await using scripted = await Scripted.start(twoRows)
    // Where nothing may be mounted, the same has to hold of the file itself.
    const mount = "mount --bind host c/rows 2>/dev/null || ln -f host c/rows"
    const canMount = succeeds("unshare -m true")
    const list = "feishu-meetings list 337736498 --quiet --output c/rows"
    const inside = (command: string) =>
      `mkdir c; echo old >host; echo old >c/rows; chmod 600 host c/rows; ${canMount ? "unshare -m " : ""}sh -c '${mount}; ${command}' "$0" "$1"; rc=$?; ls c; cat ${canMount ? "host" : "c/rows"}; exit $rc`
    const inputs = [
      { name: "rows", typed: inside(list), made: ["rows"] },
      { name: "passwords", typed: inside(`${list} --show-passwords`), made: ["rows"] },
      {
        name: "through a link",
        typed: inside(`ln -s c/rows l; feishu-meetings list 337736498 --output l`),
        made: ["rows"],
      },
      { name: "with a checkpoint", typed: inside(`${list} --checkpoint c/state`), made: ["rows", "state"] },
    ]
    await each(inputs, scripted.environment, ({ code, stdout }, { made }) => {
      assert.strictEqual(code, 0)
      const lines = stdout.trimEnd().split("\n")
      assert.deepStrictEqual(lines.slice(0, -2).toSorted(), made)
      assert.deepStrictEqual(Cli.ids(lines.slice(-2).join("\n")), twoIds)
    })
  })

  it("~ is the home folder, also where no shell has said so; another name of the file keeps what it had", async () => {
    await using scripted = await Scripted.start(twoRows)
    const list = "feishu-meetings list 337736498 --quiet"
    // The folder is the home, too.
    const inputs = [
      { name: "=~/", typed: `mkdir w; cd w; ${list} --output=~/rows`, rows: "rows" },
      { name: "'~/'", typed: `mkdir w; cd w; ${list} --output '~/rows'`, rows: "rows" },
      { name: "./~", typed: `mkdir '~'; ${list} --output ./~/rows`, rows: "~/rows" },
      { name: "./-", typed: `${list} --output ./-`, rows: "-" },
      { name: "~name", typed: `${list} --output '~rows'`, rows: "~rows" },
      {
        name: "numbers and a checkpoint",
        typed: `mkdir w; cd w; echo 337736498 >../n; feishu-meetings list --numbers-from=~/n --output=~/rows --checkpoint=~/c && test -s ../c`,
        rows: "rows",
      },
      {
        name: "a hard link",
        typed: `echo old >other; ln other rows; ${list} --output rows; test "$(cat other)" = old`,
        rows: "rows",
      },
      { name: "a link", typed: `mkdir d; ln -s d/real l; ${list} --output l; test -h l`, rows: "d/real" },
    ]
    await each(inputs, scripted.environment, ({ code }, { rows }, place) => {
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(Cli.ids(readFileSync(join(place, rows), "utf8")), twoIds)
      assert.isFalse(existsSync(join(place, `${rows}.part`)))
    })
  })
})
