import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { feishuTest as test } from "@effect-feishu/mock-server/vitest"
import { expect } from "vitest"

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const run = (env: Readonly<Record<string, string>>) =>
  promisify(execFile)(process.execPath, [program, "337736498"], { env }).catch((failed) => failed)

test("the program prints a line for everybody", async ({ feishu }) => {
  const { stdout } = await run({
    FEISHU_APP_ID: feishu.appId,
    FEISHU_APP_SECRET: feishu.appSecret,
    FEISHU_BASE_URL: feishu.url,
  })
  expect(stdout).toMatch(/^(\w+ \d+\n){10,}$/)
})

test("what is missing in the environment is said in one line", async () => {
  const { code, stderr } = await run({})
  expect(code).toBe(2)
  expect(stderr).toMatch(/^Set FEISHU_APP_ID and FEISHU_APP_SECRET.*\n$/)
})

test("an address that is no base URL is said in one line", async () => {
  const app = { FEISHU_APP_ID: "cli_a", FEISHU_APP_SECRET: "secret" }
  const { code, stderr } = await run({ ...app, FEISHU_BASE_URL: "http://feishu.example" })
  expect(code).toBe(1)
  expect(stderr).toMatch(/^baseUrl: .* is not https\..*\n$/)
})
