/**
 * Measures, and prints one Markdown table: `pnpm bench`, `pnpm bench read windows`, `pnpm bench --json`. A line is
 * written when its measurement has ended, so a run that is stopped early has printed everything that was measured.
 *
 * Numbers differ from machine to machine and from hour to hour: only the ratios within one run mean anything. The exit
 * code is 1 when a cell could not be measured or its results were wrong, 129, 130 or 143 after a signal, and else 0.
 */
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import { reason } from "./Measurement.ts"
import { run } from "./Runs.ts"
import * as Table from "./Table.ts"

/** The measurements, each with the number of its processes: V8 may compile the code differently in each process. */
const measurements: Readonly<Record<string, number>> = {
  read: 3,
  windows: 1,
  details: 3,
  mock: 3,
  mockState: 1,
  command: 1,
  memory: 1,
  import: 1,
  bundle: 1,
  scale: 1,
}

const refuse = (what: string): never => {
  console.error(`${what} Measurements: ${Object.keys(measurements).join(", ")}. Flags: --json.`)
  process.exit(2)
}
const given = (() => {
  try {
    return parseArgs({ allowPositionals: true, options: { json: { type: "boolean", default: false } } })
  } catch (error) {
    // Only the first sentence of Node's message: the others explain how to pass an argument that begins with a dash.
    return refuse(`${reason(error).split(". ", 1)[0]}.`)
  }
})()
const unknown = given.positionals.filter((name) => !Object.hasOwn(measurements, name))
if (unknown.length > 0) refuse(`Unknown measurements: ${unknown.join(", ")}.`)

const stopped = new AbortController()
for (const [signal, exitCode] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.on(signal, () => {
    process.exitCode = exitCode
    stopped.abort()
  })
}
// The reader of standard output has closed it, so nothing needs to be measured any more.
process.stdout.on("error", () => stopped.abort())

const { head, line } = given.values.json ? Table.json : Table.markdown
console.log(head(`Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`))
const names = given.positionals.length > 0 ? given.positionals : Object.keys(measurements)
const isWhole = await run({
  measurements: names.map((name) => ({
    name,
    program: new URL(`./measurements/${name}.ts`, import.meta.url),
    processes: measurements[name]!,
  })),
  onResult: (result) => console.log(line(result)),
  onProcess: (name, process, processes) => console.error(`${name} (${process} of ${processes})…`),
  signal: stopped.signal,
})
if (!isWhole) process.exitCode ??= 1
