import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import { HttpClient } from "effect/http"
import { AccessToken, FeishuConfig, RateLimit, Retry, Secret } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const request = { meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } }

describe("tokens of a self-built app", () => {
  it.effect("A2 50 callers at once cost one token call", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      const slow = Effect.sleep("1 second")
      const handler: Fake.Handler = (asked) =>
        Fake.isTokenCall(asked) ? Effect.as(slow, tokens.answer()) : Effect.succeed(Fake.page([1]))
      const fiber = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, () => Fake.read(request)),
          { concurrency: "unbounded" },
        ).pipe(Effect.provide(Fake.meetings(handler))),
      )
      yield* Fake.advance("2 seconds")
      const results = yield* Fiber.join(fiber)
      assert.isTrue(results.every(({ error, ids }) => error === undefined && ids.length === 1))
      assert.strictEqual(tokens.count(), 1)
    }),
  )

  it.effect(
    "a token is refreshed in the background when less than 25 minutes are left; nobody waits for it",
    () =>
      Effect.gen(function* () {
        const tokens = Fake.tokens()
        const used: Array<string | undefined> = []
        const handler: Fake.Handler = (asked) => {
          if (Fake.isTokenCall(asked)) return Effect.sync(() => tokens.answer())
          used.push(asked.token)
          return Effect.succeed(Fake.page([1]))
        }
        yield* Effect.gen(function* () {
          yield* Fake.read(request)
          yield* Fake.advance("94 minutes")
          yield* Fake.read(request)
          assert.strictEqual(tokens.count(), 1)
          yield* Fake.advance("2 minutes")
          yield* Fake.read(request)
          yield* Fake.advance("1 second")
          assert.strictEqual(tokens.count(), 2)
          yield* Fake.read(request)
        }).pipe(Effect.provide(Fake.meetings(handler)))
        assert.deepStrictEqual(used, [
          "Bearer t-SECRET-1",
          "Bearer t-SECRET-1",
          "Bearer t-SECRET-1",
          "Bearer t-SECRET-2",
        ])
      }),
  )

  it.effect(
    "A1 a refused token is replaced once, and the same page is read again: no row lost or doubled",
    () =>
      Effect.gen(function* () {
        const tokens = Fake.tokens()
        const pages: Array<string> = []
        const handler: Fake.Handler = (asked) => {
          if (Fake.isTokenCall(asked)) return Effect.sync(() => tokens.answer())
          const token = asked.query["page_token"] ?? ""
          pages.push(`${token}:${asked.token}`)
          if (token === "2" && asked.token === "Bearer t-SECRET-1")
            return Effect.succeed(Fake.failure(400, 99991663))
          return Effect.succeed(token === "" ? Fake.page([1, 2], "2") : Fake.page([3]))
        }
        const { error, ids } = yield* Effect.provide(Fake.read(request), Fake.meetings(handler))
        assert.strictEqual(error, undefined)
        assert.deepStrictEqual(ids, ["1", "2", "3"])
        assert.deepStrictEqual(pages, [":Bearer t-SECRET-1", "2:Bearer t-SECRET-1", "2:Bearer t-SECRET-2"])
      }),
  )

  it.effect("A3 when the fresh token is refused, too, that is the end: two token calls, two requests", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      let requests = 0
      const handler: Fake.Handler = (asked) => {
        if (Fake.isTokenCall(asked)) return Effect.sync(() => tokens.answer())
        requests++
        return Effect.succeed(Fake.failure(400, 99991663))
      }
      const { error } = yield* Effect.provide(Fake.read(request), Fake.meetings(handler))
      assert.strictEqual(error?.reason._tag, "AuthenticationFailed")
      assert.deepStrictEqual([tokens.count(), requests], [2, 2])
    }),
  )

  it.effect("A3 when the refused token comes back from the token call, nothing more is sent", () =>
    Effect.gen(function* () {
      let tokenCalls = 0
      let requests = 0
      const handler: Fake.Handler = (asked) => {
        if (Fake.isTokenCall(asked)) {
          tokenCalls++
          return Effect.succeed({ body: { code: 0, tenant_access_token: "t-SECRET-same", expire: 7_200 } })
        }
        requests++
        return Effect.succeed(Fake.failure(400, 99991663))
      }
      const { error } = yield* Effect.provide(Fake.read(request), Fake.meetings(handler))
      assert.strictEqual(error?.code, 99991663)
      assert.deepStrictEqual([tokenCalls, requests], [2, 1])
    }),
  )

  it.effect(
    "one replacement is for the whole call, also where a broken attempt lies between two refusals",
    () =>
      Effect.gen(function* () {
        const tokens = Fake.tokens()
        const answers = [Fake.failure(400, 99991663), Fake.failure(500, 121001), Fake.failure(400, 99991663)]
        const handler: Fake.Handler = (asked) =>
          Effect.sync(() => (Fake.isTokenCall(asked) ? tokens.answer() : (answers.shift() ?? Fake.page([1]))))
        const fiber = yield* Effect.forkChild(Effect.provide(Fake.read(request), Fake.meetings(handler)))
        yield* Fake.advance("1 minute")
        assert.strictEqual((yield* Fiber.join(fiber)).error?.reason._tag, "AuthenticationFailed")
        assert.strictEqual(tokens.count(), 2)
      }),
  )

  it.effect("a late refusal of a token that has been replaced costs no further token call", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      let first = true
      const handler: Fake.Handler = (asked) => {
        if (Fake.isTokenCall(asked)) return Effect.sync(() => tokens.answer())
        if (asked.token !== "Bearer t-SECRET-1") return Effect.succeed(Fake.page([1]))
        const refusal = Effect.succeed(Fake.failure(400, 99991663))
        if (!first) return Effect.andThen(Effect.sleep("10 seconds"), refusal)
        first = false
        return Effect.andThen(Effect.sleep("1 second"), refusal)
      }
      yield* Effect.gen(function* () {
        const fibers = yield* Effect.forkChild(
          Effect.all([Fake.read(request), Fake.read(request)], { concurrency: "unbounded" }),
        )
        yield* Fake.advance("20 seconds")
        assert.isTrue((yield* Fiber.join(fibers)).every(({ ids }) => ids.length === 1))
      }).pipe(Effect.provide(Fake.meetings(handler)))
      assert.strictEqual(tokens.count(), 2)
    }),
  )

  it.effect("A2 50 callers whose token is refused together cost one more token call", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      const handler: Fake.Handler = (asked) => {
        if (Fake.isTokenCall(asked)) return Effect.as(Effect.sleep("1 second"), tokens.answer())
        return Effect.as(
          Effect.sleep("1 second"),
          asked.token === "Bearer t-SECRET-1" ? Fake.failure(400, 99991663) : Fake.page([1]),
        )
      }
      const fiber = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 50 }, () => Fake.read(request)),
          { concurrency: "unbounded" },
        ).pipe(Effect.provide(Fake.meetings(handler))),
      )
      yield* Fake.advance("10 seconds")
      const results = yield* Fiber.join(fiber)
      assert.isTrue(results.every(({ error, ids }) => error === undefined && ids.length === 1))
      assert.strictEqual(tokens.count(), 2)
    }),
  )

  it.effect("A9 whoever started the fetch may be interrupted: the others still get the token", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      const handler: Fake.Handler = (asked) =>
        Fake.isTokenCall(asked)
          ? Effect.as(Effect.sleep("1 second"), tokens.answer())
          : Effect.succeed(Fake.page([1]))
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(Fake.read(request))
        yield* Effect.yieldNow
        const second = yield* Effect.forkChild(Fake.read(request))
        yield* Fake.advance("500 millis")
        yield* Fiber.interrupt(first)
        yield* Fake.advance("1 second")
        assert.deepStrictEqual((yield* Fiber.join(second)).ids, ["1"])
      }).pipe(Effect.provide(Fake.meetings(handler)))
      assert.strictEqual(tokens.count(), 1)
    }),
  )

  it.effect("a source whose scope is closed, before or during a fetch, keeps nobody waiting", () =>
    Effect.gen(function* () {
      for (const closeFirst of [true, false]) {
        const scope = yield* Scope.make()
        const source = yield* AccessToken.selfBuiltApp(Fake.app).pipe(
          Effect.provide(
            Layer.mergeAll(
              FeishuConfig.layer(),
              RateLimit.layer(),
              Retry.layerBudget(),
              Layer.succeed(
                HttpClient.HttpClient,
                Fake.httpClient(() => Effect.never),
              ),
            ),
          ),
          Effect.provideService(Scope.Scope, scope),
        )
        if (closeFirst) yield* Scope.close(scope, Exit.void)
        const fiber = yield* Effect.forkChild(source.get)
        yield* Fake.advance("1 second")
        if (!closeFirst) yield* Scope.close(scope, Exit.void)
        assert.isTrue(Exit.isFailure(yield* Fiber.await(fiber)))
      }
    }),
  )

  it.effect("the same token fetched again is no new generation: its late refusal still brings another", () =>
    Effect.gen(function* () {
      const given = ["t-SECRET-same", "t-SECRET-same"]
      const handler: Fake.Handler = (asked) => {
        if (Fake.isTokenCall(asked)) {
          return Effect.sync(() => ({
            body: { code: 0, tenant_access_token: given.shift() ?? "t-SECRET-new", expire: 0 },
          }))
        }
        return asked.token === "Bearer t-SECRET-new"
          ? Effect.succeed(Fake.page([1]))
          : Effect.as(Effect.sleep("61 seconds"), Fake.failure(400, 99991663))
      }
      yield* Effect.gen(function* () {
        const early = yield* Effect.forkChild(Fake.read(request))
        yield* Fake.advance("60 seconds")
        const late = yield* Effect.forkChild(Fake.read(request))
        yield* Fake.advance("5 minutes")
        assert.deepStrictEqual((yield* Fiber.join(early)).ids, ["1"])
        assert.deepStrictEqual((yield* Fiber.join(late)).ids, ["1"])
      }).pipe(
        Effect.provide(
          Fake.meetings(handler, {
            credentials: Fake.credentials,
            attemptTimeout: "1 hour",
            headersTimeout: "1 hour",
          }),
        ),
      )
      assert.deepStrictEqual(given, [])
    }),
  )

  it.effect("A5 a wrong secret is not tried again, and not kept: the next caller asks again", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      let calls = 0
      const handler: Fake.Handler = (asked) => {
        if (!Fake.isTokenCall(asked)) return Effect.succeed(Fake.page([1]))
        return Effect.sync(() => (++calls === 1 ? Fake.failure(200, 10014) : tokens.answer()))
      }
      yield* Effect.gen(function* () {
        const first = yield* Fake.read(request)
        assert.strictEqual(first.error?.reason._tag, "AuthenticationFailed")
        assert.match(first.error!.message, /^POST \S+: app cli_fake: /)
        assert.deepStrictEqual((yield* Fake.read(request)).ids, ["1"])
      }).pipe(Effect.provide(Fake.meetings(handler)))
      assert.strictEqual(calls, 2)
    }),
  )

  it.effect("A4 a token call that fails in passing is tried again on its own, at most 5 times in all", () =>
    Effect.gen(function* () {
      let calls = 0
      const handler: Fake.Handler = () => Effect.sync(() => (calls++, Fake.failure(500, 5000)))
      const fiber = yield* Effect.forkChild(Effect.provide(Fake.read(request), Fake.meetings(handler)))
      yield* Fake.advance("1 minute")
      const { error } = yield* Fiber.join(fiber)
      assert.strictEqual(error?.reason._tag, "ServerFailed")
      assert.match(error!.message, /Given up after 5 requests/)
      assert.strictEqual(calls, 5)
    }),
  )

  for (const expire of [0, -5, "soon", 1e12, undefined]) {
    it.effect(`A8 expire ${JSON.stringify(expire)} is held to between a minute and two hours`, () =>
      Effect.gen(function* () {
        const tokens = Fake.tokens()
        const handler: Fake.Handler = (asked) =>
          Effect.sync(() => (Fake.isTokenCall(asked) ? tokens.answer(expire ?? null) : Fake.page([1])))
        yield* Effect.gen(function* () {
          yield* Fake.read(request)
          yield* Fake.read(request)
          assert.strictEqual(tokens.count(), 1)
          yield* Fake.advance("2 hours")
          yield* Fake.read(request)
          assert.strictEqual(tokens.count(), 2)
        }).pipe(Effect.provide(Fake.meetings(handler)))
      }),
    )
  }
})

describe("a given token", () => {
  const given = { credentials: AccessToken.given(Secret.accessToken("u-SECRET-given")) }

  it.effect("is used as it is, and no token call is made", () =>
    Effect.gen(function* () {
      const used: Array<string | undefined> = []
      const handler: Fake.Handler = (asked) => {
        used.push(`${asked.path} ${asked.token}`)
        return Effect.succeed(Fake.page([1]))
      }
      yield* Effect.provide(Fake.read(request), Fake.meetings(handler, given))
      assert.deepStrictEqual(used, ["/open-apis/vc/v1/meetings/list_by_no Bearer u-SECRET-given"])
    }),
  )

  it.effect("that is refused ends the read after one request", () =>
    Effect.gen(function* () {
      let requests = 0
      const handler: Fake.Handler = () => Effect.sync(() => (requests++, Fake.failure(400, 99991668)))
      const { error } = yield* Effect.provide(Fake.read(request), Fake.meetings(handler, given))
      assert.strictEqual(error?.reason._tag, "AuthenticationFailed")
      assert.strictEqual(requests, 1)
    }),
  )
})
