/** A check: one request or a few, and what the mock says to them unless its switches are turned. */
import * as Effect from "effect/Effect"
import type * as PlainTypes from "../protocol/PublicTypes.ts"
import { type Answer, codeOf, outcome } from "./Answer.ts"
import { Undecided, type Unreachable } from "./Subject.ts"
import type { Probes } from "./Probes.ts"

/** Where a fact is known from, the least sure first. */
export const sources = ["inferred", "sdk", "wire", "doc"] as const

/** See {@link sources}. */
export type Source = (typeof sources)[number]

/** What came, in the words of {@link Check.expected}, and the answers that show it. */
export interface Seen {
  readonly shape: string
  readonly answers: ReadonlyArray<Answer>
}

/** One check. */
export interface Check {
  readonly id: string
  /** The row of FIDELITY.md that it settles. */
  readonly row: string
  readonly source: Source
  /** What is so, as a clause. */
  readonly what: string
  /** What is sent, in short. */
  readonly request: string
  /** The most requests that it sends. */
  readonly requests: number
  /** What the mock says. */
  readonly expected: string
  /** The switch of the mock's that this is about. */
  readonly switch?: keyof PlainTypes.Behaviour
  /** The flag with which the mock says what came instead. */
  readonly flag?: (shape: string) => string | undefined
  readonly see: (probes: Probes) => Effect.Effect<Seen, Undecided | Unreachable>
}

/** What came. */
export const seen = (shape: string, ...answers: ReadonlyArray<Answer>): Seen => ({ shape, answers })

/** What came is its status and code. */
export const seenOutcome = (answer: Answer): Seen => seen(outcome(answer), answer)

/** Another check tells of what came. */
export const scopeMissing = new Undecided({
  because: "the app lacks the scope",
  give: "grant the app one of the scopes",
})

/** An answer whose code is 0; without it nothing can be learned here, and another check tells of it. */
export const good = (
  what: string,
  answer: Effect.Effect<Answer, Undecided | Unreachable>,
): Effect.Effect<Answer, Undecided | Unreachable> =>
  Effect.flatMap(answer, (answer) =>
    codeOf(answer) === 0
      ? Effect.succeed(answer)
      : Effect.fail(
          codeOf(answer) === 99991672
            ? scopeMissing
            : new Undecided({ because: `${what} was answered with ${outcome(answer)}` }),
        ),
  )
