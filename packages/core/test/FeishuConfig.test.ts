import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { FeishuConfig, FeishuError } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const refusalOf = (options: FeishuConfig.Options) =>
  Effect.map(Effect.flip(FeishuConfig.make(options)), ({ reason }) =>
    reason._tag === "InvalidRequest" ? reason : assert.fail(reason._tag),
  )

/** Base URLs as people write them, by what is used. */
const understood: Readonly<Record<string, ReadonlyArray<string>>> = {
  "https://open.feishu.cn": [
    "https://open.feishu.cn",
    "https://open.feishu.cn/",
    "https://open.feishu.cn//",
    "HTTPS://OPEN.FEISHU.CN",
    "https://open.feishu.cn:443",
    "https://open.feishu.cn/open-apis",
    "https://open.feishu.cn/open-apis/",
    "https://open.feishu.cn//open-apis//",
    "https://open.feishu.cn/OPEN-APIS",
    "https://open.feishu.cn/open-apis/vc/v1",
    "https://open.feishu.cn/open-apis/vc/v1/meetings/list_by_no",
  ],
  "https://gw.example/feishu": [
    "https://gw.example/feishu",
    "https://gw.example/feishu/",
    "https://gw.example//feishu",
    "https://gw.example/feishu/open-apis",
    "https://gw.example/feishu/open-apis/auth/v3/tenant_access_token/internal",
  ],
  // Names that only begin or end like it are the gateway's own.
  "https://gw.example/open-apis-of-feishu": ["https://gw.example/open-apis-of-feishu"],
  "https://gw.example/my-open-apis": ["https://gw.example/my-open-apis/"],
}

const loopback = [
  "http://localhost:8787",
  "http://LocalHost",
  "http://localhost.:8787",
  "http://feishu.localhost:8787",
  "http://127.0.0.1",
  "http://127.8.9.10:1",
  "http://127.1",
  "http://2130706433",
  "http://0x7f.1",
  "http://0.0.0.0:8787",
  "http://[::1]:8787",
  "http://[0:0:0:0:0:0:0:1]",
  "http://[::]:8787",
  "http://[::ffff:127.0.0.1]:8787",
  "http://[::ffff:7f08:90a]",
]

const elsewhere = [
  "http://feishu-mock:8787",
  "http://host.docker.internal:8787",
  "http://172.17.0.1",
  "http://10.0.0.1",
  "http://192.168.1.2",
  "http://128.0.0.1",
  "http://[fe80::1]",
  "http://[::2]",
  "http://[::ffff:10.0.0.1]",
  "http://localhost.example",
  "http://notlocalhost",
  "http://127.0.0.1.example",
]

const pairs = Object.entries(understood).flatMap(([right, all]) =>
  all.map((typed) => [typed, right] as const),
)

describe("a base URL", () => {
  it.effect(`in ${pairs.length} ways is one that ends where the endpoints begin`, () =>
    Effect.gen(function* () {
      for (const [typed, right] of pairs) {
        const { baseUrl, oauthBaseUrl } = yield* FeishuConfig.make({ baseUrl: typed })
        assert.deepStrictEqual([baseUrl, oauthBaseUrl], [right, right], typed)
      }
    }),
  )

  it.effect(
    `with plain http is this machine's (${loopback.length} hosts), or permitted (${elsewhere.length})`,
    () =>
      Effect.gen(function* () {
        for (const baseUrl of loopback) yield* FeishuConfig.make({ baseUrl })
        for (const baseUrl of elsewhere) {
          const { problem, remedy } = yield* refusalOf({ baseUrl })
          assert.strictEqual(problem, `"${new URL(baseUrl).origin}" is not https`)
          assert.match(
            remedy,
            /allowHttp \(in the environment FEISHU_ALLOW_HTTP=true\) permits plain http\.$/,
          )
          yield* FeishuConfig.make({ baseUrl, allowHttp: true })
        }
      }),
  )

  it.effect("that is none is refused, permitted or not, and not repeated", () =>
    Effect.gen(function* () {
      for (const [baseUrl, problem] of [
        ["open.feishu.cn", "it is not a URL"],
        ["open.feishu.cn:443", "it is not an https URL"],
        ["ftp://open.feishu.cn", "it is not an https URL"],
        ["https://me:SECRET@open.feishu.cn", "it contains a user name or password"],
        ["https://open.feishu.cn?token=SECRET", "it has a query or fragment"],
        ["", "it is not a URL"],
      ] as const) {
        const refusal = yield* refusalOf({ baseUrl, allowHttp: true })
        assert.strictEqual(refusal.problem, problem)
        assert.notInclude(refusal.message, "SECRET")
      }
    }),
  )
})

describe("the path in a message", () => {
  const errorAt = (baseUrl: string, handler: Fake.Handler) =>
    Effect.map(
      Effect.provide(Fake.read(), Fake.meetings(handler, { credentials: Fake.credentials, baseUrl })),
      ({ error }) => error ?? assert.fail("it did not fail"),
    )
  const notFound = { status: 404, headers: { "content-type": "text/plain" }, body: "404 page not found" }
  const list = "/open-apis/vc/v1/meetings/list_by_no"
  const token = "/open-apis/auth/v3/tenant_access_token/internal"

  it.effect("is the one that was asked, that of the base URL included; the operation is without it", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      const paths: Array<string> = []
      const ofList: Fake.Handler = (asked) =>
        Effect.sync(() => {
          paths.push(asked.path)
          return Fake.isTokenCall(asked) ? tokens.answer() : notFound
        })
      const behind = yield* errorAt("https://gw.example/feishu/open-apis", ofList)
      assert.deepStrictEqual(paths, [`/feishu${token}`, `/feishu${list}`])
      assert.strictEqual(behind.operation, `GET ${list}`)
      assert.strictEqual(behind.asked, `GET /feishu${list}`)
      assert.isTrue(behind.message.startsWith(`GET /feishu${list}, meeting `), behind.message)
      assert.include(behind.message, 'the answer is "404 page not found" (HTTP 404)')

      const ofToken = yield* errorAt("https://gw.example/feishu", () => Effect.succeed(notFound))
      assert.isTrue(ofToken.message.startsWith(`POST /feishu${token}: `), ofToken.message)

      const plain = yield* errorAt("https://open.feishu.cn/open-apis", ofList)
      assert.isUndefined(plain.path)
      assert.isTrue(plain.message.startsWith(`GET ${list}, meeting `), plain.message)
    }),
  )

  it.effect("is it, too, where rows or page tokens are wrong", () =>
    Effect.gen(function* () {
      const answering = (data: unknown): Fake.Handler => {
        const tokens = Fake.tokens()
        return (asked) =>
          Effect.sync(() => (Fake.isTokenCall(asked) ? tokens.answer() : { body: { code: 0, data } }))
      }
      for (const data of [
        { has_more: true, meeting_briefs: [] },
        { has_more: false, meeting_briefs: [{ id: "1", meeting_no: "999999999" }] },
      ]) {
        const error = yield* errorAt("https://gw.example/feishu", answering(data))
        assert.include(["PaginationBroken", "ContractViolation"], error.reason._tag)
        assert.instanceOf(error, FeishuError.FeishuError)
        assert.isTrue(error.message.startsWith(`GET /feishu${list}, meeting `), error.message)
      }
    }),
  )
})
