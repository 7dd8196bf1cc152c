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
    from: 'Start: a date (2026-09-01), a month (2026-09), today, yesterday, "last week", "last month", how long ago (30d, 36h), ISO (2026-09-01T08:00:00+08:00), or unix seconds; default: 89 days 23 hours ago, the earliest start Feishu reliably accepts',
    to: "End, in the same forms; a day, a week or a month is included whole, in local time; default: now",
    month: 'A whole month in local time, such as 2026-09 or "last month"; in place of --from and --to',
    notMonth: "it is not a month",
    giveMonth: 'Give one such as 2026-09, "this month" or "last month".',
    rangeTwice: ["it is given beside --from or --to", "Leave out --month, or the others."],
    pageSize: `Meetings per request, 1 to ${ListByNo.maxPageSize}; default: ${ListByNo.maxPageSize}, or --max-items if that is smaller`,
    earlier: "Give --from an earlier time than --to.",
  },
  zh: {
    numbers: "九位数字（可含空格和连字符），或会议链接",
    numbersFrom:
      "另从该文件读取会议号：每行一个，或含有会议号一列的表格（.csv、.tsv、.xlsx、JSON）；- 表示标准输入。空行和 # 之后的内容会被忽略",
    column: "该列的列名，或从 1 起的列号；默认为名为 会议号 或 meeting_no 的列，没有则为内容是会议号的列",
    from: "开始时间：日期（2026-09-01）、月份（2026-09）、今天、昨天、上周、上个月、距今多久（30d、36h）、ISO 格式（2026-09-01T08:00:00+08:00）或 Unix 秒；默认从 89 天 23 小时前开始，即飞书确定可查的最早时间",
    to: "结束时间，写法相同；日期、周和月份均包含整段（本地时间）；默认为现在",
    month: "一整个月（本地时间），例如 2026-09 或 上个月；代替 --from 和 --to",
    notMonth: "不是月份",
    giveMonth: "请写成 2026-09、本月 或 上个月 的样子。",
    rangeTwice: ["与 --from 或 --to 同时给出", "请去掉 --month，或去掉另外两个。"],
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
    month: Flags.text("month", "MONTH", say.month),
    pageSize: Flags.wholeNumber(language)("page-size", [1, ListByNo.maxPageSize], say.pageSize),
  }
}

/** The values of these arguments and flags. */
export interface Given extends MeetingNumbers.Given {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly month: string | undefined
  readonly pageSize: number | undefined
}

// 90 days less an hour: Feishu may refuse a start that is 90 days ago when the request arrives, and a read takes time.
const defaultFrom = `${90 * 24 - 1}h`

/** Matches a month as people write it. `TimeRange` reads it, as the start of a range and as its end. */
const month = /^(?:\d{4} *[-/.年] *\d{1,2}月?|(?:this|last) +month|[本这上]个?月)$/i

/** Returns the range of a month. */
export const ofMonth = Effect.fnUntraced(function* (given: string) {
  const { giveMonth, notMonth } = yield* Language.say(words)
  if (!month.test(given.trim())) return yield* FeishuError.invalidRequest("--month", notMonth, giveMonth)
  return yield* TimeRange.make({ from: given, to: given, timeZone: TimeZone.current().name }).pipe(
    Effect.mapError(() => FeishuError.invalidRequest("--month", notMonth, giveMonth)),
  )
})

/** Reads one range for all numbers: a relative time must not move while they are read. */
export const range = Effect.fnUntraced(function* (given: Pick<Given, "from" | "to" | "month">) {
  const language = yield* Language.CurrentLanguage
  const { from = defaultFrom, to } = given
  if (given.month !== undefined) {
    if (given.from !== undefined || to !== undefined) {
      return yield* FeishuError.invalidRequest("--month", ...words[language].rangeTwice)
    }
    return yield* ofMonth(given.month)
  }
  const zone = TimeZone.current()
  const range = yield* TimeRange.make({ from, to, timeZone: zone.name }).pipe(
    Effect.mapError((error) => namedByFlags(error, words[language])),
  )
  if (!zone.isKnown && isLocal({ from, to })) {
    yield* Effect.logWarning(TimeZone.inWords(zone, language))
  }
  return range
})

/** True for a range whose bounds depend on the time zone: it is told back. */
export const isLocal = ({ from, month, to }: Partial<Pick<Given, "from" | "to" | "month">>): boolean =>
  [from, to, month].some((time) => time !== undefined && TimeZone.isNeededBy(time))

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
