import * as Lark from "@larksuiteoapi/node-sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ListByNo, OAuth } from "@effect-feishu/contract"
import { createHash } from "node:crypto"
import * as DateTime from "effect/DateTime"
import type { WorkspaceOptions } from "../src/library/ControlClient.ts"
import type { NetworkFault } from "../src/protocol/FaultRule.ts"
import { type Started, startFeishuMock } from "../src/index.ts"
import type { Meeting } from "../src/seed/Seed.ts"
import * as Scopes from "../src/protocol/Scopes.ts"
import * as Sdk from "./sdk.ts"

type Answer = Awaited<ReturnType<Lark.Client["vc"]["v1"]["meeting"]["listByNo"]>>
type Row = NonNullable<NonNullable<Answer["data"]>["meeting_briefs"]>[number]
type TypeName<A> = A extends string ? "string" : A extends boolean ? "boolean" : "another"

/** Every field that the SDK declares of a row, and its type: one more, or another type, does not compile. */
const declared = {
  id: "string",
  topic: "string",
  url: "string",
  meeting_no: "string",
  password: "string",
  meeting_connect: "boolean",
  note_id: "string",
} as const satisfies { readonly [Key in keyof Row]-?: TypeName<NonNullable<Row[Key]>> }

/** A meeting of the seed is a row of the SDK's, its start aside: another type of a field does not compile. */
const asDeclared = (meeting: Meeting): Row => {
  const { start_time: _, ...row } = meeting
  return row
}

const pages = async (client: Lark.Client, params: object = {}) => {
  const pages: Array<ReadonlyArray<string | undefined> | undefined> = []
  const payload = { params: { ...Sdk.params, ...params } }
  for await (const page of await client.vc.v1.meeting.listByNoWithIterator(payload)) {
    pages.push(page?.meeting_briefs?.map(({ id }) => id))
  }
  return pages
}

/** Texts that the mock makes up, replaced by the example of the documents. */
const asDocumented = (text: string): string =>
  text
    .replaceAll(/"(\w*token)":"[^"]+"/g, (_, name) => `"${name}":"${name === "page_token" ? "2" : "…"}"`)
    .replace('"token_type":"…"', '"token_type":"Bearer"')

describe("the official SDK", () => {
  let feishu: Started
  beforeAll(async () => {
    feishu = await startFeishuMock()
  })
  afterAll(() => feishu.close())

  /** The newest answer, whose body is compared to the letter: the order of its fields, too. */
  const bytes = () => asDocumented(Sdk.received().at(-1)!.text)

  it("is given the documented page, byte by byte", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const page = await Sdk.clientOf(workspace).vc.meeting.listByNo({
      params: { ...Sdk.params, page_size: 2 },
    })
    const { text } = Sdk.received().at(-1)!
    assert.deepStrictEqual(JSON.parse(text), page)
    assert.strictEqual(
      asDocumented(text),
      '{"code":0,"data":{"has_more":true,"meeting_briefs":[' +
        '{"id":"7011030664708603907","meeting_no":"146453285","password":"971024","topic":"测试标题"},' +
        '{"id":"7011031045899354115","meeting_no":"146453285","password":"971024","topic":"测试标题"}' +
        '],"page_token":"2"},"msg":""}',
    )
  })

  it("is given every field that its types declare, and no other", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const { data } = await Sdk.clientOf(workspace).vc.v1.meeting.listByNo({ params: Sdk.params })
    assert.deepStrictEqual(Object.keys(data ?? {}), ["has_more", "meeting_briefs"])
    const rows = data?.meeting_briefs ?? []
    const types = rows.map((row) =>
      Object.fromEntries(Object.entries(row).map(([key, value]) => [key, typeof value])),
    )
    for (const type of types) assert.deepInclude(declared, type)
    assert.deepStrictEqual(types[2], declared)
    assert.deepStrictEqual(rows, Sdk.meetings.map(asDeclared))
  })

  it("reads all pages with its iterator, and follows the page tokens it was given", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    assert.deepStrictEqual(
      await pages(Sdk.clientOf(workspace), { page_size: 1 }),
      Sdk.meetings.map(({ id }) => [id]),
    )
    const given = Sdk.received().flatMap(({ text }) => JSON.parse(text).data?.page_token ?? [])
    const asked = await workspace.journal({ operation: "meetings.listByNo" })
    assert.deepStrictEqual(
      asked.map(({ query }) => query["page_token"]),
      [undefined, ...given],
    )
  })

  const ends: ReadonlyArray<readonly [WorkspaceOptions, string]> = [
    [{ emptyList: "[]" }, '{"has_more":false,"meeting_briefs":[]}'],
    [{ emptyList: "null" }, '{"has_more":false,"meeting_briefs":null}'],
    [{ emptyList: "absent" }, '{"has_more":false}'],
    [{ lastPageToken: "empty" }, '{"has_more":false,"meeting_briefs":[],"page_token":""}'],
  ]
  for (const [options, data] of ends) {
    it(`ends where there is nothing, written as ${data}`, async () => {
      await using workspace = await Sdk.workspaceOf(feishu, {}, options)
      assert.lengthOf(await pages(Sdk.clientOf(workspace), { meeting_no: "999999999" }), 1)
      assert.strictEqual(Sdk.received().at(-1)?.text, `{"code":0,"data":${data},"msg":""}`)
    })
  }

  it("has a log id, request ids and a date in the headers of a good answer", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const request = { method: "GET", url: ListByNo.path, params: Sdk.params, $return_headers: true }
    const { data, headers } = Object(await Sdk.clientOf(workspace).request(request))
    assert.strictEqual(data.code, 0)
    // The mock's clock: 2021-09-24T00:00:00Z is 8 o'clock in UTC+8.
    assert.match(headers["x-tt-logid"], /^2021092408\d{4}[0-9A-F]{20}$/)
    assert.match(headers["x-request-id"], /^[0-9a-f-]{36}$/)
    assert.strictEqual(headers["request-id"], headers["x-request-id"])
    assert.match(headers["date"], /^Fri, 24 Sep 2021 00:0\d:\d\d GMT$/)
  })

  it("keeps a tenant token for what `expire` says less three minutes, and asks once", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const expiries: Array<number | undefined> = []
    class Cache extends Lark.DefaultCache {
      override async set(...[key, value, expires, options]: Parameters<Lark.DefaultCache["set"]>) {
        expiries.push(expires)
        return super.set(key, value, expires, options)
      }
    }
    const client = Sdk.clientOf(workspace, { cache: new Cache() })
    const before = DateTime.nowUnsafe().epochMilliseconds
    await client.vc.v1.meeting.listByNo({ params: Sdk.params })
    await client.vc.v1.meeting.listByNo({ params: Sdk.params })
    const after = DateTime.nowUnsafe().epochMilliseconds
    assert.lengthOf(await workspace.journal({ operation: "auth.tenantAccessTokenInternal" }), 1)
    const [expires = 0, ...others] = expiries
    assert.deepStrictEqual(others, [])
    assert.isAtLeast(expires, before + (7_200 - 180) * 1000)
    assert.isAtMost(expires, after + (7_200 - 180) * 1000)
  })

  it("is given the same token again while it has 30 minutes left, then a new one", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    await workspace.moveClock({ frozen: true })
    const client = Sdk.clientOf(workspace, { disableTokenCache: true })
    const data = { app_id: workspace.appId, app_secret: workspace.appSecret }
    const ask = async () => {
      await client.auth.v3.tenantAccessToken.internal({ data })
      const { text } = Sdk.received().at(-1)!
      return { ...JSON.parse(text), bytes: asDocumented(text) }
    }
    const first = await ask()
    assert.strictEqual(first.bytes, '{"code":0,"msg":"ok","tenant_access_token":"…","expire":7200}')
    await workspace.moveClock({ advance: 5_400 })
    const again = await ask()
    assert.strictEqual(again.tenant_access_token, first.tenant_access_token)
    assert.strictEqual(again.expire, 1_800)
    await workspace.moveClock({ advance: 1 })
    const renewed = await ask()
    assert.notStrictEqual(renewed.tenant_access_token, first.tenant_access_token)
    assert.strictEqual(renewed.expire, 7_200)
    for (const { tenant_access_token } of [first, renewed]) {
      const withToken = Lark.withTenantToken(tenant_access_token)
      assert.strictEqual((await client.vc.v1.meeting.listByNo({ params: Sdk.params }, withToken)).code, 0)
    }
  })

  it("is given the app access token of a self-built app, byte by byte", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    await workspace.moveClock({ frozen: true })
    await Sdk.clientOf(workspace).auth.v3.appAccessToken.internal({
      data: { app_id: workspace.appId, app_secret: workspace.appSecret },
    })
    assert.strictEqual(
      bytes(),
      '{"code":0,"msg":"ok","app_access_token":"…","tenant_access_token":"…","expire":7200}',
    )
  })

  const userTokens = `{"code":0,"access_token":"…","expires_in":7200,"refresh_token":"…","refresh_token_expires_in":604800,"scope":"${Scopes.all.join(" ")}","token_type":"Bearer"}`

  it("gets a user's tokens for a code by its own means, reads as the user, and refreshes them", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const { accessToken, vc } = Sdk.clientOf(workspace)
    const codeVerifier = "a".repeat(43)
    const redirectUri = "https://app.example/back"
    const code = await Sdk.authorize(workspace, {
      redirect_uri: redirectUri,
      code_challenge: createHash("sha256").update(codeVerifier).digest("base64url"),
      code_challenge_method: "S256",
    })
    const first = await accessToken.retrieveByAuthorizationCode({ code, redirectUri, codeVerifier })
    assert.strictEqual(bytes(), userTokens)
    const second = await accessToken.refresh({ refreshToken: first.refreshToken! })
    assert.strictEqual(bytes(), userTokens)
    assert.hasAllKeys(second, [
      "accessToken",
      "tokenType",
      "expiresIn",
      "refreshToken",
      "refreshTokenExpiresIn",
      "scope",
    ])
    assert.notStrictEqual(second.accessToken, first.accessToken)
    for (const token of [first.accessToken, second.accessToken]) {
      const page = await vc.v1.meeting.listByNo({ params: Sdk.params }, Lark.withUserAccessToken(token))
      assert.strictEqual(page.data?.meeting_briefs?.length, 3)
    }
  })

  it("gets a user's tokens of version 2, byte by byte", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const client = Sdk.clientOf(workspace)
    const credentials = { client_id: workspace.appId, client_secret: workspace.appSecret }
    const ask = (data: object) =>
      client.request({ method: "POST", url: OAuth.userTokenPath, data: { ...credentials, ...data } })
    const code = await Sdk.authorize(workspace)
    const { refresh_token } = await ask({ grant_type: "authorization_code", code })
    assert.strictEqual(bytes(), userTokens)
    const { access_token } = await ask({ grant_type: "refresh_token", refresh_token })
    assert.strictEqual(bytes(), userTokens)
    const page = await client.vc.v1.meeting.listByNo(
      { params: Sdk.params },
      Lark.withUserAccessToken(access_token),
    )
    assert.strictEqual(page.code, 0)
  })

  it("gets who a user is, byte by byte", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    await workspace.putUsers([
      { open_id: "ou_a", union_id: "on_a", user_id: "a", name: "安娜", en_name: "Anna" },
    ])
    const { accessToken, authen } = Sdk.clientOf(workspace)
    const code = await Sdk.authorize(workspace, { open_id: "ou_a" })
    const tokens = await accessToken.retrieveByAuthorizationCode({ code })
    const { data } = await authen.v1.userInfo.get({}, Lark.withUserAccessToken(tokens.accessToken))
    const tenant = workspace.appId.replace("cli_", "tenant_")
    const icon = "www.feishu.cn/avatar/icon"
    assert.strictEqual(
      bytes(),
      `{"code":0,"msg":"success","data":{"name":"安娜","en_name":"Anna","avatar_url":"${icon}","avatar_thumb":"${icon}_thumb","avatar_middle":"${icon}_middle","avatar_big":"${icon}_big","open_id":"ou_a","union_id":"on_a","user_id":"a","tenant_key":"${tenant}"}}`,
    )
    assert.strictEqual(data?.user_id, "a")
  })

  it("gets a token by client credentials, byte by byte, by JSON or by a form", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    const client = Sdk.clientOf(workspace)
    const fields = {
      grant_type: "client_credentials",
      client_id: workspace.appId,
      client_secret: workspace.appSecret,
    }
    for (const data of [fields, new URLSearchParams(fields)]) {
      const { access_token } = Object(
        await Lark.defaultHttpInstance.post(`${workspace.url}${OAuth.tokenPath}`, data),
      )
      assert.strictEqual(bytes(), '{"code":0,"access_token":"…","expires_in":7200,"token_type":"Bearer"}')
      const withToken = Lark.withUserAccessToken(access_token)
      assert.strictEqual((await client.vc.v1.meeting.listByNo({ params: Sdk.params }, withToken)).code, 0)
    }
  })

  // What the SDK makes of broken answers: it rejects only where no whole body came, and hands on what is no JSON.
  const broken: ReadonlyArray<readonly [NetworkFault, object | RegExp]> = [
    ["reset before headers", { code: "ECONNRESET", message: "read ECONNRESET" }],
    ["end in mid-body", { code: "ERR_BAD_RESPONSE", message: "stream has been aborted" }],
    ["wrong length", { code: "ERR_BAD_RESPONSE", message: "stream has been aborted" }],
    ["truncated JSON", /^\{"code":0,"data":\{"has_more":false,"meeting_briefs":\[\{[^\]]+$/],
    ["HTML", /^<html>/],
  ]
  for (const [network, expected] of broken) {
    it(`meets ${network}: ${expected instanceof RegExp ? "resolves to the text" : "rejects"}; its iterator just ends`, async () => {
      await using workspace = await Sdk.workspaceOf(feishu)
      const client = Sdk.clientOf(workspace)
      for (const nth of [1, 3]) {
        await workspace.addFault({ operation: "meetings.listByNo", when: { nth }, then: { network } })
      }
      const call: Promise<unknown> = client.vc.v1.meeting.listByNo({ params: Sdk.params })
      if (expected instanceof RegExp) assert.match(String(await call), expected)
      else assert.deepInclude(await Sdk.rejection(call), expected)
      // The second page is an empty object, and there is no third.
      assert.deepStrictEqual(await pages(client, { page_size: 1 }), [[Sdk.meetings[0].id], undefined])
    })
  }

  it("meets HTML where a token is due: says that there is none, and reads nothing", async () => {
    await using workspace = await Sdk.workspaceOf(feishu)
    await workspace.addFault({ operation: "auth.tenantAccessTokenInternal", then: { network: "HTML" } })
    const call = Sdk.clientOf(workspace).vc.v1.meeting.listByNo({ params: Sdk.params })
    assert.include(Object(await Sdk.rejection(call)).message, "failed to get tenant_access_token")
    assert.lengthOf(await workspace.journal({ operation: "meetings.listByNo" }), 0)
  })
})
