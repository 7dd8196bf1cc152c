/** Writes meetings to the output of a run, and counts them in the run as soon as they are out. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { exitCodes, faultOf } from "../failure/Fault.ts"
import type * as Fields from "../output/Fields.ts"
import type * as FileOutput from "../output/FileOutput.ts"
import * as Format from "../output/Format.ts"
import { openOutput } from "../output/openOutput.ts"
import type * as Output from "../output/Output.ts"
import * as RunState from "./RunState.ts"

/** The output of a run while meetings are written to it. */
interface MeetingWriter {
  /** Writes meetings. `written` is called with the number of their rows at the moment when they are out; it has to count them. */
  readonly write: (
    meetings: ReadonlyArray<Fields.Meeting>,
    written: (rows: number) => void,
  ) => ReturnType<Output.Output["write"]>
  /** Ends the output as the run ended; `keep` is true when a file of a run that ended early is worth keeping. To be called once. */
  readonly close: (exit: Exit.Exit<unknown, unknown>, keep: boolean) => ReturnType<Output.Output["close"]>
}

/** Where and how meetings are written. */
export interface Options {
  /** The name of the output; standard output unless given. */
  readonly output: string | undefined
  readonly fields: ReadonlyArray<Fields.Field>
  readonly format: Format.Name
  readonly toTerminal: boolean
  /** The journal of a file that a later run can continue, and the bytes that earlier runs have written. */
  readonly journal?: FileOutput.Journal | undefined
  readonly bytesBefore?: number | undefined
}

/** Opens the output. */
export const open = Effect.fnUntraced(function* (options: Options) {
  const run = yield* RunState.Run
  const { bytesBefore = 0, fields, journal, toTerminal } = options
  // In characters, or in bytes for an earlier run: it only matters whether it is 0.
  let length = bytesBefore
  const format = Format.make(options.format, {
    fields,
    // Some terminals report 0 columns when they do not know.
    columns: toTerminal ? process.stdout.columns || undefined : undefined,
    toTerminal,
  })
  const { sheet } = format
  const output = yield* openOutput(options.output, { private: fields.includes("password"), journal, sheet })
  if (options.output !== undefined) {
    run.file = { path: options.output, part: output.part, isWorkbook: sheet !== undefined }
  }
  return {
    write: (meetings, written) => {
      const { rows, text } = format.rows(meetings, { length, rows: run.rows })
      return output.write(text, () => {
        length += text.length
        run.fieldsLeftOut = format.leftOut()
        written(rows)
      })
    },
    close: (exit, keep) => {
      // After a failure a table without rows is not written. After bad input nothing is written, since nothing was sent.
      const isEmpty = length === 0 && Exit.isFailure(exit) && (options.format === "table" || isBadInput(exit))
      const text = isEmpty ? "" : format.end({ length, rows: run.rows })
      return output.close({ text, exit, keep })
    },
  } satisfies MeetingWriter
})

const isBadInput = (exit: Exit.Failure<unknown, unknown>): boolean =>
  faultOf(exit.cause).exitCode === exitCodes.badInput
