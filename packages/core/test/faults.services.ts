import { fileURLToPath } from "node:url"
import { assert, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"

it("the README shows what `pnpm faults` prints", async () => {
  const program = fileURLToPath(new URL("faults.ts", import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [program])
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8")
  assert.include(readme, `\n\n${stdout}\n`)
  // The three rows of the main README are these, in short.
  const rows = stdout.trim().split("\n").slice(2)
  for (const row of rows) {
    assert.match(
      row,
      /\| 40 rows, \*\*ends as if complete\*\* \| (?:100 rows, complete|40 rows, `\w+`, with a cursor) \|$/,
    )
  }
})
