/** The packages as npm would install them: built, and next to their dependencies. */
import { execFileSync } from "node:child_process"
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const own = ["contract", "core"]
const foreign = ["effect", "@effect/platform-node", "@larksuiteoapi/node-sdk"]

/** Builds the packages, and installs them in a new folder, which is removed when the result is disposed. */
export const install = (): { readonly folder: string } & Disposable => {
  execFileSync("npx", ["--yes", "pnpm@12", "--filter-prod", "@effect-feishu/core...", "run", "build"], {
    cwd: root,
  })
  const folder = mkdtempSync(join(tmpdir(), "feishu-bench-"))
  for (const name of own) {
    const from = join(root, "packages", name)
    const to = join(folder, "node_modules/@effect-feishu", name)
    const { publishConfig, ...manifest } = JSON.parse(readFileSync(join(from, "package.json"), "utf8"))
    mkdirSync(to, { recursive: true })
    cpSync(join(from, "dist"), join(to, "dist"), { recursive: true })
    writeFileSync(join(to, "package.json"), JSON.stringify({ ...manifest, ...publishConfig }))
  }
  for (const name of foreign) {
    const to = join(folder, "node_modules", name)
    mkdirSync(dirname(to), { recursive: true })
    symlinkSync(realpathSync(join(root, "packages/bench/node_modules", name)), to)
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}
