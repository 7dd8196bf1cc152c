import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Stream } from "effect"
import { MeetingNo, Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

// Who was in the weekly meeting of the last 30 days, and for how long?
const program = Effect.gen(function* () {
  const meetings = yield* Meetings.Meetings
  const weekly = { meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } }
  yield* Stream.runForEach(meetings.streamDetails(weekly, { participants: true }), ({ brief, details }) =>
    details?._tag === "Found"
      ? Effect.forEach(details.meeting.participants ?? [], ({ id, inMeetingSeconds }) =>
          Console.log(details.meeting.start_time, brief.topic, id, inMeetingSeconds),
        )
      : Console.log(brief.id, brief.topic, details?._tag),
  )
})

program.pipe(Effect.provide(Meetings.layerConfig), Effect.provide(NodeHttp.layer()), NodeRuntime.runMain)
