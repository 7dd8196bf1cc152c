/** The command as a process: its exit codes and signals. */
import { readFileSync } from "node:fs"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import { run } from "./command.ts"

/** Runs it with the arguments of the process. */
export const main = (manifest: URL): void => {
  const { version }: { version: string } = JSON.parse(readFileSync(manifest, "utf8"))
  NodeRuntime.runMain(
    run(process.argv.slice(2), version, manifest).pipe(Effect.provide(NodeServices.layer)),
    {
      // A signal is how one stops a server: that is success, not 130. Checks that were stopped are none that passed.
      teardown: (exit, onExit) =>
        Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) && process.argv[2] !== "contract"
          ? onExit(0)
          : Runtime.defaultTeardown(exit, onExit),
    },
  )
}
