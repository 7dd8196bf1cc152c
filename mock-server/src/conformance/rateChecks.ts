/** Checks of the answers over the rate limit, and over the monthly quota. */
import { ResponseHeaders } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Behaviour from "../protocol/Behaviour.ts"
import { type Answer, namesOf, writtenAs } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { observed, observedCode } from "./Observation.ts"
import { limitOf } from "./exhaustLimit.ts"
import { Undecided, type Unreachable } from "./Subject.ts"
import type { Probes } from "./Probes.ts"

const { defaults } = Behaviour

/** Returns a refusal: one that no check provoked, if there was one. */
const refusalOf = (probes: Probes): Effect.Effect<Answer, Undecided | Unreachable> =>
  Effect.suspend(() => {
    const [unprovoked] = probes.feishu.refusals
    if (unprovoked !== undefined) return Effect.succeed(unprovoked)
    return Effect.flatMap(probes.exhaustedLimit, ({ refusal }) =>
      refusal === undefined
        ? Effect.fail(new Undecided({ because: "no request was refused" }))
        : Effect.succeed(refusal),
    )
  })

const headerNames = [ResponseHeaders.rateLimitLimit, ResponseHeaders.rateLimitReset]

const request = "GET a page of 1, more often than the limit allows"

const secondRequest = "GET the details of an id that nobody has, 80 times at once"

/** True for a limit that is not that of a second, of which 50 are documented. */
const isOfMinute = (limit: number): boolean => limit >= 500

/** The checks, in the order in which they run. */
export const rateChecks: ReadonlyArray<Check> = [
  {
    id: "rate-limit",
    row: "rateLimit",
    source: "doc",
    what: "100 requests pass in a minute",
    request,
    requests: 0,
    expected: String(defaults.rateLimit),
    switch: "rateLimit",
    flag: (shape) => `--rate-limit ${/^\d+$/.test(shape) ? shape : "off"}`,
    observe: (probes) => {
      const [unprovoked] = probes.feishu.refusals
      const limit = unprovoked === undefined ? undefined : limitOf(unprovoked)
      if (unprovoked !== undefined && limit !== undefined)
        return Effect.succeed(observed(String(limit), unprovoked))
      return Effect.map(probes.exhaustedLimit, ({ passed, refusal, unknownToken }) =>
        refusal === undefined
          ? observed(`more than ${passed}`, unknownToken)
          : observed(String(limitOf(refusal) ?? passed), refusal),
      )
    },
  },
  {
    id: "rate-window",
    row: "rateWindow",
    source: "inferred",
    what: "a window starts with the first request",
    request,
    requests: 0,
    expected: defaults.rateWindow,
    switch: "rateWindow",
    flag: (shape) =>
      Behaviour.Behaviour.fields.rateWindow.literals.some((each) => each === shape)
        ? `--rate-window ${shape}`
        : undefined,
    observe: Effect.fnUntraced(function* ({ exhaustedLimit }) {
      const { refusal, window } = yield* exhaustedLimit
      if (refusal === undefined || window === undefined) {
        return yield* new Undecided({
          because: "no refusal names a reset, or the limit is too small to show it",
        })
      }
      return observed(window, refusal)
    }),
  },
  {
    id: "rate-status",
    row: "rateStatus",
    source: "doc",
    what: "over the limit: HTTP status 429",
    request,
    requests: 0,
    expected: String(defaults.rateStatus),
    switch: "rateStatus",
    flag: (shape) => (shape === "400" || shape === "429" ? `--rate-status ${shape}` : undefined),
    observe: (probes) =>
      Effect.map(refusalOf(probes), (refusal) => observed(String(refusal.status), refusal)),
  },
  {
    id: "rate-answer",
    row: "99991400",
    source: "doc",
    what: "over the limit: two headers, and no error",
    request,
    requests: 0,
    expected: `code, msg; ${ResponseHeaders.rateLimitLimit}, ${ResponseHeaders.rateLimitReset}`,
    observe: (probes) =>
      Effect.map(refusalOf(probes), (refusal) =>
        observed(
          `${namesOf(refusal.json).join(", ")}; ${headerNames.filter((name) => refusal.headers[name] !== undefined).join(", ") || "no headers"}`,
          refusal,
        ),
      ),
  },
  {
    id: "rate-header-names",
    row: "rate-header-names",
    source: "doc",
    what: "over the limit: both header names in lower case",
    request,
    requests: 0,
    expected: headerNames.join(", "),
    observe: (probes) =>
      Effect.map(refusalOf(probes), (refusal) => observed(writtenAs(refusal, headerNames), refusal)),
  },
  {
    id: "rate-after-fields",
    row: "99991400",
    source: "inferred",
    what: "wrong fields are answered before the limit",
    request: `${request}; then without a query`,
    requests: 0,
    expected: "400 code 99992402",
    observe: (probes) =>
      Effect.andThen(
        refusalOf(probes),
        Effect.map(probes.exhaustedLimit, ({ wrongFields }) => observedCode(wrongFields)),
      ),
  },
  {
    id: "rate-after-token",
    row: "99991400",
    source: "inferred",
    what: "an unknown token is answered before the limit",
    request: `${request}; then with an unknown token`,
    requests: 0,
    expected: "400 code 99991663",
    observe: (probes) =>
      Effect.andThen(
        refusalOf(probes),
        Effect.map(probes.exhaustedLimit, ({ unknownToken }) => observedCode(unknownToken)),
      ),
  },
  {
    id: "rate-second",
    row: "rateLimitPerSecond",
    source: "doc",
    what: "50 requests for details pass in a second",
    request: secondRequest,
    requests: 0,
    expected: String(defaults.rateLimitPerSecond),
    switch: "rateLimitPerSecond",
    flag: (shape) => (/^\d+$/.test(shape) ? `--rate-limit-per-second ${shape}` : undefined),
    observe: ({ exhaustedSecond }) =>
      Effect.flatMap(exhaustedSecond, (refusal) => {
        const limit = limitOf(refusal)
        return limit === undefined || isOfMinute(limit)
          ? Effect.fail(new Undecided({ because: "the refusal does not name the limit of a second" }))
          : Effect.succeed(observed(String(limit), refusal))
      }),
  },
  {
    id: "rate-headers",
    row: "rateHeaders",
    source: "inferred",
    what: "a refusal by the second names that limit, and 1 second",
    request: secondRequest,
    requests: 0,
    expected: defaults.rateHeaders,
    switch: "rateHeaders",
    flag: (shape) => (shape === "longest" ? "--rate-headers longest" : undefined),
    observe: ({ exhaustedSecond }) =>
      Effect.map(exhaustedSecond, (refusal) => {
        const limit = limitOf(refusal)
        if (limit === undefined) return observed("no limit", refusal)
        if (isOfMinute(limit)) return observed("longest", refusal)
        const reset = refusal.headers[ResponseHeaders.rateLimitReset] ?? "none"
        return observed(reset === "1" ? "refuses" : `the limit of the second, reset ${reset}`, refusal)
      }),
  },
  {
    id: "monthly-quota",
    row: "monthlyQuota",
    source: "doc",
    what: "there is no monthly quota of calls",
    request: "all requests",
    requests: 0,
    expected: "no refusal",
    switch: "monthlyQuota",
    flag: () => "--monthly-quota N",
    observe: ({ feishu }) => {
      const refusal = feishu.quotaRefusal()
      return refusal === undefined
        ? Effect.fail(
            new Undecided({ because: `these ${feishu.requests()} requests did not use up a quota` }),
          )
        : Effect.succeed(observedCode(refusal))
    },
  },
]
