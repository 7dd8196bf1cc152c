/**
 * Runs: plans, starts, watches, pauses and exports them. A run is a name, a range of time, and meeting numbers by lane; a series is
 * a run whose rounds follow one another, each from the end of the last one, less an overlap, to now.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as EntityAddress from "effect/cluster/EntityAddress"
import * as EntityId from "effect/cluster/EntityId"
import * as MessageStorage from "effect/cluster/MessageStorage"
import type { Sharding } from "effect/cluster/Sharding"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as Stream from "effect/Stream"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import { MeetingNo } from "@effect-feishu/contract/MeetingNo"
import * as BackfillError from "./BackfillError.ts"
import * as dialect from "./internal/dialect.ts"
import * as Tables from "./internal/Schema.ts"
import * as Store from "./internal/Store.ts"
import * as Units from "./internal/Units.ts"
import * as Lane from "./Lane.ts"
import { LaneEntity } from "./LaneEntity.ts"
import * as MeetingsTable from "./MeetingsTable.ts"

/** What a run reads. */
export interface PlanOptions {
  /** The name of the run: letters, digits, `.`, `_` and `-`. */
  readonly run: string
  /** The numbers of each lane; one that is named twice is read once. */
  readonly lanes: Iterable<readonly [lane: Lane.Lane, meetingNos: Iterable<MeetingNo>]>
  /** Unix seconds, UTC. A series replaces the end by the time at which a round starts. */
  readonly range: { readonly start: number; readonly end: number }
  /** Makes the run a series: each round goes back so many seconds behind the end of the last one, for meetings that appear late. */
  readonly series?: { readonly overlapSeconds: number } | undefined
  /** 1 to 50; default 50. */
  readonly pageSize?: number | undefined
  /** Read the details of each meeting; default false. */
  readonly details?: boolean | undefined
  /** Read the participants with the details; default false. */
  readonly participants?: boolean | undefined
  /** Read where the recording of each meeting is; default false. */
  readonly recordings?: boolean | undefined
  /** Keep the passwords of meetings; default false. */
  readonly passwords?: boolean | undefined
}

/** A run that was planned. */
export interface Planned {
  readonly run: string
  readonly lanes: number
  readonly numbers: number
  /** Numbers × windows of at most 90 days: each costs at least one request. */
  readonly units: number
}

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
  readonly fault: { readonly message: string; readonly at: number; readonly retryAt: number } | undefined
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
  readonly message: string
  readonly logId: string | undefined
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

/** Numbers of one row of the table. */
const numbersOfRow = 1_000
/** Rows of one statement. */
const rowsOfStatement = 100

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* Tables.migrate
  const { now } = dialect.make(sql)

  const nowSeconds = Effect.map(sql<{ now: unknown }>`select ${now} as now`, ([row]) =>
    Math.floor(dialect.numberOf(row!.now) / 1_000),
  )
  const rowOf = (run: string) =>
    Effect.map(
      sql<{
        plan: string
        state: Store.State
        attempt: unknown
      }>`select plan, state, attempt from backfill_runs where id = ${run}`,
      ([row]) =>
        row && { plan: Store.planOf(row.plan), state: row.state, attempt: dialect.numberOf(row.attempt) },
    )
  const existing = (run: string) =>
    Effect.flatMap(rowOf(run), (row) =>
      row === undefined ? Effect.fail(BackfillError.make({ _tag: "NoSuchRun", run })) : Effect.succeed(row),
    )
  const unfinishedLanes = (run: string, attempt: number) =>
    Effect.map(
      sql<{
        lane: string
      }>`select lane from backfill_lanes where run = ${run} and finished < ${attempt} order by lane`,
      (rows) => rows.map(({ lane }) => lane),
    )

  const insertNumbers = Effect.fnUntraced(function* (
    run: string,
    lane: string,
    numbers: ReadonlyArray<string>,
  ) {
    const rows = Arr.chunksOf(numbers, numbersOfRow).map((part, index) => ({
      run,
      lane,
      first: index * numbersOfRow,
      numbers: part.join(" "),
    }))
    for (const part of Arr.chunksOf(rows, rowsOfStatement)) {
      yield* sql`insert into backfill_numbers ${sql.insert(part)}`
    }
  })
  const laneRow = (run: string, lane: string, segments: ReadonlyArray<Units.Segment>, end: number) => ({
    run,
    lane,
    segments: JSON.stringify(segments),
    units: Units.count(segments, end),
    numbers: segments.reduce((sum, { numbers }) => sum + numbers, 0),
  })
  const removeRun = Effect.fnUntraced(function* (run: string) {
    for (const table of ["backfill_numbers", "backfill_failures", "backfill_lanes"]) {
      yield* sql`delete from ${sql(table)} where run = ${run}`
    }
    yield* sql`delete from backfill_runs where id = ${run}`
  })
  const numbersOf = Effect.fnUntraced(function* (run: string) {
    const rows = yield* sql<{ lane: string; numbers: string }>`select lane, numbers from backfill_numbers
      where run = ${run} order by lane, first`
    const lanes = new Map<string, Array<string>>()
    for (const { lane, numbers } of rows) {
      const known = lanes.get(lane)
      if (known === undefined) lanes.set(lane, numbers.split(" "))
      else for (const number of numbers.split(" ")) known.push(number)
    }
    return lanes
  })

  /** Gives a series other numbers: those that were added are read from the start, and those that stay from where they are. */
  const changeNumbers = Effect.fnUntraced(function* (
    run: string,
    plan: Store.Plan,
    attempt: number,
    before: ReadonlyMap<string, ReadonlyArray<string>>,
    after: ReadonlyMap<string, ReadonlySet<string>>,
  ) {
    if ((yield* unfinishedLanes(run, attempt)).length > 0) {
      return yield* BackfillError.make({ _tag: "RoundNotFinished", run })
    }
    const next = attempt + 1
    yield* sql`update backfill_runs set attempt = ${next} where id = ${run}`
    yield* sql`update backfill_lanes set finished = ${next} where run = ${run}`
    for (const lane of new Set([...before.keys(), ...after.keys()])) {
      const wanted = after.get(lane) ?? new Set<string>()
      const old = before.get(lane) ?? []
      const kept = old.filter((number) => wanted.has(number))
      const keptSet = new Set(kept)
      const added = [...wanted].filter((number) => !keptSet.has(number))
      if (added.length === 0 && kept.length === old.length) continue
      for (const table of ["backfill_numbers", "backfill_lanes"]) {
        yield* sql`delete from ${sql(table)} where run = ${run} and lane = ${lane}`
      }
      if (wanted.size === 0) continue
      const segments = [
        { from: plan.end, numbers: kept.length },
        { from: plan.start, numbers: added.length },
      ].filter(({ numbers }) => numbers > 0)
      yield* insertNumbers(run, lane, [...kept, ...added])
      yield* sql`insert into backfill_lanes ${sql.insert(laneRow(run, lane, segments, plan.end))}`
    }
  })

  const plan = Effect.fnUntraced(function* (options: PlanOptions) {
    const { lanes, plan } = yield* checked(options)
    const { run } = options
    return yield* sql.withTransaction(
      Effect.gen(function* () {
        const known = yield* rowOf(run)
        if (known !== undefined && known.state !== "cancelled") {
          if (!isSamePlan(known.plan, plan)) return yield* BackfillError.make({ _tag: "RunExists", run })
          const before = yield* numbersOf(run)
          if (!isSameNumbers(before, lanes)) {
            if (known.plan.overlapSeconds === undefined) {
              return yield* BackfillError.make({ _tag: "RunExists", run })
            }
            yield* changeNumbers(run, known.plan, known.attempt, before, lanes)
          }
        } else {
          if (known !== undefined) yield* removeRun(run)
          yield* sql`insert into backfill_runs (id, plan, state, attempt, created_at)
            values (${run}, ${Store.encodePlan(plan)}, 'running', ${(known?.attempt ?? 0) + 1}, ${now})`
          const rows = []
          for (const [lane, numbers] of lanes) {
            yield* insertNumbers(run, lane, [...numbers])
            rows.push(laneRow(run, lane, [{ from: plan.start, numbers: numbers.size }], plan.end))
          }
          for (const part of Arr.chunksOf(rows, rowsOfStatement)) {
            yield* sql`insert into backfill_lanes ${sql.insert(part)}`
          }
        }
        const [total] = yield* sql<
          Record<keyof Totals, unknown>
        >`select count(*) as lanes, sum(numbers) as numbers,
          sum(units) as units from backfill_lanes where run = ${run}`
        return {
          run,
          lanes: dialect.numberOf(total!.lanes),
          numbers: dialect.numberOf(total!.numbers),
          units: dialect.numberOf(total!.units),
        }
      }),
    )
  })

  /** Begins the next round or attempt of a run that is done. Returns true if this call did. */
  const begin = (run: string) =>
    sql.withTransaction(
      Effect.gen(function* () {
        const { attempt, plan, state } = yield* existing(run)
        if (state !== "running") return false
        const { overlapSeconds } = plan
        const isUnfinished = (yield* unfinishedLanes(run, attempt)).length > 0
        const [begun] =
          yield* sql`select lane from backfill_lanes where run = ${run} and (position > 0 or finished > 0) limit 1`
        if (isUnfinished && (overlapSeconds === undefined || begun !== undefined)) return false
        if (overlapSeconds === undefined) {
          const [failed] = yield* sql`select lane from backfill_failures where run = ${run} limit 1`
          if (failed === undefined) return false
        }
        const rows = yield* sql`update backfill_runs set attempt = ${attempt + 1}
          where id = ${run} and attempt = ${attempt} returning id`
        if (rows.length === 0 || overlapSeconds === undefined) return rows.length > 0
        // Until now, and from the end of what was read.
        const end = yield* nowSeconds
        const from = begun === undefined ? plan.start : Math.max(plan.start, plan.end - overlapSeconds)
        const windows = Units.count([{ from, numbers: 1 }], end)
        yield* sql`update backfill_runs set plan = ${Store.encodePlan({ ...plan, end })} where id = ${run}`
        yield* sql`update backfill_lanes set segments = cast(${`[{"from":${from},"numbers":`} as text) || cast(numbers as text) || '}]',
          units = numbers * ${windows}, position = 0, cursor = null where run = ${run}`
        return true
      }),
    )

  /** Removes the answered requests of earlier attempts, which the cluster keeps, from lanes that read no other run. */
  const removeOldRequests = Effect.fnUntraced(function* (run: string) {
    const storage = yield* MessageStorage.MessageStorage
    const lanes = yield* sql<{
      lane: string
    }>`select lane from backfill_lanes l where run = ${run} and not exists (
      select 1 from backfill_lanes o join backfill_runs r on r.id = o.run
      where o.lane = l.lane and o.run <> ${run} and r.state = 'running' and o.finished < r.attempt)`
    for (const { lane } of lanes) {
      const entityId = EntityId.make(lane)
      const shardId = yield* LaneEntity.getShardId(entityId)
      yield* storage.clearAddress(EntityAddress.make({ entityType: LaneEntity.type, entityId, shardId }))
    }
  })

  const ask = Effect.fnUntraced(function* (run: string, attempt: number) {
    const clientOf = yield* LaneEntity.client
    const lanes = yield* unfinishedLanes(run, attempt)
    yield* Effect.forEach(lanes, (lane) => clientOf(lane).Read({ run, attempt }, { discard: true }), {
      concurrency: 16,
      discard: true,
    })
  })

  const run: Backfill["Service"]["run"] = Effect.fnUntraced(function* (run, options = {}) {
    const { lookMillis = 1_000, untilDone = false } = options
    if (yield* begin(run)) yield* Effect.orDie(removeOldRequests(run))
    let asked: number | undefined
    const look = Effect.gen(function* () {
      const { attempt, state } = yield* existing(run)
      if (state === "running" && attempt !== asked) {
        yield* ask(run, attempt)
        asked = attempt
      }
      if (!untilDone) return undefined
      const isOver = state !== "running" || (yield* unfinishedLanes(run, attempt)).length === 0
      return isOver ? yield* statusOf(run) : undefined
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
    const rows =
      yield* sql<LaneRow>`select l.*, o.run as reads, ${now} - o.seen_at as idle from backfill_lanes l
      left join backfill_owners o on o.lane = l.lane where l.run = ${run} order by l.lane`
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

  const setState = Effect.fnUntraced(function* (
    run: string,
    state: Store.State,
  ): Effect.fn.Return<void, Failed> {
    const known = yield* existing(run)
    if (known.state === "cancelled") {
      if (state === "cancelled") return
      return yield* BackfillError.make({ _tag: "RunCancelled", run })
    }
    // Requests of the attempt before may have been answered with "paused".
    const further = state === "running" ? 1 : 0
    yield* sql`update backfill_runs set state = ${state}, attempt = attempt + ${further}
      where id = ${run} and state <> 'cancelled'`
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
                order by lane, meeting_no limit ${numbersOfRow}`,
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

interface Totals {
  readonly lanes: number
  readonly numbers: number
  readonly units: number
}

interface LaneRow {
  readonly lane: string
  readonly numbers: unknown
  readonly units: unknown
  readonly position: unknown
  readonly meetings: unknown
  readonly unreachable: unknown
  readonly empty_old: unknown
  readonly fault: string | null
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
  failedAt: dialect.numberOf(row.failed_at),
})

const refuse = (field: string, problem: string, remedy: string) =>
  Effect.fail(BackfillError.make({ _tag: "InvalidPlan", field, problem, remedy }))

const isLane = Schema.is(Lane.Lane)
const isMeetingNo = Schema.is(MeetingNo)

/** Checks a plan. Nothing is stored before that. */
const checked = Effect.fnUntraced(function* (options: PlanOptions) {
  const { details = false, participants = false, passwords = false, range, recordings = false, run } = options
  const pageSize = options.pageSize ?? ListByNo.maxPageSize
  const overlapSeconds = options.series?.overlapSeconds
  if (!/^[\w.-]{1,100}$/.test(run)) {
    return yield* refuse(
      "run",
      "the name of a run has letters, digits, ., _ and -, and at most 100 of them",
      "Give another name.",
    )
  }
  const { start } = range
  const end = overlapSeconds === undefined ? range.end : Math.floor((yield* Clock.currentTimeMillis) / 1_000)
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start >= end) {
    return yield* refuse("range", "the range is empty", "Give a start before the end, in unix seconds.")
  }
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > ListByNo.maxPageSize) {
    return yield* refuse("pageSize", `${pageSize} is out of range`, `Give 1 to ${ListByNo.maxPageSize}.`)
  }
  if (overlapSeconds !== undefined && !(Number.isInteger(overlapSeconds) && overlapSeconds >= 0)) {
    return yield* refuse("series", "the overlap is no whole number of seconds", "Give 0 or more.")
  }
  const lanes = new Map<string, Set<string>>()
  for (const [lane, meetingNos] of options.lanes) {
    if (!isLane(lane)) {
      return yield* refuse(
        "lanes",
        "an app id or tenant key is empty, or has a blank or a slash",
        "Correct the table of numbers.",
      )
    }
    const id = Lane.id(lane)
    const numbers = lanes.get(id) ?? new Set()
    lanes.set(id, numbers)
    for (const meetingNo of meetingNos) {
      if (!isMeetingNo(meetingNo)) {
        return yield* refuse("lanes", "a meeting number is not nine digits", "Correct the table of numbers.")
      }
      numbers.add(meetingNo)
    }
    if (numbers.size === 0) lanes.delete(id)
  }
  if (lanes.size === 0) return yield* refuse("lanes", "there is no meeting number", "Give at least one.")
  const plan: Store.Plan = {
    start,
    end,
    overlapSeconds,
    pageSize,
    details: details || participants,
    participants,
    recordings,
    passwords,
  }
  return { lanes, plan }
})

/** True for plans that read the same. The end of a series moves. */
const isSamePlan = (known: Store.Plan, plan: Store.Plan): boolean =>
  Store.encodePlan({ ...known, ...(plan.overlapSeconds === undefined ? {} : { end: 0 }) }) ===
  Store.encodePlan({ ...plan, ...(plan.overlapSeconds === undefined ? {} : { end: 0 }) })

const isSameNumbers = (
  known: ReadonlyMap<string, ReadonlyArray<string>>,
  planned: ReadonlyMap<string, ReadonlySet<string>>,
): boolean =>
  known.size === planned.size &&
  [...planned].every(([lane, numbers]) => {
    const before = known.get(lane)
    return before?.length === numbers.size && before.every((number) => numbers.has(number))
  })

/** The service in a database, whose tables it creates or brings up to date. */
export const layer: Layer.Layer<Backfill, Failed, SqlClient.SqlClient> = Layer.effect(Backfill, make)
