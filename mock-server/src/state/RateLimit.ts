/**
 * Rate limits, counted per API, app and tenant (documented). An API may have several windows at once, such as 1,000 a minute and
 * 50 a second: either of them refuses (documented). The gateway counts a request; the endpoint sends the refusal, after the
 * fields were checked.
 */

/** The number of requests that pass in a time. */
export interface Window {
  readonly requests: number
  readonly windowSeconds: number
}

/** The windows of an API, the longest first; without windows it has no limit. */
export type Windows = ReadonlyArray<Window>

/**
 * How requests are counted, which Feishu's documents leave open: in a window that starts with the first request
 * (`fixed`, inferred), in any window of that length (`sliding`), or from a bucket that refills evenly (`bucket`).
 */
export type RateWindow = "fixed" | "sliding" | "bucket"

/**
 * The window that a refusal names, which Feishu's documents leave open: the one that `refuses` (inferred), or the `longest` of
 * the API, whichever refuses.
 */
export type RateHeaders = "refuses" | "longest"

/** The refusal of a request that is over the limit. */
export interface Refusal {
  /** The number of requests that pass in the window that is named. */
  readonly limit: number
  /** Whole seconds until a request passes again, at least 1. */
  readonly resetSeconds: number
}

/** Returns the refusal of a window without counting anything: as if all of its requests had been used up just now. */
export const refusal = ({ requests, windowSeconds }: Window, rateWindow: RateWindow): Refusal => ({
  limit: requests,
  resetSeconds: rateWindow === "bucket" ? Math.ceil(windowSeconds / requests) : windowSeconds,
})

/** The API, the app and the tenant that requests are counted for. */
interface Key {
  readonly api: string
  readonly app: string
  readonly tenant: string
}

/** The count of a window for which requests were counted. */
interface Count extends Key, Window {
  /** The number of requests that would pass in this window now. */
  readonly left: number
  /** The time at which the whole window is available again, in unix milliseconds. */
  readonly fullAt: number
}

/** The counts of all keys. Times are unix milliseconds. */
export interface RateLimit {
  /**
   * Counts a request, or refuses it. `windowsOf` returns the windows of the API, and is called for the first request of a key.
   * Refused requests are not counted in any window (inferred).
   */
  readonly take: (key: Key, windowsOf: () => Windows, now: number) => Refusal | undefined
  readonly counts: (now: number) => ReadonlyArray<Count>
}

/** The count of one window, in one of the ways to count. */
interface Counter {
  /** Returns when the next request passes; it passes now if that is not after `now`. */
  readonly passesAt: (now: number) => number
  /** Counts a request that passes. */
  readonly count: (now: number) => void
  readonly left: (now: number) => number
  readonly fullAt: (now: number) => number
}

// The clock may be set back: requests that passed in what is then the future do not count.
const counters: Record<RateWindow, (limit: number, windowMillis: number) => Counter> = {
  fixed: (limit, windowMillis) => {
    let beganAt = Number.NEGATIVE_INFINITY
    let count = 0
    const isOver = (now: number) => now < beganAt || now >= beganAt + windowMillis
    return {
      passesAt: (now) => (isOver(now) || count < limit ? now : beganAt + windowMillis),
      count: (now) => {
        if (isOver(now)) [beganAt, count] = [now, 0]
        count++
      },
      left: (now) => (isOver(now) ? limit : limit - count),
      fullAt: () => beganAt + windowMillis,
    }
  },
  sliding: (limit, windowMillis) => {
    /** The times of the requests that passed, the oldest first. */
    const passed: Array<number> = []
    const isRecent = (now: number) => (at: number) => at <= now && at > now - windowMillis
    return {
      passesAt: (now) => {
        while (passed.length > 0 && passed.at(-1)! > now) passed.pop()
        const first = passed.findIndex(isRecent(now))
        passed.splice(0, first === -1 ? passed.length : first)
        return passed.length < limit ? now : passed[0]! + windowMillis
      },
      count: (now) => void passed.push(now),
      left: (now) => limit - passed.filter(isRecent(now)).length,
      fullAt: (now) => (passed.findLast(isRecent(now)) ?? now) + windowMillis,
    }
  },
  bucket: (limit, windowMillis) => {
    // The unit is a request divided by the milliseconds of a window: `limit` units flow in each millisecond, all whole numbers.
    const full = limit * windowMillis
    let level = full
    let takenAt = Number.NEGATIVE_INFINITY
    const filled = (now: number) => Math.min(full, level + Math.max(0, now - takenAt) * limit)
    return {
      passesAt: (now) => now + Math.max(0, windowMillis - filled(now)) / limit,
      count: (now) => {
        level = filled(now) - windowMillis
        takenAt = now
      },
      left: (now) => Math.floor(filled(now) / windowMillis),
      fullAt: (now) => now + (full - filled(now)) / limit,
    }
  },
}

interface Counted {
  readonly window: Window
  readonly counter: Counter
}

/** Makes the counts of all keys, at first empty. */
export const make = (rateWindow: RateWindow, rateHeaders: RateHeaders): RateLimit => {
  const byKey = new Map<string, { readonly key: Key; readonly windows: ReadonlyArray<Counted> }>()
  const counted = (window: Window): Counted => ({
    window,
    counter: counters[rateWindow](window.requests, window.windowSeconds * 1000),
  })
  return {
    take: (key, windowsOf, now) => {
      const id = `${key.api} ${key.app} ${key.tenant}`
      let entry = byKey.get(id)
      if (entry === undefined) byKey.set(id, (entry = { key, windows: windowsOf().map(counted) }))
      let refusing: Counted | undefined
      let passesAt = now
      for (const one of entry.windows) {
        const at = one.counter.passesAt(now)
        if (at > passesAt) [refusing, passesAt] = [one, at]
      }
      if (refusing === undefined) {
        for (const { counter } of entry.windows) counter.count(now)
        return undefined
      }
      const [longest] = entry.windows
      const isOther = rateHeaders === "longest" && longest !== undefined && longest !== refusing
      const { counter, window } = isOther ? longest : refusing
      const resetAt = isOther ? counter.fullAt(now) : passesAt
      return { limit: window.requests, resetSeconds: Math.max(1, Math.ceil((resetAt - now) / 1000)) }
    },
    counts: (now) =>
      Array.from(byKey.values(), ({ key, windows }) =>
        windows.map(({ counter, window }) => ({
          ...key,
          ...window,
          left: counter.left(now),
          fullAt: counter.fullAt(now),
        })),
      )
        .flat()
        .filter(({ left, requests }) => left < requests),
  }
}
