/**
 * Feishu's rate limit, kept from this side: 100 requests in any 60 seconds, per API, app and tenant.
 *
 * A slot is free again 60 s after the *answer* to the request that used it. A request reaches the server
 * before its answer leaves it, so no two requests of one slot arrive within 60 s, whatever the network's delays
 * and however the server aligns its window. A slot whose request got no answer rests 65 s from the moment it
 * was given up: it may still arrive, and this assumes that it does so within 5 s.
 *
 * A refusal all the same means that somebody else uses the quota. The gate then closes until the reset; after it
 * requests come at an even pace instead of in a burst, slower with every further refusal, and faster again with
 * every window that passes without one.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { RateLimit } from "@effect-feishu/core"
 *
 * // For calls of your own: a key is what Feishu counts by, so an endpoint of an app, and the tenant.
 * const key = "GET /open-apis/contact/v3/users cli_a1b2c3"
 *
 * const program = Effect.gen(function* () {
 *   const limit = yield* RateLimit.RateLimit
 *   const call = limit.withSlot(key, (exit) => (exit._tag === "Success" ? "answered" : "unanswered"))
 *   console.log(yield* call(Effect.succeed("at once"))) // => at once
 *   // Feishu refused a request for another second: the next one waits that long.
 *   yield* limit.refused(key, 1)
 *   console.log(yield* call(Effect.succeed("after the reset"))) // => after the reset
 * })
 * await Effect.runPromise(Effect.provide(program, RateLimit.layer({ requests: 50, window: "1 second" })))
 * ```
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Semaphore from "effect/Semaphore"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import * as Events from "./Events.ts"
import { monotonicMillis } from "./internal/monotonic.ts"

/** What became of the request that held a slot: it decides how long the slot rests. */
export type Outcome = Events.Delivery

/** Slots for requests, by key. */
export class RateLimit extends Context.Service<
  RateLimit,
  {
    /**
     * Runs an effect that sends one request, when there is a slot and the gate is open. First come, first
     * served. An effect that is interrupted or dies counts as unanswered.
     */
    readonly withSlot: (
      key: string,
      outcome: (exit: Exit.Exit<unknown, unknown>) => Outcome,
    ) => <A, E, R>(request: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /**
     * Feishu refused a request: nobody with this key sends anything until the reset, in seconds from now. Gives
     * the pace from then on: milliseconds between two requests.
     */
    readonly refused: (key: string, resetSeconds: number) => Effect.Effect<number>
  }
>()("@effect-feishu/core/RateLimit") {}

/** The numbers of the limit. */
export interface Options {
  /** Requests in any window; default 100 (documented). */
  readonly requests?: number | undefined
  /** The window; default 60 seconds (documented). */
  readonly window?: Duration.Input | undefined
  /** How much longer an unanswered request's slot rests; default 5 seconds. */
  readonly unansweredRest?: Duration.Input | undefined
  /**
   * What to assume of the window before the start: that it is `free` (the default), or `full`, for a program that
   * starts again and may have made requests just before. It then waits one window and `unansweredRest` before its
   * first request: what was sent last may still be on its way. A program that knows which requests it made waits for
   * those only: see `Resting`.
   */
  readonly initially?: "free" | "full" | Resting | undefined
}

/** What is known of the requests that were made before the start, as by the process before this one. */
export interface Resting {
  /**
   * For each of them the milliseconds from the first use of the limit until its slot may be used again: what
   * `restMillis` says, less the time since its answer. They need no order. What is less than 0 counts as 0, and what
   * no slot can rest (`restMillis("unanswered")`), or is no number, as the longest rest. Where there are more than
   * `requests`, those that rest longest count: so many have to be over before the next request.
   */
  readonly restingMillis: ReadonlyArray<number>
}

/** Early timers and the drift of two clocks must not let a request arrive a moment too soon. */
const marginMillis = 250

/**
 * Milliseconds that so many requests take at least: from the first to the last of them, with answers that take no
 * time and nobody else who uses the quota.
 *
 * @example
 * ```ts
 * import { RateLimit } from "@effect-feishu/core"
 *
 * console.log(RateLimit.leastMillis(100)) // => 0
 * console.log(RateLimit.leastMillis(1_000)) // => 542250
 * ```
 */
export const leastMillis = (requests: number, options: Pick<Options, "requests" | "window"> = {}): number =>
  Math.max(0, Math.ceil(requests / (options.requests ?? ListByNo.rateLimit)) - 1) *
  (windowMillisOf(options) + marginMillis)

/**
 * Milliseconds that a slot rests, from the answer to its request on; without one, from when it was given up.
 *
 * @example
 * ```ts
 * import { Layer } from "effect"
 * import { RateLimit } from "@effect-feishu/core"
 *
 * console.log(RateLimit.restMillis("answered")) // => 60250
 * console.log(RateLimit.restMillis("unanswered")) // => 65250
 * // A process that starts again: one request was answered 20 s ago, another is still on its way.
 * const restingMillis = [RateLimit.restMillis("answered") - 20_000, RateLimit.restMillis("unanswered")]
 * const layer = RateLimit.layer({ initially: { restingMillis } })
 * console.log(Layer.isLayer(layer)) // => true
 * ```
 */
export const restMillis = (
  outcome: Outcome,
  options: Pick<Options, "window" | "unansweredRest"> = {},
): number => {
  if (outcome === "not sent") return 0
  const answered = windowMillisOf(options) + marginMillis
  return outcome === "answered" ? answered : answered + unansweredRestMillisOf(options)
}

const unansweredRestMillisOf = ({ unansweredRest }: Pick<Options, "unansweredRest">): number =>
  Math.ceil(Duration.toMillis(Duration.fromInputUnsafe(unansweredRest ?? "5 seconds")))

const windowMillisOf = ({ window }: Pick<Options, "window">): number =>
  Math.ceil(
    Duration.toMillis(Duration.fromInputUnsafe(window ?? `${ListByNo.rateLimitWindowSeconds} seconds`)),
  )

/** Lanes at rest are looked for when there are as many as this, and then whenever they have doubled. */
const fewLanes = 1_000

interface Lane {
  /** Slots that were never used. */
  unused: number
  /** When each used slot may be used again, in monotonic milliseconds, soonest first; those in use are not here. */
  readonly usableAt: Array<number>
  /** Requests that hold a slot or wait for one. */
  present: number
  /** Those of them that wait. */
  waiting: number
  /** Requests with this key wait until then. */
  gate: number
  /** Milliseconds between two requests since a refusal; 0 lets them come in a burst. */
  pace: number
  /** When the pace was last changed, and when it lets the next request go. */
  paceSince: number
  nextAt: number
  /** Done when a slot comes back or the gate moves, for the one who waits at the head of the line. */
  changed: Deferred.Deferred<void>
  /** The line. */
  readonly turnstile: Semaphore.Semaphore
}

/** Makes a limit. Whole milliseconds only: fractions would let a timer fire just too early, for ever. */
export const make = (options: Options = {}): RateLimit["Service"] => {
  const requests = options.requests ?? ListByNo.rateLimit
  const windowMillis = windowMillisOf(options)
  const answeredRestMillis = restMillis("answered", options)
  const longestRestMillis = restMillis("unanswered", options)
  // Of those that still rest, as many as there are slots: the longest, soonest first.
  const restingMillis =
    typeof options.initially === "object"
      ? options.initially.restingMillis
          .map((millis) => (millis < longestRestMillis ? Math.max(0, Math.ceil(millis)) : longestRestMillis))
          .filter((millis) => millis > 0)
          .toSorted((a, b) => a - b)
          .slice(-requests)
      : []

  // The quota spread evenly, shared by two, by four, …: at the slowest one request in a tenth of a window.
  const evenPace = Math.ceil(windowMillis / requests)
  const slowestPace = Math.max(evenPace, Math.ceil(windowMillis / 10))

  const lanes = new Map<string, Lane>()
  let sweepAt = fewLanes
  let startedAt: number | undefined
  const laneOf = (key: string, time: number): Lane => {
    startedAt ??= time
    const began = startedAt
    let lane = lanes.get(key)
    if (lane === undefined) {
      if (lanes.size >= sweepAt) {
        for (const [other, resting] of lanes) if (isAtRest(resting, time)) lanes.delete(other)
        sweepAt = Math.max(fewLanes, 2 * lanes.size)
      }
      lane = {
        unused: requests - restingMillis.length,
        usableAt: restingMillis.map((millis) => began + millis),
        present: 0,
        waiting: 0,
        gate: options.initially === "full" ? began + longestRestMillis : Number.NEGATIVE_INFINITY,
        pace: 0,
        paceSince: time,
        nextAt: Number.NEGATIVE_INFINITY,
        changed: Deferred.makeUnsafe(),
        turnstile: Semaphore.makeUnsafe(1),
      }
      lanes.set(key, lane)
    }
    return lane
  }
  /** Whether a new lane would do the same. */
  const isAtRest = (lane: Lane, time: number): boolean => {
    speedUp(lane, time)
    return (
      lane.present === 0 &&
      lane.pace === 0 &&
      time >= Math.max(lane.gate, lane.nextAt, lane.usableAt.at(-1) ?? Number.NEGATIVE_INFINITY)
    )
  }
  const announce = (lane: Lane) => {
    const { changed } = lane
    lane.changed = Deferred.makeUnsafe()
    return Deferred.succeed(changed, undefined)
  }

  const giveBack = (lane: Lane, usableAt: number) =>
    Effect.suspend(() => {
      lane.present--
      const index = lane.usableAt.findLastIndex((other) => other <= usableAt)
      lane.usableAt.splice(index + 1, 0, usableAt)
      return announce(lane)
    })

  /** A fifth faster for each window without a refusal, until the pace is so fast that a burst is no worse. */
  const speedUp = (lane: Lane, time: number) => {
    while (lane.pace > 0 && time - lane.paceSince >= windowMillis) {
      lane.pace = lane.pace < evenPace / 2 ? 0 : Math.ceil(lane.pace * 0.8)
      lane.paceSince += windowMillis
    }
  }

  /** Takes the soonest slot, unless one must wait for it: gives the milliseconds, 0 when it was taken. */
  const takeNow = (lane: Lane, time: number, taken: (untouched: number) => void): number => {
    // A slot that was used before first: a lane then holds no more of them than it needs.
    const soonest = lane.usableAt[0] ?? Number.POSITIVE_INFINITY
    const usableAt = lane.unused > 0 && soonest > time ? Number.NEGATIVE_INFINITY : soonest
    const wait = Math.max(usableAt, lane.gate, lane.nextAt) - time
    if (wait > 0) return wait
    speedUp(lane, time)
    lane.nextAt = time + lane.pace
    if (usableAt === soonest) lane.usableAt.shift()
    else lane.unused--
    taken(usableAt)
    return 0
  }

  /** Waits for the soonest slot and takes it. It may be interrupted anywhere, so it tells at once which one it took. */
  const take = Effect.fnUntraced(function* (lane: Lane, taken: (untouched: number) => void) {
    const arrived = yield* monotonicMillis
    let told = false
    while (true) {
      const time = yield* monotonicMillis
      const wait = takeNow(lane, time, taken)
      if (wait === 0) {
        if (told) yield* Events.emit({ _tag: "RateLimitWaited", millis: time - arrived })
        return
      }
      const changed = Deferred.await(lane.changed)
      if (Number.isFinite(wait)) {
        if (!told) yield* Events.emit({ _tag: "RateLimitWaiting", millis: wait })
        told = true
        yield* Effect.raceFirst(Effect.sleep(wait), changed)
      } else {
        yield* changed
      }
    }
  })

  return RateLimit.of({
    withSlot: (key, outcome) => (request) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(monotonicMillis, (arrived) => {
          const lane = laneOf(key, arrived)
          lane.present++
          let untouched: number | undefined
          const taken = (usableAt: number) => (untouched = usableAt)
          const held = Effect.onExit(restore(request), (exit) => {
            const became = outcome(exit)
            return became === "not sent"
              ? giveBack(lane, untouched!)
              : Effect.flatMap(monotonicMillis, (time) =>
                  giveBack(lane, time + (became === "answered" ? answeredRestMillis : longestRestMillis)),
                )
          })
          // Mostly there is no line.
          if (lane.waiting === 0 && takeNow(lane, arrived, taken) === 0) return held
          lane.waiting++
          const inLine = Effect.onExit(restore(lane.turnstile.withPermit(take(lane, taken))), (exit) => {
            lane.waiting--
            if (Exit.isSuccess(exit)) return Effect.void
            if (untouched !== undefined) return giveBack(lane, untouched)
            lane.present--
            return Effect.void
          })
          return Effect.andThen(inLine, held)
        }),
      ),
    refused: (key, resetSeconds) =>
      Effect.flatMap(monotonicMillis, (time) => {
        const lane = laneOf(key, time)
        // Requests that were under way together are refused together: that is one refusal, not many.
        if (time >= lane.gate) {
          lane.pace = Math.min(slowestPace, Math.max(evenPace, lane.pace * 2))
        }
        lane.gate = Math.max(lane.gate, time + Math.ceil(resetSeconds * 1000) + marginMillis)
        lane.paceSince = lane.gate
        return Effect.as(announce(lane), lane.pace)
      }),
  })
}

/** The limit as a layer; one layer is one quota, so let everything that uses an app share it. */
export const layer = (options?: Options): Layer.Layer<RateLimit> => Layer.sync(RateLimit, () => make(options))
