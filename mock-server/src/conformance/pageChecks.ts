/** Checks of pages of meetings: their rows, sizes and page tokens. */
import * as Effect from "effect/Effect"
import { type Answer, codeOf, member, namesOf, statusAndCode, rowsOf } from "./Answer.ts"
import type { Check } from "./Check.ts"
import { successful, scopeMissing, observed, observedCode } from "./Observation.ts"
import { idsOf, rowsAtLeast, tooFew } from "./boundarySeconds.ts"
import { Undecided } from "./Subject.ts"
import { emptyNumber, type Probes } from "./Probes.ts"
import { readings } from "./readings.ts"

const day = 86_400
const giveNumber = "use --meeting-no"

/** Returns how the list of a page is written, in the words of the switch `emptyList`. */
const listOf = ({ json }: Answer): string => {
  const list = member(json, "data", "meeting_briefs")
  if (list === undefined) return "absent"
  if (list === null) return "null"
  return Array.isArray(list) ? (list.length === 0 ? "[]" : "rows") : "not a list"
}

const pageNames = new Set(["has_more", "meeting_briefs", "page_token"])

/** Finds a page without rows: that of a second in the past in which no meeting of the number started. */
const emptyPage = Effect.fnUntraced(function* ({ firstPage, list, range }: Probes) {
  yield* firstPage
  const { from } = yield* range
  for (const offset of [0, day / 2, 2 * day]) {
    const page = yield* successful(
      "a query of one second",
      list({ start_time: String(from + offset), end_time: String(from + offset + 1) }),
    )
    if (rowsOf(page).length === 0) return page
  }
  return yield* new Undecided({
    because: "no second without a meeting was found",
    give: "use a --meeting-no with fewer meetings",
  })
})

/** Returns the last page of the range, if it has rows and there are at most six pages. */
const lastPage = Effect.fnUntraced(function* (probes: Probes) {
  let page = yield* rowsAtLeast(1, probes)
  for (let pages = 1; member(page.json, "data", "has_more") === true; pages++) {
    if (pages === 6) {
      return yield* new Undecided({
        because: "the number has more than 300 meetings in the last 89 days",
        give: "use a --meeting-no with fewer",
      })
    }
    const token = member(page.json, "data", "page_token")
    if (typeof token !== "string" || token === "") {
      return yield* new Undecided({ because: "a page that is not the last has no page token" })
    }
    page = yield* successful("a further page", probes.list({ page_size: "50", page_token: token }))
  }
  return page
})

const rowNames = ["id", "meeting_connect", "meeting_no", "note_id", "password", "topic", "url"]

/** Returns what is unusual about the fields of rows. */
const oddFields = (page: Answer): string => {
  const odd = rowsOf(page).flatMap((row) =>
    namesOf(row).flatMap((name) => {
      const value = member(row, name)
      const due = name === "meeting_connect" ? "boolean" : "string"
      if (!rowNames.includes(name)) return [`${name} is new`]
      if (value === null) return [`${name} is null`]
      if (typeof value !== due) return [`${name} is a ${typeof value}`]
      return value === "" && name !== "topic" ? [`${name} is empty`] : []
    }),
  )
  const missing = rowsOf(page).flatMap((row) =>
    ["id", "meeting_no", "topic"]
      .filter((name) => member(row, name) === undefined)
      .map((name) => `no ${name}`),
  )
  return [...new Set([...odd, ...missing])].toSorted().join("; ")
}

/** The checks, in the order in which they run. */
export const pageChecks: ReadonlyArray<Check> = [
  {
    id: "page",
    row: "list",
    source: "doc",
    what: "a page has code, msg and data",
    request: "GET a page of 50",
    requests: 0,
    expected: "200 code 0: code, data, msg; has_more is a boolean",
    observe: Effect.fnUntraced(function* ({ feishu, firstAnswer }) {
      const answer = yield* firstAnswer
      if (codeOf(answer) === 99991672) return yield* scopeMissing
      if (codeOf(answer) !== 0 && feishu.options.meetingNo === undefined) {
        return yield* new Undecided({ because: "no meeting number was given", give: giveNumber })
      }
      if (codeOf(answer) !== 0) return observedCode(answer)
      const unknown = namesOf(member(answer.json, "data")).filter((name) => !pageNames.has(name))
      return observed(
        `${statusAndCode(answer)}: ${[...namesOf(answer.json), ...unknown].join(", ")}; has_more is ${typeof member(answer.json, "data", "has_more") === "boolean" ? "a boolean" : "none"}`,
        answer,
      )
    }),
  },
  {
    id: "unknown-number",
    row: "list",
    source: "inferred",
    what: "a number without meetings has an empty page",
    request: `GET ?meeting_no=${emptyNumber}`,
    requests: 1,
    expected: "200 code 0, no rows",
    observe: Effect.fnUntraced(function* ({ feishu, firstAnswer, list }) {
      const first = yield* firstAnswer
      if (codeOf(first) === 99991672) return yield* scopeMissing
      const page = feishu.options.meetingNo === undefined ? first : yield* list({ meeting_no: emptyNumber })
      const rows = rowsOf(page).length === 0 ? "no rows" : "rows"
      return codeOf(page) === 0 ? observed(`${statusAndCode(page)}, ${rows}`, page) : observedCode(page)
    }),
  },
  {
    id: "rows",
    row: "sdk-rows",
    source: "sdk",
    what: "rows have the fields of the SDK, and none is empty",
    request: "GET a page of 50",
    requests: 0,
    expected: "nothing else",
    observe: (probes) =>
      Effect.map(rowsAtLeast(1, probes), (page) => observed(oddFields(page) || "nothing else", page)),
  },
  {
    id: "rows-of-the-number",
    row: "list",
    source: "doc",
    what: "all rows have the requested number",
    request: "GET a page of 50",
    requests: 0,
    expected: "all of them",
    observe: Effect.fnUntraced(function* (probes) {
      const page = yield* rowsAtLeast(1, probes)
      const { meetingNo } = yield* probes.range
      const all = rowsOf(page).every((row) => member(row, "meeting_no") === meetingNo)
      return observed(all ? "all of them" : "others, too", page)
    }),
  },
  {
    id: "page-size-20",
    row: "page-size",
    source: "doc",
    what: "a page has 20 rows by default",
    request: "GET without page_size",
    requests: 1,
    expected: "20 rows",
    observe: Effect.fnUntraced(function* (probes) {
      yield* rowsAtLeast(21, probes)
      const page = yield* successful("a query without page_size", probes.list({}))
      return observed(`${rowsOf(page).length} rows`, page)
    }),
  },
  {
    id: "page-full",
    row: "page-size",
    source: "inferred",
    what: "a page that is not the last is full",
    request: "GET a page of 50",
    requests: 0,
    expected: "50 rows",
    observe: Effect.fnUntraced(function* ({ feishu, firstPage }) {
      const page = yield* firstPage
      if (member(page.json, "data", "has_more") !== true) {
        return yield* tooFew(feishu, "no more than 50 meetings")
      }
      return observed(`${rowsOf(page).length} rows`, page)
    }),
  },
  {
    ...readings("emptyList", "--empty-list", { "[]": "[]", null: "null", absent: "absent" }),
    id: "empty-list",
    row: "emptyList",
    source: "inferred",
    what: "a page without rows has an empty list",
    request: "GET a second in which there was no meeting",
    requests: 3,
    observe: (probes) => Effect.map(emptyPage(probes), (page) => observed(listOf(page), page)),
  },
  {
    ...readings("lastPageToken", "--last-page-token", { absent: "absent", empty: "empty" }),
    id: "last-page-token",
    row: "lastPageToken",
    source: "inferred",
    what: "the last page has no page_token",
    request: "GET page after page, up to 6",
    requests: 5,
    observe: (probes) =>
      Effect.map(lastPage(probes), (page) => {
        const token = member(page.json, "data", "page_token")
        return observed(
          token === undefined ? "absent" : token === "" ? "empty" : token === null ? "null" : "a token",
          page,
        )
      }),
  },
  {
    id: "page-token",
    row: "page-token",
    source: "doc",
    what: "a page token leads to the next rows",
    request: "GET ?page_size=1, and its page_token",
    requests: 2,
    expected: "another row",
    observe: Effect.fnUntraced(function* ({ secondPage, shortPage }) {
      const { page } = yield* shortPage
      const second = yield* successful("a page token", secondPage)
      const [one] = idsOf(page)
      const [other] = idsOf(second)
      return observed(
        other === undefined ? "no row" : one === other ? "the same row" : "another row",
        page,
        second,
      )
    }),
  },
  {
    id: "page-token-empty",
    row: "page-token",
    source: "sdk",
    what: "an empty page token leads to the first page",
    request: "GET ?page_size=1&page_token=",
    requests: 1,
    expected: "the first row",
    observe: Effect.fnUntraced(function* ({ list, shortPage }) {
      const { page } = yield* shortPage
      const again = yield* list({ page_size: "1", page_token: "" })
      if (codeOf(again) !== 0) return observedCode(again)
      return observed(idsOf(again)[0] === idsOf(page)[0] ? "the first row" : "another row", again)
    }),
  },
  ...(["2", "made-up"] as const).map((token): Check => ({
    id: `page-token-${token === "2" ? "offset" : token}`,
    row: "121003",
    source: "inferred",
    what: `a made-up page_token (${token}): 121003`,
    request: `GET ?page_token=${token}`,
    requests: 1,
    expected: "400 code 121003",
    observe: Effect.fnUntraced(function* ({ firstPage, list }) {
      yield* firstPage
      return observedCode(yield* list({ page_token: token }))
    }),
  })),
  {
    ...readings("pageTokens", "--page-tokens", {
      bound: "another end_time: 400 code 121003; another page_size: 400 code 121003",
      free: "another end_time: 200 code 0; another page_size: 200 code 0",
    }),
    id: "page-tokens",
    row: "pageTokens",
    source: "inferred",
    what: "a page token is valid for its own query only",
    request: "GET ?page_token=… with another end_time; with another page_size",
    requests: 2,
    observe: Effect.fnUntraced(function* ({ list, range, shortPage }) {
      const { token } = yield* shortPage
      const { to } = yield* range
      const ask = (change: Record<string, string>) => list({ page_size: "1", page_token: token, ...change })
      const moved = yield* ask({ end_time: String(to - 1) })
      const larger = yield* ask({ page_size: "2" })
      return observed(
        `another end_time: ${statusAndCode(moved)}; another page_size: ${statusAndCode(larger)}`,
        moved,
        larger,
      )
    }),
  },
]
