import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Logger, Redacted } from "effect"
import { AccessToken, Cursor, FeishuError, Meetings, Secret, UserTokenStore } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const tokenPath = "/open-apis/authen/v2/oauth/token"
const request = { meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } }
const account = { openId: "ou_1a2b", name: "张三", tenantKey: "tenant1" }
const minute = 60_000

/** A login whose access token is good for so long, and whose refresh token is `r-SECRET-0`. */
const login = (minutes: number, more: Partial<UserTokenStore.UserTokens> = {}) =>
  Effect.map(Clock.currentTimeMillis, (now): UserTokenStore.UserTokens => ({
    appId: Fake.app.appId,
    baseUrl: "https://open.feishu.cn",
    account,
    scopes: ["vc:meeting:readonly", "offline_access"],
    accessToken: Secret.accessToken("u-SECRET-0"),
    accessTokenEndsAt: now + minutes * minute,
    refreshToken: Secret.refreshToken("r-SECRET-0"),
    refreshTokenEndsAt: now + 7 * 86_400_000,
    signedInAt: now,
    ...more,
  }))

/** What happens to a request for a refresh: Feishu takes the token or not, and the answer arrives or not. */
type Fate =
  | "gateway fails after"
  | "answered"
  | "without a code"
  | "lost before"
  | "lost after"
  | number
  | object

/** Feishu, where a refresh token is good once. */
const server = () => {
  let count = 0
  let good = "r-SECRET-0"
  let fates: Array<Fate> = []
  let takes: Effect.Effect<void> = Effect.void
  const sent: Array<string> = []
  const used: Array<string> = []
  const refused = (code: number): Fake.Answer => ({
    status: code === 20050 ? 500 : 400,
    body: {
      code,
      error: "invalid_grant",
      error_description: "refused",
      challenge_url: "https://feishu.example/challenge?ticket=1",
    },
  })
  const handler: Fake.Handler = ({ body, path, token }) =>
    Effect.gen(function* () {
      if (path !== tokenPath) {
        used.push(String(token).replace("Bearer ", ""))
        return token === `Bearer u-SECRET-${count}` ? Fake.page([1]) : Fake.failure(400, 99991677)
      }
      const { refresh_token } = body as { readonly refresh_token: string }
      sent.push(refresh_token)
      yield* takes
      const fate = fates.shift() ?? "answered"
      if (typeof fate === "number") return refused(fate)
      if (fate === "lost before") return yield* Effect.fail("ECONNRESET")
      if (refresh_token !== good) return refused(20073)
      good = `r-SECRET-${++count}`
      if (fate === "lost after") return yield* Effect.fail("ECONNRESET")
      if (fate === "gateway fails after") return { status: 504, body: "upstream timed out" }
      return {
        body: {
          ...(fate === "without a code" ? {} : { code: 0 }),
          access_token: `u-SECRET-${count}`,
          expires_in: 7_200,
          refresh_token: good,
          refresh_token_expires_in: 604_800,
          scope: "vc:meeting:readonly offline_access",
          token_type: "Bearer",
          ...(typeof fate === "object" ? fate : {}),
        },
      }
    })
  return {
    handler,
    sent,
    used,
    count: () => count,
    next: (...next: Array<Fate>) => {
      fates = next
    },
    slowly: (effect: Effect.Effect<void>) => {
      takes = effect
    },
  }
}

const client = (feishu: ReturnType<typeof server>, tokens: UserTokenStore.UserTokenStore) =>
  Fake.meetings(feishu.handler, { credentials: AccessToken.user({ ...Fake.app, tokens }) })

const read = (feishu: ReturnType<typeof server>, tokens: UserTokenStore.UserTokenStore) =>
  Effect.provide(Fake.read(request), client(feishu, tokens))

/** A store on a disk that is full at times. */
const disk = (initial: UserTokenStore.UserTokens) => {
  const memory = UserTokenStore.memory(initial)
  let isFull = false
  const tokens: UserTokenStore.UserTokenStore = {
    ...memory,
    locked: (use) =>
      memory.locked((stored, replace) =>
        use(stored, (next) =>
          isFull
            ? Effect.fail(FeishuError.loginStoreFailed("login.json", "the disk is full", "Free some space."))
            : replace(next),
        ),
      ),
  }
  return {
    memory,
    tokens,
    full: Effect.sync(() => {
      isFull = true
    }),
    free: Effect.sync(() => {
      isFull = false
    }),
  }
}

/** Runs what sleeps on the test clock. */
const running = Effect.fnUntraced(function* <A, E, R>(effect: Effect.Effect<A, E, R>, seconds = 120) {
  const fiber = yield* Effect.forkChild(effect)
  yield* Fake.advance(`${seconds} seconds`)
  return yield* Fiber.join(fiber)
})

const why = (error: FeishuError.FeishuError | undefined) =>
  error?.reason._tag === "SignInRequired" ? error.reason.why : error?.reason._tag

describe("tokens of a user who has signed in", () => {
  it.effect("are read from the store, and refreshed before they end while the present one serves", () =>
    Effect.gen(function* () {
      const feishu = server()
      const tokens = UserTokenStore.memory(yield* login(120))
      yield* Effect.gen(function* () {
        yield* Fake.read(request)
        yield* Fake.advance("94 minutes")
        yield* Fake.read(request)
        assert.strictEqual(feishu.count(), 0)
        yield* Fake.advance("2 minutes")
        // Feishu keeps the present one for a minute; here it is refused at once, and the stored one is used.
        yield* Fake.read(request)
        yield* Fake.advance("1 second")
        assert.strictEqual(feishu.count(), 1)
        yield* Fake.read(request)
      }).pipe(Effect.provide(client(feishu, tokens)))
      assert.deepStrictEqual(feishu.sent, ["r-SECRET-0"])
      assert.strictEqual(feishu.used.at(-1), "u-SECRET-1")
      const stored = yield* tokens.read
      assert.strictEqual(stored?.refreshBegunAt, undefined)
      assert.strictEqual(Secret.problem(stored?.accessToken, "AccessToken"), undefined)
    }),
  )

  it.effect(
    "A10 cost one refresh for any number of readers of one store, each with a client of its own",
    () =>
      Effect.gen(function* () {
        const feishu = server()
        feishu.slowly(Effect.sleep("1 second"))
        const tokens = UserTokenStore.memory(yield* login(-1))
        const results = yield* running(
          Effect.all(
            Array.from({ length: 20 }, () => read(feishu, tokens)),
            { concurrency: "unbounded" },
          ),
        )
        assert.isTrue(results.every(({ error, ids }) => error === undefined && ids.length === 1))
        assert.deepStrictEqual(feishu.sent, ["r-SECRET-0"])
      }),
  )

  it.effect("A10 are taken from the store where another process has refreshed them", () =>
    Effect.gen(function* () {
      const feishu = server()
      const tokens = UserTokenStore.memory(yield* login(120))
      yield* Effect.gen(function* () {
        yield* Fake.read(request)
        yield* running(
          Effect.scoped(
            Effect.gen(function* () {
              const other = yield* AccessToken.user({ ...Fake.app, tokens })
              const { generation } = yield* other.get
              yield* other.invalidate(generation)
              yield* other.get
            }).pipe(Effect.provide(Fake.needs(feishu.handler))),
          ),
        )
        const { error, ids } = yield* Fake.read(request)
        assert.deepStrictEqual([error, ids], [undefined, ["1"]])
      }).pipe(Effect.provide(client(feishu, tokens)))
      assert.deepStrictEqual(feishu.sent, ["r-SECRET-0"])
    }),
  )

  it.effect("A11 survive failures of a refresh: it is sent again, later, and nothing is removed", () =>
    Effect.gen(function* () {
      const feishu = server()
      const first = yield* login(-1)
      const tokens = UserTokenStore.memory(first)
      feishu.next(20050, "lost before", 20050)
      const { error } = yield* running(read(feishu, tokens))
      assert.strictEqual(error, undefined)
      assert.deepStrictEqual(
        feishu.sent,
        Array.from({ length: 4 }, () => "r-SECRET-0"),
      )
      feishu.next(20050, 20050, 20050, 20050, 20050)
      const again = UserTokenStore.memory(first)
      const failed = yield* running(read(feishu, again))
      assert.strictEqual(failed.error?.code, 20050)
      assert.isTrue(failed.error?.isRetryable)
      assert.strictEqual(yield* again.read, first)
    }),
  )

  it.effect("A12 rest after a request that was not answered, before it is sent again", () =>
    Effect.gen(function* () {
      const feishu = server()
      const tokens = UserTokenStore.memory(yield* login(-1))
      const times: Array<number> = []
      feishu.slowly(Effect.map(Clock.currentTimeMillis, (now) => void times.push(now)))
      feishu.next("lost before")
      yield* running(read(feishu, tokens))
      assert.lengthOf(times, 2)
      assert.isAtLeast(times[1]! - times[0]!, 5_000)
      // Nor does the next process, of one that was killed.
      times.length = 0
      const began = yield* Clock.currentTimeMillis
      const killed = UserTokenStore.memory(
        yield* login(-1, { refreshBegunAt: began, refreshToken: Secret.refreshToken("r-SECRET-1") }),
      )
      yield* running(read(feishu, killed))
      assert.isAtLeast(times[0]! - began, 5_000)
    }),
  )

  it.effect("A12 are lost where the answer was lost, and that is said, also by the next process", () =>
    Effect.gen(function* () {
      const feishu = server()
      const tokens = UserTokenStore.memory(yield* login(-1))
      feishu.next("lost after")
      const { error } = yield* running(read(feishu, tokens))
      assert.strictEqual(why(error), "answer lost")
      assert.include(error?.message, "张三 (ou_1a2b) has to sign in again.")
      assert.notInclude(error?.message, "SECRET")
      const next = yield* running(read(feishu, tokens))
      assert.strictEqual(why(next.error), "answer lost")
      assert.isDefined(yield* tokens.read)
    }),
  )

  it.effect("A12 are lost, too, where a gateway has failed after Feishu has used the token", () =>
    Effect.gen(function* () {
      const feishu = server()
      feishu.next("gateway fails after")
      const { error } = yield* running(read(feishu, UserTokenStore.memory(yield* login(-1))))
      assert.strictEqual(why(error), "answer lost")
    }),
  )

  for (const [code, expected] of [
    [20037, "expired"],
    [20064, "used or revoked"],
    [20008, "AuthenticationFailed"],
    [20074, "AuthenticationFailed"],
    [21000, "AuthenticationFailed"],
  ] as const) {
    it.effect(`A11 are kept when a refresh is refused with ${code}`, () =>
      Effect.gen(function* () {
        const feishu = server()
        const first = yield* login(-1)
        const tokens = UserTokenStore.memory(first)
        feishu.next(code)
        const { error } = yield* running(read(feishu, tokens))
        assert.strictEqual(why(error), expected)
        assert.strictEqual(error?.code, code)
        assert.include(error?.message, "张三 (ou_1a2b)")
        // Nor is it marked as one that may have been used.
        assert.strictEqual(yield* tokens.read, first)
        assert.lengthOf(feishu.sent, 1)
      }),
    )
  }

  it.effect("are stored, too, if the answer has no code, as OAuth 2.0 knows none", () =>
    Effect.gen(function* () {
      const feishu = server()
      feishu.next("without a code")
      const { error } = yield* running(read(feishu, UserTokenStore.memory(yield* login(-1))))
      assert.strictEqual(error, undefined)
    }),
  )

  it.effect("are stored, too, if the answer has odd things in the other fields", () =>
    Effect.gen(function* () {
      for (const odd of [
        { scope: null, refresh_token: null, refresh_token_expires_in: "soon", expires_in: null },
        { scope: 7, refresh_token: "", refresh_token_expires_in: -1, expires_in: "7200" },
      ]) {
        const feishu = server()
        feishu.next(odd)
        const tokens = UserTokenStore.memory(yield* login(-1))
        const { error } = yield* running(read(feishu, tokens))
        assert.strictEqual(error, undefined)
        const stored = yield* tokens.read
        assert.deepStrictEqual(stored?.scopes, ["vc:meeting:readonly", "offline_access"])
        // The former one is used, so it is not kept.
        assert.strictEqual(stored?.refreshToken, undefined)
      }
    }),
  )

  it.effect("A16 that are refused for good are not sent again, until there are others", () =>
    Effect.gen(function* () {
      const feishu = server()
      const tokens = UserTokenStore.memory(yield* login(-1))
      yield* Effect.gen(function* () {
        feishu.next(20064)
        for (let reads = 0; reads < 3; reads++) {
          assert.strictEqual(why((yield* running(Fake.read(request))).error), "used or revoked")
        }
        assert.lengthOf(feishu.sent, 1)
        const again = yield* login(120)
        yield* tokens.locked((_, replace) => replace(again))
        assert.strictEqual((yield* running(Fake.read(request))).error, undefined)
      }).pipe(Effect.provide(client(feishu, tokens)))
    }),
  )

  it.effect("A14 are not put in the place of newer ones that somebody has stored without the lock", () =>
    Effect.gen(function* () {
      const feishu = server()
      const tokens = UserTokenStore.memory(yield* login(-1))
      const newer = yield* login(120, { refreshToken: Secret.refreshToken("r-SECRET-other") })
      let isStored = false
      const written: Array<UserTokenStore.UserTokens | undefined> = []
      const shared: UserTokenStore.UserTokenStore = {
        read: Effect.suspend(() => (isStored ? Effect.succeed(newer) : tokens.read)),
        locked: (use) =>
          tokens.locked((stored, replace) =>
            use(stored, (next) => {
              written.push(next)
              return replace(next)
            }),
          ),
      }
      feishu.slowly(
        Effect.sync(() => {
          isStored = true
        }),
      )
      feishu.next(20008)
      yield* running(read(feishu, shared))
      assert.lengthOf(written, 1)
    }),
  )

  it.effect("21000 names the address at which the user has to do something", () =>
    Effect.gen(function* () {
      const feishu = server()
      feishu.next(21000)
      const { error } = yield* running(read(feishu, UserTokenStore.memory(yield* login(-1))))
      assert.include(error?.message, "Have the user open https://feishu.example/challenge?ticket=1 and do")
    }),
  )

  it.effect("A16 20037 after 365 days says that a year is over", () =>
    Effect.gen(function* () {
      const feishu = server()
      const tokens = UserTokenStore.memory(yield* login(-1))
      yield* Fake.advance("365 days")
      feishu.next(20037)
      const { error } = yield* running(read(feishu, tokens))
      assert.strictEqual(why(error), "a year")
    }),
  )

  it.effect("A14 20073 first looks whether somebody has stored newer ones without the lock", () =>
    Effect.gen(function* () {
      const feishu = server()
      const newer = yield* login(120, {
        accessToken: Secret.accessToken("u-SECRET-1"),
        refreshToken: Secret.refreshToken("r-SECRET-1"),
      })
      const tokens = UserTokenStore.memory(yield* login(-1))
      // As on another machine that shares the store and not the lock.
      let isStored = false
      const shared: UserTokenStore.UserTokenStore = {
        ...tokens,
        read: Effect.suspend(() => (isStored ? Effect.succeed(newer) : tokens.read)),
      }
      feishu.slowly(
        Effect.sync(() => {
          isStored = true
        }),
      )
      feishu.next("lost after")
      const { error } = yield* running(read(feishu, shared))
      assert.strictEqual(error, undefined)
      assert.strictEqual(feishu.used.at(-1), "u-SECRET-1")
    }),
  )

  it.effect("A13 an interruption in the midst of a refresh waits until the answer is stored", () =>
    Effect.gen(function* () {
      const feishu = server()
      feishu.slowly(Effect.sleep("10 seconds"))
      const tokens = UserTokenStore.memory(yield* login(-1))
      const fiber = yield* Effect.forkChild(read(feishu, tokens))
      yield* Fake.advance("2 seconds")
      const interrupted = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* Fake.advance("20 seconds")
      yield* Fiber.join(interrupted)
      assert.strictEqual(feishu.count(), 1)
      const stored = yield* tokens.read
      assert.strictEqual(stored?.refreshBegunAt, undefined)
      feishu.slowly(Effect.void)
      const { error } = yield* running(read(feishu, tokens))
      assert.strictEqual(error, undefined)
      assert.lengthOf(feishu.sent, 1)
    }),
  )

  it.effect("A13 a server that never answers does not hold an interruption up for ever", () =>
    Effect.gen(function* () {
      const feishu = server()
      feishu.slowly(Effect.never)
      const tokens = UserTokenStore.memory(yield* login(-1))
      const fiber = yield* Effect.forkChild(read(feishu, tokens))
      yield* Fake.advance("2 seconds")
      const interrupted = yield* Effect.forkChild(Fiber.interrupt(fiber))
      yield* Fake.advance("70 seconds")
      assert.isDefined(interrupted.pollUnsafe())
    }),
  )

  it.effect("A15 that could not be stored serve this process, which stores them when it can", () =>
    Effect.gen(function* () {
      const feishu = server()
      const lines: Array<string> = []
      const logger = Logger.make(({ message }) => void lines.push(String(message)))
      const { free, full, memory, tokens } = disk(yield* login(-1))
      feishu.slowly(full)
      yield* Effect.gen(function* () {
        const { error } = yield* running(Fake.read(request))
        assert.strictEqual(error, undefined)
        assert.include(lines.join(), "张三 (ou_1a2b)")
        assert.include(lines.join(), "the disk is full")
        assert.notInclude(lines.join(), "SECRET")
        yield* free
        feishu.slowly(Effect.void)
        // Soon, and not only with the next refresh: this process may be killed before that.
        yield* Fake.advance("15 seconds")
        assert.strictEqual(Redacted.value((yield* memory.read)!.refreshToken!), "r-SECRET-1")
        yield* Fake.advance("96 minutes")
        yield* running(Fake.read(request))
      }).pipe(Effect.provide(client(feishu, tokens)), Effect.provide(Logger.layer([logger])))
      assert.deepStrictEqual(feishu.sent, ["r-SECRET-0", "r-SECRET-1"])
    }),
  )

  it.effect("A15 that could not be stored are stored when the client ends", () =>
    Effect.gen(function* () {
      const feishu = server()
      const { free, full, memory, tokens } = disk(yield* login(-1))
      feishu.slowly(full)
      yield* Effect.gen(function* () {
        yield* running(Fake.read(request), 1)
        yield* free
      }).pipe(Effect.provide(client(feishu, tokens)), Effect.provide(Logger.layer([])))
      assert.strictEqual(Redacted.value((yield* memory.read)!.refreshToken!), "r-SECRET-1")
    }),
  )

  it.effect("A15 that could not be stored do not replace those of a user who has signed in meanwhile", () =>
    Effect.gen(function* () {
      const feishu = server()
      const { free, full, memory, tokens } = disk(yield* login(-1))
      const again = yield* login(120, { refreshToken: Secret.refreshToken("r-SECRET-again") })
      feishu.slowly(full)
      yield* Effect.gen(function* () {
        yield* running(Fake.read(request), 1)
        yield* free
        yield* tokens.locked((_, replace) => replace(again))
        yield* Fake.advance("15 seconds")
      }).pipe(Effect.provide(client(feishu, tokens)), Effect.provide(Logger.layer([])))
      assert.strictEqual(yield* memory.read, again)
    }),
  )

  it.effect(
    "A15 nothing is sent where the store cannot be written, since a refresh could not be stored",
    () =>
      Effect.gen(function* () {
        const feishu = server()
        const { full, tokens } = disk(yield* login(-1))
        yield* full
        const { error } = yield* running(read(feishu, tokens))
        assert.strictEqual(error?.reason._tag, "LoginStoreFailed")
        assert.deepStrictEqual(feishu.sent, [])
      }),
  )

  it.effect("nothing is sent where nobody has signed in, or to another app or base URL", () =>
    Effect.gen(function* () {
      const feishu = server()
      for (const [initial, expected] of [
        [undefined, "not signed in"],
        [yield* login(120, { appId: "cli_other" }), "other app"],
        [yield* login(120, { baseUrl: "https://open.larksuite.com" }), "other base URL"],
      ] as const) {
        const { error } = yield* read(feishu, UserTokenStore.memory(initial))
        assert.strictEqual(why(error), expected)
      }
      assert.deepStrictEqual([feishu.sent, feishu.used], [[], []])
    }),
  )

  it.effect("an account that signs in meanwhile does not go on with the read of another one", () =>
    Effect.gen(function* () {
      const feishu = server()
      const tokens = UserTokenStore.memory(yield* login(120))
      yield* Effect.gen(function* () {
        yield* Fake.read(request)
        const other = yield* login(120, { account: { openId: "ou_other" } })
        yield* tokens.locked((_, replace) => replace(other))
        const { error } = yield* Fake.read(request)
        assert.strictEqual(why(error), "other account")
      }).pipe(Effect.provide(client(feishu, tokens)))
    }),
  )

  it.effect("a cursor names the account, and that of another one is refused", () =>
    Effect.gen(function* () {
      const feishu = server()
      const mine = UserTokenStore.memory(yield* login(120))
      const others = UserTokenStore.memory(yield* login(120, { account: { openId: "ou_other" } }))
      const { cursor = "" } = yield* Effect.provide(
        Meetings.Meetings.use((meetings) =>
          meetings.page({ ...request, range: { from: 0, to: 100 * 86_400 } }),
        ),
        client(feishu, mine),
      )
      assert.strictEqual(Cursor.toPosition(cursor)?.account, "ou_1a2b")
      const { error } = yield* Effect.provide(Fake.read(cursor as Cursor.Cursor), client(feishu, others))
      assert.strictEqual(error?.reason._tag, "CursorUnusable")
      assert.include(error?.message, "the token of ou_1a2b, but this read is with the token of ou_other")
      assert.strictEqual(
        (yield* Effect.provide(Fake.read(cursor as Cursor.Cursor), client(feishu, mine))).error,
        undefined,
      )
    }),
  )
})
