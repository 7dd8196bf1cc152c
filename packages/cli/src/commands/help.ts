/** The command `help`: another way to write the flag `--help`. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Language from "../language/Language.ts"

const words = Language.words({
  en: {
    description: "Show the help of a command",
    command: "The command, such as list, or backfill plan; without it, the help of feishu-meetings",
    example: "The help of list",
  },
  zh: {
    description: "显示命令的帮助",
    command: "命令，例如 list 或 backfill plan；不给出时显示 feishu-meetings 的帮助",
    example: "list 的帮助",
  },
})

/** Makes the command. It needs no handler: `asFlag` replaces it. */
export const help = (language: Language.Language) => {
  const say = words[language]
  return Command.make("help", {
    command: Argument.variadic(Argument.String("command")).pipe(Argument.withDescription(say.command)),
  }).pipe(
    Command.withDescription(say.description),
    Command.withExamples([{ command: "feishu-meetings help list", description: say.example }]),
  )
}

/** The flags with a value that may come before a command. */
const valued = ["--lang", "--timezone"]

/**
 * Returns the arguments with the flag in place of the command: `help list` as `list --help`. The name of a command that there is not is
 * left to be refused.
 */
export const asFlag = (args: ReadonlyArray<string>, root: Command.Command.Any): ReadonlyArray<string> => {
  const at = args.findIndex((arg, index) => !arg.startsWith("-") && !valued.includes(args[index - 1] ?? ""))
  if (args[at] !== "help") return args
  const others = args.toSpliced(at, 1)
  const name = args[at + 1]
  const isKnown = root.subcommands.some(({ commands }) => commands.some((command) => command.name === name))
  return name === undefined || name.startsWith("-") || isKnown ? [...others, "--help"] : others
}
