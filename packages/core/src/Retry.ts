/**
 * Which failures are tried again, and when. The waiting for a rate limit is `RateLimit`'s; here is decided
 * whether a refusal is worth another try.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Pull from "effect/Pull"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Events from "./Events.ts"
import type { FeishuError } from "./FeishuError.ts"
import type { RateLimit } from "./RateLimit.ts"

// A call that was given up below (the token call within a data call) is not tried again above.
const givenUp = new WeakSet<FeishuError>()

/** Whether retrying has come to its end with this very error. */
export const isGivenUp = (error: FeishuError): boolean => givenUp.has(error)

const is = (retry: "transient" | "rateLimited") => (error: FeishuError) =>
  !givenUp.has(error) && error.reason.retry === retry

/**
 * For failures that pass: broken connections, deadlines, 5xx, busy codes, bodies cut short. Up to 4 more tries
 * after pauses of up to 250 ms, 500 ms, 1 s, 2 s (full jitter: anything between nothing and that). After a
 * broken connection the first of them comes at once.
 */
export const transient: Schedule.Schedule<Duration.Duration, FeishuError> = Schedule.exponential(
  "250 millis",
).pipe(
  Schedule.setInputType<FeishuError>(),
  Schedule.while(({ input }) => is("transient")(input)),
  Schedule.upTo({ times: 4 }),
  Schedule.modifyDelay(({ attempt, duration, input }) =>
    // A kept connection that the server closes as it is used again cannot be told from any other reset.
    attempt === 1 && input.reason._tag === "TransportFailed" && input.reason.fault === "connection broken"
      ? Effect.succeed(Duration.zero)
      : Effect.map(Random.next, (random) => Math.round(Duration.toMillis(duration) * random)),
  ),
)

/**
 * For refusals by the rate limit (HTTP 429, or code 99991400 on any status): waits until the reset that the
 * error names. Ends with the tenth refusal, or after 15 minutes.
 */
export const rateLimited: Schedule.Schedule<number, FeishuError> = Schedule.forever.pipe(
  Schedule.setInputType<FeishuError>(),
  Schedule.while(({ input }) => is("rateLimited")(input)),
  Schedule.upTo({ times: 9, duration: "15 minutes" }),
  Schedule.modifyDelay(({ input }) => Effect.succeed(input.retryAfter ?? Duration.zero)),
)

/** A refusal closes the gate for everyone with its key, and whoever listens is told. */
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
            }),
          )
        : Effect.void,
    )

/**
 * Tries a call again by both schedules, each of which goes on where it was when the other had its turn: refusals
 * by the rate limit cost no attempt, and neither bound is ever stretched by the other.
 */
export const withRetries = <A, R>(call: Effect.Effect<A, FeishuError, R>): Effect.Effect<A, FeishuError, R> =>
  Effect.gen(function* () {
    const afterRefusal = yield* Schedule.toStepWithSleep(rateLimited)
    const afterFault = yield* Schedule.toStepWithSleep(
      Schedule.tap(transient, ({ duration, input }) =>
        Events.emit({ _tag: "Retrying", error: input, delayMillis: Duration.toMillis(duration) }),
      ),
    )
    while (true) {
      const result = yield* Effect.result(call)
      if (Result.isSuccess(result)) return result.success
      const error = result.failure
      const giveUp = () => {
        givenUp.add(error)
        return Effect.fail(error)
      }
      yield* error.reason.retry === "rateLimited"
        ? Pull.catchDone(afterRefusal(error), giveUp)
        : Pull.catchDone(afterFault(error), giveUp)
    }
  })
