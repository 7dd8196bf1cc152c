import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { Clock, Effect, Fiber, Layer, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { DeviceFlow, ErrorCodes, FeishuConfig, FeishuError, SignIn } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const tokenPath = "/open-apis/authen/v2/oauth/token"
const devicePath = "/oauth/v1/device_authorization"
const infoPath = "/open-apis/authen/v1/user_info"

const tokens = {
  code: 0,
  access_token: "u-SECRET-access",
  expires_in: 6_000,
  refresh_token: "r-SECRET-refresh",
  refresh_token_expires_in: 604_800,
  scope: "vc:meeting:readonly offline_access",
}
const info: Fake.Answer = {
  body: { code: 0, data: { open_id: "ou_1a2b", name: "张三", tenant_key: "tenant1", union_id: null } },
}
const device = {
  device_code: "d-SECRET-device",
  user_code: "ABCD-EFGH",
  verification_uri: "https://accounts.feishu.cn/device",
  verification_uri_complete: "https://accounts.feishu.cn/device?user_code=ABCD-EFGH",
  expires_in: 600,
  interval: 5,
}

const at = (
  handler: Fake.Handler,
  options: FeishuConfig.Options = {},
): Layer.Layer<SignIn.Requirements, FeishuError.FeishuError> =>
  Layer.merge(FeishuConfig.layer(options), Layer.succeed(HttpClient.HttpClient, Fake.httpClient(handler)))

const answering = (answers: Readonly<Record<string, Fake.Answer>>) => {
  const asked: Array<Fake.Asked> = []
  const handler: Fake.Handler = (request) => {
    asked.push(request)
    return Effect.succeed(answers[request.path] ?? { status: 404, body: "404 page not found" })
  }
  return { asked, handler }
}

const tag = ({ reason }: FeishuError.FeishuError) =>
  reason._tag === "SignInFailed" ? reason.failure : reason._tag

describe("the address of the authorization page", () => {
  it.effect("has a state and the S256 of its verifier, for both brands", () =>
    Effect.gen(function* () {
      for (const [brand, host] of [
        ["feishu", "accounts.feishu.cn"],
        ["lark", "accounts.larksuite.com"],
      ] as const) {
        const { codeVerifier, state, url } = yield* SignIn.authorizeUrl({
          appId: "cli_fake",
          redirectUri: "http://127.0.0.1:17817/callback",
          scopes: ["vc:meeting:readonly", "offline_access", "vc:meeting:readonly"],
        }).pipe(Effect.provide(FeishuConfig.layer({ brand })))
        const { hostname, pathname, searchParams } = new URL(url)
        assert.deepStrictEqual([hostname, pathname], [host, "/open-apis/authen/v1/authorize"])
        assert.deepStrictEqual(Object.fromEntries(searchParams), {
          client_id: "cli_fake",
          response_type: "code",
          redirect_uri: "http://127.0.0.1:17817/callback",
          scope: "vc:meeting:readonly offline_access",
          state,
          code_challenge: createHash("sha256").update(Redacted.value(codeVerifier)).digest("base64url"),
          code_challenge_method: "S256",
        })
        assert.include(url, "scope=vc%3Ameeting%3Areadonly%20offline_access")
        assert.match(Redacted.value(codeVerifier), /^[\w-]{43}$/)
        assert.match(state, /^[\w-]{43}$/)
        assert.notInclude(url, Redacted.value(codeVerifier))
      }
    }),
  )

  it.effect("is different each time", () =>
    Effect.gen(function* () {
      const options = { appId: "cli_fake", redirectUri: "http://127.0.0.1:1/", scopes: [] }
      const one = yield* SignIn.authorizeUrl(options)
      const other = yield* SignIn.authorizeUrl(options)
      assert.notStrictEqual(one.state, other.state)
      assert.notStrictEqual(Redacted.value(one.codeVerifier), Redacted.value(other.codeVerifier))
    }).pipe(Effect.provide(FeishuConfig.layer())),
  )

  it.effect("is refused for what Feishu would refuse", () =>
    Effect.gen(function* () {
      const good = { appId: "cli_fake", redirectUri: "http://127.0.0.1:1/", scopes: ["a"] }
      for (const wrong of [
        { appId: "" },
        { redirectUri: "callback" },
        { scopes: ["two scopes"] },
        { scopes: Array.from({ length: 51 }, (_, index) => `scope${index}`) },
      ]) {
        const error = yield* Effect.flip(SignIn.authorizeUrl({ ...good, ...wrong }))
        assert.strictEqual(error.reason._tag, "InvalidRequest")
        if (error.reason._tag === "InvalidRequest") assert.property(wrong, error.reason.field)
      }
    }).pipe(Effect.provide(FeishuConfig.layer())),
  )
})

const exchange = SignIn.exchangeCode({
  ...Fake.app,
  code: Redacted.make("c-SECRET-code"),
  redirectUri: "http://127.0.0.1:17817/callback",
  codeVerifier: Redacted.make("v-SECRET-verifier"),
  scopes: ["vc:meeting:readonly", "vc:record:readonly", "offline_access"],
})

describe("a code", () => {
  it.effect("becomes a login, with whose it is", () =>
    Effect.gen(function* () {
      const { asked, handler } = answering({ [tokenPath]: { body: tokens }, [infoPath]: info })
      const now = yield* Clock.currentTimeMillis
      const login = yield* Effect.provide(exchange, at(handler))
      assert.deepStrictEqual(
        asked.map(({ body, path, token }) => ({ path, token, body })),
        [
          {
            path: tokenPath,
            token: undefined,
            body: {
              grant_type: "authorization_code",
              client_id: "cli_fake",
              client_secret: "SECRET-app-secret",
              code: "c-SECRET-code",
              redirect_uri: "http://127.0.0.1:17817/callback",
              code_verifier: "v-SECRET-verifier",
            },
          },
          { path: infoPath, token: "Bearer u-SECRET-access", body: undefined },
        ],
      )
      assert.deepInclude(login, {
        appId: "cli_fake",
        baseUrl: "https://open.feishu.cn",
        account: { openId: "ou_1a2b", name: "张三", tenantKey: "tenant1" },
        scopes: ["vc:meeting:readonly", "offline_access"],
        accessTokenEndsAt: now + 6_000_000,
        refreshTokenEndsAt: now + 604_800_000,
        signedInAt: now,
      })
      assert.notInclude(JSON.stringify(login), "SECRET")
    }),
  )

  for (const code of [20003, 20004, 20049, 20065, 20071]) {
    it.effect(`that Feishu refuses with ${code} is no login, and the error repeats no secret`, () =>
      Effect.gen(function* () {
        const { handler } = answering({
          [tokenPath]: {
            status: 400,
            body: { code, error: "invalid_grant", error_description: "c-SECRET-code v-SECRET-verifier" },
          },
        })
        const error = yield* Effect.flip(Effect.provide(exchange, at(handler)))
        assert.deepStrictEqual([tag(error), error.code], ["code refused", code])
        assert.notInclude(error.message + JSON.stringify(error), "SECRET")
      }),
    )
  }
})

it.effect("a policy that blocks signing in names the address at which the user completes a check", () =>
  Effect.gen(function* () {
    const { handler } = answering({
      [tokenPath]: {
        status: 400,
        body: { code: 21000, error: "policy", data: { challenge_url: "https://accounts.feishu.cn/check" } },
      },
    })
    const error = yield* Effect.flip(Effect.provide(exchange, at(handler)))
    assert.deepStrictEqual([tag(error), error.code], ["code refused", 21000])
    assert.include(error.message, "open https://accounts.feishu.cn/check and do what it asks for")
  }),
)

it("an error of signing in does not say that a login is kept, since there is none yet", () => {
  for (const { code } of ErrorCodes.catalogue) {
    const { message } = new FeishuError.SignInFailed({ failure: "refused", appId: "cli_fake", code })
    assert.notInclude(message, "kept")
  }
})

const begin = DeviceFlow.begin({ ...Fake.app, scopes: ["vc:meeting:readonly", "offline_access"] })

const withDevice =
  (ask: Fake.Handler): Fake.Handler =>
  (asked) =>
    asked.path === devicePath
      ? Effect.succeed({ body: device })
      : asked.path === infoPath
        ? Effect.succeed(info)
        : ask(asked)

const signIn = (ask: Fake.Handler) =>
  Effect.gen(function* () {
    const begun = yield* begin
    return yield* DeviceFlow.poll(Fake.app, begun)
  }).pipe(Effect.provide(at(withDevice(ask))))

const pending = (error: string, more: object = {}): Fake.Answer => ({
  status: 400,
  body: { error, error_description: "not yet d-SECRET-device", ...more },
})

describe("a device", () => {
  it.effect("begins at the OAuth host, with app id and secret in Basic authentication", () =>
    Effect.gen(function* () {
      const { asked, handler } = answering({ [devicePath]: { body: device } })
      const now = yield* Clock.currentTimeMillis
      const begun = yield* Effect.provide(begin, at(handler, { brand: "lark" }))
      assert.deepStrictEqual(asked[0], {
        host: "accounts.larksuite.com",
        path: devicePath,
        query: {},
        token: `Basic ${btoa("cli_fake:SECRET-app-secret")}`,
        body: { client_id: "cli_fake", scope: "vc:meeting:readonly offline_access" },
      })
      assert.deepInclude(begun, { userCode: "ABCD-EFGH", intervalSeconds: 5, endsAt: now + 600_000 })
      assert.notInclude(JSON.stringify(begun), "SECRET")
    }),
  )

  it.effect("has 240 and 5 seconds where the answer does not say, and no odd ones", () =>
    Effect.gen(function* () {
      for (const odd of [{}, { expires_in: "soon", interval: -1 }, { expires_in: 0, interval: null }]) {
        const { expires_in: _, interval: __, ...others } = device
        const { handler } = answering({ [devicePath]: { body: { ...others, ...odd } } })
        const now = yield* Clock.currentTimeMillis
        const begun = yield* Effect.provide(begin, at(handler))
        assert.deepInclude(begun, { intervalSeconds: 5, endsAt: now + 240_000 })
      }
    }),
  )

  for (const [name, answer] of [
    ["404 in plain text", { status: 404, body: "404 page not found" }],
    ["a page", { body: "<!doctype html><title>Feishu</title>", headers: { "content-type": "text/html" } }],
    ["Feishu's 404", { status: 404, body: { code: 99991543, msg: "not found" } }],
    ["another server's 404", { status: 404, body: { status: 404, error: "Not Found" } }],
  ] as const) {
    it.effect(`is told that the server knows no device flow: ${name}`, () =>
      Effect.gen(function* () {
        const { handler } = answering({ [devicePath]: answer })
        const error = yield* Effect.flip(Effect.provide(begin, at(handler)))
        assert.strictEqual(tag(error), "device flow unknown")
      }),
    )
  }

  it.effect("is refused with what Feishu says", () =>
    Effect.gen(function* () {
      const { handler } = answering({
        [devicePath]: {
          status: 401,
          body: { error: "invalid_client", error_description: "SECRET-app-secret is wrong" },
        },
      })
      const error = yield* Effect.flip(Effect.provide(begin, at(handler)))
      assert.strictEqual(tag(error), "refused")
      assert.include(error.message, '"<redacted> is wrong"')
    }),
  )

  it.effect("begins again after a failure of the server", () =>
    Effect.gen(function* () {
      const answers: Array<Fake.Answer> = [{ status: 500, body: { error: "server_error" } }, { body: device }]
      const begun = yield* Effect.forkChild(
        Effect.provide(
          begin,
          at(() => Effect.succeed(answers.shift()!)),
        ),
      )
      yield* Fake.advance("60 seconds")
      assert.strictEqual((yield* Fiber.join(begun)).userCode, "ABCD-EFGH")
    }),
  )

  for (const strange of ["file:///etc/passwd", "javascript:alert(1)", "-h", "https://a b"]) {
    it.effect(`does not lead a browser to ${strange}`, () =>
      Effect.gen(function* () {
        for (const name of ["verification_uri", "verification_uri_complete"]) {
          const { handler } = answering({ [devicePath]: { body: { ...device, [name]: strange } } })
          const error = yield* Effect.flip(Effect.provide(begin, at(handler)))
          assert.strictEqual(tag(error), "ContractViolation")
        }
      }),
    )
  }

  it.effect("asks in its interval, more slowly when told to, through failures, until it is permitted", () =>
    Effect.gen(function* () {
      const times: Array<number> = []
      const answers: Array<Effect.Effect<Fake.Answer, string>> = [
        Effect.succeed(pending("authorization_pending")),
        Effect.succeed(pending("authorization_pending", { code: 20094 })),
        Effect.succeed(pending("slow_down")),
        Effect.succeed(pending("authorization_pending")),
        Effect.succeed(pending("slow_down")),
        Effect.succeed({ body: { ...tokens, code: undefined } }),
      ]
      const began = yield* Clock.currentTimeMillis
      const fiber = yield* Effect.forkChild(
        signIn(({ body }) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            assert.deepStrictEqual(body, {
              grant_type: "urn:ietf:params:oauth:grant-type:device_code",
              client_id: "cli_fake",
              client_secret: "SECRET-app-secret",
              device_code: "d-SECRET-device",
            })
            times.push((now - began) / 1_000)
            return answers.shift()!
          }),
        ),
      )
      yield* Fake.advance("60 seconds")
      const login = yield* Fiber.join(fiber)
      assert.deepStrictEqual(times, [5, 10, 15, 25, 35, 50])
      assert.strictEqual(login.account.openId, "ou_1a2b")
    }),
  )

  it.effect("goes on when the network fails for a while", () =>
    Effect.gen(function* () {
      let asked = 0
      const fiber = yield* Effect.forkChild(
        signIn(() =>
          ++asked < 8 ? Effect.fail("ECONNREFUSED") : Effect.succeed({ body: tokens } as Fake.Answer),
        ),
      )
      yield* Fake.advance("120 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).account.openId, "ou_1a2b")
    }),
  )

  for (const [error, expected] of [
    ["access_denied", "access denied"],
    ["expired_token", "too late"],
    ["invalid_grant", "too late"],
    ["invalid_client", "refused"],
    ["an error that nobody knows", "refused"],
  ] as const) {
    it.effect(`ends with ${error}`, () =>
      Effect.gen(function* () {
        const code = expected === "refused" ? {} : { code: 20001 }
        const fiber = yield* Effect.forkChild(Effect.flip(signIn(() => Effect.succeed(pending(error, code)))))
        yield* Fake.advance("10 seconds")
        const failure = yield* Fiber.join(fiber)
        assert.strictEqual(tag(failure), expected)
        assert.notInclude(failure.message, "SECRET")
      }),
    )
  }

  it.effect("ends with Feishu's code for the user or the app, whatever error of OAuth comes with it", () =>
    Effect.gen(function* () {
      for (const [error, code] of [
        ["invalid_grant", 20066],
        ["access_denied", 21000],
      ] as const) {
        const data = { challenge_url: "https://accounts.feishu.cn/check" }
        const fiber = yield* Effect.forkChild(
          Effect.flip(signIn(() => Effect.succeed(pending(error, { code, data })))),
        )
        yield* Fake.advance("10 seconds")
        const failure = yield* Fiber.join(fiber)
        assert.deepStrictEqual([tag(failure), failure.code], ["refused", code])
        if (code === 21000) assert.include(failure.message, `open ${data.challenge_url} and do`)
      }
    }),
  )

  it.effect("ends when its time is over", () =>
    Effect.gen(function* () {
      let asked = 0
      const fiber = yield* Effect.forkChild(
        Effect.flip(
          signIn(() => {
            asked++
            return Effect.succeed(pending("authorization_pending"))
          }),
        ),
      )
      yield* Fake.advance("700 seconds")
      assert.strictEqual(tag(yield* Fiber.join(fiber)), "too late")
      assert.strictEqual(asked, 120)
    }),
  )
})
