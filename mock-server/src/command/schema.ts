/** `feishu-mock schema`: the JSON Schema of a seed. */
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Seed from "../seed/Seed.ts"

/** Returns the JSON Schema as the text of a file. */
export const text = (): string => `${JSON.stringify(Seed.jsonSchema(), undefined, 2)}\n`

/** Makes the command. `called` is how the program was called. */
export const command = (called: string) =>
  Command.make("schema", {}, () => Console.log(text().trimEnd())).pipe(
    Command.withDescription("Print the JSON Schema of a seed, for editors that check and complete seeds."),
    Command.withExamples([
      { command: `${called} schema > feishu.schema.json`, description: "Write the file again" },
    ]),
  )
