/** What ended a run early, as what is told of it and as an exit code. */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import { FeishuError } from "@effect-feishu/core"
import { Ended } from "./Ended.ts"
import { OutputFailed } from "./Output.ts"

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

/** With --keep-going: some numbers could not be read, and were told already; the others are there. */
export class NumbersFailed extends Data.TaggedError("NumbersFailed")<{
  readonly errors: ReadonlyArray<FeishuError.FeishuError>
}> {
  override get message(): string {
    const { length } = this.errors
    return `${length === 1 ? "1 number" : `${length} numbers`} could not be read to the end`
  }
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
  if (error instanceof Ended) return { reason: error._tag, message: "", exitCode: error.exitCode }
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
  if (error instanceof NumbersFailed) {
    const exitCode = Math.min(...error.errors.map(({ reason }) => exitCodeOfReason[reason._tag]))
    return { reason: error._tag, message: error.message, exitCode }
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
