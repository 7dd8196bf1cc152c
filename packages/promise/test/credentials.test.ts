/** Store apps and client credentials, from a raw server: the mock gives tokens to self-built apps only. */
import { assert, describe, it } from "vitest"
import { AuthenticationFailed, createClient, CursorUnusable } from "@effect-feishu/promise"
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { rejected } from "./fixture.ts"

const request = { meetingNo: "337736498", range: { from: "1d" } }

/** A Feishu that accepts one ticket, has a meeting for each tenant, and pushes a ticket when it is asked for one. */
const storeFeishu = async (pushTicket: () => void = () => {}) => {
  const calls: Array<string> = []
  const answer = async (incoming: IncomingMessage): Promise<object> => {
    const path = new URL(incoming.url!, "http://localhost").pathname.replace("/open-apis/", "")
    calls.push(path)
    const body = await text(incoming)
    switch (path) {
      case "auth/v3/app_ticket/resend":
        pushTicket()
        return {}
      case "auth/v3/app_access_token":
        return JSON.parse(body).app_ticket === "ticket-2"
          ? { app_access_token: "a-1", expire: 7_200 }
          : { code: 10012, msg: "app_ticket is invalid" }
      case "auth/v3/tenant_access_token":
        return { tenant_access_token: `t-${JSON.parse(body).tenant_key}`, expire: 7_200 }
      case "/oauth/v3/token":
        return new URLSearchParams(body).get("client_secret") === "secret"
          ? { access_token: "t-oauth", expires_in: 7_200, token_type: "Bearer" }
          : { code: 20002, error: "invalid_client", error_description: "wrong secret" }
      default: {
        const id = incoming.headers.authorization!.replace("Bearer t-", "")
        return { data: { has_more: false, meeting_briefs: [{ id, meeting_no: request.meetingNo }] } }
      }
    }
  }
  const server = createServer(async (incoming, response) => {
    const body = { code: 0, msg: "ok", ...(await answer(incoming)) }
    response.setHeader("content-type", "application/json").end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const storeApp = { appId: "cli_a", appSecret: "secret", kind: "store app" } as const

describe("a store app", () => {
  it("reads each tenant with the ticket that was handed on", async () => {
    await using feishu = await storeFeishu()
    await using client = createClient({ ...storeApp, baseUrl: feishu.url })
    await client.pushAppTicket("ticket-2")
    const pages = await Promise.all(["one", "two"].map((tenantKey) => client.page({ ...request, tenantKey })))
    assert.deepStrictEqual(
      pages.map(({ meetings }) => meetings[0]!.id),
      ["one", "two"],
    )
    assert.lengthOf(
      feishu.calls.filter((path) => path === "auth/v3/app_access_token"),
      1,
    )
  })

  it("waits for the ticket that it asks for when the one at hand is refused", async () => {
    await using feishu = await storeFeishu(() => void client.pushAppTicket("ticket-2"))
    await using client = createClient({ ...storeApp, baseUrl: feishu.url })
    await client.pushAppTicket("ticket-1")
    const { meetings } = await client.page({ ...request, tenantKey: "one" })
    assert.strictEqual(meetings[0]!.id, "one")
    assert.include(feishu.calls, "auth/v3/app_ticket/resend")
  })

  it("has its tenant in the cursor, and reads no other tenant with it", async () => {
    await using feishu = await storeFeishu()
    await using client = createClient({ ...storeApp, baseUrl: feishu.url })
    await client.pushAppTicket("ticket-2")
    const long = { ...request, range: { from: "120d" }, tenantKey: "one" }
    const { cursor } = await client.page(long)
    const error = await rejected(client.page({ cursor: cursor!, tenantKey: "two" }))
    assert.instanceOf(error, CursorUnusable)
    assert.match(error.message, /^the cursor is of tenant one.* Give the tenantKey with which/)
    assert.strictEqual((await client.page({ cursor: cursor!, tenantKey: "one" })).type, "Page")
  })
})

describe("client credentials", () => {
  const app = { appId: "cli_a", appSecret: "secret", kind: "client credentials" } as const

  it("fetch their token where OAuth is, and use it where the API is", async () => {
    await using api = await storeFeishu()
    await using accounts = await storeFeishu()
    await using client = createClient({ ...app, baseUrl: api.url, oauthBaseUrl: accounts.url })
    assert.strictEqual((await client.page(request)).meetings[0]!.id, "oauth")
    assert.deepStrictEqual([accounts.calls, api.calls], [["/oauth/v3/token"], ["vc/v1/meetings/list_by_no"]])
  })

  it("that are wrong name the app", async () => {
    await using feishu = await storeFeishu()
    await using client = createClient({ ...app, appSecret: "wrong", baseUrl: feishu.url })
    const error = await rejected(client.page(request))
    assert.instanceOf(error, AuthenticationFailed)
    assert.strictEqual(error.appId, "cli_a")
  })
})
