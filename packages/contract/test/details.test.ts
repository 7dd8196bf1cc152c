import { assert, describe, it } from "@effect/vitest"
import { GetMeeting, GetRecording } from "@effect-feishu/contract"
import * as MeetingId from "@effect-feishu/contract/MeetingId"
import { Redacted, Result, Schema } from "effect"
import { inspect } from "node:util"

const decode = Schema.decodeUnknownSync(GetMeeting.Data)
const decodeRecording = Schema.decodeUnknownSync(GetRecording.Data)

// In the documented shape, with made-up values.
const data = {
  meeting: {
    id: "7672989999303099091",
    topic: "weekly sync",
    url: "https://vc.feishu.cn/j/146453285",
    meeting_no: "146453285",
    password: "204816",
    create_time: "1786507140",
    start_time: "1786507200",
    end_time: "1786510860",
    host_user: { id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809", user_type: 1 },
    meeting_connect: false,
    status: 3,
    participant_count: "3",
    participant_count_accumulated: "4",
    participants: [
      {
        id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809",
        first_join_time: "1786507200",
        final_leave_time: "1786510860",
        in_meeting_duration: "3660",
        user_type: 1,
        is_host: true,
        is_cohost: false,
        is_external: false,
        status: 4,
      },
      { id: "omm_0123456789abcdef0123456789abcdef", user_type: 2, final_leave_time: "0", device: "room" },
    ],
    ability: { use_video: true, use_recording: true },
    note_id: "7672989999303107713",
    security: "high",
  },
}

describe("the details of a meeting", () => {
  it("decode times to unix seconds, leave 64-bit integers text, and name the unit of durations", () => {
    const meeting = decode(data).meeting!
    const [host, room] = meeting.participants!
    assert.strictEqual(meeting.id, "7672989999303099091")
    assert.strictEqual(meeting.note_id, "7672989999303107713")
    assert.deepStrictEqual(
      [meeting.create_time, meeting.start_time, meeting.end_time],
      [1_786_507_140, 1_786_507_200, 1_786_510_860],
    )
    assert.strictEqual(meeting.durationSeconds, 3660)
    assert.strictEqual(meeting.isRunning, false)
    assert.deepStrictEqual([meeting.participant_count, meeting.participant_count_accumulated], ["3", "4"])
    assert.deepStrictEqual(meeting.host_user, { id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809", user_type: 1 })
    assert.deepStrictEqual([host!.inMeetingSeconds, host!.is_host, host!.status], [3660, true, 4])
    assert.deepStrictEqual(
      [room!.final_leave_time, room!.inMeetingSeconds, room!.is_host],
      [undefined, undefined, undefined],
    )
    assert.strictEqual(Redacted.value(meeting.password!), "204816")
  })

  it("are plain records for tables, with null for what is not there and without the password", () => {
    const meeting = decode(data).meeting!
    const { ability: _, host_user, participants, password: __, security: ___, ...same } = data.meeting
    const record = GetMeeting.Meeting.toRecord(meeting)
    assert.deepStrictEqual<unknown>(record, {
      ...same,
      create_time: 1_786_507_140,
      start_time: 1_786_507_200,
      end_time: 1_786_510_860,
      duration_seconds: 3_660,
      host_id: host_user.id,
      host_user_type: 1,
    })
    assert.notInclude(inspect(record, { showHidden: true }), "204816")
    assert.deepStrictEqual(meeting.participants!.map((one) => GetMeeting.Participant.toRecord(one))[1], {
      id: participants[1]!.id,
      user_type: 2,
      first_join_time: null,
      final_leave_time: null,
      in_meeting_seconds: null,
      is_host: null,
      is_cohost: null,
      is_external: null,
      status: null,
    })
    const bare = GetMeeting.Meeting.toRecord(new GetMeeting.Meeting({}))
    assert.sameMembers(Object.keys(bare), Object.keys(GetMeeting.MeetingRecord.fields))
    assert.deepStrictEqual([...new Set(Object.values(bare))], [null])
    const recording = new GetRecording.Recording({
      url: "https://x.feishu.cn/minutes/obcn4k7m",
      duration: "30500",
    })
    assert.deepStrictEqual(GetRecording.Recording.toRecord(recording), {
      url: "https://x.feishu.cn/minutes/obcn4k7m",
      minute_token: "obcn4k7m",
      duration_seconds: 30.5,
    })
    assert.deepStrictEqual(Object.values(GetRecording.Recording.toRecord(new GetRecording.Recording({}))), [
      null,
      null,
      null,
    ])
  })

  it("keep what this version does not know, and encode to what they were", () => {
    const decoded = decode(data)
    assert.deepStrictEqual(decoded.meeting!.unknownFields, { security: "high" })
    assert.deepStrictEqual(decoded.meeting!.participants![1]!.unknownFields, { device: "room" })
    assert.deepStrictEqual(Schema.encodeSync(GetMeeting.Data)(decoded), data)
  })

  it("do not show the password, however they are printed", () => {
    const decoded = decode(data)
    for (const text of [
      String(decoded),
      JSON.stringify(decoded),
      inspect(decoded, { depth: 9, showHidden: true }),
    ]) {
      assert.notInclude(text, "204816")
    }
  })

  it("M7 say that a meeting runs when it has no end, 0, or one that is not after its start; a status of 3 says that it has ended", () => {
    const times = (end_time: unknown, status?: number) =>
      decode({ meeting: { start_time: "1786507200", end_time, ...(status === undefined ? {} : { status }) } })
        .meeting!
    for (const end of [null, "0", 0, "", "1786507200", "1786507100"]) {
      assert.deepStrictEqual(
        [times(end).end_time, times(end, 2).isRunning, times(end).isRunning],
        [undefined, true, true],
      )
      assert.isUndefined(times(end).durationSeconds)
      assert.isFalse(times(end, 3).isRunning)
    }
    assert.isFalse(times("1786507201", 2).isRunning)
  })

  it("M7 may lack any field, and have null in its place", () => {
    const whole: Record<string, unknown> = data.meeting
    for (const name of Object.keys(whole)) {
      const { [name]: _, ...without } = whole
      assert.isUndefined((decode({ meeting: without }).meeting as unknown as Record<string, unknown>)[name])
      assert.isUndefined(
        (decode({ meeting: { ...whole, [name]: null } }).meeting as unknown as Record<string, unknown>)[name],
      )
    }
    for (const nothing of [
      {},
      { meeting: null },
      { meeting: {} },
      { related_artifacts: { note_doc_token: "" } },
    ])
      decode(nothing)
    assert.isUndefined(decode({ meeting: { participants: null } }).meeting!.participants)
  })
})

describe("the query of details", () => {
  const query = Schema.decodeUnknownResult(GetMeeting.Query)

  it("reads booleans as Go does, and writes true and false", () => {
    for (const [text, flag] of [
      ["True", true],
      ["1", true],
      ["false", false],
      ["F", false],
    ] as const) {
      assert.deepStrictEqual(Result.getOrThrow(query({ with_participants: text })), {
        with_participants: flag,
      })
    }
    assert.deepStrictEqual(
      Schema.encodeSync(GetMeeting.Query)({ with_participants: true, query_mode: "1" }),
      {
        with_participants: "true",
        query_mode: "1",
      },
    )
  })

  it.for([
    { with_participants: "yes" },
    { with_meeting_ability: "" },
    { user_id_type: "email" },
    { query_mode: "2" },
  ])("refuses %o", (wrong) => {
    assert.isTrue(Result.isFailure(query(wrong)))
  })
})

describe("a recording", () => {
  it("names the unit of its duration, and keeps what this version does not know", () => {
    const wire = {
      recording: {
        url: "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x",
        duration: "3541000",
        kind: 1,
      },
    }
    const decoded = decodeRecording(wire)
    assert.strictEqual(decoded.recording!.durationMillis, 3_541_000)
    assert.deepStrictEqual(decoded.recording!.unknownFields, { kind: 1 })
    assert.deepStrictEqual(Schema.encodeSync(GetRecording.Data)(decoded), wire)
  })

  it("may not be there", () => {
    assert.isUndefined(decodeRecording({}).recording)
    assert.isNull(decodeRecording({ recording: null }).recording)
    assert.isUndefined(decodeRecording({ recording: {} }).recording!.minuteToken)
  })

  it.for([
    ["https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x", "obcn4k7m2p9q1r5s8t3v6w0x"],
    ["https://www.larksuite.com/minutes/obcn4k7m2p9q1r5s8t3v6w0x/", "obcn4k7m2p9q1r5s8t3v6w0x"],
    ["https://tenant.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x?from=im#t=3", "obcn4k7m2p9q1r5s8t3v6w0x"],
    ["https://tenant.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x/media", "obcn4k7m2p9q1r5s8t3v6w0x"],
    ["https://tenant.feishu.cn/a/minutes/short", "short"],
    ["https://tenant.feishu.cn/minutes/", undefined],
    ["https://tenant.feishu.cn/minutes", undefined],
    ["https://tenant.feishu.cn/docs/obcn4k7m2p9q1r5s8t3v6w0x", undefined],
    ["not a URL", undefined],
    ["", undefined],
  ] as const)("at %s has the minute token %s", ([url, token]) => {
    assert.strictEqual(decodeRecording({ recording: { url } }).recording!.minuteToken, token)
  })
})

describe("an id that is requested", () => {
  it.for([
    ["7011030664708603907", undefined],
    ["1", undefined],
    ["9223372036854775807", undefined],
    ["9223372036854775808", "out of range"],
    ["99999999999999999999999", "out of range"],
    ["0", "out of range"],
    ["000", "out of range"],
    ["337736498", undefined],
    ["", "not digits"],
    ["-1", "not digits"],
    ["1.5", "not digits"],
    ["1e3", "not digits"],
    [" 1", "not digits"],
    ["１", "not digits"],
    ["abc", "not digits"],
    ["list_by_no?x=1", "not digits"],
    ["../meetings/9/recording", "not digits"],
  ] as const)("%o is %s", ([text, problem]) => {
    assert.strictEqual(MeetingId.problemOf(text), problem)
    assert.strictEqual(
      Result.isSuccess(Schema.decodeUnknownResult(MeetingId.Requestable)(text)),
      problem === undefined,
    )
  })
})
