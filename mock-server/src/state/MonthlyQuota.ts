/** The quota of calls for a tenant in a calendar month, which is one of UTC+8 (inferred). */
import * as DateTime from "effect/DateTime"

/** The calls of each tenant and month. */
export interface Quota {
  /** Counts a call. Returns `false` when the month's calls are used up. `now` is in unix milliseconds. */
  readonly take: (tenant: string, now: number) => boolean
}

/** Makes a quota of `limit` calls a month, or one without a limit. */
export const make = (limit: number | "off"): Quota => {
  const used = new Map<string, number>()
  return {
    take: (tenant, now) => {
      if (limit === "off") return true
      const key = `${tenant} ${monthOf(now)}`
      const count = used.get(key) ?? 0
      if (count >= limit) return false
      used.set(key, count + 1)
      return true
    },
  }
}

const monthOf = (millis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(millis + 8 * 60 * 60 * 1000)).slice(0, 7)
