/** One seed, from the first plan to the last meeting. */
import { Context, Effect, Fiber, Layer, Random, Schedule } from "effect"
import { DatabaseSync } from "node:sqlite"
import * as Dice from "../../../core/test/sim/Dice.ts"
import * as VirtualTime from "../../../core/test/sim/VirtualTime.ts"
import * as Backfill from "../../src/Backfill.ts"
import * as Tables from "../../src/internal/Schema.ts"
import * as SqliteClient from "../../src/SqliteClient.ts"
import * as Backend from "./Backend.ts"
import * as Cluster from "./Cluster.ts"
import * as Database from "./Database.ts"
import * as Feishu from "./Feishu.ts"
import * as Invariants from "./Invariants.ts"
import * as Scenario from "./Scenario.ts"

/** What came of a seed. */
export interface Report {
  readonly seed: number
  /** Empty when everything held. */
  readonly violations: ReadonlyArray<string>
  /** Everything that happened, a line each. */
  readonly trace: ReadonlyArray<string>
  readonly requests: number
  /** Milliseconds of virtual time. */
  readonly took: number
}

const minute = 60_000
/** From the last disturbance on, if it only has to wait for slots; the slowest needs half of it. */
const longest = 90 * minute

/** The tables as the engine makes them. */
const tables: ReadonlyArray<string> = (() => {
  const db = new DatabaseSync(":memory:")
  Effect.runSync(Tables.migrate.pipe(Effect.provide(SqliteClient.layerDatabase(db))))
  const rows = db.prepare("select name, sql from sqlite_master where type = 'table'").all()
  const migrations = db.prepare("select migration_id, name from backfill_migrations").all()
  db.close()
  return [
    ...rows.map(({ sql }) => String(sql)),
    ...migrations.map(
      ({ migration_id, name }) =>
        `insert into backfill_migrations (migration_id, name) values (${String(migration_id)}, '${String(name)}')`,
    ),
  ]
})()

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
  const { note, violate } = invariants
  let ended = false
  const isCalm = () => time.now() >= scenario.calmFrom

  const { clockBack, clockOff } = scenario.database
  const clock = () =>
    scenario.epoch +
    time.now() +
    clockOff -
    (clockBack !== undefined && time.now() >= clockBack.at ? clockBack.by : 0)
  const backend = Backend.make(time, tables, clock, note, (session, rows) => onCommit(session, rows))
  const onCommit = invariants.onCommit(backend)
  const database = Database.make(backend, dice("database"), time, {
    ...scenario.database,
    isCalm,
    onHeard: ({ name }, beganAt) => invariants.onHeard(name, beganAt),
  })
  const feishu = Feishu.make(scenario, dice, time, isCalm, invariants)
  const cluster = Cluster.make(scenario, dice("cluster"), time, database, feishu, invariants)
  const disturbed = Math.max(
    0,
    ...scenario.disturbances.map((disturbance) => {
      const { at } = disturbance
      cluster.disturb satisfies unknown
      time.after(at, () => cluster.disturb(disturbance))
      const millis = "millis" in disturbance ? disturbance.millis : 0
      const pause = "pause" in disturbance ? disturbance.pause : 0
      const overlap = "overlap" in disturbance ? Math.abs(disturbance.overlap) : 0
      return at + millis + pause + overlap + 60_000
    }),
  )
  for (const [index, { feishu: of }] of scenario.lanes.entries())
    for (const at of of.token.revokedAt) time.after(at, () => feishu.worlds[index]!.revokeTokens())

  const operator = time.machine({ latest: 0, fast: 0, yields: 0 }, scenario.epoch)
  /** The database may be away for a while. */
  const patiently = <A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.retry({
        while: ({ _tag }: E) => _tag === "SqlError",
        schedule: Schedule.upTo(Schedule.spaced("500 millis"), { times: 400 }),
      }),
      Effect.orDie,
    )
  /** Plans a run, asks for it until all of it is read, and stops it meanwhile. */
  const operate = (backfill: Backfill.Backfill["Service"], run: Scenario.Run) =>
    Effect.gen(function* () {
      yield* Effect.sleep(run.at)
      yield* patiently(
        backfill.plan({
          run: run.name,
          lanes: run.lanes.map(({ lane, numbers }) => {
            const of = scenario.lanes[lane]!
            return [of.lane, of.numbers.slice(0, numbers)] as const
          }),
          range: run.range,
          series: run.series,
          pageSize: run.pageSize,
          details: run.details,
          recordings: run.recordings,
        }),
      )
      const stops = yield* Effect.forkChild(
        Effect.gen(function* () {
          let at = run.at
          for (const pause of run.pauses.toSorted((a, b) => a.at - b.at)) {
            if (pause.at < at) continue
            yield* Effect.sleep(pause.at - at)
            note(`operator pauses ${run.name}`)
            yield* patiently(backfill.pause(run.name))
            yield* Effect.sleep(pause.millis)
            note(`operator resumes ${run.name}`)
            yield* patiently(backfill.resume(run.name))
            at = pause.at + pause.millis
          }
        }),
      )
      const cancel = yield* Effect.forkChild(
        run.cancelledAt === undefined
          ? Effect.void
          : Effect.andThen(
              Effect.sleep(Math.max(0, run.cancelledAt - run.at)),
              Effect.andThen(Fiber.interrupt(stops), patiently(backfill.cancel(run.name))),
            ),
      )
      let begun = false
      // What is left after these is refused for ever.
      let roundsLeft = 2
      const rounds = [...(run.series?.rounds ?? [])]
      for (;;) {
        // The meetings that are there by now have to be found.
        if (run.series !== undefined || !begun) invariants.planned(run.name)
        begun = true
        const status = yield* patiently(backfill.run(run.name, { untilDone: true, lookMillis: 20_000 }))
        note(`operator: ${run.name} is ${status.state}, attempt ${status.attempt}`)
        if (status.state === "cancelled") break
        if (status.state === "paused") {
          yield* Effect.sleep(2_000)
          continue
        }
        if (run.series !== undefined) {
          const at = rounds.shift()
          if (at === undefined) {
            if (isCalm() && roundsLeft-- <= 0) break
            yield* Effect.sleep(Math.max(1_000, scenario.calmFrom - time.now()))
          } else yield* Effect.sleep(Math.max(1_000, at - time.now()))
          continue
        }
        if (status.failures === 0) break
        if (isCalm() && roundsLeft-- <= 0) break
        yield* Effect.sleep(isCalm() ? 5_000 : Math.max(30_000, (scenario.calmFrom - time.now()) / 2))
      }
      yield* Fiber.interrupt(cancel)
      yield* Fiber.interrupt(stops)
    })
  const program = Effect.gen(function* () {
    const layer = Backfill.layer.pipe(
      Layer.provide(database.clientOf({ machine: operator, name: "operator" })),
    )
    const backfill = Context.get(yield* patiently(Layer.build(layer)), Backfill.Backfill)
    yield* Effect.forEach(scenario.runs, (run) => operate(backfill, run), {
      concurrency: "unbounded",
      discard: true,
    })
  }).pipe(Effect.scoped, Effect.provide(cluster.layer), Random.withSeed(`operator ${seed}`))
  const end = () => {
    invariants.checkEnd(backend, (lane) => feishu.worlds[lane]!.refusals("list"))
    cluster.stopAll(() => {
      time.after(30_000, () => {
        for (const machine of [...cluster.machines(), operator]) {
          if (machine.asleep() > 0) violate(`9 ${machine.asleep()} sleeps are left behind`)
          if (machine.fibers().length > 0) violate(`9 ${machine.fibers().length} fibers are left behind`)
        }
        for (const { inTransaction, name } of backend.busy())
          violate(`9 ${name} leaves a ${inTransaction ? "transaction" : "statement"} behind`)
        ended = true
      })
    })
  }
  const fiber = Effect.runForkWith(cluster.contextOf(operator))(Effect.orDie(program))
  fiber.addObserver((exit) => {
    if (exit._tag === "Failure") violate(`6 the operator died: ${String(exit.cause)}`)
    time.after(1, end)
  })
  time.after(Math.max(scenario.calmFrom, disturbed) + longest, () => {
    if (!ended) violate("6 it does not come to an end")
    ended = true
  })

  // Errors come often, and nobody looks at their stack.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    time.run(() => ended)
  } catch (error) {
    violate(`6 ${error instanceof Error ? error.message : String(error)}`)
  } finally {
    Error.stackTraceLimit = stackTraceLimit
    backend.close()
  }
  return { seed, violations: invariants.violations, trace, requests: invariants.requests(), took: time.now() }
}
