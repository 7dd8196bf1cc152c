/** Checks of access tokens, and of the scopes of an app. */
import { ListByNo, UserInfo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import { codeOf, member, statusAndCode } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { withQuery } from "./Probes.ts"
import { observed, observedCode } from "./Observation.ts"
import { Undecided } from "./Subject.ts"

const tokenChecks = (
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
  // The request has no fields, either: the token is checked first.
  observe: ({ feishu }) => Effect.map(feishu.send(ListByNo.path, { authorization }), observedCode),
}))

/** The checks, in the order in which they run. */
export const authorizationChecks: ReadonlyArray<Check> = [
  ...tokenChecks,
  {
    id: "user-info-unknown-token",
    row: "20005",
    source: "doc",
    what: "who a user is, with an unknown user token: 20005, and HTTP 200",
    request: `GET ${UserInfo.path} with Authorization: Bearer u-made-up`,
    requests: 1,
    expected: "200 code 20005",
    observe: ({ feishu }) =>
      Effect.map(feishu.send(UserInfo.path, { authorization: "Bearer u-made-up" }), observedCode),
  },
  {
    id: "token-before-fields",
    row: "order-of-checks",
    source: "wire",
    what: "the token is checked before the fields",
    request: "GET ?page_size=51 with an unknown token",
    requests: 1,
    expected: "400 code 99991663",
    observe: ({ feishu }) =>
      Effect.map(
        feishu.send(withQuery([["page_size", "51"]]), { authorization: "Bearer t-made-up" }),
        observedCode,
      ),
  },
  {
    id: "scope-missing",
    row: "99991672",
    source: "wire",
    what: "without the scope: 99991672, and which scopes would do",
    request: "GET a page of 50",
    requests: 0,
    expected: `400 code 99991672: ${ListByNo.scopes.toSorted().join(", ")}`,
    observe: Effect.fnUntraced(function* ({ firstAnswer }) {
      const answer = yield* firstAnswer
      if (codeOf(answer) !== 99991672) {
        return yield* new Undecided({
          because:
            codeOf(answer) === 0
              ? "the app has the scope"
              : `a good query was answered with ${statusAndCode(answer)}`,
          give: "use an app without the scope",
        })
      }
      const violations = member(answer.json, "error", "permission_violations")
      const scopes = (Array.isArray(violations) ? violations : []).map((each: unknown) =>
        String(member(each, "subject")),
      )
      return observed(
        `${statusAndCode(answer)}: ${scopes
          .filter((scope) => /^[\w:.]{1,60}$/.test(scope))
          .toSorted()
          .join(", ")}`,
        answer,
      )
    }),
  },
]
