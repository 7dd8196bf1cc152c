/**
 * The requests of a run that count for Feishu's rate limit, as its checkpoint keeps them, so that the next run waits
 * for exactly those. How many may be on their way is recorded before they are sent: one that is killed cannot say it
 * afterwards.
 */
import * as Schema from "effect/Schema"
import { type Events, ListByNo, RateLimit } from "@effect-feishu/core"

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))

/** Far more than ever are on their way, and few enough to be counted one by one. */
const mostOnTheirWay = 10_000

/** What a record says of them. Times are unix milliseconds. */
export const Recorded = Schema.Struct({
  /** When requests were answered, since the record before. */
  answered: Schema.Array(Count),
  /** When requests were given up that may have arrived all the same, since the record before. */
  unanswered: Schema.Array(Count),
  /** At most so many others were on their way from this record to the next one. */
  onTheirWay: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: mostOnTheirWay }))),
})
/** See the Schema of the same name. */
export type Recorded = typeof Recorded.Type

/** What the records of an earlier run come to, in their order. */
export const sum = (records: ReadonlyArray<Recorded>): Recorded => ({
  answered: records.flatMap(({ answered }) => answered),
  unanswered: records.flatMap(({ unanswered }) => unanswered),
  onTheirWay: records.at(-1)?.onTheirWay ?? 0,
})

/**
 * Those of an earlier run that still count. What was on its way when it was killed may have been sent until now, and a
 * time in the future is one of a clock that has gone back, which says no more than that.
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

/** For how many milliseconds each of those that still count does so, as the limit takes it. */
export const restingMillis = ({ answered, unanswered }: Recorded, now: number): ReadonlyArray<number> => [
  ...answered.map((time) => time + RateLimit.restMillis("answered") - now),
  ...unanswered.map((time) => time + RateLimit.restMillis("unanswered") - now),
]

/** Whether a request counts for the limit of the meetings: those for tokens have a limit of their own. */
export const isCounted = ({ operation }: { readonly operation: string }): boolean =>
  operation === `GET ${ListByNo.path}`

/** Those of this run. */
export class CountedRequests {
  #answered: ReadonlyArray<number> = []
  #unanswered: ReadonlyArray<number> = []
  /** Sent, and not ended. */
  #sent = 0
  /** May be sent without another record. */
  #reserved = 0
  /** Wait for a record that lets them be sent. */
  #waiting = 0

  /** A request is about to be sent: `take` has to be called until it says that the request may be. */
  wait(): void {
    this.#waiting++
  }
  /** Takes one of those that were reserved; `false` if none is left, and so a record has to be written first. */
  take(): boolean {
    if (this.#reserved === 0) return false
    this.#reserved--
    this.#waiting--
    this.#sent++
    return true
  }
  /** A request ended. */
  ended(delivery: Events.Delivery, now: number): void {
    this.#sent--
    if (delivery === "answered") this.#answered = [...this.#answered, now]
    if (delivery === "unanswered") this.#unanswered = [...this.#unanswered, now]
  }
  /** What to record now, for all that wait; and what to call once it is on the disk. */
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
