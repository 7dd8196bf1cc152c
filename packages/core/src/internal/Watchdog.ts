/**
 * Deadlines of many effects, kept by one fiber. A race with a timer for each of them costs a request more than its
 * way through undici.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { monotonicMillis } from "./monotonic.ts"

/** See the member. */
export interface Watchdog {
  /**
   * Runs an effect until it ends, or until `overdue` says why it has taken too long: it is asked with the monotonic
   * time, and answers with an error, or in how many milliseconds to ask again.
   */
  readonly watch: <A, E>(
    effect: Effect.Effect<A, E>,
    overdue: (time: number) => E | number,
  ) => Effect.Effect<A, E>
}

/** A timer keeps a program from ending: this long at most after the last effect. */
const longestSleepMillis = 250

/** Makes one that watches as long as its scope is open. */
export const make: Effect.Effect<Watchdog, never, Scope.Scope> = Effect.gen(function* () {
  const scope = yield* Effect.scope
  /** Asks one of those who are watched, and says when to ask again. */
  const watched = new Set<(time: number) => number>()
  let awake = false

  // That nobody is left and that it sleeps are one step: whoever comes between them would find it awake.
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
