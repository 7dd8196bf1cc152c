/** The parts of times in text that the client's ranges and the mock's seeds have in common. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

const secondsPerUnit: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 }

/** Returns the seconds of `amount` units: `s`, `m`, `h`, `d` or `w`, as in `30d`. */
export const secondsOf = (amount: string | number, unit: string): number =>
  Number(amount) * (secondsPerUnit[unit] ?? Number.NaN)

/**
 * Returns the start, in UTC, of a day such as `2026-01-31`; `undefined` if there is no such day. JavaScript reads 31
 * February as 3 March, but a typing mistake must not move a time.
 */
export const startOfDay = (date: string): DateTime.Utc | undefined => {
  const day = Option.getOrUndefined(DateTime.make(`${date}T00:00:00Z`))
  return day !== undefined && DateTime.formatIsoDateUtc(day) === date ? day : undefined
}
