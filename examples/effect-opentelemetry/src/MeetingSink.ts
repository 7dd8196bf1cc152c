import { Config, Context, Effect, FileSystem, Layer, type PlatformError } from "effect"
import { MeetingBrief } from "@effect-feishu/core"

/** Where meetings go. Another layer may send them to a queue, or to a table. */
export class MeetingSink extends Context.Service<
  MeetingSink,
  {
    /** Writes the meetings of a page. */
    readonly write: (
      meetings: ReadonlyArray<MeetingBrief>,
    ) => Effect.Effect<void, PlatformError.PlatformError>
  }
>()("effect-opentelemetry/MeetingSink") {
  /** Writes a line of JSON for each meeting into the file in `OUTPUT`, which is emptied first. */
  static readonly layerFile = Layer.effect(
    MeetingSink,
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const file = yield* fs.open(yield* Config.String("OUTPUT"), { flag: "w" })
      const lineOf = (meeting: MeetingBrief) => `${JSON.stringify(MeetingBrief.toRecord(meeting))}\n`
      return MeetingSink.of({
        write: Effect.fn("MeetingSink.write")((meetings) =>
          file.writeAll(new TextEncoder().encode(meetings.map(lineOf).join(""))),
        ),
      })
    }),
  )
}
