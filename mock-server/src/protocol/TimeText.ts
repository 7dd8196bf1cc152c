/** Parses points in time and durations, as people write them in seeds, flags and requests. */
import { secondsOf, startOfDay } from "@effect-feishu/contract/WrittenTime"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"

/** The last second of the mock's clock: a meeting id holds 32 bits of its start (inferred). */
export const lastSecond = 0xffff_ffff

/**
 * Parses unix seconds, as number or text; ISO text with a zone (`2026-01-31T09:00:00Z`, also with a space instead of the T);
 * or a date (`2026-01-31`, its start in UTC). A time without a zone is refused: it would depend on the machine.
 */
const absolute = (moment: string | number): Option.Option<number> => {
  if (/^\d{1,10}$/.test(String(moment))) return Option.some(Number(moment))
  const [, date, time = "00:00", zone = "Z"] = isoText.exec(String(moment)) ?? []
  if (date === undefined) return Option.none()
  if (startOfDay(date) === undefined) return Option.none()
  return Option.map(DateTime.make(`${date}T${time}${zone.toUpperCase()}`), (at) =>
    Math.floor(DateTime.toEpochMillis(at) / 1000),
  )
}

const isoText = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?([Zz]|[+-]\d\d:?\d\d))?$/
const relative = /^([+-])(\d{1,6})([smhdw])$/

/** The pattern of a time as text, for JSON Schema. */
export const pattern = ["^\\d{1,10}$", isoText.source, relative.source].join("|")

/** Returns a time in unix seconds. Relative times, such as `-3d`, `-36h` and `+90m`, count from `now` (unix seconds). */
export const from = (moment: string | number, now: number): Option.Option<number> => {
  const [, sign, amount, unit = ""] = relative.exec(String(moment)) ?? []
  return sign === undefined ? absolute(moment) : Option.some(now + secondsOf(sign + amount, unit))
}

/** Returns a duration in seconds, given as a number or as text such as `90s`, `5m`, `-3h`, `1d` or `2w`. */
export const length = (given: string | number): Option.Option<number> => {
  if (typeof given === "number") return Option.some(given)
  const [, sign = "", amount, unit = ""] = /^([+-]?)(\d{1,6})([smhdw])$/.exec(given) ?? []
  return amount === undefined ? Option.none() : Option.some(secondsOf(sign + amount, unit))
}

/**
 * Returns the Schema of a duration from `minimum` to `maximum` seconds. It decodes to seconds. The annotations belong to the encoded
 * side, which descriptions show.
 */
export const Length = (
  minimum: number,
  maximum: number,
  annotations: { readonly description: string; readonly examples: ReadonlyArray<string | number> },
) => {
  const message = `must be seconds from ${minimum} to ${maximum}, or a duration such as 90s, 5m, 3h or 1d`
  const isWithin = (given: string | number) =>
    Option.exists(length(given), (seconds) => seconds >= minimum && seconds <= maximum)
  return Schema.Union([Schema.Finite.annotate({ message }), Schema.String])
    .annotate({ message, ...annotations })
    .check(Schema.makeFilter(isWithin, { message, toJsonSchema: () => [{}, true] }))
    .pipe(
      Schema.decodeTo(
        Schema.Finite,
        SchemaTransformation.transform<number, string | number>({
          decode: (given) => Option.getOrThrow(length(given)),
          encode: (seconds) => seconds,
        }),
      ),
    )
}

/** Returns the accepted spelling of a time in another notation; `undefined` when it may mean more than one time. */
export const meant = (moment: string | number): string | undefined => {
  const text = String(moment).trim().normalize("NFKC")
  const known = words[text.toLowerCase()]
  if (known !== undefined) return known
  const [, seconds] = /^(\d{10})(?:\d{3}|\.\d+)$/.exec(text) ?? []
  if (seconds !== undefined) return seconds
  const [, sign = "", amount, name, when = ""] = inWords.exec(text) ?? []
  if (amount !== undefined && name !== undefined) {
    const unit = chineseUnits[name] ?? name.charAt(0).toLowerCase()
    return `${sign === "+" || /^(?:later|后)$/i.test(when) ? "+" : "-"}${amount}${unit}`
  }
  const [, year, month = "", day = "", time] = someDate.exec(text) ?? []
  if (year === undefined) return undefined
  const date = `${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`
  const written = time === undefined ? date : `${date}T${time.padStart(5, "0")}Z`
  return Option.isNone(absolute(written))
    ? undefined
    : time === undefined
      ? written
      : `${written}, or the offset of its time zone in place of Z, such as +08:00`
}

const inWords =
  /^([+-]?)\s*(\d{1,6})\s*(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|秒|分钟|小时|天|周)\s*(ago|later|前|后)?$/i
const words: Readonly<Record<string, string>> = { now: "-0s", yesterday: "-1d", tomorrow: "+1d" }
const chineseUnits: Readonly<Record<string, string>> = { 秒: "s", 分钟: "m", 小时: "h", 天: "d", 周: "w" }
const someDate =
  /^(\d{4})(?:[-/.年](?=\d{1,2}[-/.月])|(?=\d{4}$))(\d{1,2})(?:[-/.月]|(?=\d\d$))(\d{1,2})日?(?:[T ]*(\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?))?$/

/** True when a number of seconds is more likely a date without its dashes: `20260131`, which would be a day of 1970. */
export const isCompactDate = (moment: string | number): boolean =>
  /^\d{8}$/.test(String(moment)) && meant(moment) !== undefined
