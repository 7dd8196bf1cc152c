/**
 * A program that fails as if nobody had thought of it: for what Node itself prints of an error. Run by the canary,
 * with the call that fails: `token` or `page`.
 */
import { Effect, Stream } from "effect"
import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"
import { mark } from "./Sinks.ts"

/** Repeats the request in every way in which an error could take it over. */
const repeating: Fake.Handler = (asked) => {
  if (process.argv[2] === "page" && Fake.isTokenCall(asked)) {
    return Effect.succeed({ body: { code: 0, tenant_access_token: `t-${mark}Token`, expire: 7_200 } })
  }
  const words = `${asked.token} ${JSON.stringify(asked.body)}`
  return Effect.succeed({
    status: 400,
    headers: { "x-tt-logid": String(asked.token?.split(" ").at(-1)) },
    body: {
      code: 99992402,
      msg: words,
      error: { log_id: words, message: words, field_violations: [{ field: words, description: words }] },
    },
  })
}

const program = Effect.gen(function* () {
  const meetings = yield* Meetings.Meetings
  yield* Stream.runDrain(meetings.stream({ meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } }))
})

await Effect.runPromise(
  Effect.provide(
    program,
    Fake.meetings(repeating, {
      credentials: AccessToken.selfBuiltApp({
        appId: "cli_crash",
        appSecret: Secret.appSecret(`${mark}AppSecret`),
      }),
    }),
  ),
)
