import { gunzipSync } from "node:zlib"
import { ListByNo, OAuth } from "@effect-feishu/contract"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import type { NetworkFault } from "../src/protocol/FaultRule.ts"
import { fetchHandler, type Started, startFeishuMock } from "../src/index.ts"
import { head, open } from "./sockets.ts"

// Any answer will do to be broken: this one needs no token.
const right = /^\{"code":99991661,.*\}$/s
/** Those that take the socket over. */
const socketFaults = [
  "refuse",
  "reset before headers",
  "reset in mid-body",
  "end in mid-body",
  "stall",
  "stall in mid-body",
  "drip",
  "wrong length",
] as const satisfies ReadonlyArray<NetworkFault>
/** How a reset ends a connection that has had text: Node 22 reads one of its own process as an end. */
const resetAfterText = process.versions.node.startsWith("22.") ? "end" : "reset"
const line = `GET ${ListByNo.path}`

describe("faults of the network, over a socket", () => {
  let feishu: Started
  beforeAll(async () => {
    feishu = await startFeishuMock()
  })
  afterAll(() => feishu.close())

  const faulty = (then: object) => open(feishu.url, head(line, { "x-mock-fault": JSON.stringify(then) }))
  const broken = (network: NetworkFault) => faulty({ network })
  const lengthOf = (text: string) => Number(/content-length: (\d+)/i.exec(text)?.[1])

  for (const network of ["refuse", "reset before headers"] as const) {
    it(`${network}: nothing comes but a reset`, async () => {
      const { by, text } = await broken(network).ended
      assert.deepStrictEqual([by, text], ["reset", ""])
    })
  }

  for (const [network, by] of [
    ["reset in mid-body", resetAfterText],
    ["end in mid-body", "end"],
  ] as const) {
    it(`${network}: half of the body comes, then the connection is gone`, async () => {
      const ended = await broken(network).ended
      assert.strictEqual(ended.by, by)
      assert.strictEqual(ended.body.length, Math.floor(lengthOf(ended.text) / 2))
      assert.match(ended.body, /^\{"code":99991661,/)
    })
  }

  it("wrong length: the whole body comes, and less than was said", async () => {
    const { body, by, text } = await broken("wrong length").ended
    assert.match(body, right)
    assert.deepStrictEqual([by, lengthOf(text)], ["end", body.length + 100])
  })

  it("stall: nothing comes, while others are answered", async () => {
    const stalled = broken("stall")
    await faulty({ delaySeconds: 0 }).ended
    assert.strictEqual(stalled.received(), "")
    assert.isFalse(stalled.socket.destroyed)
    stalled.socket.destroy()
  })

  it("stall in mid-body: half of the body comes, and the connection stays", async () => {
    const stalled = broken("stall in mid-body")
    const text = await stalled.until(/\r\n\r\n\{"code":99991661,/)
    await faulty({ delaySeconds: 0 }).ended
    assert.strictEqual(text.length, stalled.received().length)
    assert.isFalse(stalled.socket.destroyed)
    stalled.socket.destroy()
  })

  it("drip: headers come at once, then one byte after the other", async () => {
    const dripping = broken("drip")
    assert.match(await dripping.until(/\r\n\r\n/), /\r\n\r\n$/)
    assert.match(await dripping.until(/\r\n\r\n./s), /\r\n\r\n\{$/)
    dripping.socket.destroy()
  })

  it("truncated JSON: a body cut short, with a length that says so", async () => {
    const { body, by, text } = await broken("truncated JSON").ended
    assert.deepStrictEqual([by, lengthOf(text)], ["end", body.length])
    assert.match(body, /^\{"code":99991661,/)
    assert.throws(() => void JSON.parse(body), SyntaxError)
  })

  it("garbage: no JSON, whatever the content type says", async () => {
    const { body, text } = await broken("garbage").ended
    assert.match(text, /^content-type: application\/json\r$/im)
    assert.throws(() => void JSON.parse(body), SyntaxError)
  })

  it("HTML: a page that wants to be read by people", async () => {
    const { body, text } = await broken("HTML").ended
    assert.match(text, /^HTTP\/1\.1 200 .*content-type: text\/html/is)
    assert.match(body, /^<html>/)
  })

  it("redirect: to another host", async () => {
    const { text } = await broken("redirect").ended
    assert.match(text, /^HTTP\/1\.1 302 .*location: https:\/\/elsewhere\.invalid\//is)
  })

  it("gzip bomb: 64 KB that inflate to 64 MB", async () => {
    const { body, text } = await broken("gzip bomb").ended
    assert.match(text, /^content-encoding: gzip\r$/im)
    assert.isBelow(body.length, 70_000)
    assert.strictEqual(gunzipSync(Buffer.from(body, "latin1")).length, 64 * 1024 ** 2)
  })

  it("a delay: the right answer, after that to a request that came later", async () => {
    const answered: Array<string> = []
    const delayed = faulty({ delaySeconds: 1 }).ended.then((ended) => (answered.push("delayed"), ended))
    await faulty({ delaySeconds: 0 }).ended.then(() => answered.push("other"))
    assert.match((await delayed).body, right)
    assert.deepStrictEqual(answered, ["other", "delayed"])
  })

  // [the fault, the code for the same refresh token afterwards]
  for (const [network, code] of [
    ["refuse", 0],
    ["reset before headers", 20073],
  ] as const) {
    it(`${network}: a refresh token that it held is ${code === 0 ? "still good" : "used up"}`, async () => {
      const post = async (path: string, body: object, headers: HeadersInit = {}) => {
        const response = await fetch(new URL(path, feishu.url), {
          method: "POST",
          body: JSON.stringify(body),
          headers,
        })
        return (await response.json()) as { readonly code: number; readonly refresh_token: string }
      }
      const app = { client_id: feishu.appId, client_secret: feishu.appSecret }
      const granted = await post("/_mock/authorizations", {
        client_id: feishu.appId,
        open_id: "ou_1",
        scopes: [OAuth.offlineAccess],
      })
      const { refresh_token } = await post(OAuth.userTokenPath, {
        ...app,
        grant_type: "authorization_code",
        code: granted.code,
      })
      const refresh = (headers?: HeadersInit) =>
        post(OAuth.userTokenPath, { ...app, grant_type: "refresh_token", refresh_token }, headers)
      const broken = await refresh({ "x-mock-fault": JSON.stringify({ network }) }).then(
        () => "answered",
        ({ cause }: Error) => (cause as { readonly code: string }).code,
      )
      assert.strictEqual(broken, "ECONNRESET")
      assert.strictEqual((await refresh()).code, code)
    })
  }

  for (const network of socketFaults) {
    it(`${network}: on a request that did not wait for the answer before, after that answer`, async () => {
      const keep = { Connection: "keep-alive" }
      // The first is late, so that the second comes while the socket is still the first one's.
      const first = head(line, { ...keep, "x-mock-fault": JSON.stringify({ delaySeconds: 0.1 }) })
      const second = head(line, { ...keep, "x-mock-fault": JSON.stringify({ network }) })
      const alone = network === "refuse" || network === "reset before headers" || network === "stall"
      const { ended, received, socket, until } = open(feishu.url, first + second)
      // The whole answer to the first, and what there is of the second.
      const answered = /^HTTP\/1\.1 400 .*?\r\n\r\n\{"code":99991661,[^\r]*?\}\}/s
      const text = await until(alone ? answered : /\r\n\r\n.*\r\n\r\n./s)
      assert.match(text, answered)
      if (["stall", "stall in mid-body", "drip"].includes(network)) {
        await faulty({ delaySeconds: 0 }).ended
        assert.isFalse(socket.destroyed)
        socket.destroy()
      }
      const { by } = await ended
      const rest = received().replace(answered, "")
      if (alone) assert.strictEqual(rest, "")
      else assert.match(rest, /^HTTP\/1\.1 400 OK\r\n.*\r\n\r\n\{/s)
      if (network.startsWith("re")) assert.strictEqual(by, resetAfterText)
    })
  }

  it("a request whose client is gone before its turn is given up", async () => {
    const own = await startFeishuMock()
    const first = head(line, { Connection: "keep-alive", "x-mock-fault": '{"network":"stall"}' })
    const { ended, socket } = open(own.url, first + head(line, { "x-mock-fault": '{"network":"drip"}' }))
    let journal: ReadonlyArray<unknown> = []
    while (journal.length < 2) journal = await own.journal()
    socket.destroy()
    assert.strictEqual((await ended).text, "")
    await own.close()
  })

  it("without a socket a delay ends with its client, and with the mock", async () => {
    const own = await fetchHandler()
    const client = new AbortController()
    const late = (signal?: AbortSignal) =>
      own.fetch(
        new Request(own.url + ListByNo.path, {
          headers: { "x-mock-fault": '{"delaySeconds":"1d"}' },
          ...(signal === undefined ? {} : { signal }),
        }),
      )
    const answers = [late(client.signal), late()].map((answer) =>
      answer.then(
        ({ status }) => String(status),
        ({ name }: Error) => name,
      ),
    )
    client.abort()
    await own[Symbol.asyncDispose]()
    assert.deepStrictEqual(await Promise.all(answers), ["AbortError", "TypeError"])
  })

  it("never delay the shutdown of the mock, whether or not the client has disconnected", async () => {
    const own = await startFeishuMock()
    const send = (then: object) => open(own.url, head(line, { "x-mock-fault": JSON.stringify(then) }))
    const faults = [
      { network: "stall" },
      { network: "stall in mid-body" },
      { network: "drip" },
      { delaySeconds: 3600 },
    ]
    const gone = faults.map(send)
    const waiting = faults.map(send)
    await Promise.all(
      [gone, waiting].map((all) => Promise.all([1, 2].map((index) => all[index]!.until(/\r\n\r\n/)))),
    )
    for (const { socket } of gone) socket.destroy()
    await own.close()
    for (const { text } of await Promise.all(waiting.map(({ ended }) => ended))) assert.notMatch(text, right)
  })
})
