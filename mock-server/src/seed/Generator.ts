/**
 * Generates meetings that look like real ones from a random seed: the same seed and the same times give the same meetings,
 * byte for byte.
 */
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Generate, InSeconds, Meeting } from "./Seed.ts"
import * as TimeText from "../protocol/TimeText.ts"
import { topics } from "./topics.ts"

/** A range of time from `from` (inclusive) to `to` (exclusive), in unix seconds. */
export interface Span {
  readonly from: number
  readonly to: number
}

const secondsPerDay = 24 * 60 * 60

/**
 * Generated meetings are spread over this many days before today unless the order or the options say otherwise. A range of
 * the last 89 days, such as `89d`, holds all of them at any time of the day on which the mock starts: its start is at most
 * a day after the start of the UTC day 89 days ago.
 */
export const defaultDays = 88

/** Returns the `days` before the UTC day of a time in unix seconds, so that no generated meeting is in the future. */
export const daysBefore = (nowSeconds: number, days: number): Span => {
  const to = Math.floor(nowSeconds / secondsPerDay) * secondsPerDay
  return { from: Math.max(0, to - days * secondsPerDay), to }
}

/** Returns random numbers that depend only on the seed. Each `purpose` has its own stream. */
export const seeded = (seed: string | number, purpose: string): Effect.Effect<Random.Random> =>
  Effect.service(Random.Random).pipe(Random.withSeed(`${seed}/${purpose}`))

/** Returns `count` meeting numbers that are not in `taken`, and adds them to it. */
export const meetingNos = (random: Random.Random, count: number, taken: Set<string>): Array<string> =>
  Array.from({ length: count }, () => {
    let meetingNo: string
    do meetingNo = String(100_000_000 + below(random, 900_000_000))
    while (taken.has(meetingNo))
    taken.add(meetingNo)
    return meetingNo
  })

/**
 * Yields the meetings of one order. Their starts are spread evenly, with some jitter, over the range of the order, or over
 * `span`. Ids for which `isTaken` holds are avoided, so the caller stores each meeting before it takes the next one.
 */
export const meetings = function* (
  random: Random.Random,
  order: InSeconds<Generate>,
  span: Span,
  isTaken: (id: string) => boolean,
): Generator<InSeconds<Meeting>, void, undefined> {
  const from = order.from ?? Math.min(span.from, order.to ?? span.from)
  const to = Math.max(from + 1, order.to ?? span.to)
  // Most meetings of one number are one recurring meeting, with the same topic, password and link.
  const usual = pick(random, topics)
  const password = chance(random, 0.6) ? sixDigits(random) : undefined
  const generate = order.participants === undefined ? {} : { participants: order.participants }
  const tenant = order.tenant_key === undefined ? {} : { tenant_key: order.tenant_key }
  const url = chance(random, 0.6) ? `https://vc.feishu.cn/j/${order.meeting_no}` : undefined
  for (let index = 0; index < order.count; index++) {
    const start = from + Math.floor(((index + random.nextDoubleUnsafe()) / order.count) * (to - from))
    yield {
      id: meetingId(random, start, isTaken),
      ...tenant,
      meeting_no: order.meeting_no,
      topic: chance(random, 0.5) ? usual : pick(random, topics),
      ...(url === undefined ? {} : { url }),
      ...(password === undefined ? {} : { password }),
      start_time: start,
      end_time: Math.min(start + 60 * (5 + below(random, 115)), TimeText.lastSecond),
      ...(chance(random, 0.1) ? { meeting_connect: chance(random, 0.5) } : {}),
      ...(chance(random, 0.1) ? { note_id: meetingId(random, start, isTaken) } : {}),
      generate,
    }
  }
}

/** Returns an id whose upper 32 bits are the start in unix seconds (inferred from published ids of meetings). */
const meetingId = (random: Random.Random, start: number, isTaken: (id: string) => boolean): string => {
  let id: string
  do id = String((BigInt(start) << 32n) | BigInt(below(random, 2 ** 32)))
  while (isTaken(id))
  return id
}

const below = (random: Random.Random, end: number): number => Math.floor(random.nextDoubleUnsafe() * end)
const chance = (random: Random.Random, probability: number): boolean =>
  random.nextDoubleUnsafe() < probability
const pick = (random: Random.Random, from: ReadonlyArray<string>): string =>
  from[below(random, from.length)] ?? ""
const sixDigits = (random: Random.Random): string => String(below(random, 1e6)).padStart(6, "0")
