/** Writes the meetings of some numbers into a file, and its telemetry to a collector of OpenTelemetry: `npm start`. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Config, Console, Effect, Layer } from "effect"
import { MeetingNosFromText, Meetings } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { exportMeetings } from "./exportMeetings.ts"
import { MeetingSink } from "./MeetingSink.ts"
import { sentence } from "./sentence.ts"
import * as Telemetry from "./Telemetry.ts"

const settings = Config.all({
  numbers: Config.schema(MeetingNosFromText, "FEISHU_MEETING_NOS"),
  from: Config.String("FROM").pipe(Config.withDefault("30d")),
})

const program = Effect.gen(function* () {
  const { from, numbers } = yield* settings
  const { failed, written } = yield* exportMeetings(numbers, from)
  yield* Console.log(`${written} meetings of ${numbers.length} numbers were written`)
  if (failed.length > 0) process.exitCode = 1
})

const services = Layer.merge(
  Meetings.layerConfig.pipe(Layer.provide(NodeHttp.layer())),
  MeetingSink.layerFile.pipe(Layer.provide(NodeFileSystem.layer)),
)

program.pipe(
  Effect.provide(services),
  // Around the services, so that their spans are seen, and sent before the program ends.
  Effect.provide(Telemetry.layer),
  Effect.catch((error) =>
    Effect.andThen(
      Console.error(sentence(error)),
      Effect.sync(() => (process.exitCode = 1)),
    ),
  ),
  NodeRuntime.runMain,
)
