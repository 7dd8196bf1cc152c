/** What the mock takes it can do: headers of faults, and what it is started with. */
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { type Started, fetchHandler, startFeishuMock } from "../src/index.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import { head, open } from "./sockets.ts"

let feishu: Started
beforeAll(async () => {
  feishu = await startFeishuMock()
})
afterAll(() => feishu.close())

const line = `GET ${ListByNo.path}`
const control = (method: string, path: string, body: string) =>
  fetch(`${feishu.url}/_mock${path}`, { method, headers: { "content-type": "application/json" }, body })

/** What of a fault with these headers is sent, byte by byte; or why it is refused. */
const sent = async (headers: Record<string, string>) => {
  await feishu.clearFaults()
  const rule = { operation: "*", then: { code: 99991400, headers } }
  const added = await control("POST", "/faults", JSON.stringify(rule))
  if (!added.ok) return { problems: (await added.json()).problems as ReadonlyArray<string> }
  // Until the body has ended: with some of these headers the connection goes on.
  const { socket, until } = open(feishu.url, head(line))
  const text = await until(/\}$/)
  socket.destroy()
  const [heading = "", body = ""] = text.split("\r\n\r\n")
  const [status = "", ...lines] = heading.split("\r\n")
  return { status, body, lines: lines.map((line) => line.split(/: (.*)/s).slice(0, 2) as [string, string]) }
}

describe("S18 a header of a fault is refused with its name, or sent as it is", () => {
  const characters = [
    ...Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)),
    ..."Āſ中\u2028\ufeff😀",
    "\ud800",
    "\r\nx-other: 1",
  ]

  it(`a name with each of ${characters.length} characters in it`, async () => {
    for (const character of characters) {
      const name = `x${character}y`
      const answer = await sent({ [name]: "v" })
      // A name is a token (RFC 9110).
      if (/^[!#$%&'*+.^_`|~\dA-Za-z-]+$/.test(name)) {
        assert.deepInclude(answer.lines ?? [], [name, "v"])
        assert.strictEqual(answer.status, "HTTP/1.1 429 Too Many Requests")
      } else assert.match(answer.problems?.join() ?? "", /^then\.headers\.x[^]*y: is not a header name/)
    }
  })

  it(`a value with each of ${characters.length} characters in it`, async () => {
    for (const character of characters) {
      const value = `a${character}b`
      const answer = await sent({ "x-it": value })
      // A tab, visible characters and a space, and the upper half of Latin-1 (RFC 9110).
      if (/^[\t -~\u0080-\u00ff]+$/.test(value)) assert.deepInclude(answer.lines ?? [], ["x-it", value])
      else
        assert.match(
          answer.problems?.join() ?? "",
          /^then\.headers\.x-it: has a character that a header cannot have/,
        )
    }
  })

  const refused: ReadonlyArray<Record<string, string>> = [
    { "": "v" },
    { " ": "v" },
    { "content-length": "1" },
    { "Content-Length": "57" },
    { "transfer-encoding": "chunked" },
    { "Transfer-Encoding": "identity" },
    { trailer: "x" },
    { "X-Mock-Network-Fault": "refuse" },
    { "x-it": "1", "X-It": "2" },
    JSON.parse('{"__proto__":"v"}'),
    Object.fromEntries(Array.from({ length: 2_001 }, (_, index) => [`x-${index}`, "v"])),
    { "x-it": "v".repeat(1_048_576) },
  ]
  it(`what no message can have, and what is too much: ${refused.length} inputs`, async () => {
    for (const headers of refused) {
      assert.match((await sent(headers)).problems?.join() ?? "", /^then\.headers/)
      const chaos = { seed: 1, rate: 1, faults: [{ code: 1 }, { code: 1, headers }] }
      assert.strictEqual((await control("PUT", "/chaos", JSON.stringify(chaos))).status, 400)
    }
  })

  const possible: ReadonlyArray<Record<string, string>> = [
    { connection: "close" },
    { connection: "keep-alive", "keep-alive": "timeout=1" },
    { connection: "upgrade", upgrade: "h2c" },
    { date: "yesterday" },
    { "content-type": "text/html" },
    { "content-encoding": "gzip" },
    { "set-cookie": "a=b; HttpOnly" },
    { location: "https://elsewhere.invalid/" },
    { "x-tt-logid": "mine" },
    { te: "x", expect: "y", host: "z", via: "" },
    { constructor: "a", tostring: "b" },
    Object.fromEntries(Array.from({ length: 2_000 }, (_, index) => [`x-${index}`, "v"])),
    { "x-it": "v".repeat(1_048_576 - 4) },
  ]
  it(`what a message can have: ${possible.length} inputs`, async () => {
    for (const headers of possible) {
      const { body, lines = [] } = await sent(headers)
      const came = Object.fromEntries(lines)
      assert.isTrue(Object.entries(headers).every(([name, value]) => came[name] === value))
      assert.match(body ?? "", /^\{"code":99991400,/)
    }
    await feishu.clearFaults()
  })

  it("a status that has no body has none, and the connection goes on", async () => {
    for (const status of [204, 205, 304]) {
      const fault = { "x-mock-fault": JSON.stringify({ code: 121001, status, headers: { "x-it": "v" } }) }
      const text = head(line, { Connection: "keep-alive", ...fault }) + head("GET /_mock/health")
      const answer = await open(feishu.url, text).ended
      assert.match(answer.text, new RegExp(`^HTTP/1\\.1 ${status} [^]*\\r\\nx-it: v\\r\\n`, "i"))
      assert.match(answer.text, /\r\n\r\n(0\r\n\r\n)?HTTP\/1\.1 200 OK\r\n[^]*\{"status":"ok"\}$/)
      await using inProcess = await fetchHandler()
      const response = await inProcess.fetch(new Request(inProcess.url + ListByNo.path, { headers: fault }))
      assert.deepStrictEqual([response.status, await response.text()], [status, ""])
    }
  })
})

describe("S18 what a mock cannot be started with is refused at the start, with its name", () => {
  const wrong = {
    controlToken: ["", " ", "a ", " a", "a\r\nb", "a\tb", "é", "中文", "x".repeat(1_001)],
    host: ["", " ", "a b", "http://127.0.0.1", "127.0.0.1:80", "[::1]", "*", "-a", "x".repeat(254)],
    cors: ["", "*", "null", "localhost", "http://a/", "http://a/b", "ftp://a", "file:///a", "http://A"],
    appTicketUrl: ["", "a", "/a", "ftp://a", "http://", "http://u:p@a/", "https://u@a/"],
    port: ["80", -1, 65_536, 1.5, Number.NaN],
    requestSeconds: ["", "30", "1y", 0, -1, 0.01, 86_401, Number.NaN, Number.POSITIVE_INFINITY, "2d"],
    maxConnections: [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5"],
    now: ["", "now", "1d", "2026-02-31", "2026-01-31T09:00:00", -1, 4_294_967_296, Number.NaN, "+999999w"],
    days: [0, 1.5, 3_651, Number.NaN],
    randomSeed: [Number.NaN, Number.POSITIVE_INFINITY, true, null],
    rateLimit: [0, 1.5, Number.NaN, 1e300, "1"],
    monthlyQuota: [-1, Number.NaN, Number.POSITIVE_INFINITY],
    generate: [
      { numbers: 0, meetings: 1 },
      { numbers: 1, meetings: 1.5 },
      { numbers: 100_000, meetings: 1_000_000 },
    ],
  }
  for (const [name, values] of Object.entries(wrong)) {
    it(`${name}: ${values.length} values, by promises and as a layer`, async () => {
      for (const value of values) {
        const given = { [name]: value }
        const byPromise = await startFeishuMock(given).then(
          async (started) => (await started.close(), "it started"),
          (error: Error) => error.message,
        )
        assert.match(byPromise, new RegExp(`^the mock's configuration has 1 fault:\\n  ${name}(\\.\\w+)?: `))
        const layer = Layer.launch(MockFeishu.layer(given))
        assert.strictEqual((await Effect.runPromise(Effect.flip(layer))).message, byPromise)
      }
    })
  }

  const app = {
    app_id: "cli_a",
    app_secret: "s",
    type: "self_built",
    scopes: ["vc:meeting:readonly"],
    tenants: ["t"],
  }
  const wrongApps = {
    app_id: ["", " ", "a b", "a\n", "\u0000", ".", "..", "\ud800", "a".repeat(101)],
    app_secret: ["", " s", "s ", "s\n", "\u007f", "\udc00", "s".repeat(1_001)],
    allowed_ips: [[""], ["localhost"], ["10.0.0.0/8"], ["127.0.0.1", "256.0.0.1"], ["::g"], ["127.0.0.1:80"]],
    tenants: [[], [""], ["t\n"], ["t".repeat(1_001)]],
  }
  for (const [name, values] of Object.entries(wrongApps)) {
    it(`${name} of an app in a seed: ${values.length} values`, async () => {
      for (const value of values) {
        const seed = { apps: [{ ...app, [name]: value }] }
        const message = await fetchHandler({ seed } as never).then(
          () => "it started",
          (error: Error) => error.message,
        )
        assert.match(message, new RegExp(`^the seed has 1 fault:\\n  apps\\[0\\]\\.${name}(\\[\\d\\])?: `))
        const put = await control("PUT", "/apps", JSON.stringify({ ...app, [name]: value }))
        assert.strictEqual(put.status, 400)
      }
    })
  }

  it("an address is allowed however it is spelt", async () => {
    for (const address of ["127.0.0.1", "::ffff:127.0.0.1", "::FFFF:7f00:1"]) {
      await using own = await startFeishuMock({
        seed: { apps: [{ ...app, type: "self_built", tenants: ["t"], allowed_ips: [address] }] },
      })
      const token = await fetch(`${own.url}/open-apis/auth/v3/tenant_access_token/internal`, {
        method: "POST",
        body: JSON.stringify({ app_id: own.appId, app_secret: own.appSecret }),
      })
      const { tenant_access_token } = await token.json()
      const answer = await fetch(own.url + ListByNo.path, {
        headers: { authorization: `Bearer ${tenant_access_token}` },
      })
      assert.strictEqual((await answer.json()).code, 99992402)
    }
  })

  it("a token with every character that it may have opens the control plane", async () => {
    const controlToken = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index))
      .join("")
      .trim()
    await using own = await startFeishuMock({ controlToken })
    assert.isFalse((await own.clock()).frozen)
    assert.strictEqual((await fetch(`${own.url}/_mock/clock`)).status, 403)
  })
})

describe("rules", () => {
  it("are at most 1,000", async () => {
    await using own = await fetchHandler()
    const add = () => own.addFault({ operation: "*", when: { nth: 9 }, then: { code: 1 } })
    for (let rules = 0; rules < 1_000; rules++) await add()
    const message = await add().then(
      () => "it was added",
      (error: Error) => error.message,
    )
    assert.include(message, "there are 1000 rules already")
  })

  it("of paging are for pages: chaos leaves other calls alone, and a header is refused", async () => {
    await feishu.chaos({ seed: 1, rate: 1, faults: [{ paging: "cycle" }] })
    const path = "/open-apis/auth/v3/tenant_access_token/internal"
    const token = (headers = {}) =>
      fetch(feishu.url + path, {
        method: "POST",
        headers,
        body: JSON.stringify({ app_id: feishu.appId, app_secret: feishu.appSecret }),
      })
    assert.strictEqual((await (await token()).json()).code, 0)
    assert.notProperty((await feishu.journal()).at(-1)!, "fault")
    const refused = await token({ "x-mock-fault": '{"paging":"cycle"}' })
    assert.match((await refused.json()).problems.join(), /^paging needs the operation meetings\.listByNo/)
    await feishu.calm()
  })
})

describe("what nobody foresaw", () => {
  it("is Feishu's internal error with a log id, and JSON on the control plane", async () => {
    const onRequest = () => {
      throw new Error("the test's own")
    }
    await using own = await startFeishuMock({ onRequest })
    const answer = await fetch(own.url + ListByNo.path)
    const { code, error } = await answer.json()
    assert.deepStrictEqual([answer.status, code], [500, 121001])
    assert.strictEqual(error.log_id, answer.headers.get("x-tt-logid"))
    assert.match(error.log_id, /^\d{14}[\dA-F]{20}$/)
  })
})
