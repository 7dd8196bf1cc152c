/** A run that is gone on with days later, when Feishu no longer answers for the start of its range. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import { startFeishuMock } from "@effect-feishu/mock-server"
import * as Cli from "./Cli.ts"

const day = 86_400
const now = Math.floor(DateTime.toEpochMillis(DateTime.nowUnsafe()) / 1_000)
const secondsOf = (iso: string) => DateTime.toEpochMillis(DateTime.makeUnsafe(iso)) / 1_000
const numbers = ["337736498", "146453285", "588000001"] as const

/** A meeting every 12 hours in the last 89 days, for each number. */
const seed = {
  meetings: numbers.flatMap((meeting_no, number) =>
    Array.from({ length: 178 }, (_, index) => ({
      id: String(7_000_000_000_000_000_000n + BigInt(number * 1_000 + index)),
      meeting_no,
      topic: "Standup",
      start_time: now - 89 * day + index * (day / 2) + 600,
    })),
  ),
}

/** Lets the command live so many days from now. */
const daysLater = (days: number): Cli.Environment =>
  Cli.before(`const now = Date.now; Date.now = () => now() + ${days * day * 1_000};`)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-old-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Unreachable {
  readonly from: string
  readonly to: string
  readonly numbers: ReadonlyArray<{ readonly meetingNo: string; readonly from: string; readonly to: string }>
}
const unreachableOf = ({ summary }: { readonly summary: Cli.Summary }) =>
  (summary as { readonly unreachable?: Unreachable }).unreachable

const startFeishu = async (ninetyDays: "lookback" | "span") => {
  const feishu = await startFeishuMock({ rateLimit: "off", ninetyDays, seed })
  const environment = {
    FEISHU_BASE_URL: feishu.url,
    FEISHU_APP_ID: feishu.appId,
    FEISHU_APP_SECRET: feishu.appSecret,
  }
  /** The monthly quota is used up after so many pages. */
  const quotaAfter = (pages: number) =>
    feishu.addFault({ operation: "meetings.listByNo", when: { after: pages }, then: { code: 99991403 } })
  return { feishu, environment, quotaAfter }
}

describe.concurrent("P23 a run that the monthly quota has ended, and that is gone on with days later", () => {
  it("with a checkpoint reads the rest, says once what is lost, and ends; the next run is complete", async () => {
    const { environment, feishu, quotaAfter } = await startFeishu("lookback")
    await using _ = feishu
    const output = join(folder, "rows.ndjson")
    const checkpoint = join(folder, "rows.checkpoint")
    const args = [...numbers, "--output", output, "--checkpoint", checkpoint]
    // In the midst of the first number.
    const quota = await quotaAfter(2)
    const first = await Cli.list(args, environment)
    assert.deepInclude(first.summary, { status: "incomplete", rows: 100 })
    assert.include(first.stderr, "the same command resumes from")
    await feishu.removeFault(quota.id)

    await feishu.moveClock({ advance: 3 * day })
    const again = await Cli.list(args, { ...environment, ...daysLater(3) })
    assert.strictEqual(again.code, 1, again.stderr)
    assert.strictEqual(again.summary.status, "complete but for unreachable")
    const lost = unreachableOf(again)!
    assert.deepStrictEqual(
      lost.numbers.map(({ meetingNo }) => meetingNo),
      [...numbers],
    )
    const bound = now + 3 * day - 90 * day + 3_600
    assert.approximately(secondsOf(lost.to), bound, 60)
    assert.approximately(secondsOf(lost.from), now - 90 * day + 3_600, 60)
    assert.include(again.stderr, `warning: Meetings of ${numbers[0]} from `)

    const ids = Cli.ids(readFileSync(output, "utf8"))
    assert.strictEqual(new Set(ids).size, ids.length)
    const shown = seed.meetings.filter((meeting) => meeting.start_time > secondsOf(lost.to))
    // Of the first number there are those, too, that had come before.
    assert.strictEqual(ids.length, 178 + (2 * shown.length) / 3)
    assert.isFalse(existsSync(`${output}.part`))

    const next = await Cli.list(args, { ...environment, ...daysLater(3) })
    assert.strictEqual(next.code, 0)
    assert.deepInclude(next.summary, { status: "complete", requests: 0 })
    assert.isUndefined(unreachableOf(next))
  })

  it("does so by the clock of the server, too, where that of this machine is behind", async () => {
    const { environment, feishu, quotaAfter } = await startFeishu("lookback")
    await using _ = feishu
    const output = join(folder, "behind.ndjson")
    const args = [...numbers, "--output", output, "--checkpoint", `${output}.checkpoint`]
    const quota = await quotaAfter(2)
    await Cli.list(args, environment)
    await feishu.removeFault(quota.id)
    await feishu.moveClock({ advance: 3 * day })
    const again = await Cli.list(args, environment)
    assert.strictEqual(again.code, 1, again.stderr)
    assert.strictEqual(again.summary.status, "complete but for unreachable")
    assert.lengthOf(unreachableOf(again)!.numbers, numbers.length)
    assert.deepInclude((await Cli.list(args, environment)).summary, { status: "complete", requests: 0 })
  })

  it("with a cursor does the same, in the words of both languages", async () => {
    const { environment, feishu, quotaAfter } = await startFeishu("lookback")
    await using _ = feishu
    const quota = await quotaAfter(1)
    const { summary } = await Cli.list([numbers[0], "--from", "89d"], environment)
    await feishu.removeFault(quota.id)
    await feishu.moveClock({ advance: 5 * day })
    const later = { ...environment, ...daysLater(5) }
    const [english, chinese] = await Promise.all(
      (["en", "zh"] as const).map((lang) =>
        Cli.run(["list", "--cursor", summary.cursor!, "--lang", lang], later),
      ),
    )
    assert.deepStrictEqual([english!.code, chinese!.code], [1, 1])
    assert.match(
      english!.lastLine,
      /^complete but for \S+\+08:00 to \S+\+08:00, which Feishu no longer shows: \d+ meetings/,
    )
    assert.match(chinese!.lastLine, /^除 \S+\+08:00 至 \S+\+08:00（飞书不再显示）外已完成：共 \d+ 场会议/)
    assert.match(chinese!.stderr, /^警告：会议号 337736498 在 \S+ 至 \S+ 的会议未读取/m)
    assert.notInclude(english!.stderr, "error:")
    const json = await Cli.run(["list", "--cursor", summary.cursor!, "--progress", "json"], later)
    assert.match(json.stderr, /"progress":"unreachable".*"meetingNo":"337736498","from":"/)
  })

  it("the commands that it prints work days later, too, also for numbers of which nothing was read", async () => {
    const { environment, feishu, quotaAfter } = await startFeishu("lookback")
    await using _ = feishu
    const quota = await quotaAfter(5)
    const first = await Cli.run(["list", ...numbers], environment)
    await feishu.removeFault(quota.id)
    const [, typed = ""] = /^resume with: (.*)$/m.exec(first.stderr) ?? []
    assert.notInclude(typed, "--from")
    await feishu.moveClock({ advance: 2 * day })
    const rest = await Cli.shell(`${typed} --summary json`, { ...environment, ...daysLater(2) })
    assert.strictEqual(rest.code, 1, rest.stderr)
    assert.strictEqual(Cli.summaryOf(rest).status, "complete but for unreachable")
    assert.strictEqual(Cli.summaryOf(rest).numbers.complete, 2)
  })

  it("promises nothing where all that is left was refused for ever", async () => {
    const { environment, feishu } = await startFeishu("lookback")
    await using _ = feishu
    const output = join(folder, "never.ndjson")
    const never = [...numbers, "--from", "200d", "--keep-going"]
    for (const more of [[], ["--output", output, "--checkpoint", `${output}.checkpoint`]]) {
      const { code, stderr } = await Cli.run(["list", ...never, ...more], environment)
      assert.strictEqual(code, 1)
      assert.notMatch(stderr, /goes on|resume/)
      assert.match(stderr, /^to do: Give \S+\+08:00 or later as --from\.$/m)
    }
  })

  it("says nothing of it where Feishu still answers", async () => {
    const { environment, feishu, quotaAfter } = await startFeishu("span")
    await using _ = feishu
    const output = join(folder, "span.ndjson")
    const args = [numbers[0], "--output", output, "--checkpoint", `${output}.checkpoint`]
    const quota = await quotaAfter(1)
    await Cli.list(args, environment)
    await feishu.removeFault(quota.id)
    await feishu.moveClock({ advance: 3 * day })
    const again = await Cli.list(args, { ...environment, ...daysLater(3) })
    assert.strictEqual(again.code, 0, again.stderr)
    assert.deepInclude(again.summary, { status: "complete", rows: 178 })
    assert.notInclude(again.stderr, "warning")
  })

  it("a range that is typed anew and too old is refused, with a checkpoint as well as without", async () => {
    const { environment, feishu } = await startFeishu("lookback")
    await using _ = feishu
    const output = join(folder, "old.ndjson")
    for (const more of [[], ["--output", output, "--checkpoint", `${output}.checkpoint`]]) {
      for (const _run of [1, 2]) {
        const { code, stderr, summary } = await Cli.list([...numbers, "--from", "91d", ...more], environment)
        assert.strictEqual(code, 1)
        assert.deepInclude(summary, { status: "failed", rows: 0 })
        assert.strictEqual(summary.error?.reason, "RangeTooOld")
        assert.notInclude(stderr, "goes on")
      }
    }
    assert.isFalse(existsSync(`${output}.checkpoint`))
  })
})
