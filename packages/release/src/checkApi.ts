/**
 * Compares the public APIs with the pages in `api`: `pnpm run check:api`. With `--write` it writes these pages: `pnpm run api`.
 * Both need the declarations, which `tsc -b` emits.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { diff } from "node:util"
import { apiOf } from "./Api.ts"
import { entriesOf, pathOf, publicPackages } from "./PublicPackages.ts"

const write = process.argv.includes("--write")
mkdirSync(pathOf("api"), { recursive: true })
for (const one of publicPackages) {
  const entries = entriesOf(one)
  // A command has none.
  if (Object.keys(entries).length === 0) continue
  const file = `api/${one.name}.md`
  const read = (module: string) => readFileSync(pathOf(`${one.folder}/dist/${module}.d.ts`), "utf8")
  const now = apiOf({ name: one.manifest.name, entries, read })
  const before = existsSync(pathOf(file)) ? readFileSync(pathOf(file), "utf8") : ""
  if (now === before) continue
  if (write) {
    writeFileSync(pathOf(file), now)
    console.log(`${file} was written.`)
    continue
  }
  for (const [kind, line] of diff(before.split("\n"), now.split("\n"))) {
    if (kind !== 0) console.error(`${kind > 0 ? "-" : "+"} ${line}`)
  }
  console.error(
    `The public API of ${one.manifest.name} is not what ${file} says. If that is meant: pnpm run api, and commit what it writes.`,
  )
  process.exitCode = 1
}
