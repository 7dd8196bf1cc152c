/** Debian's Chromium, as the tests drive it, and axe in it. */
import { existsSync } from "node:fs"
import axe from "axe-core"
import { type Browser, chromium, type Page } from "playwright-core"

/** The one without a window needs half of the processor's time. */
const programs = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"]

/** Starts the browser, which must be there, or the tests fail. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: programs.find((path) => existsSync(path)) ?? programs[0]!,
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  })

/** Puts axe into a page, as the developer tools do it. The page's own policy would not have it: its context bypasses the policy. */
export const addAxe = (page: Page): Promise<unknown> => page.addScriptTag({ content: axe.source })

/** What axe finds wrong with a page: each rule, and the elements that break it. All rules are tried, unless some are named. */
export const barriers = (page: Page, rules?: Array<string>): Promise<ReadonlyArray<ReadonlyArray<string>>> =>
  page.evaluate(async (rules) => {
    const { run } = (globalThis as unknown as { axe: typeof axe }).axe
    // Else it describes each element that passes, too, which takes most of its time.
    const only = { resultTypes: ["violations"] } satisfies axe.RunOptions
    const results = await run(rules === undefined ? only : { ...only, runOnly: rules })
    return results.violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])
  }, rules)

/** By how many pixels a page is wider than its window. */
export const overhang = (page: Page): Promise<number> =>
  page.evaluate(() => document.documentElement.scrollWidth - innerWidth)

/** The widths and themes in which pages are looked at: each pair has both of each. */
export const looks = [
  [
    { width: 390, colorScheme: "light" },
    { width: 1440, colorScheme: "dark" },
  ],
  [
    { width: 1440, colorScheme: "light" },
    { width: 390, colorScheme: "dark" },
  ],
] as const
