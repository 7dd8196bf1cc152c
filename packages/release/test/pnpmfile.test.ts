/** What pnpm makes of a package.json when it packs. */
import { assert, describe, it } from "vitest"
import { copyFile, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import { pathOf } from "../src/PublicPackages.ts"

/** Returns the package.json of a package in a repository whose root has these addresses. */
const packed = async (addresses: object) => {
  const root = await mkdtemp(join(tmpdir(), "feishu-pnpmfile-"))
  try {
    await copyFile(pathOf(".pnpmfile.mjs"), join(root, ".pnpmfile.mjs"))
    await writeFile(join(root, "package.json"), JSON.stringify(addresses))
    const { hooks } = await import(pathToFileURL(join(root, ".pnpmfile.mjs")).href)
    const manifest = { name: "one", scripts: { build: "tsc" }, devDependencies: { effect: "4.1.0" } }
    return hooks.beforePacking(manifest, join(root, "packages/one"))
  } finally {
    await rm(root, { recursive: true })
  }
}

describe("a package.json that is packed", () => {
  it("has the addresses of the root, and the folder of the package, but no scripts of the repository", async () => {
    const addresses = {
      homepage: "https://project.example",
      bugs: "https://project.example/bugs",
      repository: "git+https://project.example/project.git",
    }
    assert.deepStrictEqual(await packed(addresses), {
      name: "one",
      homepage: "https://project.example",
      bugs: { url: "https://project.example/bugs" },
      repository: { type: "git", url: "git+https://project.example/project.git", directory: "packages/one" },
    })
  })

  it("has no address while nobody has given one", async () => {
    assert.deepStrictEqual(await packed({ homepage: "", bugs: "", repository: "" }), { name: "one" })
  })
})
