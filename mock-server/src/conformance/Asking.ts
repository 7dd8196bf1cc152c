/** What every question needs: a Feishu, who asks, and which meetings it is about. */
import type * as Effect from "effect/Effect"
import type { Answer } from "./Answer.ts"
import type { Feishu, Undecided, Unreachable } from "./Subject.ts"

/** Something that is asked for, or why it cannot be. */
export type Asked<A> = Effect.Effect<A, Undecided | Unreachable>

/** The least that is needed to ask for meetings. */
export interface Asking {
  readonly feishu: Feishu
  /** The `Authorization` of everything that is not about it. */
  readonly authorization: Asked<string>
  /** The number, and the 89 days until now, in unix seconds. */
  readonly range: Effect.Effect<{ readonly meetingNo: string; readonly from: number; readonly to: number }>
  /** Asks for meetings: `change` replaces or adds fields, `undefined` drops one. */
  readonly list: (change: Record<string, string | undefined>, atOnce?: boolean) => Asked<Answer>
  /** The first page of 50 of the range, when it is a page. */
  readonly firstPage: Asked<Answer>
}
