/** The range of time in which a meeting is found, to the second: rows do not tell when they began. */
import * as Effect from "effect/Effect"
import { type Answer, member, rowsOf } from "./Answer.ts"
import type { Asking } from "./Asking.ts"
import { good } from "./Seen.ts"
import { type Feishu, Undecided, type Unreachable } from "./Subject.ts"

const day = 86_400
const giveAnother = "give a --meeting-no that has"

/** The ids of a page. */
export const idsOf = (answer: Answer): ReadonlyArray<string> =>
  rowsOf(answer).map((row) => String(member(row, "id")))

/** When a meeting began, by the upper half of its id, in unix seconds. */
export const startOf = (id: string): number =>
  /^\d{1,20}$/.test(id) ? Number(BigInt(id) >> 32n) : Number.NaN

/** The first page, if it has so many rows. */
export const rowsAtLeast = (
  count: number,
  { feishu, firstPage }: Pick<Asking, "feishu" | "firstPage">,
): Effect.Effect<Answer, Undecided | Unreachable> =>
  Effect.flatMap(firstPage, (page) =>
    rowsOf(page).length >= count
      ? Effect.succeed(page)
      : Effect.fail(tooFew(feishu, count === 1 ? "no meetings" : `fewer than ${count} meetings`)),
  )

/** The number that was given, if one was, has too few meetings. */
export const tooFew = ({ options }: Feishu, what: string): Undecided =>
  options.meetingNo === undefined
    ? new Undecided({
        because: "no meeting number was given",
        give: "give a --meeting-no with more than 50 meetings in the last 89 days",
      })
    : new Undecided({
        because: `the number has ${what} in the last 89 days`,
        give: "give a --meeting-no that has",
      })

/** A second, or that it is out of reach. */
type Edge = number | "earlier" | "later"

/** How far off a start may be from what the id says, so that it is found, in seconds. */
export const reach = 31

/**
 * The last of the seconds for which `holds` is so, from a first guess on: it holds for earlier ones, and does not for
 * later ones.
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

/** Where a range may begin last, and end first, to have a meeting in it; and when the meeting began by its id. */
export const boundarySeconds = Effect.fnUntraced(function* (asking: Asking) {
  const { list, range } = asking
  const { from, to } = yield* range
  const ids = idsOf(yield* rowsAtLeast(1, asking))
  const id = ids.find((id) => startOf(id) > from + day && startOf(id) < to - day)
  if (id === undefined) {
    return yield* new Undecided({
      because: "no meeting began, by its id, between a day and 88 days ago",
      give: giveAnother,
    })
  }
  const guess = startOf(id)
  const answers: Array<Answer> = []
  const isIn = Effect.fnUntraced(function* (start: number, end: number) {
    const page = yield* good(
      "a query of half a day",
      list({ start_time: String(start), end_time: String(end), page_size: "50" }),
    )
    answers.push(page)
    if (idsOf(page).includes(id)) return true
    if (member(page.json, "data", "has_more") !== true) return false
    return yield* new Undecided({
      because: "the number has more than 50 meetings in half a day",
      give: "give a --meeting-no with fewer",
    })
  })
  const begin = yield* lastFor(guess, (second) => isIn(second, guess + day / 2))
  const end = yield* lastFor(guess, (second) => Effect.map(isIn(guess - day / 2, second), (is) => !is))
  return { guess, begin, end: typeof end === "number" ? end + 1 : end, answers }
})
