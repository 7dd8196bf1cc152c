/**
 * Measures, and prints one Markdown table: `pnpm bench`, `pnpm bench read windows`, `pnpm bench --json`.
 *
 * Numbers differ from machine to machine and from hour to hour; the ratios of one run are what counts. The exit
 * code is not 0 only when a measurement could not be made, or its results were wrong.
 */
import { fork } from "node:child_process"
import { cpus } from "node:os"
import { parseArgs } from "node:util"
import { median, type Row } from "./Measurement.ts"

/** Each measurement, and in how many processes it runs: the compiler may turn out differently in each. */
const measurements: Readonly<Record<string, number>> = {
  read: 3,
  windows: 1,
  mock: 3,
  mockState: 1,
  command: 1,
  memory: 1,
  import: 1,
  bundle: 1,
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false } },
})
const unknown = positionals.filter((name) => !Object.hasOwn(measurements, name))
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(", ")}. Measurements: ${Object.keys(measurements).join(", ")}.`)
  process.exit(2)
}

/** What one process reports. */
const measure = (name: string): Promise<ReadonlyArray<Row>> =>
  new Promise((resolve, reject) => {
    let rows: ReadonlyArray<Row> | undefined
    const child = fork(new URL(`./measurements/${name}.ts`, import.meta.url), {
      execArgv: ["--expose-gc"],
      // What it prints is not the table.
      stdio: ["ignore", process.stderr, process.stderr, "ipc"],
    })
    child.on("message", (reported) => (rows = reported as ReadonlyArray<Row>))
    child.on("error", reject)
    child.on("exit", (code, signal) =>
      code === 0 && rows !== undefined
        ? resolve(rows)
        : reject(new Error(`${name} ended with ${code ?? signal}`)),
    )
  })

const results: Array<Row & { readonly measurement: string; readonly values: ReadonlyArray<number> }> = []
for (const name of positionals.length > 0 ? positionals : Object.keys(measurements)) {
  try {
    const processes: Array<ReadonlyArray<Row>> = []
    for (let count = 1; count <= measurements[name]!; count++) {
      console.error(`${name} (${count} of ${measurements[name]!})…`)
      processes.push(await measure(name))
    }
    for (const [index, row] of processes[0]!.entries()) {
      const ofEach = processes.map((rows) => rows[index]!.value)
      results.push({ measurement: name, ...row, value: median(ofEach), values: ofEach })
    }
  } catch (error) {
    console.error(error)
    process.exitCode = 1
  }
}

const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`
if (values.json) console.log(JSON.stringify({ machine, results }, undefined, 2))
else {
  const number = (value: number) => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)
  console.log(`${machine}\n`)
  console.log("| measurement | what | median | goal |")
  console.log("|---|---|---:|---:|")
  for (const { goal, measurement, unit, value, what } of results) {
    const met = goal === undefined ? "" : `≤ ${number(goal)} ${unit}${value <= goal ? "" : " **missed**"}`
    console.log(`| ${measurement} | ${what} | ${number(value)} ${unit} | ${met} |`)
  }
}
