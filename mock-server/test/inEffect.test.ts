/** The mock in Effect: its control plane as a service, and a mock whose clock is Effect's `TestClock`. */
import { assert, describe, it, layer } from "@effect/vitest"
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { FetchHttpClient } from "effect/http"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const listByNo = "meetings.listByNo"

/** Gets a token with the credentials of the mock in the context, over any client. */
const tokenOf = Effect.gen(function* () {
  const { appId, appSecret, url } = yield* MockFeishu.MockFeishu
  const body = HttpBody.jsonUnsafe({ app_id: appId, app_secret: appSecret })
  const response = yield* HttpClient.post(url + TenantAccessToken.internalPath, { body })
  return String(Object(yield* response.json)["tenant_access_token"])
})

/** Reads a page, and returns its status and code. */
const page = Effect.fnUntraced(function* (token: string, urlParams: Record<string, string> = goodQuery) {
  const { url } = yield* MockFeishu.MockFeishu
  const request = HttpClientRequest.get(url + ListByNo.path).pipe(
    HttpClientRequest.setUrlParams(urlParams),
    HttpClientRequest.bearerToken(token),
  )
  const response = yield* HttpClient.execute(request)
  const text = yield* response.text
  return [response.status, text === "" ? undefined : Object(JSON.parse(text))["code"]]
})

const inMemory = (options?: MockFeishu.Options) => MockFeishu.layerTest({ seed, now, ...options })

for (const [name, provided] of [
  ["layer", Layer.merge(MockFeishu.layer({ seed, now }), FetchHttpClient.layer)],
  ["layerTest", inMemory()],
] as const) {
  describe(`the control plane of ${name}`, () => {
    it.live("does all that the others do, as a service and by its functions", () =>
      Effect.gen(function* () {
        const mock = yield* MockFeishu.MockFeishu
        const token = yield* tokenOf
        const before = yield* MockFeishu.snapshot
        const rule = yield* MockFeishu.addFault({
          operation: listByNo,
          when: { nth: 1 },
          then: { status: 503, delaySeconds: "0s" },
        })
        assert.deepInclude(rule, { operation: listByNo, seen: 0, then: { status: 503, delaySeconds: 0 } })
        assert.deepStrictEqual(yield* page(token), [503, undefined])
        assert.deepStrictEqual(yield* page(token), [200, 0])
        assert.isFalse((yield* mock.enableFault(rule.id, false)).enabled)
        yield* MockFeishu.removeFault(rule.id)
        assert.deepStrictEqual(yield* MockFeishu.verify([{ operation: listByNo, times: 2 }]), {
          ok: true,
          differences: [],
        })
        const calls = [
          { operation: listByNo, status: 503 },
          { operation: listByNo, status: 200 },
        ] as const
        assert.isTrue((yield* mock.verify(calls, { inOrder: true })).ok)
        const [entry] = yield* MockFeishu.journal({ operation: listByNo, status: 503 })
        assert.deepInclude(entry, { fault: rule.id, status: 503 })
        assert.strictEqual((yield* MockFeishu.journalEntry(entry!.seq)).responseBody, "")
        assert.deepStrictEqual(yield* MockFeishu.moveClock({ set: now + 60, frozen: true }), {
          now: now + 60,
          frozen: true,
        })
        assert.strictEqual((yield* MockFeishu.moveClock({ advance: "1h" })).now, now + 3_660)
        assert.deepStrictEqual(yield* MockFeishu.clock, { now: now + 3_660, frozen: true })
        const meeting = { id: "5", meeting_no: "337736498", topic: "x", start_time: now }
        yield* MockFeishu.putMeetings([meeting])
        assert.strictEqual((yield* MockFeishu.meeting("5")).details?.status, 2)
        yield* MockFeishu.removeMeeting("5")
        assert.strictEqual((yield* MockFeishu.change({ rateLimit: 1 })).rateLimit, 1)
        yield* MockFeishu.chaos({ rate: 1, faults: [{ code: 2200 }] })
        assert.deepStrictEqual(yield* page(token), [500, 2200])
        yield* MockFeishu.calm
        yield* MockFeishu.clearFaults
        assert.strictEqual(yield* MockFeishu.revokeTokens(), 1)
        assert.deepStrictEqual(yield* MockFeishu.findings, { unmatched: [], unusedFaults: [], early: [] })
        yield* MockFeishu.restore(before)
        assert.deepStrictEqual((yield* MockFeishu.snapshot).seed, before.seed)
        yield* MockFeishu.reset
        assert.deepStrictEqual(yield* MockFeishu.journal(), [])
      }).pipe(Effect.provide(provided)),
    )

    it.live("fails with the mock's own message, and every mistake", () =>
      Effect.gen(function* () {
        const wrong = yield* Effect.flip(
          MockFeishu.addFault({ operation: "meetings.nope" as never, then: {} }),
        )
        assert.instanceOf(wrong, MockFeishu.Refused)
        assert.match(wrong.message, /^invalid request\n {2}operation: must be one of meetings\.listByNo/)
        assert.strictEqual(wrong.problems.length, 2)
        const { message } = yield* Effect.flip(MockFeishu.removeFault("rule-9"))
        assert.strictEqual(message, "there is no rule rule-9")
        yield* Effect.catchTag(MockFeishu.meeting("nope"), "MockFeishuRefused", () => Effect.void)
      }).pipe(Effect.provide(provided)),
    )

    it.live("adds workspaces, which take the place of the mock and are gone with their scope", () =>
      Effect.gen(function* () {
        const shared = yield* MockFeishu.MockFeishu
        const [own, appId] = yield* Effect.gen(function* () {
          const { appId } = yield* MockFeishu.MockFeishu
          const token = yield* tokenOf
          yield* MockFeishu.addFault({ operation: listByNo, when: { first: 1 }, then: { code: 121001 } })
          const codes = [yield* page(token, { ...goodQuery, meeting_no: "146453285" }), yield* page(token)]
          return [codes, appId] as const
        }).pipe(
          Effect.provideServiceEffect(
            MockFeishu.MockFeishu,
            MockFeishu.workspace({ seed: { generate: [{ meeting_no: "146453285", count: 3 }] }, now }),
          ),
          Effect.scoped,
        )
        assert.deepStrictEqual(own, [
          [500, 121001],
          [200, 0],
        ])
        assert.notStrictEqual(appId, shared.appId)
        assert.deepStrictEqual(yield* MockFeishu.journal(), [])
        const token = yield* Effect.provideService(tokenOf, MockFeishu.MockFeishu, { ...shared, appId })
        assert.strictEqual(token, "undefined")
      }).pipe(Effect.provide(provided)),
    )
  })
}

/** A client that waits: a request with a deadline, again after a second, at most three times. */
const patiently = (token: string) =>
  page(token).pipe(
    Effect.timeout("10 seconds"),
    Effect.filterOrFail(([status]) => status === 200),
    Effect.retry(Schedule.spaced("1 second").pipe(Schedule.upTo({ times: 2 }))),
  )

describe("a mock whose clock is the TestClock", () => {
  it.effect("starts where now says, and shows what the test shows", () =>
    Effect.gen(function* () {
      const millis = TestClock.testClockWith((clock) => Effect.succeed(clock.currentTimeMillisUnsafe()))
      assert.strictEqual(yield* millis, now * 1000)
      yield* TestClock.adjust("90 minutes")
      assert.deepStrictEqual(yield* MockFeishu.clock, { now: now + 5_400, frozen: true })
      yield* MockFeishu.moveClock({ advance: "-30m" })
      assert.strictEqual(yield* millis, (now + 3_600) * 1000)
      yield* TestClock.setTime((now + 10) * 1000)
      const token = yield* tokenOf
      assert.strictEqual((yield* MockFeishu.journal())[0]?.time, (now + 10) * 1000)
      // A token lives for two hours, by the same clock.
      yield* TestClock.adjust("2 hours")
      assert.deepStrictEqual(yield* page(token), [400, 99991663])
      const snapshot = yield* MockFeishu.snapshot
      yield* MockFeishu.reset
      assert.strictEqual(yield* millis, now * 1000)
      yield* MockFeishu.restore(snapshot)
      assert.strictEqual(yield* millis, (now + 7_210) * 1000)
    }).pipe(Effect.provide(inMemory())),
  )

  it.effect("starts where the test has set it, and never in 1970", () =>
    Effect.gen(function* () {
      const start = Effect.provide(MockFeishu.clock, MockFeishu.layerTest())
      assert.strictEqual((yield* start).now, now)
      yield* TestClock.setTime((now + 86_400) * 1000)
      assert.strictEqual((yield* start).now, now + 86_400)
      const inSeed = MockFeishu.layerTest({ seed: { ...seed, clock: { now: now + 5 } } })
      assert.strictEqual((yield* Effect.provide(MockFeishu.clock, inSeed)).now, now + 5)
    }),
  )

  it.effect(
    "delays, deadlines and retries are in the time of the test, and adjust waits for every answer",
    () =>
      Effect.gen(function* () {
        const token = yield* tokenOf
        yield* MockFeishu.addFault({ operation: listByNo, when: { first: 1 }, then: { delaySeconds: 60 } })
        yield* MockFeishu.addFault({ operation: listByNo, when: { nth: 2 }, then: { network: "stall" } })
        const times: Array<unknown> = []
        const reading = yield* Effect.forkChild(
          Effect.andThen(
            patiently(token),
            Effect.map(MockFeishu.clock, ({ now }) => times.push(now)),
          ),
        )
        // Two deadlines of ten seconds, each with a second after it.
        yield* TestClock.adjust("21 seconds")
        assert.deepStrictEqual(times, [])
        yield* TestClock.adjust("1 second")
        assert.deepStrictEqual(times, [now + 22])
        yield* Fiber.join(reading)
        assert.isTrue((yield* MockFeishu.verify([{ operation: listByNo, times: 2 }])).ok)
      }).pipe(Effect.provide(inMemory())),
  )

  it.effect("a hundred readers that wait for the limit have all read when adjust returns", () =>
    Effect.gen(function* () {
      const token = yield* tokenOf
      let read = 0
      const reader = page(token).pipe(
        Effect.filterOrFail(([status]) => status === 200),
        Effect.retry(Schedule.spaced("7 seconds")),
        Effect.tap(() => Effect.sync(() => read++)),
      )
      const readers = yield* Effect.forkChild(
        Effect.all(
          Array.from({ length: 100 }, () => reader),
          { concurrency: "unbounded" },
        ),
      )
      for (const expected of [10, 20, 30]) {
        yield* MockFeishu.moveClock({ advance: 63 })
        assert.strictEqual(read, expected + 10)
      }
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(read, 100)
      yield* Fiber.join(readers)
    }).pipe(Effect.provide(inMemory({ rateLimit: 10 }))),
  )

  it.effect("a clock that could go wrong is refused", () =>
    Effect.gen(function* () {
      const running = yield* Effect.flip(MockFeishu.moveClock({ frozen: false }))
      assert.match(running.message, /TestClock, which stands still until it is moved/)
      for (const options of [{ now: now + 1 }, { seed: { clock: { now } } }]) {
        const own = yield* Effect.scoped(Effect.flip(MockFeishu.workspace(options)))
        assert.match(own.message, /all workspaces of this mock have Effect's TestClock/)
      }
      yield* Effect.scoped(
        Effect.gen(function* () {
          const own = yield* MockFeishu.workspace({ rateLimit: 1 })
          yield* own.moveClock({ advance: "1h" })
          assert.strictEqual((yield* MockFeishu.clock).now, now + 3_600)
        }),
      )
      const live = yield* Effect.exit(TestClock.withLive(tokenOf))
      assert.isTrue(Exit.isFailure(live))
      assert.match(Cause.pretty((live as Exit.Failure<never, never>).cause), /another clock than the mock/)
    }).pipe(Effect.provide(inMemory())),
  )

  it.live("a mock that was built outside of the test is refused in it", () =>
    Effect.gen(function* () {
      const inTest = yield* Effect.exit(Effect.provide(tokenOf, TestClock.layer()))
      assert.match(
        Cause.pretty((inTest as Exit.Failure<never, never>).cause),
        /Build MockFeishu\.layerTest in the test/,
      )
      assert.match(yield* tokenOf, /^t-/)
    }).pipe(Effect.provide(inMemory())),
  )
})

layer(inMemory())("a mock for a file of tests", (it) => {
  it.effect("has the clock of each of them", () =>
    Effect.gen(function* () {
      assert.match(yield* tokenOf, /^t-/)
      yield* TestClock.adjust("1 hour")
      assert.strictEqual((yield* MockFeishu.clock).now, now + 3_600)
    }),
  )
})

describe("the client of layerTest", () => {
  for (const [network, expected] of [
    ["refuse", /ECONNREFUSED/],
    ["reset before headers", /ECONNRESET/],
    ["reset in mid-body", /ECONNRESET/],
    ["end in mid-body", /ECONNRESET/],
    ["wrong length", /ECONNRESET/],
    ["stall", /TimeoutError/],
    ["stall in mid-body", /TimeoutError/],
    ["drip", /TimeoutError/],
    ["truncated JSON", /SyntaxError/],
    ["garbage", /SyntaxError/],
    ["HTML", /SyntaxError/],
  ] as const) {
    it.effect(`${network} is its failure`, () =>
      Effect.gen(function* () {
        const token = yield* tokenOf
        yield* MockFeishu.addFault({ operation: listByNo, then: { network } })
        const asked = yield* Effect.forkChild(Effect.exit(Effect.timeout(page(token), "5 seconds")))
        yield* TestClock.adjust("5 seconds")
        const exit = yield* Fiber.join(asked)
        assert.match(Cause.pretty((exit as Exit.Failure<never, never>).cause), expected)
      }).pipe(Effect.provide(inMemory())),
    )
  }

  it.effect("streams what the mock streams, until it is interrupted", () =>
    Effect.gen(function* () {
      const { url } = yield* MockFeishu.MockFeishu
      const response = yield* HttpClient.get(`${url}/_mock/journal/live`)
      const events: Array<string> = []
      const watching = yield* response.stream.pipe(
        Stream.decodeText(),
        Stream.runForEach((text) => Effect.sync(() => events.push(text))),
        Effect.forkChild,
      )
      yield* Effect.yieldNow
      yield* tokenOf
      yield* TestClock.adjust("1 second")
      assert.match(events.join(""), /"operation":"auth\.tenantAccessTokenInternal"/)
      yield* Fiber.interrupt(watching)
    }).pipe(Effect.provide(inMemory())),
  )
})
