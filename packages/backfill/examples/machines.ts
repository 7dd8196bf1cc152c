import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer, Redacted } from "effect"
import { Backfill, Database, LaneEntity, LaneReader, MeetingsTable, Runner } from "@effect-feishu/backfill"
import { AccessToken, MeetingNo, Secret, TimeRange } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

// The same on each machine, but for LISTEN: the address at which the others reach it.
const { DATABASE: database = "", FEISHU_BASE_URL: baseUrl, LISTEN: listen, PGPASSWORD = "" } = process.env
// Each machine has the secrets of all apps in its own environment: the database never has one.
const secretOf = (appId: string) => Secret.appSecret(process.env[`SECRET_OF_${appId}`] ?? "")
const numbersOf = { cli_first: ["337736498"], cli_second: ["146453285"] }

const program = Effect.gen(function* () {
  const { plan, run } = yield* Backfill.Backfill
  const range = yield* TimeRange.make({ from: "2022-01-01", to: "2026-10-31" })
  const lanes = Object.entries(numbersOf).map(
    ([appId, numbers]) => [{ appId }, numbers.map((text) => MeetingNo.make(text))] as const,
  )
  yield* plan({ run: "years", lanes, range })
  const { failures, meetings } = yield* run("years", { untilDone: true })
  yield* Console.log(`${meetings} meetings; ${failures} numbers failed`)
})

const credentials = (appId: string) => AccessToken.selfBuiltApp({ appId, appSecret: secretOf(appId) })
const reader = LaneReader.layer({ baseUrl, credentials })
const runner = LaneEntity.layer.pipe(
  Layer.provideMerge([Runner.layer({ database, listen }), Backfill.layer, MeetingsTable.layer, reader]),
  Layer.provide([Database.layer(database, { password: Redacted.make(PGPASSWORD) }), NodeHttp.layer()]),
)
program.pipe(Effect.provide(runner), NodeRuntime.runMain)
