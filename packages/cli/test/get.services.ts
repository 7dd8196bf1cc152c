import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import * as Cli from "./Cli.ts"
import { english } from "./english.ts"
import * as Scripted from "./ScriptedFeishu.ts"

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "feishu-meetings-"))
})
afterAll(() => rmSync(folder, { recursive: true }))

const file = (name: string, content: string): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const [one, two, three, four] = [
  "7672989999303099091",
  "7672989999303099092",
  "7672989999303099093",
  "7672989999303099094",
] as const
const password = "204816-SECRET"

type Answers = (
  id: string,
  part: "details" | "recording",
) => readonly [code: number, data?: object] | undefined

const found = (id: string) =>
  [
    0,
    {
      meeting: {
        id,
        topic: "周会",
        meeting_no: "337736498",
        password,
        start_time: "1786507200",
        end_time: "1786510860",
        status: 3,
        participants: [{ id: "ou_1", is_host: true }, { id: "ou_1" }],
      },
    },
  ] as const
const recorded = [0, { recording: { url: "https://meetings.feishu.cn/minutes/obcn4k7m?from=im" } }] as const

/** Answers for each meeting as a test says; otherwise it is found, and recorded. */
const feishu = async (answers: Answers = () => undefined) => {
  const scripted: Scripted.Scripted = await Scripted.start((response, _, index) => {
    const [, id = "", recording] = /\/meetings\/(\d+)(\/recording)?$/.exec(scripted.paths[index]!) ?? []
    const part = recording === undefined ? "details" : "recording"
    const [code, data] = answers(id, part) ?? (part === "details" ? found(id) : recorded)
    const status = code === 0 ? 200 : code === 121005 ? 403 : code > 200_000 ? 400 : 404
    Scripted.json(response, { code, msg: "…", ...(data === undefined ? {} : { data }) }, status)
  })
  return scripted
}

const get = async (args: ReadonlyArray<string>, environment: Cli.Environment) => {
  const result = await Cli.run(["get", ...args, "--summary", "json"], environment)
  return {
    ...result,
    summary: Cli.summaryOf(result),
    rows: result.stdout
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>),
  }
}

describe.concurrent("get", () => {
  it("reads the details of each id once, in the order given; what is not there has its row and its status", async () => {
    await using scripted = await feishu((id, part) => {
      if (id === two) return [part === "details" ? 121004 : 122002]
      if (id === three) return [121005]
      return id === four && part === "recording" ? [124002] : undefined
    })
    const args = [three, one, two, one, four, "--recordings"]
    const { code, rows, summary } = await get(args, scripted.environment)
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(
      rows.map(({ details_status, id, minute_token, recording_status, topic }) => [
        id,
        topic,
        details_status,
        recording_status,
        minute_token,
      ]),
      [
        [three, null, "no permission", "no permission", null],
        [one, "周会", "ok", "ok", "obcn4k7m"],
        [two, null, "not found", "not found", null],
        [four, "周会", "ok", "not ready", null],
      ],
    )
    assert.deepInclude(summary, { status: "complete", rows: 4, requests: 8 })
    assert.lengthOf(scripted.paths, 8)
  })

  it("requests what the flags say; passwords are written on request alone", async () => {
    await using scripted = await feishu()
    const people = ["--participants", "--user-id-type", "union_id"]
    const [details, participants, shown] = await Promise.all([
      get([one], scripted.environment),
      get([two, ...people], scripted.environment),
      get([three, "--fields", "id,password", "--show-passwords"], scripted.environment),
    ])
    const queryOf = (id: string) =>
      String(scripted.queries[scripted.paths.findIndex((path) => path.endsWith(id))])
    assert.strictEqual(queryOf(one), "")
    assert.strictEqual(queryOf(two), "with_participants=true&user_id_type=union_id")
    assert.notProperty(details.rows[0], "participants")
    assert.deepInclude(details.rows[0], { start_time: "1786507200", duration_seconds: 3_660 })
    const [first, second] = participants.rows[0]!["participants"] as ReadonlyArray<object>
    assert.deepInclude(first, { id: "ou_1", is_host: true })
    assert.deepInclude(second, { id: "ou_1", is_host: null })
    assert.notInclude(details.stdout + details.stderr + participants.stdout, password)
    assert.deepStrictEqual(shown.rows, [{ id: three, password }])
  })

  it("takes ids from what list has written, in every format, and as spreadsheets and people write them", async () => {
    await using scripted = await feishu()
    const files = {
      ndjson: `{"id":"${one}","topic":"a # b"}\n{"topic":"x","id":"${two}"}\n`,
      json: `[\n  {"id":"${one}","topic":"x"},\n  {"id":"${two}"}\n]\n`,
      csv: `id,meeting_no,topic\n${one},337736498,"a, b"\n${two},337736498,c\n`,
      excel: `\ufeffid,topic\r\n"=""${one}""",周会\r\n"=""${two}""",x\r\n`,
      table: `id                   topic\n${one}  周会\n${two}  x\n`,
      typed: `# mine\n\n  ${one} # the first\n'${one}\n7,672,989,999,303,099,092\n00${two}\n`,
    }
    const all = await Promise.all(
      Object.entries(files).map(async ([name, content]) => {
        const { rows, summary } = await get(["--ids-from", file(name, content)], scripted.environment)
        return [name, summary.status, rows.map(({ id }) => id)]
      }),
    )
    assert.deepStrictEqual(
      all,
      Object.keys(files).map((name) => [name, "complete", [one, two]]),
    )
  })

  it("is what list can be piped into", async () => {
    await using scripted = await Scripted.start((response, query) =>
      query.has("meeting_no")
        ? Scripted.page(response, [{ id: one }, { id: two }])
        : Scripted.json(response, { code: 0, data: found(one)[1] }),
    )
    const { code, stdout } = await Cli.shell(
      "feishu-meetings list 337736498 --from 7d | feishu-meetings get --ids-from - --fields id,details_status --format csv",
      scripted.environment,
    )
    assert.strictEqual(code, 0)
    assert.strictEqual(stdout, `id,details_status\n${one},ok\n${two},ok\n`)
  })

  it("says of all that is no id what it is, with the command for a meeting number; nothing is sent", async () => {
    await using scripted = await feishu()
    const wrong = {
      "337736498": "is a meeting number, not the id of a meeting",
      "337 736 498": "is a meeting number",
      "https://vc.feishu.cn/j/337736498?from=im": "is a meeting number",
      "7.67299E+18": "is an id that was rounded, as by a spreadsheet",
      "7,67299E+18": "is an id that was rounded",
      "7672989999303099091.0": "is an id that was rounded",
      "-1": "is not a meeting id, which is a whole number",
      "list_by_no?x=1": "is not a meeting id",
      "0": "is not a meeting id: ids are from 1 to 9223372036854775807",
    }
    const flags = ["--participants", "--recordings"]
    const [english_, chinese, lines, none] = await Promise.all([
      Cli.run(["get", one, ...Object.keys(wrong), ...flags], scripted.environment),
      Cli.run(["get", ...Object.keys(wrong), "--lang", "zh"], scripted.environment),
      Cli.run(
        [
          "get",
          "--ids-from",
          file("wrong.txt", `{"id":"${one}"}\n337736498\n{"id":7672989999303099091}\n<html>\n`),
        ],
        scripted.environment,
      ),
      Cli.run(["get"], scripted.environment),
    ])
    for (const { code, stdout } of [english_, chinese, lines, none]) {
      assert.deepStrictEqual([code, stdout], [2, ""])
    }
    for (const [text, problem] of Object.entries(wrong))
      assert.include(english_.stderr, `"${text}" ${problem}`)
    assert.include(
      english_.stderr,
      "feishu-meetings list 337736498 --participants --recordings lists the meetings",
    )
    assert.include(english_.stderr, "Take ids from a file that list has written")
    assert.include(english_.stderr, "Nothing was sent")
    assert.include(chinese.stderr, "可用 feishu-meetings list 337736498 --details 列出该会议号的会议。")
    assert.deepStrictEqual(english(chinese.stderr), [])
    assert.include(lines.stderr, 'wrong.txt:2: "337736498" is a meeting number')
    assert.include(lines.stderr, 'wrong.txt:3: "7.6729899993030')
    assert.include(lines.stderr, 'wrong.txt:4: "<html>" is not a meeting id')
    assert.include(lines.stderr, "3 of the 4 lines of")
    assert.include(none.stderr, "no meeting id given")
    assert.lengthOf(scripted.paths, 0)
  })

  it("an id that nobody has and that ends in zeros is told to be rounded, perhaps", async () => {
    await using scripted = await feishu((id) => (id.endsWith("0000") ? [121004] : undefined))
    const [some, none] = await Promise.all([
      get(["7672989999303090000", one, "7672989999303080000"], scripted.environment),
      get([one], scripted.environment),
    ])
    assert.include(
      some.stderr,
      "2 ids that were not found end in zeros, such as 7672989999303090000: a spreadsheet may have rounded them",
    )
    assert.notInclude(none.stderr, "zeros")
    assert.strictEqual(some.code, 0)
  })

  it("list says of an id which command shows its meeting", async () => {
    const { code, stderr } = await Cli.run(["list", one])
    assert.strictEqual(code, 2)
    assert.include(stderr, `"${one}" has 19 digits; a meeting number has 9`)
    assert.include(stderr, `feishu-meetings get ${one}`)
  })

  it("ends with what would fail for all, after the rows before it; a file keeps them", async () => {
    await using scripted = await feishu((id) => (id === three ? [99991672] : undefined))
    const output = join(folder, "part.ndjson")
    const [stdout, toFile] = await Promise.all([
      get([one, two, three, four, "--fields", "id"], scripted.environment),
      get([one, two, three, four, "--fields", "id", "--output", output], scripted.environment),
    ])
    for (const { code, summary } of [stdout, toFile]) {
      assert.strictEqual(code, 3)
      assert.deepInclude(summary, { status: "incomplete", rows: 2, ids: { asked: 4, written: 2 } })
      assert.include(summary.error?.message, "vc:meeting.meetingevent:read")
      assert.include(summary.error?.message, `meeting id ${three}`)
    }
    assert.deepStrictEqual(stdout.rows, [{ id: one }, { id: two }])
    assert.isFalse(existsSync(output))
    assert.deepStrictEqual(Cli.ids(readFileSync(`${output}.part`, "utf8")), [one, two])
  })

  it("writes a file that is complete, and never over the file of the ids", async () => {
    await using scripted = await feishu()
    const ids = file("ids.txt", `${one}\n${two}\n`)
    const output = join(folder, "details.json")
    const [written, refused] = await Promise.all([
      Cli.run(["get", "--ids-from", ids, "--format", "json", "--output", output], scripted.environment),
      Cli.run(["get", "--ids-from", ids, "--output", ids], scripted.environment),
    ])
    assert.strictEqual(written.code, 0)
    assert.include(written.lastLine, `written to ${output}`)
    assert.deepStrictEqual(
      (JSON.parse(readFileSync(output, "utf8")) as ReadonlyArray<{ id: string }>).map(({ id }) => id),
      [one, two],
    )
    assert.strictEqual(refused.code, 2)
    assert.include(refused.stderr, "it would overwrite the file of the ids")
    assert.strictEqual(readFileSync(ids, "utf8"), `${one}\n${two}\n`)
  })

  it("keeps the rate limit that is set, of details and of recordings each; Ctrl-C says which ids are left", async () => {
    // No further request is sent before a minute has passed.
    await using scripted = await feishu(() => {
      if (scripted.paths.length === 4) child.kill("SIGINT")
      return undefined
    })
    const ids = Array.from({ length: 5 }, (_, index) => `767298999930309909${index}`)
    const child = Cli.start(
      ["get", ...ids, "--recordings", "--details-rate-limit", "2", "--fields", "id"],
      scripted.environment,
    )
    const { code, lastLine, stderr, stdout } = await Cli.ended(child)
    assert.strictEqual(code, 130)
    // Which of the meetings got the second request of details is not promised, only the order of the rows.
    const written = Cli.ids(stdout)
    assert.deepStrictEqual(written, ids.slice(0, written.length))
    assert.include([1, 2], written.length)
    assert.lengthOf(scripted.paths, 4)
    assert.strictEqual(scripted.paths.filter((path) => path.endsWith("/recording")).length, 2)
    const left = 5 - written.length
    assert.include(stderr, `${left} ids are left, from ${ids[written.length]} on: give those again`)
    assert.match(
      lastLine,
      /^incomplete: [12] meetings?, [34] requests.*; stopped by a signal; resume as described above$/,
    )
    assert.include(lastLine, `: ${written.length} meeting`)
  })
})

describe.concurrent("get, from the mock", () => {
  it("reads what happened: in a meeting that ended, in one that runs, and of one that the app may not see", async () => {
    const now = 1_786_518_060
    const start = { topic: "周会", meeting_no: "337736498", start_time: now - 7_200 }
    const host = { open_id: "ou_host", union_id: "on_host", is_host: true }
    await using mock = await startFeishuMock({
      now,
      seed: {
        meetings: [
          {
            ...start,
            id: one,
            end_time: now - 3_600,
            participants: [host, { open_id: "ou_guest", union_id: "on_guest", is_external: true }],
            recording: { duration: 3_541_000, ready_time: now - 60 },
          },
          { ...start, id: two, end_time: now + 600, participants: [host], recording: {} },
          { ...start, id: three, end_time: now - 60, participants: [], visible_to: ["user"] },
        ],
      },
    })
    const environment = {
      FEISHU_BASE_URL: mock.url,
      FEISHU_APP_ID: mock.appId,
      FEISHU_APP_SECRET: mock.appSecret,
    }
    const [read, sheet] = await Promise.all([
      get(
        [one, two, three, four, "--participants", "--recordings", "--user-id-type", "union_id"],
        environment,
      ),
      Cli.run(
        [
          "get",
          one,
          two,
          "--participants",
          "--fields",
          "id,participant_id,in_meeting_seconds",
          "--format",
          "csv",
        ],
        environment,
      ),
    ])
    assert.strictEqual(read.code, 0)
    assert.deepStrictEqual(
      read.rows.map(({ details_status, end_time, host_id, id, recording_status }) => [
        id,
        details_status,
        recording_status,
        host_id,
        end_time,
      ]),
      [
        [one, "ok", "ok", "on_host", String(now - 3_600)],
        [two, "running", "running", "on_host", null],
        [three, "no permission", "no permission", null, null],
        [four, "not found", "not found", null, null],
      ],
    )
    const [, guest] = read.rows[0]!["participants"] as ReadonlyArray<object>
    assert.deepInclude(guest, { id: "on_guest", is_external: true, in_meeting_seconds: 3_600 })
    assert.match(
      sheet.stdout,
      /^id,participant_id,in_meeting_seconds\n\d+,ou_host,3600\n\d+,ou_guest,3600\n\d+,ou_host,/,
    )
  })
})
