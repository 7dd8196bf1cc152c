/**
 * Compares the public APIs with the pages in `api`: `pnpm run check:api`. With `--write` it writes these pages: `pnpm run api`.
 * Both need the declarations, which `tsc -b` emits.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { diff } from "node:util"
import { apiOf } from "./Api.ts"
import { pathOf, type PublicPackage, publicPackages } from "./PublicPackages.ts"

/** Every path that can be imported, with its module, by the sources: `dist` may have modules that were removed. */
const entriesOf = ({ folder, manifest }: PublicPackage): Readonly<Record<string, string>> => {
  const published = manifest.publishConfig?.exports ?? {}
  const modules = readdirSync(pathOf(`${folder}/src`))
    .filter((file) => file.endsWith(".ts"))
    .map((file) => file.slice(0, -".ts".length))
  const entries: Record<string, string> = {}
  for (const [path, target] of Object.entries(published)) {
    if (target === null) continue
    const [, module] = /^\.\/dist\/(.*)\.d\.ts$/.exec(target.types)!
    if (module === "*") for (const one of modules) entries[path.replace("*", one)] ??= one
    else entries[path] = module!
  }
  delete entries["./index"]
  return Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

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
