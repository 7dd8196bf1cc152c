/** Brings a table of PostgreSQL up to date: `npm start`, every night. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as PgClient from "@effect/sql-pg/PgClient"
import { Config, Console, Effect, Layer } from "effect"
import { MeetingNosFromText, Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { MeetingsTable } from "./MeetingsTable.ts"
import { sentence } from "./sentence.ts"
import { sync } from "./sync.ts"

const program = Effect.gen(function* () {
  const numbers = yield* Config.schema(MeetingNosFromText, "FEISHU_MEETING_NOS")
  // One after the other: they share the rate limit of the app.
  for (const meetingNo of numbers)
    yield* Console.log(`${meetingNo}: wrote ${yield* sync(meetingNo)} meetings`)
})

const services = Layer.merge(
  Meetings.layerConfig.pipe(Layer.provide(NodeHttp.layer())),
  MeetingsTable.layer.pipe(Layer.provide(PgClient.layerConfig({ url: Config.Redacted("DATABASE_URL") }))),
)

program.pipe(
  Effect.provide(services),
  Effect.catch((error) =>
    Effect.andThen(
      Console.error(sentence(error)),
      Effect.sync(() => (process.exitCode = 1)),
    ),
  ),
  NodeRuntime.runMain,
)
