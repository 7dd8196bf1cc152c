/** The command `feishu-mock`: its commands, and how help and mistakes are shown. */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as CommandLineMistakes from "@effect-feishu/terminal/CommandLineMistakes"
import * as Language from "@effect-feishu/terminal/Language"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import { visible } from "@effect-feishu/terminal/VisibleText"
import { Called, Failed, name } from "./CommandFailed.ts"
import * as contract from "./contract.ts"
import * as flags from "./flags.ts"
import * as health from "./health.ts"
import * as init from "./init.ts"
import * as licenses from "./licenses.ts"
import * as schema from "./schema.ts"
import { serve } from "./serve.ts"
import * as validate from "./validate.ts"

const words = Language.words({
  en: {
    description:
      "A mock Feishu for offline tests: it answers requests for the meetings of a meeting number, for their details and recordings, and for access tokens as Feishu does. Without a command it serves until Ctrl-C or SIGTERM.",
    sample: "Serve the embedded sample, and show how to call it",
    init: "Write a seed with every key explained, and serve it",
    script: "For a script: any free port, printed in a line of JSON",
    ci: "For CI: a tenth of the calls fail, and clients soon exceed the rate limit",
    same: "The same ten thousand meetings every time",
    mistake: (meaning: string, remedy: string) => `${meaning}. ${remedy}`,
  },
  zh: {
    description:
      "模拟飞书，用于离线测试：像飞书一样响应按会议号查询会议、会议详情、录制和获取访问凭证的请求。不带命令时一直运行，直到 Ctrl-C 或 SIGTERM。",
    sample: "使用内置的示例数据，并显示如何调用",
    init: "写出每个键都有说明的种子文件，并使用它",
    script: "供脚本使用：任意空闲端口，打印在一行 JSON 中",
    ci: "供 CI 使用：十分之一的调用失败，客户端很快会超出频率限制",
    same: "每次都是相同的一万场会议",
    mistake: (meaning, remedy) => `${meaning}。${remedy}`,
  },
})

/** What only some of the programs have that are this command. */
export interface Program {
  /** The name that it was called by; default: `feishu-mock`. As part of another command, the name of that one and its own. */
  readonly called?: string
  /** Returns the licences of everything in the program, if it is a file without others next to it. */
  readonly licences?: () => string
}

/** The command and its subcommands. */
export const tree = ({ called = name, licences }: Program, language: Language.Language) => {
  const say = words[language]
  return Command.make(called, flags.all(language), serve).pipe(
    Command.withDescription(say.description),
    Command.withExamples([
      { command: called, description: say.sample },
      { command: `${called} init && ${called} --seed feishu.yaml`, description: say.init },
      { command: `${called} --port 0 --json --rate-limit off`, description: say.script },
      { command: `${called} --chaos 0.1 --rate-limit 10`, description: say.ci },
      { command: `${called} --numbers 2 --meetings 5000 --now 2026-01-31T09:00:00Z`, description: say.same },
    ]),
    Command.withSubcommands([
      init.command(called, language),
      validate.command(called, language),
      health.command(called, language),
      contract.command(called, language),
      schema.command(called, language),
      ...(licences === undefined ? [] : [licenses.command(licences, language)]),
    ]),
    Command.withGlobalFlags([Language.flag(language)]),
  )
}

/** Prints the mistake in a command line as one line, without the whole help above it. */
const presenter = (language: Language.Language): CliOutput.Presenter => ({
  present: (event) => {
    if (event._tag !== "InvalidInvocation") return CliOutput.defaultPresenter.present(event)
    const { meaning, remedy } = CommandLineMistakes.describe(event, {
      language,
      takes: { ...flags.takes(language), ...contract.takes(language), ...health.takes(language) },
      meantBy: (word) => (/^-$|\.(ya?ml|jsonc?|json5)$/i.test(word) ? `--seed ${word}` : undefined),
    })
    return Console.error(visible(`${name}: ${words[language].mistake(meaning, remedy)}`))
  },
})

/** Runs the command. Prints why it fails, and fails with an exit code: 2 for wrong flags and seeds, 1 for everything else. */
export const run = (args: ReadonlyArray<string>, version: string, program: Program = {}) =>
  Effect.flatMap(Language.CurrentLanguage, (language) =>
    Command.runWith(tree(program, language), { version })(args).pipe(
      Effect.catchIf(CliError.isCliError, () => Effect.fail(new Failed({ exitCode: 2 }))),
      Effect.provideService(Called, program.called ?? name),
      Effect.provide([
        CliOutput.layerPresenter(presenter(language)),
        CliOutput.layer({
          ...CliOutput.defaultFormatter(),
          formatVersion: (_called, version) => `${name} v${version}`,
          formatHelpDoc: (doc) =>
            HelpText.render(HelpText.withBuiltIns(doc, language), {
              ...HelpText.stdout(),
              flagGroups: flags.groups(language),
              titles: HelpText.titles[language],
            }),
        }),
        CliConfig.layer({ builtIns: [GlobalFlag.Help, GlobalFlag.Version] }),
      ]),
    ),
  )
