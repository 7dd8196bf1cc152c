/** Checks of ranges of time: which ones are allowed, and which meetings they have, in which order. */
import * as Effect from "effect/Effect"
import { codeOf, member, statusAndCode } from "./Answer.ts"
import { idsOf, reach, rowsAtLeast, startOf } from "./boundarySeconds.ts"
import type { Check } from "./Check.ts"
import { readings } from "./readings.ts"
import { successful, observed } from "./Observation.ts"
import { Undecided } from "./Subject.ts"

const day = 86_400

/** The checks, in the order in which they run. */
export const rangeChecks: ReadonlyArray<Check> = [
  {
    ...readings("ninetyDays", "--ninety-days", {
      both: "91 days: 400 code 121003; 100 days ago: 400 code 121003",
      span: "91 days: 400 code 121003; 100 days ago: 200 code 0",
      lookback: "91 days: 200 code 0; 100 days ago: 400 code 121003",
    }),
    id: "ninety-days",
    row: "ninetyDays",
    source: "inferred",
    what: "90 days limit both the length and the age of a range",
    request: "GET 91 days around now; 5 days, 100 days ago; 40 days around now",
    requests: 3,
    observe: Effect.fnUntraced(function* ({ firstPage, list, range }) {
      yield* firstPage
      const { to: now } = yield* range
      const ask = (from: number, to: number) =>
        list({ start_time: String(now + from * day), end_time: String(now + to * day) })
      const future = yield* ask(-10, 30)
      if (codeOf(future) !== 0) {
        return yield* new Undecided({
          because: `a range that ends in the future was answered with ${statusAndCode(future)}`,
        })
      }
      const long = yield* ask(-45, 46)
      const old = yield* ask(-100, -95)
      return observed(`91 days: ${statusAndCode(long)}; 100 days ago: ${statusAndCode(old)}`, long, old)
    }),
  },
  {
    id: "order-of-rows",
    row: "order-of-rows",
    source: "inferred",
    what: "rows come oldest first",
    request: "GET the older half of a page's range",
    requests: 1,
    expected: "oldest first",
    observe: Effect.fnUntraced(function* (probes) {
      const page = yield* rowsAtLeast(2, probes)
      const { from, to } = yield* probes.range
      const ids = idsOf(page)
      const starts = ids.map(startOf).filter((start) => start > from && start < to)
      const sorted = starts.toSorted((a, b) => a - b)
      const undecided = new Undecided({
        because: "the meetings are too close in time",
        give: "use a --meeting-no with meetings on several days",
      })
      const middle = sorted[Math.floor((sorted.length - 1) / 2)]
      if (middle === undefined) return yield* undecided
      const range = {
        start_time: String(Math.max(from, sorted[0]! - 60)),
        end_time: String(middle),
        page_size: "50",
      }
      const half = yield* successful("a query of the older half", probes.list(range))
      const older = new Set(idsOf(half))
      const word = ids.map((id) => (older.has(id) ? "o" : "n")).join("")
      if (member(half.json, "data", "has_more") === true || !/o/.test(word) || !/n/.test(word)) {
        return yield* undecided
      }
      return observed(
        /^o+n+$/.test(word) ? "oldest first" : /^n+o+$/.test(word) ? "newest first" : "neither way",
        page,
        half,
      )
    }),
  },
  {
    id: "bounds",
    row: "bounds",
    source: "inferred",
    what: "a range includes both of its ends",
    request: "GET ranges that begin or end when a meeting started",
    requests: 20,
    expected: "both ends are in it",
    observe: Effect.fnUntraced(function* (probes) {
      const { answers, begin, end } = yield* probes.boundaries
      if (begin === "later") return observed("a meeting is in ranges that begin after its start", ...answers)
      if (typeof begin !== "number" || typeof end !== "number") {
        return yield* new Undecided({ because: `a meeting's id is more than ${reach} s away from its start` })
      }
      const both = ["both ends are in it", "one end is not in it", "neither end is in it"]
      return observed(both[end - begin] ?? "a meeting is in ranges that begin after its start", ...answers)
    }),
  },
  {
    id: "meeting-ids",
    row: "meeting-ids",
    source: "inferred",
    what: "the upper 32 bits of an id are the meeting's start",
    request: "GET ranges that begin or end when a meeting started",
    requests: 0,
    expected: "to the second",
    observe: Effect.fnUntraced(function* (probes) {
      const { answers, begin, end, guess } = yield* probes.boundaries
      const first = [begin, end].find((edge) => typeof edge === "number")
      if (begin === guess || end === guess) return observed("to the second", ...answers)
      return observed(
        typeof first === "number" ? `${Math.abs(first - guess)} s away` : `more than ${reach} s away`,
        ...answers,
      )
    }),
  },
]
