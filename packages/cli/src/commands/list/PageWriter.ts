/**
 * Writes pages to the output of a run, and records each in its checkpoint. The output says when a step is on the disk
 * (see FileOutput), and only then is it recorded. A run that resumes cuts off what was not recorded and reads it again; rows that
 * Feishu repeats are dropped by their ids (SeenIds). So no row is written twice, and none is missed.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Meetings } from "@effect-feishu/core"
import type * as FileOutput from "../../output/FileOutput.ts"
import type * as Output from "../../output/Output.ts"
import type * as WrittenBytes from "../../output/WrittenBytes.ts"
import type * as Checkpoint from "../../run/Checkpoint.ts"
import * as MeetingWriter from "../../run/MeetingWriter.ts"
import * as Recorded from "../../run/Recorded.ts"
import * as RunState from "../../run/RunState.ts"

/** The output of a run while pages are written to it. */
export interface PageWriter {
  /** Writes the first `count` meetings of a page, and counts them in the run as soon as they are out. */
  readonly write: (page: Meetings.DetailsPage, count: number) => ReturnType<Output.Output["write"]>
  /** Ends the output as the run ended. To be called once. */
  readonly close: (exit: Exit.Exit<unknown, unknown>) => ReturnType<Output.Output["close"]>
}

/** Where and how pages are written. */
export interface Options extends Omit<MeetingWriter.Options, "journal" | "bytesBefore"> {
  /** The checkpoint to record pages in; absent without `--checkpoint`. */
  readonly recording: Recording | undefined
}

/** A checkpoint that the steps of the output are recorded in. */
export interface Recording {
  readonly checkpoint: Checkpoint.Checkpoint
  readonly head: Pick<Recorded.Start, "plan" | "range">
  /** How far the run has come. It changes with each record. */
  readonly state: Recorded.State
}

/** A page as a checkpoint records it. */
type WrittenPage = Recorded.Without<
  Extract<Recorded.Step, { readonly step: "page" | "cut page" }>,
  keyof WrittenBytes.WrittenBytes | "requests"
>

/** The last page that was written, for the journal. */
interface Written {
  page: WrittenPage | undefined
}

/** Opens the output, and records in the checkpoint that it is there. */
export const open = Effect.fnUntraced(function* ({ recording, ...options }: Options) {
  const run = yield* RunState.Run
  const written: Written = { page: undefined }
  const writer = yield* MeetingWriter.open({
    ...options,
    journal: recording && journalOf(recording, run, written),
    bytesBefore: recording?.state.bytes,
  })
  return {
    write: (page, count) => {
      const meetings = page.meetings.slice(0, count)
      return writer.write(meetings, (rows) => {
        RunState.pageWritten(run, page, { meetings, rows })
        written.page = recordOf(page, count, run)
      })
    },
    close: (exit) => {
      const checkpoint = recording?.checkpoint
      const keep = isWorthKeeping(run, checkpoint !== undefined)
      const closed = writer.close(exit, keep)
      if (Exit.isSuccess(exit)) return Effect.map(closed, () => void (run.ended = RunState.endOf(run)))
      if (checkpoint === undefined || !keep) return closed
      // Records when the last requests were answered, for the run that resumes.
      return Effect.andThen(closed, Effect.ignore(checkpoint.add({ step: "requests" })))
    },
  } satisfies PageWriter
})

/** The checkpoint as the journal of the output: it records each step of the file once that is on the disk. */
const journalOf = (
  { checkpoint, head, state }: Recording,
  run: RunState.State,
  written: Written,
): FileOutput.Journal => ({
  earlier: checkpoint.earlier && { bytes: state.bytes, crc: state.crc },
  record: (step, bytes, workbook) => {
    switch (step) {
      case "begun":
        return checkpoint.begin(head, state)
      case "page":
        return checkpoint.add({ ...written.page!, ...bytes })
      case "whole":
        return checkpoint.add({
          step,
          ended: RunState.endOf(run),
          ...bytes,
          ...(workbook === undefined ? {} : { workbook }),
        })
    }
  },
  forget: checkpoint.remove,
})

/** Returns the record of a page whose first `count` meetings are written; `run` has counted them. */
const recordOf = (page: Meetings.DetailsPage, count: number, run: RunState.State): WrittenPage => {
  const { cursor, meetingNo, meetings, unreachable } = page
  if (count < meetings.length) return { step: "cut page", ...Recorded.inOutput(run) }
  return {
    step: "page",
    meetingNo,
    ...(cursor === undefined ? { last: true } : { cursor }),
    ids: meetings.map(({ brief }) => brief.id),
    ...(unreachable === undefined ? {} : { unreachable }),
    ...Recorded.inOutput(run),
  }
}

/** True when a file of a run that ended early holds something that a later run may resume from, or that users may want. */
const isWorthKeeping = (run: RunState.State, hasCheckpoint: boolean): boolean =>
  run.rows > 0 || (hasCheckpoint && (run.resumed || run.pages > 0 || run.failed.size > 0))
