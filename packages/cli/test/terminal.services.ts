import { assert, describe, it } from "@effect/vitest"
import * as CliOutput from "effect/cli/CliOutput"
import * as Cli from "./Cli.ts"
import { english } from "./english.ts"
import * as Scripted from "./ScriptedFeishu.ts"
import * as Terminal from "./Terminal.ts"

/** A page, then a refusal by the rate limit, and only when asked the rest. */
const limited = (): { readonly answer: Scripted.Answer; readonly release: () => void } => {
  let isFree = false
  return {
    release: () => (isFree = true),
    answer: (response, query, index) => {
      if (index === 0 || isFree) return Scripted.twoPages(response, query, index)
      response.setHeader("x-ogw-ratelimit-reset", "1")
      Scripted.json(response, { code: 99991400, msg: "request trigger frequency limit" }, 429)
    },
  }
}

describe.concurrent("in a terminal", () => {
  it("a run in Chinese: a table that is aligned and fits, the progress below it, and the summary", async () => {
    const { answer, release } = limited()
    await using scripted = await Scripted.start(answer)
    const session = Terminal.start(["list", Scripted.meetingNo, "--from", "1d", "--lang", "zh"], {
      environment: scripted.environment,
    })
    // The progress line stands below the rows, and below what is told meanwhile.
    await session.shows(/\n警告：请求超出频率限制.*\n50 场会议，\d 次请求.*等待至 \d\d:\d\d:\d\d$/s)
    release()
    const { code, screen, sent } = await session.ended
    assert.strictEqual(code, 0)
    const lines = screen.split("\n")
    assert.deepStrictEqual(english(screen), [])
    assert.strictEqual(lines[0], "id  meeting_no  topic  url")
    assert.strictEqual(lines[1], "1   337736498   周会")
    assert.match(
      lines.at(-1) ?? "",
      /^已完成：共 60 场会议，1 个时间段，\d 次请求，重试 \d 次，等待频率限制 .* 秒$/,
    )
    // Nothing of the progress is left.
    assert.notInclude(screen, "等待至")
    assert.include(sent, "\u001b[32m已完成：\u001b[39m")
  })

  it("the progress line fits 20 columns, also when the window becomes narrower", async () => {
    await using scripted = await Scripted.start(limited().answer)
    const session = Terminal.start(["list", Scripted.meetingNo, "--from", "1d", "--format", "csv"], {
      columns: 60,
      environment: scripted.environment,
    })
    await session.shows(/50 meetings, .*waiting until \d\d:\d\d:\d\d$/)
    session.resize(20)
    await session.shows(/\n50 meetings$/)
    session.type("\u0003")
    const { code } = await session.ended
    assert.strictEqual(code, 130)
  })

  it("X8 no colour and no bar with NO_COLOR, TERM=dumb or in a pipe; a bar where standard output is a file", async () => {
    const list = "feishu-meetings list --demo --max-items 3"
    const [plain, dumb, pager, file, piped] = await Promise.all([
      Terminal.shell(list, { environment: { NO_COLOR: "1" } }).ended,
      Terminal.shell(list, { environment: { TERM: "dumb" } }).ended,
      Terminal.shell(`${list} | cat`).ended,
      Terminal.shell(`${list} >/dev/null`).ended,
      Cli.shell(list),
    ])
    const [escape, bar] = ["\u001b", "\u001b[K"]
    for (const { sent } of [plain, dumb]) {
      assert.notInclude(sent, escape)
      assert.notMatch(sent, /\r(?!\n)/)
      assert.match(sent, /limited: 3 meetings/)
    }
    // Standard error is a terminal there, and may have colours.
    assert.notInclude(pager.sent, bar)
    assert.include(file.sent, bar)
    assert.notInclude(piped.stdout + piped.stderr, escape)
  })

  it("help fits 80 and 200 columns in both languages, and begins with what the command does", async () => {
    const sessions = [
      { columns: 80, language: "en", first: /^List every meeting / },
      { columns: 80, language: "zh", first: /^列出会议号下/ },
      { columns: 200, language: "zh", first: /^列出会议号下/ },
    ]
    for (const { columns, first, language } of sessions) {
      const { screen } = await Terminal.start(["list", "--help", "--lang", language], { columns }).ended
      const lines = screen.split("\n")
      assert.match(lines[0]!, first)
      for (const line of lines) assert.isAtMost(CliOutput.displayWidth(line), Math.min(columns, 100))
      if (language === "zh") {
        assert.deepStrictEqual(english(screen), [])
        for (const line of lines) assert.notMatch(line, /^ *[，。；：）、]/)
      }
    }
  })
})

describe.concurrent("in Chinese", () => {
  it("the help of every command has no English sentence", async () => {
    const commands = [
      [],
      ["plan"],
      ["doctor"],
      ["config"],
      ["config", "show"],
      ["errors"],
      ["schema"],
      ["completions"],
    ]
    const runs = await Promise.all(
      commands.map((command) => Cli.run([...command, "--help"], { LC_ALL: "zh_CN.UTF-8" })),
    )
    for (const { stdout } of runs) {
      assert.match(stdout, /^.+\n(?:.+\n)*\n用法\n[^]*\n\n示例\n  # /)
      assert.deepStrictEqual(english(stdout), [])
    }
  })

  it("what may go wrong is told without an English sentence; a summary follows what was sent, and no mistyped command", async () => {
    await using scripted = await Scripted.start((response) =>
      Scripted.json(response, { code: 99991672, msg: "拒绝访问" }, 400),
    )
    const zh = ["--lang", "zh"]
    const runs = await Promise.all([
      Cli.run(["list", Scripted.meetingNo, "--from", "1d", ...zh], scripted.environment),
      Cli.run(["list", "12", "--from", "1d", ...zh], scripted.environment),
      Cli.run(["list", Scripted.meetingNo, "--from", "tomorrow", ...zh], scripted.environment),
      Cli.run(["list", Scripted.meetingNo, "--formt", "csv", ...zh], scripted.environment),
      Cli.run(["list", Scripted.meetingNo, "--page-size", "51", ...zh], scripted.environment),
      Cli.run(["list", Scripted.meetingNo, "--output", "/no/folder/x", ...zh], scripted.environment),
      Cli.run(["list", Scripted.meetingNo, ...zh]),
    ])
    for (const [index, { stderr, stdout }] of runs.entries()) {
      assert.match(
        stderr,
        index === 0
          ? /^错误：.*\n建议：.*\n请求：GET .*，会议号 .*\n日志 ID：20260901LOG\n失败：共 0 场会议，.*\n$/
          : /(?:^|\n)错误：.*\n建议：.*\n$/,
      )
      assert.deepStrictEqual(english(stderr), [])
      assert.strictEqual(stdout, "")
    }
  })
})
