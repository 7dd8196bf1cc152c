/** One seed, from the first request to the last: processes that read, are stopped, and go on. */
import {
  Cause,
  Context,
  Effect,
  Exit,
  type Fiber,
  Layer,
  Logger,
  Metric,
  Random,
  References,
  Tracer,
} from "effect"
import { HttpClient } from "effect/http"
import {
  AccessToken,
  Events,
  type MeetingId,
  type MeetingNo,
  Meetings,
  RateLimit,
  Secret,
} from "@effect-feishu/core"
import * as Dice from "./Dice.ts"
import * as Invariants from "./Invariants.ts"
import * as Network from "./Network.ts"
import * as Reader from "./Reader.ts"
import * as Scenario from "./Scenario.ts"
import * as VirtualTime from "./VirtualTime.ts"
import * as World from "./World.ts"

/** What came of a seed. */
export interface Report {
  readonly seed: number
  /** Empty when everything held. */
  readonly violations: ReadonlyArray<string>
  /** Everything that happened, a line each. */
  readonly trace: ReadonlyArray<string>
  /** Every request, in the order of sending. */
  readonly sent: ReadonlyArray<Network.Sent>
  /** Milliseconds of virtual time. */
  readonly took: number
}

const minute = 60_000
const abouts = ["list", "details", "recording"] as const
/** From the last fault on: the slowest reader of the longest list is far below. */
const longest = 12 * 60 * minute
/** After it, everything that a client does by itself has ended, and its limit is as if it were new. */
const rest = 120 * minute

/** After which a request without an answer has been given up at the latest. */
const longestAttempt = 30_300

/** Runs a seed, perhaps with changes to what follows from it. */
export const run = (
  seed: number,
  change: (scenario: Scenario.Scenario) => Scenario.Scenario = (scenario) => scenario,
): Report => {
  const scenario = change(Scenario.draw(seed))
  const dice = (of: string) => Dice.make(`${of} ${seed}`)
  const time = VirtualTime.make(dice("time"), scenario.tiesByDice)
  const trace: Array<string> = []
  const invariants = Invariants.make(scenario, time.now, trace)
  const { violate } = invariants
  const { note } = invariants.listener
  let ended = false
  let calm = false
  const isCalm = () => calm || time.now() >= scenario.calmFrom
  const world = World.make(scenario, dice("world"), time.now, isCalm)
  const clientOf = Network.make(scenario, dice("network"), time, world, isCalm, invariants.listener)
  const readers = scenario.plans.map((plan, index) =>
    Reader.make(scenario, plan, dice(`reader ${index}`), world, invariants, time.now, isCalm),
  )

  const operations = Object.fromEntries(
    (["details", "recording"] as const).flatMap((about) => {
      const windows = scenario.meetings.limits[about]
      return windows === undefined ? [] : [[World.operationOf[about], windows]]
    }),
  )
  /** What a process knows that keeps a record of the requests of those before it. */
  const resting = (): RateLimit.Resting => {
    const restsOf = (about: World.About) =>
      invariants.sent
        .filter(({ target }) => target?.about === about)
        .map(({ answeredAt, at }) =>
          answeredAt === undefined
            ? RateLimit.restMillis("unanswered") - (time.now() - at - longestAttempt)
            : RateLimit.restMillis("answered") - (time.now() - answeredAt),
        )
    return {
      restingMillis: restsOf("list"),
      operations: {
        [World.operationOf.details]: restsOf("details"),
        [World.operationOf.recording]: restsOf("recording"),
      },
    }
  }
  const readsDetails = scenario.plans.some(({ details }) => details !== undefined)
  const records = dice("records")
  const layer = (machine: VirtualTime.Machine, initially: RateLimit.Options["initially"]) =>
    Meetings.layer({
      credentials: AccessToken.selfBuiltApp({
        appId: World.app.id,
        appSecret: Secret.appSecret(World.app.secret),
      }),
      rateLimit: { requests: scenario.limit.requests, operations, initially },
    }).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, clientOf(machine))))

  /** After everything: nothing goes on, and the whole limit is there again. */
  const checkRested = Effect.fnUntraced(function* (machine: VirtualTime.Machine) {
    const before = time.now()
    yield* Effect.sleep(rest)
    if (machine.asleep() > 0) violate(`7 ${machine.asleep()} sleeps go on although nobody reads`)
    if (machine.fibers().length > 1)
      violate(`7 ${machine.fibers().length - 1} fibers go on although nobody reads`)
    if (abouts.some((about) => invariants.sentSince(machine, about, before + 1) > 0))
      violate("7 requests are sent although nobody reads")
    if (scenario.limit.requests > 20 && seed % 10 !== 0) return
    const { details, page } = yield* Meetings.Meetings
    const one = page({ meetingNo: "100000009" as MeetingNo, range: { from: "1d" }, pageSize: 1 })
    if (readsDetails) {
      // What was sent before the process began rests from its first use of the limit, which may be this one.
      yield* one
      yield* Effect.sleep(2 * minute)
    }
    const awake = time.now()
    // The first brings a fresh token, perhaps at its second try; the others must not wait for anything.
    world.revokeTokens()
    yield* one
    const then = time.now()
    const free = scenario.limit.requests - invariants.sentSince(machine, "list", awake)
    yield* Effect.all(
      Array.from({ length: free }, () => one),
      { concurrency: "unbounded" },
    )
    const late = invariants.sentSince(machine, "list", then + 1)
    if (late > 0) violate(`7 ${late} of ${free} slots were not free after a rest`)
    if (scenario.meetings.limits.details === undefined) return
    // All that a minute allows: as much of it at once as a second allows, and the next as soon as that has passed.
    const [perMinute, perSecond] = World.windowsOf(scenario, "details")
    const began = time.now()
    yield* Effect.all(
      Array.from({ length: perMinute!.requests }, () => Effect.ignore(details("1" as MeetingId))),
      { concurrency: "unbounded" },
    )
    const atOnce = invariants.sentSince(machine, "details", began)
    const later = invariants.sentSince(machine, "details", began + 1)
    if (atOnce - later !== perSecond!.requests)
      violate(`7 ${atOnce - later} of ${perSecond!.requests} requests of a second were sent after a rest`)
    const rounds = Math.ceil(perMinute!.requests / perSecond!.requests) - 1
    const { delay, manners } = scenario
    const most = (rounds + 1) * (1_250 + delay.there + delay.back + manners.latest + 400)
    if (time.now() - began > most) violate(`7 a minute's requests took ${time.now() - began} ms, not ${most}`)
  }, Effect.orDie)

  let running:
    | { readonly machine: VirtualTime.Machine; readonly fiber: Fiber.Fiber<void>; stopped: boolean }
    | undefined
  let processes = 0
  const start = () => {
    const machine = time.machine(scenario.manners, scenario.epoch + time.now())
    const number = ++processes
    note(`process ${number} starts`)
    const keepsRecords = readsDetails && records.chance(0.5)
    const initially = number === 1 ? "free" : keepsRecords ? resting() : "full"
    const logger = Logger.map(Logger.formatLogFmt, invariants.onLogLine)
    const context = machine.context.pipe(
      Context.add(Tracer.Tracer, invariants.tracer(machine)),
      Context.add(Logger.CurrentLoggers, new Set([logger])),
      Context.add(References.MinimumLogLevel, "All"),
      Context.add(Metric.MetricRegistry, new Map()),
      Context.add(Events.Events, (event) => Effect.sync(() => invariants.onEvent(machine, event))),
    )
    const program = Effect.gen(function* () {
      yield* Effect.forEach(
        readers.filter((reader) => !reader.isDone()),
        (reader) => Effect.andThen(number === 1 ? Effect.sleep(reader.plan.starts) : Effect.void, reader.run),
        { concurrency: "unbounded", discard: true },
      )
      if (!readers.every((reader) => reader.isDone())) return
      calm = true
      yield* checkRested(machine)
    }).pipe(Effect.provide(layer(machine, initially)), Random.withSeed(`client ${number} ${seed}`))
    const fiber = Effect.runForkWith(context)(Effect.orDie(program))
    running = { machine, fiber, stopped: false }
    const current = running
    fiber.addObserver((exit) => {
      if (Exit.isFailure(exit) && !(current.stopped && Cause.hasInterruptsOnly(exit.cause)))
        violate(`1 the process died: ${Cause.pretty(exit.cause)}`)
      invariants.checkTold(machine)
      running = undefined
      // Its last fibers may be about to end in this very moment.
      time.after(1, () => {
        if (machine.asleep() > 0) violate(`7 ${machine.asleep()} sleeps outlive their process`)
        if (machine.fibers().length > 0) violate(`7 ${machine.fibers().length} fibers outlive their process`)
        if (invariants.violations.length > 0 || readers.every((reader) => reader.isDone())) ended = true
        else if (Exit.isSuccess(exit)) time.after(minute, start)
      })
    })
  }
  start()

  for (const { at, how, pause } of scenario.stops) {
    time.after(at, () => {
      if (running === undefined || ended) return
      note(`process ${processes} is stopped: ${how}`)
      const { fiber, machine } = running
      if (how === "kill") {
        machine.kill()
        invariants.switchedOff()
        running = undefined
      } else {
        running.stopped = true
        fiber.interruptUnsafe()
        time.after(1_000, () => {
          if (fiber.pollUnsafe() === undefined)
            violate("7 a process goes on for a second after it was interrupted")
        })
      }
      time.after(pause, () => {
        if (running === undefined && !ended) start()
      })
    })
  }
  for (const at of scenario.token.revokedAt) time.after(at, world.revokeTokens)
  for (const { at, by } of scenario.wallClockJumps) time.after(at, () => running?.machine.moveWallClock(by))
  /** Lets another program send so many requests a minute to an endpoint. */
  const share = (about: World.About, perMinute: number) => {
    if (perMinute === 0) return
    const others = dice(about === "list" ? "others" : `others ${about}`)
    const arrive = () => {
      if (isCalm()) return
      world.otherArrives(about)
      time.after((-Math.log(1 - others.next()) * minute) / perMinute, arrive)
    }
    time.after(others.int(0, minute), arrive)
  }
  const others: Readonly<Record<World.About, number>> = {
    list: scenario.limit.others,
    details: scenario.meetings.others * World.windowsOf(scenario, "details")[0]!.requests,
    recording: scenario.meetings.others * World.windowsOf(scenario, "recording")[0]!.requests,
  }
  for (const about of abouts) share(about, others[about])
  const away = scenario.stops.reduce((sum, { pause }) => sum + pause, 0)
  time.after(scenario.calmFrom + away + longest, () => {
    if (!ended) violate("6 it does not come to an end")
    ended = true
  })

  try {
    time.run(() => ended)
  } catch (error) {
    violate(`6 ${error instanceof Error ? error.message : String(error)}`)
  }
  for (const about of abouts)
    if (others[about] === 0 && world.refusals(about) > 0)
      violate(`3 ${world.refusals(about)} refusals of ${about}, although nobody else uses its limit`)
  return { seed, violations: invariants.violations, trace, sent: invariants.sent, took: time.now() }
}
