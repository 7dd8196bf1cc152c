/** Checks of the headers of answers, and of the body of a failure, which repeats one of them. */
import { ResponseHeaders, TenantAccessToken } from "@effect-feishu/contract"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Answer, codeOf, logIdOf, member, namesOf, statusAndCode, writtenAs } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { unknownPath } from "./pathChecks.ts"
import { type Observation, observed } from "./Observation.ts"
import { Undecided } from "./Subject.ts"

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
const logIdPattern = /^\d{14}[\dA-F]{20}$/

/** Observes which of the headers an answer has, and whether they have the known form. */
const observedHeaders = (...answers: ReadonlyArray<Answer>): Observation => {
  const patterns: Record<string, RegExp> = {
    date: / GMT$/,
    "request-id": uuid,
    [ResponseHeaders.requestId]: uuid,
    [ResponseHeaders.logId]: logIdPattern,
  }
  const forms = answers.map(({ headers }) =>
    Object.entries(patterns)
      .map(([name, pattern]) => {
        const value = headers[name]
        return value === undefined ? `no ${name}` : pattern.test(value) ? name : `${name} of another form`
      })
      .join(", "),
  )
  return observed([...new Set(forms)].join("; "), ...answers)
}
const allHeaders = "date, request-id, x-request-id, x-tt-logid"
const headerNames = ["Content-Type", "Date", "Request-Id", "X-Request-Id", "X-Tt-Logid"]

/** The checks, in the order in which they run. */
export const headerChecks: ReadonlyArray<Check> = [
  {
    id: "headers",
    row: "headers",
    source: "wire",
    what: "a page has a log id, request ids and the date",
    request: "GET a page of 50",
    requests: 1,
    expected: allHeaders,
    observe: ({ firstAnswer }) => Effect.map(firstAnswer, (answer) => observedHeaders(answer)),
  },
  {
    id: "headers-of-failures",
    row: "headers",
    source: "wire",
    what: "a refusal has the same headers as a page",
    request: "GET without a query",
    requests: 0,
    expected: allHeaders,
    observe: ({ noFields }) => Effect.map(noFields, (answer) => observedHeaders(answer)),
  },
  {
    id: "headers-of-tokens",
    row: "headers",
    source: "inferred",
    what: "the answer with a token has the same headers",
    request: `POST ${TenantAccessToken.internalPath}`,
    requests: 0,
    expected: allHeaders,
    observe: ({ tokenAnswer }) => Effect.map(tokenAnswer, (answer) => observedHeaders(answer)),
  },
  {
    id: "headers-of-unknown-paths",
    row: "headers",
    source: "inferred",
    what: "the answer to an unknown path has the same headers",
    request: `GET ${unknownPath}`,
    requests: 1,
    expected: allHeaders,
    observe: ({ feishu }) => Effect.map(feishu.send(unknownPath), (answer) => observedHeaders(answer)),
  },
  {
    id: "header-names",
    row: "header-names",
    source: "wire",
    what: "header names are capitalised",
    request: "GET a page of 50",
    requests: 0,
    expected: headerNames.join(", "),
    observe: ({ firstAnswer }) =>
      Effect.map(firstAnswer, (answer) => observed(writtenAs(answer, headerNames), answer)),
  },
  {
    id: "log-id-time",
    row: "headers",
    source: "wire",
    what: "a log id starts with the time in UTC+8",
    request: "GET a page of 50",
    requests: 0,
    expected: "the date of the answer, in UTC+8",
    observe: Effect.fnUntraced(function* ({ firstAnswer }) {
      const answer = yield* firstAnswer
      const date = DateTime.make(answer.headers["date"] ?? "")
      const [, y, mo, d, h, mi, s] =
        /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(logIdOf(answer) ?? "") ?? []
      const written = DateTime.make(`${y}-${mo}-${d}T${h}:${mi}:${s}+08:00`)
      if (Option.isNone(date) || Option.isNone(written)) {
        return yield* new Undecided({ because: "there is no log id that starts with a time, or no date" })
      }
      const apart = Math.abs(DateTime.toEpochMillis(date.value) - DateTime.toEpochMillis(written.value))
      return observed(apart <= 60_000 ? "the date of the answer, in UTC+8" : "another time", answer)
    }),
  },
  {
    id: "failure-body",
    row: "failure-body",
    source: "wire",
    what: "error has the log id of the header, and advice",
    request: "GET without a query",
    requests: 0,
    expected: "code, error, msg; log_id as in the header; troubleshooter",
    observe: Effect.fnUntraced(function* ({ noFields }) {
      const answer = yield* noFields
      if (codeOf(answer) === undefined) {
        return yield* new Undecided({
          because: `a query without fields was answered with ${statusAndCode(answer)}`,
        })
      }
      const logId = member(answer.json, "error", "log_id")
      const same =
        logId === undefined
          ? "no log_id"
          : logId === logIdOf(answer)
            ? "log_id as in the header"
            : "another log_id"
      const advice = typeof member(answer.json, "error", "troubleshooter") === "string"
      return observed(
        `${namesOf(answer.json).join(", ")}; ${same}; ${advice ? "" : "no "}troubleshooter`,
        answer,
      )
    }),
  },
]
