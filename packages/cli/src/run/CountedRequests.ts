/**
 * The requests of a run that count for Feishu's rate limit, as its checkpoint keeps them, so that the next run waits
 * for exactly those. How many may be on their way is recorded before they are sent: a run that is killed cannot record
 * it afterwards.
 */
import * as Schema from "effect/Schema"
import { type Events, GetMeeting, GetRecording, ListByNo, RateLimit } from "@effect-feishu/core"

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))

/** The most requests on their way that a record may have: far more than there ever are, and few enough to count one by one. */
const mostOnTheirWay = 10_000

const OfOperation = Schema.Struct({
  /** The times at which requests were answered since the record before. */
  answered: Schema.Array(Count),
  /** The times since the record before at which requests were given up that may still have arrived. */
  unanswered: Schema.Array(Count),
  /** At most this many other requests were on their way from this record to the next one. */
  onTheirWay: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: mostOnTheirWay }))),
})
/** The counted requests of one operation in one record. */
type OfOperation = typeof OfOperation.Type

/** The requests that a record of the checkpoint holds: those for lists of meetings. Times are unix milliseconds. */
export const Recorded = Schema.Struct({
  ...OfOperation.fields,
  /** The same for operations with limits of their own, such as `GET /open-apis/vc/v1/meetings/:meeting_id`. */
  operations: Schema.optionalKey(Schema.Record(Schema.String, OfOperation)),
})
/** The counted requests in one record. */
export type Recorded = typeof Recorded.Type

const listed = `GET ${ListByNo.path}`
const countedOperations: ReadonlySet<string> = new Set([
  listed,
  `GET ${GetMeeting.path}`,
  `GET ${GetRecording.path}`,
])

/** True when a request counts for a limit that is kept across runs: requests for tokens do not. */
export const isCounted = ({ operation }: { readonly operation: string }): boolean =>
  countedOperations.has(operation)

/** Returns the requests of each operation that a record has. */
const byOperation = ({ operations, ...list }: Recorded): ReadonlyArray<readonly [string, OfOperation]> => [
  [listed, list],
  ...Object.entries(operations ?? {}),
]

/** Makes a record of the requests of each operation; those of other operations than the list are left out where there are none. */
const recordOf = (entries: ReadonlyArray<readonly [string, OfOperation]>): Recorded => {
  const others = entries.filter(
    ([operation, { answered, onTheirWay, unanswered }]) =>
      operation !== listed && answered.length + unanswered.length + onTheirWay > 0,
  )
  const list = entries.find(([operation]) => operation === listed)?.[1]
  return {
    ...(list ?? { answered: [], unanswered: [], onTheirWay: 0 }),
    ...(others.length === 0 ? {} : { operations: Object.fromEntries(others) }),
  }
}

/** Adds up the records of an earlier run, given in their order. */
export const sum = (records: ReadonlyArray<Recorded>): Recorded => {
  const all = records.map((record) => new Map(byOperation(record)))
  return recordOf(
    [...new Set(all.flatMap((record) => [...record.keys()]))].map((operation) => {
      const each = all.flatMap((record) => record.get(operation) ?? [])
      return [
        operation,
        {
          answered: each.flatMap(({ answered }) => answered),
          unanswered: each.flatMap(({ unanswered }) => unanswered),
          onTheirWay: all.at(-1)?.get(operation)?.onTheirWay ?? 0,
        },
      ]
    }),
  )
}

/**
 * Returns the requests of an earlier run that still count. Requests that were on their way when it was killed may have
 * been sent as late as now; a time in the future comes from a clock that was set back, and is taken as now.
 */
export const stillCounting = (recorded: Recorded, now: number): Recorded => {
  const counting = (times: ReadonlyArray<number>, outcome: RateLimit.Outcome) =>
    times.map((time) => Math.min(time, now)).filter((time) => time + RateLimit.restMillis(outcome) > now)
  return recordOf(
    byOperation(recorded).map(([operation, { answered, onTheirWay, unanswered }]) => [
      operation,
      {
        answered: counting(answered, "answered"),
        unanswered: [...counting(unanswered, "unanswered"), ...Array.from({ length: onTheirWay }, () => now)],
        onTheirWay: 0,
      },
    ]),
  )
}

/**
 * Returns the milliseconds for which each request still counts, as `RateLimit` takes them. The longest window of each operation
 * is a minute.
 */
export const resting = (recorded: Recorded, now: number): RateLimit.Resting => {
  const millisOf = ({ answered, unanswered }: OfOperation) => [
    ...answered.map((time) => time + RateLimit.restMillis("answered") - now),
    ...unanswered.map((time) => time + RateLimit.restMillis("unanswered") - now),
  ]
  const { operations = {}, ...list } = recorded
  return {
    restingMillis: millisOf(list),
    operations: Object.fromEntries(
      Object.entries(operations).map(([operation, requests]) => [operation, millisOf(requests)]),
    ),
  }
}

/** Returns the milliseconds until none of these requests counts any more. */
export const longestRest = ({ operations = {}, restingMillis }: RateLimit.Resting): number =>
  [restingMillis, ...Object.values(operations)].flat().reduce((most, millis) => Math.max(most, millis), 0)

/** The counted requests of this run. */
export class CountedRequests {
  readonly #operations = new Map<string, OperationRequests>()

  /** Announces a request that is about to be sent: call `take` until it returns true. */
  wait(operation: string): void {
    this.#of(operation).waiting++
  }
  /** Takes a request that was reserved; returns `false` if none is left, and a record has to be written first. */
  take(operation: string): boolean {
    return this.#of(operation).take()
  }
  /** Counts a request that ended. */
  ended(operation: string, delivery: Events.Delivery, now: number): void {
    this.#of(operation).ended(delivery, now)
  }
  /** Returns what to record now for all requests that wait, and a function to call once that is on the disk. */
  next(): { readonly recorded: Recorded; readonly written: () => void } {
    const each = Array.from(
      this.#operations,
      ([operation, requests]) => [operation, requests.next()] as const,
    )
    return {
      recorded: recordOf(each.map(([operation, { recorded }]) => [operation, recorded])),
      written: () => each.forEach(([, { written }]) => written()),
    }
  }

  #of(operation: string): OperationRequests {
    const requests = this.#operations.get(operation) ?? new OperationRequests()
    this.#operations.set(operation, requests)
    return requests
  }
}

/** The counted requests of one operation. */
class OperationRequests {
  /** The number of requests that wait for a record before they may be sent. */
  waiting = 0
  #answered: ReadonlyArray<number> = []
  #unanswered: ReadonlyArray<number> = []
  /** The number of requests that are sent and have not ended. */
  #sent = 0
  /** The number of requests that may be sent without another record. */
  #reserved = 0

  take(): boolean {
    if (this.#reserved === 0) return false
    this.#reserved--
    this.waiting--
    this.#sent++
    return true
  }
  ended(delivery: Events.Delivery, now: number): void {
    this.#sent--
    if (delivery === "answered") this.#answered = [...this.#answered, now]
    if (delivery === "unanswered") this.#unanswered = [...this.#unanswered, now]
  }
  next(): { readonly recorded: OfOperation; readonly written: () => void } {
    const [answered, unanswered, reserved] = [this.#answered, this.#unanswered, this.waiting]
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
