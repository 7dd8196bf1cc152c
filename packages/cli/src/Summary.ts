/** How a run ended: the last line on standard error. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { exitCodes, type Fault, faultOf } from "./Fault.ts"
import type { FeishuError, MeetingNo } from "@effect-feishu/core"
import * as Resume from "./Resume.ts"
import { many, Run, type State } from "./Run.ts"
import { showable, Stderr } from "./Stderr.ts"
import { json } from "./VisibleText.ts"

/** How the summary is written. */
export type Style = "text" | "json"

/** Tells how the run ended: the error, how to go on, and in the last line the summary. */
export const report = Effect.fnUntraced(function* (style: Style, exit: Exit.Exit<unknown, unknown>) {
  const run = yield* Run
  const stderr = yield* Stderr
  // `--help` and `--version` read nothing.
  if (Exit.isSuccess(exit) && run.ended === undefined) return

  const fault = Exit.isSuccess(exit) ? undefined : faultOf(exit.cause)
  if (fault?.reason === "Ended") return
  // A run that read nothing has nothing to go on from: the same command starts it again.
  const readNothing = run.pages === 0 && !run.resumed
  const hasFailed =
    fault?.exitCode === exitCodes.badInput || (fault !== undefined && readNothing && run.failed.size === 0)
  const cursors = hasFailed ? [] : Resume.cursorsOf(run)
  const status = fault === undefined ? (run.ended ?? "complete") : hasFailed ? "failed" : "incomplete"

  // Numbers that failed were told as they did.
  if (fault !== undefined && !["Stopped", "NumbersFailed"].includes(fault.reason))
    yield* stderr.line(`error: ${fault.message}`)
  const hints = status === "complete" || hasFailed ? [] : Resume.lines(run)
  yield* Effect.forEach(hints, stderr.line, { discard: true })
  yield* stderr.line(
    style === "json"
      ? json({
          status,
          rows: run.rows,
          requests: run.requests,
          retries: run.retries,
          waitedMs: Math.round(run.waitedMs),
          duplicates: run.duplicates,
          windows: run.windows.size,
          numbers: {
            asked: run.starts.length,
            complete: run.begun - run.underWay.size - run.failed.size,
            failed: run.failed.size,
          },
          ...(run.rowsBefore > 0 ? { rowsBefore: run.rowsBefore } : {}),
          ...(status === "complete" || hasFailed ? {} : { checkpoint: run.checkpoint }),
          // One is what most runs have; several are for several numbers.
          ...(cursors.length > 1 ? { cursors } : { cursor: cursors[0] }),
          ...(run.failed.size > 0 ? { failures: [...run.failed].map(failure) } : {}),
          error: fault && {
            reason: fault.reason,
            message: showable(fault.message),
            code: fault.code,
            logId: fault.logId,
          },
        })
      : inWords(run, status, fault, hints.length > 0),
  )
})

/** A number that failed, for programs. */
const failure = ([meetingNo, error]: readonly [MeetingNo, FeishuError.FeishuError]) => {
  const { code, cursor, logId, message, reason } = error
  return { meetingNo, reason: reason._tag, message: showable(message), code, logId, cursor }
}

const inWords = (run: State, status: string, fault: Fault | undefined, resumable: boolean): string => {
  const { failed, rows, rowsBefore } = run
  const counts = [
    many(rows, "meeting") + (rowsBefore === 0 ? "" : ` (${rowsBefore} of them by earlier runs)`),
    ...(run.starts.length > 1 ? [many(run.starts.length, "number")] : []),
    ...(failed.size > 0 ? [`${failed.size} of them failed: ${inShort([...failed.keys()])}`] : []),
    many(run.windows.size, "window"),
    many(run.requests, "request"),
    ...(run.retries > 0 ? [many(run.retries, "retry", "retries")] : []),
    ...(run.waitedMs > 0 ? [`${(run.waitedMs / 1000).toFixed(1)} s of waiting for the rate limit`] : []),
    ...(run.duplicates > 0 ? [`${many(run.duplicates, "duplicate")} dropped`] : []),
  ].join(", ")
  const rest = [
    ...(fault?.reason === "Stopped" ? ["stopped by a signal"] : []),
    ...(run.file === undefined
      ? []
      : fault === undefined
        ? [`written to ${run.file.path}`]
        : run.rows > 0
          ? [`the rows so far are in ${run.file.part ?? run.file.path}`]
          : []),
    ...(!resumable
      ? []
      : run.checkpoint === undefined
        ? ["resume with the command above"]
        : ["the same command goes on"]),
  ]
  return [`${status}: ${counts}`, ...rest].join("; ")
}

const inShort = (numbers: ReadonlyArray<string>): string =>
  numbers.length <= 10
    ? numbers.join(" ")
    : `${numbers.slice(0, 10).join(" ")} and ${numbers.length - 10} more`
