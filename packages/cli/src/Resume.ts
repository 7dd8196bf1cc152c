/** How to go on where a run ended: the commands to type, and what to know about the rows. */
import { Cursor, TimeRange } from "@effect-feishu/core"
import * as ConnectionFlags from "./ConnectionFlags.ts"
import type * as Format from "./Format.ts"
import { many, type State } from "./Run.ts"

/** What the commands repeat of the one that ran. */
export interface Again extends ConnectionFlags.Given {
  /** None if the terminal decides. */
  readonly format: Format.Name | undefined
  readonly showPasswords: boolean
  readonly summary: "text" | "json"
  readonly fields: string | undefined
  readonly keepGoing: boolean
  readonly concurrency: number | undefined
  /** If it was given; a cursor holds it already. */
  readonly pageSize: number | undefined
}

/** Longer commands are of no use to a person: those of so many numbers are told in words. */
const mostCursors = 10
const mostNumbers = 100

/** The places where a run can be gone on with: of the numbers under way, and of those that failed. */
export const cursorsOf = (run: State): ReadonlyArray<Cursor.Cursor> => [
  ...run.underWay.values(),
  ...[...run.failed.values()].flatMap(({ cursor }) => cursor ?? []),
]

/** The lines that tell it; none for a run that nothing can go on from. */
export const lines = (run: State): ReadonlyArray<string> => {
  const { again } = run
  if (again === undefined) return []
  if (run.checkpoint !== undefined) return [`the same command goes on from ${run.checkpoint}`]
  const cursors = cursorsOf(run)
  const rest = run.starts.slice(run.begun)
  const [second, third] = nextNames(run)
  const going =
    cursors.length > mostCursors
      ? `${cursors.length} numbers were not read to their end: --summary json tells their cursors, and with --checkpoint the same command goes on`
      : `resume with: ${command(
          cursors.flatMap((cursor) => ["--cursor", cursor]),
          again,
          second,
        )}`
  const then =
    rest.length > mostNumbers
      ? `and then: the ${rest.length} numbers from ${rest[0]?.meetingNo} on, ${range(rest).join(" ")}`
      : `and then: ${command(restOf(rest, again), again, cursors.length > 0 ? third : second)}`
  return [
    ...repetition(run),
    ...(cursors.length > 0 ? [going] : []),
    ...(rest.length > 0 ? [then] : []),
    ...joining(run),
  ]
}

const command = (what: ReadonlyArray<string>, again: Again, output: string | undefined): string =>
  [
    "feishu-meetings",
    "list",
    ...what,
    ...ConnectionFlags.typed(again),
    ...(again.format === undefined ? [] : ["--format", again.format]),
    ...(again.fields === undefined ? [] : ["--fields", again.fields]),
    ...(again.keepGoing ? ["--keep-going"] : []),
    ...(again.concurrency === undefined ? [] : ["--concurrency", String(again.concurrency)]),
    ...(again.showPasswords ? ["--show-passwords"] : []),
    ...(again.summary === "text" ? [] : ["--summary", again.summary]),
    ...(output === undefined ? [] : ["--output", output]),
  ]
    .map(quoted)
    .join(" ")

/** The numbers that were not begun, and their range. */
const restOf = (rest: ReadonlyArray<Cursor.Position>, again: Again): ReadonlyArray<string> => [
  ...rest.map(({ meetingNo }) => meetingNo),
  ...range(rest),
  ...(again.pageSize === undefined ? [] : ["--page-size", String(again.pageSize)]),
]

const range = (rest: ReadonlyArray<Cursor.Position>): ReadonlyArray<string> =>
  rest.slice(0, 1).flatMap(({ end, start }) => ["--from", TimeRange.iso(start), "--to", TimeRange.iso(end)])

/** A word of a command as a shell reads it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

const repetition = (run: State): ReadonlyArray<string> => {
  if (run.repeated === 0) return []
  const [pageSize] = cursorsOf(run).flatMap((cursor) => Cursor.toPosition(cursor)?.pageSize ?? [])
  const stuck =
    run.repeated === run.rows
      ? `; with --max-items below the page size, ${pageSize}, a run gets no further`
      : ""
  return [`on resume the last ${many(run.repeated, "row")} of this output will come again${stuck}`]
}

/** `FILE.2` and `FILE.3`, or the two after it if this run wrote one of those. A pipe or a device goes on itself. */
const nextNames = ({ file, resumed }: State): readonly [string?, string?] => {
  if (file === undefined) return []
  if (file.part === undefined) return [file.path, file.path]
  const numbered = resumed ? /^(.*)\.([1-9]\d?)$/s.exec(file.path) : null
  const name = numbered?.[1] ?? file.path
  const number = Number(numbered?.[2] ?? 1)
  return [`${name}.${number + 1}`, `${name}.${number + 2}`]
}

const joining = (run: State): ReadonlyArray<string> => {
  if (run.file?.part === undefined) return []
  const [second, third] = nextNames(run)
  const parts = [
    ...(run.ended !== undefined ? [run.file.path] : run.rows > 0 ? [run.file.part] : []),
    second,
    ...(cursorsOf(run).length > 0 && run.begun < run.starts.length ? [third] : []),
  ]
  return parts.length === 1 ? [] : [`the files are parts of one list, in this order: ${parts.join(", ")}`]
}
