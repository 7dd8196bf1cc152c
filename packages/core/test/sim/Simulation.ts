/** One seed, from the first request to the last: processes that read, are stopped, and go on. */
import {
  Cause,
  Context,
  Duration,
  Effect,
  Exit,
  type Fiber,
  Layer,
  Logger,
  Metric,
  Random,
  Redacted,
  References,
  Result,
  Tracer,
} from "effect"
import { HttpClient } from "effect/http"
import {
  AccessToken,
  Events,
  FeishuConfig,
  type MeetingId,
  type MeetingNo,
  Meetings,
  RateLimit,
  Retry,
  Secret,
} from "@effect-feishu/core"
import * as Dice from "./Dice.ts"
import * as Invariants from "./Invariants.ts"
import * as Login from "./Login.ts"
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
/** The same for a refresh. */
const longestRefresh = 60_300

/** Runs a seed, perhaps with changes to what follows from it. */
export const run = (
  seed: number,
  change: (scenario: Scenario.Scenario) => Scenario.Scenario = (scenario) => scenario,
): Report => {
  const scenario = change(Scenario.draw(seed))
  const dice = (of: string) => Dice.make(`${of} ${seed}`)
  const time = VirtualTime.make(dice("time"), scenario.tiesByDice)
  const trace: Array<string> = []
  const login = scenario.login === undefined ? undefined : Login.make(time.now)
  const invariants = Invariants.make(scenario, time.now, trace, login)
  const { violate } = invariants
  const { note } = invariants.listener
  let ended = false
  let calm = false
  const isCalm = () => calm || time.now() >= scenario.calmFrom
  const world = World.make(scenario, dice("world"), time.now, isCalm, "", login)
  const clientOf = Network.make(scenario, dice("network"), time, world, isCalm, {
    ...invariants.listener,
    sent: (request) => {
      invariants.listener.sent(request)
      if (request.refreshToken !== undefined) onRefresh("sent", request)
    },
    answered: (request, answer) => {
      invariants.listener.answered(request, answer)
      if (request.refreshToken !== undefined) onRefresh("answered", request)
    },
  })
  const store = login && makeStore(scenario, login, world, dice("store"), time, violate)
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
  const app = { appId: World.app.id, appSecret: Secret.appSecret(World.app.secret) }
  const layer = (machine: VirtualTime.Machine, initially: RateLimit.Options["initially"]) =>
    Meetings.layer<AccessToken.Requirements>({
      credentials:
        store === undefined
          ? AccessToken.selfBuiltApp(app)
          : AccessToken.user({ ...app, tokens: store.on(machine) }),
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
    yield* signIn(machine)
    if (readsDetails || login !== undefined) {
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

  const contextOf = (machine: VirtualTime.Machine) => {
    const logger = Logger.map(Logger.formatLogFmt, invariants.onLogLine)
    return machine.context.pipe(
      Context.add(Tracer.Tracer, invariants.tracer(machine)),
      Context.add(Logger.CurrentLoggers, new Set([logger])),
      Context.add(References.MinimumLogLevel, "All"),
      Context.add(Metric.MetricRegistry, new Map()),
      Context.add(Events.Events, (event) => Effect.sync(() => invariants.onEvent(machine, event))),
    )
  }

  /** The user signs in on a machine, where the login that is stored is no longer good. */
  const signIn = (machine: VirtualTime.Machine) =>
    store === undefined || login === undefined
      ? Effect.void
      : Effect.ignore(
          Login.signIn(
            store.on(machine),
            () => {
              note("the user signs in")
              return world.signIn()
            },
            (token) => login.stateOf(token) === "good",
          ),
        )

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
    const program = Effect.gen(function* () {
      yield* Effect.forEach(
        readers.filter((reader) => !reader.isDone()),
        (reader) =>
          Effect.andThen(
            number === 1 ? Effect.sleep(reader.plan.starts) : Effect.void,
            reader.run(signIn(machine)),
          ),
        { concurrency: "unbounded", discard: true },
      )
      if (!readers.every((reader) => reader.isDone())) return
      calm = true
      yield* checkRested(machine)
    }).pipe(Effect.provide(layer(machine, initially)), Random.withSeed(`client ${number} ${seed}`))
    const fiber = Effect.runForkWith(contextOf(machine))(Effect.orDie(program))
    running = { machine, fiber, stopped: false }
    const current = running
    fiber.addObserver((exit) => {
      if (Exit.isFailure(exit) && !(current.stopped && Cause.hasInterruptsOnly(exit.cause)))
        violate(`1 the process died: ${Cause.pretty(exit.cause)}`)
      invariants.checkTold(machine)
      invariants.stopped(machine)
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

  /** What a process may still do that was interrupted: wait for the answer to a refresh, and store it. */
  const checkStopped = (machine: VirtualTime.Machine, fiber: Fiber.Fiber<unknown, unknown>) => {
    invariants.stopped(machine)
    const check = (millis: number, mayFetch: boolean) =>
      time.after(millis, () => {
        if (fiber.pollUnsafe() === undefined && !(mayFetch && invariants.isFetchingToken(machine)))
          violate(`7 a process goes on for ${millis} ms after it was interrupted`)
      })
    check(1_000, login !== undefined)
    if (login !== undefined) check(longestRefresh + 2_000, false)
  }
  const stop = (how: "kill" | "interrupt", pause: number) => {
    if (running === undefined || running.stopped || ended) return
    note(`process ${processes} is stopped: ${how}`)
    const { fiber, machine } = running
    if (how === "kill") {
      switchOff(machine)
      invariants.forgetEvents()
      running = undefined
    } else {
      running.stopped = true
      fiber.interruptUnsafe()
      checkStopped(machine, fiber)
    }
    const restart = () => {
      if (running === undefined && !ended) start()
      else if (running?.machine === machine && login !== undefined) time.after(1_000, restart)
    }
    time.after(pause, restart)
  }
  const switchOff = (machine: VirtualTime.Machine) => {
    machine.kill()
    invariants.switchedOff(machine)
    store?.switchedOff(machine)
  }
  for (const { at, how, pause } of scenario.stops) time.after(at, () => stop(how, pause))

  /** Other programs that use the login, by their machines; each uses its access token without a request. */
  const others = new Map<VirtualTime.Machine, (how: "kill" | "interrupt", pause: number) => void>()
  const startOther = (
    index: number,
    { clock, pause }: NonNullable<typeof scenario.login>["others"][number],
  ) => {
    if (isCalm() || ended || store === undefined) return
    const machine = time.machine(scenario.manners, scenario.epoch + time.now() + clock)
    const program = Effect.gen(function* () {
      const source = yield* AccessToken.user({ ...app, tokens: store.on(machine) })
      while (!isCalm()) {
        yield* Effect.sleep(otherDice.int(0, pause))
        const result = yield* Effect.result(source.get)
        if (Result.isSuccess(result)) {
          const { generation, value } = result.success
          if (world.isValid(Redacted.value(value))) continue
          invariants.refused(machine, Redacted.value(value))
          yield* source.invalidate(generation)
        } else {
          const error = result.failure
          invariants.checkError(error)
          invariants.checkSignIn(machine, error)
          yield* Effect.sleep(Duration.max(error.retryAfter ?? Duration.zero, Duration.minutes(1)))
        }
      }
    }).pipe(
      Effect.scoped,
      Effect.provide(FeishuConfig.layer()),
      Effect.provide(Retry.layerBudget()),
      Effect.provideService(HttpClient.HttpClient, clientOf(machine)),
      Random.withSeed(`other ${index} ${time.now()} ${seed}`),
    )
    const fiber = Effect.runForkWith(contextOf(machine))(Effect.orDie(program))
    others.set(machine, (how, millis) => {
      if (!others.delete(machine)) return
      note(`another program is stopped: ${how}`)
      if (how === "kill") switchOff(machine)
      else {
        fiber.interruptUnsafe()
        checkStopped(machine, fiber)
      }
      time.after(millis, () => startOther(index, { clock, pause }))
    })
    fiber.addObserver((exit) => {
      if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause))
        violate(`1 another program died: ${Cause.pretty(exit.cause)}`)
      invariants.checkTold(machine)
      invariants.stopped(machine)
    })
  }
  const otherDice = dice("others with the login")
  for (const [index, other] of (scenario.login?.others ?? []).entries()) startOther(index, other)
  const refreshes = { sent: 0, answered: 0 }
  function onRefresh(what: "sent" | "answered", { machine }: Network.Sent) {
    const nth = ++refreshes[what]
    const failure = scenario.login!.unwritable.find((each) => each.nth === nth)
    if (what === "sent" && failure !== undefined && !isCalm())
      login!.failStore(Math.min(failure.millis, scenario.calmFrom - time.now()))
    for (const each of scenario.login!.stops)
      if (each.of === what && each.nth === nth)
        time.after(
          each.after,
          () => {
            if (machine === running?.machine) stop(each.how, each.pause)
            else others.get(machine)?.(each.how, each.pause)
          },
          machine,
        )
  }
  for (const at of scenario.login?.revokedAt ?? [])
    time.after(at, () => {
      if (isCalm()) return
      note("the login is revoked")
      login!.revoke()
      world.revokeTokens()
    })
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
  const shares: Readonly<Record<World.About, number>> = {
    list: scenario.limit.others,
    details: scenario.meetings.others * World.windowsOf(scenario, "details")[0]!.requests,
    recording: scenario.meetings.others * World.windowsOf(scenario, "recording")[0]!.requests,
  }
  for (const about of abouts) share(about, shares[about])
  const away = [...scenario.stops, ...(scenario.login?.stops ?? [])].reduce(
    (sum, { pause }) => sum + pause,
    0,
  )
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
    if (shares[about] === 0 && world.refusals(about) > 0)
      violate(`3 ${world.refusals(about)} refusals of ${about}, although nobody else uses its limit`)
  return { seed, violations: invariants.violations, trace, sent: invariants.sent, took: time.now() }
}

/** The store, in which the user has signed in some time ago. */
const makeStore = (
  scenario: Scenario.Scenario,
  login: Login.Login,
  world: World.World,
  dice: Dice.Dice,
  time: VirtualTime.VirtualTime,
  violate: (what: string) => void,
): Login.Store => {
  const issued = world.signIn(scenario.login!.left)
  const now = scenario.epoch + time.now()
  return Login.makeStore(
    login,
    scenario.login!,
    Login.tokensOf(issued, now + issued.toldLife, now),
    dice,
    time,
    violate,
  )
}
