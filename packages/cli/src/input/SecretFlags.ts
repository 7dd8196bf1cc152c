/** Refuses secrets on the command line: they stay in the shell history, and every user of the machine can see them. */
import * as Effect from "effect/Effect"
import { FeishuError } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"

const words = Language.words({
  en: {
    problem: "a secret on the command line can be read by others, and stays in the shell history",
    remedy: (variable: string, flag: string) =>
      `Put it into ${variable}, or into a file for ${flag} (- is standard input); and remove it from the history.`,
  },
  zh: {
    problem: "命令行上的密钥会被他人看到，并留在 shell 历史中",
    remedy: (variable, flag) =>
      `请放入 ${variable}，或写入文件并用 ${flag} 给出（- 表示标准输入）；并从历史中删除。`,
  },
})

/** Refuses a secret that was typed, without repeating it. */
export const refuse = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  for (const arg of args) {
    if (arg === "--") return
    const [, flag] = /^(--(?:app-secret|access-token))(?:=|$)/.exec(arg) ?? []
    if (flag === undefined) continue
    const say = yield* Language.say(words)
    const variable = `FEISHU_${flag.slice(2).toUpperCase().replace("-", "_")}`
    return yield* FeishuError.invalidRequest(flag, say.problem, say.remedy(variable, `${flag}-file`))
  }
})
