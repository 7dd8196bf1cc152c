import { assert, describe, it } from "@effect/vitest"
import { ConfigProvider, Effect, Redacted } from "effect"
import { AccessToken, FeishuClient, FeishuError, Secret } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const secret = "ThisSecretIsFakeAndOnlyForTests0"
const token = "t-ThisTokenIsFakeAndOnlyForTests0"
const appId = "cli_a1b2c3d4e5f6a7b8"

/** Ways in which people paste a text. */
const around = (text: string, variable: string): ReadonlyArray<string> => [
  text,
  `${text}\n`,
  `${text}\r\n`,
  `\n\t ${text} \r\n\n`,
  `\ufeff${text}`,
  `\u200b${text}\u200b`,
  `\u00a0${text}\u3000`,
  `\u202a${text}\u202c`,
  `${text}\u0000`,
  `${text}\u001a`,
  `"${text}"`,
  `'${text}'`,
  `\`${text}\``,
  `“${text}”`,
  `‘${text}’`,
  `「${text}」`,
  `" ${text} "`,
  `\ufeff"${text}"\r\n`,
  `${variable}=${text}\n`,
  `${variable}="${text}"\r\n`,
  `${variable} = '${text}'`,
  `export ${variable}="${text}"`,
  `set ${variable}=${text}\r\n`,
  `$env:${variable} = "${text}"`,
  `${variable.replace("FEISHU_", "").toLowerCase()}: "${text}"`,
  `LARK_${variable.replace("FEISHU_", "")}=${text}`,
]
const withScheme = (text: string): ReadonlyArray<string> => [
  `Bearer ${text}`,
  `bearer ${text}`,
  `BEARER  ${text}\n`,
  `Authorization: Bearer ${text}`,
  `authorization:bearer ${text}`,
  `"Bearer ${text}"`,
  `Bearer "${text}"`,
]
const forms: ReadonlyArray<readonly [string, string]> = [
  ...around(secret, "FEISHU_APP_SECRET").map((typed) => [typed, secret] as const),
  ...around(appId, "FEISHU_APP_ID").map((typed) => [typed, appId] as const),
  ...[...around(token, "FEISHU_ACCESS_TOKEN"), ...withScheme(token)].map((typed) => [typed, token] as const),
]

/** What is left as it is: it may be part of a secret, or shows that the text is none. */
const kept = [
  "",
  "a b",
  `"${secret}`,
  `${secret}'`,
  `“${secret}"`,
  `a"b"c`,
  `${secret}\n${secret}`,
  "t-abc=",
  "abc=def",
  "abctokendef=",
  "abctokendef==",
  "x".repeat(100_000),
]

describe("a secret as people paste it", () => {
  it("is none where there is nothing but what is around one", () => {
    for (const text of ["Bearer", "Bearer ", '""', "'Bearer '", "\ufeff\r\n", "“”"]) {
      assert.strictEqual(Secret.unwrapped(text), "")
    }
  })

  it(`in ${forms.length} forms is what is inside`, () => {
    for (const [typed, inside] of forms)
      assert.strictEqual(Secret.unwrapped(typed), inside, JSON.stringify(typed))
  })

  it(`is else left as it is (${kept.length})`, () => {
    for (const text of kept) assert.strictEqual(Secret.unwrapped(text), text)
  })
})

describe("what is wrong with a secret, without repeating it", () => {
  const ofSecret = (text: string) => Secret.problem(Secret.appSecret(text), "AppSecret")
  const ofToken = (text: string) => Secret.problem(Secret.accessToken(text), "AccessToken")
  const all = [ofSecret, ofToken, Secret.appIdProblem]

  const wrong: Readonly<Record<string, ReadonlyArray<string>>> = {
    "it is empty": [""],
    "it has blanks or line breaks": ["a b", "a\n", " a", "a\tb", "a\u00a0b", "a\u3000", "\ufeffa", "a\r\nb"],
    "it has a quotation mark at an end": [`"a`, `a"`, `'a'`, "`a"],
    "it has characters that are not visible ASCII": [
      "密钥",
      "ａｂｃ",
      "a\u200bb",
      "a\u0000",
      "a\u007f",
      "é",
      "“a”",
    ],
    "it is longer than 8192 characters": ["x".repeat(8_193)],
  }
  it("is the same for secrets, tokens and app ids", () => {
    for (const [problem, texts] of Object.entries(wrong)) {
      for (const text of texts) {
        for (const check of all) assert.strictEqual(check(text), problem, JSON.stringify(text))
      }
    }
    for (const text of ["a", "a+b/c=", "x".repeat(8_192), `se"cret`, "a-secret", "u-1", "cli_a"]) {
      assert.isUndefined(ofSecret(text), text)
      assert.isUndefined(ofToken(text), text)
    }
  })

  it("is that one was taken for another, where that is sure", () => {
    assert.deepStrictEqual(
      [ofSecret(appId), ofSecret(token), ofSecret(`u-${secret}`), ofSecret(secret)],
      [
        "it is an app id, not an app secret",
        "it is an access token, not an app secret",
        "it is an access token, not an app secret",
        undefined,
      ],
    )
    assert.deepStrictEqual(
      [ofToken(appId), ofToken(secret), ofToken(token), ofToken(`Bearer ${token}`)],
      [
        "it is an app id, not an access token",
        undefined,
        undefined,
        'it begins with "Bearer", which is not part of it',
      ],
    )
    assert.deepStrictEqual([appId, "my-app", token, secret, undefined, 7].map(Secret.appIdProblem), [
      undefined,
      undefined,
      "it is an access token, not an app id",
      "it looks like an app secret, not an app id",
      "it is not text",
      "it is not text",
    ])
  })
})

describe("credentials", () => {
  const refused = (credentials: typeof Fake.credentials) =>
    Effect.map(
      Effect.flip(
        Effect.provide(
          Fake.read(),
          Fake.meetings(() => Effect.die("something was sent"), { credentials }),
        ),
      ),
      ({ message }) => message,
    )

  it.effect("an app id is checked as a secret is: given in code, it is not changed", () =>
    Effect.gen(function* () {
      for (const [given, problem] of [
        ["", "it is empty"],
        ["cli_a \n", "it has blanks or line breaks"],
        [`"cli_a"`, "it has a quotation mark at an end"],
        ["ｃｌｉ_a", "it has characters that are not visible ASCII"],
        [secret, "it looks like an app secret, not an app id"],
      ] as const) {
        for (const source of [AccessToken.selfBuiltApp, AccessToken.clientCredentials]) {
          const message = yield* refused(source({ ...Fake.app, appId: given }))
          assert.strictEqual(
            message,
            `appId: ${problem}. Nothing was sent. Copy it from the app's page in the developer console.`,
          )
        }
      }
    }),
  )

  const options = (env: Record<string, string>) =>
    FeishuClient.optionsConfig.pipe(Effect.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))))

  it.effect(`of the environment are read in ${forms.length} forms; what is wrong names the variable`, () =>
    Effect.gen(function* () {
      for (const [typed, inside] of forms.filter(([, inside]) => inside === token)) {
        const { credentials } = yield* options({ FEISHU_ACCESS_TOKEN: typed })
        const source = yield* credentials as ReturnType<typeof AccessToken.given>
        assert.strictEqual(Redacted.value((yield* source.get).value), inside)
      }
      for (const [typed] of forms.filter(([, inside]) => inside !== token)) {
        const [FEISHU_APP_ID, FEISHU_APP_SECRET] = typed.includes(appId) ? [typed, secret] : [appId, typed]
        yield* options({ FEISHU_APP_ID, FEISHU_APP_SECRET })
      }
      const app = { FEISHU_APP_ID: appId, FEISHU_APP_SECRET: secret }
      const wrong: ReadonlyArray<readonly [Record<string, string>, string]> = [
        [{ ...app, FEISHU_APP_SECRET: "a b" }, "FEISHU_APP_SECRET: it has blanks or line breaks"],
        [{ ...app, FEISHU_APP_SECRET: appId }, "FEISHU_APP_SECRET: it is an app id, not an app secret"],
        [{ ...app, FEISHU_APP_ID: "cli a" }, "FEISHU_APP_ID: it has blanks or line breaks"],
        [{ ...app, FEISHU_APP_ID: secret }, "FEISHU_APP_ID: it looks like an app secret, not an app id"],
        [{ FEISHU_ACCESS_TOKEN: `"${token}` }, "FEISHU_ACCESS_TOKEN: it has a quotation mark at an end"],
        [{ FEISHU_ACCESS_TOKEN: appId }, "FEISHU_ACCESS_TOKEN: it is an app id, not an access token"],
        [{ ...app, FEISHU_ALLOW_HTTP: "perhaps" }, "FEISHU_ALLOW_HTTP: it is neither true nor false"],
        [
          { ...app, FEISHU_APP_SECRET: `""` },
          "credentials: FEISHU_APP_ID is set, but FEISHU_APP_SECRET is not",
        ],
      ]
      for (const [env, message] of wrong) {
        const error = yield* Effect.flip(options(env))
        assert.instanceOf(error, FeishuError.FeishuError)
        assert.isTrue(error.message.startsWith(`${message}. Nothing was sent. `), error.message)
        assert.notInclude(error.message, "ThisSecret")
        assert.notInclude(error.message, "ThisToken")
      }
    }),
  )

  it.effect("so are the other variables: quotes do not count, and http is permitted by a word", () =>
    Effect.gen(function* () {
      const env = { FEISHU_APP_ID: appId, FEISHU_APP_SECRET: secret }
      const quoted = { FEISHU_BASE_URL: `"http://feishu-mock:8787"`, FEISHU_BRAND: "'lark'" }
      const { baseUrl, brand } = yield* options({ ...env, ...quoted })
      assert.deepStrictEqual([baseUrl, brand], ["http://feishu-mock:8787", "lark"])
      for (const [word, allows] of [
        ...["true", "TRUE", "1", "yes", "on", `"true"`, " true\n"].map((word) => [word, true] as const),
        ...["false", "0", "no", "off", ""].map((word) => [word, false] as const),
      ]) {
        assert.strictEqual((yield* options({ ...env, FEISHU_ALLOW_HTTP: word })).allowHttp, allows, word)
      }
    }),
  )
})
