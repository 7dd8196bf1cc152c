import { assert, describe, it } from "@effect/vitest"
import {
  FeishuError,
  GetMeeting,
  GetRecording,
  MeetingBrief,
  MeetingBriefRow,
  MeetingId,
} from "@effect-feishu/core"
import * as CliOutput from "effect/cli/CliOutput"
import * as Schema from "effect/Schema"
import * as Fields from "../src/output/Fields.ts"
import * as Format from "../src/output/Format.ts"
import * as Scripted from "./ScriptedFeishu.ts"

const url = "https://vc.feishu.cn/j/337736498"
const topic = "每周一上午的产品例会，主持人轮流"
const listOnly = { details: false, participants: false, recordings: false }
const everything = { details: true, participants: true, recordings: true }
const nothingBefore = { length: 0, rows: 0 }

const read = (
  row: Record<string, unknown>,
  details?: Fields.Meeting["details"],
  recording?: Fields.Meeting["recording"],
): Fields.Meeting => ({
  brief: new MeetingBrief(Schema.decodeUnknownSync(MeetingBriefRow)(row)),
  details,
  recording,
})
const found = (meeting: Record<string, unknown>): Fields.Meeting["details"] => ({
  _tag: "Found",
  meeting: Schema.decodeUnknownSync(GetMeeting.Data)({ meeting }).meeting!,
})
const recorded = (recording: Record<string, unknown>): Fields.Meeting["recording"] => ({
  _tag: "Recorded",
  recording: Schema.decodeUnknownSync(GetRecording.Data)({ recording }).recording!,
})
const error = FeishuError.invalidRequest("meeting_id", "refused", "")

const meetings = [
  {
    id: "7011030664708603901",
    meeting_no: Scripted.meetingNo,
    topic: "周会 ".repeat(20),
    url,
    password: "123456",
  },
  { id: "7011030664708603902", meeting_no: Scripted.meetingNo, topic, url },
].map((row) => read(row))

const table = (columns: number, showPasswords = false): ReadonlyArray<string> => {
  const writer = Format.make("table", { columns, fields: Fields.usual(listOnly, showPasswords) })
  const { text } = writer.rows(meetings, nothingBefore)
  return (text + writer.end({ length: text.length, rows: 2 })).trimEnd().split("\n")
}

describe("csv", () => {
  const csv = (text: string, toTerminal: boolean): string => {
    const writer = Format.make("csv", { fields: ["topic"], toTerminal })
    return writer.rows([read({ id: "1", topic: text })], { length: 1, rows: 1 }).text
  }

  it("has no cell that a spreadsheet takes for a formula, in whatever form that begins", () => {
    for (const start of ["=", "+", "-", "@", "＝", "＋", "－", "＠", " =", "\u3000="]) {
      assert.strictEqual(csv(`${start}1`, false), `'${start}1\n`)
    }
    for (const start of ["\t", "\r", "\n", "\n="]) assert.include(csv(`${start}1`, false), `'${start}1`)
    assert.strictEqual(csv("周会 =1", false), "周会 =1\n")
  })

  it("keeps every character for a program, and lets none act on a terminal", () => {
    const text = "a\u001b[2J\u202eb"
    assert.deepStrictEqual([csv(text, false), csv(text, true)], [`${text}\n`, "a\\u001b[2J\\u202eb\n"])
  })
})

describe("tsv", () => {
  it("is csv with tabs: quoted by the same rules, and no cell is a formula", () => {
    const writer = Format.make("tsv", { fields: ["id", "topic"] })
    const topics = ["a, b", "a\tb", 'say "hi"', "a\nb", "=1"]
    const { text } = writer.rows(
      topics.map((topic) => read({ id: "7011030664708603901", topic })),
      nothingBefore,
    )
    const cells = ["a, b", '"a\tb"', '"say ""hi"""', '"a\nb"', "'=1"]
    assert.strictEqual(text, `id\ttopic\n${cells.map((cell) => `7011030664708603901\t${cell}\n`).join("")}`)
  })
})

describe("excel", () => {
  const written = (topics: ReadonlyArray<string>, toTerminal = false): ReadonlyArray<string> => {
    const writer = Format.make("excel", { fields: ["id", "topic"], toTerminal })
    const rows = topics.map((topic) => read({ id: "7011030664708603901", topic }))
    return writer.rows(rows, nothingBefore).text.split("\n")
  }
  const cellOf = (topic: string): string | undefined =>
    /^"=""7011030664708603901""",(.*),$/s.exec(written([topic])[1] ?? "")?.[1]

  it("says that it is UTF-8, and has the form of a text for what a spreadsheet may take for something else", () => {
    assert.strictEqual(written(["周会"])[0], "\ufeffid,topic,")
    assert.isFalse(written(["周会"], true)[0]?.startsWith("\ufeff"))
    // 1-2, 1.5 and 3/4 are dates in one country or another, 1,5 and 1.234,56 numbers; Excel keeps 15 digits of a number.
    for (const text of [
      "1-2",
      "1.5",
      "3/4",
      "2026-09-01",
      "10:30",
      "50%",
      "1E5",
      "007",
      "42",
      "9月1日",
      "１２",
      "Mar 5",
    ])
      assert.strictEqual(cellOf(text), `"=""${text}"""`)
    assert.strictEqual(cellOf("1,5"), '"=""1,5"""')
    assert.strictEqual(cellOf('the "5"'), '"=""the """"5"""""""')
    assert.strictEqual(cellOf("true"), '"=""true"""')
  })

  it("has every other text as it is, and what would run as a formula with an apostrophe", () => {
    for (const text of ["周会", "Weekly", "研发（二组）", "true story"])
      assert.strictEqual(cellOf(text), text)
    assert.strictEqual(cellOf("a, b"), '"a, b"')
    for (const text of ["=1+1", "-5", "+86 138", "@SUM(1)"]) assert.strictEqual(cellOf(text), `'${text}`)
    // Excel takes no more than 255 characters of a text in that form.
    assert.strictEqual(cellOf("5".repeat(255)), `"=""${"5".repeat(255)}"""`)
    assert.strictEqual(cellOf("5".repeat(256)), `'${"5".repeat(256)}`)
    assert.strictEqual(cellOf(`{"a":${"5".repeat(256)}}`), `"{""a"":${"5".repeat(256)}}"`)
  })

  it("where a spreadsheet separates with ; no text begins a cell or a row, and no line is a formula or a number", () => {
    const topics = ["a;=1+1;b", "x;2026-09-01;y", "a\n=1+1\nb", "a\r2026-09-01", "a\t5", "a \n b", ";=1"]
    const lines = written(topics)
    assert.lengthOf(lines, topics.length + 2)
    for (const line of lines.slice(1, -1)) assert.match(line, /^"=[^;\t]*,$/)
    assert.deepStrictEqual(["a;=1+1;b", "a \n b", ";=1"].map(cellOf), [
      '"=""a；=1+1；b"""',
      "a b",
      '"=""；=1"""',
    ])
    const numbers = Format.writer<null, string>(
      "excel",
      {
        columns: [
          { name: "duration_seconds", type: "number" },
          { name: "participant_count", type: "count" },
          { name: "recording_duration_seconds", type: "number" },
          { name: "is_host", type: "boolean" },
        ],
        objectOf: () => ({}),
        cellsOf: () => [[3_600, "12", 30.5, true]],
      },
      {},
    )
    assert.strictEqual(numbers.rows([null], { length: 1, rows: 1 }).text, '"3600","12","=""30.5""",true,\n')
  })

  it("csv has every text as it is", () => {
    const writer = Format.make("csv", { fields: ["topic"] })
    const topics = ["周会", "007", "42", "1-2", "a;b"]
    assert.strictEqual(
      writer.rows(
        topics.map((topic) => read({ id: "1", topic })),
        nothingBefore,
      ).text,
      `topic\n${topics.join("\n")}\n`,
    )
  })
})

describe("a table on a terminal", () => {
  it("is never wider than the terminal", () => {
    for (let columns = 1; columns <= 160; columns++) {
      for (const line of [...table(columns), ...table(columns, true)]) {
        assert.isAtMost(CliOutput.displayWidth(line), columns)
      }
    }
  })

  it("keeps the url whole while 12 columns remain for the topic, and leaves it out below that", () => {
    assert.deepStrictEqual(
      [79, 78].map((columns) => table(columns).map((line) => line.includes(url))),
      [
        [false, true, true],
        [false, false, false],
      ],
    )
    assert.strictEqual(table(78)[0], "id                   meeting_no  topic")
    assert.include(table(78)[2], topic)
  })
})

/** One that took place, one that runs, one that nobody may see, and one whose recording is being made. */
const happened: ReadonlyArray<Fields.Meeting> = [
  read(
    { id: "7011030664708603901", meeting_no: Scripted.meetingNo, topic: "Review" },
    found({
      id: "7011030664708603901",
      url,
      note_id: "7011030664708600000",
      password: "204816",
      create_time: "1786507140",
      start_time: "1786507200",
      end_time: "1786510860",
      host_user: { id: "ou_1", user_type: 1 },
      meeting_connect: false,
      status: 3,
      participant_count: "2",
      participant_count_accumulated: "4",
      participants: [
        {
          id: "ou_1",
          user_type: 1,
          first_join_time: "1786507200",
          final_leave_time: "1786510860",
          in_meeting_duration: "3660",
          is_host: true,
          is_cohost: false,
          is_external: false,
          status: 4,
        },
        // The same id again is another row, and what Feishu leaves out is empty.
        { id: "ou_1", user_type: 6, first_join_time: "1786507260", final_leave_time: "0", status: 2 },
      ],
    }),
    recorded({
      url: "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x?from=im",
      duration: "3541500",
    }),
  ),
  read(
    { id: "7011030664708603902", topic: "Planning" },
    found({ start_time: "1786507200", end_time: "0", status: 2, participants: [] }),
    { _tag: "NotReady", because: "running", retryAfterSeconds: undefined },
  ),
  read({ id: "7011030664708603903" }, { _tag: "NoPermission", error }, { _tag: "NotFound", error }),
  read({ id: "7011030664708603904" }, found({ participants: null }), {
    _tag: "NotReady",
    because: "being made",
    retryAfterSeconds: 120,
  }),
]
const ofMeetings = Fields.usual({ ...everything, participants: false }, false)
const attendance: ReadonlyArray<Fields.Field> = [
  "id",
  "topic",
  "details_status",
  "participant_id",
  "participant_user_type",
  "first_join_time",
  "final_leave_time",
  "in_meeting_seconds",
  "is_host",
  "participant_status",
]
const objects = (fields: ReadonlyArray<Fields.Field>): ReadonlyArray<Record<string, unknown>> =>
  Format.make("ndjson", { fields })
    .rows(happened, nothingBefore)
    .text.trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
const lines = (name: Format.Name, fields: ReadonlyArray<Fields.Field>, timeZone = "Asia/Shanghai") =>
  Format.make(name, { fields, timeZone }).rows(happened, nothingBefore).text.trimEnd().split("\n")

describe("details and recordings", () => {
  it("programs get Feishu's texts, numbers where the name has a unit, and null for what is not there", () => {
    const [first, running, refused, later] = objects(ofMeetings)
    assert.deepStrictEqual(first, {
      id: "7011030664708603901",
      meeting_no: Scripted.meetingNo,
      topic: "Review",
      url,
      meeting_connect: false,
      note_id: "7011030664708600000",
      create_time: "1786507140",
      start_time: "1786507200",
      end_time: "1786510860",
      duration_seconds: 3660,
      status: 3,
      host_id: "ou_1",
      host_user_type: 1,
      participant_count: "2",
      participant_count_accumulated: "4",
      details_status: "ok",
      recording_url: "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x?from=im",
      recording_duration_seconds: 3541.5,
      minute_token: "obcn4k7m2p9q1r5s8t3v6w0x",
      recording_status: "ok",
    })
    assert.deepInclude(running, { end_time: null, duration_seconds: null, details_status: "running" })
    assert.deepInclude(refused, { topic: null, start_time: null, details_status: "no permission" })
    assert.deepStrictEqual(
      [running, refused, later].map((row) => row?.["recording_status"]),
      ["running", "not found", "not ready"],
    )
  })

  it("people get times in their zone, whether the time was changed in summer or not", () => {
    const fields = ["start_time", "end_time"] as const
    assert.deepStrictEqual(lines("csv", fields).slice(0, 4), [
      "start_time,end_time",
      "2026-08-12T12:00:00+08:00,2026-08-12T13:01:00+08:00",
      "2026-08-12T12:00:00+08:00,",
      ",",
    ])
    assert.strictEqual(
      lines("csv", fields, "Europe/Berlin")[1],
      "2026-08-12T06:00:00+02:00,2026-08-12T07:01:00+02:00",
    )
    assert.strictEqual(lines("csv", fields, "UTC")[2], "2026-08-12T04:00:00+00:00,")
  })

  it("a time that no calendar has is shown as it came", () => {
    const wrong = read({ id: "1" }, found({ start_time: "99999999999999999" }))
    const writer = Format.make("csv", { fields: ["start_time"], timeZone: "UTC" })
    assert.include(writer.rows([wrong], nothingBefore).text, "start_time\n100000000000000000\n")
  })

  it("the password is in none of the usual fields, and is that of the details where the list has none", () => {
    assert.notInclude(lines("csv", Fields.usual(everything, false)).join("\n"), "204816")
    assert.deepStrictEqual(
      objects(["password"]).map(({ password }) => password),
      ["204816", null, null, null],
    )
  })

  it("a meeting that was asked for by its id has the rest from its details", () => {
    const writer = Format.make("csv", { fields: ["id", "topic", "meeting_no", "url"] })
    const asked: Fields.Meeting = {
      meetingId: MeetingId.make("7011030664708603901"),
      details: found({ id: "7011030664708603901", topic: "Review", meeting_no: "337736498" }),
      recording: undefined,
    }
    assert.strictEqual(
      writer.rows([asked], { length: 1, rows: 1 }).text,
      "7011030664708603901,Review,337736498,\n",
    )
  })

  it("no cell of them is a formula", () => {
    const hostile = read(
      { id: "1" },
      found({ host_user: { id: "=1+1" }, participants: [{ id: "@SUM(A1)" }] }),
      recorded({ url: "-1" }),
    )
    for (const [name, separator] of [
      ["csv", ","],
      ["tsv", "\t"],
      ["excel", ","],
    ] as const) {
      const writer = Format.make(name, { fields: ["host_id", "recording_url", "participant_id"] })
      const cells = writer.rows([hostile], { length: 1, rows: 1 }).text.trimEnd().split(separator)
      assert.deepStrictEqual(cells.slice(0, 3), ["'=1+1", "'-1", "'@SUM(A1)"])
    }
  })
})

describe("participants", () => {
  it("csv is an attendance sheet: a row for each as Feishu has them, and one for a meeting without any", () => {
    assert.deepStrictEqual(lines("csv", attendance), [
      attendance.join(","),
      "7011030664708603901,Review,ok,ou_1,1,2026-08-12T12:00:00+08:00,2026-08-12T13:01:00+08:00,3660,true,4",
      "7011030664708603901,Review,ok,ou_1,6,2026-08-12T12:01:00+08:00,,,,2",
      "7011030664708603902,Planning,running,,,,,,,",
      "7011030664708603903,,no permission,,,,,,,",
      "7011030664708603904,,running,,,,,,,",
    ])
    assert.strictEqual(Format.make("csv", { fields: attendance }).rows(happened, nothingBefore).rows, 5)
  })

  it("json has them as a list in their meeting, by Feishu's own names; null where they are not known", () => {
    const all = objects(Fields.usual(everything, false)).map(({ participants }) => participants)
    assert.deepStrictEqual(all, [
      [
        {
          id: "ou_1",
          user_type: 1,
          first_join_time: "1786507200",
          final_leave_time: "1786510860",
          in_meeting_seconds: 3660,
          is_host: true,
          is_cohost: false,
          is_external: false,
          status: 4,
        },
        {
          id: "ou_1",
          user_type: 6,
          first_join_time: "1786507260",
          final_leave_time: null,
          in_meeting_seconds: null,
          is_host: null,
          is_cohost: null,
          is_external: null,
          status: 2,
        },
      ],
      [],
      null,
      null,
    ])
    assert.deepStrictEqual(objects(["participant_id", "id"])[0], {
      participants: [{ id: "ou_1" }, { id: "ou_1" }],
      id: "7011030664708603901",
    })
    assert.strictEqual(
      Format.make("json", { fields: attendance }).rows(happened, nothingBefore).rows,
      happened.length,
    )
  })

  it("without a field of theirs a meeting has one row", () => {
    assert.deepStrictEqual(lines("csv", ["id", "host_id"]), [
      "id,host_id",
      "7011030664708603901,ou_1",
      "7011030664708603902,",
      "7011030664708603903,",
      "7011030664708603904,",
    ])
  })

  it("a table takes more of them than a call takes arguments", () => {
    const many = read(
      { id: "1" },
      found({ participants: Array.from({ length: 130_000 }, (_, index) => ({ id: `ou_${index}` })) }),
    )
    const writer = Format.make("table", { fields: ["id", "participant_id"], columns: 80 })
    assert.strictEqual(writer.rows([many], nothingBefore).rows, 130_000)
  })
})

describe("a table with many columns", () => {
  const written = (parts: Fields.Parts, columns: number) => {
    const writer = Format.make("table", {
      fields: Fields.usual(parts, true),
      columns,
      timeZone: "Asia/Shanghai",
    })
    const text = writer.rows(happened, nothingBefore).text.trimEnd().split("\n")
    return { lines: text, leftOut: writer.leftOut() }
  }
  const header = (parts: Fields.Parts, columns: number) => written(parts, columns).lines[0]?.split(/ +/)

  it("is never wider than the terminal, and says which it has left out", () => {
    for (let columns = 1; columns <= 200; columns++) {
      const { leftOut, lines } = written(everything, columns)
      for (const line of lines) assert.isAtMost(CliOutput.displayWidth(line), columns)
      const shown = lines[0]?.split(/ +/) ?? []
      if (columns > 40) assert.strictEqual(shown.length + leftOut.length, Fields.names.length)
    }
    assert.deepStrictEqual(written(everything, 1_000).leftOut, [])
  })

  it("80 columns have what people look for first", () => {
    const details = { ...listOnly, details: true }
    const recordings = { ...listOnly, recordings: true }
    const participants = { ...listOnly, participants: true }
    assert.deepStrictEqual(header(details, 80), ["id", "topic", "start_time", "duration_seconds"])
    assert.deepStrictEqual(header(recordings, 80), ["id", "topic", "minute_token", "recording_status"])
    assert.includeMembers(header(participants, 80) ?? [], ["topic", "participant_id", "first_join_time"])
  })
})
