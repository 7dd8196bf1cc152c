import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The folder of the repository, which pages call `<rootDir>`. */
export const repository = fileURLToPath(new URL("../../", import.meta.url))

const ofFile = /(?:^|\s)file=<rootDir>\/(?<path>[^\s#]+)(?:#L(?<first>\d+)-L(?<last>\d+))?(?=\s|$)/

/**
 * Returns the code that a fence names behind its language, as in ` ```ts file=<rootDir>/examples/vitest/test/meetings.test.ts `,
 * or lines of it, with `#L3-L9`; undefined when a fence names no file. Throws when there is no such file, or no such line.
 */
const codeOf = (meta: string | null | undefined): string | undefined => {
  const named = ofFile.exec(meta ?? "")?.groups
  if (named === undefined) return undefined
  const text = readFileSync(`${repository}${named["path"]}`, "utf8").trimEnd()
  if (named["first"] === undefined) return text
  const lines = text.split("\n").slice(Number(named["first"]) - 1, Number(named["last"]))
  if (lines.length <= Number(named["last"]) - Number(named["first"])) {
    throw new Error(`${named["path"]} ends before line ${named["last"]}`)
  }
  return lines.join("\n")
}

/** Returns a page with the code of the files that its fences name. */
export const withCode = (markdown: string): string =>
  markdown.replaceAll(/^```(\w+) (.*)\n(?:(?!```).*\n)*?```$/gm, (fence, language: string, meta: string) => {
    const code = codeOf(meta)
    return code === undefined ? fence : `\`\`\`${language}\n${code}\n\`\`\``
  })

/** Puts the code of a file into each fence that names one. */
export const codeOfFiles = {
  name: "code-of-files",
  code: (node: { readonly meta?: string | null | undefined; readonly lang?: string | null | undefined }) => {
    const value = codeOf(node.meta)
    return value === undefined ? undefined : { type: "code" as const, lang: node.lang ?? null, value }
  },
}
