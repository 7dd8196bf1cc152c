import { spawn } from "node:child_process"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { feishuTest as test } from "@effect-feishu/mock-server/vitest"
import { expect, onTestFinished } from "vitest"

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const start = (env: Readonly<Record<string, string>>) =>
  spawn(process.execPath, [program], { env: { PORT: "0", ...env } })

test("the program serves until it is ended", async ({ feishu }) => {
  const server = start({
    FEISHU_APP_ID: feishu.appId,
    FEISHU_APP_SECRET: feishu.appSecret,
    FEISHU_BASE_URL: feishu.url,
  })
  onTestFinished(() => void server.kill())
  const [url] = await once(server.stdout, "data")
  const response = await fetch(String(url).trim())
  expect((await response.json()).meetings.length).toBeGreaterThan(20)
  server.kill()
  expect(await once(server, "exit")).toEqual([0, null])
})

for (const [what, env, message] of [
  ["what is missing in the environment", {}, /^Set FEISHU_APP_ID and FEISHU_APP_SECRET.*\n$/],
  [
    "that an address is no base URL",
    { FEISHU_APP_ID: "cli_a", FEISHU_APP_SECRET: "secret", FEISHU_BASE_URL: "http://feishu.example" },
    /^baseUrl: .* is not https\..*\n$/,
  ],
  [
    "that a port is not a number",
    { FEISHU_APP_ID: "cli_a", FEISHU_APP_SECRET: "secret", PORT: "web" },
    /^PORT is "web": .*\n$/,
  ],
] as const) {
  test(`it says ${what} before it serves`, async () => {
    const server = start(env)
    const [stderr, [exitCode]] = await Promise.all([text(server.stderr), once(server, "exit")])
    expect(exitCode).toBe(2)
    expect(stderr).toMatch(message)
  })
}
