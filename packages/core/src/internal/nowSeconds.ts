/** The time of day, as Feishu takes it. For how long something takes, see `monotonicMillis`: this clock may jump. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

/** The present unix time in whole seconds. */
export const nowSeconds: Effect.Effect<number> = Effect.map(Clock.currentTimeMillis, (millis) =>
  Math.floor(millis / 1000),
)
