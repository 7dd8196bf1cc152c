/** How far a run is, how fast it is read, and how long it still takes. */
import type { Backfill } from "@effect-feishu/backfill"
import * as Language from "../../language/Language.ts"
import { duration, many } from "../../language/phrases.ts"
import type * as Progress from "../../run/Progress.ts"

const words = Language.words({
  en: {
    lanes: (done: number, all: number) => (all === 1 ? "" : `${done} of ${many(all, "lane")} done`),
    units: (done: string, all: string) => `${done} of ${all} periods of 90 days`,
    meetings: (number: number, text: string) => `${text} ${number === 1 ? "meeting" : "meetings"}`,
    rate: (rate: string, limit: string) => `${rate} of ${limit} requests/min`,
    failures: (number: number) => many(number, "failure"),
    left: (time: string) => `about ${time} left`,
    waiting: (lanes: number) => `${many(lanes, "lane")} ${lanes === 1 ? "waits" : "wait"}`,
  },
  zh: {
    lanes: (done, all) => (all === 1 ? "" : `${done}/${all} 个通道已完成`),
    units: (done, all) => `时间段 ${done}/${all}`,
    meetings: (_, text) => `${text} 场会议`,
    rate: (rate, limit) => `每分钟 ${rate} 次请求（上限 ${limit}）`,
    failures: (number) => `${number} 个失败`,
    left: (time) => `约还需 ${time}`,
    waiting: (lanes) => `${lanes} 个通道在等待`,
  },
})

/** The pace of all runners together, by the place of the run: a window takes a request. */
export class Pace {
  readonly #rateLimit: number
  readonly #places: Array<{ readonly at: number; readonly position: number }> = []

  constructor(rateLimit: number) {
    this.#rateLimit = rateLimit
  }

  add({ position }: Backfill.RunStatus, at: number): void {
    // A new round begins at its first unit.
    if (position < (this.#places.at(-1)?.position ?? 0)) this.#places.length = 0
    this.#places.push({ at, position })
    // The pace of the last minutes.
    while (this.#places.length > 2 && at - this.#places[0]!.at > 180_000) this.#places.shift()
  }

  /** Windows a minute; `undefined` before there is a time to measure. */
  get perMinute(): number | undefined {
    const [first, last] = [this.#places[0], this.#places.at(-1)]
    if (first === undefined || last === undefined || last.at - first.at < 5_000) return undefined
    return ((last.position - first.position) / (last.at - first.at)) * 60_000
  }

  /** What the lanes that are not done may send in a minute. */
  limitOf({ lanes }: Backfill.RunStatus): number {
    return this.#rateLimit * lanes.filter(({ fault, isDone }) => !isDone && fault === undefined).length
  }

  /** Seconds that are left for the lane with the most work, at its limit, and at least as long as the pace says. */
  secondsLeft(status: Backfill.RunStatus): number | undefined {
    const left = status.lanes.map(({ isDone, position, units }) => (isDone ? 0 : units - position))
    const atLimit = (Math.max(0, ...left) / this.#rateLimit) * 60
    const { perMinute } = this
    if (perMinute === undefined || perMinute <= 0) return undefined
    const all = left.reduce((sum, one) => sum + one, 0)
    return Math.ceil(Math.max(atLimit, (all / perMinute) * 60))
  }
}

/** Returns how many meetings and periods were read. */
export const counts = (status: Backfill.RunStatus, language: Language.Language) => {
  const say = words[language]
  const format = new Intl.NumberFormat(language)
  return [
    say.meetings(status.meetings, format.format(status.meetings)),
    say.units(format.format(status.position), format.format(status.units)),
  ] as const
}

/** Returns how fast a run is read, what waits or failed, and how long it still takes, in parts. */
export const rest = (
  status: Backfill.RunStatus,
  pace: Pace,
  now: number,
  language: Language.Language,
): ReadonlyArray<Progress.Part> => {
  const say = words[language]
  const format = new Intl.NumberFormat(language)
  const waiting = status.lanes.filter(
    ({ fault, isDone }) => !isDone && fault !== undefined && fault.retryAt > now,
  ).length
  const [rate, left] = [pace.perMinute, pace.secondsLeft(status)]
  return [
    ...(rate === undefined
      ? []
      : [
          {
            text: say.rate(format.format(Math.round(rate)), format.format(pace.limitOf(status))),
            weight: 2,
          },
        ]),
    ...(waiting === 0 ? [] : [{ text: say.waiting(waiting), weight: 5 }]),
    ...(status.failures === 0 ? [] : [{ text: say.failures(status.failures), weight: 4 }]),
    ...(left === undefined || left < 5 ? [] : [{ text: say.left(duration(left, language)), weight: 5 }]),
  ]
}

/** Returns how far a run is, in parts that a line shows as far as there is room. */
export const partsOf = (
  status: Backfill.RunStatus,
  pace: Pace,
  now: number,
  language: Language.Language,
): ReadonlyArray<Progress.Part> => {
  const { lanes } = status
  const [meetings, units] = counts(status, language)
  const lanesDone = words[language].lanes(lanes.filter(({ isDone }) => isDone).length, lanes.length)
  return [
    ...(lanesDone === "" ? [] : [{ text: lanesDone, weight: 3 }]),
    { text: units, weight: 7 },
    { text: meetings, weight: 6 },
    ...rest(status, pace, now, language),
  ]
}
