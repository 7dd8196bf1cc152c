/**
 * Deadlines of many effects, kept by one fiber. To race each effect with a timer would cost a request more than its way
 * through undici.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { monotonicMillis } from "./monotonic.ts"

/** Keeps the deadlines of effects. */
export interface Watchdog {
  /**
   * Runs an effect until it ends, or until `overdue` returns why it has taken too long: `overdue` is called with the
   * monotonic time, and returns an error, or in how many milliseconds to call it again.
   */
  readonly watch: <A, E>(
    effect: Effect.Effect<A, E>,
    overdue: (time: number) => E | number,
  ) => Effect.Effect<A, E>
}

/** The longest sleep: a timer keeps a program from ending, so at most for this long after the last effect. */
const longestSleepMillis = 250

/** Makes a watchdog that works as long as its scope is open. */
export const make: Effect.Effect<Watchdog, never, Scope.Scope> = Effect.gen(function* () {
  const scope = yield* Effect.scope
  /** The check of each watched effect, which returns in how many milliseconds to check again. */
  const watched = new Set<(time: number) => number>()
  let awake = false

  // The check that no effect is left, and `awake = false`, are one step. An effect that was added between them would
  // find the watchdog awake, would not start it, and would have no deadline.
  const patrol = Effect.gen(function* () {
    while (true) {
      const time = yield* monotonicMillis
      if (watched.size === 0) {
        awake = false
        return
      }
      let wait = longestSleepMillis
      for (const ask of watched) wait = Math.min(wait, ask(time))
      yield* Effect.sleep(wait)
    }
  })

  const watch = <A, E>(
    effect: Effect.Effect<A, E>,
    overdue: (time: number) => E | number,
  ): Effect.Effect<A, E> =>
    Effect.contextWith((context: Context.Context<never>) =>
      Effect.callback<A, E>((resume) => {
        const fiber = Effect.runForkWith(context)(effect)
        const ask = (time: number): number => {
          const answer = overdue(time)
          if (typeof answer === "number") return answer
          watched.delete(ask)
          resume(Effect.andThen(Fiber.interrupt(fiber), Effect.fail(answer)))
          return longestSleepMillis
        }
        watched.add(ask)
        if (!awake) {
          awake = true
          Effect.runForkWith(context)(Effect.forkIn(patrol, scope))
        }
        fiber.addObserver((exit) => {
          if (watched.delete(ask)) resume(exit)
        })
        return Effect.suspend(() => {
          watched.delete(ask)
          return Fiber.interrupt(fiber)
        })
      }),
    )

  return { watch }
})
