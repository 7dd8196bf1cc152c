/**
 * What is durable: runs, lanes with a cursor, numbers by the thousand, owners with an epoch, and failures. All that an owner writes
 * is in a transaction that only the newest owner of the lane can commit.
 */
import * as Array from "effect/Array"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import type * as Statement from "effect/sql/Statement"
import type { FeishuError, MeetingNo } from "@effect-feishu/core"
import { BackfillSink, type ListedMeeting, SinkFailed } from "../BackfillSink.ts"
import * as Lane from "../Lane.ts"
import * as dialect from "./dialect.ts"
import * as StoredError from "./StoredError.ts"
import * as Transaction from "./Transaction.ts"
import type { Segment } from "./Units.ts"

/** Another process owns the lane now: this one writes and sends nothing any more. */
export class Fenced extends Schema.TaggedError<Fenced>()("Fenced", {
  lane: Schema.String,
  epoch: Schema.Number,
}) {}

/** The units of the lane were laid out again: this reading of them is over. */
export class Replaced extends Schema.TaggedError<Replaced>()("Replaced", { run: Schema.String }) {}

/** What a run reads. Times are unix seconds. */
export const Plan = Schema.Struct({
  start: Schema.Int,
  /** The end of the range; of a series, that of its current round. */
  end: Schema.Int,
  /** Set for a series: how far each round goes back behind the end of the last one. */
  overlapSeconds: Schema.optional(Schema.Int),
  /** True when the first round of a series has begun, so that its end is known. */
  isBegun: Schema.Boolean,
  pageSize: Schema.Int,
  details: Schema.Boolean,
  participants: Schema.Boolean,
  recordings: Schema.Boolean,
  passwords: Schema.Boolean,
})
/** What a run reads. Times are unix seconds. */
export type Plan = typeof Plan.Type

/** Whether a run is to be read. That it is done follows from its lanes. */
export type State = "running" | "paused" | "cancelled"

/** Whether a run is to be read, and in which attempt: resuming it begins another one. */
export interface Standing {
  readonly state: State
  readonly attempt: number
}

/** A lane of a run, as its owner finds it. */
interface Opened {
  readonly plan: Plan
  readonly standing: Standing
  readonly segments: ReadonlyArray<Segment>
  readonly generation: number
  readonly position: number
  /** The place within the unit at `position`, where its first pages were written. */
  readonly cursor: string | undefined
  /** The attempt that was read to its end. */
  readonly finished: number
}

/** A range of a number that could not be read. */
export interface Failure {
  readonly meetingNo: MeetingNo
  readonly start: number
  readonly end: number
  readonly tag: string
  readonly message: string
  readonly logId: string | undefined
  readonly error: FeishuError.FeishuError
}

/** What was read and is to be written in one transaction. */
interface Part {
  readonly run: string
  readonly attempt: number
  readonly generation: number
  readonly meetings: ReadonlyArray<ListedMeeting>
  readonly keepPasswords: boolean
  /** The place after it, unless only failures were repeated. */
  readonly position?: number | undefined
  readonly failures?: ReadonlyArray<Failure> | undefined
  /** Numbers whose earlier failure is over. */
  readonly repeated?: ReadonlyArray<string> | undefined
  /** Units that Feishu no longer shows, and those that are old and were empty. */
  readonly unreachable?: number | undefined
  readonly emptyOld?: number | undefined
}

/** The first pages of a unit that has more. */
interface FirstPages {
  readonly run: string
  readonly generation: number
  readonly meetings: ReadonlyArray<ListedMeeting>
  readonly keepPasswords: boolean
  /** The place of the unit, unless it is a failure that is repeated; and the place after these pages within it. */
  readonly position: number | undefined
  readonly cursor: string
}

/** The units of a lane, as they were laid out. */
type Laid = Pick<Part, "run" | "generation">

type Failed = Fenced | Replaced | SqlError

/** The owner of a lane since it claimed it. */
interface Owner {
  readonly lane: Lane.Lane
  readonly epoch: number
}

const PlanText = Schema.fromJsonString(Plan)
const decodePlan = Schema.decodeSync(PlanText)

/** Returns a plan as the text of its column. */
export const encodePlan = Schema.encodeSync(PlanText)

/** Returns the plan in its column. */
export const planOf = (text: string): Plan => decodePlan(text)

const segmentsOf = (text: string): ReadonlyArray<Segment> => JSON.parse(text) as ReadonlyArray<Segment>

/** A message of a failure is shown to people; a thousand characters are enough. */
const mostOfMessage = 1_000

const make = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const sink = yield* BackfillSink
  const { now } = dialect.make(sql)
  const transaction = Transaction.make(sql)

  /** Keeps the row of the owner locked until the transaction ends: a successor's claim waits for it, and then finds what was written. */
  const hold = ({ epoch, lane }: Owner): Effect.Effect<number, Fenced | SqlError> =>
    Effect.flatMap(
      sql<{ seen_at: unknown }>`update backfill_owners set seen_at = ${now}
        where lane = ${Lane.id(lane)} and epoch = ${epoch} returning seen_at`,
      ([row]) =>
        row === undefined
          ? Effect.fail(new Fenced({ lane: Lane.id(lane), epoch }))
          : Effect.succeed(dialect.numberOf(row.seen_at)),
    )
  const asOwner = <A, E>(owner: Owner, write: (seenAt: number) => Effect.Effect<A, E>) =>
    transaction(Effect.flatMap(hold(owner), write))

  /** Gives meetings to the sink. A mistake in a sink must not end the process, which reads other lanes, too. */
  const write = (
    { lane }: Owner,
    seenAt: number,
    { keepPasswords, meetings, run }: Pick<Part, "run" | "meetings" | "keepPasswords">,
  ): Effect.Effect<number, SqlError | SinkFailed> =>
    meetings.length === 0
      ? Effect.succeed(0)
      : sink
          .write({ run, lane, seenAt, meetings, keepPasswords })
          .pipe(Effect.catchDefect((defect) => Effect.fail(new SinkFailed({ message: String(defect) }))))

  const updateLane = (
    { lane }: Owner,
    { generation, run }: Laid,
    change: Statement.Fragment,
  ): Effect.Effect<void, Replaced | SqlError> =>
    Effect.flatMap(
      sql`update backfill_lanes set ${change} where run = ${run} and lane = ${Lane.id(lane)}
        and generation = ${generation} returning lane`,
      (rows) => (rows.length === 1 ? Effect.void : Effect.fail(new Replaced({ run }))),
    )

  return {
    /** How many lanes this process reads now. */
    lanes: { read: 0 },

    /**
     * Makes the caller the only owner of a lane. `idleMillis` is the time since the owners before proved last that they were, which
     * is when the last request may have been sent; `undefined` if there was none.
     */
    claim: (lane: Lane.Lane) =>
      Effect.map(
        // One statement: a transaction that looks first finds nothing to lock before the first owner has committed its row.
        sql<{ epoch: unknown; idle: unknown }>`insert into backfill_owners (lane, epoch, seen_at)
          values (${Lane.id(lane)}, 1, ${now}) on conflict (lane) do update set
          epoch = backfill_owners.epoch + 1, seen_at = ${now}, run = null returning epoch, ${now} - proved_at as idle`,
        ([row]) => {
          const idle = row!.idle ?? undefined
          return {
            owner: { lane, epoch: dialect.numberOf(row!.epoch) } satisfies Owner,
            idleMillis: idle === undefined ? undefined : dialect.numberOf(idle),
          }
        },
      ),

    /** Proves that this is still the owner, which may send requests for a while. */
    prove: ({ epoch, lane }: Owner): Effect.Effect<void, Fenced | SqlError> =>
      Effect.flatMap(
        sql`update backfill_owners set proved_at = ${now}, seen_at = ${now}
          where lane = ${Lane.id(lane)} and epoch = ${epoch} returning epoch`,
        (rows) => (rows.length === 1 ? Effect.void : Effect.fail(new Fenced({ lane: Lane.id(lane), epoch }))),
      ),

    /**
     * Says which run the owner reads, and returns its lane; `undefined` if there is no such run or lane. A fault of before is over: it
     * is tried again, perhaps with another secret.
     */
    open: (owner: Owner, run: string): Effect.Effect<Opened | undefined, Fenced | SqlError> =>
      asOwner(owner, () =>
        Effect.gen(function* () {
          const id = Lane.id(owner.lane)
          yield* sql`update backfill_owners set run = ${run} where lane = ${id}`
          yield* sql`update backfill_lanes set fault = null, error = null, fault_at = null, retry_at = null
            where run = ${run} and lane = ${id} and fault is not null`
          const [row] =
            yield* sql<OpenedRow>`select r.plan, r.state, r.attempt, l.generation, l.segments, l.position, l.cursor, l.finished
            from backfill_lanes l join backfill_runs r on r.id = l.run where l.run = ${run} and l.lane = ${id}`
          if (row === undefined) return undefined
          return {
            plan: planOf(row.plan),
            standing: { state: row.state, attempt: dialect.numberOf(row.attempt) },
            segments: segmentsOf(row.segments),
            generation: dialect.numberOf(row.generation),
            position: dialect.numberOf(row.position),
            cursor: row.cursor ?? undefined,
            finished: dialect.numberOf(row.finished),
          }
        }),
      ),

    /** The numbers from an index on, as many as lie in one row. */
    numbers: (
      lane: Lane.Lane,
      run: string,
      index: number,
    ): Effect.Effect<ReadonlyArray<MeetingNo>, SqlError> =>
      Effect.map(
        sql<{ first: unknown; numbers: string }>`select first, numbers from backfill_numbers
          where run = ${run} and lane = ${Lane.id(lane)} and first <= ${index} order by first desc limit 1`,
        ([row]) =>
          row === undefined
            ? []
            : (row.numbers.split(" ").slice(index - dialect.numberOf(row.first)) as Array<MeetingNo>),
      ),

    /** Writes the first pages of a unit; its cursor is kept only if no unit before it is unfinished. */
    writeFirstPages: (
      owner: Owner,
      { cursor, position, ...pages }: FirstPages,
    ): Effect.Effect<Standing | undefined, Failed | SinkFailed> =>
      asOwner(owner, (seenAt) =>
        Effect.gen(function* () {
          const fresh = yield* write(owner, seenAt, pages)
          const place = position ?? -1
          yield* updateLane(
            owner,
            pages,
            sql`meetings = meetings + ${fresh}, cursor = case when position = ${place} then ${cursor} else cursor end`,
          )
          return yield* standingOf(pages.run)
        }),
      ),

    /** Writes meetings and failures, and then the place after them. Returns how the run stands. */
    commit: (owner: Owner, part: Part): Effect.Effect<Standing | undefined, Failed | SinkFailed> =>
      asOwner(owner, (seenAt) =>
        Effect.gen(function* () {
          const { attempt, emptyOld = 0, failures = [], position, repeated = [], run, unreachable = 0 } = part
          const id = Lane.id(owner.lane)
          const fresh = yield* write(owner, seenAt, part)
          if (Array.isReadonlyArrayNonEmpty(repeated)) {
            yield* sql`delete from backfill_failures where run = ${run} and lane = ${id} and ${sql.in("meeting_no", repeated)}`
          }
          for (const { end, error, logId, meetingNo, message, start, tag } of failures) {
            yield* sql`insert into backfill_failures ${sql.insert({
              run,
              lane: id,
              meeting_no: meetingNo,
              range_start: start,
              range_end: end,
              tag,
              message: message.slice(0, mostOfMessage),
              log_id: logId ?? null,
              error: StoredError.encode(error),
              attempt,
              failed_at: seenAt,
            })} on conflict (run, lane, meeting_no) do update set
              range_start = case when excluded.range_start < backfill_failures.range_start then excluded.range_start else backfill_failures.range_start end,
              range_end = case when excluded.range_end > backfill_failures.range_end then excluded.range_end else backfill_failures.range_end end,
              tag = excluded.tag, message = excluded.message, log_id = excluded.log_id, error = excluded.error, attempt = excluded.attempt, failed_at = excluded.failed_at`
          }
          const place = position ?? -1
          const moved = position === undefined ? sql.literal("") : sql`position = ${position}, cursor = null,`
          yield* updateLane(
            owner,
            part,
            // Counted once, also when the answer to a commit is lost and it is repeated.
            sql`unreachable = unreachable + case when position < ${place} then ${unreachable} else 0 end,
              empty_old = empty_old + case when position < ${place} then ${emptyOld} else 0 end,
              ${moved} meetings = meetings + ${fresh}, fault = null, error = null, fault_at = null, retry_at = null`,
          )
          return yield* standingOf(run)
        }),
      ),

    /** Failures of earlier attempts, to be repeated. */
    failuresBefore: (lane: Lane.Lane, run: string, attempt: number, limit: number) =>
      Effect.map(
        sql<{
          meeting_no: MeetingNo
          range_start: unknown
          range_end: unknown
        }>`select meeting_no, range_start, range_end
          from backfill_failures where run = ${run} and lane = ${Lane.id(lane)} and attempt < ${attempt} order by meeting_no limit ${limit}`,
        (rows) =>
          rows.map((row) => ({
            meetingNo: row.meeting_no,
            start: dialect.numberOf(row.range_start),
            end: dialect.numberOf(row.range_end),
          })),
      ),

    /** Says that an attempt was read to its end. */
    finish: (owner: Owner, of: Laid, attempt: number): Effect.Effect<void, Failed> =>
      asOwner(owner, () =>
        updateLane(
          owner,
          of,
          sql`finished = ${attempt}, fault = null, error = null, fault_at = null, retry_at = null`,
        ),
      ),

    /** Writes what keeps the lane from being read, and in how many milliseconds it is tried again. */
    fault: (
      owner: Owner,
      run: string,
      failure: { readonly message: string; readonly error?: FeishuError.FeishuError | undefined },
      retryInMillis: number,
    ): Effect.Effect<Standing | undefined, Fenced | SqlError> =>
      asOwner(owner, (seenAt) =>
        Effect.andThen(
          sql`update backfill_lanes set fault = ${failure.message.slice(0, mostOfMessage)},
            error = ${failure.error === undefined ? null : StoredError.encode(failure.error)}, fault_at = ${seenAt}, retry_at = ${seenAt + retryInMillis}
            where run = ${run} and lane = ${Lane.id(owner.lane)}`,
          standingOf(run),
        ),
      ),

    /** Says that the owner is alive although it sends nothing, and returns how the run stands. */
    alive: (owner: Owner, run: string): Effect.Effect<Standing | undefined, Fenced | SqlError> =>
      asOwner(owner, () => standingOf(run)),
  }

  function standingOf(run: string): Effect.Effect<Standing | undefined, SqlError> {
    return Effect.map(
      sql<{ state: State; attempt: unknown }>`select state, attempt from backfill_runs where id = ${run}`,
      ([row]) => row && { state: row.state, attempt: dialect.numberOf(row.attempt) },
    )
  }
})

interface OpenedRow {
  readonly plan: string
  readonly state: State
  readonly attempt: unknown
  readonly segments: string
  readonly generation: unknown
  readonly position: unknown
  readonly cursor: string | null
  readonly finished: unknown
}

/** What owners of lanes read and write. */
export class Store extends Context.Service<Store, Effect.Success<typeof make>>()(
  "@effect-feishu/backfill/internal/Store",
) {}

/** The store in a database. */
export const layer: Layer.Layer<Store, never, SqlClient.SqlClient | BackfillSink> = Layer.effect(Store, make)
