import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Console, Effect, Layer, Stream } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp } from "effect/observability"
import { MeetingNosFromText, Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"

// FEISHU_MEETING_NOS is a text such as "337736498, 146453285".
const program = Effect.gen(function* () {
  const meetings = yield* Meetings.Meetings
  const numbers = yield* Config.schema(MeetingNosFromText, "FEISHU_MEETING_NOS")
  yield* Stream.runForEach(meetings.streamMany(numbers, { from: "30d" }), ({ meeting, meetingNo }) =>
    Console.log(meetingNo, meeting.id, meeting.topic),
  )
}).pipe(Effect.withSpan("nightly"))

// Spans, metrics and logs go to a collector of OpenTelemetry, such as http://localhost:4318.
const telemetry = Layer.unwrap(
  Effect.map(Config.String("OTEL_EXPORTER_OTLP_ENDPOINT"), (baseUrl) =>
    Otlp.layerJson({ baseUrl, resource: { serviceName: "nightly" } }),
  ),
).pipe(Layer.provide(FetchHttpClient.layer))

program.pipe(
  Effect.provide(Meetings.layerConfig),
  Effect.provide(NodeHttp.layer()),
  Effect.provide(telemetry),
  NodeRuntime.runMain,
)
