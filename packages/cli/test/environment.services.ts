/** What the system says of itself: it is never the user's mistake, and never a bug. */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

/** Windows has no modes and no named pipes in folders. */
const isWindows = process.platform === "win32"

const { meetingNo } = Scripted

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs it in a folder that is removed before. */
const nowhere = (name: string, words: string, environment: Cli.Environment) =>
  Cli.shell(`mkdir ${folder}/${name}; cd ${folder}/${name}; rmdir ${folder}/${name}; ${words}`, environment)

describe.concurrent("X13 the time zone", () => {
  const days = ["plan", meetingNo, "--from", "2026-09-01", "--to", "2026-09-01"]
  const plan = async (tz: string, ...args: ReadonlyArray<string>) => {
    const { code, stderr, stdout } = await Cli.run([...days, "--json", ...args], { TZ: tz })
    assert.strictEqual(code, 0)
    return { stderr, range: (JSON.parse(stdout) as { readonly range: unknown }).range }
  }
  const utc = { start: "2026-09-01T00:00:00.000Z", end: "2026-09-02T00:00:00.000Z" }

  it("is what TZ says: empty it is UTC, and POSIX counts backwards; nothing is told of it", async () => {
    const [empty, posix] = await Promise.all([plan(""), plan("CST-8")])
    assert.deepStrictEqual(empty, { stderr: "", range: utc })
    assert.deepStrictEqual(posix, {
      stderr: "",
      range: { start: "2026-08-31T16:00:00.000Z", end: "2026-09-01T16:00:00.000Z" },
    })
  })

  it("that nobody can know is UTC, with a warning where it matters; doctor names it in any case", async () => {
    const environment = { TZ: "Asia/Shangai" }
    const [days, quiet, relative, doctor] = await Promise.all([
      plan("Asia/Shangai"),
      plan("Asia/Shangai", "--quiet"),
      Cli.run(["plan", meetingNo, "--from", "30d", "--to", "2026-09-01T08:00:00+08:00"], environment),
      Cli.run(["doctor", "--json"], { ...environment, FEISHU_BASE_URL: "http://127.0.0.1:9" }),
    ])
    assert.deepStrictEqual(days.range, utc)
    assert.match(
      days.stderr,
      /^warning: TZ is "Asia\/Shangai", .* read as UTC\. Set TZ to one such as [^\n]*\n$/,
    )
    assert.deepStrictEqual([quiet.stderr, quiet.range], ["", utc])
    assert.notInclude(relative.stderr, "TZ")
    const [node] = (JSON.parse(doctor.stdout) as { readonly checks: ReadonlyArray<unknown> }).checks
    assert.deepInclude(node, {
      check: "node",
      status: "ok",
      timeZone: { value: "UTC", isKnown: false, origin: { from: "environment", variable: "TZ" } },
    })
  })
})

describe.concurrent("X13 a working folder that was removed", () => {
  it("stops nothing that does not need it", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const [output, checkpoint] = [join(folder, "whole.ndjson"), join(folder, "whole.checkpoint")]
    const [plain, files] = await Promise.all([
      nowhere("a", `feishu-meetings list ${meetingNo}`, scripted.environment),
      nowhere(
        "b",
        `feishu-meetings list ${meetingNo} --output ${output} --checkpoint ${checkpoint}`,
        scripted.environment,
      ),
    ])
    assert.deepStrictEqual([plain.code, files.code], [0, 0], plain.stderr + files.stderr)
    assert.lengthOf(Cli.ids(plain.stdout), 60)
    assert.lengthOf(Cli.ids(readFileSync(output, "utf8")), 60)
  })

  it("is what is told of a relative path, wherever one is given; nothing is sent", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const { FEISHU_BASE_URL = "" } = scripted.environment
    const wrong: ReadonlyArray<readonly [string, string, Cli.Environment?]> = [
      ["--output rows", "--output: rows"],
      [`--output ${folder}/rows --checkpoint point`, "--checkpoint: point"],
      ["--numbers-from numbers", "--numbers-from: numbers"],
      ["--app-id cli_a --app-secret-file key", "key"],
      ["", "token", { FEISHU_ACCESS_TOKEN_FILE: "token" }],
      ["", "ca.pem", { FEISHU_CA_FILE: "ca.pem", FEISHU_ACCESS_TOKEN: Scripted.token }],
    ]
    const ends = await Promise.all(
      wrong.map(([words, , environment], index) =>
        nowhere(`w${index}`, `feishu-meetings list ${meetingNo} ${words}`, {
          FEISHU_BASE_URL,
          ...environment,
        }),
      ),
    )
    for (const [index, { code, stderr }] of ends.entries()) {
      assert.strictEqual(code, 2, stderr)
      assert.include(stderr, `${wrong[index]![1]} is a relative path, and the folder that this command`)
      assert.include(stderr, "to do: Change to a folder that exists (cd), or give an absolute path.")
    }
    assert.lengthOf(scripted.queries, 0)
  })
})

describe.concurrent("X13 a home", () => {
  it.skipIf(isWindows)(
    "that is relative, no folder, too long a name, none, or closed to this user is as one without files",
    async () => {
      const closed = join(folder, "closed")
      mkdirSync(join(closed, ".config"), { recursive: true, mode: 0o000 })
      chmodSync(closed, 0o000)
      const homes = ["relative", "/dev/null", `/${"x".repeat(5_000)}`, "", closed]
      const ends = await Promise.all(
        homes.map((HOME) =>
          Cli.shell(`cd ${folder}; ${Cli.likeOthers}feishu-meetings plan ${meetingNo}`, {
            HOME,
            XDG_CACHE_HOME: "relative",
            NODE_COMPILE_CACHE: "",
          }),
        ),
      )
      chmodSync(closed, 0o700)
      for (const { code, stderr } of ends) assert.deepStrictEqual([code, stderr], [0, ""])
      assert.isFalse(existsSync(join(folder, "relative")))
    },
  )
})
