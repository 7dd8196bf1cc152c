/** The command `plan`: estimates the cost of a read. It sends nothing, and needs no credentials. */
import * as Clock from "effect/Clock"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  FeishuError,
  GetMeeting,
  GetRecording,
  ListByNo,
  type Meetings,
  RateLimit,
  TimeRange,
} from "@effect-feishu/core"
import { aligned } from "../console/Columns.ts"
import * as ConnectionFlags from "../input/ConnectionFlags.ts"
import * as DetailsFlags from "../input/DetailsFlags.ts"
import * as Flags from "../input/Flags.ts"
import * as Language from "../language/Language.ts"
import * as MeetingNumbers from "../input/MeetingNumbers.ts"
import * as RangeFlags from "../input/RangeFlags.ts"
import * as ClientLayer from "../settings/ClientLayer.ts"
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
      "Estimate the cost of a read: the number of requests, the time under the rate limits, the share of a monthly quota, and the first URLs. Sends nothing, and needs no credentials.",
    short: "Estimate the requests and the time of a read; sends nothing",
    expectMeetings: "The meetings that you expect for each number; without it, only a minimum is known",
    monthlyQuota: "The monthly API calls of your tenant, to show the share of them",
    json: "Print one JSON document",
    example: "A year of one number",
    exampleQuota: "Many numbers, with an expectation and a quota",
    exampleDetails: "With participants and recordings of each meeting",
    exampleJson: "For programs",
    numbers: (count: number, numbers: string, windows: number) =>
      `${numbers} ${count === 1 ? "number" : "numbers"}, ${count === 1 ? "" : "each "}${many(windows, "window")} of at most 90 days`,
    range: (start: string, end: string) => `${start} to ${end}`,
    requests: (count: string, expected: string | undefined) =>
      expected === undefined
        ? `${count}, one for each window; more where a window has more meetings than a page (--expect-meetings)`
        : `${count}, for ${expected} meetings of each number`,
    ofEach: (count: string, what: What) => `${count} for ${what === "list" ? "the list" : what}`,
    perMeeting: (requests: number, rateLimit: string) =>
      `and ${requests} more for each meeting, at most ${rateLimit} meetings a minute`,
    time: (time: string, rates: string) => `${time}, at ${rates}`,
    noTime: (rates: string | undefined) =>
      rates === undefined ? "no wait for the rate limits" : `no wait for the rate limit of ${rates}`,
    rate: (rateLimit: string) => `${rateLimit} requests a minute`,
    rateOf: (minute: string, second: string | undefined, what: ReadonlyArray<What>) =>
      second === undefined
        ? `${minute} requests a minute for the list`
        : `${minute} a minute and ${second} a second for ${what.join(", and as many for ")}`,
    quota: (share: string, quota: string) => `${share} of ${quota} calls a month`,
    overQuota: "More than the quota: Feishu will refuse the rest until next month.",
    ofFree: (quota: string) =>
      `The free edition of Feishu has ${quota} calls a month; give yours with --monthly-quota.`,
    old: "Note: the range starts more than 90 days ago. Feishu may refuse it, or show no meetings although there were some.",
    none: ["no meeting number given", "Give at least one, such as: feishu-meetings plan 337736498"],
    examples: "By the number of meetings of all numbers (--expect-meetings gives yours):",
    columns: { meetings: "meetings", requests: "requests", time: "time at least" },
    urls: "The first requests, each with a token in its header:",
    urlsOfMeeting: "Then for each meeting:",
    more: (requests: string) => `and at least ${requests} more`,
    labels: { numbers: "numbers", range: "range", requests: "requests", time: "time", quota: "quota" },
    atLeast: (text: string) => `at least ${text}`,
    comma: ", ",
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
    exampleDetails: "包含每场会议的参会者和录制文件",
    exampleJson: "供程序使用",
    numbers: (count, numbers, windows) =>
      `${numbers} 个会议号，${count === 1 ? "" : "每个 "}${windows} 个时间段（每段至多 90 天）`,
    range: (start, end) => `${start} 至 ${end}`,
    requests: (count, expected) =>
      expected === undefined
        ? `${count} 次，每个时间段一次；时间段内会议多于一页时更多（见 --expect-meetings）`
        : `${count} 次，按每个会议号 ${expected} 场会议计`,
    ofEach: (count, what) => `${chineseNames[what]} ${count}`,
    perMeeting: (requests, rateLimit) => `另外每场会议 ${requests} 次，每分钟至多 ${rateLimit} 场`,
    time: (time, rates) => `${time}，按${rates}计`,
    noTime: (rates) => (rates === undefined ? "无需等待频率限制" : `无需等待频率限制（${rates}）`),
    rate: (rateLimit) => `每分钟 ${rateLimit} 次请求`,
    rateOf: (minute, second, what) =>
      second === undefined
        ? `会议列表每分钟 ${minute} 次请求`
        : `${what.map((each) => chineseNames[each]).join("、")}${what.length > 1 ? "各" : ""}每分钟 ${minute} 次且每秒 ${second} 次`,
    quota: (share, quota) => `占每月 ${quota} 次调用的 ${share}`,
    overQuota: "超出调用额度：其余请求会被飞书拒绝，直到下个月。",
    ofFree: (quota) => `飞书免费版每月的调用额度为 ${quota} 次；可用 --monthly-quota 给出您的额度。`,
    old: "注意：时间范围的开始早于 90 天前。飞书可能拒绝，也可能不显示其中的会议，即使有过会议。",
    none: ["没有给出会议号", "请至少给出一个，例如：feishu-meetings plan 337736498"],
    examples: "按全部会议号的会议总数估算（可用 --expect-meetings 给出）：",
    columns: { meetings: "会议数", requests: "请求", time: "至少需要" },
    urls: "最先发出的请求（访问凭证在请求头中）：",
    urlsOfMeeting: "之后每场会议：",
    more: (requests) => `此外至少还有 ${requests} 次`,
    labels: { numbers: "会议号", range: "时间范围", requests: "请求", time: "时间", quota: "额度" },
    atLeast: (text) => `至少 ${text}`,
    comma: "，",
    duration: (hours, minutes, seconds) =>
      [
        ...(hours > 0 ? [`${hours} 小时`] : []),
        ...(minutes > 0 ? [`${minutes} 分`] : []),
        ...(seconds > 0 || hours + minutes === 0 ? [`${seconds} 秒`] : []),
      ].join(" "),
  },
})

/** What requests are for. Each has a rate limit of its own. */
type What = "list" | "details" | "recordings"

const chineseNames: Readonly<Record<What, string>> = {
  list: "会议列表",
  details: "会议详情",
  recordings: "录制文件",
}

/** The command, in the language of the help. */
export const plan = (language: Language.Language) => {
  const say = words[language]
  const wholeNumber = Flags.wholeNumber(language)
  return Command.make(
    "plan",
    {
      ...RangeFlags.flags(language),
      ...DetailsFlags.flags(language),
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
        command: "feishu-meetings plan 337736498 --participants --recordings",
        description: say.exampleDetails,
      },
      {
        command: "feishu-meetings plan 337736498 --json | jq .requests",
        description: say.exampleJson,
      },
    ]),
  )
}

/** The values of the flags and arguments. */
interface Input extends RangeFlags.Given, DetailsFlags.Given, ConnectionFlags.Given {
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

/** The requests of a read, and how long they take at least. */
interface Cost {
  /** Only what is requested. */
  readonly requestsOf: Partial<Record<What, Span>>
  readonly requests: Span
  readonly seconds: Span
  /** What takes the longest. */
  readonly slowest: ReadonlyArray<What>
}

/** The cost of a read. */
interface Estimate extends Cost {
  readonly numbers: number
  readonly range: TimeRange.TimeRange
  /** The windows of one number. */
  readonly windows: number
  readonly pageSize: number
  readonly windowsOf: Readonly<Record<What, RateLimit.Windows>>
  /** What is requested of each meeting; `undefined` if nothing but the list is. */
  readonly request: Meetings.DetailsRequest | undefined
  /** The cost of some numbers of meetings, where it is not known how many to expect. */
  readonly examples: ReadonlyArray<Cost & { readonly meetings: number }>
  /** True when the range starts more than 90 days ago. */
  readonly isOld: boolean
  readonly firstUrls: ReadonlyArray<string>
  readonly urlsOfMeeting: ReadonlyArray<string>
}

/** The API calls of a month in the free edition (documented). */
const freeQuota = 10_000

/** The numbers of meetings, of all numbers together, whose cost is shown if nothing is expected. */
const examplesOfMeetings = [100, 1_000, 5_000, 10_000]

const run = Effect.fnUntraced(function* (input: Input) {
  const estimate = yield* estimateOf(input)
  if (input.json) return yield* Console.log(json(forPrograms(estimate, input)))
  yield* Console.log(inWords(estimate, input, yield* Language.CurrentLanguage))
})

/** Milliseconds from the first to the last request, at least: windows of a minute, and within each those of a second. */
const leastMillis = (requests: number, [longest, ...shorter]: RateLimit.Windows): number => {
  const [next, ...others] = shorter
  const byLongest = RateLimit.leastMillis(requests, longest)
  if (next === undefined || requests === 0) return byLongest
  const inLast = requests - (Math.ceil(requests / longest.requests) - 1) * longest.requests
  return Math.max(
    byLongest + leastMillis(inLast, [next, ...others]),
    leastMillis(requests, [next, ...others]),
  )
}

const costOf = (requestsOf: Cost["requestsOf"], windowsOf: Estimate["windowsOf"]): Cost => {
  const each = (Object.keys(windowsOf) as Array<What>).flatMap((what) => {
    const requests = requestsOf[what]
    if (requests === undefined) return []
    const secondsOf = (count: number) => Math.ceil(leastMillis(count, windowsOf[what]) / 1000)
    return [{ what, requests, least: secondsOf(requests.least), most: secondsOf(requests.most) }]
  })
  const most = Math.max(...each.map(({ most }) => most))
  return {
    requestsOf,
    requests: {
      least: each.reduce((sum, { requests }) => sum + requests.least, 0),
      most: each.reduce((sum, { requests }) => sum + requests.most, 0),
    },
    // Each has a limit of its own, and they are read in parallel.
    seconds: { least: Math.max(...each.map(({ least }) => least)), most },
    slowest: each.flatMap((one) => (one.most === most ? [one.what] : [])),
  }
}

const estimateOf = Effect.fnUntraced(function* (input: Input) {
  const say = yield* Language.say(words)
  const settings = yield* LoadedSettings.load(input)
  const request = yield* DetailsFlags.request(input)
  const numbers = yield* MeetingNumbers.read(input)
  if (numbers.length === 0) return yield* FeishuError.invalidRequest("meeting-no", ...say.none)
  const range = yield* RangeFlags.range(input)
  const { baseUrl } = yield* LoadedSettings.addresses(settings)
  const windows = TimeRange.windows(range)
  const pageSize = settings.pageSize ?? ListByNo.maxPageSize
  const { operations, requests } = ClientLayer.rateLimit(settings)
  const windowsOf: Estimate["windowsOf"] = {
    list: [{ requests, window: `${ListByNo.rateLimitWindowSeconds} seconds` }],
    details: operations[`GET ${GetMeeting.path}`]!,
    recordings: operations[`GET ${GetRecording.path}`]!,
  }
  const ofMeetings = (meetings: number): Cost["requestsOf"] => ({
    ...(request?.details ? { details: { least: meetings, most: meetings } } : {}),
    ...(request?.recordings ? { recordings: { least: meetings, most: meetings } } : {}),
  })
  const { expectMeetings } = input
  const one = requestsOf(windows.length, expectMeetings ?? 0, pageSize)
  const list: Span = { least: one.least * numbers.length, most: one.most * numbers.length }
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
    ...costOf({ list, ...ofMeetings((expectMeetings ?? 0) * numbers.length) }, windowsOf),
    numbers: numbers.length,
    range,
    windows: windows.length,
    pageSize,
    windowsOf,
    request,
    examples:
      request === undefined || expectMeetings !== undefined
        ? []
        : examplesOfMeetings.map((meetings) => {
            const pages = requestsOf(windows.length * numbers.length, meetings, pageSize)
            return { meetings, ...costOf({ list: pages, ...ofMeetings(meetings) }, windowsOf) }
          }),
    isOld: range.start < now - ListByNo.maxRangeSeconds,
    firstUrls,
    urlsOfMeeting: urlsOfMeeting(baseUrl, request),
  } satisfies Estimate
})

const urlsOfMeeting = (
  baseUrl: string,
  request: Meetings.DetailsRequest | undefined,
): ReadonlyArray<string> => {
  const urlOf = (path: string, query: URLSearchParams) =>
    `${baseUrl}${path.replace(":meeting_id", "MEETING-ID")}${query.size === 0 ? "" : `?${query}`}`
  const query = Schema.encodeSync(GetMeeting.Query)({
    ...(request?.participants ? { with_participants: true } : {}),
    ...(request?.userIdType === undefined ? {} : { user_id_type: request.userIdType }),
  })
  return [
    ...(request?.details ? [urlOf(GetMeeting.path, new URLSearchParams(query))] : []),
    ...(request?.recordings ? [urlOf(GetRecording.path, new URLSearchParams())] : []),
  ]
}

const forPrograms = (estimate: Estimate, { expectMeetings, monthlyQuota }: Input) => {
  const { examples, firstUrls, isOld, numbers, pageSize, range, request, windows, windowsOf } = estimate
  // Without --expect-meetings the maximum is not known.
  const span = ({ least, most }: Span) => (expectMeetings === undefined ? { least } : { least, most })
  const cost = ({ requests, requestsOf, seconds }: Cost) => ({
    requests: span(requests),
    ...(request === undefined
      ? {}
      : { requestsOf: Object.fromEntries(Object.entries(requestsOf).map(([what, of]) => [what, span(of)])) }),
    seconds: span(seconds),
    ...(monthlyQuota === undefined
      ? {}
      : { share: span({ least: requests.least / monthlyQuota, most: requests.most / monthlyQuota }) }),
  })
  return {
    numbers,
    range: { start: TimeRange.iso(range.start), end: TimeRange.iso(range.end) },
    windowsOfEach: windows,
    pageSize,
    ...cost(estimate),
    rateLimit: windowsOf.list[0].requests,
    ...(request === undefined ? {} : { detailsRateLimit: windowsOf.details[0].requests }),
    ...(monthlyQuota === undefined ? {} : { monthlyQuota }),
    ...(examples.length === 0
      ? {}
      : { examples: examples.map((example) => ({ meetings: example.meetings, ...cost(example) })) }),
    startsOver90DaysAgo: isOld,
    firstUrls,
    ...(request === undefined ? {} : { urlsOfMeeting: estimate.urlsOfMeeting }),
  }
}

const inWords = (estimate: Estimate, input: Input, language: Language.Language): string => {
  const { examples, firstUrls, isOld, numbers, range, requests, requestsOf, seconds, slowest, windows } =
    estimate
  const { expectMeetings, monthlyQuota: quota } = input
  const say = words[language]
  const isKnown = expectMeetings !== undefined
  const format = new Intl.NumberFormat(language)
  const [small, large] = [{ maximumSignificantDigits: 2 }, { maximumFractionDigits: 0 }].map(
    (digits) => new Intl.NumberFormat(language, { style: "percent", ...digits }),
  )
  const percent = (share: number) => (share < 0.1 ? small! : large!).format(share)
  const between = ({ least, most }: Span, show: (value: number) => string) =>
    !isKnown || least === most ? show(least) : `${show(least)}–${show(most)}`
  const spanInWords = (span: Span, show: (value: number) => string) =>
    isKnown ? between(span, show) : say.atLeast(between(span, show))
  const duration = (value: number) =>
    say.duration(Math.floor(value / 3600), Math.floor((value % 3600) / 60), value % 60)
  const { labels } = say
  const each = Object.entries(requestsOf) as ReadonlyArray<[What, Span]>
  const limitsOf = (what: What) => estimate.windowsOf[what].map((window) => format.format(window.requests))
  const [minute = "", second] = limitsOf(slowest[0]!)
  const rates = each.length === 1 ? say.rate(minute) : say.rateOf(minute, second, slowest)
  const ofMeetings = each.filter(([what]) => what !== "list")
  const requestRows = isKnown
    ? [
        say.requests(between(requests, format.format), format.format(expectMeetings)),
        ...(ofMeetings.length === 0
          ? []
          : [each.map(([what, span]) => say.ofEach(between(span, format.format), what)).join(say.comma)]),
      ]
    : [
        say.requests(spanInWords(requests, format.format), undefined),
        ...(ofMeetings.length === 0 ? [] : [say.perMeeting(ofMeetings.length, limitsOf("details")[0]!)]),
      ]
  const rows: ReadonlyArray<readonly [string, string]> = [
    [labels.numbers, say.numbers(numbers, format.format(numbers), windows)],
    [labels.range, say.range(instant(range.start), instant(range.end))],
    ...requestRows.map((row, index) => [index === 0 ? labels.requests : "", row] as const),
    ...(examples.length > 0
      ? []
      : [
          [
            labels.time,
            seconds.most === 0
              ? say.noTime(each.length === 1 ? rates : undefined)
              : say.time(say.atLeast(between(seconds, duration)), rates),
          ] as const,
          ...(quota === undefined
            ? []
            : [
                [
                  labels.quota,
                  say.quota(
                    spanInWords(requests, (count) => percent(count / quota)),
                    format.format(quota),
                  ),
                ] as const,
              ]),
        ]),
  ]
  const { columns } = say
  const ofQuota = say.quota("%", format.format(quota ?? freeQuota))
  const exampleRows = [
    [columns.meetings, columns.requests, columns.time, ofQuota],
    ...examples.map(({ meetings, requests, seconds }) => [
      format.format(meetings),
      format.format(requests.least),
      duration(seconds.least),
      percent(requests.least / (quota ?? freeQuota)),
    ]),
  ]
  const rest = requests.least - firstUrls.length
  const saysFree = quota === undefined && (examples.length > 0 || requests.most > freeQuota)
  return [
    aligned(rows),
    ...(examples.length === 0 ? [] : ["", say.examples, aligned(exampleRows)]),
    ...(isOld ? ["", say.old] : []),
    ...(quota !== undefined && requests.least > quota ? ["", say.overQuota] : []),
    ...(saysFree ? ["", say.ofFree(format.format(freeQuota))] : []),
    "",
    say.urls,
    ...firstUrls.map((url) => `  ${url}`),
    ...(rest > 0 ? [`  ${say.more(format.format(rest))}`] : []),
    ...(estimate.urlsOfMeeting.length === 0
      ? []
      : ["", say.urlsOfMeeting, ...estimate.urlsOfMeeting.map((url) => `  ${url}`)]),
  ].join("\n")
}
