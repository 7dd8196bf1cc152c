import { Effect, Stream } from "effect"
import { type MeetingNo, Meetings } from "@effect-feishu/core"
import { MeetingsTable } from "./MeetingsTable.ts"

/**
 * Brings the table up to date for a number: reads what an earlier run has left, and what is newer. Returns how many meetings it
 * wrote; those of the last two days come again, since a meeting may be listed late.
 */
export const sync = Effect.fn("sync")(function* (meetingNo: MeetingNo) {
  const meetings = yield* Meetings.Meetings
  const table = yield* MeetingsTable
  return yield* meetings.incremental(meetingNo, { store: table.store, from: "60d" }).pipe(
    Stream.tap(table.write),
    Stream.runFold(
      () => 0,
      (written, page) => written + page.meetings.length,
    ),
  )
})
