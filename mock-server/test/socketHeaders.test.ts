import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import { type Started, startFeishuMock } from "../src/index.ts"
import { urlOf } from "../src/server/Socket.ts"
import type { Then } from "../src/protocol/PublicTypes.ts"
import { now } from "./fixture.ts"
import { head, open } from "./sockets.ts"

/** The names of the headers that came, as they are written, and what the rate limit's and the log id say. */
const headersOf = (text: string) => {
  const lines = text.split("\r\n\r\n", 1)[0]!.split("\r\n").slice(1)
  const pairs = lines.map((line) => line.split(/: (.*)/, 2) as [string, string])
  return { names: pairs.map(([name]) => name), values: Object.fromEntries(pairs) }
}

const ids = ["X-Tt-Logid", "X-Request-Id", "Request-Id"]
const ofLimit = ["x-ogw-ratelimit-limit", "x-ogw-ratelimit-reset"]
const always = ["Content-Type", "Content-Length", ...ids, "Date", "Connection"]

describe("names of headers on the socket", () => {
  let feishu: Started
  beforeAll(async () => {
    feishu = await startFeishuMock({ rateLimit: 7, now })
  })
  afterAll(() => feishu.close())

  const answer = async (line: string, headers: Record<string, string> = {}, body = "") => {
    const length = body === "" ? {} : { "Content-Length": body.length }
    const { text } = await open(feishu.url, head(line, { ...headers, ...length }) + body).ended
    return { text, ...headersOf(text) }
  }
  const onDemand = (then: Then) => answer(`GET ${ListByNo.path}`, { "x-mock-fault": JSON.stringify(then) })
  const tokenPath = TenantAccessToken.internalPath

  const answers: ReadonlyArray<
    readonly [what: string, answered: () => ReturnType<typeof answer>, names: ReadonlyArray<string>]
  > = [
    ["a refusal", () => answer(`GET ${ListByNo.path}`), always],
    ["an unknown path", () => answer("GET /nothing"), always],
    ["a HEAD of it", () => answer("HEAD /nothing"), always],
    ["a token's answer", () => answer(`POST ${tokenPath}`, {}, "{}"), always],
    ["413", () => answer(`POST ${tokenPath}`, {}, "x".repeat(1_048_577)), always],
    ["a code on demand", () => onDemand({ code: 121001 }), always],
    ["99991400 on demand", () => onDemand({ code: 99991400 }), [...ofLimit, ...always]],
    ["99991403 on demand", () => onDemand({ code: 99991403 }), always],
    ["a redirect on demand", () => onDemand({ network: "redirect" }), ["Location", "Date", "Connection"]],
    [
      "a body that breaks off",
      () => onDemand({ network: "end in mid-body" }),
      ["Content-Type", ...ids, "Date", "Content-Length"],
    ],
    [
      "a body of a wrong length",
      () => onDemand({ network: "wrong length" }),
      ["Content-Type", ...ids, "Date", "Content-Length"],
    ],
    [
      "the control plane's answer",
      () => answer("GET /_mock/health"),
      ["Content-Type", "Content-Length", "Date", "Connection"],
    ],
  ]
  for (const [what, answered, names] of answers) {
    it(`are written as Feishu writes them: ${what}`, async () => {
      const got = (await answered()).names
      // The order is nobody's concern; a redirect has what HTTP asks for besides.
      for (const name of names) assert.include(got, name)
      for (const name of got) {
        if (!ofLimit.includes(name)) assert.match(name, /^[A-Z][a-z]*(-[A-Z][a-z]*)*$/)
      }
    })
  }

  it("are written as Feishu writes them: a page, and a refusal for the rate limit", async () => {
    const body = JSON.stringify({ app_id: feishu.appId, app_secret: feishu.appSecret })
    const { text } = await answer(`POST ${tokenPath}`, {}, body)
    const token = /"tenant_access_token":"([^"]+)"/.exec(text)![1]!
    const query = `meeting_no=${feishu.meetingNos[0]}&start_time=${now - 86_400}&end_time=${now}`
    const read = () => answer(`GET ${ListByNo.path}?${query}`, { Authorization: `Bearer ${token}` })
    const page = await read()
    assert.match(page.text, /^HTTP\/1\.1 200 /)
    assert.sameMembers(page.names, always)
    let refused = page
    while (refused.values["x-ogw-ratelimit-limit"] === undefined) refused = await read()
    assert.sameMembers(refused.names, [...ofLimit, ...always])
    assert.strictEqual(refused.values["x-ogw-ratelimit-limit"], "7")
  })

  it("of a rule are written as the rule writes them, and as before in the next answer", async () => {
    const headers = { "X-OGW-RateLimit-Reset": "3", "x-tt-logid": "mine", "X-wEiRd": "1" }
    const { names, values } = await onDemand({ code: 99991400, headers })
    assert.deepInclude(values, headers)
    for (const name of ["X-Tt-Logid", "x-ogw-ratelimit-reset", "X-Weird"]) assert.notInclude(names, name)
    assert.include((await onDemand({ code: 121001 })).names, "X-Tt-Logid")
  })

  it("99991400 on demand has the limit's headers, unless the rule has others, or none", async () => {
    const told = async (then: Then) => {
      const { values } = await onDemand(then)
      return [values["x-ogw-ratelimit-limit"], values["x-ogw-ratelimit-reset"]]
    }
    for (const status of [200, 400, 429]) {
      assert.deepStrictEqual(await told({ code: 99991400, status }), ["7", "60"])
    }
    assert.deepStrictEqual(await told({ code: 99991400, headers: {} }), [undefined, undefined])
    assert.deepStrictEqual(await told({ code: 99991400, headers: { "Retry-After": "5" } }), [
      undefined,
      undefined,
    ])
    const reset = { "x-ogw-ratelimit-reset": "3" }
    assert.deepStrictEqual(await told({ code: 99991400, headers: reset }), [undefined, "3"])
    assert.deepStrictEqual(await told({ code: 99991403 }), [undefined, undefined])
    await using bucket = await startFeishuMock({ rateLimit: 7, rateWindow: "bucket" })
    const then = { "x-mock-fault": JSON.stringify({ code: 99991400 }) }
    const { text } = await open(bucket.url, head(`GET ${ListByNo.path}`, then)).ended
    assert.strictEqual(headersOf(text).values["x-ogw-ratelimit-reset"], "9")
  })
})

describe("as a client's proxy", () => {
  it("is Feishu for http:// URLs, for GET and POST, and says that it opens no tunnel", async () => {
    await using feishu = await startFeishuMock({ now })
    const { appId, appSecret } = feishu
    const body = JSON.stringify({ app_id: appId, app_secret: appSecret })
    const elsewhere = { Host: "open.feishu.cn" }
    const post = head(`POST http://open.feishu.cn${TenantAccessToken.internalPath}`, {
      ...elsewhere,
      "Content-Length": body.length,
    })
    const { text } = await open(feishu.url, post + body).ended
    const token = /"tenant_access_token":"([^"]+)"/.exec(text)![1]!
    const query = `meeting_no=${feishu.meetingNos[0]}&start_time=${now - 86_400}&end_time=${now}`
    for (const origin of [
      "http://open.feishu.cn",
      "HTTP://open.larksuite.com:80",
      "https://open.feishu.cn",
    ]) {
      const get = head(`GET ${origin}${ListByNo.path}?${query}`, {
        ...elsewhere,
        Authorization: `Bearer ${token}`,
      })
      assert.match((await open(feishu.url, get).ended).body, /^\{"code":0,/)
    }
    const entries = await feishu.journal()
    assert.deepStrictEqual(
      entries.map(({ operation }) => operation),
      ["auth.tenantAccessTokenInternal", "meetings.listByNo", "meetings.listByNo", "meetings.listByNo"],
    )
    assert.strictEqual(entries[1]?.path, ListByNo.path)

    const connect = head("CONNECT open.feishu.cn:443", { Host: "open.feishu.cn:443" })
    const tunnel = await open(feishu.url, connect).ended
    assert.match(tunnel.text, /^HTTP\/1\.1 501 /)
    assert.match(tunnel.body, /http:\/\/open\.feishu\.cn, not https/)
  })

  it("S7 leads to the control plane and the page only if neither the URL nor Host is foreign", async () => {
    await using feishu = await startFeishuMock()
    const { host } = new URL(feishu.url)
    const names = [
      host,
      "127.0.0.1",
      "localhost",
      "evil.example",
      "open.feishu.cn",
      `evil.example:80`,
      "127.0.0.1.evil.example",
    ]
    let asked = 0
    for (const target of names) {
      for (const Host of names) {
        const isForeign = /evil|feishu/.test(target + Host)
        for (const [path, refused] of [
          ["/_mock/state", 403],
          ["/x/../_mock/state", 403],
          ["/_mock/../_mock/faults", 403],
          ["/", 404],
        ] as const) {
          const { text } = await open(feishu.url, head(`GET http://${target}${path}`, { Host })).ended
          assert.strictEqual(
            Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]),
            isForeign ? refused : 200,
            `${target} ${Host} ${path}`,
          )
          asked++
        }
      }
    }
    assert.strictEqual(asked, names.length ** 2 * 4)
  })
})

describe("the URL of the mock", () => {
  it.each([
    ["127.0.0.1", 8787, "http://127.0.0.1:8787"],
    ["127.0.0.1", 80, "http://127.0.0.1"],
    ["0.0.0.0", 80, "http://127.0.0.1"],
    ["::", 80, "http://[::1]"],
    ["::1", 8080, "http://[::1]:8080"],
    ["localhost", 80, "http://localhost"],
  ])("of %s and port %i is %s: without a port where that is 80", (host, port, url) => {
    assert.strictEqual(urlOf(host, port), url)
  })
})
