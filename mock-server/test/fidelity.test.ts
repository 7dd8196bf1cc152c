import { assert, describe, it } from "@effect/vitest"
import { ErrorCodes } from "@effect-feishu/contract"
import { readFileSync } from "node:fs"
import { Behaviour } from "../src/protocol/Behaviour.ts"
import * as Operations from "../src/protocol/Operations.ts"

const text = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")
const rows = text("../FIDELITY.md")
  .split("\n")
  .filter((line) => line.startsWith("|") && !line.startsWith("|---"))

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
