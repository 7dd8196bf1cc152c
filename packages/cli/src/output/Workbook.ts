/**
 * Makes an Excel workbook of rows that are lines of ndjson: ids and topics are text, times are dates, and the first row stays in
 * sight. What is in memory does not grow with the rows. Loaded for this format only, since it brings a library.
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type CellValue, type ColumnDef, writeXlsxStream } from "hucre/xlsx"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import * as Fields from "./Fields.ts"
import type * as Format from "./Format.ts"
import { OutputFailed } from "./Output.ts"

/** A workbook that is being made. */
export interface Workbook {
  readonly bytes: Stream.Stream<Uint8Array, OutputFailed>
  /** Returns how many cells were cut so far, since they had more characters than Excel holds in a cell. */
  readonly cut: () => number
  readonly mostCharacters: number
}

/** The options of a workbook. */
export interface Options extends Format.Sheet {
  /** The name that messages show. */
  readonly target: string
  /** True when a sheet may be larger than 4 GiB before it is compressed. Not every program reads such a file: LibreOffice 7.4 does not. */
  readonly isLarge?: boolean
  /** Rows of a sheet, its head included; default: as many as Excel holds, 1,048,576. More rows go to further sheets. */
  readonly rowsPerSheet?: number | undefined
}

/** Makes a workbook of lines of ndjson, each an object with the columns by their names. */
export const make = (
  lines: Stream.Stream<string, OutputFailed>,
  { columns, isLarge = false, rowsPerSheet, target, timeZone }: Options,
): Workbook => {
  let cut = 0
  const textOf = (text: string): string => {
    if (text.length > mostCharacters) cut++
    return escaped(shortened(text))
  }
  const zonedOf = Fields.zonedIn(timeZone)
  const cellOf = (value: unknown, type: Fields.Type): CellValue => {
    if (value === null || value === undefined) return null
    if (typeof value === "boolean") return value
    const text = String(value)
    switch (type) {
      case "time": {
        // Excel knows no other dates. A date of it has no zone: it is the time of day that clocks there show.
        const time = Option.filter(zonedOf(text), ({ epochMilliseconds }) => isDateOfExcel(epochMilliseconds))
        return Option.match(time, { onNone: () => textOf(text), onSome: DateTime.toDate })
      }
      case "number":
      case "count": {
        const number = Number(text)
        return Math.abs(number) <= Number.MAX_SAFE_INTEGER ? number : textOf(text)
      }
      default:
        return textOf(text)
    }
  }
  const rowOf = (line: string): Array<CellValue> => {
    const row = JSON.parse(line) as Readonly<Record<string, unknown>>
    return columns.map(({ name, type }) => cellOf(row[name], type))
  }
  const failed = (cause: unknown) =>
    cause instanceof OutputFailed
      ? cause
      : new OutputFailed({ target, code: SystemCode.orMessage(cause), flag: "--output" })
  return {
    bytes: Stream.fromReadableStream({
      evaluate: () =>
        writeXlsxStream(Stream.toAsyncIterable(Stream.map(lines, rowOf)), {
          name: "feishu-meetings",
          columns: columns.map(columnOf),
          freezePane: { rows: 1 },
          zip64: isLarge,
          ...(rowsPerSheet === undefined ? {} : { maxRowsPerSheet: rowsPerSheet }),
        }),
      onError: failed,
    }),
    cut: () => cut,
    mostCharacters,
  }
}

/** The most characters that Excel holds in a cell. */
const mostCharacters = 32_767

const shortened = (text: string): string =>
  text.length > mostCharacters
    ? `${text.slice(0, mostCharacters - 1).replace(/[\ud800-\udbff]$/, "")}…`
    : text

/** Escapes what has a meaning in the text of a cell, `_x0041_` for `A`, and replaces the two characters that XML cannot have. */
const escaped = (text: string): string =>
  text.replaceAll(/_(?=x[\da-f]{4}_)/gi, "_x005F_").replaceAll(/[\ufffe\uffff]/g, "\ufffd")

/** True from March 1900, before which Excel counts a day that there was not, to 9999; in unix milliseconds. */
const isDateOfExcel = (millis: number): boolean => millis > -2_203_800_000_000 && millis < 253_402_200_000_000

const columnOf = ({ name, type }: Format.Sheet["columns"][number]): ColumnDef => ({
  header: name,
  width: Math.max(name.length + 2, name === "topic" || name.endsWith("url") ? 40 : widths[type]),
  // Text stays text when a cell is edited.
  ...(type === "text" ? { numFmt: "@" } : type === "time" ? { numFmt: "yyyy-mm-dd hh:mm:ss" } : {}),
})

/** The widths of columns in characters: an id has 19, a time too. */
const widths = { text: 22, time: 21, number: 10, count: 10, boolean: 10 } as const
