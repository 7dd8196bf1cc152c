/** How a run ended: the last line on standard error, and the exit code. */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { FeishuError } from "@effect-feishu/core"
import { OutputFailed } from "./Output.ts"
import * as Resume from "./Resume.ts"
import { many, Run, type State } from "./Run.ts"
import { showable, Stderr } from "./Stderr.ts"
import { json } from "./VisibleText.ts"

/** The exit codes, by what ended the run. */
export const exitCodes = {
  complete: 0,
  refused: 1,
  badInput: 2,
  tokenScopeOrApp: 3,
  networkOrServer: 4,
  defect: 5,
  stopped: 6,
  contract: 7,
  SIGINT: 130,
  SIGTERM: 143,
} as const

const exitCodeOfReason: Record<FeishuError.Reason["_tag"], number> = {
  InvalidRequest: exitCodes.badInput,
  TransportFailed: exitCodes.networkOrServer,
  ServerFailed: exitCodes.networkOrServer,
  RateLimited: exitCodes.networkOrServer,
  QuotaExceeded: exitCodes.refused,
  RequestRefused: exitCodes.refused,
  RangeTooOld: exitCodes.refused,
  AuthenticationFailed: exitCodes.tokenScopeOrApp,
  AppTicketMissing: exitCodes.tokenScopeOrApp,
  PermissionDenied: exitCodes.tokenScopeOrApp,
  ContractViolation: exitCodes.contract,
  PaginationBroken: exitCodes.contract,
}

/** What ended a run early. */
export interface Fault {
  /** The tag of the error's reason, `OutputFailed`, `Stopped` (by a signal) or `Defect`. */
  readonly reason: string
  readonly message: string
  /** Feishu's code. */
  readonly code?: number | undefined
  readonly logId?: string | undefined
  readonly exitCode: number
}

/** Finds out what ended a run early. */
export const faultOf = (cause: Cause.Cause<unknown>): Fault => {
  if (Cause.hasInterruptsOnly(cause)) {
    return { reason: "Stopped", message: "stopped by a signal", exitCode: exitCodes.SIGINT }
  }
  const error = Cause.squash(cause)
  if (error instanceof FeishuError.FeishuError) {
    const { code, logId, message, reason } = error
    return { reason: reason._tag, message, code, logId, exitCode: exitCodeOfReason[reason._tag] }
  }
  if (CliError.isCliError(error)) {
    const problems = error._tag === "ShowHelp" ? error.errors.map(({ message }) => message) : [error.message]
    return badInput(
      `${problems.map(inOneLine).join("; ")}. Nothing was sent. See feishu-meetings list --help.`,
    )
  }
  if (error instanceof Config.ConfigError) {
    return badInput(
      `the environment: ${inOneLine(error.cause.message)}. Nothing was sent. Correct the variable.`,
    )
  }
  if (error instanceof OutputFailed) {
    return { reason: error._tag, message: error.message, exitCode: exitCodes.stopped }
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return {
    reason: "Defect",
    message: `${what}. This is a bug of feishu-meetings: please report it as an issue of effect-feishu, with this line and the command.`,
    exitCode: exitCodes.defect,
  }
}

const inOneLine = (text: string): string => text.replace(/\n\n\s*/g, ". ").replace(/\s*\n\s*/g, " ")

const badInput = (message: string): Fault => ({
  reason: "InvalidRequest",
  message,
  exitCode: exitCodes.badInput,
})

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
