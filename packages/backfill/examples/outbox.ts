import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Fiber, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Backfill, BackfillSink, Database, LaneEntity, LaneReader, Runner } from "@effect-feishu/backfill"
import { AccessToken, MeetingNo, Secret, TimeRange } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

// Meetings go to a system that has no part in the transaction: what is read is put into an outbox, and taken from it afterwards.
const sink = Layer.effect(
  BackfillSink.BackfillSink,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`create table if not exists outbox (id text primary key, topic text)`
    return BackfillSink.BackfillSink.of({
      write: ({ meetings }) =>
        Effect.forEach(
          meetings,
          ({ brief }) => sql`insert into outbox values (${brief.id}, ${brief.topic ?? null})
            on conflict (id) do nothing`,
        ).pipe(Effect.as(meetings.length)),
    })
  }),
)

// Sends what is in the outbox, and then removes it. A kill between the two sends it again: the other system knows it by its id.
const deliver = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  let sent: ReadonlyArray<{ readonly id: string }>
  do {
    sent = yield* sql<{
      id: string
      topic: string | null
    }>`select id, topic from outbox order by id limit 100`
    for (const meeting of sent) yield* Console.log(JSON.stringify(meeting))
    yield* sql`delete from outbox where ${sql.in(
      "id",
      sent.map(({ id }) => id),
    )}`
  } while (sent.length > 0)
})

const { DATABASE: database = "backfill.sqlite", FEISHU_BASE_URL: baseUrl } = process.env
const app = {
  appId: process.env.FEISHU_APP_ID!,
  appSecret: Secret.appSecret(process.env.FEISHU_APP_SECRET!),
}
const program = Effect.gen(function* () {
  const { plan, run } = yield* Backfill.Backfill
  const range = yield* TimeRange.make({ from: "2022-01-01", to: "2026-10-31" })
  yield* plan({ run: "sent", lanes: [[{ appId: app.appId }, [MeetingNo.make("337736498")]]], range })
  const delivering = yield* Effect.forkScoped(Effect.forever(Effect.delay(deliver, "1 second")))
  yield* run("sent", { untilDone: true })
  yield* Effect.andThen(Fiber.interrupt(delivering), deliver)
})

const reader = LaneReader.layer({ baseUrl, credentials: () => AccessToken.selfBuiltApp(app) })
const runner = LaneEntity.layer.pipe(
  Layer.provideMerge([Runner.layer({ database }), Backfill.layer, sink, reader]),
  Layer.provideMerge(Database.layer(database)),
  Layer.provide(NodeHttp.layer()),
)
program.pipe(Effect.scoped, Effect.provide(runner), NodeRuntime.runMain)
