/** `feishu-mock init`: writes `examples/seed.yaml`, a seed to start from, and its JSON Schema for editors. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import type { PlatformError } from "effect/PlatformError"
import { visible, visibleLines } from "@effect-feishu/terminal/VisibleText"
import { quote } from "@effect-feishu/terminal/ShellQuote"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import * as SeedExample from "../seed/SeedExample.ts"
import * as schemaFile from "./schema.ts"
import { tell } from "./CommandFailed.ts"

/** Makes the command. `called` is how the program was called, for the commands to type next. */
export const command = (called: string) =>
  Command.make(
    "init",
    {
      file: Argument.String("FILE").pipe(
        Argument.withDescription("File to write (default: feishu.yaml); existing files are not overwritten"),
        Argument.withDefault("feishu.yaml"),
      ),
    },
    ({ file }) => init(file, called),
  ).pipe(
    Command.withDescription("Write a seed to start from: YAML, with every key explained."),
    Command.withExamples([
      { command: `${called} init`, description: "Write feishu.yaml, and feishu.schema.json for editors" },
    ]),
  )

/** The name of the JSON Schema's file, which the first line of the seed refers to. */
const schemaName = "feishu.schema.json"

/**
 * Writes the example seed, which explains every key, and the JSON Schema next to it; neither overwrites a file. `name` is how
 * the command was called, for the commands to type next.
 */
const init = Effect.fnUntraced(function* (file: string, name: string) {
  if (!/\.ya?ml$/i.test(file)) {
    return yield* tell(`init writes YAML: give a name that ends in .yaml, not ${JSON.stringify(file)}`, 2)
  }
  const files = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const write = (target: string, text: string) => files.writeFileString(target, text, { flag: "wx" })
  yield* write(file, SeedExample.read()).pipe(
    Effect.catch((error) =>
      tell(
        error.reason._tag === "AlreadyExists"
          ? `${file} already exists: give another name, as in ${name} init other.yaml`
          : whyNotWritten(file, error),
        1,
      ),
    ),
  )
  const schema = path.join(path.dirname(file), schemaName)
  const schemaLine = yield* write(schema, schemaFile.text()).pipe(
    Effect.as(`Wrote ${schema}: its JSON Schema, for editors.`),
    Effect.catch((error) =>
      error.reason._tag === "AlreadyExists"
        ? Effect.succeed(`${schema}, its JSON Schema for editors, already exists.`)
        : tell(whyNotWritten(schema, error), 1),
    ),
  )
  const word = /^[\w./+-]+$/.test(file) ? file : quote(file)
  const shown = visible(word)
  yield* Console.log(
    `Wrote ${visible(file)}: a seed with every key explained.
${visibleLines(schemaLine)}

Edit the seed, check it, and serve it:

${name} validate ${shown}
${name} --seed ${shown}`,
  )
})

const whyNotWritten = (file: string, { reason }: PlatformError): string => {
  if (reason._tag === "NotFound") return `${file} cannot be written: there is no such folder`
  const code = SystemCode.find(reason.cause) ?? reason._tag
  return `${file} cannot be written (${code}): give a name in a folder that you may write to`
}
