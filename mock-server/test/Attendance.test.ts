import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as PublicTypes from "../src/protocol/PublicTypes.ts"
import * as Attendance from "../src/seed/Attendance.ts"
import * as MeetingNow from "../src/state/MeetingNow.ts"
import * as Workspace from "../src/state/Workspace.ts"
import { now } from "./fixture.ts"

const order = { meeting_no: "337736498", count: 200 }

const workspace = (generate: Partial<PublicTypes.Generate> = {}, randomSeed = "1") =>
  Workspace.make({ seed: { generate: [{ ...order, ...generate }] }, randomSeed, now })

/** What is known of every meeting now. */
const everything = (generate?: Partial<PublicTypes.Generate>, randomSeed?: string) =>
  Effect.map(workspace(generate, randomSeed), ({ state: { store } }) =>
    store.meetings().map((meeting) => MeetingNow.at(store, meeting, now, 300)!),
  )

const sum = (numbers: ReadonlyArray<number>) => numbers.reduce((sum, number) => sum + number, 0)

describe("the attendance of generated meetings", () => {
  it.effect("leaves what is listed of them as it was before there was any", () =>
    Effect.gen(function* () {
      const { state } = yield* Workspace.make({
        generate: { numbers: 3, meetings: 200 },
        randomSeed: "7",
        days: 89,
        now,
      })
      assert.strictEqual(
        createHash("sha256").update(JSON.stringify(state.store.meetings())).digest("hex"),
        "3b768dc22fc28acb76fd49092f41f00a177d9f652f377349fc4f2257cf13278d",
      )
    }),
  )

  it.effect("follows from the random seed and the id of the meeting alone", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* everything(), yield* everything())
      assert.notDeepEqual(yield* everything(), yield* everything({}, "2"))
      const given = {
        id: "7011030664708603907",
        meeting_no: "337736498",
        topic: "x",
        start_time: now,
        generate: { random_seed: "1" },
      }
      assert.strictEqual(
        createHash("sha256")
          .update(JSON.stringify(Attendance.of(given)))
          .digest("hex"),
        "e7598907276231a6be793a24f7e2e550c63f0f1d46d5c98381e70446946ef7ea",
      )
    }),
  )

  it.effect(
    "has people who recur, hosts, guests, rooms, telephones, SIP devices, and those who did not come",
    () =>
      Effect.gen(function* () {
        const meetings = yield* everything()
        const rows = meetings.flatMap(({ participants }) => participants)
        const share = (is: (row: PublicTypes.ParticipantNow) => boolean) =>
          rows.filter(is).length / rows.length
        const times = new Map<string, number>()
        for (const { open_id } of rows) times.set(open_id, (times.get(open_id) ?? 0) + 1)
        assert.isAbove([...times.values()].filter((count) => count > 100).length, 3)
        assert.isBelow(times.size, rows.length / 5)
        for (const { host_user: host, participants } of meetings) {
          assert.deepStrictEqual(
            participants.filter(({ is_host }) => is_host).map(({ open_id }) => open_id),
            [host?.open_id],
          )
          assert.strictEqual(new Set(participants.map(({ open_id }) => open_id)).size, participants.length)
        }
        assert.isAbove(
          share(({ user_type: type }) => type === 1),
          0.6,
        )
        for (const type of [2, 6, 7])
          assert.isAbove(
            share(({ user_type }) => user_type === type),
            0.005,
            `${type}`,
          )
        assert.isAbove(
          share(({ is_external }) => is_external),
          0.02,
        )
        assert.isAbove(
          share(({ is_cohost }) => is_cohost),
          0.01,
        )
        assert.isAbove(
          share(({ stays }) => stays.length === 0),
          0.01,
        )
        assert.isAbove(
          share(({ stays }) => stays.length === 2),
          0.05,
        )
        for (const row of rows) {
          assert.strictEqual(row.user_id === undefined, row.open_id.startsWith("omm_"))
          assert.match(row.open_id, /^(?:ou|omm)_[0-9a-f]{32}$/)
        }
      }),
  )

  it.effect("lies within the meeting, and adds up", () =>
    Effect.gen(function* () {
      for (const meeting of yield* everything()) {
        const { end_time: end = 0, participants, start_time: start } = meeting
        const stays = participants.flatMap(({ stays }) => stays)
        assert.strictEqual(meeting.participant_count_accumulated, stays.length)
        assert.isAtMost(meeting.participant_count, stays.length)
        assert.isAtLeast(meeting.participant_count, Math.min(1, participants.length))
        for (const row of participants) {
          let before = start
          for (const { join_time, leave_time = 0 } of row.stays) {
            assert.isAtLeast(join_time, before)
            assert.isAtLeast(leave_time, join_time)
            before = leave_time
          }
          assert.isAtMost(before, end)
          assert.strictEqual(row.first_join_time, row.stays[0]?.join_time)
          assert.strictEqual(row.final_leave_time, row.stays.at(-1)?.leave_time)
          assert.strictEqual(
            row.in_meeting_duration,
            sum(row.stays.map(({ join_time, leave_time = 0 }) => leave_time - join_time)),
          )
        }
      }
    }),
  )

  it.effect("has recordings and documents of some meetings, and people of every one", () =>
    Effect.gen(function* () {
      const meetings = yield* everything()
      const recorded = meetings.flatMap(({ recording }) => (recording.state === "ready" ? [recording] : []))
      assert.isAbove(recorded.length, 30)
      assert.isBelow(recorded.length, 100)
      for (const { url } of recorded) {
        assert.match(url, /^https:\/\/meetings\.feishu\.cn\/minutes\/obcn[a-z0-9]{20}$/)
      }
      assert.strictEqual(new Set(recorded.map(({ url }) => url)).size, recorded.length)
      assert.deepStrictEqual(
        meetings.map(({ ability }) => ability.use_recording),
        meetings.map(({ recording }) => recording.state === "ready"),
      )
      const noted = meetings.filter(({ related_artifacts: documents }) => documents.note_doc_token !== "")
      assert.isAbove(noted.length, 10)
      assert.isTrue(meetings.every(({ participants }) => participants.length > 0))
    }),
  )

  it.effect("is of as many people as its order says", () =>
    Effect.gen(function* () {
      for (const participants of [0, 1, 10_000]) {
        const meetings = yield* everything({ count: 2, participants })
        for (const { host_user: host, participants: rows } of meetings) {
          assert.strictEqual(rows.length, participants)
          assert.strictEqual(host === undefined, participants === 0)
        }
      }
    }),
  )
})
