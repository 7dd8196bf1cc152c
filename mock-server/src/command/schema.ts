/** `feishu-mock schema`: the JSON Schema of a seed. */
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Seed from "../seed/Seed.ts"

/** Its text, as a file has it. */
export const text = (): string => `${JSON.stringify(Seed.jsonSchema(), undefined, 2)}\n`

/** `called` is how the program was called. */
export const command = (called: string) =>
  Command.make("schema", {}, () => Console.log(text().trimEnd())).pipe(
    Command.withDescription("Print the JSON Schema of a seed, by which editors help to write one."),
    Command.withExamples([
      { command: `${called} schema > feishu.schema.json`, description: "Write it anew" },
    ]),
  )
