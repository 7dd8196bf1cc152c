/** How to go on where a run ended: the commands to type, and what to know about the rows. */
import { Cursor, TimeRange } from "@effect-feishu/core"
import type * as Format from "./Format.ts"
import { many, type State } from "./Run.ts"

/** What the commands repeat of the one that ran. */
export interface Again {
  readonly baseUrl: string | undefined
  /** None if the terminal decides. */
  readonly format: Format.Name | undefined
  readonly showPasswords: boolean
  readonly summary: "text" | "json"
  /** If it was given; a cursor holds it already. */
  readonly pageSize: number | undefined
}

/** The lines that tell it; none for a run that nothing can go on from. */
export const lines = (run: State, cursor: Cursor.Cursor): ReadonlyArray<string> => {
  const { again } = run
  if (again === undefined) return []
  const [second, third] = nextNames(run)
  const resume = command(["--cursor", cursor], again, second)
  const rest = run.rest.length === 0 ? [] : [`and then: ${command(restOf(run, again), again, third)}`]
  return [...repetition(run, cursor), `resume with: ${resume}`, ...rest, ...joining(run)]
}

const command = (what: ReadonlyArray<string>, again: Again, output: string | undefined): string =>
  [
    "feishu-meetings",
    "list",
    ...what,
    ...(again.baseUrl === undefined ? [] : ["--base-url", again.baseUrl]),
    ...(again.format === undefined ? [] : ["--format", again.format]),
    ...(again.showPasswords ? ["--show-passwords"] : []),
    ...(again.summary === "text" ? [] : ["--summary", again.summary]),
    ...(output === undefined ? [] : ["--output", output]),
  ]
    .map(quoted)
    .join(" ")

/** The numbers that were not begun, and their range. */
const restOf = (run: State, again: Again): ReadonlyArray<string> => {
  const positions = run.rest.flatMap((cursor) => Cursor.toPosition(cursor) ?? [])
  return [
    ...positions.map(({ meetingNo }) => meetingNo),
    ...positions
      .slice(0, 1)
      .flatMap(({ end, start }) => ["--from", TimeRange.iso(start), "--to", TimeRange.iso(end)]),
    ...(again.pageSize === undefined ? [] : ["--page-size", String(again.pageSize)]),
  ]
}

/** A word of a command as a shell reads it. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`

const repetition = (run: State, cursor: Cursor.Cursor): ReadonlyArray<string> => {
  if (run.repeated === 0) return []
  const pageSize = Cursor.toPosition(cursor)?.pageSize
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
    ...(run.rest.length > 0 ? [third] : []),
  ]
  return parts.length === 1 ? [] : [`the files are parts of one list, in this order: ${parts.join(", ")}`]
}
