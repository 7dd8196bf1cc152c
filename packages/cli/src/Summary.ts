/** How a run ended: the last line on standard error. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { exitCodes, type Fault, faultOf } from "./Fault.ts"
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
  // A run that read nothing has nothing to go on from: the same command starts it again.
  const readNothing = run.pages === 0 && !run.resumed
  const cursor =
    fault?.exitCode === exitCodes.badInput || (fault !== undefined && readNothing) ? undefined : run.cursor
  const status =
    fault === undefined ? (run.ended ?? "complete") : cursor === undefined ? "failed" : "incomplete"

  if (fault !== undefined && fault.reason !== "Stopped") yield* stderr.line(`error: ${fault.message}`)
  const hints = cursor === undefined ? [] : Resume.lines(run, cursor)
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
          cursor,
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

const inWords = (run: State, status: string, fault: Fault | undefined, resumable: boolean): string => {
  const counts = [
    many(run.rows, "meeting"),
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
    ...(resumable ? ["resume with the --cursor above"] : []),
  ]
  return [`${status}: ${counts}`, ...rest].join("; ")
}
