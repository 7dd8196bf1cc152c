/** The command `plan`, run: estimates the cost of a read. It sends nothing, and needs no credentials. */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { json } from "@effect-feishu/terminal/VisibleText"
import * as Language from "../../language/Language.ts"
import * as Estimate from "./Estimate.ts"
import * as Report from "./Report.ts"

/** The values of the flags and arguments of `plan`. */
interface Input extends Estimate.Given {
  readonly monthlyQuota: number | undefined
  readonly json: boolean
}

/** Estimates the cost of a read, and prints it. */
export const plan = Effect.fnUntraced(function* (input: Input) {
  const estimate = yield* Estimate.of(input)
  const text = input.json
    ? json(Report.forPrograms(estimate, input))
    : Report.inWords(estimate, input, yield* Language.CurrentLanguage)
  yield* Console.log(text)
})
