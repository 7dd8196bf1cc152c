/**
 * Makes the script and the style of the page from its sources in `browser/`. This happens only in a clone: in a bundle, `build.ts`
 * replaces this module with one that holds the result.
 */
import { readFile } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

/** The parts of the page. */
export interface Assets {
  readonly script: string
  readonly style: string
  /** The paths of the modules in the script. */
  readonly modules: ReadonlyArray<string>
}

/** Makes the parts, which takes a tenth of a second. */
export const make = async (): Promise<Assets> => {
  await using build = await rolldown({
    input: fileURLToPath(new URL("browser/main.tsx", import.meta.url)),
    platform: "browser",
    transform: { target: "es2023" },
  })
  const {
    output: [{ code, modules }],
  } = await build.generate({ format: "esm", minify: true })
  // These texts would end the script element early.
  if (/<\/script|<!--/i.test(code)) throw new Error("the script of the page contains </script or <!--")
  return { script: code, style: await style(), modules: Object.keys(modules) }
}

/** Returns the style of every page. */
export const style = (): Promise<string> =>
  readFile(new URL("browser/inspector.css", import.meta.url), "utf8")

/** Returns this module as it is published, with the parts already made. */
export const made = async (): Promise<{
  readonly file: string
  readonly code: string
  readonly of: ReadonlyArray<string>
}> => {
  const { modules, ...page } = await make()
  return {
    file: fileURLToPath(import.meta.url),
    code: `const page = ${JSON.stringify(page)}
export const make = () => Promise.resolve(page)
export const style = () => Promise.resolve(page.style)`,
    of: modules,
  }
}
