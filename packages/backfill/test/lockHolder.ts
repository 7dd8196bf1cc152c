/** Another process that holds the lock of a file until it is killed. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { fileURLToPath } from "node:url"
import * as FileLock from "../src/internal/FileLock.ts"

/** Starts it, and returns when it holds the lock. */
export const start = async (file: string) => {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), file], {
    stdio: ["ignore", "pipe", "inherit"],
  })
  await once(child.stdout, "data")
  return {
    kill: async () => {
      child.kill("SIGKILL")
      await once(child, "exit")
    },
  }
}

if (import.meta.main) {
  NodeRuntime.runMain(
    Console.log("locked").pipe(
      Effect.andThen(Effect.never),
      Effect.provide(FileLock.layer(process.argv[2]!)),
    ),
  )
}
