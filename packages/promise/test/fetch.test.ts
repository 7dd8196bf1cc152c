/** Requests that go through a `fetch`: one that the application gives, or that of a platform without Node's modules. */
import { assert, describe, it } from "vitest"
import { type ClientOptions, createClient, Redirected } from "@effect-feishu/promise"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { createClient as createWebClient } from "../src/web.ts"
import { ids, meetingNo, optionsFor, range, rejected, startFeishu } from "./fixture.ts"

const request = { meetingNo, range }

for (const [name, create] of Object.entries({ Node: createClient, "the web": createWebClient })) {
  describe(`the fetch of the application, on ${name}`, () => {
    it("sends all requests, follows no redirect, and brings every meeting", async () => {
      await using feishu = await startFeishu()
      const sent: Array<readonly [url: string, redirect: unknown]> = []
      const options: ClientOptions = {
        ...optionsFor(feishu).options,
        fetch: (url, init) => {
          sent.push([url.replace(/\?.*/, ""), init.redirect])
          return fetch(url, init)
        },
      }
      await using client = create(options)
      const rows = await Array.fromAsync(client.stream(request))
      assert.deepStrictEqual(
        rows.map(({ id }) => id),
        ids,
      )
      const list = [`${feishu.url}/open-apis/vc/v1/meetings/list_by_no`, "manual"]
      assert.deepStrictEqual(sent, [
        [`${feishu.url}/open-apis/auth/v3/tenant_access_token/internal`, "manual"],
        ...Array.from({ length: 4 }, () => list as [string, string]),
      ])
    })

    it("may hide where a redirect leads, as in a browser, which is told once", async () => {
      let requests = 0
      const hiding: ClientOptions["fetch"] = () => {
        requests++
        const fields = { status: { value: 0 }, type: { value: "opaqueredirect" } }
        return Promise.resolve(Object.defineProperties(new Response(null), fields))
      }
      await using client = create({ accessToken: "t-1", fetch: hiding })
      const error = await rejected(client.page(request))
      assert.instanceOf(error, Redirected)
      assert.include(error.message, "redirects, and does not say where to")
      assert.strictEqual(requests, 1)
    })

    it("gets a signal that aborts with the read", async () => {
      const controller = new AbortController()
      let given: AbortSignal | null | undefined
      const hanging: ClientOptions["fetch"] = (_url, { signal }) => {
        given = signal
        controller.abort(new Error("enough"))
        return new Promise(() => {})
      }
      await using client = create({ accessToken: "t-1", fetch: hanging })
      const error = await rejected(client.page({ ...request, signal: controller.signal }))
      assert.strictEqual((error as Error).message, "enough")
      assert.isTrue(given?.aborted)
    })
  })
}

describe("the platform's own fetch", () => {
  it("is looked up for each request, warnings go to the console, and a platform without one is refused", async () => {
    const program = `
      import { createClient } from "../src/web.ts"
      const client = createClient({ accessToken: "t-1" })
      const old = { meetingNo: "${meetingNo}", range: { from: "200d", to: "150d" } }
      globalThis.fetch = async () => Response.json({ code: 0, data: { has_more: false } })
      console.warn = (message) => console.log("warned: " + message.split(" from ")[0])
      console.log((await client.page(old)).meetings.length)
      delete globalThis.fetch
      await createClient({ accessToken: "t-1" }).page(old).catch(({ message }) => console.log(message))
    `
    const args = ["--input-type=module", "--eval", program]
    const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: import.meta.dirname })
    assert.deepStrictEqual(stdout.trim().split("\n"), [
      `warned: FeishuWarning: No meetings of ${meetingNo}`,
      "0",
      "fetch: this platform has none. Nothing was sent. Give one, such as that of a package.",
    ])
  })
})
