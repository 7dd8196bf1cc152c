/** The pages as Markdown next to their HTML, `llms.txt`, which lists them, and `llms-full.txt`, which holds all of the English. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { withCode } from "./codeOfFiles.ts"
import { base, linked, pathOf, targetOf } from "./links.ts"
import { files, folder } from "./Page.ts"

interface Markdown {
  /** Its file below the folder of pages. */
  readonly file: string
  readonly title: string
  readonly description: string
  readonly body: string
}

const field = (front: string, name: string): string => {
  const [, text = ""] = new RegExp(`^${name}: (.*)$`, "m").exec(front) ?? []
  return text.startsWith('"') ? JSON.parse(text) : text
}

/** Returns the path of the Markdown of a page: that of the page, with `.md`. It is in English where there is no Chinese. */
const addressOf = (file: string): string => {
  const path = pathOf(existsSync(join(folder, file)) ? file : file.replace(/^zh-cn\//, ""))
  return path === "" || path === "zh-cn/" ? `${path}index.md` : path.replace(/\/$/, ".md")
}

/** Returns a page as it is read by programs: with the code of its fences, and with links to the Markdown of other pages. */
const read = (file: string): Markdown => {
  const [, front, text] = /^---\n([^]*?)\n---\n([^]*)$/.exec(readFileSync(join(folder, file), "utf8"))!
  const body = withCode(text!)
    .replaceAll(/\]\(([^)\s]+)\)/g, (all, url: string) => {
      const [, link, hash = ""] = linked.exec(url) ?? []
      return link === undefined ? all : `](${base}${addressOf(targetOf(file, link))}${hash})`
    })
    .replaceAll(/<svg[^]*?<\/svg>\n*/g, "")
    .replaceAll(/<\/?(?:div|span)[^>]*>/g, "")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim()
  return { file, title: field(front!, "title"), description: field(front!, "description"), body }
}

/** The sections of `llms.txt`, by the folder or the page that each begins with. */
const sections = [
  ["Guide", /^(?:index|guide\/.*)/],
  ["How to", /^how-to\//],
  ["Examples", /^examples/],
  ["Errors", /^errors\/(?!\d)/],
  ["Reference", /^reference\//],
  ["Facts", /^(?:faults|fidelity|benchmarks|changelog)/],
  ["Decisions", /^decisions\//],
  ["Optional", /^errors\/\d/],
] as const

/** Reads all pages. Throws where one names a file that is not there, which Astro only reports. */
export const readPages = (): ReadonlyArray<Markdown> =>
  files()
    .map(read)
    .filter(({ file }) => file !== "404.md")

/** Writes all of it into the folder of the site. */
export const writeMarkdown = (pages: ReadonlyArray<Markdown>, site: string): void => {
  for (const { body, file, title } of pages) {
    const path = join(site, addressOf(file))
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, `# ${title}\n\n${body}\n`)
  }
  const english = pages.filter(({ file }) => !file.startsWith("zh-cn/"))
  const index = english.find(({ file }) => file === "index.md")!
  const lists = sections.flatMap(([title, pattern]) => {
    const lines = english
      .filter(({ file }) => pattern.test(file))
      .map((page) => `- [${page.title}](${base}${addressOf(page.file)}): ${page.description}`)
    return lines.length === 0 ? [] : [`## ${title}\n\n${lines.join("\n")}`]
  })
  writeFileSync(
    join(site, "llms.txt"),
    `# ${index.title}

> ${index.description}

The whole of it is in [llms-full.txt](${base}llms-full.txt). The Chinese of each page is below ${base}zh-cn/.

${lists.join("\n\n")}
`,
  )
  writeFileSync(
    join(site, "llms-full.txt"),
    english
      .filter(({ file }) => !/^errors\/\d/.test(file) && file !== "changelog.md")
      .map(({ body, title }) => `# ${title}\n\n${body}\n`)
      .join("\n"),
  )
}
