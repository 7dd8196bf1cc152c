import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

/** The folder with the pages: English ones, and Chinese ones below `zh-cn`. */
const pages = new URL("../src/content/docs/", import.meta.url)

/** Where the site is below its host, with a slash at both ends. */
export const base = `/${process.env["DOCS_BASE"] ?? ""}/`.replace(/\/{2,}/g, "/")

/** Returns the path of the page of a Markdown file below that of the site: `how-to/index.md` is at `how-to/`. */
const pathOf = (file: string): string =>
  file.replace(/(?:^|(?<=\/))index\.md$|\.md$/, (end) => (end === ".md" ? "/" : ""))

/**
 * Turns a link to a Markdown file, as in `[Sign in](../how-to/sign-in.md#scopes)`, into one to its page, so that pages are
 * linked as files are, wherever the site is. Throws when there is no such file.
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
    if (context.fileURL === undefined || !/^[^:#?]+\.md(?:#|$)/.test(node.url)) return
    const target = new URL(node.url, context.fileURL)
    const hash = target.hash
    target.hash = ""
    readFileSync(target)
    const file = fileURLToPath(target).slice(fileURLToPath(pages).length).replaceAll("\\", "/")
    context.setProperty(node as never, "url", `${base}${pathOf(file)}${decodeURI(hash)}`)
  },
}
