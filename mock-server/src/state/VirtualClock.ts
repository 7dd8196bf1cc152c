/**
 * The mock's own clock, which can be frozen, set and moved. Token expiry, rate windows and the 90 days follow it; network
 * faults do not.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as TestClock from "effect/testing/TestClock"
import { ListByNo } from "@effect-feishu/contract"
import * as TimeText from "../protocol/TimeText.ts"

/** The bounds of the clock, as a message says them. */
export const bounds = `the clock goes from 0 to ${TimeText.lastSecond}, in unix seconds`

/** The times that the clock can be set to, as a message says them. */
export const mustBeTime = `must be unix seconds from 0 to ${TimeText.lastSecond}, a time such as 2026-01-31T09:00:00Z, or a time before or after now, such as -3h or +1d`

/** A time to set the clock to: unix seconds, or text as in a seed. {@link secondsOf} turns it into seconds. */
export const Time = Schema.Union([Schema.Finite.annotate({ message: mustBeTime }), Schema.String])
  .annotate({ message: mustBeTime })
  .check(
    Schema.makeFilter(
      (time: string | number) =>
        typeof time === "number"
          ? time >= 0 && time <= TimeText.lastSecond
          : Option.exists(TimeText.from(time, 0), (seconds) => seconds <= TimeText.lastSecond),
      { message: mustBeTime, toJsonSchema: () => [{}, true] },
    ),
  )

/** Returns a time in unix seconds, a relative one counted from `now`; `none` when it is outside the bounds of the clock. */
export const secondsOf = (time: string | number, now: number): Option.Option<number> =>
  Option.filter(
    typeof time === "number" ? Option.some(time) : TimeText.from(time, now),
    (seconds) => seconds >= 0 && seconds <= TimeText.lastSecond,
  )

/** Keeps a time within the bounds: the clock stops at the last second, since the id of a meeting cannot hold a later one. */
const within = (millis: number): number =>
  Math.min(Math.max(Math.round(millis), 0), TimeText.lastSecond * 1000 + 999)

/** The mock's clock. Times are unix milliseconds. */
export interface VirtualClock {
  readonly now: () => number
  readonly isFrozen: () => boolean
  /** Stops the clock. */
  readonly freeze: () => void
  /** Starts the clock again, from the time that it shows. Absent for a clock that stands still until it is moved: a `TestClock`. */
  readonly run: (() => void) | undefined
  /** Sets the clock, also backwards. A frozen clock stays frozen. Wakes what sleeps until then, if the clock is a `TestClock`. */
  readonly set: (millis: number) => Effect.Effect<void>
}

/** The start of the clock of a mock whose clock is a `TestClock` that still shows 1970: 2026-01-31T09:00:00Z. */
const testStart = 1_769_850_000

/** Returns the start of a `TestClock` that nobody has set, in unix seconds: Feishu has no meetings in 1970. `undefined` if it was set. */
export const testStartOf = (testClock: TestClock.TestClock): number | undefined =>
  testClock.currentTimeMillisUnsafe() < ListByNo.maxRangeSeconds * 1000 ? testStart : undefined

/** Returns Effect's clock if it is that of a test, which stands still until the test moves it. */
export const testClockOf = (clock: Clock.Clock): TestClock.TestClock | undefined =>
  "setTime" in clock && "adjust" in clock ? (clock as TestClock.TestClock) : undefined

/** Makes a clock that is a `TestClock`, and sets it to `start` (unix seconds): it shows the same time, and moving one moves the other. */
export const ofTest = (
  testClock: TestClock.TestClock,
  start: number | undefined,
): Effect.Effect<VirtualClock> => {
  const set = (millis: number) => testClock.setTime(within(millis))
  const clock: VirtualClock = {
    now: () => within(testClock.currentTimeMillisUnsafe()),
    isFrozen: () => true,
    freeze: () => {},
    run: undefined,
    set,
  }
  return Effect.as(start === undefined ? Effect.void : set(start * 1000), clock)
}

/**
 * Makes a clock that shows `start` (unix seconds) now and then runs evenly, unless it is frozen: when the machine's wall clock is set, it
 * does not move. Without `start` it shows the time of Effect's `Clock`. Under `TestClock` it runs as that does.
 */
export const make = (start: number | undefined, frozen: boolean): Effect.Effect<VirtualClock> =>
  Clock.clockWith((clock) => {
    const origin = clock.monotonicTimeNanosUnsafe()
    const elapsed = () => Number((clock.monotonicTimeNanosUnsafe() - origin) / 1_000_000n)
    const running = start === undefined ? () => clock.currentTimeMillisUnsafe() : elapsed
    let ahead = start === undefined ? 0 : start * 1000
    let frozenAt = frozen ? within(start === undefined ? running() : start * 1000) : undefined
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
      set: (millis) =>
        Effect.sync(() => {
          const whole = within(millis)
          if (frozenAt === undefined) ahead = whole - running()
          else frozenAt = whole
        }),
    })
  })
