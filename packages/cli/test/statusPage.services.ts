/** The page of `backfill --web` in Debian's Chromium: live, in both languages, and how it looks. */
import { once } from "node:events"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { addAxe, barriers, launch, looks, overhang } from "../../../mock-server/test/browser.ts"
import { someOf } from "../../core/test/share.ts"
import * as Cli from "./Cli.ts"

/** 2026-10-01T08:00:00+08:00. */
const today = 1_790_812_800

const secret = "FakeSecretOfTheStoreAppForTests1"
const store = { app_id: "cli_store1234567", app_secret: secret, type: "store" } as const
const tenants = ["tenant_a", "tenant_b", "2ed263bf32cf1651"] as const

let browser: Awaited<ReturnType<typeof launch>>
beforeAll(async () => {
  browser = await launch()
})
afterAll(() => browser.close())

/** A folder with a planned run of three tenants, a mock that has their meetings, and the command in it. */
const place = async () => {
  const feishu = await startFeishuMock({
    seed: {
      apps: [{ ...store, scopes: ["vc:meeting:readonly"], tenants }],
      generate: tenants.map((tenant_key) => ({
        meeting_no: "337736498",
        count: 20,
        from: "2026-07-10",
        to: "2026-09-30",
        tenant_key,
      })),
    },
    now: today,
  })
  const folder = await mkdtemp(join(tmpdir(), "feishu-meetings-"))
  await writeFile(
    join(folder, "numbers.csv"),
    `meeting_no,tenant_key,app_id\n${tenants.map((tenant) => `337736498,${tenant},${store.app_id}\n`).join("")}`,
  )
  const environment: Cli.Environment = {
    FEISHU_BASE_URL: feishu.url,
    ...Cli.before(
      `const { now } = Date; const ahead = ${today * 1_000} - now(); Date.now = () => now() + ahead`,
    ),
  }
  const db = join(folder, "b.sqlite")
  const children: Array<Cli.Child> = []
  return {
    feishu,
    db,
    run: (words: ReadonlyArray<string>, more: Cli.Environment = {}) =>
      Cli.run(["backfill", ...words, "--db", db], { ...environment, ...more }),
    /** Starts the command with the page, and returns its address once it is said. */
    withPage: async (words: ReadonlyArray<string>, more: Cli.Environment = {}) => {
      const child = Cli.start(["backfill", ...words, "--db", db, "--web", "--web-port", "0"], {
        ...environment,
        ...more,
      })
      children.push(child)
      let stderr = ""
      const url = await new Promise<string>((resolve, reject) => {
        child.stderr.on("data", (data) => {
          stderr += String(data)
          const [, found] = /^(?:page: |网页：)(http\S+)$/m.exec(stderr) ?? []
          if (found !== undefined) resolve(found)
        })
        child.once("close", (code) => reject(new Error(`ended with ${code}: ${stderr}`)))
      })
      return { child, url, ended: once(child, "close"), stderr: () => stderr }
    },
    plan: () => {
      const numbers = ["--numbers-from", join(folder, "numbers.csv"), "--db", db]
      const range = ["--from", "2026-07-10", "--to", "2026-09-30"]
      return Cli.run(["backfill", "plan", ...numbers, ...range], environment)
    },
    [Symbol.asyncDispose]: async () => {
      for (const child of children) child.kill("SIGKILL")
      await feishu.close()
      await rm(folder, { recursive: true })
    },
  }
}

describe("the page of a backfill, in Debian's Chromium", () => {
  it("shows a run that another process reads, as it goes on, and says when nothing answers any more", async () => {
    await using here = await place()
    assert.strictEqual((await here.plan()).code, 0)
    const { child, ended, url } = await here.withPage(["status"])
    const context = await browser.newContext()
    const page = await context.newPage()
    const misdeeds: Array<string> = []
    page.on("console", (message) => misdeeds.push(message.text()))
    page.on("pageerror", (error) => misdeeds.push(error.message))
    await page.goto(url)
    await page.getByText("0 of 3 periods of 90 days (0%)").waitFor()
    assert.lengthOf(await page.locator("table.lanes tbody tr").all(), 3)
    const { app_ticket: ticket } = (await (
      await fetch(`${here.feishu.url}/_mock/app-tickets`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ app_id: store.app_id }),
      })
    ).json()) as { readonly app_ticket: string }
    // The secret is missing at first: the lanes wait, and the page says why.
    const credentials = { FEISHU_APP_ID: store.app_id, FEISHU_APP_TICKET: ticket }
    const waiting = await here.withPage(["run"], credentials)
    await page.getByText("no app secret for the app cli_store1234567").first().waitFor()
    waiting.child.kill("SIGTERM")
    assert.deepStrictEqual(await waiting.ended, [143, null], waiting.stderr())
    await here.run(["resume"])
    const read = await here.run(["run"], { ...credentials, FEISHU_APP_SECRET: secret })
    assert.strictEqual(read.code, 0, read.stderr)
    await page.getByText("3 of 3 periods of 90 days (100%)").waitFor()
    await page.getByRole("heading", { name: "default: done" }).waitFor()
    assert.strictEqual(
      await page.locator("progress").evaluate((bar) => (bar as HTMLProgressElement).value),
      3,
    )
    await page.getByRole("link", { name: "中文" }).click()
    await page.getByRole("heading", { name: "default: 已完成" }).waitFor()
    for (const shown of [await page.content(), await (await fetch(`${url}status.json`)).text()]) {
      assert.notInclude(shown, secret)
      assert.notInclude(shown, ticket)
    }
    child.kill("SIGINT")
    assert.deepStrictEqual(await ended, [130, null])
    await page.getByText("没有响应：命令可能已结束").waitFor()
    // What was there stays.
    assert.isTrue(await page.getByRole("heading", { name: "default: 已完成" }).isVisible())
    assert.deepStrictEqual(
      misdeeds.filter((text) => !text.includes("ERR_CONNECTION_REFUSED")),
      [],
    )
    await context.close()
  })

  for (const { colorScheme, width } of someOf(looks).flat()) {
    it(`has no barrier that axe knows, and no sideways scrolling, at ${width} px and ${colorScheme}`, async () => {
      await using here = await place()
      assert.strictEqual((await here.plan()).code, 0)
      // Without a secret each lane waits, with a reason that is long.
      const { url } = await here.withPage(["run"])
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height: 844 },
        bypassCSP: true,
      })
      const page = await context.newPage()
      for (const lang of ["en", "zh"]) {
        await page.goto(`${url}?lang=${lang}`)
        await page
          .getByText(lang === "en" ? /waits until/ : /等待至/)
          .first()
          .waitFor()
        await addAxe(page)
        assert.deepStrictEqual(await barriers(page), [], lang)
        assert.isAtMost(await overhang(page), 0, lang)
        const picture = process.env["PICTURES"]
        if (picture !== undefined)
          await page.screenshot({ path: `${picture}/${lang}-${width}-${colorScheme}.png` })
      }
      await context.close()
    })
  }
})
