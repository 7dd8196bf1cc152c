/**
 * Turns a range of time as people write it into what Feishu takes: unix seconds, at most 90 days per query.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import { secondsOf, startOfDay } from "@effect-feishu/contract/WrittenTime"
import { type FeishuError, invalidRequest } from "./FeishuError.ts"
import { nowSeconds } from "./internal/nowSeconds.ts"
import * as Sentence from "./Sentence.ts"

/** A range in unix seconds. It is not documented whether Feishu includes the bounds; reading is correct either way. */
export interface TimeRange {
  readonly start: number
  readonly end: number
}

/**
 * A point in time: ISO text with or without zone (`2026-09-01T08:00:00+08:00`), a date (`2026-09-01`), a month (`2026-09`), unix
 * seconds as number or text, a `DateTime`, `now`, or how long ago: `30d`, `36h`, `2w`, `30m`, `10s`.
 *
 * Text may also be as people write it, in English and Chinese: `2026/9/1`, `2026年9月1日`, `30 days ago`, `today`, `yesterday`, `this`
 * or `last week`, `month` or `year`, `上个月`. A day, a week (from Monday), a month and a year begin at the midnight of the zone as the
 * start of a range, and end at one as its end.
 *
 * Digits that may mean something else are refused, with what was probably meant: a date (`20260901`, also as a number),
 * days (`"30"`), milliseconds; so are `1/9/2026`, which is January or September, and months as a time that is past (`1 month ago`),
 * which have no one length. As text, unix seconds have ten digits, as all since 2001 have.
 *
 * Feishu may refuse a start that is 90 days old when the request arrives, and a read takes time: `89d`, one day less,
 * always works.
 */
export type Moment = string | number | DateTime.DateTime

/** A range as people write it. */
export interface Input {
  readonly from: Moment
  /**
   * The end; default now. A date without time includes the whole day, and a month all its days: the range ends at the next midnight
   * of the zone.
   */
  readonly to?: Moment | undefined
  /** The zone of text without one: an IANA name such as `Asia/Shanghai`, or an offset; default UTC. */
  readonly timeZone?: string | undefined
}

const accepted = Sentence.make("writeTime")

const write = (text: string) => Sentence.make("write", { text })

const smallerUnits = ["milliseconds", "microseconds", "nanoseconds"] as const
// Unix seconds reach this in the year 5138, unix milliseconds passed it in 1973.
const firstMilliseconds = 100_000_000_000
// The first unix time with ten digits, in September 2001. Text with fewer digits is a date, a number of days, or a
// typing mistake.
const firstPlausible = 1_000_000_000

const fromSeconds = (field: string, seconds: number): Effect.Effect<number, FeishuError> => {
  if (!Number.isFinite(seconds)) return notATime(field, String(seconds))
  const digits = String(seconds)
  const date = digits.length === 8 || seconds >= firstMilliseconds ? compactDate(digits, field) : undefined
  if (date !== undefined) {
    return refuse(field, Sentence.make("looksLikeDate", { text: digits }), write(date))
  }
  if (Math.abs(seconds) < firstMilliseconds) return Effect.succeed(Math.floor(seconds))
  let [fitting, unit] = [seconds / 1000, 0]
  while (Math.abs(fitting) >= firstMilliseconds && unit < smallerUnits.length - 1) {
    fitting /= 1000
    unit++
  }
  return refuse(
    field,
    Sentence.make("looksLikeUnit", { text: digits, unit: smallerUnits[unit]! }),
    Sentence.make("writeSeconds", { seconds: Math.floor(fitting) }),
  )
}

const fromDigits = (field: string, text: string, now: number): Effect.Effect<number, FeishuError> => {
  const seconds = Number(text)
  const date = compactDate(text, field)
  // People who write 2026090108 mean an hour; as unix seconds it is in 2034, and all such hours are after 2032.
  if (date !== undefined && (seconds < firstPlausible || seconds > now + secondsOf(1, "d"))) {
    return notATime(field, text, write(date))
  }
  if (seconds >= firstPlausible) return fromSeconds(field, seconds)
  return refuse(
    field,
    Sentence.make("tenDigits", { text }),
    /^[1-9]\d{0,2}$/.test(text) ? Sentence.make("writeDaysAgo", { days: text }) : accepted,
  )
}

const refuse = (field: string, problem: Sentence.Sentence, remedy: Sentence.Sentence) =>
  Effect.fail(invalidRequest(field, problem, remedy))

const notATime = (field: string, text: string, remedy = accepted) =>
  refuse(field, Sentence.make("notATime", { text }), remedy)

const agoText = /^(\d+)([smhdw])$/

// Anchored: JavaScript would interpret any rest in its own way, "08:00 junk" as a day in June.
const isoText =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<time>\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(?<zone>[zZ]|[+-]\d{2}:?\d{2})?)?$/

const fromText: (
  field: string,
  text: string,
  now: number,
  zone: string,
) => Effect.Effect<number, FeishuError> = Effect.fnUntraced(function* (
  field: string,
  original: string,
  now: number,
  zone: string,
): Effect.fn.Return<number, FeishuError> {
  const text = original.trim()
  if (text === "now") return now
  if (/^\d+(\.\d+)?$/.test(text)) return yield* fromDigits(field, text, now)
  const ago = agoText.exec(text)
  if (ago !== null) return Math.max(0, now - secondsOf(ago[1]!, ago[2]!))
  const parts = isoText.exec(text)?.groups
  if (parts === undefined) {
    const strict = strictly(text, field, now, zone)
    if (strict === undefined) return yield* notATime(field, original, remedyFor(text, field))
    return yield* fromText(field, strict, now, zone)
  }
  const day = startOfDay(parts["date"]!)
  if (day === undefined) {
    return yield* invalidRequest(field, Sentence.make("noSuchDay", { text: original }), accepted)
  }
  const wholeDay = parts["time"] === undefined
  const date = wholeDay && field === "to" ? DateTime.add(day, { days: 1 }) : day
  const local = `${DateTime.formatIsoDateUtc(date)}T${parts["time"] ?? "00:00"}`
  const parsed: Option.Option<DateTime.DateTime> =
    parts["zone"] === undefined
      ? DateTime.makeZoned(local, { timeZone: zone, adjustForTimeZone: true })
      : DateTime.make(`${local}${parts["zone"].toUpperCase()}`)
  return Option.isNone(parsed)
    ? yield* notATime(field, original)
    : Math.floor(DateTime.toEpochMillis(parsed.value) / 1000)
})

/** Writes signs and digits of Chinese keyboards, and the hyphens of documents, as those of ASCII. */
const plain = (typed: string): string => typed.normalize("NFKC").replaceAll(/[\u2010-\u2015\u2212]/g, "-")

/** No time is longer, and a text may have any length. */
const longest = 40

/** Writes a text of people in the form that `fromText` reads, if it is certain what is meant. */
const strictly = (typed: string, field: string, now: number, zone: string): string | undefined => {
  const text = plain(typed)
  if (text.length > longest) return undefined
  const date = dateOfWords(text, field, now, zone) ?? writtenDate(looseDate.exec(text)?.groups ?? {}, field)
  if (date !== undefined) return date
  const [, minus, number, unit = ""] = looseAgo.exec(text) ?? []
  const meaning =
    minus === "" && unit !== "M" ? looseUnits.find(([pattern]) => pattern.test(unit)) : undefined
  if (meaning?.[2] === 1) return `${Number(number)}${meaning[1]}`
  if (/^now$/i.test(text)) return "now"
  return text !== typed && (agoText.test(text) || isoText.test(text)) ? text : undefined
}

/** The remedy for a text that is not a time: how to write what was meant, if that is known. */
const remedyFor = (typed: string, field: string): Sentence.Sentence => {
  const text = plain(typed)
  if (text.length > longest) return accepted
  const date = compactDate(text, field)
  if (date !== undefined) return write(date)
  const [, minus, number, unit = ""] = looseAgo.exec(text) ?? []
  const meaning = unit === "M" ? undefined : looseUnits.find(([pattern]) => pattern.test(unit))
  if (meaning !== undefined) {
    const ago = `${Number(number) * meaning[2]}${meaning[1]}`
    return minus === "" ? write(ago) : Sentence.make("writeWithoutMinus", { text: ago })
  }
  const seconds = text.replaceAll(/[\s,_+]/g, "")
  return /^\d{10}$/.test(seconds) ? write(seconds) : accepted
}

/** Days and periods in words, by the unit that they are, and how many of it they are before this one. */
const words: ReadonlyArray<readonly [RegExp, DateTime.DateTime.UnitSingular, number]> = [
  [/^(?:today|今天|今日)$/i, "day", 0],
  [/^(?:yesterday|昨天|昨日)$/i, "day", 1],
  [/^(?:the )?day before yesterday$|^前天$/i, "day", 2],
  [/^(?:this week|[本这]周|这个?星期)$/i, "week", 0],
  [/^(?:last week|上周|上个?星期)$/i, "week", 1],
  [/^(?:this month|[本这]个?月)$/i, "month", 0],
  [/^(?:last month|上个?月)$/i, "month", 1],
  [/^(?:this year|今年)$/i, "year", 0],
  [/^(?:last year|去年)$/i, "year", 1],
]

/** Returns the first day of what a word names, or the last one as the end of a range. */
const dateOfWords = (text: string, field: string, now: number, zone: string): string | undefined => {
  const found = words.find(([pattern]) => pattern.test(text.replaceAll(/\s+/g, " ")))
  if (found === undefined) return undefined
  const [, unit, before] = found
  const today = Option.map(DateTime.makeZoned(now * 1_000, { timeZone: zone }), (local) =>
    startOfDay(DateTime.formatIsoDate(local)),
  )
  const day = Option.getOrUndefined(today)
  if (day === undefined) return undefined
  const first = DateTime.startOf(day, unit, { weekStartsOn: 1 })
  const begin = DateTime.subtract(first, { [`${unit}s`]: before })
  const end = DateTime.subtract(DateTime.add(begin, { [`${unit}s`]: 1 }), { days: 1 })
  return DateTime.formatIsoDateUtc(field === "to" ? end : begin)
}

const looseAgo = /^(?:last|past|最近|过去|近)?\s*(-?)\s*(\d{1,6})\s*(\D+?)\s*(?:ago|之前|以前|前)?$/i

/**
 * Units as people write them, the unit to use instead, and how many of it. `M` is missing: it may be a month or a
 * minute.
 */
const looseUnits: ReadonlyArray<readonly [RegExp, string, number]> = [
  [/^(?:s|secs?|seconds?|秒钟?)$/i, "s", 1],
  [/^(?:m|mins?|minutes?|分钟?)$/i, "m", 1],
  [/^(?:h|hrs?|hours?|个?小时)$/i, "h", 1],
  [/^(?:d|days?|天|日)$/i, "d", 1],
  [/^(?:w|wks?|weeks?|周|个?星期)$/i, "w", 1],
  [/^(?:mo|mos|months?|个?月)$/i, "d", 30],
  [/^(?:y|yrs?|years?|年)$/i, "d", 365],
]

const zoneAtEnd = String.raw`\s*(?<zone>z|[+-]\d{2}:?\d{2})?$`
const looseDate = new RegExp(
  String.raw`^(?<year>\d{4})\s*[-/.年]\s*(?<month>\d{1,2})(?:\s*[-/.月]\s*(?<day>\d{1,2}))?[月日号]?(?:[t\s]*(?<hour>\d{1,2})(?:[:时点](?<minute>\d{1,2}))?(?:[:分](?<second>\d{1,2}))?(?:\.\d+)?[时点分秒]?)?${zoneAtEnd}`,
  "i",
)
const compact = new RegExp(
  String.raw`^(?<year>\d{4})年?(?:(?<month>\d{2})(?:(?<day>\d{2})(?:t?(?<hour>\d{2})(?:(?<minute>\d{2})(?<second>\d{2})?)?)?)?)?${zoneAtEnd}`,
  "i",
)

/** ISO text for digits without separators, from a year down to a month, day, hour, minute or second. */
const compactDate = (text: string, field: string): string | undefined =>
  writtenDate(compact.exec(text)?.groups ?? {}, field)

/** ISO text for the parts of a date, if there is such a time. The end of a month or year is its last day. */
const writtenDate = (
  parts: Readonly<Record<string, string | undefined>>,
  field: string,
): string | undefined => {
  const { day, hour, minute = "00", month, second, year = "", zone = "" } = parts
  if (!(Number(year) >= 1970 && Number(year) <= 2100)) return undefined
  const two = (digits: string) => digits.padStart(2, "0")
  const monthOf = two(month ?? (field === "to" ? "12" : "1"))
  const days = day !== undefined ? [day] : field === "to" ? ["31", "30", "29", "28"] : ["1"]
  const date = days
    .map((one) => `${year}-${monthOf}-${two(one)}`)
    .find((one) => startOfDay(one) !== undefined)
  if (date === undefined || hour === undefined) return zone === "" ? date : undefined
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second ?? 0) > 59) return undefined
  const time = [hour, minute, ...(second === undefined ? [] : [second])].map(two).join(":")
  return `${date}T${time}${zone.toUpperCase()}`
}

const resolveMoment = (
  field: string,
  moment: Moment,
  now: number,
  zone: string,
): Effect.Effect<number, FeishuError> =>
  typeof moment === "number"
    ? fromSeconds(field, moment)
    : typeof moment === "string"
      ? fromText(field, moment, now, zone)
      : DateTime.isDateTime(moment)
        ? Effect.succeed(Math.floor(DateTime.toEpochMillis(moment) / 1000))
        : notATime(field, String(moment))

/**
 * Resolves a range against the clock. Fails with an `InvalidRequest` that says why if it is not a range.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { TimeRange } from "@effect-feishu/core"
 *
 * const program = Effect.gen(function* () {
 *   const january = { from: "2026-01-01", to: "2026-01-31", timeZone: "Asia/Shanghai" }
 *   const { end, start } = yield* TimeRange.make(january)
 *   console.log(TimeRange.iso(start), TimeRange.iso(end))
 *   yield* TimeRange.make({ from: "09/01/2026" })
 * })
 *
 * await Effect.runPromise(Effect.catch(program, (error) => Console.error(error.message)))
 * // => 2025-12-31T16:00:00.000Z 2026-01-31T16:00:00.000Z
 * // => from: "09/01/2026" is not a time. Nothing was sent. Write ISO text (2026-09-01 or …
 * ```
 */
export const make = Effect.fnUntraced(function* (
  input: Input | TimeRange,
): Effect.fn.Return<TimeRange, FeishuError> {
  const now = yield* nowSeconds
  const { from, to, timeZone } =
    "start" in input ? { from: input.start, to: input.end, timeZone: undefined } : input
  const zone = timeZone ?? "UTC"
  const offset = /^[+-](\d{2}):?\d{2}$/.exec(zone)
  if (Option.isNone(DateTime.zoneFromString(zone)) || Number(offset?.[1] ?? 0) > 14) {
    return yield* invalidRequest(
      "timeZone",
      Sentence.make("notATimeZone", { text: zone }),
      Sentence.make("writeTimeZone"),
    )
  }
  const start = yield* resolveMoment("from", from, now, zone)
  const end = yield* resolveMoment("to", to ?? "now", now, zone)
  for (const [field, seconds] of [
    ["from", start],
    ["to", end],
  ] as const) {
    if (seconds < 0)
      return yield* invalidRequest(field, Sentence.make("before1970"), Sentence.make("writeUnixSeconds"))
  }
  if (start >= end) {
    const [startText, endText] = [iso(start), iso(end)]
    return yield* invalidRequest(
      "range",
      start === end
        ? Sentence.make("rangeEmpty", { time: startText })
        : Sentence.make("rangeReversed", { start: startText, end: endText }),
      Sentence.make("startEarlier"),
    )
  }
  return { start, end }
})

/** Writes unix seconds as ISO text in UTC. */
export const iso = (seconds: number): string => DateTime.formatIso(DateTime.fromEpochSeconds(seconds))

/**
 * Splits a range into windows of at most 90 days, oldest first. Neighbours share their boundary second, so that nothing
 * is lost whether Feishu includes bounds or not; rows that come twice because of it are dropped by id.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { TimeRange } from "@effect-feishu/core"
 *
 * const halfYear = await Effect.runPromise(TimeRange.make({ from: "2026-01-01", to: "2026-06-30" }))
 * for (const { end, start } of TimeRange.windows(halfYear)) {
 *   console.log(TimeRange.iso(start), TimeRange.iso(end))
 * }
 * // => 2026-01-01T00:00:00.000Z 2026-04-01T00:00:00.000Z
 * // => 2026-04-01T00:00:00.000Z 2026-06-30T00:00:00.000Z
 * // => 2026-06-30T00:00:00.000Z 2026-07-01T00:00:00.000Z
 * ```
 */
export const windows = (range: TimeRange): ReadonlyArray<TimeRange> => {
  const result: Array<TimeRange> = []
  for (let start = range.start; start < range.end; start += ListByNo.maxRangeSeconds) {
    result.push({ start, end: Math.min(start + ListByNo.maxRangeSeconds, range.end) })
  }
  return result
}
