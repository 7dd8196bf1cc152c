import { assert, describe, it } from "@effect/vitest"
import { MeetingBrief, MeetingBriefRow } from "@effect-feishu/core"
import * as CliOutput from "effect/cli/CliOutput"
import * as Schema from "effect/Schema"
import * as Format from "../src/output/Format.ts"
import * as Scripted from "./ScriptedFeishu.ts"

const url = "https://vc.feishu.cn/j/337736498"
const topic = "每周一上午的产品例会，主持人轮流"
const meetings = [
  {
    id: "7011030664708603901",
    meeting_no: Scripted.meetingNo,
    topic: "周会 ".repeat(20),
    url,
    password: "123456",
  },
  { id: "7011030664708603902", meeting_no: Scripted.meetingNo, topic, url },
].map((row) => new MeetingBrief(Schema.decodeUnknownSync(MeetingBriefRow)(row)))

const table = (columns: number, showPasswords = false): ReadonlyArray<string> => {
  const writer = Format.make("table", { columns, fields: Format.usualFields(showPasswords) })
  const rows = writer.rows(meetings, { length: 0, rows: 0 })
  return (rows + writer.end({ length: rows.length, rows: 2 })).trimEnd().split("\n")
}

describe("csv", () => {
  const csv = (text: string, toTerminal: boolean): string => {
    const row = Schema.decodeUnknownSync(MeetingBriefRow)({ id: "1", topic: text })
    return Format.make("csv", { fields: ["topic"], toTerminal }).rows([new MeetingBrief(row)], {
      length: 1,
      rows: 1,
    })
  }

  it("has no cell that a spreadsheet takes for a formula, in whatever form that begins", () => {
    for (const start of ["=", "+", "-", "@", "＝", "＋", "－", "＠", " =", "\u3000="]) {
      assert.strictEqual(csv(`${start}1`, false), `'${start}1\n`)
    }
    for (const start of ["\t", "\r", "\n", "\n="]) assert.include(csv(`${start}1`, false), `'${start}1`)
    assert.strictEqual(csv("周会 =1", false), "周会 =1\n")
  })

  it("keeps every character for a program, and lets none act on a terminal", () => {
    const text = "a\u001b[2J\u202eb"
    assert.deepStrictEqual([csv(text, false), csv(text, true)], [`${text}\n`, "a\\u001b[2J\\u202eb\n"])
  })
})

describe("excel", () => {
  const written = (name: Format.Name, toTerminal = false): string =>
    Format.make(name, { fields: ["id", "topic"], toTerminal }).rows(
      ["周会", "007", "42", "=1"].map(
        (topic) =>
          new MeetingBrief(Schema.decodeUnknownSync(MeetingBriefRow)({ id: "7011030664708603901", topic })),
      ),
      { length: 0, rows: 0 },
    )

  it("says that it is UTF-8, and keeps numbers of which Excel would drop digits as texts", () => {
    const id = '"=""7011030664708603901"""'
    assert.strictEqual(
      written("excel"),
      `\ufeffid,topic\n${id},周会\n${id},"=""007"""\n${id},42\n${id},'=1\n`,
    )
    assert.notInclude(written("excel", true), "\ufeff")
  })

  it("is otherwise csv, which has every text as it is", () => {
    assert.strictEqual(
      written("csv"),
      `id,topic\n${["周会", "007", "42", "'=1"].map((topic) => `7011030664708603901,${topic}\n`).join("")}`,
    )
  })
})

describe("a table on a terminal", () => {
  it("is never wider than the terminal", () => {
    for (let columns = 1; columns <= 160; columns++) {
      for (const line of [...table(columns), ...table(columns, true)]) {
        assert.isAtMost(CliOutput.displayWidth(line), columns)
      }
    }
  })

  it("keeps the url whole while 12 columns remain for the topic, and leaves it out below that", () => {
    assert.deepStrictEqual(
      [79, 78].map((columns) => table(columns).map((line) => line.includes(url))),
      [
        [false, true, true],
        [false, false, false],
      ],
    )
    assert.strictEqual(table(78)[0], "id                   meeting_no  topic")
    assert.include(table(78)[2], topic)
  })
})
