/** Exceeds the limit of a second for details once, on purpose: no refusal by it was published. */
import * as Effect from "effect/Effect"
import { type Answer, codeOf } from "./Answer.ts"
import { get, ofDetails, permitted, unknownId } from "./oneMeeting.ts"
import type { BasicProbes } from "./Probe.ts"
import { Undecided, type Unreachable } from "./Subject.ts"

/** The requests that are sent at once: enough above the documented 50 to be refused although they do not arrive together. */
export const secondRequests = 80

/** Requests the details of an id that nobody has, many times at once. Returns the first refusal. */
export const exhaustSecond = Effect.fnUntraced(function* (
  probes: BasicProbes,
): Effect.fn.Return<Answer, Undecided | Unreachable> {
  if (!probes.feishu.options.exhaustLimit) {
    return yield* new Undecided({ because: "the limit was not exceeded", give: "use --exhaust-limit" })
  }
  // Without the scope, a request that is over the limit is answered with that.
  yield* permitted(probes, unknownId, ofDetails)
  yield* probes.feishu.options.onWait(
    `exceeding the limit of a second: sending ${secondRequests} requests at once`,
  )
  const answers = yield* Effect.all(
    Array.from({ length: secondRequests - 1 }, () => get(probes, unknownId, true)),
    { concurrency: "unbounded" },
  )
  const refusal = answers.find((answer) => codeOf(answer) === 99991400)
  if (refusal === undefined) {
    return yield* new Undecided({
      because: `none of ${answers.length} requests was refused, which may have taken more than a second`,
    })
  }
  return refusal
})
