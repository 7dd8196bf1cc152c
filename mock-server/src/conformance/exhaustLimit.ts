/** The rate limit exceeded once, on purpose: what is said then, and how requests are counted. */
import { ListByNo, ResponseHeaders } from "@effect-feishu/contract"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type Answer, codeOf } from "./Answer.ts"
import type { Asking } from "./Asking.ts"
import { resetOf, Undecided } from "./Subject.ts"

const windowSeconds = ListByNo.rateLimitWindowSeconds
/** How many requests are sent at a time, so that a slow network does not turn a window into two. */
const together = 10
/** More than the limit by so many that a bucket, which fills meanwhile, has run dry as well. */
const most = 130
/** Seconds after the first request until all others are sent. */
const apart = 40
const afterReset = 3

/** The most requests that it sends. */
export const exhaustRequests = 1 + most + 2 + afterReset

/** How long it takes, nearly all of it waiting, in seconds. */
export const exhaustSeconds = windowSeconds + 1 + apart + 10 + windowSeconds - apart

/** What came of it. */
interface Exhausted {
  /** The first refusal, or `undefined` when there was none. */
  readonly refusal: Answer | undefined
  readonly passed: number
  /** As requests with wrong fields, and with an unknown token, were answered meanwhile. */
  readonly wrongFields: Answer
  readonly unknownToken: Answer
  /** How they are counted, in the words of the switch where they are known. */
  readonly window: string | undefined
}

/** The limit of a refusal: what it says, or what passed before it. */
export const limitOf = ({ headers }: Answer): number | undefined => {
  const text = headers[ResponseHeaders.rateLimitLimit] ?? ""
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/**
 * One request, and the others when a fixed window is two thirds over and any other way of counting shows by the time
 * that the refusal names; a few more when that time is over.
 */
export const exhaustLimit = Effect.fnUntraced(function* ({ authorization, feishu, firstPage, list }: Asking) {
  yield* firstPage
  if (!feishu.options.exhaustLimit) {
    return yield* new Undecided({ because: "the limit was not exceeded", give: "give --exhaust-limit" })
  }
  const { onWait } = feishu.options
  const ask = list({ page_size: "1" }, true)
  yield* onWait(`exceeding the rate limit: waiting ${windowSeconds + 1} s for a window without requests`)
  yield* Effect.sleep(`${windowSeconds + 1} seconds`)
  const first = yield* ask
  const firstAt = yield* Clock.currentTimeMillis
  if (codeOf(first) !== 0) {
    return yield* new Undecided({ because: "others use the app at the same time", give: "stop them" })
  }
  yield* onWait(`exceeding the rate limit: the first of up to ${most} is sent, the others in ${apart} s`)
  yield* Effect.sleep(`${apart} seconds`)
  let passed = 1
  let refusal: Answer | undefined
  for (let sent = 0; sent < most && refusal === undefined; sent += together) {
    const answers = yield* Effect.all(
      Array.from({ length: together }, () => ask),
      { concurrency: together },
    )
    passed += answers.filter((answer) => codeOf(answer) === 0).length
    refusal = answers.find((answer) => codeOf(answer) === 99991400)
  }
  const bearer = yield* authorization
  const wrongFields = yield* feishu.send(ListByNo.path, { authorization: bearer, atOnce: true })
  const unknownToken = yield* feishu.send(ListByNo.path, { authorization: "Bearer t-made-up", atOnce: true })
  const result = { refusal, passed, wrongFields, unknownToken }
  if (refusal === undefined) return { ...result, window: undefined } satisfies Exhausted

  const limit = limitOf(refusal) ?? passed
  const reset = resetOf(refusal)
  const left = windowSeconds - ((yield* Clock.currentTimeMillis) - firstAt) / 1000
  yield* onWait(`exceeding the rate limit: waiting ${reset + 1} s for the reset that it names`)
  yield* Effect.sleep(`${reset + 1} seconds`)
  const count = Math.min(afterReset, limit)
  const answers = yield* Effect.all(
    Array.from({ length: count }, () => ask),
    { concurrency: count },
  )
  const again = answers.filter((answer) => codeOf(answer) === 0).length
  const isNamed = refusal.headers[ResponseHeaders.rateLimitReset] !== undefined
  const window = () => {
    if (!isNamed) return undefined
    if (Math.abs(reset - left) <= 4) {
      if (count < 2) return undefined
      return again === count ? "fixed" : again > 0 ? "sliding" : "refused after the reset"
    }
    if (reset <= Math.ceil(windowSeconds / limit) + 1) return "bucket"
    return again === count ? "a window that does not start with the first request" : "another way"
  }
  return { ...result, window: window() } satisfies Exhausted
})
