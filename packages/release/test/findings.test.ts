/** What must be found in a tarball before it is published. */
import { assert, describe, it } from "vitest"
import { execFile } from "node:child_process"
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { promisify } from "node:util"
import { noticesOf } from "@effect-feishu/bundle/notices"
import { findings } from "../src/findings.ts"

const right = {
  "package.json": JSON.stringify({
    name: "one",
    version: "1.0.0",
    license: "MIT",
    type: "module",
    exports: {
      ".": { types: "./dist/index.d.ts", default: "./dist/index.js" },
      "./*": { types: "./dist/*.d.ts", default: "./dist/*.js" },
      "./internal/*": null,
    },
  }),
  LICENSE: "MIT",
  "README.md": "# one",
  "README.zh-CN.md": "# one",
  "dist/index.js": "export const one = 1",
  "dist/index.d.ts": "export declare const one: number",
  "dist/Two.js": "export const two = 2",
  "dist/Two.d.ts": "export declare const two: number",
}

/** Returns what is found in a tarball with these files. */
const foundIn = async (files: Readonly<Record<string, string>>) => {
  const folder = await mkdtemp(join(tmpdir(), "feishu-findings-"))
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = join(folder, "package", name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, text)
    }
    await promisify(execFile)("tar", ["-czf", "one.tgz", "package"], { cwd: folder })
    return await findings(join(folder, "one.tgz"))
  } finally {
    await rm(folder, { recursive: true })
  }
}

const without = (name: keyof typeof right) => {
  const { [name]: _, ...files } = right
  return files
}

describe("in a tarball", () => {
  it("nothing is found where nothing is wrong", async () => {
    assert.deepStrictEqual(await foundIn(right), [])
  })

  it("a licence or a README that is missing is found", async () => {
    assert.deepStrictEqual(await foundIn(without("LICENSE")), ["one: LICENSE is missing"])
    assert.deepStrictEqual(await foundIn(without("README.zh-CN.md")), ["one: README.zh-CN.md is missing"])
  })

  it("a bundle without the notices of what is in it is found", async () => {
    const bundled = { ...JSON.parse(right["package.json"]), scripts: { build: "tsc -b && node build.ts" } }
    assert.deepStrictEqual(await foundIn({ ...right, "package.json": JSON.stringify(bundled) }), [
      "one: dist/THIRD-PARTY-NOTICES.txt is missing",
    ])
  })

  it("a bundled package whose licence is not allowed is found", async () => {
    const file = (notices: string) => ({ ...right, "dist/THIRD-PARTY-NOTICES.txt": notices })
    const folder = await mkdtemp(join(tmpdir(), "feishu-notices-"))
    try {
      const folders = await Promise.all(
        ["MIT", "GPL-3.0-only"].map(async (license, index) => {
          const one = join(folder, String(index))
          await mkdir(one)
          await writeFile(
            join(one, "package.json"),
            JSON.stringify({ name: `p${index}`, version: "1.2.3", license }),
          )
          await writeFile(join(one, "license.md"), "Copyright somebody")
          return one
        }),
      )
      assert.deepStrictEqual(await foundIn(file(noticesOf(folders.slice(0, 1)))), [])
      assert.deepStrictEqual(await foundIn(file(noticesOf(folders))), [
        "one: p1 1.2.3 is bundled, and its licence GPL-3.0-only is not one of those allowed",
      ])
      assert.deepStrictEqual(await foundIn(file("")), ["one: THIRD-PARTY-NOTICES.txt names no package"])
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it("a module of the exports that is missing is found", async () => {
    const [first, ...others] = await foundIn(without("dist/index.js"))
    assert.match(first!, /^one: publint: .*\.\/dist\/index\.js but the file does not exist/)
    assert.deepStrictEqual(others, [])
  })

  it("types of a module that are missing are found, also of one that a pattern exports", async () => {
    for (const [name, path] of [
      ["dist/index.d.ts", "."],
      ["dist/Two.d.ts", "./Two"],
    ] as const) {
      const found = await foundIn(without(name))
      assert.include(found.join("\n"), "one: are the types wrong: ")
      assert.include(found.join("\n"), `"entrypoint":"${path}"`)
    }
  })
})
