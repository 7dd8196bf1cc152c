/** Bundles the package into one file, with everything that it is built on, and writes down whose work that is. */
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const bundle = await rolldown({ input: at("src/index.ts"), platform: "node" })
const { output } = await bundle.write({
  file: at("dist/index.js"),
  format: "esm",
  // Effect loads undici when it is needed, which here is always.
  codeSplitting: false,
  // Not minified: a stack must be readable, and so must what one installs.
  comments: { annotation: false, jsdoc: false, legal: true },
  minify: "dce-only",
})

// The licences of what is inside ask to come with it.
const folders = new Set(
  Object.keys(output[0].modules).flatMap((id) => /^\/.*\/node_modules\/(?:@[^/]+\/)?[^/]+\//.exec(id) ?? []),
)
const licences = Array.from(folders, (folder) => {
  const { name, version } = JSON.parse(readFileSync(`${folder}package.json`, "utf8")) as Record<
    string,
    string
  >
  return `${name} ${version}\n\n${readFileSync(`${folder}LICENSE`, "utf8").trim()}\n`
})
writeFileSync(at("dist/LICENSES"), licences.toSorted().join(`\n${"-".repeat(80)}\n\n`))
