/** The commands `backfill failures` and `backfill export`: rows of the database, streamed into one of the formats of `list`. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import type { SqlError } from "effect/sql/SqlError"
import { Backfill, type BackfillError, type MeetingsTable } from "@effect-feishu/backfill"
import { Stderr } from "../../console/Stderr.ts"
import { CurrentVerbosity } from "../../console/Verbosity.ts"
import * as RangeFlags from "../../input/RangeFlags.ts"
import * as Language from "../../language/Language.ts"
import { many } from "../../language/phrases.ts"
import type * as Fields from "../../output/Fields.ts"
import { chooseFormat } from "../../output/chooseFormat.ts"
import * as Format from "../../output/Format.ts"
import { isStdout, openOutput } from "../../output/openOutput.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import * as WorkingFolder from "../../settings/WorkingFolder.ts"
import { defaultRun, type OfRun } from "./change.ts"
import * as Database from "./database.ts"
import * as Errors from "./errors.ts"
import { failureInWords } from "./RunStatus.ts"

const words = Language.words({
  en: {
    exported: (rows: number, file: string | undefined) =>
      `${many(rows, "meeting")}${file === undefined ? "" : `, written to ${file}`}`,
    failures: (numbers: number) =>
      numbers === 0 ? "no failures" : `${many(numbers, "number")}; backfill run reads them again`,
  },
  zh: {
    exported: (rows, file) => `共 ${rows} 场会议${file === undefined ? "" : `，已写入 ${file}`}`,
    failures: (numbers) => (numbers === 0 ? "没有失败" : `${numbers} 个会议号；再次运行 backfill run 会重读`),
  },
})

type Failed = BackfillError.BackfillError | SqlError

/** A column of a row: its value for programs. */
interface Column<Row> {
  readonly name: string
  readonly type: Fields.Type
  readonly value: (row: Row) => Fields.Value | object | null
}

/** The shape of rows that have these columns; a document is text where rows are flat. */
const shapeOf = <Row>(columns: ReadonlyArray<Column<Row>>): Format.Shape<Row> => ({
  columns,
  objectOf: (row) => Object.fromEntries(columns.map(({ name, value }) => [name, value(row) ?? null])),
  cellsOf: (row) => [
    columns.map(({ value }) => {
      const one = value(row) ?? undefined
      return typeof one === "object" ? JSON.stringify(one) : one
    }),
  ],
})

/** Writes rows as they come, and returns how many. */
const write = Effect.fnUntraced(function* <Row, E, R>(
  rows: Stream.Stream<Row, E, R>,
  {
    format,
    isPrivate,
    output,
    shape,
  }: {
    readonly format: Format.Name
    readonly shape: Format.Shape<Row>
    readonly output: string | undefined
    readonly isPrivate: boolean
  },
) {
  const toTerminal = output === undefined && process.stdout.isTTY === true
  const writer = Format.writer(format, shape, {
    toTerminal,
    columns: toTerminal ? process.stdout.columns || undefined : undefined,
  })
  const before = { length: 0, rows: 0 }
  yield* Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(openOutput(output, { private: isPrivate, sheet: writer.sheet }), (opened) =>
      restore(
        Stream.runForEachArray(rows, (part) => {
          const { rows, text } = writer.rows(part, before)
          return opened.write(text, () => {
            before.length += text.length
            before.rows += rows
          })
        }),
      ).pipe(
        Effect.onExit((exit) =>
          opened.close({
            text: Exit.isSuccess(exit) || before.rows > 0 ? writer.end(before) : "",
            exit,
            keep: before.rows > 0,
          }),
        ),
      ),
    ),
  ).pipe(Effect.catchTag("ReaderGone", () => Effect.void))
  return before.rows
}, Effect.scoped)

/** Runs with the service of the database that the settings name. */
const inDatabase = <A, E, R>(
  settings: LoadedSettings.Settings,
  use: (backfill: Backfill.Backfill["Service"]) => Effect.Effect<A, E | Failed, R>,
) =>
  Errors.inWords(
    Effect.gen(function* () {
      const database = yield* Database.find(settings)
      return yield* Effect.provide(Effect.flatMap(Backfill.Backfill, use), Database.layer(database))
    }),
  )

const ofFailures = (language: Language.Language): ReadonlyArray<Column<Backfill.FailureRow>> => [
  { name: "meeting_no", type: "text", value: ({ meetingNo }) => meetingNo },
  { name: "app_id", type: "text", value: ({ lane }) => lane.appId },
  { name: "tenant_key", type: "text", value: ({ lane }) => lane.tenantKey },
  { name: "from", type: "time", value: ({ start }) => String(start) },
  { name: "to", type: "time", value: ({ end }) => String(end) },
  { name: "reason", type: "text", value: ({ tag }) => tag },
  {
    name: "message",
    type: "text",
    value: (failure) => failureInWords(failure, language),
  },
  { name: "log_id", type: "text", value: ({ logId }) => logId },
  { name: "failed_at", type: "time", value: ({ failedAt }) => String(Math.floor(failedAt / 1_000)) },
]

/** Lists what could not be read. */
export const failures = Effect.fnUntraced(function* (
  input: OfRun & { readonly format: Format.Name | undefined },
) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const settings = yield* LoadedSettings.load(input)
  const format = input.format ?? (process.stdout.isTTY ? "table" : "ndjson")
  const rows = yield* inDatabase(settings, (backfill) =>
    write(backfill.failures(input.run ?? defaultRun), {
      format,
      shape: shapeOf(ofFailures(language)),
      output: undefined,
      isPrivate: false,
    }),
  )
  const stderr = yield* Stderr
  if ((yield* CurrentVerbosity) !== "quiet") yield* stderr.line(say.failures(rows))
})

/** The columns of the table of meetings. */
const ofMeetings = (showPasswords: boolean): ReadonlyArray<Column<MeetingsTable.Row>> => {
  const text = (name: keyof MeetingsTable.Row) => ({
    name,
    type: "text" as const,
    value: (row: MeetingsTable.Row) => row[name],
  })
  const seconds = (name: "held_at" | "start_time" | "end_time") => ({
    name,
    type: "time" as const,
    value: (row: MeetingsTable.Row) => (row[name] === null ? null : String(row[name])),
  })
  const millis = (name: "first_seen" | "last_seen") => ({
    name,
    type: "time" as const,
    value: (row: MeetingsTable.Row) => String(Math.floor(row[name] / 1_000)),
  })
  const document = (name: "details" | "recording") => ({
    name,
    type: "text" as const,
    value: (row: MeetingsTable.Row): object | null => (row[name] === null ? null : JSON.parse(row[name])),
  })
  return [
    text("tenant"),
    text("id"),
    text("meeting_no"),
    text("topic"),
    text("url"),
    ...(showPasswords ? [text("password")] : []),
    text("note_id"),
    {
      name: "meeting_connect",
      type: "boolean",
      value: ({ meeting_connect: is }) => (is === null ? null : is === 1),
    },
    seconds("held_at"),
    seconds("start_time"),
    seconds("end_time"),
    text("host_id"),
    text("details_status"),
    text("recording_status"),
    millis("first_seen"),
    millis("last_seen"),
    { name: "times_seen", type: "count", value: (row) => row.times_seen },
    document("details"),
    document("recording"),
  ]
}

/** Writes the meetings of the table. */
export const exportMeetings = Effect.fnUntraced(function* (input: {
  readonly db: string | undefined
  readonly dbPasswordFile: string | undefined
  readonly format: Exclude<Format.Name, "table"> | undefined
  readonly tenant: string | undefined
  readonly month: string | undefined
  readonly output: string | undefined
  readonly showPasswords: boolean
}) {
  const say = yield* Language.say(words)
  const output = input.output !== undefined && isStdout(input.output) ? undefined : input.output
  if (output !== undefined) yield* WorkingFolder.check("--output", output)
  const settings = yield* LoadedSettings.load(input)
  const format = yield* chooseFormat({
    flag: input.format,
    // A table needs a narrow row.
    setting: settings.format === "table" ? undefined : settings.format,
    output,
    otherwise: "ndjson",
  })
  const range = input.month === undefined ? undefined : yield* RangeFlags.ofMonth(input.month)
  const rows = yield* inDatabase(settings, (backfill) =>
    write(backfill.exportMeetings({ tenant: input.tenant, from: range?.start, to: range?.end }), {
      format,
      shape: shapeOf(ofMeetings(input.showPasswords)),
      output,
      isPrivate: input.showPasswords,
    }),
  )
  const stderr = yield* Stderr
  if ((yield* CurrentVerbosity) !== "quiet") yield* stderr.line(say.exported(rows, output))
})
