import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { AppAccessToken, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import type { Entry, Generate } from "../src/protocol/PublicTypes.ts"
import * as Workspace from "../src/state/Workspace.ts"
import { call, idsOf, list } from "./feishu.ts"
import { now } from "./fixture.ts"

const appId = "cli_store"
const tenants = ["tenant_1", "tenant_2", "tenant_3"] as const
const meetingNo = "337736498"

const seedOf = (generate: ReadonlyArray<Generate>) => ({
  apps: [
    {
      app_id: appId,
      app_secret: "secret",
      type: "store",
      scopes: ["vc:meeting:readonly"],
      tenants,
    },
  ] as const,
  generate,
})

/** For each tenant an order for the same number, the first of them without its key. */
const orders = tenants.map((tenant, index) => ({
  meeting_no: meetingNo,
  count: 5 + index,
  ...(index === 0 ? {} : { tenant_key: tenant }),
}))

const post = (path: string, body: object) =>
  Effect.map(
    call(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }),
    ({ text }) => JSON.parse(text),
  )

/** Returns the token of a tenant of the store app, as a program gets it. */
const tokenOf = Effect.fnUntraced(function* (tenant: string) {
  const { app_ticket } = yield* post("/_mock/app-tickets", { app_id: appId })
  const { app_access_token } = yield* post(AppAccessToken.storePath, {
    app_id: appId,
    app_secret: "secret",
    app_ticket,
  })
  const { tenant_access_token } = yield* post(TenantAccessToken.storePath, {
    app_access_token,
    tenant_key: tenant,
  })
  return String(tenant_access_token)
})

const query = { meeting_no: meetingNo, start_time: String(now - 90 * 86_400), end_time: String(now) }

const meetingsOf = (generate: ReadonlyArray<Generate>) =>
  Effect.map(Workspace.make({ seed: seedOf(generate), randomSeed: "7", now }), ({ state }) =>
    state.store.meetings(),
  )

describe("meetings that are generated for a tenant", () => {
  it.effect("are read with the token of that tenant alone, and counted for it", () => {
    const entries: Array<Entry> = []
    return Effect.gen(function* () {
      const ids = new Set<string>()
      for (const [index, tenant] of tenants.entries()) {
        const token = yield* tokenOf(tenant)
        const answer = yield* list(token, query)
        assert.lengthOf(idsOf(answer), 5 + index)
        for (const id of idsOf(answer)) ids.add(id)
        // Of each tenant one request passes.
        assert.strictEqual((yield* list(token, query)).status, 429)
      }
      assert.strictEqual(ids.size, 5 + 6 + 7)
      assert.deepStrictEqual(
        entries.flatMap(({ operation, query, status, tenant }) =>
          operation === "meetings.listByNo" ? [[tenant, query["meeting_no"], status]] : [],
        ),
        tenants.flatMap((tenant) => [200, 429].map((status) => [tenant, meetingNo, status])),
      )
      assert.isTrue(
        entries.every(
          ({ operation, tenant }) => operation?.startsWith("auth.") !== true || tenant === undefined,
        ),
      )
    }).pipe(
      Effect.provide(
        MockFeishu.layer({
          seed: seedOf(orders),
          now,
          rateLimit: 1,
          onRequest: (entry) => entries.push(entry),
        }),
      ),
    )
  })

  it.effect("stay the same when those of other tenants come or go", () =>
    Effect.gen(function* () {
      const all = yield* meetingsOf(orders)
      for (const order of orders) {
        assert.deepStrictEqual(
          yield* meetingsOf([order]),
          all.filter(({ tenant_key }) => tenant_key === (order.tenant_key ?? tenants[0])),
        )
      }
    }),
  )

  it.effect("leave those of a seed without tenants as they were", () =>
    Effect.gen(function* () {
      const generate = [
        { meeting_no: meetingNo, count: 100 },
        { meeting_no: "146453285", count: 50, from: "-30d", participants: 3 },
      ]
      const { state } = yield* Workspace.make({ seed: { generate }, randomSeed: "7", days: 89, now })
      const given = state.store.meetings().map(state.store.given)
      assert.strictEqual(
        createHash("sha256").update(JSON.stringify(given)).digest("hex"),
        "86623ed5a809729ef5e73a14bd40e589f0e4bff5ade1b79740d1c8f6c8fdb976",
      )
    }),
  )

  it.effect("may be of generated numbers, in the options, too", () =>
    Effect.gen(function* () {
      const generate = { numbers: 2, meetings: 3, tenant_key: "tenant_2" }
      const { state } = yield* Workspace.make({ seed: seedOf([]), generate, now })
      assert.deepStrictEqual(
        state.store.meetings().map(({ tenant_key }) => tenant_key),
        Array(6).fill("tenant_2"),
      )
      const nowhere = { seed: seedOf([]), generate: { ...generate, tenant_key: "nowhere" } }
      const error = yield* Effect.flip(Workspace.make({ ...nowhere, now }))
      assert.strictEqual(
        error.message,
        "the mock's configuration has 1 fault:\n  generate.tenant_key: no app has the tenant nowhere, so no app could read these meetings",
      )
    }),
  )

  it.effect("are refused when no app has the tenant, or when it has an order for the number already", () =>
    Effect.gen(function* () {
      const order = { meeting_no: meetingNo, count: 1 }
      const error = yield* Effect.flip(
        meetingsOf([
          order,
          { ...order, tenant_key: "tenant_2" },
          { ...order, tenant_key: "tenant_1" },
          { ...order, tenant_key: "nowhere" },
        ]),
      )
      assert.deepStrictEqual(error.message.split("\n"), [
        "the seed has 2 faults:",
        "  generate[2].meeting_no: is already used by generate[0]",
        "  generate[3].tenant_key: no app has the tenant nowhere, so no app could read these meetings",
      ])
    }),
  )
})
