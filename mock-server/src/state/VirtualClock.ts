/**
 * The mock's own time: it can be stopped, set and moved. Token expiry, rate windows and the 90 days follow it;
 * faults of the network do not.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TimeText from "../seed/TimeText.ts"

/** From when to when it goes, in words. */
export const bounds = `the clock goes from 0 to ${TimeText.lastSecond}, in unix seconds`

/** What a time to set the clock to is, in words. */
export const takesTime = `takes a time: unix seconds from 0 to ${TimeText.lastSecond}, 2026-01-31T09:00:00Z, or how long before or after now, such as -3h or +1d`

/** A time to set the clock to: unix seconds, or text as in a seed. {@link secondsOf} says which second it is. */
export const Time = Schema.Union([Schema.Finite.annotate({ message: takesTime }), Schema.String])
  .annotate({ message: takesTime })
  .check(
    Schema.makeFilter(
      (time: string | number) =>
        typeof time === "number"
          ? time >= 0 && time <= TimeText.lastSecond
          : Option.exists(TimeText.from(time, 0), (seconds) => seconds <= TimeText.lastSecond),
      { message: takesTime },
    ),
  )

/** The unix seconds of a time, relative ones counted from `now`; `none` where the clock cannot go there. */
export const secondsOf = (time: string | number, now: number): Option.Option<number> =>
  Option.filter(
    typeof time === "number" ? Option.some(time) : TimeText.from(time, now),
    (seconds) => seconds >= 0 && seconds <= TimeText.lastSecond,
  )

/** At the last second a clock stands still: what comes after it has no place in the id of a meeting. */
const within = (millis: number): number =>
  Math.min(Math.max(Math.round(millis), 0), TimeText.lastSecond * 1000 + 999)

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
 * A clock that shows `start` (unix seconds) now and runs on evenly from there: a step of the machine's
 * wall clock does not move it. Without `start` it shows the time of Effect's `Clock`. Under `TestClock` it runs as
 * that does.
 */
export const make = (start: number | undefined): Effect.Effect<VirtualClock> =>
  Clock.clockWith((clock) => {
    const origin = clock.monotonicTimeNanosUnsafe()
    const elapsed = () => Number((clock.monotonicTimeNanosUnsafe() - origin) / 1_000_000n)
    const running = start === undefined ? () => clock.currentTimeMillisUnsafe() : elapsed
    let ahead = start === undefined ? 0 : start * 1000
    let frozenAt: number | undefined
    const now = () => frozenAt ?? within(ahead + running())
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
        const whole = within(millis)
        if (frozenAt === undefined) ahead = whole - running()
        else frozenAt = whole
      },
    })
  })
