/** The command `completions`: prints a script with which a shell completes commands, flags and their values. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Completions from "effect/cli/Completions"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Language from "../language/Language.ts"

const name = "feishu-meetings"

const words = Language.words({
  en: {
    description: "Print a shell completion script",
    shell: "bash, zsh or fish",
    bash: "Put this line into ~/.bashrc",
    zsh: "Run once; new shells then complete",
    fish: "Run once; new shells then complete",
  },
  zh: {
    description: "输出 shell 的补全脚本",
    shell: "bash、zsh 或 fish",
    bash: "将此行写入 ~/.bashrc",
    zsh: "运行一次，新开的 shell 即可补全",
    fish: "运行一次，新开的 shell 即可补全",
  },
})

/** Flags that take the name of a file: shells complete file names after them. */
const files = ["output", "checkpoint", "numbers-from", "ids-from", "app-secret-file", "access-token-file"]

/** Makes the command; `root` is the command that it completes, and that it is a part of. */
export const completions = (language: Language.Language, root: () => Root) => {
  const say = words[language]
  return Command.make(
    "completions",
    {
      shell: Argument.Literals("shell", ["bash", "zsh", "fish"]).pipe(Argument.withDescription(say.shell)),
    },
    ({ shell }) => Effect.suspend(() => Console.log(script(shell, root()))),
  ).pipe(
    Command.withDescription(say.description),
    Command.withExamples([
      { command: `source <(${name} completions bash)`, description: say.bash },
      { command: `${name} completions zsh > "\${fpath[1]}/_${name}"`, description: say.zsh },
      {
        command: `${name} completions fish > ~/.config/fish/completions/${name}.fish`,
        description: say.fish,
      },
    ]),
  )
}

/** The whole command, and the flags that each of its commands takes in addition to its own. */
export interface Root {
  readonly command: Command.Command.Any
  readonly globalFlags: ReadonlyArray<GlobalFlag.GlobalFlag<unknown>>
}

const script = (shell: Completions.Shell, { command, globalFlags }: Root): string => {
  const flags = [GlobalFlag.Help, GlobalFlag.Version, ...globalFlags].map(({ flag }) => flag)
  const everywhere = Completions.fromCommand(Command.make("every", { flags })).flags
  const complete = (descriptor: Completions.CommandDescriptor): Completions.CommandDescriptor => ({
    ...descriptor,
    flags: [...descriptor.flags, ...everywhere].map((flag) =>
      files.includes(flag.name) ? { ...flag, type: { _tag: "Path", pathType: "file" } } : flag,
    ),
    subcommands: descriptor.subcommands.map(complete),
  })
  const text = Completions.generate(name, shell, complete(Completions.fromCommand(command)))
  // The comment of Effect's script names Effect's own flag.
  return text.replaceAll(`${name} --completions`, `${name} completions`).trimEnd()
}
