/** The command `feishu-mock`: its commands, and how help and mistakes are shown. */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as CommandLineMistakes from "@effect-feishu/terminal/CommandLineMistakes"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import { visible } from "@effect-feishu/terminal/VisibleText"
import { Failed, name } from "./CommandFailed.ts"
import * as contract from "./contract.ts"
import * as flags from "./flags.ts"
import * as init from "./init.ts"
import * as schema from "./schema.ts"
import { serve } from "./serve.ts"
import * as validate from "./validate.ts"

/** The command and its subcommands. `called` is the name that it was called by. */
const tree = (called: string) =>
  Command.make(called, flags.all, serve).pipe(
    Command.withDescription(
      "A mock Feishu for offline tests: it answers requests for the meetings of a meeting number, for their details and recordings, and for access tokens as Feishu does. Without a command it serves until Ctrl-C or SIGTERM.",
    ),
    Command.withExamples([
      { command: called, description: "Serve the embedded sample, and show how to call it" },
      {
        command: `${called} init && ${called} --seed feishu.yaml`,
        description: "Write a seed with every key explained, and serve it",
      },
      {
        command: `${called} --port 0 --json --rate-limit off`,
        description: "For a script: any free port, printed in a line of JSON",
      },
      {
        command: `${called} --chaos 0.1 --rate-limit 10`,
        description: "For CI: a tenth of the calls fail, and clients soon exceed the rate limit",
      },
      {
        command: `${called} --numbers 2 --meetings 5000 --now 2026-01-31T09:00:00Z`,
        description: "The same ten thousand meetings every time",
      },
    ]),
    Command.withSubcommands([
      init.command(called),
      validate.command(called),
      contract.command(called),
      schema.command(called),
    ]),
  )

/** Prints the mistake in a command line as one line, without the whole help above it. */
const presenter: CliOutput.Presenter = {
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const { meaning, remedy } = CommandLineMistakes.describe(event, {
      takes: { ...flags.takes, ...contract.takes },
      meantBy: (word) => (/^-$|\.(ya?ml|jsonc?|json5)$/i.test(word) ? `--seed ${word}` : undefined),
    })
    return Console.error(visible(`${name}: ${meaning}. ${remedy}`))
  },
}

/**
 * Runs the command. Prints why it fails, and fails with an exit code: 2 for wrong flags and seeds, 1 for everything else.
 * When it is part of another command, `called` is the name of that command followed by its own.
 */
export const run = (args: ReadonlyArray<string>, version: string, called: string = name) =>
  Command.runWith(tree(called), { version })(args).pipe(
    Effect.catchIf(CliError.isCliError, () => Effect.fail(new Failed({ exitCode: 2 }))),
    Effect.provide([
      CliOutput.layerPresenter(presenter),
      CliOutput.layer({
        ...CliOutput.defaultFormatter(),
        formatHelpDoc: (doc) => HelpText.render(doc, { ...HelpText.stdout(), flagGroups: flags.groups }),
      }),
      CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
    ]),
  )
