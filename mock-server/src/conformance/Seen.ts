/** What came, and when that settles nothing. */
import * as Effect from "effect/Effect"
import { type Answer, codeOf, outcome } from "./Answer.ts"
import { Undecided, type Unreachable } from "./Subject.ts"

/** What came, in the words of `Check.expected`, and the answers that show it. */
export interface Seen {
  readonly shape: string
  readonly answers: ReadonlyArray<Answer>
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
