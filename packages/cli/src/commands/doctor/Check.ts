/** A check of the doctor: its name, and how it can end. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { FeishuError } from "@effect-feishu/core"
import { exitCodes, ofFeishu } from "../../failure/Fault.ts"
import * as Language from "../../language/Language.ts"

/** The names of the checks, in the order in which they run. */
export const names = [
  "node",
  "configuration",
  "proxy",
  "dns",
  "tls",
  "feishu",
  "clock",
  "account",
  "token",
  "scope",
  "page",
  "details",
  "recordings",
  "user-ids",
  "limit",
] as const
/** The name of a check. */
export type Name = (typeof names)[number]

/** The data that programs get in addition to the text. */
export type Facts = Readonly<Record<string, unknown>>

/** The report of a check that passed. */
export interface Passed {
  /** One line; more lines may follow. */
  readonly detail: string
  readonly lines?: ReadonlyArray<string>
  readonly facts?: Facts
}

/** The failure of a check that found a problem. */
export class CheckFailed extends Data.TaggedError("CheckFailed")<{
  readonly detail: string
  readonly remedy: string
  readonly logId?: string | undefined
  readonly exitCode: number
  readonly facts?: Facts
}> {}

/** The end of a check that was skipped, which is not a failure. */
export class CheckSkipped extends Data.TaggedError("CheckSkipped")<{ readonly detail: string }> {}

/** An effect that runs a check. If the check passes, it gives the values that later checks need, and its report. */
export type Check<A, R = never> = Effect.Effect<
  readonly [A, Passed],
  CheckFailed | CheckSkipped | FeishuError.FeishuError,
  R
>

/** How a check ended, as it is reported. */
export type Result = { readonly name: Name } & (
  | ({ readonly status: "ok" } & Passed)
  | {
      readonly status: "failed"
      readonly detail: string
      readonly remedy: string
      readonly logId: string | undefined
      readonly exitCode: number
      readonly facts: Facts | undefined
    }
  | { readonly status: "skipped"; readonly detail: string; readonly because: Name | undefined }
)

/** Fails with an error of the client as the problem that a check found. */
export const ofError = Effect.fnUntraced(function* (error: FeishuError.FeishuError) {
  const { exitCode, logId, meaning, remedy } = ofFeishu(error, yield* Language.CurrentLanguage)
  const { reason } = error
  const code = reason._tag === "TransportFailed" ? reason.systemCode : error.code
  return yield* new CheckFailed({
    detail: meaning,
    remedy,
    logId,
    exitCode,
    ...(code === undefined ? {} : { facts: { code } }),
  })
})

/** Makes a problem of the network. */
export const ofNetwork = (detail: string, remedy: string, facts: Facts = {}): CheckFailed =>
  new CheckFailed({ detail, remedy, exitCode: exitCodes.networkOrServer, facts })
