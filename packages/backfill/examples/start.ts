import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer } from "effect"
import { Backfill, Database, LaneEntity, LaneReader, MeetingsTable, Runner } from "@effect-feishu/backfill"
import { AccessToken, MeetingNo, Secret, TimeRange } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

const { DATABASE: database = "backfill.sqlite", FEISHU_BASE_URL: baseUrl } = process.env
const app = {
  appId: process.env.FEISHU_APP_ID!,
  appSecret: Secret.appSecret(process.env.FEISHU_APP_SECRET!),
}
const meetingNos = ["337736498", "146453285"].map((text) => MeetingNo.make(text))

// Stopped or killed at any moment, it goes on when it is started again.
const program = Effect.gen(function* () {
  const { plan, run } = yield* Backfill.Backfill
  const range = yield* TimeRange.make({ from: "2022-01-01", to: "2026-10-31" })
  yield* plan({ run: "years", lanes: [[{ appId: app.appId }, meetingNos]], range })
  const { failures, meetings } = yield* run("years", { untilDone: true })
  yield* Console.log(`${meetings} meetings are in ${database}; ${failures} numbers failed`)
})

const reader = LaneReader.layer({ baseUrl, credentials: () => AccessToken.selfBuiltApp(app) })
const runner = LaneEntity.layer.pipe(
  Layer.provideMerge([Runner.layer({ database }), Backfill.layer, MeetingsTable.layer, reader]),
  Layer.provide([Database.layer(database), NodeHttp.layer()]),
)
program.pipe(Effect.provide(runner), NodeRuntime.runMain)
