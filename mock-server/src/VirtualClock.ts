/** The mock's own time. Token expiry, rate windows and the 90 days follow it. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"

/**
 * A clock that shows `start` (a time, or unix seconds) now and runs on evenly from there: a step of the machine's
 * wall clock does not move it. Under `TestClock` it runs as that does.
 */
export const startingAt = (start: DateTime.DateTime | number): Effect.Effect<Clock.Clock> =>
  Clock.clockWith((clock) => {
    const origin = clock.monotonicTimeNanosUnsafe()
    const startMillis = typeof start === "number" ? start * 1000 : DateTime.toEpochMillis(start)
    const nanos = () =>
      BigInt(Math.round(startMillis)) * 1_000_000n + clock.monotonicTimeNanosUnsafe() - origin
    const millis = () => Number(nanos() / 1_000_000n)
    return Effect.succeed({
      currentTimeMillisUnsafe: millis,
      currentTimeMillis: Effect.sync(millis),
      currentTimeNanosUnsafe: nanos,
      currentTimeNanos: Effect.sync(nanos),
      monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
      monotonicTimeNanos: clock.monotonicTimeNanos,
      sleep: (duration) => clock.sleep(duration),
    })
  })
