/** How the command fails: in words, and with an exit code. */
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import { shortened } from "@effect-feishu/terminal/Shortened"
import { visibleLines } from "@effect-feishu/terminal/VisibleText"

/** The name of the command, before each of its lines on standard error. */
export const name = "feishu-mock"

/** The command could not do its work. What went wrong has been told; 1, 2 or 4 is left to be the exit code. */
export class Failed extends Data.TaggedError("Failed")<{ readonly exitCode: 1 | 2 | 4 }> {
  override readonly [Runtime.errorExitCode]: number = this.exitCode
  override readonly [Runtime.errorReported] = false
}

/** A message lists faults, and repeats what was given; more than this nobody reads. */
const longest = 8_000

/** Tells what went wrong, and fails. What was given may hold anything, and does not act on the terminal. */
export const tell = (message: string, exitCode: 1 | 2 | 4): Effect.Effect<never, Failed> =>
  Effect.andThen(
    Console.error(`${name}: ${visibleLines(shortened(message, longest))}`),
    Effect.fail(new Failed({ exitCode })),
  )

/** Tells what may not be meant, and goes on. */
export const warn = (message: string): Effect.Effect<void> =>
  Console.error(`${name}: warning: ${visibleLines(shortened(message, longest))}`)
