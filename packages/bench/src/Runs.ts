/**
 * Runs measurements one after the other, each in processes of its own. What a process reports counts, however it ends.
 */
import { fork } from "node:child_process"
import { reason, type Row } from "./Measurement.ts"
import { combined, failed, type Result } from "./Table.ts"

/** The measurements to run, and the functions that get their results. */
export interface Options {
  /** The programs, and in how many processes each runs. */
  readonly measurements: ReadonlyArray<{
    readonly name: string
    readonly program: URL
    readonly processes: number
  }>
  /** Called with every cell, when all processes of its measurement have ended. */
  readonly onResult: (result: Result) => void
  /** Called when a process starts, with its number among the processes of the measurement. */
  readonly onProcess: (name: string, process: number, processes: number) => void
  /** Ends the running process when it aborts. What was measured is reported, and no other process starts. */
  readonly signal: AbortSignal
}

/** Runs the measurements; returns true when every cell has a value. */
export const run = async ({ measurements, onProcess, onResult, signal }: Options): Promise<boolean> => {
  let isWhole = true
  const reportResult = (result: Result) => {
    isWhole &&= result.value !== null
    onResult(result)
  }
  for (const { name, processes, program } of measurements) {
    if (signal.aborted) break
    const reported: Array<ReadonlyArray<Row>> = []
    let because: string | undefined
    for (let count = 1; count <= processes && !signal.aborted; count++) {
      onProcess(name, count, processes)
      const ended = await measure(program, signal)
      reported.push(ended.rows)
      because ??= ended.because
    }
    for (const result of combined(name, reported)) reportResult(result)
    if (because !== undefined) reportResult(failed(name, because))
  }
  return isWhole && !signal.aborted
}

/** Runs one process; returns the cells that it reports until it ends, and why it ended if that was too early. */
const measure = (
  program: URL,
  signal: AbortSignal,
): Promise<{ readonly rows: ReadonlyArray<Row>; readonly because: string | undefined }> =>
  new Promise((resolve) => {
    const rows: Array<Row> = []
    let because: string | undefined
    const child = fork(program, {
      execArgv: ["--expose-gc", "--import", new URL("./measured.ts", import.meta.url).href],
      // Its output must not get into the table on standard output.
      stdio: ["ignore", process.stderr, process.stderr, "ipc"],
    })
    const stop = () => child.kill()
    if (signal.aborted) stop()
    signal.addEventListener("abort", stop, { once: true })
    const end = (why: string | undefined) => {
      signal.removeEventListener("abort", stop)
      resolve({ rows, because: why })
    }
    child.on("message", (message) => {
      if (Array.isArray(message)) rows.push(...(message as ReadonlyArray<Row>))
      else if (typeof message === "object" && "because" in message) because = String(message.because)
    })
    child.on("error", (error) => end(reason(error)))
    const ended = (code: number | null, killedBy: NodeJS.Signals | null) => {
      if (signal.aborted) end("stopped before its end")
      else if (code === 0) end(rows.length === 0 ? "it reported nothing" : undefined)
      else
        end(
          because ??
            `it ended with ${killedBy ?? (code === 13 ? "a top-level await that never settled" : `exit code ${code}`)}`,
        )
    }
    child.on("close", (code, killedBy) => {
      // Some of its messages may not have arrived yet.
      if (child.connected) child.once("disconnect", () => ended(code, killedBy))
      else ended(code, killedBy)
    })
  })
