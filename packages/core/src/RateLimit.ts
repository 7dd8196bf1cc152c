/**
 * Feishu's rate limit, kept from this side: 100 requests in any 60 seconds, per API, app and tenant.
 *
 * A slot is free again 60 s after the *answer* to the request that used it. A request reaches the server
 * before its answer leaves it, so no two requests of one slot arrive within 60 s, whatever the network's delays
 * and however the server aligns its window. A slot whose request got no answer rests 65 s from the moment the request
 * was given up: the request may still arrive, and this assumes that it does so within 5 s.
 *
 * If Feishu still refuses a request, another program uses the same limit. The gate then closes until the reset;
 * after it requests come at an even pace instead of in a burst, slower with every further refusal, and faster again
 * with every window that passes without one.
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
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import type * as Events from "./Events.ts"
import * as Lane from "./internal/Lane.ts"
import { monotonicMillis, monotonicMillisUnsafe } from "./internal/monotonic.ts"
import * as RateLimitMetrics from "./internal/RateLimitMetrics.ts"

/** The outcome of the request that held a slot; it decides how long the slot rests. */
export type Outcome = Events.Delivery

/** The service that gives slots to requests, by key. */
export class RateLimit extends Context.Service<
  RateLimit,
  {
    /**
     * Runs an effect that sends one request as soon as there is a slot and the gate is open. First come, first
     * served. `outcome` returns what became of the request: `unanswered` if the effect was interrupted or died.
     * `windows` are the limits of this key, all of which hold at once; those of the options unless given.
     */
    readonly withSlot: (
      key: string,
      outcome: (exit: Exit.Exit<unknown, unknown>) => Outcome,
      windows?: Windows,
    ) => <A, E, R>(request: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    /**
     * Reports that Feishu refused a request: no request with this key is sent until the reset, in seconds from now.
     * Gives the pace from then on, in milliseconds between two requests.
     */
    readonly refused: (key: string, resetSeconds: number, windows?: Windows) => Effect.Effect<number>
  }
>()("@effect-feishu/core/RateLimit") {}

/** A limit of so many requests in any time of `window`. */
export interface Window {
  readonly requests: number
  readonly window: Duration.Input
}

/** The limits of one endpoint, such as 1,000 a minute and 50 a second: a request has to be within all of them. */
export type Windows = readonly [Window, ...ReadonlyArray<Window>]

/**
 * Returns the limits of an endpoint as its module in `@effect-feishu/contract` declares them.
 *
 * @example
 * ```ts
 * import { GetMeeting } from "@effect-feishu/contract"
 * import { RateLimit } from "@effect-feishu/core"
 *
 * console.log(RateLimit.windowsOf(GetMeeting))
 * // => [
 * // =>   { requests: 1000, window: '60 seconds' },
 * // =>   { requests: 50, window: '1 seconds' }
 * // => ]
 * ```
 */
export const windowsOf = ({
  rateLimits: [first, ...rest],
}: {
  readonly rateLimits: readonly [Declared, ...ReadonlyArray<Declared>]
}): Windows => [windowOf(first), ...rest.map(windowOf)]

interface Declared {
  readonly requests: number
  readonly windowSeconds: number
}

const windowOf = ({ requests, windowSeconds }: Declared): Window => ({
  requests,
  window: `${windowSeconds} seconds`,
})

/** The numbers of the limit. */
export interface Options {
  /** Requests in any window; default 100 (documented). */
  readonly requests?: number | undefined
  /** The window; default 60 seconds (documented). */
  readonly window?: Duration.Input | undefined
  /**
   * The limits of single operations, such as `GET /open-apis/vc/v1/meetings/:meeting_id`, instead of those that the endpoint
   * declares: for a program that leaves a part of them to others.
   */
  readonly operations?: Readonly<Record<string, Windows>> | undefined
  /** How much longer an unanswered request's slot rests; default 5 seconds. */
  readonly unansweredRest?: Duration.Input | undefined
  /**
   * What to assume about the window before the start: that it is `free` (the default), or `full`, for a program that
   * starts again and may have sent requests just before. It then waits one window and `unansweredRest` before its
   * first request: what was sent last may still be on its way. A program that knows which requests it sent waits for
   * those only: see `Resting`.
   */
  readonly initially?: "free" | "full" | Resting | undefined
}

/** The requests that were sent before the start, as by an earlier process of the same program. */
export interface Resting {
  /**
   * For each request, the milliseconds from the first use of the limit until its slot may be used again: `restMillis`
   * less the time since its answer. In any order. A value below 0 counts as 0; a value that is not a number, or is
   * longer than any slot rests (`restMillis("unanswered")`), counts as that longest rest. If there are more values than
   * `requests`, the longest count: that many have to be over before the next request.
   */
  readonly restingMillis: ReadonlyArray<number>
  /**
   * The same for requests of operations with limits of their own, such as `GET /open-apis/vc/v1/meetings/:meeting_id`: for each
   * the milliseconds until its slot of the longest window may be used again.
   */
  readonly operations?: Readonly<Record<string, ReadonlyArray<number>>> | undefined
}

/** Early timers and the drift of two clocks must not let a request arrive a moment too soon. */
const marginMillis = 250

/**
 * The shortest time in which `requests` can be sent, in milliseconds: from the first to the last of them, if answers
 * take no time and no other program uses the same limit.
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
 * How long a slot rests, in milliseconds: from the answer to its request or, without an answer, from the moment the
 * request was given up.
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

/** Lanes at rest are dropped when there are this many, and then whenever the number of lanes has doubled. */
const fewLanes = 1_000

/**
 * The numbers of the limits of a key, in whole milliseconds: with fractions a timer would fire just too early, again and again.
 */
const numbersOf = (windows: Windows, { unansweredRest }: Options): Lane.Numbers => {
  const all = windows.map(({ requests, window }) => ({
    requests,
    millis: windowMillisOf({ window }),
    answeredRest: restMillis("answered", { window }),
    unansweredRest: restMillis("unanswered", { window, unansweredRest }),
  }))
  const window = Math.max(...all.map(({ millis }) => millis))
  const evenPace = Math.max(...all.map(({ millis, requests }) => Math.ceil(millis / requests)))
  // After refusals the pace is as if two programs shared the limit, then four, …, down to one request in a tenth of a window.
  return { windows: all, window, evenPace, slowestPace: Math.max(evenPace, Math.ceil(window / 10)) }
}

/** The operation of a key, such as `GET /open-apis/vc/v1/meetings/:meeting_id`; the app and tenant come after it. */
const operationOf = (key: string): string => key.split(" ", 2).join(" ")

/** Makes a limit. It is not in the metrics: `layer` does that. */
export const make = (options: Options = {}): RateLimit["Service"] => makeSeen(options, () => {})

/** The limits of one operation: of each app and tenant that uses it. */
type LimitsOf = () => ReadonlyArray<KeyLimit>

/** Makes a limit. `onFirst` is called when an operation is used for the first time. */
const makeSeen = (
  options: Options,
  onFirst: (operation: string, numbers: Lane.Numbers, limits: LimitsOf) => void,
): RateLimit["Service"] => {
  const own: Windows = [
    {
      requests: options.requests ?? ListByNo.rateLimit,
      window: options.window ?? `${ListByNo.rateLimitWindowSeconds} seconds`,
    },
  ]
  const resting: Resting = typeof options.initially === "object" ? options.initially : { restingMillis: [] }

  const lanes = new Map<string, KeyLimit>()
  const operations = new Set<string>()
  let sweepAt = fewLanes
  let startedAt: number | undefined
  const begin = (key: string, started: number, time: number, declared: Windows | undefined): KeyLimit => {
    const operation = operationOf(key)
    const windows = options.operations?.[operation] ?? declared
    const numbers = numbersOf(windows ?? own, options)
    const longest = Math.max(...numbers.windows.map(({ unansweredRest }) => unansweredRest))
    const millis = resting.operations?.[operation] ?? (windows === undefined ? resting.restingMillis : [])
    const usableAt = numbers.windows.map(({ requests, unansweredRest }) =>
      // A shorter window is over so much sooner.
      longestRests(millis, longest, requests, longest - unansweredRest).map((rest) => started + rest),
    )
    const gateOpensAt = options.initially === "full" ? started + longest : Number.NEGATIVE_INFINITY
    return { numbers, lane: Lane.make(numbers, usableAt, gateOpensAt, time) }
  }
  const limitOf = (key: string, time: number, windows: Windows | undefined): KeyLimit => {
    const started = (startedAt ??= time)
    let limit = lanes.get(key)
    if (limit === undefined) {
      if (lanes.size >= sweepAt) {
        for (const [other, { lane, numbers }] of lanes) {
          if (Lane.isAtRest(lane, numbers, time)) lanes.delete(other)
        }
        sweepAt = Math.max(fewLanes, 2 * lanes.size)
      }
      limit = begin(key, started, time, windows)
      lanes.set(key, limit)
      const operation = operationOf(key)
      if (!operations.has(operation)) {
        operations.add(operation)
        onFirst(operation, limit.numbers, () =>
          Array.from(lanes).flatMap(([key, limit]) => (operationOf(key) === operation ? [limit] : [])),
        )
      }
    }
    return limit
  }

  return RateLimit.of({
    withSlot: (key, outcome, windows) => (request) =>
      Effect.uninterruptibleMask((restore) =>
        Effect.flatMap(monotonicMillis, (arrived) =>
          withSlots(limitOf(key, arrived, windows), arrived, outcome, request, restore),
        ),
      ),
    refused: (key, resetSeconds, windows) =>
      Effect.flatMap(monotonicMillis, (time) => {
        const { lane, numbers } = limitOf(key, time, windows)
        return Lane.refuse(lane, numbers, time, time + Math.ceil(resetSeconds * 1000) + marginMillis)
      }),
  })
}

/** The limit of one key. */
interface KeyLimit {
  readonly numbers: Lane.Numbers
  readonly lane: Lane.Lane
}

/**
 * Runs a request as soon as there is a slot of each window for it, and gives the slots back after it. Counts the request at once,
 * so that its lane is not dropped before it takes its slots.
 */
const withSlots = <A, E, R>(
  { lane, numbers }: KeyLimit,
  arrived: number,
  outcome: (exit: Exit.Exit<unknown, unknown>) => Outcome,
  request: Effect.Effect<A, E, R>,
  restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>,
): Effect.Effect<A, E, R> => {
  lane.active++
  let freeSince: ReadonlyArray<number> | undefined
  const onTaken = (times: ReadonlyArray<number>) => (freeSince = times)
  const held = Effect.onExit(restore(request), (exit) => {
    const became = outcome(exit)
    if (became === "not sent") return Lane.giveBack(lane, freeSince!)
    const restOf = ({ answeredRest, unansweredRest }: Lane.Window) =>
      became === "answered" ? answeredRest : unansweredRest
    return Effect.flatMap(monotonicMillis, (time) =>
      Lane.giveBack(
        lane,
        numbers.windows.map((window) => time + restOf(window)),
      ),
    )
  })
  // The fast path: no other request is waiting.
  if (lane.waiting === 0 && Lane.tryTake(lane, numbers, arrived, onTaken) === 0) return held
  lane.waiting++
  const inLine = Effect.onExit(restore(Lane.takeInTurn(lane, numbers, onTaken)), (exit) => {
    lane.waiting--
    if (Exit.isSuccess(exit)) return Effect.void
    if (freeSince !== undefined) return Lane.giveBack(lane, freeSince)
    lane.active--
    return Effect.void
  })
  const seen = Effect.flatMap(monotonicMillis, (time) =>
    Effect.contextWith((context: Context.Context<never>) => {
      if (time > arrived) RateLimitMetrics.waited(time - arrived, context)
      return Effect.void
    }),
  )
  return inLine.pipe(Effect.andThen(seen), Effect.andThen(held))
}

/**
 * Returns how long the slots of a window rest because of requests before the start: the longest rests, one for each slot,
 * soonest first. `sooner` is by how much this window is over before the longest one.
 */
const longestRests = (
  restingMillis: ReadonlyArray<number>,
  longestRestMillis: number,
  slots: number,
  sooner: number,
): Array<number> =>
  restingMillis
    .map((millis) => (millis < longestRestMillis ? Math.max(0, Math.ceil(millis)) : longestRestMillis))
    .map((millis) => millis - sooner)
    .toSorted((a, b) => a - b)
    .slice(-slots)

/**
 * The limit as a layer. Each layer counts a limit of its own, so everything that uses an app has to share one. What is left of it
 * is the metric `feishu.client.rate_limit.remaining`.
 */
export const layer = (options: Options = {}): Layer.Layer<RateLimit> =>
  Layer.effect(
    RateLimit,
    Effect.gen(function* () {
      const context = yield* Effect.context()
      const clock = yield* Clock.Clock
      const closings: Array<() => void> = []
      yield* Effect.addFinalizer(() => Effect.sync(() => closings.forEach((close) => close())))
      return makeSeen(options, (operation, { windows }, limits) => {
        for (const [index, { millis, requests }] of windows.entries()) {
          const left = () => {
            const time = monotonicMillisUnsafe(clock)
            // An app that has not sent anything for a while is not among them.
            return Math.min(requests, ...limits().map(({ lane }) => Lane.freeSlots(lane, index, time)))
          }
          closings.push(RateLimitMetrics.add(operation, millis, left, context))
        }
      })
    }),
  )
