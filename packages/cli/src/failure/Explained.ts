/** A failure that the command has put into words itself, since no library has them in both languages. */
import * as Data from "effect/Data"
import type { Explanation } from "../language/Chinese.ts"

/** The failure: what happened, what to do, and the exit code. */
export class Explained extends Data.TaggedError("Explained")<{
  /** What happened, for programs. */
  readonly reason: string
  readonly explanation: Explanation
  readonly exitCode: number
}> {}
