/** `pnpm run docs` builds the site, `docs:preview` shows what was built, `docs:write` shows pages while they are written. */
import { fileURLToPath } from "node:url"
import { build, dev, preview } from "astro"
import { benchmarks } from "./benchmarks.ts"
import { commands } from "./commands.ts"
import { documents } from "./documents.ts"
import { errors } from "./errors.ts"
import { readPages, writeMarkdown } from "./llms.ts"
import { write } from "./Page.ts"
import { reference } from "./reference.ts"

process.env["ASTRO_TELEMETRY_DISABLED"] = "1"
const root = fileURLToPath(new URL("../", import.meta.url))
const options = { root, server: { host: "127.0.0.1" } }
const writePages = () => write([...errors, ...documents, ...benchmarks, ...reference, ...commands])

switch (process.argv[2]) {
  case "build": {
    writePages()
    const pages = readPages()
    // Astro keeps pages by their text, and would not see that a file whose code they show has changed.
    await build({ ...options, force: true, logLevel: "error" })
    writeMarkdown(pages, `${root}dist/`)
    console.log("The site is in docs/dist. To see it: pnpm run docs:preview")
    break
  }
  case "dev":
    writePages()
    await dev(options)
    break
  case "preview":
    await preview(options)
    break
  default:
    throw new Error("Write one of: build, dev, preview")
}
