/** The command as a process: its exit codes and signals. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import { run } from "./feishuMock.ts"

/** What these commands have looked at passed only if they came to the end. */
const checks = ["contract", "validate"]

/** Runs it with these arguments, and ends the process. `called` is its name, where that is another than its own. */
export const main = (args: ReadonlyArray<string>, version: string, called?: string): void => {
  NodeRuntime.runMain(run(args, version, called).pipe(Effect.provide(NodeServices.layer)), {
    // A signal is how one stops a server: that is success, not 130.
    teardown: (exit, onExit) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) && !checks.includes(args[0] ?? "")
        ? onExit(0)
        : Runtime.defaultTeardown(exit, (code) => {
            // Node drops what a slow reader of a pipe has not taken yet when a process is ended.
            process.stdout.write("", () => onExit(code))
          }),
  })
}
