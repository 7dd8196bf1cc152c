/** Runs all checks against one Feishu, one after the other. */
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type Answer, codeOf, logIdOf, statusAndCode, redirectOf, shapeOf } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { exhaustRequests, exhaustSeconds } from "./exhaustLimit.ts"
import { secondRequests } from "./exhaustSecond.ts"
import * as Subject from "./Subject.ts"
import { authorizationChecks } from "./authorizationChecks.ts"
import { headerChecks } from "./headerChecks.ts"
import { meetingChecks } from "./meetingChecks.ts"
import { pageChecks } from "./pageChecks.ts"
import { pathChecks } from "./pathChecks.ts"
import * as Probes from "./Probes.ts"
import { queryChecks } from "./queryChecks.ts"
import { rangeChecks } from "./rangeChecks.ts"
import { rateChecks } from "./rateChecks.ts"
import { tokenChecks } from "./tokenChecks.ts"

/** Every check, in the order in which they run. */
export const checks: ReadonlyArray<Check> = [
  ...tokenChecks,
  ...headerChecks,
  ...pathChecks,
  ...authorizationChecks,
  ...queryChecks,
  ...pageChecks,
  ...rangeChecks,
  ...meetingChecks,
  ...rateChecks,
]

/** The most requests, except those that exceed the limit. */
export const mostRequests = 120

/** The requests that exceed the limits. */
const requestsOverLimit = exhaustRequests + secondRequests

/** The result of a check. */
export type Verdict =
  | { readonly check: Check; readonly verdict: "as here" }
  | {
      readonly check: Check
      readonly verdict: "differs"
      readonly came: string
      /** The flag with which the mock answers the same. */
      readonly flag: string | undefined
      readonly logIds: ReadonlyArray<string>
      /** Status and shape of the body of each answer that shows the difference. */
      readonly shapes: ReadonlyArray<string>
    }
  | {
      readonly check: Check
      readonly verdict: "not decided"
      readonly because: string
      readonly give: string | undefined
      /** True when there was no answer. */
      readonly lost: boolean
    }

/** The result of a run. */
export interface Outcome {
  readonly results: ReadonlyArray<Verdict>
  readonly requests: number
  readonly seconds: number
}

/** The failure when Feishu refuses the credentials: no check could be decided. */
export class Refused extends Data.TaggedError("Refused")<{
  readonly what: "app" | "token"
  readonly outcome: string
}> {}

/** The failure when the base URL redirects, so it is not Feishu's API: every check would differ. */
export class Redirected extends Data.TaggedError("Redirected")<{
  /** The host of the redirect, or "another path". */
  readonly to: string
}> {}

/** Returns the most requests that a run sends, and how long it takes. */
export const plan = (options: { readonly exhaustLimit: boolean; readonly pauseMillis: number }) => {
  const planned = checks.reduce((sum, { requests }) => sum + requests, 0)
  const seconds = (planned * options.pauseMillis) / 1000
  return options.exhaustLimit
    ? { requests: planned + requestsOverLimit, seconds: seconds + exhaustSeconds }
    : { requests: planned, seconds }
}

const tokenCodes = [99991661, 99991663, 99991664, 99991665, 99991668, 99991671, 99991677]

/** Runs all checks. */
export const run = Effect.fnUntraced(function* (
  options: Omit<Subject.Options, "atMost">,
): Effect.fn.Return<Outcome, Refused | Redirected | Subject.Unreachable> {
  const begun = yield* Clock.currentTimeMillis
  const feishu = Subject.make({
    ...options,
    atMost: mostRequests + (options.exhaustLimit ? requestsOverLimit : 0),
  })
  const probes = yield* Probes.make(feishu)
  yield* admitted(probes).pipe(Effect.catchTag("Undecided", () => Effect.void))
  const results: Array<Verdict> = []
  for (const check of checks) results.push(yield* resultOf(check, probes))
  const seconds = Math.round(((yield* Clock.currentTimeMillis) - begun) / 1000)
  return { results, requests: feishu.requests(), seconds }
})

/** Tries the credentials first, and finds out Feishu's time. */
const admitted = Effect.fnUntraced(function* (probes: Probes.Probes) {
  if (probes.feishu.options.credentials.token === undefined) {
    const answer = yield* probes.tokenAnswer
    yield* notRedirected(answer)
    if (codeOf(answer) !== 0) return yield* new Refused({ what: "app", outcome: statusAndCode(answer) })
  } else {
    yield* notRedirected(yield* probes.noFields)
  }
  const answer = yield* probes.firstAnswer
  if (tokenCodes.includes(codeOf(answer) ?? 0)) {
    return yield* new Refused({ what: "token", outcome: statusAndCode(answer) })
  }
})

const notRedirected = (answer: Answer): Effect.Effect<void, Redirected> => {
  const to = redirectOf(answer)
  return to === undefined ? Effect.void : Effect.fail(new Redirected({ to }))
}

const resultOf = Effect.fnUntraced(function* (
  check: Check,
  probes: Probes.Probes,
): Effect.fn.Return<Verdict> {
  const result = yield* Effect.result(check.observe(probes))
  if (Result.isFailure(result)) {
    const error = result.failure
    return error._tag === "Undecided"
      ? { check, verdict: "not decided", because: error.because, give: error.give, lost: false }
      : {
          check,
          verdict: "not decided",
          because: `there was no answer (${error.code})`,
          give: "try again",
          lost: true,
        }
  }
  const { answers, shape } = result.success
  if (shape === check.expected) return { check, verdict: "as here" }
  return {
    check,
    verdict: "differs",
    came: shape,
    flag: check.flag?.(shape),
    logIds: answers.map(logIdOf).filter((id) => id !== undefined),
    shapes: [...new Set(answers.map((answer) => `${answer.status} ${shapeOf(answer)}`))].slice(0, 4),
  }
})
