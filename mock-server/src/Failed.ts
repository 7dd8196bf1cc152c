/** How the command fails: in words, and with an exit code. */
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import { shortened } from "@effect-feishu/terminal/Shortened"

/** The name of the command, before each of its lines on standard error. */
export const name = "feishu-mock"

/** The command could not do its work. What went wrong has been told; 1, 2 or 4 is left to be the exit code. */
export class Failed extends Data.TaggedError("Failed")<{ readonly exitCode: 1 | 2 | 4 }> {
  override readonly [Runtime.errorExitCode]: number = this.exitCode
  override readonly [Runtime.errorReported] = false
}

/** A message lists faults, and repeats what was given; more than this nobody reads. */
const longest = 8_000

/** Tells what went wrong, and fails. */
export const tell = (message: string, exitCode: 1 | 2 | 4): Effect.Effect<never, Failed> =>
  Effect.andThen(
    Console.error(`${name}: ${shortened(message, longest)}`),
    Effect.fail(new Failed({ exitCode })),
  )
