import { assert, describe, it } from "@effect/vitest"
import {
  Cause,
  Clock,
  ConfigProvider,
  type Duration,
  Effect,
  Exit,
  Fiber,
  Inspectable,
  Layer,
  Logger,
  Stream,
} from "effect"
import { HttpClient } from "effect/http"
import { inspect } from "node:util"
import { AccessToken, Cursor, Events, type FeishuClient, Meetings, Retry, Secret } from "@effect-feishu/core"
import * as Fake from "./FakeFeishu.ts"

/** Answers with these, one after another, the last one for ever; how many requests there were. */
const sequence = (...answers: ReadonlyArray<Fake.Answer>) => {
  const tokens = Fake.tokens()
  let requests = 0
  const handler: Fake.Handler = (asked) =>
    Effect.sync(() =>
      Fake.isTokenCall(asked) ? tokens.answer() : answers[Math.min(requests++, answers.length - 1)]!,
    )
  return { handler, requests: () => requests }
}

const readFor = Effect.fnUntraced(function* (
  duration: Duration.Input,
  handler: Fake.Handler,
  options?: FeishuClient.Options<AccessToken.Needs>,
) {
  const fiber = yield* Effect.forkChild(Effect.provide(Fake.read(), Fake.meetings(handler, options)))
  yield* Fake.advance(duration)
  return yield* Fiber.join(fiber)
})

describe("deadlines and slots", () => {
  it.effect(
    "N6 a body that pauses for less than the idle timeout is read to its end, however often it pauses",
    () =>
      Effect.gen(function* () {
        const text = JSON.stringify(Fake.page([1]).body)
        const pieces = Stream.fromIterable(
          [0, 1, 2].map((third) => text.slice((text.length / 3) * third, (text.length / 3) * (third + 1))),
        ).pipe(
          Stream.mapEffect((piece) => Effect.as(Effect.sleep("9 seconds"), piece)),
          Stream.encodeText,
        )
        const { handler, requests } = sequence({ body: pieces })
        assert.deepStrictEqual(yield* readFor("28 seconds", handler), { ids: ["1"], error: undefined })
        assert.strictEqual(requests(), 1)
      }),
  )

  it.effect("N3 the slot of a request without an answer rests longer: it may still arrive", () =>
    Effect.gen(function* () {
      const sent: Array<number> = []
      const tokens = Fake.tokens()
      const handler: Fake.Handler = (asked) =>
        Effect.flatMap(Clock.currentTimeMillis, (time) => {
          if (Fake.isTokenCall(asked)) return Effect.succeed(tokens.answer())
          return sent.push(time) === 1 ? Effect.fail("ECONNRESET") : Effect.succeed(Fake.page([1]))
        })
      const options = { credentials: Fake.credentials, rateLimit: { requests: 1 } }
      assert.deepStrictEqual((yield* readFor("70 seconds", handler, options)).ids, ["1"])
      assert.deepStrictEqual(sent, [0, 65_250])
    }),
  )
})

describe("success is a JSON body with code 0, and nothing else", () => {
  for (const status of [200, 400, 500]) {
    it.effect(`code 0 with HTTP ${status} is success`, () =>
      Effect.gen(function* () {
        const { handler } = sequence({ ...Fake.page([1]), status })
        assert.deepStrictEqual(yield* readFor("1 second", handler), { ids: ["1"], error: undefined })
      }),
    )
  }

  it.effect(
    "H2 when much fails at once, ten retries are left for all calls together; a quiet minute brings them back",
    () =>
      Effect.gen(function* () {
        let broken = true
        let requests = 0
        const tokens = Fake.tokens()
        const handler: Fake.Handler = (asked) =>
          Effect.sync(() => {
            if (Fake.isTokenCall(asked)) return tokens.answer()
            requests++
            return broken ? Fake.failure(500, 121001) : Fake.page([1])
          })
        yield* Effect.gen(function* () {
          const twenty = Effect.all(
            Array.from({ length: 20 }, () => Fake.read()),
            { concurrency: "unbounded" },
          )
          const fiber = yield* Effect.forkChild(twenty)
          yield* Fake.advance("30 seconds")
          const results = yield* Fiber.join(fiber)
          assert.strictEqual(requests, 30)
          assert.isTrue(
            results.every(({ error }) => error?.reason._tag === "ServerFailed" && error.cursor !== undefined),
          )
          assert.isTrue(results.some(({ error }) => error!.message.includes("Not tried again: too many")))
          yield* Fake.advance("2 minutes")
          const again = yield* Effect.forkChild(Fake.read())
          yield* Effect.yieldNow
          broken = false
          yield* Fake.advance("10 seconds")
          assert.deepStrictEqual((yield* Fiber.join(again)).ids, ["1"])
        }).pipe(Effect.provide(Fake.meetings(handler)))
      }),
  )

  it.effect("H1 three times 5xx, then a page: the page comes", () =>
    Effect.gen(function* () {
      const broken = [500, 502, 503].map((status) => ({ status, body: "<p>busy</p>" }))
      const { handler, requests } = sequence(...broken, Fake.page([1]))
      assert.deepStrictEqual((yield* readFor("1 minute", handler)).ids, ["1"])
      assert.strictEqual(requests(), 4)
    }),
  )

  it.effect("A7 a missing scope names those that would do", () =>
    Effect.gen(function* () {
      const subjects = ["vc:meeting:readonly", "vc:meeting.meetingid:read"]
      const { handler } = sequence({
        status: 400,
        body: {
          code: 99991672,
          error: {
            permission_violations: subjects.map((subject) => ({ type: "action_scope_required", subject })),
          },
        },
      })
      const { error } = yield* readFor("1 second", handler)
      assert.deepStrictEqual(error?.reason._tag === "PermissionDenied" && error.reason.scopes, subjects)
      assert.match(
        error!.message,
        /any one of these scopes would do: vc:meeting:readonly, vc:meeting\.meetingid:read/,
      )
    }),
  )

  it.effect("a byte order mark and a foreign content type do not matter", () =>
    Effect.gen(function* () {
      const body = `\uFEFF${JSON.stringify(Fake.page([1]).body)}`
      const { handler } = sequence({ body, headers: { "content-type": "text/plain" } })
      assert.deepStrictEqual((yield* readFor("1 second", handler)).ids, ["1"])
    }),
  )

  const never: ReadonlyArray<readonly [string, Fake.Answer, string, number]> = [
    ["P2 code missing", { body: { data: Fake.page([1]).body } }, "ContractViolation", 1],
    ["P2 code null", { body: { code: null, data: {} } }, "ContractViolation", 1],
    ["P2 code as text", { body: { code: "0", data: {} } }, "ContractViolation", 1],
    ["a code that is not known, with HTTP 200", { body: { code: 7, msg: "no" } }, "RequestRefused", 1],
    ["a code that is not known, with HTTP 502", { status: 502, body: { code: 7 } }, "ServerFailed", 5],
    ["H16 HTTP 408", { status: 408, body: "" }, "ServerFailed", 5],
    ["H16 HTTP 425", { status: 425, body: "" }, "ServerFailed", 5],
    ["H16 HTTP 204", { status: 204, body: "" }, "ContractViolation", 1],
    ["H16 HTTP 206", { status: 206, body: Fake.page([1]).body }, "ContractViolation", 1],
    ["H9 an HTML page with HTTP 200", { body: "<p>log in</p>" }, "ServerFailed", 5],
    ["P1 half a JSON text", { body: '{"code":0,"data":{"meeting_br' }, "ContractViolation", 5],
    ["a 404 in text", { status: 404, body: "404 page not found" }, "RequestRefused", 1],
    ["H13 121003", Fake.failure(400, 121003), "RequestRefused", 1],
    ["A7 99991672", Fake.failure(400, 99991672), "PermissionDenied", 1],
    ["H8 99991403 with HTTP 429", Fake.failure(429, 99991403), "QuotaExceeded", 1],
    ["99991661", Fake.failure(400, 99991661), "AuthenticationFailed", 1],
    ["H2 121001 with HTTP 200, for ever", Fake.failure(200, 121001), "ServerFailed", 5],
    ["P2 a code that is no whole number", { body: { code: 0.5, data: {} } }, "ContractViolation", 1],
    [
      "P20 a row without id",
      { body: { code: 0, data: { meeting_briefs: [{ topic: "x" }] } } },
      "ContractViolation",
      1,
    ],
    [
      "P20 a row with an empty id",
      { body: { code: 0, data: { meeting_briefs: [{ id: "" }] } } },
      "ContractViolation",
      1,
    ],
    [
      "P20 a topic that is a number",
      { body: { code: 0, data: { meeting_briefs: [{ id: "1", topic: 5 }] } } },
      "ContractViolation",
      1,
    ],
    [
      "P10 an id as number, which JSON.parse rounds",
      { body: '{"code":0,"data":{"meeting_briefs":[{"id":7628568641385449001}]}}' },
      "ContractViolation",
      1,
    ],
    [
      "P4 meeting_briefs as object",
      { body: { code: 0, data: { meeting_briefs: {} } } },
      "ContractViolation",
      1,
    ],
    [
      "a body encoded as br",
      { body: "\u0001br", headers: { "content-encoding": "br" } },
      "ContractViolation",
      1,
    ],
  ]
  for (const [name, answer, tag, times] of never) {
    it.effect(`${name}: ${tag} after ${times} request${times === 1 ? "" : "s"}`, () =>
      Effect.gen(function* () {
        const { handler, requests } = sequence(answer)
        const { error, ids } = yield* readFor("1 minute", handler)
        assert.strictEqual(error?.reason._tag, tag)
        assert.deepStrictEqual(ids, [])
        assert.strictEqual(requests(), times)
        assert.isDefined(error!.cursor)
      }),
    )
  }

  for (const [id, data] of [
    ["P3", undefined],
    ["P3", null],
    ["P3", {}],
    ["P4", { meeting_briefs: null }],
    ["P4", { has_more: null, page_token: null }],
  ] as const) {
    it.effect(`${id} data ${JSON.stringify(data)} is an empty page`, () =>
      Effect.gen(function* () {
        const { handler } = sequence({ body: { code: 0, data } })
        assert.deepStrictEqual(yield* readFor("1 second", handler), { ids: [], error: undefined })
      }),
    )
  }

  for (const [id, data] of [
    ["P3", { has_more: true }],
    ["P4", { has_more: true, meeting_briefs: null }],
  ] as const) {
    it.effect(`${id} data ${JSON.stringify(data)} says that there is more: not an empty page`, () =>
      Effect.gen(function* () {
        const { handler } = sequence({ body: { code: 0, data } })
        const { error } = yield* readFor("1 second", handler)
        assert.strictEqual(error?.reason._tag, "PaginationBroken")
        assert.isDefined(error!.cursor)
      }),
    )
  }
})

describe("P3 the answer to a page token", () => {
  const page = { has_more: false, meeting_briefs: [Fake.row(2)] }
  const noPages: ReadonlyArray<object> = [
    {},
    { data: null },
    { data: [] },
    { data: [page] },
    { data: "" },
    { data: "null" },
    { data: 0 },
    { data: true },
    { data: {} },
    { data: { meeting_briefs: null } },
    { data: { meeting_briefs: [] } },
    { data: { meeting_briefs: [Fake.row(2)] } },
    { data: { ...page, has_more: null } },
    { data: { ...page, has_more: "false" } },
    { data: { ...page, has_more: 0 } },
    { data: { ...page, has_more: [] } },
    { data: { page_token: "3", meeting_briefs: [Fake.row(2)] } },
    { data: { items: [], total: 0 } },
    page,
    { tenant_access_token: "t-SECRET-decoy", expire: 7_200 },
    { app_access_token: "t-SECRET-decoy", tenant_access_token: "t-SECRET-decoy", data: page },
    { data: { ...page, access_token: "u-SECRET-decoy", refresh_token: "r-SECRET-decoy" } },
  ]
  for (const body of noPages) {
    it.effect(`is no page: ${JSON.stringify(body)}`, () =>
      Effect.gen(function* () {
        const answer = { body: { code: 0, msg: "ok", ...body } }
        const passing = sequence(Fake.page([1], "2"), answer, Fake.page([2]))
        assert.deepStrictEqual(yield* readFor("1 minute", passing.handler), {
          ids: ["1", "2"],
          error: undefined,
        })
        assert.strictEqual(passing.requests(), 3)

        const lasting = sequence(Fake.page([1], "2"), answer)
        const { error, ids } = yield* readFor("1 minute", lasting.handler)
        assert.deepStrictEqual([ids, lasting.requests()], [["1"], 6])
        assert.strictEqual(error?.reason._tag, "ContractViolation")
        assert.strictEqual(Cursor.toPosition(error!.cursor!)?.pageToken, "2")
        assert.notInclude(error!.message, "SECRET")
      }),
    )
  }

  it.effect("may have no meetings, if it says whether more follow", () =>
    Effect.gen(function* () {
      const { handler } = sequence(
        Fake.page([1], "2"),
        { body: { code: 0, data: { has_more: true, page_token: "3", meeting_briefs: null } } },
        { body: { code: 0, data: { has_more: false } } },
      )
      assert.deepStrictEqual(yield* readFor("1 second", handler), { ids: ["1"], error: undefined })
    }),
  )

  it.effect("a first page with a token of another endpoint is none", () =>
    Effect.gen(function* () {
      for (const name of [
        "tenant_access_token",
        "app_access_token",
        "user_access_token",
        "access_token",
        "refresh_token",
      ]) {
        for (const more of [{ [name]: "t-SECRET-decoy" }, { data: { [name]: "t-SECRET-decoy" } }]) {
          const { handler } = sequence({ body: { code: 0, msg: "ok", ...more } })
          const { error, ids } = yield* readFor("1 minute", handler)
          assert.deepStrictEqual([ids, error?.reason._tag], [[], "ContractViolation"])
          assert.notInclude(error!.message, "SECRET")
        }
      }
    }),
  )
})

describe("refusals by the rate limit", () => {
  const reset = (value: string) => Fake.failure(429, 99991400, { "x-ogw-ratelimit-reset": value })
  const waits: ReadonlyArray<readonly [string, Fake.Answer, number]> = [
    ["H3 429 with reset 52", reset("52"), 52],
    ["H4 429 without a header", Fake.failure(429, 99991400), 60],
    ["H4 429 without JSON", { status: 429, body: "slow down" }, 60],
    ["H5 reset 0", reset("0"), 1],
    ["H5 a negative reset", reset("-3"), 60],
    ["H5 reset abc", reset("abc"), 60],
    ["Retry-After 7", Fake.failure(429, 99991400, { "retry-after": "7" }), 7],
    [
      "H5 Retry-After as a date",
      Fake.failure(429, 99991400, { "retry-after": "Thu, 01 Jan 1970 00:00:30 GMT" }),
      30,
    ],
    ["H6 HTTP 400 with code 99991400", Fake.failure(400, 99991400, { "x-ogw-ratelimit-reset": "5" }), 5],
    ["H6 HTTP 200 with code 99991400", Fake.failure(200, 99991400, { "x-ogw-ratelimit-reset": "5" }), 5],
  ]
  for (const [name, answer, seconds] of waits) {
    it.effect(`${name}: waits ${seconds} s, then reads on`, () =>
      Effect.gen(function* () {
        const { handler, requests } = sequence(answer, Fake.page([1]))
        const fiber = yield* Effect.forkChild(Effect.provide(Fake.read(), Fake.meetings(handler)))
        yield* Fake.advance(`${seconds} seconds`)
        assert.strictEqual(requests(), 1)
        yield* Fake.advance("1 second")
        assert.deepStrictEqual(yield* Fiber.join(fiber), { ids: ["1"], error: undefined })
      }),
    )
  }

  it.effect("H3 a refusal closes the gate for every fiber", () =>
    Effect.gen(function* () {
      const { handler, requests } = sequence(reset("52"), Fake.page([1]))
      yield* Effect.gen(function* () {
        const first = yield* Effect.forkChild(Fake.read())
        yield* Fake.advance("1 second")
        const others = yield* Effect.forkChild(
          Effect.all(
            Array.from({ length: 9 }, () => Fake.read()),
            { concurrency: "unbounded" },
          ),
        )
        yield* Fake.advance("50 seconds")
        assert.strictEqual(requests(), 1)
        yield* Fake.advance("10 seconds")
        assert.deepStrictEqual((yield* Fiber.join(first)).ids, ["1"])
        assert.isTrue((yield* Fiber.join(others)).every(({ ids }) => ids.length === 1))
        assert.strictEqual(requests(), 11)
      }).pipe(Effect.provide(Fake.meetings(handler)))
    }),
  )

  it.effect("a refusal that comes while a token is fetched holds back whoever waits for the token", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      const sentAt: Array<number> = []
      const handler: Fake.Handler = (asked) =>
        Effect.gen(function* () {
          if (Fake.isTokenCall(asked)) {
            if (tokens.count() > 0) yield* Effect.sleep("10 seconds")
            return tokens.answer()
          }
          const number = sentAt.push(yield* Clock.currentTimeMillis)
          if (number === 1) return yield* Effect.delay(Effect.succeed(reset("52")), "5 seconds")
          return number === 2 ? Fake.failure(400, 99991663) : Fake.page([1])
        })
      const two = Effect.all([Fake.read(), Fake.read()], { concurrency: 2 })
      const fiber = yield* Effect.forkChild(Effect.provide(two, Fake.meetings(handler)))
      yield* Fake.advance("2 minutes")
      assert.deepStrictEqual(
        (yield* Fiber.join(fiber)).flatMap(({ ids }) => ids),
        ["1", "1"],
      )
      // The gate closes at 5 s, the token comes at 10 s.
      assert.deepStrictEqual(sentAt.slice(0, 3), [0, 0, 57_250])
    }),
  )

  it.effect("a source that takes its time for every token is waited for", () =>
    Effect.gen(function* () {
      const token = Secret.accessToken("t-SECRET-slow")
      const credentials = Effect.succeed(
        AccessToken.AccessToken.of({
          kind: "given",
          owner: Effect.succeed("slow"),
          get: Effect.delay(Effect.succeed({ value: token, generation: 0 }), "2 seconds"),
          invalidate: () => Effect.void,
        }),
      )
      const { handler } = sequence(Fake.page([1]))
      assert.deepStrictEqual((yield* readFor("10 seconds", handler, { credentials })).ids, ["1"])
    }),
  )

  it.effect("a wall clock that jumps ahead by 20 minutes does not end the patience of 15", () =>
    Effect.gen(function* () {
      const clock = yield* Effect.service(Clock.Clock)
      let ahead = 0
      const millis = () => clock.currentTimeMillisUnsafe() + ahead
      const jumping = {
        ...clock,
        monotonicTimeNanos: clock.monotonicTimeNanos,
        monotonicTimeNanosUnsafe: () => clock.monotonicTimeNanosUnsafe(),
        sleep: (duration: Duration.Duration) => clock.sleep(duration),
        currentTimeMillisUnsafe: millis,
        currentTimeMillis: Effect.sync(millis),
      }
      const { handler } = sequence(reset("52"), reset("52"), reset("52"), Fake.page([1]))
      const jumps: Fake.Handler = (asked) =>
        Effect.tap(handler(asked), () => Effect.sync(() => (ahead += 1_200_000)))
      const reading = Effect.provideService(readFor("5 minutes", jumps), Clock.Clock, jumping)
      assert.deepStrictEqual(yield* reading, { ids: ["1"], error: undefined })
    }),
  )

  it.effect("refusals cost no attempt, and end after 10 in a row, with the cursor", () =>
    Effect.gen(function* () {
      const { handler, requests } = sequence(reset("30"))
      const { error } = yield* readFor("10 minutes", handler)
      assert.strictEqual(error?.reason._tag, "RateLimited")
      assert.strictEqual(requests(), 10)
      assert.isDefined(error!.cursor)
      assert.isTrue(error!.isRetryable)
    }),
  )

  it.effect("refusals and faults in turn stretch neither bound: ten refusals, five faults", () =>
    Effect.gen(function* () {
      const tokens = Fake.tokens()
      let requests = 0
      const handler: Fake.Handler = (asked) =>
        Effect.sync(() => {
          if (Fake.isTokenCall(asked)) return tokens.answer()
          return ++requests % 4 === 0 ? Fake.failure(500, 121001) : reset("10")
        })
      const { error } = yield* readFor("20 minutes", handler)
      assert.strictEqual(error?.reason._tag, "RateLimited")
      assert.strictEqual(requests, 13)
    }),
  )

  it.effect("a refusal of the token call is told once, and does not stop data calls", () =>
    Effect.gen(function* () {
      const refusals: Array<Events.Event> = []
      const fiber = yield* Fake.read().pipe(
        Effect.provide(Fake.meetings(() => Effect.succeed(reset("400")))),
        Effect.provideService(Events.Events, (event) =>
          Effect.sync(() => event._tag === "RateLimitRefused" && refusals.push(event)),
        ),
        Effect.forkChild,
      )
      yield* Fake.advance("1 second")
      assert.strictEqual((yield* Fiber.join(fiber)).error?.reason._tag, "RateLimited")
      assert.deepStrictEqual(refusals, [])
    }),
  )

  it.effect("the exported schedules try this package's own calls again, for whoever wants more", () =>
    Effect.gen(function* () {
      const { handler, requests } = sequence(
        ...Array.from({ length: 7 }, () => Fake.failure(500, 121001)),
        Fake.page([1]),
      )
      const program = Effect.gen(function* () {
        const meetings = yield* Meetings.Meetings
        return yield* meetings.page({ meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } })
      }).pipe(Effect.retry(Retry.transient), Effect.provide(Fake.meetings(handler)))
      const fiber = yield* Effect.forkChild(program)
      yield* Fake.advance("1 minute")
      assert.strictEqual((yield* Fiber.join(fiber)).meetings.length, 1)
      assert.strictEqual(requests(), 8)
    }),
  )

  it.effect("H5 a reset over the longest wait of 300 s is an error that names it, at once", () =>
    Effect.gen(function* () {
      const { handler, requests } = sequence(reset("1e30"))
      const { error } = yield* readFor("1 second", handler)
      assert.match(error!.message, /1e\+30 s, over the longest wait of 300 s/)
      assert.strictEqual(requests(), 1)
    }),
  )
})

describe("deadlines and bounds", () => {
  const slowly = (answer: Effect.Effect<Fake.Answer, string>): Fake.Handler => {
    const tokens = Fake.tokens()
    return (asked) => (Fake.isTokenCall(asked) ? Effect.sync(() => tokens.answer()) : answer)
  }

  it.effect("headers that never come are given up after 20 s, five times", () =>
    Effect.gen(function* () {
      let requests = 0
      const { error } = yield* readFor(
        "150 seconds",
        slowly(Effect.suspend(() => (requests++, Effect.never))),
      )
      assert.match(error!.message, /no headers in time/)
      assert.strictEqual(requests, 5)
    }),
  )

  for (const code of ["EAI_AGAIN", "ENOTFOUND"]) {
    it.effect(`N2 ${code} is tried again, then says to check the base URL`, () =>
      Effect.gen(function* () {
        const { error } = yield* readFor("1 minute", slowly(Effect.fail(code)))
        assert.match(error!.message, /host not found .*Check the base URL.*Given up after 5 requests/)
      }),
    )
  }

  it.effect("a connection that is refused names host and port, and what to do", () =>
    Effect.gen(function* () {
      const { error } = yield* readFor("1 minute", slowly(Effect.fail("ECONNREFUSED")), {
        credentials: Fake.credentials,
        baseUrl: "http://127.0.0.1:9",
      })
      assert.match(error!.message, /127\.0\.0\.1:9: connection refused \(ECONNREFUSED\)\. Check the base URL/)
      assert.match(error!.message, /Given up after 5 requests/)
    }),
  )

  it.effect("a certificate that is refused is not tried again", () =>
    Effect.gen(function* () {
      let requests = 0
      const { error } = yield* readFor(
        "1 second",
        slowly(Effect.suspend(() => (requests++, Effect.fail("CERT_HAS_EXPIRED")))),
      )
      assert.match(error!.message, /certificate refused/)
      assert.strictEqual(requests, 1)
    }),
  )

  it.effect("a body over the cap is stopped", () =>
    Effect.gen(function* () {
      const { handler } = sequence({ body: "x".repeat(1_001) })
      const { error } = yield* readFor("1 second", handler, {
        credentials: Fake.credentials,
        maxBodyBytes: 1_000,
      })
      assert.match(error!.message, /larger than 1000 bytes/)
    }),
  )

  it.effect("a redirect is not followed, and its host is named", () =>
    Effect.gen(function* () {
      const { handler, requests } = sequence({
        status: 302,
        body: "",
        headers: { location: "https://evil.example/x" },
      })
      const { error } = yield* readFor("1 second", handler)
      assert.match(error!.message, /redirects to evil\.example, which was not followed/)
      assert.strictEqual(requests(), 1)
    }),
  )
})

describe("options", () => {
  const refused: ReadonlyArray<readonly [string, FeishuClient.Options<AccessToken.Needs>, RegExp]> = [
    // @ts-expect-error credentials are required
    ["no credentials", {}, /FEISHU_APP_ID and FEISHU_APP_SECRET, or FEISHU_ACCESS_TOKEN/],
    ["plain http", { credentials: Fake.credentials, baseUrl: "http://feishu.example" }, /is not https/],
    ["not a URL", { credentials: Fake.credentials, baseUrl: "open.feishu.cn" }, /is not a URL/],
    [
      "a host like loopback",
      { credentials: Fake.credentials, baseUrl: "http://127.0.0.1.example.com" },
      /is not https/,
    ],
    [
      "a query in the URL",
      { credentials: Fake.credentials, baseUrl: "https://feishu.example?" },
      /query or fragment/,
    ],
    [
      "a token with a line break",
      { credentials: AccessToken.given(Secret.accessToken("SECRET-t\n")) },
      /it has blanks or line breaks/,
    ],
    [
      "an empty token",
      { credentials: AccessToken.given(Secret.accessToken("")) },
      /accessToken: it is empty/,
    ],
    [
      "a broken URL",
      { credentials: Fake.credentials, baseUrl: "http://u:SECRET-p@x:999999" },
      /is not a URL/,
    ],
    [
      "a password in the URL",
      { credentials: Fake.credentials, baseUrl: "https://u:SECRET-p@feishu.example" },
      /user name or password/,
    ],
  ]
  for (const [name, options, message] of refused) {
    it.effect(`${name}: refused before anything is sent`, () =>
      Effect.gen(function* () {
        const { handler } = sequence(Fake.page([1]))
        const error = yield* Effect.flip(Effect.provide(Fake.read(), Fake.meetings(handler, options)))
        assert.match(error.message, message)
        assert.notInclude(error.message, "SECRET-")
      }),
    )
  }

  it.effect(
    "the environment gives credentials and base URL; a given token wins; an empty variable is as none",
    () =>
      Effect.gen(function* () {
        const asked: Array<string> = []
        const client = Fake.httpClient((request) => {
          asked.push(`${request.path.split("/").at(-1)} ${request.token}`)
          if (request.path === "/oauth/v3/token") {
            return Effect.succeed({ body: { code: 0, access_token: "eyJ-SECRET", expires_in: 7_200 } })
          }
          return Effect.succeed(Fake.isTokenCall(request) ? Fake.tokens().answer() : Fake.page([1]))
        })
        const readWith = (env: Record<string, string>) =>
          Effect.provide(
            Fake.read(),
            Meetings.layerConfig.pipe(
              Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
              Layer.provide(ConfigProvider.layer(ConfigProvider.fromEnv({ env }))),
            ),
          )
        const app = { FEISHU_APP_ID: "cli_env", FEISHU_APP_SECRET: "s", FEISHU_BRAND: "lark" }
        yield* readWith({ ...app, FEISHU_ACCESS_TOKEN: "", FEISHU_BRAND: " Lark\n" })
        yield* readWith({ ...app, FEISHU_ACCESS_TOKEN: "u-given\n", FEISHU_BASE_URL: "http://localhost:1/ " })
        yield* readWith({ ...app, FEISHU_OAUTH_BASE_URL: "http://localhost:2" })
        assert.deepStrictEqual(asked, [
          "internal undefined",
          "list_by_no Bearer t-SECRET-1",
          "list_by_no Bearer u-given",
          "token undefined",
          "list_by_no Bearer eyJ-SECRET",
        ])
        assert.match((yield* Effect.flip(readWith({}))).message, /neither an access token nor an app/)
        assert.match(
          (yield* Effect.flip(readWith({ ...app, FEISHU_BRAND: "dingtalk" }))).message,
          /FEISHU_BRAND: unknown brand "dingtalk"/,
        )
        assert.match(
          (yield* Effect.flip(readWith({ FEISHU_APP_ID: "cli_env" }))).message,
          /FEISHU_APP_ID is set, but FEISHU_APP_SECRET is not/,
        )
      }),
  )
})

describe("secrets", () => {
  // Everything that a program may print of what happened, by any of the usual ways.
  const sinks = (value: unknown): string =>
    [
      String(value),
      JSON.stringify(value),
      inspect(value, { depth: 12, showHidden: true }),
      Inspectable.toStringUnknown(value),
    ].join("\n")

  const answers: Record<string, Fake.Answer> = {
    "a page": {
      body: { code: 0, data: { meeting_briefs: [{ ...Fake.row(1), password: "SECRET-password" }] } },
    },
    "a row that is wrong": {
      body: {
        code: 0,
        data: { meeting_briefs: [{ ...Fake.row(1), password: "SECRET-password", topic: 5 }] },
      },
    },
    "HTTP 500": { status: 500, body: "" },
    "a refused token": Fake.failure(400, 99991663),
    "a body that repeats the request": { status: 404, body: "no route for Bearer t-SECRET-1" },
    "a msg that repeats the request": {
      status: 400,
      body: { code: 7, msg: "bad token t-SECRET-1 \u001b[31m" },
    },
    "a redirect": { status: 302, body: "", headers: { location: "/?t-SECRET" } },
  }
  for (const [name, answer] of Object.entries(answers)) {
    it.effect(`A6 neither app secret, token nor password show after ${name}`, () =>
      Effect.gen(function* () {
        const seen: Array<string> = []
        const tokens = Fake.tokens()
        const handler: Fake.Handler = (asked) =>
          Effect.sync(() => (Fake.isTokenCall(asked) ? tokens.answer() : answer))
        const logger = Logger.make((options) => seen.push(sinks(options.message), sinks(options.cause)))
        const program = Effect.gen(function* () {
          const meetings = yield* Meetings.Meetings
          seen.push(sinks(meetings))
          return yield* meetings.page({ meetingNo: Fake.meetingNo, range: { from: 0, to: 1_000 } })
        }).pipe(
          Effect.provide(Fake.meetings(handler)),
          Effect.provideService(Events.Events, (event) => Effect.sync(() => seen.push(sinks(event)))),
          Effect.tapCause((cause) => Effect.logError("failed", cause)),
          Effect.provide(Logger.layer([logger])),
        )
        const fiber = yield* Effect.forkChild(Effect.exit(program))
        yield* Fake.advance("1 minute")
        const exit = yield* Fiber.join(fiber)
        seen.push(sinks(exit), Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "")
        assert.isAbove(seen.join("").length, 500)
        assert.notInclude(seen.join("\n"), "SECRET")
      }),
    )
  }

  it.effect("A6 neither does the app secret after a token call that fails in any way", () =>
    Effect.gen(function* () {
      const failures: ReadonlyArray<Effect.Effect<Fake.Answer, string>> = [
        Effect.succeed(Fake.failure(200, 10014)),
        Effect.succeed({ status: 500, body: "" }),
        Effect.succeed({ status: 400, body: 'cannot parse {"app_secret":"SECRET-app-secret"}' }),
        Effect.succeed({ body: { code: 0, tenant_access_token: { "t-SECRET": 1 } } }),
        Effect.fail("ECONNRESET"),
        Effect.never,
      ]
      for (const answer of failures) {
        const { error } = yield* readFor("5 minutes", () => answer)
        assert.isDefined(error)
        assert.notInclude(sinks(error), "SECRET")
        assert.notInclude(Cause.pretty(Cause.fail(error)), "SECRET")
      }
    }),
  )
})
