/** How long a program with nothing but imports takes, from the start of Node to its end. */
import { execFileSync } from "node:child_process"
import { median, medianRatio, report, takeTurns } from "../Measurement.ts"
import * as Published from "../Published.ts"

using installed = Published.install()

const node = (program: string) => () => {
  execFileSync(process.execPath, ["--input-type=module", "--eval", program], { cwd: installed.folder })
}

const times = await takeTurns(
  {
    nothing: node("0"),
    core: node(`import "@effect-feishu/core"`),
    "core and its client for Node": node(`import "@effect-feishu/core"; import "@effect-feishu/core/node"`),
    "official SDK": node(`import "@larksuiteoapi/node-sdk"`),
  },
  { warmUp: 1, rounds: 12 },
)

report([
  ...Object.entries(times).map(([what, samples]) => ({
    what,
    value: () => median(samples),
    unit: "ms" as const,
  })),
  {
    what: "core and its client for Node / nothing",
    value: () => medianRatio(times["core and its client for Node"], times.nothing),
    unit: "×",
    goal: 15,
  },
])
