/** What the READMEs show: programs are files that run, and links lead somewhere. */
import { assert, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { execFile } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { promisify } from "node:util"

const root = new URL("../../../", import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), "utf8")
const programs = ["packages/core/examples/stream.ts", "packages/promise/examples/stream.ts"]
const attendance = ["packages/core/examples/attendance.ts", "packages/promise/examples/attendance.ts"]
/** The files that each README shows whole, in both languages. */
const shown = {
  ".": [...programs, ...attendance, "packages/promise/examples/mock.test.ts"],
  "packages/core": [
    "packages/core/examples/stream.ts",
    "packages/core/examples/attendance.ts",
    "packages/core/examples/sync.ts",
    "packages/core/examples/mock.test.ts",
  ],
  "packages/promise": [
    "packages/promise/examples/stream.ts",
    "packages/promise/examples/attendance.ts",
    "packages/promise/examples/sync.ts",
    "packages/promise/examples/mock.test.ts",
    "packages/example-effect-3/src/FeishuMeetings.ts",
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

  it("link to files and headings that there are", () => {
    for (const readme of Object.keys({ ...shown, "packages/cli": [] }).flatMap((folder) => [
      `${folder}/README.md`,
      `${folder}/README.zh-CN.md`,
    ])) {
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

  /** Runs a program against a mock, and returns its lines. */
  const linesOf = async (program: string, options: Parameters<typeof startFeishuMock>[0]) => {
    await using feishu = await startFeishuMock(options)
    const { stderr, stdout } = await promisify(execFile)(
      process.execPath,
      [new URL(program, root).pathname],
      {
        env: {
          ...process.env,
          FEISHU_APP_ID: feishu.appId,
          FEISHU_APP_SECRET: feishu.appSecret,
          FEISHU_BASE_URL: feishu.url,
        },
      },
    )
    assert.strictEqual(stderr, "")
    return stdout.trim().split("\n")
  }

  for (const program of attendance) {
    it(`their program ${program} prints everybody who took part in the meetings of the mock`, async () => {
      const [start, end] = [{ start_time: "-3d" }, { end_time: "-71h" }]
      const seed = {
        meetings: [
          {
            id: "7672989999303099091",
            meeting_no: "337736498",
            topic: "weekly",
            ...start,
            ...end,
            participants: [
              { open_id: "ou_host", is_host: true },
              { open_id: "ou_late", in_meeting_duration: 2_100 },
            ],
          },
          {
            id: "7672989999303099092",
            meeting_no: "337736498",
            topic: "secret",
            ...start,
            ...end,
            visible_to: [],
          },
        ],
      }
      const lines = await linesOf(program, { seed })
      assert.deepStrictEqual(
        lines.map((line) => line.replace(/^\d{10} /, "")),
        ["weekly ou_host 3600", "weekly ou_late 2100", "7672989999303099092 secret NoPermission"],
      )
    })
  }

  for (const program of programs) {
    it(`their program ${program} prints every meeting of the mock`, async () => {
      const lines = await linesOf(program, { days: 29 })
      assert.isAbove(lines.length, 50)
      assert.isTrue(lines.every((line) => /^\d{19} /.test(line)))
    })
  }
})
