/**
 * The whole command line: its commands, and the flags that all of them take. A command is a file in commands/, or a
 * folder: command.ts has its flags and help, a file of the name of the command runs it. A command that reads another
 * endpoint is a folder like list/.
 */
import * as Command from "effect/cli/Command"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import { backfill } from "./commands/backfill/command.ts"
import { completions, type Root } from "./commands/completions.ts"
import { config } from "./commands/config.ts"
import { doctor } from "./commands/doctor/command.ts"
import { get } from "./commands/get/command.ts"
import { errors } from "./commands/errors.ts"
import { help } from "./commands/help.ts"
import * as Help from "./console/Help.ts"
import * as Language from "./language/Language.ts"
import { list } from "./commands/list/command.ts"
import { login } from "./commands/login/command.ts"
import { logout } from "./commands/logout.ts"
import { mock } from "./commands/mock.ts"
import { plan } from "./commands/plan/command.ts"
import { schema } from "./commands/schema.ts"
import * as TimeZone from "./language/TimeZone.ts"
import { whoami } from "./commands/whoami.ts"
import * as Verbosity from "./console/Verbosity.ts"

const words = Language.words({
  en: {
    root: "Reads the meetings of Feishu (Lark) meeting numbers, and says whether the list is complete.",
    exampleDemo: "Try it without an account",
    exampleOne: "The meetings of a number in the last 30 days, for a spreadsheet",
    exampleErrors: "What an error code of Feishu means",
  },
  zh: {
    root: "读取飞书（Lark）会议号下的会议，并说明列表是否完整。",
    exampleDemo: "无需账号，先试一试",
    exampleOne: "一个会议号最近 30 天的会议，供电子表格使用",
    exampleErrors: "飞书错误码的含义",
  },
})

/** Makes the command `feishu-meetings`, with its help in this language. */
export const feishuMeetings = (language: Language.Language) => {
  const say = words[language]
  const globalFlags = [Language.flag(language), TimeZone.flag(language), ...Verbosity.flags(language)]
  const command = Command.make("feishu-meetings").pipe(
    Command.withDescription(say.root),
    Command.withExamples([
      { command: "feishu-meetings list --demo", description: say.exampleDemo },
      {
        command: "feishu-meetings list 337736498 --from 30d --output meetings.xlsx",
        description: say.exampleOne,
      },
      { command: "feishu-meetings errors 99991672", description: say.exampleErrors },
    ]),
    Command.annotate(HelpText.Sections, Help.ofRoot(language)),
    Command.withSubcommands([
      list(language),
      get(language),
      plan(language),
      backfill(language),
      login(language),
      logout(language),
      whoami(language),
      doctor(language),
      config(language),
      errors(language),
      schema(language),
      mock(language),
      completions(language, (): Root => ({ command, globalFlags })),
      help(language),
    ]),
    Command.withGlobalFlags(globalFlags),
  )
  return command
}
