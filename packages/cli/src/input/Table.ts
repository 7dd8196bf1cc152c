/** Tables as text: CSV, or the same with tabs or semicolons between the cells, as spreadsheets write and copy them. */

/** A row. */
export interface Row {
  /** The line that it begins in, the element of a JSON array, or the row of a sheet; counted from 1. */
  readonly line: number
  /** The line as it is written; empty where it is not one. */
  readonly text: string
  readonly cells: ReadonlyArray<string>
}

/** What may be between the cells: two spaces in a table for people. */
export type Delimiter = "," | "\t" | ";" | "  "

/** Returns what is between the cells of a line; `undefined` where it is only one cell. */
export const delimiterOf = (line: string): Delimiter | undefined =>
  (["\t", ";", ",", "  "] as const).find((delimiter) => line.includes(delimiter))

/** Returns the lines of a text one by one, each as one cell. */
export function* lines(text: string): Generator<Row> {
  const lineBreak = /\r\n|\n|\r/g
  for (let [at, line] = [0, 1]; at < text.length; line++) {
    const end = lineBreak.exec(text)
    const written = text.slice(at, end?.index)
    yield { line, text: written, cells: [written] }
    at = end === null ? text.length : lineBreak.lastIndex
  }
}

/** At most this many characters are in quotes. A quote that is never closed would make the rest of the file one cell. */
const mostQuoted = 10_000

/** Returns the rows of a text one by one, without those that are blank. A line break in quotes is a part of its cell. */
export function* rows(text: string, delimiter: Delimiter): Generator<Row> {
  const lineBreak = /\r\n|\n|\r/g
  const lineFrom = (at: number) => {
    lineBreak.lastIndex = at
    const end = lineBreak.exec(text)
    return { end: end?.index ?? text.length, next: end === null ? text.length : lineBreak.lastIndex }
  }
  for (let at = 0, line = 1; at < text.length;) {
    const first = lineFrom(at)
    let last = first
    let lines = 1
    while (endsInQuotes(text.slice(at, last.end), delimiter)) {
      if (last.next >= text.length || last.end - at > mostQuoted) {
        // The quote is a character like any other.
        ;[last, lines] = [first, 1]
        break
      }
      last = lineFrom(last.next)
      lines++
    }
    const written = text.slice(at, last.end)
    if (written.trim() !== "") yield { line, text: written, cells: cellsOf(written, delimiter) }
    at = last.next
    line += lines
  }
}

/** True when a cell that begins with a quote has no quote at its end. A table for people has no quotes. */
const endsInQuotes = (written: string, delimiter: Delimiter): boolean =>
  delimiter !== "  " &&
  written.includes('"') &&
  new RegExp(`(?:^|${delimiter})\\s*"`).test(
    written.replaceAll(new RegExp(`(^|${delimiter})\\s*"(?:[^"]|"")*"`, "g"), "$1"),
  )

const cellsOf = (written: string, delimiter: Delimiter): ReadonlyArray<string> => {
  if (delimiter === "  ") return written.trim().split(/ {2,}/)
  if (!written.includes('"')) return written.split(delimiter).map((cell) => cell.trim())
  const cells: Array<string> = []
  const cell = new RegExp(`\\s*(?:"((?:[^"]|"")*)"\\s*|([^${delimiter}]*))(?:${delimiter}|$)`, "gy")
  for (let found = cell.exec(written); found !== null; found = cell.exec(written)) {
    cells.push(found[1] === undefined ? (found[2] ?? "").trim() : found[1].replaceAll('""', '"').trim())
    if (cell.lastIndex >= written.length && !found[0].endsWith(delimiter)) break
  }
  return cells
}

/** Returns a cell without what spreadsheets put around a number that is text. */
export const bare = (cell: string): string =>
  cell
    .trim()
    .replace(/^(?:=?"(.*)"|'(.*?)'?)$/s, "$1$2")
    .trim()
