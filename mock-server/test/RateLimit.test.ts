import { assert, describe, it } from "@effect/vitest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as ControlClient from "../src/library/ControlClient.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import { type Answer, call, list, tokenOf } from "./feishu.ts"
import * as Scopes from "../src/protocol/Scopes.ts"
import * as RateLimit from "../src/state/RateLimit.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const provideMock = (options?: MockFeishu.Options) =>
  Effect.provide(MockFeishu.layer({ seed, now, ...options }))
const refusals = (answers: ReadonlyArray<Answer>) => answers.filter((answer) => answer.status === 429)

describe("the rate limit", () => {
  it.effect("S12 lets exactly 100 of 1,000 parallel requests pass in a window", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      for (let window = 0; window < 2; window++) {
        const answers = yield* Effect.all(
          Array.from({ length: 1000 }, () => list(token, goodQuery)),
          { concurrency: 100 },
        )
        assert.strictEqual(answers.filter((answer) => answer.status === 200).length, 100)
        const refused = refusals(answers)
        assert.strictEqual(refused.length, 900)
        for (const { headers } of refused) {
          assert.strictEqual(headers["x-ogw-ratelimit-limit"], "100")
          assert.strictEqual(headers["x-ogw-ratelimit-reset"], "60")
        }
        yield* TestClock.adjust("60 seconds")
      }
    }).pipe(provideMock()),
  )

  it.effect("refuses with the documented body to the letter; the log id is in the header", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      yield* list(token, goodQuery)
      const { headers, text } = yield* list(token, goodQuery)
      assert.strictEqual(text, `{"code":99991400,"msg":"request trigger frequency limit"}`)
      assert.match(headers["x-tt-logid"] ?? "", /^\d{14}[0-9A-F]{20}$/)
    }).pipe(provideMock({ rateLimit: 1 })),
  )

  it.effect("has a window that starts with the first request, and tells the whole seconds to its end", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const reset = Effect.map(list(token, goodQuery), (answer) => answer.headers["x-ogw-ratelimit-reset"])
      yield* TestClock.adjust("17 seconds")
      assert.strictEqual(yield* reset, undefined)
      yield* TestClock.adjust("7500 millis")
      assert.strictEqual(yield* reset, "53")
      yield* TestClock.adjust("52 seconds")
      assert.strictEqual(yield* reset, "1")
      yield* TestClock.adjust("499 millis")
      assert.strictEqual(yield* reset, "1")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(yield* reset, undefined)
    }).pipe(provideMock({ rateLimit: 1 })),
  )

  it.effect("counts apps apart", () =>
    Effect.gen(function* () {
      const statuses = yield* Effect.forEach(["cli_reader", "cli_reader", "cli_newer_scope"], (app) =>
        Effect.map(
          Effect.flatMap(tokenOf(app), (token) => list(token, goodQuery)),
          (answer) => answer.status,
        ),
      )
      assert.deepStrictEqual(statuses, [200, 429, 200])
    }).pipe(provideMock({ rateLimit: 1 })),
  )

  it.effect("counts every request with a valid token, and none without", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      yield* list("t-wrong", goodQuery)
      yield* list(token, {})
      yield* list(token, { ...goodQuery, meeting_no: "1" })
      const statuses = [yield* list(token, goodQuery), yield* list(token, goodQuery)].map(
        ({ status }) => status,
      )
      assert.deepStrictEqual(statuses, [200, 429])
    }).pipe(provideMock({ rateLimit: 3 })),
  )

  it.effect("is told after the fields were checked", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      yield* list(token, goodQuery)
      assert.strictEqual((yield* list(token, {})).body?.code, 99992402)
      assert.strictEqual((yield* list(token, { ...goodQuery, meeting_no: "1" })).body?.code, 99991400)
    }).pipe(provideMock({ rateLimit: 1 })),
  )

  it.effect("can be switched off", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const answers = yield* Effect.all(Array.from({ length: 150 }, () => list(token, goodQuery)))
      assert.strictEqual(refusals(answers).length, 0)
    }).pipe(provideMock({ rateLimit: "off" })),
  )
})

describe("the rate limit of one meeting", () => {
  const get = (token: string, path: string) =>
    call(`/open-apis/vc/v1/meetings/${path}`, { headers: { authorization: `Bearer ${token}` } })
  const meeting = seed.meetings[1]!.id
  const provideMock = (options?: MockFeishu.Options) =>
    Effect.provide(
      MockFeishu.layer({
        seed: { ...seed, apps: Arr.map(seed.apps, (app) => ({ ...app, scopes: Scopes.all })) },
        now,
        ...options,
      }),
    )
  /** How many pass, and what the first refusal names. */
  const send = Effect.fnUntraced(function* (token: string, path: string, requests: number) {
    const answers = yield* Effect.all(
      Array.from({ length: requests }, () => get(token, path)),
      { concurrency: 50 },
    )
    const [refusal] = refusals(answers)
    return [
      answers.length - refusals(answers).length,
      refusal?.headers["x-ogw-ratelimit-limit"],
      refusal?.headers["x-ogw-ratelimit-reset"],
    ]
  })

  it.effect("of details and recordings has two windows, each of their own, and the list counts apart", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      assert.deepStrictEqual(yield* send(token, meeting, 60), [50, "50", "1"])
      assert.deepStrictEqual(yield* send(token, `${meeting}/recording`, 60), [50, "50", "1"])
      assert.strictEqual((yield* list(token, goodQuery)).status, 200)
      for (let second = 1; second < 20; second++) {
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(yield* send(token, meeting, 50), [50, undefined, undefined])
      }
      yield* TestClock.adjust("1 second")
      // The thousand of this minute are used up, which began 20 seconds ago.
      assert.deepStrictEqual(yield* send(token, meeting, 10), [0, "1000", "40"])
      assert.deepStrictEqual(yield* send(token, `${meeting}/recording`, 10), [10, undefined, undefined])
      yield* TestClock.adjust("40 seconds")
      assert.deepStrictEqual(yield* send(token, meeting, 10), [10, undefined, undefined])
    }).pipe(provideMock()),
  )

  it.effect("is a number for each endpoint, and one for the second; rateLimit off switches off all", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const { url } = yield* MockFeishu.MockFeishu
      const { change } = ControlClient.connect({ url })
      const passed = Effect.fnUntraced(function* (changes: Parameters<typeof change>[0]) {
        yield* Effect.promise(() => change(changes))
        const counts: Array<number> = []
        for (const path of [meeting, `${meeting}/recording`]) {
          counts.push(Number((yield* send(token, path, 12))[0]))
        }
        return counts
      })
      assert.deepStrictEqual(yield* passed({}), [5, 7])
      assert.deepStrictEqual(yield* passed({ rateLimitPerSecond: 3 }), [3, 3])
      assert.deepStrictEqual(yield* passed({ rateLimitPerSecond: "off", detailsRateLimit: "off" }), [12, 7])
      assert.deepStrictEqual(yield* passed({ detailsRateLimit: 2, rateLimit: "off" }), [12, 12])
    }).pipe(provideMock({ detailsRateLimit: 5, recordingRateLimit: 7 })),
  )

  for (const [rateHeaders, limit, reset] of [
    ["refuses", "50", "1"],
    ["longest", "1000", "43"],
  ] as const) {
    it.effect(`rateHeaders ${rateHeaders}: what a refusal by the second names`, () =>
      Effect.gen(function* () {
        const token = yield* tokenOf()
        yield* get(token, meeting)
        yield* TestClock.adjust("17 seconds")
        assert.deepStrictEqual(yield* send(token, meeting, 60), [50, limit, reset])
      }).pipe(provideMock({ rateHeaders })),
    )
  }

  it.effect("is shown by the control plane with each of its windows, as long as it is not full", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const shown = Effect.map(call("/_mock/limits"), ({ text }) =>
        JSON.parse(text).map(({ app: _app, tenant: _tenant, ...limit }: Record<string, unknown>) => limit),
      )
      yield* get(token, meeting)
      yield* get(token, `${meeting}/recording`)
      const minute = { requests: 1_000, windowSeconds: 60, left: 999, fullAt: now + 60 }
      const second = { requests: 50, windowSeconds: 1, left: 49, fullAt: now + 1 }
      assert.deepStrictEqual(yield* shown, [
        { api: "getMeeting", ...minute },
        { api: "getMeeting", ...second },
        { api: "getRecording", ...minute },
        { api: "getRecording", ...second },
      ])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* shown, [
        { api: "getMeeting", ...minute },
        { api: "getRecording", ...minute },
      ])
    }).pipe(provideMock()),
  )

  it.effect("is named with its minute by a failure on demand", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf()
      const { url } = yield* MockFeishu.MockFeishu
      const { addFault } = ControlClient.connect({ url })
      yield* Effect.promise(() => addFault({ operation: "*", then: { code: 99991400 } }))
      assert.deepStrictEqual(yield* send(token, meeting, 1), [0, "1000", "60"])
      const { headers } = yield* list(token, goodQuery)
      assert.strictEqual(headers["x-ogw-ratelimit-limit"], "100")
    }).pipe(provideMock()),
  )
})

/** The time at which the next request passes, from the times of all that have passed: as plainly as it can be said. */
const passesAt: Record<
  RateLimit.RateWindow,
  (window: RateLimit.Window, passed: ReadonlyArray<number>, now: number) => number
> = {
  fixed: ({ requests, windowSeconds }, passed, now) => {
    let began = Number.NEGATIVE_INFINITY
    let count = 0
    for (const at of passed) {
      if (at >= began + windowSeconds * 1000) [began, count] = [at, 0]
      count++
    }
    const end = began + windowSeconds * 1000
    return now >= end || count < requests ? now : end
  },
  sliding: ({ requests, windowSeconds }, passed, now) => {
    const nth = passed.at(-requests)
    return nth === undefined ? now : Math.max(now, nth + windowSeconds * 1000)
  },
  bucket: ({ requests, windowSeconds }, passed, now) => {
    const each = (windowSeconds * 1000) / requests
    // In milliseconds of flow: a request takes `each`, and the bucket holds all of them.
    let level = windowSeconds * 1000
    let last = passed[0] ?? now
    for (const at of passed) {
      level = Math.min(windowSeconds * 1000, level + at - last) - each
      last = at
    }
    level = Math.min(windowSeconds * 1000, level + now - last)
    // Three requests in ten seconds are not whole milliseconds apart.
    return level + 1e-6 >= each ? now : now + each - level
  },
}

describe("several windows at once", () => {
  const whole = (minimum: number, maximum: number) => Schema.Int.check(Schema.isBetween({ minimum, maximum }))

  it.effect.prop(
    "let a request pass when each of them does, count it in each then, and in none otherwise",
    {
      requests: Schema.Tuple([whole(1, 12), whole(1, 5)]),
      rateWindow: Schema.Literals(["fixed", "sliding", "bucket"]),
      rateHeaders: Schema.Literals(["refuses", "longest"]),
      gaps: Schema.Array(Schema.Union([whole(0, 20), whole(0, 1_200), whole(0, 12_000)])),
    },
    ({ gaps, rateHeaders, rateWindow, requests: [long, short] }) =>
      Effect.sync(() => {
        const windows = [
          { requests: long, windowSeconds: 10 },
          { requests: short, windowSeconds: 1 },
        ] as const
        const limit = RateLimit.make(rateWindow, rateHeaders)
        const passed: Array<number> = []
        let now = 1_000_000
        for (const gap of gaps) {
          now += gap
          const refusal = limit.take({ api: "", app: "", tenant: "" }, () => windows, now)
          const [ofLong, ofShort] = windows.map((window) => passesAt[rateWindow](window, passed, now))
          const refuses = Math.max(ofLong!, ofShort!)
          assert.strictEqual(refusal === undefined, refuses <= now)
          if (refusal === undefined) {
            passed.push(now)
            continue
          }
          const isShort = rateHeaders === "refuses" && ofShort! > ofLong!
          assert.strictEqual(refusal.limit, isShort ? short : long)
          if (isShort || rateHeaders === "refuses") {
            assert.closeTo(refusal.resetSeconds, Math.max(1, Math.ceil((refuses - now) / 1000 - 1e-6)), 0)
          } else assert.isAtLeast(refusal.resetSeconds, 1)
        }
        for (const { windowSeconds } of windows) {
          const count = limit.counts(now).find((one) => one.windowSeconds === windowSeconds)
          assert.isAtLeast(count?.left ?? 0, 0)
        }
      }),
    { arbitrary: { runs: 1_000, size: 60 } },
  )
})
