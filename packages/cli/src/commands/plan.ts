/** The command `plan`: estimates the cost of a read. It sends nothing, and needs no credentials. */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { FeishuError, ListByNo, RateLimit, TimeRange } from "@effect-feishu/core"
import { aligned } from "../console/Columns.ts"
import * as ConnectionFlags from "../input/ConnectionFlags.ts"
import * as Flags from "../input/Flags.ts"
import * as Language from "../language/Language.ts"
import * as MeetingNumbers from "../input/MeetingNumbers.ts"
import * as RangeFlags from "../input/RangeFlags.ts"
import * as LoadedSettings from "../settings/LoadedSettings.ts"
import { json } from "@effect-feishu/terminal/VisibleText"
import { instant, many } from "../language/phrases.ts"

/** A range of numbers from a minimum to a maximum, which may be equal. */
interface Span {
  readonly least: number
  readonly most: number
}

const words = Language.words({
  en: {
    description:
      "Estimate the cost of a read: the number of requests, the time under the rate limit, the share of a monthly quota, and the first URLs. Sends nothing, and needs no credentials.",
    short: "Estimate the requests and the time of a read; sends nothing",
    expectMeetings: "The meetings that you expect for each number; without it, only a minimum is known",
    monthlyQuota: "The monthly API calls of your tenant, to show the share of them",
    json: "Print one JSON document",
    example: "A year of one number",
    exampleQuota: "Many numbers, with an expectation and a quota",
    exampleJson: "For programs",
    numbers: (count: number, numbers: string, windows: number) =>
      `${numbers} ${count === 1 ? "number" : "numbers"}, ${count === 1 ? "" : "each "}${many(windows, "window")} of at most 90 days`,
    range: (start: string, end: string) => `${start} to ${end}`,
    requests: (count: string, expected: string | undefined) =>
      expected === undefined
        ? `${count}, one for each window; more where a window has more meetings than a page (--expect-meetings)`
        : `${count}, for ${expected} meetings of each number`,
    time: (time: string, rateLimit: number) => `${time}, at ${rateLimit} requests a minute`,
    noTime: (rateLimit: number) => `no wait for the rate limit of ${rateLimit} requests a minute`,
    quota: (share: string, quota: string) => `${share} of ${quota} calls a month`,
    overQuota: "More than the quota: Feishu will refuse the rest until next month.",
    old: "Note: the range starts more than 90 days ago. Feishu may refuse it, or show no meetings although there were some.",
    none: ["no meeting number given", "Give at least one, such as: feishu-meetings plan 337736498"],
    urls: "The first requests, each with a token in its header:",
    more: (requests: string) => `and at least ${requests} more`,
    labels: { numbers: "numbers", range: "range", requests: "requests", time: "time", quota: "quota" },
    atLeast: (text: string) => `at least ${text}`,
    duration: (hours: number, minutes: number, seconds: number) =>
      [
        ...(hours > 0 ? [`${hours} h`] : []),
        ...(minutes > 0 ? [`${minutes} min`] : []),
        ...(seconds > 0 || hours + minutes === 0 ? [`${seconds} s`] : []),
      ].join(" "),
  },
  zh: {
    description:
      "估算一次读取的开销：请求数、频率限制下所需的时间、占每月调用额度的比例，以及最先发出的请求地址。不发送任何请求，也不需要访问凭证。",
    short: "估算一次读取的请求数和时间；不发送任何请求",
    expectMeetings: "预计每个会议号的会议数；不给出时只能估算下限",
    monthlyQuota: "租户每月的 API 调用额度，用于计算占比",
    json: "输出一个 JSON 文档",
    example: "一个会议号的一年",
    exampleQuota: "多个会议号，并给出预计会议数和调用额度",
    exampleJson: "供程序使用",
    numbers: (count, numbers, windows) =>
      `${numbers} 个会议号，${count === 1 ? "" : "每个 "}${windows} 个时间段（每段至多 90 天）`,
    range: (start, end) => `${start} 至 ${end}`,
    requests: (count, expected) =>
      expected === undefined
        ? `${count} 次，每个时间段一次；时间段内会议多于一页时更多（见 --expect-meetings）`
        : `${count} 次，按每个会议号 ${expected} 场会议计`,
    time: (time, rateLimit) => `${time}，按每分钟 ${rateLimit} 次请求计`,
    noTime: (rateLimit) => `无需等待频率限制（每分钟 ${rateLimit} 次请求）`,
    quota: (share, quota) => `占每月 ${quota} 次调用的 ${share}`,
    overQuota: "超出调用额度：其余请求会被飞书拒绝，直到下个月。",
    old: "注意：时间范围的开始早于 90 天前。飞书可能拒绝，也可能不显示其中的会议，即使有过会议。",
    none: ["没有给出会议号", "请至少给出一个，例如：feishu-meetings plan 337736498"],
    urls: "最先发出的请求（访问凭证在请求头中）：",
    more: (requests) => `此外至少还有 ${requests} 次`,
    labels: { numbers: "会议号", range: "时间范围", requests: "请求", time: "时间", quota: "额度" },
    atLeast: (text) => `至少 ${text}`,
    duration: (hours, minutes, seconds) =>
      [
        ...(hours > 0 ? [`${hours} 小时`] : []),
        ...(minutes > 0 ? [`${minutes} 分`] : []),
        ...(seconds > 0 || hours + minutes === 0 ? [`${seconds} 秒`] : []),
      ].join(" "),
  },
})

/** The command, in the language of the help. */
export const plan = (language: Language.Language) => {
  const say = words[language]
  const wholeNumber = Flags.wholeNumber(language)
  return Command.make(
    "plan",
    {
      ...RangeFlags.flags(language),
      expectMeetings: wholeNumber("expect-meetings", [0, 100_000_000], say.expectMeetings),
      monthlyQuota: wholeNumber("monthly-quota", [1, Number.MAX_SAFE_INTEGER], say.monthlyQuota),
      json: Flags.yes("json", say.json),
      ...ConnectionFlags.make(language),
    },
    run,
  ).pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.description),
    Command.withExamples([
      { command: "feishu-meetings plan 337736498 --from 365d", description: say.example },
      {
        command:
          "feishu-meetings plan --numbers-from numbers.txt --expect-meetings 250 --monthly-quota 10000",
        description: say.exampleQuota,
      },
      {
        command: "feishu-meetings plan 337736498 --json | jq .requests",
        description: say.exampleJson,
      },
    ]),
  )
}

/** The values of the flags and arguments. */
interface Input extends RangeFlags.Given, ConnectionFlags.Given {
  readonly expectMeetings: number | undefined
  readonly monthlyQuota: number | undefined
  readonly json: boolean
}

/** At most this many URLs are shown. */
const mostShown = 3

/**
 * Returns the requests for the windows of one number: one each, and one for every further page. How the meetings are
 * spread over the windows is not known: the maximum is reached when each window has one more than fits its pages.
 */
const requestsOf = (windows: number, meetings: number, pageSize: number): Span => ({
  least: Math.max(windows, Math.ceil(meetings / pageSize)),
  most: Math.max(windows, Math.floor((meetings + windows * (pageSize - 1)) / pageSize)),
})

/** The cost of a read. */
interface Estimate {
  readonly numbers: number
  readonly range: TimeRange.TimeRange
  /** The windows of one number. */
  readonly windows: number
  readonly pageSize: number
  readonly requests: Span
  /** Requests a minute. */
  readonly rateLimit: number
  readonly seconds: Span
  /** True when the range starts more than 90 days ago. */
  readonly isOld: boolean
  readonly firstUrls: ReadonlyArray<string>
}

const run = Effect.fnUntraced(function* (input: Input) {
  const estimate = yield* estimateOf(input)
  if (input.json) return yield* Console.log(json(forPrograms(estimate, input)))
  yield* Console.log(inWords(estimate, input, yield* Language.CurrentLanguage))
})

const estimateOf = Effect.fnUntraced(function* (input: Input) {
  const say = yield* Language.say(words)
  const settings = yield* LoadedSettings.load(input)
  const numbers = yield* MeetingNumbers.read(input)
  if (numbers.length === 0) return yield* FeishuError.invalidRequest("meeting-no", ...say.none)
  const range = yield* RangeFlags.range(input)
  const { baseUrl } = yield* LoadedSettings.addresses(settings)
  const windows = TimeRange.windows(range)
  const pageSize = settings.pageSize ?? ListByNo.maxPageSize
  const one = requestsOf(windows.length, input.expectMeetings ?? 0, pageSize)
  const requests: Span = { least: one.least * numbers.length, most: one.most * numbers.length }
  const { rateLimit } = settings
  const secondsOf = (count: number) => Math.ceil(RateLimit.leastMillis(count, { requests: rateLimit }) / 1000)
  const firstUrls = numbers
    .slice(0, mostShown)
    .flatMap((meeting_no) => windows.slice(0, mostShown).map((window) => ({ meeting_no, ...window })))
    .slice(0, mostShown)
    .map(({ end: end_time, meeting_no, start: start_time }) => {
      const query = Schema.encodeSync(ListByNo.Query)({
        meeting_no,
        start_time,
        end_time,
        page_size: pageSize,
      })
      return `${baseUrl}${ListByNo.path}?${new URLSearchParams(query)}`
    })
  const now = (yield* Clock.currentTimeMillis) / 1000
  return {
    numbers: numbers.length,
    range,
    windows: windows.length,
    pageSize,
    requests,
    rateLimit,
    seconds: { least: secondsOf(requests.least), most: secondsOf(requests.most) },
    isOld: range.start < now - ListByNo.maxRangeSeconds,
    firstUrls,
  } satisfies Estimate
})

const forPrograms = (estimate: Estimate, { expectMeetings, monthlyQuota }: Input) => {
  const { firstUrls, isOld, numbers, pageSize, range, rateLimit, requests, seconds, windows } = estimate
  // Without --expect-meetings the maximum is not known.
  const span = ({ least, most }: Span) => (expectMeetings === undefined ? { least } : { least, most })
  return {
    numbers,
    range: { start: TimeRange.iso(range.start), end: TimeRange.iso(range.end) },
    windowsOfEach: windows,
    pageSize,
    requests: span(requests),
    rateLimit,
    seconds: span(seconds),
    ...(monthlyQuota === undefined
      ? {}
      : {
          monthlyQuota,
          share: span({ least: requests.least / monthlyQuota, most: requests.most / monthlyQuota }),
        }),
    startsOver90DaysAgo: isOld,
    firstUrls,
  }
}

const inWords = (estimate: Estimate, input: Input, language: Language.Language): string => {
  const { firstUrls, isOld, numbers, range, rateLimit, requests, seconds, windows } = estimate
  const { expectMeetings, monthlyQuota: quota } = input
  const say = words[language]
  const isKnown = expectMeetings !== undefined
  const format = new Intl.NumberFormat(language)
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumSignificantDigits: 2 })
  const between = ({ least, most }: Span, show: (value: number) => string) =>
    !isKnown || least === most ? show(least) : `${show(least)}–${show(most)}`
  const spanInWords = (span: Span, show: (value: number) => string) =>
    isKnown ? between(span, show) : say.atLeast(between(span, show))
  const duration = (value: number) =>
    say.duration(Math.floor(value / 3600), Math.floor((value % 3600) / 60), value % 60)
  const { labels } = say
  const rows: ReadonlyArray<readonly [string, string]> = [
    [labels.numbers, say.numbers(numbers, format.format(numbers), windows)],
    [labels.range, say.range(instant(range.start), instant(range.end))],
    [
      labels.requests,
      say.requests(spanInWords(requests, format.format), isKnown ? format.format(expectMeetings) : undefined),
    ],
    [
      labels.time,
      seconds.most === 0
        ? say.noTime(rateLimit)
        : say.time(say.atLeast(between(seconds, duration)), rateLimit),
    ],
    ...(quota === undefined
      ? []
      : [
          [
            labels.quota,
            say.quota(
              spanInWords(requests, (count) => percent.format(count / quota)),
              format.format(quota),
            ),
          ] as const,
        ]),
  ]
  const rest = requests.least - firstUrls.length
  return [
    aligned(rows),
    ...(isOld ? ["", say.old] : []),
    ...(quota !== undefined && requests.least > quota ? ["", say.overQuota] : []),
    "",
    say.urls,
    ...firstUrls.map((url) => `  ${url}`),
    ...(rest > 0 ? [`  ${say.more(format.format(rest))}`] : []),
  ].join("\n")
}
