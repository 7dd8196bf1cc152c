/**
 * The version of the package, which is that of the control plane. In a clone it is read from `package.json`. In a bundle,
 * `build.ts` replaces this module with one that holds the text.
 */
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** Returns the version. */
export const read = (): string =>
  JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version

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
