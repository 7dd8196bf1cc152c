import { once } from "node:events"
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { readXlsx } from "hucre/xlsx"
import * as CountedRequests from "../src/run/CountedRequests.ts"
import type * as Recorded from "../src/run/Recorded.ts"
import * as CheckpointFile from "./CheckpointFile.ts"
import * as Cli from "./Cli.ts"
import * as Scripted from "./ScriptedFeishu.ts"
import * as Terminal from "./Terminal.ts"

const { meetingNo, twoPages } = Scripted
/** A number that is not begun before that one has been read. */
const later = "400000004"
const all = Scripted.rows(1, 60).map(({ id }) => id)

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The first page, and from then on nothing. */
const firstPageOnly: Scripted.Answer = (response, query, index) => {
  if (index === 0) twoPages(response, query, index)
}

/** A run with a checkpoint, in a folder of its own. */
const started = (name: string, format = "ndjson", ...more: ReadonlyArray<string>) => {
  const own = join(folder, name)
  mkdirSync(own)
  const file = join(own, "rows")
  const checkpoint = join(own, "checkpoint")
  return {
    file,
    part: `${file}.part`,
    checkpoint,
    args: [
      meetingNo,
      ...more,
      "--from",
      "30d",
      "--format",
      format,
      "--output",
      file,
      "--checkpoint",
      checkpoint,
    ],
    recorded: () => CheckpointFile.read(checkpoint),
  }
}

/** One that was killed while it waited for its second page. */
const killed = async (name: string, scripted: Scripted.Scripted, ...as: ReadonlyArray<string>) => {
  const it = started(name, ...as)
  const child = Cli.start(["list", ...it.args], scripted.environment)
  const end = Cli.ended(child)
  const before = scripted.queries.length
  await scripted.received(before + 2)
  await recordedRows(it.recorded, 50)
  child.kill("SIGKILL")
  assert.strictEqual((await end).code, null)
  return it
}

/** Waits until so many rows are recorded. */
const recordedRows = async (recorded: () => Recorded.Records, rows: number): Promise<void> => {
  while (CheckpointFile.rowsIn(recorded()) < rows) await new Promise((resolve) => setImmediate(resolve))
}

/** What the last step of a kind says. */
const last = <Name extends Recorded.Step["step"]>(
  { steps }: Recorded.Records,
  name: Name,
): Extract<Recorded.Step, { readonly step: Name }> =>
  steps.findLast((step) => step.step === name) as Extract<Recorded.Step, { readonly step: Name }>

/** The ids in a workbook. */
const idsInWorkbook = async (file: string) => {
  const { sheets } = await readXlsx(readFileSync(file))
  return sheets.flatMap(({ rows }) => rows.slice(1).map(([id]) => id))
}

describe.concurrent("a checkpoint of a workbook", () => {
  it("X2 after kill -9 the same command goes on, and the workbook is made once all rows are there", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = await killed("workbook", scripted, "xlsx")
    assert.deepStrictEqual(Cli.ids(readFileSync(it.part, "utf8")), all.slice(0, 50))
    // What a run that was killed while it made the workbook has left.
    writeFileSync(`${it.file}.feishu-meetings-new`, "half a workbook")
    scripted.answerWith(twoPages)
    const environment = { ...scripted.environment, ...Cli.impatient }
    const { code, summary } = await Cli.list(it.args, environment)
    assert.strictEqual(code, 0)
    assert.deepInclude(summary, { status: "complete", rows: 60, rowsBefore: 50 })
    assert.deepStrictEqual(await idsInWorkbook(it.file), all)
    const left = [it.part, `${it.file}.feishu-meetings-new`]
    assert.isFalse(left.some(existsSync))

    // It was killed before the workbook was moved to its place, or before the rows were removed.
    const { bytes, workbook } = last(it.recorded(), "whole")
    assert.strictEqual(workbook?.bytes, statSync(it.file).size)
    const rows = Scripted.rows(1, 60)
      .map((row) => `${JSON.stringify({ ...row, url: null })}\n`)
      .join("")
    assert.strictEqual(Buffer.byteLength(rows), bytes)
    for (const isMoved of [false, true]) {
      if (!isMoved) renameSync(it.file, left[1]!)
      writeFileSync(it.part, rows)
      const again = await Cli.list(it.args, environment)
      assert.deepInclude(again.summary, { status: "complete", rows: 60, requests: 0 }, again.stderr)
      assert.deepStrictEqual(await idsInWorkbook(it.file), all)
      assert.isFalse(left.some(existsSync))
    }

    // One that somebody has changed is not the one that was written.
    writeFileSync(it.file, "changed", { flag: "a" })
    writeFileSync(it.part, "something of the user's own")
    const changed = await Cli.list(it.args, environment)
    assert.strictEqual(changed.code, 2)
    assert.include(
      changed.summary.error?.message,
      `is not the file of ${workbook?.bytes} bytes that was written`,
    )
    assert.isTrue(existsSync(it.part))
  })

  it("X2 a workbook that cannot be made keeps its rows, and the same command makes it", async () => {
    await using scripted = await Scripted.start(twoPages)
    const it = started("workbook-full", "xlsx")
    // Nothing can be written under the name that the workbook has until it is whole.
    mkdirSync(`${it.file}.feishu-meetings-new/folder`, { recursive: true })
    const full = await Cli.list(it.args, scripted.environment)
    assert.strictEqual(full.code, 6, full.stderr)
    assert.deepStrictEqual(Cli.ids(readFileSync(it.part, "utf8")), all)
    assert.isFalse(existsSync(it.file))
    rmSync(`${it.file}.feishu-meetings-new`, { recursive: true })
    const { code, summary } = await Cli.list(it.args, { ...scripted.environment, ...Cli.impatient })
    assert.strictEqual(code, 0)
    assert.deepInclude(summary, { status: "complete", rows: 60, rowsBefore: 60, requests: 0 })
    assert.deepStrictEqual(await idsInWorkbook(it.file), all)
  })
})

describe.concurrent("a checkpoint", () => {
  it("keeps the format that it began with, whatever the name and the settings say since; another flag is refused", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = started("format", "ndjson")
    const [file, checkpoint] = [`${it.file}.csv`, it.checkpoint]
    const args = [meetingNo, "--from", "30d", "--output", file, "--checkpoint", checkpoint]
    const child = Cli.start(["list", ...args], scripted.environment)
    const end = Cli.ended(child)
    await scripted.received(2)
    await recordedRows(it.recorded, 50)
    child.kill("SIGKILL")
    await end
    // As an earlier version began it, to which names said nothing.
    const { start, steps } = it.recorded()
    assert.strictEqual(start.plan["--format"], "csv")
    CheckpointFile.write(checkpoint, {
      start: { ...start, plan: { ...start.plan, "--format": "ndjson" } },
      steps,
    })
    scripted.answerWith(twoPages)
    const environment = { ...scripted.environment, ...Cli.impatient, FEISHU_FORMAT: "json" }
    const other = await Cli.list([...args, "--format", "csv"], environment)
    assert.strictEqual(other.code, 2)
    assert.include(other.summary.error?.message, "--format was ndjson and is csv")
    const { code, summary } = await Cli.list(args, environment)
    assert.strictEqual(code, 0)
    assert.deepInclude(summary, { status: "complete", rows: 60, rowsBefore: 50 })
    assert.deepStrictEqual(
      Cli.ids(readFileSync(file, "utf8").split("\n").slice(51).join("\n")),
      all.slice(50),
    )
  })

  it("X2 after kill -9 the same command goes on, in the range of the first start, from where the file was whole", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = await killed("go-on", scripted, "json", later)
    const { bytes } = last(it.recorded(), "page")
    // As if the first start were a while ago: what was not begun is read for its range, too.
    CheckpointFile.write(it.checkpoint, CheckpointFile.earlier(it.recorded(), 1_000))
    const range = it.recorded().start.range!
    // What came after the last record may be anything, and longer than what comes now.
    writeFileSync(it.part, "half a page ".repeat(1_000), { flag: "a" })
    writeFileSync(it.checkpoint, `{"step":"pa`, { flag: "a" })
    scripted.answerWith((response, query, index) =>
      query.get("meeting_no") === later ? Scripted.page(response, []) : twoPages(response, query, index),
    )
    const { code, summary } = await Cli.list(it.args, { ...scripted.environment, ...Cli.impatient })
    assert.strictEqual(code, 0)
    assert.deepInclude(summary, { status: "complete", rows: 60, rowsBefore: 50, requests: 2 })
    const text = readFileSync(it.file, "utf8")
    assert.deepStrictEqual(
      (JSON.parse(text) as Array<{ id: string }>).map(({ id }) => id),
      all,
    )
    assert.isAbove(text.length, bytes)
    const [second, other] = scripted.queries.slice(-2).map((query) => Object.fromEntries(query))
    const times = { start_time: String(range.start), end_time: String(range.end) }
    assert.deepInclude(second, { page_token: "second", ...times })
    assert.deepInclude(other, { meeting_no: later, ...times })
    assert.deepInclude(last(it.recorded(), "whole"), { ended: "complete", bytes: Buffer.byteLength(text) })
  })

  it("P18 a page token that Feishu no longer knows: the window is read anew, and no row is there twice", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = await killed("expired", scripted)
    scripted.answerWith((response, query, index) =>
      query.get("page_token") === "second" && index === 2
        ? Scripted.json(response, { code: 121003 }, 400)
        : twoPages(response, query, index),
    )
    const { summary } = await Cli.list(it.args, { ...scripted.environment, ...Cli.impatient })
    assert.deepInclude(summary, { status: "complete", rows: 60, duplicates: 50 })
    assert.deepStrictEqual(Cli.ids(readFileSync(it.file, "utf8")), all)
  })

  it("after a kill a run sends at once where the limit has room beside what may have been sent", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = await killed("at-once", scripted)
    scripted.answerWith(twoPages)
    const { code, summary } = await Cli.list(it.args, scripted.environment)
    assert.deepInclude(summary, { status: "complete", rows: 60, waitedMs: 0 })
    assert.strictEqual(code, 0)
  })

  it("waits for the very slots that the run before has used, and says why", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = await killed("slots", scripted)
    const limit = ["--rate-limit", "2"]
    // The first page was answered 20 s ago, the request for the second one may have been sent a moment ago.
    CheckpointFile.write(it.checkpoint, CheckpointFile.aged(it.recorded(), 20_000))
    const before = scripted.queries.length
    const waiting = Cli.start(["list", ...it.args, ...limit], scripted.environment)
    const [line] = await once(waiting.stderr.setEncoding("utf8"), "data")
    const gone = once(waiting, "exit")
    waiting.kill("SIGKILL")
    await gone
    const told =
      /^waiting for the rate limit until [\d:]{8} \((\d+) s\): requests of the previous run still count$/m
    const [, seconds] = told.exec(String(line)) ?? assert.fail(String(line))
    assert.isAtMost(Number(seconds), 41)
    assert.lengthOf(scripted.queries, before)
    // That one sent nothing, and so the next one waits no longer for it.
    const { start, steps } = it.recorded()
    assert.deepStrictEqual([start.requests.onTheirWay, steps], [0, []])
    assert.deepStrictEqual([start.requests.answered.length, start.requests.unanswered.length], [1, 1])

    scripted.answerWith(twoPages)
    const { stderr, summary } = await Cli.list([...it.args, ...limit], {
      ...scripted.environment,
      ...Cli.impatient,
    })
    assert.match(stderr, told)
    assert.deepInclude(summary, { status: "complete", rows: 60, requests: 1 })
  })

  it("details and recordings have slots of their own, which the next run does not use either", async () => {
    await using scripted: Scripted.Scripted = await Scripted.start((response, query, index) => {
      // The details are not answered.
      if (scripted.paths[index]!.endsWith("/list_by_no")) twoPages(response, query, index)
    })
    const it = started("details")
    const args = ["list", ...it.args, "--details", "--details-rate-limit", "1"]
    const ofList = () => scripted.paths.filter((path) => path.endsWith("/list_by_no")).length
    const first = Cli.start(args, scripted.environment)
    const gone = once(first, "exit")
    await scripted.received(3)
    first.kill("SIGKILL")
    await gone
    assert.deepStrictEqual([scripted.paths.length, ofList()], [3, 2])

    const next = Cli.start(args, scripted.environment)
    const [line] = await once(next.stderr.setEncoding("utf8"), "data")
    const over = once(next, "exit")
    next.kill("SIGKILL")
    await over
    assert.match(String(line), /^waiting for the rate limit until .* \(6\d s\)/m)
    assert.strictEqual(scripted.paths.length - ofList(), 1)
  })

  it("a request that was not sent does not count: the connection was refused", async () => {
    const scripted = await Scripted.start(firstPageOnly)
    const it = await killed("not-sent", scripted)
    await scripted[Symbol.asyncDispose]()
    const { code, summary } = await Cli.list(it.args, { ...scripted.environment, ...Cli.impatient })
    assert.deepInclude(summary, { rows: 50, requests: 5 })
    assert.strictEqual(code, 4)
    const { start, steps } = it.recorded()
    const counted = CountedRequests.sum([start, ...steps].map(({ requests }) => requests))
    assert.deepStrictEqual(
      [counted.answered.length, counted.unanswered.length, counted.onTheirWay],
      [1, 1, 0],
    )
  })

  it("X5 a request that cannot be recorded is not sent, and what was half recorded is cut off", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = started("unrecorded")
    // Half of the first record that is added, and then no more.
    const full = `
      import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module"
      const { write } = fs; let left = 1
      fs.write = (fd, bytes, ...rest) => {
        if (!String(bytes).startsWith('{"step"') || left-- <= 0) return write(fd, bytes, ...rest)
        fs.writeSync(fd, bytes, 0, 40, rest.at(-2))
        rest.at(-1)(Object.assign(new Error("full"), { code: "ENOSPC" }))
      }
      syncBuiltinESMExports()`
    const first = await Cli.list(it.args, { ...scripted.environment, ...Cli.before(full) })
    assert.strictEqual(first.code, 6, first.stderr)
    assert.include(first.summary.error?.message, `${it.checkpoint}: no space is left there, ENOSPC`)
    assert.lengthOf(scripted.queries, 0)
    assert.isFalse(existsSync(it.part))

    const stopped = await killed("unrecorded-later", scripted)
    const second = await Cli.list(stopped.args, { ...scripted.environment, ...Cli.before(full) })
    assert.strictEqual(second.code, 6)
    // The record of how it ended stands behind whole ones.
    assert.deepStrictEqual(
      stopped.recorded().steps.map(({ step }) => step),
      ["requests"],
    )
    scripted.answerWith(twoPages)
    const third = await Cli.list(stopped.args, scripted.environment)
    assert.deepInclude(third.summary, { status: "complete", rows: 60, waitedMs: 0 })
  })

  it("X1 Ctrl-C in a terminal: what is there is a valid document, and the same command completes it", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = started("ctrl-c", "json")
    const session = Terminal.start(["list", ...it.args], { environment: scripted.environment })
    await session.shows("50 meetings")
    session.type("\u0003")
    const { code, screen } = await session.ended
    assert.strictEqual(code, 130)
    assert.include(screen, "the same command resumes from")
    assert.match(screen, /incomplete: 50 meetings/)
    assert.lengthOf(JSON.parse(readFileSync(it.part, "utf8")) as Array<unknown>, 50)
    assert.isFalse(existsSync(it.file))

    // One that goes on leaves it so until there is a next page.
    const sent = scripted.queries.length
    const child = Cli.start(["list", ...it.args], scripted.environment)
    await scripted.received(sent + 1)
    const gone = once(child, "exit")
    child.kill("SIGKILL")
    await gone
    assert.lengthOf(JSON.parse(readFileSync(it.part, "utf8")) as Array<unknown>, 50)

    scripted.answerWith(twoPages)
    const { summary } = await Cli.list(it.args, scripted.environment)
    assert.deepInclude(summary, { status: "complete", rows: 60, waitedMs: 0 })
    assert.lengthOf(JSON.parse(readFileSync(it.file, "utf8")) as Array<unknown>, 60)
  })

  it("X1 Ctrl-C twice while nothing is answered ends the process at once", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const session = Terminal.start(["list", meetingNo, "--format", "ndjson"], {
      environment: scripted.environment,
    })
    await scripted.received(2)
    session.type("\u0003\u0003")
    assert.strictEqual((await session.ended).code, 130)
  })

  it("a complete list is said to be complete, and nothing is sent; also when only its file was still to be moved", async () => {
    await using scripted = await Scripted.start(twoPages)
    const it = started("complete", "csv")
    await Cli.run(["list", ...it.args], scripted.environment)
    const sent = scripted.queries.length
    const text = readFileSync(it.file, "utf8")
    // As after a kill between the record of the end and the move.
    renameSync(it.file, it.part)
    writeFileSync(it.file, "the list of last week")
    const moved = await Cli.list(it.args, scripted.environment)
    assert.deepInclude(moved.summary, { status: "complete", rows: 60, requests: 0 })
    assert.include(moved.stderr, "an earlier run read everything")
    assert.strictEqual(readFileSync(it.file, "utf8"), text)
    assert.isFalse(existsSync(it.part))

    for (const spoil of [() => writeFileSync(it.file, text.replace("周会", "周报")), () => rmSync(it.file)]) {
      spoil()
      const gone = await Cli.list(it.args, scripted.environment)
      assert.strictEqual(gone.code, 2)
      assert.include(gone.summary.error?.message, `is not the file of ${Buffer.byteLength(text)} bytes`)
    }
    assert.lengthOf(scripted.queries, sent)
  })

  it("with --keep-going the same command reads those that failed, and nothing else", async () => {
    const other = "200000002"
    await using scripted = await Scripted.start((response, query, index) =>
      query.get("meeting_no") !== other
        ? twoPages(response, query, index)
        : Scripted.json(response, { code: 121005 }, 403),
    )
    const it = started("keep-going")
    const args = [other, ...it.args, "--keep-going"]
    const first = await Cli.list(args, scripted.environment)
    assert.strictEqual(first.code, 3)
    assert.deepInclude(first.summary, { status: "incomplete", rows: 60 })
    assert.deepStrictEqual(first.summary.numbers, { asked: 2, complete: 1, failed: 1 })
    // Nothing of it: there may be thousands, and where it starts is known.
    assert.lengthOf(
      it.recorded().steps.filter((step) => JSON.stringify(step).includes(other)),
      0,
    )
    assert.include(first.summary.failures?.[0], {
      meetingNo: other,
      reason: "PermissionDenied",
      code: 121005,
      logId: "20260901LOG",
    })
    assert.match(
      first.stderr,
      /^error: .*code 121005.*\nto do: .*\nrequest: GET .*, meeting 200000002 from .*\nlog id: 20260901LOG$/m,
    )

    scripted.answerWith((response) => Scripted.page(response, Scripted.rows(61, 65, { meeting_no: other })))
    const second = await Cli.list(args, { ...scripted.environment, ...Cli.impatient })
    assert.deepInclude(second.summary, { status: "complete", rows: 65, rowsBefore: 60, requests: 1 })
    assert.lengthOf(new Set(Cli.ids(readFileSync(it.file, "utf8"))), 65)
  })

  it("each page is on the disk before it is recorded, each record before the next page, and each request before it is sent", async () => {
    await using scripted = await Scripted.start(twoPages)
    const it = started("order")
    const log = `${it.file}.log`
    const listening = `
      import fs from "node:fs"; import { syncBuiltinESMExports } from "node:module"
      import { subscribe } from "node:diagnostics_channel"
      const open = new Map(); let step
      const told = (call) => { if (call) fs.appendFileSync(${JSON.stringify(log)}, call + "\\n") }
      const name = (path) => /(rows|checkpoint)[.a-z-]*$/.exec(String(path))?.[0] ?? (String(path).endsWith("/order") ? "folder" : undefined)
      const shown = (fd) => open.get(fd)?.startsWith("checkpoint") ? "checkpoint: " + step : open.get(fd)
      const wrap = (method, before) => { const call = fs[method]; fs[method] = (...args) => { before(args); return call(...args) } }
      wrap("open", (args) => { const done = args.pop(); args.push((error, fd) => { if (!error) open.set(fd, name(args[0])); done(error, fd) }) })
      wrap("write", ([fd, bytes]) => { if (open.get(fd)) { if (open.get(fd).startsWith("c")) step = /"step":"([^"]+)/.exec(bytes)?.[1] ?? "start"; told("write " + shown(fd)) } })
      wrap("fsync", ([fd]) => told(open.get(fd) && "flush " + shown(fd)))
      wrap("rename", ([from, to]) => told("move " + name(from) + " to " + name(to)))
      subscribe("undici:client:sendHeaders", () => told("send"))
      syncBuiltinESMExports()`
    await Cli.run(["list", ...it.args], { ...scripted.environment, ...Cli.before(listening) })
    const lines = readFileSync(log, "utf8").trimEnd().split("\n")
    const ofRequests = lines.filter((line) => line === "send" || line.endsWith("requests"))
    const request = ["write checkpoint: requests", "flush checkpoint: requests", "send"]
    assert.deepStrictEqual(ofRequests, [...request, ...request])
    const page = ["write rows.part", "flush rows.part", "write checkpoint: page", "flush checkpoint: page"]
    assert.deepStrictEqual(
      lines.filter((line) => !ofRequests.includes(line)),
      [
        // The name of the rows, before it is recorded that there are some.
        "flush folder",
        "write checkpoint: start",
        "flush checkpoint: start",
        "move checkpoint.feishu-meetings-new to checkpoint",
        "flush folder",
        ...page,
        ...page,
        // NDJSON has no last text.
        "flush rows.part",
        "write checkpoint: whole",
        "flush checkpoint: whole",
        "move rows.part to rows",
        "flush folder",
      ],
    )
  })
})

describe.concurrent("a checkpoint is refused, and nothing is sent or overwritten", () => {
  it("X6 one that is truncated, foreign, of another version or plan; or whose file has lost rows", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = await killed("refused", scripted)
    const [whole, part] = [readFileSync(it.checkpoint, "utf8"), readFileSync(it.part, "utf8")]
    const { start, steps } = it.recorded()
    const lines = whole.split(/(?<=\n)/)
    const wrong: ReadonlyArray<readonly [() => void, ReadonlyArray<string>, string]> = [
      [
        () => writeFileSync(it.checkpoint, whole.replace(`"rows":0`, `"rows":9007199254740992`)),
        it.args,
        "checkpoint is damaged: line 1 is not as it was written",
      ],
      [
        () => writeFileSync(it.checkpoint, lines.toSpliced(1, 1).join("")),
        it.args,
        "checkpoint is damaged: line 2 is not as it was written",
      ],
      [() => truncateSync(it.checkpoint, 20), it.args, "is not a checkpoint, or was cut short"],
      [
        () => truncateSync(it.checkpoint, 100),
        it.args,
        "checkpoint is damaged: line 1 is not as it was written",
      ],
      [
        () => {},
        [...it.args, "--fields", "id", "--page-size", "20", "100000001"],
        `meeting-no was ${meetingNo} and is ${meetingNo} 100000001; --page-size was not given and is 20; --fields was not given and is id`,
      ],
      [
        () =>
          CheckpointFile.write(it.checkpoint, {
            start: { ...start, plan: { ...start.plan, app: "cli_x" } },
            steps,
          }),
        it.args,
        "app was cli_x and is not given",
      ],
      [
        () => truncateSync(it.part, part.length - 1),
        it.args,
        `but the checkpoint says that it has ${Buffer.byteLength(part)}: rows are missing`,
      ],
      [
        () => writeFileSync(it.part, `${part.replace("周会", "周报")}more`),
        it.args,
        `rows.part was changed: its first ${Buffer.byteLength(part)} bytes are not those that were written`,
      ],
      [() => rmSync(it.part), it.args, "rows.part no longer exists"],
    ]
    const sent = scripted.queries.length
    for (const [spoil, args, problem] of wrong) {
      writeFileSync(it.checkpoint, whole)
      writeFileSync(it.part, part)
      spoil()
      const look = () =>
        [it.checkpoint, it.part, it.file].map((name) => (existsSync(name) ? readFileSync(name, "utf8") : ""))
      const before = look()
      const { code, stderr, summary } = await Cli.list(args, scripted.environment)
      assert.strictEqual(code, 2, stderr)
      assert.include(summary.error?.message, problem)
      assert.deepStrictEqual(look(), before)
    }
    assert.lengthOf(scripted.queries, sent)
  })

  it("X7 one that another run holds, and an output that another run writes; not after a kill", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = started("held")
    const first = Cli.start(["list", ...it.args], scripted.environment)
    await scripted.received(2)
    await recordedRows(it.recorded, 50)
    const before = [readFileSync(it.checkpoint, "utf8"), readFileSync(it.part, "utf8")]
    const link = join(folder, "held", "..", "held", "checkpoint")
    const [same, sameFile] = await Promise.all([
      Cli.list([...it.args.slice(0, -1), link], scripted.environment),
      Cli.list([...it.args.slice(0, -1), `${it.checkpoint}-2`], scripted.environment),
    ])
    assert.deepStrictEqual([same.code, sameFile.code], [2, 2])
    assert.include(same.summary.error?.message, "checkpoint is in use by another run")
    assert.include(sameFile.summary.error?.message, "rows.part is being written by another run")
    assert.deepStrictEqual([readFileSync(it.checkpoint, "utf8"), readFileSync(it.part, "utf8")], before)
    assert.isFalse(existsSync(`${it.checkpoint}-2`))
    assert.lengthOf(scripted.queries, 2)

    const gone = once(first, "exit")
    first.kill("SIGKILL")
    await gone
    scripted.answerWith(twoPages)
    const { summary } = await Cli.list(it.args, { ...scripted.environment, ...Cli.impatient })
    assert.deepInclude(summary, { status: "complete", rows: 60 })
  })

  it("X7 also on systems where a socket is a file, which a killed process leaves behind", async () => {
    await using scripted = await Scripted.start(firstPageOnly)
    const it = started("socket-file")
    const elsewhere = `Object.defineProperty(process, "platform", { value: "darwin" })`
    const environment = { ...scripted.environment, ...Cli.before(elsewhere), TMPDIR: folder }
    const first = Cli.start(["list", ...it.args], environment)
    const gone = once(first, "exit")
    await scripted.received(2)
    await recordedRows(it.recorded, 50)
    const second = await Cli.list(it.args, environment)
    first.kill("SIGKILL")
    await gone
    assert.include(second.summary.error?.message, "checkpoint is in use by another run")
    const third = await Cli.list([...it.args, "--fields", "id"], environment)
    assert.include(third.summary.error?.message, "is the checkpoint of another run")
  })

  it("without a file to go on with, in a table, or where it cannot be written", async () => {
    await using scripted = await Scripted.start(twoPages)
    const { checkpoint, file, part } = started("combination")
    mkdirSync(`${checkpoint}.feishu-meetings-new`)
    const link = `${file}-link`
    symlinkSync(file, link)
    const inputs: ReadonlyArray<readonly [ReadonlyArray<string>, number, string]> = [
      [["--checkpoint", checkpoint], 2, "it needs an output file to resume"],
      [
        ["--checkpoint", file, "--output", file],
        2,
        "--checkpoint: it would be written to the file of the output",
      ],
      // It is written under that name first.
      [
        ["--checkpoint", file, "--output", `${file}.feishu-meetings-new`],
        2,
        "it would be written to the file of the output",
      ],
      [["--checkpoint", file, "--output", link], 2, "it would be written to the file of the output"],
      [
        ["--checkpoint", `${checkpoint}-3`, "--output", file, "--format", "table"],
        2,
        "Choose another format with --format, such as csv",
      ],
      [["--checkpoint", `${checkpoint}-2`, "--output", "/dev/null"], 2, "/dev/null is not a file"],
      [["--checkpoint", folder, "--output", file], 2, "is not a file"],
      [["--checkpoint", checkpoint, "--output", file], 6, `${checkpoint}: `],
    ]
    const results = await Promise.all(
      inputs.map(([args]) => Cli.list([meetingNo, ...args], scripted.environment)),
    )
    for (const [index, { code, stderr, summary }] of results.entries()) {
      assert.strictEqual(code, inputs[index]![1], stderr)
      assert.include(summary.error?.message, inputs[index]![2])
    }
    assert.lengthOf(scripted.queries, 0)
    assert.deepStrictEqual([part, `${checkpoint}-2`].filter(existsSync), [])
  })
})

describe.concurrent("a place that may only be read", () => {
  it("X5 is named, nothing is sent, and what is there stays", async () => {
    await using scripted = await Scripted.start(Scripted.twoPages)
    const place = join(folder, "read-only")
    mkdirSync(place)
    const kept = join(folder, "kept.json")
    writeFileSync(kept, "[]", { mode: 0o444 })
    const rows = join(folder, "written.json")
    chmodSync(place, 0o555)
    const places = [
      [`--output ${place}/rows.json`, `${place}/rows.json cannot be written`],
      [`--output ${kept}`, `${kept} cannot be written`],
      [`--output ${rows} --checkpoint ${place}/checkpoint`, `${place}/checkpoint: permission denied, EACCES`],
    ] as const
    const results = await Promise.all(
      places.map(([flags]) =>
        Cli.shell(
          `${Cli.likeOthers}feishu-meetings list ${meetingNo} ${flags} --summary json`,
          scripted.environment,
        ),
      ),
    )
    for (const [index, result] of results.entries()) {
      const { error, status } = Cli.summaryOf(result)
      assert.strictEqual(status, "failed")
      assert.include(error?.message, places[index]![1])
      assert.include(error?.message, "EACCES")
    }
    assert.lengthOf(scripted.queries, 0)
    assert.strictEqual(readFileSync(kept, "utf8"), "[]")
    assert.deepStrictEqual([rows, `${rows}.part`, `${kept}.part`].filter(existsSync), [])
    assert.deepStrictEqual(readdirSync(place), [])
  })
})

describe.concurrent("a disk that is full", () => {
  it("X5 names the file; the checkpoint is never ahead of the rows, and the same command completes them", async () => {
    await using scripted = await Scripted.start((response, query) =>
      query.get("page_token") === null
        ? Scripted.page(response, Scripted.rows(1, 50), "second")
        : Scripted.page(response, Scripted.rows(51, 60, { topic: "长".repeat(1_000) })),
    )
    const it = started("full-disk", "json")
    const full = await Cli.shell(
      // Of 512 bytes or, in some shells, of 1024.
      `ulimit -f 16; feishu-meetings list ${it.args.join(" ")} --summary json`,
      { ...scripted.environment, NODE_DISABLE_COMPILE_CACHE: "1" },
    )
    assert.strictEqual(full.code, 6)
    const summary = Cli.summaryOf(full)
    assert.deepInclude(summary, { status: "incomplete", rows: 50, checkpoint: it.checkpoint })
    assert.include(summary.error?.message, `${it.part}: the file is too large, EFBIG`)
    assert.lengthOf(JSON.parse(readFileSync(it.part, "utf8")) as Array<unknown>, 50)
    assert.isAtMost(last(it.recorded(), "page").bytes, statSync(it.part).size)
    assert.strictEqual(CheckpointFile.rowsIn(it.recorded()), 50)

    const rest = await Cli.list(it.args, { ...scripted.environment, ...Cli.impatient })
    assert.deepInclude(rest.summary, { status: "complete", rows: 60 })
    assert.lengthOf(JSON.parse(readFileSync(it.file, "utf8")) as Array<unknown>, 60)
  })
})
