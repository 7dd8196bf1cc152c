/** `list` with `--details`, `--participants` and `--recordings`, against the mock over sockets. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Meeting, type OwnWorkspace, type Started, startFeishuMock } from "@effect-feishu/mock-server"
import * as CheckpointFile from "./CheckpointFile.ts"
import * as Cli from "./Cli.ts"
import { english } from "./english.ts"
import * as Scripted from "./ScriptedFeishu.ts"
import * as Terminal from "./Terminal.ts"

const now = 1_767_225_600 // 2026-01-01T00:00:00Z
const day = 86_400
const meetingNo = "337736498"
const december = ["--from", "2025-12-01", "--to", "2026-01-01"]

const id = (last: number): string => String(7_011_030_664_708_603_900n + BigInt(last))
const of = (last: number, more: Partial<Meeting>): Meeting => ({
  id: id(last),
  meeting_no: meetingNo,
  topic: `Weekly ${last}`,
  start_time: now - (20 - last) * day,
  end_time: now - (20 - last) * day + 3_600,
  ...more,
})
const host = { open_id: "ou_host", union_id: "on_host", is_host: true }
const guest = { open_id: "ou_guest", union_id: "on_guest", is_external: true }

/** One of each kind. */
const meetings: ReadonlyArray<Meeting> = [
  of(1, {
    password: "204816",
    participants: [host, { ...guest, first_join_time: now - 19 * day + 60 }],
    recording: { duration: 3_541_500, url: "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x" },
  }),
  of(2, { participants: [] }),
  of(3, { participants: [host], visible_to: [] }),
  of(4, { participants: [host], recording: { visible_to: [] } }),
  of(5, { participants: [host, guest], start_time: now - 600, end_time: now + 600 }),
  of(6, { participants: [host], recording: {}, start_time: now - 900, end_time: now - 60 }),
]

let feishu: Started
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
  feishu = await startFeishuMock({ now, rateLimit: "off", seed: { meetings } })
  await feishu.moveClock({ frozen: true })
})
afterAll(async () => {
  await feishu.close()
  rmSync(folder, { recursive: true })
})

const environmentOf = ({ appId, appSecret, url }: Pick<OwnWorkspace, "appId" | "appSecret" | "url">) => ({
  FEISHU_BASE_URL: url,
  FEISHU_APP_ID: appId,
  FEISHU_APP_SECRET: appSecret,
})
const list = (...args: ReadonlyArray<string>) =>
  Cli.list([meetingNo, ...december, ...args], environmentOf(feishu))
/** Runs with a summary in words. */
const run = (...args: ReadonlyArray<string>) =>
  Cli.run(["list", meetingNo, ...december, ...args], environmentOf(feishu))
const lines = (text: string): ReadonlyArray<string> => text.trimEnd().split("\n")
const rowsOf = (ndjson: string) => lines(ndjson).map((line) => JSON.parse(line) as Record<string, unknown>)

/** A workspace with many meetings of a number. */
const many = (count: number, participants = 2) =>
  feishu.workspace({
    now,
    rateLimit: "off",
    seed: {
      generate: [
        { meeting_no: meetingNo, count, from: now - 25 * day, to: now - 5 * day, participants },
        { meeting_no: "146453285", count: 3, from: now - 25 * day, to: now - 5 * day, participants },
      ],
    },
  })

describe.concurrent("list --participants --recordings", () => {
  it("csv is an attendance sheet: a row for each participant, and one for a meeting without any", async () => {
    const fields = ["id", "start_time", "details_status", "recording_status", "participant_id", "is_external"]
    const { code, stdout, summary } = await list(
      "--participants",
      "--recordings",
      "--format",
      "csv",
      "--fields",
      fields.join(","),
    )
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(lines(stdout), [
      fields.join(","),
      `${id(1)},2025-12-13T08:00:00+08:00,ok,ok,ou_host,false`,
      `${id(1)},2025-12-13T08:00:00+08:00,ok,ok,ou_guest,true`,
      `${id(2)},2025-12-14T08:00:00+08:00,ok,not recorded,,`,
      `${id(3)},,no permission,no permission,,`,
      `${id(4)},2025-12-16T08:00:00+08:00,ok,no permission,ou_host,false`,
      `${id(6)},2026-01-01T07:45:00+08:00,ok,not ready,ou_host,false`,
      `${id(5)},2026-01-01T07:50:00+08:00,running,running,ou_host,false`,
      `${id(5)},2026-01-01T07:50:00+08:00,running,running,ou_guest,true`,
    ])
    assert.deepInclude(summary, {
      status: "complete",
      meetings: 6,
      rows: 8,
      details: { ok: 4, running: 1, "no permission": 1 },
      recordings: { ok: 1, "not recorded": 1, running: 1, "not ready": 1, "no permission": 2 },
      requests: 2 + 6 + 6,
    })
  })

  it("ndjson has a meeting a row, with its participants as a list, and times as Feishu sends them", async () => {
    const { stdout, summary } = await list("--participants", "--recordings")
    const rows = rowsOf(stdout)
    assert.deepInclude(rows[0], {
      id: id(1),
      start_time: String(now - 19 * day),
      end_time: String(now - 19 * day + 3_600),
      duration_seconds: 3_600,
      status: 3,
      host_id: "ou_host",
      recording_duration_seconds: 3_541.5,
      minute_token: "obcn4k7m2p9q1r5s8t3v6w0x",
    })
    assert.deepStrictEqual(rows[0]!["participants"], [
      {
        id: "ou_host",
        user_type: 1,
        first_join_time: String(now - 19 * day),
        final_leave_time: String(now - 19 * day + 3_600),
        in_meeting_seconds: 3_600,
        is_host: true,
        is_cohost: false,
        is_external: false,
        status: 4,
      },
      {
        id: "ou_guest",
        user_type: 1,
        first_join_time: String(now - 19 * day + 60),
        final_leave_time: String(now - 19 * day + 3_600),
        in_meeting_seconds: 3_540,
        is_host: false,
        is_cohost: false,
        is_external: true,
        status: 4,
      },
    ])
    assert.deepStrictEqual(
      rows.map(({ participants }) => Array.isArray(participants) && participants.length),
      [2, 0, false, 1, 1, 2],
    )
    assert.strictEqual(summary.rows, 6)
    assert.notInclude(stdout, "204816")
  })

  it("json and excel have the same meetings, and participants by the type of id that was requested", async () => {
    const of = (format: string) =>
      list("--participants", "--user-id-type", "union_id", "--format", format, "--fields", "id,participants")
    const [json, excel] = await Promise.all([of("json"), of("excel")])
    const rows = JSON.parse(json.stdout) as ReadonlyArray<{
      readonly participants: ReadonlyArray<{ id: string }>
    }>
    assert.deepStrictEqual(
      rows[0]?.participants.map(({ id }) => id),
      ["on_host", "on_guest"],
    )
    const [header, first] = lines(excel.stdout)
    assert.strictEqual(
      header,
      "id,participant_id,participant_user_type,first_join_time,final_leave_time,in_meeting_seconds,is_host,is_cohost,is_external,participant_status,",
    )
    assert.strictEqual(
      first,
      `"=""${id(1)}""",on_host,"1","=""2025-12-13T08:00:00+08:00""","=""2025-12-13T09:00:00+08:00""","3600",true,false,false,"4",`,
    )
  })

  it("the summary counts meetings and rows, and lines before it say what is missing and what to do", async () => {
    const args = ["--participants", "--recordings", "--format", "csv"]
    const [inEnglish, inChinese, quiet] = await Promise.all([
      run(...args),
      run(...args, "--lang", "zh"),
      run(...args, "--quiet"),
    ])
    const summary =
      "complete: 6 meetings (details: 4 ok, 1 running, 1 no permission; recordings: 1 ok, 1 not recorded, 1 running, 1 not ready, 2 no permission), 8 rows, one 90-day period, 14 requests"
    const [range, ...said] = lines(inEnglish.stderr)
    assert.match(range!, /^range: 20\d\d-.*\+08:00 to .*\+08:00$/)
    assert.deepStrictEqual(said, [
      "details of 1 meeting: no permission. Use a token of somebody who took part, or ask the tenant's administrator to let the app read meetings.",
      "recordings of 2 meetings: no permission. Have the owner share the minute, or use a token of somebody who took part.",
      "1 meeting had not ended: what is written may change until the end",
      `1 recording was not ready: in some minutes, run: feishu-meetings get ${id(6)} --recordings`,
      summary,
    ])
    assert.deepStrictEqual(lines(quiet.stderr), [summary])
    assert.deepStrictEqual(english(inChinese.stderr), [])
    assert.include(inChinese.stderr, "1 场会议的详情无权查看。")
    assert.include(inChinese.stderr, `请在几分钟后运行：feishu-meetings get ${id(6)} --recordings\n`)
    assert.include(inChinese.lastLine, "已完成：共 6 场会议（详情：4 场已读取，1 场进行中，1 场无权查看；")
    assert.include(inChinese.lastLine, "），8 行，")
  })

  it("what was not ready, or running, is there later", async () => {
    await using own = await feishu.workspace({ now, rateLimit: "off", seed: { meetings } })
    await own.moveClock({ advance: "2h", frozen: true })
    const args = [meetingNo, ...december, "--details", "--recordings"]
    const { stdout, summary } = await Cli.list(args, environmentOf(own))
    assert.deepInclude(summary, { details: { ok: 5, "no permission": 1 } })
    assert.deepInclude(rowsOf(stdout)[4], { id: id(6), recording_status: "ok" })
  })

  it("only what is requested is requested: recordings without details, details without recordings", async () => {
    await using own = await feishu.workspace({ now, rateLimit: "off", seed: { meetings } })
    const read = (...args: ReadonlyArray<string>) =>
      Cli.list([meetingNo, ...december, ...args], environmentOf(own))
    const recordings = await read("--recordings")
    const details = await read("--details")
    const requested = (await own.journal())
      .flatMap(({ operation }) => operation ?? [])
      .filter((operation) => operation.startsWith("meetings.get"))
    assert.deepStrictEqual(
      requested,
      [6, 6].flatMap((count, index) =>
        Array.from({ length: count }, () => (index === 0 ? "meetings.getRecording" : "meetings.get")),
      ),
    )
    assert.deepStrictEqual(Object.keys(rowsOf(recordings.stdout)[0]!), [
      "id",
      "meeting_no",
      "topic",
      "url",
      "recording_url",
      "recording_duration_seconds",
      "minute_token",
      "recording_status",
    ])
    assert.notProperty(recordings.summary, "details")
    assert.notProperty(details.summary, "recordings")
    assert.notProperty(rowsOf(details.stdout)[0], "participants")
  })

  it("the meetings that Feishu no longer shows the details of keep their rows, and the reason is named", async () => {
    await using own = await feishu.workspace({
      now,
      rateLimit: "off",
      ninetyDays: "span",
      seed: { meetings },
    })
    await own.moveClock({ advance: "100d", frozen: true })
    const args = [meetingNo, ...december, "--details", "--fields", "id,topic,details_status"]
    const { code, stderr, stdout } = await Cli.run(["list", ...args], environmentOf(own))
    assert.strictEqual(code, 0)
    assert.lengthOf(lines(stdout), 6)
    assert.include(stdout, `{"id":"${id(1)}","topic":"Weekly 1","details_status":"not found"}\n`)
    assert.include(stderr, "not found. Feishu shows the details of the last 90 days only.\n")
  })

  it("one meeting may have 5,000 participants", async () => {
    await using own = await feishu.workspace({
      now,
      rateLimit: "off",
      seed: { meetings: [of(1, { generate: { participants: 5_000 } })] },
    })
    const args = [
      meetingNo,
      ...december,
      "--participants",
      "--format",
      "csv",
      "--fields",
      "id,participant_id",
    ]
    const { stdout, summary } = await Cli.list(args, environmentOf(own))
    assert.deepInclude(summary, { status: "complete", meetings: 1, rows: 5_000 })
    assert.lengthOf(lines(stdout), 1 + 5_000)
  })

  it("passwords of details are as secret as those of the list", async () => {
    // The list of this number has none.
    await using own = await feishu.workspace({ now, rateLimit: "off", seed: { meetings } })
    const file = join(folder, "passwords.csv")
    const args = [meetingNo, ...december, "--participants", "--format", "csv"]
    const [without, verbose, shown] = await Promise.all([
      Cli.run(["list", ...args], environmentOf(own)),
      Cli.run(["list", ...args, "--verbose"], environmentOf(own)),
      Cli.run(["list", ...args, "--show-passwords", "--output", file], environmentOf(own)),
    ])
    for (const { stderr, stdout } of [without, verbose]) assert.notInclude(stdout + stderr, "204816")
    assert.notInclude(shown.stdout + shown.stderr, "204816")
    assert.include(readFileSync(file, "utf8"), "204816")
    assert.strictEqual(statSync(file).mode & 0o777, 0o600)
  })
})

describe.concurrent("--fields and --max-items", () => {
  it("fields of what is not read are refused with the flag that reads them, in both languages", async () => {
    const refused = await Promise.all([
      run("--fields", "id,start_time,recording_url"),
      run("--details", "--fields", "participant_id"),
      run("--fields", "id,participants,host_id", "--lang", "zh"),
      run("--user-id-type", "user_id", "--recordings"),
    ])
    assert.deepStrictEqual(
      refused.map(({ code, stderr }) => [code, lines(stderr)[0]]),
      [
        [
          2,
          "error: --fields: without --details and --recordings, this is not read: start_time, recording_url. Nothing was sent",
        ],
        [2, "error: --fields: without --participants, this is not read: participant_id. Nothing was sent"],
        [
          2,
          "错误：--fields：未给出 --participants，因此不会读取：participant_id, participant_user_type, first_join_time, final_leave_time, in_meeting_seconds, is_host, is_cohost, is_external, participant_status, host_id。未发送任何请求",
        ],
        [2, "error: --user-id-type: it names users, and none are read. Nothing was sent"],
      ],
    )
  })

  it("--max-items counts meetings, and nothing is requested of meetings beyond it", async () => {
    await using own = await many(24)
    const args = [
      meetingNo,
      ...december,
      "--participants",
      "--format",
      "csv",
      "--max-items",
      "12",
      "--page-size",
      "10",
    ]
    const { code, stderr, stdout, summary } = await Cli.list(args, environmentOf(own))
    assert.strictEqual(code, 0)
    assert.deepInclude(summary, { status: "limited", meetings: 12, rows: 24 })
    assert.lengthOf(lines(stdout), 1 + 24)
    const requested = await own.journal({ operation: "meetings.get" })
    assert.lengthOf(requested, 12)
    // The command that is printed reads the rest; the rows of the page that was cut come again.
    assert.include(stderr, "on resume, the last 4 rows of this output will come again\n")
    const rest = await Cli.list(
      ["--cursor", summary.cursor ?? "", "--participants", "--format", "csv"],
      environmentOf(own),
    )
    assert.deepInclude(rest.summary, { status: "complete", meetings: 14, rows: 28 })
  })

  it("the schema is that of the rows", async () => {
    const flags = ["--participants", "--recordings", "--show-passwords"]
    const [schema, rows] = await Promise.all([Cli.run(["schema", ...flags]), list(...flags)])
    interface Schema {
      readonly type: string | ReadonlyArray<string>
      readonly enum?: ReadonlyArray<string>
      readonly required?: ReadonlyArray<string>
      readonly properties?: Readonly<Record<string, Schema>>
      readonly items?: Schema
    }
    const check = (value: unknown, schema: Schema): void => {
      const type = value === null ? "null" : Array.isArray(value) ? "array" : typeof value
      assert.include([schema.type].flat(), type)
      if (schema.enum !== undefined) assert.include(schema.enum, value as string)
      if (Array.isArray(value)) for (const item of value) check(item, schema.items!)
      else if (type === "object") {
        assert.deepStrictEqual(Object.keys(value as object), schema.required)
        for (const [name, field] of Object.entries(value as object)) check(field, schema.properties![name]!)
      }
    }
    for (const row of rowsOf(rows.stdout)) check(row, JSON.parse(schema.stdout) as Schema)
  })
})

describe.concurrent("a read of details that ends early", () => {
  it("a scope that is missing ends it with 3, before a page is written; the command that is printed completes it", async () => {
    await using own = await feishu.workspace({
      now,
      rateLimit: "off",
      seed: { meetings },
    })
    // Requests arrive in any order.
    const rule = await own.addFault({
      operation: "meetings.getRecording",
      when: { matching: { meeting_id: id(3) } },
      then: { code: 99991672 },
    })
    const typed = `feishu-meetings list ${meetingNo} ${december.join(" ")} --participants --recordings --format csv --page-size 2 --summary json`
    const first = await Cli.shell(typed, environmentOf(own))
    assert.strictEqual(first.code, 3)
    assert.deepInclude(Cli.summaryOf(first), { status: "incomplete", meetings: 2, rows: 3 })
    const [, resume = ""] = /^resume with: (.*)$/m.exec(first.stderr) ?? []
    assert.include(resume, " --participants --recordings ")
    await own.removeFault(rule.id)
    const rest = await Cli.shell(resume, environmentOf(own))
    assert.deepInclude(Cli.summaryOf(rest), { status: "complete", meetings: 4, rows: 5 })
    const whole = await run("--participants", "--recordings", "--format", "csv")
    const written = [...lines(first.stdout), ...lines(rest.stdout).slice(1)]
    // The clocks of both mocks are apart by the time that passed.
    const without = (line: string) => line.replaceAll(/,\d+,(?=\w+,\w+,\w+,2$)/g, ",")
    assert.deepStrictEqual(written.map(without), lines(whole.stdout).map(without))
  })

  it("with a checkpoint the same command goes on at the page that was not written whole, flat and nested", async () => {
    await Promise.all(
      ["json", "excel"].map(async (format) => {
        await using own = await many(24)
        const [file, checkpoint] = [
          join(folder, `early.${format}`),
          join(folder, `early.${format}.checkpoint`),
        ]
        const args = [
          meetingNo,
          "146453285",
          ...december,
          "--participants",
          "--recordings",
          "--page-size",
          "8",
          "--format",
          format,
          // A run that resumes would wait for the requests of the last minute.
          "--details-rate-limit",
          "10000",
        ]
        const resumable = [...args, "--output", file, "--checkpoint", checkpoint]
        const environment = environmentOf(own)
        const whole = await Cli.list(args, environment)
        assert.strictEqual(whole.code, 0, whole.stderr)
        // In the middle of the second page.
        const ids = Cli.ids((await Cli.list([meetingNo, ...december], environment)).stdout)
        const rule = await own.addFault({
          operation: "meetings.get",
          when: { matching: { meeting_id: ids[12]! } },
          then: { code: 99991672 },
        })
        const first = await Cli.list(resumable, environment)
        assert.strictEqual(first.code, 3, first.stderr)
        assert.deepInclude(first.summary, { status: "incomplete", meetings: 8 })
        await own.removeFault(rule.id)
        const second = await Cli.list(resumable, environment)
        assert.strictEqual(second.code, 0, second.stderr)
        // What a stream is decoded with leaves out the mark at its beginning.
        assert.strictEqual(readFileSync(file, "utf8").replace("\ufeff", ""), whole.stdout)
        const { details, meetings, recordings, rows } = whole.summary as Required<Cli.Summary>
        assert.deepInclude(second.summary, {
          status: "complete",
          details,
          meetings,
          recordings,
          rows,
          rowsBefore: first.summary.rows,
          ...(first.summary.rows > 8 ? { meetingsBefore: 8 } : {}),
        })
        assert.isFalse(existsSync(`${file}.part`))
        const again = await Cli.list(resumable, environment)
        assert.deepInclude(again.summary, { status: "complete", rows, details, requests: 0 })
      }),
    )
  })

  it("a checkpoint is that of its flags: with others nothing is sent", async () => {
    await using own = await many(3)
    const [file, checkpoint] = [join(folder, "flags.ndjson"), join(folder, "flags.checkpoint")]
    const args = [meetingNo, ...december, "--format", "ndjson", "--output", file, "--checkpoint", checkpoint]
    const environment = environmentOf(own)
    assert.strictEqual((await Cli.list([...args, "--participants"], environment)).code, 0)
    const others: Array<Awaited<ReturnType<typeof Cli.list>>> = []
    for (const flags of [
      [],
      ["--details"],
      ["--participants", "--recordings"],
      ["--participants", "--user-id-type", "union_id"],
    ]) {
      others.push(await Cli.list([...args, ...flags], environment))
    }
    assert.deepStrictEqual(
      others.map(({ code, summary }) => [
        code,
        /another run: (.*); it stays/.exec(summary.error?.message ?? "")?.[1],
      ]),
      [
        [2, "--participants was true and is not given"],
        [2, "--details was not given and is true; --participants was true and is not given"],
        [2, "--recordings was not given and is true"],
        [2, "--user-id-type was not given and is union_id"],
      ],
    )
    // The details are read with the participants anyhow.
    const same = await Cli.list([...args, "--details", "--participants"], environment)
    assert.deepInclude(same.summary, { status: "complete", requests: 0 })
  })

  it("a checkpoint of a version that knew nothing of these flags is resumed", async () => {
    await using own = await many(60)
    const [file, checkpoint] = [join(folder, "old.ndjson"), join(folder, "old.checkpoint")]
    const args = [meetingNo, ...december, "--format", "ndjson", "--output", file, "--checkpoint", checkpoint]
    const environment = environmentOf(own)
    const rule = await own.addFault({
      operation: "meetings.listByNo",
      when: { nth: 2 },
      then: { code: 99991403 },
    })
    const first = await Cli.list(args, environment)
    assert.strictEqual(first.code, 1, first.stderr)
    await own.removeFault(rule.id)
    const { start, steps } = CheckpointFile.read(checkpoint)
    const plan = Object.fromEntries(
      Object.entries(start.plan).filter(([name]) => !/details|participants|recordings|user-id/.test(name)),
    )
    assert.isBelow(Object.keys(plan).length, Object.keys(start.plan).length)
    CheckpointFile.write(checkpoint, { start: { ...start, plan }, steps })
    assert.deepInclude((await Cli.list(args, environment)).summary, {
      status: "complete",
      rows: 60,
      rowsBefore: 50,
    })
  })

  it("--keep-going: details that are not as documented end their number only", async () => {
    const other = "146453285"
    await using scripted: Scripted.Scripted = await Scripted.start((response, query, index) => {
      const number = query.get("meeting_no")
      if (number !== null) return Scripted.page(response, [{ id: number === other ? "2" : "1" }])
      const status = scripted.paths[index]?.endsWith("/2") ? "ended" : 3
      Scripted.json(response, { code: 0, data: { meeting: { status } } })
    })
    const args = [other, meetingNo, "--from", "7d", "--details", "--keep-going"]
    const { code, stdout, summary } = await Cli.list(args, scripted.environment)
    assert.strictEqual(code, 7)
    assert.deepStrictEqual(Cli.ids(stdout), ["1"])
    assert.deepInclude(summary, { status: "incomplete", meetings: 1, details: { ok: 1 } })
    assert.deepInclude(summary.failures?.[0], { meetingNo: other, reason: "ContractViolation" })
  })
})

describe.concurrent("on a terminal", () => {
  it("80 columns show who was there and when; what is left out is named", async () => {
    const session = Terminal.start(["list", meetingNo, ...december, "--participants"], {
      environment: environmentOf(feishu),
    })
    const { code, screen } = await session.ended
    assert.strictEqual(code, 0)
    assert.match(screen, /^topic {5}start_time +participant_id +first_join_time$/m)
    assert.match(screen, /^Weekly 1 {2}2025-12-13T08:00:00\+08:00 {2}ou_host +2025-12-13T08:00:00\+08:00$/m)
    assert.include(screen, "the terminal is too narrow for ")
    assert.include(screen, "choose columns with --fields, or write all of them with --format csv")
  })
})
