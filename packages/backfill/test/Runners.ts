/** Runners of a backfill as processes of their own, which can be killed, frozen and started again. */
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { createInterface } from "node:readline"
import { fileURLToPath } from "node:url"
import { bundleProgram } from "@effect-feishu/bundle/applications"
import type { Plan, Timing } from "./runner.ts"

/** What a runner is started with. */
export interface Options {
  readonly db: string
  readonly listen?: string | undefined
  readonly run: string
  readonly timing: Timing
  readonly baseUrl: string
  /** The secrets of the apps by their ids, and the tickets of store apps. */
  readonly apps: Readonly<Record<string, { readonly appSecret: string; readonly ticket?: string }>>
  readonly env?: Readonly<Record<string, string>> | undefined
}

/** A process that reads until its run is done. */
export interface Runner {
  /** The lanes that it has begun to read, by their ids, as far as no other runner was seen to begin with them. */
  readonly lanes: Set<string>
  /** Everything that it has printed. */
  readonly output: () => string
  readonly signal: (signal: NodeJS.Signals) => void
  /** Resolves with its exit code; `null` if a signal ended it. */
  readonly ended: Promise<number | null>
  readonly hasEnded: () => boolean
}

/** Starts runners one after the other, and ends those that are left. */
export const make = async () => {
  const folder = mkdtempSync(join(tmpdir(), "effect-feishu-runner-"))
  const program = join(folder, "runner.cjs")
  await bundleProgram(fileURLToPath(new URL("runner.ts", import.meta.url)), program)
  const all: Array<Runner & { readonly child: ChildProcess }> = []
  const listeners = new Set<() => void>()
  const start = (options: Options, plan?: Plan): Runner => {
    const { apps, baseUrl, db, env, listen, run, timing } = options
    const args = [
      "--db",
      db,
      "--run",
      run,
      ...(listen === undefined ? [] : ["--listen", listen]),
      ...(plan === undefined ? [] : ["--plan", JSON.stringify(plan)]),
    ]
    const child = spawn(process.execPath, [program, ...args], {
      env: {
        PATH: process.env["PATH"],
        // A process stores what it has compiled when it ends by itself, as the one that plans does.
        NODE_COMPILE_CACHE: join(folder, "cache"),
        APPS: JSON.stringify(apps),
        BASE_URL: baseUrl,
        TIMING: JSON.stringify(timing),
        ...env,
      },
      stdio: ["ignore", "pipe", "pipe"],
    })
    const lines: Array<string> = []
    const lanes = new Set<string>()
    for (const stream of [child.stdout, child.stderr]) {
      createInterface(stream).on("line", (line) => {
        lines.push(line)
        const [, does, lane = ""] = /^(reads|leaves) (\S+)$/.exec(line) ?? []
        if (does === undefined) return
        for (const { lanes: others } of does === "reads" ? all : [runner]) others.delete(lane)
        if (does === "reads") lanes.add(lane)
        for (const look of listeners) look()
      })
    }
    const runner = {
      child,
      lanes,
      output: () => lines.join("\n"),
      signal: (signal: NodeJS.Signals) => void child.kill(signal),
      ended: once(child, "close").then(([code]) => code as number | null),
      hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    }
    all.push(runner)
    return runner
  }
  return {
    /** Every runner so far. */
    all: all as ReadonlyArray<Runner>,
    start: (options: Options): Runner => start(options),
    /** Stores a plan. */
    plan: async (options: Options, plan: Plan): Promise<void> => {
      const planning = start(options, plan)
      if ((await planning.ended) !== 0) throw new Error(planning.output())
    },
    /** Resolves when this is true, at first or when a runner begins or ceases to read a lane. */
    until: (isIt: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        const look = () => {
          if (!isIt()) return
          listeners.delete(look)
          resolve()
        }
        listeners.add(look)
        look()
      }),
    [Symbol.asyncDispose]: async () => {
      for (const { child, hasEnded } of all) if (!hasEnded()) child.kill("SIGKILL")
      await Promise.all(all.map(({ ended }) => ended))
      rmSync(folder, { recursive: true })
    },
  }
}
