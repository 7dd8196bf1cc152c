/** Signing in with clicks: the real command, the mock's pages in Debian's Chromium, and a list by the login. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { type Started, startFeishuMock } from "@effect-feishu/mock-server"
import { launch } from "../../../mock-server/test/browser.ts"
import * as Cli from "./Cli.ts"
import { freePort } from "./SignInFeishu.ts"

const appId = "cli_a1b2c3d4e5f6a7b8"
const appSecret = "SecretOfTheAppForTestsOnly"
const seed = {
  apps: [
    {
      app_id: appId,
      app_secret: appSecret,
      type: "self_built",
      scopes: ["offline_access", "vc:meeting:readonly", "vc:record:readonly"],
      tenants: ["tenant_a"],
    },
  ],
  users: [
    { open_id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809", name: "张三", en_name: "San Zhang" },
    { open_id: "ou_2b3c4d5e6f708192a3b4c5d6e7f8091a", name: "李四", en_name: "Si Li" },
  ],
  meetings: [
    { id: "7011030664708603907", meeting_no: "337736498", topic: "周会", start_time: "-2h", end_time: "-1h" },
  ],
} as const

let browser: Awaited<ReturnType<typeof launch>>
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

let feishu: Started
let state: string
let environment: Cli.Environment
/** All that was printed, and all addresses that the browser has shown. */
let seen: string
let visited: Array<string>
beforeEach(async () => {
  feishu = await startFeishuMock({ seed })
  state = mkdtempSync(join(tmpdir(), "feishu-meetings-state-"))
  environment = {
    FEISHU_BASE_URL: feishu.url,
    FEISHU_APP_ID: appId,
    FEISHU_APP_SECRET: appSecret,
    XDG_STATE_HOME: state,
  }
  seen = ""
  visited = []
})
afterEach(async () => {
  await feishu.close()
  const tokens = logins().flatMap((text) => {
    const { login } = JSON.parse(text) as { readonly login: Readonly<Record<string, string>> }
    return [login["accessToken"], login["refreshToken"]]
  })
  for (const secret of [appSecret, ...tokens]) assert.notInclude(seen, secret!)
  // The browser goes on to a plain address at once, and shows no other.
  for (const address of visited) assert.notMatch(address, /\/callback\?.*state=(?!wrong)/)
  rmSync(state, { recursive: true })
})

const logins = (): ReadonlyArray<string> => {
  try {
    const folder = join(state, "feishu-meetings", "logins")
    return readdirSync(folder)
      .filter((name) => name.endsWith(".json"))
      .map((name) => readFileSync(join(folder, name), "utf8"))
  } catch {
    return []
  }
}

const run = async (args: ReadonlyArray<string>) => {
  const ended = await Cli.run(args, environment)
  seen += ended.stdout + ended.stderr
  return ended
}

/** Starts a login, and returns the address that it shows. */
const login = async (...flags: ReadonlyArray<string>) => {
  const child = Cli.start(["login", ...flags], environment)
  const ended = Cli.ended(child).then((all) => {
    seen += all.stderr
    return all
  })
  let url = ""
  for await (const line of createInterface(child.stderr)) {
    url = /^ {2}(http\S+)$/.exec(line)?.[1] ?? ""
    if (url !== "") break
  }
  return { url, ended, stop: () => child.kill("SIGINT") }
}

/** A window of the browser, in a language. */
const newPage = async (locale = "en-GB") => {
  const page = await (await browser.newContext({ locale, viewport: { width: 900, height: 700 } })).newPage()
  page.setDefaultTimeout(20_000)
  page.on("framenavigated", (frame) => void visited.push(frame.url()))
  return page
}
type Page = Awaited<ReturnType<typeof newPage>>

const click = (page: Page, name: string) => page.getByRole("button", { name }).click()

const list = ["list", "337736498", "--from", "1d"]

describe("with clicks", () => {
  it("somebody signs in by the authorization page, and reads", async () => {
    const port = String(await freePort())
    const { ended, url } = await login("--redirect", "--redirect-port", port, "--recordings")
    const page = await newPage()
    await page.goto(url)
    await page.getByLabel("李四 (Si Li)").check()
    await page.getByLabel("See the recordings").uncheck()
    await click(page, "Allow")
    await page.getByRole("heading", { name: "Signed in" }).waitFor()
    assert.strictEqual(page.url(), `http://127.0.0.1:${port}/end`)
    assert.strictEqual(await page.title(), "Signed in – feishu-meetings")
    assert.match(
      await page.locator("main").innerText(),
      /李四 \(ou_2b3c\w+\), app cli_\w+ at .*\nYou can close/s,
    )
    // What the browser would show next to the page: where it was before is the page of Feishu.
    assert.isFalse(
      await page.evaluate("document.referrer").then((referrer) => /code|state/.test(String(referrer))),
    )
    await page.goBack()
    assert.match(page.url(), /\/authorize\?/)
    const { code, stderr } = await ended
    assert.strictEqual(code, 0, stderr)
    assert.match(
      stderr,
      /\nsigned in: 李四 \(ou_\w+\), .*\ngranted: .*\nnot granted: vc:record:readonly\nto do: /,
    )
    const read = await run([...list, "--as", "user"])
    assert.strictEqual(read.code, 0, read.stderr)
    assert.match(read.stderr, /^account: 李四/m)
  })

  it("two people sign in by the device page, and a read says whose it is", async () => {
    const first = await login()
    const page = await newPage()
    await page.goto(first.url)
    await click(page, "Allow")
    await page.getByRole("heading", { name: "You are signed in" }).waitFor()
    assert.match((await first.ended).stderr, /\nsigned in: 张三 \(ou_\w+\)/)
    const second = await login("--lang", "zh")
    const chinese = await newPage("zh-CN")
    await chinese.goto(second.url)
    await chinese.getByLabel("李四").check()
    await click(chinese, "授权")
    await chinese.getByRole("heading", { name: "登录成功" }).waitFor()
    assert.match((await second.ended).stderr, /\n已登录：李四 \(ou_\w+\)，应用/)
    const unclear = await run([...list, "--as", "user"])
    assert.strictEqual(unclear.code, 2)
    assert.match(unclear.stderr, /several accounts are signed in .*: 张三 \(ou_\w+\), 李四 \(ou_\w+\)/)
    const read = await run([...list, "--account", "张三"])
    assert.strictEqual(read.code, 0, read.stderr)
    assert.strictEqual(logins().length, 2)
  })

  it("somebody refuses, on either page: the command says so, and the browser's page, too", async () => {
    const device = await login()
    const page = await newPage()
    await page.goto(device.url)
    await click(page, "Refuse")
    await page.getByRole("heading", { name: "You refused" }).waitFor()
    const one = await device.ended
    assert.strictEqual(one.code, 3)
    assert.match(one.stderr, /\nerror: signing in to app cli_\w+: the user refused/)
    const port = String(await freePort())
    const redirect = await login("--redirect", "--redirect-port", port, "--lang", "zh")
    const chinese = await newPage("zh-CN")
    await chinese.goto(redirect.url)
    await click(chinese, "拒绝")
    await chinese.getByRole("heading", { name: "未能登录" }).waitFor()
    assert.match(await chinese.locator("main").innerText(), /用户拒绝了授权/)
    const other = await redirect.ended
    assert.strictEqual(other.code, 3)
    assert.match(other.stderr, /\n错误：登录应用 cli_\w+ 未成功：用户拒绝了授权\n建议：/)
    assert.deepStrictEqual(logins(), [])
  })

  it("an answer with a wrong state is not found, and the right one still counts; once", async () => {
    const port = String(await freePort())
    const { ended, url } = await login("--redirect", "--redirect-port", port)
    const page = await newPage()
    const wrong = await page.goto(`http://127.0.0.1:${port}/callback?code=stolen&state=wrong`)
    assert.strictEqual(wrong?.status(), 404)
    assert.match(
      await page.locator("body").innerText(),
      /^Not found\. If Feishu sent you here, .* earlier login/,
    )
    await page.goto(url)
    await click(page, "Allow")
    await page.getByRole("heading", { name: "Signed in" }).waitFor()
    assert.strictEqual((await ended).code, 0)
  })

  it("a code that has expired, and a page that refuses the request: what to do is on the page or the terminal", async () => {
    const { ended, url } = await login()
    await feishu.moveClock({ advance: 600 })
    const page = await newPage()
    await page.goto(url)
    await page.getByRole("heading", { name: "This code has expired" }).waitFor()
    const { code, stderr } = await ended
    assert.strictEqual(code, 3)
    assert.match(stderr, /\nerror: signing in to app cli_\w+: nobody allowed it in time/)

    const lacking = await login(
      "--redirect",
      "--redirect-port",
      String(await freePort()),
      "--scope",
      "im:message",
    )
    await page.goto(lacking.url)
    await page.getByText("Error 20027").waitFor()
    lacking.stop()
    const stopped = await lacking.ended
    assert.strictEqual(stopped.code, 130)
    assert.match(stopped.stderr, /feishu-meetings errors CODE.*\nStopped: nobody has signed in\.\n$/s)
    assert.match((await run(["errors", "20027"])).stdout, /Permissions & Scopes/)
  })
})
