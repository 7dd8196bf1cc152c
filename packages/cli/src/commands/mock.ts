/** The command `mock`: all of feishu-mock. bin.ts runs it; here it has its place in the help. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import { FeishuError } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"

const words = Language.words({
  en: {
    description: "Serve a mock Feishu for tests, offline: feishu-mock, with all its commands and flags",
    args: "The arguments of feishu-mock: see feishu-meetings mock --help",
    problem: "it has flags before it that feishu-mock does not take",
    remedy: "Write feishu-meetings mock first.",
  },
  zh: {
    description: "离线运行模拟飞书，供测试使用：即 feishu-mock 及其全部命令和选项",
    args: "feishu-mock 的参数：见 feishu-meetings mock --help",
    problem: "它前面有不属于 feishu-mock 的选项",
    remedy: "请先写 feishu-meetings mock。",
  },
})

/** Makes the command, with its help in this language. */
export const mock = (language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "mock",
    { args: Argument.variadic(Argument.String("args").pipe(Argument.withDescription(say.args))) },
    () => FeishuError.invalidRequest("mock", say.problem, say.remedy),
  ).pipe(Command.withDescription(say.description))
}
