import { assert, describe, it } from "@effect/vitest"
import { Duration, Effect, Fiber } from "effect"
import * as Fake from "./FakeFeishu.ts"

const request = { meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } }

/** Reads so many times at once, on one client. */
const readAll = (times: number) =>
  Effect.all(
    Array.from({ length: times }, () => Fake.read(request)),
    { concurrency: "unbounded" },
  )

describe("a token endpoint that is dead", () => {
  it.effect("is left alone for 30 s: callers fail at once, with the error it had", () =>
    Effect.gen(function* () {
      let calls = 0
      const handler: Fake.Handler = () => Effect.sync(() => (calls++, Fake.failure(500, 5000)))
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(Fake.read(request))
        yield* Fake.advance("10 seconds")
        assert.match((yield* Fiber.join(first)).error!.message, /Given up after 5 requests/)
        // No time passes for these.
        for (const { error } of yield* readAll(10)) {
          assert.strictEqual(error?.reason._tag, "ServerFailed")
          assert.match(error!.message, /The same call has just failed, so nothing is sent for \d+ s\./)
          assert.isTrue(error!.isRetryable)
          assert.isTrue(Duration.isGreaterThan(error!.retryAfter!, Duration.seconds(15)))
          assert.isDefined(error!.cursor)
        }
        assert.strictEqual(calls, 5)
      }).pipe(Effect.provide(Fake.meetings(handler)))
    }),
  )

  it.effect("is asked by one caller then, and all who wait for it go on", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      let dead = true
      let calls = 0
      const handler: Fake.Handler = (asked) => {
        if (!Fake.isTokenCall(asked)) return Effect.succeed(Fake.page([1]))
        calls++
        return dead ? Effect.fail("ECONNREFUSED") : Effect.as(Effect.sleep("5 seconds"), tokens.answer())
      }
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(Fake.read(request))
        yield* Fake.advance("60 seconds")
        assert.isDefined((yield* Fiber.join(first)).error)
        dead = false
        calls = 0
        const waiting = yield* Effect.forkChild(readAll(10))
        yield* Fake.advance("10 seconds")
        assert.isTrue((yield* Fiber.join(waiting)).every(({ error }) => error === undefined))
        assert.strictEqual(calls, 1)
      }).pipe(Effect.provide(Fake.meetings(handler)))
    }),
  )

  it.effect("that refuses the secret is no dead one: the next caller asks again", () =>
    Effect.gen(function* () {
      let calls = 0
      const handler: Fake.Handler = () => Effect.sync(() => (calls++, Fake.failure(200, 10014)))
      yield* Effect.provide(Effect.andThen(Fake.read(request), Fake.read(request)), Fake.meetings(handler))
      assert.strictEqual(calls, 2)
    }),
  )
})

describe("a reset over the longest wait", () => {
  it.effect("H5 is an error for later calls, too, and nothing is sent until then", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      let refusing = true
      let calls = 0
      const handler: Fake.Handler = (asked) =>
        Effect.sync(() => {
          if (Fake.isTokenCall(asked)) return tokens.answer()
          calls++
          return refusing ? Fake.failure(429, 99991400, { "x-ogw-ratelimit-reset": "600" }) : Fake.page([1])
        })
      yield* Effect.gen(function* () {
        const first = yield* Fake.read(request)
        assert.match(first.error!.message, /resets in 600 s, over the longest wait of 300 s/)
        yield* Fake.advance("500 seconds")
        refusing = false
        const second = yield* Fake.read(request)
        assert.strictEqual(second.error?.reason._tag, "RateLimited")
        assert.match(second.error!.message, /nothing is sent for 100 s/)
        assert.strictEqual(calls, 1)
        yield* Fake.advance("100 seconds")
        assert.deepStrictEqual((yield* Fake.read(request)).ids, ["1"])
      }).pipe(Effect.provide(Fake.meetings(handler)))
    }),
  )

  it.effect("H5 when it is over, one caller finds out for all who wait", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      let calls = 0
      const handler: Fake.Handler = (asked) => {
        if (Fake.isTokenCall(asked)) return Effect.succeed(tokens.answer())
        calls++
        return Effect.as(
          Effect.sleep("1 second"),
          Fake.failure(429, 99991400, { "x-ogw-ratelimit-reset": "600" }),
        )
      }
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(Fake.read(request))
        yield* Fake.advance("700 seconds")
        assert.strictEqual((yield* Fiber.join(first)).error?.reason._tag, "RateLimited")
        const waiting = yield* Effect.forkChild(readAll(10))
        yield* Fake.advance("5 seconds")
        const reads = yield* Fiber.join(waiting)
        assert.isTrue(reads.every(({ error }) => error?.reason._tag === "RateLimited"))
        assert.strictEqual(calls, 2)
      }).pipe(Effect.provide(Fake.meetings(handler)))
    }),
  )
})
