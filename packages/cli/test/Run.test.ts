import { assert, describe, it } from "@effect/vitest"
import type { Events } from "@effect-feishu/core"
import * as Effect from "effect/Effect"
import * as Run from "../src/Run.ts"

const told = Effect.fnUntraced(function* (event: Events.Event) {
  const run = Run.make()
  yield* Run.count(run, event)
  return Run.waitLine(run, event)
})

describe("waits", () => {
  it.effect("from one second on are told, with their end and length", () =>
    Effect.gen(function* () {
      const lines = [
        yield* told({ _tag: "RateLimitWaiting", millis: 59_001 }),
        yield* told({ _tag: "RateLimitRefused", resetMillis: 1_000, paceMillis: 600, logId: undefined }),
      ]
      assert.match(lines[0] ?? "", /^waiting for the rate limit until \d\d:\d\d:59 \(60 s\)$/)
      assert.match(lines[1] ?? "", /^waiting for the rate limit until \d\d:\d\d:01 \(1 s\)$/)
    }),
  )

  it.effect("below a second are not, nor is anything else", () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* told({ _tag: "RateLimitWaiting", millis: 999 }))
      assert.isUndefined(yield* told({ _tag: "RateLimitWaited", millis: 5_000 }))
    }),
  )
})
