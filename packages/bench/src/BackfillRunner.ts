/**
 * A process that plans and drives lanes of a backfill with a reader that finds nothing, for some seconds, and sends what it measured.
 * Its argument is JSON of `Options`.
 */
import { statSync } from "node:fs"
import { Backfill, Database, LaneEntity, LaneReader, MeetingsTable, Runner } from "@effect-feishu/backfill"
import { ListByNo } from "@effect-feishu/contract"
import { MeetingNo, RateLimit } from "@effect-feishu/core"
import { Effect, Fiber, Layer, Redacted, Stream } from "effect"
import { SqlClient } from "effect/sql"

/** What to drive, and where. */
export interface Options {
  /** A file of SQLite, or the URL of a PostgreSQL database. */
  readonly database: string
  readonly lanes: number
  readonly numbers: number
  readonly windows: number
  /** Seconds for which units are counted. */
  readonly seconds: number
}

/** What was measured. */
export interface Measured {
  readonly planSeconds: number
  /** Seconds from the start of the run until every lane has its request. */
  readonly askedSeconds: number
  /** Lanes that have read something when the counting begins. */
  readonly begun: number
  readonly unitsPerSecond: number
  /** Units for each second of processor that this process used: on a busy machine it gets fewer seconds, and does as much in each. */
  readonly unitsPerProcessorSecond: number
  /** The most memory that this process had, in bytes. */
  readonly memory: number
  /** The bytes of all tables and indexes after the plan, and when every lane has read and was answered. */
  readonly planned: number
  readonly driven: number
}

const { database, lanes, numbers, seconds, windows } = JSON.parse(process.argv[2]!) as Options
const isPostgres = database.startsWith("postgres:")
const run = "scale"
const start = 1_600_000_000
const range = { start, end: start + windows * ListByNo.maxRangeSeconds }

const plan = Array.from({ length: lanes }, (_, lane) => {
  const first = Math.floor((lane * numbers) / lanes)
  const last = Math.floor(((lane + 1) * numbers) / lanes)
  const meetingNos = Array.from({ length: last - first }, (_, index) =>
    MeetingNo.make(String(100_000_000 + first + index)),
  )
  return [{ appId: "cli_a1b2c3d4e5f60718", tenantKey: `tenant${lane + 10_000_000}` }, meetingNos] as const
})

const empty = Effect.succeed({ meetings: [], cursor: undefined, unreachable: undefined })
const reader = Layer.succeed(
  LaneReader.LaneReader,
  LaneReader.LaneReader.of({
    makeRateLimit: () => RateLimit.make(),
    restMillis: 0,
    open: (_, { proof }) => Effect.succeed(() => Stream.fromEffect(Effect.andThen(proof, empty))),
  }),
)

const password = isPostgres ? Redacted.make("not needed") : undefined
const services = LaneEntity.layer.pipe(
  Layer.provideMerge([Runner.layer({ database }), MeetingsTable.layer, Backfill.layer, reader]),
  Layer.provideMerge(Database.layer(database, { password })),
)

const secondsSince = (since: number) => (performance.now() - since) / 1_000

const measure = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const backfill = yield* Backfill.Backfill
  const number = (text: string) => Effect.map(sql.unsafe<{ n: unknown }>(text), ([row]) => Number(row?.n))
  const size = isPostgres
    ? number(
        "select sum(pg_total_relation_size(oid)) as n from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace",
      )
    : Effect.andThen(
        sql.unsafe("pragma wal_checkpoint(truncate)"),
        Effect.sync(() => statSync(database).size),
      )
  const until = Effect.fnUntraced(function* (text: string, wanted: number) {
    while ((yield* number(text)) < wanted) yield* Effect.sleep(100)
  })

  const plannedAt = performance.now()
  yield* backfill.plan({ run, lanes: plan, range })
  const planSeconds = secondsSince(plannedAt)
  const planned = yield* size

  const startedAt = performance.now()
  const running = yield* Effect.forkChild(backfill.run(run))
  yield* until("select count(*) as n from cluster_messages", lanes)
  const askedSeconds = secondsSince(startedAt)
  const begin = until("select count(*) as n from backfill_lanes where position > 0", lanes)
  yield* Effect.timeoutOption(begin, "1 minute")
  const begun = yield* number("select count(*) as n from backfill_lanes where position > 0")

  const units = number("select sum(position) as n from backfill_lanes")
  const before = yield* units
  const [countedAt, used] = [performance.now(), process.cpuUsage()]
  yield* Effect.sleep(seconds * 1_000)
  const after = yield* units
  const counted = secondsSince(countedAt)
  const { system, user } = process.cpuUsage(used)
  if (after === lanes * numbers * windows)
    return yield* Effect.die("every unit was read before the time was over")

  yield* backfill.pause(run)
  yield* until("select count(*) as n from cluster_replies", lanes)
  yield* Fiber.interrupt(running)
  return {
    planSeconds,
    planned,
    askedSeconds,
    begun,
    unitsPerSecond: (after - before) / counted,
    unitsPerProcessorSecond: (after - before) / ((system + user) / 1_000_000),
    memory: process.resourceUsage().maxRSS * 1_024,
    driven: yield* size,
  } satisfies Measured
})

const measured = await Effect.runPromise(Effect.provide(measure, services))
if (process.send === undefined) console.log(measured)
else process.send(measured)
process.exit()
