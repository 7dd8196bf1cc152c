/** The quota of calls in a calendar month, which is UTC+8's (inferred), for a tenant. */
import * as DateTime from "effect/DateTime"

/** See the member. */
export interface Quota {
  /** Counts a call; false when the month's are used up. `now` is in unix milliseconds. */
  readonly take: (tenant: string, now: number) => boolean
}

/** `limit` calls a month, or as many as come. */
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
