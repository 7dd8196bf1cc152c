/** The built site: its pages, its links, its search, and how it looks in Debian's Chromium. */
import { execFile } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { posix } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import type { Browser, BrowserContext, Page } from "playwright-core"
import { afterAll, afterEach, assert, beforeAll, beforeEach, describe, it } from "vitest"
import { ErrorCodes } from "@effect-feishu/contract"
import { addAxe, barriers, launch, looks, overhang } from "../../mock-server/test/browser.ts"
import { someOf } from "../../packages/core/test/share.ts"
import { built, serve } from "./serve.ts"

const source = fileURLToPath(new URL("../src/content/docs/", import.meta.url))

const filesIn = (folder: string, end: string): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(end))

/** The HTML of each page, by its path: `/errors/121005/`. */
const pages = new Map<string, string>()
let site: Awaited<ReturnType<typeof serve>>
let browser: Browser
beforeAll(async () => {
  await promisify(execFile)("pnpm", ["run", "docs"], {
    cwd: fileURLToPath(new URL("../../", import.meta.url)),
    // As a terminal has it: vitest's own variables would make the site that is shown while pages are written.
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"] },
  })
  for (const file of filesIn(built, ".html")) {
    pages.set(`/${file.replace(/index\.html$/, "")}`, readFileSync(`${built}${file}`, "utf8"))
  }
  site = await serve()
  browser = await launch()
}, 240_000)
afterAll(async () => {
  await browser.close()
  await site[Symbol.asyncDispose]()
})

/** What pages did that they must not do, whatever the test is about. */
let misdeeds: Array<string>
let context: BrowserContext
let page: Page
beforeEach(async () => {
  misdeeds = []
  context = await browser.newContext({ viewport: { width: 1440, height: 900 }, colorScheme: "light" })
  context.setDefaultTimeout(15_000)
  page = await context.newPage()
  page.on("console", (message) => {
    // The page for what is not there is answered with 404, as it should be.
    if (!message.text().includes("404 (Not Found)")) misdeeds.push(`console: ${message.text()}`)
  })
  page.on("pageerror", (error) => misdeeds.push(`error: ${error.message}`))
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url())
    if (origin !== site.origin && protocol !== "data:" && protocol !== "blob:") misdeeds.push(request.url())
  })
})
afterEach(async () => {
  await context.close()
  assert.deepStrictEqual(misdeeds, [])
})

describe("pages", () => {
  it("have content, each", () => {
    const empty = Array.from(pages).filter(([, html]) =>
      html.includes('<div class="sl-markdown-content"></div>'),
    )
    assert.deepStrictEqual(
      empty.map(([path]) => path),
      [],
    )
  })

  it("exist in both languages; those of modules, which are made from the code, in English alone, and say so", () => {
    const files = filesIn(source, ".md")
    const english = files.filter((file) => !file.startsWith("zh-cn/") && file !== "404.md")
    const alone = english.filter((file) => !files.includes(`zh-cn/${file}`))
    assert.deepStrictEqual(
      alone.filter((file) => !/^reference\/(?:backfill|contract|core|mock-server|promise)\//.test(file)),
      [],
    )
    for (const file of alone) {
      const path = `/zh-cn/${file.replace(/index\.md$|\.md$/, (end) => (end === ".md" ? "/" : ""))}`
      assert.include(pages.get(path), "本页由代码生成，目前只有英文。", path)
    }
    assert.deepStrictEqual(
      files.filter((file) => file.startsWith("zh-cn/") && !files.includes(file.slice("zh-cn/".length))),
      [],
    )
  })

  it("link to what is there: every page, anchor and file", () => {
    const anchors = new Map<string, ReadonlySet<string>>()
    const anchorsOf = (path: string) => {
      const found =
        anchors.get(path) ??
        new Set(Array.from(pages.get(path)!.matchAll(/ id="([^"]*)"/g), ([, id]) => decodeURIComponent(id!)))
      anchors.set(path, found)
      return found
    }
    const files = new Set(filesIn(built, "").map((file) => `/${file}`))
    const broken = new Set<string>()
    for (const [from, html] of pages) {
      for (const [, attribute] of html.matchAll(/ (?:href|src)="([^"]*)"/g)) {
        const url = attribute!.replaceAll("&amp;", "&").replaceAll("&#38;", "&")
        if (/^(?:https?:|data:|mailto:)/.test(url)) continue
        const [target = "", hash] = url.split("#")
        const path = decodeURI(target === "" ? from : posix.join(target.startsWith("/") ? "/" : from, target))
        if (!pages.has(path) && !files.has(path)) broken.add(`${from}: ${url}`)
        // The top of a page is always there.
        else if (hash !== undefined && hash !== "_top" && !anchorsOf(path).has(decodeURIComponent(hash))) {
          broken.add(`${from}: ${url}`)
        }
      }
    }
    assert.deepStrictEqual(Array.from(broken), [])
  })

  it("load nothing from elsewhere", () => {
    const foreign = Array.from(pages).flatMap(([path, html]) =>
      Array.from(
        html.matchAll(/<(?:script|link|img|iframe|source|video)[^>]* (?:src|href)="(?:https?:)?\/\/[^"]*"/g),
        ([tag]) => `${path}: ${tag}`,
      ),
    )
    assert.deepStrictEqual(foreign, [])
    for (const file of filesIn(`${built}_astro`, ".css")) {
      assert.notMatch(readFileSync(`${built}_astro/${file}`, "utf8"), /url\(["']?(?:https?:)?\/\//, file)
    }
  })

  it("are there for each code of the contract, with what it means and what to do", () => {
    for (const { code } of ErrorCodes.catalogue) {
      for (const folder of ["/", "/zh-cn/"])
        assert.include(pages.get(`${folder}errors/${code}/`), String(code))
    }
  })

  it("are listed in llms.txt, as Markdown that is there, and together in llms-full.txt", () => {
    const index = readFileSync(`${built}llms.txt`, "utf8")
    const links = Array.from(index.matchAll(/\]\(\/([^)]*)\)/g), ([, path]) => path!)
    assert.isAbove(links.length, 100)
    for (const link of links) assert.isNotEmpty(readFileSync(`${built}${link}`, "utf8"), link)
    const code = readFileSync(`${built}errors/121005.md`, "utf8")
    assert.match(code, /^# 121005: /)
    assert.include(code, "](/errors/permission-denied.md)")
    const whole = readFileSync(`${built}llms-full.txt`, "utf8")
    assert.include(whole, readFileSync(`${built}errors/permission-denied.md`, "utf8"))
    assert.notInclude(whole, "file=<rootDir>")
  })
})

describe("the search", () => {
  /** Opens the search of a page, types, and returns the paths of the first results. */
  const search = async (text: string, from = "/"): Promise<ReadonlyArray<string>> => {
    await page.goto(`${site.origin}${from}`)
    await page.keyboard.press("Control+k")
    await page.locator("#starlight__search input").pressSequentially(text)
    const results = page.locator(".pagefind-ui__result-title > .pagefind-ui__result-link")
    await results.first().waitFor()
    return results.evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).pathname))
  }

  it.each([
    ["/", "121005", "/errors/121005/"],
    ["/", "99991400", "/errors/99991400/"],
    ["/", "RateLimited", "/errors/rate-limited/"],
    ["/", "SignInRequired", "/errors/sign-in-required/"],
    ["/", "the app or user may not read this meeting", "/errors/121005/"],
    ["/", "the refresh token was revoked", "/errors/20064/"],
    ["/", "--keep-going", "/reference/feishu-meetings/list/"],
    ["/", "readAhead", "/reference/core/meetings/"],
    ["/zh-cn/", "121005", "/zh-cn/errors/121005/"],
    ["/zh-cn/", "频率限制", "/zh-cn/errors/99991400/"],
    ["/zh-cn/", "会议号", "/zh-cn/reference/feishu-meetings/list/"],
    ["/zh-cn/", "应用或用户无权读取该会议", "/zh-cn/errors/121005/"],
    ["/zh-cn/", "RateLimited", "/zh-cn/errors/rate-limited/"],
    ["/zh-cn/", "--keep-going", "/zh-cn/reference/feishu-meetings/list/"],
  ])("from %s for %s finds %s", async (from, text, expected) => {
    assert.include((await search(text, from)).slice(0, 5), expected)
  })

  it("says in Chinese where Chinese is found", async () => {
    await page.goto(site.origin)
    await page.keyboard.press("Control+k")
    await page.locator("#starlight__search input").pressSequentially("频率限制")
    await page.getByText("请先切换到简体中文").waitFor()
  })
})

describe("a page", () => {
  /** The first page of a folder that is written by hand. */
  const firstOf = (folder: string) =>
    filesIn(source, ".md")
      .filter((file) => file.startsWith(folder))
      .toSorted()
      .slice(0, 1)
      .map((file) => file.replace(".md", "/"))
  const kinds = [
    "",
    ...firstOf("guide/"),
    ...firstOf("how-to/"),
    ...firstOf("decisions/"),
    "errors/",
    "errors/121005/",
    "faults/",
    "benchmarks/",
    "reference/",
    "reference/core/retry/",
    "reference/feishu-meetings/errors/",
    "nowhere/",
  ]

  it.each(kinds.flatMap((kind, turn) => [["/", kind, turn] as const, ["/zh-cn/", kind, turn + 1] as const]))(
    "%s%s has no barrier that axe knows, and no sideways scrolling, at 390 and 1440 px, light and dark",
    async (folder, kind, turn) => {
      await page.goto(`${site.origin}${folder}${kind}`)
      await addAxe(page)
      const widths = new Set<number>()
      for (const { colorScheme, width } of someOf(looks, turn).flat()) {
        await page.setViewportSize({ width, height: 900 })
        await page.evaluate((theme) => {
          document.documentElement.dataset["theme"] = theme
        }, colorScheme)
        // The colours are all that another theme changes.
        const rules = widths.has(width) ? ["color-contrast"] : undefined
        widths.add(width)
        assert.deepStrictEqual(await barriers(page, rules), [], `${width} ${colorScheme}`)
        assert.strictEqual(await overhang(page), 0, `${width} ${colorScheme}`)
      }
    },
  )
})
