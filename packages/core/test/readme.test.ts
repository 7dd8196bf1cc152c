import { assert, describe, it } from "@effect/vitest"
import { MockFeishu } from "@effect-feishu/mock-server"
import { execFile } from "node:child_process"
import { readFileSync } from "node:fs"
import { promisify } from "node:util"

const root = new URL("../../../", import.meta.url)
const text = (path: string) => readFileSync(new URL(path, root), "utf8")
const examples = ["packages/core/examples/stream.ts", "packages/core/examples/mock.test.ts"]

describe("the README", () => {
  for (const readme of ["README.md", "README.zh-CN.md"]) {
    for (const example of examples) {
      it(`${readme} shows ${example} as it is`, () => {
        assert.include(text(readme), `\`\`\`ts\n${text(example)}\`\`\``)
      })
    }
  }

  it("its program prints every meeting of the mock", async () => {
    await using feishu = await MockFeishu.start({ days: 29 })
    const { stderr, stdout } = await promisify(execFile)(
      process.execPath,
      [new URL("packages/core/examples/stream.ts", root).pathname],
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
})
