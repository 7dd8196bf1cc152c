/** The columns of rows: found by their heads, by the name that `--column` gives, or by what is in them. */
import * as Effect from "effect/Effect"
import { FeishuError } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"
import * as Shown from "./Shown.ts"
import * as Table from "./Table.ts"

const words = Language.words({
  en: {
    doubled: (column: string) => [`the head of the table has two columns ${column}`, "Rename one of them."],
    several: (columns: string) => [
      `several columns hold what is looked for: ${columns}`,
      "Name one of them with --column.",
    ],
    noColumn: (column: string, columns: string) => [
      `the file has no column called "${column}"`,
      `Its first row is: ${columns}`,
    ],
  },
  zh: {
    doubled: (column) => [`表头中有两列 ${column}`, "请为其中一列改名。"],
    several: (columns) => [`有多列的内容符合：${columns}`, "请用 --column 指定其中一列。"],
    noColumn: (column, columns) => [`文件中没有名为“${column}”的列`, `首行为：${columns}`],
  },
})

/** The names of a column, in small letters and without what is between the words. */
export type Names = ReadonlyArray<string>

/** Returns a head of a column in the form of `Names`. */
const plain = (head: string): string =>
  Table.bare(head)
    .normalize("NFKC")
    .toLowerCase()
    .replaceAll(/[\s_-]/g, "")

/** True for a row without anything, for one that begins with `#`, and for the line `sep=;` that tells Excel what is between the cells. */
export const isIgnored = ({ cells, text }: Table.Row): boolean =>
  /^sep=.\s*$/i.test(text) ||
  cells[0]?.trimStart().startsWith("#") === true ||
  cells.every((cell) => cell.trim() === "")

/** Returns the first row that counts. */
export const firstOf = (rows: Iterable<Table.Row>): Table.Row | undefined => {
  for (const row of rows) if (!isIgnored(row)) return row
  return undefined
}

/** Returns the place of the column that a head names; `undefined` where none does. It fails where two do. */
export const named = Effect.fnUntraced(function* (flag: string, { cells }: Table.Row, names: Names) {
  const [first, second] = [...cells.keys()].filter((at) => names.includes(plain(cells[at]!)))
  if (second === undefined) return first
  const say = yield* Language.say(words)
  return yield* FeishuError.invalidRequest(flag, ...say.doubled(Shown.of(cells[second]!)))
})

/** Returns the place of the column that `--column` names, by its head or by its number from 1. */
export const chosen = Effect.fnUntraced(function* ({ cells }: Table.Row, column: string) {
  const at = yield* named("--column", { line: 0, text: "", cells }, [plain(column)])
  if (at !== undefined) return { at, isHead: true }
  const number = /^\d{1,5}$/.test(column) ? Number(column) : 0
  if (number >= 1 && number <= cells.length) return { at: number - 1, isHead: false }
  const say = yield* Language.say(words)
  return yield* FeishuError.invalidRequest(
    "--column",
    ...say.noColumn(Shown.of(column), Shown.of(cells.join(", "))),
  )
})

/** Refuses a table with a head in which several columns have what is looked for. */
export const refuseSeveral = Effect.fnUntraced(function* (
  flag: string,
  { cells }: Table.Row,
  places: ReadonlyArray<number>,
) {
  if (places.length < 2) return
  const say = yield* Language.say(words)
  const heads = places.toSorted((one, other) => one - other).map((at) => cells[at] ?? "")
  yield* FeishuError.invalidRequest(flag, ...say.several(Shown.of(heads.join(", "))))
})

/** At most this many rows are looked at to find a column. */
const mostLooked = 200

/** Returns the places of the columns that have what is looked for: those that have it most often first. */
export const byContent = (
  rows: Iterable<Table.Row>,
  isOne: (cell: string) => boolean,
): ReadonlyArray<number> => {
  const counts: Array<number> = []
  let looked = 0
  for (const row of rows) {
    if (isIgnored(row)) continue
    for (const [at, cell] of row.cells.entries()) if (isOne(cell)) counts[at] = (counts[at] ?? 0) + 1
    if (++looked === mostLooked) break
  }
  // "counts" has holes for the columns that have none.
  return Object.keys(counts)
    .map(Number)
    .toSorted((one, other) => counts[other]! - counts[one]!)
}

/** True for a cell that may be the head of a column: words, and no more than a year in digits. */
export const mayBeHead = (cell: string): boolean => cell.trim() !== "" && !/\d{5}|:\/\//.test(cell)
