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

/** Code and numbers, in any order: those of a sentence are the same in every language. */
const codeIn = (sentence: string): ReadonlyArray<string> =>
  Array.from(sentence.matchAll(/`[^`]*`|\d+(?:,\d{3})*/g), ([text]) => text).toSorted()

interface Row {
  readonly id: string
  readonly section: number
  readonly fault: string
  readonly outcome: string
  readonly tests: string
}

/** Returns the rows of a catalogue, in its order. */
const rowsOf = (file: string): ReadonlyArray<Row> =>
  read(file)
    .split(/^## /m)
    .flatMap((text, section) =>
      Array.from(
        text.matchAll(/^\| ([A-Z]\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm),
        ([, id, fault, outcome, tests]) => ({
          id: id!,
          section,
          fault: fault!,
          outcome: outcome!,
          tests: tests!,
        }),
      ),
    )

/** A row: its id, and the files that it links to. */
const rows = new Map(
  rowsOf("FAULTS.md").map(({ id, tests }) => [
    id,
    Array.from(tests.matchAll(/\]\(([^)]+)\)/g), ([, path]) => path!),
  ]),
)

it("every id in the name of a test has a row of FAULTS.md, and every row names its tests", () => {
  assert.isAbove(rows.size, 90)
  assert.deepStrictEqual(
    Object.fromEntries([...rows].toSorted()),
    Object.fromEntries([...used].toSorted().map(([id, paths]) => [id, [...paths].toSorted()])),
  )
})

it("FAULTS.zh-CN.md has the rows of FAULTS.md, with the same code, numbers and tests", () => {
  const shared = ({ fault, outcome, ...row }: Row) => ({
    ...row,
    fault: codeIn(fault),
    outcome: codeIn(outcome),
  })
  const chinese = rowsOf("FAULTS.zh-CN.md")
  assert.deepStrictEqual(chinese.map(shared), rowsOf("FAULTS.md").map(shared))
  for (const { fault, id, outcome } of chinese) {
    for (const sentence of [fault, outcome]) assert.match(sentence, /。$/, `${id} is in Chinese`)
  }
})

it("each language of the catalogue links to the other one below its title", () => {
  assert.match(read("FAULTS.md"), /^# .+\n\n\[简体中文\]\(FAULTS\.zh-CN\.md\)\n/)
  assert.match(read("FAULTS.zh-CN.md"), /^# .+\n\n\[English\]\(FAULTS\.md\)\n/)
})
