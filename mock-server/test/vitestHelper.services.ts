import { assert, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { mkdtemp, readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const folder = fileURLToPath(new URL("../examples/vitest/", import.meta.url))
const vitest = fileURLToPath(new URL("../node_modules/vitest/vitest.mjs", import.meta.url))

it("the vitest example passes: parallel tests on one server, each with a workspace of its own", async () => {
  const results = join(await mkdtemp(join(tmpdir(), "feishu-mock-vitest-")), "results.json")
  await promisify(execFile)(
    process.execPath,
    [vitest, "run", "--root", folder, "--reporter", "json", "--outputFile", results],
    // A vitest within vitest would take itself for a worker of it.
    { env: { PATH: process.env["PATH"], HOME: process.env["HOME"] } },
  )
  const { numFailedTests, numPassedTests } = JSON.parse(await readFile(results, "utf8"))
  assert.deepStrictEqual([numPassedTests, numFailedTests], [4, 0])
})
