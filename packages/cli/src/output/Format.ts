/** The formats of rows: a table, NDJSON, JSON, CSV, or CSV that Excel opens correctly. Each can be written page by page. */
import * as Redacted from "effect/Redacted"
import * as CliOutput from "effect/cli/CliOutput"
import type { MeetingBrief } from "@effect-feishu/core"
import { json, visible } from "@effect-feishu/terminal/VisibleText"

/** The names of the formats. */
export const names = ["table", "ndjson", "json", "csv", "excel"] as const
/** The name of a format. */
export type Name = (typeof names)[number]

/** The fields of a row that can be written, in the order of Feishu's documentation. */
export const fields = ["id", "meeting_no", "topic", "url", "meeting_connect", "note_id", "password"] as const
/** The name of a field. */
export type Field = (typeof fields)[number]

/** True when a word is the name of a field. */
export const isField = (name: string): name is Field => fields.some((field) => field === name)

/** The fields that are written unless `--fields` names others. */
export const usualFields = (showPasswords: boolean): ReadonlyArray<Field> => [
  "id",
  "meeting_no",
  "topic",
  "url",
  ...(showPasswords ? (["password"] as const) : []),
]

/** The amount that is in the output already. */
interface Before {
  /** The length in characters or bytes: it only matters whether it is 0. */
  readonly length: number
  readonly rows: number
}

/** Writes a format, page by page. What it writes depends on what is there already, so that any run can continue it. */
export interface Writer {
  readonly rows: (meetings: ReadonlyArray<MeetingBrief>, before: Before) => string
  /** Returns the text after all rows, which makes the document valid wherever it ends, also without rows. */
  readonly end: (before: Before) => string
}

/** The options of a format. */
export interface Options {
  readonly fields: ReadonlyArray<Field>
  /** The width of the terminal that a table has to fit; without it, a table is as wide as it needs to be. */
  readonly columns?: number | undefined
  /** True for a terminal, which must get no control characters; a file keeps each character as it is. */
  readonly toTerminal?: boolean
}

/** Starts writing a format. Only a table remembers something: the widths of its columns. */
export const make = (name: Name, options: Options): Writer => {
  const { columns, fields, toTerminal = false } = options
  const cellsOf = (meeting: MeetingBrief): Cells =>
    fields.map((field) => {
      const value = valueOf(meeting, field)
      return value === undefined ? undefined : String(value)
    })
  const objectOf = (meeting: MeetingBrief): string =>
    json(Object.fromEntries(fields.map((field) => [field, valueOf(meeting, field) ?? null])))
  switch (name) {
    case "ndjson":
      return {
        rows: (meetings) => meetings.map((meeting) => `${objectOf(meeting)}\n`).join(""),
        end: () => "",
      }
    case "json": {
      const bracket = (before: Before) => (before.length === 0 ? "[" : "")
      return {
        rows: (meetings, before) =>
          bracket(before) +
          meetings
            .map((meeting, index) => `${before.rows + index === 0 ? "" : ","}\n  ${objectOf(meeting)}`)
            .join(""),
        end: (before) => bracket(before) + (before.rows === 0 ? "]\n" : "\n]\n"),
      }
    }
    case "csv":
    case "excel": {
      const cellOf = name === "excel" ? excelCell : csvCell
      const line = (cells: Cells) =>
        `${cells.map((cell = "") => cellOf(toTerminal ? visible(cell) : cell)).join(",")}\n`
      const mark = name === "excel" && !toTerminal ? byteOrderMark : ""
      const header = (before: Before) => (before.length === 0 ? mark + line(fields) : "")
      return {
        rows: (meetings, before) =>
          header(before) + meetings.map((meeting) => line(cellsOf(meeting))).join(""),
        end: header,
      }
    }
    case "table":
      return table(fields, cellsOf, columns)
  }
}

const valueOf = (meeting: MeetingBrief, field: Field): string | boolean | undefined =>
  field === "password" ? meeting.password && Redacted.value(meeting.password) : meeting[field]

type Cells = ReadonlyArray<string | undefined>

/** Without it, Excel takes UTF-8 for the local encoding, and Chinese text is garbled. */
const byteOrderMark = "\ufeff"

/**
 * Excel keeps 15 digits of a number and drops leading zeros: an id of 19 digits would end in zeros. This form is text to it.
 */
const excelCell = (text: string): string =>
  /^(?:\d{16,}|0\d+)$/.test(text) ? `"=""${text}"""` : csvCell(text)

/**
 * Quoted by RFC 4180; what a spreadsheet would run as a formula gets an apostrophe in front. Some take the full-width
 * forms of East Asian keyboards for the same, and skip white space that leads (OWASP, "CSV Injection").
 */
const csvCell = (text: string): string => {
  const harmless = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless
}

const gap = "  "
const narrowestTopic = 12
const widestTopic = 60

/** The columns take their widths from the first rows, since later rows are not known when these are shown. */
const table = (
  fields: ReadonlyArray<Field>,
  cellsOf: (meeting: MeetingBrief) => Cells,
  columns: number | undefined,
): Writer => {
  const cut = columns !== undefined
  const topic = fields.indexOf("topic")
  const url = fields.indexOf("url")
  let widths: ReadonlyArray<number> | undefined
  let shown = [...fields.keys()]
  const line = (cells: ReadonlyArray<string>): string => {
    const text = shown.map((index) => fit(cells[index] ?? "", widths?.[index] ?? 0, cut)).join(gap)
    return `${(cut ? fit(text, columns, cut) : text).trimEnd()}\n`
  }
  const start = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
    const natural = fields.map((field, index) =>
      Math.max(...[field, ...rows.map((cells) => cells[index] ?? "")].map(CliOutput.displayWidth)),
    )
    const roomForTopic = (): number =>
      columns === undefined
        ? widestTopic
        : shown.reduce((room, index) => room - (index === topic ? 0 : natural[index]! + gap.length), columns)
    // Half of an address is of no use; half of a topic may still be recognized.
    if (topic >= 0 && roomForTopic() < Math.min(narrowestTopic, natural[topic]!)) {
      shown = shown.filter((index) => index !== url)
    }
    const room = Math.max(1, roomForTopic())
    widths = natural.map((width, index) => (index === topic ? Math.min(width, room) : width))
    return line(fields)
  }
  return {
    rows: (meetings) => {
      if (meetings.length === 0) return ""
      const rows = meetings.map((meeting) => cellsOf(meeting).map((cell) => visible(cell ?? "")))
      const header = widths === undefined ? start(rows) : ""
      return header + rows.map(line).join("")
    },
    end: () => (widths === undefined ? start([]) : ""),
  }
}

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** Pads a text to a width in terminal cells (a Chinese character takes two); with `cut`, cuts a text that is wider. */
const fit = (text: string, width: number, cut: boolean): string => {
  const own = CliOutput.displayWidth(text)
  if (own <= width) return text + " ".repeat(width - own)
  if (!cut) return text
  let kept = ""
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    used += CliOutput.displayWidth(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…${" ".repeat(Math.max(0, width - 1 - CliOutput.displayWidth(kept)))}`
}
