/** A client of the control plane that a public generator makes from its description: it compiles, and controls a mock. */
import { assert, afterAll, beforeAll, describe, it } from "vitest"
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import { promisify } from "node:util"
import { generateSource } from "oazapfts"
import { launch } from "./browser.ts"
import { type Started, startFeishuMock } from "../src/index.ts"
import { now, seed } from "./fixture.ts"

const modules = fileURLToPath(new URL("../node_modules", import.meta.url))
const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url))
const run = promisify(execFile)

/** What a tester would write with the generated client. */
const program = `
import { addFault, addWorkspace, clock, defaults, faults, journal, meetings, moveClock, snapshot, verify } from "./mock.ts"

export const control = async (baseUrl: string, ask: () => Promise<number>) => {
  defaults.baseUrl = baseUrl
  const rule = await addFault({ operation: "meetings.listByNo", when: { nth: 1 }, then: { status: 503 } })
  if (rule.status !== 200) throw new Error(rule.data.error)
  const statuses = [await ask(), await ask()]
  const moved = await moveClock({ advance: "1h", frozen: true })
  const time = await clock()
  const found = await meetings({ meetingNo: "337736498", limit: 1 })
  const first = found.status === 200 ? found.data.meetings[0] : undefined
  const startTime: number | undefined = first?.start_time
  const entries = await journal({ operation: "meetings.listByNo", status: 503 })
  const verdict = await verify({ calls: [{ operation: "meetings.listByNo", times: 3 }] })
  const same = await verify([{ operation: "meetings.listByNo", times: 3 }])
  const active = await faults()
  const refused = await addFault({ operation: "*", then: {} })
  const own = await addWorkspace({ seed: { generate: [{ meeting_no: "146453285", count: 2 }] }, rateLimit: 10 })
  const held = own.status === 200 ? await snapshot({ appId: own.data.appId }) : undefined
  return {
    rule: rule.data.id,
    statuses,
    isMoved: moved.status === 200 && time.status === 200 && moved.data.now === time.data.now,
    topic: first?.topic,
    startTime,
    fault: entries.status === 200 ? entries.data.map((entry) => entry.fault) : [],
    differences: [verdict, same].map((one) => (one.status === 200 ? one.data.differences.length : 0)),
    fired: active.status === 200 ? active.data.rules.map((one) => one.fired) : [],
    refused: refused.status === 400 ? refused.data.problems.length : 0,
    held: held?.status === 200 ? held.data.behaviour.rateLimit : undefined,
  }
}
`

let feishu: Started
let folder: string
beforeAll(async () => {
  feishu = await startFeishuMock({ seed, now })
  folder = await mkdtemp(join(tmpdir(), "feishu-mock-client-"))
  await mkdir(join(folder, "node_modules"))
  await symlink(join(modules, "@oazapfts"), join(folder, "node_modules/@oazapfts"))
  const document = await fetch(`${feishu.url}/_mock/openapi.json`)
  await writeFile(join(folder, "openapi.json"), await document.text())
  await writeFile(join(folder, "mock.ts"), await generateSource(join(folder, "openapi.json")))
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }))
  await writeFile(join(folder, "program.ts"), program)
  const compilerOptions = {
    target: "ES2023",
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    module: "NodeNext",
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    skipLibCheck: true,
    types: [],
  }
  await writeFile(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }))
}, 60_000)
afterAll(async () => {
  await feishu.close()
  await rm(folder, { recursive: true })
})

describe("a generated client", () => {
  it("compiles, with a type for each model", async () => {
    await run(process.execPath, [tsc, "--project", "."], { cwd: folder })
    const client = await readFile(join(folder, "mock.ts"), "utf8")
    for (const name of ["Rule", "ActiveRule", "Meeting", "JournalEntry", "Verdict", "Snapshot", "Clock"]) {
      assert.match(client, new RegExp(`^export type ${name} = `, "m"))
    }
    assert.notMatch(client, /: any\b|Encoded|_1\b/)
  })

  it("controls a mock", async () => {
    const ask = async () => (await fetch(`${feishu.url}/open-apis/vc/v1/meetings/list_by_no`)).status
    const { control } = await import(pathToFileURL(join(folder, "program.ts")).href)
    assert.deepStrictEqual(await control(feishu.url, ask), {
      rule: "rule-1",
      statuses: [503, 400],
      isMoved: true,
      topic: "third",
      startTime: now - 86_400,
      fault: ["rule-1"],
      differences: [1, 1],
      fired: [1],
      refused: 1,
      held: 10,
    })
  })
})

describe("the page of the description, in Debian's Chromium", () => {
  it("loads nothing, and leads nowhere but to Scalar's home", async () => {
    const browser = await launch()
    try {
      const page = await browser.newPage()
      const requests: Array<string> = []
      const errors: Array<string> = []
      page.on("request", (request) => {
        if (!/^(?:data|blob):/.test(request.url())) requests.push(request.url())
      })
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text())
      })
      page.on("pageerror", (error) => errors.push(error.message))
      await page.goto(`${feishu.url}/_mock/docs#tag/faults/POST/_mock/faults`)
      await page.getByRole("heading", { name: "Add a rule for failures" }).waitFor()
      await page.waitForLoadState("networkidle")
      assert.deepStrictEqual(requests, [`${feishu.url}/_mock/docs`])
      assert.deepStrictEqual(errors, [])
      const links = await page
        .locator("a[href^='http']")
        .evaluateAll((all) => all.map((link) => link.getAttribute("href")))
      const elsewhere = links.filter((link) => !link?.startsWith(feishu.url))
      assert.deepStrictEqual([...new Set(elsewhere)], ["https://www.scalar.com"])
      const shown = await page.locator("body").innerText()
      assert.include(shown, "The change of an answer: one of code, status")
      assert.notInclude(shown, "Infinity")
    } finally {
      await browser.close()
    }
  })
})
