/**
 * The rate limit, counted per API, app and tenant (documented). The gateway counts a request; the endpoint sends the refusal,
 * after the fields were checked.
 */
import { ListByNo } from "@effect-feishu/contract"

const windowMillis = ListByNo.rateLimitWindowSeconds * 1000

/**
 * How requests are counted, which Feishu's documents leave open: in a window that starts with the first request
 * (`fixed`, inferred), in any 60 seconds (`sliding`), or from a bucket that refills evenly (`bucket`).
 */
export type RateWindow = "fixed" | "sliding" | "bucket"

/** The refusal of a request that is over the limit. */
export interface Refusal {
  /** The number of requests that pass in a window. */
  readonly limit: number
  /** Whole seconds until a request passes again, at least 1. */
  readonly resetSeconds: number
}

/** Returns a refusal without counting anything: as if all requests of a window had been used up just now. */
export const refusal = (limit: number | "off", rateWindow: RateWindow): Refusal => {
  const requests = limit === "off" ? ListByNo.rateLimit : limit
  const seconds = ListByNo.rateLimitWindowSeconds
  return { limit: requests, resetSeconds: rateWindow === "bucket" ? Math.ceil(seconds / requests) : seconds }
}

/** The API, the app and the tenant that requests are counted for. */
interface Key {
  readonly api: string
  readonly app: string
  readonly tenant: string
}

/** The count of a key for which requests were counted. */
interface Count extends Key {
  /** The number of requests that would pass now. */
  readonly left: number
  /** The time at which the whole limit is available again, in unix milliseconds. */
  readonly fullAt: number
}

/** The counts of all keys. Times are unix milliseconds. */
export interface RateLimit {
  /** Counts a request, or refuses it. Refused requests are not counted (inferred). */
  readonly take: (key: Key, now: number) => Refusal | undefined
  readonly counts: (now: number) => ReadonlyArray<Count>
}

/** The count of one key, in one of the ways to count. */
interface Counter {
  /** Returns when the next request passes. If that is not after `now`, the request passes and is counted. */
  readonly take: (now: number) => number
  readonly left: (now: number) => number
  readonly fullAt: (now: number) => number
}

// The clock may be set back: requests that passed in what is then the future do not count.
const counters: Record<RateWindow, (limit: number) => Counter> = {
  fixed: (limit) => {
    let beganAt = Number.NEGATIVE_INFINITY
    let count = 0
    const isOver = (now: number) => now < beganAt || now >= beganAt + windowMillis
    return {
      take: (now) => {
        if (isOver(now)) [beganAt, count] = [now, 0]
        if (count >= limit) return beganAt + windowMillis
        count++
        return now
      },
      left: (now) => (isOver(now) ? limit : limit - count),
      fullAt: () => beganAt + windowMillis,
    }
  },
  sliding: (limit) => {
    let passed: ReadonlyArray<number> = []
    const recent = (now: number) => passed.filter((at) => at <= now && at > now - windowMillis)
    return {
      take: (now) => {
        passed = recent(now)
        if (passed.length >= limit) return passed[0]! + windowMillis
        passed = [...passed, now]
        return now
      },
      left: (now) => limit - recent(now).length,
      fullAt: (now) => (recent(now).at(-1) ?? now) + windowMillis,
    }
  },
  bucket: (limit) => {
    // The unit is a request divided by the milliseconds of a window: `limit` units flow in each millisecond, all whole numbers.
    const full = limit * windowMillis
    let level = full
    let takenAt = Number.NEGATIVE_INFINITY
    const filled = (now: number) => Math.min(full, level + Math.max(0, now - takenAt) * limit)
    return {
      take: (now) => {
        const filledNow = filled(now)
        if (filledNow < windowMillis) return now + (windowMillis - filledNow) / limit
        level = filledNow - windowMillis
        takenAt = now
        return now
      },
      left: (now) => Math.floor(filled(now) / windowMillis),
      fullAt: (now) => now + (full - filled(now)) / limit,
    }
  },
}

/** Makes a limit of `limit` requests in 60 seconds, or no limit. */
export const make = (limit: number | "off", rateWindow: RateWindow): RateLimit => {
  if (limit === "off") return { take: () => undefined, counts: () => [] }
  const byKey = new Map<string, { readonly key: Key; readonly counter: Counter }>()
  return {
    take: (key, now) => {
      const id = `${key.api} ${key.app} ${key.tenant}`
      let entry = byKey.get(id)
      if (entry === undefined) byKey.set(id, (entry = { key, counter: counters[rateWindow](limit) }))
      const passesAt = entry.counter.take(now)
      return passesAt <= now
        ? undefined
        : { limit, resetSeconds: Math.max(1, Math.ceil((passesAt - now) / 1000)) }
    },
    counts: (now) =>
      Array.from(byKey.values(), ({ counter, key }) => ({
        ...key,
        left: counter.left(now),
        fullAt: counter.fullAt(now),
      })).filter(({ left }) => left < limit),
  }
}
