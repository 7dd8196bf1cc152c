/**
 * Writes pages to the output of a run, and records each in its checkpoint. The output says when a step is on the disk
 * (see FileOutput), and only then is it recorded. A run that resumes cuts off what was not recorded and reads it again; rows that
 * Feishu repeats are dropped by their ids (SeenIds). So no row is written twice, and none is missed.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Meetings } from "@effect-feishu/core"
import { exitCodes, faultOf } from "../../failure/Fault.ts"
import type * as FileOutput from "../../output/FileOutput.ts"
import type * as Fields from "../../output/Fields.ts"
import * as Format from "../../output/Format.ts"
import { openOutput } from "../../output/openOutput.ts"
import type * as Output from "../../output/Output.ts"
import * as StreamOutput from "../../output/StreamOutput.ts"
import type * as WrittenBytes from "../../output/WrittenBytes.ts"
import type * as Checkpoint from "../../run/Checkpoint.ts"
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
export interface Options {
  /** The name of the output; standard output unless given. */
  readonly output: string | undefined
  readonly fields: ReadonlyArray<Fields.Field>
  readonly format: Format.Name
  readonly toTerminal: boolean
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

/** The state of the output. */
interface Written {
  /** The length in characters, or in bytes for an earlier run: it only matters whether it is 0. */
  length: number
  /** The last page that was written. */
  page: WrittenPage | undefined
}

/** Opens the output, and records in the checkpoint that it is there. */
export const open = Effect.fnUntraced(function* (options: Options) {
  const run = yield* RunState.Run
  const { fields, recording, toTerminal } = options
  const written: Written = { length: recording?.state.bytes ?? 0, page: undefined }
  const format = Format.make(options.format, {
    fields,
    // Some terminals report 0 columns when they do not know.
    columns: toTerminal ? process.stdout.columns || undefined : undefined,
    toTerminal,
  })
  const output = yield* options.output === undefined
    ? StreamOutput.stdout
    : openOutput(options.output, {
        private: fields.includes("password"),
        journal: recording && journalOf(recording, run, written),
      })
  if (options.output !== undefined) run.file = { path: options.output, part: output.part }

  return {
    write: (page, count) => {
      const meetings = page.meetings.slice(0, count)
      const { rows, text } = format.rows(meetings, { length: written.length, rows: run.rows })
      return output.write(text, () => {
        written.length += text.length
        RunState.pageWritten(run, page, { meetings, rows })
        run.fieldsLeftOut = format.leftOut()
        written.page = recordOf(page, count, run)
      })
    },
    close: (exit) => {
      const checkpoint = recording?.checkpoint
      // After a failure a table without rows is not written. After bad input nothing is written, since nothing was sent.
      const isEmpty =
        written.length === 0 && Exit.isFailure(exit) && (options.format === "table" || isBadInput(exit))
      const keep = isWorthKeeping(run, checkpoint !== undefined)
      const text = isEmpty ? "" : format.end({ length: written.length, rows: run.rows })
      const closed = output.close({ text, exit, keep })
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
  record: (step, bytes) => {
    switch (step) {
      case "begun":
        return checkpoint.begin(head, state)
      case "page":
        return checkpoint.add({ ...written.page!, ...bytes })
      case "whole":
        return checkpoint.add({ step, ended: RunState.endOf(run), ...bytes })
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

const isBadInput = (exit: Exit.Failure<unknown, unknown>): boolean =>
  faultOf(exit.cause).exitCode === exitCodes.badInput
