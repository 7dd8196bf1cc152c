/** Refuses secrets on the command line: they stay in the shell history, and every user of the machine can see them. */
import * as Effect from "effect/Effect"
import { FeishuError } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"
import * as Setting from "../settings/Setting.ts"

const words = Language.words({
  en: {
    problem: "a secret on the command line can be read by others, and stays in the shell history",
    remedy: (variable: string, flag: string) =>
      `Put it into ${variable}, or into a file for ${flag} (- is standard input); and remove it from the history.`,
    ofDatabase:
      "Leave the password out of the address: put it into PGPASSWORD or ~/.pgpass, or into a file for --db-password-file; and remove it from the history.",
  },
  zh: {
    problem: "命令行上的密钥会被他人看到，并留在 shell 历史中",
    remedy: (variable, flag) =>
      `请放入 ${variable}，或写入文件并用 ${flag} 给出（- 表示标准输入）；并从历史中删除。`,
    ofDatabase:
      "请从地址中去掉密码，改放入 PGPASSWORD 或 ~/.pgpass，或写入文件并用 --db-password-file 给出；并从历史中删除。",
  },
})

/** Refuses a secret that was typed, without repeating it. */
export const refuse = Effect.fnUntraced(function* (args: ReadonlyArray<string>) {
  const say = yield* Language.say(words)
  for (const [index, arg] of args.entries()) {
    if (arg === "--") return
    const address = arg === "--db" ? args[index + 1] : arg.startsWith("--db=") ? arg.slice(5) : undefined
    if (address !== undefined && hasPassword(address)) {
      return yield* FeishuError.invalidRequest("--db", say.problem, say.ofDatabase)
    }
    const [, flag] = /^(--(?:app-secret|app-ticket|access-token|db-password))(?:=|$)/.exec(arg) ?? []
    if (flag === undefined) continue
    const variable = `FEISHU_${flag.slice(2).toUpperCase().replace("-", "_")}`
    return yield* FeishuError.invalidRequest(flag, say.problem, say.remedy(variable, `${flag}-file`))
  }
})

/** True when an address has a password, also if it cannot be parsed. */
const hasPassword = (address: string): boolean =>
  Setting.passwordIn(address) !== undefined || /^[a-z]+:\/\/[^/@]*:[^/]+@/is.test(address)
