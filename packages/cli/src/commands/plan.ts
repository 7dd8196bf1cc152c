/** The command `plan`: what a read would cost. It sends nothing, and needs no credentials. */
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
import { instant } from "../language/phrases.ts"

/** From the fewest to the most; both may be the same. */
interface Span {
  readonly least: number
  readonly most: number
}

const words = Language.words({
  en: {
    description:
      "Tell what a read would cost: how many requests, how long under the rate limit, what share of a monthly quota, and where the first requests go. Sends nothing, and needs no credentials.",
    short: "Tell how many requests a read takes, and how long; sends nothing",
    expectMeetings: "Meetings that you expect of each number: without it, only the least can be told",
    monthlyQuota: "API calls that your tenant has in a month, to tell the share of them",
    json: "Print one JSON document",
    example: "A year of one number",
    exampleQuota: "Many numbers, with what is known of them",
    exampleJson: "For programs",
    numbers: (numbers: string, windows: number) =>
      `${numbers}, each in ${windows === 1 ? "one window" : `${windows} windows of at most 90 days`}`,
    range: (start: string, end: string) => `${start} to ${end}`,
    requests: (count: string, expected: string | undefined) =>
      expected === undefined
        ? `${count}, one for each window; more where a window has more meetings than a page (--expect-meetings)`
        : `${count}, with ${expected} meetings of each number`,
    time: (time: string, rateLimit: number) => `${time}, since ${rateLimit} requests may go in a minute`,
    noTime: (rateLimit: number) =>
      `no wait for the rate limit, which lets ${rateLimit} requests go in a minute`,
    quota: (share: string, quota: string) => `${share} of ${quota} calls a month`,
    overQuota: "more than the quota: Feishu will refuse the rest until the next month",
    old: "note: the range starts more than 90 days ago. Feishu may refuse that, or show no meetings although there were some.",
    none: ["none is given", "Write at least one, such as: feishu-meetings plan 337736498"],
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
      "估算一次读取的开销：请求数、限流下所需的时间、占每月配额的比例，以及最先发出的请求地址。不发送任何请求，也不需要凭证。",
    short: "估算一次读取的请求数和时间；不发送任何请求",
    expectMeetings: "预计每个会议号的会议数；不给出时只能估算下限",
    monthlyQuota: "租户每月的 API 调用配额，用于计算占比",
    json: "输出一个 JSON 文档",
    example: "一个会议号的一年",
    exampleQuota: "多个会议号，并给出已知情况",
    exampleJson: "供程序使用",
    numbers: (numbers, windows) =>
      `${numbers} 个，每个 ${windows} 个时间段${windows === 1 ? "" : "（每个至多 90 天）"}`,
    range: (start, end) => `${start} 至 ${end}`,
    requests: (count, expected) =>
      expected === undefined
        ? `${count} 次，每个时间段一次；时间段内会议多于一页时更多（见 --expect-meetings）`
        : `${count} 次，按每个会议号 ${expected} 场会议计`,
    time: (time, rateLimit) => `${time}，因为每分钟只能发送 ${rateLimit} 次请求`,
    noTime: (rateLimit) => `无需等待限流（每分钟 ${rateLimit} 次请求）`,
    quota: (share, quota) => `占每月 ${quota} 次调用的 ${share}`,
    overQuota: "超出配额：其余请求会被飞书拒绝，直到下个月",
    old: "注意：时间范围的开始早于 90 天前。飞书可能拒绝，或不再显示其中的会议。",
    none: ["没有给出", "请至少写一个，例如：feishu-meetings plan 337736498"],
    urls: "最先发出的请求（访问凭证在请求头中）：",
    more: (requests) => `此外至少还有 ${requests} 次`,
    labels: { numbers: "会议号", range: "时间范围", requests: "请求", time: "时间", quota: "配额" },
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

/** What was asked for. */
interface Input extends RangeFlags.Given, ConnectionFlags.Given {
  readonly expectMeetings: number | undefined
  readonly monthlyQuota: number | undefined
  readonly json: boolean
}

/** URLs that are shown. */
const mostShown = 3

/**
 * Requests for the windows of one number: one each, and one for every further page. Where the meetings lie is not
 * known: the most come when each window has one more than fits its pages.
 */
const requestsOf = (windows: number, meetings: number, pageSize: number): Span => ({
  least: Math.max(windows, Math.ceil(meetings / pageSize)),
  most: Math.max(windows, Math.floor((meetings + windows * (pageSize - 1)) / pageSize)),
})

const run = Effect.fnUntraced(function* (input: Input) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const settings = yield* LoadedSettings.load(input)
  const numbers = yield* MeetingNumbers.read(input)
  if (numbers.length === 0) return yield* FeishuError.invalidRequest("meeting-no", ...say.none)
  const range = yield* RangeFlags.range(input)
  const { baseUrl } = yield* LoadedSettings.addresses(settings)
  const windows = TimeRange.windows(range)
  const pageSize = settings.pageSize ?? ListByNo.maxPageSize
  const one = requestsOf(windows.length, input.expectMeetings ?? 0, pageSize)
  const requests: Span = { least: one.least * numbers.length, most: one.most * numbers.length }
  const limit = { requests: settings.rateLimit }
  const seconds: Span = {
    least: Math.ceil(RateLimit.leastMillis(requests.least, limit) / 1000),
    most: Math.ceil(RateLimit.leastMillis(requests.most, limit) / 1000),
  }
  const urls = numbers
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
  const isOld = range.start < now - ListByNo.maxRangeSeconds

  if (input.json) {
    const expected = input.expectMeetings !== undefined
    const span = ({ least, most }: Span) => (expected ? { least, most } : { least })
    return yield* Console.log(
      json({
        numbers: numbers.length,
        range: { start: TimeRange.iso(range.start), end: TimeRange.iso(range.end) },
        windowsOfEach: windows.length,
        pageSize,
        requests: span(requests),
        rateLimit: settings.rateLimit,
        seconds: span(seconds),
        ...(input.monthlyQuota === undefined
          ? {}
          : {
              monthlyQuota: input.monthlyQuota,
              share: span({
                least: requests.least / input.monthlyQuota,
                most: requests.most / input.monthlyQuota,
              }),
            }),
        startsOver90DaysAgo: isOld,
        firstUrls: urls,
      }),
    )
  }

  const isKnown = input.expectMeetings !== undefined
  const format = new Intl.NumberFormat(language)
  const between = ({ least, most }: Span, show: (value: number) => string) =>
    !isKnown || least === most ? show(least) : `${show(least)}–${show(most)}`
  const inWords = (span: Span, show: (value: number) => string) =>
    isKnown ? between(span, show) : say.atLeast(between(span, show))
  const duration = (value: number) =>
    say.duration(Math.floor(value / 3600), Math.floor((value % 3600) / 60), value % 60)
  const percent = new Intl.NumberFormat(language, { style: "percent", maximumSignificantDigits: 2 })
  const quota = input.monthlyQuota
  const { labels } = say
  const rows: ReadonlyArray<readonly [string, string]> = [
    [labels.numbers, say.numbers(format.format(numbers.length), windows.length)],
    [labels.range, say.range(instant(range.start), instant(range.end))],
    [
      labels.requests,
      say.requests(
        inWords(requests, format.format),
        input.expectMeetings === undefined ? undefined : format.format(input.expectMeetings),
      ),
    ],
    [
      labels.time,
      seconds.most === 0
        ? say.noTime(settings.rateLimit)
        : say.time(say.atLeast(between(seconds, duration)), settings.rateLimit),
    ],
    ...(quota === undefined
      ? []
      : [
          [
            labels.quota,
            say.quota(
              inWords(requests, (count) => percent.format(count / quota)),
              format.format(quota),
            ),
          ] as const,
        ]),
  ]
  const rest = requests.least - urls.length
  yield* Console.log(
    [
      aligned(rows),
      ...(isOld ? ["", say.old] : []),
      ...(quota !== undefined && requests.least > quota ? ["", say.overQuota] : []),
      "",
      say.urls,
      ...urls.map((url) => `  ${url}`),
      ...(rest > 0 ? [`  ${say.more(format.format(rest))}`] : []),
    ].join("\n"),
  )
})
