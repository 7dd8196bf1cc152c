/**
 * Decides which failures are retried, and when. `RateLimit` does the waiting for a rate limit; this module decides
 * whether a refusal is worth a retry.
 *
 * `FeishuClient.call` does all of this. For calls of your own that fail with a `FeishuError`, `withRetries` does the
 * same; the schedules are for `Effect.retry`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { FeishuError, RateLimit, Retry } from "@effect-feishu/core"
 *
 * // A call of your own: it sends one request, and says how that failed in the terms of this package.
 * let requests = 0
 * const once = Effect.suspend(() =>
 *   ++requests < 3
 *     ? Effect.fail(
 *         new FeishuError.FeishuError({ reason: new FeishuError.ServerFailed({ status: 503 }) }),
 *       )
 *     : Effect.succeed("answer"),
 * )
 *
 * const program = Effect.gen(function* () {
 *   const limit = yield* RateLimit.RateLimit
 *   const key = "GET /open-apis/vc/v1/meetings/:meeting_id"
 *   // Each retry is logged: "[…] INFO (#1): the server failed (HTTP 503). Trying again in 115ms. …"
 *   // => […
 *   // => […
 *   const answer = yield* once.pipe(
 *     limit.withSlot(key, () => "answered"),
 *     Retry.closeGate(limit, key),
 *     Retry.withRetries,
 *   )
 *   console.log(answer, requests) // => answer 3
 *   console.log(yield* Effect.retry(once, Retry.transient)) // => answer
 * })
 * await Effect.runPromise(
 *   Effect.provide(program, [RateLimit.layer(), Retry.layerBudget({ floor: 5, share: 0.1 })]),
 * )
 * ```
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Pull from "effect/Pull"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Events from "./Events.ts"
import type { FeishuError } from "./FeishuError.ts"
import { monotonicMillis } from "./internal/monotonic.ts"
import type { RateLimit } from "./RateLimit.ts"

// The errors that are not retried any more: a call that was given up (the token call within a data call) is not retried
// by the call around it. Not a field of the error, which applications print, store and compare.
const givenUp = new WeakSet<FeishuError>()

/** Ends retrying: fails with an error that is not retried again, by the calls around this one either. */
export const giveUp = (error: FeishuError): Effect.Effect<never, FeishuError> => {
  givenUp.add(error)
  return Effect.fail(error)
}

/** True when retrying has ended with this very error. */
export const isGivenUp = (error: FeishuError): boolean => givenUp.has(error)

const is = (retry: "transient" | "rateLimited") => (error: FeishuError) =>
  !givenUp.has(error) && error.reason.retry === retry

/**
 * The schedule for transient failures: broken connections, deadlines, 5xx, busy codes, bodies that were cut short. Up
 * to 4 retries after pauses of up to 250 ms, 500 ms, 1 s, 2 s (full jitter: anything from nothing to that). After a
 * broken connection the first retry comes at once.
 */
export const transient: Schedule.Schedule<Duration.Duration, FeishuError> = Schedule.exponential(
  "250 millis",
).pipe(
  Schedule.setInputType<FeishuError>(),
  Schedule.while(({ input }) => is("transient")(input)),
  Schedule.upTo({ times: 4 }),
  Schedule.modifyDelay(({ attempt, duration, input }) =>
    // If a server closes a kept connection just as it is used again, that looks like any other reset.
    attempt === 1 && input.reason._tag === "TransportFailed" && input.reason.fault === "connection broken"
      ? Effect.succeed(Duration.zero)
      : Effect.map(Random.next, (random) => Math.round(Duration.toMillis(duration) * random)),
  ),
)

/**
 * The schedule for refusals by the rate limit (HTTP 429, or code 99991400 on any status): waits until the reset that
 * the error names. Ends with the tenth refusal, or after 15 minutes.
 */
export const rateLimited: Schedule.Schedule<number, FeishuError> = Schedule.forever.pipe(
  Schedule.setInputType<FeishuError>(),
  Schedule.while(({ input }) => is("rateLimited")(input)),
  Schedule.upTo({ times: 9, duration: "15 minutes" }),
  Schedule.modifyDelay(({ input }) => Effect.succeed(input.retryAfter ?? Duration.zero)),
)

/** Closes the gate of a key when a call with this key is refused by the rate limit, and emits an event. */
export const closeGate =
  (rateLimit: RateLimit["Service"], key: string) =>
  <A, R>(call: Effect.Effect<A, FeishuError, R>): Effect.Effect<A, FeishuError, R> =>
    Effect.tapError(call, (error) =>
      is("rateLimited")(error) && error.reason._tag === "RateLimited"
        ? Effect.flatMap(rateLimit.refused(key, error.reason.retryAfterSeconds), (paceMillis) =>
            Events.emit({
              _tag: "RateLimitRefused",
              resetMillis: Duration.toMillis(error.retryAfter ?? Duration.zero),
              paceMillis,
              logId: error.logId,
            }),
          )
        : Effect.void,
    )

/**
 * The number of retries of transient failures that all calls share. When many requests fail at once, to retry all of
 * them only makes it worse.
 */
export class RetryBudget extends Context.Service<
  RetryBudget,
  {
    /** Counts a request that is being sent. */
    readonly sent: Effect.Effect<void>
    /** Takes one retry; gives true when there was one left. */
    readonly spend: Effect.Effect<boolean>
  }
>()("@effect-feishu/core/RetryBudget") {}

/** The numbers of the budget. */
export interface BudgetOptions {
  /** Retries per recent request; default 0.1. */
  readonly share?: number | undefined
  /** Retries that are always there; default 10. */
  readonly floor?: number | undefined
  /** How long a request counts as recent; default 60 seconds. */
  readonly window?: Duration.Input | undefined
}

/** Makes a budget. */
export const makeBudget = (options: BudgetOptions = {}): RetryBudget["Service"] => {
  const { floor = 10, share = 0.1 } = options
  const windowMillis = Duration.toMillis(Duration.fromInputUnsafe(options.window ?? "60 seconds"))
  const sentAt: Array<number> = []
  const spentAt: Array<number> = []
  const recent = (times: Array<number>, now: number) => {
    while (times.length > 0 && times[0]! <= now - windowMillis) times.shift()
    return times.length
  }
  return RetryBudget.of({
    sent: Effect.map(monotonicMillis, (now) => {
      recent(sentAt, now)
      sentAt.push(now)
    }),
    spend: Effect.map(monotonicMillis, (now) => {
      if (recent(spentAt, now) >= Math.max(floor, share * recent(sentAt, now))) return false
      spentAt.push(now)
      return true
    }),
  })
}

/** The budget as a layer. Share one among everything that calls the same Feishu. */
export const layerBudget = (options?: BudgetOptions): Layer.Layer<RetryBudget> =>
  Layer.sync(RetryBudget, () => makeBudget(options))

/**
 * Retries a call by both schedules. Each continues where it stopped when the other had its turn: refusals by the rate limit
 * do not count as retries of transient failures, and neither limit is extended by the other.
 */
export const withRetries = <A, R>(
  call: Effect.Effect<A, FeishuError, R>,
): Effect.Effect<A, FeishuError, R | RetryBudget> =>
  // Most calls succeed at once, and need no schedules.
  call.pipe(Effect.catch((error) => retrying(call, error)))

/**
 * A step of a schedule, and its sleep. Effect's own measures how long retrying goes on by the wall clock, which may
 * jump.
 */
const stepOf = <Output, Input, E, R>(schedule: Schedule.Schedule<Output, Input, E, R>) =>
  Effect.map(
    Schedule.toStep(schedule),
    (step) => (input: Input) =>
      Effect.flatMap(monotonicMillis, (now) =>
        Effect.flatMap(step(now, input), ([, duration]) => Effect.sleep(duration)),
      ),
  )

const retrying = Effect.fnUntraced(function* <A, R>(
  call: Effect.Effect<A, FeishuError, R>,
  first: FeishuError,
): Effect.fn.Return<A, FeishuError, R | RetryBudget> {
  const budget = yield* RetryBudget
  let budgetSpent = false
  const afterRefusal = yield* stepOf(rateLimited)
  const afterFault = yield* stepOf(
    transient.pipe(
      Schedule.while(() => Effect.tap(budget.spend, (left) => Effect.sync(() => (budgetSpent = !left)))),
      Schedule.tap(({ duration, input }) =>
        Events.emit({ _tag: "Retrying", error: input, delayMillis: Duration.toMillis(duration) }),
      ),
    ),
  )
  let error = first
  const end = () => giveUp(budgetSpent ? error.with({ retryBudgetSpent: true }) : error)
  while (true) {
    yield* error.reason.retry === "rateLimited"
      ? Pull.catchDone(afterRefusal(error), end)
      : Pull.catchDone(afterFault(error), end)
    const result = yield* Effect.result(call)
    if (Result.isSuccess(result)) return result.success
    error = result.failure
  }
})
