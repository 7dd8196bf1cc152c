/** The failures of the command: a message on standard error, and an exit code. */
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import * as Language from "@effect-feishu/terminal/Language"
import { shortened } from "@effect-feishu/terminal/Shortened"
import { visibleLines } from "@effect-feishu/terminal/VisibleText"

const words = Language.words({ en: { warning: "warning: " }, zh: { warning: "警告：" } })

/** The name of the command. Each of its messages on standard error begins with it. */
export const name = "feishu-mock"

/** The name that the command was called by, for the commands that its messages give to type. */
export const Called = Context.Reference<string>("@effect-feishu/mock-server/Called", {
  defaultValue: () => name,
})

/** The failure of the command. It carries the exit code; the message has been printed. */
export class Failed extends Data.TaggedError("Failed")<{ readonly exitCode: 1 | 2 | 4 }> {
  override readonly [Runtime.errorExitCode]: number = this.exitCode
  override readonly [Runtime.errorReported] = false
}

/** The most characters of a message: it may list many faults, and repeat any input. */
const longest = 8_000

/** Prints what went wrong, and fails. Escapes characters that control the terminal, since a message may repeat any input. */
export const tell = (message: string, exitCode: 1 | 2 | 4): Effect.Effect<never, Failed> =>
  Effect.andThen(
    Console.error(`${name}: ${visibleLines(shortened(message, longest))}`),
    Effect.fail(new Failed({ exitCode })),
  )

/** Prints a warning about something that may be a mistake. The command continues. */
export const warn = (message: string): Effect.Effect<void> =>
  Effect.flatMap(Language.say(words), ({ warning }) =>
    Console.error(`${name}: ${warning}${visibleLines(shortened(message, longest))}`),
  )
