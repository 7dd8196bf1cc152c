import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Stream } from "effect"
import { MeetingNo, Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

const program = Effect.gen(function* () {
  const meetings = yield* Meetings.Meetings
  yield* meetings
    .stream({ meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } })
    .pipe(Stream.runForEach((meeting) => Console.log(meeting.id, meeting.topic)))
}).pipe(
  Effect.catchReasons("FeishuError", {
    PermissionDenied: ({ scopes }) => Console.error("one of these is enough:", scopes.join(", ")),
    RateLimited: ({ retryAfterSeconds }) => Console.error(`start again in ${retryAfterSeconds} s`),
  }),
)

program.pipe(Effect.provide(Meetings.layerConfig), Effect.provide(NodeHttp.layer()), NodeRuntime.runMain)
