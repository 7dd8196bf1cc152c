/** The command in a real terminal: a pseudo-terminal, and a screen that does what its control sequences say. */
import { type IPty, spawn } from "@lydell/node-pty"
import { Terminal } from "@xterm/headless"
import { bin } from "./bundle.ts"
import { noHome } from "./Cli.ts"

/** Of a terminal. */
export interface Options {
  readonly columns?: number
  readonly rows?: number
  readonly environment?: Readonly<Record<string, string>>
}

/** A command that runs in a terminal. */
export interface Session {
  /** What its user sees now, without the empty lines below. */
  readonly screen: () => string
  /** All that was sent to the terminal so far, control sequences included. */
  readonly sent: () => string
  /** Waits until the screen shows it. */
  readonly shows: (text: string | RegExp) => Promise<void>
  /** Types it; `\u0003` is Ctrl-C. */
  readonly type: (keys: string) => void
  /** Makes the terminal as wide as that. */
  readonly resize: (columns: number) => void
  /** Closes the terminal, as its window would be. */
  readonly hangUp: () => void
  /** Waits for the end. The exit code is 128 and the number of the signal for one that a signal ended. */
  readonly ended: Promise<{ readonly code: number; readonly screen: string; readonly sent: string }>
}

/** Starts the command there, with nothing of this process's environment but the path. */
export const start = (args: ReadonlyArray<string>, options: Options = {}): Session =>
  startProgram(process.execPath, [bin, ...args], options)

/** Runs there what a user types into a shell. */
export const shell = (script: string, options: Options = {}): Session => {
  const typed = script.replaceAll("feishu-meetings list", '"$0" "$1" list')
  return startProgram("sh", ["-c", typed, process.execPath, bin], options)
}

/** Starts a program there. */
const startProgram = (
  program: string,
  args: ReadonlyArray<string>,
  { columns = 80, environment = {}, rows = 24 }: Options,
): Session => {
  const terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 10_000 })
  const waiting = new Set<() => void>()
  let sent = ""
  const screen = (): string => {
    const { active } = terminal.buffer
    const lines = Array.from({ length: active.length }, (_, at) => {
      const line = active.getLine(at)
      const text = line?.translateToString(true) ?? ""
      return line?.isWrapped === true ? text : `\n${text}`
    })
    return lines.join("").trim()
  }
  const child = spawn(program, [...args], {
    cols: columns,
    rows,
    env: {
      PATH: process.env["PATH"] ?? "",
      TERM: "xterm-256color",
      TZ: "Asia/Shanghai",
      HOME: noHome,
      ...environment,
    },
  })
  child.onData((data) => {
    sent += data
    terminal.write(data, () => waiting.forEach((look) => look()))
  })
  const ended = new Promise<number>((resolve) => {
    child.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode))
  }).then(async (code) => {
    // The screen may be a step behind.
    await new Promise<void>((resolve) => terminal.write("", resolve))
    return { code, screen: screen(), sent }
  })
  return {
    screen,
    sent: () => sent,
    shows: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (typeof text === "string" ? !screen().includes(text) : !text.test(screen())) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        void ended.then(() => reject(new Error(`it ended without ${String(text)}:\n${screen()}`)))
        look()
      }),
    type: (keys) => child.write(keys),
    resize: (columns) => {
      terminal.resize(columns, rows)
      child.resize(columns, rows)
    },
    hangUp: () => (child as IPty & { readonly destroy: () => void }).destroy(),
    ended,
  }
}
