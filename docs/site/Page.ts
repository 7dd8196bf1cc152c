/** Pages that are made from the code, in Markdown. They are not committed. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

/** The folder with the pages: English ones, and Chinese ones below `zh-cn`. */
export const folder = fileURLToPath(new URL("../src/content/docs/", import.meta.url))

/** The languages, each with the folder of its pages. */
const languages = { en: "", zh: "zh-cn/" } as const

/** A language of the site. */
export type Language = keyof typeof languages

/** A page. */
export interface Page {
  readonly language: Language
  /** Its file below the folder of the language, such as `errors/121005.md`. */
  readonly file: string
  readonly title: string
  /** One sentence, which search engines and `llms.txt` show. */
  readonly description: string
  readonly body: string
  /** What Starlight's sidebar shows. */
  readonly sidebar?: { readonly label?: string; readonly order?: number }
  /** How deep the headings are that the list on the right has; all by default. */
  readonly deepest?: 2 | 3 | false
}

/** Says in a page, which is Markdown, where it comes from. */
const made = "generated: true"

const frontMatter = ({ deepest, description, sidebar, title }: Page): string =>
  [
    "---",
    `title: ${JSON.stringify(title)}`,
    `description: ${JSON.stringify(description)}`,
    ...(sidebar === undefined ? [] : [`sidebar: ${JSON.stringify(sidebar)}`]),
    ...(deepest === undefined
      ? []
      : [
          `tableOfContents: ${deepest === false ? "false" : JSON.stringify({ minHeadingLevel: 2, maxHeadingLevel: deepest })}`,
        ]),
    made,
    "---",
  ].join("\n")

/** Returns the files of all pages, below their folder. */
export const files = (): ReadonlyArray<string> =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".md"))
    .map((file) => file.replaceAll("\\", "/"))
    .toSorted()

/** True when a page is made from the code, by its text. */
const isMade = (text: string): boolean => text.slice(0, text.indexOf("\n---\n", 4)).includes(`\n${made}`)

/** Writes the pages, and removes those that were made before and are no longer. */
export const write = (pages: ReadonlyArray<Page>): void => {
  const written = new Map(
    pages.map((page) => [
      `${languages[page.language]}${page.file}`,
      `${frontMatter(page)}\n\n${page.body.trim()}\n`,
    ]),
  )
  for (const file of files()) {
    const path = join(folder, file)
    const before = readFileSync(path, "utf8")
    if (written.get(file) === before) written.delete(file)
    else if (isMade(before)) rmSync(path)
    else if (written.has(file)) throw new Error(`${file} is written by hand, and would be made from the code`)
  }
  for (const [file, text] of written) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}

/** Returns a text as the text of a Markdown paragraph: what is in code stays. */
export const prose = (text: string): string =>
  text
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll("<", "&lt;").replaceAll(/[*_]/g, "\\$&")))
    .join("")

/** Returns a text as a cell of a Markdown table. */
export const cell = (text: string): string =>
  prose(text)
    .replaceAll("|", "\\|")
    .replaceAll(/\s*\n\s*/g, " ")

/** Returns a table; its cells are Markdown. */
export const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n")

/** Returns a text as a sentence: with a capital, and a full stop. */
export const sentence = (text: string): string =>
  `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.。!?]$/.test(text) ? "" : /\p{Script=Han}/u.test(text) ? "。" : "."}`

/** Returns the name of a file for a name in code: `RateLimited` is `rate-limited`. */
export const kebab = (name: string): string =>
  name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, "-").toLowerCase()
