import { OAuth, TenantAccessToken } from "@effect-feishu/contract"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Journal from "../src/state/Journal.ts"
import * as KnownSecrets from "../src/secrets/KnownSecrets.ts"
import * as Masking from "../src/secrets/Masking.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import * as RequestLog from "../src/command/RequestLog.ts"
import { call } from "./feishu.ts"
import { now } from "./fixture.ts"

const nothing = KnownSecrets.make()

/** How the fields are called whose values are secrets. */
const names = [
  "app_secret",
  "client_secret",
  "app_ticket",
  "app_access_token",
  "tenant_access_token",
  "access_token",
  "refresh_token",
  "token",
  "code",
  "code_verifier",
  "client_assertion",
  "password",
  "encrypt_key",
  "verification_token",
] as const

/** And how people and programs spell them. */
const spellings: Readonly<Record<string, (name: string) => string>> = {
  "as documented": (name) => name,
  "in capitals": (name) => name.toUpperCase(),
  "as a title": (name) => name.replaceAll(/(^|_)\w/g, (letters) => letters.toUpperCase()),
  "in camel case": (name) => name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
  "with dashes": (name) => name.replaceAll("_", "-"),
  "in one word": (name) => name.replaceAll("_", ""),
  "with spaces around": (name) => ` ${name} `,
  "full width": (name) =>
    name.replaceAll(/\w/g, (letter) =>
      letter === "_" ? letter : String.fromCharCode(letter.charCodeAt(0) + 0xfee0),
    ),
  "of a list": (name) => `${name}[]`,
  "of an object": (name) => `app[${name}]`,
  "of a path": (name) => `app.${name}`,
}
const spelling = Schema.Literals(Object.keys(spellings) as [string, ...Array<string>])

/** Every `each`-th character as an escape: all of them, some, or none. */
const escaped = (text: string, each: number, escape: (character: string) => string): string =>
  each === 0
    ? text
    : text.replaceAll(/./gsu, (character, at: number) => (at % each === 0 ? escape(character) : character))
const inUrl = (character: string) =>
  encodeURIComponent(character).replaceAll(/^[^%]$/g, (one) => `%${one.charCodeAt(0).toString(16)}`)
const inJson = (character: string) =>
  Array.from(
    { length: character.length },
    (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`,
  ).join("")

/** JSON of an object with one field, some characters of which are escaped. */
const json = (name: string, value: string, each: number): string => {
  const text = (value: string) =>
    `"${escaped(JSON.stringify(value).slice(1, -1), JSON.stringify(value).includes("\\") ? 0 : each, inJson)}"`
  return `{"app_id":"cli_1",${text(name)}: ${text(value)},"topic":"周会"}`
}

/** Where a field with a secret may be, as the text of a body. */
const bodies: Readonly<Record<string, (name: string, secret: string, each: number) => string>> = {
  json,
  "json in an array": (name, secret, each) => `[[0,${json(name, secret, each)}],1]`,
  "json in json": (name, secret, each) => JSON.stringify({ event: json(name, secret, each) }),
  "json in json in json": (name, secret, each) =>
    JSON.stringify([JSON.stringify({ event: json(name, secret, each) })]),
  "json twice": (name, secret, each) =>
    `{"a":{"${"x"}":1,${json(name, "first", 0).slice(1, -1)}},${json(name, secret, each).slice(1)}`,
  "json of lists": (name, secret) => JSON.stringify({ [name]: [secret, { [secret]: [secret] }], status: 0 }),
  "lines of json": (name, secret, each) => `${json("a", "b", 0)}\n${json(name, secret, each)}\n`,
  "json with comments": (name, secret, each) =>
    `// what is sent\n${json(name, secret, each).replace("}", ",}")}`,
  "a form": (name, secret, each) =>
    `grant_type=x&${escaped(name, each, inUrl).replaceAll(" ", "+")}=${encodeURIComponent(secret)}&a=b`,
  "a form encoded twice": (name, secret, each) =>
    `a=b&${encodeURIComponent(escaped(name, each, inUrl))}=${encodeURIComponent(encodeURIComponent(secret))}`,
  "json in a form": (name, secret, each) => `payload=${encodeURIComponent(json(name, secret, each))}&a=b`,
  "a URL in json": (name, secret, each) =>
    JSON.stringify({
      redirect_uri: `https://app.example/?a=b&${escaped(name.trim(), each, inUrl)}=${encodeURIComponent(secret)}`,
    }),
  "a form as a key of json": (name, secret) =>
    JSON.stringify({ [`a=b&${encodeURIComponent(name)}=${encodeURIComponent(secret)}`]: "" }),
  "parts of a form": (name, secret) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${secret}\r\n--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--b--\r\n`,
}

/** What else may be made of an output by whoever reads it: its escapes are taken away, as often as there are any. */
const readings = (text: string): ReadonlyArray<string> => {
  const all = [text]
  for (let depth = 0; depth < 5; depth++) {
    const last = all.at(-1)!
    const next = last
      .replaceAll(/\\u([\da-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replaceAll(/\\(["\\/])/g, "$1")
      .replaceAll(/(?:%[\da-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString())
    if (next === last) break
    all.push(next)
  }
  return all
}

/** A part of a secret that says something of it. */
const telling = 6
const assertHidden = (output: string, secret: string): void => {
  for (const reading of readings(output)) {
    for (let at = 0; at + telling <= secret.length; at++) {
      assert.notInclude(reading, secret.slice(at, at + telling))
    }
  }
}

const anySecret = Schema.String.check(Schema.isPattern(/^[!-~¡-ÿ一-十][ -~¡-ÿ一-十]{8,40}[!-~]$/))
const plainSecret = Schema.String.check(Schema.isPattern(/^[\w.~!*@^-]{8,40}$/))
const name = Schema.Literals(names)
const each = Schema.Literals([0, 1, 2, 3])

describe("S19 a secret that nobody knows, by the name of its field", () => {
  it.prop(
    "is hidden in every kind of body, however the name is spelt and both are escaped; JSON stays JSON",
    [name, spelling, anySecret, each, Schema.Literals(Object.keys(bodies) as [string, ...Array<string>])],
    ([name, spelling, secret, each, kind]) => {
      const body = bodies[kind]!(spellings[spelling]!(name), secret, each)
      const shown = Masking.body(body, nothing)
      assertHidden(shown, secret)
      assert.include(shown, "<redacted>")
      const isJson = (text: string) => {
        try {
          JSON.parse(text)
          return true
        } catch {
          return false
        }
      }
      assert.strictEqual(isJson(shown), isJson(body))
    },
    { arbitrary: { runs: 3_000 } },
  )

  it.prop(
    "is hidden in a body that breaks off anywhere",
    [
      name,
      spelling,
      plainSecret,
      each,
      Schema.Literals(Object.keys(bodies) as [string, ...Array<string>]),
      Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 400 })),
    ],
    ([name, spelling, secret, each, kind, left]) => {
      const body = bodies[kind]!(spellings[spelling]!(name), secret, each)
      assertHidden(Masking.body(body.slice(0, Math.max(0, body.length - left)), nothing), secret)
    },
    { arbitrary: { runs: 3_000 } },
  )

  it.prop(
    "is hidden in queries, also in the line for people and the one for programs",
    [name, spelling, anySecret, each],
    ([name, spelling, secret, each]) => {
      const field = `${escaped(spellings[spelling]!(name), each, inUrl).replaceAll(" ", "+")}=${encodeURIComponent(secret)}`
      const shown = Masking.target(`/open-apis/x?a=b&${field}&${field}`, nothing)
      const entry: Journal.Entry = {
        ...shown,
        seq: 1,
        time: 0,
        method: "GET",
        status: 404,
        logId: "",
        millis: 1,
      }
      const terminal = { columns: 2_000, paint: (_: unknown, text: string) => text }
      for (const output of [
        JSON.stringify(shown),
        RequestLog.json(entry),
        RequestLog.pretty(entry, terminal),
      ]) {
        assertHidden(output, secret)
      }
      assert.strictEqual(shown.query["a"], "b")
    },
    { arbitrary: { runs: 1_000 } },
  )

  const secret = "Hunter2-Hunter2"
  it.each([
    `{'app_secret': '${secret}', 'topic': 'x'}`,
    `{app_secret: ${secret}, topic: x}`,
    `{"app_secret":"${secret}`,
    `{"app_secret":"${secret}}`,
    `{"app_secret":"un"quoted ${secret}"}`,
    `{"app_secret":"with \\" ${secret}","a":1`,
    `{"app_secret"\n:\n"${secret}","a":1`,
    `{"app_secret":${secret}`,
    `{"app_secret":{"a":"${secret}","b":"${secret}"},"c":1`,
    `{"tokens":["a","${secret}"`,
    `{"a":"{\\"app_secret\\":\\"${secret}`,
    `{"a":"{\\u0022app_secret\\u0022:\\u0022${secret}`,
    `{"a":"%7B%22app_secret%22%3A%22${secret}`,
    `\ufeff{"app_secret":"${secret}"}`,
    Buffer.from(`\ufeff{"app_secret":"${secret}"}`, "utf16le").toString(),
    `app_secret: ${secret}`,
    `app_secret: |\n  first\n  ${secret}\ntopic: x`,
    `app_secret = ${secret}\r\ntopic = x`,
    `APP SECRET => ${secret}`,
    `密码：${secret}`,
    `app_id=1\nclient_secret=${secret}\nx=y`,
    `a=b;client_secret=${secret};c=d`,
    `<xml><app_secret>${secret}</app_secret></xml>`,
    `<xml><app_secret><![CDATA[${secret}]]></app_secret></xml>`,
    `<app app_secret="${secret}"/>`,
    `--b\nContent-Disposition: form-data; name=client_secret\n\n${secret}`,
    `--b\nContent-Disposition: form-data; name*=UTF-8''client%5Fsecret\n\n${secret}\n--b--`,
    `--b\nContent-Disposition: form-data; name="client_secret"\n\nfirst\n--${secret}\n${secret}\n--b--`,
    `Authorization: Bearer ${secret}`,
    `{"note":"an error: app_secret=${secret} is wrong"}`,
    `{"url":"https://user:${secret}@app.example/"}`,
    `{"app_secret":12345678,"a":"${secret.slice(0, 2)}"}`,
  ])("is hidden, rather too much than too little, in %s", (body) => {
    const shown = Masking.body(body, nothing)
    assertHidden(shown, secret)
    assert.notInclude(shown, "12345678")
    assert.include(shown, "<redacted>")
  })
})

describe("a secret that the mock knows", () => {
  /** Ways to write it, wherever a text may be. */
  const writings: Readonly<Record<string, (secret: string, each: number) => string>> = {
    plain: (secret) => secret,
    "in the middle": (secret) => `x${secret}y`,
    "small letters": (secret) => secret.toLowerCase(),
    "of a URL": (secret, each) =>
      escaped(encodeURIComponent(secret), encodeURIComponent(secret).includes("%") ? 0 : each, inUrl),
    "of a URL, twice": (secret) => encodeURIComponent(encodeURIComponent(secret)),
    "of a form": (secret) => new URLSearchParams({ a: secret }).toString(),
    "of JSON": (secret, each) => {
      const text = JSON.stringify(secret).slice(1, -1)
      return escaped(text, text.includes("\\") ? 0 : each, inJson)
    },
    "of JSON in JSON": (secret) => JSON.stringify(JSON.stringify(secret)),
    "of HTML": (secret) => secret.replaceAll(/[^\w]/gu, (character) => `&#${character.codePointAt(0)};`),
    "of Basic": (secret) => Buffer.from(`cli_1:${secret}`).toString("base64"),
    "base64 for URLs": (secret) => Buffer.from(`a${secret}`).toString("base64url"),
    "cut short": (secret) => `x ${secret.slice(0, 8)}`,
    "cut by an ellipsis": (secret) => `${secret.slice(0, 8)}… and more`,
  }

  it.prop(
    "is hidden under any name, in body, path and query, however it is written",
    [anySecret, Schema.Literals(Object.keys(writings) as [string, ...Array<string>]), each],
    ([secret, writing, each]) => {
      const known = KnownSecrets.make()
      known.rememberApp({ app_secret: secret })
      const written = writings[writing]!(secret, each)
      for (const shown of [
        Masking.body(JSON.stringify({ topic: written, list: [written], [written]: 1 }), known),
        Masking.body(`topic=${encodeURIComponent(written)}&${encodeURIComponent(written)}=1`, known),
        Masking.body(`{"topic":"${written}`, known),
        Masking.body(written, known),
        JSON.stringify(
          Masking.target(
            `/x/${encodeURIComponent(written)}?topic=${encodeURIComponent(written)}&${encodeURIComponent(written)}`,
            known,
          ),
        ),
      ]) {
        const isCut = writing.startsWith("cut")
        for (const reading of readings(shown)) {
          assert.notInclude(reading, isCut ? secret.slice(0, 8) : secret)
          assert.notInclude(reading, written)
        }
      }
    },
    { arbitrary: { runs: 1_500 } },
  )

  it("is a whole value where it is short, and no part of another word", () => {
    const known = KnownSecrets.make()
    known.rememberApp({ app_secret: "secret", encrypt_key: "s", verification_token: "12345678" })
    assert.strictEqual(
      Masking.body(`{"a":"secret","msg":"app secret invalid","b":"s","c":12345678,"d":123456}`, known),
      `{"a":"<redacted>","msg":"app secret invalid","b":"s","c":"<redacted>","d":123456}`,
    )
  })

  it("is one of the last 10,000 that were minted; those of apps and of the server stay", () => {
    const known = KnownSecrets.make()
    known.remember("the-control-token")
    for (let count = 0; count < 10_005; count++) known.rememberMinted(`ticket-number-${count}-`)
    const shown = (text: string) => known.masked(text)
    assert.strictEqual(shown("ticket-number-4-"), "ticket-number-4-")
    assert.strictEqual(shown("a ticket-number-5- b ticket-number-10004-"), "a <redacted> b <redacted>")
    assert.strictEqual(shown("the-control-token"), "<redacted>")
  })

  it("is not longer than 4,096 characters, and all that are known of a kind together not than 1,048,576", () => {
    const known = KnownSecrets.make()
    const secret = (count: number) => `${count}-`.padEnd(4_096, "secret")
    for (let count = 0; count < 257; count++) known.rememberApp({ app_secret: secret(count) })
    known.rememberApp({ app_secret: `${"a".repeat(4_096)}b` })
    assert.strictEqual(known.masked(secret(1)), "<redacted>")
    assert.strictEqual(known.masked(secret(256)), "<redacted>")
    assert.strictEqual(known.masked(secret(0)), secret(0))
    assert.strictEqual(known.masked("a".repeat(4_096)), "a".repeat(4_096))
  })

  it.each([
    ["t-g1044qeGEDXTB6NDJOGV4JQCYDGHRBARFTGT1234", "t-<redacted>"],
    ["say u-g1044qeGEDXTB6NDJOGV4JQCYDGHRBARFTGT1234 now", "say u-<redacted> now"],
    ["eyJhbGciOiJFUzI1NiJ9.eyJzY29wZSI6IiJ9.MEUCIQDh", "eyJ<redacted>"],
    ["g1ABCDEFGHIJABCDEFGHIJABCDEFGHIJ12345678", "<redacted>"],
    ["http://me:pass@proxy.example:80/x", "http://<redacted>@proxy.example:80/x"],
  ])("may be of another mock or the real Feishu: %s", (text, shown) => {
    assert.strictEqual(nothing.masked(text), shown)
    assert.strictEqual(
      Masking.body(JSON.stringify({ topic: text }), nothing),
      JSON.stringify({ topic: shown }),
    )
  })
})

describe("what is no secret", () => {
  it.each([
    `{"code":0,"data":{"has_more":true,"meeting_briefs":[],"page_token":"eyJzdGFydCI6MX0"},"msg":""}`,
    `{"code":10014,"msg":"app secret invalid"}`,
    `{ "code" : 99991663, "error": {"log_id":"20260131170000C0FFEE00C0FFEE00C0FFEE","troubleshooter":"Troubleshooting: https://open.feishu.cn/search?from=openapi&log_id=20260131170000C0FFEE00C0FFEE00C0FFEE&code=99991663"}}`,
    `{"access_token":"","expires_in":7200,"refresh_token_expires_in":604800,"token_type":"Bearer","scope":"vc:meeting:readonly"}`,
    `{"topic":"Password: how to reset it","note":"[Token: refresh] plan","a":"a=b, c: d"}`,
    `{"topic":"Token：刷新方案讨论","url":"https://vc.feishu.cn/j/337736498","id":7011030664708603907}`,
    `{"password":null,"has_password":false,"token":""}`,
    `{"tenant_key":"2ed263bf32cf1651","app_id":"cli_a1b2c3d4e5f6a7b8","code_challenge":"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}`,
    `{"code":0,"data":{"has_more":fal`,
    `grant_type=authorization_code&client_id=cli_1&redirect_uri=https%3A%2F%2Fapp.example%2Fback&scope=a+b`,
    "404 page not found",
    "",
    "0",
  ])("stays as it is: %s", (body) => {
    assert.strictEqual(Masking.body(body, nothing), body)
  })

  it("stays in a query", () => {
    const fields = {
      meeting_no: "337736498",
      page_token: "eyJzdGFydCI6MTIzNDU2fQ",
      page_size: "50",
      pageToken: "u-12345678901234567890",
    }
    const url = `/open-apis/x?${new URLSearchParams(fields).toString()}`
    assert.deepStrictEqual(Masking.target(url, nothing), { path: "/open-apis/x", query: fields })
  })

  it.each([
    ["Bearer t-g104", "Bearer t-<redacted>"],
    ["bearer  u-g104", "bearer  u-<redacted>"],
    ["Bearer eyJhbGciOi", "Bearer eyJ<redacted>"],
    ["Basic Y2xpOnNlY3JldA==", "Basic <redacted>"],
    ["Bearer t-1, Bearer t-2", "Bearer t-<redacted>"],
    ["Bearer", "Bearer"],
    ["ThisSecretIsFakeAndOnlyForTests0", "<redacted>"],
    ["t-g104", "t-<redacted>"],
    ["Secret hunter2", "<redacted>"],
  ])("the kind of credentials stays: %s", (header, shown) => {
    assert.strictEqual(Masking.authorization(header), shown)
  })
})

describe("the running mock", () => {
  const appSecret = 'S3cret "of" the/app + more'
  const encryptKey = "encrypt-key-of-the-store-app"
  const controlToken = "control-token-of-this-mock"
  const self = {
    app_id: "cli_self",
    app_secret: appSecret,
    type: "self_built",
    scopes: ["vc:meeting:readonly"],
    tenants: ["tenant_a"],
  } as const
  const store = {
    ...self,
    app_id: "cli_store",
    app_secret: "secret-of-the-store-app",
    type: "store",
    encrypt_key: encryptKey,
    verification_token: "verification-token-of-the-app",
  } as const
  const told: Array<Journal.Entry> = []
  const control = (method: string, path: string, body?: unknown) =>
    Effect.map(
      call(`/_mock${path}`, {
        method,
        headers: { authorization: `Bearer ${controlToken}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
      ({ text }) => text,
    )

  it.effect(
    "shows no secret of its own or of who asks: journal, details, log lines, findings, verify, refusals",
    () =>
      Effect.gen(function* () {
        const post = (path: string, body: string, headers: Record<string, string> = {}) =>
          Effect.map(call(path, { method: "POST", body, headers }), ({ text }) => JSON.parse(text))
        const { tenant_access_token: token } = yield* post(
          TenantAccessToken.internalPath,
          JSON.stringify({ app_id: "cli_self", app_secret: appSecret }),
        )
        const { code } = JSON.parse(yield* control("POST", "/authorizations", { client_id: "cli_self" }))
        const client = { client_id: "cli_self", client_secret: appSecret }
        const user = yield* post(
          OAuth.tokenPath,
          new URLSearchParams({ ...client, grant_type: "authorization_code", code }).toString(),
        )
        const { app_ticket: ticket } = JSON.parse(
          yield* control("POST", "/app-tickets", { app_id: "cli_store" }),
        )
        const other = JSON.parse(
          yield* control("POST", "/workspaces", {
            seed: { apps: [{ ...self, app_id: "cli_other", app_secret: "secret-of-another-workspace" }] },
          }),
        )
        yield* control("PUT", "/apps", { ...self, app_secret: "secret-that-came-later" })
        const mistyped = "mistyped-secret-of-somebody"
        const known = {
          appSecret,
          encryptKey,
          controlToken,
          code,
          ticket,
          token,
          access: user.access_token,
          refresh: user.refresh_token,
          verification: store.verification_token,
          later: "secret-that-came-later",
          other: other.appSecret,
        }
        for (const secret of Object.values(known)) assert.isAbove(secret.length, 10)
        for (const secret of [...Object.values(known), mistyped]) {
          const text = encodeURIComponent(secret)
          const basic = { authorization: `Basic ${Buffer.from(`cli_self:${secret}`).toString("base64")}` }
          const anywhere = secret === mistyped ? "" : `&topic=${text}&${text}`
          const path = secret === mistyped ? "" : text
          yield* call(`/nowhere/${path}?Token=${text}&client%5Fsecret=${text}${anywhere}`, { headers: basic })
          const bare = Buffer.from(secret).toString("latin1")
          yield* call("/nowhere", { headers: { authorization: bare } })
          yield* post(
            TenantAccessToken.internalPath,
            `{"app_secr\\u0065t":${JSON.stringify(secret)},"app_id":"cli_self"}`,
          )
          yield* post(
            TenantAccessToken.internalPath,
            `{"app_id":"cli_self","APP_SECRET":${JSON.stringify(secret).slice(0, -1)}`,
          )
          yield* post(OAuth.tokenPath, `client%5Fsecret=${text}&client_id=cli_self&a[token]=${text}`)
          yield* post(OAuth.tokenPath, JSON.stringify({ client_id: "cli_self", clientSecret: secret }))
          if (secret !== mistyped)
            yield* post(OAuth.tokenPath, JSON.stringify({ client_id: "cli_self", topic: [secret] }))
        }
        const rule = {
          operation: "*",
          when: { matching: { token: mistyped } },
          then: { code: 1, headers: { Cookie: mistyped } },
        }
        yield* control("POST", "/faults", rule)
        const outputs = [
          yield* control("GET", "/journal"),
          ...told.flatMap((entry) => [
            RequestLog.json(entry),
            RequestLog.pretty(entry, { columns: 5_000, paint: (_, text) => text }),
          ]),
          yield* control("GET", "/findings"),
          yield* control("POST", "/verify", {
            calls: [
              {
                operation: "meetings.listByNo",
                query: { token: mistyped, topic: encodeURIComponent(appSecret) },
              },
            ],
          }),
          ...(yield* Effect.forEach(Object.values(known), (secret) =>
            control("GET", `/journal?app_id=${encodeURIComponent(secret)}`),
          )),
          ...(yield* Effect.forEach(Object.values(known), (secret) =>
            control("DELETE", `/faults/${encodeURIComponent(secret)}`),
          )),
          ...(yield* Effect.forEach(Object.values(known), (secret) =>
            control("PUT", "/apps", { [secret]: 1 }),
          )),
        ]
        const entries: ReadonlyArray<Journal.Entry> = JSON.parse(outputs[0]!)
        assert.isAbove(entries.length, 80)
        assert.strictEqual(told.length, entries.length)
        for (const { seq } of entries) outputs.push(yield* control("GET", `/journal/${seq}`))
        for (const output of outputs) {
          for (const reading of readings(output)) {
            for (const secret of [...Object.values(known), mistyped]) assert.notInclude(reading, secret)
          }
        }
      }).pipe(
        Effect.provide(
          MockFeishu.layer({
            now,
            seed: { apps: [self, store] },
            controlToken,
            onRequest: (entry) => told.push(entry),
          }),
        ),
      ),
  )
})
