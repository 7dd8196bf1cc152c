/** Prints the last 30 days of a meeting number: `node src/main.ts "337 736 498"`. */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { Config, Console, Effect, Layer, Redacted } from "effect"
import { collect } from "./collect.ts"
import { FeishuMeetings } from "./FeishuMeetings.ts"

const environment = Config.all({
  appId: Config.string("FEISHU_APP_ID"),
  appSecret: Config.redacted("FEISHU_APP_SECRET"),
  baseUrl: Config.withDefault(Config.string("FEISHU_BASE_URL"), undefined),
})

const feishu = Layer.unwrapEffect(
  Effect.map(environment, ({ appSecret, ...options }) =>
    FeishuMeetings.layer({ ...options, appSecret: Redacted.value(appSecret) }),
  ),
)

const program = collect({ meetingNo: process.argv[2] ?? "", range: { from: "30d" } }, ({ id, topic }) =>
  Console.log(id, topic),
).pipe(
  Effect.catchTag("MeetingsUnread", ({ cursor, message }) =>
    Effect.andThen(
      Console.error(message, cursor === undefined ? "" : `Go on from ${cursor}`),
      Effect.sync(() => (process.exitCode = 1)),
    ),
  ),
)

// An application would keep its cursors in files, or in a database.
await Effect.runPromise(Effect.provide(program, [feishu, KeyValueStore.layerMemory]))
