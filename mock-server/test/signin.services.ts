/** The pages at which people sign in, in Debian's Chromium without JavaScript, as people use them. */
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { createHash } from "node:crypto"
import { once } from "node:events"
import { createServer, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { OAuth, UserInfo } from "@effect-feishu/contract"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { startFeishuMock, type Started } from "../src/index.ts"
import { someOf } from "../../packages/core/test/share.ts"
import { addAxe, barriers, launch, looks, overhang } from "./browser.ts"
import { now } from "./fixture.ts"

const appId = "cli_a1b2c3d4e5f6a7b8"
const appSecret = "only-for-tests"
const scopes = ["offline_access", "vc:meeting:readonly", "vc:record:readonly"]
const hostile = `<img src="/x" onerror="document.title = 'executed'">`

const seed = {
  apps: [
    { app_id: appId, app_secret: appSecret, type: "self_built", scopes, tenants: ["tenant_a"] },
    {
      app_id: "cli_one_url",
      app_secret: appSecret,
      type: "self_built",
      scopes: ["vc:meeting:readonly"],
      tenants: ["tenant_a"],
      redirect_urls: ["https://app.example/callback"],
    },
  ],
  users: [
    { open_id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809", name: "张三", en_name: "San Zhang" },
    { open_id: "ou_2b3c4d5e6f708192a3b4c5d6e7f8091a", name: "李四", en_name: "Si Li" },
    { open_id: "ou_3c4d5e6f708192a3b4c5d6e7f8091a2b", name: hostile, en_name: "", status: "frozen" },
  ],
  meetings: [],
} as const

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

/** The application that people sign in to: it keeps what its redirect URL was asked for. */
interface Application {
  readonly url: string
  readonly calls: Array<{ readonly query: URLSearchParams; readonly referer: string | undefined }>
}
const serve = async (answer: (path: string) => { readonly location?: string }): Promise<Application> => {
  const calls: Application["calls"] = []
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://127.0.0.1")
    if (pathname === "/callback") calls.push({ query: searchParams, referer: request.headers.referer })
    const { location } = answer(pathname)
    response.writeHead(location === undefined ? 200 : 302, {
      "content-type": "text/html",
      ...(location === undefined ? {} : { location }),
    })
    response.end("<title>The application</title><link rel=icon href=data:,>")
  }).listen(0, "127.0.0.1")
  servers.push(server)
  await once(server, "listening")
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`, calls }
}

let servers: Array<Server>
let contexts: Array<BrowserContext>
let feishu: Started
let application: Application
/** What a page did that it must not do, whatever the test is about. */
let misdeeds: Array<string>
beforeEach(async () => {
  servers = []
  contexts = []
  misdeeds = []
  feishu = await startFeishuMock({ seed, now, frozen: true })
  application = await serve(() => ({}))
})
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()))
  for (const server of servers) server.close()
  await feishu.close()
  assert.deepStrictEqual(misdeeds, [])
})

const newPage = async (options: BrowserContextOptions = {}): Promise<Page> => {
  const context = await browser.newContext({
    locale: "en-GB",
    viewport: { width: 1440, height: 900 },
    javaScriptEnabled: false,
    ...options,
  })
  contexts.push(context)
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  page.on("console", (message) => {
    // The browser itself reports the status of a page that says what is wrong.
    if (!/status of 40[03]/.test(message.text())) misdeeds.push(`console: ${message.text()}`)
  })
  page.on("pageerror", (error) => misdeeds.push(`error: ${error.message}`))
  page.on("dialog", (dialog) => misdeeds.push(`dialog: ${dialog.message()}`))
  return page
}

const verifier = "v".repeat(43)
const authorizeUrl = (fields: Readonly<Record<string, string>> = {}): string =>
  `${feishu.url}${OAuth.authorizePath}?${new URLSearchParams({
    client_id: appId,
    response_type: "code",
    redirect_uri: application.url,
    scope: scopes.join(" "),
    state: "a b&c=d",
    code_challenge: createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: "S256",
    ...fields,
  }).toString()}`

const post = async (path: string, body: Readonly<Record<string, string>>) => {
  const response = await fetch(feishu.url + path, { method: "POST", body: new URLSearchParams(body) })
  return (await response.json()) as Readonly<Record<string, string>>
}
const client = { client_id: appId, client_secret: appSecret }
const tokensFor = (code: string) =>
  post(OAuth.userTokenPath, {
    grant_type: "authorization_code",
    code,
    redirect_uri: application.url,
    code_verifier: verifier,
    ...client,
  })
const whoIs = async (accessToken: string | undefined): Promise<string> => {
  const response = await fetch(feishu.url + UserInfo.path, {
    headers: { authorization: `Bearer ${accessToken}` },
  })
  return ((await response.json()) as { data: { name: string } }).data.name
}
const beginDevice = async () => {
  const response = await fetch(feishu.url + OAuth.deviceAuthorizationPath, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${appId}:${appSecret}`).toString("base64")}` },
    body: new URLSearchParams({ client_id: appId, scope: scopes.join(" ") }),
  })
  const { device_code, user_code, verification_uri, verification_uri_complete } =
    (await response.json()) as Record<string, string>
  return {
    deviceCode: device_code!,
    userCode: user_code!,
    uri: verification_uri!,
    complete: verification_uri_complete!,
  }
}
const poll = (deviceCode: string) =>
  post(OAuth.userTokenPath, { grant_type: OAuth.deviceCodeGrant, device_code: deviceCode, ...client })

const click = (page: Page, name: string) => page.getByRole("button", { name }).click()

describe("the authorization page", () => {
  it("sends the browser back with a code, by which the app gets the chosen account and scopes", async () => {
    const page = await newPage()
    await page.goto(authorizeUrl())
    await page.getByRole("heading", { name: `Authorise ${appId}` }).waitFor()
    await page.getByText(`Either answer takes your browser to ${application.url}`).waitFor()
    await page.getByLabel("李四 (Si Li)").check()
    await page.getByLabel("See the recordings").uncheck()
    await click(page, "Allow")
    await page.waitForURL(/\/callback/)
    const [{ query, referer } = { query: new URLSearchParams(), referer: "" }] = application.calls
    assert.deepStrictEqual([...query.keys()], ["code", "state"])
    assert.strictEqual(query.get("state"), "a b&c=d")
    assert.isUndefined(referer)
    const tokens = await tokensFor(query.get("code")!)
    assert.strictEqual(tokens["scope"], "offline_access vc:meeting:readonly")
    assert.strictEqual(await whoIs(tokens["access_token"]), "李四")
    assert.isString(tokens["refresh_token"])
  })

  it("without offline_access gives a login that ends, as its text says", async () => {
    const page = await newPage()
    await page.goto(authorizeUrl())
    await page.getByLabel("Without it, you sign in again every 2 hours.").uncheck()
    await click(page, "Allow")
    await page.waitForURL(/\/callback/)
    assert.notProperty(await tokensFor(application.calls[0]!.query.get("code")!), "refresh_token")
  })

  it("sends the browser back without a code when somebody refuses", async () => {
    const page = await newPage()
    await page.goto(authorizeUrl())
    await click(page, "Refuse")
    await page.waitForURL(/\/callback/)
    const [{ query } = { query: new URLSearchParams() }] = application.calls
    assert.deepStrictEqual(Object.fromEntries(query), { error: "access_denied", state: "a b&c=d" })
  })

  it("lets an application send the browser on to another site", async () => {
    const home = await serve(() => ({}))
    const sendsOn = await serve((path) =>
      path === "/callback"
        ? { location: new URL("/home", home.url).href.replace("127.0.0.1", "localhost") }
        : {},
    )
    const page = await newPage()
    await page.goto(authorizeUrl({ redirect_uri: sendsOn.url }))
    await click(page, "Allow")
    await page.waitForURL(/localhost:\d+\/home/)
  })

  it("says what is wrong with a request, and what to do in the mock, and redirects nowhere", async () => {
    const page = await newPage()
    const evil = "https://evil.example/callback?x=<b>"
    const wrong = async (fields: Readonly<Record<string, string>>, ...texts: ReadonlyArray<string>) => {
      await page.goto(authorizeUrl(fields))
      await page.getByRole("heading", { name: "This sign-in cannot continue" }).waitFor()
      const text = await page.locator("main").innerText()
      for (const one of texts) assert.include(text, one)
      assert.strictEqual(await page.getByRole("button").count(), 0)
      assert.match(await page.title(), /^Sign-in failed/)
    }
    await wrong(
      { client_id: "cli_nobody" },
      "There is no app cli_nobody.",
      `Its apps are ${appId}, cli_one_url`,
    )
    await wrong(
      { redirect_uri: evil },
      `The app may not redirect to ${evil}.`,
      `redirect_urls:\n      - "${evil}"`,
    )
    await wrong(
      { client_id: "cli_one_url" },
      "redirect_urls:",
      '- "https://app.example/callback"',
      `- "${application.url}"`,
      "Security Settings",
    )
    await wrong(
      { scope: `${scopes.join(" ")} im:message` },
      "Error 20027",
      "are not enabled for it: im:message.",
      '- "im:message"',
      "Permissions & Scopes",
    )
    await wrong({ response_type: "token" }, "response_type is token")
    await wrong({ redirect_uri: "" }, "lacks redirect_uri")
    await wrong({ code_challenge_method: "S512" }, "code_challenge_method is S512")
    assert.deepStrictEqual(application.calls, [])
  })

  it("is filled in with the keyboard alone, and shows names and values as text", async () => {
    const page = await newPage()
    await page.goto(authorizeUrl({ state: hostile }))
    await page.getByText(hostile).waitFor()
    assert.strictEqual(await page.locator("main img").count(), 0)
    // The language, the chosen account, three scopes, the two buttons.
    for (let steps = 0; steps < 2; steps++) await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await page.waitForURL(/\/callback/)
    const [{ query } = { query: new URLSearchParams() }] = application.calls
    assert.strictEqual(query.get("state"), hostile)
    const tokens = await tokensFor(query.get("code")!)
    assert.strictEqual(tokens["scope"], "vc:meeting:readonly vc:record:readonly")
    assert.strictEqual(await whoIs(tokens["access_token"]), "李四")
  })

  it("takes no form from another site", async () => {
    const page = await newPage()
    await page.goto(authorizeUrl())
    const seal = await page.locator("[name=seal]").getAttribute("value")
    const form = `<form method="post" action="${authorizeUrl().replaceAll("&", "&amp;")}">
      <input name="seal" value="${seal}"><input name="person" value="${seed.users[0].open_id}">
      <button name="decision" value="allow">Win a prize</button></form>`
    const attacker = await newPage()
    await attacker.route("https://evil.example/", (route) =>
      route.fulfill({ body: form, contentType: "text/html" }),
    )
    await attacker.goto("https://evil.example/")
    await click(attacker, "Win a prize")
    await attacker.getByRole("heading", { name: "Open this page again" }).waitFor()
    assert.deepStrictEqual(application.calls, [])
    await attacker.getByRole("link", { name: "Open the page again" }).click()
    await click(attacker, "Allow")
    await attacker.waitForURL(/\/callback/)
  })
})

describe("the device page", () => {
  it("takes a code as people write it, and says that the command goes on", async () => {
    const { deviceCode, uri, userCode } = await beginDevice()
    assert.strictEqual((await poll(deviceCode))["error"], "authorization_pending")
    const page = await newPage()
    await page.goto(uri)
    await click(page, "Continue")
    await page.getByText("Enter the code.", { exact: true }).waitFor()
    await page.getByLabel("Code").fill("bbbb-cccc")
    await click(page, "Continue")
    await page.getByText("There is no code bbbb-cccc.").waitFor()
    assert.strictEqual(await page.getByLabel("Code").getAttribute("aria-invalid"), "true")
    await page.getByLabel("Code").fill(` ${userCode.toLowerCase().replace("-", " ")} `)
    await page.keyboard.press("Enter")
    await page.getByText(userCode, { exact: true }).waitFor()
    await page.getByText("It is valid for another 4 minutes.").waitFor()
    await page.getByLabel("李四 (Si Li)").check()
    await page.getByLabel("See the recordings").uncheck()
    await click(page, "Allow")
    await page.getByRole("heading", { name: "You are signed in" }).waitFor()
    const told = await page.locator("main").innerText()
    for (const text of [
      `The app ${appId} may now use Feishu as 李四 (Si Li).`,
      "You can close this page: the command goes on by itself.",
    ]) {
      assert.include(told, text)
    }
    assert.match(told, /Granted\s+offline_access\s+vc:meeting:readonly\s+Not granted\s+vc:record:readonly/)
    await feishu.moveClock({ advance: 5 })
    const tokens = await poll(deviceCode)
    assert.strictEqual(await whoIs(tokens["access_token"]), "李四")
    // A reload changes nothing.
    await page.reload()
    await page.getByRole("heading", { name: "You are signed in" }).waitFor()
  })

  it("opens with the code in its address, and ends the command when somebody refuses", async () => {
    const { complete, deviceCode } = await beginDevice()
    const page = await newPage()
    await page.goto(complete)
    await click(page, "Refuse")
    await page.getByRole("heading", { name: "You refused" }).waitFor()
    await page.getByText("You can close this page: the command ends by itself.").waitFor()
    assert.strictEqual((await poll(deviceCode))["error"], "access_denied")
  })

  it("says that a code has expired, also to somebody who decides too late", async () => {
    const { complete, deviceCode } = await beginDevice()
    const page = await newPage()
    await page.goto(complete)
    await feishu.moveClock({ advance: 240 })
    await click(page, "Allow")
    await page.getByRole("heading", { name: "This code has expired" }).waitFor()
    await page.getByText("Run the command again: it shows a new code.").waitFor()
    assert.strictEqual((await poll(deviceCode))["error"], "expired_token")
    await page.getByRole("link", { name: "Enter another code" }).click()
    await page.getByLabel("Code").fill((await beginDevice()).userCode)
    await click(page, "Continue")
    await click(page, "Allow")
    await page.getByRole("heading", { name: "You are signed in" }).waitFor()
  })
})

describe("both pages", () => {
  it("are in the language of the browser, until another one is chosen, which lasts to the end", async () => {
    const page = await newPage({ locale: "zh-CN" })
    const words = async () =>
      (await page.locator("body").innerText()).replaceAll(
        /https?:\S+|\w+_\w+|\b\w+:[\w.:]+|[A-Z]{4}-[A-Z]{4}/g,
        "",
      )
    await page.goto(authorizeUrl())
    await page.getByRole("heading", { name: `授权应用“${appId}”` }).waitFor()
    assert.notMatch(await words(), /\b(app|account|scopes?|allow|refuse|sign|mock|feishu)\b/i)
    await page.goto(authorizeUrl({ client_id: "cli_one_url" }))
    await page.getByText("该应用不能重定向到").waitFor()
    const { complete } = await beginDevice()
    await page.goto(complete)
    await click(page, "授权")
    await page.getByRole("heading", { name: "登录成功" }).waitFor()
    assert.notMatch(await words(), /\b(app|signed|granted|code|command)\b/i)

    const english = (await beginDevice()).complete
    await page.goto(english)
    await page.getByRole("link", { name: "English" }).click()
    assert.strictEqual(await page.locator("html").getAttribute("lang"), "en")
    await click(page, "Allow")
    await page.getByRole("heading", { name: "You are signed in" }).waitFor()
    await page.getByRole("link", { name: "Enter another code" }).click()
    await page.getByLabel("Code").fill("x")
    await click(page, "Continue")
    await page.getByText("There is no code x.").waitFor()
    await page.getByRole("link", { name: "中文" }).click()
    await page.getByText("没有代码 x").waitFor()
  })

  it("offer many people in a list that opens", async () => {
    await feishu.close()
    const users = Array.from({ length: 40 }, (_, index) => ({
      open_id: `ou_${index}`,
      name: `员工 ${index}`,
    }))
    feishu = await startFeishuMock({ seed: { ...seed, users }, now })
    const page = await newPage()
    await page.goto(authorizeUrl())
    await page.getByLabel("Account").selectOption("ou_39")
    await click(page, "Allow")
    await page.waitForURL(/\/callback/)
    const { access_token } = await tokensFor(application.calls[0]!.query.get("code")!)
    assert.strictEqual(await whoIs(access_token), "员工 39")
  })

  for (const { colorScheme, width } of someOf(looks).flat()) {
    it(`have no barrier that axe knows, and no sideways scrolling, at ${width} px and ${colorScheme}`, async () => {
      const page = await newPage({
        colorScheme,
        viewport: { width, height: 844 },
        javaScriptEnabled: true,
        bypassCSP: true,
      })
      const { complete, uri } = await beginDevice()
      const refused = (await beginDevice()).complete
      const expired = (await beginDevice()).complete
      const check = async (name: string) => {
        await addAxe(page)
        assert.deepStrictEqual(await barriers(page), [], name)
        assert.isAtMost(await overhang(page), 0, name)
      }
      const lang = colorScheme === "light" ? "en" : "zh"
      const open = async (name: string, url: string) => {
        await page.goto(`${url}${url.includes("?") ? "&" : "?"}lang=${lang}`)
        await check(name)
      }
      await open("authorization", authorizeUrl())
      await open("authorization without scopes", authorizeUrl({ scope: "" }))
      const long = `https://${"long.".repeat(40)}example/`
      await open("redirect URL", authorizeUrl({ client_id: "cli_one_url", redirect_uri: long }))
      await open("scopes", authorizeUrl({ scope: "im:message im:chat" }))
      await open("code", uri)
      await open("unknown code", `${uri}?user_code=${"WRONG".repeat(8)}`)
      await open("code to compare", complete)
      await page.locator("[value=allow]").click()
      await check("allowed")
      await open("code to refuse", refused)
      await page.locator("[value=refuse]").click()
      await check("refused")
      await feishu.moveClock({ advance: 240 })
      await open("expired code", expired)
      const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const [light] = /\d+/.exec(back)!
      assert.strictEqual(Number(light) > 128, colorScheme === "light")
    })
  }
})
