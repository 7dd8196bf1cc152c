/** Measurements in processes of their own, one after the other; what each has reported counts, however it ends. */
import { fork } from "node:child_process"
import { reason, type Row } from "./Measurement.ts"
import { combined, failed, type Result } from "./Table.ts"

/** What to measure, and whom to tell. */
export interface Options {
  /** The programs, and in how many processes each runs. */
  readonly measurements: ReadonlyArray<{
    readonly name: string
    readonly program: URL
    readonly processes: number
  }>
  /** Told of every cell, when all processes of its measurement have ended. */
  readonly onResult: (result: Result) => void
  readonly onProcess: (name: string, process: number, processes: number) => void
  /** Ends the process that runs; what was measured is told, and nothing more begins. */
  readonly signal: AbortSignal
}

/** Whether every cell has its value. */
export const run = async ({ measurements, onProcess, onResult, signal }: Options): Promise<boolean> => {
  let isWhole = true
  const tell = (result: Result) => {
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
    for (const result of combined(name, reported)) tell(result)
    if (because !== undefined) tell(failed(name, because))
  }
  return isWhole && !signal.aborted
}

/** What one process reports until it ends, and why it ended if that was too early. */
const measure = (
  program: URL,
  signal: AbortSignal,
): Promise<{ readonly rows: ReadonlyArray<Row>; readonly because: string | undefined }> =>
  new Promise((resolve) => {
    const rows: Array<Row> = []
    let because: string | undefined
    const child = fork(program, {
      execArgv: ["--expose-gc", "--import", new URL("./measured.ts", import.meta.url).href],
      // What it prints is not the table.
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
            `it ended with ${killedBy ?? (code === 13 ? "something that never came" : `exit code ${code}`)}`,
        )
    }
    child.on("close", (code, killedBy) => {
      // There may still be messages on their way.
      if (child.connected) child.once("disconnect", () => ended(code, killedBy))
      else ended(code, killedBy)
    })
  })
