/** The arguments and flags that say what is read, and the time range that they give. */
import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import { FeishuError, ListByNo, TimeRange } from "@effect-feishu/core"
import * as Flags from "./Flags.ts"
import * as Language from "../language/Language.ts"
import type * as MeetingNumbers from "./MeetingNumbers.ts"
import * as TimeZone from "../language/TimeZone.ts"

const words = Language.words({
  en: {
    numbers: "Nine digits, with spaces or dashes if you like, or a meeting link",
    numbersFrom:
      "Also read meeting numbers from this file: one per line, or a table with a column of them (.csv, .tsv, .xlsx, JSON); - is standard input. Blank lines and everything after # are ignored",
    column:
      "The head of that column, or its number from 1; default: a column called meeting_no or 会议号, else the one that holds meeting numbers",
    from: "Start: ISO (2026-09-01, 2026-09-01T08:00:00+08:00), unix seconds, or how long ago (30d, 36h); default: 89 days 23 hours ago, the earliest start Feishu reliably accepts",
    to: "End, in the same forms; a date includes the whole local day; default: now",
    pageSize: `Meetings per request, 1 to ${ListByNo.maxPageSize}; default: ${ListByNo.maxPageSize}, or --max-items if that is smaller`,
    earlier: "Give --from an earlier time than --to.",
  },
  zh: {
    numbers: "九位数字（可含空格和连字符），或会议链接",
    numbersFrom:
      "另从该文件读取会议号：每行一个，或含有会议号一列的表格（.csv、.tsv、.xlsx、JSON）；- 表示标准输入。空行和 # 之后的内容会被忽略",
    column: "该列的列名，或从 1 起的列号；默认为名为 会议号 或 meeting_no 的列，没有则为内容是会议号的列",
    from: "开始时间：ISO 格式（2026-09-01、2026-09-01T08:00:00+08:00）、Unix 秒，或距今多久（30d、36h）；默认从 89 天 23 小时前开始，即飞书确定可查的最早时间",
    to: "结束时间，写法相同；只写日期时包含当天全天（本地时间）；默认为现在",
    pageSize: `每次请求的会议数，1 到 ${ListByNo.maxPageSize}；默认 ${ListByNo.maxPageSize}，或更小的 --max-items`,
    earlier: "请让 --from 早于 --to。",
  },
})

/** Makes the arguments and flags, with their help in this language. */
export const flags = (language: Language.Language) => {
  const say = words[language]
  return {
    numbers: Argument.variadic(Argument.String("meeting-no").pipe(Argument.withDescription(say.numbers))),
    numbersFrom: Flags.file(language)("numbers-from", say.numbersFrom),
    column: Flags.text("column", "NAME", say.column),
    from: Flags.text("from", "TIME", say.from),
    to: Flags.text("to", "TIME", say.to),
    pageSize: Flags.wholeNumber(language)("page-size", [1, ListByNo.maxPageSize], say.pageSize),
  }
}

/** The values of these arguments and flags. */
export interface Given extends MeetingNumbers.Given {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly pageSize: number | undefined
}

// 90 days less an hour: Feishu may refuse a start that is 90 days ago when the request arrives, and a read takes time.
const defaultFrom = `${90 * 24 - 1}h`

/** Reads one range for all numbers: a relative time must not move while they are read. */
export const range = Effect.fnUntraced(function* ({ from = defaultFrom, to }: Pick<Given, "from" | "to">) {
  const language = yield* Language.CurrentLanguage
  const zone = TimeZone.current()
  const range = yield* TimeRange.make({ from, to, timeZone: zone.name }).pipe(
    Effect.mapError((error) => namedByFlags(error, words[language])),
  )
  if (!zone.isKnown && [from, to].some((time) => time !== undefined && TimeZone.isNeededBy(time))) {
    yield* Effect.logWarning(TimeZone.inWords(zone, language))
  }
  return range
})

/** Names the flags that were typed in what is wrong with a range. */
const namedByFlags = (
  error: FeishuError.FeishuError,
  say: { readonly earlier: string },
): FeishuError.FeishuError => {
  const { reason } = error
  if (reason._tag !== "InvalidRequest") return error
  switch (reason.field) {
    case "from":
    case "to":
      return FeishuError.invalidRequest(
        `--${reason.field}`,
        reason.sentences?.problem ?? reason.problem,
        reason.sentences?.remedy ?? reason.remedy,
      )
    case "range":
      return FeishuError.invalidRequest(
        "--from, --to",
        reason.sentences?.problem ?? reason.problem,
        say.earlier,
      )
    default:
      return error
  }
}
