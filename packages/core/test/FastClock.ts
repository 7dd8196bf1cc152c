/**
 * Real time, many times faster: for tests that need real sockets and Feishu's waits of seconds and minutes at
 * once. Only durations shrink; nothing here measures time.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/** A clock that runs `speed` times as fast as the real one. */
export const layer = (speed: number): Layer.Layer<never> =>
  Layer.effect(
    Clock.Clock,
    Effect.map(Effect.service(Clock.Clock), (real): Clock.Clock => {
      const startMillis = real.currentTimeMillisUnsafe()
      const startNanos = real.monotonicTimeNanosUnsafe()
      const monotonic = () => startNanos + (real.monotonicTimeNanosUnsafe() - startNanos) * BigInt(speed)
      const millis = () => startMillis + Number((monotonic() - startNanos) / 1_000_000n)
      const nanos = () => BigInt(startMillis) * 1_000_000n + (monotonic() - startNanos)
      return {
        currentTimeMillisUnsafe: millis,
        currentTimeMillis: Effect.sync(millis),
        currentTimeNanosUnsafe: nanos,
        currentTimeNanos: Effect.sync(nanos),
        monotonicTimeNanosUnsafe: monotonic,
        monotonicTimeNanos: Effect.sync(monotonic),
        sleep: (duration) => real.sleep(Duration.millis(Duration.toMillis(duration) / speed)),
      }
    }),
  )
