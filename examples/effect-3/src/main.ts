/** Prints the last 30 days of a meeting number: `npm start "337 736 498"`. */
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { Config, Console, Effect, Layer, Redacted } from "effect"
import { collect } from "./collect.ts"
import { FeishuMeetings } from "./FeishuMeetings.ts"

const environment = Config.all({
  appId: Config.nonEmptyString("FEISHU_APP_ID"),
  appSecret: Config.redacted(Config.nonEmptyString("FEISHU_APP_SECRET")),
  baseUrl: Config.withDefault(Config.string("FEISHU_BASE_URL"), undefined),
})

const feishu = Layer.unwrapEffect(
  Effect.map(environment, ({ appSecret, ...options }) =>
    FeishuMeetings.layer({ ...options, appSecret: Redacted.value(appSecret) }),
  ),
)

/** Ends the program with a sentence for people, and no stack trace. */
const fail = (exitCode: number, message: string) =>
  Effect.andThen(
    Console.error(message),
    Effect.sync(() => (process.exitCode = exitCode)),
  )

const program = collect({ meetingNo: process.argv[2] ?? "", range: { from: "30d" } }, ({ id, topic }) =>
  Console.log(id, topic),
).pipe(
  // An application would keep its cursors in files, or in a database.
  Effect.provide([feishu, KeyValueStore.layerMemory]),
  Effect.catchTags({
    MeetingsUnread: ({ cursor, message }) =>
      fail(1, cursor === undefined ? message : `${message}\nGo on from ${cursor}`),
    ConfigError: () =>
      fail(
        2,
        "Set FEISHU_APP_ID and FEISHU_APP_SECRET: they are on the app's page in the developer console.",
      ),
  }),
)

await Effect.runPromise(program)
