import { execFile } from "node:child_process"
import { once } from "node:events"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { expect, onTestFinished, test } from "vitest"

const program = fileURLToPath(new URL("../src/main.ts", import.meta.url))
const run = (env: Readonly<Record<string, string>>) =>
  promisify(execFile)(process.execPath, [program], { env }).catch((failed) => failed)

/** A collector of OpenTelemetry, which keeps what is sent to it. */
const startCollector = async () => {
  const bodies = new Map<string, string>()
  const server = createServer(async (request, response) => {
    bodies.set(request.url!, (bodies.get(request.url!) ?? "") + (await text(request)))
    response.end("{}")
  }).listen(0, "127.0.0.1")
  await once(server, "listening")
  onTestFinished(() => void server.close())
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

test("the program writes a line for each meeting, and sends spans, metrics and logs", async () => {
  await using feishu = await startFeishuMock({
    seed: { generate: [{ meeting_no: "337736498", count: 120, from: "-29d" }] },
  })
  const collector = await startCollector()
  const folder = await mkdtemp(join(tmpdir(), "effect-opentelemetry-"))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { stdout } = await run({
    FEISHU_APP_ID: feishu.appId,
    FEISHU_APP_SECRET: feishu.appSecret,
    FEISHU_BASE_URL: feishu.url,
    FEISHU_MEETING_NOS: "337736498",
    OUTPUT: join(folder, "meetings.ndjson"),
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: "export",
  })
  expect(stdout).toMatch(/^120 meetings of 1 numbers were written$/m)
  const lines = (await readFile(join(folder, "meetings.ndjson"), "utf8")).trim().split("\n")
  expect(new Set(lines.map((line) => JSON.parse(line).id)).size).toBe(120)

  const {
    "/v1/logs": logs,
    "/v1/metrics": metrics,
    "/v1/traces": traces,
  } = Object.fromEntries(collector.bodies)
  for (const name of ["exportMeetings", "MeetingSink.write", "FeishuClient.call"])
    expect(traces).toContain(name)
  for (const name of ["export.meetings", "http.client.request.duration"]) expect(metrics).toContain(name)
  expect(logs).toContain("337736498 is complete: 120 meetings")
  for (const sent of [logs, metrics, traces]) {
    expect(sent).toContain('"export"')
    expect(sent).not.toContain(feishu.appSecret)
  }
})

test("what is wrong in the environment is said in one line", async () => {
  const app = { FEISHU_APP_ID: "cli_a", FEISHU_APP_SECRET: "secret", FEISHU_MEETING_NOS: "337736498" }
  const [missing, wrong] = await Promise.all([
    run(app),
    run({ ...app, FEISHU_BASE_URL: "http://feishu.example", OUTPUT: join(tmpdir(), "not-written.ndjson") }),
  ])
  expect(missing).toMatchObject({ code: 1, stderr: "OUTPUT: it is not set. README.md says what to set.\n" })
  expect(wrong).toMatchObject({ code: 1, stderr: expect.stringMatching(/^baseUrl: .* is not https\..*\n$/) })
})
