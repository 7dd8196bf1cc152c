/** What is said over the rate limit, and over the quota of the month. */
import { ResponseHeaders } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Behaviour from "../state/Behaviour.ts"
import { type Answer, namesOf, writtenAs } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { seen, seenOutcome } from "./Seen.ts"
import { limitOf } from "./exhaustLimit.ts"
import { Undecided, type Unreachable } from "./Subject.ts"
import type { Probes } from "./Probes.ts"

const { defaults } = Behaviour

/** A refusal: one that came by the way will do. */
const refusalOf = (probes: Probes): Effect.Effect<Answer, Undecided | Unreachable> =>
  Effect.suspend(() => {
    const [byTheWay] = probes.feishu.refusals
    if (byTheWay !== undefined) return Effect.succeed(byTheWay)
    return Effect.flatMap(probes.exhausted, ({ refusal }) =>
      refusal === undefined
        ? Effect.fail(new Undecided({ because: "nothing was refused" }))
        : Effect.succeed(refusal),
    )
  })

const headerNames = [ResponseHeaders.rateLimitLimit, ResponseHeaders.rateLimitReset]

const request = "GET a page of 1, more often than the limit allows"

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
    see: (probes) => {
      const [byTheWay] = probes.feishu.refusals
      const limit = byTheWay === undefined ? undefined : limitOf(byTheWay)
      if (byTheWay !== undefined && limit !== undefined) return Effect.succeed(seen(String(limit), byTheWay))
      return Effect.map(probes.exhausted, ({ passed, refusal, unknownToken }) =>
        refusal === undefined
          ? seen(`more than ${passed}`, unknownToken)
          : seen(String(limitOf(refusal) ?? passed), refusal),
      )
    },
  },
  {
    id: "rate-window",
    row: "rateWindow",
    source: "inferred",
    what: "requests are counted from the first one on",
    request,
    requests: 0,
    expected: defaults.rateWindow,
    switch: "rateWindow",
    flag: (shape) =>
      Behaviour.Behaviour.fields.rateWindow.literals.some((each) => each === shape)
        ? `--rate-window ${shape}`
        : undefined,
    see: Effect.fnUntraced(function* ({ exhausted }) {
      const { refusal, window } = yield* exhausted
      if (refusal === undefined || window === undefined) {
        return yield* new Undecided({
          because: "there is no refusal that names a reset, or the limit is too small to tell",
        })
      }
      return seen(window, refusal)
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
    see: (probes) => Effect.map(refusalOf(probes), (refusal) => seen(String(refusal.status), refusal)),
  },
  {
    id: "rate-answer",
    row: "99991400",
    source: "doc",
    what: "over the limit: two headers, and no error",
    request,
    requests: 0,
    expected: `code, msg; ${ResponseHeaders.rateLimitLimit}, ${ResponseHeaders.rateLimitReset}`,
    see: (probes) =>
      Effect.map(refusalOf(probes), (refusal) =>
        seen(
          `${namesOf(refusal.json).join(", ")}; ${headerNames.filter((name) => refusal.headers[name] !== undefined).join(", ") || "no headers"}`,
          refusal,
        ),
      ),
  },
  {
    id: "rate-header-names",
    row: "rate-header-names",
    source: "doc",
    what: "over the limit: both names in lower case",
    request,
    requests: 0,
    expected: headerNames.join(", "),
    see: (probes) =>
      Effect.map(refusalOf(probes), (refusal) => seen(writtenAs(refusal, headerNames), refusal)),
  },
  {
    id: "rate-after-fields",
    row: "99991400",
    source: "inferred",
    what: "wrong fields are told of before the limit",
    request: `${request}; then without a query`,
    requests: 0,
    expected: "400 code 99992402",
    see: (probes) =>
      Effect.andThen(
        refusalOf(probes),
        Effect.map(probes.exhausted, ({ wrongFields }) => seenOutcome(wrongFields)),
      ),
  },
  {
    id: "rate-after-token",
    row: "99991400",
    source: "inferred",
    what: "an unknown token is told of before the limit",
    request: `${request}; then with an unknown token`,
    requests: 0,
    expected: "400 code 99991663",
    see: (probes) =>
      Effect.andThen(
        refusalOf(probes),
        Effect.map(probes.exhausted, ({ unknownToken }) => seenOutcome(unknownToken)),
      ),
  },
  {
    id: "monthly-quota",
    row: "monthlyQuota",
    source: "doc",
    what: "calls of a month are not bounded",
    request: "all of them",
    requests: 0,
    expected: "no refusal",
    switch: "monthlyQuota",
    flag: () => "--monthly-quota N",
    see: ({ feishu }) => {
      const refusal = feishu.quotaRefusal()
      return refusal === undefined
        ? Effect.fail(
            new Undecided({ because: `these ${feishu.requests()} requests did not use up a quota` }),
          )
        : Effect.succeed(seenOutcome(refusal))
    },
  },
]
