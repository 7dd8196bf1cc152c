import { readFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Stream } from "effect"
import { MeetingNo, Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

const program = Effect.gen(function* () {
  const meetings = yield* Meetings.Meetings
  yield* meetings
    .stream({ meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } })
    .pipe(Stream.runForEach((meeting) => Console.log(meeting.id, meeting.topic)))
})

// Meetings.layerConfig reads FEISHU_BASE_URL.
const http = NodeHttp.layer({ ca: readFileSync("company-root.pem") })
program.pipe(Effect.provide(Meetings.layerConfig), Effect.provide(http), NodeRuntime.runMain)
