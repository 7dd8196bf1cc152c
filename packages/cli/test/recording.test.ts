/**
 * What the READMEs show of the command: what is typed in their recordings is typed here, and what is answered must be the
 * same; every setting has a row.
 */
import { once } from "node:events"
import { spawn } from "node:child_process"
import { mkdtemp, readFile, rm } from "node:fs/promises"
import { text } from "node:stream/consumers"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { bin } from "./bundle.ts"
import * as Setting from "../src/settings/Setting.ts"
import * as CheckpointFile from "./CheckpointFile.ts"

/** What is typed, with what is told then. */
const recordingOf = async (readme: string) => {
  const whole = await readFile(new URL(`../../../${readme}`, import.meta.url), "utf8")
  const [, recording = ""] = /^```console\n(.*?)^```$/ms.exec(whole) ?? []
  return recording.split(/^(?=\$ )/m).map((part) => {
    const [, typed = "", told = ""] = /^\$ ((?:[^\n]*\\\n)*[^\n]*\n)(.*)$/s.exec(part) ?? []
    return { typed, told }
  })
}

describe.concurrent("the recording in", () => {
  for (const [readme, locale] of [
    ["README.md", "en_GB.UTF-8"],
    ["README.zh-CN.md", "zh_CN.UTF-8"],
  ] as const) {
    it(`the repository's ${readme} is a part of the command's`, async () => {
      const shown = await recordingOf(readme)
      assert.lengthOf(shown, 2)
      assert.includeDeepOrderedMembers((await recordingOf(`packages/cli/${readme}`)).slice(1), shown)
    })

    it(`the command's ${readme} is what one sees`, async () => {
      await using feishu = await startFeishuMock({
        // 2026-10-01T08:00:00+08:00
        now: 1_790_812_800,
        seed: {
          generate: [{ meeting_no: "337736498", count: 120, from: "2026-09-01", to: "2026-09-30" }],
        },
      })
      await feishu.moveClock({ frozen: true })
      const folder = await mkdtemp(join(tmpdir(), "feishu-meetings-"))
      const checkpoint = join(folder, "september.checkpoint")
      const type = async (script: string) => {
        const shell = spawn(
          "sh",
          ["-c", script.replaceAll("feishu-meetings ", '"$0" "$1" '), process.execPath, bin],
          {
            cwd: folder,
            env: {
              PATH: process.env["PATH"],
              HOME: folder,
              TZ: "Asia/Shanghai",
              LANG: locale,
              FEISHU_APP_ID: feishu.appId,
              FEISHU_APP_SECRET: feishu.appSecret,
              // What only tells, tells of Feishu's own address.
              ...(/ list /.test(script) ? { FEISHU_BASE_URL: feishu.url } : {}),
            },
            stdio: ["ignore", "pipe", "pipe"],
          },
        )
        const [data, said] = await Promise.all([text(shell.stdout), text(shell.stderr), once(shell, "close")])
        return said + data
      }
      try {
        const parts = await recordingOf(`packages/cli/${readme}`)
        const reads = parts.filter(({ typed }) => typed.startsWith("feishu-meetings list "))
        assert.lengthOf(reads, 2)
        for (const part of parts) {
          if (part === reads[0]) {
            const quota = await feishu.addFault({
              operation: "meetings.listByNo",
              when: { after: 2 },
              then: { code: 99991403 },
            })
            assert.strictEqual(await type(part.typed), part.told)
            // The next day, with a larger quota.
            await feishu.removeFault(quota.id)
            CheckpointFile.write(checkpoint, CheckpointFile.aged(CheckpointFile.read(checkpoint), 86_400_000))
          } else {
            assert.strictEqual(await type(part.typed), part.told)
          }
        }
      } finally {
        await rm(folder, { recursive: true })
      }
    })
  }
})

describe("the table of settings in", () => {
  for (const readme of ["README.md", "README.zh-CN.md"]) {
    it(`${readme} has them all`, async () => {
      const rows = await readFile(new URL(`../${readme}`, import.meta.url), "utf8")
      assert.deepStrictEqual(
        Setting.all.map(Setting.keyOf).filter((key) => !new RegExp(`^\\|[^|]*\`${key}\``, "m").test(rows)),
        [],
      )
    })
  }
})
