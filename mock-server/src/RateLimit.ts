/** The rate limit, counted per API, app and tenant (documented), in a fixed window that starts with the first request (inferred). */
import { ListByNo } from "@effect-feishu/contract"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const windowMillis = ListByNo.rateLimitWindowSeconds * 1000

/** A request that is over the limit. */
export interface Refusal {
  /** How many requests pass in a window. */
  readonly limit: number
  /** Whole seconds until the window resets, at least 1. */
  readonly resetSeconds: number
}

/** See the member. */
export class RateLimit extends Context.Service<
  RateLimit,
  {
    /** Counts a request, or refuses it. Refused requests are not counted (inferred). */
    readonly take: (key: {
      readonly api: string
      readonly app: string
      readonly tenant: string
    }) => Effect.Effect<Refusal | undefined>
  }
>()("@effect-feishu/mock-server/RateLimit") {}

/** `limit` requests in each window of 60 seconds, or as many as come. */
export const layer = (limit: number | "off"): Layer.Layer<RateLimit> =>
  Layer.sync(RateLimit, () => {
    if (limit === "off") return { take: () => Effect.undefined }
    const windows = new Map<string, { readonly resetsAt: number; count: number }>()
    return {
      take: ({ api, app, tenant }) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const key = `${api} ${app} ${tenant}`
          let window = windows.get(key)
          if (window === undefined || now >= window.resetsAt) {
            window = { resetsAt: now + windowMillis, count: 0 }
            windows.set(key, window)
          }
          if (window.count >= limit) {
            return { limit, resetSeconds: Math.max(1, Math.ceil((window.resetsAt - now) / 1000)) }
          }
          window.count++
          return undefined
        }),
    }
  })
