import { once } from "node:events"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { watch } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { text } from "node:stream/consumers"
import { setTimeout as sleep } from "node:timers/promises"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"
import * as Terminal from "./Terminal.ts"

const { meetingNo } = Scripted

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Resolves when a file comes to a name. */
const onceThere = async (path: string): Promise<void> => {
  for await (const { filename } of watch(dirname(path))) if (filename === basename(path)) return
}

/** The first page, and from then on nothing. */
const firstPageOnly: Scripted.Answer = (response, query, index) => {
  if (index === 0) Scripted.twoPages(response, query, index)
}

describe.concurrent("exit codes", () => {
  it("1: the API refused the request; the error has its code and the log id", async () => {
    await using scripted = await Scripted.start((response) =>
      Scripted.json(response, { code: 121003, msg: "param error" }, 400),
    )
    const { code, stdout, summary } = await Cli.list([meetingNo, "--from", "1d"], scripted.environment)
    assert.strictEqual(code, 1)
    assert.strictEqual(stdout, "")
    assert.deepInclude(summary.error, { reason: "RequestRefused", code: 121003, logId: "20260901LOG" })
  })

  it("2: P15 bad input, all of it, is told at once and nothing is sent", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const inputs: ReadonlyArray<readonly [ReadonlyArray<string>, string]> = [
      [["12", meetingNo, "abc"], '"12" has 2 digits; a meeting number has 9; "abc" is not a meeting number'],
      [[], "meeting-no: no meeting number given"],
      [[meetingNo, "--from", "2026-02-31"], '"2026-02-31" is a day that does not exist'],
      [[meetingNo, "--page-size", "51"], "a whole number from 1 to 50"],
      [["--cursor", "feishu-meetings.1.AAAA"], "the cursor is damaged"],
      [["--cursor", "feishu-meetings.7.AAAA"], "the cursor was made by another version of effect-feishu"],
      [[meetingNo, "--cursor", "feishu-meetings.1.AAAA"], "Leave out the meeting numbers"],
    ]
    const results = await Promise.all(inputs.map(([args]) => Cli.list(args, scripted.environment)))
    for (const [index, { code, stdout, summary }] of results.entries()) {
      assert.strictEqual(code, 2)
      assert.strictEqual(stdout, "")
      assert.strictEqual(summary.status, "failed")
      assert.oneOf(summary.error?.reason, ["InvalidRequest", "CursorUnusable"])
      assert.include(summary.error?.message, inputs[index]![1])
      assert.include(summary.error?.message, "Nothing was sent")
    }
    assert.lengthOf(scripted.queries, 0)
  })

  it("2: what is told of input of any size is a few lines, in both languages", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    // A command line takes little more in one piece.
    const long = "x".repeat(100_000)
    const many = (text: string) => Array.from({ length: 3_000 }, (_, index) => `${text}${index}`)
    const inputs: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
      [[meetingNo, "--from", long], /is not a time|不是时间/],
      [[long], /is not a meeting number|不是会议号/],
      [many("12"), /and 2990 more|另有 2990 个/],
      [[meetingNo, ...many("--flag")], /unknown flag --flag9; and 2990 more|未知选项 --flag9；另有 2990 处/],
      [[meetingNo, "--fields", long], /--fields/],
      [[meetingNo, "--base-url", `http://${long}`], /plain http to|以明文 http/],
    ]
    const runs = inputs.flatMap(([args, said]) => ["en", "zh"].map((language) => ({ args, language, said })))
    const results = await Promise.all(
      runs.map(({ args, language }) => Cli.run(["list", ...args, "--lang", language], scripted.environment)),
    )
    for (const [index, { code, stderr }] of results.entries()) {
      assert.strictEqual(code, 2)
      assert.match(stderr, runs[index]!.said)
      assert.isBelow(stderr.length, 4_000)
    }
    assert.lengthOf(scripted.queries, 0)
  })

  it("1: of ten thousand fields that Feishu refuses ten are told, with --verbose, too, and as JSON", async () => {
    const violations = Array.from({ length: 10_000 }, (_, index) => ({
      field: `field_${index}`,
      description: "some words ".repeat(20),
    }))
    await using scripted = await Scripted.start((response) =>
      Scripted.json(response, { code: 99992402, error: { field_violations: violations } }, 400),
    )
    for (const more of [["--verbose"], ["--summary", "json"], ["--lang", "zh"]]) {
      const { code, stderr } = await Cli.run(
        ["list", meetingNo, "--from", "1d", ...more],
        scripted.environment,
      )
      assert.strictEqual(code, 1)
      assert.match(stderr, /field_9.*(and 9990 more|另有 9990 个)/)
      assert.notInclude(stderr, "field_10")
      assert.isBelow(stderr.length, 8_000)
    }
  })

  it("2: an unknown command, or no credentials", async () => {
    const [unknown, nobody] = await Promise.all([Cli.run(["lst"]), Cli.list([meetingNo])])
    assert.deepStrictEqual([unknown.code, nobody.code], [2, 2])
    assert.match(
      unknown.stderr,
      /^error: unknown command "lst"\. Nothing was sent\nto do: Did you mean list\?.*\n$/,
    )
    assert.include(nobody.summary.error?.message, "Set FEISHU_APP_ID and FEISHU_APP_SECRET")
  })

  it("3: wrong credentials; the secret is in no output, and with --verbose all else is", async () => {
    await using feishu = await startFeishuMock()
    const secret = "WrongSecretThatNobodyMaySee"
    const { code, stderr, stdout, summary } = await Cli.list([feishu.meetingNos[0]!, "--verbose"], {
      FEISHU_BASE_URL: feishu.url,
      FEISHU_APP_ID: feishu.appId,
      FEISHU_APP_SECRET: secret,
    })
    assert.strictEqual(code, 3)
    assert.strictEqual(summary.error?.reason, "AuthenticationFailed")
    assert.notInclude(stdout + stderr, secret)
    assert.match(
      stderr,
      /^\d\d:\d\d:\d\d POST \S+\/internal: AuthenticationFailed, HTTP 200, \d+ ms, log id \w+$/m,
    )
    assert.match(stderr, /^ {2}reason: AuthenticationFailed \{.*"code":10014,.*\}$/m)
  })

  it("3: a token that is refused; no window counts as read", async () => {
    await using scripted = await Scripted.start((response) =>
      Scripted.json(response, { code: 99991663, msg: "invalid access token" }, 400),
    )
    const { code, summary } = await Cli.list([meetingNo], scripted.environment)
    assert.strictEqual(code, 3)
    assert.deepInclude(summary, { status: "failed", rows: 0, requests: 1, windows: 0 })
  })

  it("4: nobody answers, after all retries", async () => {
    const closed = await Scripted.start(Scripted.twoPages)
    await closed[Symbol.asyncDispose]()
    const { code, stderr, summary } = await Cli.list([meetingNo], closed.environment)
    assert.strictEqual(code, 4)
    assert.deepInclude(summary, { rows: 0, requests: 5, retries: 4, windows: 0 })
    assert.strictEqual(summary.error?.reason, "TransportFailed")
    assert.notInclude(stderr, Scripted.token)
  })

  it("5: a bug of the tool is called one, in one line without a stack trace or a secret", async () => {
    const broken = `Intl.DateTimeFormat.prototype.resolvedOptions = () => { throw new Error("no zone " + process.env.FEISHU_ACCESS_TOKEN, { cause: new Error("deep " + process.env.FEISHU_ACCESS_TOKEN) }) }`
    const environment = {
      FEISHU_ACCESS_TOKEN: Scripted.token,
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(broken)}`,
    }
    const [{ code, stderr, summary }, verbose] = await Promise.all([
      Cli.list([meetingNo], environment),
      Cli.run(["list", meetingNo, "--verbose"], environment),
    ])
    assert.strictEqual(code, 5)
    assert.strictEqual(summary.error?.reason, "Defect")
    assert.match(
      stderr,
      /^error: Error: no zone <redacted>\nto do: This is a bug in feishu-meetings.*\n\{.*\}\n$/,
    )
    // The stacks are for who asks for them.
    assert.match(verbose.stderr, /^ {2} *at .*resolvedOptions/m)
    assert.match(verbose.stderr, /^ {2}cause: Error: deep <redacted>$/m)
    assert.notInclude(verbose.stderr, Scripted.token)
  })

  it("7: a redirect ends the run, of many numbers, too, and its host is told in both languages", async () => {
    await using scripted = await Scripted.start((response, _query, index) => {
      if (index === 0) Scripted.json(response, { code: 0, data: { has_more: false, meeting_briefs: [] } })
      else response.writeHead(302, { location: "https://login.example/sso?state=1" }).end()
    })
    const numbers = [meetingNo, "100000002", "100000003"]
    const run = (language: string) =>
      Cli.list(
        [...numbers, "--from", "1d", "--keep-going", "--concurrency", "1", "--lang", language],
        scripted.environment,
      )
    const { code, summary } = await run("en")
    assert.strictEqual(code, 7)
    assert.deepInclude(summary, { status: "incomplete", requests: 2 })
    assert.strictEqual(summary.error?.reason, "Redirected")
    assert.include(summary.error?.message, "the server redirects to login.example, which was not followed")
    assert.include((await run("zh")).summary.error?.message, "服务器重定向到 login.example，未跟随")
    assert.lengthOf(scripted.queries, 3)
  })

  it.skipIf(!existsSync("/dev/full"))(
    "X5 6: standard output that has no room; the cursor gives everything that did not get out",
    async () => {
      await using scripted = await Scripted.start(Scripted.twoPages)
      const { code, lastLine } = await Cli.shell(
        `feishu-meetings list ${meetingNo} --summary json 1<>/dev/full`,
        scripted.environment,
      )
      assert.strictEqual(code, 6)
      const { cursor, error, rows, status } = JSON.parse(lastLine) as Cli.Summary
      assert.deepStrictEqual([status, rows, error?.reason], ["incomplete", 0, "OutputFailed"])
      assert.include(error?.message, "standard output: no space is left there, ENOSPC. Free some space there")
      assert.lengthOf(Cli.ids((await Cli.list(["--cursor", cursor ?? ""], scripted.environment)).stdout), 60)
    },
  )

  it("X5 6: a file that cannot grow; whole pages stay, and the cursor gives the rest", async () => {
    await using scripted = await Scripted.start((response, query) =>
      query.get("page_token") === null
        ? Scripted.page(response, Scripted.rows(1, 50), "second")
        : Scripted.page(response, Scripted.rows(51, 60, { topic: "长".repeat(1_000) })),
    )
    const file = join(folder, "full.json")
    const full = await Cli.shell(
      // Of 512 bytes or, in some shells, of 1024.
      `ulimit -f 16; feishu-meetings list ${meetingNo} --format json --summary json --output ${file}`,
      { ...scripted.environment, NODE_DISABLE_COMPILE_CACHE: "1" },
    )
    assert.strictEqual(full.code, 6)
    const summary = Cli.summaryOf(full)
    assert.deepInclude(summary, { status: "incomplete", rows: 50 })
    assert.include(
      summary.error?.message,
      `${file}.part: the file is too large, EFBIG. Write elsewhere with --output`,
    )
    assert.lengthOf(JSON.parse(readFileSync(`${file}.part`, "utf8")) as Array<unknown>, 50)
    const rest = await Cli.list(["--cursor", summary.cursor ?? ""], scripted.environment)
    assert.deepStrictEqual(
      Cli.ids(rest.stdout),
      Scripted.rows(51, 60).map(({ id }) => id),
    )
  })

  it("7: a broken contract; the rows before it are out, and the cursor gives the rest once Feishu is well", async () => {
    await using scripted = await Scripted.start((response, query, index) =>
      index === 0
        ? Scripted.twoPages(response, query, index)
        : Scripted.page(response, [{ ...Scripted.rows(51, 51)[0], meeting_no: "999999999" }]),
    )
    const broken = await Cli.list([meetingNo], scripted.environment)
    assert.strictEqual(broken.code, 7)
    assert.deepInclude(broken.summary, { status: "incomplete", rows: 50, windows: 1 })
    assert.lengthOf(Cli.ids(broken.stdout), 50)

    scripted.answerWith(Scripted.twoPages)
    const rest = await Cli.list(["--cursor", broken.summary.cursor ?? ""], scripted.environment)
    assert.deepStrictEqual(
      Cli.ids(rest.stdout),
      Scripted.rows(51, 60).map(({ id }) => id),
    )
  })

  it("when one of several numbers fails, the run says which, and how to go on with it and with the others", async () => {
    await using scripted = await Scripted.start((response, query) =>
      query.get("meeting_no") === "200000002"
        ? Scripted.json(response, { code: 121003 }, 400)
        : Scripted.page(response, []),
    )
    const { code, stderr, lastLine } = await Cli.run(
      ["list", "100000001", "200000002", "300000003", "--from", "2025-12-01", "--to", "2025-12-02"],
      scripted.environment,
    )
    assert.strictEqual(code, 1)
    assert.match(stderr, /^request: GET .*, meeting 200000002 from /m)
    assert.match(
      stderr,
      /^resume with: feishu-meetings list 200000002 300000003 --from 2025-12-01T00:00:00\+08:00 --to \S+ --format ndjson$/m,
    )
    assert.match(lastLine, /^incomplete: 0 meetings, 3 numbers, \d requests; resume with the command above$/)
  })
})

describe.concurrent("counts", () => {
  it("a refusal by the rate limit is one retry and its wait, and the read is complete", async () => {
    await using scripted = await Scripted.start((response, query, index) => {
      if (index > 0) return Scripted.twoPages(response, query, index)
      response.setHeader("x-ogw-ratelimit-reset", "1")
      Scripted.json(response, { code: 99991400, msg: "request trigger frequency limit" }, 429)
    })
    const { code, summary } = await Cli.list([meetingNo], scripted.environment)
    assert.strictEqual(code, 0)
    assert.deepInclude(summary, { status: "complete", rows: 60, requests: 3, retries: 1, duplicates: 0 })
    assert.isAtLeast(summary.waitedMs, 1_000)
  })

  it("a wait is told in one line where there is no terminal", async () => {
    await using scripted = await Scripted.start((response, query, index) => {
      if (index > 0) return Scripted.twoPages(response, query, index)
      response.setHeader("x-ogw-ratelimit-reset", "1")
      Scripted.json(response, { code: 99991400, msg: "request trigger frequency limit" }, 429)
    })
    const { stderr } = await Cli.run(["list", meetingNo], scripted.environment)
    assert.match(
      stderr,
      /^warning: The rate limit refused a request(?: \(log id: \S+\))?, so another program uses the same app\. .*\nwaiting for the rate limit until \d\d:\d\d:\d\d \(1 s\)\ncomplete: .*\n$/,
    )
  })

  it("doubles are dropped and counted", async () => {
    await using scripted = await Scripted.start((response, query) =>
      query.get("page_token") === null
        ? Scripted.page(response, Scripted.rows(1, 50), "second")
        : Scripted.page(response, Scripted.rows(50, 60)),
    )
    const { summary } = await Cli.list([meetingNo], scripted.environment)
    assert.deepInclude(summary, { status: "complete", rows: 60, duplicates: 1 })
  })
})

describe.concurrent("signals", () => {
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    it(`X1 ${code}: ${signal} stops cleanly, and the cursor gives the rest`, async () => {
      await using scripted = await Scripted.start(firstPageOnly)
      const child = Cli.start(
        ["list", meetingNo, "--format", "json", "--summary", "json"],
        scripted.environment,
      )
      const end = Cli.ended(child)
      await scripted.received(2)
      child.kill(signal)
      const stopped = await end
      assert.strictEqual(stopped.code, code)
      assert.lengthOf(JSON.parse(stopped.stdout) as Array<unknown>, 50)
      const summary = Cli.summaryOf(stopped)
      assert.deepInclude(summary, { status: "incomplete", rows: 50 })
      assert.strictEqual(summary.error?.reason, "Stopped")

      scripted.answerWith(Scripted.twoPages)
      const rest = await Cli.list(["--cursor", summary.cursor ?? ""], scripted.environment)
      assert.deepStrictEqual(
        Cli.ids(rest.stdout),
        Scripted.rows(51, 60).map(({ id }) => id),
      )
    })
  }

  /** The first page, and the second once it is released. */
  const heldBack = () => {
    let release = () => {}
    const answer: Scripted.Answer = (response, query, index) => {
      if (index === 0) Scripted.twoPages(response, query, index)
      else release = () => Scripted.twoPages(response, query, index)
    }
    return { answer, release: () => release() }
  }

  it("X9 a hang-up where there is no terminal stops nothing: the run goes on to its end", async () => {
    const { answer, release } = heldBack()
    await using scripted = await Scripted.start(answer)
    const child = Cli.start(["list", meetingNo], scripted.environment)
    const end = Cli.ended(child)
    await scripted.received(2)
    child.kill("SIGHUP")
    child.kill("SIGHUP")
    release()
    const { code, lastLine } = await end
    assert.match(lastLine, /^complete: 60 meetings/)
    assert.strictEqual(code, 0)
  })

  it("X9 a terminal that is closed stops a run cleanly, and what nohup started outlives it", async () => {
    const [held, heldToo] = [heldBack(), heldBack()]
    await using one = await Scripted.start(held.answer)
    await using other = await Scripted.start(heldToo.answer)
    const [stopped, whole] = [join(folder, "stopped.ndjson"), join(folder, "whole.ndjson")]
    const list = `feishu-meetings list ${meetingNo} --output`
    const session = Terminal.shell(`exec ${list} ${stopped}`, { environment: one.environment })
    // The shell is what the system tells of it, and the shell's end ends what it runs.
    const detached = Terminal.shell(`nohup ${list} ${whole} >/dev/null; true`, {
      environment: other.environment,
    })
    await Promise.all([one.received(2), other.received(2)])
    const written = onceThere(whole)
    detached.hangUp()
    session.hangUp()
    const ends = await Promise.all([session.ended, detached.ended])
    assert.deepStrictEqual(
      ends.map(({ code }) => code),
      [129, 129],
    )
    assert.lengthOf(Cli.ids(readFileSync(`${stopped}.part`, "utf8")), 50)
    heldToo.release()
    await written
    assert.lengthOf(Cli.ids(readFileSync(whole, "utf8")), 60)
  })

  it("X1 a signal that comes after the end of the list stops nothing any more", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const { code, lastLine } = await Cli.run(["list", meetingNo], {
      ...scripted.environment,
      ...Cli.before(`
        const { stderr } = process
        const { write } = stderr
        stderr.write = (text, told) =>
          /^complete/.test(text)
            ? (process.kill(process.pid, "SIGTERM"), setImmediate(() => write.call(stderr, text, told)))
            : write.call(stderr, text, told)
      `),
    })
    assert.match(lastLine, /^complete: 60 meetings/)
    assert.strictEqual(code, 0)
  })

  it("X1 a second signal ends the process at once, also while nobody reads", async () => {
    await using scripted = await Scripted.start((response, _, index) =>
      Scripted.page(response, Scripted.rows(1, 50, { topic: "长".repeat(20_000) }), `token ${index}`),
    )
    const child = Cli.start(["list", meetingNo, "--format", "json"], scripted.environment)
    const exit = once(child, "exit")
    await once(child.stdout, "readable")
    child.kill("SIGINT")
    child.kill("SIGTERM")
    // Of two signals that are pending together either may be seen first.
    const [code] = await exit
    assert.include([130, 143], code)
  })
})

describe.concurrent("pipes", () => {
  it("X3 a reader that closes the pipe, as `head -1` does, ends the run quietly: limited, exit 0, no error", async () => {
    await using scripted = await Scripted.start((response, query) => {
      const first = Number(query.get("page_token") ?? "1")
      Scripted.page(response, Scripted.rows(first, first + 49), String(first + 50))
    })
    const child = Cli.start(["list", meetingNo], scripted.environment)
    const exit = once(child, "exit")
    const stderr = text(child.stderr)
    await once(child.stdout, "data")
    child.stdout.destroy()
    assert.deepStrictEqual(await exit, [0, null])
    assert.match(
      await stderr,
      /^resume with: .*\nlimited: \d+ meetings, one 90-day period, \d+ requests; .*\n$/,
    )
  })

  it("X4 a reader that stops reading stops the requests, in little memory; then it gets everything", async () => {
    const pages = 18
    await using scripted = await Scripted.start((response, query) => {
      const first = Number(query.get("page_token") ?? "1")
      const last = first + 49
      Scripted.page(
        response,
        Scripted.rows(first, last, { topic: "长".repeat(20_000) }),
        last < pages * 50 ? String(last + 1) : undefined,
      )
    })
    const child = Cli.start(["list", meetingNo, "--summary", "json"], {
      ...scripted.environment,
      // All rows are 54 MB.
      NODE_OPTIONS: "--max-old-space-size=48",
    })
    const stderr = text(child.stderr)
    const exit = once(child, "exit")
    await once(child.stdout, "readable")
    // As many requests as there is room for their pages, and then none: that nothing comes takes time to see.
    let asked = 0
    do {
      asked = scripted.queries.length
      await sleep(400)
    } while (asked < scripted.queries.length)
    assert.isAtMost(asked, 12)
    const rows = (await text(child.stdout)).trimEnd().split("\n")
    assert.deepStrictEqual(await exit, [0, null])
    assert.lengthOf(rows, pages * 50)
    assert.include(await stderr, `"rows":${pages * 50}`)
  })
})
