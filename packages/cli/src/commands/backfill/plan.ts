/** The command `backfill plan`: says what a run costs and, with a database, stores it. Sends nothing. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { Backfill } from "@effect-feishu/backfill"
import { FeishuError, ListByNo, TimeRange } from "@effect-feishu/core"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import { json } from "@effect-feishu/terminal/VisibleText"
import { aligned } from "../../console/Columns.ts"
import { Stderr } from "../../console/Stderr.ts"
import { CurrentVerbosity } from "../../console/Verbosity.ts"
import type * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as LaneNumbers from "../../input/LaneNumbers.ts"
import * as RangeFlags from "../../input/RangeFlags.ts"
import * as Language from "../../language/Language.ts"
import { instant } from "../../language/TimeZone.ts"
import { duration, periods } from "../../language/phrases.ts"
import * as AppCredentials from "../../settings/AppCredentials.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"
import * as Estimate from "../plan/Estimate.ts"
import { defaultRun, type OfRun } from "./change.ts"
import * as Database from "./database.ts"
import * as Errors from "./errors.ts"

/** The values of the flags and arguments. */
export interface Input
  extends OfRun, RangeFlags.Given, LaneNumbers.Given, Omit<DetailsFlags.Given, "userIdType"> {
  readonly incremental: boolean
  readonly overlap: string | undefined
  readonly showPasswords: boolean
  readonly expectMeetings: number | undefined
  readonly monthlyQuota: number | undefined
  readonly json: boolean
  readonly rateLimit: number | undefined
  readonly detailsRateLimit: number | undefined
}

const words = Language.words({
  en: {
    none: [
      "no meeting number given",
      "Give a file of them, such as: feishu-meetings backfill plan --numbers-from numbers.csv",
    ],
    noApp: (numbers: string) => [
      `${numbers} have no app`,
      "Name it in the column app_id, with --app-id, or with FEISHU_APP_ID.",
    ],
    noEnd: ["a series has no end: each round reads up to now", "Leave out --to or --incremental."],
    noSeries: ["it is of a series", "Add --incremental, or leave it out."],
    overlap: ["it takes a time such as 2d or 36h", "Give a number and d, h, min or s."],
    labels: {
      numbers: "numbers",
      range: "range",
      requests: "requests",
      time: "time",
      quota: "quota",
      state: "state",
    },
    numbers: (numbers: string, lanes: string, windows: number, oneLane: boolean) =>
      `${numbers} in ${lanes} ${oneLane ? "lane (app and tenant)" : "lanes (apps and tenants)"}, each ${periods(windows)}`,
    repeated: (numbers: string) => `; ${numbers} more were given twice, and are read once`,
    range: (start: string, end: string) => `${start} to ${end}`,
    series: (start: string, overlap: string) =>
      `from ${start}; then what is new since the last round, and ${overlap} before it`,
    requests: (requests: string, isLeast: boolean) =>
      isLeast
        ? `at least ${requests}, one for each 90-day period; more where a period has more meetings than a page (--expect-meetings)`
        : requests,
    perMeeting: (requests: number) => `and ${requests} more for each meeting`,
    time: (time: string, rate: string, lanes: number) =>
      `at least ${time}, at ${rate} requests a minute for ${lanes === 1 ? "the lane" : "each lane; lanes are read in parallel"}`,
    noTime: (rate: string) => `no wait for the rate limit of ${rate} requests a minute`,
    old: "Note: the range starts more than 90 days ago. Feishu may refuse that part, or show no meetings although there were some.",
    quota: (share: string, quota: string, months: string) =>
      `at least ${share} of ${quota} calls a month in the largest lane${months === "" ? "" : `: it takes ${months} months of quota`}`,
    state: (size: string) => `about ${size} in the database, and 200 to 300 bytes for each meeting`,
    shorter: "What would make it shorter:",
    ninety: (requests: string, time: string) =>
      `  only the last 90 days (--from 89d): ${requests} requests, ${time}`,
    lifetimes:
      "  a period in which a number did not exist costs a request, too: where you know when numbers were in use, plan them in runs of their own ranges",
    tenants: (time: string) =>
      `  more tenants or apps are read in parallel: the same numbers in ten lanes of the same size take ${time}`,
    stored: (run: string, db: string) =>
      `stored as "${run}"; read it with: feishu-meetings backfill run${db}`,
    notStored: "nothing was stored: add --db backfill.sqlite, or --db postgres://USER@HOST/DATABASE",
  },
  zh: {
    none: ["没有给出会议号", "请用文件给出，例如：feishu-meetings backfill plan --numbers-from numbers.csv"],
    noApp: (numbers) => [
      `有 ${numbers} 个会议号没有注明应用`,
      "请在 应用 一列中注明，或用 --app-id、FEISHU_APP_ID 给出。",
    ],
    noEnd: ["系列没有结束时间：每一轮都读到当前时间", "请去掉 --to 或 --incremental。"],
    noSeries: ["它只用于系列", "请加上 --incremental，或去掉它。"],
    overlap: ["应为一段时间，例如 2d 或 36h", "请写数字加 d、h、min 或 s。"],
    labels: {
      numbers: "会议号",
      range: "时间范围",
      requests: "请求",
      time: "时间",
      quota: "额度",
      state: "存储",
    },
    numbers: (numbers, lanes, windows) =>
      `${numbers} 个会议号，分属 ${lanes} 个通道（应用和租户），每个会议号 ${windows} 个时间段（每段至多 90 天）`,
    repeated: (numbers) => `；另有 ${numbers} 个重复给出，只读一次`,
    range: (start, end) => `${start} 至 ${end}`,
    series: (start, overlap) => `自 ${start} 起；之后每轮读取上一轮以来的新内容及其之前 ${overlap}`,
    requests: (requests, isLeast) =>
      isLeast
        ? `至少 ${requests} 次，每个时间段一次；时间段内会议多于一页时更多（见 --expect-meetings）`
        : `${requests} 次`,
    perMeeting: (requests) => `另外每场会议 ${requests} 次`,
    time: (time, rate, lanes) =>
      `至少 ${time}，按每个通道每分钟 ${rate} 次请求计${lanes === 1 ? "" : "；通道并行读取"}`,
    noTime: (rate) => `无需等待频率限制（每分钟 ${rate} 次请求）`,
    old: "注意：时间范围的开始早于 90 天前。这部分飞书可能拒绝，也可能不显示其中的会议，即使有过会议。",
    quota: (share, quota, months) =>
      `最大的通道至少占每月 ${quota} 次调用的 ${share}${months === "" ? "" : `：需要 ${months} 个月的额度`}`,
    state: (size) => `数据库中约 ${size}，另加每场会议 200 至 300 字节`,
    shorter: "怎样可以更短：",
    ninety: (requests, time) => `  只读最近 90 天（--from 89d）：${requests} 次请求，${time}`,
    lifetimes: "  会议号尚不存在的时间段也要一次请求：如果知道会议号的使用时间，请按各自的时间范围分别计划",
    tenants: (time) => `  多个租户或应用并行读取：同样的会议号平均分在十个通道中，需要 ${time}`,
    stored: (run, db) => `计划已保存为“${run}”；读取：feishu-meetings backfill run${db}`,
    notStored: "未保存：请加上 --db backfill.sqlite，或 --db postgres://用户@主机/数据库",
  },
})

const units = { d: 86_400, h: 3_600, min: 60, m: 60, s: 1 } as const

const overlapOf = Effect.fnUntraced(function* (
  { incremental, overlap = "2d" }: Input,
  say: Language.Say<typeof words>,
) {
  if (!incremental) return undefined
  const [, number, unit] = /^\s*(\d{1,9})\s*(d|h|min|m|s)\s*$/.exec(overlap) ?? []
  if (unit === undefined) return yield* FeishuError.invalidRequest("--overlap", ...say.overlap)
  return { overlapSeconds: Number(number) * units[unit as keyof typeof units] }
})

/** Bytes of the state for a lane, and for a number (measured: a million numbers take 10 MB). */
const [bytesOfLane, bytesOfNumber] = [700, 10.5]

/** Says what a run costs, and stores it where a database is named. */
export const plan = Effect.fnUntraced(function* (input: Input) {
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  if (input.incremental && (input.to !== undefined || input.month !== undefined)) {
    return yield* FeishuError.invalidRequest(input.to === undefined ? "--month" : "--to", ...say.noEnd)
  }
  if (!input.incremental && input.overlap !== undefined) {
    return yield* FeishuError.invalidRequest("--overlap", ...say.noSeries)
  }
  const series = yield* overlapOf(input, say)
  const settings = yield* LoadedSettings.load(input)
  if (input.numbersFrom !== undefined && InputFile.isStdin(input.numbersFrom)) {
    yield* LoadedSettings.checkStdin(settings)
  }
  const range = yield* RangeFlags.range(input)
  const appId = settings.found.get("app-id")?.text
  const given = yield* LaneNumbers.read({ ...input, appId })
  if (given.count === 0) return yield* FeishuError.invalidRequest("meeting-no", ...say.none)
  yield* refuseTenants(settings, given.lanes)
  const reads = input.details || input.participants
  const request =
    reads || input.recordings
      ? { details: reads, participants: input.participants, recordings: input.recordings }
      : undefined
  const { expectMeetings } = input
  const ask = (range: TimeRange.TimeRange) =>
    Estimate.ofLanes({ settings, request, range, expectMeetings, lanes: given.lanes })
  const [estimate, ofNinety] = [
    yield* ask(range),
    yield* ask({ start: Math.max(range.start, range.end - ListByNo.maxRangeSeconds), end: range.end }),
  ]
  const stateBytes = Math.round(given.lanes.length * bytesOfLane + given.count * bytesOfNumber)
  const isStored = settings.found.has("db")
  const run = input.run ?? defaultRun
  const planned = isStored ? yield* store(input, { settings, range, series, run, given }) : undefined

  if (input.json) {
    return yield* Console.log(
      json({
        run: planned?.run ?? null,
        stored: isStored,
        numbers: given.count,
        repeated: given.repeated,
        lanes: given.lanes.length,
        range: {
          start: TimeRange.iso(range.start),
          end: series === undefined ? TimeRange.iso(range.end) : null,
        },
        series: series ?? null,
        windowsOfEach: estimate.windows,
        requests: spanOf(estimate.requests, expectMeetings),
        seconds: spanOf(estimate.seconds, expectMeetings),
        rateLimit: settings.rateLimit,
        stateBytes,
        lastNinetyDays: { requests: ofNinety.requests.least, seconds: ofNinety.seconds.least },
      }),
    )
  }
  const format = new Intl.NumberFormat(language)
  const { labels } = say
  const perMeeting = (request?.details ? 1 : 0) + (request?.recordings ? 1 : 0)
  const { least, most } = estimate.requests
  const requests =
    expectMeetings === undefined || least === most
      ? format.format(least)
      : `${format.format(least)}–${format.format(most)}`
  const time = (seconds: number) => duration(seconds, language)
  const largest = Math.max(...given.lanes.map(({ count }) => count)) / given.count
  const months = input.monthlyQuota === undefined ? 0 : (least * largest) / input.monthlyQuota
  const size = stateBytes < 1e6 ? `${Math.ceil(stateBytes / 1e3)} kB` : `${Math.ceil(stateBytes / 1e6)} MB`
  const rows: ReadonlyArray<readonly [string, string]> = [
    [
      labels.numbers,
      say.numbers(
        format.format(given.count),
        format.format(given.lanes.length),
        estimate.windows,
        given.lanes.length === 1,
      ) + (given.repeated === 0 ? "" : say.repeated(format.format(given.repeated))),
    ],
    [
      labels.range,
      series === undefined
        ? say.range(instant(range.start), instant(range.end))
        : say.series(instant(range.start), time(series.overlapSeconds)),
    ],
    [labels.requests, say.requests(requests, expectMeetings === undefined)],
    ...(perMeeting > 0 && expectMeetings === undefined ? [["", say.perMeeting(perMeeting)] as const] : []),
    [
      labels.time,
      estimate.seconds.least === 0
        ? say.noTime(format.format(settings.rateLimit))
        : say.time(time(estimate.seconds.least), format.format(settings.rateLimit), given.lanes.length),
    ],
    ...(input.monthlyQuota === undefined
      ? []
      : [
          [
            labels.quota,
            say.quota(
              new Intl.NumberFormat(language, { style: "percent", maximumSignificantDigits: 3 }).format(
                months,
              ),
              format.format(input.monthlyQuota),
              months > 1 ? format.format(Math.ceil(months)) : "",
            ),
          ] as const,
        ]),
    [labels.state, say.state(size)],
  ]
  const hints = [
    ...(estimate.windows > 1 && estimate.seconds.least > 0
      ? [say.ninety(format.format(ofNinety.requests.least), time(ofNinety.seconds.least)), say.lifetimes]
      : []),
    ...(estimate.seconds.least > 86_400 && given.lanes.length < 10
      ? [say.tenants(time(Math.ceil(estimate.seconds.least / largest / 10)))]
      : []),
  ]
  yield* Console.log(
    [
      aligned(rows),
      ...(estimate.isOld ? ["", say.old] : []),
      ...(hints.length === 0 ? [] : ["", say.shorter, ...hints]),
    ].join("\n"),
  )
  if ((yield* CurrentVerbosity) === "quiet") return
  const stderr = yield* Stderr
  const flags = [
    ...(input.db === undefined ? [] : [` --db ${input.db}`]),
    ...(input.run === undefined ? [] : [` --run ${run}`]),
  ].join("")
  yield* stderr.line(isStored ? say.stored(run, flags) : say.notStored)
})

const spanOf = ({ least, most }: Estimate.Span, expectMeetings: number | undefined) =>
  expectMeetings === undefined ? { least } : { least, most }

/** Refuses several tenants of an app that is known to have only one. */
const refuseTenants = Effect.fnUntraced(function* (
  settings: LoadedSettings.Settings,
  lanes: ReadonlyArray<LaneNumbers.OfLane>,
) {
  const counts = new Map<string, number>()
  for (const { appId } of lanes) {
    if (appId !== undefined) counts.set(appId, (counts.get(appId) ?? 0) + 1)
  }
  for (const [appId, tenants] of counts) {
    if (tenants > 1 && AppCredentials.isStoreApp(settings, appId) === false) {
      return yield* AppCredentials.refuseTenants(appId, tenants)
    }
  }
})

const store = Effect.fnUntraced(function* (
  input: Input,
  {
    given,
    range,
    run,
    series,
    settings,
  }: {
    readonly settings: LoadedSettings.Settings
    readonly range: TimeRange.TimeRange
    readonly series: { readonly overlapSeconds: number } | undefined
    readonly run: string
    readonly given: LaneNumbers.LaneNumbers
  },
) {
  const say = yield* Language.say(words)
  const without = given.lanes.find(({ appId }) => appId === undefined)
  if (without !== undefined) {
    return yield* FeishuError.invalidRequest("--app-id", ...say.noApp(String(without.count)))
  }
  const { details, participants, recordings, showPasswords: passwords } = input
  const options: Backfill.PlanOptions = {
    run,
    lanes: given.lanes.map(({ appId = "", numbers, tenantKey }) => [{ appId, tenantKey }, numbers]),
    range: { start: range.start, end: range.end },
    series,
    pageSize: settings.pageSize,
    details: details || participants,
    participants,
    recordings,
    passwords,
  }
  return yield* Errors.inWords(
    Effect.gen(function* () {
      const database = yield* Database.find(settings)
      const stored = Effect.flatMap(Backfill.Backfill, (backfill) => backfill.plan(options))
      return yield* Effect.provide(stored, Database.layer(database, true))
    }),
  )
})
