/**
 * The requests of one key of a rate limit: its slots, the line of requests that wait for one, the gate that a refusal
 * closes, and the pace after it. All times are in monotonic milliseconds.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Events from "../Events.ts"
import { monotonicMillis } from "./monotonic.ts"

/** One window of a limit: so many requests in any of its time. In milliseconds. */
export interface Window {
  readonly requests: number
  readonly millis: number
  /** How long a slot rests after its request was answered, and without an answer. */
  readonly answeredRest: number
  readonly unansweredRest: number
}

/** The numbers of a limit, in milliseconds. */
export interface Numbers {
  readonly windows: ReadonlyArray<Window>
  /** The longest window. */
  readonly window: number
  /** The time between two requests if the limit is spread evenly over the window. */
  readonly evenPace: number
  /** The longest time between two requests: one request in a tenth of a window. */
  readonly slowestPace: number
}

/** The slots of one window. A request holds a slot of each window at once. */
interface Slots {
  /** Slots that were never used. */
  unused: number
  /** When each used slot may be used again, soonest first; slots in use are not here. */
  readonly usableAt: Array<number>
}

/** The state of one key. */
export interface Lane {
  /** Of each window, in the order of `Numbers.windows`. */
  readonly slots: ReadonlyArray<Slots>
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

/** Makes a lane. `usableAt` has, for each window, when the slots that rest from requests before the start may be used again. */
export const make = (
  { windows }: Numbers,
  usableAt: ReadonlyArray<Array<number>>,
  gateOpensAt: number,
  now: number,
): Lane => ({
  slots: windows.map(({ requests }, index) => ({
    unused: requests - usableAt[index]!.length,
    usableAt: usableAt[index]!,
  })),
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
    time >= Math.max(lane.gateOpensAt, lane.nextAt) &&
    lane.slots.every(({ usableAt }) => time >= (usableAt.at(-1) ?? Number.NEGATIVE_INFINITY))
  )
}

/** Returns how many slots of a window are free: none while the gate is closed. `window` is its place in `Numbers.windows`. */
export const freeSlots = ({ gateOpensAt, slots }: Lane, window: number, time: number): number => {
  const { unused, usableAt } = slots[window]!
  return time < gateOpensAt ? 0 : unused + usableAt.filter((usable) => usable <= time).length
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
 * Called with the times since when the slots that were taken had been free, one for each window. A request that is not sent
 * gives them back with these times, as if they had not been taken.
 */
type OnTaken = (freeSince: ReadonlyArray<number>) => void

/** When the soonest slot of a window is free. A slot that was used before goes first: a lane then holds no more than it needs. */
const freeSinceOf = ({ unused, usableAt }: Slots, time: number): number => {
  const soonest = usableAt[0] ?? Number.POSITIVE_INFINITY
  return unused > 0 && soonest > time ? Number.NEGATIVE_INFINITY : soonest
}

/** Takes the soonest slot of each window and returns 0, or returns the milliseconds until that is possible. */
export const tryTake = (lane: Lane, numbers: Numbers, time: number, onTaken: OnTaken): number => {
  const freeSince = lane.slots.map((slots) => freeSinceOf(slots, time))
  const wait = Math.max(...freeSince, lane.gateOpensAt, lane.nextAt) - time
  if (wait > 0) return wait
  speedUp(lane, numbers, time)
  lane.nextAt = time + lane.pace
  for (const [index, slots] of lane.slots.entries()) {
    if (freeSince[index] === Number.NEGATIVE_INFINITY && slots.unused > 0) slots.unused--
    else slots.usableAt.shift()
  }
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

/** Gives the slots of a request back, to be used again from these times on: one for each window. */
export const giveBack = (lane: Lane, usableAt: ReadonlyArray<number>): Effect.Effect<void> =>
  Effect.suspend(() => {
    lane.active--
    for (const [index, slots] of lane.slots.entries()) {
      const time = usableAt[index]!
      const place = slots.usableAt.findLastIndex((other) => other <= time)
      slots.usableAt.splice(place + 1, 0, time)
    }
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
