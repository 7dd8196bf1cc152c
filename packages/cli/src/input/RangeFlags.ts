/** What is to be read: the arguments and flags for it, and the range that they give. */
import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import { FeishuError, ListByNo, TimeRange } from "@effect-feishu/core"
import * as Flags from "./Flags.ts"
import * as Language from "../language/Language.ts"
import type * as MeetingNumbers from "./MeetingNumbers.ts"
import * as TimeZone from "../language/TimeZone.ts"

const words = Language.words({
  en: {
    numbers: "Nine digits; spaces and dashes between them do not matter",
    numbersFrom:
      "Read meeting numbers from there, too, one a line; - is standard input. Empty lines do not count, nor what follows a #",
    from: "Start: ISO (2026-09-01, 2026-09-01T08:00:00+08:00), unix seconds, or how long ago (30d, 36h); default 90 days ago less one hour, the most that Feishu surely shows",
    to: "End, written likewise; a date includes the whole local day; default now",
    pageSize: `Meetings per request, 1 to ${ListByNo.maxPageSize}; default ${ListByNo.maxPageSize}, or --max-items if that is less`,
    earlier: "Give --from an earlier time than --to.",
  },
  zh: {
    numbers: "九位数字，中间可有空格和连字符",
    numbersFrom: "另从该文件读取会议号，每行一个；- 表示标准输入。空行和 # 之后的内容不计",
    from: "开始时间：ISO 格式（2026-09-01、2026-09-01T08:00:00+08:00）、Unix 秒，或距今多久（30d、36h）；默认 90 天前再晚一小时，即飞书一定可查的最早时间",
    to: "结束时间，写法相同；只写日期时包含当天全天（本地时间）；默认为现在",
    pageSize: `每次请求的会议数，1 到 ${ListByNo.maxPageSize}；默认 ${ListByNo.maxPageSize}，--max-items 更小时取其值`,
    earlier: "请让 --from 早于 --to。",
  },
})

/** In the language of the help. */
export const flags = (language: Language.Language) => {
  const say = words[language]
  return {
    numbers: Argument.variadic(Argument.String("meeting-no").pipe(Argument.withDescription(say.numbers))),
    numbersFrom: Flags.file(language)("numbers-from", say.numbersFrom),
    from: Flags.text("from", "TIME", say.from),
    to: Flags.text("to", "TIME", say.to),
    pageSize: Flags.wholeNumber(language)("page-size", [1, ListByNo.maxPageSize], say.pageSize),
  }
}

/** What those gave. */
export interface Given extends MeetingNumbers.Given {
  readonly from: string | undefined
  readonly to: string | undefined
  readonly pageSize: number | undefined
}

// 90 days less an hour: Feishu may refuse a start that is 90 days old when the request arrives, and a read takes time.
const defaultFrom = `${90 * 24 - 1}h`

/** One range for all numbers: relative words must not move while they are read. */
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

/** What is wrong is told by the flags that were typed. */
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
