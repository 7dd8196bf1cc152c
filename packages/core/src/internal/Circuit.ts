/**
 * Sends nothing for a while after a failure: meanwhile, calls with the same key fail at once with the same error. After
 * that, one call tests whether it works again, and the others wait for its result.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { FeishuError } from "../FeishuError.ts"
import { monotonicMillis } from "./monotonic.ts"
import * as Retry from "../Retry.ts"

/** Remembers which calls have just failed, by key. */
export interface Circuit {
  /** Runs a call, or fails with the earlier error while no call with this key is sent. */
  readonly guard: <A, R>(
    key: string,
    call: Effect.Effect<A, FeishuError, R>,
  ) => Effect.Effect<A, FeishuError, R>
}

interface Open {
  readonly error: FeishuError
  readonly until: number
  /** Permits one call at a time to test whether it works again. */
  readonly probe: Semaphore.Semaphore
}

/** Keys whose time is over are dropped once there are this many. */
const fewKeys = 1_000

/** Makes a circuit. `pauseSeconds` returns for how long an error opens it; `undefined` if the error does not. */
export const make = (pauseSeconds: (error: FeishuError) => number | undefined): Circuit => {
  const opened = new Map<string, Open>()
  const guard = <A, R>(
    key: string,
    call: Effect.Effect<A, FeishuError, R>,
  ): Effect.Effect<A, FeishuError, R> => {
    const failed = (error: FeishuError) => {
      const seconds = pauseSeconds(error)
      if (seconds === undefined) return Effect.void
      return Effect.map(monotonicMillis, (time) => {
        if (opened.size >= fewKeys) {
          for (const [other, { until }] of opened) if (time >= until) opened.delete(other)
        }
        opened.set(key, {
          error,
          until: time + seconds * 1000,
          probe: opened.get(key)?.probe ?? Semaphore.makeUnsafe(1),
        })
      })
    }
    const watched = call.pipe(
      Effect.tapError(failed),
      Effect.tap(() => Effect.sync(() => opened.delete(key))),
    )
    /** Gives the outcome of the call, or the call itself if another call has shown that it works again. */
    const probe: Effect.Effect<Effect.Effect<A, FeishuError, R>, never, R> = Effect.suspend(() => {
      const open = opened.get(key)
      if (open === undefined) return Effect.succeed(watched)
      return Effect.flatMap(monotonicMillis, (time): typeof probe =>
        time < open.until
          ? Effect.succeed(
              Retry.giveUp(
                open.error.with({ leftAloneSeconds: Math.ceil((open.until - time) / 1000), requests: 0 }),
              ),
            )
          : Effect.exit(watched),
      )
    })
    return Effect.suspend(() => {
      const open = opened.get(key)
      return open === undefined ? watched : Effect.flatten(open.probe.withPermits(1)(probe))
    })
  }
  return { guard }
}
