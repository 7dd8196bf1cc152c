/**
 * The cost of a mock in addition to its answers: to start it, to keep it running, to reset it; and a million meetings.
 */
import { execFileSync, spawn } from "node:child_process"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { saidBy } from "../Child.ts"
import { attempt, median, medianRatio, part, takeTurns } from "../Measurement.ts"
import * as Mock from "../Mock.ts"

const megabytes = (bytes: number) => bytes / 1_000_000

const command = fileURLToPath(new URL("../../../../mock-server/dist/bin.js", import.meta.url))

/** Starts the command, and returns when it has answered its first request. */
const firstAnswer = async () => {
  const mock = spawn(process.execPath, [command, "--port", "0", "--json", "--log", "none"], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  try {
    const line = await saidBy<string>("the command", mock, (said) =>
      createInterface(mock.stdout).once("line", said),
    )
    const { url } = JSON.parse(line) as { readonly url: string }
    const { status } = await fetch(`${url}/_mock/health`)
    if (status !== 200) throw new Error(`the mock answered ${status}`)
  } finally {
    mock.kill()
  }
}

await part(() => {
  // The command as npm would install it: bundled.
  execFileSync("npx", ["--yes", "pnpm@12", "--filter", "@effect-feishu/mock-server", "run", "build"], {
    cwd: fileURLToPath(new URL("../../../../", import.meta.url)),
  })
  return takeTurns(
    { mock: firstAnswer, nothing: () => execFileSync(process.execPath, ["-e", "0"]) },
    { warmUp: 1, rounds: 9 },
  )
}, [
  {
    what: "the command, bundled: from its start to its first answer",
    value: ({ mock }) => median(mock),
    unit: "ms",
    goal: 250,
  },
  { what: "node -e 0", value: ({ nothing }) => median(nothing), unit: "ms" },
  {
    what: "its start / node -e 0",
    value: ({ mock, nothing }) => medianRatio(mock, nothing),
    unit: "×",
    goal: 8,
  },
])

// To make a fresh workspace takes as long as to fill it with meetings, so a reset is compared with that.
const thousand = { generate: { numbers: 1, meetings: 1_000 } }
await part(async () => {
  await using feishu = await startFeishuMock(thousand)
  return await takeTurns(
    {
      reset: () => feishu.reset(),
      fresh: async () => {
        await using _fresh = await feishu.workspace(thousand)
      },
    },
    { warmUp: 5, rounds: 15 },
  )
}, [
  { what: "reset of 1,000 meetings", value: ({ reset }) => median(reset), unit: "ms" },
  { what: "a fresh seed of as many", value: ({ fresh }) => median(fresh), unit: "ms" },
  { what: "reset / fresh", value: ({ fresh, reset }) => medianRatio(reset, fresh), unit: "×", goal: 2 },
])

await part(async () => {
  using kept = await Mock.serve({ kind: "mock", meetings: 10_000 })
  const pages = await Mock.pagesOf(kept)
  // After these requests the journal is full, so only a leak lets the heap grow further.
  await Mock.load(kept, pages, { amount: 20_000 })
  const early = await kept.memory()
  const late = await attempt(async () => {
    await Mock.load(kept, pages, { amount: 100_000 })
    return await kept.memory()
  })
  return { early, late }
}, [
  { what: "heap after 20,000 requests", value: ({ early }) => megabytes(early.heapUsed), unit: "MB" },
  {
    what: "growth of it by 100,000 more",
    value: ({ early, late }) => megabytes(late().heapUsed - early.heapUsed),
    unit: "MB",
    goal: 2,
  },
])

await part(async () => {
  const began = performance.now()
  using million = await Mock.serve({ kind: "mock", meetings: 1_000_000 })
  const started = performance.now() - began
  const pagesOfMillion = await Mock.pagesOf(million)
  const { rss } = await million.memory()
  const load = await attempt(async () => {
    await Mock.load(million, pagesOfMillion, { amount: 2_000 })
    return await Mock.load(million, pagesOfMillion, { amount: 10_000 })
  })
  return { started, rss, load }
}, [
  { what: "a million meetings: start, from the sources", value: ({ started }) => started, unit: "ms" },
  { what: "a million meetings: memory of the process", value: ({ rss }) => megabytes(rss), unit: "MB" },
  { what: "a million meetings: answers", value: ({ load }) => load().requestsPerSecond, unit: "requests/s" },
])
