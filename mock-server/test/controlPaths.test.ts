/** Others ask first: health checks, and whoever looks for the control plane. */
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { type Started, startFeishuMock } from "../src/index.ts"
import { now, seed } from "./fixture.ts"
import { head, open } from "./sockets.ts"

let feishu: Started
let guarded: Started
beforeAll(async () => {
  feishu = await startFeishuMock({ seed, now })
  guarded = await startFeishuMock({ host: "0.0.0.0", controlToken: "let-me-in" })
})
afterAll(() => Promise.all([feishu.close(), guarded.close()]))

const ask = async (url: string, method: string, path: string, headers: Record<string, string> = {}) => {
  const { body, text } = await open(url, head(`${method} ${path}`, headers)).ended
  const lines = text.split("\r\n\r\n")[0]!.split("\r\n")
  const [, status] = lines[0]!.split(" ")
  const named = lines.slice(1).map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string])
  return {
    status: Number(status),
    headers: Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), value])),
    body,
  }
}

describe("S20 health", () => {
  it("is answered by GET and HEAD, without a token and under any name, and nothing else is", async () => {
    for (const { url } of [feishu, guarded]) {
      for (const Host of [new URL(url).host, "feishu", "feishu:8787", "10.1.2.3", "mock.example.com"]) {
        const got = await ask(url, "GET", "/_mock/health", { Host })
        assert.deepStrictEqual([got.status, got.body], [200, '{"status":"ok"}'])
        const headed = await ask(url, "HEAD", "/_mock/health", { Host })
        assert.deepStrictEqual([headed.status, headed.body], [200, ""])
      }
    }
  })

  it("opens no other path, nor another spelling of its own", async () => {
    for (const path of [
      "/_mock/state",
      "/_mock/health/",
      "/_mock/health/../state",
      "/_mock/%68ealth",
      "/_mock/healthy",
    ]) {
      for (const method of ["GET", "HEAD"]) {
        assert.strictEqual((await ask(guarded.url, method, path)).status, 403)
        assert.strictEqual((await ask(feishu.url, method, path, { Host: "feishu" })).status, 403)
      }
    }
  })

  it("is nothing for pages from elsewhere", async () => {
    assert.strictEqual(
      (await ask(feishu.url, "GET", "/_mock/health", { Origin: "http://evil.example" })).status,
      403,
    )
  })
})

describe("S20 the control plane", () => {
  const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE", "QUERY"]

  it("answers a wrong method on each of its paths with 405, and says which there are", async () => {
    const { paths } = await (await fetch(`${feishu.url}/_mock/openapi.json`)).json()
    paths["/_mock/docs"] = { get: {} }
    paths["/_mock/openapi.json"] = { get: {} }
    let asked = 0
    for (const [template, operations] of Object.entries<object>(paths)) {
      const known = Object.keys(operations).map((method) => method.toUpperCase())
      const allowed = new Set(known.includes("GET") ? [...known, "HEAD"] : known)
      for (const method of methods.filter((method) => !allowed.has(method))) {
        const { body, headers, status } = await ask(feishu.url, method, template.replace(/\{\w+\}/, "x"))
        assert.strictEqual(status, 405, `${method} ${template}`)
        assert.deepStrictEqual(new Set(headers["allow"]?.split(", ")), allowed)
        assert.strictEqual(headers["content-type"], "application/json")
        if (method !== "HEAD") assert.strictEqual(JSON.parse(body)._tag, "WrongMethod")
        asked++
      }
    }
    assert.isAbove(asked, 150)
  })

  it("answers HEAD as GET, without a body", async () => {
    const paths = [
      "health",
      "clock",
      "docs",
      "openapi.json",
      "state",
      "apps",
      "meetings?limit=1",
      "journal",
      "journal/7",
      "journal/x",
      "faults",
      "findings",
      "limits",
      "workspaces",
      "tokens",
      "behaviour",
      "nothing",
    ]
    for (const path of ["/", ...paths.map((path) => `/_mock/${path}`)]) {
      const got = await ask(feishu.url, "GET", path)
      const headed = await ask(feishu.url, "HEAD", path)
      assert.strictEqual(headed.body, "")
      assert.strictEqual(headed.status, got.status)
      for (const name of ["content-type", "allow", "content-security-policy"]) {
        assert.strictEqual(headed.headers[name], got.headers[name])
      }
      // What tells a time of the mock may have a digit more or less.
      assert.isTrue(
        path.includes("clock") || headed.headers["content-length"] === got.headers["content-length"],
      )
    }
    const live = await ask(feishu.url, "HEAD", "/_mock/journal/live")
    assert.deepStrictEqual(
      [live.status, live.headers["content-type"], live.body],
      [200, "text/event-stream", ""],
    )
  })

  it("says of an unknown path where the description is", async () => {
    for (const path of [
      "/_mock",
      "/_mock/",
      "/_mock/nothing",
      "/_mock/clock/",
      "/_mock//clock",
      "/_mock/Clock",
      "/_mock/apps/%zz",
      "/_mock/a/b/c",
      `/_mock/${"x".repeat(10_000)}`,
    ]) {
      for (const method of methods) {
        // The methods of what a path cannot be are known.
        if (path.endsWith("%zz") && method !== "DELETE") continue
        const { body, headers, status } = await ask(feishu.url, method, path)
        assert.deepStrictEqual(
          [status, headers["content-type"]],
          [404, "application/json"],
          `${method} ${path}`,
        )
        if (method === "HEAD") continue
        assert.match(JSON.parse(body).error, /\/_mock\/docs, .*\/_mock\/openapi\.json/)
        assert.isBelow(body.length, 400)
      }
    }
  })

  it("says of an id of any length that it is not there", async () => {
    for (const length of [1, 100, 101, 1_000, 30_000]) {
      const { body, status } = await ask(feishu.url, "DELETE", `/_mock/apps/${"a".repeat(length)}`)
      assert.strictEqual(status, 404)
      assert.match(JSON.parse(body).error, /^there is no app/)
    }
  })

  it("leaves Feishu's own paths their 404 for HEAD and OPTIONS", async () => {
    for (const method of ["HEAD", "OPTIONS"]) {
      for (const path of [ListByNo.path, TenantAccessToken.internalPath, "/nowhere"]) {
        const { headers, status } = await ask(feishu.url, method, path)
        assert.deepStrictEqual([status, headers["content-type"]], [404, "text/plain"])
      }
    }
  })
})

describe("a request that offers to go on in another protocol is answered as any other", () => {
  const offers = {
    "h2c, as Java's client does": {
      Connection: "Upgrade, HTTP2-Settings",
      Upgrade: "h2c",
      "HTTP2-Settings": "AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    },
    "h2c alone": { Connection: "close", Upgrade: "h2c" },
    "the settings alone": { Connection: "close", "HTTP2-Settings": "AAEA" },
    "a web socket": {
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
      "Sec-WebSocket-Version": "13",
    },
    TLS: { Connection: "Upgrade", Upgrade: "TLS/1.0" },
  }
  for (const [what, headers] of Object.entries(offers)) {
    it(`S20 ${what}`, async () => {
      const body = JSON.stringify({ app_id: feishu.appId, app_secret: feishu.appSecret })
      const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
      const token = `POST ${TenantAccessToken.internalPath}`
      for (const [framing, payload] of [
        [{ "Content-Length": body.length }, body],
        [{ "Transfer-Encoding": "chunked" }, chunked],
      ] as const) {
        const plain = open(feishu.url, head(token, { ...headers, ...framing }) + payload)
        assert.match(await plain.until(/\}$/), /^HTTP\/1\.1 200 [^]*"tenant_access_token":"t-/)
        plain.socket.destroy()
        const patient = open(feishu.url, head(token, { ...headers, ...framing, Expect: "100-continue" }))
        await patient.until(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
        patient.socket.write(payload)
        assert.match(await patient.until(/\}$/), /\r\n\r\nHTTP\/1\.1 200 [^]*"tenant_access_token":"t-/)
        patient.socket.destroy()
      }
      const list = open(feishu.url, head(`GET ${ListByNo.path}`, headers))
      assert.match(await list.until(/\}$/), /^HTTP\/1\.1 400 [^]*\{"code":99991661,/)
      list.socket.destroy()
    })
  }
})
