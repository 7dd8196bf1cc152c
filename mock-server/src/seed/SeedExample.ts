/**
 * The example seed, which explains every key. In a clone it is `examples/seed.yaml`. In a bundle, `build.ts` replaces this
 * module with one that holds the text.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** Returns the text of the example seed. */
export const read = (): string => readFileSync(new URL("../../examples/seed.yaml", import.meta.url), "utf8")

/** Returns this module as it is published. */
export const made = (): {
  readonly file: string
  readonly code: string
  readonly of: ReadonlyArray<string>
} => ({
  file: fileURLToPath(import.meta.url),
  code: `export const read = () => ${JSON.stringify(read())}`,
  of: [],
})
