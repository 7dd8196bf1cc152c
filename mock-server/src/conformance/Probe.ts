/** A probe is a request to the Feishu under test that checks share. The basic ones: its token, its range, and a page. */
import type * as Effect from "effect/Effect"
import type { Answer } from "./Answer.ts"
import type { Feishu, Undecided, Unreachable } from "./Subject.ts"

/** A value that requests find out, or the reason why they cannot. */
export type Probe<A> = Effect.Effect<A, Undecided | Unreachable>

/** The probes that every request for meetings needs. */
export interface BasicProbes {
  readonly feishu: Feishu
  /** The `Authorization` of requests that do not test it. */
  readonly authorization: Probe<string>
  /** The meeting number, and the 89 days before now in unix seconds. */
  readonly range: Effect.Effect<{ readonly meetingNo: string; readonly from: number; readonly to: number }>
  /** Requests meetings. `change` replaces or adds fields of the query; `undefined` removes one. */
  readonly list: (change: Record<string, string | undefined>, atOnce?: boolean) => Probe<Answer>
  /** The first page of 50 in the range; fails when the answer is not a page. */
  readonly firstPage: Probe<Answer>
}
