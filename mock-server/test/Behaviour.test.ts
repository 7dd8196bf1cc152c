import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import * as ControlClient from "../src/library/ControlClient.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import { list, tokenOf } from "./feishu.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const provideMock = (options: MockFeishu.Options) =>
  Effect.provide(MockFeishu.layer({ seed, now, ...options }))

const dataOf = (query: Record<string, string>) =>
  Effect.map(
    Effect.flatMap(tokenOf(), (token) => list(token, query)),
    ({ text }) => JSON.parse(text).data,
  )

const empty = { ...goodQuery, meeting_no: "999999999" }

describe("switches", () => {
  for (const [emptyList, expected] of [
    ["[]", { has_more: false, meeting_briefs: [] }],
    ["null", { has_more: false, meeting_briefs: null }],
    ["absent", { has_more: false }],
  ] as const) {
    it.effect(`emptyList ${emptyList}: how a page without rows is written`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* dataOf(empty), expected)
      }).pipe(provideMock({ emptyList })),
    )
  }

  for (const [lastPageToken, expected] of [
    ["absent", undefined],
    ["empty", ""],
  ] as const) {
    it.effect(`lastPageToken ${lastPageToken}: the page token of the last page`, () =>
      Effect.gen(function* () {
        assert.strictEqual((yield* dataOf(goodQuery)).page_token, expected)
      }).pipe(provideMock({ lastPageToken })),
    )
  }

  const whenBound = [
    "given for another end_time",
    "given for another start_time",
    "given for another page_size",
    "given for another start_time, end_time, page_size",
    "given for another meeting_no, end_time",
  ]
  for (const [pageTokens, expected] of [
    ["bound", [undefined, ...whenBound]],
    ["free", [undefined, undefined, undefined, undefined, undefined, "given for another meeting_no"]],
  ] as const) {
    it.effect(`pageTokens ${pageTokens}: which query a page token is good for, and why it is refused`, () =>
      Effect.gen(function* () {
        const { url } = yield* MockFeishu.MockFeishu
        const { journal, reset } = ControlClient.connect({ url })
        const reasons = Effect.map(
          Effect.promise(() => journal({ operation: "meetings.listByNo" })),
          (entries) => entries.map(({ code, pageTokenRefused }) => [code, pageTokenRefused]),
        )
        const told = (reason: string | undefined) => [reason === undefined ? 0 : 121003, reason]
        const own: Record<string, string> = { ...goodQuery, page_size: "1" }
        const { body } = yield* list(yield* tokenOf(), own)
        const ask = Effect.fnUntraced(function* (change: Record<string, string>) {
          const page_token = body?.data?.page_token ?? ""
          return yield* list(yield* tokenOf(), { ...own, page_token, ...change })
        })
        const moved = (name: string, by: number) => ({ [name]: String(Number(own[name]) + by) })
        yield* ask({})
        yield* ask(moved("end_time", 1))
        yield* ask(moved("start_time", 1))
        yield* ask(moved("page_size", 1))
        yield* ask({ ...moved("start_time", 1), ...moved("end_time", -1), ...moved("page_size", 1) })
        yield* ask({ ...moved("end_time", 1), meeting_no: "337736499" })
        yield* ask({ page_token: "2" })
        assert.deepStrictEqual(yield* reasons, [undefined, ...expected, "not one that was given"].map(told))
        yield* Effect.promise(reset)
        yield* ask({})
        yield* ask({ page_token: "x".repeat(40) })
        assert.deepStrictEqual(yield* reasons, ["given before a reset", "not one that was given"].map(told))
      }).pipe(provideMock({ pageTokens })),
    )
  }

  it.effect("pageTokens is bound in a snapshot from before there was this switch", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      const { restore, snapshot } = ControlClient.connect({ url })
      const taken = yield* Effect.promise(snapshot)
      assert.strictEqual(taken.behaviour.pageTokens, "free")
      const { pageTokens: _, ...older } = taken.behaviour
      yield* Effect.promise(() => restore({ ...taken, behaviour: older as typeof taken.behaviour }))
      const { behaviour } = yield* Effect.promise(snapshot)
      assert.deepStrictEqual(behaviour, { ...taken.behaviour, pageTokens: "bound" })
    }).pipe(provideMock({ pageTokens: "free" })),
  )

  for (const rateStatus of [429, 400] as const) {
    it.effect(`rateStatus ${rateStatus}: the HTTP status of a refusal`, () =>
      Effect.gen(function* () {
        const token = yield* tokenOf()
        yield* list(token, goodQuery)
        const { body, headers, status } = yield* list(token, goodQuery)
        assert.deepStrictEqual([status, body?.code], [rateStatus, 99991400])
        assert.strictEqual(headers["x-ogw-ratelimit-reset"], "60")
      }).pipe(provideMock({ rateStatus, rateLimit: 1 })),
    )
  }

  /** Requests at 30, 45, 45, 61, 61 and 106 s: which of them pass with two a minute. */
  const passed = Effect.gen(function* () {
    const token = yield* tokenOf()
    const statuses: Array<number> = []
    for (const wait of [
      "30 seconds",
      "15 seconds",
      "0 seconds",
      "16 seconds",
      "0 seconds",
      "45 seconds",
    ] as const) {
      yield* TestClock.adjust(wait)
      statuses.push((yield* list(token, goodQuery)).status)
    }
    return statuses
  })
  for (const [rateWindow, expected] of [
    // The window starts at 30 s and ends at 90 s.
    ["fixed", [200, 200, 429, 429, 429, 200]],
    // The first passed at 30 s, the second at 45 s: at 106 s both are over.
    ["sliding", [200, 200, 429, 429, 429, 200]],
    // Another one every 30 s.
    ["bucket", [200, 200, 429, 200, 429, 200]],
  ] as const) {
    it.effect(`rateWindow ${rateWindow}: how requests are counted`, () =>
      Effect.gen(function* () {
        assert.deepStrictEqual(yield* passed, [...expected])
      }).pipe(provideMock({ rateWindow, rateLimit: 2 })),
    )
  }

  it.effect("rateWindow sliding differs from fixed: a window's late requests count against the next", () =>
    Effect.gen(function* () {
      for (const [rateWindow, expected] of [
        ["fixed", 200],
        ["sliding", 429],
      ] as const) {
        yield* Effect.gen(function* () {
          const token = yield* tokenOf()
          yield* list(token, goodQuery)
          yield* TestClock.adjust("50 seconds")
          yield* list(token, goodQuery)
          yield* TestClock.adjust("11 seconds")
          yield* list(token, goodQuery)
          assert.strictEqual((yield* list(token, goodQuery)).status, expected)
        }).pipe(provideMock({ rateWindow, rateLimit: 2 }))
      }
    }),
  )

  it.effect(
    "monthlyQuota: calls of a month, told with 429 and its own code; the next month begins in UTC+8",
    () =>
      Effect.gen(function* () {
        const token = yield* tokenOf()
        const status = Effect.map(list(token, goodQuery), ({ body, status }) => [status, body?.code])
        assert.deepStrictEqual(yield* status, [200, 0])
        assert.deepStrictEqual(yield* status, [200, 0])
        assert.deepStrictEqual(yield* status, [429, 99991403])
        // 2026-01-31T09:00Z is 17:00 in UTC+8: seven hours to go.
        yield* TestClock.adjust("6 hours")
        const later = yield* tokenOf()
        assert.strictEqual((yield* list(later, goodQuery)).body?.code, 99991403)
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* list(yield* tokenOf(), goodQuery)).body?.code, 0)
      }).pipe(provideMock({ monthlyQuota: 2 })),
  )

  it.effect("allowed_ips of an app: other addresses are refused", () =>
    Effect.gen(function* () {
      for (const [allowed_ips, code] of [
        [["127.0.0.1", "::1"], 0],
        [["10.0.0.1"], 99991401],
      ] as const) {
        yield* Effect.gen(function* () {
          assert.strictEqual((yield* list(yield* tokenOf(), goodQuery)).body?.code, code)
        }).pipe(
          Effect.provide(MockFeishu.layer({ seed: { apps: [{ ...seed.apps[0]!, allowed_ips }] }, now })),
        )
      }
    }),
  )
})
