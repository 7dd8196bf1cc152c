import { assert, describe, it, layer } from "@effect/vitest"
import { GetMeeting } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { startFeishuMock } from "../src/index.ts"
import * as ControlClient from "../src/library/ControlClient.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import * as Scopes from "../src/protocol/Scopes.ts"
import type { Seed } from "../src/protocol/PublicTypes.ts"
import { call, tokenOf, userTokenOf } from "./feishu.ts"
import { head, open } from "./sockets.ts"

/** Two hours after the documented meeting has ended. */
const now = 1_786_518_060

const app = (app_id: string, scopes: ReadonlyArray<string>, tenant = "tenant_a") =>
  ({ app_id, app_secret: "secret", type: "self_built", scopes, tenants: [tenant] }) as const

const host = {
  open_id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809",
  union_id: "on_host",
  user_id: "host",
} as const
const room = "omm_0123456789abcdef0123456789abcdef"

/** The documented meeting; one that is running; and others of which one thing is different. */
const seed = {
  apps: [
    app("cli_reader", Scopes.all),
    app("cli_details", ["vc:meeting.meetingevent:read", "vc:meeting.artifact.note:read"]),
    app("cli_lists", ["vc:meeting.meetingid:read"]),
    app("cli_elsewhere", Scopes.all, "tenant_b"),
  ],
  meetings: [
    {
      id: "7672989999303099091",
      topic: "weekly sync",
      url: "https://vc.feishu.cn/j/146453285",
      meeting_no: "146453285",
      password: "204816",
      create_time: 1_786_507_140,
      start_time: 1_786_507_200,
      end_time: 1_786_510_860,
      meeting_connect: false,
      note_id: "7672989999303107713",
      participants: [
        { ...host, first_join_time: 1_786_507_200, is_host: true },
        {
          open_id: "ou_2b3c4d5e6f708192a3b4c5d6e7f8091a",
          first_join_time: 1_786_507_260,
          final_leave_time: 1_786_510_800,
          in_meeting_duration: 2_100,
          is_cohost: true,
          is_external: true,
        },
        { open_id: room, first_join_time: 1_786_507_320, user_type: 2 },
      ],
      ability: {
        use_video: true,
        use_audio: true,
        use_share_screen: true,
        use_follow_screen: false,
        use_recording: true,
        use_pstn: false,
      },
      note_doc_token: "doxcnnote",
    },
    {
      id: "7673036858770063361",
      topic: "runs for two hours",
      meeting_no: "146453285",
      start_time: now - 600,
      end_time: now + 6_600,
      participants: [
        { ...host, is_host: true },
        { open_id: "ou_left", first_join_time: now - 300, final_leave_time: now - 100 },
        { open_id: "ou_late", first_join_time: now + 60 },
        { open_id: "ou_rung", status: 3 },
      ],
      note_doc_token: "doxcnlater",
    },
    {
      id: "7673036858770063362",
      topic: "a room is the host",
      meeting_no: "146453285",
      start_time: now - 3_600,
      end_time: now - 1_800,
      participants: [
        { open_id: room, user_type: 2, is_host: true },
        { open_id: "ou_guest", union_id: "on_guest", user_id: "guest" },
        { open_id: "+86 10 12345678", user_type: 6 },
      ],
    },
    {
      id: "7673036858770063363",
      topic: "not for apps",
      meeting_no: "146453285",
      start_time: now - 3_600,
      end_time: now - 1_800,
      visible_to: ["user"],
      participants: [],
    },
    {
      id: "7639000000000000000",
      topic: "91 days ago",
      meeting_no: "146453285",
      start_time: now - 91 * 86_400,
      end_time: now - 91 * 86_400 + 60,
      participants: [],
    },
    {
      id: "7673036858770063364",
      topic: "comes later",
      meeting_no: "146453285",
      start_time: now + 3_600,
      participants: [],
    },
  ],
} satisfies Seed

const documented = "7672989999303099091"
const running = "7673036858770063361"
const withRoom = "7673036858770063362"
const notForApps = "7673036858770063363"
const old = "7639000000000000000"
const later = "7673036858770063364"

const provideMock = (options?: MockFeishu.Options) =>
  Effect.provide(MockFeishu.layer({ seed, now, ...options }))

const get = (token: string, idAndQuery: string) =>
  call(`/open-apis/vc/v1/meetings/${idAndQuery}`, { headers: { authorization: `Bearer ${token}` } })

/** The answer to an app, the first one unless it is named. */
const asked = (idAndQuery: string, appId = "cli_reader") =>
  Effect.flatMap(tokenOf(appId), (token) => get(token, idAndQuery))

const codeOf = (idAndQuery: string, appId?: string) =>
  Effect.map(asked(idAndQuery, appId), ({ body, status }) => [status, body?.code])

/** The meeting of an answer, as it came. */
const meetingOf = (idAndQuery: string, appId?: string) =>
  Effect.map(asked(idAndQuery, appId), ({ text }) => JSON.parse(text).data.meeting)

const documentedBody =
  `{"code":0,"msg":"success","data":{"meeting":{"id":"7672989999303099091","topic":"weekly sync","url":"https://vc.feishu.cn/j/146453285",
"meeting_no":"146453285","password":"204816","create_time":"1786507140","start_time":"1786507200","end_time":"1786510860",
"host_user":{"id":"ou_1a2b3c4d5e6f708192a3b4c5d6e7f809","user_type":1},"meeting_connect":false,"status":3,
"participant_count":"3","participant_count_accumulated":"4","participants":[
{"id":"ou_1a2b3c4d5e6f708192a3b4c5d6e7f809","first_join_time":"1786507200","final_leave_time":"1786510860","in_meeting_duration":"3660","user_type":1,"is_host":true,"is_cohost":false,"is_external":false,"status":4},
{"id":"ou_2b3c4d5e6f708192a3b4c5d6e7f8091a","first_join_time":"1786507260","final_leave_time":"1786510800","in_meeting_duration":"2100","user_type":1,"is_host":false,"is_cohost":true,"is_external":true,"status":4},
{"id":"omm_0123456789abcdef0123456789abcdef","first_join_time":"1786507320","final_leave_time":"1786510860","in_meeting_duration":"3540","user_type":2,"is_host":false,"is_cohost":false,"is_external":false,"status":4}],
"ability":{"use_video":true,"use_audio":true,"use_share_screen":true,"use_follow_screen":false,"use_recording":true,"use_pstn":false},
"note_id":"7672989999303107713"}}}`.replaceAll("\n", "")

layer(MockFeishu.layer({ seed, now, rateLimit: "off" }))("the details of a meeting", (it) => {
  it.effect("are the documented body to the letter", () =>
    Effect.gen(function* () {
      const { headers, status, text } = yield* asked(
        `${documented}?with_participants=true&with_meeting_ability=true`,
      )
      assert.strictEqual(text, documentedBody)
      assert.strictEqual(status, 200)
      assert.strictEqual(headers["content-type"], "application/json; charset=utf-8")
    }),
  )

  it.effect("have neither participants nor ability unless they are requested, in any way that Go reads", () =>
    Effect.gen(function* () {
      const names = ["participants", "ability"] as const
      const sent = Effect.fnUntraced(function* (query: string) {
        const meeting = yield* meetingOf(`${documented}${query}`)
        return names.filter((name) => name in meeting)
      })
      assert.deepStrictEqual(yield* sent(""), [])
      for (const no of ["false", "False", "FALSE", "f", "F", "0"]) {
        assert.deepStrictEqual(yield* sent(`?with_participants=${no}&with_meeting_ability=${no}`), [])
      }
      for (const yes of ["true", "True", "TRUE", "t", "T", "1"]) {
        assert.deepStrictEqual(yield* sent(`?with_participants=${yes}`), ["participants"])
        assert.deepStrictEqual(yield* sent(`?with_meeting_ability=${yes}&no_such_field=1`), ["ability"])
      }
    }),
  )

  it.effect("of a meeting that runs are those of this moment: no end, who is there, and who was called", () =>
    Effect.gen(function* () {
      const meeting = yield* meetingOf(`${running}?with_participants=true`)
      const { participants, ...rest } = meeting
      assert.deepStrictEqual(rest, {
        id: running,
        topic: "runs for two hours",
        meeting_no: "146453285",
        create_time: String(now - 600),
        start_time: String(now - 600),
        end_time: "0",
        host_user: { id: host.open_id, user_type: 1 },
        status: 2,
        participant_count: "2",
        participant_count_accumulated: "2",
      })
      assert.deepStrictEqual(
        participants.map(({ final_leave_time, id, in_meeting_duration, status }: Record<string, unknown>) => [
          id,
          final_leave_time,
          in_meeting_duration,
          status,
        ]),
        [
          [host.open_id, "0", "600", 2],
          ["ou_rung", "0", "0", 3],
          ["ou_left", String(now - 100), "200", 4],
        ],
      )
    }),
  )

  it.effect(
    "name users by open_id, union_id or user_id; user_id leaves out whoever is not a Feishu user",
    () =>
      Effect.gen(function* () {
        const ids = Effect.fnUntraced(function* (id: string, type: string) {
          const meeting = yield* meetingOf(`${id}?with_participants=true&user_id_type=${type}`)
          return [meeting.host_user, meeting.participants.map((row: { readonly id: string }) => row.id)]
        })
        const roomAsHost = { id: room, user_type: 2 }
        const phone = "+86 10 12345678"
        assert.deepStrictEqual(yield* ids(withRoom, "open_id"), [roomAsHost, [room, "ou_guest", phone]])
        assert.deepStrictEqual(yield* ids(withRoom, "union_id"), [roomAsHost, [room, "on_guest", phone]])
        assert.deepStrictEqual(yield* ids(withRoom, "user_id"), [undefined, ["guest"]])
        const [named] = yield* ids(documented, "user_id")
        assert.deepStrictEqual(named, { id: "host", user_type: 1 })
      }),
  )

  it.effect(
    "with query_mode 1 are the artifacts alone: absent without their scope, empty when there are none",
    () =>
      Effect.gen(function* () {
        const data = (id: string, appId?: string) =>
          Effect.map(asked(`${id}?query_mode=1&with_participants=true`, appId), ({ text }) => text)
        const body = (artifacts: string) =>
          `{"code":0,"msg":"success","data":{"related_artifacts":{${artifacts}}}}`
        assert.strictEqual(
          yield* data(documented),
          body(`"note_doc_token":"doxcnnote","verbatim_doc_token":""`),
        )
        assert.strictEqual(yield* data(running), body(`"note_doc_token":"","verbatim_doc_token":""`))
        assert.strictEqual(yield* data(running, "cli_details"), body(`"note_doc_token":""`))
        assert.notProperty((yield* asked(`${documented}?query_mode=0`)).body?.data, "related_artifacts")
      }),
  )

  const paths: ReadonlyArray<readonly [string, number, number | undefined]> = [
    ["abc", 400, 99992402],
    ["1.5", 400, 99992402],
    ["-1", 400, 99992402],
    ["+1", 400, 99992402],
    ["0x10", 400, 99992402],
    ["9223372036854775808", 400, 99992402],
    ["1".repeat(10_000), 400, 99992402],
    ["list%5fby_no", 400, 99992402],
    ["List_By_No", 400, 99992402],
    ["search", 400, 99992402],
    [`${documented};x=1`, 400, 99992402],
    [`${documented}%2Frecording`, 400, 99992402],
    ["%20", 400, 99992402],
    ["%zz", 400, 99992402],
    ["0", 400, 121003],
    ["000", 400, 121003],
    ["1", 404, 121004],
    ["146453285", 404, 121004],
    ["9223372036854775807", 404, 121004],
    [later, 404, 121004],
    [`00${documented}`, 200, 0],
    [documented.replace("7", "%37"), 200, 0],
    ["", 404, undefined],
    [`${documented}/`, 404, undefined],
    [`${documented}/participants`, 404, undefined],
    [`/${documented}`, 404, undefined],
  ]
  for (const [path, status, code] of paths) {
    it.effect(`of /meetings/${path.slice(0, 40)}: ${status} ${code ?? "404 page not found"}`, () =>
      Effect.gen(function* () {
        const answer = yield* asked(path)
        assert.deepStrictEqual([answer.status, answer.body?.code], [status, code])
        if (code === undefined) assert.strictEqual(answer.text, "404 page not found")
        if (code === 99992402) {
          assert.deepStrictEqual(answer.body?.error?.field_violations, [
            { field: "meeting_id", description: "meeting_id is not a valid integer" },
          ])
        }
        // A public script tells by this that there is nothing yet.
        if (code !== 0 && code !== undefined) assert.notProperty(answer.body, "data")
      }),
    )
  }

  it.effect("name every wrong field at once, that of the path, too", () =>
    Effect.gen(function* () {
      const violations = Effect.fnUntraced(function* (idAndQuery: string) {
        const { body } = yield* asked(idAndQuery)
        return [body?.code, body?.error?.field_violations?.map(({ description }) => description)]
      })
      const choice = "user_id_type is optional, options: [open_id,union_id,user_id]"
      assert.deepStrictEqual(
        yield* violations("abc?with_participants=yes&with_meeting_ability=2&user_id_type=email&query_mode=2"),
        [
          99992402,
          [
            "meeting_id is not a valid integer",
            "with_participants is not a valid boolean",
            "with_meeting_ability is not a valid boolean",
            choice,
            "query_mode is optional, options: [0,1]",
          ],
        ],
      )
      assert.deepStrictEqual(yield* violations(`${documented}?user_id_type=`), [99992402, [choice]])
      assert.deepStrictEqual(
        yield* violations(`${documented}?query_mode=0&query_mode=1&user_id_type[]=open_id`),
        [99992402, ["query_mode takes one value, not a list", "user_id_type takes one value, not a list"]],
      )
    }),
  )

  it.effect("need a scope of their own: that of the list alone is not enough, and either of theirs is", () =>
    Effect.gen(function* () {
      const { body, status } = yield* asked(documented, "cli_lists")
      assert.deepStrictEqual([status, body?.code], [400, 99991672])
      assert.strictEqual(
        body?.msg,
        "Access denied. One of the following scopes is required: [vc:meeting:readonly, vc:meeting.meetingevent:read]",
      )
      assert.deepStrictEqual(
        body?.error?.permission_violations,
        GetMeeting.scopes.map((subject) => ({ type: "action_scope_required", subject })),
      )
      assert.deepStrictEqual(yield* codeOf(documented, "cli_details"), [200, 0])
    }),
  )

  it.effect("by user_id need the scope of that field", () =>
    Effect.gen(function* () {
      const { body, status } = yield* asked(`${documented}?user_id_type=user_id`, "cli_details")
      assert.deepStrictEqual([status, body?.code], [400, 99991672])
      assert.deepStrictEqual(body?.error?.permission_violations, [
        { type: "field_scope_required", subject: "contact:user.employee_id:readonly" },
      ])
    }),
  )

  it.effect(
    "are refused to tokens that may not see the meeting, and unknown to those of another tenant",
    () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* codeOf(notForApps), [403, 121005])
        assert.deepStrictEqual(yield* codeOf(documented, "cli_elsewhere"), [404, 121004])
        const user = yield* userTokenOf("cli_reader")
        assert.strictEqual((yield* get(user, notForApps)).body?.code, 0)
        const guest = yield* userTokenOf("cli_reader", { open_id: "ou_guest" })
        assert.strictEqual((yield* get(guest, withRoom)).body?.code, 0)
        assert.strictEqual((yield* get(guest, documented)).body?.code, 121005)
        const hosting = yield* userTokenOf("cli_reader", { open_id: host.open_id })
        assert.strictEqual((yield* get(hosting, documented)).body?.code, 0)
        const rung = yield* userTokenOf("cli_reader", { open_id: "ou_rung" })
        assert.strictEqual((yield* get(rung, running)).body?.code, 121005)
      }),
  )

  it.effect("with a user token have no ability; without the scope say 99991679", () =>
    Effect.gen(function* () {
      const token = yield* userTokenOf("cli_reader")
      const { body } = yield* get(token, `${documented}?with_meeting_ability=true&with_participants=true`)
      assert.deepStrictEqual(body?.code, 0)
      assert.notProperty((body?.data as { meeting?: object } | undefined)?.meeting, "ability")
      const poor = yield* userTokenOf("cli_reader", { scopes: ["vc:meeting.meetingid:read"] })
      const refused = (yield* get(poor, documented)).body
      assert.strictEqual(refused?.code, 99991679)
      assert.deepStrictEqual(
        refused?.error?.permission_violations,
        GetMeeting.scopes.map((subject) => ({ type: "action_privilege_required", subject })),
      )
    }),
  )

  it.effect("of more than 90 days ago do not exist", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* codeOf(old), [404, 121004])
    }),
  )

  it.effect("are checked in order: token, scope, fields, scope of a field, then the meeting", () =>
    Effect.gen(function* () {
      const code = (token: string, idAndQuery: string) =>
        Effect.map(get(token, idAndQuery), ({ body }) => body?.code)
      const wrongFields = "abc?user_id_type=user_id&query_mode=2"
      assert.strictEqual(yield* code("t-wrong", wrongFields), 99991663)
      assert.strictEqual(yield* code(yield* tokenOf("cli_lists"), wrongFields), 99991672)
      assert.strictEqual(yield* code(yield* tokenOf("cli_details"), wrongFields), 99992402)
      assert.strictEqual(yield* code(yield* tokenOf("cli_details"), "abc?user_id_type=user_id"), 99992402)
      assert.strictEqual(yield* code(yield* tokenOf("cli_details"), "1?user_id_type=user_id"), 99991672)
      assert.strictEqual(yield* code(yield* tokenOf("cli_reader"), "1?user_id_type=user_id"), 121004)
    }),
  )
})

describe("the details over a raw socket", () => {
  it("are found by the target as a proxy gets it; other methods and spellings are no endpoint", async () => {
    await using feishu = await startFeishuMock({ seed, now, rateLimit: "off" })
    const credentials = JSON.stringify({ app_id: "cli_reader", app_secret: "secret" })
    const { text } = await open(
      feishu.url,
      head("POST /open-apis/auth/v3/tenant_access_token/internal", {
        "Content-Length": credentials.length,
      }) + credentials,
    ).ended
    const token = /"tenant_access_token":"([^"]+)"/.exec(text)![1]!
    const path = `/open-apis/vc/v1/meetings/${documented}`
    const answers = async (target: string, headers = {}) => {
      const { body, text } = await open(
        feishu.url,
        head(target, { Authorization: `Bearer ${token}`, ...headers }),
      ).ended
      return [Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]), /"code":(\d+)/.exec(body)?.[1] ?? body]
    }
    const proxied = { Host: "open.feishu.cn" }
    assert.deepStrictEqual(await answers(`GET ${path}`), [200, "0"])
    assert.deepStrictEqual(await answers(`GET ${path}?`), [200, "0"])
    assert.deepStrictEqual(await answers(`GET http://open.feishu.cn${path}`, proxied), [200, "0"])
    assert.deepStrictEqual(await answers(`GET http://open.feishu.cn${path}/recording`, proxied), [
      404,
      "121004",
    ])
    const notFound = [404, "404 page not found"]
    for (const target of [
      `POST ${path}`,
      `DELETE ${path}`,
      `GET ${path.replace("/v1/", "/v1;x/")}`,
      `GET ${path.replace("meetings", "%6deetings")}`,
      `GET /open-apis/vc/v1/x/../meetings/${documented}`,
      `GET ${path}/recording/`,
      `GET ${path}//recording`,
      `GET ${path}/Recording`,
    ]) {
      assert.deepStrictEqual(await answers(target), notFound, target)
    }
    assert.deepStrictEqual(await answers("GET /open-apis/vc/v1/meetings/.."), [400, "99992402"])
    assert.deepStrictEqual(await answers(`GET ${path}#x`), [400, "99992402"])
  })
})

describe("faults and the journal", () => {
  it.effect("know the endpoints of one meeting, and its id like a field of the query", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      const control = ControlClient.connect({ url })
      const operation = "meetings.get"
      const matching = { meeting_id: running }
      const rule = { operation, when: { matching }, then: { code: 121001 } } as const
      yield* Effect.promise(() => control.addFault(rule))
      const fault = { operation: "meetings.getRecording", when: { nth: 1 }, then: { code: 1500 } } as const
      yield* Effect.promise(() => control.addFault(fault))
      assert.deepStrictEqual(yield* codeOf(documented), [200, 0])
      assert.deepStrictEqual(yield* codeOf(running), [500, 121001])
      // The same id, spelt in another way.
      assert.deepStrictEqual(yield* codeOf(running.replace("7", "%37")), [500, 121001])
      assert.deepStrictEqual(yield* codeOf(`${documented}/recording`), [500, 1500])
      const entries = yield* Effect.promise(() => control.journal({ operation }))
      assert.deepStrictEqual(
        entries.map(({ code, path }) => [code, path]),
        [
          [0, `/open-apis/vc/v1/meetings/${documented}`],
          [121001, `/open-apis/vc/v1/meetings/${running}`],
          [121001, `/open-apis/vc/v1/meetings/${running.replace("7", "%37")}`],
        ],
      )
      const calls = [
        { operation, times: 2, query: { meeting_id: running } },
        { operation, times: 1, query: { meeting_id: documented }, code: 0 },
        { operation: "meetings.getRecording", times: 1, query: { meeting_id: documented } },
      ] as const
      assert.deepStrictEqual(yield* Effect.promise(() => control.verify(calls)), {
        ok: true,
        differences: [],
      })
      const other = [{ operation, query: { meeting_id: "1" }, times: 1 }] as const
      const { differences } = yield* Effect.promise(() => control.verify(other))
      assert.include(differences[0], `#2 meeting_id=${documented}`)
    }).pipe(provideMock()),
  )

  it.effect("chaos fails meetings, not turns: the same ones in any order", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      const control = ControlClient.connect({ url })
      const token = yield* tokenOf("cli_reader")
      const ids = [documented, running, withRoom, notForApps, old, later, "1", "2", "3", "4"]
      const failing = Effect.fnUntraced(function* (order: ReadonlyArray<string>) {
        yield* Effect.promise(() => control.chaos({ seed: 1, rate: 0.5, faults: [{ code: 121001 }] }))
        const failed: Array<string> = []
        for (const id of order) if ((yield* get(token, id)).body?.code === 121001) failed.push(id)
        return failed.toSorted()
      })
      const first = yield* failing(ids)
      assert.isAbove(first.length, 0)
      assert.isBelow(first.length, ids.length)
      assert.deepStrictEqual(yield* failing(ids.toReversed()), first)
    }).pipe(provideMock()),
  )

  it.effect("never show a password, nor a token that was sent as an id", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      const control = ControlClient.connect({ url })
      const token = yield* tokenOf("cli_reader")
      assert.include((yield* get(token, documented)).text, "204816")
      yield* get(token, token)
      const shown = JSON.stringify(
        yield* Effect.promise(async () => {
          const entries = await control.journal({ operation: "meetings.get" })
          return Promise.all(entries.map(({ seq }) => control.journalEntry(seq)))
        }),
      )
      assert.include(shown, documented)
      assert.notInclude(shown, "204816")
      assert.notInclude(shown, token)
    }).pipe(provideMock()),
  )
})

describe("switches of the details", () => {
  for (const [meetingIdRefusal, expected] of [
    [99992402, [400, 99992402]],
    [121003, [400, 121003]],
  ] as const) {
    it.effect(`meetingIdRefusal ${meetingIdRefusal}: the code for an id that is not a number`, () =>
      Effect.gen(function* () {
        for (const id of ["abc", "9223372036854775808", "abc/recording"]) {
          assert.deepStrictEqual(yield* codeOf(id), [...expected])
        }
      }).pipe(provideMock({ meetingIdRefusal })),
    )
  }

  for (const [detailsAfter90Days, expected] of [
    [121004, [404, 121004]],
    [121003, [400, 121003]],
    ["found", [200, 0]],
  ] as const) {
    it.effect(`detailsAfter90Days ${detailsAfter90Days}: the details of an old meeting`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* codeOf(old), [...expected])
        assert.deepStrictEqual(yield* codeOf(documented), [200, 0])
      }).pipe(provideMock({ detailsAfter90Days })),
    )
  }

  for (const [endTimeWhileRunning, end, leave] of [
    ["0", "0", "0"],
    ["absent", undefined, undefined],
    ["start", String(now - 600), String(now - 600)],
  ] as const) {
    it.effect(`endTimeWhileRunning ${endTimeWhileRunning}: the end of what has not ended yet`, () =>
      Effect.gen(function* () {
        const meeting = yield* meetingOf(`${running}?with_participants=true`)
        assert.strictEqual(meeting.end_time, end)
        assert.strictEqual(meeting.participants[0].final_leave_time, leave)
        yield* TestClock.adjust("2 hours")
        const ended = yield* meetingOf(`${running}?with_participants=true`)
        assert.strictEqual(ended.end_time, String(now + 6_600))
        assert.strictEqual(ended.status, 3)
      }).pipe(provideMock({ endTimeWhileRunning })),
    )
  }

  for (const [participantsUnrequested, expected] of [
    ["absent", undefined],
    ["[]", []],
    ["null", null],
  ] as const) {
    it.effect(`participantsUnrequested ${participantsUnrequested}: participants that nobody wants`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* meetingOf(documented)).participants, expected)
        assert.lengthOf((yield* meetingOf(`${documented}?with_participants=true`)).participants, 3)
      }).pipe(provideMock({ participantsUnrequested })),
    )
  }

  for (const [participantRows, expected] of [
    ["participant", ["2100"]],
    ["stay", ["1050", "1050"]],
  ] as const) {
    it.effect(`participantRows ${participantRows}: somebody who came back`, () =>
      Effect.gen(function* () {
        const { participants } = yield* meetingOf(`${documented}?with_participants=true`)
        const rows = participants.filter(
          ({ id }: { readonly id: string }) => id === "ou_2b3c4d5e6f708192a3b4c5d6e7f8091a",
        )
        assert.deepStrictEqual(
          rows.map((row: { readonly in_meeting_duration: string }) => row.in_meeting_duration),
          [...expected],
        )
        assert.strictEqual(rows[0].first_join_time, "1786507260")
        assert.strictEqual(rows.at(-1).final_leave_time, "1786510800")
      }).pipe(provideMock({ participantRows })),
    )
  }

  for (const [abilityForUser, expected] of [
    ["absent", [200, 0]],
    [121002, [400, 121002]],
  ] as const) {
    it.effect(`abilityForUser ${abilityForUser}: ability with a user token`, () =>
      Effect.gen(function* () {
        const { body, status } = yield* get(
          yield* userTokenOf("cli_reader"),
          `${documented}?with_meeting_ability=true`,
        )
        assert.deepStrictEqual([status, body?.code], [...expected])
        assert.property(yield* meetingOf(`${documented}?with_meeting_ability=true`), "ability")
      }).pipe(provideMock({ abilityForUser })),
    )
  }

  for (const userIdWithoutScope of [99991672, "absent"] as const) {
    it.effect(`userIdWithoutScope ${userIdWithoutScope}: user_id without its scope`, () =>
      Effect.gen(function* () {
        const { body, text } = yield* asked(
          `${documented}?user_id_type=user_id&with_participants=true`,
          "cli_details",
        )
        if (userIdWithoutScope !== "absent") return assert.strictEqual(body?.code, userIdWithoutScope)
        const { meeting } = JSON.parse(text).data
        assert.deepStrictEqual(meeting.host_user, { user_type: 1 })
        // The room is left out all the same.
        assert.lengthOf(meeting.participants, 2)
        for (const participant of meeting.participants) assert.notProperty(participant, "id")
      }).pipe(provideMock({ userIdWithoutScope })),
    )
  }

  for (const [hostWithoutUserId, expected] of [
    ["absent", undefined],
    ["empty", { id: "", user_type: 2 }],
  ] as const) {
    it.effect(`hostWithoutUserId ${hostWithoutUserId}: a room as the host, by user_id`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual((yield* meetingOf(`${withRoom}?user_id_type=user_id`)).host_user, expected)
      }).pipe(provideMock({ hostWithoutUserId })),
    )
  }

  it.effect("in a snapshot from before there were these have their defaults", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      const { restore, snapshot } = ControlClient.connect({ url })
      const taken = yield* Effect.promise(snapshot)
      assert.strictEqual(taken.behaviour.detailsRateLimit, 7)
      const older = {
        rateLimit: 5,
        rateWindow: "sliding",
        rateStatus: 429,
        ninetyDays: "both",
        emptyList: "[]",
        lastPageToken: "absent",
        pageTokens: "bound",
        monthlyQuota: "off",
      } as const
      yield* Effect.promise(() => restore({ ...taken, behaviour: older as typeof taken.behaviour }))
      const { behaviour } = yield* Effect.promise(snapshot)
      assert.deepInclude(behaviour, { ...older, detailsRateLimit: 1_000, endTimeWhileRunning: "0" })
    }).pipe(provideMock({ detailsRateLimit: 7, endTimeWhileRunning: "absent" })),
  )
})
