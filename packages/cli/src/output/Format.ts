/**
 * The formats of rows: a table, NDJSON, JSON, CSV, TSV, CSV for people who open it in Excel, or a workbook. Each can be written
 * page by page.
 */
import * as CliOutput from "effect/cli/CliOutput"
import type { GetMeeting } from "@effect-feishu/core"
import { json, visible } from "@effect-feishu/terminal/VisibleText"
import * as TimeZone from "../language/TimeZone.ts"
import * as Fields from "./Fields.ts"

/** The names of the formats for rows that are too wide for a table. */
export const withoutTable = ["ndjson", "json", "csv", "tsv", "excel", "xlsx"] as const
/** The names of the formats. */
export const names = ["table", ...withoutTable] as const
/** The name of a format. */
export type Name = (typeof names)[number]

/** True when a word is the name of a format. */
export const isName = (word: unknown): word is Name => names.some((name) => name === word)

/** The amount that is in the output already. */
interface Before {
  /** The length in characters or bytes: it only matters whether it is 0. */
  readonly length: number
  readonly rows: number
}

/** Rows as text, and how many they are. */
interface Rows {
  readonly text: string
  /** One for each meeting; where rows are flat and have fields of participants, one for each participant, and at least one. */
  readonly rows: number
}

/** Writes a format, page by page. What it writes depends on what is there already, so that any run can continue it. */
export interface Writer<Row = Fields.Meeting, Name = Fields.Field> {
  readonly rows: (rows: ReadonlyArray<Row>, before: Before) => Rows
  /** Returns the text after all rows, which makes the document valid wherever it ends, also without rows. */
  readonly end: (before: Before) => string
  /** Returns the fields that a table has left out so far, since the terminal is too narrow. */
  readonly leftOut: () => ReadonlyArray<Name>
  /** The sheet that the output has to make of what is written, which is ndjson of flat rows; absent where the rows are the output. */
  readonly sheet?: Sheet
}

/** A column of flat rows. */
interface Column<Name extends string = string> {
  readonly name: Name
  readonly type: Fields.Type
}

/** What a workbook needs to know of its rows. */
export interface Sheet {
  readonly columns: ReadonlyArray<Column>
  /** The time zone of its dates. */
  readonly timeZone: string
}

/** What is written of a row. */
export interface Shape<Row, Name extends string = string> {
  readonly columns: ReadonlyArray<Column<Name>>
  /** Returns the row for ndjson and json. */
  readonly objectOf: (row: Row) => Readonly<Record<string, unknown>>
  /** Returns the rows of cells that it takes where rows are flat, with a cell for each column, as programs get it. */
  readonly cellsOf: (row: Row) => ReadonlyArray<ReadonlyArray<Fields.Value>>
}

/** Where a format is shown. */
export interface Place {
  /** The width of the terminal that a table has to fit; without it, a table is as wide as it needs to be. */
  readonly columns?: number | undefined
  /** True for a terminal, which must get no control characters; a file keeps each character as it is. */
  readonly toTerminal?: boolean
  /** The time zone of times for people, as `TimeRange` takes it; default: that of this process. */
  readonly timeZone?: string
}

/** The options of a format of meetings. */
export interface Options extends Place {
  readonly fields: ReadonlyArray<Fields.Field>
}

/** Starts writing meetings. */
export const make = (name: Name, options: Options): Writer => {
  const { fields } = options
  const shape = {
    columns: fields.map((field) => ({ name: field, type: Fields.typeOf(field) })),
    objectOf: objectWith(fields),
    cellsOf: cellsWith(fields),
  }
  return writer(name, shape, options)
}

/** Starts writing a format. Only a table remembers something: its columns and their widths. */
export const writer = <Row, Field extends string>(
  name: Name,
  shape: Shape<Row, Field>,
  { columns, timeZone = TimeZone.current().name, toTerminal = false }: Place,
): Writer<Row, Field> => {
  const { objectOf } = shape
  const textsOf = textsIn(shape, timeZone)
  const leftOut = () => []
  switch (name) {
    case "ndjson": {
      return {
        rows: (meetings) => ({
          text: meetings.map((meeting) => `${json(objectOf(meeting))}\n`).join(""),
          rows: meetings.length,
        }),
        end: () => "",
        leftOut,
      }
    }
    case "json": {
      const bracket = (before: Before) => (before.length === 0 ? "[" : "")
      return {
        rows: (meetings, before) => ({
          text:
            bracket(before) +
            meetings
              .map(
                (meeting, index) => `${before.rows + index === 0 ? "" : ","}\n  ${json(objectOf(meeting))}`,
              )
              .join(""),
          rows: meetings.length,
        }),
        end: (before) => bracket(before) + (before.rows === 0 ? "]\n" : "\n]\n"),
        leftOut,
      }
    }
    case "csv":
    case "tsv":
    case "excel": {
      const cellOf = name === "excel" ? excelCell : separatedBy(separators[name])
      const line = (texts: ReadonlyArray<string>, types: ReadonlyArray<Fields.Type> = []) =>
        texts
          .map((text, index) => cellOf(toTerminal ? visible(text) : text, types[index]))
          .join(separators[name]) + (name === "excel" ? lineEndOfExcel : "\n")
      const mark = name === "excel" && !toTerminal ? byteOrderMark : ""
      const header = (before: Before) =>
        before.length === 0 ? mark + line(shape.columns.map(({ name }) => name)) : ""
      const types = shape.columns.map(({ type }) => type)
      return {
        rows: (meetings, before) => {
          const rows = meetings.flatMap(textsOf)
          return {
            text: header(before) + rows.map((texts) => line(texts, types)).join(""),
            rows: rows.length,
          }
        },
        end: header,
        leftOut,
      }
    }
    case "xlsx": {
      const names = shape.columns.map(({ name }) => name)
      const line = (cells: ReadonlyArray<Fields.Value>) =>
        `${json(Object.fromEntries(names.map((name, index) => [name, cells[index] ?? null])))}\n`
      return {
        rows: (meetings) => {
          const rows = meetings.flatMap(shape.cellsOf)
          return { text: rows.map(line).join(""), rows: rows.length }
        },
        end: () => "",
        leftOut,
        sheet: { columns: shape.columns, timeZone },
      }
    }
    case "table":
      return table(shape, textsOf, columns)
  }
}

/** Makes a function that returns the rows of a row, where rows are flat, with their cells as texts for people. */
const textsIn = <Row>({ cellsOf, columns }: Shape<Row>, timeZone: string) => {
  const time = Fields.timeIn(timeZone)
  return (row: Row): ReadonlyArray<ReadonlyArray<string>> =>
    cellsOf(row).map((cells) =>
      cells.map((cell, index) => {
        if (cell === undefined) return ""
        return columns[index]?.type === "time" ? time(String(cell)) : String(cell)
      }),
    )
}

/** Makes a function that returns a meeting as an object, with a list of its participants where their fields begin. */
const objectWith =
  (fields: ReadonlyArray<Fields.Field>) =>
  (meeting: Fields.Meeting): Readonly<Record<string, unknown>> => {
    const object: Record<string, unknown> = {}
    for (const field of fields) {
      if (!Fields.isOfParticipant(field)) object[field] = Fields.valueOf(meeting, field) ?? null
      else if (!Object.hasOwn(object, "participants"))
        object["participants"] = participantsOf(meeting, fields)
    }
    return object
  }

const participantsOf = (meeting: Fields.Meeting, fields: ReadonlyArray<Fields.Field>) => {
  const own = fields.filter(Fields.isOfParticipant)
  return (
    Fields.participantsOf(meeting)?.map((participant) =>
      Object.fromEntries(
        own.map((field) => [Fields.keyOf(field), Fields.valueOfParticipant(participant, field) ?? null]),
      ),
    ) ?? null
  )
}

/** Makes a function that returns a meeting as one row; as one for each participant, if there are fields of participants. */
const cellsWith = (fields: ReadonlyArray<Fields.Field>) => {
  const areOfParticipants = fields.some(Fields.isOfParticipant)
  return (meeting: Fields.Meeting): ReadonlyArray<ReadonlyArray<Fields.Value>> => {
    const cellOf = (field: Fields.Field, participant: GetMeeting.Participant | undefined) =>
      !Fields.isOfParticipant(field)
        ? Fields.valueOf(meeting, field)
        : participant && Fields.valueOfParticipant(participant, field)
    const participants = areOfParticipants ? (Fields.participantsOf(meeting) ?? []) : []
    // A meeting without participants keeps its row.
    return (participants.length === 0 ? [undefined] : participants).map((participant) =>
      fields.map((field) => cellOf(field, participant)),
    )
  }
}

/** Without it, Excel takes UTF-8 for the local encoding, and Chinese text is garbled. */
const byteOrderMark = "\ufeff"

const separators = { csv: ",", tsv: "\t", excel: "," } as const

/**
 * Puts an apostrophe in front of a text that a spreadsheet would run as a formula. Some take the full-width forms of East Asian
 * keyboards for the same, and skip white space that leads (OWASP, "CSV Injection").
 */
const harmless = (text: string): string => (/^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/.test(text) ? `'${text}` : text)

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

/** Makes a function that writes a cell that is no formula, quoted by RFC 4180. */
const separatedBy = (separator: string) => (text: string) => {
  const cell = harmless(text)
  return /["\r\n]/.test(cell) || cell.includes(separator) ? quoted(cell) : cell
}

/** With the comma, a line never ends in a quote: one that begins and ends with a quote would be a formula where `;` separates. */
const lineEndOfExcel = ",\n"

/** The most characters of a text in a formula of Excel. */
const mostInFormula = 255

/**
 * Writes a cell that spreadsheets leave as it is. They read `1-2`, `1.5` and `1,5` as dates or numbers, by the customs of the
 * country, and keep 15 digits of a number; the form `="1-2"` is a text to all of them. Where they separate with `;`, quotes
 * inside a line count for nothing: a `;` of a text would begin a cell, and a line break a row, with whatever comes next. So no
 * text has either, and a line is one cell there, which is not a number, since numbers have quotes.
 */
const excelCell = (text: string, type: Fields.Type | undefined): string => {
  if (text === "") return ""
  if ((type === "number" || type === "count") && /^\d{1,15}$/.test(text)) return quoted(text)
  if (type === "boolean") return text
  const cell = harmless(text.replaceAll(";", "；").replaceAll(/\s*[\t\n\v\f\r\u0085\u2028\u2029]\s*/g, " "))
  const mayTurn = !cell.startsWith("'") && (/\p{N}/u.test(cell) || /^\s*(?:true|false)\s*$/i.test(cell))
  if (!mayTurn) return separatedBy(",")(cell)
  if (cell.length <= mostInFormula) return quoted(`=${quoted(cell)}`)
  // No date is so long, and no number begins like this.
  return separatedBy(",")(/^[\p{L}{[]/u.test(cell) ? cell : `'${cell}`)
}

const gap = "  "
const narrowestTopic = 12
const widestTopic = 60
const timeWidth = "2026-09-01T10:00:00+08:00".length

/** The fields that a narrow terminal keeps longest, the most important first. */
const important = [
  "topic",
  "participant_id",
  "first_join_time",
  "recording_status",
  "start_time",
  "id",
  "minute_token",
  "duration_seconds",
  "in_meeting_seconds",
  "meeting_no",
  "password",
  "participant_count",
  "details_status",
  "end_time",
  "final_leave_time",
] as const satisfies ReadonlyArray<Fields.Field>

/** Returns how early a narrow terminal leaves out a field: those with a high rank first. Half of an address is of no use. */
const rankOf = (field: string): number =>
  field === "url" || field === "recording_url"
    ? Number.POSITIVE_INFINITY
    : [...important, field].indexOf(field)

/**
 * The columns take their widths from the first rows, since later rows are not known when these are shown. On a terminal that is
 * too narrow, the least important columns are left out.
 */
const table = <Row, Field extends string>(
  { columns: all }: Shape<Row, Field>,
  textsOf: (row: Row) => ReadonlyArray<ReadonlyArray<string>>,
  columns: number | undefined,
): Writer<Row, Field> => {
  const fields = all.map(({ name }) => name)
  const cut = columns !== undefined
  const topic = fields.findIndex((name) => name === "topic" || name === "message")
  let widths: ReadonlyArray<number> | undefined
  let shown = [...fields.keys()]
  const line = (cells: ReadonlyArray<string>): string => {
    const text = shown.map((index) => fit(cells[index] ?? "", widths?.[index] ?? 0, cut)).join(gap)
    return `${(cut ? fit(text, columns, cut) : text).trimEnd()}\n`
  }
  const start = (rows: ReadonlyArray<ReadonlyArray<string>>): string => {
    const natural = fields.map((field, index) =>
      rows.reduce(
        (width, cells) => Math.max(width, widthInCells(cells[index] ?? "")),
        // The first meetings may have no end.
        all[index]!.type === "time" ? timeWidth : widthInCells(field),
      ),
    )
    const least = (index: number): number =>
      index === topic ? Math.min(narrowestTopic, natural[index]!) : natural[index]!
    const widthOf = (indexes: ReadonlyArray<number>): number =>
      indexes.reduce((width, index) => width + least(index) + gap.length, -gap.length)
    const byRank = shown.toSorted((one, other) => rankOf(fields[one]!) - rankOf(fields[other]!))
    const fits = (count: number): boolean =>
      columns === undefined || widthOf(byRank.slice(0, count)) <= columns
    const kept = byRank.findLastIndex((_, index) => fits(index + 1))
    const chosen = byRank.slice(0, Math.max(1, kept + 1))
    shown = shown.filter((index) => chosen.includes(index))
    const room = columns === undefined || topic < 0 ? widestTopic : columns - widthOf(shown) + least(topic)
    widths = natural.map((width, index) => (index === topic ? Math.min(width, Math.max(1, room)) : width))
    return line(fields)
  }
  return {
    rows: (meetings) => {
      if (meetings.length === 0) return { text: "", rows: 0 }
      const rows = meetings.flatMap(textsOf).map((texts) => texts.map(visible))
      const header = widths === undefined ? start(rows) : ""
      return { text: header + rows.map(line).join(""), rows: rows.length }
    },
    end: () => (widths === undefined ? start([]) : ""),
    leftOut: () => fields.filter((_, index) => !shown.includes(index)),
  }
}

/** Returns the width of a text in terminal cells: a Chinese character takes two. */
const widthInCells = (text: string): number =>
  // Most cells are such, and measuring takes a hundred times as long.
  /^[ -~]*$/.test(text) ? text.length : CliOutput.displayWidth(text)

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" })

/** Pads a text to a width in terminal cells; with `cut`, cuts a text that is wider. */
const fit = (text: string, width: number, cut: boolean): string => {
  const own = widthInCells(text)
  if (own <= width) return text + " ".repeat(width - own)
  if (!cut) return text
  let kept = ""
  let used = 0
  for (const { segment } of segmenter.segment(text)) {
    used += widthInCells(segment)
    if (used > width - 1) break
    kept += segment
  }
  return `${kept}…${" ".repeat(Math.max(0, width - 1 - widthInCells(kept)))}`
}
