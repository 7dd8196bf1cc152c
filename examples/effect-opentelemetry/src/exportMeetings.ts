import { Effect, Metric, Stream } from "effect"
import { type MeetingNo, Meetings } from "@effect-feishu/core"
import { MeetingSink } from "./MeetingSink.ts"

const exported = Metric.counter("export.meetings", {
  description: "Meetings that were written",
  incremental: true,
})

/** What an export has done. */
export interface Summary {
  readonly written: number
  /** The numbers that could not be read to the end. */
  readonly failed: ReadonlyArray<MeetingNo>
}

/** Writes the meetings of the numbers into the sink. A number that cannot be read does not keep the others from it. */
export const exportMeetings = Effect.fn("exportMeetings")(function* (
  numbers: ReadonlyArray<MeetingNo>,
  from: string,
) {
  const meetings = yield* Meetings.Meetings
  const sink = yield* MeetingSink
  return yield* meetings.outcomes(numbers, { from }).pipe(
    Stream.runFoldEffect(
      (): Summary => ({ written: 0, failed: [] }),
      Effect.fnUntraced(function* ({ failed, written }, outcome) {
        switch (outcome._tag) {
          case "Page":
            yield* sink.write(outcome.meetings)
            yield* Metric.update(exported, outcome.meetings.length)
            return { failed, written: written + outcome.meetings.length }
          case "Complete":
            yield* Effect.logInfo(`${outcome.meetingNo} is complete: ${outcome.rows} meetings`)
            return { failed, written }
          case "Failed":
            yield* Effect.logError(outcome.error.message)
            return { failed: [...failed, outcome.meetingNo], written }
        }
      }),
    ),
  )
})
