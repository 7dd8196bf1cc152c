/** What the description of the control plane and the JSON Schema of a seed say about a value. */
import * as Schema from "effect/Schema"

/** Returns a Schema with a sentence about its values, and an example. */
export const described = <S extends Schema.Top>(
  schema: S,
  description: string,
  example: S["Encoded"],
): S["Rebuild"] => schema.annotate({ description, examples: [example] })

/** Texts of which a value is one. Its name would otherwise be all that a message says. */
export const oneOf = <const Text extends string>(texts: ReadonlyArray<Text>) =>
  Schema.Literals(texts).annotate({ message: `must be one of ${texts.join(", ")}` })

/** Returns a Schema with a name, which is that of its values in programs that are generated from the description. */
export const named = <S extends Schema.Top>(
  schema: S,
  identifier: string,
  description: string,
  example?: S["Encoded"],
): S["Rebuild"] =>
  schema.annotate({ identifier, description, ...(example === undefined ? {} : { examples: [example] }) })
