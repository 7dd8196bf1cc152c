import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import { assert, describe, it } from "@effect/vitest"
import { type Address, fetchHandler, type Options, startFeishuMock } from "../src/index.ts"
import { goodQuery, now, seed } from "./fixture.ts"
import { head, open } from "./sockets.ts"

const start = (options?: Options & Address) => startFeishuMock({ seed, now, rateLimit: "off", ...options })

/** The status of whatever comes on a connection of its own. */
const statusOf = async (url: string, text: string) =>
  Number(/^HTTP\/1\.1 (\d+)/.exec((await open(url, text).ended).text)?.[1])

const isUp = (url: string) => statusOf(url, head("GET /_mock/health"))

describe("what is too much", () => {
  it("S5 headers over 128 KiB are refused with 431, those over 16 KiB are read, and the mock stays up", async () => {
    await using feishu = await start()
    const withHeader = (size: number) => head(`GET ${ListByNo.path}`, { "X-Long": "x".repeat(size) })
    assert.strictEqual(await statusOf(feishu.url, withHeader(20 * 1024)), 400)
    assert.strictEqual(await statusOf(feishu.url, withHeader(129 * 1024)), 431)
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`X-${index}`, "x"]))
    assert.strictEqual(await statusOf(feishu.url, head(`GET ${ListByNo.path}`, many)), 431)
    assert.strictEqual(await isUp(feishu.url), 200)
  })

  /** Sends what the other side takes, until it has had enough; how many bytes went, and the answer. */
  const flood = async (url: string, headers: string, total: number) => {
    const { ended, socket } = open(url, headers)
    const piece = "x".repeat(64 * 1024)
    let sent = 0
    const more = () => {
      while (sent < total && !socket.destroyed) {
        sent += piece.length
        if (!socket.write(piece)) break
      }
    }
    socket.on("drain", more)
    more()
    const { text } = await ended
    return { sent, status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]) }
  }
  const gigabyte = 1024 ** 3
  const bodies = {
    "of 1 GB that says so": { "Content-Length": gigabyte },
    "that never ends": { "Transfer-Encoding": "chunked" },
  }
  for (const [what, headers] of Object.entries(bodies)) {
    it(`S5 a body ${what} is refused with 413 after 1 MiB, memory stays bounded, and the mock stays up`, async () => {
      await using feishu = await start()
      const before = process.memoryUsage().rss
      // One chunk of a gigabyte never ends either: nobody reads so far.
      const text =
        head(`POST ${TenantAccessToken.internalPath}`, headers) +
        ("Content-Length" in headers ? "" : "40000000\r\n")
      const { sent, status } = await flood(feishu.url, text, gigabyte)
      assert.strictEqual(status, 413)
      // What lies in the buffers of both sides comes on top.
      assert.isBelow(sent, 32 * 1024 ** 2)
      assert.isBelow(process.memoryUsage().rss - before, 128 * 1024 ** 2)
      const [entry] = await feishu.journal()
      assert.deepInclude(entry, { operation: "auth.tenantAccessTokenInternal", status: 413 })
      assert.strictEqual(await isUp(feishu.url), 200)
    })
  }

  it("S5 the control plane takes a large snapshot, and refuses with 413 what is over 64 MiB", async () => {
    await using feishu = await start()
    const text = head("PUT /_mock/state", {
      "Content-Type": "application/json",
      "Content-Length": 80 * 1024 ** 2,
    })
    const { status } = await flood(feishu.url, text, 80 * 1024 ** 2)
    assert.strictEqual(status, 413)
    assert.strictEqual(await isUp(feishu.url), 200)
  })

  it("S5 a body with a GET is not read, whatever its size", async () => {
    await using feishu = await start()
    const text = head(`GET ${ListByNo.path}`, { "Content-Length": gigabyte })
    assert.strictEqual((await flood(feishu.url, text, 8 * 1024 ** 2)).status, 400)
    assert.strictEqual(await isUp(feishu.url), 200)
  })

  it("S6 500 slow sockets are closed when their time is over, and others are answered meanwhile", async () => {
    await using feishu = await start({ requestSeconds: 1 })
    const beginnings = [
      "",
      "GET /open-apis/vc",
      `GET ${ListByNo.path} HTTP/1.1\r\nHost: a\r\nX-`,
      head(`POST ${TenantAccessToken.internalPath}`, { "Content-Length": 100 }) + '{"app_id":',
    ]
    const slow = Array.from({ length: 500 }, (_, index) => open(feishu.url, beginnings[index % 4]!))
    assert.strictEqual(await isUp(feishu.url), 200)
    const endings = await Promise.all(slow.map(({ ended }) => ended))
    // Node's own words for it; to who has sent nothing it says nothing.
    const statuses = new Set(endings.map(({ text }) => text.split("\r\n")[0]))
    assert.includeMembers(["", "HTTP/1.1 408 Request Timeout"], [...statuses])
    assert.strictEqual(await isUp(feishu.url), 200)
  })

  it("S6 connections above the maximum are closed without an answer, and one that ends makes room", async () => {
    await using feishu = await start({ maxConnections: 2 })
    const health = "GET /_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    const held = [open(feishu.url, health), open(feishu.url, health)]
    await Promise.all(held.map(({ until }) => until(/^HTTP\/1\.1 200/)))
    assert.strictEqual((await open(feishu.url, health).ended).text, "")
    held[0]!.socket.end()
    // The mock may take a moment to notice; without room it would never be up, and the test would run out of time.
    let status = Number.NaN
    while (status !== 200) status = await isUp(feishu.url)
    held[1]!.socket.destroy()
  })
})

describe("S7 who may not", () => {
  const elsewhere = { Host: "evil.example" }
  const spellings = [
    "/%5fmock/state",
    "/%5Fmock/reset",
    "/_mock;/state",
    "//_mock/state",
    "/x/../_mock/state",
    "/./_mock/state",
    "/_mock%2fstate",
    "/_MOCK/state",
    "/open-apis/../../../etc/passwd",
    "/..%2f..%2fetc%2fpasswd",
    "/_mockery",
  ]
  for (const path of spellings) {
    it(`S7 ${path} is Feishu's 404: no other spelling leads to the control plane, or out of the mock`, async () => {
      await using feishu = await start({ controlToken: "let-me-in" })
      for (const method of ["GET", "POST"]) {
        const { body, text } = await open(feishu.url, head(`${method} ${path}`, elsewhere)).ended
        assert.match(text, /^HTTP\/1\.1 404 .*x-tt-logid: /is)
        assert.strictEqual(body, "404 page not found")
      }
    })
  }

  for (const path of [
    "/_mock",
    "/_mock/",
    "/_mock/state",
    "/_mock/../_mock/state",
    "/_mock/docs",
    "/_mock/openapi.json",
    "/_mock/nothing",
  ]) {
    it(`S7 ${path} is refused under a foreign name, from a foreign page, and without the token`, async () => {
      await using feishu = await start()
      await using withToken = await start({ controlToken: "let-me-in" })
      const { host } = new URL(feishu.url)
      assert.strictEqual(await statusOf(feishu.url, head(`GET ${path}`, elsewhere)), 403)
      for (const origin of ["http://evil.example", "null", `https://${host}`]) {
        assert.strictEqual(
          await statusOf(feishu.url, head(`GET ${path}`, { Host: host, Origin: origin })),
          403,
        )
      }
      assert.strictEqual(await statusOf(withToken.url, head(`GET ${path}`)), 403)
    })
  }

  it("S7 an endpoint of Feishu's is matched to the letter", async () => {
    await using feishu = await start()
    for (const path of [
      ListByNo.path.replace("/meetings/", "/%6deetings/"),
      ListByNo.path.replace("/v1/", "/v1;x=1/"),
    ]) {
      assert.strictEqual(await statusOf(feishu.url, head(`GET ${path}`)), 404)
    }
    // At Feishu these are ids of meetings, and here they are not the list, either.
    for (const path of [
      `${ListByNo.path}/`,
      `${ListByNo.path};x=1`,
      ListByNo.path.replace("list_by", "list%5fby"),
      ListByNo.path.replace("list_by_no", "List_By_No"),
    ]) {
      await open(feishu.url, head(`GET ${path}`)).ended
    }
    assert.deepStrictEqual(await feishu.journal({ operation: "meetings.listByNo" }), [])
  })

  const preflight = {
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization",
  }
  it("S7 there is no CORS unless it is asked for", async () => {
    await using feishu = await start()
    for (const path of [ListByNo.path, "/_mock/health"]) {
      const origin = { Origin: feishu.url, Host: new URL(feishu.url).host }
      for (const text of [
        head(`GET ${path}`, origin),
        head(`OPTIONS ${path}`, { ...origin, ...preflight }),
      ]) {
        assert.notMatch((await open(feishu.url, text).ended).text, /access-control/i)
      }
    }
  })

  it("S7 with cors pages of that origin may read the answers, the control plane's too, and no others", async () => {
    const cors = "http://localhost:5173"
    await using feishu = await start({ cors })
    for (const path of [ListByNo.path, "/_mock/health"]) {
      const { text } = await open(feishu.url, head(`OPTIONS ${path}`, { Origin: cors, ...preflight })).ended
      assert.match(text, /^HTTP\/1\.1 204 /)
      assert.match(text, /^access-control-allow-origin: http:\/\/localhost:5173\r$/im)
      assert.match(text, /^access-control-allow-headers: authorization\r$/im)
      const { text: read } = await open(feishu.url, head(`GET ${path}`, { Origin: cors })).ended
      assert.match(read, /^access-control-allow-origin: http:\/\/localhost:5173\r$/im)
      assert.match(read, /^access-control-expose-headers: .*x-tt-logid/im)
    }
    assert.strictEqual(await statusOf(feishu.url, head("GET /_mock/health", { Origin: cors })), 200)
    const evil = head("GET /_mock/health", { Origin: "http://evil.example" })
    assert.strictEqual(await statusOf(feishu.url, evil), 403)
  })
})

describe("many meetings", () => {
  it("S15 start, are served to the last page, and cost at most 1.5 KB each: a million fits into 1.5 GB", async () => {
    setFlagsFromString("--expose-gc")
    const heapUsed = () => {
      runInNewContext("gc")()
      return process.memoryUsage().heapUsed
    }
    const before = heapUsed()
    const meetings = 50_000
    await using feishu = await fetchHandler({
      generate: { numbers: 1, meetings },
      now,
      rateLimit: "off",
    })
    assert.isBelow((heapUsed() - before) / meetings, 1_500)
    const token = await feishu.fetch(
      new Request(feishu.url + TenantAccessToken.internalPath, {
        method: "POST",
        body: JSON.stringify({ app_id: feishu.appId, app_secret: feishu.appSecret }),
      }),
    )
    const { tenant_access_token } = await token.json()
    // The last days: their pages are as near as the first.
    const query = new URLSearchParams({
      meeting_no: feishu.meetingNos[0]!,
      start_time: String(now - 2 * 86_400),
      end_time: String(now),
      page_size: "50",
    })
    const ids = new Set<string>()
    for (;;) {
      const request = new Request(`${feishu.url}${ListByNo.path}?${query.toString()}`, {
        headers: { authorization: `Bearer ${tenant_access_token}` },
      })
      const { data } = await (await feishu.fetch(request)).json()
      for (const { id } of data.meeting_briefs) ids.add(id)
      if (!data.has_more) break
      query.set("page_token", data.page_token)
    }
    // Spread evenly over 88 days, up to the day that has begun.
    assert.closeTo(ids.size, (meetings / 88) * (2 - (now % 86_400) / 86_400), 3)
  })
})

describe("a reset", () => {
  it("S11 is seen as the old state or the new one, never half of each", async () => {
    await using feishu = await fetchHandler({ seed, now, rateLimit: "off" })
    const credentials = JSON.stringify({ app_id: feishu.appId, app_secret: feishu.appSecret })
    const send = async (path: string, init: RequestInit) =>
      await (await feishu.fetch(new Request(feishu.url + path, init))).json()
    const token = async () =>
      (await send(TenantAccessToken.internalPath, { method: "POST", body: credentials })).tenant_access_token
    const read = async (token: string) =>
      await send(`${ListByNo.path}?${new URLSearchParams(goodQuery).toString()}`, {
        headers: { authorization: `Bearer ${token}` },
      })
    const seeded = (await read(await token())).data.meeting_briefs
    await feishu.putMeetings(
      seeded.map(({ id }: { id: string }, index: number) => ({
        id,
        meeting_no: goodQuery.meeting_no,
        topic: "changed",
        start_time: now - 100 + index,
      })),
    )
    // The first token after a reset has the text of the first one before: a second tells old from new.
    await feishu.revokeTokens()
    const old = await token()
    const during = Array.from({ length: 40 }, () => [read(old), token().then(read)]).flat()
    const reset = feishu.reset()
    const after = Array.from({ length: 40 }, () => [read(old), token().then(read)]).flat()
    await reset
    const seen = new Set<string>()
    for (const { code, data } of await Promise.all([...during, ...after])) {
      const topics = data?.meeting_briefs.map(({ topic }: { topic: string }) => topic).join()
      seen.add(`${code} ${topics}`)
    }
    const possible = ["0 changed,changed,changed", "0 first,second,third", "99991663 undefined"]
    assert.includeMembers(possible, [...seen])
    // All of them were there to be seen.
    assert.strictEqual(seen.size, 3)
  })
})
