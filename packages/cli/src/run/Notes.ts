/** What people should know of the meetings in the output: what could not be read of them, and what to do about it. */
import * as Effect from "effect/Effect"
import * as ShellQuote from "@effect-feishu/terminal/ShellQuote"
import { Stderr } from "../console/Stderr.ts"
import { CurrentVerbosity } from "../console/Verbosity.ts"
import { explain } from "../failure/explain.ts"
import * as ConnectionFlags from "../input/ConnectionFlags.ts"
import * as Language from "../language/Language.ts"
import { many } from "../language/phrases.ts"
import type * as Fields from "../output/Fields.ts"
import type { Refusal, State } from "./RunState.ts"

/** A longer command is of no use to a person. */
const mostIds = 10
/** At most this many columns are listed. */
const mostFields = 5

/** Prints a line for each kind of thing that is missing; none with `--quiet`. */
export const print = Effect.fnUntraced(function* (run: State) {
  if ((yield* CurrentVerbosity) === "quiet") return
  const stderr = yield* Stderr
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const count = (part: Refusal["part"], status: Fields.Status): number => run.answers[part]?.[status] ?? 0
  const remedyOf = ({ error, part, status }: Refusal): string =>
    // An id of a list is an id.
    part === "details" && status === "not found" && run.starts.length > 0
      ? say.daysBack
      : explain(error, language).remedy
  const running = Math.max(count("details", "running"), count("recordings", "running"))
  const notReady = count("recordings", "not ready")
  const lines = [
    ...(run.fieldsLeftOut.length === 0 ? [] : [say.leftOut(run.fieldsLeftOut)]),
    ...Array.from(run.refusals.values(), (refusal) => {
      const { part, status } = refusal
      return say.refused(say[part](count(part, status)), status, remedyOf(refusal))
    }),
    ...(running === 0 ? [] : [say.running(running)]),
    ...(notReady === 0 ? [] : [say.notReady(notReady, later(run, notReady))]),
  ]
  yield* Effect.forEach(lines, (line) => stderr.line(line), { discard: true })
})

/** Returns the command that reads the recordings which were not ready; `undefined` where not all of them are known. */
const later = ({ notReady, repeatedFlags }: State, count: number): string | undefined =>
  repeatedFlags === undefined || notReady.length < count || count > mostIds
    ? undefined
    : ["feishu-meetings", "get", ...notReady, ...ConnectionFlags.typed(repeatedFlags), "--recordings"]
        .map(ShellQuote.word)
        .join(" ")

const inChinese: Readonly<Record<Fields.Status, string>> = {
  ok: "已读取",
  running: "进行中",
  "not recorded": "没有录制",
  "not ready": "尚未生成",
  "not found": "不存在",
  "no permission": "无权查看",
  refused: "被拒绝",
}

/** Returns a status in Chinese. In rows it stays as it is, for programs. */
export const statusInChinese = (status: Fields.Status): string => inChinese[status]

const words = Language.words({
  en: {
    leftOut: (fields: ReadonlyArray<string>) => {
      const more = fields.length > mostFields ? ` and ${fields.length - mostFields} more` : ""
      return `the terminal is too narrow for ${fields.slice(0, mostFields).join(", ")}${more}: choose columns with --fields, or write all of them with --format csv`
    },
    details: (meetings: number) => `details of ${many(meetings, "meeting")}`,
    recordings: (meetings: number) =>
      `${meetings === 1 ? "recording" : "recordings"} of ${many(meetings, "meeting")}`,
    refused: (what: string, status: Fields.Status, remedy: string) => `${what}: ${status}. ${remedy}`,
    daysBack: "Feishu shows the details of the last 90 days only.",
    running: (meetings: number) =>
      `${many(meetings, "meeting")} had not ended: what is written may change until the end`,
    notReady: (recordings: number, command: string | undefined) =>
      `${many(recordings, "recording")} ${recordings === 1 ? "was" : "were"} not ready: in some minutes, ${command === undefined ? "read these meetings again with --recordings" : `run: ${command}`}`,
  },
  zh: {
    leftOut: (fields) => {
      const more = fields.length > mostFields ? ` 等 ${fields.length} 列` : ""
      return `终端宽度不足，未显示 ${fields.slice(0, mostFields).join("、")}${more}：可用 --fields 选择列，或用 --format csv 写出全部`
    },
    details: (meetings) => `${meetings} 场会议的详情`,
    recordings: (recordings) => `${recordings} 场会议的录制`,
    refused: (what, status, remedy) => `${what}${statusInChinese(status)}。${remedy}`,
    daysBack: "飞书只显示最近 90 天的会议详情。",
    running: (meetings) => `${meetings} 场会议尚未结束：结束之前，写出的内容可能变化`,
    notReady: (recordings, command) =>
      `${recordings} 场会议的录制文件尚未生成：请在几分钟后${command === undefined ? "用 --recordings 再次读取这些会议" : `运行：${command}`}`,
  },
})
