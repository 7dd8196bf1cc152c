/**
 * Bundles the command before the tests, which start it some seventy times: to load five hundred modules takes Node
 * more than twice as long. It is the same program, and its package.json is where it looks for it.
 */
import { rm } from "node:fs/promises"
import { fileURLToPath } from "node:url"
import { rolldown } from "rolldown"

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))
const folder = at("../.bundle")

/** The program that the tests start. */
export const bin = `${folder}/bin.js`

/** Vitest calls it once, before the first test. */
export const setup = async (): Promise<void> => {
  await using bundle = await rolldown({
    input: at("../src/bin.ts"),
    platform: "node",
    // The demo brings the mock, which the tests of the demo run from its sources.
    external: [/^@effect-feishu\/mock-server/],
  })
  await bundle.write({ dir: folder, format: "esm" })
}

/** And this after the last. */
export const teardown = (): Promise<void> => rm(folder, { recursive: true })
