/**
 * A program that reads meeting numbers, three at a time, as a process of its own: on a fast clock, so that a window
 * of the rate limit takes seconds. Prints each meeting, page and refusal as a line of JSON.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Console, Effect, Layer, References, Stream } from "effect"
import { text } from "node:stream/consumers"
import { AccessToken, Events, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as FastClock from "./FastClock.ts"

const [speed, limit, from, to, ...meetingNos] = process.argv.slice(2)

const print = (what: object) => Console.log(JSON.stringify(what))

const program = Effect.gen(function* () {
  const meetings = yield* Meetings.Meetings
  yield* print({ _tag: "Ready" })
  // Until the input is closed: on a busy machine a program that started late would find the quota unused.
  yield* Effect.promise(() => text(process.stdin))
  const range = { from: Number(from), to: Number(to) }
  yield* Stream.fromIterable(meetingNos).pipe(
    Stream.flatMap(
      (meetingNo) => meetings.stream({ meetingNo: MeetingNo.make(meetingNo), range, pageSize: 2 }),
      { concurrency: 3 },
    ),
    Stream.runForEach(({ id }) => print({ _tag: "Meeting", id })),
    Effect.provideService(Events.Events, (event) =>
      event._tag === "PageRead" || event._tag === "RateLimitRefused" ? print(event) : Effect.void,
    ),
  )
})

const meetings = Layer.unwrap(
  Effect.gen(function* () {
    return Meetings.layer({
      baseUrl: yield* Config.String("FEISHU_BASE_URL"),
      credentials: AccessToken.selfBuiltApp({
        appId: yield* Config.String("FEISHU_APP_ID"),
        appSecret: Secret.appSecret(yield* Config.Redacted("FEISHU_APP_SECRET")),
      }),
      rateLimit: { requests: Number(limit) },
      // Out of reach: the clock runs fast, the machine does not.
      attemptTimeout: "1 hour",
      headersTimeout: "1 hour",
      idleTimeout: "1 hour",
    })
  }),
).pipe(Layer.provide(NodeHttp.layer()), Layer.provideMerge(FastClock.layer(Number(speed))))

program.pipe(
  Effect.provide(meetings),
  // Only what is printed above is on standard output.
  Effect.provideService(References.LogToStderr, true),
  NodeRuntime.runMain,
)
