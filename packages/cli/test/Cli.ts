/** The real command as a child process. */
import { type ChildProcessByStdio, spawn } from "node:child_process"
import { text } from "node:stream/consumers"
import type { Readable } from "node:stream"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { bin } from "./bundle.ts"

/** What the last line says with `--summary json`. */
export interface Summary {
  readonly status: string
  readonly rows: number
  readonly meetings?: number
  readonly meetingsBefore?: number
  readonly details?: Readonly<Record<string, number>>
  readonly recordings?: Readonly<Record<string, number>>
  readonly requests: number
  readonly retries: number
  readonly waitedMs: number
  readonly duplicates: number
  readonly windows: number
  readonly ids?: { readonly asked: number; readonly written: number }
  readonly numbers: { readonly asked: number; readonly complete: number; readonly failed: number }
  readonly rowsBefore?: number
  readonly checkpoint?: string
  readonly cursor?: string
  readonly cursors?: ReadonlyArray<string>
  readonly failures?: ReadonlyArray<{
    readonly meetingNo: string
    readonly reason: string
    readonly message: string
    readonly code?: number
    readonly logId?: string
    readonly cursor: string
  }>
  readonly error?: {
    readonly reason: string
    readonly message: string
    readonly code?: number
    readonly logId?: string
  }
}

/** A home folder without anything. */
export const noHome = join(tmpdir(), "feishu-meetings-no-home")

export type Environment = Readonly<Record<string, string>>

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly lastLine: string
}

/** In front of a command, takes from root the right to write where nobody may. */
export const likeOthers =
  process.getuid?.() === 0
    ? "setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search "
    : ""

export type Child = ChildProcessByStdio<null, Readable, Readable>

/** A script that Node runs before the command. */
export const before = (script: string): Environment => ({
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}`,
})

/**
 * Makes the waits for the rate limit and before another try end at once, and the monotonic clock agree that they are
 * over: a run that goes on would else wait 65 s. Deadlines are whole seconds, or watched every 250 ms, and stay; as does the
 * tick of undici.
 */
export const impatient = before(`
  const { bigint } = process.hrtime; const later = setTimeout; let gone = 0n;
  process.hrtime.bigint = () => bigint() + gone;
  globalThis.setTimeout = (call, millis, ...rest) => {
    if (!(millis > 20) || millis % 1000 === 0 || millis === 250 || millis === 499) return later(call, millis, ...rest);
    gone += BigInt(Math.ceil(millis)) * 1_000_000n;
    return later(call, 0, ...rest);
  };`)

/** Starts the command with nothing of this process's environment but the path. */
export const start = (args: ReadonlyArray<string>, environment?: Environment): Child =>
  startProgram(process.execPath, [bin, ...args], environment)

/** Runs what a user types into a shell. */
export const shell = (script: string, environment?: Environment): Promise<Ended> => {
  const typed = script.replaceAll(/feishu-meetings(?= [a-z])/g, '"$0" "$1"')
  return ended(startProgram("sh", ["-c", typed, process.execPath, bin], environment))
}

/** Runs a script of bash, without the user's own settings. */
export const bash = (script: string): Promise<Ended> =>
  ended(startProgram("bash", ["--norc", "--noprofile", "-c", script]))

const startProgram = (program: string, args: ReadonlyArray<string>, environment: Environment = {}): Child =>
  spawn(program, args, {
    env: {
      PATH: process.env["PATH"] ?? "",
      TZ: "Asia/Shanghai",
      // Whoever runs the tests may have a configuration.
      HOME: noHome,
      // Node then compiles the sources once for all tests.
      NODE_COMPILE_CACHE: join(tmpdir(), "feishu-meetings-compile-cache"),
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  })

/** Waits for the end, reading everything. */
export const ended = async (child: Child): Promise<Ended> => {
  const [stdout, stderr, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ])
  return { code, stdout, stderr, lastLine: stderr.trimEnd().split("\n").at(-1) ?? "" }
}

/** Runs the command to its end. */
export const run = (args: ReadonlyArray<string>, environment?: Environment): Promise<Ended> =>
  ended(start(args, environment))

/** Runs the command from its sources, as a clone of the repository does. */
export const runFromSource = (args: ReadonlyArray<string>): Promise<Ended> =>
  ended(startProgram(process.execPath, [fileURLToPath(new URL("../src/bin.ts", import.meta.url)), ...args]))

/** Runs `list` with the summary as JSON. */
export const list = async (
  args: ReadonlyArray<string>,
  environment?: Environment,
): Promise<Ended & { readonly summary: Summary }> => {
  const result = await run(["list", ...args, "--summary", "json"], environment)
  return { ...result, summary: summaryOf(result) }
}

/** The summary, which is the last line; a command that broke has none, and fails the test with what it printed. */
export const summaryOf = ({ code, lastLine, stderr }: Ended): Summary => {
  if (!lastLine.startsWith("{")) throw new Error(`no summary, exit code ${code}: ${stderr}`)
  return JSON.parse(lastLine) as Summary
}

/** The ids of NDJSON. */
export const ids = (ndjson: string): Array<string> =>
  ndjson
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { readonly id: string }).id)
