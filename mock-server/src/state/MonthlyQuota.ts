/** The quota of successful calls for a tenant in a calendar month, which is one of UTC+8 (inferred). */
import * as DateTime from "effect/DateTime"

/** The calls of a tenant in a month. */
interface Count {
  readonly tenant: string
  readonly used: number
}

/** The calls of each tenant and month. Times are unix milliseconds. */
export interface Quota {
  /** True when the month's calls are used up. */
  readonly isUsedUp: (tenant: string, now: number) => boolean
  /** Counts a successful call: only these count (documented). */
  readonly count: (tenant: string, now: number) => void
  /** Returns the calls of the month, for each tenant that has made one. */
  readonly counts: (now: number) => ReadonlyArray<Count>
}

/** Makes a quota of `limit` calls a month, or one without a limit. */
export const make = (limit: number | "off"): Quota => {
  if (limit === "off") return { isUsedUp: () => false, count: () => {}, counts: () => [] }
  const used = new Map<string, number>()
  const key = (tenant: string, now: number) => `${tenant} ${monthOf(now)}`
  return {
    isUsedUp: (tenant, now) => (used.get(key(tenant, now)) ?? 0) >= limit,
    count: (tenant, now) => {
      used.set(key(tenant, now), (used.get(key(tenant, now)) ?? 0) + 1)
    },
    counts: (now) => {
      const end = ` ${monthOf(now)}`
      return Array.from(used)
        .filter(([key]) => key.endsWith(end))
        .map(([key, used]) => ({ tenant: key.slice(0, -end.length), used }))
    },
  }
}

const offsetMillis = 8 * 60 * 60 * 1000

/** Returns the calendar month of UTC+8, such as `2026-01`. */
export const monthOf = (millis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(millis + offsetMillis)).slice(0, 7)

/** Returns the start of the next month of UTC+8, when the quota is whole again. */
export const nextMonth = (millis: number): number =>
  DateTime.toEpochMillis(
    DateTime.add(DateTime.startOf(DateTime.makeUnsafe(millis + offsetMillis), "month"), { months: 1 }),
  ) - offsetMillis
