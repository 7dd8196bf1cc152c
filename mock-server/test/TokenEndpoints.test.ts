import { AppAccessToken, AppTicket, ListByNo, OAuth, TenantAccessToken } from "@effect-feishu/contract"
import { assert, describe, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/testing/TestClock"
import * as Control from "../src/library/Control.ts"
import * as InMemory from "../src/server/InMemory.ts"
import { listen } from "../src/server/Socket.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import * as Workspace from "../src/state/Workspace.ts"
import { call, list } from "./feishu.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const provideMock = (options?: MockFeishu.Options) =>
  Effect.provide(MockFeishu.layer({ seed, now, ...options }))

const listening = (workspace: Workspace.Workspace) =>
  Layer.effect(
    MockFeishu.MockFeishu,
    Effect.flatMap(listen(workspace), ({ running, workspaces }) =>
      Effect.map(InMemory.lazily(workspaces), (client) => Control.add(client, running)),
    ),
  )

const post = (path: string, body: object) =>
  Effect.map(call(path, { method: "POST", body: JSON.stringify(body) }), ({ status, text }) => ({
    status,
    body: JSON.parse(text),
  }))
const form = (path: string, fields: Record<string, string>) =>
  Effect.map(call(path, { method: "POST", body: new URLSearchParams(fields) }), ({ status, text }) => ({
    status,
    body: JSON.parse(text),
  }))

const store = { app_id: "cli_store", app_secret: "secret" }
const reader = { app_id: "cli_reader", app_secret: "secret" }
const tenant_key = seed.apps.find(({ app_id }) => app_id === "cli_store")!.tenants[0]!

/** Where the mock pushes tickets to; takes them one by one. */
const eventHandler = Effect.gen(function* () {
  const pushed = yield* Queue.unbounded<{ readonly app_id: string; readonly app_ticket: string }>()
  const server = yield* Effect.acquireRelease(
    Effect.promise(async () => {
      const server = createServer((request, response) => {
        let text = ""
        request.on("data", (chunk) => (text += chunk))
        request.on("end", () => {
          response.end()
          const { event, type } = JSON.parse(text)
          if (type === "event_callback" && event.type === "app_ticket") Queue.offerUnsafe(pushed, event)
        })
      })
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
      return server
    }),
    (server) => Effect.sync(() => (server.closeAllConnections(), server.close())),
  )
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    next: Effect.map(Queue.take(pushed), ({ app_ticket }) => app_ticket),
  }
})

describe("a store app", () => {
  it.effect(
    "gets its tickets pushed, at the start and when it asks, and with them the tokens of its tenants",
    () =>
      Effect.gen(function* () {
        const { next, url } = yield* eventHandler
        yield* Effect.gen(function* () {
          const first = yield* next
          assert.deepStrictEqual((yield* post(AppTicket.resendPath, store)).body, { code: 0, msg: "success" })
          const second = yield* next
          assert.notStrictEqual(first, second)
          for (const app_ticket of [first, second]) {
            const app = yield* post(AppAccessToken.storePath, { ...store, app_ticket })
            assert.deepInclude(app.body, { code: 0, msg: "success", expire: 7140 })
            const { app_access_token } = app.body
            assert.match(app_access_token, /^a-/)
            const tenant = yield* post(TenantAccessToken.storePath, { app_access_token, tenant_key })
            assert.deepInclude(tenant.body, { code: 0, msg: "success", expire: 7140 })
            assert.strictEqual((yield* list(tenant.body.tenant_access_token, goodQuery)).body?.code, 0)
            assert.strictEqual((yield* list(app_access_token, goodQuery)).body?.code, 99991671)
          }
        }).pipe(provideMock({ appTicketUrl: url }))
      }),
  )

  it.effect("has tickets that are good for 3 hours, and tokens that end", () =>
    Effect.gen(function* () {
      const { next, url } = yield* eventHandler
      yield* Effect.gen(function* () {
        const app_ticket = yield* next
        const ask = post(AppAccessToken.storePath, { ...store, app_ticket })
        const { app_access_token } = (yield* ask).body
        yield* TestClock.adjust("179 minutes")
        assert.strictEqual((yield* ask).body.code, 0)
        const late = yield* post(TenantAccessToken.storePath, { app_access_token, tenant_key })
        assert.strictEqual(late.body.code, 10013)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* ask).body.code, 10012)
      }).pipe(provideMock({ appTicketUrl: url }))
    }),
  )

  const refused: ReadonlyArray<readonly [string, string, object, number]> = [
    ["a forged ticket", AppAccessToken.storePath, { ...store, app_ticket: "forged" }, 10012],
    ["no ticket", AppAccessToken.storePath, store, 10003],
    ["a wrong secret", AppTicket.resendPath, { ...store, app_secret: "Secret" }, 10014],
    ["an unknown app", AppTicket.resendPath, { ...store, app_id: "cli_nobody" }, 10003],
    ["a self-built app that asks for a ticket", AppTicket.resendPath, reader, 10016],
    ["a self-built app with a ticket", AppAccessToken.storePath, { ...reader, app_ticket: "x" }, 10003],
    ["a forged app token", TenantAccessToken.storePath, { app_access_token: "a-forged", tenant_key }, 10013],
    ["a store app at the other address", AppAccessToken.internalPath, store, 10003],
  ]
  for (const [what, path, body, code] of refused) {
    it.effect(`${what} is refused with ${code}, by HTTP 200`, () =>
      Effect.gen(function* () {
        const answer = yield* post(path, body)
        assert.strictEqual(answer.status, 200)
        assert.strictEqual(answer.body.code, code)
      }).pipe(provideMock()),
    )
  }

  it.effect("gets no token of a tenant that is not its own", () =>
    Effect.gen(function* () {
      const { next, url } = yield* eventHandler
      yield* Effect.gen(function* () {
        const { app_access_token } = (yield* post(AppAccessToken.storePath, {
          ...store,
          app_ticket: yield* next,
        })).body
        const answer = yield* post(TenantAccessToken.storePath, { app_access_token, tenant_key: "another" })
        assert.strictEqual(answer.body.code, 10003)
      }).pipe(provideMock({ appTicketUrl: url }))
    }),
  )
})

describe("a self-built app", () => {
  it.effect("gets one token as app and as tenant access token", () =>
    Effect.gen(function* () {
      const { app_access_token, tenant_access_token, ...rest } = (yield* post(
        AppAccessToken.internalPath,
        reader,
      )).body
      assert.deepStrictEqual(rest, { code: 0, msg: "ok", expire: 7200 })
      assert.strictEqual(app_access_token, tenant_access_token)
      assert.strictEqual((yield* list(tenant_access_token, goodQuery)).body?.code, 0)
    }).pipe(provideMock()),
  )
})

describe("the unified OAuth", () => {
  const fields = { grant_type: "client_credentials", client_id: "cli_reader", client_secret: "secret" }

  it.effect("gives a JSON Web Token that reads meetings", () =>
    Effect.gen(function* () {
      const { access_token, ...rest } = (yield* form(OAuth.tokenPath, fields)).body
      assert.deepStrictEqual(rest, { code: 0, expires_in: 7200, token_type: "Bearer" })
      assert.match(access_token, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/)
      assert.strictEqual((yield* list(access_token, goodQuery)).body?.code, 0)
    }).pipe(provideMock()),
  )

  for (const [what, changed, code, error] of [
    ["a wrong secret", { client_secret: "Secret" }, 20002, "invalid_client"],
    ["an unknown app", { client_id: "cli_nobody" }, 20048, "invalid_client"],
    ["another grant", { grant_type: "password" }, 20036, "unsupported_grant_type"],
  ] as const) {
    it.effect(`${what} is refused with 400 and ${code}`, () =>
      Effect.gen(function* () {
        const { body, status } = yield* form(OAuth.tokenPath, { ...fields, ...changed })
        assert.strictEqual(status, 400)
        assert.hasAllKeys(body, ["error", "error_description", "code"])
        assert.deepInclude(body, { code, error })
      }).pipe(provideMock()),
    )
  }
})

describe("user access tokens", () => {
  const verifier = "a".repeat(43)
  const all = [...ListByNo.scopes, OAuth.offlineAccess]
  /** A mock, and what a user has authorised in it. */
  const withGrant = Effect.fnUntraced(function* (scopes: ReadonlyArray<string> = all) {
    const workspace = yield* Workspace.make({ seed, now })
    const { clock, tokens } = workspace.state
    const code = tokens.mintCode(
      {
        appId: "cli_reader",
        tenant: "tenant_a",
        scopes,
        redirectUri: "https://app.example/back",
        codeChallenge: createHash("sha256").update(verifier).digest("base64url"),
        codeChallengeMethod: "S256",
      },
      clock.now(),
    )
    return { code, workspace }
  })
  const trade = {
    grant_type: "authorization_code",
    client_id: "cli_reader",
    client_secret: "secret",
    redirect_uri: "https://app.example/back",
    code_verifier: verifier,
  }
  const client = { client_id: "cli_reader", client_secret: "secret" }
  const refresh = (refresh_token: string) =>
    post(OAuth.userTokenPath, { ...client, grant_type: "refresh_token", refresh_token })

  it.effect("come for a code, once; read meetings; expire as such; a refresh token is good once", () =>
    Effect.gen(function* () {
      const { code, workspace } = yield* withGrant()
      yield* Effect.gen(function* () {
        const first = (yield* post(OAuth.userTokenPath, { ...trade, code })).body
        assert.deepInclude(first, {
          code: 0,
          expires_in: 7200,
          refresh_token_expires_in: 604_800,
          token_type: "Bearer",
          scope: all.join(" "),
        })
        assert.strictEqual((yield* list(first.access_token, goodQuery)).body?.code, 0)
        assert.strictEqual((yield* post(OAuth.userTokenPath, { ...trade, code })).body.code, 20065)

        const second = (yield* refresh(first.refresh_token)).body
        assert.strictEqual(second.code, 0)
        assert.strictEqual((yield* refresh(first.refresh_token)).body.code, 20073)
        // The token before has about a minute left.
        assert.strictEqual((yield* list(first.access_token, goodQuery)).body?.code, 0)
        yield* TestClock.adjust("61 seconds")
        assert.strictEqual((yield* list(first.access_token, goodQuery)).body?.code, 99991677)
        assert.strictEqual((yield* list(second.access_token, goodQuery)).body?.code, 0)

        yield* TestClock.adjust("7 days")
        assert.strictEqual((yield* refresh(second.refresh_token)).body.code, 20037)
      }).pipe(Effect.provide(listening(workspace)))
    }),
  )

  it.effect("without the scope say that the user has not granted it", () =>
    Effect.gen(function* () {
      const { code, workspace } = yield* withGrant(["im:message"])
      yield* Effect.gen(function* () {
        const { access_token } = (yield* post(OAuth.userTokenPath, { ...trade, code })).body
        const { body } = yield* list(access_token, goodQuery)
        assert.strictEqual(body?.code, 99991679)
        assert.deepStrictEqual(
          body?.error?.permission_violations,
          ListByNo.scopes.map((subject) => ({ type: "action_privilege_required", subject })),
        )
      }).pipe(Effect.provide(listening(workspace)))
    }),
  )

  it.effect("are refused with OAuth's own codes, by HTTP 400", () =>
    Effect.gen(function* () {
      const { code, workspace } = yield* withGrant()
      yield* Effect.gen(function* () {
        const refused: ReadonlyArray<readonly [object, number]> = [
          [{ ...trade, code: "unknown" }, 20003],
          [{ ...trade, code, client_secret: "Secret" }, 20002],
          [{ ...trade, code, client_id: "cli_newer_scope" }, 20024],
          [{ ...trade, code, redirect_uri: "https://evil.example" }, 20071],
          [{ ...trade, code, redirect_uri: undefined }, 20071],
          [{ ...trade, code, code_verifier: "b".repeat(43) }, 20049],
          [{ ...trade, code, code_verifier: undefined }, 20049],
          [{ ...trade, code, scope: "im:message" }, 20068],
          [{ ...trade, code, scope: `${all[0]} ${all[0]}` }, 20067],
          [{ ...client, grant_type: "refresh_token", refresh_token: "unknown", client_id: "cli_no" }, 20048],
          [{ ...client, grant_type: "refresh_token", refresh_token: "unknown" }, 20026],
          [{ ...client, grant_type: "password" }, 20036],
          [{ ...client, grant_type: "refresh_token" }, 20001],
          [[], 20063],
        ]
        for (const [request, expected] of refused) {
          const { body, status } = yield* post(OAuth.userTokenPath, request)
          assert.strictEqual(status, 400)
          assert.strictEqual(body.code, expected)
        }
        const { refresh_token } = (yield* post(OAuth.userTokenPath, { ...trade, code })).body
        workspace.state.tokens.revoke(refresh_token)
        assert.strictEqual((yield* refresh(refresh_token)).body.code, 20064)
        const late = workspace.state.tokens.mintCode(
          { appId: "cli_reader", tenant: "tenant_a", scopes: [] },
          workspace.state.clock.now(),
        )
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual((yield* post(OAuth.userTokenPath, { ...trade, code: late })).body.code, 20004)
      }).pipe(Effect.provide(listening(workspace)))
    }),
  )
})
