/** The quota of successful calls for a tenant in a calendar month, which is one of UTC+8 (inferred). */
import * as DateTime from "effect/DateTime"

/** The calls of each tenant and month. Times are unix milliseconds. */
export interface Quota {
  /** True when the month's calls are used up. */
  readonly isUsedUp: (tenant: string, now: number) => boolean
  /** Counts a successful call: only these count (documented). */
  readonly count: (tenant: string, now: number) => void
}

/** Makes a quota of `limit` calls a month, or one without a limit. */
export const make = (limit: number | "off"): Quota => {
  if (limit === "off") return { isUsedUp: () => false, count: () => {} }
  const used = new Map<string, number>()
  const key = (tenant: string, now: number) => `${tenant} ${monthOf(now)}`
  return {
    isUsedUp: (tenant, now) => (used.get(key(tenant, now)) ?? 0) >= limit,
    count: (tenant, now) => {
      used.set(key(tenant, now), (used.get(key(tenant, now)) ?? 0) + 1)
    },
  }
}

const monthOf = (millis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(millis + 8 * 60 * 60 * 1000)).slice(0, 7)
