/**
 * What has just failed is left alone for a while: the calls in the meantime fail at once with the same error, and
 * the first call after it finds out for all who wait whether it works again.
 */
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { FeishuError } from "../FeishuError.ts"
import { monotonicMillis } from "./monotonic.ts"
import * as Retry from "../Retry.ts"

/** See the members. */
export interface Circuit {
  /** Runs a call, unless calls with this key are being left alone. */
  readonly guard: <A, R>(
    key: string,
    call: Effect.Effect<A, FeishuError, R>,
  ) => Effect.Effect<A, FeishuError, R>
}

interface Open {
  readonly error: FeishuError
  readonly until: number
  /** One call at a time finds out. */
  readonly probe: Semaphore.Semaphore
}

/** Keys whose time is over are looked for when there are as many as this. */
const fewKeys = 1_000

/** Makes a circuit: `pauseSeconds` says for how long an error opens it, or that it does not. */
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
    /** The call's outcome, or the call itself where nothing stands against it any more. */
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
