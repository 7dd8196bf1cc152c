import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it, vi } from "@effect/vitest"
import {
  Deferred,
  Effect,
  Exit,
  Fiber,
  FileSystem,
  Logger,
  Option,
  PlatformError,
  Redacted,
  Scope,
} from "effect"
import { TestClock } from "effect/testing"
import { once } from "node:events"
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { Worker } from "node:worker_threads"
import { Secret, type UserTokenStore } from "@effect-feishu/core"
import * as UserTokenFile from "@effect-feishu/core/UserTokenFile"
import * as PrivateFile from "../src/internal/PrivateFile.ts"
import * as Disk from "./Disk.ts"
import { mark } from "./Sinks.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

const login = (number: number): UserTokenStore.UserTokens => ({
  appId: "cli_a1b2c3",
  baseUrl: "https://open.feishu.cn",
  account: { openId: "ou_1a2b", name: "张三" },
  scopes: ["vc:meeting:readonly", "offline_access"],
  accessToken: Secret.accessToken(`${mark}Access${number}`),
  accessTokenEndsAt: 1_767_225_600_000 + number,
  refreshToken: Secret.refreshToken(`${mark}Refresh${number}`),
  refreshTokenEndsAt: 1_767_830_400_000,
  signedInAt: 1_767_225_600_000,
})

/** The number of a login, for short. */
const numberOf = (tokens: UserTokenStore.UserTokens | undefined) =>
  tokens === undefined ? undefined : tokens.accessTokenEndsAt - 1_767_225_600_000

const put = (store: UserTokenStore.UserTokenStore, number: number) =>
  store.locked((_, replace) => replace(login(number)))

/** A folder of a test, which is removed with its scope. */
const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "effect-feishu-login-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true })),
)

const messageOf = <A, E extends Error, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.map(Effect.flip(effect), ({ message }) => message)

/** The messages that were logged. */
const logged = (messages: Array<string>) =>
  Logger.layer([Logger.make(({ message }) => void messages.push(String(message)))])

describe("a login in a file", () => {
  it.live("is read as it was stored, by everybody who has the path", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "login.json")
      const store = UserTokenFile.make(path)
      assert.isUndefined(yield* store.read)
      const before = yield* store.locked((stored, replace) => Effect.as(replace(login(1)), stored))
      assert.isUndefined(before)
      const read = yield* UserTokenFile.make(path).read
      assert.deepStrictEqual(read, login(1))
      assert.strictEqual(Redacted.value(read!.refreshToken!), `${mark}Refresh1`)
      yield* store.locked((_, replace) => replace(undefined))
      assert.isUndefined(yield* store.read)
      yield* store.locked((_, replace) => replace(undefined))
    }),
  )

  it.live.skipIf(isWindows)("is for its owner alone, in a folder of its owner", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "deep", "deeper", "login.json")
      const modes = () =>
        [join(path, "../.."), join(path, ".."), path, `${path}.lock`].map(
          (name) => statSync(name).mode & 0o777,
        )
      yield* put(UserTokenFile.make(path), 1)
      assert.deepStrictEqual(modes(), [0o700, 0o700, 0o600, 0o600])
      yield* put(UserTokenFile.make(path), 2)
      assert.deepStrictEqual(modes(), [0o700, 0o700, 0o600, 0o600])
      assert.deepStrictEqual(readdirSync(join(path, "..")).toSorted(), ["login.json", "login.json.lock"])
    }),
  )

  it.live.skipIf(isWindows)("A18: that others could read is closed to them, with a warning", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "login.json")
      const store = UserTokenFile.make(path)
      yield* put(store, 1)
      const messages: Array<string> = []
      for (const mode of [0o644, 0o660, 0o604]) {
        chmodSync(path, mode)
        assert.strictEqual(numberOf(yield* Effect.provide(store.read, logged(messages))), 1)
        assert.strictEqual(statSync(path).mode & 0o777, 0o600)
        assert.match(messages.pop()!, new RegExp(`^Other users could read ${path}.*mode ${mode.toString(8)}`))
      }
      assert.strictEqual(numberOf(yield* Effect.provide(store.read, logged(messages))), 1)
      assert.deepStrictEqual(messages, [])
    }),
  )

  it.live("A18: is refused where it is another user's, or where others cannot be kept out", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "login.json")
      writeFileSync(path, "{}", { mode: 0o600 })
      const files = yield* FileSystem.FileSystem
      const seenAs = (change: Partial<FileSystem.File.Info>) =>
        messageOf(PrivateFile.read(path)).pipe(
          Effect.provideService(FileSystem.FileSystem, {
            ...files,
            chmod: () => Effect.void,
            stat: (name) =>
              Effect.map(files.stat(name), (info) => (name === path ? { ...info, ...change } : info)),
          }),
        )
      assert.match(yield* seenAs({ uid: Option.some(54_321) }), /another user\. Use a file of your own/)
      assert.match(
        yield* seenAs({ mode: 0o100_777 }),
        new RegExp(`tokens, and other users can read it \\(mode 777\\)\\. .*chmod 600 ${path}`),
      )
    }).pipe(Effect.provide(NodeFileSystem.layer)),
  )

  /** What is no login, made of one. */
  const damaged: ReadonlyArray<(whole: string) => string> = [
    () => "",
    (whole) => whole.slice(0, whole.length / 2),
    (whole) => whole.replace('"account"', '"acount"'),
    (whole) => whole.replace(/"accessToken":"[^"]*"/, '"accessToken":""'),
    () => JSON.stringify({ version: 1, tokens: [{ access_token: `${mark}1` }] }),
    (whole) => whole.replace('"version":1', '"version":0'),
    (whole) => whole.padEnd(2_000_000),
    () => String.fromCharCode(0, 1, 2, 255),
  ]
  it.live(
    "A18: is never written over where the file is something else, and nobody takes that for no login",
    () =>
      Effect.gen(function* () {
        const path = join(yield* folder, "login.json")
        const store = UserTokenFile.make(path)
        yield* put(store, 1)
        const whole = readFileSync(path, "utf8")
        const refused = Effect.fnUntraced(function* (expected: RegExp) {
          const before = statSync(path).isFile() ? readFileSync(path, "utf8") : ""
          for (const effect of [store.read, put(store, 2)]) {
            const error = yield* Effect.flip(effect)
            assert.strictEqual(error.reason._tag, "LoginStoreFailed")
            assert.match(error.message, expected)
            assert.notInclude(JSON.stringify(error), mark)
          }
          assert.strictEqual(statSync(path).isFile() ? readFileSync(path, "utf8") : "", before)
        })
        for (const damage of damaged) {
          writeFileSync(path, damage(whole))
          yield* refused(/login\.json: it is damaged, or is not a login .*\. Restore it, or move it away/)
        }
        writeFileSync(path, whole.replace('"version":1', '"version":2'))
        yield* refused(/a later version of effect-feishu has written it\. Use that version/)
        rmSync(path)
        mkdirSync(path)
        yield* refused(/login\.json: it is not a regular file/)
      }),
  )

  it.live("is behind the link that names it, which stays", () =>
    Effect.gen(function* () {
      const at = yield* folder
      mkdirSync(join(at, "volume"))
      mkdirSync(join(at, "home"))
      const file = join(at, "volume", "login.json")
      const link = join(at, "home", "login.json")
      const store = UserTokenFile.make(link)
      // There is no file yet, then there is one; and a link to a link, in a folder that is a link.
      symlinkSync("../volume/login.json", link)
      for (const number of [1, 2]) {
        yield* put(store, number)
        assert.isTrue(lstatSync(link).isSymbolicLink())
        assert.isTrue(lstatSync(file).isFile())
        assert.strictEqual(numberOf(yield* UserTokenFile.make(file).read), number)
      }
      symlinkSync("home", join(at, "house"))
      symlinkSync("login.json", join(at, "home", "second.json"))
      yield* put(UserTokenFile.make(join(at, "house", "second.json")), 3)
      assert.strictEqual(numberOf(yield* store.read), 3)
      assert.deepStrictEqual(readdirSync(join(at, "home")).toSorted(), ["login.json", "second.json"])
      // All of them have one lock.
      const waits = UserTokenFile.make(join(at, "house", "second.json"), { longestWait: 0 })
      yield* UserTokenFile.make(file).locked(() =>
        Effect.map(messageOf(put(waits, 4)), (message) => assert.include(message, `lock ${file}.lock`)),
      )
      symlinkSync("circle", join(at, "circle"))
      assert.match(yield* messageOf(put(UserTokenFile.make(join(at, "circle")), 5)), /circle: .*ELOOP/)
    }),
  )

  it.live("A15: that cannot be stored is an error with the system's reason", () =>
    Effect.gen(function* () {
      const at = yield* folder
      writeFileSync(join(at, "file"), "")
      const under = UserTokenFile.make(join(at, "file", "login.json"))
      assert.match(yield* messageOf(put(under, 1)), /login\.json: it cannot be reached \(ENOTDIR\)/)
      const long = UserTokenFile.make(join(at, "l".repeat(300)))
      assert.match(yield* messageOf(put(long, 1)), /\(ENAMETOOLONG\)/)
    }),
  )
})

describe("the lock of a login", () => {
  it.live("lets one in at a time, whoever and wherever they are in a process", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "login.json")
      let inside = 0
      // Each adds one to what is stored: with two of them at once, one would get lost.
      const add = UserTokenFile.make(path).locked(
        Effect.fnUntraced(function* (stored, replace) {
          assert.strictEqual(++inside, 1)
          yield* Effect.yieldNow
          yield* replace(login((numberOf(stored) ?? 0) + 1))
          inside--
        }),
      )
      yield* Effect.all(
        Array.from({ length: 12 }, () => add),
        { concurrency: "unbounded" },
      )
      assert.strictEqual(numberOf(yield* UserTokenFile.make(path).read), 12)
    }),
  )

  it.live("A19: is free after success, failure, a defect and interruption", () =>
    Effect.gen(function* () {
      const store = UserTokenFile.make(join(yield* folder, "login.json"), { longestWait: 0 })
      for (const use of [Effect.void, Effect.fail("failed"), Effect.die("died"), Effect.interrupt]) {
        const exit = yield* Effect.exit(store.locked(() => use))
        assert.strictEqual(Exit.isSuccess(exit), use === Effect.void)
      }
      const isHeld = yield* Deferred.make<void>()
      const holder = yield* Effect.forkChild(
        store.locked(() => Effect.andThen(Deferred.succeed(isHeld, undefined), Effect.never)),
      )
      yield* Deferred.await(isHeld)
      assert.match(yield* messageOf(put(store, 1)), /has held its lock .*login\.json\.lock for 0 s\. .*fuser/)
      yield* Fiber.interrupt(holder)
      yield* put(store, 1)
    }),
  )

  it.live("is waited for, by what can be interrupted", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "login.json")
      const store = UserTokenFile.make(path)
      const free = yield* Deferred.make<void>()
      const isHeld = yield* Deferred.make<void>()
      const holder = yield* Effect.forkChild(
        store.locked(() => Effect.andThen(Deferred.succeed(isHeld, undefined), Deferred.await(free))),
      )
      yield* Deferred.await(isHeld)
      const [first, second] = yield* Effect.all([
        Effect.forkChild(put(store, 1)),
        Effect.forkChild(put(store, 2)),
      ])
      yield* Effect.yieldNow
      yield* Fiber.interrupt(first)
      yield* Deferred.succeed(free, undefined)
      yield* Fiber.join(holder)
      yield* Fiber.join(second)
      assert.strictEqual(numberOf(yield* store.read), 2)
    }),
  )

  it.live("is not needed to read", () =>
    Effect.gen(function* () {
      const store = UserTokenFile.make(join(yield* folder, "login.json"))
      yield* put(store, 1)
      const read = yield* store.locked((_, replace) =>
        Effect.andThen(store.read, (before) =>
          Effect.map(Effect.andThen(replace(login(2)), store.read), (after) => [before, after].map(numberOf)),
        ),
      )
      assert.deepStrictEqual(read, [1, 2])
    }),
  )

  it.live("leaves the scope of its user open", () =>
    Effect.gen(function* () {
      const store = UserTokenFile.make(join(yield* folder, "login.json"))
      const scope = yield* Scope.make()
      let isClosed = false
      const finalizer = Effect.sync(() => {
        isClosed = true
      })
      yield* store.locked(() => Effect.addFinalizer(() => finalizer)).pipe(Scope.provide(scope))
      assert.isFalse(isClosed)
      yield* Scope.close(scope, Exit.void)
      assert.isTrue(isClosed)
    }),
  )

  it.live("is an error where its file is something else", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "login.json")
      mkdirSync(`${path}.lock`)
      assert.match(
        yield* messageOf(put(UserTokenFile.make(path), 1)),
        /its lock .*login\.json\.lock cannot be used \(.+\)\. Use a folder/,
      )
      assert.isFalse(existsSync(path))
    }),
  )

  it.live("is that of the process, for all of its threads", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "login.json")
      // It tries to get the lock, and closes the file again, which frees locks of the process unless SQLite sees to that.
      const program = `
        const { DatabaseSync } = require("node:sqlite")
        const database = new DatabaseSync(${JSON.stringify(`${path}.lock`)})
        try { database.exec("BEGIN EXCLUSIVE"); process.exitCode = 1 } catch { process.exitCode = 5 }
        database.close()`
      const thread = Effect.promise(async () => (await once(new Worker(program, { eval: true }), "exit"))[0])
      const store = UserTokenFile.make(path, { longestWait: 0 })
      yield* store.locked(
        Effect.fnUntraced(function* () {
          assert.strictEqual(yield* thread, 5)
          assert.match(yield* messageOf(put(store, 1)), /has held its lock/)
          assert.strictEqual(yield* thread, 5)
        }),
      )
      assert.strictEqual(yield* thread, 1)
    }),
  )

  it.live("sees a holder that has opened the file by itself", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "login.json")
      using other = new DatabaseSync(`${path}.lock`)
      other.exec("BEGIN EXCLUSIVE")
      const store = UserTokenFile.make(path, { longestWait: 0 })
      assert.match(yield* messageOf(put(store, 1)), /has held its lock/)
      other.exec("COMMIT")
      yield* put(store, 1)
    }),
  )
})

describe("replacing a file", () => {
  const path = "/folder/login.json"
  const replaced = (disk: ReturnType<typeof Disk.make>, text: string) =>
    PrivateFile.replace(path, text).pipe(
      Effect.provideService(FileSystem.FileSystem, disk.files),
      Effect.exit,
    )

  /** The steps of a replacement that nothing disturbs. */
  const steps = Effect.map(
    Effect.suspend(() => {
      const disk = Disk.make({ [path]: "former" })
      return Effect.as(replaced(disk, "next"), disk)
    }),
    (disk) => disk.steps(),
  )

  for (const former of ["the former login", undefined]) {
    const files: Readonly<Record<string, string>> = former === undefined ? {} : { [path]: former }

    it.effect(
      `A17: leaves ${former ?? "nothing"} or the next login, whole, wherever its process is killed or the power is cut`,
      () =>
        Effect.gen(function* () {
          const all = yield* steps
          assert.isAbove(all, 4)
          const seen = new Set<string | undefined>()
          for (let step = 1; step <= all + 1; step++) {
            const disk = Disk.make(files, { step, what: Disk.ended })
            const exit = yield* replaced(disk, "the next login")
            assert.strictEqual(Exit.isSuccess(exit), step > all)
            seen.add(disk.seen(path))
            for (const left of [disk.seen(path), ...disk.afterPowerCut(path)]) {
              assert.oneOf(left, Exit.isSuccess(exit) ? ["the next login"] : [former, "the next login"])
            }
            // Whoever holds the lock next removes what is left.
            const next = Disk.make(Object.fromEntries(disk.names().map((name) => [name, disk.seen(name)!])))
            yield* Effect.provideService(PrivateFile.removeLeftovers(path), FileSystem.FileSystem, next.files)
            assert.deepStrictEqual(next.names(), disk.seen(path) === undefined ? [] : [path])
          }
          assert.deepStrictEqual([...seen], [former, "the next login"])
        }),
    )

    it.effect(`A15: leaves ${former ?? "nothing"} where a step fails, and nothing next to it`, () =>
      Effect.gen(function* () {
        const all = yield* steps
        for (const what of ["ENOSPC", "EIO", "EBUSY"] as const) {
          for (let step = 1; step <= all; step++) {
            const disk = Disk.make(files, { step, what })
            const exit = yield* replaced(disk, "the next login")
            // Not every system can flush a folder: that it cannot is no failure.
            assert.strictEqual(disk.seen(path), Exit.isSuccess(exit) ? "the next login" : former)
            assert.deepStrictEqual(
              disk.names(),
              disk.seen(path) === undefined ? [] : [path],
              `${what} in step ${step}`,
            )
          }
        }
      }),
    )
  }

  it.effect("says what to do about a full disk, and about a file that is mounted by itself", () =>
    Effect.gen(function* () {
      const all = yield* steps
      // The move is followed by two steps with the folder.
      for (const [step, what, remedy] of [
        [2, "ENOSPC", "Make room on its disk."],
        [all - 2, "EBUSY", "If it is mounted by itself, mount its folder instead"],
      ] as const) {
        const disk = Disk.make({ [path]: "former" }, { step, what })
        const error = yield* PrivateFile.replace(path, "next").pipe(
          Effect.provideService(FileSystem.FileSystem, disk.files),
          Effect.flip,
        )
        assert.include(error.message, `${path}: it cannot be written (${what}). ${remedy}`)
      }
    }),
  )

  it.effect(
    "is moved on Windows once no other program has it open, and says what to do where one keeps it",
    () =>
      Effect.gen(function* () {
        vi.spyOn(process, "platform", "get").mockReturnValue("win32")
        const all = yield* steps
        const disk = Disk.make({ [path]: "former" }, { step: all - 2, what: "EBUSY" })
        const busyOnce = yield* Effect.forkChild(replaced(disk, "next"))
        yield* TestClock.adjust("1 second")
        assert.isTrue(Exit.isSuccess(yield* Fiber.join(busyOnce)))
        assert.strictEqual(disk.seen(path), "next")
        const kept = yield* PrivateFile.replace(path, "other").pipe(
          Effect.provideService(FileSystem.FileSystem, {
            ...disk.files,
            rename: (from) =>
              Effect.fail(
                PlatformError.systemError({
                  _tag: "Busy",
                  module: "FileSystem",
                  method: "rename",
                  pathOrDescriptor: from,
                  cause: Object.assign(new Error("EBUSY"), { code: "EBUSY" }),
                }),
              ),
          }),
          Effect.flip,
          Effect.forkChild,
        )
        yield* TestClock.adjust("10 seconds")
        assert.include(
          (yield* Fiber.join(kept)).message,
          `${path}: it cannot be written (EBUSY). Close the program that has it open`,
        )
        assert.strictEqual(disk.seen(path), "next")
        vi.restoreAllMocks()
      }),
  )

  it.effect("keeps what others have put next to it", () =>
    Effect.gen(function* () {
      const others = [
        "login.json.lock",
        "login.json.bak",
        "login.json.0123.new",
        "other.json.0123456789abcdef.new",
      ]
      const names = others.map((name) => `/folder/${name}`)
      const disk = Disk.make(
        Object.fromEntries([...names, `${path}.0123456789abcdef.new`].map((name) => [name, ""])),
      )
      yield* Effect.provideService(PrivateFile.removeLeftovers(path), FileSystem.FileSystem, disk.files)
      assert.deepStrictEqual(disk.names(), names)
    }),
  )
})
