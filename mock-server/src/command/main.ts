/** The command as a process: its exit codes and signals. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import * as Language from "@effect-feishu/terminal/Language"
import { type Program, run } from "./feishuMock.ts"

/** The commands that check something: when one is stopped by a signal, its check has not passed. */
const checks = ["contract", "health", "validate"]

/** Runs the command with these arguments, and ends the process. */
export const main = (args: ReadonlyArray<string>, version: string, program?: Program): void => {
  const language = Language.find(Language.requestedIn(args), process.env)
  const running = run(args, version, program).pipe(
    Effect.provideService(Language.CurrentLanguage, language),
    Effect.provide(NodeServices.layer),
  )
  NodeRuntime.runMain(running, {
    // A server is stopped by a signal: that is success, not exit code 130.
    teardown: (exit, onExit) =>
      Exit.isFailure(exit) && Cause.hasInterruptsOnly(exit.cause) && !checks.includes(args[0] ?? "")
        ? onExit(0)
        : Runtime.defaultTeardown(exit, (code) => {
            // When a process exits, Node discards output that a slow reader of a pipe has not read yet.
            process.stdout.write("", () => onExit(code))
          }),
  })
}
