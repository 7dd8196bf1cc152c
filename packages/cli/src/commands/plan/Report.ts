/** The cost of a read, for people and for programs. */
import { TimeRange } from "@effect-feishu/core"
import { aligned } from "../../console/Columns.ts"
import * as Language from "../../language/Language.ts"
import { instant } from "../../language/TimeZone.ts"
import { duration as durationIn, periods } from "../../language/phrases.ts"
import type { Cost, Estimate, Span, What } from "./Estimate.ts"

/** What is known besides the estimate. */
interface Known {
  /** The meetings that are expected for each number. */
  readonly expectMeetings: number | undefined
  /** The API calls of the tenant in a month. */
  readonly monthlyQuota: number | undefined
}

const words = Language.words({
  en: {
    numbers: (count: number, numbers: string, windows: number) =>
      `${numbers} ${count === 1 ? "number" : "numbers"}, ${count === 1 ? "" : "each "}${periods(windows)}`,
    range: (start: string, end: string) => `${start} to ${end}`,
    requests: (count: string, expected: string | undefined) =>
      expected === undefined
        ? `${count}, one for each 90-day period; more where a period has more meetings than a page (--expect-meetings)`
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
    examples: "By the number of meetings of all numbers (--expect-meetings gives yours):",
    columns: { meetings: "meetings", requests: "requests", time: "time at least" },
    urls: "The first requests, each with a token in its header:",
    urlsOfMeeting: "Then for each meeting:",
    more: (requests: string) => `and at least ${requests} more`,
    labels: { numbers: "numbers", range: "range", requests: "requests", time: "time", quota: "quota" },
    atLeast: (text: string) => `at least ${text}`,
    comma: ", ",
  },
  zh: {
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
    examples: "按全部会议号的会议总数估算（可用 --expect-meetings 给出）：",
    columns: { meetings: "会议数", requests: "请求", time: "至少需要" },
    urls: "最先发出的请求（访问凭证在请求头中）：",
    urlsOfMeeting: "之后每场会议：",
    more: (requests) => `此外至少还有 ${requests} 次`,
    labels: { numbers: "会议号", range: "时间范围", requests: "请求", time: "时间", quota: "额度" },
    atLeast: (text) => `至少 ${text}`,
    comma: "，",
  },
})

const chineseNames: Readonly<Record<What, string>> = {
  list: "会议列表",
  details: "会议详情",
  recordings: "录制文件",
}

/** The API calls of a month in the free edition (documented). */
const freeQuota = 10_000

/** Returns an estimate as JSON has it. */
export const forPrograms = (estimate: Estimate, { expectMeetings, monthlyQuota }: Known) => {
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

/** Returns an estimate as people read it. */
export const inWords = (estimate: Estimate, known: Known, language: Language.Language): string => {
  const { examples, firstUrls, isOld, numbers, range, requests, requestsOf, seconds, slowest, windows } =
    estimate
  const { expectMeetings, monthlyQuota: quota } = known
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
  const duration = (value: number) => durationIn(value, language)
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
