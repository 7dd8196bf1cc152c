import { assert, describe, it } from "@effect/vitest"
import * as MeetingNow from "../src/state/MeetingNow.ts"
import * as Store from "../src/state/Store.ts"
import { now, seed } from "./fixture.ts"

const start = now - 3_600
const end = now - 600

/** Puts one meeting and returns what is known of it at a time in unix seconds. */
const meetingWith = (
  given: Partial<Store.GivenMeeting>,
  times: { readonly end_time?: number } = { end_time: end },
) => {
  const store = Store.make([seed.apps[0]])
  const whole = {
    id: "7011030664708603907",
    meeting_no: "337736498",
    topic: "x",
    start_time: start,
    ...times,
    ...given,
  }
  assert.isTrue(store.putMeeting(whole))
  const meeting = store.meeting(whole.id)!
  return {
    store,
    meeting,
    at: (seconds: number, makingSeconds = 300) => MeetingNow.at(store, meeting, seconds, makingSeconds),
  }
}

describe("a meeting at one moment", () => {
  it("is not there before its start, runs until its end, and has then ended", () => {
    const { at } = meetingWith({})
    assert.isUndefined(at(start - 1))
    assert.strictEqual(at(start)?.status, 2)
    assert.isUndefined(at(end - 1)?.end_time)
    assert.strictEqual(at(end)?.status, 3)
    assert.strictEqual(at(end)?.end_time, end)
  })

  it("has a recording that is made after its end, for as long as requested", () => {
    const { at } = meetingWith({ recording: { url: "https://meetings.feishu.cn/minutes/obcn" } })
    assert.deepStrictEqual(at(end - 1)?.recording, { state: "running" })
    assert.deepStrictEqual(at(end + 59, 60)?.recording, { state: "being made", ready_time: end + 60 })
    assert.deepStrictEqual(at(end + 60, 60)?.recording, {
      state: "ready",
      url: "https://meetings.feishu.cn/minutes/obcn",
      duration: (end - start) * 1_000,
    })
    assert.deepStrictEqual(meetingWith({}).at(end)?.recording, { state: "none" })
  })

  it("may be visible to some tokens alone, and its recording to fewer", () => {
    const { meeting, store } = meetingWith({
      visible_to: ["tenant", "cli_b", "ou_a"],
      recording: { visible_to: ["cli_b"] },
    })
    const sees = (kind: "tenant" | "user", appId: string, user?: string) => [
      MeetingNow.isVisible(store, meeting, { kind, appId, user }),
      MeetingNow.isRecordingVisible(store, meeting, { kind, appId, user }),
    ]
    assert.deepStrictEqual(sees("tenant", "cli_a"), [true, false])
    assert.deepStrictEqual(sees("user", "cli_b"), [true, true])
    assert.deepStrictEqual(sees("user", "cli_a"), [false, false])
    assert.deepStrictEqual(sees("user", "cli_a", "ou_a"), [true, false])
    assert.deepStrictEqual(sees("user", "cli_a", "ou_b"), [false, false])
  })

  it("has those who have joined by then: they come, leave, come back, and are all gone at its end", () => {
    const minute = 60
    const { at } = meetingWith({
      participants: [
        { open_id: "ou_host", is_host: true },
        // Ten minutes of twenty: out from minute 10 to minute 20.
        {
          open_id: "ou_back",
          first_join_time: start + 5 * minute,
          final_leave_time: start + 25 * minute,
          in_meeting_duration: 10 * minute,
        },
        { open_id: "omm_room", user_type: 2, first_join_time: start + 8 * minute },
        { open_id: "ou_rung", status: 3 },
      ],
    })
    const row = (seconds: number, openId: string) => {
      const found = at(seconds)?.participants.find(({ open_id }) => open_id === openId)
      return found && [found.status, found.in_meeting_duration, found.final_leave_time]
    }
    const counts = (seconds: number) => [
      at(seconds)?.participant_count,
      at(seconds)?.participant_count_accumulated,
      at(seconds)?.participants.length,
    ]
    assert.deepStrictEqual(counts(start), [1, 1, 2])
    assert.isUndefined(row(start, "ou_back"))
    assert.deepStrictEqual(row(start + 7 * minute, "ou_back"), [2, 2 * minute, undefined])
    assert.deepStrictEqual(row(start + 15 * minute, "ou_back"), [4, 5 * minute, start + 10 * minute])
    assert.deepStrictEqual(counts(start + 15 * minute), [3, 3, 4])
    assert.deepStrictEqual(row(start + 22 * minute, "ou_back"), [2, 7 * minute, undefined])
    assert.deepStrictEqual(counts(start + 22 * minute), [3, 4, 4])
    assert.deepStrictEqual(row(start + 30 * minute, "ou_back"), [4, 10 * minute, start + 25 * minute])
    assert.deepStrictEqual(row(start + 30 * minute, "ou_rung"), [3, 0, undefined])
    assert.deepStrictEqual(row(end, "ou_rung"), [4, 0, undefined])
    assert.deepStrictEqual(row(end, "ou_host"), [4, end - start, end])
    assert.deepStrictEqual(row(end, "omm_room"), [4, end - start - 8 * minute, end])
    assert.strictEqual(at(end)?.host_user?.open_id, "ou_host")
  })

  it("counts the highest number at one time: who joins as another leaves takes their place", () => {
    const { at } = meetingWith({
      participants: [
        { open_id: "ou_a", final_leave_time: start + 100 },
        { open_id: "ou_b", first_join_time: start + 100, final_leave_time: start + 200 },
        { open_id: "ou_a", first_join_time: start + 150 },
      ],
    })
    assert.strictEqual(at(end)?.participant_count, 2)
    assert.strictEqual(at(end)?.participant_count_accumulated, 3)
    assert.strictEqual(at(end)?.participants.length, 3)
  })

  it("makes up the ids that are not given, the same for a person in every meeting", () => {
    const users = meetingWith({
      participants: [
        { open_id: "ou_a" },
        { open_id: "ou_a", user_id: "mine" },
        { user_id: "b" },
        { open_id: "tel", user_type: 6 },
      ],
    })
      .at(end)!
      .participants.map(({ open_id, union_id, user_id }) => ({ open_id, union_id, user_id }))
    assert.deepStrictEqual({ ...users[1], user_id: "" }, { ...users[0]!, user_id: "" })
    assert.match(users[0]!.union_id, /^on_[0-9a-f]{32}$/)
    assert.match(users[0]!.user_id!, /^[0-9a-f]{8}$/)
    assert.strictEqual(users[1]!.user_id, "mine")
    assert.match(users[2]!.open_id, /^ou_[0-9a-f]{32}$/)
    assert.deepStrictEqual(users[3], { open_id: "tel", union_id: "tel", user_id: undefined })
  })

  it("is calling until it ends, if the seed says so, and has its documents afterwards", () => {
    const { at } = meetingWith({ status: 1, note_doc_token: "doxcn1" })
    assert.strictEqual(at(start)?.status, 1)
    assert.strictEqual(at(end)?.status, 3)
    assert.deepStrictEqual(at(end - 1)?.related_artifacts, { note_doc_token: "", verbatim_doc_token: "" })
    assert.deepStrictEqual(at(end)?.related_artifacts, { note_doc_token: "doxcn1", verbatim_doc_token: "" })
  })

  it("that is generated runs, and has the people who have come by then", () => {
    const { at } = meetingWith({ generate: { participants: 40 } })
    const counts = [0, 60, 600, end - start].map((after) => at(start + after)!.participants.length)
    assert.deepStrictEqual(
      counts.toSorted((a, b) => a - b),
      counts,
    )
    assert.strictEqual(counts.at(-1), 40)
    assert.isBelow(counts[0]!, 40)
    // Without an end it goes on, and some have left.
    const { at: endless } = meetingWith({ generate: { participants: 40 } }, {})
    const later = endless(start + 10 * 86_400)!
    assert.strictEqual(later.status, 2)
    assert.isAbove(later.participants.filter(({ status }) => status === 2).length, 10)
    assert.isAbove(later.participants.filter(({ status }) => status === 4).length, 2)
  })

  it("keeps what is given next to what is generated", () => {
    const generated = meetingWith({ generate: {} }).at(end)!
    const { at } = meetingWith({
      generate: {},
      host_user: { open_id: "ou_x" },
      recording: { url: "u", duration: 5 },
    })
    assert.deepStrictEqual(at(end)?.participants, generated.participants)
    assert.strictEqual(at(end)?.host_user?.open_id, "ou_x")
    assert.deepStrictEqual(at(end + 300)?.recording, { state: "ready", url: "u", duration: 5 })
  })
})
