import { assert, describe, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { openXlsx } from "hucre/xlsx"
import * as Format from "../src/output/Format.ts"
import * as Workbook from "../src/output/Workbook.ts"

const columns = [
  { name: "id", type: "text" },
  { name: "topic", type: "text" },
  { name: "start_time", type: "time" },
  { name: "duration_seconds", type: "number" },
  { name: "participant_count", type: "count" },
  { name: "is_host", type: "boolean" },
] as const satisfies Format.Sheet["columns"]
type Row = readonly [
  id: string,
  topic?: string,
  startTime?: string,
  seconds?: number,
  count?: string | undefined,
  isHost?: boolean,
]

/** Returns the sheets of the workbook that the format xlsx makes of rows, and how many cells were cut. */
const sheetsOf = Effect.fnUntraced(function* (rows: ReadonlyArray<Row>, rowsPerSheet?: number) {
  const writer = Format.writer<Row, string>(
    "xlsx",
    { columns, objectOf: () => ({}), cellsOf: (row) => [columns.map((_, index) => row[index])] },
    { timeZone: "Asia/Shanghai" },
  )
  const text = rows.map((row) => writer.rows([row], { length: 0, rows: 0 }).text).join("")
  const lines = Stream.splitLines(Stream.make(text))
  const workbook = Workbook.make(lines, { ...writer.sheet!, target: "rows.xlsx", rowsPerSheet })
  const bytes = Buffer.concat(yield* Stream.runCollect(workbook.bytes))
  const { sheets } = yield* Effect.promise(() => openXlsx(bytes))
  return { sheets, cut: workbook.cut() }
})

const id = "7011030664708603901"

describe("a workbook", () => {
  it.effect("has ids and topics as text, whatever they look like, times as dates, counts as numbers", () =>
    Effect.gen(function* () {
      const { cut, sheets } = yield* sheetsOf([
        [id, "2026-09-01", "1786507200", 3_660, "12", true],
        ["007", "=1+1", "1786510860", 30.5, undefined, false],
        [id, "1-2"],
      ])
      assert.deepStrictEqual(
        sheets[0]!.rows.map((row) => columns.map((_, index) => row[index] ?? null)),
        [
          columns.map(({ name }) => name),
          [id, "2026-09-01", new globalThis.Date("2026-08-12T12:00:00Z"), 3_660, 12, true],
          ["007", "=1+1", new globalThis.Date("2026-08-12T13:01:00Z"), 30.5, null, false],
          [id, "1-2", null, null, null, null],
        ],
      )
      assert.deepStrictEqual(sheets[0]!.freezePane, { rows: 1 })
      assert.strictEqual(cut, 0)
    }),
  )

  it.effect("keeps every character of a text that XML can have, and none that acts", () =>
    Effect.gen(function* () {
      const topics = ["_x0041_", "a\u0000b\r\nc\u001b[31m", "  spaced\t", "<&>\"'", "\u2028\u202e😀", ""]
      const { sheets } = yield* sheetsOf([...topics, "\ufffe"].map((topic) => [id, topic]))
      assert.deepStrictEqual(
        sheets[0]!.rows.slice(1).map((row) => row[1]),
        [...topics, "\ufffd"],
      )
    }),
  )

  it.effect("cuts a text that is longer than a cell of Excel, between characters, and counts it", () =>
    Effect.gen(function* () {
      const long = "x".repeat(32_765)
      const { cut, sheets } = yield* sheetsOf([
        [id, `${long}yz`],
        [id, `${long}😀z`],
      ])
      assert.deepStrictEqual(
        sheets[0]!.rows.slice(1).map((row) => row[1]),
        [`${long}yz`, `${long}…`],
      )
      assert.strictEqual(cut, 1)
    }),
  )

  it.effect("has further sheets for more rows than one holds, each with the head", () =>
    Effect.gen(function* () {
      const { sheets } = yield* sheetsOf(
        ["1", "2", "3", "4", "5"].map((id) => [id]),
        3,
      )
      assert.deepStrictEqual(
        sheets.map(({ freezePane, name, rows }) => [name, freezePane, rows.map(([id]) => id)]),
        [
          ["feishu-meetings", { rows: 1 }, ["id", "1", "2"]],
          ["feishu-meetings_2", { rows: 1 }, ["id", "3", "4"]],
          ["feishu-meetings_3", { rows: 1 }, ["id", "5"]],
        ],
      )
    }),
  )

  it.effect("without rows has its head; a time that is no date of Excel is text", () =>
    Effect.gen(function* () {
      const [none, odd] = yield* Effect.all([sheetsOf([]), sheetsOf([[id, "x", "99999999999999", 1e300]])])
      assert.deepStrictEqual(none.sheets[0]!.rows, [columns.map(({ name }) => name)])
      assert.deepStrictEqual(odd.sheets[0]!.rows[1]?.slice(2, 4), ["99999999999999", "1e+300"])
    }),
  )
})
