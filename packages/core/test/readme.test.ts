import { assert, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"

const root = new URL("../../../", import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), "utf8")
const programs = ["packages/core/examples/stream.ts", "packages/promise/examples/stream.ts"]
const examples = [
  ...programs,
  "packages/core/examples/mock.test.ts",
  "packages/example-effect-3/src/FeishuMeetings.ts",
]

describe("the README", () => {
  for (const readme of ["README.md", "README.zh-CN.md"]) {
    for (const example of examples) {
      it(`${readme} shows ${example} as it is`, () => {
        assert.include(text(readme), `\`\`\`ts\n${text(example)}\`\`\``)
      })
    }
  }

  for (const program of programs) {
    it(`its program ${program} prints every meeting of the mock`, async () => {
      await using feishu = await startFeishuMock({ days: 29 })
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
      const lines = stdout.trim().split("\n")
      assert.isAbove(lines.length, 50)
      assert.isTrue(lines.every((line) => /^\d{19} /.test(line)))
    })
  }
})
