/** The faults that end a command early, with their messages and exit codes. */
import * as Cause from "effect/Cause"
import * as CliError from "effect/cli/CliError"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import { FeishuError } from "@effect-feishu/core"
import * as CommandLineMistakes from "@effect-feishu/terminal/CommandLineMistakes"
import { shortened } from "@effect-feishu/terminal/Shortened"
import { CommandEnded } from "./CommandEnded.ts"
import type { Explanation } from "../language/Chinese.ts"
import { Explained } from "./Explained.ts"
import { explain } from "./explain.ts"
import * as Language from "../language/Language.ts"
import { OutputFailed } from "../output/Output.ts"
import { withoutSecrets } from "../console/KnownSecrets.ts"
import * as SystemError from "../language/SystemError.ts"
import { json } from "@effect-feishu/terminal/VisibleText"
import { many } from "../language/phrases.ts"

/** The exit codes, by what ended the run. */
export const exitCodes = {
  complete: 0,
  refused: 1,
  badInput: 2,
  tokenScopeOrApp: 3,
  networkOrServer: 4,
  defect: 5,
  outputFailed: 6,
  contract: 7,
  SIGHUP: 129,
  SIGINT: 130,
  // Ctrl-Break is a second Ctrl-C of Windows.
  SIGBREAK: 130,
  SIGTERM: 143,
} as const

/** The exit code for an error of the client. */
export const exitCodeOf = ({ reason }: FeishuError.FeishuError): number => exitCodeOfReason[reason._tag]

const exitCodeOfReason: Record<FeishuError.Reason["_tag"], number> = {
  InvalidRequest: exitCodes.badInput,
  CursorUnusable: exitCodes.badInput,
  TransportFailed: exitCodes.networkOrServer,
  ServerFailed: exitCodes.networkOrServer,
  RateLimited: exitCodes.networkOrServer,
  QuotaExceeded: exitCodes.refused,
  RequestRefused: exitCodes.refused,
  RangeTooOld: exitCodes.refused,
  Redirected: exitCodes.contract,
  AuthenticationFailed: exitCodes.tokenScopeOrApp,
  AppTicketMissing: exitCodes.tokenScopeOrApp,
  SignInRequired: exitCodes.tokenScopeOrApp,
  SignInFailed: exitCodes.tokenScopeOrApp,
  LoginStoreFailed: exitCodes.tokenScopeOrApp,
  PermissionDenied: exitCodes.tokenScopeOrApp,
  ContractViolation: exitCodes.contract,
  PaginationBroken: exitCodes.contract,
}

/** A fault that ended a run early. */
export interface Fault extends Explanation {
  /** The tag of the error's reason, `OutputFailed`, `Stopped` (by a signal) or `Defect`. */
  readonly reason: string
  /** Feishu's code. */
  readonly code?: number | undefined
  readonly logId?: string | undefined
  readonly exitCode: number
}

/** The fault of a run with --keep-going: some numbers could not be read, which was reported; the others are in the output. */
export class NumbersFailed extends Data.TaggedError("NumbersFailed")<{
  readonly errors: ReadonlyArray<FeishuError.FeishuError>
}> {}

/** The fault of a list that is complete except for a time that Feishu no longer shows, which was reported. */
export class TimeUnreachable extends Data.TaggedError("TimeUnreachable") {}

/** Returns what ended a command early. */
export const faultOf = (cause: Cause.Cause<unknown>, language: Language.Language = "en"): Fault => {
  const say = words[language]
  if (Cause.hasInterruptsOnly(cause)) {
    return { reason: "Stopped", meaning: say.stopped, remedy: "", exitCode: exitCodes.SIGINT }
  }
  const error = Cause.squash(cause)
  if (error instanceof FeishuError.FeishuError) return ofFeishu(error, language)
  if (error instanceof CommandEnded) {
    return { reason: error._tag, meaning: "", remedy: "", exitCode: error.exitCode }
  }
  if (error instanceof Explained) {
    return { reason: error.reason, ...error.explanation, exitCode: error.exitCode }
  }
  if (CliError.isCliError(error)) return badInput(ofCommandLine(error, language, say.nothingSent))
  if (error instanceof Config.ConfigError) {
    return badInput({ meaning: say.configWrong(inOneLine(error.cause.message)), remedy: say.correctConfig })
  }
  if (error instanceof NumbersFailed) {
    // Not `Math.min(...)`: there may be more errors than the most arguments of a call.
    const exitCode = error.errors.reduce(
      (lowest, error) => Math.min(lowest, exitCodeOf(error)),
      Number.POSITIVE_INFINITY,
    )
    return { reason: error._tag, meaning: say.numbersFailed(error.errors.length), remedy: "", exitCode }
  }
  if (error instanceof TimeUnreachable) {
    return { reason: error._tag, meaning: say.unreachable, remedy: "", exitCode: exitCodes.refused }
  }
  if (error instanceof OutputFailed) {
    const { code, flag, target } = error
    const name = target === "standard output" ? say.stdout : target
    return {
      reason: error._tag,
      meaning: `${name}${say.colon}${SystemError.inWords(code, language)}`,
      remedy: SystemError.isFull(code) ? say.makeRoom(flag) : say.elsewhere(flag),
      exitCode: exitCodes.outputFailed,
    }
  }
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { reason: "Defect", meaning: what, remedy: say.bug, exitCode: exitCodes.defect }
}

/** Returns an error of the client as a fault. */
export const ofFeishu = (error: FeishuError.FeishuError, language: Language.Language): Fault => {
  const { code, logId, reason } = error
  const exitCode = exitCodeOf(error)
  return { reason: reason._tag, ...explain(error, language), code, logId, exitCode }
}

/** Returns what happened, where and what to do in one text, for programs. */
export const messageOf = ({ meaning, remedy, where }: Fault, language: Language.Language): string => {
  const { brackets, stop } = words[language]
  const what = where === undefined ? meaning : `${meaning}${brackets(where)}`
  return [what, ...(remedy === "" ? [] : [remedy])].join(stop)
}

const badInput = (explanation: Explanation): Fault => ({
  reason: "InvalidRequest",
  ...explanation,
  exitCode: exitCodes.badInput,
})

const inOneLine = (text: string): string => text.replace(/\n\n\s*/g, ". ").replace(/\s*\n\s*/g, " ")

const ofCommandLine = (
  error: CliError.CliError,
  language: Language.Language,
  nothingSent: string,
): Explanation => {
  const invocation = error._tag === "ShowHelp" ? error : { commandPath: ["feishu-meetings"], errors: [error] }
  const { meaning, remedy } = CommandLineMistakes.describe(invocation, { language, masked: withoutSecrets })
  return { meaning: `${meaning}${nothingSent}`, remedy }
}

/** Returns all details of what ended a command, for `--verbose`, line by line: names and values as they are in code. */
export const detailsOf = (cause: Cause.Cause<unknown>): ReadonlyArray<string> => {
  if (Cause.hasInterruptsOnly(cause)) return []
  const error = Cause.squash(cause)
  if (error instanceof FeishuError.FeishuError) return detailsOfFeishu(error)
  if (error instanceof NumbersFailed) return error.errors.flatMap(detailsOfFeishu)
  // These errors have no further details: their message says everything.
  if (
    CliError.isCliError(error) ||
    error instanceof Explained ||
    error instanceof OutputFailed ||
    error instanceof TimeUnreachable
  ) {
    return []
  }
  const lines: Array<string> = []
  // Errors that cause each other in a circle are a bug, too.
  for (let at = error, depth = 0; at instanceof Error && depth < 8; at = at.cause, depth++) {
    // A message may have any number of lines, and comes before those of the stack.
    const [first = "", ...others] = shortened(withoutSecrets(at.stack ?? String(at)), 10_000).split("\n")
    lines.push(depth === 0 ? first : `cause: ${first}`, ...others)
  }
  return lines
}

const detailsOfFeishu = (error: FeishuError.FeishuError): ReadonlyArray<string> => {
  const { isRetryable, leftAloneSeconds, operation, position, reason, requests, retryBudgetSpent } = error
  const { _tag, ...fields } = reason
  return Object.entries({
    reason: `${_tag} ${json(fields)}`,
    operation,
    position,
    requests,
    isRetryable,
    retryBudgetSpent,
    leftAloneSeconds,
  }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${value}`]))
}

const words = Language.words({
  en: {
    stopped: "stopped by a signal",
    numbersFailed: (numbers: number) => `${many(numbers, "number")} could not be read to the end`,
    unreachable: "a part of the range is now more than 90 days ago, and Feishu no longer shows it",
    stop: ". ",
    brackets: (text: string) => ` (${text})`,
    nothingSent: ". Nothing was sent",
    configWrong: (problem: string) => `the environment: ${problem}. Nothing was sent`,
    correctConfig: "Correct the variable.",
    stdout: "standard output",
    colon: ": ",
    makeRoom: (flag: string) => `Free some space there, or write elsewhere with ${flag}.`,
    elsewhere: (flag: string) => `Write elsewhere with ${flag}.`,
    bug: "This is a bug in feishu-meetings: please report it as an issue of effect-feishu, with this line and the command.",
  },
  zh: {
    stopped: "被信号中止",
    numbersFailed: (numbers) => `${numbers} 个会议号未能读完`,
    unreachable: "时间范围的一部分现已早于 90 天前，飞书不再显示",
    stop: "。",
    brackets: (text) => `（${text}）`,
    nothingSent: "。未发送任何请求",
    configWrong: (problem) => `环境变量有误：${problem}。未发送任何请求`,
    correctConfig: "请更正该变量。",
    stdout: "标准输出",
    colon: "：",
    makeRoom: (flag) => `请腾出空间，或用 ${flag} 写到别处。`,
    elsewhere: (flag) => `请用 ${flag} 写到别处。`,
    bug: "这是 feishu-meetings 的 bug：请附上此行与所用命令，向 effect-feishu 提交 issue。",
  },
})
