/**
 * What the engine counts on of a cluster: a request to read stays until it is answered, and in the end one runner has each lane. For
 * a while it may be none or two. Runners are processes that start, stop, are killed and frozen.
 */
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
  Schedule,
} from "effect"
import * as ShardId from "effect/cluster/ShardId"
import * as Sharding from "effect/cluster/Sharding"
import * as MessageStorage from "effect/cluster/MessageStorage"
import { HttpClient } from "effect/http"
import { AccessToken, type FeishuError, Secret } from "@effect-feishu/core"
import type { Dice } from "../../../core/test/sim/Dice.ts"
import type { Machine, VirtualTime } from "../../../core/test/sim/VirtualTime.ts"
import * as World from "../../../core/test/sim/World.ts"
import * as LaneOwner from "../../src/internal/LaneOwner.ts"
import * as Store from "../../src/internal/Store.ts"
import * as Lane from "../../src/Lane.ts"
import * as LaneReader from "../../src/LaneReader.ts"
import * as MeetingsTable from "../../src/MeetingsTable.ts"
import type { Database } from "./Database.ts"
import type { Feishu } from "./Feishu.ts"
import type { Instance, Invariants } from "./Invariants.ts"
import type { Disturbance, Scenario } from "./Scenario.ts"

/** See the members. */
export interface Cluster {
  /** Requests and their removal, for a process that asks lanes to read. */
  readonly layer: Layer.Layer<Sharding.Sharding | MessageStorage.MessageStorage>
  readonly disturb: (disturbance: Disturbance) => void
  /** Stops all runners, and calls back when they have ended. */
  readonly stopAll: (then: () => void) => void
  /** Machines that were not killed. */
  readonly machines: () => ReadonlyArray<Machine>
  /** The context of a machine, for everything that runs on it. */
  readonly contextOf: (machine: Machine) => Context.Context<never>
}

/** A request to read. */
interface Message {
  readonly key: string
  readonly run: string
  readonly attempt: number
  isUnderWay: boolean
}

/** A lane on a runner. */
interface Entity {
  readonly lane: number
  readonly fiber: Fiber.Fiber<void>
  readonly instance: Instance
}

/** A process. */
interface Process {
  readonly machine: Machine
  /** What it makes once; `undefined` until then. */
  readonly context: () => Context.Context<LaneReader.LaneReader> | undefined
  readonly fiber: Fiber.Fiber<never, FeishuError.FeishuError>
  readonly entities: Map<number, Entity>
  isStopping: boolean
}

/** How long the cluster waits for an entity to end before it lets another runner have it. */
const terminationMillis = 2_000
/** How often an entity looks for requests. */
const pollMillis = 2_000
/** As the entity of the engine has them. */
const [idleMillis, defectMillis] = [60_000, 1_000]

/** Makes it, with all runners up and each lane on one of them. */
export const make = (
  scenario: Scenario,
  dice: Dice,
  time: VirtualTime,
  database: Database,
  feishu: Feishu,
  invariants: Invariants,
): Cluster => {
  const { note, violate } = invariants
  const laneIds = scenario.lanes.map(({ lane }) => Lane.id(lane))
  const runners: Array<Process | undefined> = scenario.runners.map(() => undefined)
  /** The runners that have a lane. */
  const holders = laneIds.map(() => new Set([dice.int(0, runners.length - 1)]))
  const messages = laneIds.map(() => new Map<string, Message>())
  const answered = new Set<string>()
  /** Entities that are asked to end. */
  const ending = new Set<Fiber.Fiber<void>>()
  let made = 0
  let isOver = false

  const contextOf = (machine: Machine) =>
    machine.context.pipe(
      Context.add(
        Logger.CurrentLoggers,
        new Set([
          Logger.map(Logger.formatLogFmt, (text) => {
            // Fibers are counted from the start of the process.
            const line = text.replace(/ fiber=\S+/, "")
            invariants.onLogLine(line)
            note(`log ${line.slice(0, 300)}`)
          }),
        ]),
      ),
      Context.add(References.MinimumLogLevel, "Warn"),
      Context.add(References.TracerEnabled, false),
      Context.add(Metric.MetricRegistry, new Map()),
      Context.add(LaneOwner.Timing, { ...LaneOwner.Timing.defaultValue(), ...scenario.timing }),
    )

  const reader = (machine: Machine) =>
    LaneReader.layer({
      credentials: (appId) =>
        AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(World.app.secret) }),
      rateLimit: { requests: scenario.lanes[0]!.feishu.limit.requests },
    }).pipe(Layer.provide(Layer.succeed(HttpClient.HttpClient, feishu.clientOf(machine))))

  const start = (runner: number) => {
    if (isOver) return
    const { manners, wallClockOff } = scenario.runners[runner]!
    const machine = time.machine(manners, scenario.epoch + time.now() + wallClockOff)
    note(`runner ${runner + 1} starts`)
    let context: ReturnType<Process["context"]>
    const fiber = Effect.runForkWith(contextOf(machine))(
      Effect.scoped(
        Effect.flatMap(Layer.build(reader(machine)), (built) => {
          context = built
          time.after(1, reconcile, machine)
          return Effect.never
        }),
      ).pipe(Random.withSeed(`runner ${runner} ${made} ${scenario.seed}`)),
    )
    runners[runner] = { machine, context: () => context, fiber, entities: new Map(), isStopping: false }
    fiber.addObserver((exit) => {
      if (Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause))
        violate(`6 runner ${runner + 1} ended: ${Cause.pretty(exit.cause)}`)
    })
  }

  /** Starts entities where there are requests for them. */
  const reconcile = () => {
    for (const [lane, runnersOf] of holders.entries()) {
      if (![...messages[lane]!.values()].some(({ isUnderWay }) => !isUnderWay)) continue
      for (const runner of runnersOf) {
        const process = runners[runner]
        if (process?.context() === undefined || process.isStopping || process.entities.has(lane)) continue
        time.after(dice.int(0, pollMillis), () => startEntity(runner, process, lane), process.machine)
      }
    }
  }

  const startEntity = (runner: number, process: Process, lane: number) => {
    if (isOver || process.isStopping || process.entities.has(lane) || !holders[lane]!.has(runner)) return
    if (messages[lane]!.size === 0) return
    const { machine } = process
    const name = `owner ${++made} of ${laneIds[lane]} on runner ${runner + 1}`
    note(`${name} starts`)
    const instance: Instance = { name, lane, machine, stopped: new Map() }
    invariants.instance(instance)
    const mine = new Set<string>()
    const next = Effect.gen(function* () {
      for (let waited = 0; waited < idleMillis; waited += pollMillis) {
        const message = [...messages[lane]!.values()].find(({ key }) => !mine.has(key))
        if (message !== undefined) return message
        yield* Effect.sleep(pollMillis)
      }
      return undefined
    })
    const client = database.clientOf({ machine, name })
    const program = Effect.gen(function* () {
      const owner = yield* LaneOwner.make(scenario.lanes[lane]!.lane).pipe(
        Effect.retry(Schedule.min([Schedule.exponential("500 millis"), Schedule.spaced("10 seconds")])),
        Effect.orDie,
      )
      for (;;) {
        const message = yield* next
        if (message === undefined) return
        mine.add(message.key)
        const outcome = yield* owner.read(message.run, message.attempt)
        note(`${name} answers ${message.key}: ${outcome}`)
        // The answer is written, unless the process ends before.
        yield* Effect.sleep(dice.int(1, 50))
        messages[lane]!.delete(message.key)
        answered.add(`${lane} ${message.key}`)
      }
    }).pipe(
      Effect.provide(Store.layer.pipe(Layer.provide(MeetingsTable.layer), Layer.provide(client))),
      Effect.scoped,
      Random.withSeed(`${name} ${scenario.seed}`),
    )
    const context = Context.merge(contextOf(machine), process.context()!)
    const fiber = Effect.runForkWith(context)(program)
    process.entities.set(lane, { lane, fiber, instance })
    fiber.addObserver((exit) => {
      if (process.entities.get(lane)?.fiber === fiber) process.entities.delete(lane)
      invariants.ended(instance)
      note(`${name} ends${Exit.isFailure(exit) ? `: ${Cause.pretty(exit.cause).split("\n")[0]}` : ""}`)
      const isDefect = Exit.isFailure(exit) && !Cause.hasInterruptsOnly(exit.cause)
      // One that is asked to end may fail to roll back.
      if (isDefect && !isOver && !ending.has(fiber)) {
        const error = Cause.squash(exit.cause)
        if (!(error instanceof Store.Fenced)) violate(`6 ${name} died: ${Cause.pretty(exit.cause)}`)
      }
      time.after(isDefect ? defectMillis : 1, reconcile, machine)
    })
  }

  const endEntity = (entity: Entity) => {
    ending.add(entity.fiber)
    time.after(0, () => entity.fiber.interruptUnsafe(), entity.instance.machine)
  }
  const assign = (lane: number, runner: number) => {
    note(`runner ${runner + 1} has ${laneIds[lane]}`)
    holders[lane]!.add(runner)
    reconcile()
  }
  const unassign = (lane: number, runner: number) => {
    if (!holders[lane]!.has(runner)) return
    note(`runner ${runner + 1} loses ${laneIds[lane]}`)
    holders[lane]!.delete(runner)
    const entity = runners[runner]?.entities.get(lane)
    if (entity !== undefined) endEntity(entity)
  }
  const isUp = (runner: number) => runners[runner] !== undefined && !runners[runner].isStopping
  /** Gives the lanes of a runner that seems to be gone to others. */
  const takeOver = (runner: number, isGone: boolean) => {
    for (const [lane, runnersOf] of holders.entries()) {
      if (!runnersOf.has(runner)) continue
      const others = runners.flatMap((_, other) => (other !== runner && isUp(other) ? [other] : []))
      if (others.length === 0) continue
      if (isGone) runnersOf.delete(runner)
      if (![...runnersOf].some((other) => other !== runner)) assign(lane, dice.pick(others))
    }
  }
  /** Lets a runner see that others have its lanes. */
  const see = (runner: number) => {
    for (const [lane, runnersOf] of holders.entries())
      if (runnersOf.has(runner) && runnersOf.size > 1) unassign(lane, runner)
  }
  /** Each lane is on one runner again. */
  const settle = () => {
    for (const [lane, runnersOf] of holders.entries()) {
      const up = [...runnersOf].filter(isUp)
      for (const runner of runnersOf) if (runner !== up.at(-1)) unassign(lane, runner)
      if (up.length === 0) {
        const others = runners.flatMap((_, other) => (isUp(other) ? [other] : []))
        if (others.length > 0) assign(lane, dice.pick(others))
      }
    }
  }

  const amid = (process: Process, steps: number | undefined, run: () => void) => {
    if (steps === undefined) return run()
    let done = false
    const once = () => {
      if (!done && !isOver) run()
      done = true
    }
    process.machine.amid(steps, once)
    time.after(3_000, once)
  }

  const disturb = (disturbance: Disturbance) => {
    if (isOver) return
    note(`*** ${JSON.stringify(disturbance)}`)
    switch (disturbance.what) {
      case "move": {
        const { lane, overlap, to } = disturbance
        const from = [...holders[lane]!].filter((runner) => runner !== to)
        if (from.length === 0) return
        const leave = () => {
          for (const runner of from) if (holders[lane]!.has(to) || overlap < 0) unassign(lane, runner)
        }
        if (overlap >= 0) {
          assign(lane, to)
          time.after(overlap, leave)
        } else {
          leave()
          time.after(-overlap, () => (isUp(to) ? assign(lane, to) : settle()))
        }
        return
      }
      case "kill": {
        const { noticed, pause, power, runner, steps } = disturbance
        const process = runners[runner]
        if (process === undefined) return
        return amid(process, steps, () => {
          if (runners[runner] !== process) return
          note(`runner ${runner + 1} is killed`)
          process.machine.kill()
          for (const { instance } of process.entities.values()) invariants.ended(instance)
          database.killed(process.machine, power)
          runners[runner] = undefined
          time.after(noticed, () => {
            if (!isUp(runner)) takeOver(runner, true)
          })
          time.after(pause, () => {
            if (runners[runner] === undefined) start(runner)
          })
        })
      }
      case "stop": {
        const { pause, runner } = disturbance
        const process = runners[runner]
        if (process === undefined || process.isStopping) return
        stop(runner, process, () => {
          takeOver(runner, true)
          time.after(pause, () => {
            if (runners[runner] === undefined) start(runner)
          })
        })
        return
      }
      case "freeze": {
        const { inTransaction, millis, noticed, runner, steps, suspended } = disturbance
        const process = runners[runner]
        if (process === undefined) return
        const freeze = () => {
          if (runners[runner] !== process || isOver) return
          note(`runner ${runner + 1} is frozen`)
          process.machine.freeze(suspended)
          if (noticed < millis) time.after(noticed, () => takeOver(runner, false))
          time.after(millis, () => {
            note(`runner ${runner + 1} is thawed`)
            process.machine.thaw()
            time.after(dice.int(0, 3_000), () => see(runner))
          })
        }
        return inTransaction
          ? database.amidTransaction(process.machine, freeze)
          : amid(process, steps, freeze)
      }
      case "cut": {
        const { millis, noticed, runner, silent } = disturbance
        const process = runners[runner]
        if (process === undefined) return
        const to = time.now() + millis
        database.cut({ machine: process.machine, from: time.now(), to, isSilent: silent })
        if (noticed !== undefined && noticed < millis) time.after(noticed, () => takeOver(runner, false))
        time.after(millis + dice.int(0, 3_000), () => see(runner))
        return
      }
      case "restart":
        return database.restart(disturbance.downMillis)
      case "wall clock":
        return runners[disturbance.runner]?.machine.moveWallClock(disturbance.by)
    }
  }

  /** As SIGTERM does. */
  const stop = (runner: number, process: Process, then: () => void) => {
    process.isStopping = true
    note(`runner ${runner + 1} is asked to stop`)
    for (const entity of process.entities.values()) endEntity(entity)
    time.after(terminationMillis, () => {
      if (runners[runner] !== process) return
      time.after(0, () => process.fiber.interruptUnsafe(), process.machine)
      // The process ends, whatever goes on in it.
      time.after(500, () => {
        if (runners[runner] !== process) return
        process.machine.kill()
        for (const { instance } of process.entities.values()) invariants.ended(instance)
        database.killed(process.machine, false)
        runners[runner] = undefined
        then()
      })
    })
  }

  for (const runner of runners.keys()) start(runner)

  const sharding = {
    getShardId: (_: unknown, group: string) => ShardId.make(group, 1),
    makeClient: () =>
      Effect.succeed((id: string) => ({
        Read: ({ attempt, run }: { readonly attempt: number; readonly run: string }) =>
          Effect.sync(() => {
            const lane = laneIds.indexOf(id)
            const key = `${run}/${attempt}`
            if (answered.has(`${lane} ${key}`) || messages[lane]!.has(key)) return
            messages[lane]!.set(key, { key, run, attempt, isUnderWay: false })
            reconcile()
          }),
      })),
  }
  const storage = {
    clearAddress: ({ entityId }: { readonly entityId: string }) =>
      Effect.sync(() => {
        const lane = laneIds.indexOf(entityId)
        messages[lane]!.clear()
        for (const key of answered) if (key.startsWith(`${lane} `)) answered.delete(key)
      }),
  }
  return {
    layer: Layer.succeedContext(
      Context.make(Sharding.Sharding, sharding as unknown as Sharding.Sharding["Service"]).pipe(
        Context.add(
          MessageStorage.MessageStorage,
          storage as unknown as MessageStorage.MessageStorage["Service"],
        ),
      ),
    ),
    disturb,
    stopAll: (then) => {
      isOver = true
      let left = runners.filter((process) => process !== undefined).length
      if (left === 0) time.after(1, then)
      for (const process of runners) {
        if (process === undefined) continue
        process.machine.thaw()
        for (const entity of process.entities.values()) endEntity(entity)
        time.after(terminationMillis, () => {
          process.fiber.interruptUnsafe()
          time.after(100, () => {
            if (--left === 0) then()
          })
        })
      }
    },
    machines: () => runners.flatMap((process) => (process === undefined ? [] : [process.machine])),
    contextOf,
  }
}
