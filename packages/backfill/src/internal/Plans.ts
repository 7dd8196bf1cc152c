/** Plans: checked, stored, changed, and begun. */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import { MeetingNo } from "@effect-feishu/contract/MeetingNo"
import * as BackfillError from "../BackfillError.ts"
import * as Lane from "../Lane.ts"
import * as dialect from "./dialect.ts"
import * as Store from "./Store.ts"
import * as Transaction from "./Transaction.ts"
import * as Units from "./Units.ts"

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

/** Numbers of one row of the table. */
const numbersOfRow = 1_000
/** Rows of one statement. */
const rowsOfStatement = 100

/** A run as its row says it. */
export interface Run extends Store.Standing {
  readonly plan: Store.Plan
}

/** What is done with plans. */
export const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const { forUpdate, now } = dialect.make(sql)
  const transaction = Transaction.make(sql)

  const nowSeconds = Effect.map(sql<{ now: unknown }>`select ${now} as now`, ([row]) =>
    Math.floor(dialect.numberOf(row!.now) / 1_000),
  )
  const existing = Effect.fnUntraced(function* (run: string, lock = sql.literal("")) {
    const [row] = yield* sql<{ plan: string; state: Store.State; attempt: unknown }>`
      select plan, state, attempt from backfill_runs where id = ${run} ${lock}`
    if (row === undefined) return yield* BackfillError.make({ _tag: "NoSuchRun", run })
    const { attempt, plan, state } = row
    return { plan: Store.planOf(plan), state, attempt: dialect.numberOf(attempt) } satisfies Run
  })
  const isUnfinished = (run: string, attempt: number) =>
    Effect.map(
      sql`select lane from backfill_lanes where run = ${run} and finished < ${attempt} limit 1`,
      (rows) => rows.length > 0,
    )

  const insertNumbers = Effect.fnUntraced(function* (
    run: string,
    lanes: Iterable<readonly [lane: string, numbers: ReadonlyArray<string>]>,
  ) {
    const rows = Array.from(lanes, ([lane, numbers]) =>
      // `chunksOf` copies the rest for each part, which takes seconds for a million.
      Array.from({ length: Math.ceil(numbers.length / numbersOfRow) }, (_, index) => {
        const first = index * numbersOfRow
        return { run, lane, first, numbers: numbers.slice(first, first + numbersOfRow).join(" ") }
      }),
    ).flat()
    for (const part of Arr.chunksOf(rows, rowsOfStatement)) {
      yield* sql`insert into backfill_numbers ${sql.insert(part)}`
    }
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
  const insertLanes = Effect.fnUntraced(function* (
    run: string,
    generation: number,
    end: number,
    lanes: Iterable<readonly [lane: string, segments: ReadonlyArray<Units.Segment>]>,
  ) {
    const rows = Array.from(lanes, ([lane, segments]) => ({
      run,
      lane,
      generation,
      segments: JSON.stringify(segments),
      numbers: segments.reduce((sum, { numbers }) => sum + numbers, 0),
      units: Units.count(segments, end),
    }))
    for (const part of Arr.chunksOf(rows, rowsOfStatement)) {
      yield* sql`insert into backfill_lanes ${sql.insert(part)}`
    }
  })

  const storeRun = Effect.fnUntraced(function* (
    run: string,
    plan: Store.Plan,
    attempt: number,
    lanes: Lanes,
  ) {
    for (const table of ["backfill_numbers", "backfill_failures", "backfill_lanes"]) {
      yield* sql`delete from ${sql(table)} where run = ${run}`
    }
    yield* sql`update backfill_runs set plan = ${Store.encodePlan(plan)}, state = 'running', attempt = ${attempt}, created_at = ${now}
      where id = ${run}`
    yield* insertNumbers(
      run,
      Array.from(lanes, ([lane, numbers]) => [lane, [...numbers]] as const),
    )
    const from = plan.start
    yield* insertLanes(
      run,
      attempt,
      plan.end,
      Array.from(lanes, ([lane, { size }]) => [lane, [{ from, numbers: size }]] as const),
    )
  })

  /** Gives a series other numbers: those that were added are read from the start, and those that stay from where they are. */
  const changeNumbers = Effect.fnUntraced(function* (
    run: string,
    { attempt, plan: { end } }: Run,
    before: ReadonlyMap<string, ReadonlyArray<string>>,
    after: Lanes,
    start: number,
  ) {
    if (yield* isUnfinished(run, attempt)) {
      return yield* BackfillError.make({ _tag: "RoundNotFinished", run })
    }
    const next = attempt + 1
    yield* sql`update backfill_runs set attempt = ${next} where id = ${run}`
    yield* sql`update backfill_lanes set finished = ${next} where run = ${run}`
    for (const lane of new Set([...before.keys(), ...after.keys()])) {
      const wanted = after.get(lane) ?? new Set<string>()
      const old = before.get(lane) ?? []
      const kept = old.filter((number) => wanted.has(number))
      const known = new Set(old)
      const added = [...wanted].filter((number) => !known.has(number))
      if (added.length === 0 && kept.length === old.length) continue
      for (const table of ["backfill_numbers", "backfill_lanes"]) {
        yield* sql`delete from ${sql(table)} where run = ${run} and lane = ${lane}`
      }
      if (wanted.size === 0) continue
      yield* insertNumbers(run, [[lane, [...kept, ...added]]])
      const segments = [
        { from: end, numbers: kept.length },
        { from: Math.min(start, end), numbers: added.length },
      ]
      yield* insertLanes(run, next, end, [[lane, segments.filter(({ numbers }) => numbers > 0)]])
    }
  })

  return {
    existing,
    isUnfinished,

    /** Stores a plan, or changes the numbers of a series. */
    plan: Effect.fnUntraced(function* (options: PlanOptions) {
      const { lanes, plan } = yield* checked(options)
      const { run } = options
      return yield* transaction(
        Effect.gen(function* () {
          // A new run is one that was cancelled before its first attempt. Of programs that plan it at once, one inserts it, and the others wait here.
          yield* sql`insert into backfill_runs (id, plan, state, attempt, created_at)
            values (${run}, ${Store.encodePlan(plan)}, 'cancelled', 0, ${now}) on conflict (id) do nothing`
          const known = yield* existing(run, forUpdate)
          if (known.state === "cancelled") {
            yield* storeRun(run, plan, known.attempt + 1, lanes)
          } else {
            if (!isSamePlan(known.plan, plan)) return yield* BackfillError.make({ _tag: "RunExists", run })
            const before = yield* numbersOf(run)
            if (!isSameNumbers(before, lanes)) {
              if (plan.overlapSeconds === undefined) {
                return yield* BackfillError.make({ _tag: "RunExists", run })
              }
              if (known.plan.isBegun) yield* changeNumbers(run, known, before, lanes, plan.start)
              else yield* storeRun(run, plan, known.attempt + 1, lanes)
            }
          }
          const [total] = yield* sql<
            Record<"lanes" | "numbers" | "units", unknown>
          >`select count(*) as lanes, sum(numbers) as numbers, sum(units) as units from backfill_lanes where run = ${run}`
          const planned: Planned = {
            run,
            lanes: dialect.numberOf(total!.lanes),
            numbers: dialect.numberOf(total!.numbers),
            units: dialect.numberOf(total!.units),
          }
          return planned
        }),
      )
    }),

    /** Begins the next round of a series that is done, or repeats the failures of another run. Returns true if this call did. */
    begin: (run: string) =>
      transaction(
        Effect.gen(function* () {
          const { attempt, plan, state } = yield* existing(run, forUpdate)
          if (state !== "running") return false
          const { overlapSeconds } = plan
          if (overlapSeconds === undefined || plan.isBegun) {
            if (yield* isUnfinished(run, attempt)) return false
          }
          const next = attempt + 1
          if (overlapSeconds === undefined) {
            const [failed] = yield* sql`select lane from backfill_failures where run = ${run} limit 1`
            if (failed === undefined) return false
            yield* sql`update backfill_runs set attempt = ${next} where id = ${run}`
            return true
          }
          // Until now, from the end of what was read.
          const end = yield* nowSeconds
          const from = plan.isBegun ? plan.end - overlapSeconds : plan.start
          const units = Units.count([{ from, numbers: 1 }], end)
          const text = Store.encodePlan({ ...plan, end, isBegun: true })
          yield* sql`update backfill_runs set attempt = ${next}, plan = ${text} where id = ${run}`
          yield* sql`update backfill_lanes set generation = ${next}, position = 0, cursor = null, units = numbers * ${units},
            segments = cast(${`[{"from":${from},"numbers":`} as text) || cast(numbers as text) || '}]',
            unreachable = 0, empty_old = 0 where run = ${run}`
          return true
        }),
      ),

    /** Changes whether a run is to be read. */
    setState: (run: string, state: Store.State) =>
      transaction(
        Effect.gen(function* () {
          const known = yield* existing(run, forUpdate)
          if (known.state === "cancelled") {
            if (state === "cancelled") return
            return yield* BackfillError.make({ _tag: "RunCancelled", run })
          }
          // Requests of the attempt before may have been answered with "paused".
          const attempt = known.attempt + (state === "running" ? 1 : 0)
          yield* sql`update backfill_runs set state = ${state}, attempt = ${attempt} where id = ${run}`
        }),
      ),
  }
})

/** The numbers of each lane, by its id. */
type Lanes = ReadonlyMap<string, ReadonlySet<string>>

const refuse = (fault: BackfillError.PlanFault) =>
  Effect.fail(BackfillError.make({ _tag: "InvalidPlan", fault }))

const isLane = Schema.is(Lane.Lane)
const isMeetingNo = Schema.is(MeetingNo)

/** Checks a plan. Nothing is stored before that. */
const checked = Effect.fnUntraced(function* (options: PlanOptions) {
  const { details = false, participants = false, passwords = false, range, recordings = false, run } = options
  const pageSize = options.pageSize ?? ListByNo.maxPageSize
  const overlapSeconds = options.series?.overlapSeconds
  if (!/^[\w.-]{1,100}$/.test(run)) {
    return yield* refuse("runName")
  }
  if (overlapSeconds !== undefined && !(Number.isInteger(overlapSeconds) && overlapSeconds >= 0)) {
    return yield* refuse("overlap")
  }
  const { start } = range
  const end = overlapSeconds === undefined ? range.end : Math.floor((yield* Clock.currentTimeMillis) / 1_000)
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || start >= end) {
    return yield* refuse("range")
  }
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > ListByNo.maxPageSize) {
    return yield* refuse("pageSize")
  }
  const lanes = new Map<string, Set<string>>()
  for (const [lane, meetingNos] of options.lanes) {
    if (!isLane(lane)) {
      return yield* refuse("lane")
    }
    const id = Lane.id(lane)
    const numbers = lanes.get(id) ?? new Set()
    lanes.set(id, numbers)
    for (const meetingNo of meetingNos) {
      if (!isMeetingNo(meetingNo)) {
        return yield* refuse("meetingNo")
      }
      numbers.add(meetingNo)
    }
    if (numbers.size === 0) lanes.delete(id)
  }
  if (lanes.size === 0) return yield* refuse("noNumber")
  const plan: Store.Plan = {
    start,
    isBegun: false,
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

/** True for plans that read the same. Of a series, the range moves. */
const isSamePlan = (known: Store.Plan, plan: Store.Plan): boolean => {
  const fixed = (of: Store.Plan) =>
    Store.encodePlan(of.overlapSeconds === undefined ? of : { ...of, start: 0, end: 0, isBegun: false })
  return fixed(known) === fixed(plan)
}

const isSameNumbers = (
  known: ReadonlyMap<string, ReadonlyArray<string>>,
  planned: ReadonlyMap<string, ReadonlySet<string>>,
): boolean =>
  known.size === planned.size &&
  [...planned].every(([lane, numbers]) => {
    const before = known.get(lane)
    return before?.length === numbers.size && before.every((number) => numbers.has(number))
  })
