import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs"
import { readFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Started, startFeishuMock } from "@effect-feishu/mock-server"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"

const now = 1_767_225_600 // 2026-01-01T00:00:00Z
const december = ["--from", "2025-12-01", "--to", "2025-12-31"]
const hostile = '=HYPERLINK("x"),\n\u202egnp\u001b[31m\u2028end'

let feishu: Started
let environment: Cli.Environment
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
  const meeting = { meeting_no: "100000001", start_time: now - 20 * 86_400 }
  feishu = await startFeishuMock({
    now,
    rateLimit: "off",
    seed: {
      meetings: [
        { ...meeting, id: "7011030664708603901", topic: "周会", url: "https://vc.feishu.cn/j/100000001" },
        { ...meeting, id: "7011030664708603902", topic: hostile, password: "123456" },
      ],
      generate: [
        { meeting_no: "200000002", count: 120, from: now - 25 * 86_400, to: now - 5 * 86_400 },
        { meeting_no: "300000003", count: 10, from: now - 25 * 86_400, to: now - 5 * 86_400 },
      ],
    },
  })
  environment = {
    FEISHU_BASE_URL: feishu.url,
    FEISHU_APP_ID: feishu.appId,
    FEISHU_APP_SECRET: feishu.appSecret,
  }
})
afterAll(async () => {
  await feishu.close()
  rmSync(folder, { recursive: true })
})

describe.concurrent("formats", () => {
  it("ndjson has exactly id, meeting_no, topic and url, null where Feishu has none, and no password", async () => {
    const { code, stdout, stderr, summary } = await Cli.list(["100000001", ...december], environment)
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
      [
        {
          id: "7011030664708603901",
          meeting_no: "100000001",
          topic: "周会",
          url: "https://vc.feishu.cn/j/100000001",
        },
        { id: "7011030664708603902", meeting_no: "100000001", topic: hostile, url: null },
      ],
    )
    assert.notInclude(stdout + stderr, "123456")
    assert.notInclude(stdout, "\u2028")
    assert.deepStrictEqual(summary, {
      status: "complete",
      rows: 2,
      requests: 2,
      retries: 0,
      waitedMs: 0,
      duplicates: 0,
      windows: 1,
      numbers: { asked: 1, complete: 1, failed: 0 },
    })
  })

  it("--show-passwords adds the passwords", async () => {
    const { stdout } = await Cli.list(["100000001", "--show-passwords", ...december], environment)
    assert.deepStrictEqual(
      stdout
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { password: unknown }).password),
      [null, "123456"],
    )
  })

  it("json is one array, also without rows", async () => {
    const [some, none] = await Promise.all([
      Cli.list(["300000003", "--format", "json", ...december], environment),
      Cli.list(["999999999", "--format", "json", ...december], environment),
    ])
    assert.lengthOf(JSON.parse(some.stdout) as Array<unknown>, 10)
    assert.strictEqual(some.summary.rows, 10)
    assert.deepStrictEqual(JSON.parse(none.stdout), [])
  })

  it("P13 csv quotes by RFC 4180, and no cell is a formula", async () => {
    const { stdout } = await Cli.list(["100000001", "--format", "csv", ...december], environment)
    assert.strictEqual(
      stdout,
      [
        "id,meeting_no,topic,url\n",
        "7011030664708603901,100000001,周会,https://vc.feishu.cn/j/100000001\n",
        `7011030664708603902,100000001,"'${hostile.replaceAll('"', '""')}",\n`,
      ].join(""),
    )
  })

  it("P12 the table is aligned with Chinese in it, and shows control characters instead of obeying them", async () => {
    const { stdout } = await Cli.list(["100000001", "--format", "table", ...december], environment)
    const shown = '=HYPERLINK("x"),\\n\\u202egnp\\u001b[31m\\u2028end'
    assert.deepStrictEqual(stdout.split("\n"), [
      `id                   meeting_no  ${"topic".padEnd(shown.length)}  url`,
      `7011030664708603901  100000001   周会${" ".repeat(shown.length - 4)}  https://vc.feishu.cn/j/100000001`,
      `7011030664708603902  100000001   ${shown}`,
      "",
    ])
  })
})

describe.concurrent("--output", () => {
  it("writes the file whole and leaves standard output empty", async () => {
    const file = join(folder, "whole.ndjson")
    const { code, lastLine, stdout } = await Cli.run(
      ["list", "200000002", "--output", file, ...december],
      environment,
    )
    assert.strictEqual(code, 0)
    assert.strictEqual(stdout, "")
    assert.strictEqual(lastLine, `complete: 120 meetings, one 90-day period, 4 requests; written to ${file}`)
    assert.lengthOf(Cli.ids(readFileSync(file, "utf8")), 120)
    assert.isFalse(existsSync(`${file}.part`))
  })

  it("a place that cannot be written is named, and nothing is sent", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const missing = join(folder, "missing", "file")
    const left = join(folder, "left")
    writeFileSync(`${left}.part`, "rows of an earlier run")
    const below = join(`${left}.part`, "file")
    const results = await Promise.all(
      [[missing], [folder], [left], [below, "--lang", "zh"], [left, "--numbers-from", left]].map((args) =>
        Cli.list([Scripted.meetingNo, "--output", ...args], scripted.environment),
      ),
    )
    assert.deepStrictEqual(
      results.map(({ code }) => code),
      [2, 2, 2, 2, 2],
    )
    assert.include(
      results[0]!.summary.error?.message,
      `${missing} cannot be written: its folder does not exist`,
    )
    assert.include(results[1]!.summary.error?.message, `${folder} is a folder`)
    assert.include(results[2]!.summary.error?.message, `${left}.part already exists`)
    assert.include(results[4]!.summary.error?.message, "--output: it would overwrite the file of the numbers")
    // What the system says, too, is in the language of the run.
    assert.include(
      results[3]!.summary.error?.message,
      `无法写入 ${below}（路径中有一部分不是文件夹，ENOTDIR）`,
    )
    assert.strictEqual(readFileSync(`${left}.part`, "utf8"), "rows of an earlier run")
    assert.lengthOf(scripted.queries, 0)
  })

  it("a link stays one, and the file behind it is written, with the mode it had", async () => {
    const file = join(folder, "behind.ndjson")
    writeFileSync(file, "old")
    chmodSync(file, 0o660)
    const [link, dangling] = [join(folder, "link"), join(folder, "dangling")]
    symlinkSync("behind.ndjson", link)
    symlinkSync("new.ndjson", dangling)
    await Promise.all(
      [link, dangling].map((output) =>
        Cli.run(["list", "300000003", "--output", output, ...december], environment),
      ),
    )
    assert.deepStrictEqual([readlinkSync(link), readlinkSync(dangling)], ["behind.ndjson", "new.ndjson"])
    assert.lengthOf(Cli.ids(readFileSync(file, "utf8")), 10)
    assert.strictEqual(statSync(file).mode & 0o777, 0o660)
    assert.lengthOf(Cli.ids(readFileSync(join(folder, "new.ndjson"), "utf8")), 10)
  })

  it("a new file with passwords is for its owner alone", async () => {
    const file = join(folder, "passwords.ndjson")
    await Cli.run(["list", "100000001", "--show-passwords", "--output", file, ...december], environment)
    assert.include(readFileSync(file, "utf8"), "123456")
    assert.strictEqual(statSync(file).mode & 0o777, 0o600)
  })

  it("a named pipe stays one, and its reader gets the rows", async () => {
    const pipe = join(folder, "pipe")
    await Cli.shell(`mkfifo ${pipe}`)
    const [{ code, lastLine }, read] = await Promise.all([
      Cli.run(["list", "200000002", "--output", pipe, ...december], environment),
      readFile(pipe, "utf8"),
    ])
    assert.strictEqual(code, 0)
    assert.strictEqual(lastLine, `complete: 120 meetings, one 90-day period, 4 requests; written to ${pipe}`)
    assert.lengthOf(Cli.ids(read), 120)
    assert.isTrue(lstatSync(pipe).isFIFO())
    assert.isFalse(existsSync(`${pipe}.part`))
  })

  it("what a run that ended early has written stays in the .part file", async () => {
    await using scripted = await Scripted.start((response, query, index) =>
      index === 0
        ? Scripted.twoPages(response, query, index)
        : Scripted.json(response, { code: 121003 }, 400),
    )
    const file = join(folder, "early.json")
    const { code, lastLine } = await Cli.run(
      ["list", Scripted.meetingNo, "--format", "json", "--output", file],
      scripted.environment,
    )
    assert.strictEqual(code, 1)
    assert.include(lastLine, `the rows so far are in ${file}.part`)
    assert.lengthOf(JSON.parse(readFileSync(`${file}.part`, "utf8")) as Array<unknown>, 50)
    assert.isFalse(existsSync(file))
  })
})

describe.concurrent("--max-items and --cursor", () => {
  it("the cursor of a limited run gives the rest: nothing is lost", async () => {
    const all = await Cli.list(["200000002", ...december], environment)
    const first = await Cli.list(
      ["200000002", "--max-items", "60", "--page-size", "50", ...december],
      environment,
    )
    assert.strictEqual(first.code, 0)
    assert.strictEqual(first.summary.status, "limited")
    assert.strictEqual(first.summary.rows, 60)
    assert.include(first.stderr, "on resume, the last 10 rows of this output will come again\n")
    const rest = await Cli.list(["--cursor", first.summary.cursor ?? ""], environment)
    assert.strictEqual(rest.summary.status, "complete")
    assert.deepStrictEqual(
      [...new Set([...Cli.ids(first.stdout), ...Cli.ids(rest.stdout)])],
      Cli.ids(all.stdout),
    )
  })

  it("run after run with a maximum below a page comes to the end, and reads no row twice", async () => {
    const all = await Cli.list(["300000003", ...december], environment)
    const first = await Cli.list(["300000003", "--max-items", "6", ...december], environment)
    assert.notInclude(first.stderr, "will come again")
    const second = await Cli.list(["--cursor", first.summary.cursor ?? "", "--max-items", "6"], environment)
    assert.strictEqual(second.summary.status, "complete")
    assert.deepStrictEqual(Cli.ids(first.stdout + second.stdout), Cli.ids(all.stdout))
  })

  it("the commands that are printed work as they are, with the flags of the run, and complete the list", async () => {
    const file = join(folder, "it's all")
    const { lastLine, stderr } = await Cli.shell(
      `feishu-meetings list 300000003 100000001 ${december.join(" ")} --max-items 4 --page-size 4 \
        --format csv --show-passwords --summary json --output "${file}"`,
      environment,
    )
    assert.include(lastLine, `"status":"limited"`)
    const commands = [...stderr.matchAll(/^(?:resume with|and then): (.*)$/gm)].map(
      ([, typed]) => typed ?? "",
    )
    assert.lengthOf(commands, 2)
    assert.include(commands[1], "--page-size 4 --format csv --show-passwords --summary json --output")
    assert.include(stderr, `parts of one list, in this order: ${file}, ${file}.2, ${file}.3\n`)
    const ends = await Promise.all(commands.map((typed) => Cli.shell(typed, environment)))
    for (const end of ends) assert.strictEqual(Cli.summaryOf(end).status, "complete")
    // A header each, and then the rows.
    assert.deepStrictEqual(
      [file, `${file}.2`].map((name) => readFileSync(name, "utf8").trimEnd().split("\n").length),
      [1 + 4, 1 + 6],
    )
    assert.include(readFileSync(`${file}.3`, "utf8"), ",123456\n")
  })

  it("a run that ends with its last row at the maximum is complete", async () => {
    const { summary } = await Cli.list(["300000003", "--max-items", "10", ...december], environment)
    assert.strictEqual(summary.status, "complete")
    assert.notProperty(summary, "cursor")
  })
})

describe.concurrent("what is read", () => {
  it("P15 several numbers in the order given, doubles once, spaces and dashes as people write them", async () => {
    const { summary, stdout } = await Cli.list(
      ["300 000-003", "100000001", "300000003", ...december],
      environment,
    )
    assert.strictEqual(summary.rows, 12)
    assert.deepStrictEqual(Cli.ids(stdout).slice(-2), ["7011030664708603901", "7011030664708603902"])
  })

  it("a bare date is the local day, and --to includes it", async () => {
    await using scripted = await Scripted.start((response) => Scripted.page(response, []))
    await Cli.list(
      [Scripted.meetingNo, "--from", "2026-09-01", "--to", "2026-09-02", "--page-size", "7"],
      scripted.environment,
    )
    assert.deepStrictEqual(Object.fromEntries(scripted.queries[0]!), {
      meeting_no: Scripted.meetingNo,
      start_time: String(1_788_192_000), // 2026-09-01T00:00:00+08:00
      end_time: String(1_788_364_800), // 2026-09-03T00:00:00+08:00
      page_size: "7",
    })
  })

  it("without --from the 90 days that a strict server shows; --base-url goes before the environment", async () => {
    await using strict = await startFeishuMock()
    const { summary } = await Cli.list([strict.meetingNos[0]!, "--base-url", strict.url], {
      FEISHU_BASE_URL: "http://127.0.0.1:9",
      FEISHU_APP_ID: strict.appId,
      FEISHU_APP_SECRET: strict.appSecret,
    })
    assert.deepInclude(summary, { status: "complete", rows: 120, windows: 1 })
  })

  it("a month, in the zone that is given, and told back in it; other flags for the range are refused beside it", async () => {
    await using scripted = await Scripted.start((response) => Scripted.page(response, []))
    const run = (...args: ReadonlyArray<string>) =>
      Cli.run(["list", Scripted.meetingNo, "--allow-http", ...args], scripted.environment)
    const [month, words, both, notOne, zone] = await Promise.all([
      run("--month", "2026-02", "--timezone", "America/New_York"),
      run("--from", "2026/2/1", "--to", "2026年2月", "--timezone=UTC-5"),
      run("--month", "2026-02", "--from", "1d"),
      run("--month", "2026-02-03"),
      run("--month", "2026-02", "--timezone", "Mars/Olympus"),
    ])
    assert.deepStrictEqual(
      scripted.queries.map((query) => [query.get("start_time"), query.get("end_time")]),
      [1, 2].map(() => ["1769922000", "1772341200"]),
    )
    for (const { stderr } of [month, words]) {
      assert.include(stderr, "range: 2026-02-01T00:00:00-05:00 to 2026-03-01T00:00:00-05:00\n")
    }
    assert.deepStrictEqual([both.code, notOne.code, zone.code], [2, 2, 2])
    assert.include(both.stderr, "--month: it is given beside --from or --to")
    assert.include(notOne.stderr, "--month: it is not a month")
    assert.include(zone.stderr, 'must be a time zone such as Asia/Shanghai or +08:00, not "Mars/Olympus"')
  })

  it("an old window without rows is a warning in one line, which --quiet leaves out", async () => {
    await using scripted = await Scripted.start((response) => Scripted.page(response, []))
    const args = ["list", Scripted.meetingNo, "--from", "2020-01-01", "--to", "2020-01-31"]
    const { code, stderr } = await Cli.run(args, scripted.environment)
    const quiet = await Cli.run([...args, "--quiet"], scripted.environment)
    assert.strictEqual(code, 0)
    assert.strictEqual(quiet.stderr, "complete: 0 meetings, one 90-day period, 1 request\n")
    const [range, warning, summary, ...more] = stderr.split("\n")
    assert.strictEqual(range, "range: 2020-01-01T00:00:00+08:00 to 2020-02-01T00:00:00+08:00")
    assert.match(warning ?? "", /^warning: No meetings of 337736498 from 2020-01-01T00:00:00\+08:00 to /)
    assert.strictEqual(summary, "complete: 0 meetings, one 90-day period, 1 request")
    assert.deepStrictEqual(more, [""])
  })
})

describe.concurrent("--demo", () => {
  it("has one number; another one is refused, and the one of the demo is named", async () => {
    const { code, stderr, stdout } = await Cli.runFromSource(["list", "--demo", "337736498"])
    assert.deepStrictEqual([code, stdout], [2, ""])
    const [, own] = /has no meetings of 337736498[^]*the one of the demo: (\d{9})\.\n$/.exec(stderr) ?? []
    assert.isDefined(own, stderr)
    const few = await Cli.runFromSource(["list", "--demo", own!, "--max-items", "3", "--summary", "json"])
    assert.deepInclude(Cli.summaryOf(few), { status: "limited", rows: 3 })
  })

  it("reads a year in several windows and pages, without an account and without a terminal", async () => {
    const ended = await Cli.runFromSource(["list", "--demo", "--summary", "json"])
    const { code, stdout, stderr } = ended
    const summary = Cli.summaryOf(ended)
    assert.strictEqual(code, 0)
    assert.deepInclude(summary, { status: "complete", rows: 220, windows: 5 })
    // Less the one for the token: more pages than windows.
    assert.isAbove(summary.requests - 1, summary.windows)
    assert.lengthOf(new Set(Cli.ids(stdout)), 220)
    assert.match(stderr, /^demo: a mock Feishu at http:\/\/127\.0\.0\.1:\d+, meeting number \d{9}, from /)
    // Neither colours nor a progress line.
    assert.notInclude(stdout + stderr, "\u001b")
    assert.notInclude(stdout + stderr, "\r")
  })
})

describe.concurrent("help", () => {
  it("tells flags, examples and exit codes on standard output", async () => {
    const [list, version] = await Promise.all([Cli.run(["list", "--help"]), Cli.run(["--version"])])
    assert.deepStrictEqual([list.code, version.code], [0, 0])
    for (const part of ["--show-passwords", "EXAMPLES", "EXIT CODES", "FEISHU_APP_SECRET"]) {
      assert.include(list.stdout, part)
    }
    assert.match(version.stdout, /^feishu-meetings v\d+\.\d+\.\d+\n$/)
    assert.strictEqual(list.stderr + version.stderr, "")
  })

  it("the example for programs gets the summary, whatever else was told", async () => {
    await using scripted = await Scripted.start((response, query, index) =>
      index === 0
        ? Scripted.twoPages(response, query, index)
        : Scripted.json(response, { code: 121003 }, 400),
    )
    const { stdout } = await Cli.run(["list", "--help"])
    const [example, withoutJq] =
      /^ *(feishu-meetings list .*) \| jq \.status$/m.exec(stdout.replaceAll(/ \\\n */g, " ")) ?? []
    const { stdout: last } = await Cli.shell(`cd ${folder}; ${withoutJq}`, scripted.environment)
    assert.include(example, "--summary json")
    assert.strictEqual((JSON.parse(last) as Cli.Summary).status, "incomplete")
    assert.lengthOf(Cli.ids(readFileSync(join(folder, "rows.ndjson"), "utf8")), 50)
  })
})
