/**
 * A range of time, from what people write to what Feishu takes: unix seconds, at most 90 days a query.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { ListByNo } from "@effect-feishu/contract"
import { type FeishuError, invalidRequest } from "./FeishuError.ts"

/** Both bounds in unix seconds; whether Feishu counts them in is not documented, reading is right either way. */
export interface TimeRange {
  readonly start: number
  readonly end: number
}

/**
 * A point in time: ISO text with or without zone (`2026-09-01T08:00:00+08:00`), a date (`2026-09-01`), unix
 * seconds as number or text, a `DateTime`, `now`, or how long ago: `90d`, `36h`, `2w`, `30m`, `10s`.
 */
export type Moment = string | number | DateTime.DateTime

/** A range in people's terms. */
export interface Input {
  readonly from: Moment
  /** Default now. A date without time includes the whole day. */
  readonly to?: Moment | undefined
  /** For text without zone: an IANA name such as `Asia/Shanghai`, or an offset; default UTC. */
  readonly timeZone?: string | undefined
}

const secondsOf: Record<string, number> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }
const accepted =
  "Write ISO text (2026-09-01 or 2026-09-01T08:00:00+08:00), unix seconds, now, or how long ago (90d, 36h)."

// Unix seconds reach this in the year 5138, unix milliseconds passed it in 1973.
const firstMilliseconds = 100_000_000_000

const fromSeconds = (field: string, seconds: number): Effect.Effect<number, FeishuError> => {
  if (Math.abs(seconds) >= firstMilliseconds) {
    return Effect.fail(
      invalidRequest(
        field,
        `${seconds} looks like milliseconds`,
        `Feishu takes seconds: write ${Math.floor(seconds / 1000)}.`,
      ),
    )
  }
  return Number.isFinite(seconds) && seconds >= 0
    ? Effect.succeed(Math.floor(seconds))
    : Effect.fail(invalidRequest(field, `${seconds} is not a time in unix seconds`, accepted))
}

const fromText = Effect.fnUntraced(function* (
  field: string,
  original: string,
  now: number,
  zone: string,
): Effect.fn.Return<number, FeishuError> {
  const text = original.trim()
  if (text === "now") return now
  if (/^\d+(\.\d+)?$/.test(text)) return yield* fromSeconds(field, Number(text))
  const ago = /^(\d+)([smhdw])$/.exec(text)
  if (ago !== null) return Math.max(0, now - Number(ago[1]) * secondsOf[ago[2]!]!)
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text)
  const hasZone = /(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(text.slice(10))
  if (!/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}|$)/.test(text)) {
    return yield* invalidRequest(field, `"${original}" is not a time`, accepted)
  }
  const parsed: Option.Option<DateTime.DateTime> = hasZone
    ? DateTime.make(text)
    : DateTime.makeZoned(isDate ? `${text}T00:00:00` : text, { timeZone: zone, adjustForTimeZone: true })
  if (Option.isNone(parsed) || !sameDay(parsed.value, text)) {
    return yield* invalidRequest(field, `"${original}" is not a time that exists`, accepted)
  }
  if (isDate && field === "to") {
    // The last second of the day, in the zone: a day is not always 24 hours long.
    return Math.floor(DateTime.toEpochMillis(DateTime.add(parsed.value, { days: 1 })) / 1000) - 1
  }
  return Math.floor(DateTime.toEpochMillis(parsed.value) / 1000)
})

// JavaScript reads 31 February as 3 March; a typing mistake must not move the range.
const sameDay = (_: DateTime.DateTime, text: string): boolean => {
  const [year, month, day] = [text.slice(0, 4), text.slice(5, 7), text.slice(8, 10)].map(Number)
  const date = DateTime.make({ year: year!, month: month!, day: day! })
  return Option.isSome(date) && DateTime.formatIso(date.value).startsWith(text.slice(0, 10))
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
      : Effect.succeed(Math.floor(DateTime.toEpochMillis(moment) / 1000))

/** Resolves a range against the clock. What cannot be a range is an `InvalidRequest` that says why. */
export const make = Effect.fnUntraced(function* (
  input: Input | TimeRange,
): Effect.fn.Return<TimeRange, FeishuError> {
  const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
  const { from, to, timeZone } =
    "from" in input ? input : { from: input.start, to: input.end, timeZone: undefined }
  const zone = timeZone ?? "UTC"
  if (Option.isNone(DateTime.zoneFromString(zone))) {
    return yield* invalidRequest(
      "timeZone",
      `"${zone}" is not a time zone`,
      "Write one such as Asia/Shanghai or +08:00.",
    )
  }
  const start = yield* resolveMoment("from", from, now, zone)
  const end = yield* resolveMoment("to", to ?? "now", now, zone)
  if (start >= end) {
    const [startText, endText] = [iso(start), iso(end)]
    return yield* invalidRequest(
      "range",
      start === end
        ? `it is empty: both ends are ${startText}`
        : `it starts at ${startText}, after its end at ${endText}`,
      "Let it start before it ends.",
    )
  }
  return { start, end }
})

/** Unix seconds as ISO text in UTC. */
export const iso = (seconds: number): string => DateTime.formatIso(DateTime.fromEpochSeconds(seconds))

/**
 * Windows of at most 90 days, oldest first. Neighbours share their boundary second, so that nothing is lost
 * whether Feishu counts bounds in or not; rows that come twice for it are dropped by id.
 */
export const windows = (range: TimeRange): ReadonlyArray<TimeRange> => {
  const result: Array<TimeRange> = []
  for (let start = range.start; start < range.end; start += ListByNo.maxRangeSeconds) {
    result.push({ start, end: Math.min(start + ListByNo.maxRangeSeconds, range.end) })
  }
  return result
}
