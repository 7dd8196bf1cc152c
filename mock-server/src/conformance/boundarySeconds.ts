/** Finds the range of time that has a meeting, to the second: the rows themselves do not say when a meeting started. */
import * as Effect from "effect/Effect"
import { type Answer, member, rowsOf } from "./Answer.ts"
import type { BasicProbes } from "./Probe.ts"
import { successful } from "./Observation.ts"
import { type Feishu, Undecided, type Unreachable } from "./Subject.ts"

const day = 86_400
const giveAnother = "use a --meeting-no that has"

/** Returns the ids of a page. */
export const idsOf = (answer: Answer): ReadonlyArray<string> =>
  rowsOf(answer).map((row) => String(member(row, "id")))

/** Returns the start of a meeting in unix seconds, which is the upper half of its id. */
export const startOf = (id: string): number =>
  /^\d{1,20}$/.test(id) ? Number(BigInt(id) >> 32n) : Number.NaN

/** Returns the first page, if it has at least `count` rows. */
export const rowsAtLeast = (
  count: number,
  { feishu, firstPage }: Pick<BasicProbes, "feishu" | "firstPage">,
): Effect.Effect<Answer, Undecided | Unreachable> =>
  Effect.flatMap(firstPage, (page) =>
    rowsOf(page).length >= count
      ? Effect.succeed(page)
      : Effect.fail(tooFew(feishu, count === 1 ? "no meetings" : `fewer than ${count} meetings`)),
  )

/** Returns the reason why a check is not decided: the number has too few meetings, or no number was given. */
export const tooFew = ({ options }: Feishu, what: string): Undecided =>
  options.meetingNo === undefined
    ? new Undecided({
        because: "no meeting number was given",
        give: "use --meeting-no with a number that has more than 50 meetings in the last 89 days",
      })
    : new Undecided({
        because: `the number has ${what} in the last 89 days`,
        give: "use a --meeting-no that has",
      })

/** A second, or on which side of the searched range it is. */
type Edge = number | "earlier" | "later"

/** The search covers starts that are at most this many seconds away from the id's. */
export const reach = 31

/**
 * Returns the last second for which `holds` is true, searching from a first guess: it is true for all earlier seconds, and
 * false for all later ones.
 */
const lastFor = Effect.fnUntraced(function* (
  guess: number,
  holds: (second: number) => Effect.Effect<boolean, Undecided | Unreachable>,
): Effect.fn.Return<Edge, Undecided | Unreachable> {
  const up = yield* holds(guess)
  let known = guess
  let other = guess
  for (let step = 1; ; step *= 2) {
    other = up ? known + step : known - step
    if (Math.abs(other - guess) > reach) return up ? "later" : "earlier"
    if ((yield* holds(other)) !== up) break
    known = other
  }
  let [low, high] = up ? [known, other] : [other, known]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (yield* holds(middle)) low = middle
    else high = middle
  }
  return low
})

/** Finds the latest begin and the earliest end of ranges that have a meeting, and its start according to its id. */
export const boundarySeconds = Effect.fnUntraced(function* (basic: BasicProbes) {
  const { list, range } = basic
  const { from, to } = yield* range
  const ids = idsOf(yield* rowsAtLeast(1, basic))
  const id = ids.find((id) => startOf(id) > from + day && startOf(id) < to - day)
  if (id === undefined) {
    return yield* new Undecided({
      because: "no meeting started, by its id, between 1 day and 88 days ago",
      give: giveAnother,
    })
  }
  const guess = startOf(id)
  const answers: Array<Answer> = []
  const isIn = Effect.fnUntraced(function* (start: number, end: number) {
    const page = yield* successful(
      "a query of half a day",
      list({ start_time: String(start), end_time: String(end), page_size: "50" }),
    )
    answers.push(page)
    if (idsOf(page).includes(id)) return true
    if (member(page.json, "data", "has_more") !== true) return false
    return yield* new Undecided({
      because: "the number has more than 50 meetings in half a day",
      give: "use a --meeting-no with fewer",
    })
  })
  const begin = yield* lastFor(guess, (second) => isIn(second, guess + day / 2))
  const end = yield* lastFor(guess, (second) => Effect.map(isIn(guess - day / 2, second), (is) => !is))
  return { guess, begin, end: typeof end === "number" ? end + 1 : end, answers }
})
