/**
 * The rows of a file that people have in hand: lines, a table as text (CSV and the like), JSON, or a sheet of Excel; in UTF-8, UTF-16
 * or GB18030.
 */
import * as Effect from "effect/Effect"
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import * as Table from "./Table.ts"

/** Why a file has no rows. */
export type Fault =
  /** A file of Excel 97 to 2003. */
  | "oldExcel"
  /** A file of Excel, or another archive, that cannot be read as one; also one that is encrypted. */
  | "notExcel"

/** Returns the rows of a file. They can be iterated more than once. */
export const of = (bytes: Uint8Array): Effect.Effect<Iterable<Table.Row>, Fault> => {
  if (beginsWith(bytes, oldExcel)) return Effect.fail("oldExcel")
  if (beginsWith(bytes, archive)) return ofSheet(bytes)
  return Effect.sync(() => ofText(DecodedText.decode(bytes)))
}

const archive = [0x50, 0x4b, 0x03, 0x04]
/** Excel encrypts a file in the same container. */
const oldExcel = [0xd0, 0xcf, 0x11, 0xe0]

const beginsWith = (bytes: Uint8Array, mark: ReadonlyArray<number>): boolean =>
  mark.every((byte, index) => bytes[index] === byte)

/** Returns the rows of the first sheet. */
const ofSheet = (bytes: Uint8Array): Effect.Effect<ReadonlyArray<Table.Row>, Fault> =>
  Effect.tryPromise({
    try: async () => {
      const { streamXlsxRows } = await import("hucre/xlsx")
      const rows: Array<Table.Row> = []
      for await (const { index, values } of streamXlsxRows(bytes)) {
        rows.push({ line: index + 1, text: "", cells: values.map(cellOf) })
      }
      return rows
    },
    catch: () => "notExcel" as const,
  })

const cellOf = (value: unknown): string => {
  if (value === null || value === undefined) return ""
  if (typeof value === "number") return numberInWords(value)
  return typeof value === "object" ? JSON.stringify(value) : String(value).trim()
}

/** A number that has lost digits is written so that it can be told. */
const numberInWords = (value: number): string =>
  Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value)

/** Returns the rows of a text. */
const ofText = (text: string): Iterable<Table.Row> => {
  // Editors of DOS end a file with Ctrl-Z.
  const end = text.trimEnd()
  const whole = end.endsWith("\u001a") ? end.slice(0, -1) : text
  return ofJson(whole) ?? { [Symbol.iterator]: () => ofLines(whole) }
}

/** At most this many lines are looked at to see how the rows are written. */
const mostLooked = 100

const ofLines = (text: string): Generator<Table.Row> => {
  let looked = 0
  for (const { text: line } of Table.lines(text)) {
    const delimiter = Table.delimiterOf(withoutComment(line))
    if (delimiter !== undefined) return Table.rows(text, delimiter)
    if (++looked === mostLooked) break
  }
  return Table.lines(text)
}

/** Returns the part of a line that counts: everything after a `#` is ignored. */
export const withoutComment = (line: string): string => line.replace(/#.*/s, "").trim()

/** Returns the rows of a JSON array, or of an object per line; `undefined` for a text that is neither. */
const ofJson = (text: string): ReadonlyArray<Table.Row> | undefined => {
  // Comments may come first.
  const start = text.replace(/^(?:\s*#.*[\r\n]+)+/, "").trimStart()
  if (start.startsWith("[")) {
    const whole = parsed(start)
    if (Array.isArray(whole)) return ofValues(whole.map((value, index) => [index + 1, value] as const))
  }
  if (!start.startsWith("{") && !/^\[\s*\{/.test(start)) return undefined
  // An array of which the end is not there yet is a row per line, too.
  const values = Array.from(Table.lines(text), ({ line, text }) => {
    const element = text.trim().replace(/,$/, "")
    return [line, element === "[" || element === "]" ? "" : (parsed(element) ?? element)] as const
  })
  return ofValues(values)
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The line of a row that holds the keys of objects, which no line of the file has. */
export const keysLine = 0

/** Returns values as rows. Before objects, there is a row with their keys. */
const ofValues = (
  values: ReadonlyArray<readonly [line: number, value: unknown]>,
): ReadonlyArray<Table.Row> => {
  const objects = values.flatMap(([, value]) => (isObject(value) ? [value] : []))
  const keys = [...new Set(objects.slice(0, mostLooked).flatMap(Object.keys))]
  const head = keys.length === 0 ? [] : [{ line: keysLine, text: "", cells: keys }]
  const rows = values.map(([line, value]) => ({
    line,
    text: "",
    // What is no object is wrong in whichever column is looked for.
    cells: isObject(value)
      ? keys.map((key) => cellOf(value[key]))
      : Array.from({ length: Math.max(1, keys.length) }, () => cellOf(value)),
  }))
  return [...head, ...rows]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
