/** The end of a run, as it is reported: the error, how to resume, and the summary as the last line on standard error. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { TimeRange } from "@effect-feishu/core"
import type { Explanation } from "../language/Chinese.ts"
import { detailsOf, exitCodes, type Fault, faultOf, messageOf, ofFeishu } from "../failure/Fault.ts"
import * as Language from "../language/Language.ts"
import { instant } from "../language/TimeZone.ts"
import * as ResumeHints from "./ResumeHints.ts"
import * as Fields from "../output/Fields.ts"
import type * as Answers from "./Answers.ts"
import * as Notes from "./Notes.ts"
import { readsMore, Run, type State } from "./RunState.ts"
import { inMessage, type Label, labels, showable, Stderr } from "../console/Stderr.ts"
import { CurrentVerbosity } from "../console/Verbosity.ts"
import { json } from "@effect-feishu/terminal/VisibleText"
import { many, periods } from "../language/phrases.ts"

/** Prints how the run ended. */
export const report = Effect.fnUntraced(function* (
  args: ReadonlyArray<string>,
  exit: Exit.Exit<unknown, unknown>,
) {
  // Read from the arguments themselves: parsing them may be what failed.
  const isJson = /--summary[= ]json/.test(args.join(" "))
  const run = yield* Run
  const stderr = yield* Stderr
  // `--help` and `--version` read nothing.
  if (Exit.isSuccess(exit) && run.ended === undefined) return

  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const found = Exit.isSuccess(exit) ? undefined : faultOf(exit.cause, language)
  if (found?.reason === "CommandEnded") return
  // A signal that comes when everything is done changes nothing.
  const fault = found?.reason === "Stopped" && run.ended !== undefined ? undefined : found
  // A run that read nothing has nothing to resume: the same command starts it again.
  const readNothing = run.pages === 0 && run.meetings === 0 && !run.resumed
  const hasFailed =
    fault?.exitCode === exitCodes.badInput || (fault !== undefined && readNothing && run.failed.size === 0)
  const cursors = hasFailed ? [] : ResumeHints.cursorsOf(run)
  const lost = fault?.reason === "TimeUnreachable"
  const status: Status =
    fault === undefined || (lost && run.ended === "limited")
      ? (run.ended ?? "complete")
      : lost
        ? "complete but for unreachable"
        : hasFailed
          ? "failed"
          : "incomplete"

  // Numbers that failed, and times that were left out, were reported when that happened.
  if (fault !== undefined && !["Stopped", "NumbersFailed", "TimeUnreachable"].includes(fault.reason)) {
    yield* printFault(fault)
  }
  if (Exit.isFailure(exit) && (yield* CurrentVerbosity) === "verbose") {
    for (const detail of detailsOf(exit.cause)) yield* stderr.line(detail, { text: "  ", color: "gray" })
  }
  const hints = isComplete(status) || hasFailed ? [] : ResumeHints.lines(run, language)
  yield* Notes.print(run)
  yield* Effect.forEach(hints, (hint) => stderr.line(hint), { discard: true })
  if (isJson) {
    yield* stderr.line(
      json({
        status,
        ...(readsMore(run) ? { meetings: run.meetings } : {}),
        rows: run.rows,
        ...run.answers,
        requests: run.requests,
        retries: run.retries,
        waitedMs: Math.round(run.waitedMs),
        duplicates: run.duplicates,
        ...(run.ids === undefined
          ? {
              windows: run.windowsRead.size,
              numbers: {
                asked: run.starts.length,
                complete: run.begun - run.open.size - run.failed.size,
                failed: run.failed.size,
              },
            }
          : { ids: { asked: run.ids.length, written: run.meetings } }),
        ...(run.meetingsBefore < run.rowsBefore ? { meetingsBefore: run.meetingsBefore } : {}),
        ...(run.rowsBefore > 0 ? { rowsBefore: run.rowsBefore } : {}),
        ...(run.unreachable.length > 0
          ? { unreachable: { ...inIso(wholeOf(run.unreachable)), numbers: ofEachNumber(run.unreachable) } }
          : {}),
        ...(status === "incomplete" ? { checkpoint: run.checkpoint } : {}),
        // Most runs have one cursor; several are for several numbers.
        ...(cursors.length > 1 ? { cursors } : { cursor: cursors[0] }),
        ...(run.failed.size > 0
          ? {
              failures: Array.from(run.failed, ([meetingNo, error]) => ({
                meetingNo,
                ...forPrograms(ofFeishu(error, language), language),
                cursor: error.cursor,
              })),
            }
          : {}),
        error: fault && forPrograms(fault, language),
      }),
    )
  } else if (
    ["list", "get"].some((command) => args.includes(command)) &&
    !(fault?.exitCode === exitCodes.badInput && run.requests === 0)
  ) {
    // Other commands have no meetings to count, and a mistyped one has read none.
    const text = status === "complete but for unreachable" ? say.butFor(run.unreachable) : say.status[status]
    yield* stderr.line(inWords(run, fault, hints.length > 0, say), { text, color: colours[status] })
  }
})

/** Prints what has failed: what happened, and on further lines what to do, what was requested, and the log id. */
export const printFault = Effect.fnUntraced(function* (
  fault: Explanation & { readonly logId?: string | undefined },
) {
  const stderr = yield* Stderr
  const language = yield* Language.CurrentLanguage
  const { logId, request, toDo } = words[language]
  const { error } = labels(language)
  yield* stderr.line(inMessage(fault.meaning), error)
  if (fault.remedy !== "") yield* stderr.line(inMessage(fault.remedy), { text: toDo, color: "cyan" })
  if (fault.where !== undefined) yield* stderr.line(inMessage(fault.where), { text: request, color: "cyan" })
  if (fault.logId !== undefined) yield* stderr.line(fault.logId, { text: logId, color: "cyan" })
})

const forPrograms = (fault: Fault, language: Language.Language) => ({
  reason: fault.reason,
  message: showable(inMessage(messageOf(fault, language))),
  code: fault.code,
  logId: fault.logId,
})

type Status = "complete" | "complete but for unreachable" | "limited" | "incomplete" | "failed"

const colours: Readonly<Record<Status, Label["color"]>> = {
  complete: "green",
  "complete but for unreachable": "yellow",
  limited: "yellow",
  incomplete: "red",
  failed: "red",
}

const isComplete = (status: Status): boolean => status.startsWith("complete")

interface Times {
  readonly from: number
  readonly to: number
}

/** Returns the time from the first to the last of some times. */
const wholeOf = (times: ReadonlyArray<Times>): Times =>
  times.reduce(
    (whole, { from, to }) => ({ from: Math.min(whole.from, from), to: Math.max(whole.to, to) }),
    times[0] ?? { from: 0, to: 0 },
  )

/** In UTC, for programs. */
const inIso = ({ from, to }: Times) => ({ from: utc(from), to: utc(to) })
const utc = (seconds: number): string => TimeRange.iso(seconds).replace(".000Z", "Z")

const ofEachNumber = (unreachable: State["unreachable"]) => {
  const times = new Map<string, Times>()
  for (const { meetingNo, ...time } of unreachable) {
    times.set(meetingNo, wholeOf([times.get(meetingNo) ?? time, time]))
  }
  return Array.from(times, ([meetingNo, whole]) => ({ meetingNo, ...inIso(whole) }))
}

const inWords = (
  run: State,
  fault: Fault | undefined,
  resumable: boolean,
  say: Language.Say<typeof words>,
): string => {
  const counts = [
    say.meetings(run.meetings) + inBrackets(run, say),
    ...(run.rows === run.meetings ? [] : [say.rows(run.rows)]),
    ...(run.starts.length > 1 ? [say.numbers(run.starts.length)] : []),
    ...(run.failed.size > 0 ? [say.numbersFailed([...run.failed.keys()])] : []),
    // Of several numbers, the periods of all together would say nothing of the range.
    ...(run.ids === undefined && run.starts.length <= 1 ? [say.windows(run.windowsRead.size)] : []),
    say.requests(run.requests),
    ...(run.retries > 0 ? [say.retries(run.retries)] : []),
    ...(run.waitedMs > 0 ? [say.waited((run.waitedMs / 1000).toFixed(1))] : []),
    ...(run.duplicates > 0 ? [say.duplicates(run.duplicates)] : []),
  ].join(say.comma)
  const rest = [
    ...(fault?.reason === "Stopped" ? [fault.meaning] : []),
    ...(run.file === undefined
      ? []
      : fault === undefined || fault.reason === "TimeUnreachable"
        ? [say.writtenTo(run.file.path)]
        : run.rows > 0
          ? [say.soFarIn(run.file.part ?? run.file.path, run.file.part !== undefined && run.file.isWorkbook)]
          : []),
    ...(!resumable
      ? []
      : run.checkpoint !== undefined && run.ended === undefined
        ? [say.sameCommand]
        : [ResumeHints.isInCommands(run) ? say.resumable : say.asDescribed]),
  ]
  return [counts, ...rest].join(say.semicolon)
}

/** Returns what is said of the meetings: how many earlier runs have written, and how they were answered unless all was there. */
const inBrackets = (run: State, say: Language.Say<typeof words>): string => {
  const { details, recordings } = run.answers
  const texts = [
    ...(run.meetingsBefore === 0 ? [] : [say.meetingsBefore(run.meetingsBefore)]),
    ...(details === undefined || isAllOk(details) ? [] : [say.details + countsIn(details, say)]),
    ...(recordings === undefined || isAllOk(recordings) ? [] : [say.recordings + countsIn(recordings, say)]),
  ]
  return texts.length === 0 ? "" : say.brackets(texts.join(say.semicolon))
}

const isAllOk = (counts: Answers.Counts): boolean => Object.keys(counts).every((status) => status === "ok")

const countsIn = (counts: Answers.Counts, say: Language.Say<typeof words>): string =>
  Fields.statusesOf.recording_status
    .flatMap((status) => (counts[status] === undefined ? [] : say.count(counts[status], status)))
    .join(say.comma)

/** At most this many numbers are listed. */
const most = 10
const inShort = (meetingNos: ReadonlyArray<string>): string => meetingNos.slice(0, most).join(" ")

const words = Language.words({
  en: {
    status: {
      complete: "complete: ",
      limited: "limited: ",
      incomplete: "incomplete: ",
      failed: "failed: ",
    },
    butFor: (unreachable: State["unreachable"]) => {
      const { from, to } = wholeOf(unreachable)
      const { length } = ofEachNumber(unreachable)
      const numbers = length > 1 ? ` of ${length} numbers` : ""
      return `complete but for ${instant(from)} to ${instant(to)}${numbers}, which Feishu no longer shows: `
    },
    toDo: "to do: ",
    request: "request: ",
    logId: "log id: ",
    meetings: (number: number) => many(number, "meeting"),
    meetingsBefore: (number: number) => `${number} of them written by earlier runs`,
    details: "details: ",
    recordings: "recordings: ",
    count: (count: number, status: Fields.Status) => `${count} ${status}`,
    brackets: (text: string) => ` (${text})`,
    rows: (number: number) => many(number, "row"),
    numbers: (number: number) => many(number, "number"),
    numbersFailed: (meetingNos: ReadonlyArray<string>) => {
      const { length } = meetingNos
      return `${length} of them failed: ${inShort(meetingNos)}${length > most ? ` and ${length - most} more` : ""}`
    },
    windows: periods,
    requests: (number: number) => many(number, "request"),
    retries: (number: number) => many(number, "retry", "retries"),
    waited: (seconds: string) => `waited ${seconds} s for the rate limit`,
    duplicates: (number: number) => `${many(number, "duplicate")} dropped`,
    writtenTo: (file: string) => `written to ${file}`,
    soFarIn: (file: string, isNdjson: boolean) =>
      `the rows so far are in ${file}${isNdjson ? ", as ndjson" : ""}`,
    resumable: "resume with the command above",
    asDescribed: "resume as described above",
    sameCommand: "the same command resumes",
    comma: ", ",
    semicolon: "; ",
  },
  zh: {
    status: {
      complete: "已完成：",
      limited: "已按要求停止：",
      incomplete: "未完成：",
      failed: "失败：",
    },
    butFor: (unreachable) => {
      const { from, to } = wholeOf(unreachable)
      const { length } = ofEachNumber(unreachable)
      const numbers = length > 1 ? ` ${length} 个会议号的` : ""
      return `除${numbers} ${instant(from)} 至 ${instant(to)}（飞书不再显示）外已完成：`
    },
    toDo: "建议：",
    request: "请求：",
    logId: "日志 ID：",
    meetings: (number) => `共 ${number} 场会议`,
    meetingsBefore: (number) => `其中 ${number} 场由此前的运行写出`,
    details: "详情：",
    recordings: "录制：",
    count: (count, status) => `${count} 场${Notes.statusInChinese(status)}`,
    brackets: (text) => `（${text}）`,
    rows: (number) => `${number} 行`,
    numbers: (number) => `${number} 个会议号`,
    numbersFailed: (meetingNos) => {
      const { length } = meetingNos
      return `其中 ${length} 个失败：${inShort(meetingNos)}${length > most ? ` 等` : ""}`
    },
    windows: (number) => `${number} 个时间段`,
    requests: (number) => `${number} 次请求`,
    retries: (number) => `重试 ${number} 次`,
    waited: (seconds) => `等待频率限制 ${seconds} 秒`,
    duplicates: (number) => `去除重复 ${number} 条`,
    writtenTo: (file) => `已写入 ${file}`,
    soFarIn: (file, isNdjson) => `已读取的数据在 ${file}${isNdjson ? "（ndjson 格式）" : ""}`,
    resumable: "可用上面的命令继续",
    asDescribed: "请按上面的说明继续",
    sameCommand: "再次运行同一命令即可继续",
    comma: "，",
    semicolon: "；",
  },
})
