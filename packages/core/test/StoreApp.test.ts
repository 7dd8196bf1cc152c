import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { AccessToken, AppTicket, Meetings, Secret } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"
import * as Dice from "./sim/Dice.ts"
import * as VirtualTime from "./sim/VirtualTime.ts"

const request = { meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } }
const ok = (fields: object): Fake.Answer => ({ body: { code: 0, msg: "success", ...fields } })

/** Feishu for a store app: it accepts one ticket and the tokens that it gave, and counts calls by path. */
const storeFeishu = (validTicket = "ticket-SECRET-1") => {
  const calls: Record<string, number> = {}
  let appToken = 0
  const state = { validTicket, appTokenRefused: 0, resendCode: 0, onResend: Effect.void }
  const count = (path: string) => (calls[path] = (calls[path] ?? 0) + 1)
  const handler: Fake.Handler = ({ body, path, token }) =>
    Effect.suspend(() => {
      const name = path.replace("/open-apis/auth/v3/", "")
      count(name)
      const sent = body as Readonly<Record<string, string>>
      switch (name) {
        case "app_ticket/resend":
          return state.resendCode === 0
            ? Effect.as(state.onResend, ok({}))
            : Effect.succeed(Fake.failure(200, state.resendCode))
        case "app_access_token":
          return Effect.succeed(
            sent["app_ticket"] === state.validTicket
              ? ok({ app_access_token: `a-SECRET-${++appToken}`, expire: 7_140 })
              : Fake.failure(200, 10012),
          )
        case "tenant_access_token":
          if (sent["app_access_token"] !== `a-SECRET-${appToken}` || state.appTokenRefused-- > 0) {
            return Effect.succeed(Fake.failure(200, 10013))
          }
          return Effect.succeed(ok({ tenant_access_token: `t-SECRET-${sent["tenant_key"]}`, expire: 7_140 }))
        default:
          return Effect.succeed(Fake.page([token!.replace("Bearer t-SECRET-", "")]))
      }
    })
  return { handler, calls, state }
}

const services = (handler: Fake.Handler) =>
  Meetings.layer({ credentials: AccessToken.storeApp(Fake.app) }).pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, Fake.httpClient(handler))),
    Layer.provideMerge(AppTicket.layer),
  )

const push = (ticket: string) =>
  Effect.flatMap(AppTicket.AppTicket, (tickets) => tickets.push(Secret.appTicket(ticket)))

const readAs = (tenantKey: string) =>
  Effect.provideService(Fake.read(request), AccessToken.CurrentTenant, tenantKey)

describe("a store app", () => {
  it.effect("reads each tenant with a token of its own; the app's token is fetched once", () =>
    Effect.gen(function* () {
      const { calls, handler } = storeFeishu()
      yield* Effect.gen(function* () {
        yield* push("ticket-SECRET-1")
        const results = yield* Effect.all(["one", "two", "one", "two"].map(readAs), {
          concurrency: "unbounded",
        })
        assert.deepStrictEqual(
          results.map(({ ids }) => ids),
          [["one"], ["two"], ["one"], ["two"]],
        )
      }).pipe(Effect.provide(services(handler)))
      assert.deepStrictEqual(calls, {
        app_access_token: 1,
        tenant_access_token: 2,
        "/open-apis/vc/v1/meetings/list_by_no": 4,
      })
    }),
  )

  it.effect("with a ticket that Feishu refuses (10012) asks for another and goes on with it", () =>
    Effect.gen(function* () {
      const { calls, handler } = storeFeishu("ticket-SECRET-2")
      yield* Effect.gen(function* () {
        yield* push("ticket-SECRET-1")
        const reading = yield* Effect.forkChild(readAs("one"))
        yield* Fake.advance("90 seconds")
        yield* push("ticket-SECRET-2")
        yield* Fake.advance("2 seconds")
        assert.deepStrictEqual((yield* Fiber.join(reading)).ids, ["one"])
      }).pipe(Effect.provide(services(handler)))
      assert.strictEqual(calls["app_ticket/resend"], 1)
      assert.strictEqual(calls["app_access_token"], 2)
    }),
  )

  it.effect("without any ticket asks for one at once, however many wait for it", () =>
    Effect.gen(function* () {
      const { calls, handler, state } = storeFeishu()
      yield* Effect.gen(function* () {
        const tickets = yield* AppTicket.AppTicket
        state.onResend = tickets.push(Secret.appTicket("ticket-SECRET-1"))
        const reading = yield* Effect.forkChild(
          Effect.all(["one", "two", "three"].map(readAs), { concurrency: "unbounded" }),
        )
        yield* Fake.advance("2 seconds")
        assert.isTrue((yield* Fiber.join(reading)).every(({ error }) => error === undefined))
      }).pipe(Effect.provide(services(handler)))
      assert.deepStrictEqual([calls["app_ticket/resend"], calls["app_access_token"]], [1, 1])
    }),
  )

  it.effect("whose ticket never comes says so after 130 s, and what to check", () =>
    Effect.gen(function* () {
      const { handler } = storeFeishu()
      const reading = yield* Effect.forkChild(Effect.provide(readAs("one"), services(handler)))
      yield* Fake.advance("135 seconds")
      const { error } = yield* Fiber.join(reading)
      assert.strictEqual(error?.reason._tag, "AppTicketMissing")
      assert.match(error!.message, /app cli_fake: no new app ticket arrived within 130 s.*AppTicket\.push/)
    }),
  )

  it.effect("that is none (10016) is told to use the other credentials", () =>
    Effect.gen(function* () {
      const { calls, handler, state } = storeFeishu()
      state.resendCode = 10016
      const { error } = yield* Effect.provide(readAs("one"), services(handler))
      assert.match(error!.message, /app_ticket\/resend: app cli_fake: the app is self-built/)
      assert.strictEqual(calls["app_ticket/resend"], 1)
    }),
  )

  it.effect("replaces an app token that Feishu refuses, once", () =>
    Effect.gen(function* () {
      for (const [refusals, ends] of [
        [1, "complete"],
        [9, "AuthenticationFailed"],
      ] as const) {
        const { calls, handler, state } = storeFeishu()
        yield* Effect.gen(function* () {
          yield* push("ticket-SECRET-1")
          state.appTokenRefused = refusals
          const { error } = yield* readAs("one")
          assert.strictEqual(error?.reason._tag ?? "complete", ends)
        }).pipe(Effect.provide(services(handler)))
        assert.deepStrictEqual([calls["app_access_token"], calls["tenant_access_token"]], [2, 2])
      }
    }),
  )

  it.effect("without a tenant fails before anything is sent", () =>
    Effect.gen(function* () {
      const { calls, handler } = storeFeishu()
      const { error } = yield* Effect.provide(Fake.read(request), services(handler))
      assert.match(error!.message, /^tenant: .*none is named\. Nothing was sent\./)
      assert.deepStrictEqual(calls, {})
    }),
  )

  it("serves 4,000 tenants, and nobody sleeps for any of them", () => {
    const { calls, handler } = storeFeishu()
    const keys = Array.from({ length: 4_000 }, (_, index) => `tenant-${index}`)
    // A test clock takes twice as long for so many.
    const time = VirtualTime.make(Dice.make("1"), false)
    const machine = time.machine({ latest: 0, fast: 0, yields: 0 }, 0)
    const program = Effect.gen(function* () {
      yield* push("ticket-SECRET-1")
      const { get } = yield* AccessToken.storeApp(Fake.app)
      const tokenOf = (key: string) =>
        Effect.map(Effect.provideService(get, AccessToken.CurrentTenant, key), ({ value }) =>
          Redacted.value(value),
        )
      const tokens = yield* Effect.forEach(keys, tokenOf, { concurrency: 100 })
      yield* Effect.sleep("1 second")
      const asleep = machine.asleep()
      // Nothing is fetched until a token is used again.
      yield* Effect.sleep("3 hours")
      return { tokens, asleep, fetched: calls["tenant_access_token"] }
    }).pipe(Effect.scoped, Effect.provide([Fake.needs(handler), AppTicket.layer]))
    const fiber = Effect.runForkWith(machine.context)(program)
    time.run(() => fiber.pollUnsafe() !== undefined)
    assert.deepStrictEqual(
      fiber.pollUnsafe(),
      Exit.succeed({ tokens: keys.map((key) => `t-SECRET-${key}`), asleep: 0, fetched: keys.length }),
    )
  })

  it.effect("keeps the limits of its tenants apart", () =>
    Effect.gen(function* () {
      const { handler } = storeFeishu()
      const layer = Meetings.layer({
        credentials: AccessToken.storeApp(Fake.app),
        rateLimit: { requests: 1 },
      }).pipe(
        Layer.provide(Layer.succeed(HttpClient.HttpClient, Fake.httpClient(handler))),
        Layer.provideMerge(AppTicket.layer),
      )
      yield* Effect.gen(function* () {
        yield* push("ticket-SECRET-1")
        // No time passes: a shared limit of one request would let the second wait for ever.
        assert.deepStrictEqual((yield* readAs("one")).ids, ["one"])
        assert.deepStrictEqual((yield* readAs("two")).ids, ["two"])
      }).pipe(Effect.provide(layer))
    }),
  )

  it.effect("has its tenant in the cursor, and refuses one of another tenant", () =>
    Effect.gen(function* () {
      const { calls, handler, state } = storeFeishu()
      yield* Effect.gen(function* () {
        yield* push("ticket-SECRET-1")
        state.appTokenRefused = 9
        const { error } = yield* readAs("one")
        state.appTokenRefused = 0
        const resumeAs = (tenantKey: string) =>
          Effect.provideService(Fake.read(error!.cursor), AccessToken.CurrentTenant, tenantKey)
        const sent = calls["tenant_access_token"]
        const refused = yield* resumeAs("two")
        assert.match(refused.error!.message, /^the cursor is of tenant one, but this read is for tenant two/)
        const unnamed = yield* Fake.read(error!.cursor)
        assert.match(unnamed.error!.message, /but this read is for no named tenant/)
        assert.strictEqual(calls["tenant_access_token"], sent)
        assert.deepStrictEqual((yield* resumeAs("one")).ids, ["one"])
      }).pipe(Effect.provide(services(handler)))
    }),
  )
})

describe("credentials of one tenant", () => {
  it.effect("with a tenant named fail, instead of reading another tenant's meetings", () =>
    Effect.gen(function* () {
      for (const credentials of [
        Fake.credentials,
        AccessToken.given(Secret.accessToken("t-SECRET")),
        AccessToken.clientCredentials(Fake.app),
      ]) {
        const { calls, handler } = storeFeishu()
        const { error } = yield* Effect.provide(readAs("one"), Fake.meetings(handler, { credentials }))
        assert.match(error!.message, /^tenant: .*only for their own tenant\. Nothing was sent\./)
        assert.deepStrictEqual(calls, {})
      }
    }),
  )

  it.effect("say which kind they are", () =>
    Effect.gen(function* () {
      const kinds = yield* Effect.forEach(
        [
          AccessToken.given(Secret.accessToken("t-SECRET")),
          Fake.credentials,
          AccessToken.clientCredentials(Fake.app),
          AccessToken.storeApp(Fake.app),
        ],
        Effect.map(({ kind }) => kind),
      ).pipe(Effect.provide(Fake.needs(() => Effect.never)), Effect.provide(AppTicket.layer))
      assert.deepStrictEqual(kinds, ["given", "self-built app", "client credentials", "store app"])
    }),
  )
})

describe("client credentials (unified OAuth)", () => {
  const oauth = (answer: Fake.Answer) => {
    const asked: Array<Fake.Asked> = []
    const handler: Fake.Handler = (request) =>
      Effect.sync(() => {
        asked.push(request)
        return request.path === "/oauth/v3/token" ? answer : Fake.page([1])
      })
    return { asked, handler }
  }
  const token: Fake.Answer = {
    body: { code: 0, access_token: "eyJ-SECRET", expires_in: 7_200, token_type: "Bearer" },
  }

  for (const [brand, api, accounts] of [
    ["feishu", "open.feishu.cn", "accounts.feishu.cn"],
    ["lark", "open.larksuite.com", "accounts.larksuite.com"],
  ] as const) {
    it.effect(`of ${brand} come from ${accounts} by a form, and are used on ${api}`, () =>
      Effect.gen(function* () {
        const { asked, handler } = oauth(token)
        const credentials = AccessToken.clientCredentials(Fake.app)
        const { ids } = yield* Effect.provide(
          Fake.read(request),
          Fake.meetings(handler, { credentials, brand }),
        )
        assert.deepStrictEqual(ids, ["1"])
        assert.deepStrictEqual(
          asked.map(({ body, host, token }) => [host, body ?? token]),
          [
            [
              accounts,
              {
                grant_type: "client_credentials",
                client_id: "cli_fake",
                client_secret: Redacted.value(Fake.app.appSecret),
              },
            ],
            [api, "Bearer eyJ-SECRET"],
          ],
        )
      }),
    )
  }

  it.effect("come from the base URL of a private deployment, unless another one is named", () =>
    Effect.gen(function* () {
      for (const [oauthBaseUrl, host] of [
        [undefined, "feishu.example"],
        ["https://accounts.example/", "accounts.example"],
      ] as const) {
        const { asked, handler } = oauth(token)
        const credentials = AccessToken.clientCredentials(Fake.app)
        yield* Effect.provide(
          Fake.read(request),
          Fake.meetings(handler, { credentials, baseUrl: "https://feishu.example", oauthBaseUrl }),
        )
        assert.strictEqual(asked[0]?.host, host)
      }
    }),
  )

  it.effect("that are refused name the app and the words of OAuth, and are not tried again", () =>
    Effect.gen(function* () {
      const { asked, handler } = oauth({
        status: 400,
        body: { error: "invalid_client", error_description: "the client is unknown", code: 20999 },
      })
      const credentials = AccessToken.clientCredentials(Fake.app)
      const { error } = yield* Effect.provide(Fake.read(request), Fake.meetings(handler, { credentials }))
      assert.strictEqual(error?.reason._tag, "AuthenticationFailed")
      assert.match(error!.message, /^POST \/oauth\/v3\/token: app cli_fake: .*"the client is unknown"/)
      assert.strictEqual(asked.length, 1)
    }),
  )
})
