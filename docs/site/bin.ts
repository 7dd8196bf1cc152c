/** `pnpm run docs` builds the site, `docs:preview` shows what was built, `docs:write` shows pages while they are written. */
import { fileURLToPath } from "node:url"
import { build, dev, preview } from "astro"

process.env["ASTRO_TELEMETRY_DISABLED"] = "1"
const root = fileURLToPath(new URL("../", import.meta.url))
const commands = { build, dev, preview }

const command = process.argv[2]
if (command !== "build" && command !== "dev" && command !== "preview") {
  throw new Error("Write one of: build, dev, preview")
}
await commands[command]({ root, server: { host: "127.0.0.1" } })
