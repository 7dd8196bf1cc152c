/** What the command does on macOS and Windows, as far as a test on another system can force it. */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs"
import { devNull, homedir, tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, afterEach, assert, beforeAll, describe, it, vi } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FileSystem from "effect/FileSystem"
import * as PlatformError from "effect/PlatformError"
import { TestClock } from "effect/testing"
import { FeishuError } from "@effect-feishu/core"
import * as CompiledCode from "@effect-feishu/terminal/CompiledCode"
import * as Descriptor from "@effect-feishu/terminal/Descriptor"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as Language from "@effect-feishu/terminal/Language"
import { passwordFile } from "../src/commands/backfill/database.ts"
import * as FileMove from "../src/output/FileMove.ts"
import * as FileOutput from "../src/output/FileOutput.ts"
import * as WindowsName from "../src/output/WindowsName.ts"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-machines-"))
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(() => vi.restoreAllMocks())

const on = (platform: NodeJS.Platform) => vi.spyOn(process, "platform", "get").mockReturnValue(platform)

describe("on Windows", () => {
  it("nothing is written to find out whether standard output is open", () => {
    const file = join(folder, "read-only")
    writeFileSync(file, "")
    const descriptor = openSync(file, "r")
    assert.isFalse(Descriptor.isWritable(descriptor))
    on("win32")
    // A write, of nothing too, would fail.
    assert.isTrue(Descriptor.isWritable(descriptor))
    closeSync(descriptor)
    assert.isFalse(Descriptor.isWritable(descriptor))
  })

  it("~\\ is the home folder, as ~/ is everywhere", () => {
    assert.strictEqual(HomePath.expand("~/rows.csv", "win32"), join(homedir(), "rows.csv"))
    assert.strictEqual(
      HomePath.expand(String.raw`~\rows.csv`, "win32"),
      join(homedir(), String.raw`\rows.csv`),
    )
    assert.strictEqual(HomePath.expand(String.raw`~\rows.csv`, "linux"), String.raw`~\rows.csv`)
  })

  it("messages are in the language of the user, where no variable names another", () => {
    vi.spyOn(Intl.DateTimeFormat.prototype, "resolvedOptions").mockReturnValue({
      locale: "zh-CN",
    } as Intl.ResolvedDateTimeFormatOptions)
    assert.strictEqual(Language.find(undefined, {}), "en")
    on("win32")
    assert.strictEqual(Language.find(undefined, {}), "zh")
    assert.strictEqual(Language.find(undefined, { LANG: "en_US.UTF-8" }), "en")
    assert.strictEqual(Language.find("en", {}), "en")
  })

  it("a program that scans a file as it is moved is waited for", () =>
    Effect.runPromise(
      Effect.gen(function* () {
        let left = 5
        const rename = (from: string) =>
          Effect.suspend(() =>
            left-- > 0
              ? Effect.fail(
                  PlatformError.systemError({
                    _tag: "Busy",
                    module: "FileSystem",
                    method: "rename",
                    pathOrDescriptor: from,
                    cause: Object.assign(new Error("EBUSY"), { code: "EBUSY" }),
                  }),
                )
              : Effect.void,
          )
        const files = FileSystem.layerNoop({ rename })
        const move = Effect.provide(FileMove.rename("a", "b"), files)
        assert.strictEqual((yield* Effect.flip(move)).reason._tag, "Busy")
        on("win32")
        const moved = yield* Effect.forkChild(move)
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(moved)
        assert.strictEqual(left, -1)
      }).pipe(Effect.provide(TestClock.layer())),
    ))

  const refusal = (path: string) => Effect.runSync(Effect.result(WindowsName.check(path, "--output")))

  it("a name with a colon is refused, since its file would be in no folder", () => {
    for (const path of ["meetings-08:00.csv", String.raw`C:\w\a:b`, "a?.csv", 'a".csv', "a\tb"]) {
      assert.strictEqual(refusal(path)._tag, "Success", path)
      on("win32")
      const refused = refusal(path)
      assert.isTrue(refused._tag === "Failure" && refused.failure instanceof FeishuError.FeishuError, path)
      vi.restoreAllMocks()
    }
  })

  it("names with a drive, on a share, and the null device are taken", () => {
    on("win32")
    for (const path of [
      "rows.csv",
      "C:rows.csv",
      String.raw`C:\w\rows.csv`,
      String.raw`\\server\w\会议.csv`,
      devNull,
    ]) {
      assert.strictEqual(refusal(path)._tag, "Success", path)
    }
    assert.strictEqual(refusal(String.raw`\\?\C:\w\rows.csv`)._tag, "Success")
    assert.strictEqual(WindowsName.orDevice("NUL"), devNull)
    assert.strictEqual(WindowsName.orDevice("null.csv"), "null.csv")
  })

  it.skipIf(isWindows)("Ctrl-Break stops a run as Ctrl-C does", async () => {
    await using scripted = await Scripted.start((response, query, index) => {
      if (index === 0) Scripted.twoPages(response, query, index)
    })
    const child = Cli.start(["list", Scripted.meetingNo, "--from", "1d", "--format", "ndjson"], {
      ...scripted.environment,
      ...Cli.before(`
        Object.defineProperty(process, "platform", { value: "win32" });
        process.on("SIGUSR2", () => process.emit("SIGBREAK"));`),
    })
    child.stdout.once("data", () => child.kill("SIGUSR2"))
    const { code, lastLine, stdout } = await Cli.ended(child)
    assert.strictEqual(code, 130)
    assert.match(lastLine, /^incomplete: 50 meetings/)
    assert.strictEqual(stdout.trimEnd().split("\n").length, 50)
  })
})

describe("files that only the system knows the place of", () => {
  it("compiled code is in the folder for caches", () => {
    assert.strictEqual(CompiledCode.cacheFolder({}, "linux"), join(homedir(), ".cache"))
    assert.strictEqual(CompiledCode.cacheFolder({}, "darwin"), join(homedir(), "Library/Caches"))
    assert.strictEqual(CompiledCode.cacheFolder({ LOCALAPPDATA: "/local" }, "win32"), "/local")
    assert.strictEqual(
      CompiledCode.cacheFolder({ LOCALAPPDATA: "/local" }, "linux"),
      join(homedir(), ".cache"),
    )
    assert.strictEqual(
      CompiledCode.cacheFolder({ XDG_CACHE_HOME: "/x", LOCALAPPDATA: "/local" }, "win32"),
      "/x",
    )
  })

  it("the password file of PostgreSQL is where its own programs look", () => {
    assert.strictEqual(passwordFile({}, "linux"), join(homedir(), ".pgpass"))
    assert.strictEqual(passwordFile({ APPDATA: "/roaming" }, "darwin"), join(homedir(), ".pgpass"))
    assert.strictEqual(passwordFile({ APPDATA: "/roaming" }, "win32"), "/roaming/postgresql/pgpass.conf")
    assert.strictEqual(passwordFile({ APPDATA: "/roaming", PGPASSFILE: "mine" }, "win32"), "mine")
  })
})

describe("on a disk that takes Numbers.csv for numbers.csv", () => {
  it("an output does not overwrite the numbers that it is read from", () => {
    const overwrites = () =>
      Effect.runSync(FileOutput.overwrites(join(folder, "numbers.csv"), join(folder, "Numbers.CSV")))
    on("linux")
    assert.isFalse(overwrites())
    for (const platform of ["darwin", "win32"] as const) {
      on(platform)
      assert.isTrue(overwrites())
    }
  })
})

it("a workbook whose name leaves no room for the name that it is made under is refused before anything is sent", async () => {
  await using scripted = await Scripted.start(Scripted.twoPages)
  // 255 bytes at most on most disks: `.part` fits, and the longer ending does not.
  const output = join(folder, `${"会".repeat(79)}.xlsx`)
  const { code, stderr } = await Cli.run(
    ["list", Scripted.meetingNo, "--from", "1d", "--output", output],
    scripted.environment,
  )
  assert.strictEqual(code, 2)
  assert.match(stderr, /the name is too long, ENAMETOOLONG\)\. Nothing was sent/)
  assert.deepStrictEqual(scripted.paths, [])
})
