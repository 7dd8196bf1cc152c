/** The page at `/` in Debian's Chromium, as people use it: it must be there, or these tests fail. */
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import * as DateTime from "effect/DateTime"
import { OAuth } from "@effect-feishu/contract"
import type { Browser, BrowserContext, BrowserContextOptions, Page } from "playwright-core"
import { startFeishuMock, type Started } from "../src/index.ts"
import * as Scopes from "../src/protocol/Scopes.ts"
import * as Authorizations from "../src/state/Authorizations.ts"
import { someOf } from "../../packages/core/test/share.ts"
import { addAxe, barriers, launch, looks, overhang } from "./browser.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const run = promisify(execFile)

let browser: Browser
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

const hostile = [
  '<img src="/x" onerror="document.title = \'executed\'">',
  "<script>document.title = 'executed'</script>",
  '"><svg onload="document.title=\'executed\'">',
]

/** Starts a mock that lives as long as the test. */
const start = async (options: Parameters<typeof startFeishuMock>[0]): Promise<Started> => {
  const started = await startFeishuMock(options)
  mocks.push(started)
  return started
}

let mocks: Array<Started>
let feishu: Started
beforeEach(async () => {
  mocks = []
  feishu = await start({
    now,
    seed: {
      ...seed,
      meetings: [
        ...seed.meetings,
        ...hostile.map((topic, index) => ({
          id: String(index + 1),
          meeting_no: goodQuery.meeting_no,
          topic,
          start_time: now - 60,
        })),
      ],
    },
  })
})

/** What a page did that it must not do, whatever the test is about. */
let misdeeds: Array<string>
let contexts: Array<BrowserContext>
beforeEach(() => {
  misdeeds = []
  contexts = []
})
afterEach(async () => {
  await Promise.all(contexts.map((context) => context.close()))
  // Not before: a page would tell that nobody answers.
  await Promise.all(mocks.map((mock) => mock.close()))
  assert.deepStrictEqual(misdeeds, [])
})

/** A page, somewhere on the mock, as somebody sees it who has never been there. */
const open = async (
  hash = "",
  options: BrowserContextOptions = {},
  from: Started = feishu,
): Promise<Page> => {
  const context = await browser.newContext({
    locale: "en-GB",
    viewport: { width: 1440, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
    ...options,
  })
  contexts.push(context)
  context.setDefaultTimeout(15_000)
  const page = await context.newPage()
  page.on("console", (message) => misdeeds.push(`console: ${message.text()}`))
  page.on("pageerror", (error) => misdeeds.push(`error: ${error.message}`))
  page.on("dialog", (dialog) => {
    if (dialog.type() !== "confirm") misdeeds.push(`dialog: ${dialog.message()}`)
    void dialog.accept()
  })
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url())
    if (origin !== from.url && protocol !== "data:") misdeeds.push(`request: ${request.url()}`)
  })
  await page.goto(from.url + (from.controlToken === undefined ? "/" : `/?token=${from.controlToken}`) + hash)
  await page
    .getByText("Live", { exact: true })
    .or(page.getByText("实时", { exact: true }))
    .waitFor()
  return page
}

const tokenOf = async (appSecret = "secret"): Promise<string> => {
  const response = await fetch(`${feishu.url}/open-apis/auth/v3/tenant_access_token/internal`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ app_id: feishu.appId, app_secret: appSecret }),
  })
  return (await response.json()).tenant_access_token
}
const list = (token: string, query: Readonly<Record<string, string>> = goodQuery) =>
  fetch(`${feishu.url}/open-apis/vc/v1/meetings/list_by_no?${new URLSearchParams(query).toString()}`, {
    headers: { authorization: `Bearer ${token}` },
  })
const codeOf = async (token: string) => (await (await list(token)).json()).code

const rowsOf = (page: Page) => page.locator("table.requests tbody tr:not(.detail)")

describe("requests", () => {
  it("made elsewhere appear, with status, code and log id, and open with what was asked and answered", async () => {
    const page = await open()
    await page.getByText("No requests yet").waitFor()
    await tokenOf("wrong")
    const row = rowsOf(page).first()
    await row.getByText("auth.tenantAccessTokenInternal").waitFor()
    await row.getByText("10014", { exact: true }).waitFor()
    const [{ logId } = { logId: "" }] = await feishu.journal()
    await row.getByRole("cell", { name: logId, exact: true }).waitFor()

    await row.getByRole("button").click()
    const asked = page.getByLabel("Request body")
    assert.strictEqual(
      await asked.textContent(),
      `{\n  "app_id": "${feishu.appId}",\n  "app_secret": "<redacted>"\n}`,
    )
    assert.match((await page.getByLabel("Response body").textContent())!, /"code": 10014,\n/)
    // Where it was is in the address.
    await page.reload()
    await asked.waitFor()
    await rowsOf(page).first().getByRole("button").click()
    await asked.waitFor({ state: "detached" })
  })

  it("are copied as a command that asks the same", async () => {
    const page = await open()
    const token = await tokenOf()
    await list(token)
    await rowsOf(page).filter({ hasText: "meetings.listByNo" }).getByRole("button").click()
    await page.getByRole("button", { name: "Copy as curl" }).click()
    await page.getByRole("button", { name: "Copied" }).waitFor()
    const query = new URLSearchParams(goodQuery).toString()
    assert.strictEqual(
      await page.evaluate(() => navigator.clipboard.readText()),
      `curl -s '${feishu.url}/open-apis/vc/v1/meetings/list_by_no?${query}' -H "Authorization: Bearer $TOKEN"`,
    )
  })

  it("are filtered, paused and cleared, and not more of them drawn than a browser likes", async () => {
    const token = await tokenOf()
    await feishu.change({ rateLimit: "off" })
    await Promise.all(Array.from({ length: 250 }, (_, index) => list(token, { meeting_no: String(index) })))
    const page = await open()
    await page.getByText("200 of 251 requests").waitFor()
    assert.strictEqual(await rowsOf(page).count(), 200)
    await page.getByLabel("Filter").fill("tenantAccessToken 200")
    await page.getByText("1 of 251 requests").waitFor()
    await page.getByLabel("Failures only").check()
    await page.getByText("No request matches the filter").waitFor()
    await page.reload()
    await page.getByText("No request matches the filter").waitFor()
    await page.getByLabel("Filter").fill("")
    await page.getByRole("button", { name: "Pause" }).click()
    await list("t-nobody")
    await page.getByRole("button", { name: "Resume" }).click()
    await rowsOf(page).first().getByText("99991663").waitFor()
    await page.getByRole("button", { name: "Clear" }).click()
    await page.getByText("No requests yet").waitFor()
    assert.deepStrictEqual(await feishu.journal(), [])
  })

  it("go when somebody resets the mock elsewhere, and those after that are shown", async () => {
    const page = await open()
    await tokenOf()
    await tokenOf()
    await rowsOf(page).nth(1).waitFor()
    await feishu.reset()
    await page.getByText("No requests yet").waitFor()
    await tokenOf()
    await page.getByText("1 request", { exact: true }).waitFor()
  })

  it("are told to a screen reader together", async () => {
    await tokenOf()
    const page = await open()
    await Promise.all([tokenOf(), tokenOf(), tokenOf()])
    await page
      .getByRole("status")
      .filter({ hasText: "3 new requests: auth.tenantAccessTokenInternal, 200" })
      .waitFor()
  })
})

describe("the page before the first request", () => {
  it("has the address, the credentials, lines that work when they are pasted, and links that open", async () => {
    const page = await open()
    for (const text of [feishu.url, feishu.appId, feishu.appSecret, "337736498"]) {
      await page.locator(".connect").getByText(text).first().waitFor()
    }
    await page.getByRole("button", { name: "Copy: curl" }).click()
    await page.getByRole("button", { name: "Copied" }).waitFor()
    const lines = await page.evaluate(() => navigator.clipboard.readText())
    const { stdout } = await run("sh", ["-c", lines])
    assert.strictEqual(JSON.parse(stdout).code, 0)
    await rowsOf(page).filter({ hasText: "meetings.listByNo" }).waitFor()
    // It is there, too, once there are requests.
    await page.locator("summary").filter({ hasText: "How to connect" }).click()
    for (const [name, text] of [
      ["Control plane", "openapi"],
      ["openapi.json", "MeetingsFound"],
      ["README", "npx feishu-mock"],
    ] as const) {
      const path = await page.getByRole("link", { name }).first().getAttribute("href")
      const document = await page.request.get(feishu.url + path)
      assert.include(await document.text(), text)
    }
    await page.getByRole("button", { name: "中文" }).click()
    const readme = await page.getByRole("link", { name: "README" }).getAttribute("href")
    assert.match(await (await page.request.get(feishu.url + readme)).text(), /模拟飞书/)
  })
})

describe("the details of a request", () => {
  it("have the headers of both, and dates in local time next to unix times, which nobody copies with them", async () => {
    await list(await tokenOf(), { meeting_no: "337736498", start_time: "1767225600", end_time: "1769850000" })
    await feishu.moveClock({ set: now, frozen: true })
    const page = await open("#requests?open=2", { timezoneId: "Asia/Shanghai" })
    const sent = page.getByLabel("Request headers")
    await sent.getByText("Bearer t-<redacted>").waitFor()
    const answered = page.getByLabel("Response headers")
    const [, { logId } = { logId: "" }] = await feishu.journal()
    await answered.getByText("X-Tt-Logid").waitFor()
    await answered.getByText(logId).waitFor()
    await page.getByText("2026-01-01 08:00:00 GMT+8").waitFor()
    await page.getByText("2026-01-31 17:00:00 GMT+8").first().waitFor()
    const selected = await page.evaluate(() => {
      getSelection()?.selectAllChildren(document.querySelector("tr.detail")!)
      return getSelection()?.toString() ?? ""
    })
    assert.include(selected, "1767225600")
    assert.notInclude(selected, "2026-01-01 08:00:00")
  })
})

describe("faults", () => {
  it("that are added bite, are counted, and do nothing while they are switched off", async () => {
    const token = await tokenOf()
    const page = await open("#faults")
    await page.getByRole("combobox", { name: "Then" }).selectOption({ label: "121001 – internal error" })
    await page.getByRole("button", { name: "Add" }).click()
    const rule = page.getByRole("row", { name: "meetings.listByNo" })
    await rule.getByText("every call").waitFor()
    assert.strictEqual(await codeOf(token), 121001)
    await rule.getByText("1 / 1").waitFor()

    const toggle = rule.getByRole("switch")
    await toggle.uncheck()
    assert.strictEqual(await codeOf(token), 0)
    await page.reload()
    assert.isFalse(await toggle.isChecked())
    await toggle.check()
    assert.strictEqual(await codeOf(token), 121001)
    await rule.getByText("2 / 2").waitFor()
    await rule.getByRole("button", { name: "Remove" }).click()
    await page.getByText("No rules").waitFor()
    assert.strictEqual(await codeOf(token), 0)
  })

  it("of every kind come from the form", async () => {
    const page = await open("#faults")
    const form = page.locator("form").filter({ hasText: "Endpoint" })
    const add = async (then: string) => {
      await form.getByRole("combobox", { name: "Then" }).selectOption({ label: then })
      if (then === "another code…") await form.getByRole("spinbutton", { name: "Code" }).fill("2200")
      if (then === "delayed response…") await form.getByRole("spinbutton", { name: "Seconds" }).fill("0.5")
      await form.getByRole("button").click()
    }
    await form.getByRole("combobox", { name: "When" }).selectOption({ label: "only the Nth call…" })
    await form.getByRole("spinbutton", { name: "N" }).fill("3")
    for (const then of [
      "another code…",
      "99991400 – rate limit exceeded, retry after 5 s",
      "reset in mid-body",
      "every row twice",
      "delayed response…",
    ]) {
      await add(then)
    }
    await page.getByRole("row", { name: "delayed by 0.5 s" }).waitFor()
    const response = await fetch(`${feishu.url}/_mock/faults`)
    const { rules } = (await response.json()) as { rules: ReadonlyArray<{ when: object; then: object }> }
    assert.deepStrictEqual(rules[0]!.when, { nth: 3 })
    assert.sameDeepMembers(
      rules.map(({ then }) => then),
      [
        { code: 2200 },
        { code: 99991400, headers: { "x-ogw-ratelimit-limit": "100", "x-ogw-ratelimit-reset": "5" } },
        { network: "reset in mid-body" },
        { paging: "doubled rows" },
        { delaySeconds: 0.5 },
      ],
    )
  })

  it("happen by chance when chaos is on", async () => {
    const page = await open("#faults")
    await page.getByLabel("Failing calls").fill("100")
    await page.getByRole("button", { name: "Start" }).click()
    await page.getByText("On: 100 % of calls fail, seed 1.").waitFor()
    await tokenOf().catch(() => "")
    assert.strictEqual((await feishu.journal())[0]?.fault, "chaos")
    await page.getByRole("button", { name: "Stop" }).click()
    await page.getByRole("button", { name: "Start" }).waitFor()
    assert.match(await tokenOf(), /^t-/)
  })
})

describe("clock and limits", () => {
  it("the clock stands, runs, moves on and is set, and tokens follow it", async () => {
    const token = await tokenOf()
    const page = await open("#time", { timezoneId: "Asia/Shanghai" })
    await page.getByRole("button", { name: "Freeze" }).click()
    await page.getByRole("button", { name: "Run" }).waitFor()
    const { now: frozen } = await feishu.clock()
    for (const [name, seconds] of [
      ["+1 min", 60],
      ["+1 h", 3_660],
      ["+1 day", 90_060],
      ["+2 h", 97_260],
    ] as const) {
      await page.getByRole("button", { name, exact: true }).click()
      const wanted = DateTime.formatIso(DateTime.makeUnsafe((frozen + seconds) * 1000))
      await page.locator(`.clock time[datetime="${wanted}"]`).waitFor()
    }
    assert.strictEqual(await codeOf(token), 99991663)
    await page.getByLabel("Set to").fill("2026-02-01T08:30:00")
    await page.getByRole("button", { name: "Set", exact: true }).click()
    await page.getByText("2026-02-01 08:30:00 GMT+8").first().waitFor()
    assert.deepStrictEqual(await feishu.clock(), {
      now: 1_769_905_800,
      frozen: true,
    })
    await page.getByRole("button", { name: "Run" }).click()
    await page.getByRole("button", { name: "Freeze" }).waitFor()
    assert.isFalse((await feishu.clock()).frozen)
  })

  it("a limit is a bar that says what is left and when it is full again, and fills with the clock", async () => {
    const token = await tokenOf()
    await feishu.moveClock({ frozen: true })
    const page = await open("#time")
    await page.getByText("No requests counted.").waitFor()
    await list(token)
    await list(token)
    const bar = page.getByRole("meter", { name: `× ${feishu.appId} × tenant_a` })
    const told = (text: string) => page.locator(".limits span", { hasText: text }).waitFor()
    await told("98 of 100 left")
    await page.getByText(/^full at \d\d:\d\d:\d\d, in 60 s$/).waitFor()
    const value = () => bar.getAttribute("aria-valuenow")
    assert.strictEqual(await value(), "98")
    assert.strictEqual(await bar.locator("div").getAttribute("style"), "width: 98%;")
    await feishu.moveClock({ advance: 20 })
    await page.getByText(/in 40 s$/).waitFor()
    await page.getByRole("button", { name: "+1 min" }).click()
    await told("100 of 100 left")
    assert.strictEqual(await value(), "100")
    await page.getByLabel("Requests per minute").fill("7")
    await page.getByLabel("Requests per minute").blur()
    // The field is sent when it is left, and the counts start again: a request that arrives before is not counted.
    await page.getByText("No requests counted.").waitFor()
    await list(token)
    await told("6 of 7 left")
  })

  it("limits that were read before a switch was changed, and arrive after it, are not shown", async () => {
    const token = await tokenOf()
    await list(token)
    const page = await open("#time")
    await page.locator(".limits span", { hasText: "99 of 100 left" }).waitFor()
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    let hold = () => {}
    const held = new Promise<void>((resolve) => (hold = resolve))
    await page.route(
      "**/_mock/limits?*",
      async (route) => {
        const response = await route.fetch()
        hold()
        await released
        await route.fulfill({ response })
      },
      { times: 1 },
    )
    await held
    await page.getByLabel("Requests per minute").fill("7")
    await page.getByLabel("Requests per minute").blur()
    await page.getByText("No requests counted.").waitFor()
    // The page reads again only after the answer that was held has come.
    const next = page.waitForResponse((response) => response.url().includes("/_mock/limits"))
    release()
    await next
    await page.waitForResponse((response) => response.url().includes("/_mock/quota"))
    assert.strictEqual(await page.getByRole("meter").count(), 0)
  })
})

describe("meetings", () => {
  it("are found by number and by what is in them, a page at a time", async () => {
    await feishu.putMeetings(
      Array.from({ length: 120 }, (_, index) => ({
        id: String(1_000 + index),
        meeting_no: "146453285",
        topic: `Stand-up ${index}`,
        start_time: now - index,
      })),
    )
    const page = await open("#meetings")
    await page.getByLabel("Meeting number").fill("146 453 285")
    await page.getByText("1–50 of 120").last().waitFor()
    await page.getByRole("button", { name: "Next" }).click()
    await page.getByText("51–100 of 120").last().waitFor()
    await page.getByRole("button", { name: "Last" }).click()
    await page.getByText("101–120 of 120").last().waitFor()
    await page.reload()
    await page.getByRole("row", { name: "Stand-up 119" }).waitFor()
    await page.getByLabel("Search").fill("up 11")
    await page.getByText("1–11 of 11").last().waitFor()
    await page.getByLabel("Search").fill("nothing like it")
    // Shown, and told to who does not see it.
    await page.locator("#main").getByText("No matching meetings.").waitFor()
    await page.getByTestId("announcement").getByText("No matching meetings.").waitFor({ state: "attached" })
  })

  it("have topics that are text, whatever they look like, as have paths, queries and bodies", async () => {
    const page = await open("#meetings")
    for (const topic of hostile) await page.getByRole("rowheader", { name: topic, exact: true }).waitFor()
    await list(await tokenOf())
    await fetch(
      `${feishu.url}/${encodeURIComponent(hostile[1]!)}?${new URLSearchParams({ [hostile[0]!]: hostile[2]! })}`,
    )
    await page.getByRole("link", { name: "Requests" }).click()
    await rowsOf(page).first().getByText(hostile[0]!).waitFor()
    await rowsOf(page).filter({ hasText: "meetings.listByNo" }).getByRole("button").click()
    await page.getByLabel("Response body").getByText("onerror").waitFor()
    assert.strictEqual(await page.title(), "Requests – Mock Feishu")
    assert.strictEqual(await page.locator("main img, main svg, main script").count(), 0)
  })

  it("open with their people and their recording, and change with the mock's clock", async () => {
    await feishu.moveClock({ set: now, frozen: true })
    await feishu.putMeetings([
      {
        id: "1",
        meeting_no: "146453285",
        topic: "Weekly sync",
        start_time: "-40m",
        end_time: "+5m",
        recording: { url: "javascript:alert(1)" },
        participants: [
          { open_id: "ou_host", is_host: true },
          {
            open_id: "ou_guest",
            is_cohost: true,
            is_external: true,
            first_join_time: "-35m",
            final_leave_time: "-5m",
            in_meeting_duration: 1_200,
          },
          { open_id: "omm_room", user_type: 2, first_join_time: "+2m" },
          { open_id: "ou_rung", status: 3 },
        ],
      },
      { id: "2", meeting_no: "146453285", topic: "Retro", start_time: "+1h" },
      {
        id: "3",
        meeting_no: "146453285",
        topic: "All hands",
        start_time: "-2h",
        end_time: "-1h",
        generate: { participants: 250 },
      },
    ])
    const page = await open("#meetings?no=146453285", { timezoneId: "UTC" })
    const row = page.getByRole("row", { name: "Weekly sync" })
    await row.getByText("Running").waitFor()
    await row.getByRole("button", { name: "Weekly sync" }).click()
    const person = (id: string) => page.locator("table.people tbody tr").filter({ hasText: id })
    await person("ou_host").getByText("08:20:00 – in the meeting").waitFor()
    assert.match(await person("ou_host").innerText(), /Host[^]*\b40$/)
    const guest = (await person("ou_guest").innerText()).split(/\s*\n\s*|\t/)
    assert.includeMembers(guest, ["08:25:00 – 08:35:00", "08:45:00 – 08:55:00", "20"])
    await person("ou_guest").getByText("Co-host").waitFor()
    await person("ou_guest").getByText("External").waitFor()
    await person("ou_rung").getByText("ringing").waitFor()
    assert.strictEqual(await person("omm_room").count(), 0)
    await page.getByText("none while the meeting is running").waitFor()

    await feishu.moveClock({ advance: "3m" })
    await person("omm_room").getByText("09:02:00 – in the meeting").waitFor()
    await person("omm_room").getByText("Room", { exact: true }).waitFor()
    await feishu.moveClock({ advance: "3m" })
    await page.getByText("Ended, 2026-01-31 09:05:00").waitFor()
    await row.getByText("Running").waitFor({ state: "detached" })
    await person("ou_host").getByText("08:20:00 – 09:05:00").waitFor()
    await person("ou_rung").getByText("did not join").waitFor()
    await page.getByText("being processed, ready at 2026-01-31 09:10:00").waitFor()
    await feishu.moveClock({ advance: "4m" })
    await page.getByText("javascript:alert(1), 45 min").waitFor()
    assert.strictEqual(await page.locator("main a[href^=javascript]").count(), 0)
    await feishu.moveClock({ set: now })
    await person("ou_host").getByText("08:20:00 – in the meeting").waitFor()

    // Its address has the meeting that is open; a meeting in the future, and a large one.
    await page.reload()
    await person("ou_host").waitFor()
    await page.getByRole("button", { name: "Retro" }).click()
    await page.getByText("Starts at 2026-01-31 10:00:00").waitFor()
    await page.getByRole("button", { name: "All hands" }).click()
    await page.getByText("and 50 more").waitFor()
    assert.strictEqual(await page.locator("table.people tbody tr").count(), 200)
    await page.getByRole("button", { name: "All hands" }).click()
    await page.locator("table.people").waitFor({ state: "detached" })
  })

  it("are added, changed and removed; what is wrong is told below its field, and nothing is sent", async () => {
    await feishu.moveClock({ set: now, frozen: true })
    const page = await open("#meetings", { timezoneId: "Asia/Shanghai" })
    const before = await page.locator("table.meetings tbody tr").count()
    await page.getByRole("button", { name: "Add a meeting" }).click()
    const form = page.getByRole("form", { name: "Add a meeting" })
    const save = form.getByRole("button", { name: "Save" })
    await form.getByLabel("Topic").fill("Retro")
    await form.getByLabel("Meeting number").fill("12")
    await form.getByLabel("End").fill("2020-01-01T00:00:00")
    await form.getByText("Participants, recording").click()
    await form.getByLabel("As in a seed").fill("{")
    await save.click()
    for (const text of ["nine digits.", "must end after it starts", "not a JSON object"]) {
      await form.getByRole("alert").filter({ hasText: text }).waitFor()
    }
    assert.strictEqual(await page.evaluate(() => document.activeElement?.getAttribute("name")), "no")
    await form.getByLabel("Meeting number").fill("146453285")
    await form.getByLabel("Start").fill("2026-01-31T15:00:00")
    await form.getByLabel("End").fill("2026-01-31T15:30:00")
    await form.getByLabel("As in a seed").fill('{ "participants": [{ "open_id": "ou_a", "is_host": true }] }')
    await save.click()
    const row = page.getByRole("row", { name: "Retro" })
    await row.waitFor()
    await page.locator("table.people").getByText("ou_a").waitFor()
    const { meetings } = (await (await fetch(`${feishu.url}/_mock/meetings?search=Retro`)).json()) as {
      meetings: ReadonlyArray<Record<string, unknown>>
    }
    assert.deepInclude(meetings[0]!, {
      meeting_no: "146453285",
      start_time: 1_769_842_800,
      end_time: 1_769_844_600,
    })

    await page.getByRole("button", { name: "Change" }).click()
    const changed = page.getByRole("form", { name: "Change" })
    assert.strictEqual(await changed.getByLabel("Start").inputValue(), "2026-01-31T15:00")
    await changed.getByLabel("Topic").fill("Retrospective")
    await changed.getByRole("button", { name: "Save" }).click()
    await page.getByRole("row", { name: "Retrospective" }).waitFor()
    await page.locator("table.people").getByText("ou_a").waitFor()
    await page.getByRole("button", { name: "Remove" }).click()
    await page.getByRole("row", { name: "Retrospective" }).waitFor({ state: "detached" })
    assert.strictEqual(await page.locator("table.meetings tbody tr").count(), before)
  })

  it("are not found by what is no meeting number, and the page says why; a link is one", async () => {
    const page = await open("#meetings")
    await page.getByLabel("Meeting number").fill("12x")
    await page.getByText("A meeting number has nine digits, and “12x” is not one.").waitFor()
    await page.getByLabel("Meeting number").fill(`https://vc.feishu.cn/j/${goodQuery.meeting_no}?from=chat`)
    await page.locator("table.meetings").waitFor()
    assert.strictEqual(await page.getByLabel("Meeting number").inputValue(), goodQuery.meeting_no)
  })

  it("are found as fast among 100,000", async () => {
    const big = await start({ generate: { numbers: 10, meetings: 10_000 } })
    const page = await open("#meetings", {}, big)
    await page.getByText("1–50 of 100,000").last().waitFor()
    assert.strictEqual(await page.locator("table.meetings tbody tr").count(), 50)
    await page.getByRole("button", { name: "Last" }).click()
    await page.getByText("99,951–100,000 of 100,000").last().waitFor()
    await page.getByLabel("Meeting number").fill(big.meetingNos[3]!)
    await page.getByText("1–50 of 10,000").last().waitFor()
  })
})

describe("the month's quota", () => {
  it("is a bar for each tenant, and off until a number of calls is set", async () => {
    const page = await open("#time")
    await page.getByText("The quota is off.").waitFor()
    const field = page.getByLabel("Calls per month and tenant")
    await field.fill("many")
    await field.blur()
    await page.getByText("Enter a number, or off.").waitFor()
    assert.strictEqual(await field.inputValue(), "many")
    await field.fill("10")
    await field.blur()
    await page.getByText("10 successful calls per tenant in 2026-01 (UTC+8).").waitFor()
    await list(await tokenOf())
    await page.getByRole("meter", { name: "Quota of the month × tenant_a" }).waitFor()
    await page.getByText("9 of 10 left").waitFor()
  })
})

/** Signs somebody in to the first app, and returns the access token. */
const signIn = async (openId: string, scopes: ReadonlyArray<string>): Promise<string> => {
  const { code } = await feishu.authorize({ client_id: feishu.appId, open_id: openId, scopes })
  const { appId: client_id, appSecret: client_secret } = feishu
  const response = await fetch(feishu.url + OAuth.userTokenPath, {
    method: "POST",
    body: JSON.stringify({ grant_type: "authorization_code", client_id, client_secret, code }),
  })
  return (await response.json()).access_token
}
const beginDevice = async (): Promise<string> => {
  const { appId, appSecret } = feishu
  const response = await fetch(feishu.url + OAuth.deviceAuthorizationPath, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${appId}:${appSecret}`).toString("base64")}` },
    body: new URLSearchParams({ client_id: appId, scope: "vc:meeting:readonly" }),
  })
  return (await response.json()).user_code
}

describe("logins", () => {
  it("are shown with account, app, scopes and end, and revoked, so that their tokens are refused", async () => {
    await feishu.moveClock({ set: now, frozen: true })
    await feishu.putUsers([
      { open_id: "ou_one", name: "张三", en_name: "San Zhang" },
      { open_id: "ou_two", name: hostile[0]!, en_name: "", status: "frozen", policy: "blocked" },
    ])
    const page = await open("#logins", { timezoneId: "UTC" })
    await page.getByText("Nobody has signed in.").getByText(`${feishu.url}${OAuth.authorizePath}`).waitFor()
    await page.getByRole("listitem").filter({ hasText: "张三 (San Zhang)" }).getByText("ou_one").waitFor()
    const odd = page.getByRole("listitem").filter({ hasText: hostile[0]! })
    await odd.getByText("frozen").waitFor()
    await odd.getByText("blocked by a policy").waitFor()

    const token = await signIn("ou_one", ["vc:meeting:readonly", "offline_access"])
    await signIn("ou_other", [])
    assert.strictEqual(await codeOf(token), 0)
    const row = page.getByRole("row", { name: "张三" })
    await row.waitFor()
    const cells = (await row.innerText()).split(/\s*[\n\t]\s*/)
    assert.includeMembers(cells, [feishu.appId, "vc:meeting:readonly offline_access", "2026-01-31 09:00"])
    await row.getByText("2026-02-07 09:00").waitFor()
    await row.getByText("renewable").waitFor()
    await page.getByRole("row", { name: "ou_other" }).getByText("2026-01-31 11:00").waitFor()
    assert.strictEqual(await page.locator("main img").count(), 0)

    await page.getByRole("button", { name: `Revoke the login of 张三 to ${feishu.appId}` }).click()
    await row.waitFor({ state: "detached" })
    await page
      .getByTestId("announcement")
      .getByText("Revoked the login of 张三")
      .waitFor({ state: "attached" })
    assert.strictEqual(await codeOf(token), 99991668)
    assert.strictEqual(await page.getByRole("row", { name: "ou_other" }).count(), 1)
  })

  it("are waited for by devices, whose codes lead to their page", async () => {
    const page = await open("#logins")
    await page.getByText("No command or device waits").waitFor()
    assert.strictEqual(
      await page.getByRole("link", { name: "Enter a code" }).getAttribute("href"),
      Authorizations.devicePath,
    )
    const code = await beginDevice()
    const link = page.getByRole("link", { name: code })
    await link.waitFor()
    const [tab] = await Promise.all([page.waitForEvent("popup"), link.click()])
    await tab.getByRole("button", { name: "Allow" }).click()
    await tab.getByRole("heading", { name: "You are signed in" }).waitFor()
    await link.waitFor({ state: "detached" })
    await page.getByRole("row", { name: feishu.appId }).waitFor()
  })
})

describe("workspaces", () => {
  it("are added, changed and removed", async () => {
    const page = await open("#workspaces")
    await page.getByLabel("Meetings of each number").fill("-1")
    await page.getByRole("button", { name: "Add a workspace" }).click()
    await page.getByText("Enter a whole number from 0 to 1,000,000.").waitFor()
    await page.getByLabel("Meetings of each number").fill("4")
    await page.getByLabel("Requests per minute").fill("7")
    await page.getByRole("button", { name: "Add a workspace" }).click()
    await page.waitForURL(/app=cli_w/)
    const appId = new URLSearchParams(new URL(page.url()).hash.split("?")[1]).get("app")!
    const own = await (await fetch(`${feishu.url}/_mock/meetings?app_id=${appId}`)).json()
    assert.strictEqual((own as { total: number }).total, 12)
    await page.getByText(`App ${appId}, scopes:`).click()
    const app = page.getByLabel("The app as in a seed")
    await app.fill((await app.inputValue()).replace(/"scopes": \[[^\]]*\]/, '"scopes": []'))
    await page.getByRole("button", { name: "Save" }).click()
    await page.getByText(`App ${appId}, scopes: 0`).waitFor()
    await page.getByRole("button", { name: `Remove ${appId}` }).click()
    await page.getByRole("listitem").filter({ hasText: appId }).waitFor({ state: "detached" })
    assert.notInclude(page.url(), appId)
    assert.strictEqual((await fetch(`${feishu.url}/_mock/clock?app_id=${appId}`)).status, 404)
  })
})

describe("the page", () => {
  it("shows on a phone what it shows elsewhere", async () => {
    await list(await tokenOf())
    const [, { logId } = { logId: "" }] = await feishu.journal()
    for (const width of [390, 1440]) {
      const page = await open("", { viewport: { width, height: 844 } })
      const row = rowsOf(page).filter({ hasText: "meetings.listByNo" })
      assert.include(await row.innerText(), logId)
      assert.match(await row.innerText(), /\d ms/)
      await page.getByRole("link", { name: "Meetings" }).click()
      await page.locator("table.meetings").waitFor()
      const meeting = await page.locator("table.meetings tbody tr").first().innerText()
      const [first] = seed.meetings
      assert.include(meeting, first!.id)
      for (const name of ["Requests", "Logins", "Faults", "Clock and limits", "Workspaces"]) {
        assert.isTrue(await page.getByRole("link", { name }).isVisible())
        const box = await page.getByRole("link", { name }).boundingBox()
        assert.isAtMost(box!.x + box!.width, width, name)
      }
    }
  })

  it("shows one workspace at a time, which its address names", async () => {
    await using own = await feishu.workspace({ rateLimit: 5 })
    const page = await open()
    await tokenOf()
    await rowsOf(page).first().waitFor()
    await page.getByLabel("Workspace").selectOption(own.appId)
    await page.getByText("No requests yet").waitFor()
    await fetch(`${feishu.url}/open-apis/auth/v3/tenant_access_token/internal`, {
      method: "POST",
      body: JSON.stringify({ app_id: own.appId, app_secret: own.appSecret }),
    })
    await page.getByText("1 request", { exact: true }).waitFor()
    await page.getByRole("link", { name: "Clock and limits" }).click()
    const limitIs = (limit: string) =>
      page.waitForFunction(
        (limit) =>
          [...document.querySelectorAll("input")].some(
            ({ labels, value }) => labels?.[0]?.textContent === "Requests per minute" && value === limit,
          ),
        limit,
      )
    await limitIs("5")
    await page.reload()
    await limitIs("5")
    await page.getByLabel("Workspace").selectOption("")
    await limitIs("100")
  })

  it("resets the mock", async () => {
    await feishu.addFault({ operation: "*", then: { code: 121001 } })
    const page = await open("#faults")
    await page.getByRole("row", { name: "all endpoints" }).waitFor()
    await page.getByRole("button", { name: "Reset" }).click()
    await page.getByText("No rules").waitFor()
  })

  it("S8 keeps the control token for its tab, and out of its address", async () => {
    const guarded = await start({ seed, now, controlToken: "let me+in&" })
    const link = await start({ seed, now, controlToken: "let-me-in" })
    const page = await open("", {}, link)
    assert.strictEqual(page.url(), `${link.url}/`)
    await page.reload()
    await page.getByText("Live", { exact: true }).waitFor()
    await page.getByRole("link", { name: "Faults" }).click()
    await page.getByText("No rules").waitFor()
    // Another mock has another token; a browser that has none is not even shown the page.
    const response = await page.request.get(`${guarded.url}/`)
    assert.deepStrictEqual([response.status(), await response.text()], [404, "404 page not found"])
    // A tab that was opened by the cookie alone asks for the token.
    const tab = await page.context().newPage()
    await tab.goto(`${link.url}/`)
    await tab.getByLabel("Control token").fill("let-me-in")
    await tab.getByRole("button", { name: "Unlock" }).click()
    await tab.getByText("Live", { exact: true }).waitFor()
  })

  it("waits for a mock that went away, and says so", async () => {
    const first = await start({ seed, now })
    const page = await open("", {}, first)
    await first.close()
    await page.getByText("The mock does not respond.").waitFor()
    await start({ seed, now, port: Number(new URL(first.url).port) })
    await page.getByText("Live", { exact: true }).waitFor()
    // That nobody answered is what a browser itself tells.
    await page.close()
    misdeeds = misdeeds.filter(
      (misdeed) => !misdeed.startsWith("console: Failed to load resource: net::ERR_"),
    )
  })

  it("is used with the keyboard alone", async () => {
    const token = await tokenOf()
    const page = await open()
    await rowsOf(page).first().waitFor()
    const focused = () =>
      page.evaluate(() => {
        const { activeElement } = document
        return activeElement?.getAttribute("aria-label") ?? activeElement?.textContent ?? ""
      })
    const tabTo = async (name: string) => {
      for (let steps = 0; steps < 40; steps++) {
        await page.keyboard.press("Tab")
        if ((await focused()).includes(name)) return
      }
      assert.fail(`the keyboard does not come to ${name}`)
    }
    await tabTo("Skip to the content")
    await page.keyboard.press("Enter")
    await tabTo("auth.tenantAccessTokenInternal")
    await page.keyboard.press("Enter")
    await page.getByLabel("Response body").waitFor()
    await tabTo("Copy as curl")
    await page.keyboard.press("Space")
    await page.getByRole("button", { name: "Copied" }).waitFor()
    await page.keyboard.press("Home")
    await page.locator("body").press("Home")
    await page.getByRole("link", { name: "Requests" }).focus()
    await tabTo("Faults")
    await page.keyboard.press("Enter")
    // Until then the keyboard goes through what was shown before.
    await page.getByRole("button", { name: "Add", exact: true }).waitFor()
    await tabTo("meetings.listByNo")
    await tabTo("Add")
    await page.keyboard.press("Enter")
    await page.getByRole("switch").waitFor()
    assert.strictEqual(await codeOf(token), 121001)
    await page.keyboard.press("Shift+Tab")
    while (!(await focused()).startsWith("Rule rule-1 active")) await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Space")
    await page.locator("tr[data-off]").waitFor()
    assert.strictEqual(await codeOf(token), 0)
  })

  it("has every text in Chinese, too, as the browser wants it, and keeps what somebody chose", async () => {
    await tokenOf("wrong")
    await feishu.addFault({ operation: "meetings.listByNo", when: { nth: 2 }, then: { network: "HTML" } })
    await list(await tokenOf())
    await signIn("ou_one", ["vc:meeting:readonly"])
    const page = await open("#requests?open=1", { locale: "zh-CN" })
    await page.getByRole("button", { name: "复制为 curl" }).waitFor()
    for (const [name, text] of [
      ["会议", "会议号"],
      ["故障", "第 2 次调用"],
      ["登录", "有效期至"],
      ["时钟与频率限制", "剩余 99 / 100"],
      ["请求", "共 4 个请求"],
    ] as const) {
      await page.getByRole("link", { name, exact: true }).click()
      await page.getByText(text).first().waitFor()
      const words = (await page.locator("body").innerText()).replaceAll(/meetings\.listByNo|o?auth\.\w+/g, "")
      assert.notMatch(
        words,
        /\b(Requests?|Meetings?|Faults?|Clock|Limits?|Reset|Search|Filter|call|none|Logins?|Account|Scopes|Until)\b/,
      )
    }
    await feishu.putMeetings([
      {
        id: "5",
        meeting_no: "337736498",
        topic: "周会",
        start_time: now - 3_600,
        end_time: now - 60,
        recording: {},
        participants: [
          { open_id: "ou_a", is_host: true },
          { open_id: "ou_b", is_cohost: true, is_external: true, status: 4 },
          { open_id: "ou_c", user_type: 6 },
        ],
        visible_to: [],
      },
    ])
    await page.goto(`${feishu.url}/#meetings?open=5`)
    await page.locator("table.people").waitFor()
    const words = await page.locator("tr.detail").innerText()
    for (const word of [
      "已结束",
      "主持人",
      "联席主持人",
      "外部",
      "电话",
      "未入会",
      "生成中",
      "同时在会最多 2 人",
    ]) {
      assert.include(words, word)
    }
    assert.notMatch(words.replaceAll(/ou_\w|GMT|UTC/g, ""), /[A-Za-z]{2}/)
    assert.strictEqual(await page.locator("html").getAttribute("lang"), "zh-CN")
    await page.getByRole("link", { name: "请求", exact: true }).click()
    await page.getByRole("button", { name: "English" }).click()
    await page.getByText("4 requests").waitFor()
    await page.reload()
    await page.getByText("4 requests").waitFor()
    assert.strictEqual(await page.locator("html").getAttribute("lang"), "en")
  })

  it("tells in its language what the mock refuses", async () => {
    const page = await open("#meetings", { locale: "zh-CN" })
    await page.getByRole("button", { name: "添加会议" }).click()
    await page.getByText("参会者、录制及其他内容").click()
    await page.getByLabel("与种子中的写法相同").fill('{ "tenant_key": "nobody", "topci": 1 }')
    await page.getByRole("button", { name: "保存" }).click()
    await page.getByRole("alert").filter({ hasText: "请求有误；0.topci：未知的键" }).waitFor()
    // The browser itself reports the refusal.
    misdeeds = misdeeds.filter((misdeed) => !misdeed.includes("400 (Bad Request)"))
  })

  const parts = [
    ["requests?open=1", "tr.detail pre"],
    ["meetings", "table.meetings"],
    ["meetings?open=7595256734720000001", "table.people"],
    ["logins", "table.logins"],
    ["faults", "table.faults"],
    ["time", "[role=meter]"],
    ["workspaces", "ul.cards"],
  ] as const
  for (const { colorScheme, width } of someOf(looks).flat()) {
    it(`has no barrier that axe knows, and no sideways scrolling, at ${width} px and ${colorScheme}`, async () => {
      const token = await tokenOf()
      await feishu.addFault({
        operation: "meetings.listByNo",
        when: { nth: 2, matching: { meeting_no: "337736498", page_token: null } },
        then: { network: "reset in mid-body" },
      })
      await signIn("ou_1a2b3c4d5e6f708192a3b4c5d6e7f809", Scopes.all)
      await beginDevice()
      const { id } = await feishu.addFault({ operation: "*", then: { delaySeconds: 1 } })
      await feishu.enableFault(id, false)
      await list(token, { ...goodQuery, page_size: "0", page_token: "x".repeat(200) })
      await list(token)
        .then((response) => response.text())
        .catch(() => "")
      await list("t-nobody")
      await fetch(`${feishu.url}/${"nowhere".repeat(30)}`)
      await feishu.putMeetings([
        {
          id: "7595256734720000001",
          meeting_no: "337736498",
          topic: "Weekly sync",
          start_time: "-1h",
          end_time: "-10m",
          recording: {},
          generate: { participants: 30 },
        },
      ])
      const page = await open("", { colorScheme, viewport: { width, height: 844 }, bypassCSP: true })
      await addAxe(page)
      for (const [hash, wanted] of parts) {
        await page.evaluate((next) => {
          location.hash = next
        }, hash)
        await page.locator(wanted).first().waitFor()
        await page.evaluate(() => {
          for (const more of document.querySelectorAll("main details")) more.setAttribute("open", "")
        })
        assert.deepStrictEqual(await barriers(page), [], `${hash} ${width} ${colorScheme}`)
        assert.isAtMost(await overhang(page), 0, hash)
      }
      const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      const [light] = /\d+/.exec(back)!
      assert.strictEqual(Number(light) > 128, colorScheme === "light")
    })
  }
})
