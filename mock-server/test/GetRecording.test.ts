import { assert, describe, it, layer } from "@effect/vitest"
import { GetRecording } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import * as Scopes from "../src/protocol/Scopes.ts"
import type { Seed } from "../src/protocol/PublicTypes.ts"
import { call, tokenOf, userTokenOf } from "./feishu.ts"

const now = 1_786_518_060

const app = (app_id: string, scopes: ReadonlyArray<string>, tenant = "tenant_a") =>
  ({ app_id, app_secret: "secret", type: "self_built", scopes, tenants: [tenant] }) as const

const people = [{ open_id: "ou_host", is_host: true }, { open_id: "ou_guest" }] as const
const recording = {
  url: "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x",
  duration: 3_541_000,
} as const

const meeting = (id: string, minutesAgo: number, rest: object) => ({
  id,
  topic: "weekly sync",
  meeting_no: "146453285",
  start_time: now - minutesAgo * 60 - 3_600,
  end_time: now - minutesAgo * 60,
  participants: people,
  ...rest,
})

const recorded = "7672989999303099091"
const unrecorded = "7672989999303099092"
const justEnded = "7672989999303099093"
const running = "7672989999303099094"
const hidden = "7672989999303099095"
const old = "7672989999303099096"
const late = "7672989999303099097"

const seed: Seed = {
  apps: [
    app("cli_reader", Scopes.all),
    app("cli_details", ["vc:meeting:readonly"]),
    app("cli_records", GetRecording.scopes),
    app("cli_elsewhere", Scopes.all, "tenant_b"),
  ],
  meetings: [
    meeting(recorded, 60, { recording }),
    meeting(unrecorded, 60, {}),
    meeting(justEnded, 4, { recording }),
    meeting(running, -5, { recording }),
    meeting(hidden, 60, { recording: { ...recording, visible_to: ["user"] } }),
    meeting(old, 100 * 24 * 60, { recording }),
    meeting(late, 60, { recording: { ...recording, ready_time: now + 3_600 } }),
  ],
}

const provideMock = (options?: MockFeishu.Options) =>
  Effect.provide(MockFeishu.layer({ seed, now, ...options }))

const get = (token: string, id: string) =>
  call(`/open-apis/vc/v1/meetings/${id}/recording`, { headers: { authorization: `Bearer ${token}` } })

const asked = (id: string, appId = "cli_reader") => Effect.flatMap(tokenOf(appId), (token) => get(token, id))

const codeOf = (id: string, appId?: string) =>
  Effect.map(asked(id, appId), ({ body, status }) => [status, body?.code])

layer(MockFeishu.layer({ seed, now, rateLimit: "off" }))("the recording of a meeting", (it) => {
  it.effect("is the documented body to the letter", () =>
    Effect.gen(function* () {
      for (const query of ["", "?x=1", "?query_mode=9"]) {
        const { status, text } = yield* call(`/open-apis/vc/v1/meetings/${recorded}/recording${query}`, {
          headers: { authorization: `Bearer ${yield* tokenOf("cli_reader")}` },
        })
        assert.strictEqual(status, 200)
        assert.strictEqual(
          text,
          `{"code":0,"msg":"success","data":{"recording":{"url":"https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x","duration":"3541000"}}}`,
        )
      }
    }),
  )

  const others: ReadonlyArray<readonly [string, string, number, number | undefined]> = [
    ["a meeting without one", unrecorded, 404, 121004],
    ["a meeting that ended four minutes ago", justEnded, 400, 124002],
    ["a meeting that runs", running, 400, 122001],
    ["a meeting whose seed says when it is ready", late, 400, 124002],
    ["a meeting that apps may not see the recording of", hidden, 403, 121005],
    ["a meeting of more than 90 days ago", old, 200, 0],
    ["a meeting number", "146453285", 404, 122002],
    ["an unknown id", "1", 404, 122002],
    ["0", "0", 400, 121003],
    ["a word", "abc", 400, 99992402],
    ["an id beyond 64 bits", "9223372036854775808", 400, 99992402],
    ["an escaped slash", "..%2F1", 400, 99992402],
    ["nothing", "", 404, undefined],
    ["a further segment", `${recorded}/recording`, 404, undefined],
  ]
  for (const [what, id, status, code] of others) {
    it.effect(`of ${what}: ${status} ${code ?? "404 page not found"}`, () =>
      Effect.gen(function* () {
        const { body, status: came, text } = yield* asked(id)
        assert.deepStrictEqual([came, body?.code], [status, code])
        if (code === undefined) assert.strictEqual(text, "404 page not found")
        else if (code !== 0) {
          // A public script tells by this that there is none yet.
          assert.deepStrictEqual(Object.keys(JSON.parse(text)), ["code", "msg", "error"])
        }
      }),
    )
  }

  it.effect("needs a scope of its own, which is not that of the details", () =>
    Effect.gen(function* () {
      const { body, status } = yield* asked(recorded, "cli_details")
      assert.deepStrictEqual([status, body?.code], [400, 99991672])
      assert.strictEqual(
        body?.msg,
        "Access denied. One of the following scopes is required: [vc:record:readonly]",
      )
      assert.deepStrictEqual(body?.error?.permission_violations, [
        { type: "action_scope_required", subject: "vc:record:readonly" },
      ])
      assert.deepStrictEqual(yield* codeOf(recorded, "cli_records"), [200, 0])
      const poor = yield* userTokenOf("cli_reader", { scopes: ["vc:meeting:readonly"] })
      assert.strictEqual((yield* get(poor, recorded)).body?.code, 99991679)
    }),
  )

  it.effect("is for users who took part, and unknown in another tenant", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* codeOf(recorded, "cli_elsewhere"), [404, 122002])
      const codes = Effect.fnUntraced(function* (open_id: string | undefined) {
        const token = yield* userTokenOf("cli_reader", open_id === undefined ? {} : { open_id })
        return [(yield* get(token, recorded)).body?.code, (yield* get(token, hidden)).body?.code]
      })
      assert.deepStrictEqual(yield* codes(undefined), [0, 0])
      assert.deepStrictEqual(yield* codes("ou_guest"), [0, 0])
      assert.deepStrictEqual(yield* codes("ou_nobody"), [121005, 121005])
    }),
  )
})

describe("the recording of a meeting, as time goes by", () => {
  it.effect("does not exist while it runs, then is made for some minutes, then is there", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf("cli_reader")
      const codes: Array<number | undefined> = []
      for (let minute = 0; minute < 12; minute++) {
        codes.push((yield* get(token, running)).body?.code)
        yield* TestClock.adjust("1 minute")
      }
      assert.deepStrictEqual(
        codes,
        [122001, 122001, 122001, 122001, 122001, 124002, 124002, 124002, 124002, 124002, 0, 0],
      )
    }).pipe(provideMock()),
  )

  for (const [recordingSeconds, expected] of [
    [0, 0],
    [239, 0],
    [241, 124002],
  ] as const) {
    it.effect(`recordingSeconds ${recordingSeconds}: how long it is made, unless the seed says when`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* asked(justEnded)).body?.code, expected)
        assert.strictEqual((yield* asked(late)).body?.code, 124002)
      }).pipe(provideMock({ recordingSeconds })),
    )
  }
})

describe("switches of the recording", () => {
  for (const [unknownMeetingRecording, status] of [
    [122002, 404],
    [121004, 404],
  ] as const) {
    it.effect(`unknownMeetingRecording ${unknownMeetingRecording}: an id that no meeting has`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* codeOf("1"), [status, unknownMeetingRecording])
      }).pipe(provideMock({ unknownMeetingRecording })),
    )
  }

  for (const [unrecordedMeeting, expected] of [
    [121004, { code: 121004 }],
    ["empty", { code: 0, msg: "success", data: {} }],
  ] as const) {
    it.effect(`unrecordedMeeting ${unrecordedMeeting}: a meeting without a recording`, () =>
      Effect.gen(function* () {
        const { text } = yield* asked(unrecorded)
        assert.deepInclude(JSON.parse(text), expected)
      }).pipe(provideMock({ unrecordedMeeting })),
    )
  }

  for (const [recordingWhileRunning, status] of [
    [122001, 400],
    [121004, 404],
    [124002, 400],
  ] as const) {
    it.effect(`recordingWhileRunning ${recordingWhileRunning}: a meeting that has not ended`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* codeOf(running), [status, recordingWhileRunning])
      }).pipe(provideMock({ recordingWhileRunning })),
    )
  }

  for (const [recordingInProgress, status] of [
    [124002, 400],
    [121004, 404],
  ] as const) {
    it.effect(`recordingInProgress ${recordingInProgress}: a meeting that has just ended`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* codeOf(justEnded), [status, recordingInProgress])
      }).pipe(provideMock({ recordingInProgress })),
    )
  }

  for (const [recordingForUser, expected] of [
    ["participant", { ou_host: 0, ou_guest: 0, ou_nobody: 121005 }],
    ["owner", { ou_host: 0, ou_guest: 121005, ou_nobody: 121005 }],
  ] as const) {
    it.effect(`recordingForUser ${recordingForUser}: who may see it with a user token`, () =>
      Effect.gen(function* () {
        for (const [open_id, code] of Object.entries(expected)) {
          const token = yield* userTokenOf("cli_reader", { open_id })
          assert.strictEqual((yield* get(token, recorded)).body?.code, code)
        }
        // An app sees every recording of its tenant.
        assert.deepStrictEqual(yield* codeOf(recorded), [200, 0])
      }).pipe(provideMock({ recordingForUser })),
    )
  }

  for (const [recordingIds, keys] of [
    ["absent", ["url", "duration"]],
    ["sent", ["id", "meeting_id", "url", "duration"]],
  ] as const) {
    it.effect(`recordingIds ${recordingIds}: the fields that only the SDK declares`, () =>
      Effect.gen(function* () {
        const { data } = JSON.parse((yield* asked(recorded)).text)
        assert.deepStrictEqual(Object.keys(data.recording), [...keys])
        if (recordingIds === "absent") return
        assert.strictEqual(data.recording.meeting_id, recorded)
        assert.match(data.recording.id, /^\d{19}$/)
        assert.notStrictEqual(data.recording.id, recorded)
      }).pipe(provideMock({ recordingIds })),
    )
  }
})
