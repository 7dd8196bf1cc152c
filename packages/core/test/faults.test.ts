import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Stream } from "effect"
import { AccessToken, type FeishuError, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as FastClock from "./FastClock.ts"
import * as FaultyFeishu from "./FaultyFeishu.ts"

const request = { meetingNo: MeetingNo.make(FaultyFeishu.meetingNo), range: { from: "30d" }, pageSize: 20 }

const server = Effect.acquireRelease(
  Effect.promise(() => FaultyFeishu.start()),
  (server) => Effect.promise(() => server[Symbol.asyncDispose]()),
)

const services = (baseUrl: string) =>
  Meetings.layer({
    baseUrl,
    credentials: AccessToken.selfBuiltApp({ appId: "cli_faulty", appSecret: Secret.appSecret("secret") }),
    // The clock runs 50 times too fast, and the machine does not.
    attemptTimeout: "10 minutes",
    headersTimeout: "10 minutes",
    idleTimeout: "10 minutes",
  }).pipe(Layer.provide(NodeHttp.layer()), Layer.provideMerge(FastClock.layer(50)))

const read = Effect.fnUntraced(function* (from: Parameters<Meetings.Meetings["Service"]["stream"]>[0]) {
  const meetings = yield* Meetings.Meetings
  const rows: Array<string> = []
  const error = yield* meetings.stream(from).pipe(
    Stream.runForEach((meeting) => Effect.sync(() => rows.push(meeting.id))),
    Effect.match({ onFailure: (error: FeishuError.FeishuError) => error, onSuccess: () => undefined }),
  )
  return { rows, error }
})

const reasons: Record<FaultyFeishu.Fault, FeishuError.Reason["_tag"]> = {
  "HTTP 500": "ServerFailed",
  "429 with reset": "RateLimited",
  "200 with code 121001": "ServerFailed",
  "reset in mid-body": "TransportFailed",
  "truncated JSON": "ContractViolation",
  HTML: "ServerFailed",
}

describe("page 3 of 5 fails, over real sockets", () => {
  for (const fault of Object.keys(FaultyFeishu.faults) as Array<FaultyFeishu.Fault>) {
    it.live(`${fault}, once: every row comes out once`, () =>
      Effect.gen(function* () {
        const { fail, url } = yield* server
        fail(fault, 1)
        const { error, rows } = yield* Effect.provide(read(request), services(url))
        assert.strictEqual(error, undefined)
        assert.deepStrictEqual(rows, FaultyFeishu.ids)
      }).pipe(Effect.scoped),
    )

    it.live(`${fault}, for ever: the rows before it come out, and its cursor brings the rest`, () =>
      Effect.gen(function* () {
        const { fail, heal, url } = yield* server
        fail(fault, Number.POSITIVE_INFINITY)
        const first = yield* Effect.provide(read(request), services(url))
        assert.strictEqual(first.error?.reason._tag, reasons[fault])
        assert.deepStrictEqual(first.rows, FaultyFeishu.ids.slice(0, 40))
        heal()
        const rest = yield* Effect.provide(read(first.error!.cursor!), services(url))
        assert.strictEqual(rest.error, undefined)
        assert.deepStrictEqual([...first.rows, ...rest.rows], FaultyFeishu.ids)
      }).pipe(Effect.scoped),
    )
  }
})

it.live(
  "N12 the network goes away in mid-read and comes back later: bounded tries, then the cursor brings the rest",
  () =>
    Effect.gen(function* () {
      const server = yield* Effect.promise(() => FaultyFeishu.start())
      const { url } = server
      const first = yield* Effect.gen(function* () {
        const meetings = yield* Meetings.Meetings
        const rows: Array<string> = []
        const error = yield* meetings.pages(request).pipe(
          Stream.runForEach((page) => {
            rows.push(...page.meetings.map(({ id }) => id))
            return rows.length === 40 ? Effect.promise(() => server[Symbol.asyncDispose]()) : Effect.void
          }),
          Effect.flip,
        )
        return { rows, error }
      }).pipe(Effect.provide(services(url)))
      assert.match(first.error.message, /connection refused .*Given up after 5 requests/)
      assert.deepStrictEqual(first.rows, FaultyFeishu.ids.slice(0, 40))

      yield* Effect.acquireRelease(
        Effect.promise(() => FaultyFeishu.start(Number(new URL(url).port))),
        (again) => Effect.promise(() => again[Symbol.asyncDispose]()),
      )
      const rest = yield* Effect.provide(read(first.error.cursor!), services(url))
      assert.deepStrictEqual([...first.rows, ...rest.rows], FaultyFeishu.ids)
    }).pipe(Effect.scoped),
)
