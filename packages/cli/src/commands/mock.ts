/** The command `mock`: all of feishu-mock. What starts the process runs it; here it has its place in the help. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { FeishuError } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"

const words = Language.words({
  en: {
    description: "Serve a mock Feishu for tests, offline: feishu-mock, with all its commands and flags",
    args: "What feishu-mock takes: see feishu-meetings mock --help",
    problem: "flags stand before it, and they are not of feishu-mock",
    remedy: "Write feishu-meetings mock first.",
  },
  zh: {
    description: "离线运行模拟飞书，供测试使用：即 feishu-mock 及其全部命令和选项",
    args: "feishu-mock 的选项：见 feishu-meetings mock --help",
    problem: "它前面有不属于 feishu-mock 的选项",
    remedy: "请先写 feishu-meetings mock。",
  },
})

/** The command, in the language of the help. */
export const mock = (language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "mock",
    { args: Argument.variadic(Argument.String("args").pipe(Argument.withDescription(say.args))) },
    () => FeishuError.invalidRequest("mock", say.problem, say.remedy),
  ).pipe(Command.withDescription(say.description))
}
