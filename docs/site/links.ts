import { existsSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { folder } from "./Page.ts"

/** Where the site is below its host, with a slash at both ends. */
export const base = `/${process.env["DOCS_BASE"] ?? ""}/`.replace(/\/{2,}/g, "/")

/** Returns the path of the page of a Markdown file below that of the site: `how-to/index.md` is at `how-to/`. */
export const pathOf = (file: string): string =>
  file.replace(/(?:^|(?<=\/))index\.md$|\.md$/, (end) => (end === ".md" ? "/" : ""))

/** A link to a Markdown file, with its anchor. */
export const linked = /^([^:#?]+\.md)(#.*)?$/

/**
 * Returns the file that a link in another names, below the folder of pages. A page that is in English alone is shown to readers
 * of Chinese, too. Throws when there is no such page.
 */
export const targetOf = (file: string, link: string): string => {
  const target = join(file, "..", link).replaceAll("\\", "/")
  if (!existsSync(join(folder, target)) && !existsSync(join(folder, target.replace(/^zh-cn\//, "")))) {
    throw new Error(`${file} links to ${link}, which is not there`)
  }
  return target
}

/**
 * Turns a link to a Markdown file, as in `[Sign in](../how-to/sign-in.md#scopes)`, into one to its page, so that pages are
 * linked as files are, wherever the site is.
 */
export const linksToFiles = {
  name: "links-to-files",
  link: (
    node: { readonly url: string },
    context: {
      readonly fileURL: URL | undefined
      readonly setProperty: (node: never, key: "url", value: string) => void
    },
  ) => {
    const [, link, hash = ""] = linked.exec(node.url) ?? []
    if (context.fileURL === undefined || link === undefined) return
    const file = fileURLToPath(context.fileURL).slice(folder.length).replaceAll("\\", "/")
    context.setProperty(node as never, "url", `${base}${pathOf(targetOf(file, link))}${hash}`)
  },
}
