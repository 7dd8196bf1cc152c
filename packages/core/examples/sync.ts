import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Config, Effect, Layer, Stream } from "effect"
import { SqlClient } from "effect/sql"
import { MeetingBrief, MeetingNo, Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

// Run it every night: it reads what came since the last time, and each meeting is in the table once.
const program = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const meetings = yield* Meetings.Meetings
  yield* sql`create table if not exists meetings
    (id text primary key, topic text, meeting_no text, url text, meeting_connect boolean, note_id text)`
  yield* sql`create table if not exists state (key text primary key, text text)`
  const store = {
    get: (key: string) =>
      Effect.map(sql<{ text: string }>`select text from state where key = ${key}`, ([row]) => row?.text),
    set: (key: string, text: string) =>
      sql`insert into state values (${key}, ${text}) on conflict (key) do update set text = excluded.text`,
  }
  const insert = (meeting: MeetingBrief) =>
    sql`insert into meetings ${sql.insert(MeetingBrief.toRecord(meeting))}
      on conflict (id) do update set topic = excluded.topic`
  yield* meetings
    .incremental(MeetingNo.make("337736498"), { store, from: "60d" })
    .pipe(
      Stream.runForEach((page) =>
        sql.withTransaction(Effect.andThen(Effect.forEach(page.meetings, insert), page.commit)),
      ),
    )
})

const services = [
  Meetings.layerConfig,
  PgClient.layerConfig({ url: Config.Redacted("DATABASE_URL") }),
] as const
program.pipe(
  Effect.provide(Layer.mergeAll(...services)),
  Effect.provide(NodeHttp.layer()),
  NodeRuntime.runMain,
)
