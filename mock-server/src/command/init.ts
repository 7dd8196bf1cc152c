/** `feishu-mock init`: writes `examples/seed.yaml`, or the Chinese one, a seed to start from, and its JSON Schema for editors. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import * as Language from "@effect-feishu/terminal/Language"
import { visible, visibleLines } from "@effect-feishu/terminal/VisibleText"
import { quote } from "@effect-feishu/terminal/ShellQuote"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import * as SeedExample from "../seed/SeedExample.ts"
import * as schemaFile from "./schema.ts"
import { tell } from "./CommandFailed.ts"

const words = Language.words({
  en: {
    description: "Write a seed to start from: YAML, with every key explained.",
    file: "File to write (default: feishu.yaml); existing files are not overwritten",
    example: "Write feishu.yaml, and feishu.schema.json for editors",
    yaml: (file: string) => `init writes YAML: give a name that ends in .yaml, not ${JSON.stringify(file)}`,
    exists: (file: string, command: string) =>
      `${file} already exists: give another name, as in ${command} init other.yaml`,
    wrote: (file: string) => `Wrote ${file}: a seed with every key explained.`,
    wroteSchema: (file: string) => `Wrote ${file}: its JSON Schema, for editors.`,
    schemaExists: (file: string) => `${file}, its JSON Schema for editors, already exists.`,
    next: "Edit the seed, check it, and serve it:",
    noFolder: (file: string) => `${file} cannot be written: there is no such folder`,
    notWritten: (file: string, code: string) =>
      `${file} cannot be written (${code}): give a name in a folder that you may write to`,
  },
  zh: {
    description: "写出一个可供修改的种子文件：YAML，每个键都有说明。",
    file: "要写出的文件（默认 feishu.yaml）；不会覆盖已有文件",
    example: "写出 feishu.yaml，以及供编辑器使用的 feishu.schema.json",
    yaml: (file) => `init 写出 YAML：请给出以 .yaml 结尾的文件名，而不是 ${JSON.stringify(file)}`,
    exists: (file, command) => `${file} 已存在：请换一个文件名，例如 ${command} init other.yaml`,
    wrote: (file) => `已写出 ${file}：每个键都有说明的种子文件。`,
    wroteSchema: (file) => `已写出 ${file}：它的 JSON Schema，供编辑器使用。`,
    schemaExists: (file) => `它的 JSON Schema ${file}（供编辑器使用）已存在。`,
    next: "修改种子、检查并使用它：",
    noFolder: (file) => `无法写出 ${file}：没有这个文件夹`,
    notWritten: (file, code) => `无法写出 ${file}（${code}）：请给出可写文件夹中的文件名`,
  },
})

type Say = Language.Say<typeof words>

/** Makes the command. `called` is how the program was called, for the commands to type next. */
export const command = (called: string, language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "init",
    {
      file: Argument.String("FILE").pipe(
        Argument.withDescription(say.file),
        Argument.withDefault("feishu.yaml"),
      ),
    },
    ({ file }) => init(file, called, language),
  ).pipe(
    Command.withDescription(say.description),
    Command.withExamples([{ command: `${called} init`, description: say.example }]),
  )
}

/** The name of the JSON Schema's file, which the first line of the seed refers to. */
const schemaName = "feishu.schema.json"

/**
 * Writes the example seed, which explains every key, and the JSON Schema next to it; neither overwrites a file. `name` is how
 * the command was called, for the commands to type next.
 */
const init = Effect.fnUntraced(function* (file: string, name: string, language: Language.Language) {
  const say = words[language]
  if (!/\.ya?ml$/i.test(file)) {
    return yield* tell(say.yaml(file), 2)
  }
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const write = (target: string, text: string) => files.writeFileString(target, text, { flag: "wx" })
  yield* write(file, SeedExample.read()[language]).pipe(
    Effect.catch((error) =>
      tell(
        error.reason._tag === "AlreadyExists" ? say.exists(file, name) : whyNotWritten(file, error, say),
        1,
      ),
    ),
  )
  const schema = path.join(path.dirname(file), schemaName)
  const schemaLine = yield* write(schema, schemaFile.text()).pipe(
    Effect.as(say.wroteSchema(schema)),
    Effect.catch((error) =>
      error.reason._tag === "AlreadyExists"
        ? Effect.succeed(say.schemaExists(schema))
        : tell(whyNotWritten(schema, error, say), 1),
    ),
  )
  const word = /^[\w./+-]+$/.test(file) ? file : quote(file)
  const shown = visible(word)
  yield* Console.log(
    `${say.wrote(visible(file))}
${visibleLines(schemaLine)}

${say.next}

${name} validate ${shown}
${name} --seed ${shown}`,
  )
})

const whyNotWritten = (file: string, { reason }: PlatformError, say: Say): string => {
  if (reason._tag === "NotFound") return say.noFolder(file)
  const code = SystemCode.find(reason.cause) ?? reason._tag
  return say.notWritten(file, code)
}
