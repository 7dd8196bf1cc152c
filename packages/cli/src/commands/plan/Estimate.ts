/** The cost of a read: requests, and how long they take under the rate limits. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import {
  FeishuError,
  GetMeeting,
  GetRecording,
  ListByNo,
  type MeetingNo,
  type Meetings,
  RateLimit,
  TimeRange,
} from "@effect-feishu/core"
import type * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as MeetingNumbers from "../../input/MeetingNumbers.ts"
import * as RangeFlags from "../../input/RangeFlags.ts"
import * as Language from "../../language/Language.ts"
import * as ClientLayer from "../../settings/ClientLayer.ts"
import * as LoadedSettings from "../../settings/LoadedSettings.ts"

const words = Language.words({
  en: {
    none: ["no meeting number given", "Give at least one, such as: feishu-meetings plan 337736498"],
  },
  zh: {
    none: ["没有给出会议号", "请至少给出一个，例如：feishu-meetings plan 337736498"],
  },
})

/** What is read, and how much is expected of it. */
export interface Given extends RangeFlags.Given, DetailsFlags.Given, ConnectionFlags.Given {
  /** The meetings that are expected for each number. */
  readonly expectMeetings: number | undefined
}

/** What requests are for. Each has a rate limit of its own. */
export type What = "list" | "details" | "recordings"

/** A range of numbers from a minimum to a maximum, which may be equal. */
export interface Span {
  readonly least: number
  readonly most: number
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
export interface Cost {
  /** Only what is requested. */
  readonly requestsOf: Partial<Record<What, Span>>
  readonly requests: Span
  readonly seconds: Span
  /** What takes the longest. */
  readonly slowest: ReadonlyArray<What>
}

/** The cost of a read. */
export interface Estimate extends Cost {
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

/** The numbers of meetings, of all numbers together, whose cost is shown if nothing is expected. */
const examplesOfMeetings = [100, 1_000, 5_000, 10_000]

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

/** Estimates the cost of a read. */
export const of = Effect.fnUntraced(function* (input: Given) {
  const say = yield* Language.say(words)
  const settings = yield* LoadedSettings.load(input)
  const request = yield* DetailsFlags.request(input)
  const { count, known } = yield* MeetingNumbers.count(input)
  if (count === 0) return yield* FeishuError.invalidRequest("meeting-no", ...say.none)
  const range = yield* RangeFlags.range(input)
  const { expectMeetings } = input
  return yield* ofLanes({
    settings,
    request,
    range,
    expectMeetings,
    lanes: [{ count, numbers: known }],
  })
})

/** What is read of numbers that are counted already. */
export interface Counted extends Pick<Given, "expectMeetings"> {
  readonly settings: LoadedSettings.Settings
  readonly request: Meetings.DetailsRequest | undefined
  readonly range: TimeRange.TimeRange
  /** The numbers of each app and tenant, which have limits of their own. */
  readonly lanes: ReadonlyArray<{ readonly count: number; readonly numbers: Iterable<MeetingNo> }>
}

/** Estimates the cost of a read of several apps and tenants, which are read in parallel. */
export const ofLanes = Effect.fnUntraced(function* ({
  expectMeetings,
  lanes,
  range,
  request,
  settings,
}: Counted) {
  const numbers = lanes.reduce((sum, { count }) => sum + count, 0)
  const largest = Math.max(...lanes.map(({ count }) => count))
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
  const one = requestsOf(windows.length, expectMeetings ?? 0, pageSize)
  const costOfNumbers = (count: number): Cost =>
    costOf(
      {
        list: { least: one.least * count, most: one.most * count },
        ...ofMeetings((expectMeetings ?? 0) * count),
      },
      windowsOf,
    )
  const firstUrls = [...lanes[0]!.numbers]
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
    ...costOfNumbers(numbers),
    // Each lane has limits of its own, so the largest takes the longest.
    seconds: costOfNumbers(largest).seconds,
    numbers,
    range,
    windows: windows.length,
    pageSize,
    windowsOf,
    request,
    examples:
      request === undefined || expectMeetings !== undefined
        ? []
        : examplesOfMeetings.map((meetings) => {
            const pages = requestsOf(windows.length * numbers, meetings, pageSize)
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
