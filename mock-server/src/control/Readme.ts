/**
 * The READMEs, which the page leads to. In a clone they are files. In a bundle, `build.ts` replaces this module with one that holds
 * their texts.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The READMEs by their languages. */
export type Readmes = Readonly<Record<"en" | "zh", string>>

/** Returns the READMEs. */
export const read = (): Readmes => {
  const textOf = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8")
  return { en: textOf("README.md"), zh: textOf("README.zh-CN.md") }
}

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
