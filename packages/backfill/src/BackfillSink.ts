/**
 * Where the meetings of a backfill go. The sink writes in the transaction that moves the cursor: what it writes with the same
 * `SqlClient` is there exactly once. A sink that writes elsewhere is called at least once for each meeting; it keeps meetings by
 * their id, or puts them into a table of the same database (an outbox) from which another process takes them.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { SqlClient } from "effect/sql"
 * import { BackfillSink, Lane } from "@effect-feishu/backfill"
 *
 * const layer = Layer.effect(
 *   BackfillSink.BackfillSink,
 *   Effect.gen(function* () {
 *     const sql = yield* SqlClient.SqlClient
 *     return BackfillSink.BackfillSink.of({
 *       write: Effect.fnUntraced(function* ({ lane, meetings }) {
 *         for (const { brief } of meetings) {
 *           yield* sql`insert into outbox ${sql.insert({ tenant: Lane.tenantOf(lane), id: brief.id })}`
 *         }
 *         return meetings.length
 *       }),
 *     })
 *   }),
 * )
 * console.log(Layer.isLayer(layer)) // => true
 * ```
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { SqlError } from "effect/sql/SqlError"
import type { MeetingNo, Meetings } from "@effect-feishu/core"
import type { Lane } from "./Lane.ts"

/** Meetings of one lane to be written. */
export interface Batch {
  readonly run: string
  readonly lane: Lane
  /** When the database began to write them, in unix milliseconds by its own clock. */
  readonly seenAt: number
  readonly meetings: ReadonlyArray<ListedMeeting>
  /** True when the plan says to keep the passwords of meetings. */
  readonly keepPasswords: boolean
}

/** A meeting, and where it was listed. */
export interface ListedMeeting extends Meetings.MeetingRead {
  readonly meetingNo: MeetingNo
  /** The start of the window in which it was listed, in unix seconds. */
  readonly windowStart: number
}

/** The sink cannot take meetings now. The lane says so in its status, and tries again after a while. */
export class SinkFailed extends Schema.TaggedError<SinkFailed>()("SinkFailed", { message: Schema.String }) {}

/** Takes the meetings of a backfill. */
export class BackfillSink extends Context.Service<
  BackfillSink,
  {
    /** Writes meetings, and returns how many of them are new. Within the transaction of the engine, so a failure writes nothing. */
    readonly write: (batch: Batch) => Effect.Effect<number, SqlError | SinkFailed>
  }
>()("@effect-feishu/backfill/BackfillSink") {}
