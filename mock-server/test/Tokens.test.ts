import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import { askToken, list, tokenOf } from "./feishu.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const provideMock = Effect.provide(MockFeishu.layer({ seed, now }))
const credentials = JSON.stringify({ app_id: "cli_reader", app_secret: "secret" })

describe("tenant access tokens", () => {
  it.effect("come at top level with HTTP 200, are good for two hours and start with t-", () =>
    Effect.gen(function* () {
      const answer = yield* askToken(credentials)
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(answer.headers["content-type"], "application/json; charset=utf-8")
      const { tenant_access_token: token, ...rest } = JSON.parse(answer.text)
      assert.deepStrictEqual(rest, { code: 0, msg: "ok", expire: 7200 })
      assert.match(token, /^t-[0-9A-Za-z]{40}$/)
    }).pipe(provideMock),
  )

  it.effect("are the same again with 30 minutes or more left, new with less, and then both are valid", () =>
    Effect.gen(function* () {
      const first = yield* askToken(credentials)
      yield* TestClock.adjust("90 minutes")
      const again = yield* askToken(credentials)
      assert.strictEqual(again.body?.tenant_access_token, first.body?.tenant_access_token)
      assert.strictEqual(again.body?.expire, 1800)
      yield* TestClock.adjust("1 second")
      const second = yield* askToken(credentials)
      assert.notStrictEqual(second.body?.tenant_access_token, first.body?.tenant_access_token)
      assert.strictEqual(second.body?.expire, 7200)
      for (const answer of [first, second]) {
        const page = yield* list(answer.body?.tenant_access_token ?? "", goodQuery)
        assert.strictEqual(page.body?.code, 0)
      }
    }).pipe(provideMock),
  )

  it.effect("are refused with 99991663 from the second on in which they expire", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf("cli_reader")
      yield* TestClock.adjust("7199 seconds")
      assert.strictEqual((yield* list(token, goodQuery)).body?.code, 0)
      yield* TestClock.adjust("1 second")
      const answer = yield* list(token, goodQuery)
      assert.strictEqual(answer.status, 400)
      assert.strictEqual(answer.body?.code, 99991663)
    }).pipe(provideMock),
  )

  it.effect("of different apps are different", () =>
    Effect.gen(function* () {
      assert.notStrictEqual(yield* tokenOf("cli_reader"), yield* tokenOf("cli_elsewhere"))
    }).pipe(provideMock),
  )

  it.effect("are given whatever the content type", () =>
    Effect.gen(function* () {
      for (const type of [
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
      ]) {
        assert.strictEqual((yield* askToken(credentials, { "content-type": type })).body?.code, 0)
      }
    }).pipe(provideMock),
  )

  const wrongRequest = { code: 10003, data: {}, msg: "invalid param" }
  const refused: ReadonlyArray<readonly [string, string, object]> = [
    ["an unknown app", JSON.stringify({ app_id: "cli_nobody", app_secret: "secret" }), wrongRequest],
    [
      "a wrong secret",
      JSON.stringify({ app_id: "cli_reader", app_secret: "Secret" }),
      { code: 10014, msg: "app secret invalid" },
    ],
    ["an app of the store", JSON.stringify({ app_id: "cli_store", app_secret: "secret" }), wrongRequest],
    ["a missing secret", JSON.stringify({ app_id: "cli_reader" }), wrongRequest],
    ["a secret that is no text", JSON.stringify({ app_id: "cli_reader", app_secret: 1 }), wrongRequest],
    ["malformed JSON", '{"app_id":', wrongRequest],
    ["no body", "", wrongRequest],
  ]
  for (const [what, body, expected] of refused) {
    it.effect(`are not given for ${what}, which HTTP 200 tells`, () =>
      Effect.gen(function* () {
        const answer = yield* askToken(body)
        assert.strictEqual(answer.status, 200)
        assert.deepStrictEqual(JSON.parse(answer.text), expected)
      }).pipe(provideMock),
    )
  }
})
