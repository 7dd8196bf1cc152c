/**
 * The mock's own time: it can be stopped, set and moved. Token expiry, rate windows and the 90 days follow it;
 * faults of the network do not.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** The last second that the mock can have: the ids of meetings hold 32 bits of it. */
export const lastSecond = 0xffff_ffff

/** From when to when it goes, in words. */
export const bounds = `the clock goes from 0 to ${lastSecond}, in unix seconds`

/** A time that the mock can have. */
export const Seconds = Schema.Number.check(
  Schema.isBetween({ minimum: 0, maximum: lastSecond }, { message: bounds }),
)

/** See the members. Times are unix milliseconds. */
export interface VirtualClock {
  readonly now: () => number
  readonly isFrozen: () => boolean
  /** Stops it where it is. */
  readonly freeze: () => void
  /** Lets it run on evenly from where it is. */
  readonly run: () => void
  /** Sets it, backwards, too; a frozen one stays so. */
  readonly set: (millis: number) => void
}

/**
 * A clock that shows `start` (a time, or unix seconds) now and runs on evenly from there: a step of the machine's
 * wall clock does not move it. Without `start` it shows the time of Effect's `Clock`. Under `TestClock` it runs as
 * that does.
 */
export const make = (start: DateTime.DateTime | number | undefined): Effect.Effect<VirtualClock> =>
  Clock.clockWith((clock) => {
    const origin = clock.monotonicTimeNanosUnsafe()
    const elapsed = () => Number((clock.monotonicTimeNanosUnsafe() - origin) / 1_000_000n)
    const running = start === undefined ? () => clock.currentTimeMillisUnsafe() : elapsed
    let ahead =
      start === undefined ? 0 : typeof start === "number" ? start * 1000 : DateTime.toEpochMillis(start)
    let frozenAt: number | undefined
    const now = () => frozenAt ?? Math.round(ahead + running())
    return Effect.succeed({
      now,
      isFrozen: () => frozenAt !== undefined,
      freeze: () => {
        frozenAt = now()
      },
      run: () => {
        ahead = now() - running()
        frozenAt = undefined
      },
      set: (millis) => {
        const whole = Math.round(millis)
        if (frozenAt === undefined) ahead = whole - running()
        else frozenAt = whole
      },
    })
  })
