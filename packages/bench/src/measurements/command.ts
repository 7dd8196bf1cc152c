/** How long a user of `feishu-meetings` waits: for the version, and for the first row. */
import { execFileSync, spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import { saidBy } from "../Child.ts"
import { median, medianRatio, report, roundRobin } from "../Measurement.ts"
import * as Mock from "../Mock.ts"

const at = (path: string) => fileURLToPath(new URL(`../../../../${path}`, import.meta.url))

// The command as npm would install it: bundled.
execFileSync("npx", ["--yes", "pnpm@12", "--filter", "@effect-feishu/cli", "run", "build"], { cwd: at(".") })
const command = at("packages/cli/dist/bin.js")
using mock = await Mock.serve({ kind: "mock", meetings: 1_000 })
const env = {
  ...process.env,
  FEISHU_BASE_URL: mock.url,
  FEISHU_APP_ID: mock.appId,
  FEISHU_APP_SECRET: mock.appSecret,
}

/** Returns the milliseconds from the start of Node to the first bytes on standard output. */
const firstRow = async (more: Readonly<Record<string, string>> = {}) => {
  const started = performance.now()
  const child = spawn(process.execPath, [command, "list", mock.meetingNo, "--max-items", "20"], {
    env: { ...env, ...more },
    stdio: ["ignore", "pipe", "ignore"],
  })
  const ended = once(child, "exit")
  const row = await saidBy<Buffer>("feishu-meetings list", child, (said) => child.stdout.once("data", said))
  const millis = performance.now() - started
  if (!String(row).startsWith('{"id":')) throw new Error(`the first row is ${String(row)}`)
  await ended
  return millis
}

/** Returns the milliseconds from the start of Node to its end. */
const whole = (...args: ReadonlyArray<string>) => {
  const started = performance.now()
  execFileSync(process.execPath, args, { cwd: at("packages/bench") })
  return Promise.resolve(performance.now() - started)
}

const times = await roundRobin(
  {
    nothing: () => whole("-e", "0"),
    version: () => whole(command, "--version"),
    firstRow: () => firstRow(),
    // Without the compile cache, as when the command is started for the first time.
    firstStart: () => firstRow({ NODE_DISABLE_COMPILE_CACHE: "1" }),
    sdk: () => whole("--input-type=module", "-e", `import "@larksuiteoapi/node-sdk"`),
  },
  { warmUp: 2, rounds: 15 },
)

report([
  { what: "node -e 0", value: () => median(times.nothing), unit: "ms" },
  { what: "feishu-meetings --version", value: () => median(times.version), unit: "ms" },
  {
    what: "--version / node -e 0",
    value: () => medianRatio(times.version, times.nothing),
    unit: "×",
    goal: 2,
  },
  {
    what: "feishu-meetings list: from its start to the first row",
    value: () => median(times.firstRow),
    unit: "ms",
    goal: 400,
  },
  { what: "the same, when nothing is compiled yet", value: () => median(times.firstStart), unit: "ms" },
  {
    what: "first row / node -e 0",
    value: () => medianRatio(times.firstRow, times.nothing),
    unit: "×",
    goal: 8,
  },
  { what: "only to import the official SDK", value: () => median(times.sdk), unit: "ms" },
  {
    what: "first row / import of the official SDK",
    value: () => medianRatio(times.firstRow, times.sdk),
    unit: "×",
  },
])
