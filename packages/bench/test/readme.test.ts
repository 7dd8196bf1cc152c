/** The README in both languages: what the English one says of numbers, the Chinese one says, too. */
import { readFileSync } from "node:fs"
import { assert, describe, expect, it } from "vitest"
import * as Chinese from "../src/Chinese.ts"

const read = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8")
const english = read("README.md")
const chinese = read("README.zh-CN.md")

const table = /^\| [^]*?(?=\n\n)/m
const fence = /^```sh\n([^]*?)^```$/m

/** Each paragraph, row and item, without the commands: its measurement, and the numbers in it, in any order. */
const numbersOf = (readme: string) =>
  readme
    .replace(fence, "")
    .replace(/^\| .*\n\|---.*\n/m, "")
    .split(/\n\n|\n(?=- |\| )/)
    .map((text) => ({
      measurement: /^(?:- \*\*|\| )(\w+)/.exec(text)?.[1],
      numbers: Array.from(text.matchAll(/\d+(?:[.,]\d+)*/g), ([number]) => number).toSorted(),
    }))

const commandsOf = (readme: string) => fence.exec(readme)![1]!.replaceAll(/ *# .*/g, "")

/** The Chinese README, with the table that it should have. */
const expected = () => chinese.replace(table, () => Chinese.tableOf(table.exec(english)![0]))

describe("README.zh-CN.md", () => {
  it("has the table of README.md in Chinese, which -u writes: the same measurements, order, numbers and goals", async () => {
    await expect(expected()).toMatchFileSnapshot("../README.zh-CN.md")
  })

  it("has the same commands, and the same numbers about the same measurements in each row and paragraph", () => {
    assert.strictEqual(commandsOf(chinese), commandsOf(english))
    assert.deepStrictEqual(numbersOf(expected()), numbersOf(english))
  })

  it("and README.md link to each other", () => {
    assert.match(english, /^# .*\n\n\[简体中文\]\(README\.zh-CN\.md\)\n/)
    assert.match(chinese, /^# .*\n\n\[English\]\(README\.md\)\n/)
  })
})

describe("the table in Chinese", () => {
  it("keeps why something was not measured, and has a Chinese name for it", () => {
    assert.strictEqual(
      Chinese.tableOf(
        "| scale | cells that were not reported | - | **not measured**: it ended with SIGKILL |\n| bundle | of that, effect/dist/Schema.js | 12.3 kB |  |",
      ),
      "| scale | 未报告的项目 | - | **未测得**：it ended with SIGKILL |\n| bundle | 其中 effect/dist/Schema.js | 12.3 kB |  |",
    )
  })

  it("names the row that has no Chinese yet", () => {
    assert.throws(() => Chinese.tableOf("| read | fast | 1.00 ms |  |"), "Chinese.ts has no Chinese of: fast")
  })
})
