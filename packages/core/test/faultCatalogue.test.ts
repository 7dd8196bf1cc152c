import { assert, it } from "vitest"
import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../../", import.meta.url))
const read = (path: string): string => readFileSync(root + path, "utf8")

/** Every file of tests, by its path in the repository. */
const files = ["packages", "mock-server"].flatMap((folder) =>
  readdirSync(root + folder, { recursive: true })
    .map((path) => `${folder}/${String(path).replaceAll("\\", "/")}`)
    .filter((path) => /(^|\/)test\/.*\.ts$/.test(path) && !path.includes("/node_modules/")),
)

/** An id in the name of a test, or in that of an entry of a table of tests. */
const inName = /(?:["`]|[,;] |and )([NHPMAXSB]\d{1,2})(?=[ ,;:"`])/g

const used = new Map<string, Set<string>>()
for (const path of files) {
  for (const [, id] of read(path).matchAll(inName)) used.set(id!, (used.get(id!) ?? new Set()).add(path))
}

/** A row: its id, and the files that it links to. */
const rows = new Map(
  Array.from(read("FAULTS.md").matchAll(/^\| ([A-Z]\d+) +\|.*\| +(.*?) +\|$/gm), ([, id, tests]) => [
    id!,
    Array.from(tests!.matchAll(/\]\(([^)]+)\)/g), ([, path]) => path!),
  ]),
)

it("every id in the name of a test has a row of FAULTS.md, and every row names its tests", () => {
  assert.isAbove(rows.size, 90)
  assert.deepStrictEqual(
    Object.fromEntries([...rows].toSorted()),
    Object.fromEntries([...used].toSorted().map(([id, paths]) => [id, [...paths].toSorted()])),
  )
})
