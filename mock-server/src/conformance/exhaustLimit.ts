/** Exceeds the rate limit once, on purpose, to observe how Feishu then answers and how it counts requests. */
import { ListByNo, ResponseHeaders } from "@effect-feishu/contract"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { type Answer, codeOf } from "./Answer.ts"
import type { BasicProbes } from "./Probe.ts"
import { resetOf, Undecided } from "./Subject.ts"

const windowSeconds = ListByNo.rateLimitWindowSeconds
/** Requests sent in parallel, so that on a slow network they still fit in one window. */
const together = 10
/** The most requests: enough above the limit to empty even a bucket, which refills meanwhile. */
const most = 130
/** The seconds between the first request and all others. */
const apart = 40
const afterReset = 3

/** The most requests that exceeding the limit sends. */
export const exhaustRequests = 1 + most + 2 + afterReset

/** The seconds that exceeding the limit takes, nearly all of them waiting. */
export const exhaustSeconds = windowSeconds + 1 + apart + 10 + windowSeconds - apart

/** The observations. */
interface Exhausted {
  /** The first refusal, or `undefined` when there was none. */
  readonly refusal: Answer | undefined
  readonly passed: number
  /** The answers, while the limit was exceeded, to wrong fields and to an unknown token. */
  readonly wrongFields: Answer
  readonly unknownToken: Answer
  /** The way in which requests are counted: a value of the switch `rateWindow`, other words, or `undefined` when it did not show. */
  readonly window: string | undefined
}

/** Returns the limit that a refusal names. */
export const limitOf = ({ headers }: Answer): number | undefined => {
  const text = headers[ResponseHeaders.rateLimitLimit] ?? ""
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/**
 * Sends one request, and all others when two thirds of a fixed window are over: then the reset that the refusal names
 * shows how requests are counted. Sends a few more after that reset.
 */
export const exhaustLimit = Effect.fnUntraced(function* ({
  authorization,
  feishu,
  firstPage,
  list,
}: BasicProbes) {
  yield* firstPage
  if (!feishu.options.exhaustLimit) {
    return yield* new Undecided({ because: "the limit was not exceeded", give: "use --exhaust-limit" })
  }
  const { onWait } = feishu.options
  const ask = list({ page_size: "1" }, true)
  yield* onWait(`exceeding the rate limit: waiting ${windowSeconds + 1} s for a window without requests`)
  yield* Effect.sleep(`${windowSeconds + 1} seconds`)
  const first = yield* ask
  const firstAt = yield* Clock.currentTimeMillis
  if (codeOf(first) !== 0) {
    return yield* new Undecided({ because: "other programs use the app at the same time", give: "stop them" })
  }
  yield* onWait(
    `exceeding the rate limit: sent the first of up to ${most} requests, sending the others in ${apart} s`,
  )
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
  yield* onWait(`exceeding the rate limit: waiting ${reset + 1} s for the reset that the refusal names`)
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
