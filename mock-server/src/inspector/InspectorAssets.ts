/**
 * The script and the style of the page, from its sources in `page/`. Only in a clone: in what is published, what this
 * gives is in its place, as build.ts says.
 */
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

/** What a page is made of. */
export interface Assets {
  readonly script: string
  readonly style: string
  /** The modules that are in the script, by their paths. */
  readonly modules: ReadonlyArray<string>
}

/** Makes them, which takes a tenth of a second. */
export const make = async (): Promise<Assets> => {
  await using build = await rolldown({
    input: fileURLToPath(new URL("browser/main.tsx", import.meta.url)),
    platform: "browser",
    transform: { target: "es2023" },
  })
  const {
    output: [{ code, modules }],
  } = await build.generate({ format: "esm", minify: true })
  // In an element of HTML, the script would end there.
  if (/<\/script|<!--/i.test(code)) throw new Error("the script of the page has what ends or hides a script")
  const style = await readFile(new URL("browser/inspector.css", import.meta.url), "utf8")
  return { script: code, style, modules: Object.keys(modules) }
}

/** This module as it is published: what it makes is made already. */
export const made = async (): Promise<{
  readonly file: string
  readonly code: string
  readonly of: ReadonlyArray<string>
}> => {
  const { modules, ...page } = await make()
  return {
    file: fileURLToPath(import.meta.url),
    code: `export const make = () => Promise.resolve(${JSON.stringify(page)})`,
    of: modules,
  }
}
