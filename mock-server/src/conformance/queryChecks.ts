/** Checks of the fields of a query, and of values that break a rule. */
import { ListByNo } from "@effect-feishu/contract"
import { shortened } from "@effect-feishu/terminal/Shortened"
import * as Effect from "effect/Effect"
import { type Answer, codeOf, member, namesOf, statusAndCode } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { type Probes, withQuery } from "./Probes.ts"
import { scopeMissing, type Observation, observed, observedCode } from "./Observation.ts"
import { Undecided } from "./Subject.ts"

/** Returns the wrong fields that an answer names. */
const violationsOf = ({ json }: Answer): ReadonlyArray<Readonly<Record<"field" | "description", string>>> => {
  const violations = member(json, "error", "field_violations")
  return Array.isArray(violations)
    ? violations.map((each: unknown) => ({
        field: String(member(each, "field")),
        description: String(member(each, "description")),
      }))
    : []
}

/** Only field names that this program has sent are shown. */
const known = new Set(Object.keys(ListByNo.Query.fields))

const observedViolations = (answer: Answer): Observation => {
  const fields = violationsOf(answer).map(({ field }) => (known.has(field) ? field : "another field"))
  return observed(
    fields.length === 0 ? statusAndCode(answer) : `${statusAndCode(answer)}: ${fields.toSorted().join(", ")}`,
    answer,
  )
}

/**
 * Shortens a description. It usually repeats what was sent. Words with more digits than this program sends are hidden. Words
 * are not cut: half a secret would not be recognised as one.
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
    ["5a", "5a", "not a number"],
    ["0x10", "0x10", "not a number"],
    ["empty", "", "not a number"],
  ] as const
).map(([id, value, why]): Check => ({
  id: `page-size-${id}`,
  row: "99992402",
  source: "inferred",
  what: `page_size=${value} is ${why}: 99992402`,
  request: `GET ?page_size=${value}`,
  requests: 1,
  expected: "400 code 99992402: page_size",
  observe: ({ list }) => Effect.map(list({ page_size: value }), observedViolations),
}))

/** Sends a valid query with more fields after it. */
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
    observe: ({ noFields }) => Effect.map(noFields, observedViolations),
  },
  {
    id: "violation-members",
    row: "99992402",
    source: "inferred",
    what: "a violation has a field and a description",
    request: "GET without a query",
    requests: 0,
    expected: "description, field",
    observe: Effect.fnUntraced(function* ({ noFields }) {
      const answer = yield* noFields
      const violations = member(answer.json, "error", "field_violations")
      if (!Array.isArray(violations) || violations.length === 0) {
        return yield* new Undecided({ because: "the answer names no field" })
      }
      const members = new Set(violations.map((each: unknown) => namesOf(each).join(", ")))
      return observed([...members].join("; "), answer)
    }),
  },
  {
    id: "violation-texts",
    row: "99992402",
    source: "inferred",
    what: "the descriptions for a missing field and for 51 rows",
    request: "GET without a query; GET ?page_size=51",
    requests: 1,
    expected: "meeting_no is required; page_size the max value is 50",
    observe: Effect.fnUntraced(function* ({ list, noFields }) {
      const answers = [yield* noFields, yield* list({ page_size: "51" })]
      const said = answers.flatMap((answer, index) =>
        violationsOf(answer)
          .filter(({ field }) => field === (index === 0 ? "meeting_no" : "page_size"))
          .map(({ description }) => plainText(description)),
      )
      if (said.length < 2) return yield* new Undecided({ because: "the answer names no field" })
      return observed(said.join("; "), ...answers)
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
    observe: ({ list }) => Effect.map(list({ meeting_no: "abc" }), observedViolations),
  },
  {
    id: "query-of-64-kb",
    row: "header-size",
    source: "inferred",
    what: "a query of 64 KB is read: 99992402",
    request: "GET ?meeting_no=… of 64 KB",
    requests: 1,
    expected: "400 code 99992402: meeting_no",
    observe: ({ list }) => Effect.map(list({ meeting_no: "1".repeat(64_000) }), observedViolations),
  },
  {
    id: "field-twice",
    row: "99992402",
    source: "inferred",
    what: "a repeated field: 99992402",
    request: "GET ?…&page_size=5&page_size=5",
    requests: 1,
    expected: "400 code 99992402: page_size",
    observe: (probes) =>
      Effect.map(listWith(probes, ["page_size", "5"], ["page_size", "5"]), observedViolations),
  },
  {
    id: "field-as-list",
    row: "99992402",
    source: "inferred",
    what: "a field written as a list: 99992402",
    request: "GET ?…&page_size[]=5",
    requests: 1,
    expected: "400 code 99992402: page_size",
    observe: (probes) => Effect.map(listWith(probes, ["page_size[]", "5"]), observedViolations),
  },
  {
    id: "fields-before-rules",
    row: "order-of-checks",
    source: "wire",
    what: "fields are checked before rules",
    request: "GET with a reversed range and ?page_size=51",
    requests: 1,
    expected: "400 code 99992402: page_size",
    observe: Effect.fnUntraced(function* ({ list, range }) {
      const { from, to } = yield* range
      const change = { start_time: String(to), end_time: String(from), page_size: "51" }
      return observedViolations(yield* list(change))
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
      "a range of no length",
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
  observe: Effect.fnUntraced(function* ({ list, range }) {
    const { from, to } = yield* range
    return observedCode(yield* list(change(from, to)))
  }),
}))

/** Leaves a check undecided when the scope is missing: every check would report that. */
const withScope = (check: Check): Check => {
  const observe: Check["observe"] = (probes) =>
    Effect.flatMap(probes.firstAnswer, (answer) =>
      codeOf(answer) === 99991672 ? Effect.fail(scopeMissing) : Effect.void,
    ).pipe(Effect.andThen(check.observe(probes)))
  return { ...check, observe }
}

/** The checks, in the order in which they run. */
export const queryChecks: ReadonlyArray<Check> = [
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
    observe: Effect.fnUntraced(function* ({ authorization, feishu, firstPage, range }) {
      yield* firstPage
      const { from, meetingNo, to } = yield* range
      const query = withQuery([
        ["meeting_no", meetingNo],
        ["start_time", String(from)],
        ["end_time", String(to)],
        ["page_size", "1"],
      ])
      return observedCode(yield* feishu.send(query, { authorization: yield* authorization, body: "{}" }))
    }),
  },
]
