/**
 * Runs: plans, starts, watches, pauses and exports them. A run is a name, a range of time, and meeting numbers by lane; a series is
 * a run whose rounds follow one another, each from the end of the last one, less an overlap, to now.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { Backfill, SqliteClient } from "@effect-feishu/backfill"
 * import { MeetingNo } from "@effect-feishu/core"
 *
 * const program = Effect.gen(function* () {
 *   const { plan, status } = yield* Backfill.Backfill
 *   const numbers = ["337736498", "202046784"].map((text) => MeetingNo.make(text))
 *   const planned = yield* plan({
 *     run: "year-2026",
 *     lanes: [[{ appId: "cli_a1b2c3" }, numbers]],
 *     range: { start: 1_767_225_600, end: 1_798_761_600 },
 *   })
 *   console.log(planned) // => { run: 'year-2026', lanes: 1, numbers: 2, units: 10 }
 *   const [run] = yield* status("year-2026")
 *   console.log(`${run?.position} of ${run?.units} read`) // => 0 of 10 read
 * })
 * await Effect.runPromise(
 *   program.pipe(
 *     Effect.provide(Backfill.layer),
 *     Effect.provide(SqliteClient.layer({ filename: ":memory:" })),
 *   ),
 * )
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as EntityAddress from "effect/cluster/EntityAddress"
import * as EntityId from "effect/cluster/EntityId"
import * as MessageStorage from "effect/cluster/MessageStorage"
import type { Sharding } from "effect/cluster/Sharding"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Stream from "effect/Stream"
import type { FeishuError } from "@effect-feishu/core"
import type * as BackfillError from "./BackfillError.ts"
import * as dialect from "./internal/dialect.ts"
import * as Plans from "./internal/Plans.ts"
import type { Planned, PlanOptions } from "./internal/Plans.ts"
import * as Tables from "./internal/Schema.ts"
import * as StoredError from "./internal/StoredError.ts"
import * as Lane from "./Lane.ts"
import { LaneEntity } from "./LaneEntity.ts"
import * as MeetingsTable from "./MeetingsTable.ts"

/** What a run reads, and what was stored of it. */
export type { Planned, PlanOptions } from "./internal/Plans.ts"

/** How a run stands. */
export interface RunStatus {
  readonly run: string
  readonly state: "running" | "paused" | "cancelled" | "done"
  /** Unix seconds. */
  readonly range: { readonly start: number; readonly end: number }
  readonly series: { readonly overlapSeconds: number } | undefined
  readonly attempt: number
  readonly units: number
  /** Units that were read. */
  readonly position: number
  readonly numbers: number
  /** Meetings that were not in the table before. */
  readonly meetings: number
  /** Numbers of which something could not be read. */
  readonly failures: number
  /** Units of which Feishu no longer shows a part, or anything: they are more than 90 days ago. */
  readonly unreachable: number
  /** Units more than 90 days ago that were empty: Feishu may not show what was in them. */
  readonly emptyOld: number
  readonly lanes: ReadonlyArray<LaneStatus>
}

/** How a lane of a run stands. */
export interface LaneStatus {
  readonly lane: Lane.Lane
  readonly numbers: number
  readonly units: number
  readonly position: number
  readonly meetings: number
  readonly failures: number
  readonly isDone: boolean
  /** Why the lane as a whole cannot be read, and when it is tried again; times are unix milliseconds. */
  readonly fault:
    | {
        /** In English. */
        readonly message: string
        /** The same as data; `undefined` for a failure of the database, or one that a program of another version has written. */
        readonly error: FeishuError.FeishuError | undefined
        readonly at: number
        readonly retryAt: number
      }
    | undefined
  /** Milliseconds since the owner was seen last; `undefined` if no process has owned the lane. */
  readonly idleMillis: number | undefined
  /** The other run that the owner of the lane reads first. */
  readonly waitsFor: string | undefined
}

/** An unfinished lane whose owner has not been seen for so long has none, or one that is stuck. */
export const stalledMillis = 180_000

/** A range of a number that could not be read. `Backfill.run` of a finished run reads it again. */
export interface FailureRow {
  readonly lane: Lane.Lane
  readonly meetingNo: string
  /** Unix seconds. */
  readonly start: number
  readonly end: number
  /** The reason's `_tag`, as in `FeishuError`. */
  readonly tag: string
  /** In English. */
  readonly message: string
  readonly logId: string | undefined
  /** The same as data; `undefined` for a failure that a program of another version has written. */
  readonly error: FeishuError.FeishuError | undefined
  /** Unix milliseconds. */
  readonly failedAt: number
}

type Failed = BackfillError.BackfillError | SqlError

/** The service that plans, runs and watches. All but `run` works while no runner is alive. */
export class Backfill extends Context.Service<
  Backfill,
  {
    /**
     * Stores a plan; nothing is read before `run`. To plan the same again does nothing; a series takes other numbers between two
     * rounds; a cancelled run is replaced.
     */
    readonly plan: (options: PlanOptions) => Effect.Effect<Planned, Failed>
    /**
     * Asks the lanes of a run to read it, and looks after it. A finished run begins again: a series with its next round, another
     * with what failed. With `untilDone`, ends when the run is done, paused or cancelled; otherwise never.
     */
    readonly run: (
      run: string,
      options?: {
        readonly untilDone?: boolean | undefined
        /** How often to look; default 1 second. */
        readonly lookMillis?: number | undefined
      },
    ) => Effect.Effect<RunStatus, Failed, Sharding | MessageStorage.MessageStorage>
    /** Returns how runs stand: all, or one. */
    readonly status: (run?: string) => Effect.Effect<ReadonlyArray<RunStatus>, Failed>
    /** Stops a run within moments: at the next commit of each lane. */
    readonly pause: (run: string) => Effect.Effect<void, Failed>
    /** Lets a paused run go on, and tries lanes with a fault again at once. */
    readonly resume: (run: string) => Effect.Effect<void, Failed>
    /** Ends a run for good. What was read stays. */
    readonly cancel: (run: string) => Effect.Effect<void, Failed>
    /** The numbers of which something could not be read. */
    readonly failures: (run: string) => Stream.Stream<FailureRow, Failed>
    /** The rows of the table `meetings`, by tenant and id. */
    readonly exportMeetings: (filter?: MeetingsTable.Filter) => Stream.Stream<MeetingsTable.Row, Failed>
  }
>()("@effect-feishu/backfill/Backfill") {}

const failuresOfPage = 1_000

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Tables.migrate
  const { now } = dialect.make(sql)
  const { begin, existing, isUnfinished, plan, setState } = yield* Plans.make

  /** Removes the answered requests of earlier attempts, which the cluster keeps, from lanes that read no other run. */
  const removeOldRequests = Effect.fnUntraced(function* (run: string) {
    const storage = yield* MessageStorage.MessageStorage
    const lanes = yield* sql<{
      lane: string
    }>`select lane from backfill_lanes l where run = ${run} and not exists (
      select 1 from backfill_lanes o join backfill_runs r on r.id = o.run
      where o.lane = l.lane and o.run <> ${run} and r.state = 'running' and o.finished < r.attempt)`
    const clear = Effect.fnUntraced(function* (lane: string) {
      const entityId = EntityId.make(lane)
      const shardId = yield* LaneEntity.getShardId(entityId)
      yield* storage.clearAddress(EntityAddress.make({ entityType: LaneEntity.type, entityId, shardId }))
    })
    yield* Effect.forEach(lanes, ({ lane }) => clear(lane), { concurrency: 16, discard: true })
  })

  /** Asks the unfinished lanes; only those whose owner has not been seen for so long, if that is given. */
  const ask = Effect.fnUntraced(function* (run: string, attempt: number, idleMillis?: number) {
    const clientOf = yield* LaneEntity.client
    const isIdle =
      idleMillis === undefined
        ? sql.literal("")
        : sql`and (o.seen_at is null or ${now} - o.seen_at > ${idleMillis})`
    const lanes = yield* sql<{ lane: string }>`select l.lane from backfill_lanes l
      left join backfill_owners o on o.lane = l.lane
      where l.run = ${run} and l.finished < ${attempt} ${isIdle} order by l.lane`
    yield* Effect.forEach(lanes, ({ lane }) => clientOf(lane).Read({ run, attempt }, { discard: true }), {
      concurrency: 16,
      discard: true,
    })
  })

  const run: Backfill["Service"]["run"] = Effect.fnUntraced(function* (run, options = {}) {
    const { lookMillis = 1_000, untilDone = false } = options
    if (yield* begin(run)) {
      yield* Effect.catchCause(removeOldRequests(run), (cause) =>
        Effect.logWarning("Requests of earlier attempts were not removed.", cause),
      )
    }
    let asked: number | undefined
    let looks = 0
    const look = Effect.gen(function* () {
      const { attempt, state } = yield* existing(run)
      looks++
      if (state === "running" && attempt !== asked) {
        yield* ask(run, attempt)
        asked = attempt
        looks = 0
      } else if (state === "running" && looks * lookMillis >= stalledMillis) {
        // A request may have been removed with the old ones of another run that began at the same time.
        yield* ask(run, attempt, stalledMillis)
        looks = 0
      }
      if (!untilDone) return undefined
      const isOver = state !== "running" || !(yield* isUnfinished(run, attempt))
      if (!isOver) return undefined
      // Somebody may have resumed it since.
      const status = yield* statusOf(run)
      return status.state === "running" ? undefined : status
    })
    for (;;) {
      const status = yield* look.pipe(
        // The database or the cluster may be away for a while.
        Effect.catchIf(
          (error) => error._tag !== "BackfillError",
          (error) =>
            Effect.as(Effect.logWarning(`Cannot look after the run now: ${error.message}`), undefined),
        ),
      )
      if (status !== undefined) return status
      yield* Effect.sleep(lookMillis)
    }
  })

  const statusOf = Effect.fnUntraced(function* (run: string): Effect.fn.Return<RunStatus, Failed> {
    const { attempt, plan, state } = yield* existing(run)
    const rows = yield* sql<LaneRow>`select l.*, ${now} - o.seen_at as idle, (
        select x.run from backfill_lanes x join backfill_runs r on r.id = x.run
        where x.run = o.run and x.lane = l.lane and r.state = 'running' and x.finished < r.attempt) as reads
      from backfill_lanes l left join backfill_owners o on o.lane = l.lane where l.run = ${run} order by l.lane`
    const failed = yield* sql<{ lane: string; failures: unknown }>`select lane, count(*) as failures
      from backfill_failures where run = ${run} group by lane`
    const failures = new Map(failed.map((row) => [row.lane, dialect.numberOf(row.failures)]))
    const lanes = rows.map((row) => laneStatus(row, run, attempt, failures.get(row.lane) ?? 0))
    const sum = (of: (lane: LaneStatus) => number) => lanes.reduce((total, lane) => total + of(lane), 0)
    const { end, overlapSeconds, start } = plan
    return {
      run,
      state: state === "running" && lanes.every(({ isDone }) => isDone) ? "done" : state,
      range: { start, end },
      series: overlapSeconds === undefined ? undefined : { overlapSeconds },
      attempt,
      units: sum(({ units }) => units),
      position: sum(({ position }) => position),
      numbers: sum(({ numbers }) => numbers),
      meetings: sum(({ meetings }) => meetings),
      failures: sum(({ failures }) => failures),
      unreachable: rows.reduce((total, row) => total + dialect.numberOf(row.unreachable), 0),
      emptyOld: rows.reduce((total, row) => total + dialect.numberOf(row.empty_old), 0),
      lanes,
    }
  })

  return Backfill.of({
    plan,
    run,
    status: Effect.fnUntraced(function* (run) {
      if (run !== undefined) return [yield* statusOf(run)]
      const runs = yield* sql<{ id: string }>`select id from backfill_runs order by created_at, id`
      return yield* Effect.forEach(runs, ({ id }) => statusOf(id))
    }),
    pause: (run) => setState(run, "paused"),
    cancel: (run) => setState(run, "cancelled"),
    resume: (run) => setState(run, "running"),
    failures: (run) =>
      Stream.unwrap(
        Effect.as(
          existing(run),
          Stream.paginate({ lane: "", meetingNo: "" }, (after) =>
            Effect.map(
              sql<FailureColumns>`select * from backfill_failures where run = ${run} and
                (lane > ${after.lane} or (lane = ${after.lane} and meeting_no > ${after.meetingNo}))
                order by lane, meeting_no limit ${failuresOfPage}`,
              (rows) => {
                const last = rows.at(-1)
                return [
                  rows.map(failureRow),
                  last === undefined
                    ? Option.none<{ lane: string; meetingNo: string }>()
                    : Option.some({ lane: last.lane, meetingNo: last.meeting_no }),
                ] as const
              },
            ),
          ),
        ),
      ),
    exportMeetings: (filter) => Stream.provideService(MeetingsTable.rows(filter), SqlClient.SqlClient, sql),
  })
})

interface LaneRow {
  readonly lane: string
  readonly numbers: unknown
  readonly units: unknown
  readonly position: unknown
  readonly meetings: unknown
  readonly unreachable: unknown
  readonly empty_old: unknown
  readonly fault: string | null
  readonly error: string | null
  readonly fault_at: unknown
  readonly retry_at: unknown
  readonly finished: unknown
  readonly reads: string | null
  readonly idle: unknown
}

const laneStatus = (row: LaneRow, run: string, attempt: number, failures: number): LaneStatus => {
  const isDone = dialect.numberOf(row.finished) >= attempt
  return {
    lane: Lane.fromId(row.lane),
    numbers: dialect.numberOf(row.numbers),
    units: dialect.numberOf(row.units),
    position: dialect.numberOf(row.position),
    meetings: dialect.numberOf(row.meetings),
    failures,
    isDone,
    fault:
      row.fault === null
        ? undefined
        : {
            message: row.fault,
            error: StoredError.decode(row.error, row.fault),
            at: dialect.numberOf(row.fault_at),
            retryAt: dialect.numberOf(row.retry_at),
          },
    idleMillis: row.idle === null ? undefined : dialect.numberOf(row.idle),
    waitsFor: isDone || row.reads === null || row.reads === run ? undefined : row.reads,
  }
}

interface FailureColumns {
  readonly lane: string
  readonly meeting_no: string
  readonly range_start: unknown
  readonly range_end: unknown
  readonly tag: string
  readonly message: string
  readonly log_id: string | null
  readonly error: string | null
  readonly failed_at: unknown
}

const failureRow = (row: FailureColumns): FailureRow => ({
  lane: Lane.fromId(row.lane),
  meetingNo: row.meeting_no,
  start: dialect.numberOf(row.range_start),
  end: dialect.numberOf(row.range_end),
  tag: row.tag,
  message: row.message,
  logId: row.log_id ?? undefined,
  error: StoredError.decode(row.error, row.message),
  failedAt: dialect.numberOf(row.failed_at),
})

/** The service in a database, whose tables it creates or brings up to date. */
export const layer: Layer.Layer<Backfill, Failed, SqlClient.SqlClient> = Layer.effect(Backfill, make)
