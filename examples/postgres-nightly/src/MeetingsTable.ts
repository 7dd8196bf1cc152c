import { Context, Effect, Layer } from "effect"
import { SqlClient, type SqlError } from "effect/sql"
import { MeetingBrief, type Meetings } from "@effect-feishu/core"

type Failure = SqlError.SqlError

/** The table of meetings, and next to it what the reads have reached. */
export class MeetingsTable extends Context.Service<
  MeetingsTable,
  {
    /** Where the reads find what the last one has reached. */
    readonly store: Meetings.StateStore<Failure>
    /** Writes a page and what the read has reached with it: both, or neither. */
    readonly write: (page: Meetings.IncrementalPage<Failure>) => Effect.Effect<void, Failure>
  }
>()("postgres-nightly/MeetingsTable") {
  /** Creates the tables if they are not there. */
  static readonly layer = Layer.effect(
    MeetingsTable,
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`create table if not exists meetings
        (id text primary key, topic text, meeting_no text, url text, meeting_connect boolean, note_id text)`
      yield* sql`create table if not exists reads (key text primary key, state text not null)`
      const insert = (meeting: MeetingBrief) =>
        sql`insert into meetings ${sql.insert(MeetingBrief.toRecord(meeting))}
          on conflict (id) do update set topic = excluded.topic, note_id = excluded.note_id`
      return MeetingsTable.of({
        store: {
          get: (key) =>
            Effect.map(
              sql<{ readonly state: string }>`select state from reads where key = ${key}`,
              ([row]) => row?.state,
            ),
          set: (key, state) =>
            sql`insert into reads values (${key}, ${state}) on conflict (key) do update set state = excluded.state`,
        },
        write: ({ commit, meetings }) =>
          sql.withTransaction(Effect.andThen(Effect.forEach(meetings, insert, { discard: true }), commit)),
      })
    }),
  )
}
