/** The web application of the page about signing in, as a browser meets it. */
import { spawn } from "node:child_process"
import { once } from "node:events"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { afterAll, assert, beforeAll, describe, it } from "vitest"
import { freePort } from "./freePort.ts"

const program = fileURLToPath(new URL("../snippets/sign-in/server.ts", import.meta.url))

let feishu: Awaited<ReturnType<typeof startFeishuMock>>
let stop: () => Promise<unknown>
/** Where a user begins. */
let start: string
beforeAll(async () => {
  feishu = await startFeishuMock()
  const child = spawn(process.execPath, [program], {
    env: {
      REDIRECT_URL: `http://127.0.0.1:${await freePort()}/callback`,
      FEISHU_APP_ID: feishu.appId,
      FEISHU_APP_SECRET: feishu.appSecret,
      FEISHU_BASE_URL: feishu.url,
    },
    stdio: ["ignore", "pipe", "inherit"],
  })
  const ended = once(child, "close")
  stop = async () => {
    child.kill()
    await ended
    await feishu.close()
  }
  const [line] = await once(createInterface(child.stdout), "line")
  start = /http:\S+/.exec(String(line))![0]
})
afterAll(() => stop())

/** Begins to sign in: the address that the browser is sent to, and the cookie that it got. */
const begin = async () => {
  const sent = await fetch(start, { redirect: "manual" })
  const [cookie] = sent.headers.get("set-cookie")!.split(";")
  return { address: sent.headers.get("location")!, cookie: cookie! }
}

describe("the web application that signs users in", () => {
  it("reads as the user who has signed in", async () => {
    const { address, cookie } = await begin()
    const { redirect_url } = await feishu.authorize({ url: address })
    const answer = await fetch(redirect_url!, { headers: { cookie } })
    assert.match(await answer.text(), /^\S+ may see [1-9]\d* meetings\n$/)
    // A code is good once.
    assert.strictEqual((await fetch(redirect_url!, { headers: { cookie } })).status, 400)
  })

  it("takes no answer that another browser has begun, nor a refusal", async () => {
    const [own, other] = [await begin(), await begin()]
    const { redirect_url } = await feishu.authorize({ url: other.address })
    assert.strictEqual((await fetch(redirect_url!, { headers: { cookie: own.cookie } })).status, 400)
    assert.strictEqual((await fetch(redirect_url!)).status, 400)
    const refused = await feishu.authorize({ url: own.address, allow: false })
    const answer = await fetch(refused.redirect_url!, { headers: { cookie: own.cookie } })
    assert.strictEqual(await answer.text(), "Nobody has signed in. Begin at /\n")
  })
})
