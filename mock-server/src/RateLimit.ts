/** The rate limit, counted per API, app and tenant (documented). */
import { ListByNo } from "@effect-feishu/contract"

const windowMillis = ListByNo.rateLimitWindowSeconds * 1000

/**
 * How requests are counted, which the documents leave open: in a window that starts with the first request
 * (`fixed`, inferred), in any 60 seconds (`sliding`), or from a bucket that fills evenly.
 */
export type RateWindow = "fixed" | "sliding" | "bucket"

/** A request that is over the limit. */
export interface Refusal {
  /** How many requests pass in a window. */
  readonly limit: number
  /** Whole seconds until a request passes again, at least 1. */
  readonly resetSeconds: number
}

/** Who sends, and to what. */
interface Key {
  readonly api: string
  readonly app: string
  readonly tenant: string
}

/** A count that is not at rest. */
interface Count extends Key {
  /** Requests that would pass now. */
  readonly left: number
  /** When all of them would pass again, in unix milliseconds. */
  readonly fullAt: number
}

/** See the members. Times are unix milliseconds. */
export interface RateLimit {
  /** Counts a request, or refuses it. Refused requests are not counted (inferred). */
  readonly take: (key: Key, now: number) => Refusal | undefined
  readonly counts: (now: number) => ReadonlyArray<Count>
}

/** One way of counting, for one key. */
interface Counter {
  /** When the next request passes: not after `now` means that it passes now, and is counted. */
  readonly take: (now: number) => number
  readonly left: (now: number) => number
  readonly fullAt: (now: number) => number
}

const counters: Record<RateWindow, (limit: number) => Counter> = {
  fixed: (limit) => {
    let resetsAt = Number.NEGATIVE_INFINITY
    let count = 0
    return {
      take: (now) => {
        if (now >= resetsAt) [resetsAt, count] = [now + windowMillis, 0]
        if (count >= limit) return resetsAt
        count++
        return now
      },
      left: (now) => (now >= resetsAt ? limit : limit - count),
      fullAt: () => resetsAt,
    }
  },
  sliding: (limit) => {
    const passed: Array<number> = []
    const recent = (now: number) => {
      while (passed.length > 0 && passed[0]! <= now - windowMillis) passed.shift()
      return passed
    }
    return {
      take: (now) => {
        if (recent(now).length >= limit) return passed[0]! + windowMillis
        passed.push(now)
        return now
      },
      left: (now) => limit - recent(now).length,
      fullAt: () => (passed.at(-1) ?? Number.NEGATIVE_INFINITY) + windowMillis,
    }
  },
  bucket: (limit) => {
    let level = limit
    let filledAt = Number.NEGATIVE_INFINITY
    const perMillisecond = limit / windowMillis
    const fill = (now: number) => {
      level = Math.min(limit, level + Math.max(0, now - filledAt) * perMillisecond)
      filledAt = now
      return level
    }
    return {
      take: (now) => {
        if (fill(now) < 1) return now + (1 - level) / perMillisecond
        level--
        return now
      },
      left: (now) => Math.floor(fill(now)),
      fullAt: (now) => now + (limit - fill(now)) / perMillisecond,
    }
  },
}

/** `limit` requests in 60 seconds, or as many as come. */
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
