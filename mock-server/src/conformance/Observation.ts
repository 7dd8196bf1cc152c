/** The observations of checks, and the answers that leave a check undecided. */
import * as Effect from "effect/Effect"
import { type Answer, codeOf, statusAndCode } from "./Answer.ts"
import { Undecided, type Unreachable } from "./Subject.ts"

/** The fact that a check observed, in the words of `Check.expected`, and the answers that show it. */
export interface Observation {
  readonly shape: string
  readonly answers: ReadonlyArray<Answer>
}

/** Returns an observation. */
export const observed = (shape: string, ...answers: ReadonlyArray<Answer>): Observation => ({
  shape,
  answers,
})

/** Returns the observation of an answer's status and code. */
export const observedCode = (answer: Answer): Observation => observed(statusAndCode(answer), answer)

/** The result of a check that needs the scope when the app lacks it. The check `scope-missing` reports that answer. */
export const scopeMissing = new Undecided({
  because: "the app lacks the scope",
  give: "grant the app one of the scopes",
})

/** Returns the answer if its code is 0. Any other answer leaves the check undecided; another check reports it. */
export const successful = (
  what: string,
  answer: Effect.Effect<Answer, Undecided | Unreachable>,
): Effect.Effect<Answer, Undecided | Unreachable> =>
  Effect.flatMap(answer, (answer) =>
    codeOf(answer) === 0
      ? Effect.succeed(answer)
      : Effect.fail(
          codeOf(answer) === 99991672
            ? scopeMissing
            : new Undecided({ because: `${what} was answered with ${statusAndCode(answer)}` }),
        ),
  )
