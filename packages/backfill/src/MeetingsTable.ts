/**
 * The table `meetings`: the sink of a backfill unless an application brings its own. It is in the same database. A meeting is one
 * row, by tenant and id; ids are text, times of meetings unix seconds, times of reading unix milliseconds by the clock of the database.
 *
 * @example
 * ```ts
 * import { Effect, Stream } from "effect"
 * import { Backfill, MeetingsTable, SqliteClient } from "@effect-feishu/backfill"
 *
 * // The rows of a tenant in September 2026, UTC.
 * const rows = MeetingsTable.rows({
 *   tenant: "2ed263bf32cf1651",
 *   from: Date.UTC(2026, 8, 1) / 1_000,
 *   to: Date.UTC(2026, 9, 1) / 1_000,
 * })
 * const program = Effect.gen(function* () {
 *   console.log((yield* Stream.runCollect(rows)).length) // => 0
 * })
 * await Effect.runPromise(
 *   program.pipe(
 *     Effect.provide(Backfill.layer),
 *     Effect.provide(SqliteClient.layer({ filename: ":memory:" })),
 *   ),
 * )
 * ```
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import { type SqlError } from "effect/sql/SqlError"
import * as Stream from "effect/Stream"
import { BackfillSink, type ListedMeeting } from "./BackfillSink.ts"
import * as dialect from "./internal/dialect.ts"
import * as Lane from "./Lane.ts"

/** A row of the table. What was not read, or not given by Feishu, is null. */
export type Row = {
  /** The tenant key or, for an app that has only its own tenant, the app id. */
  readonly tenant: string
  readonly id: string
  /** The number under which the meeting was listed. */
  readonly meeting_no: string
  readonly topic: string | null
  readonly url: string | null
  /** Kept only when the plan says so. */
  readonly password: string | null
  readonly note_id: string | null
  readonly meeting_connect: number | null
  /**
   * When the meeting was, in unix seconds: its start by its details; without them the time in its id (inferred), or the start of the
   * window that listed it.
   */
  readonly held_at: number
  readonly start_time: number | null
  readonly end_time: number | null
  readonly host_id: string | null
  /** `ok`, `running`, `not found`, `no permission` or `refused`. */
  readonly details_status: string | null
  /** The details as JSON, with Feishu's own field names. */
  readonly details: string | null
  /** `ok`, `not recorded`, `running`, `not ready`, `not found`, `no permission` or `refused`. */
  readonly recording_status: string | null
  /** The recording as JSON, with Feishu's own field names. */
  readonly recording: string | null
  readonly first_seen: number
  readonly last_seen: number
  /** How many times the meeting was listed: more than once where ranges overlap. */
  readonly times_seen: number
}

const refusals = { NotFound: "not found", NoPermission: "no permission", Refused: "refused" } as const

const detailsStatus = ({ details }: ListedMeeting): string | null => {
  if (details === undefined) return null
  if (details._tag !== "Found") return refusals[details._tag]
  return details.meeting.isRunning ? "running" : "ok"
}

const recordingStatus = ({ recording }: ListedMeeting): string | null => {
  if (recording === undefined) return null
  switch (recording._tag) {
    case "Recorded":
      return "ok"
    case "NotRecorded":
      return "not recorded"
    case "NotReady":
      return recording.because === "running" ? "running" : "not ready"
    default:
      return refusals[recording._tag]
  }
}

// Feishu began in 2016; a time far in the future is not one.
const [earliest, latest] = [1_451_606_400n, 4_102_444_800n]

/** Returns the unix seconds in the upper half of an id (inferred); `undefined` if there is no plausible time. */
const timeOfId = (id: string): number | undefined => {
  if (!/^\d{1,20}$/.test(id)) return undefined
  const seconds = BigInt(id) >> 32n
  return seconds >= earliest && seconds < latest ? Number(seconds) : undefined
}

const rowOf = (meeting: ListedMeeting, tenant: string, seenAt: number, keepPasswords: boolean): Row => {
  const { brief, details, meetingNo, recording, windowStart } = meeting
  const found = details?._tag === "Found" ? details.meeting : undefined
  const password = keepPasswords ? brief.password : undefined
  return {
    tenant,
    id: brief.id,
    meeting_no: meetingNo,
    topic: brief.topic ?? found?.topic ?? null,
    url: brief.url ?? found?.url ?? null,
    password: password === undefined ? null : Redacted.value(password),
    note_id: brief.note_id ?? null,
    meeting_connect: brief.meeting_connect === undefined ? null : Number(brief.meeting_connect),
    held_at: found?.start_time ?? timeOfId(brief.id) ?? windowStart,
    start_time: found?.start_time ?? null,
    end_time: found?.end_time ?? null,
    host_id: found?.host_user?.id ?? null,
    details_status: detailsStatus(meeting),
    details: found === undefined ? null : JSON.stringify(found),
    recording_status: recordingStatus(meeting),
    recording: recording?._tag === "Recorded" ? JSON.stringify(recording.recording) : null,
    first_seen: seenAt,
    last_seen: seenAt,
    times_seen: 1,
  }
}

/** Rows of one statement: 19 parameters each, and SQLite takes 32,766. */
const rowsOfStatement = 1_000

/** Writes into the table. What is read later replaces what was read before; what is not read again stays. */
export const layer: Layer.Layer<BackfillSink, never, SqlClient.SqlClient> = Layer.effect(
  BackfillSink,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const replaced = sql.literal(
      [
        "topic",
        "url",
        "password",
        "note_id",
        "meeting_connect",
        "start_time",
        "end_time",
        "host_id",
        "details_status",
        "details",
        "recording_status",
        "recording",
      ]
        .map((column) => `${column} = coalesce(excluded.${column}, meetings.${column})`)
        .join(", "),
    )
    return BackfillSink.of({
      write: Effect.fnUntraced(function* ({ keepPasswords, lane, meetings, seenAt }) {
        const tenant = Lane.tenantOf(lane)
        // A statement may name a row only once.
        const rows = [
          ...new Map(
            meetings.map((meeting) => [meeting.brief.id, rowOf(meeting, tenant, seenAt, keepPasswords)]),
          ).values(),
        ]
        let fresh = 0
        for (let from = 0; from < rows.length; from += rowsOfStatement) {
          const [one, ...more] = rows.slice(from, from + rowsOfStatement)
          const written = yield* sql<{
            times_seen: unknown
          }>`insert into meetings ${sql.insert([one!, ...more])}
            on conflict (tenant, id) do update set ${replaced}, last_seen = excluded.last_seen,
            held_at = case when excluded.start_time is null then meetings.held_at else excluded.held_at end,
            times_seen = meetings.times_seen + 1 returning times_seen`
          fresh += written.filter(({ times_seen }) => dialect.numberOf(times_seen) === 1).length
        }
        return fresh
      }),
    })
  }),
)

/** Which rows of the table to give. */
export interface Filter {
  readonly tenant?: string | undefined
  /** Meetings held at or after this time, in unix seconds. */
  readonly from?: number | undefined
  /** Meetings held before this time, in unix seconds. */
  readonly to?: number | undefined
}

const pageOfRows = 1_000

/** The rows of the table, by tenant and id, a thousand at a time. */
export const rows = (filter: Filter = {}): Stream.Stream<Row, SqlError, SqlClient.SqlClient> =>
  Stream.unwrap(
    Effect.map(Effect.service(SqlClient.SqlClient), (sql) =>
      Stream.paginate({ tenant: "", id: "" }, (after) =>
        Effect.map(
          sql<Row>`select * from meetings where (tenant > ${after.tenant} or (tenant = ${after.tenant} and id > ${after.id}))
            and ${sql.and([
              sql`held_at >= ${filter.from ?? 0}`,
              ...(filter.to === undefined ? [] : [sql`held_at < ${filter.to}`]),
              ...(filter.tenant === undefined ? [] : [sql`tenant = ${filter.tenant}`]),
            ])} order by tenant, id limit ${pageOfRows}`,
          (found) => {
            const last = found.at(-1)
            return [
              found.map(plain),
              last === undefined || found.length < pageOfRows
                ? Option.none()
                : Option.some({ tenant: last.tenant, id: last.id }),
            ] as const
          },
        ),
      ),
    ),
  )

const integers = [
  "held_at",
  "start_time",
  "end_time",
  "first_seen",
  "last_seen",
  "times_seen",
  "meeting_connect",
] as const

const plain = (row: Row): Row => ({
  ...row,
  ...Object.fromEntries(
    integers.map((column) => [column, row[column] === null ? null : dialect.numberOf(row[column])]),
  ),
})
