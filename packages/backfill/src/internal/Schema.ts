/** The tables, and their changes from version to version. A version that was released does not change any more. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Migrator from "effect/sql/Migrator"
import * as SqlClient from "effect/sql/SqlClient"
import { SqlError } from "effect/sql/SqlError"
import * as BackfillError from "../BackfillError.ts"
import * as dialect from "./dialect.ts"
import * as Transaction from "./Transaction.ts"

const table = "backfill_migrations"

const first = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { int64 } = dialect.make(sql)
  yield* sql`create table backfill_runs (
    id text primary key, plan text not null, state text not null, attempt integer not null, created_at ${int64} not null)`
  // "generation" is the attempt in which the units were laid out: a place of other units must not be written into it.
  yield* sql`create table backfill_lanes (
    run text not null, lane text not null, generation integer not null, segments text not null, numbers integer not null, units ${int64} not null,
    position ${int64} not null default 0, cursor text, meetings ${int64} not null default 0,
    unreachable ${int64} not null default 0, empty_old ${int64} not null default 0,
    fault text, fault_at ${int64}, retry_at ${int64}, finished integer not null default 0, primary key (run, lane))`
  // Numbers from index "first" on; a thousand to a row.
  yield* sql`create table backfill_numbers (
    run text not null, lane text not null, first integer not null, numbers text not null, primary key (run, lane, first))`
  yield* sql`create table backfill_failures (
    run text not null, lane text not null, meeting_no text not null, range_start ${int64} not null, range_end ${int64} not null,
    tag text not null, message text not null, log_id text, attempt integer not null, failed_at ${int64} not null,
    primary key (run, lane, meeting_no))`
  // One row per lane, for all runs: "proved_at" bounds when the last request was sent, "seen_at" says that the owner is alive.
  yield* sql`create table backfill_owners (
    lane text primary key, epoch integer not null, run text, proved_at ${int64}, seen_at ${int64} not null)`
  yield* sql`create table meetings (
    tenant text not null, id text not null, meeting_no text not null, topic text, url text, password text, note_id text,
    meeting_connect integer, held_at ${int64} not null, start_time ${int64}, end_time ${int64}, host_id text,
    details_status text, details text, recording_status text, recording text,
    first_seen ${int64} not null, last_seen ${int64} not null, times_seen integer not null default 1, primary key (tenant, id))`
})

// A failure as data, next to its text: "StoredError".
const second = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`alter table backfill_lanes add column error text`
  yield* sql`alter table backfill_failures add column error text`
})

const migrations = { "1_first": first, "2_errors": second }

const latest = Object.keys(migrations).length

/** Creates the tables, or brings those of an earlier version up to date. Runners of a new database may start at the same time. */
export const migrate: Effect.Effect<void, BackfillError.BackfillError | SqlError, SqlClient.SqlClient> =
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* Transaction.lostIsFailure(
      Migrator.make({})({ loader: Migrator.fromRecord(migrations), table }),
    ).pipe(
      Effect.retry({
        while: (error) => error._tag === "MigrationError" && error.kind === "Locked",
        schedule: Schedule.upTo(Schedule.spaced("200 millis"), { times: 50 }),
      }),
      Effect.catchTag("MigrationError", (error) =>
        error.cause instanceof SqlError ? Effect.fail(error.cause) : Effect.die(error),
      ),
    )
    const [row] = yield* sql<{ version: unknown }>`select max(migration_id) as version from ${sql(table)}`
    const version = dialect.numberOf(row?.version)
    if (version > latest) {
      yield* BackfillError.make({ _tag: "SchemaTooNew", version, supported: latest })
    }
  })
