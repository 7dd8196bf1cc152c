import { once } from "node:events"
import { request } from "node:http"
import type { AddressInfo } from "node:net"
import { serve } from "@hono/node-server"
import { feishuTest } from "@effect-feishu/mock-server/vitest"
import { type ClientEvent, createClient } from "@effect-feishu/promise"
import type { Hono } from "hono"
import { describe, expect } from "vitest"
import { makeApp } from "../src/app.ts"

const meetingNo = "337736498"
const operation = "meetings.listByNo"

/** A test with a Feishu of its own, in which the number has 120 meetings, and with the application that reads from it. */
const test = feishuTest.extend<{
  readonly web: { readonly app: Hono; readonly events: Array<ClientEvent>; readonly log: Array<string> }
}>({
  web: async ({ feishu }, use) => {
    const events: Array<ClientEvent> = []
    const log: Array<string> = []
    await using client = createClient({
      appId: feishu.appId,
      appSecret: feishu.appSecret,
      baseUrl: feishu.url,
      longestWait: 1_000,
      onEvent: (event) => events.push(event),
    })
    await use({ app: makeApp(client, (message) => log.push(message)), events, log })
  },
})
test.override({
  feishuOptions: { seed: { generate: [{ meeting_no: meetingNo, count: 120, from: "-29d" }] } },
})

const linesOf = async (response: Response) =>
  (await response.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

describe("a page as JSON", () => {
  test("comes with the cursor of the next one, until there is none", async ({ web: { app } }) => {
    const ids: Array<string> = []
    let path = `/meetings/${meetingNo}`
    while (path !== "") {
      const { cursor, meetings } = await (await app.request(path)).json()
      ids.push(...meetings.map(({ id }: { readonly id: string }) => id))
      path = cursor === undefined ? "" : `/meetings/${meetingNo}?cursor=${encodeURIComponent(cursor)}`
    }
    expect(new Set(ids).size).toBe(120)
    expect(ids).toHaveLength(120)
  })

  test("shows no password", async ({ web: { app } }) => {
    const { meetings } = await (await app.request(`/meetings/${meetingNo}`)).json()
    expect(meetings[0].password).toBe("<redacted>")
  })
})

describe("all meetings as NDJSON", () => {
  test("end with a line that says so", async ({ web: { app } }) => {
    const response = await app.request(`/meetings/${meetingNo}/ndjson`)
    expect(response.headers.get("content-type")).toBe("application/x-ndjson")
    const lines = await linesOf(response)
    expect(lines).toHaveLength(121)
    expect(lines.at(-1)).toEqual({ complete: true })
  })

  test("that fail in the middle end with the cursor of the rest", async ({ feishu, web: { app } }) => {
    const { id } = await feishu.addFault({ operation, when: { after: 1 }, then: { code: 99991672 } })
    const lines = await linesOf(await app.request(`/meetings/${meetingNo}/ndjson`))
    expect(lines).toHaveLength(51)
    const { cursor, ...end } = lines.at(-1)
    expect(end).toMatchObject({ complete: false, reason: "PermissionDenied" })
    await feishu.removeFault(id)
    const rest = await app.request(`/meetings/${meetingNo}/ndjson?cursor=${encodeURIComponent(cursor)}`)
    expect(await linesOf(rest)).toHaveLength(71)
  })

  test("are not read any further when the visitor leaves", async ({ feishu, web: { app, events } }) => {
    // The second page does not come: the read waits for it.
    await feishu.addFault({ operation, when: { after: 1 }, then: { network: "stall" } })
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 })
    await once(server, "listening")
    const { port } = server.address() as AddressInfo
    const visitor = request({ host: "127.0.0.1", port, path: `/meetings/${meetingNo}/ndjson` }).end()
    const [response] = await once(visitor, "response")
    await once(response, "data")
    visitor.destroy()
    await expect
      .poll(() => events.at(-1), { timeout: 20_000 })
      .toMatchObject({ type: "RequestEnded", outcome: "Interrupted" })
    server.close()
  })
})

describe("errors", () => {
  test("of the visitor are 400, and say what is wrong", async ({ web: { app, log } }) => {
    const response = await app.request("/meetings/12345")
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({
      reason: "InvalidRequest",
      message: expect.stringMatching("has 5 digits"),
    })
    expect((await app.request(`/meetings/${meetingNo}?from=nonsense`)).status).toBe(400)
    expect((await app.request(`/meetings/${meetingNo}?cursor=nonsense`)).status).toBe(400)
    expect(log).toEqual([])
  })

  test("of the limit are 503, and say when to come back", async ({ feishu, web: { app, log } }) => {
    await feishu.change({ rateLimit: 1 })
    await app.request(`/meetings/${meetingNo}`)
    const response = await app.request(`/meetings/${meetingNo}/ndjson`)
    expect(response.status).toBe(503)
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(1)
    expect(log).toEqual([expect.stringMatching("99991400")])
  })

  test("of Feishu are 502, with the log id and without what only the operator needs", async ({
    feishu,
    web: { app, log },
  }) => {
    await feishu.addFault({ operation, then: { code: 99991672 } })
    const response = await app.request(`/meetings/${meetingNo}`)
    expect(response.status).toBe(502)
    expect(await response.json()).toEqual({
      reason: "PermissionDenied",
      logId: expect.any(String),
      cursor: expect.any(String),
    })
    expect(log).toEqual([expect.stringMatching("vc:meeting:readonly")])
  })
})
