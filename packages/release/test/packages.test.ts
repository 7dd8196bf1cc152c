/** What pages that show packages, and tools that read their package.json, find there. */
import { assert, describe, it } from "vitest"
import { readFileSync } from "node:fs"
import { addresses, pathOf, publicPackages } from "../src/PublicPackages.ts"

const read = (path: string) => readFileSync(pathOf(path), "utf8")

it("six packages are published", () => {
  assert.deepStrictEqual(
    publicPackages.map(({ name }) => name),
    ["mock-server", "backfill", "cli", "contract", "core", "promise"],
  )
})

it("all of them are released together, with one version", () => {
  const { fixed } = JSON.parse(read(".changeset/config.json"))
  assert.sameMembers(
    fixed[0],
    publicPackages.map(({ manifest }) => manifest.name),
  )
})

describe.each(publicPackages)("$name", ({ folder, manifest }) => {
  it("says what it is, for whom, and what it needs", () => {
    assert.match(manifest["description"] as string, /Feishu/)
    assert.includeMembers(manifest["keywords"] as Array<string>, ["feishu", "lark", "meetings"])
    assert.strictEqual(manifest["license"], "MIT")
    assert.deepStrictEqual(manifest["engines"], { node: ">=22.19.0" })
    assert.property(manifest, "sideEffects")
  })

  it("has the version of the others, and no address of its own", () => {
    assert.strictEqual(manifest.version, publicPackages[0]!.manifest.version)
    for (const field of addresses) assert.notProperty(manifest, field)
  })

  it("has a README in English and in Chinese, each of which leads to the other", () => {
    const heading = `# ${manifest.name}\n\n`
    assert.isTrue(read(`${folder}/README.md`).startsWith(`${heading}[简体中文](README.zh-CN.md)\n`))
    assert.isTrue(read(`${folder}/README.zh-CN.md`).startsWith(`${heading}[English](README.md)\n`))
  })
})
