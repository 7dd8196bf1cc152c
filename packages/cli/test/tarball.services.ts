/** What is published: a tarball without dependencies, with a command that works from an empty folder. */
import { execFile } from "node:child_process"
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"

const source = fileURLToPath(new URL("..", import.meta.url))

/** A folder with nothing in it but the installed tarball. */
let folder: string
let installed: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "feishu-meetings-"))
  installed = join(folder, "node_modules/@effect-feishu/cli")
  const run = promisify(execFile)
  // It was built before the tests.
  await run("pnpm", ["pack", "--out", join(folder, "cli.tgz")], { cwd: source })
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true }))
  await run("npm", ["install", "--offline", "--no-audit", "--no-fund", "./cli.tgz"], { cwd: folder })
}, 120_000)
afterAll(() => rm(folder, { recursive: true }))

/** Runs the command that npm has linked, in the folder, with a home that cannot be written. */
const run = async (args: ReadonlyArray<string>, env: NodeJS.ProcessEnv = {}) => {
  const command = join(folder, "node_modules/.bin/feishu-meetings")
  // A file, not a folder without permissions: those do not keep root out.
  const home = join(folder, "package.json")
  const { stderr, stdout } = await promisify(execFile)(process.execPath, [command, ...args], {
    cwd: folder,
    env: { HOME: home, ...env },
  })
  return { stderr, stdout }
}

describe.concurrent("the tarball", () => {
  it("brings one package, which depends on none, and only files that are needed", async () => {
    const packages = await readdir(join(folder, "node_modules"))
    assert.deepStrictEqual(
      packages.filter((name) => !name.startsWith(".")),
      ["@effect-feishu"],
    )
    assert.deepStrictEqual(await readdir(join(folder, "node_modules/@effect-feishu")), ["cli"])
    const manifest = JSON.parse(await readFile(join(installed, "package.json"), "utf8"))
    for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) {
      assert.notProperty(manifest, kind)
    }
    assert.strictEqual(manifest.engines.node, ">=22.19.0")
    assert.sameMembers(await readdir(installed), [
      "LICENSE",
      "README.md",
      "README.zh-CN.md",
      "dist",
      "package.json",
    ])
    assert.sameMembers(await readdir(join(installed, "dist")), [
      "THIRD-PARTY-NOTICES.txt",
      "bin.js",
      "chunks",
    ])
    assert.deepStrictEqual(
      (await readdir(join(installed, "dist/chunks"))).filter((name) => !name.endsWith(".js")),
      [],
    )
    const licences = await readFile(join(installed, "dist/THIRD-PARTY-NOTICES.txt"), "utf8")
    for (const name of ["effect", "@effect/platform-node", "@mswjs/data", "undici", "yaml"]) {
      assert.match(licences, new RegExp(`^${name} \\d`, "m"))
    }
  })

  it("is told in a line by an old Node, whatever was asked for", async () => {
    const old = `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } })`
    for (const args of [["--version"], ["list", "337736498"], ["mock"]]) {
      const error = await promisify(execFile)(process.execPath, [
        `--import=${old}`,
        join(installed, "dist/bin.js"),
        ...args,
      ]).then(
        () => assert.fail("it ran"),
        (error: { readonly code: number; readonly stdout: string; readonly stderr: string }) => error,
      )
      const { code, stderr, stdout } = error
      assert.deepStrictEqual(
        { code, stderr, stdout },
        {
          code: 1,
          stderr: "feishu-meetings needs Node.js 22.19 or later, and this is 20.20.2\n",
          stdout: "",
        },
      )
    }
  })

  it("has its version, and all the help of the mock", async () => {
    const { version } = JSON.parse(await readFile(join(source, "package.json"), "utf8"))
    const [told, help] = await Promise.all([run(["--version"]), run(["mock", "--help"])])
    assert.strictEqual(told.stdout, `feishu-meetings v${version}\n`)
    assert.match(help.stdout, /^A mock Feishu [^]*\nUSAGE\n[^]*\n {2}feishu-meetings mock\n/)
  })

  it("lists the meetings of a mock, also where nothing of the home can be written", async () => {
    await using feishu = await startFeishuMock({ generate: { numbers: 1, meetings: 60 } })
    const { stderr, stdout } = await run(["list", feishu.meetingNos[0]!, "--lang", "en"], {
      FEISHU_BASE_URL: feishu.url,
      FEISHU_APP_ID: feishu.appId,
      FEISHU_APP_SECRET: feishu.appSecret,
    })
    assert.lengthOf(stdout.trimEnd().split("\n"), 60)
    assert.match(stderr, /^complete: 60 meetings, one 90-day period, \d requests\n$/)
  })

  it("reads the settings of a user, and the demo needs none", async () => {
    const home = await mkdtemp(join(folder, "home-"))
    await run(["config", "init"], { HOME: home })
    const path = (await run(["config", "path"], { HOME: home })).stdout.trim()
    await writeFile(path, "app_id: cli_of_the_file\nformat: csv\n")
    await chmod(path, 0o600)
    const shown = await run(["config", "show"], { HOME: home })
    assert.match(shown.stdout, /^app_id +cli_of_the_file +.*config\.yaml/m)
    const demo = await run(["list", "--demo", "--max-items", "1"], { HOME: home })
    assert.match(demo.stdout, /^id,meeting_no,topic,url\n\d+,\d{9},/)
  })
})
