/** The examples for testers who write Python or Go, where their interpreter is on this machine. */
import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, beforeAll, describe, it } from "vitest"

const run = promisify(execFile)
const folderOf = (language: string) => fileURLToPath(new URL(`../examples/${language}`, import.meta.url))

let cache: string
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "feishu-mock-go-"))
})
afterAll(() => rm(cache, { recursive: true }))

/** Runs a program in the folder of a language, with this clone's mock. Returns everything that it printed. */
const ran = async (language: string, command: string, args: ReadonlyArray<string>): Promise<string> => {
  // A proxy for the outside world has nothing to do with 127.0.0.1.
  const env = Object.entries(process.env).filter(([name]) => !/^(https?|all)_proxy$/i.test(name))
  const { stderr, stdout } = await run(command, args, {
    cwd: folderOf(language),
    env: {
      ...Object.fromEntries(env),
      FEISHU_MOCK: `${process.execPath} ${fileURLToPath(new URL("../src/bin.ts", import.meta.url))}`,
      PYTHONDONTWRITEBYTECODE: "1",
      GOCACHE: cache,
      GOPROXY: "off",
      GOTOOLCHAIN: "local",
    },
  })
  return stdout + stderr
}

/** True when a program is on this machine. Otherwise the output of the tests says that its examples were not run. */
const isHere = async (program: string, ...args: ReadonlyArray<string>): Promise<boolean> => {
  try {
    await run(program, args)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error
    console.warn(`${program} is not on this machine: its examples were not run`)
    return false
  }
}

describe("the examples where their interpreter is at hand", () => {
  it("for Python read every page, meet a failure of a gateway and wait for the rate limit", async () => {
    if (!(await isHere("python3", "--version"))) return
    assert.match(await ran("python", "python3", ["-m", "unittest"]), /^Ran 3 tests in .*\n\nOK$/m)
  })

  it("for Go do the same", async () => {
    if (!(await isHere("go", "version"))) return
    const told = await ran("go", "go", ["test", "-count=1", "-v", "./..."])
    assert.strictEqual(told.match(/^--- PASS: /gm)?.length, 3, told)
  })
})
