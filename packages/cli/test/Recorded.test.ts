/** A checkpoint whose bytes are not what was written: refused, or read up to the last step that is whole. */
import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { Cursor, MeetingNo } from "@effect-feishu/core"
import * as Recorded from "../src/run/Recorded.ts"
import * as WrittenBytes from "../src/output/WrittenBytes.ts"
import { type Record_, recordsIn, withRecords } from "./CheckpointFile.ts"

const range = { start: 1_790_000_000, end: 1_800_000_000, asked: 1_795_000_000 }
const [one, two] = [MeetingNo.make("337736498"), MeetingNo.make("146453285")]
const startOf = (meetingNo: MeetingNo): Cursor.Position => ({
  meetingNo,
  ...range,
  pageSize: 50,
  baseUrl: "https://open.feishu.cn",
  window: 0,
})
const task: Recorded.Task = {
  starts: [startOf(one), startOf(two)],
  hasRange: true,
  maxItems: undefined,
  parts: { details: false, participants: false, recordings: false },
}
const at = (meetingNo: MeetingNo, place: Partial<Cursor.Position>) =>
  Cursor.fromPosition({ ...startOf(meetingNo), ...place })

const requests = { answered: [1_795_000_001_000], unanswered: [], onTheirWay: 1 }
/** The output, page by page. */
const texts = ["1\n2\n", "3\n", "4\n5\n6\n", "7\n"].map((text) => new TextEncoder().encode(text))
const written = texts.map((_, index) =>
  texts.slice(0, index + 1).reduce(WrittenBytes.append, WrittenBytes.nothing),
)

const records: ReadonlyArray<Record_> = [
  Recorded.start({
    plan: { "meeting-no": `${one} ${two}` },
    range,
    ...WrittenBytes.nothing,
    rows: 0,
    done: [],
    open: [],
    requests,
  }),
  { step: "requests", requests },
  {
    step: "page",
    meetingNo: one,
    cursor: at(one, { pageToken: "2" }),
    ids: ["1", "2"],
    unreachable: { from: range.start, to: range.start + 60 },
    rows: 2,
    ...written[0],
    requests,
  },
  {
    step: "page",
    meetingNo: two,
    cursor: at(two, { window: 1 }),
    ids: ["3"],
    rows: 3,
    ...written[1],
    requests,
  },
  { step: "page", meetingNo: one, last: true, ids: ["4", "5", "6"], rows: 6, ...written[2], requests },
]
const file = withRecords(records)

/** What a run that goes on takes from a file; `undefined` if it is refused. */
const stateIn = (bytes: Uint8Array, asked = task) => {
  const read = Recorded.read(bytes)
  if (Result.isFailure(read)) return undefined
  const state = Recorded.stateAfter(read.success, asked)
  return Result.isFailure(state)
    ? undefined
    : { ...state.success.asStart(), ended: state.success.ended, begins: read.success.start }
}
/** The line that is refused, since it contradicts those before it, or the task, or itself; `undefined` if none is. */
const wrongLineIn = (more: ReadonlyArray<Record_>, asked = task) =>
  Recorded.read(withRecords(more)).pipe(
    Result.flatMap((read) => Recorded.stateAfter(read, asked)),
    Result.flip,
    Result.getOrUndefined,
  )
/** After each of its records. */
const truth = records.map((_, index) => JSON.stringify(stateIn(withRecords(records.slice(0, index + 1)))))
const isTrueUpTo = (bytes: Uint8Array) => {
  const state = stateIn(bytes)
  return state === undefined ? "refused" : truth.indexOf(JSON.stringify(state))
}

describe("X6 bytes that are not what was written", () => {
  it("the first record of a run that goes on may have its numbers anywhere in their windows", () => {
    for (const place of [{ pageToken: "2" }, { window: 1 }, { window: 1, pageToken: "2" }]) {
      const open = [{ cursor: at(one, place), seen: ["1", "2"] }]
      const start = { ...records[0]!, done: [two], open, rows: 2, ...written[0] }
      assert.strictEqual(stateIn(withRecords([start]))?.rows, 2)
    }
  })

  it("the first record of a run that goes on has no number before the place where it starts", () => {
    const starts = [{ ...startOf(one), window: 1, pageToken: "1" }, startOf(two)]
    const stateAt = (place: Partial<Cursor.Position>) =>
      stateIn(withRecords([{ ...records[0]!, open: [{ cursor: at(one, place), seen: [] }] }]), {
        ...task,
        starts,
      })
    assert.isDefined(stateAt({ window: 1, pageToken: "2" }))
    for (const place of [{}, { pageToken: "2" }, { window: 1 }]) assert.isUndefined(stateAt(place))
  })

  it("the file itself is read whole", () => {
    assert.strictEqual(isTrueUpTo(file), records.length - 1)
    assert.deepStrictEqual(recordsIn(file), records)
  })

  /** Refused, or what the file held up to one of its records: a run goes on from there, and reads the rest again. */
  const assertHarmless = (bytes: Uint8Array, what: string) =>
    assert.notStrictEqual(isTrueUpTo(bytes), -1, what)

  it("cut short anywhere, it is what came before, or refused where not even the first line is whole", () => {
    const first = file.indexOf(10)
    const ends = Array.from(file.keys())
      .slice(1)
      .map((length) => {
        assertHarmless(file.subarray(0, length), `${length} bytes`)
        return isTrueUpTo(file.subarray(0, length))
      })
    assert.strictEqual(ends.filter((end) => end === "refused").length, first - 1)
  })

  it("empty, or with a first record that is wrong, it is refused, whatever follows", () => {
    assert.strictEqual(isTrueUpTo(new Uint8Array()), "refused")
    assert.strictEqual(wrongLineIn([{ ...records[0], plan: undefined }, ...records]), 1)
  })

  it("with a last line that was not written whole, although it has its end, it is what came before", () => {
    const changed = Uint8Array.from(file)
    changed[file.length - 20]! ^= 1
    assert.strictEqual(isTrueUpTo(changed), records.length - 2)
  })

  it("with any byte changed it is refused, or what came before that", () => {
    const lastLine = file.lastIndexOf(10, file.length - 2) + 1
    const taken = Array.from(file.keys()).filter((index) =>
      [1, 0x20, 0x80, 0xff].some((change) => {
        const changed = Uint8Array.from(file)
        changed[index] = changed[index]! ^ change
        assertHarmless(changed, `byte ${index}`)
        return isTrueUpTo(changed) !== "refused"
      }),
    )
    // Those of the last line, which may be half written, and of the end of the one before it.
    assert.isTrue(taken.every((index) => index >= lastLine - 1))
  })

  it("with a line removed, doubled or moved, or with more behind it, it is refused, or what came before that", () => {
    const lines = records.map((_, index) => {
      const before = withRecords(records.slice(0, index)).length
      return file.subarray(before, withRecords(records.slice(0, index + 1)).length)
    })
    const orders = lines.flatMap((line, index) =>
      lines.flatMap((_, other) => [
        lines.toSpliced(index, 1),
        lines.toSpliced(other, 0, line),
        lines.toSpliced(index, 1).toSpliced(other, 0, line),
      ]),
    )
    for (const order of orders) assertHarmless(Buffer.concat(order), "lines")
    for (const more of ["\n", "\r\n", " ", "{}\n", `{"step":"requests"} 00000000\n\n`]) {
      assertHarmless(Buffer.concat([file, Buffer.from(more)]), JSON.stringify(more))
    }
    const text = new TextDecoder().decode(file)
    for (const changed of [text.replaceAll("\n", "\r\n"), `\uFEFF${text}`, text.toUpperCase(), `\n${text}`]) {
      assert.strictEqual(isTrueUpTo(new TextEncoder().encode(changed)), "refused")
    }
  })

  // With checksums that are right: what contradicts what came before, or the task, or itself. The line that is told is its
  // own, unless it is what a later one contradicts.
  const changes: ReadonlyArray<readonly [record: number, change: Record_, told?: number]> = [
    [0, { rows: 1 }],
    [0, { bytes: 7 }, 3],
    [0, { crc: 7 }],
    [0, { rows: 2 ** 53 }],
    [0, { rows: -1 }],
    [0, { rows: 0.5 }],
    [0, { rows: "0" }],
    [0, { done: [one] }, 3],
    [0, { done: ["999999999"] }],
    [0, { open: [{ cursor: at(one, {}), seen: [] }] }],
    [0, { open: [{ cursor: at(one, { pageToken: "2" }), seen: ["9", "9"] }] }],
    [0, { open: [{ cursor: at(one, { pageToken: "2" }), seen: [9] }] }],
    [0, { unreachable: [{ meetingNo: one, from: -1, to: 2 }] }],
    [0, { range: { ...range, start: -1 } }],
    [0, { range: undefined }],
    [0, { plan: undefined }],
    [0, { requests: undefined }],
    [0, { requests: { ...requests, onTheirWay: 1e9 } }],
    [0, { requests: { ...requests, answered: [-1] } }],
    [1, { step: "whole" }],
    [1, { step: "moved" }],
    [2, { bytes: 7 }, 4],
    [2, { bytes: 0 }],
    [2, { bytes: 1 }],
    [2, { rows: 2 ** 53 }],
    [2, { rows: 3 }],
    [2, { rows: 1 }],
    [2, { ids: [] }],
    [2, { ids: ["1", "1"] }],
    [2, { ids: [1, 2] }],
    [2, { ids: ["1", ""] }],
    [2, { meetingNo: "999999999" }],
    [2, { meetingNo: two }],
    [2, { cursor: at(one, { pageToken: "2", pageSize: 20 }) }],
    [2, { cursor: at(one, { pageToken: "2", end: range.end + 1 }) }],
    [2, { cursor: at(one, { pageToken: "2", baseUrl: "https://open.larksuite.com" }) }],
    [2, { cursor: at(one, {}) }],
    [2, { cursor: at(one, { window: 1, pageToken: "2" }) }],
    [2, { cursor: "feishu-meetings.2.e30.00000000" }],
    [2, { cursor: undefined }],
    [2, { last: true }],
    [2, { unreachable: { from: -1, to: 2 } }],
    [3, { ids: ["3", "4"] }],
    [4, { last: undefined }],
    [4, { ids: ["1", "5", "6"] }],
    [4, { bytes: 1 }],
    [4, { step: "whole", ended: "complete" }],
    [4, { step: "whole", ended: "limited" }],
    [4, { step: "cut page" }],
  ]
  for (const [index, change, told = index + 1] of changes) {
    it(`record ${index} with ${JSON.stringify(change).slice(0, 80)} is refused, although its checksum is right`, () => {
      assert.strictEqual(wrongLineIn(records.with(index, { ...records[index], ...change })), told)
    })
  }

  it("a first line of another version is known as that", () => {
    const versions: ReadonlyArray<readonly [string, string | undefined]> = [
      [`{"feishu-meetings-checkpoint":1,"plan":{}}\n`, "1"],
      [`{"feishu-meetings-checkpoint":1`, "1"],
      [`{ "feishu-meetings-checkpoint" : 17 , "x`, "17"],
      ["rows of a user\n", undefined],
      [`{"rows":1}`, undefined],
    ]
    for (const [text, version] of versions) {
      assert.strictEqual(Recorded.versionIn(new TextEncoder().encode(text)), version, text)
    }
  })
})

describe("how a run ends", () => {
  const step = (name: string, more: Record_ = {}): Record_ => ({ step: name, requests, ...more })
  const twoEnds = step("page", { meetingNo: two, last: true, ids: ["7"], rows: 7, ...written[3] })
  const all = [...records, twoEnds]
  const endOf = (more: ReadonlyArray<Record_>, asked = task) => stateIn(withRecords(more), asked)

  it("complete when every number is read, with the workbook that was made of it", () => {
    const workbook = { bytes: 9, crc: 1 }
    const whole = step("whole", { ended: "complete", ...written[3], workbook })
    const state = Recorded.stateAfter(Result.getOrThrow(Recorded.read(withRecords([...all, whole]))), task)
    assert(Result.isSuccess(state))
    assert.deepInclude(state.success, { ended: "complete", workbook, rows: 7, meetings: 7 })
    assert.sameMembers([...state.success.done], [one, two])
    assert.strictEqual(state.success.open.size, 0)
    // Not limited, and nothing follows.
    assert.isUndefined(endOf([...all, step("whole", { ended: "limited", ...written[3] })]))
    for (const more of [step("requests"), whole, twoEnds]) assert.isUndefined(endOf([...all, whole, more]))
    assert.isUndefined(endOf([...records, step("whole", { ended: "complete", ...written[2] })]))
  })

  it("limited once as many meetings as allowed are there, after a page that was cut, or at its end", () => {
    const limited = { ...task, maxItems: 6 }
    const whole = step("whole", { ended: "limited", ...written[2] })
    assert.strictEqual(endOf([...records, whole], limited)?.ended, "limited")
    assert.isUndefined(endOf([...records, step("whole", { ended: "complete", ...written[2] })], limited))
    assert.isUndefined(endOf([...records, whole], { ...task, maxItems: 7 }))
    // More than allowed.
    assert.isUndefined(endOf(records, { ...task, maxItems: 5 }))
    const cut = step("cut page", { rows: 6, ...written[2] })
    const before = records.slice(0, -1)
    assert.strictEqual(endOf([...before, cut, whole], limited)?.ended, "limited")
    assert.isUndefined(endOf([...before, cut], { ...task, maxItems: 7 }))
    // It is read again from its start, so no page follows.
    assert.isUndefined(endOf([...before, cut, step("page", { ...records[4], ids: [] })], limited))
  })

  it("an output that has not grown has not changed; bytes may grow without a row", () => {
    const empty = (more: Record_) =>
      step("page", { meetingNo: two, last: true, ids: [], rows: 6, ...written[2], ...more })
    assert.isDefined(endOf([...records, empty({})]))
    assert.isUndefined(endOf([...records, empty({ crc: 7 })]))
    assert.isDefined(endOf([...records, empty({ bytes: written[2]!.bytes + 1, crc: 7 })]))
    assert.isUndefined(endOf([...records, empty({ rows: 7, bytes: written[2]!.bytes + 9, crc: 7 })]))
  })

  it("an id may come again once its window and the next are over", () => {
    const page = (window: number, id: string, rows: number) =>
      step("page", {
        meetingNo: two,
        cursor: at(two, { window, pageToken: undefined, end: range.end * 2 }),
        ids: [id],
        rows,
        bytes: rows,
        crc: rows,
      })
    const far = { ...task, starts: [startOf(one), { ...startOf(two), end: range.end * 2 }] }
    const begin = records[0]!
    assert.isUndefined(endOf([begin, page(1, "1", 1), page(2, "1", 2)], far))
    assert.isDefined(endOf([begin, page(1, "1", 1), page(2, "2", 2), page(3, "1", 3)], far))
  })

  it("pages are known from the first record, or from a step", () => {
    const has = (...more: ReadonlyArray<Record_>) =>
      Recorded.hasPages(Result.getOrThrow(Recorded.read(withRecords(more))))
    const start = records[0]!
    assert.isFalse(has(start))
    assert.isFalse(has(start, step("requests")))
    assert.isTrue(has(start, step("requests"), records[2]!))
    assert.isTrue(has({ ...start, done: [one] }))
    assert.isTrue(has({ ...start, open: [{ cursor: at(one, { window: 1 }), seen: [] }] }))
  })

  it("a record says no more of the output than it has to", () => {
    const answers = { details: { ok: 1 } }
    assert.deepStrictEqual(Recorded.inOutput({ rows: 2, meetings: 2, answers: {} }), { rows: 2 })
    assert.deepStrictEqual(Recorded.inOutput({ rows: 2, meetings: 1, answers }), {
      rows: 2,
      meetings: 1,
      answers,
    })
  })
})

describe("what the run that goes on is told", () => {
  const lost = { from: range.start, to: range.start + 60 }

  it("which numbers are done, where the others go on, which rows may come again, and what could not be reached", () => {
    const { begins, ended, ...left } = stateIn(file)!
    assert.isUndefined(ended)
    assert.deepStrictEqual(left, {
      ...written[2]!,
      rows: 6,
      done: [one],
      open: [{ cursor: at(two, { window: 1 }), seen: ["3"] }],
      unreachable: [{ meetingNo: one, ...lost }],
    })
    // The next run has it as its first record, and leaves the same to the one after it.
    const again = stateIn(withRecords([{ ...begins, ...left }]))!
    assert.deepStrictEqual({ ...again, begins }, { ...left, ended, begins })
    assert.strictEqual(wrongLineIn([{ ...begins, ...left }, records[4]!]), 2)
  })

  it("nothing of times that could not be reached where there are none", () => {
    assert.doesNotHaveAnyKeys(stateIn(withRecords(records.slice(0, 2)))!, ["unreachable"])
  })

  it("which line is the first that contradicts", () => {
    const wrong = { ...records[2], meetingNo: "999999999" }
    for (const index of [1, 2, 3, 4]) {
      // Lines are counted from 1, and those after it are not looked at.
      const line = index + 1
      assert.strictEqual(
        wrongLineIn([...records.slice(0, index), wrong, wrong, ...records.slice(index)]),
        line,
      )
    }
    assert.strictEqual(wrongLineIn([{ ...records[0], done: ["999999999"] }, wrong]), 1)
  })

  it("each number goes on after its last page: none leads back, or over a window", () => {
    const far = { ...task, starts: task.starts.map((start) => ({ ...start, end: range.end * 2 })) }
    const page = (id: number, place: Partial<Cursor.Position>): Record_ => ({
      step: "page",
      meetingNo: one,
      ids: [`${id}`],
      rows: id,
      bytes: id,
      crc: id,
      requests,
      cursor: at(one, { end: range.end * 2, ...place }),
    })
    const before = [records[0]!, page(1, { window: 1 }), page(2, { window: 1, pageToken: "2" })]
    const after = { window: 1, pageToken: "3" }
    assert.deepInclude(stateIn(withRecords([...before, page(3, after)]), far), {
      open: [{ cursor: at(one, { end: range.end * 2, ...after }), seen: ["1", "2", "3"] }],
    })
    assert.isDefined(stateIn(withRecords([...before, page(3, { window: 2 })]), far))
    for (const place of [{}, { pageToken: "3" }, { window: 1 }, { window: 2, pageToken: "3" }]) {
      assert.strictEqual(wrongLineIn([...before, page(3, place)], far), 4, JSON.stringify(place))
    }
  })

  it("a number is done, or has one place where it goes on: not both, and not two", () => {
    const [first, second] = [at(one, { pageToken: "2" }), at(one, { window: 1 })]
    const startWith = (done: ReadonlyArray<MeetingNo>, ...cursors: ReadonlyArray<Cursor.Cursor>) =>
      stateIn(withRecords([{ ...records[0], done, open: cursors.map((cursor) => ({ cursor, seen: [] })) }]))
    assert.isDefined(startWith([one]))
    assert.isDefined(startWith([two], first))
    assert.isUndefined(startWith([one], first))
    assert.isUndefined(startWith([one, one]))
    assert.isUndefined(startWith([], first, second))
  })

  it("no place where a number goes on is of another number, read or version", () => {
    const startAt = (cursor: string) =>
      stateIn(withRecords([{ ...records[0], open: [{ cursor, seen: [] }] }]))
    assert.isDefined(startAt(at(one, { pageToken: "2" })))
    assert.isUndefined(startAt(at(MeetingNo.make("999999999"), { pageToken: "2" })))
    assert.isUndefined(startAt(at(one, { pageToken: "2", pageSize: 20 })))
    assert.isUndefined(startAt("feishu-meetings.2.e30.00000000"))
  })

  it("a place goes on in the range of its start, whenever that was asked for and wherever its window begins", () => {
    const startAt = (place: Partial<Cursor.Position>) =>
      stateIn(
        withRecords([{ ...records[0], open: [{ cursor: at(one, { window: 1, ...place }), seen: [] }] }]),
      )
    assert.isDefined(startAt({ asked: range.asked + 1, windowStart: range.start + 60 }))
    for (const other of [{ tenant: "t1" }, { account: "ou_1" }, { order: "newest" }] as const) {
      assert.isUndefined(startAt(other), JSON.stringify(other))
    }
  })

  it("every number has a range that can be read, and a run over cursors has no other", () => {
    for (const wrong of [{ end: range.start }, { end: range.start - 1 }, { pageSize: 51 }, { start: 0.5 }]) {
      const starts = [startOf(one), { ...startOf(two), ...wrong }]
      assert.strictEqual(wrongLineIn(records, { ...task, starts }), 1, JSON.stringify(wrong))
    }
    const { range: _, ...withoutRange } = records[0]!
    const ofCursors = { ...task, hasRange: false }
    assert.isDefined(stateIn(withRecords([withoutRange]), ofCursors))
    assert.strictEqual(wrongLineIn(records, ofCursors), 1)
  })

  it("the ids of a number are forgotten once it is done", () => {
    const state = Result.getOrThrow(Recorded.stateAfter(Result.getOrThrow(Recorded.read(file)), task))
    assert.deepStrictEqual([state.seen.of(one), state.seen.of(two)], [[], ["3"]])
  })
})

describe("with a row for each participant", () => {
  const ofSheet: Recorded.Task = {
    ...task,
    parts: { details: false, participants: true, recordings: true },
  }
  const sheet: ReadonlyArray<Record_> = [
    { ...records[0]!, answers: { details: {}, recordings: {} } },
    {
      ...records[2]!,
      // A meeting without participants has a row, too.
      meetings: 2,
      rows: 4,
      answers: { details: { ok: 1, "no permission": 1 }, recordings: { "not recorded": 2 } },
    },
    {
      ...records[3]!,
      meetings: 3,
      rows: 5,
      answers: { details: { ok: 2, "no permission": 1 }, recordings: { "not recorded": 2, ok: 1 } },
    },
    {
      ...records[4]!,
      meetings: 6,
      rows: 9,
      answers: { details: { ok: 5, "no permission": 1 }, recordings: { "not recorded": 2, ok: 4 } },
    },
  ]

  it("a run that resumes knows meetings, rows, and how all of them were answered", () => {
    const state = stateIn(withRecords(sheet), ofSheet)
    assert.deepInclude(state, {
      meetings: 6,
      rows: 9,
      answers: { details: { ok: 5, "no permission": 1 }, recordings: { "not recorded": 2, ok: 4 } },
    })
    const { begins, ended, ...start } = state!
    const again = stateIn(withRecords([{ ...begins, ...start }, sheet[3]!].slice(0, 1)), ofSheet)
    assert.deepStrictEqual({ ...again, begins, ended }, state)
  })

  it("one that was made without them, or with others, is not resumed", () => {
    assert.isUndefined(stateIn(withRecords(sheet), task))
    assert.isUndefined(
      stateIn(withRecords(sheet), { ...ofSheet, parts: { ...ofSheet.parts, recordings: false } }),
    )
    assert.isUndefined(stateIn(file, ofSheet))
  })

  const changes: ReadonlyArray<readonly [record: number, change: Record_]> = [
    [0, { answers: undefined }],
    [0, { answers: { details: { ok: 1 }, recordings: {} } }],
    [0, { meetings: 1 }],
    [1, { meetings: undefined }],
    [1, { meetings: 3 }],
    [1, { meetings: 1 }],
    [1, { rows: 1 }],
    [1, { rows: 5 }],
    [1, { answers: undefined }],
    [1, { answers: { details: { ok: 2 } } }],
    [1, { answers: { details: { ok: 1 }, recordings: { "not recorded": 2 } } }],
    [1, { answers: { details: { ok: -1, refused: 3 }, recordings: { ok: 2 } } }],
    // Rows of no meeting.
    [2, { ids: [], meetings: 2, answers: sheet[1]!["answers"] }],
    [2, { answers: { details: { ok: 3 }, recordings: { "not recorded": 2, ok: 1 } } }],
  ]
  for (const [index, change] of changes) {
    it(`record ${index} with ${JSON.stringify(change).slice(0, 90)} is refused, although its checksum is right`, () => {
      assert.strictEqual(wrongLineIn(sheet.with(index, { ...sheet[index], ...change }), ofSheet), index + 1)
    })
  }
})
