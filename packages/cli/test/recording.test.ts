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
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { bin } from "./bundle.ts"
import * as Setting from "../src/settings/Setting.ts"
import * as CheckpointFile from "./CheckpointFile.ts"
import * as Cli from "./Cli.ts"

const pathOf = (readme: string): string => fileURLToPath(new URL(`../../../${readme}`, import.meta.url))

/** The recording of a README, and in it a command with what it prints. */
const recording = /(?<=^```console\n).*?(?=^```$)/ms
const step = /^\$ ((?:[^\n]*\\\n)*[^\n]*\n)((?:(?!\$ )[^\n]*\n)*)/gm

/** A README with what its commands print now; it may show only some of them. */
const withPrinted = (
  readme: string,
  printed: ReadonlyArray<readonly [typed: string, answer: string]>,
): string => {
  const left = [...printed]
  return readme.replace(recording, (steps) =>
    steps.replaceAll(step, (_, typed: string) => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        if (next[0] === typed) return `$ ${typed}${next[1]}`
      }
      return `$ ${typed}nothing ran this command\n`
    }),
  )
}

/** 2026-10-01T08:00:00+08:00. */
const today = 1_790_812_800

describe.concurrent("the recording in", () => {
  for (const [readme, locale] of [
    ["README.md", "en_GB.UTF-8"],
    ["README.zh-CN.md", "zh_CN.UTF-8"],
  ] as const) {
    // `vitest run packages/cli/test/recording.test.ts -u` writes what is printed now into the READMEs.
    it(`${readme} is what one sees, in the command's and in the repository's`, async ({ expect }) => {
      await using feishu = await startFeishuMock({
        now: today,
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
              // On that day, whatever day it is: what plan and list say depends on how long ago a range is.
              ...Cli.before(
                `const { now } = Date; const ahead = ${today * 1_000} - now(); Date.now = () => now() + ahead`,
              ),
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
        const whole = await readFile(pathOf(`packages/cli/${readme}`), "utf8")
        const commands = Array.from(recording.exec(whole)![0].matchAll(step), ([, typed]) => typed!)
        const reads = commands.filter((typed) => typed.startsWith("feishu-meetings list "))
        assert.lengthOf(reads, 2)

        const printed: Array<readonly [string, string]> = []
        for (const [position, typed] of commands.entries()) {
          if (position !== commands.indexOf(reads[0]!)) {
            printed.push([typed, await type(typed)])
            continue
          }
          const quota = await feishu.addFault({
            operation: "meetings.listByNo",
            when: { after: 2 },
            then: { code: 99991403 },
          })
          printed.push([typed, await type(typed)])
          // The next day, with a larger quota.
          await feishu.removeFault(quota.id)
          CheckpointFile.write(checkpoint, CheckpointFile.aged(CheckpointFile.read(checkpoint), 86_400_000))
        }
        await expect(withPrinted(whole, printed)).toMatchFileSnapshot(pathOf(`packages/cli/${readme}`))
        const shorter = await readFile(pathOf(readme), "utf8")
        await expect(withPrinted(shorter, printed)).toMatchFileSnapshot(pathOf(readme))
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
