import { assert, describe, it } from "@effect/vitest"
import * as MeetingNow from "../src/state/MeetingNow.ts"
import * as Store from "../src/state/Store.ts"
import { now, seed } from "./fixture.ts"

const start = now - 3_600
const end = now - 600

/** Puts one meeting and returns what is known of it at a time in unix seconds. */
const meetingWith = (given: Partial<Store.GivenMeeting>, randomSeed?: string) => {
  const store = Store.make([seed.apps[0]], randomSeed)
  const whole = {
    id: "7011030664708603907",
    meeting_no: "337736498",
    topic: "x",
    start_time: start,
    end_time: end,
    ...given,
  }
  assert.isTrue(store.putMeeting(whole))
  const meeting = store.meeting(whole.id)!
  return {
    store,
    meeting,
    at: (seconds: number, makingSeconds?: number) => MeetingNow.at(store, meeting, seconds, makingSeconds),
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
      visible_to: ["tenant", "cli_b"],
      recording: { visible_to: ["cli_b"] },
    })
    const sees = (kind: "tenant" | "user", appId: string) => [
      MeetingNow.isVisible(store, meeting, { kind, appId }),
      MeetingNow.isRecordingVisible(store, meeting, { kind, appId }),
    ]
    assert.deepStrictEqual(sees("tenant", "cli_a"), [true, false])
    assert.deepStrictEqual(sees("user", "cli_b"), [true, true])
    assert.deepStrictEqual(sees("user", "cli_a"), [false, false])
  })
})
