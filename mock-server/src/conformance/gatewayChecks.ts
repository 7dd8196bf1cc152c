/** What is said before a meeting is looked for: headers, paths, tokens, scope, fields and rules. */
import { ListByNo, ResponseHeaders, TenantAccessToken } from "@effect-feishu/contract"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Answer, codeOf, logIdOf, member, namesOf, outcome, writtenAs } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { scopeMissing, type Seen, seen, seenOutcome } from "./Seen.ts"
import { Undecided } from "./Subject.ts"
import { type Probes, withQuery } from "./Probes.ts"

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i
const logIdPattern = /^\d{14}[\dA-F]{20}$/

/** Which of the headers there are, and whether they look as they are known. */
const seenHeaders = (...answers: ReadonlyArray<Answer>): Seen => {
  const patterns: Record<string, RegExp> = {
    date: / GMT$/,
    "request-id": uuid,
    [ResponseHeaders.requestId]: uuid,
    [ResponseHeaders.logId]: logIdPattern,
  }
  const said = answers.map(({ headers }) =>
    Object.entries(patterns)
      .map(([name, pattern]) => {
        const value = headers[name]
        return value === undefined ? `no ${name}` : pattern.test(value) ? name : `${name} of another form`
      })
      .join(", "),
  )
  return seen([...new Set(said)].join("; "), ...answers)
}
const allHeaders = "date, request-id, x-request-id, x-tt-logid"
const headerNames = ["Content-Type", "Date", "Request-Id", "X-Request-Id", "X-Tt-Logid"]

/**
 * Beside `meetings`, where Feishu has endpoints with names of their own only. `/meetings/…` would be no unknown path:
 * Feishu reads whatever comes there as the id of a meeting (`GET /open-apis/vc/v1/meetings/:meeting_id`).
 */
const unknownPath = "/open-apis/vc/v1/no_such_endpoint"

// Whatever is misspelt is so where no endpoint of Feishu's takes a parameter, or it would be a value of that.
const pathChecks = (
  [
    [
      "path-escaped",
      "an escape in a path is 404",
      `GET ${ListByNo.path.replace("/meetings/", "/%6Deetings/")}`,
      "path-spelling",
    ],
    ["path-double-slash", "a path with a slash twice is 404", `GET /${ListByNo.path}`, "path-spelling"],
    ["not-found", "an unknown path is 404 in plain text", `GET ${unknownPath}`],
    ["not-found-method", "a wrong method is 404 in plain text", `GET ${TenantAccessToken.internalPath}`],
    ["not-found-slash", "a path with a slash behind it is 404", `POST ${TenantAccessToken.internalPath}/`],
    [
      "not-found-case",
      "a path in other letter case is 404",
      `GET ${ListByNo.path.replace("/meetings/", "/Meetings/")}`,
    ],
  ] as const
).map(([id, what, request, row = "not-found"]): Check => ({
  id,
  row,
  source: row === "not-found" ? "wire" : "inferred",
  what,
  request,
  requests: 1,
  expected: '404 text/plain "404 page not found"',
  see: Effect.fnUntraced(function* ({ authorization, feishu }) {
    const [method, path] = request.split(" ") as ["GET" | "POST", string]
    const body = method === "POST" ? { body: "{}" } : {}
    return seenOutcome(yield* feishu.send(path, { method, ...body, authorization: yield* authorization }))
  }),
}))

const authorizationChecks = (
  [
    ["no-token", "99991661", "wire", "no Authorization: 99991661", undefined],
    ["no-bearer", "99991661", "wire", "an Authorization without Bearer: 99991661", "Basic bWFkZTp1cA=="],
    ["lower-case-bearer", "99991661", "inferred", "bearer in lower case: 99991661", "bearer t-made-up"],
    ["unknown-tenant-token", "99991663", "wire", "an unknown tenant token: 99991663", "Bearer t-made-up"],
    ["unknown-user-token", "99991668", "wire", "an unknown user token: 99991668", "Bearer u-made-up"],
    [
      "unknown-web-token",
      "99991668",
      "wire",
      "an unknown JSON Web Token: 99991668",
      "Bearer eyJhbGciOiJFUzI1NiJ9.e30.AA",
    ],
    ["odd-token", "99991671", "doc", "a token of another prefix: 99991671", "Bearer made-up"],
  ] as const
).map(([id, code, source, what, authorization]): Check => ({
  id,
  row: code,
  source,
  what,
  request: `GET with ${authorization === undefined ? "no Authorization" : `Authorization: ${authorization}`}`,
  requests: 1,
  expected: `400 code ${code}`,
  // No field is there, either: the token is looked at first.
  see: ({ feishu }) => Effect.map(feishu.send(ListByNo.path, { authorization }), seenOutcome),
}))

/** The fields that an answer complains of. */
const violationsOf = ({ json }: Answer): ReadonlyArray<Readonly<Record<"field" | "description", string>>> => {
  const violations = member(json, "error", "field_violations")
  return Array.isArray(violations)
    ? violations.map((each: unknown) => ({
        field: String(member(each, "field")),
        description: String(member(each, "description")),
      }))
    : []
}

/** Only names that this program has sent are told. */
const known = new Set(Object.keys(ListByNo.Query.fields))

const seenViolations = (answer: Answer): Seen => {
  const fields = violationsOf(answer).map(({ field }) => (known.has(field) ? field : "another field"))
  return seen(
    fields.length === 0 ? outcome(answer) : `${outcome(answer)}: ${fields.toSorted().join(", ")}`,
    answer,
  )
}

/**
 * A description says what was sent and little else; words with more digits than this program sends are left out. Words
 * stay whole: of half a secret nobody would know that it is one.
 */
const plainText = (text: string): string =>
  shortened(
    text
      .replaceAll(/(?<![\w.~+/=-])[\w.~+/=-]*\d{5,}[\w.~+/=-]*/g, "N")
      .replaceAll(/[^\p{L}\p{N}\p{P}\p{Zs}\p{S}]/gu, "?"),
    80,
  )

const pageSizeChecks = (
  [
    ["0", "0", "too small"],
    ["-1", "-1", "too small"],
    ["51", "51", "too large"],
    ["5a", "5a", "no number"],
    ["0x10", "0x10", "no number"],
    ["empty", "", "no number"],
  ] as const
).map(([id, value, why]): Check => ({
  id: `page-size-${id}`,
  row: "99992402",
  source: "inferred",
  what: `page_size=${value} is ${why}: 99992402`,
  request: `GET ?page_size=${value}`,
  requests: 1,
  expected: "400 code 99992402: page_size",
  see: ({ list }) => Effect.map(list({ page_size: value }), seenViolations),
}))

/** A good query with more behind it. */
const listWith = Effect.fnUntraced(function* (
  { authorization, feishu, range }: Probes,
  ...more: ReadonlyArray<readonly [string, string]>
) {
  const bearer = yield* authorization
  const { from, meetingNo, to } = yield* range
  const query = withQuery([
    ["meeting_no", meetingNo],
    ["start_time", String(from)],
    ["end_time", String(to)],
    ...more,
  ])
  return yield* feishu.send(query, { authorization: bearer })
})

const fieldChecks: ReadonlyArray<Check> = [
  {
    id: "fields-missing",
    row: "99992402",
    source: "wire",
    what: "all missing fields are named at once: 99992402",
    request: "GET without a query",
    requests: 1,
    expected: "400 code 99992402: end_time, meeting_no, start_time",
    see: ({ noFields }) => Effect.map(noFields, seenViolations),
  },
  {
    id: "violation-members",
    row: "99992402",
    source: "inferred",
    what: "a violation has a field and a description",
    request: "GET without a query",
    requests: 0,
    expected: "description, field",
    see: Effect.fnUntraced(function* ({ noFields }) {
      const answer = yield* noFields
      const violations = member(answer.json, "error", "field_violations")
      if (!Array.isArray(violations) || violations.length === 0) {
        return yield* new Undecided({ because: "no field was named" })
      }
      const members = new Set(violations.map((each: unknown) => namesOf(each).join(", ")))
      return seen([...members].join("; "), answer)
    }),
  },
  {
    id: "violation-texts",
    row: "99992402",
    source: "inferred",
    what: "the words for a missing field and for 51 rows",
    request: "GET without a query; GET ?page_size=51",
    requests: 1,
    expected: "meeting_no is required; page_size the max value is 50",
    see: Effect.fnUntraced(function* ({ list, noFields }) {
      const answers = [yield* noFields, yield* list({ page_size: "51" })]
      const said = answers.flatMap((answer, index) =>
        violationsOf(answer)
          .filter(({ field }) => field === (index === 0 ? "meeting_no" : "page_size"))
          .map(({ description }) => plainText(description)),
      )
      if (said.length < 2) return yield* new Undecided({ because: "no field was named" })
      return seen(said.join("; "), ...answers)
    }),
  },
  ...pageSizeChecks,
  {
    id: "number-no-digits",
    row: "99992402",
    source: "inferred",
    what: "a meeting_no of letters: 99992402",
    request: "GET ?meeting_no=abc",
    requests: 1,
    expected: "400 code 99992402: meeting_no",
    see: ({ list }) => Effect.map(list({ meeting_no: "abc" }), seenViolations),
  },
  {
    id: "query-of-64-kb",
    row: "header-size",
    source: "inferred",
    what: "a query of 64 KB is read: 99992402",
    request: "GET ?meeting_no=… of 64 KB",
    requests: 1,
    expected: "400 code 99992402: meeting_no",
    see: ({ list }) => Effect.map(list({ meeting_no: "1".repeat(64_000) }), seenViolations),
  },
  {
    id: "field-twice",
    row: "99992402",
    source: "inferred",
    what: "a field that is there twice: 99992402",
    request: "GET ?…&page_size=5&page_size=5",
    requests: 1,
    expected: "400 code 99992402: page_size",
    see: (probes) => Effect.map(listWith(probes, ["page_size", "5"], ["page_size", "5"]), seenViolations),
  },
  {
    id: "field-as-list",
    row: "99992402",
    source: "inferred",
    what: "a field that is written as a list: 99992402",
    request: "GET ?…&page_size[]=5",
    requests: 1,
    expected: "400 code 99992402: page_size",
    see: (probes) => Effect.map(listWith(probes, ["page_size[]", "5"]), seenViolations),
  },
  {
    id: "fields-before-rules",
    row: "order-of-checks",
    source: "wire",
    what: "fields are looked at before rules",
    request: "GET with a reversed range and ?page_size=51",
    requests: 1,
    expected: "400 code 99992402: page_size",
    see: Effect.fnUntraced(function* ({ list, range }) {
      const { from, to } = yield* range
      const change = { start_time: String(to), end_time: String(from), page_size: "51" }
      return seenViolations(yield* list(change))
    }),
  },
]

const ruleChecks: ReadonlyArray<Check> = (
  [
    ["number-of-8-digits", "a meeting_no of 8 digits", () => ({ meeting_no: "12345678" })],
    [
      "range-reversed",
      "a reversed range",
      (from: number, to: number) => ({ start_time: String(to), end_time: String(from) }),
    ],
    [
      "range-of-nothing",
      "a range without length",
      (_: number, to: number) => ({ start_time: String(to), end_time: String(to) }),
    ],
  ] as const
).map(([id, what, change]): Check => ({
  id,
  row: "121003",
  source: "inferred",
  what: `${what}: 121003`,
  request: `GET with ${what}`,
  requests: 1,
  expected: "400 code 121003",
  see: Effect.fnUntraced(function* ({ list, range }) {
    const { from, to } = yield* range
    return seenOutcome(yield* list(change(from, to)))
  }),
}))

/** The checks, in the order in which they run. */
export const gatewayChecks: ReadonlyArray<Check> = [
  {
    id: "headers",
    row: "headers",
    source: "wire",
    what: "a page has a log id, request ids and the date",
    request: "GET a page of 50",
    requests: 1,
    expected: allHeaders,
    see: ({ firstAnswer }) => Effect.map(firstAnswer, (answer) => seenHeaders(answer)),
  },
  {
    id: "headers-of-failures",
    row: "headers",
    source: "wire",
    what: "a refusal has the same headers as a page",
    request: "GET without a query",
    requests: 0,
    expected: allHeaders,
    see: ({ noFields }) => Effect.map(noFields, (answer) => seenHeaders(answer)),
  },
  {
    id: "headers-of-tokens",
    row: "headers",
    source: "inferred",
    what: "a token's answer has the same headers",
    request: `POST ${TenantAccessToken.internalPath}`,
    requests: 0,
    expected: allHeaders,
    see: ({ tokenAnswer }) => Effect.map(tokenAnswer, (answer) => seenHeaders(answer)),
  },
  {
    id: "headers-of-unknown-paths",
    row: "headers",
    source: "inferred",
    what: "an unknown path's answer has the same headers",
    request: `GET ${unknownPath}`,
    requests: 1,
    expected: allHeaders,
    see: ({ feishu }) => Effect.map(feishu.send(unknownPath), (answer) => seenHeaders(answer)),
  },
  {
    id: "header-names",
    row: "header-names",
    source: "wire",
    what: "names of headers are written with capitals",
    request: "GET a page of 50",
    requests: 0,
    expected: headerNames.join(", "),
    see: ({ firstAnswer }) =>
      Effect.map(firstAnswer, (answer) => seen(writtenAs(answer, headerNames), answer)),
  },
  {
    id: "log-id-time",
    row: "headers",
    source: "wire",
    what: "a log id begins with the time in UTC+8",
    request: "GET a page of 50",
    requests: 0,
    expected: "the date of the answer, in UTC+8",
    see: Effect.fnUntraced(function* ({ firstAnswer }) {
      const answer = yield* firstAnswer
      const date = DateTime.make(answer.headers["date"] ?? "")
      const [, y, mo, d, h, mi, s] =
        /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)/.exec(logIdOf(answer) ?? "") ?? []
      const written = DateTime.make(`${y}-${mo}-${d}T${h}:${mi}:${s}+08:00`)
      if (Option.isNone(date) || Option.isNone(written)) {
        return yield* new Undecided({ because: "there is no log id that begins with a time, or no date" })
      }
      const apart = Math.abs(DateTime.toEpochMillis(date.value) - DateTime.toEpochMillis(written.value))
      return seen(apart <= 60_000 ? "the date of the answer, in UTC+8" : "another time", answer)
    }),
  },
  {
    id: "failure-body",
    row: "failure-body",
    source: "wire",
    what: "error has the header's log id, and advice",
    request: "GET without a query",
    requests: 0,
    expected: "code, error, msg; log_id as in the header; troubleshooter",
    see: Effect.fnUntraced(function* ({ noFields }) {
      const answer = yield* noFields
      if (codeOf(answer) === undefined) {
        return yield* new Undecided({
          because: `a query without fields was answered with ${outcome(answer)}`,
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
      return seen(`${namesOf(answer.json).join(", ")}; ${same}; ${advice ? "" : "no "}troubleshooter`, answer)
    }),
  },
  ...pathChecks,
  ...authorizationChecks,
  {
    id: "token-before-fields",
    row: "order-of-checks",
    source: "wire",
    what: "a token is looked at before fields",
    request: "GET ?page_size=51 with an unknown token",
    requests: 1,
    expected: "400 code 99991663",
    see: ({ feishu }) =>
      Effect.map(
        feishu.send(withQuery([["page_size", "51"]]), { authorization: "Bearer t-made-up" }),
        seenOutcome,
      ),
  },
  {
    id: "scope-missing",
    row: "99991672",
    source: "wire",
    what: "without the scope: 99991672, and what would do",
    request: "GET a page of 50",
    requests: 0,
    expected: `400 code 99991672: ${ListByNo.scopes.toSorted().join(", ")}`,
    see: Effect.fnUntraced(function* ({ firstAnswer }) {
      const answer = yield* firstAnswer
      if (codeOf(answer) !== 99991672) {
        return yield* new Undecided({
          because:
            codeOf(answer) === 0
              ? "the app has the scope"
              : `a good query was answered with ${outcome(answer)}`,
          give: "give an app without the scope",
        })
      }
      const violations = member(answer.json, "error", "permission_violations")
      const scopes = (Array.isArray(violations) ? violations : []).map((each: unknown) =>
        String(member(each, "subject")),
      )
      return seen(
        `${outcome(answer)}: ${scopes
          .filter((scope) => /^[\w:.]{1,60}$/.test(scope))
          .toSorted()
          .join(", ")}`,
        answer,
      )
    }),
  },
  ...fieldChecks.map(withScope),
  ...ruleChecks.map(withScope),
  {
    id: "get-with-body",
    row: "get-body",
    source: "sdk",
    what: "a GET may have a JSON body",
    request: "GET with the body {}",
    requests: 1,
    expected: "200 code 0",
    see: Effect.fnUntraced(function* ({ authorization, feishu, firstPage, range }) {
      yield* firstPage
      const { from, meetingNo, to } = yield* range
      const query = withQuery([
        ["meeting_no", meetingNo],
        ["start_time", String(from)],
        ["end_time", String(to)],
        ["page_size", "1"],
      ])
      return seenOutcome(yield* feishu.send(query, { authorization: yield* authorization, body: "{}" }))
    }),
  },
]

/** Without the scope all of these say so, which is told once. */
function withScope(check: Check): Check {
  const see: Check["see"] = (probes) =>
    Effect.flatMap(probes.firstAnswer, (answer) =>
      codeOf(answer) === 99991672 ? Effect.fail(scopeMissing) : Effect.void,
    ).pipe(Effect.andThen(check.see(probes)))
  return { ...check, see }
}
