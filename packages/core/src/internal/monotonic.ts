/** Time that only moves forward, to measure how long something takes: the wall clock may jump. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** Monotonic time in whole milliseconds, from an arbitrary start. */
export const monotonicMillis: Effect.Effect<number> = Clock.clockWith((clock) =>
  Effect.succeed(monotonicMillisUnsafe(clock)),
)

/** The same by a clock, where no effect can run. */
export const monotonicMillisUnsafe = (clock: Clock.Clock): number =>
  Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
