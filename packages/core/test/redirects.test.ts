/** What answers with a redirect is not Feishu: it is told where it points, is not followed, and ends every run. */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { AccessToken, FeishuError, Secret } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const given = AccessToken.given(Secret.accessToken("t-given"))

/** The base URL, the header, and what is said. */
type Row = readonly [baseUrl: string, location: string | undefined, to: string | undefined, says: RegExp]

const api = "https://feishu.example"
const plain = "http://127.0.0.1:8787"
const rows: ReadonlyArray<Row> = [
  [
    api,
    "https://login.example/sso?state=STATE",
    "https://login.example",
    / to login\.example, which was not/,
  ],
  [
    api,
    "https://login.example:8443/",
    "https://login.example:8443",
    / to login\.example:8443, which was not/,
  ],
  [api, "http://login.example/", "http://login.example", / to login\.example, which was not/],
  [api, "//login.example/STATE", "https://login.example", / to login\.example, which was not/],
  [api, "HTTPS://LOGIN.EXAMPLE/", "https://login.example", / to login\.example, which was not/],
  [api, " https://login.example/ ", "https://login.example", / to login\.example, which was not/],
  [api, "https://user:STATE@login.example/", "https://login.example", / to login\.example, which was not/],
  [
    api,
    "https://%E7%99%BB%E5%BD%95.example/",
    "https://xn--w2t382c.example",
    / to xn--w2t382c\.example, which was not/,
  ],
  [api, "https://[2001:db8::1]:444/", "https://[2001:db8::1]:444", / to \[2001:db8::1\]:444, which was not/],
  [
    api,
    `https://${"a".repeat(5_000)}.example/`,
    `https://${"a".repeat(292)}`,
    / to a{292}, which was not followed/,
  ],
  [api, "/login?STATE", api, / to another path of its own, which was not followed/],
  [api, "login/STATE", api, / to another path of its own, which was not followed/],
  [api, "?STATE", api, / to another path of its own, which was not followed/],
  [api, "#STATE", api, / to another path of its own, which was not followed/],
  [api, `${api}/other/STATE`, api, / to another path of its own, which was not followed/],
  [
    api,
    "https://feishu.example:444/",
    "https://feishu.example:444",
    / to feishu\.example:444, which was not/,
  ],
  [api, "http://feishu.example/", "http://feishu.example", / to feishu\.example, which was not followed/],
  [api, "", undefined, /redirects, and does not say where to/],
  [api, undefined, undefined, /redirects, and does not say where to/],
  [api, "feishu://open/STATE", undefined, /redirects, and does not say where to/],
  [api, "javascript:STATE", undefined, /redirects, and does not say where to/],
  [api, "https://", undefined, /redirects, and does not say where to/],
  [
    plain,
    "https://127.0.0.1:8787/",
    "https://127.0.0.1:8787",
    /Use https in the base URL: https:\/\/127\.0\.0\.1:8787\./,
  ],
  [
    plain,
    "https://127.0.0.1/STATE",
    "https://127.0.0.1",
    /Use https in the base URL: https:\/\/127\.0\.0\.1\./,
  ],
  [plain, "https://login.example/", "https://login.example", /Check that the base URL is Feishu's API/],
  [plain, "/login", plain, / to another path of its own/],
]

const read = (options: Parameters<typeof Fake.meetings>[1], handler: Fake.Handler) => {
  const asked: Array<string> = []
  return Fake.read().pipe(
    Effect.provide(
      Fake.meetings((request) => {
        asked.push(request.path)
        return handler(request)
      }, options),
    ),
    Effect.map(({ error }) => ({ asked, error })),
  )
}

const check = (error: FeishuError.FeishuError | undefined, to: string | undefined, says: RegExp) => {
  assert.instanceOf(error?.reason, FeishuError.Redirected)
  assert.strictEqual((error.reason as FeishuError.Redirected).to, to)
  assert.match(error.message, says)
  assert.isBelow(error.message.length, 800)
  assert.notInclude(JSON.stringify(error), "STATE")
  assert.isFalse(error.isRetryable)
}

describe("a redirect is not followed, and told once with the host that it points to", () => {
  for (const status of [300, 301, 302, 303, 305, 307, 308]) {
    it.effect(`HTTP ${status}, ${rows.length} headers`, () =>
      Effect.gen(function* () {
        for (const [baseUrl, location, to, says] of rows) {
          const headers = location === undefined ? {} : { location }
          for (const body of ["", "<html>Moved</html>", "{"]) {
            const answer = Effect.succeed({ status, headers, body })
            const { asked, error } = yield* read({ credentials: given, baseUrl }, () => answer)
            assert.lengthOf(asked, 1)
            assert.isDefined(error?.cursor)
            check(error, to, says)
          }
        }
      }),
    )
  }

  for (const [kind, credentials, path] of [
    [
      "a token endpoint",
      AccessToken.selfBuiltApp(Fake.app),
      "/open-apis/auth/v3/tenant_access_token/internal",
    ],
    ["the OAuth endpoint", AccessToken.clientCredentials(Fake.app), "/oauth/v3/token"],
  ] as const) {
    it.effect(`by ${kind}`, () =>
      Effect.gen(function* () {
        const answer = { status: 302, headers: { location: "https://login.example/?STATE" }, body: "" }
        const { asked, error } = yield* read({ credentials }, () => Effect.succeed(answer))
        assert.deepStrictEqual(asked, [path])
        assert.strictEqual(error?.operation, `POST ${path}`)
        check(error, "https://login.example", / to login\.example, which was not followed/)
      }),
    )
  }

  it.effect("but without a header it is an answer like any other where Feishu's code is in it", () =>
    Effect.gen(function* () {
      const { error } = yield* read({ credentials: given }, () =>
        Effect.succeed({ status: 302, body: { code: 121003, msg: "param error" } }),
      )
      assert.strictEqual(error?.reason._tag, "RequestRefused")
    }),
  )

  it.effect("HTTP 304 is no redirect, but no complete answer", () =>
    Effect.gen(function* () {
      const { error } = yield* read({ credentials: given }, () => Effect.succeed({ status: 304, body: "" }))
      assert.strictEqual(error?.reason._tag, "ContractViolation")
    }),
  )
})
