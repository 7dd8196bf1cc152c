/**
 * The requests of a run that count for Feishu's rate limit, as its checkpoint keeps them, so that the next run waits
 * for exactly those. How many may be on their way is recorded before they are sent: a run that is killed cannot record
 * it afterwards.
 */
import * as Schema from "effect/Schema"
import { type Events, ListByNo, RateLimit } from "@effect-feishu/core"

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))

/** The most requests on their way that a record may have: far more than there ever are, and few enough to count one by one. */
const mostOnTheirWay = 10_000

/** The requests that a record of the checkpoint holds. Times are unix milliseconds. */
export const Recorded = Schema.Struct({
  /** The times at which requests were answered since the record before. */
  answered: Schema.Array(Count),
  /** The times since the record before at which requests were given up that may still have arrived. */
  unanswered: Schema.Array(Count),
  /** At most this many other requests were on their way from this record to the next one. */
  onTheirWay: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: mostOnTheirWay }))),
})
/** The counted requests in one record. */
export type Recorded = typeof Recorded.Type

/** Adds up the records of an earlier run, given in their order. */
export const sum = (records: ReadonlyArray<Recorded>): Recorded => ({
  answered: records.flatMap(({ answered }) => answered),
  unanswered: records.flatMap(({ unanswered }) => unanswered),
  onTheirWay: records.at(-1)?.onTheirWay ?? 0,
})

/**
 * Returns the requests of an earlier run that still count. Requests that were on their way when it was killed may have
 * been sent as late as now; a time in the future comes from a clock that was set back, and is taken as now.
 */
export const stillCounting = ({ answered, onTheirWay, unanswered }: Recorded, now: number): Recorded => {
  const counting = (times: ReadonlyArray<number>, outcome: RateLimit.Outcome) =>
    times.map((time) => Math.min(time, now)).filter((time) => time + RateLimit.restMillis(outcome) > now)
  return {
    answered: counting(answered, "answered"),
    unanswered: [...counting(unanswered, "unanswered"), ...Array.from({ length: onTheirWay }, () => now)],
    onTheirWay: 0,
  }
}

/** Returns the milliseconds for which each request still counts, as `RateLimit` takes them. */
export const restingMillis = ({ answered, unanswered }: Recorded, now: number): ReadonlyArray<number> => [
  ...answered.map((time) => time + RateLimit.restMillis("answered") - now),
  ...unanswered.map((time) => time + RateLimit.restMillis("unanswered") - now),
]

/** True when a request counts for the limit of the meetings: requests for tokens have a limit of their own. */
export const isCounted = ({ operation }: { readonly operation: string }): boolean =>
  operation === `GET ${ListByNo.path}`

/** The counted requests of this run. */
export class CountedRequests {
  #answered: ReadonlyArray<number> = []
  #unanswered: ReadonlyArray<number> = []
  /** The number of requests that are sent and have not ended. */
  #sent = 0
  /** The number of requests that may be sent without another record. */
  #reserved = 0
  /** The number of requests that wait for a record before they may be sent. */
  #waiting = 0

  /** Announces a request that is about to be sent: call `take` until it returns true. */
  wait(): void {
    this.#waiting++
  }
  /** Takes a request that was reserved; returns `false` if none is left, and a record has to be written first. */
  take(): boolean {
    if (this.#reserved === 0) return false
    this.#reserved--
    this.#waiting--
    this.#sent++
    return true
  }
  /** Counts a request that ended. */
  ended(delivery: Events.Delivery, now: number): void {
    this.#sent--
    if (delivery === "answered") this.#answered = [...this.#answered, now]
    if (delivery === "unanswered") this.#unanswered = [...this.#unanswered, now]
  }
  /** Returns what to record now for all requests that wait, and a function to call once that is on the disk. */
  next(): { readonly recorded: Recorded; readonly written: () => void } {
    const [answered, unanswered, reserved] = [this.#answered, this.#unanswered, this.#waiting]
    return {
      recorded: { answered, unanswered, onTheirWay: this.#sent + reserved },
      written: () => {
        this.#answered = this.#answered.slice(answered.length)
        this.#unanswered = this.#unanswered.slice(unanswered.length)
        this.#reserved = reserved
      },
    }
  }
}
