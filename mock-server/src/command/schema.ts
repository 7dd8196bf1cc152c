/** `feishu-mock schema`: the JSON Schema of a seed. */
import * as Language from "@effect-feishu/terminal/Language"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Seed from "../seed/Seed.ts"

/** Returns the JSON Schema as the text of a file. */
export const text = (): string => `${JSON.stringify(Seed.jsonSchema(), undefined, 2)}\n`

const words = Language.words({
  en: {
    description: "Print the JSON Schema of a seed, for editors that check and complete seeds.",
    again: "Write the file again",
  },
  zh: {
    description: "打印种子的 JSON Schema，供编辑器检查和补全种子文件。",
    again: "重新写出该文件",
  },
})

/** Makes the command. `called` is how the program was called. */
export const command = (called: string, language: Language.Language) => {
  const say = words[language]
  return Command.make("schema", {}, () => Console.log(text().trimEnd())).pipe(
    Command.withDescription(say.description),
    Command.withExamples([{ command: `${called} schema > feishu.schema.json`, description: say.again }]),
  )
}
