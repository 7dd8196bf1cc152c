/**
 * The seed that explains every key. In a clone it is in `examples/`; in what is published, and wherever else this is
 * bundled, its text is in this module's place, as build.ts says.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** Its text. */
export const read = (): string => readFileSync(new URL("../../examples/seed.yaml", import.meta.url), "utf8")

/** This module as it is published. */
export const made = (): {
  readonly file: string
  readonly code: string
  readonly of: ReadonlyArray<string>
} => ({
  file: fileURLToPath(import.meta.url),
  code: `export const read = () => ${JSON.stringify(read())}`,
  of: [],
})
