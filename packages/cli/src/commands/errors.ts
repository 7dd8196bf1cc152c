/** The command `errors`: what Feishu's error codes mean, and what to do. Needs no network. */
import * as HelpText from "@effect-feishu/terminal/HelpText"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ErrorCodes } from "@effect-feishu/core"
import { codes, codesOn, type OfCode } from "../language/Chinese.ts"
import { CommandEnded } from "../failure/CommandEnded.ts"
import * as English from "../language/English.ts"
import { exitCodes } from "../failure/Fault.ts"
import * as Flags from "../input/Flags.ts"
import * as Language from "../language/Language.ts"
import { printFault } from "../run/Summary.ts"

const words = Language.words({
  en: {
    description: "Explain an error code of Feishu and what to do about it, or list the known codes",
    short: "Explain an error code of Feishu, and what to do about it",
    code: "Such as 99991672; without it, all known codes are listed",
    json: "Print JSON: an object, or an array of all",
    exampleOne: "What it means, and what to do",
    exampleAll: "The codes that are only inferred, not documented",
    toDo: "to do",
    toDoWithApp: "with app",
    message: "message",
    status: "HTTP",
    retried: "retry",
    retry: {
      transient: "a few times, with growing pauses",
      rateLimited: "once the limit has reset",
      token: "once, with a new access token",
      notReady: "not by itself: it exists later",
      final: "no use: it would fail again",
    },
    source: "source",
    sources: {
      documented: "Feishu's documentation",
      observed: "seen in real answers",
      sdk: "an official SDK",
      inferred: "inferred; nothing confirms it",
    },
    unknown: (code: string) => `${code} is not a known code`,
    isNear: (near: ReadonlyArray<number>) => `Codes that begin alike: ${near.join(", ")}. `,
    seeAll:
      "feishu-meetings errors lists all known codes; ask Feishu's support about others, with the log id.",
  },
  zh: {
    description: "说明飞书错误码的含义与解决办法，或列出所有已知的错误码",
    short: "说明飞书错误码的含义与解决办法",
    code: "例如 99991672；不给出时列出全部",
    json: "输出 JSON：单个为对象，全部为数组",
    exampleOne: "含义与解决办法",
    exampleAll: "哪些只是推断，没有文档",
    toDo: "建议",
    toDoWithApp: "用应用时",
    message: "原文",
    status: "HTTP",
    retried: "重试",
    retry: {
      transient: "次数有限，间隔递增",
      rateLimited: "等频率限制重置之后",
      token: "换用新的访问凭证重试一次",
      notReady: "不自动重试：稍后才会有",
      final: "无用：再试仍会失败",
    },
    source: "来源",
    sources: {
      documented: "飞书官方文档",
      observed: "见于实际响应",
      sdk: "官方 SDK",
      inferred: "推断，尚未证实",
    },
    unknown: (code) => `没有收录错误码 ${code}`,
    isNear: (near) => `开头相同的错误码：${near.join("、")}。`,
    seeAll: "运行 feishu-meetings errors 可列出全部；其他错误码请附日志 ID 咨询飞书技术支持。",
  },
})

/** Makes the command, with its help in this language. */
export const errors = (language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "errors",
    {
      code: Argument.String("code").pipe(
        Argument.withDescription(say.code),
        Argument.optional,
        Argument.map(Option.getOrUndefined),
      ),
      json: Flags.yes("json", say.json),
    },
    Effect.fnUntraced(function* ({ code, json }) {
      if (code === undefined) {
        const all = ErrorCodes.catalogue.toSorted((one, other) => one.code - other.code)
        return yield* Console.log(
          json ? inJson(all.map((entry) => record(entry, language))) : table(all, language),
        )
      }
      const entry = /^\d+$/.test(code) ? ErrorCodes.find(Number(code)) : undefined
      if (entry === undefined) {
        const near = nearest(code)
        const remedy = `${near.length === 0 ? "" : say.isNear(near)}${say.seeAll}`
        yield* printFault({ meaning: say.unknown(code), remedy })
        return yield* new CommandEnded({ exitCode: exitCodes.badInput })
      }
      yield* Console.log(json ? inJson(record(entry, language)) : details(entry, language))
    }),
  ).pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.description),
    Command.withExamples([
      { command: "feishu-meetings errors 99991672", description: say.exampleOne },
      {
        command: `feishu-meetings errors --json | jq '.[] | select(.source == "inferred")'`,
        description: say.exampleAll,
      },
    ]),
  )
}

/** Returns the meaning and the remedy of a code; in English the meaning is the catalogue's. */
const ofCode = (entry: ErrorCodes.ErrorCode, language: Language.Language, path?: string): OfCode =>
  language === "zh"
    ? ((path === undefined ? undefined : codesOn[path]?.[entry.code]) ?? codes[entry.code] ?? entry)
    : { ...entry, remedy: English.remedyOfCode(entry, path) }

/** Returns the endpoints on which a code means something else, or has another remedy, in the words of `say`. */
const endpointsOf = (
  entry: ErrorCodes.ErrorCode,
  say: (entry: ErrorCodes.ErrorCode, path?: string) => OfCode,
) => {
  const usual = say(entry)
  return Object.keys(ErrorCodes.endpoints).flatMap((path) => {
    const { meaning, remedy } = say(ErrorCodes.find(entry.code, path)!, path)
    return meaning === usual.meaning && remedy === usual.remedy
      ? []
      : [{ operation: `GET ${path}`, meaning, remedy }]
  })
}

const inJson = (value: unknown): string => JSON.stringify(value, undefined, 2)

/** Returns an entry for JSON. Its English is the catalogue's own, since a program that reads it may use the client. */
const record = (entry: ErrorCodes.ErrorCode, language: Language.Language) => {
  const say = (entry: ErrorCodes.ErrorCode, path?: string) =>
    language === "zh" ? ofCode(entry, language, path) : entry
  const endpoints = endpointsOf(entry, say)
  return {
    ...entry,
    ...say(entry),
    ...(endpoints.length === 0 ? {} : { endpoints }),
  }
}

/** Returns the width of a line. A pipe has no width: its reader wants whole lines. */
const columns = (): number => (process.stdout.isTTY ? Math.min(process.stdout.columns || 80, 100) : Infinity)

const table = (entries: ReadonlyArray<ErrorCodes.ErrorCode>, language: Language.Language): string =>
  HelpText.rows(
    entries.map((entry) => [
      `${String(entry.code).padEnd(8)}  ${entry.status}`,
      ofCode(entry, language).meaning,
    ]),
    { columns: columns(), indent: 15, margin: 0 },
  )

const details = (entry: ErrorCodes.ErrorCode, language: Language.Language): string => {
  const say = words[language]
  const { meaning, remedy, remedyOfApp } = ofCode(entry, language)
  const layout = { columns: columns(), margin: 0 }
  const { heading } = HelpText.stdout()
  return [
    HelpText.rows([[heading(String(entry.code)), meaning]], { ...layout, indent: 10 }),
    HelpText.rows(
      [
        [say.toDo, remedy],
        ...(remedyOfApp === undefined ? [] : ([[say.toDoWithApp, remedyOfApp]] as const)),
        [say.retried, say.retry[entry.retry]],
        [say.status, String(entry.status)],
        [say.message, entry.msg],
        [say.source, say.sources[entry.source]],
      ],
      { ...layout, indent: 10 },
    ),
    ...endpointsOf(entry, (entry, path) => ofCode(entry, language, path)).map(
      ({ meaning, operation, remedy }) =>
        `\n${operation}\n${HelpText.rows(
          [
            ["", meaning],
            [say.toDo, remedy],
          ],
          { ...layout, indent: 10 },
        )}`,
    ),
  ].join("\n")
}

/** Returns codes that begin like this one: those with the longest common beginning, and of them the nearest. */
const nearest = (code: string): ReadonlyArray<number> => {
  const alike = (other: number): number => {
    const text = String(other)
    let length = 0
    while (length < text.length && text[length] === code[length]) length++
    return length
  }
  const longest = Math.max(...ErrorCodes.catalogue.map((entry) => alike(entry.code)))
  if (longest < 2) return []
  return ErrorCodes.catalogue
    .map((entry) => entry.code)
    .filter((other) => alike(other) === longest)
    .toSorted((one, other) => Math.abs(one - Number(code)) - Math.abs(other - Number(code)))
    .slice(0, 3)
}
