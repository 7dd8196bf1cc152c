/**
 * `kill -9` again and again, and now and then a signal that asks, at instants that a seed chooses, and the same command
 * each time: what comes out in the end has to be what a run gives that nobody disturbs.
 */
import { once } from "node:events"
import { existsSync, type FSWatcher, mkdtempSync, readFileSync, rmSync, watch } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { setTimeout as sleep } from "node:timers/promises"
import { assert } from "@effect/vitest"
import { readXlsx } from "hucre/xlsx"
import { type Chaos, startFeishuMock } from "@effect-feishu/mock-server"
import * as Cli from "./Cli.ts"

const now = 1_767_225_600 // 2026-01-01T00:00:00Z
const day = 86_400

/** Numbers of many sizes, over three windows; some meetings begin where two windows meet, one runs, and one nobody may see. */
const seedOf = (counts: ReadonlyArray<number>) => ({
  generate: counts.map((count, index) => ({
    meeting_no: String(500_000_000 + index),
    count,
    from: now - 200 * day,
    to: now - 5 * day,
    participants: 3,
  })),
  meetings: [
    ...[0, 2].map((index) => ({
      meeting_no: String(500_000_000 + index),
      id: `701103066470860390${index}`,
      topic: '两个窗口之间, "seam"',
      start_time: now - 110 * day,
      end_time: now - 110 * day + 3_600,
    })),
    ...[{ generate: { participants: 4 } }, { visible_to: [] }].map((more, index) => ({
      meeting_no: "500000001",
      id: `701103066470860391${index}`,
      topic: "今天",
      start_time: now - 600 + index,
      ...more,
    })),
  ],
})

/** What passes, each as likely as the others. Resets end a page in its middle, and 429 closes the gate. */
const faults: NonNullable<Chaos["faults"]> = [
  { network: "reset before headers" },
  { network: "reset in mid-body" },
  { network: "end in mid-body" },
  { network: "truncated JSON" },
  { network: "HTML" },
  { code: 121001 },
  { code: 99991400, headers: { "x-ogw-ratelimit-reset": "1" } },
  { paging: "doubled rows" },
  { delaySeconds: 0.02 },
]

/** Numbers from 0 to 1, the same for the same seed. */
const randomFrom = (start: number) => {
  let state = start >>> 0
  return (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Flags that read everything of each meeting, as fast as the mock answers. */
export const detailsFlags = ["--participants", "--recordings", "--details-rate-limit", "10000"]

const formats = ["ndjson", "json", "csv", "xlsx"] as const

/**
 * The lines of rows in a file, as they are; with the brackets of JSON, its commas and the header of CSV taken off. The rows of
 * a workbook are JSON.
 */
const linesOf = async (format: (typeof formats)[number], file: string): Promise<ReadonlyArray<string>> => {
  if (format === "xlsx" && !file.endsWith(".part")) {
    const { sheets } = await readXlsx(readFileSync(file))
    return sheets.flatMap(({ rows }) => rows.slice(1).map((row) => JSON.stringify(row)))
  }
  const text = readFileSync(file, "utf8")
  const lines = text === "" ? [] : text.trimEnd().split("\n")
  switch (format) {
    case "ndjson":
    case "xlsx":
      return lines
    case "json":
      assert.lengthOf(JSON.parse(text) as Array<unknown>, Math.max(0, lines.length - 2))
      return lines.slice(1, -1).map((line) => line.replace(/,$/, ""))
    case "csv":
      assert.match(lines[0]!, /^id,meeting_no,topic,url\b/)
      return lines.slice(1)
  }
}

const numberIn = (line: string): string => /\b5\d{8}\b/.exec(line)?.[0] ?? ""

/** Kills that many runs with these flags, and says how many lists came to their end meanwhile. */
export const kill = async (
  kills: number,
  start: number,
  flags: ReadonlyArray<string> = [],
): Promise<number> => {
  const random = randomFrom(start)
  const folder = mkdtempSync(join(tmpdir(), "feishu-meetings-kills-"))
  // Details are many requests.
  const seed = seedOf(flags.length === 0 ? [70, 3, 170, 50, 51, 1, 110] : [60, 3, 51])
  const rate = flags.length === 0 ? 0.1 : 0.02
  const meetings = seed.generate.reduce((sum, { count }) => sum + count, seed.meetings.length)
  const numbers = [...seed.generate.map(({ meeting_no }) => meeting_no), "599999999"]
  await using feishu = await startFeishuMock({ now, rateLimit: "off", ninetyDays: "span", seed })
  // Meetings grow older than 90 days, and one runs.
  await feishu.moveClock({ frozen: true })
  const environment = {
    FEISHU_BASE_URL: feishu.url,
    FEISHU_APP_ID: feishu.appId,
    FEISHU_APP_SECRET: feishu.appSecret,
    ...Cli.impatient,
  }
  const range = ["--from", String(now - 200 * day), "--to", String(now)]
  let killed = 0
  let completed = 0
  let story: Array<string> = []
  try {
    while (killed < kills) {
      const format = formats[(start + completed) % formats.length]!
      const concurrency = [1, 3, 8][Math.floor(random() * 3)]!
      const name = (what: string) => join(folder, `${completed}-${what}`)
      const common = ["list", ...numbers, ...range, ...flags, "--format", format, "--summary", "json"]
      story = [`${flags.join(" ")} ${format}, ${concurrency} beside each other`]

      await feishu.calm()
      const calm = await Cli.run([...common, "--output", name("calm")], environment)
      assert.strictEqual(calm.code, 0, calm.stderr)
      const expected = await linesOf(format, name("calm"))
      const { details, recordings, rows } = Cli.summaryOf(calm)
      assert.lengthOf(new Set(expected), rows)
      assert.strictEqual(Cli.summaryOf(calm).meetings ?? rows, meetings)

      await feishu.chaos({ seed: `${start}-${completed}`, rate, faults })
      const args = [
        ...common,
        "--output",
        name("rows"),
        "--checkpoint",
        name("checkpoint"),
        "--concurrency",
        String(concurrency),
      ]
      let last: Cli.Ended
      do {
        const child = Cli.start(args, environment)
        const end = Cli.ended(child)
        if (killed < kills && random() < 0.95) {
          const changes = 1 + Math.floor(random() ** 2 * 60)
          const millis = random() < 0.5 ? 0 : random() * 4
          const watcher = watch(folder)
          await Promise.race([end, changed(watcher, changes).then(() => sleep(millis))])
          watcher.close()
          const signal = random() < 0.8 ? "SIGKILL" : "SIGTERM"
          if (child.exitCode === null) {
            child.kill(signal)
            killed++
            story.push(`${signal} ${millis.toFixed(1)} ms after ${changes} changes`)
          }
        }
        last = await end
        // 4 and 7: of these faults there may be more than a run bears. It is started again as those are that were killed.
        assert.oneOf(last.code, [0, null, 4, 7, 143], last.stderr)
        // Whoever ends by itself leaves a whole document, with the rows that it says it has. Nothing is left of one that
        // had not begun to read, or to listen to signals.
        if (last.code !== 0 && last.code !== null && last.stderr !== "") {
          const left = ["rows.part", "rows"].map(name).find(existsSync)
          const rowsThen = left === undefined ? 0 : (await linesOf(format, left)).length
          assert.strictEqual(Cli.summaryOf(last).rows, rowsThen)
        }
      } while (last.code !== 0)

      const summary = Cli.summaryOf(last)
      const got = await linesOf(format, name("rows"))
      assert.deepInclude(summary, { status: "complete", rows })
      assert.deepStrictEqual([summary.details, summary.recordings], [details, recordings])
      assert.isFalse(["rows.part", "rows.feishu-meetings-new"].map(name).some(existsSync))
      for (const number of numbers) {
        const of = (lines: ReadonlyArray<string>) => lines.filter((line) => numberIn(line) === number)
        assert.deepStrictEqual(of(got), of(expected))
      }
      assert.lengthOf(got, rows)

      await feishu.calm()
      const again = await Cli.run(args, environment)
      assert.strictEqual(again.code, 0, again.stderr)
      assert.strictEqual(Cli.summaryOf(again).requests, 0)
      completed++
    }
    return completed
  } catch (error) {
    console.error(`seed ${start}: ${story.join("; ")}; what was written is in ${folder}`)
    throw error
  } finally {
    if (killed >= kills) rmSync(folder, { recursive: true })
  }
}

/** Resolves after so many changes of what is in a folder. */
const changed = async (watcher: FSWatcher, changes: number): Promise<void> => {
  for (let left = changes; left > 0; left--) await once(watcher, "change")
}
