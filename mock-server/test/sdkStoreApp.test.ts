import * as Lark from "@larksuiteoapi/node-sdk"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import type { OwnWorkspace } from "../src/library/ControlClient.ts"
import { type Started, startFeishuMock } from "../src/index.ts"
import type { App } from "../src/seed/Seed.ts"
import * as Sdk from "./sdk.ts"

const tenantKey = "tenant_of_the_store"
const encryptKey = "an encrypt key of the developer console"

/** The SDK's own cache, which tells when a ticket is put into it. */
class Cache extends Lark.DefaultCache {
  readonly ticket: Promise<string>
  #came: (ticket: string) => void = () => {}

  constructor() {
    super()
    this.ticket = new Promise((resolve) => (this.#came = resolve))
  }

  override async set(...[key, value, expires, options]: Parameters<Lark.DefaultCache["set"]>) {
    const kept = await super.set(key, value, expires, options)
    if (key === Lark.CAppTicket) this.#came(value)
    return kept
  }
}

/** The SDK's event handler on a socket, and the bodies that were sent to it. */
const eventHandler = async (options: ConstructorParameters<typeof Lark.EventDispatcher>[0]) => {
  const handle = Lark.adaptDefault("/events", new Lark.EventDispatcher(options))
  const bodies: Array<string> = []
  const server = createServer((request, response) => {
    let body = ""
    request.on("data", (chunk) => (body += chunk))
    request.on("end", () => bodies.push(body))
    void handle(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    bodies,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

describe("the official SDK as a store app", () => {
  let feishu: Started
  beforeAll(async () => {
    feishu = await startFeishuMock()
  })
  afterAll(() => feishu.close())

  const workspaceOf = (app?: Partial<App>, appTicketUrl?: string) =>
    Sdk.workspaceOf(
      feishu,
      { type: "store", tenants: [tenantKey], ...app },
      appTicketUrl === undefined ? {} : { appTicketUrl },
    )
  const clientOf = (workspace: OwnWorkspace, cache: Lark.Cache, logger?: Lark.Logger) =>
    Sdk.clientOf(workspace, {
      appType: Lark.AppType.ISV,
      cache,
      ...(logger === undefined ? {} : { logger }),
    })
  const list = (client: Lark.Client, tenant = tenantKey) =>
    client.vc.v1.meeting.listByNo({ params: Sdk.params }, Lark.withTenantKey(tenant))

  const ways: ReadonlyArray<readonly [string, Partial<App>]> = [
    ["in clear text", { verification_token: "a verification token" }],
    ["encrypted and signed", { verification_token: "a verification token", encrypt_key: encryptKey }],
  ]
  for (const [way, app] of ways) {
    it(`reads as a store app: asks for a ticket, handles the event that is pushed ${way}, and gets its tokens`, async () => {
      const cache = new Cache()
      const { logged, logger } = Sdk.logger()
      await using handler = await eventHandler({ cache, logger, encryptKey: app.encrypt_key ?? "" })
      await using workspace = await workspaceOf(app, handler.url)
      await workspace.moveClock({ set: Sdk.now, frozen: true })
      Sdk.received()
      const client = clientOf(workspace, cache)
      const app_ticket = await cache.ticket
      assert.strictEqual((await list(client)).code, 0)
      assert.strictEqual((await list(client)).code, 0)

      assert.deepStrictEqual(
        (await workspace.journal()).map(({ operation }) => operation),
        [
          "auth.appTicketResend",
          "auth.appAccessToken",
          "auth.tenantAccessToken",
          "meetings.listByNo",
          "meetings.listByNo",
        ],
      )
      assert.deepStrictEqual(
        Sdk.received()
          .slice(0, 3)
          .map(({ text }) => text.replace(/(?<=_token":")([at]-)\w+/, "$1…")),
        [
          '{"code":0,"msg":"success"}',
          '{"code":0,"msg":"success","app_access_token":"a-…","expire":7140}',
          '{"code":0,"msg":"success","tenant_access_token":"t-…","expire":7140}',
        ],
      )
      assert.deepStrictEqual(
        logged.filter(([level]) => level === "error" || level === "warn"),
        [],
      )

      const [body = ""] = handler.bodies
      const { encrypt, ...clear } = JSON.parse(body)
      if (app.encrypt_key !== undefined) assert.deepStrictEqual(clear, {})
      const event =
        encrypt === undefined ? clear : JSON.parse(new Lark.AESCipher(encryptKey).decrypt(encrypt))
      assert.match(event.uuid, /^[0-9a-f]{32}$/)
      assert.deepStrictEqual(event, {
        ts: `${Sdk.now}.000000`,
        uuid: event.uuid,
        token: "a verification token",
        type: "event_callback",
        event: { app_id: workspace.appId, app_ticket, type: "app_ticket" },
      })
    })
  }

  it("drops an event whose signature is of another key", async () => {
    const cache = new Cache()
    let warned: (message: unknown) => void = () => {}
    const warning = new Promise((resolve) => (warned = resolve))
    const { logger } = Sdk.logger()
    await using handler = await eventHandler({
      cache,
      logger: { ...logger, warn: warned },
      encryptKey: "another key",
    })
    await using workspace = await workspaceOf({ encrypt_key: encryptKey }, handler.url)
    clientOf(workspace, cache)
    assert.deepStrictEqual(await warning, ["verification failed event"])
    assert.isUndefined(await cache.get(Lark.CAppTicket, { namespace: workspace.appId }))
  })

  it("asks for a ticket; while none comes it sends its request without a token, and is told so", async () => {
    await using workspace = await workspaceOf()
    const { logged, logger } = Sdk.logger()
    const error = Object(await Sdk.rejection(list(clientOf(workspace, new Lark.DefaultCache(), logger))))
    assert.strictEqual(error.response.data.code, 99991661)
    assert.deepStrictEqual(
      logged.filter(([level]) => level === "warn").map(([, message]) => message),
      ["no app ticket", "failed to obtain token"],
    )
    const [first] = await workspace.journal()
    assert.deepInclude(first, { operation: "auth.appTicketResend", status: 200, code: 0 })
  })

  it("gets no token of a tenant that has not installed it", async () => {
    const cache = new Cache()
    const { logger } = Sdk.logger()
    await using handler = await eventHandler({ cache, logger })
    await using workspace = await workspaceOf({}, handler.url)
    const client = clientOf(workspace, cache)
    await cache.ticket
    assert.strictEqual(
      Object(await Sdk.rejection(list(client, "another"))).message,
      "failed to get tenant_access_token, code: 10003, msg: invalid param",
    )
  })
})
