/** One thing that is looked at, and what came of it. */
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type { FeishuError } from "@effect-feishu/core"
import { exitCodes, ofFeishu } from "../../failure/Fault.ts"
import * as Language from "../../language/Language.ts"

/** What is looked at, in this order. */
export const names = [
  "node",
  "configuration",
  "proxy",
  "dns",
  "tls",
  "feishu",
  "clock",
  "token",
  "scope",
  "page",
  "limit",
] as const
/** Its name. */
export type Name = (typeof names)[number]

/** What programs want to know of it, beside the words. */
export type Facts = Readonly<Record<string, unknown>>

/** It is as it should be. */
export interface Fine {
  /** In a line; more lines may follow. */
  readonly detail: string
  readonly lines?: ReadonlyArray<string>
  readonly facts?: Facts
}

/** It is not. */
export class Unwell extends Data.TaggedError("Unwell")<{
  readonly detail: string
  readonly remedy: string
  readonly logId?: string | undefined
  readonly exitCode: number
  readonly facts?: Facts
}> {}

/** It was not looked at, for a reason that is none to worry. */
export class NotNeeded extends Data.TaggedError("NotNeeded")<{ readonly detail: string }> {}

/** What came of it. */
export type Result = { readonly name: Name } & (
  | ({ readonly status: "ok" } & Fine)
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

/** An error of the client as what is unwell. */
export const ofError = Effect.fnUntraced(function* (error: FeishuError.FeishuError) {
  const { exitCode, logId, meaning, remedy } = ofFeishu(error, yield* Language.CurrentLanguage)
  const { reason } = error
  const code = reason._tag === "TransportFailed" ? reason.systemCode : error.code
  return yield* new Unwell({
    detail: meaning,
    remedy,
    logId,
    exitCode,
    ...(code === undefined ? {} : { facts: { code } }),
  })
})

/** Of the network. */
export const ofNetwork = (detail: string, remedy: string, facts: Facts = {}): Unwell =>
  new Unwell({ detail, remedy, exitCode: exitCodes.networkOrServer, facts })
