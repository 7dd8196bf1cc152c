/** The command `licenses` of a program that is one file: the licences of what is in it, which are distributed with the code. */
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Language from "@effect-feishu/terminal/Language"

const words = Language.words({
  en: { description: "Print the licenses of Node and of everything else that is in this file." },
  zh: { description: "打印本文件所含的 Node 和其他所有软件的许可证。" },
})

/** Makes the command. */
export const command = (licences: () => string, language: Language.Language) =>
  Command.make("licenses", {}, () => Effect.suspend(() => Console.log(licences().trimEnd()))).pipe(
    Command.withDescription(words[language].description),
  )
