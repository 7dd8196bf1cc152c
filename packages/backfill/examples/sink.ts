import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Layer } from "effect"
import { SqlClient } from "effect/sql"
import { Backfill, BackfillSink, Database, LaneEntity, LaneReader, Runner } from "@effect-feishu/backfill"
import { AccessToken, MeetingNo, Secret, TimeRange } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

// A table of your own in the same database: written in the transaction that moves the place, so each meeting is there once.
const sink = Layer.effect(
  BackfillSink.BackfillSink,
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`create table if not exists weekly (id text primary key, topic text, seconds integer)`
    return BackfillSink.BackfillSink.of({
      write: Effect.fnUntraced(function* ({ meetings }) {
        let fresh = 0
        for (const { brief, details } of meetings) {
          const seconds = details?._tag === "Found" ? details.meeting.durationSeconds : undefined
          const rows =
            yield* sql`insert into weekly values (${brief.id}, ${brief.topic ?? null}, ${seconds ?? null})
            on conflict (id) do nothing returning id`
          fresh += rows.length
        }
        return fresh
      }),
    })
  }),
)

const { DATABASE: database = "backfill.sqlite", FEISHU_BASE_URL: baseUrl } = process.env
const app = {
  appId: process.env.FEISHU_APP_ID!,
  appSecret: Secret.appSecret(process.env.FEISHU_APP_SECRET!),
}
const program = Effect.gen(function* () {
  const { plan, run } = yield* Backfill.Backfill
  const range = yield* TimeRange.make({ from: "2022-01-01", to: "2026-10-31" })
  const lanes = [[{ appId: app.appId }, [MeetingNo.make("337736498")]]] as const
  yield* plan({ run: "weekly", lanes, range, details: true })
  yield* run("weekly", { untilDone: true })
})

const reader = LaneReader.layer({ baseUrl, credentials: () => AccessToken.selfBuiltApp(app) })
const runner = LaneEntity.layer.pipe(
  Layer.provideMerge([Runner.layer({ database }), Backfill.layer, sink, reader]),
  Layer.provide([Database.layer(database), NodeHttp.layer()]),
)
program.pipe(Effect.provide(runner), NodeRuntime.runMain)
