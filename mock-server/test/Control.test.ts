import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { request as nodeRequest } from "node:http"
import { OAuth } from "@effect-feishu/contract"
import * as Journal from "../src/state/Journal.ts"
import * as KnownSecrets from "../src/secrets/KnownSecrets.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import { askToken, call, idsOf, list, tokenOf } from "./feishu.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const provideMock = (options?: MockFeishu.Options & MockFeishu.Address) =>
  Effect.provide(MockFeishu.layer({ seed, now, ...options }))

/** Asks the control plane. */
const control = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  Effect.map(
    call(`/_mock${path}`, {
      method,
      headers: { "content-type": "application/json", ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
    ({ status, text }) => ({ status, body: JSON.parse(text) }),
  )

const codeOf = Effect.flatMap(tokenOf(), (token) =>
  Effect.map(list(token, goodQuery), ({ body }) => body?.code),
)

describe("state", () => {
  const meeting = { id: "1", meeting_no: goodQuery.meeting_no, topic: "added", start_time: now - 60 }

  it.effect(
    "meetings are added, changed and removed, in their order; a wrong one is refused with all that is wrong",
    () =>
      Effect.gen(function* () {
        const token = yield* tokenOf()
        const before = idsOf(yield* list(token, goodQuery))
        assert.deepStrictEqual((yield* control("PUT", "/meetings", [meeting])).body, { put: 1 })
        assert.deepStrictEqual(idsOf(yield* list(token, goodQuery)), [...before, "1"])
        yield* control("PUT", "/meetings", [{ ...meeting, start_time: Number(goodQuery.start_time) }])
        assert.strictEqual(idsOf(yield* list(token, goodQuery))[0], "1")
        // Counted from the mock's clock, wherever that is by now.
        yield* control("PUT", "/meetings", [{ ...meeting, start_time: "-1m" }])
        assert.strictEqual(idsOf(yield* list(token, goodQuery)).at(-1), "1")
        assert.strictEqual((yield* control("DELETE", "/meetings/1")).status, 200)
        assert.strictEqual((yield* control("DELETE", "/meetings/1")).status, 404)
        assert.deepStrictEqual(idsOf(yield* list(token, goodQuery)), before)
        const wrong = yield* control("PUT", "/meetings", [
          { ...meeting, meeting_no: "12", start_time: -1 },
          { ...meeting, id: "x" },
        ])
        assert.strictEqual(wrong.status, 400)
        assert.strictEqual(wrong.body.problems.length, 3)
      }).pipe(provideMock()),
  )

  it.effect("a meeting is returned as it was given, with its details at the mock's time", () =>
    Effect.gen(function* () {
      yield* control("POST", "/clock", { set: now, frozen: true })
      const participants = [{ open_id: "ou_a", is_host: true }]
      const given = {
        ...meeting,
        start_time: "+1m",
        end_time: "+5m",
        participants,
        recording: { duration: 5 },
      }
      yield* control("PUT", "/meetings", [given])
      const known = yield* control("GET", "/meetings/1")
      const inSeconds = { ...given, start_time: now + 60, end_time: now + 300, tenant_key: "tenant_a" }
      assert.deepStrictEqual(known.body, { meeting: inSeconds })
      yield* control("POST", "/clock", { advance: "2m" })
      const running = (yield* control("GET", "/meetings/1")).body
      assert.deepStrictEqual(running.meeting, inSeconds)
      assert.deepInclude(running.details, {
        status: 2,
        participant_count: 1,
        recording: { state: "running" },
      })
      assert.strictEqual(running.details.participants[0].in_meeting_duration, 60)
      // As it was returned, it may be put again.
      assert.strictEqual((yield* control("PUT", "/meetings", [running.meeting])).status, 200)
      assert.deepStrictEqual((yield* control("GET", "/meetings/1")).body, running)
      // The switch says how long recordings are made.
      yield* control("POST", "/clock", { set: now + 310 })
      yield* control("PATCH", "/behaviour", { recordingSeconds: 10 })
      const { recording } = (yield* control("GET", "/meetings/1")).body.details
      assert.deepInclude(recording, { state: "ready", duration: 5 })
      assert.deepStrictEqual(yield* control("GET", "/meetings/2"), {
        status: 404,
        body: { _tag: "Missing", error: "there is no meeting 2" },
      })
    }).pipe(provideMock()),
  )

  it.effect("a meeting whose details contradict each other is refused, with each path", () =>
    Effect.gen(function* () {
      const { body, status } = yield* control("PUT", "/meetings", [
        meeting,
        {
          ...meeting,
          id: "2",
          end_time: now,
          participants: [{ open_id: "ou_a", first_join_time: "+1m" }, { user_type: 2 }],
        },
      ])
      assert.strictEqual(status, 400)
      assert.deepStrictEqual(body.problems, ["1.participants.1: needs an id: open_id, union_id or user_id"])
      const contradictory = yield* control("PUT", "/meetings", [
        {
          ...meeting,
          end_time: now,
          participants: [{ open_id: "ou_a", first_join_time: "+1m" }],
          visible_to: ["cli_nobody", "tenant", "ou_a", "cli_reader"],
        },
      ])
      assert.deepStrictEqual(contradictory.body.problems, [
        "[0].participants[0].first_join_time: is after the end of the meeting",
        "[0].visible_to[0]: no app has the id cli_nobody: write tenant, user, the id of an app, or the open_id of a user (ou_…)",
      ])
    }).pipe(provideMock()),
  )

  it.effect("a refusal lists the first of what is wrong, and says how many more there are", () =>
    Effect.gen(function* () {
      const twice = <A>(value: A) => Array.from({ length: 5_000 }, () => value)
      for (const [method, path, body, more] of [
        ["PUT", "/meetings", twice({ id: 1 }), "and 14980 more"],
        ["PUT", "/meetings", twice({ ...meeting, end_time: 1 }), "and 4980 more"],
        [
          "POST",
          "/workspaces",
          { seed: { meetings: twice({ ...meeting, id: "9", start_time: -1 }) } },
          undefined,
        ],
        ["POST", "/faults", Object.fromEntries(twice(0).map((_, index) => [`key_${index}`, 1])), undefined],
        ["GET", `/state?app_id=${"1".repeat(10_000)}`, undefined, undefined],
      ] as const) {
        const refused = yield* control(method, path, body)
        assert.isAtLeast(refused.status, 400)
        assert.isBelow(JSON.stringify(refused.body).length, 8_000)
        if (more !== undefined) assert.strictEqual(refused.body.problems.at(-1), more)
      }
    }).pipe(provideMock()),
  )

  it.effect("a snapshot brings apps, meetings, clock and switches back; tokens from before are no good", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const before = idsOf(yield* list(token, goodQuery))
      yield* control("POST", "/clock", { frozen: true })
      const snapshot = (yield* control("GET", "/state")).body
      yield* control("PUT", "/meetings", [meeting])
      yield* control("PATCH", "/behaviour", { rateLimit: 1 })
      yield* control("POST", "/clock", { advance: 600 })
      assert.strictEqual((yield* control("PUT", "/state", snapshot)).status, 200)
      assert.strictEqual((yield* list(token, goodQuery)).body?.code, 99991663)
      assert.deepStrictEqual(idsOf(yield* list(yield* tokenOf(), goodQuery)), before)
      assert.deepStrictEqual((yield* control("GET", "/state")).body, snapshot)
    }).pipe(provideMock()),
  )

  it.effect(
    "S4 a reset brings back seed, clock, counts, tokens, faults and journal at once; page tokens end",
    () =>
      Effect.gen(function* () {
        const token = yield* tokenOf()
        const first = yield* list(token, { ...goodQuery, page_size: "1" })
        yield* control("PUT", "/meetings", [meeting])
        yield* control("POST", "/faults", { operation: "*", then: { code: 121001 } })
        yield* control("POST", "/clock", { advance: 6_000 })
        assert.strictEqual((yield* control("POST", "/reset")).status, 200)
        assert.deepStrictEqual((yield* control("GET", "/faults")).body.rules, [])
        assert.deepStrictEqual((yield* control("GET", "/journal")).body, [])
        assert.strictEqual(Math.floor((yield* control("GET", "/clock")).body.now), now)
        assert.strictEqual((yield* list(token, goodQuery)).body?.code, 99991663)
        const fresh = yield* tokenOf()
        // The texts of tokens begin anew, so this is the one from before: of a new Feishu.
        const again = { ...goodQuery, page_size: "1", page_token: first.body?.data?.page_token ?? "" }
        assert.strictEqual((yield* list(fresh, again)).body?.code, 121003)
        assert.notInclude(idsOf(yield* list(fresh, goodQuery)), "1")
      }).pipe(provideMock()),
  )
})

describe("faults", () => {
  const add = (rule: object) => control("POST", "/faults", rule)
  const listByNo = "meetings.listByNo"

  it.effect("the nth, the first few, those after, and those that match; each is counted", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const codes = (times: number) =>
        Effect.forEach(Array.from({ length: times }), () =>
          Effect.map(list(token, goodQuery), ({ body }) => body?.code),
        )
      const { id } = (yield* add({ operation: listByNo, when: { nth: 2 }, then: { code: 121001 } })).body
      assert.deepStrictEqual(yield* codes(3), [0, 121001, 0])
      assert.deepInclude((yield* control("GET", "/faults")).body.rules[0], { id, seen: 3, fired: 1 })
      yield* control("DELETE", `/faults/${id}`)
      yield* add({ operation: listByNo, when: { after: 1, first: 2 }, then: { code: 2200 } })
      assert.deepStrictEqual(yield* codes(4), [0, 2200, 2200, 0])
      yield* control("DELETE", "/faults")
      yield* add({
        operation: listByNo,
        when: { matching: { page_token: null, page_size: "1" } },
        then: { code: 121002 },
      })
      assert.strictEqual((yield* list(token, { ...goodQuery, page_size: "1" })).body?.code, 121002)
      assert.deepStrictEqual(yield* codes(1), [0])
    }).pipe(provideMock()),
  )

  it.effect("a rule that is switched off does nothing and counts nothing, and goes on from there", () =>
    Effect.gen(function* () {
      const { id } = (yield* add({
        operation: listByNo,
        when: { nth: 2 },
        then: { code: 121001 },
        enabled: false,
      })).body
      assert.deepStrictEqual([yield* codeOf, yield* codeOf], [0, 0])
      const on = yield* control("PATCH", `/faults/${id}`, { enabled: true })
      assert.deepInclude(on.body, { id, enabled: true, seen: 0, fired: 0 })
      assert.strictEqual(yield* codeOf, 0)
      yield* control("PATCH", `/faults/${id}`, { enabled: false })
      assert.strictEqual(yield* codeOf, 0)
      yield* control("PATCH", `/faults/${id}`, { enabled: true })
      assert.deepStrictEqual([yield* codeOf, yield* codeOf], [121001, 0])
      assert.deepInclude((yield* control("GET", "/faults")).body.rules[0], { seen: 3, fired: 1 })
      assert.strictEqual((yield* control("PATCH", "/faults/rule-9", { enabled: true })).status, 404)
    }).pipe(provideMock()),
  )

  it.effect("any code in the shape of its endpoint", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      yield* add({
        operation: listByNo,
        when: { nth: 1 },
        then: { code: 99991400, headers: { "x-ogw-ratelimit-reset": "7" } },
      })
      const limited = yield* list(token, goodQuery)
      assert.deepStrictEqual([limited.status, limited.headers["x-ogw-ratelimit-reset"]], [429, "7"])
      yield* add({ operation: listByNo, when: { nth: 1 }, then: { code: 424242, status: 503 } })
      assert.strictEqual((yield* list(token, goodQuery)).status, 503)
      yield* add({ operation: "auth.tenantAccessTokenInternal", then: { code: 10014 } })
      assert.strictEqual(yield* tokenOf(), "")
    }).pipe(provideMock()),
  )

  it.effect("oauth.token is oauth.clientCredentials, in rules, filters and expectations alike", () =>
    Effect.gen(function* () {
      const rule = yield* add({ operation: "oauth.token", then: { code: 20050 } })
      assert.strictEqual(rule.body.operation, "oauth.clientCredentials")
      yield* call(OAuth.tokenPath, { method: "POST", body: "{}" })
      const calls = [{ operation: "oauth.token", times: 1 }]
      const verdict = yield* control("POST", "/verify", { calls })
      assert.deepStrictEqual(verdict.body, { ok: true, differences: [] })
      for (const operation of ["oauth.token", "oauth.clientCredentials"]) {
        const { body } = yield* control("GET", `/journal?operation=${operation}`)
        assert.strictEqual(body.length, 1)
        assert.deepInclude(body[0], { operation: "oauth.clientCredentials", code: 20050, fault: "rule-1" })
      }
    }).pipe(provideMock()),
  )

  it.effect("S14 a rule that cannot be is refused, and what is known is listed", () =>
    Effect.gen(function* () {
      const unknown = yield* add({ operation: "meetings.nope", then: { code: 1 } })
      assert.strictEqual(unknown.status, 400)
      assert.match(unknown.body.problems.join(), /meetings\.listByNo.*oauth\.clientCredentials/)
      const both = yield* add({ operation: "*", then: { code: 1, network: "stall" } })
      assert.match(both.body.problems.join(), /must have exactly one of code, status/)
      const others: ReadonlyArray<readonly [object, RegExp]> = [
        [{ operation: listByNo, then: {} }, /must have exactly one of code, status/],
        [{ operation: listByNo, then: { network: "earthquake" } }, /reset in mid-body.*gzip bomb/],
        [
          { operation: listByNo, then: { network: "stall", status: 500 } },
          /must have exactly one of code, status/,
        ],
        [{ operation: "*", then: { paging: "cycle" } }, /paging needs the operation meetings\.listByNo/],
        [{ operation: listByNo, when: { nth: 0 }, then: { code: 1 } }, /when\.nth/],
        [{ operation: listByNo, wen: { nth: 1 }, then: { code: 1 } }, /wen/],
      ]
      for (const [rule, problem] of others) {
        const { body, status } = yield* add(rule)
        assert.strictEqual(status, 400)
        assert.match(body.problems.join(), problem)
      }
      assert.deepStrictEqual((yield* control("GET", "/faults")).body.rules, [])
    }).pipe(provideMock()),
  )

  it.effect("chaos: the same seed gives the same failures, whatever the order of arrival", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const queries = Array.from({ length: 40 }, (_, index) => ({
        ...goodQuery,
        start_time: String(Number(goodQuery.start_time) + index),
      }))
      const run = Effect.fnUntraced(function* (seed: string, order: ReadonlyArray<(typeof queries)[number]>) {
        yield* control("PUT", "/chaos", { seed, rate: 0.3, faults: [{ code: 121001 }, { code: 2200 }] })
        const codes = yield* Effect.forEach(order, (query) =>
          Effect.map(list(token, query), ({ body }) => [query.start_time, body?.code] as const),
        )
        return Object.fromEntries(codes)
      })
      const first = yield* run("a", queries)
      assert.deepStrictEqual(yield* run("a", queries.toReversed()), first)
      assert.notDeepEqual(yield* run("b", queries), first)
      const failed = Object.values(first).filter((code) => code !== 0).length
      assert.isTrue(failed > 3 && failed < 30)
      assert.strictEqual(new Set(Object.values(first)).size, 3)
    }).pipe(provideMock({ rateLimit: "off" })),
  )

  it.effect("chaos: the same pages fail after a reset, although their tokens are others", () =>
    Effect.gen(function* () {
      const chaos = { seed: 1, rate: 0.5, faults: [{ code: 121001 }] }
      const run = Effect.gen(function* () {
        const token = yield* tokenOf()
        yield* control("PUT", "/chaos", chaos)
        const codes: Array<number | undefined> = []
        const tokens: Array<string> = []
        let next: string | undefined
        // Each page is asked for until it comes, as a client would.
        do {
          const query = { ...goodQuery, page_size: "1", ...(next === undefined ? {} : { page_token: next }) }
          const { body } = yield* list(token, query)
          codes.push(body?.code)
          if (body?.data === undefined) continue
          next = body.data.page_token
          if (next !== undefined) tokens.push(next)
        } while (next !== undefined || codes.at(-1) !== 0)
        return { codes, tokens }
      })
      const before = yield* run
      yield* control("POST", "/reset")
      const after = yield* run
      assert.deepStrictEqual(after.codes, before.codes)
      assert.includeMembers(before.codes, [0, 121001])
      assert.notDeepEqual(after.tokens, before.tokens)
    }).pipe(provideMock({ rateLimit: "off", seed: { ...seed, apps: [seed.apps[0]!, seed.apps[4]!] } })),
  )

  it.effect("a plain status, as from a gateway: with the given headers and body, and nothing of Feishu", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const refused = Effect.map(list(token, goodQuery), ({ headers, status, text }) => ({
        status,
        text,
        type: headers["content-type"],
        retryAfter: headers["retry-after"],
        logId: headers["x-tt-logid"],
        date: headers["date"],
      }))
      const nothing = { type: undefined, retryAfter: undefined, logId: undefined, text: "" }
      const date = "Sat, 31 Jan 2026 09:00:00 GMT"
      yield* control("POST", "/clock", { set: now, frozen: true })
      const first = (then: object) => add({ operation: "*", when: { first: 1 }, then })
      yield* first({ status: 503 })
      assert.deepStrictEqual(yield* refused, { ...nothing, status: 503, date })
      yield* first({
        status: 502,
        headers: { "content-type": "text/html", "Retry-After": "2" },
        body: "<h1>上游</h1>",
      })
      assert.deepStrictEqual(yield* refused, {
        status: 502,
        text: "<h1>上游</h1>",
        type: "text/html",
        retryAfter: "2",
        logId: undefined,
        date,
      })
      yield* first({ status: 204 })
      assert.deepStrictEqual(yield* refused, { ...nothing, status: 204, date })
      yield* first({ status: 500, body: "no" })
      assert.deepStrictEqual((yield* askToken("{}")).text, "no")
      const { body } = yield* control("GET", "/journal")
      assert.deepStrictEqual(
        body.slice(1).map(({ code, fault, status }: Journal.Entry) => [status, code, fault]),
        [
          [503, undefined, "rule-1"],
          [502, undefined, "rule-2"],
          [204, undefined, "rule-3"],
          [500, undefined, "rule-4"],
        ],
      )
      for (const [then, problem] of [
        [{ status: 204, body: "x" }, /body needs a status that may have one/],
        [{ code: 1, body: "x" }, /body needs a status/],
        [{ body: "x" }, /body needs a status/],
        [{ headers: {} }, /headers need a code or a status/],
        [{ status: 600 }, /then\.status: must be a whole number from 200 to 599/],
      ] as const) {
        assert.match((yield* add({ operation: "*", then })).body.problems.join(), problem)
      }
    }).pipe(provideMock()),
  )

  it.effect("S4 of the options and of the seed are there from the start, and after a reset", () =>
    Effect.gen(function* () {
      const rules = Effect.map(control("GET", "/faults"), ({ body }) =>
        body.rules.map(({ fired, operation, then }: { fired: number; operation: string; then: object }) => [
          operation,
          then,
          fired,
        ]),
      )
      const given = (fired: number) => [
        ["oauth.clientCredentials", { delaySeconds: 0 }, 0],
        [listByNo, { code: 121001 }, fired],
      ]
      assert.deepStrictEqual(yield* rules, given(0))
      assert.deepStrictEqual([yield* codeOf, yield* codeOf], [121001, 0])
      assert.deepStrictEqual(yield* rules, given(1))
      yield* add({ operation: "*", then: { status: 500 } })
      yield* control("POST", "/clock", { advance: 60 })
      yield* control("PATCH", "/behaviour", { rateLimit: 7 })
      assert.strictEqual((yield* control("POST", "/reset")).status, 200)
      assert.deepStrictEqual(yield* rules, given(0))
      assert.strictEqual(yield* codeOf, 121001)
      const { body } = yield* control("GET", "/faults")
      assert.deepInclude(body.chaos, { rate: 0, seed: 1 })
      assert.deepStrictEqual((yield* control("GET", "/clock")).body, { now, frozen: true })
      const { body: behaviour } = yield* control("GET", "/behaviour")
      assert.deepInclude(behaviour, { rateLimit: 5, monthlyQuota: 100, detailsRateLimit: 1_000 })
    }).pipe(
      provideMock({
        now: undefined,
        seed: {
          ...seed,
          faults: [{ operation: listByNo, when: { nth: 1 }, then: { code: 121001 } }],
          chaos: { rate: 1 },
          clock: { now: "2026-01-31T09:00:00Z", frozen: true },
          behaviour: { rateLimit: 9, monthlyQuota: 100 },
        },
        faults: [{ operation: "oauth.token", then: { delaySeconds: "0s" } }],
        chaos: { rate: 0 },
        rateLimit: 5,
      }),
    ),
  )

  it.effect("a workspace has those of its own seed", () =>
    Effect.gen(function* () {
      const { body } = yield* control("POST", "/workspaces", {
        faults: [{ operation: "*", then: { status: 500 } }],
        frozen: true,
        seed: { faults: [{ operation: "*", then: { status: 501 } }], chaos: { rate: 0.5 } },
      })
      const own = (yield* control("GET", `/faults?app_id=${body.appId}`)).body
      assert.deepStrictEqual(
        own.rules.map(({ then }: { then: object }) => then),
        [{ status: 500 }, { status: 501 }],
      )
      assert.strictEqual(own.chaos.rate, 0.5)
      assert.isTrue((yield* control("GET", `/clock?app_id=${body.appId}`)).body.frozen)
      assert.deepStrictEqual((yield* control("GET", "/faults")).body, { rules: [], chaos: null })
    }).pipe(provideMock()),
  )

  it.effect("chaos has failures and a seed without being given any", () =>
    Effect.gen(function* () {
      yield* control("PUT", "/chaos", { rate: 1 })
      const { body } = yield* control("GET", "/faults")
      assert.strictEqual(body.chaos.seed, 1)
      assert.strictEqual(body.chaos.faults.length, 4)
      const wrong = yield* control("PUT", "/chaos", { rate: 2, faults: [] })
      assert.match(wrong.body.problems.join(), /fraction from 0 to 1.*at least one failure/)
    }).pipe(provideMock()),
  )

  it.effect("a body is read as JSON, whatever its client says that it is", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ operation: "*", then: { status: 503 } })
      // curl -d and PowerShell, fetch with a text, wget, curl -F.
      for (const type of [
        "application/x-www-form-urlencoded",
        "text/plain;charset=UTF-8",
        "application/octet-stream",
        "application/json; charset=utf-8",
        "",
        "x",
      ]) {
        const headers = { "content-type": type }
        const added = yield* call("/_mock/faults", { method: "POST", body, headers })
        assert.strictEqual(added.status, 200, type)
        const wrong = yield* call("/_mock/faults", { method: "POST", body: "operation=*", headers })
        assert.strictEqual(wrong.status, 400, type)
        assert.deepStrictEqual(JSON.parse(wrong.text).problems, ["the body must be valid JSON"])
      }
      const empty = yield* call("/_mock/faults", { method: "POST" })
      assert.deepStrictEqual(JSON.parse(empty.text).problems, ["must be an object with keys"])
      const state = (yield* call("/_mock/state")).text
      const headers = { "content-type": "application/x-www-form-urlencoded" }
      const restored = yield* call("/_mock/state", { method: "PUT", body: state, headers })
      assert.strictEqual(restored.status, 200)
    }).pipe(provideMock()),
  )

  it.effect("one call by a header of its own", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const answer = yield* call(
        `/open-apis/vc/v1/meetings/list_by_no?${new URLSearchParams(goodQuery).toString()}`,
        {
          headers: { authorization: `Bearer ${token}`, "x-mock-fault": JSON.stringify({ code: 121005 }) },
        },
      )
      assert.deepStrictEqual([answer.status, answer.body?.code], [403, 121005])
      assert.strictEqual(yield* codeOf, 0)
      for (const [header, problem] of [
        ["not JSON", /JSON/],
        ['{"code":1,"network":"stall"}', /must have exactly one of code, status/],
        ['{"cod":1}', /cod/],
      ] as const) {
        const wrong = yield* call("/open-apis/vc/v1/meetings/list_by_no", {
          headers: { "x-mock-fault": header },
        })
        assert.strictEqual(wrong.status, 400)
        assert.match(wrong.text, problem)
      }
    }).pipe(provideMock()),
  )

  it.effect("rows, tokens and lists that are wrong", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const paged = { ...goodQuery, page_size: "1" }
      const withFault = Effect.fnUntraced(function* (paging: string, query: Record<string, string>) {
        yield* control("DELETE", "/faults")
        yield* add({ operation: listByNo, then: { paging } })
        return JSON.parse((yield* list(token, query)).text).data
      })
      const right = JSON.parse((yield* list(token, paged)).text).data
      const token1 = right.page_token
      assert.strictEqual(
        (yield* withFault("repeated token", { ...paged, page_token: token1 })).page_token,
        token1,
      )
      const cycle = yield* withFault("cycle", { ...paged, page_token: token1 })
      yield* control("DELETE", "/faults")
      const again = JSON.parse((yield* list(token, { ...paged, page_token: cycle.page_token })).text).data
      assert.deepStrictEqual(again.meeting_briefs, right.meeting_briefs)
      assert.deepStrictEqual(Object.keys(yield* withFault("missing token", paged)), [
        "has_more",
        "meeting_briefs",
      ])
      const empty = yield* withFault("empty page", { ...paged, page_token: token1 })
      assert.deepStrictEqual([empty.meeting_briefs, empty.has_more], [[], true])
      assert.notStrictEqual(empty.page_token, token1)
      yield* control("DELETE", "/faults")
      const beyond = JSON.parse((yield* list(token, { ...paged, page_token: empty.page_token })).text).data
      const straight = JSON.parse((yield* list(token, { ...paged, page_token: token1 })).text).data
      assert.deepStrictEqual(beyond.meeting_briefs, straight.meeting_briefs)
      assert.strictEqual((yield* withFault("doubled rows", paged)).meeting_briefs.length, 2)
      assert.isNull((yield* withFault("null list", paged)).meeting_briefs)
      assert.isNumber((yield* withFault("numeric ids", paged)).meeting_briefs[0].id)
      assert.notStrictEqual(
        (yield* withFault("foreign row", paged)).meeting_briefs[0].meeting_no,
        goodQuery.meeting_no,
      )
      assert.strictEqual(
        (yield* withFault("row inserted", paged)).meeting_briefs[0].topic,
        "began while the pages were read",
      )
    }).pipe(provideMock()),
  )
})

describe("the journal", () => {
  it.effect("has every request with its answer, and no secret; the control plane is not in it", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      yield* list(token, goodQuery)
      yield* call("/nowhere")
      const entries = (yield* control("GET", "/journal")).body
      assert.deepStrictEqual(
        entries.map(({ code, operation, seq, status }: Record<string, unknown>) => [
          seq,
          operation,
          status,
          code,
        ]),
        [
          [1, "auth.tenantAccessTokenInternal", 200, 0],
          [2, "meetings.listByNo", 200, 0],
          [3, undefined, 404, undefined],
        ],
      )
      assert.deepInclude(entries[1], {
        authorization: "Bearer t-<redacted>",
        appId: "cli_reader",
        query: { ...goodQuery },
      })
      const details = yield* Effect.forEach([1, 2], (seq) => control("GET", `/journal/${seq}`))
      const all = JSON.stringify([entries, details])
      assert.include(all, "<redacted>")
      for (const secret of [token, '"secret"', '\\"secret\\"']) assert.notInclude(all, secret)
      assert.strictEqual((yield* control("GET", "/journal?status=404")).body.length, 1)
      assert.deepStrictEqual((yield* control("GET", "/findings")).body.unmatched.length, 1)
    }).pipe(provideMock()),
  )

  it.effect("S19 has the headers of request and answer by their names, and no secret of them", () =>
    Effect.gen(function* () {
      const then = { status: 503, headers: { "retry-after": "2", "X-Session-Token": "abcdefgh" } }
      yield* control("POST", "/faults", { operation: "*", when: { nth: 2 }, then })
      const headers = {
        authorization: "Bearer t-abcdefgh",
        "proxy-authorization": "Basic YTpiY2RlZmdo",
        cookie: "session=abcdefgh",
        "x-api-key": "abcdefgh",
        referer: "http://127.0.0.1/?token=abcdefgh",
        "x-long": "x".repeat(5_000),
      }
      yield* list("t-abcdefgh", goodQuery)
      yield* call("/open-apis/vc/v1/meetings/list_by_no", { headers })
      const [first, second] = [
        (yield* control("GET", "/journal/1")).body,
        (yield* control("GET", "/journal/2")).body,
      ]
      assert.strictEqual(first.responseHeaders["X-Tt-Logid"], first.logId)
      assert.strictEqual(first.requestHeaders.authorization, "Bearer t-<redacted>")
      assert.strictEqual(second.responseHeaders["retry-after"], "2")
      assert.strictEqual(second.requestHeaders.cookie, "<redacted>")
      assert.strictEqual(second.requestHeaders["…"], "1 not kept: too long for the journal")
      assert.notMatch(JSON.stringify([first, second]), /abcdefgh|YTpi/)
    }).pipe(provideMock()),
  )

  it.effect("keeps the last 1,000 requests", () =>
    Effect.sync(() => {
      const journal = Journal.make(new Set(), KnownSecrets.make())
      const answered = {
        operation: undefined,
        method: "GET",
        authorization: undefined,
        appId: undefined,
        tenant: undefined,
        status: 404,
        logId: "",
        millis: 0,
        pageTokenRefused: undefined,
        fault: undefined,
        resetSeconds: undefined,
        requestHeaders: {},
        responseHeaders: {},
        headerNames: undefined,
        requestBody: "",
        responseBytes: 0,
        responseBody: "",
      }
      for (let count = 1; count <= 2_100; count++) journal.add({ ...answered, time: now, url: `/${count}` })
      const entries = journal.entries()
      assert.strictEqual(entries.length, 1_000)
      assert.deepStrictEqual([entries[0]!.seq, entries.at(-1)!.seq], [1_101, 2_100])
      assert.strictEqual(journal.detail(2_100)?.path, "/2100")
      assert.isUndefined(journal.detail(1_100))
    }),
  )

  it.effect("says which rules no call has met, and who was told a reset by a rule and came before it", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const rule = {
        operation: "meetings.listByNo",
        then: { code: 99991400, headers: { "x-ogw-ratelimit-reset": "7" } },
      }
      yield* control("POST", "/faults", { ...rule, when: { nth: 1 } })
      yield* control("POST", "/faults", { ...rule, when: { nth: 5 } })
      for (let times = 0; times < 2; times++) yield* list(token, goodQuery)
      const { early, unusedFaults } = (yield* control("GET", "/findings")).body
      assert.deepStrictEqual(
        early.map(({ earlyMillis, seq }: Record<string, number>) => [seq, earlyMillis]),
        [[3, 7_000]],
      )
      assert.deepStrictEqual(
        unusedFaults.map(({ id, seen }: { id: string; seen: number }) => [id, seen]),
        [["rule-2", 2]],
      )
    }).pipe(provideMock()),
  )

  it.effect("says who came back before the reset that was told", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      for (let times = 0; times < 3; times++) yield* list(token, goodQuery)
      const { early } = (yield* control("GET", "/findings")).body
      assert.deepStrictEqual(
        early.map(({ earlyMillis, seq }: Record<string, number>) => [seq, earlyMillis]),
        [[4, 60_000]],
      )
    }).pipe(provideMock({ rateLimit: 1 })),
  )

  it.effect("verify compares how often, with what, and in what order, and says what differs", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      yield* list(token, goodQuery)
      yield* list(token, { ...goodQuery, page_size: "5" })
      const verify = (calls: ReadonlyArray<object>, inOrder = false) =>
        Effect.map(control("POST", "/verify", { calls, inOrder }), ({ body }) => body)
      const tokenCall = { operation: "auth.tenantAccessTokenInternal", times: 1 }
      const page = { operation: "meetings.listByNo" }
      assert.deepStrictEqual(yield* verify([tokenCall, { ...page, times: 2 }], true), {
        ok: true,
        differences: [],
      })
      const { differences, ok } = yield* verify([{ ...page, times: 2, query: { page_size: "5" } }])
      assert.isFalse(ok)
      assert.deepStrictEqual(differences, [
        "meetings.listByNo page_size=5: expected 2 calls, got 1; other calls of this operation: #2 page_size=(absent)",
      ])
      const order = yield* verify([page, tokenCall], true)
      assert.match(
        order.differences[0],
        /auth\.tenantAccessTokenInternal: expected as call 2, but not found after call 1/,
      )
      // As in code, and as people who know the function write it over HTTP.
      const ofList = (calls: ReadonlyArray<object>) =>
        Effect.map(control("POST", "/verify", calls), ({ body }) => body)
      assert.deepStrictEqual(yield* ofList([tokenCall, { ...page, times: 2 }]), { ok: true, differences: [] })
      assert.deepStrictEqual((yield* ofList([{ ...page, times: 3 }])).differences, [
        "meetings.listByNo: expected 3 calls, got 2",
      ])
      assert.deepStrictEqual((yield* ofList([{ ...page, times: -1 }])).problems, [
        "0.times: must be a whole number from 0 to 1000000000",
      ])
    }).pipe(provideMock()),
  )

  it.live("is a live stream, too, which a reset does not end", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      yield* Effect.promise(async () => {
        const stop = new AbortController()
        const response = await fetch(`${url}/_mock/journal/live`, { signal: stop.signal })
        assert.match(response.headers.get("content-type") ?? "", /text\/event-stream/)
        const reader = response.body!.getReader()
        await fetch(`${url}/nowhere`)
        let text = ""
        while (!text.includes("/nowhere")) text += new TextDecoder().decode((await reader.read()).value)
        assert.match(text, /data: ?\{"seq":1,/)
        await fetch(`${url}/_mock/reset`, { method: "POST" })
        await fetch(`${url}/after-reset`)
        while (!text.includes("/after-reset")) text += new TextDecoder().decode((await reader.read()).value)
        stop.abort()
      })
    }).pipe(provideMock()),
  )
})

describe("the clock", () => {
  it.effect("goes nowhere where no date could be written", () =>
    Effect.gen(function* () {
      for (const move of [
        { set: "+7000w" },
        { advance: 4e9 },
        { advance: -2 * now },
        { advance: "-4000w" },
      ]) {
        const { body, status } = yield* control("POST", "/clock", move)
        assert.strictEqual(status, 400)
        const [key] = Object.keys(move)
        assert.deepStrictEqual(body.problems, [
          `${key}: the clock goes from 0 to 4294967295, in unix seconds`,
        ])
      }
      assert.strictEqual((yield* control("GET", "/clock")).body.now, now)
    }).pipe(provideMock()),
  )

  it.effect("is that of the test after a reset, too, and leaves no limit behind when it is set back", () =>
    Effect.gen(function* () {
      yield* control("POST", "/reset")
      const token = yield* tokenOf()
      yield* list(token, goodQuery)
      assert.strictEqual((yield* control("GET", "/clock")).body.now, now)
      yield* control("POST", "/clock", { advance: -3_600 })
      assert.strictEqual((yield* list(token, { ...goodQuery, page_size: "1" })).status, 200)
      assert.strictEqual((yield* list(token, goodQuery)).headers["x-ogw-ratelimit-reset"], "60")
    }).pipe(provideMock({ rateLimit: 1 })),
  )

  it.effect("stands, is set and moves on; tokens and windows follow it", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      yield* control("POST", "/clock", { frozen: true })
      yield* list(token, goodQuery)
      assert.strictEqual((yield* list(token, goodQuery)).status, 429)
      yield* control("POST", "/clock", { advance: 60 })
      assert.strictEqual((yield* list(token, goodQuery)).status, 200)
      yield* control("POST", "/clock", { set: now + 7_200 })
      assert.strictEqual((yield* list(token, goodQuery)).body?.code, 99991663)
      assert.deepStrictEqual((yield* control("GET", "/clock")).body, { now: now + 7_200, frozen: true })
      assert.deepInclude((yield* control("POST", "/clock", { frozen: false })).body, { frozen: false })
    }).pipe(provideMock({ rateLimit: 1 })),
  )
})

describe("the month's quota", () => {
  it.effect("says what each tenant has used, and when the next month of UTC+8 begins", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const off = { limit: "off", month: "2026-01", fullAt: 1_769_875_200, tenants: [] }
      assert.deepStrictEqual((yield* control("GET", "/quota")).body, off)
      yield* control("PATCH", "/behaviour", { monthlyQuota: 3 })
      yield* list(token, goodQuery)
      yield* list(token, goodQuery)
      const tenants = [{ tenant: "tenant_a", used: 2, left: 1 }]
      assert.deepStrictEqual((yield* control("GET", "/quota")).body, { ...off, limit: 3, tenants })
      yield* control("POST", "/clock", { set: 1_769_875_200 })
      const { body } = yield* control("GET", "/quota")
      assert.deepStrictEqual([body.month, body.tenants, body.fullAt], ["2026-02", [], 1_772_294_400])
    }).pipe(provideMock()),
  )
})

describe("workspaces", () => {
  it.effect("have state, limits, faults, clock and journal of their own", () =>
    Effect.gen(function* () {
      const added = yield* control("POST", "/workspaces", {
        generate: { numbers: 1, meetings: 3 },
        rateLimit: 1,
        now: now + 1_000_000,
      })
      const { appId, appSecret, meetingNos } = added.body
      const own = yield* call("/open-apis/auth/v3/tenant_access_token/internal", {
        method: "POST",
        body: JSON.stringify({ app_id: appId, app_secret: appSecret }),
      })
      const token = own.body?.tenant_access_token ?? ""
      const query = {
        meeting_no: meetingNos[0],
        start_time: String(now + 1_000_000 - 89 * 86_400),
        end_time: String(now + 1_000_000),
      }
      assert.strictEqual(idsOf(yield* list(token, query)).length, 3)
      assert.strictEqual((yield* list(token, query)).status, 429)
      // The shared one is as it was.
      assert.strictEqual(yield* codeOf, 0)
      yield* control("POST", `/faults?app_id=${appId}`, { operation: "*", then: { code: 121001 } })
      assert.strictEqual(yield* codeOf, 0)
      const journal = (yield* control("GET", `/journal?app_id=${appId}`)).body
      assert.isTrue(journal.every((entry: { appId: string }) => entry.appId === appId))
      assert.strictEqual(journal.length, 3)
      assert.strictEqual((yield* control("DELETE", `/workspaces/${appId}`)).status, 200)
      assert.strictEqual((yield* control("GET", `/journal?app_id=${appId}`)).status, 404)
      assert.strictEqual((yield* control("DELETE", "/workspaces/cli_reader")).status, 404)
    }).pipe(provideMock()),
  )

  it.effect("of one random seed have the same meetings, and tokens of their own", () =>
    Effect.gen(function* () {
      const options = { randomSeed: "x", generate: { numbers: 1, meetings: 3 }, rateLimit: 1 }
      const [one, two] = yield* Effect.forEach([1, 2], () =>
        Effect.gen(function* () {
          const { appId, appSecret, meetingNos } = (yield* control("POST", "/workspaces", options)).body
          const answer = yield* call("/open-apis/auth/v3/tenant_access_token/internal", {
            method: "POST",
            body: JSON.stringify({ app_id: appId, app_secret: appSecret }),
          })
          return { appId, meetingNos, token: answer.body?.tenant_access_token ?? "" }
        }),
      )
      assert.deepStrictEqual(one!.meetingNos, two!.meetingNos)
      assert.notStrictEqual(one!.token, two!.token)
      for (const { token } of [one!, two!]) assert.strictEqual((yield* list(token, goodQuery)).status, 200)
      // One that is revoked is refused in its own workspace, where a test looks for it.
      yield* control("POST", `/tokens/revoke?app_id=${two!.appId}`, {})
      assert.strictEqual((yield* list(two!.token, goodQuery)).body?.code, 99991663)
      assert.strictEqual(
        (yield* control("GET", `/journal?app_id=${two!.appId}&code=99991663`)).body.length,
        1,
      )
    }).pipe(provideMock()),
  )

  it.effect("that would not fit into memory are refused", () =>
    Effect.gen(function* () {
      const { body, status } = yield* control("POST", "/workspaces", {
        generate: { numbers: 1e9, meetings: -1 },
        days: 0,
      })
      assert.strictEqual(status, 400)
      assert.strictEqual(body.problems.length, 3)
    }).pipe(provideMock()),
  )

  it.effect("an app is in one workspace only", () =>
    Effect.gen(function* () {
      const taken = yield* control("POST", "/workspaces", { seed: { apps: [seed.apps[0]] } })
      assert.strictEqual(taken.status, 400)
      assert.match(taken.body.error, /cli_reader is in another workspace/)
      const { appId } = (yield* control("POST", "/workspaces", {})).body
      const snapshot = (yield* control("GET", "/state")).body
      const restored = yield* control("PUT", `/state?app_id=${appId}`, snapshot)
      assert.strictEqual(restored.status, 400)
      assert.match(restored.body.error, /cli_reader is in another workspace/)
    }).pipe(provideMock()),
  )
})

describe("S7 the control plane is for this machine", () => {
  const status = (url: string, headers: Record<string, string>) =>
    Effect.callback<number>((resume) => {
      const { hostname, port } = new URL(url)
      nodeRequest({ hostname, port, path: "/_mock/clock", headers, agent: false }, (response) => {
        response.resume()
        resume(Effect.succeed(response.statusCode ?? 0))
      }).end()
    })

  it.effect("foreign names and origins are refused, and no answer allows another origin", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      const { host } = new URL(url)
      assert.strictEqual(yield* status(url, { host }), 200)
      assert.strictEqual(yield* status(url, { host: `localhost:${new URL(url).port}` }), 200)
      assert.strictEqual(yield* status(url, { host: "evil.example" }), 403)
      assert.strictEqual(yield* status(url, { host: "127.0.0.1.evil.example" }), 403)
      assert.strictEqual(yield* status(url, { host, origin: "http://evil.example" }), 403)
      assert.strictEqual(yield* status(url, { host, origin: `http://${host}` }), 200)
      const { headers } = yield* call("/_mock/health")
      assert.notProperty(headers, "access-control-allow-origin")
    }).pipe(provideMock()),
  )

  it.effect("S8 with a token it asks for that", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* control("GET", "/state")).status, 403)
      const wrong = yield* control("GET", "/state", undefined, { authorization: "Bearer wrong" })
      assert.strictEqual(wrong.status, 403)
      const right = yield* control("GET", "/state", undefined, { authorization: "Bearer let-me-in" })
      assert.strictEqual(right.status, 200)
    }).pipe(provideMock({ controlToken: "let-me-in" })),
  )

  it.effect("S8 on another address it has a token without being asked", () =>
    Effect.gen(function* () {
      const { controlToken } = yield* MockFeishu.MockFeishu
      assert.match(controlToken ?? "", /^[\w-]{32}$/)
      assert.strictEqual((yield* control("GET", "/state")).status, 403)
      const right = yield* control("GET", "/state", undefined, { authorization: `Bearer ${controlToken}` })
      assert.strictEqual(right.status, 200)
    }).pipe(provideMock({ host: "0.0.0.0" })),
  )
})
