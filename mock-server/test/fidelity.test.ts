import { assert, describe, it } from "@effect/vitest"
import { ErrorCodes } from "@effect-feishu/contract"
import { readFileSync } from "node:fs"
import { Behaviour } from "../src/protocol/Behaviour.ts"
import * as Operations from "../src/protocol/Operations.ts"

const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")
const english = text("../FIDELITY.md")
const chinese = text("../FIDELITY.zh-CN.md")
const rows = english.split("\n").filter((line) => line.startsWith("|") && !line.startsWith("|---"))

describe("FIDELITY.md", () => {
  for (const name of Operations.names) {
    it(`has a row for ${name}`, () => {
      const route = Operations.route(name)
      assert.isTrue(rows.some((row) => row.includes(`\`${route}\``)))
    })
  }

  it("has a row for every code of the catalogue", () => {
    const named = new Set(rows.flatMap((row) => /^\| ([\d, ]+) \|/.exec(row)?.[1]?.split(", ") ?? []))
    const without = ErrorCodes.catalogue.filter(({ code }) => !named.has(String(code)))
    assert.deepStrictEqual(
      without.map(({ code }) => code),
      [],
    )
  })

  it("has a row for every switch", () => {
    const without = Object.keys(Behaviour.fields).filter(
      (name) => !rows.some((row) => row.startsWith(`| \`${name}\` |`)),
    )
    assert.deepStrictEqual(without, [])
  })

  it("names tests that are there", () => {
    const named = rows.flatMap((row) => {
      const cell = row.split("|").at(-2)!.trim()
      const match = /^(\w+\.test\.ts): (.+)$/.exec(cell)
      if (match !== null) return [{ file: match[1]!, name: match[2]! }]
      return cell === "test" ? [] : [{ file: cell, name: "" }]
    })
    assert.isAbove(named.length, 30)
    for (const { file, name } of named) assert.include(text(`./${file}`), name, `${file}: ${name}`)
  })
})

/** The words of the column of certainty, in Chinese. */
const certainty: Readonly<Record<string, string>> = {
  yes: "确定",
  mostly: "基本确定",
  partly: "部分确定",
  no: "不确定",
}

/** Returns what a text says in any language, in any order: the code in it, and its numbers. */
const factsOf = (prose: string): string =>
  [
    ...Array.from(prose.matchAll(/`[^`]*`/g), ([code]) => code),
    ...Array.from(prose.replaceAll(/`[^`]*`/g, "").matchAll(/\d+(?:[.,]\d+)*/g), ([number]) => number),
  ]
    .toSorted()
    .join(" ")

const cellsOf = (row: string): ReadonlyArray<string> =>
  row
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim())

/** The column that differs in each language; the other ones have ids, sources, certainty and tests. */
const proseIn = (cells: ReadonlyArray<string>): number => (cells.length === 2 ? 0 : 1)

/** Returns the rows of a table, without its head. */
const rowsOf = (table: string) => table.split("\n").slice(2).map(cellsOf)

/** Returns the blocks of each section: its tables, points and paragraphs. */
const sectionsOf = (document: string) =>
  document.split(/^## .*$/m).map((section) => section.trim().split(/\n\n|\n(?=- )/))

const isTable = (block: string): boolean => block.startsWith("|")

/** Returns the facts of each section. */
const factsOfSections = (document: string) =>
  sectionsOf(document).map((blocks) =>
    blocks.flatMap((block) =>
      isTable(block)
        ? rowsOf(block).map((cells) =>
            cells.map((cell, column) => (column === proseIn(cells) ? factsOf(cell) : cell)).join(" | "),
          )
        : [factsOf(block)],
    ),
  )

describe("FIDELITY.zh-CN.md", () => {
  it("leads to the English, which leads to it", () => {
    assert.match(english, /^# .*\n\n\[简体中文\]\(FIDELITY\.zh-CN\.md\)\n/)
    assert.match(chinese, /^# .*\n\n\[English\]\(FIDELITY\.md\)\n/)
  })

  it("has the rows of the English in their order, with the same id, source, certainty, test, code and numbers", () => {
    const translated = english.replaceAll(
      /(?<= \| )(?:yes|mostly|partly|no)(?= \| )/g,
      (word) => certainty[word]!,
    )
    const [expected, actual] = [factsOfSections(translated), factsOfSections(chinese)]
    assert.strictEqual(actual.length, expected.length)
    for (const [section, facts] of expected.entries()) assert.deepStrictEqual(actual[section], facts)
  })

  it("says in Chinese what each row and each point says", () => {
    const prose = sectionsOf(chinese)
      .flat()
      .flatMap((block) => (isTable(block) ? rowsOf(block).map((cells) => cells[proseIn(cells)]!) : [block]))
    assert.deepStrictEqual(
      prose.filter((text) => !/\p{Script=Han}/u.test(text) && text !== "[English](FIDELITY.md)"),
      [],
    )
  })
})
