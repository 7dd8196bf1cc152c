/** What the READMEs show: programs are files, which readme.services.ts and others run, and links lead somewhere. */
import { assert, describe, it } from "@effect/vitest"
import { existsSync, readdirSync, readFileSync } from "node:fs"

const root = new URL("../../../", import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), "utf8")
const programs = ["packages/core/examples/stream.ts", "packages/promise/examples/stream.ts"]
const attendance = ["packages/core/examples/attendance.ts", "packages/promise/examples/attendance.ts"]
/** The files that each README shows whole, in both languages. */
const shown = {
  ".": [...programs, ...attendance, "packages/promise/examples/mock.test.ts"],
  "packages/contract": [],
  "packages/core": [
    "packages/core/examples/stream.ts",
    "packages/core/examples/signIn.ts",
    "packages/core/examples/attendance.ts",
    "packages/core/examples/sync.ts",
    "packages/core/examples/telemetry.ts",
    "packages/core/examples/mock.test.ts",
  ],
  "packages/backfill": ["start", "machines", "sink", "outbox"].map(
    (name) => `packages/backfill/examples/${name}.ts`,
  ),
  "packages/promise": [
    "packages/promise/examples/stream.ts",
    "packages/promise/examples/signIn.ts",
    "packages/promise/examples/attendance.ts",
    "packages/promise/examples/sync.ts",
    "packages/promise/examples/worker.ts",
    "packages/promise/examples/mock.test.ts",
    "examples/effect-3/src/FeishuMeetings.ts",
  ],
}

const blocksOf = (readme: string) =>
  Array.from(text(readme).matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => code!)

describe("the READMEs", () => {
  for (const [folder, files] of Object.entries(shown)) {
    it(`of ${folder} show ${files.join(" and ")} as they are, and no program that is not held by a test`, () => {
      const blocks = blocksOf(`${folder}/README.md`)
      // Those that state what they print are run by docs.test.ts.
      assert.deepStrictEqual(
        blocks.filter((code) => !code.includes("// =>")),
        files.map(text),
      )
      assert.deepStrictEqual(blocksOf(`${folder}/README.zh-CN.md`), blocks)
    })
  }

  const examples = readdirSync(new URL("examples", root), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

  it("link to files and headings that there are", () => {
    const folders = [
      ...Object.keys(shown),
      "packages/bench",
      "packages/cli",
      "examples",
      ...examples.map((name) => `examples/${name}`),
    ]
    for (const readme of folders.flatMap((folder) => [`${folder}/README.md`, `${folder}/README.zh-CN.md`])) {
      for (const [, link] of text(readme).matchAll(/\]\((?!https:)([^)]+)\)/g)) {
        const [path, heading] = link!.split("#")
        const target = new URL(path || readme.split("/").at(-1)!, new URL(readme, root))
        assert.isTrue(existsSync(target), `${readme}: ${link}`)
        if (heading === undefined) continue
        const headings = Array.from(readFileSync(target, "utf8").matchAll(/^#+ (.*)$/gm), ([, words]) =>
          words!
            .toLowerCase()
            .replaceAll(/[^\p{L}\p{N} -]/gu, "")
            .replaceAll(" ", "-"),
        )
        assert.include(headings, heading, readme)
      }
    }
  })

  it("of examples lists each of them", () => {
    for (const readme of ["README.md", "README.zh-CN.md"]) {
      const listed = Array.from(
        text(`examples/${readme}`).matchAll(/^\| \[`(.*?)`\]\(\1\//gm),
        ([, name]) => name!,
      )
      assert.deepStrictEqual(listed.toSorted(), examples.toSorted())
    }
  })
})
