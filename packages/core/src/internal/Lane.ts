/**
 * The requests of one key of a rate limit: its slots, the line of requests that wait for one, the gate that a refusal
 * closes, and the pace after it. All times are in monotonic milliseconds.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Events from "../Events.ts"
import { monotonicMillis } from "./monotonic.ts"

/** The numbers of a limit, in milliseconds. */
export interface Numbers {
  readonly window: number
  /** The time between two requests if the limit is spread evenly over the window. */
  readonly evenPace: number
  /** The longest time between two requests: one request in a tenth of a window. */
  readonly slowestPace: number
}

/** The state of one key. */
export interface Lane {
  /** Slots that were never used. */
  unused: number
  /** When each used slot may be used again, soonest first; slots in use are not here. */
  readonly usableAt: Array<number>
  /** Requests that hold a slot or wait for one. */
  active: number
  /** Requests that wait for a slot. */
  waiting: number
  /** The time at which the gate opens: no request takes a slot before. */
  gateOpensAt: number
  /** The time between two requests since a refusal; 0 permits a burst. */
  pace: number
  /** The time at which the pace was last changed. */
  paceSince: number
  /** The time from which the pace permits the next request. */
  nextAt: number
  /** Done when a slot comes back or the gate moves, for the request at the head of the line. */
  changed: Deferred.Deferred<void>
  /** The line: its permit is held by the request at its head. */
  readonly line: Semaphore.Semaphore
}

/** Makes a lane. `usableAt` has the slots that rest from requests before the start. */
export const make = (slots: number, usableAt: Array<number>, gateOpensAt: number, now: number): Lane => ({
  unused: slots - usableAt.length,
  usableAt,
  active: 0,
  waiting: 0,
  gateOpensAt,
  pace: 0,
  paceSince: now,
  nextAt: Number.NEGATIVE_INFINITY,
  changed: Deferred.makeUnsafe(),
  line: Semaphore.makeUnsafe(1),
})

/** True when a lane can be dropped: a new one would behave the same. */
export const isAtRest = (lane: Lane, numbers: Numbers, time: number): boolean => {
  speedUp(lane, numbers, time)
  return (
    lane.active === 0 &&
    lane.pace === 0 &&
    time >= Math.max(lane.gateOpensAt, lane.nextAt, lane.usableAt.at(-1) ?? Number.NEGATIVE_INFINITY)
  )
}

/**
 * Makes the pace a fifth faster for each window without a refusal, until it is so fast that a burst is permitted again.
 */
const speedUp = (lane: Lane, { evenPace, window }: Numbers, time: number): void => {
  while (lane.pace > 0 && time - lane.paceSince >= window) {
    lane.pace = lane.pace < evenPace / 2 ? 0 : Math.ceil(lane.pace * 0.8)
    lane.paceSince += window
  }
}

/**
 * Called with the time since when the slot that was taken had been free. A request that is not sent gives the slot back
 * with this time, as if it had not been taken.
 */
type OnTaken = (freeSince: number) => void

/** Takes the soonest slot and returns 0, or returns the milliseconds until one can be taken. */
export const tryTake = (lane: Lane, numbers: Numbers, time: number, onTaken: OnTaken): number => {
  // A slot that was used before goes first: a lane then holds no more of them than it needs.
  const soonest = lane.usableAt[0] ?? Number.POSITIVE_INFINITY
  const freeSince = lane.unused > 0 && soonest > time ? Number.NEGATIVE_INFINITY : soonest
  const wait = Math.max(freeSince, lane.gateOpensAt, lane.nextAt) - time
  if (wait > 0) return wait
  speedUp(lane, numbers, time)
  lane.nextAt = time + lane.pace
  if (freeSince === soonest) lane.usableAt.shift()
  else lane.unused--
  onTaken(freeSince)
  return 0
}

/**
 * Waits at the head of the line, and takes the soonest slot. May be interrupted at any point, so it reports the slot at
 * once.
 */
const takeAtHead = Effect.fnUntraced(function* (lane: Lane, numbers: Numbers, onTaken: OnTaken) {
  const arrived = yield* monotonicMillis
  let reported = false
  while (true) {
    const time = yield* monotonicMillis
    const wait = tryTake(lane, numbers, time, onTaken)
    if (wait === 0) {
      if (reported) yield* Events.emit({ _tag: "RateLimitWaited", millis: time - arrived })
      return
    }
    const changed = Deferred.await(lane.changed)
    if (Number.isFinite(wait)) {
      if (!reported) yield* Events.emit({ _tag: "RateLimitWaiting", millis: wait })
      reported = true
      yield* Effect.raceFirst(Effect.sleep(wait), changed)
    } else {
      yield* changed
    }
  }
})

/** Waits in line, first come, first served, and takes a slot. */
export const takeInTurn = (lane: Lane, numbers: Numbers, onTaken: OnTaken): Effect.Effect<void> =>
  lane.line.withPermit(takeAtHead(lane, numbers, onTaken))

/** Gives a slot back, to be used again from this time on. */
export const giveBack = (lane: Lane, usableAt: number): Effect.Effect<void> =>
  Effect.suspend(() => {
    lane.active--
    const index = lane.usableAt.findLastIndex((other) => other <= usableAt)
    lane.usableAt.splice(index + 1, 0, usableAt)
    return announceChange(lane)
  })

/** Closes the gate after a refusal, slows the pace down, and gives the pace. */
export const refuse = (
  lane: Lane,
  { evenPace, slowestPace }: Numbers,
  time: number,
  opensAt: number,
): Effect.Effect<number> => {
  // Requests that were under way together are refused together: that is one refusal, not many.
  if (time >= lane.gateOpensAt) {
    lane.pace = Math.min(slowestPace, Math.max(evenPace, lane.pace * 2))
  }
  lane.gateOpensAt = Math.max(lane.gateOpensAt, opensAt)
  lane.paceSince = lane.gateOpensAt
  return Effect.as(announceChange(lane), lane.pace)
}

const announceChange = (lane: Lane): Effect.Effect<void> => {
  const { changed } = lane
  lane.changed = Deferred.makeUnsafe()
  return Effect.asVoid(Deferred.succeed(changed, undefined))
}
