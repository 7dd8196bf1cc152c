/** A point in time as people write it in seeds and flags. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/**
 * Unix seconds, as number or text; ISO text with a zone (`2026-01-31T09:00:00Z`), or a date (`2026-01-31`, its start
 * in UTC). Without a zone the time would depend on the machine.
 */
export const absolute = (moment: string | number): Option.Option<number> => {
  if (/^\d{1,10}$/.test(String(moment))) return Option.some(Number(moment))
  const [, date, time = "T00:00:00Z"] = isoText.exec(String(moment)) ?? []
  if (date === undefined) return Option.none()
  // JavaScript reads 31 February as 3 March.
  const day = DateTime.make(`${date}T00:00:00Z`)
  if (!Option.exists(day, (day) => DateTime.formatIsoDateUtc(day) === date)) return Option.none()
  return Option.map(DateTime.make(date + time), (at) => Math.floor(DateTime.toEpochMillis(at) / 1000))
}

const isoText = /^(\d{4}-\d\d-\d\d)(T.*(?:Z|[+-]\d\d:?\d\d))?$/
const relative = /^([+-])(\d{1,6})([smhdw])$/

/** What the text of a time looks like, for JSON Schema. */
export const pattern = ["^\\d{1,10}$", isoText.source, relative.source].join("|")

/** Also how long before or after `now`: `-3d`, `-36h`, `+90m`. All in unix seconds. */
export const from = (moment: string | number, now: number): Option.Option<number> => {
  const [, sign, amount, unit = ""] = relative.exec(String(moment)) ?? []
  return sign === undefined
    ? absolute(moment)
    : Option.some(now + Number(sign + amount) * (secondsOf[unit] ?? 0))
}

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }
