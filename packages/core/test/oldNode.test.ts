import { assert, it } from "@effect/vitest"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

/** What Node prints when it imports a module of ours and takes itself for an older one. */
const importedBy = (version: string, module: string) => {
  const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`
  const imports = [
    "--import",
    `data:text/javascript,${old}`,
    "--eval",
    `import ${JSON.stringify(at(module))}`,
  ]
  return promisify(execFile)(process.execPath, ["--input-type=module", ...imports]).then(
    ({ stdout }) => stdout,
    (error: { readonly stderr: string }) => error.stderr,
  )
}

it("the HTTP client for Node says which Node it needs; all else runs where Effect does", async () => {
  const { engines } = JSON.parse(readFileSync(at("../package.json"), "utf8"))
  assert.strictEqual(engines.node, ">=22.19.0")
  for (const old of ["16.20.2", "20.20.2", "22.18.0"]) {
    const needs = `@effect-feishu/core needs Node.js 22.19 or later, and this is ${old}`
    assert.include(await importedBy(old, "../src/node.ts"), `[Error: ${needs}]`)
  }
  assert.strictEqual(await importedBy("22.19.0", "../src/node.ts"), "")
  assert.strictEqual(await importedBy("20.20.2", "../src/index.ts"), "")
})
