/** How to resume where a run ended: the commands to type, and what to know about the rows. */
import { Cursor, ListByNo } from "@effect-feishu/core"
import * as ShellQuote from "@effect-feishu/terminal/ShellQuote"
import * as ConnectionFlags from "../input/ConnectionFlags.ts"
import * as DetailsFlags from "../input/DetailsFlags.ts"
import * as Language from "../language/Language.ts"
import { instant } from "../language/TimeZone.ts"
import type { RepeatedFlags, State } from "./RunState.ts"
import { many } from "../language/phrases.ts"

/** Longer commands are of no use to a person: with more cursors or numbers, they are described instead. */
const mostCursors = 10
const mostNumbers = 100

/** Returns the places where a run can be resumed: of the open numbers, and of those that failed. */
export const cursorsOf = (run: State): ReadonlyArray<Cursor.Cursor> => [
  ...run.open.values(),
  ...Array.from(run.failed.values()).flatMap(({ cursor }) => cursor ?? []),
]

/** Returns what is left to read, as arguments of commands: cursors, and the numbers that were not begun. */
const leftOf = (run: State) => {
  const places = cursorsOf(run).flatMap((cursor) => {
    const position = Cursor.toPosition(cursor)
    return position === undefined ? [] : [{ cursor, position }]
  })
  // A number and a range are shorter than a cursor; but the numbers of given cursors may have ranges of their own.
  const fresh = places.filter(({ position }) => !run.resumed && isBeginning(position))
  const numbers = [...fresh.map(({ position }) => position), ...run.starts.slice(run.begun)]
  const begun = places.filter((place) => !fresh.includes(place)).map(({ cursor }) => cursor)
  // But a range that is typed again is refused once it is too old, while a cursor can still be resumed.
  return numbers.some(isSoonTooOld) && begun.length + numbers.length <= mostCursors
    ? { cursors: [...begun, ...numbers.map(Cursor.fromPosition)], numbers: [] }
    : { cursors: begun, numbers }
}

const isBeginning = ({ pageToken, window, windowStart }: Cursor.Position): boolean =>
  window === 0 && pageToken === undefined && windowStart === undefined

/** True when the start was less than 90 days ago when the range was given, and is 90 days ago within a day of that. */
const isSoonTooOld = ({ asked, start }: Cursor.Position): boolean => {
  const left = asked === undefined ? 0 : start - (asked - ListByNo.maxRangeSeconds)
  return left > 0 && left < 86_400
}

/** True when all that is left was refused for a range that was too old when it was given, and always will be. */
const isOutOfReach = (run: State): boolean =>
  run.failed.size > 0 &&
  run.open.size === 0 &&
  run.begun === run.starts.length &&
  [...run.failed.values()].every(({ cursor = "", reason }) => {
    const position = Cursor.toPosition(cursor)
    return reason._tag === "RangeTooOld" && position?.asked !== undefined && isBeginning(position)
  })

/** True when the lines hold every command to resume, rather than describe some. */
export const isInCommands = (run: State): boolean => {
  if (run.ids !== undefined) return false
  const { cursors, numbers } = leftOf(run)
  return cursors.length <= mostCursors && numbers.length <= mostNumbers
}

/** Returns the lines to print; none for a run that cannot be resumed. */
export const lines = (run: State, language: Language.Language): ReadonlyArray<string> => {
  const { checkpoint, repeatedFlags } = run
  const say = words[language]
  const idsLeft = run.ids?.slice(run.meetings) ?? []
  if (idsLeft[0] !== undefined) return [say.idsLeft(idsLeft.length, idsLeft[0])]
  if (repeatedFlags === undefined || isOutOfReach(run)) return []
  // A run with the status limited has ended as its command requested: the same command would do nothing.
  if (checkpoint !== undefined && run.ended === undefined) return [say.sameCommand(checkpoint)]
  const { cursors, numbers } = leftOf(run)
  const commands = [
    ...(cursors.length === 0
      ? []
      : cursors.length > mostCursors
        ? [say.tooManyCursors(cursors.length)]
        : [cursors.flatMap((cursor) => ["--cursor", cursor])]),
    ...(numbers.length === 0
      ? []
      : numbers.length > mostNumbers
        ? [say.tooManyNumbers(numbers.length, `${numbers[0]?.meetingNo}`, range(numbers).join(" "))]
        : [numbersAgain(numbers, repeatedFlags)]),
  ]
  const names = nextNames(run)
  const shown = commands.map((what, index) => {
    if (typeof what === "string") return what
    const text = command(what, repeatedFlags, names[index])
    return index === 0 ? say.resume(text) : say.andThen(text)
  })
  const aging = numbers.filter(isSoonTooOld).slice(0, 1)
  return [
    ...repetition(run, say),
    ...shown,
    ...aging.map(({ start }) => say.refusedFrom(instant(start), instant(start + ListByNo.maxRangeSeconds))),
    ...joining(run, names.slice(0, commands.length), say),
  ]
}

const command = (what: ReadonlyArray<string>, flags: RepeatedFlags, output: string | undefined): string =>
  [
    "feishu-meetings",
    "list",
    ...what,
    ...ConnectionFlags.typed(flags),
    ...DetailsFlags.typed(flags),
    ...(flags.format === undefined ? [] : ["--format", flags.format]),
    ...(flags.fields === undefined ? [] : ["--fields", flags.fields]),
    ...(flags.keepGoing ? ["--keep-going"] : []),
    ...(flags.concurrency === undefined ? [] : ["--concurrency", String(flags.concurrency)]),
    ...(flags.showPasswords ? ["--show-passwords"] : []),
    ...(flags.summary === "text" ? [] : ["--summary", flags.summary]),
    ...(output === undefined ? [] : ["--output", output]),
  ]
    .map(ShellQuote.word)
    .join(" ")

const numbersAgain = (rest: ReadonlyArray<Cursor.Position>, flags: RepeatedFlags): ReadonlyArray<string> => [
  ...rest.map(({ meetingNo }) => meetingNo),
  ...range(rest),
  ...(flags.pageSize === undefined ? [] : ["--page-size", String(flags.pageSize)]),
]

const range = (rest: ReadonlyArray<Cursor.Position>): ReadonlyArray<string> =>
  rest.slice(0, 1).flatMap(({ end, start }) => ["--from", instant(start), "--to", instant(end)])

const repetition = (run: State, say: Language.Say<typeof words>): ReadonlyArray<string> => {
  if (run.rowsReadAgain === 0) return []
  const [pageSize] = cursorsOf(run).flatMap((cursor) => Cursor.toPosition(cursor)?.pageSize ?? [])
  const stuck = run.rowsReadAgain === run.rows && pageSize !== undefined ? say.stuck(pageSize) : ""
  return [`${say.repeated(run.rowsReadAgain)}${stuck}`]
}

/**
 * Returns `FILE.2` and `FILE.3`, or the two after it if this run wrote one of those; of a workbook `FILE.2.xlsx`, since it is opened
 * by its extension. A pipe or a device is kept.
 */
const nextNames = ({ file, resumed }: State): readonly [string?, string?] => {
  if (file === undefined) return []
  if (file.part === undefined) return [file.path, file.path]
  const [, stem = file.path, extension = ""] = (file.isWorkbook && /^(.+)(\.xlsx)$/is.exec(file.path)) || []
  const numbered = resumed ? /^(.*)\.([1-9]\d?)$/s.exec(stem) : null
  const name = numbered?.[1] ?? stem
  const number = Number(numbered?.[2] ?? 1)
  return [`${name}.${number + 1}${extension}`, `${name}.${number + 2}${extension}`]
}

const joining = (
  run: State,
  next: ReadonlyArray<string | undefined>,
  say: Language.Say<typeof words>,
): ReadonlyArray<string> => {
  if (run.file?.part === undefined) return []
  const parts = [
    ...(run.ended !== undefined ? [run.file.path] : run.rows > 0 ? [run.file.part] : []),
    ...next,
  ]
  return parts.length === 1 ? [] : [say.parts(parts.join(say.comma))]
}

const words = Language.words({
  en: {
    idsLeft: (left: number, first: string) =>
      `${many(left, "id")} ${left === 1 ? "is" : "are"} left, from ${first} on: give those again`,
    resume: (command: string) => `resume with: ${command}`,
    andThen: (command: string) => `and then: ${command}`,
    sameCommand: (checkpoint: string) => `the same command resumes from ${checkpoint}`,
    tooManyCursors: (number: number) =>
      `${number} numbers were not read to their end: --summary json prints their cursors; with --output and --checkpoint, the same command would resume`,
    tooManyNumbers: (number: number, first: string, range: string) =>
      `${number} numbers were not read, the first of them ${first}: give them again, with ${range}; with --output and --checkpoint, the same command would resume`,
    repeated: (rows: number) => `on resume, the last ${many(rows, "row")} of this output will come again`,
    stuck: (pageSize: number) =>
      `; with --max-items below the page size, ${pageSize}, a run makes no progress`,
    refusedFrom: (start: string, from: string) =>
      `from ${from} on, Feishu may refuse a start at ${start}, which will then be more than 90 days ago: give a later --from`,
    comma: ", ",
    parts: (files: string) => `the files are parts of one list, in this order: ${files}`,
  },
  zh: {
    idsLeft: (left, first) => `还有 ${left} 个会议 ID 未读取，从 ${first} 开始：请再次给出它们`,
    resume: (command) => `继续运行：${command}`,
    andThen: (command) => `然后运行：${command}`,
    sameCommand: (checkpoint) => `再次运行同一命令，即从 ${checkpoint} 继续`,
    tooManyCursors: (number) =>
      `${number} 个会议号未读完：--summary json 会给出它们的游标；若使用 --output 和 --checkpoint，再次运行同一命令即可继续`,
    tooManyNumbers: (number, first, range) =>
      `${number} 个会议号尚未读取，其中第一个是 ${first}：请再次给出它们，并加上 ${range}；若使用 --output 和 --checkpoint，再次运行同一命令即可继续`,
    repeated: (rows) => `继续运行时，本次输出的最后 ${rows} 行会再次出现`,
    stuck: (pageSize) => `；--max-items 小于每页条数 ${pageSize} 时，运行不会有进展`,
    refusedFrom: (start, from) =>
      `从 ${from} 起，飞书可能拒绝早于 90 天前的开始时间 ${start}：届时请给出更晚的 --from`,
    comma: "、",
    parts: (files) => `这些文件依次是同一份列表的各部分：${files}`,
  },
})
