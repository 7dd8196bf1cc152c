/** Tokens that no header can hold: whoever gives them is told so, once, and without the token. */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import { HttpClient } from "effect/http"
import { AccessToken, AppTicket, Meetings, Secret } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

const mark = "SECRET-fresh"

/** By what is wrong with them. */
const unfit: Readonly<Record<string, string>> = {
  "a line break at its end": `t-${mark}\n`,
  "a line break in it": `t-${mark}\r\nx-evil: 1`,
  "a blank at its end": `t-${mark} `,
  "a blank before it": ` t-${mark}`,
  "a blank in it": `t ${mark}`,
  "a tab": `t-${mark}\t`,
  NUL: `t-${mark}\0`,
  ESC: `\u001b[31m${mark}`,
  DEL: `${mark}\u007f`,
  Chinese: `t-${mark}-访问凭证`,
  "a letter of Latin 1": `t-${mark}-é`,
  "a no-break space": `t-${mark}\u00a0`,
  "a zero-width space": `t-${mark}\u200b`,
  "a byte order mark": `\ufeff${mark}`,
  "an emoji": `${mark}😀`,
  "half a surrogate pair": `${mark}\ud83d`,
  "blanks alone": "   ",
  "a line break alone": "\n",
  "a length over that of all headers": `t-${mark}${"x".repeat(8_192)}`,
  "a megabyte": mark.padEnd(1_000_000, "x"),
}

const ok = (fields: object): Fake.Answer => ({ body: { code: 0, msg: "success", expire: 7_200, ...fields } })

/** The kinds of credentials, and what their token calls answer where one gives this token, and behind it. */
const kinds: Readonly<
  Record<
    string,
    {
      readonly credentials: Effect.Effect<
        AccessToken.AccessToken["Service"],
        never,
        AccessToken.Needs | AppTicket.AppTicket
      >
      readonly answers: (token: string) => Readonly<Record<string, Fake.Answer>>
      /** The calls up to the one that gives it. */
      readonly calls: number
      readonly tenant?: string
    }
  >
> = {
  "a self-built app": {
    credentials: Effect.orDie(AccessToken.selfBuiltApp(Fake.app)),
    answers: (token) => ({
      "/open-apis/auth/v3/tenant_access_token/internal": ok({ tenant_access_token: token }),
    }),
    calls: 1,
  },
  "client credentials": {
    credentials: Effect.orDie(AccessToken.clientCredentials(Fake.app)),
    answers: (token) => ({ "/oauth/v3/token": ok({ access_token: token }) }),
    calls: 1,
  },
  "a store app, its app's": {
    credentials: Effect.orDie(AccessToken.storeApp(Fake.app)),
    answers: (token) => ({
      "/open-apis/auth/v3/app_access_token": ok({ app_access_token: token }),
      "/open-apis/auth/v3/tenant_access_token": ok({ tenant_access_token: "t-1" }),
    }),
    calls: 1,
    tenant: "tenant-1",
  },
  "a store app, its tenant's": {
    credentials: Effect.orDie(AccessToken.storeApp(Fake.app)),
    answers: (token) => ({
      "/open-apis/auth/v3/app_access_token": ok({ app_access_token: "a-1" }),
      "/open-apis/auth/v3/tenant_access_token": ok({ tenant_access_token: token }),
    }),
    calls: 2,
    tenant: "tenant-1",
  },
}

/** Reads with such credentials; and what was asked for. */
const read = (
  credentials: (typeof kinds)[string]["credentials"],
  answers: Readonly<Record<string, Fake.Answer>>,
  tenant?: string,
) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const handler: Fake.Handler = ({ path }) =>
      Effect.sync(() => {
        asked.push(path)
        return answers[path] ?? Fake.page([1])
      })
    const services = Meetings.layer({ credentials }).pipe(
      Layer.provide(Layer.succeed(HttpClient.HttpClient, Fake.httpClient(handler))),
      Layer.provideMerge(AppTicket.layer),
    )
    const { error, ids } = yield* Effect.gen(function* () {
      yield* AppTicket.AppTicket.use((tickets) => tickets.push(Secret.appTicket("ticket")))
      return yield* Fake.read()
    }).pipe(Effect.provideService(AccessToken.CurrentTenant, tenant), Effect.provide(services))
    return { asked, error, ids }
  })

for (const [kind, { answers, calls, credentials, tenant }] of Object.entries(kinds)) {
  describe(`a token endpoint of ${kind} gives a token with`, () => {
    for (const [what, token] of Object.entries(unfit)) {
      it.effect(what, () =>
        Effect.gen(function* () {
          const paths = Object.keys(answers(token)).slice(0, calls)
          const { asked, error } = yield* read(credentials, answers(token), tenant)
          assert.deepStrictEqual(asked, paths)
          assert.strictEqual(error?.operation, `POST ${paths.at(-1)}`)
          assert.strictEqual(error?.reason._tag, "ContractViolation")
          assert.include(error?.message, "the token that the token endpoint gave cannot be put into a header")
          assert.notInclude(JSON.stringify(error), mark)
        }),
      )
    }

    it.effect("8,192 characters, and reads with it", () =>
      Effect.gen(function* () {
        const { ids } = yield* read(credentials, answers("t".repeat(8_192)), tenant)
        assert.deepStrictEqual(ids, ["1"])
      }),
    )
  })
}

describe("a source of the application's own gives a token with", () => {
  for (const [what, token] of Object.entries({ ...unfit, "nothing in it": "" })) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const source = AccessToken.AccessToken.of({
          kind: "given",
          owner: Effect.succeed("mine"),
          get: Effect.succeed({ value: Redacted.make(token), generation: 1 }),
          invalidate: () => Effect.void,
        })
        const { asked, error } = yield* read(Effect.succeed(source), {})
        assert.deepStrictEqual(asked, [])
        assert.strictEqual(error?.reason._tag, "InvalidRequest")
        assert.include(error?.message, "credentials: the access token of this source cannot go into a header")
        assert.notInclude(JSON.stringify(error), mark)
      }),
    )
  }
})

describe("a page token that no URL can hold is a broken contract, with the cursor before it", () => {
  for (const [what, pageToken] of Object.entries({
    "half a surrogate pair": "a\ud83d",
    "the other half": "\ude00a",
    "8,193 characters": "p".repeat(8_193),
    "a megabyte": "页".repeat(350_000),
  })) {
    it.effect(what, () =>
      Effect.gen(function* () {
        const handler: Fake.Handler = ({ query }) =>
          Effect.succeed(query["page_token"] === "2" ? Fake.page([2], pageToken) : Fake.page([1], "2"))
        const credentials = AccessToken.given(Secret.accessToken("t-1"))
        const { error, ids } = yield* Effect.provide(Fake.read(), Fake.meetings(handler, { credentials }))
        assert.deepStrictEqual(ids, ["1"])
        assert.strictEqual(error?.reason._tag, "ContractViolation")
        assert.isBelow(error?.message.length ?? 0, 500)
        assert.isDefined(error?.cursor)
      }),
    )
  }
})
