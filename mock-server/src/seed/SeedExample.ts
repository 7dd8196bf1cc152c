/**
 * The example seed, which explains every key, in both languages. In a clone it is `examples/seed.yaml` and
 * `examples/seed.zh-CN.yaml`. In a bundle, `build.ts` replaces this module with one that holds the texts.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const textOf = (name: string): string =>
  readFileSync(new URL(`../../examples/${name}`, import.meta.url), "utf8")

/** Returns the texts of the example seed, by their languages. */
export const read = (): Readonly<Record<"en" | "zh", string>> => ({
  en: textOf("seed.yaml"),
  zh: textOf("seed.zh-CN.yaml"),
})

/** Returns this module as it is published. */
export const made = (): {
  readonly file: string
  readonly code: string
  readonly of: ReadonlyArray<string>
} => ({
  file: fileURLToPath(import.meta.url),
  code: `export const read = () => (${JSON.stringify(read())})`,
  of: [],
})
