import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { FeishuConfig, Probe } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as RawServer from "./RawServer.ts"

const reach = (baseUrl: string) =>
  Effect.provide(Probe.reach, [FeishuConfig.layer({ baseUrl }), NodeHttp.layer()])

const server = (answer: Parameters<typeof RawServer.start>[0]) =>
  Effect.acquireRelease(
    Effect.promise(() => RawServer.start(answer)),
    (server) => Effect.promise(() => server[Symbol.asyncDispose]()),
  )

describe.concurrent("Probe.reach", () => {
  it.live("Feishu refuses it, and is there; the clocks are compared", () =>
    Effect.gen(function* () {
      const ahead = 3_600
      const feishu = yield* Effect.acquireRelease(
        Effect.promise(() => startFeishuMock({ now: Math.floor(performance.timeOrigin / 1000) + ahead })),
        (feishu) => Effect.promise(() => feishu.close()),
      )
      const { aheadMillis, code, logId, status } = yield* reach(feishu.url)
      assert.deepStrictEqual([status, code], [400, 99991661])
      assert.match(logId ?? "", /^\d{14}[0-9A-F]{20}$/)
      // The tests may have run for a while.
      assert.isBelow(Math.abs((aheadMillis ?? 0) / 1000 - ahead + performance.now() / 1000), 30)
    }).pipe(Effect.scoped),
  )

  it.live("no token is sent, and nothing is tried again", () =>
    Effect.gen(function* () {
      const heads: Array<string> = []
      const raw = yield* server(({ head, socket }) => {
        heads.push(head)
        socket.end(RawServer.http("<html>Welcome to the hotel</html>", { "content-type": "text/html" }))
      })
      const error = yield* Effect.flip(reach(raw.url))
      assert.strictEqual(error.reason._tag, "ServerFailed")
      assert.include(error.message, "Welcome to the hotel")
      assert.lengthOf(heads, 1)
      assert.match(heads[0]!, /^GET \/open-apis\/vc\/v1\/meetings\/list_by_no HTTP/)
      assert.notMatch(heads[0]!, /authorization/i)
    }).pipe(Effect.scoped),
  )

  it.live("a gateway that wants a token is there, and the clocks are compared, whatever else it says", () =>
    Effect.gen(function* () {
      for (const status of ["401 Unauthorized", "403 Forbidden"]) {
        for (const body of ["", "no token", "<html></html>", '{"message":"no token"}']) {
          const raw = yield* server(({ socket }) => {
            const head = `HTTP/1.1 ${status}\r\nDate: Sat, 31 Jan 2026 09:00:00 GMT\r\nContent-Length: ${body.length}`
            socket.end(`${head}\r\n\r\n${body}`)
          })
          const reached = yield* reach(raw.url)
          assert.deepInclude(reached, { status: Number(status.slice(0, 3)), code: undefined })
          assert.isDefined(reached.aheadMillis)
        }
      }
    }).pipe(Effect.scoped),
  )

  it.live("nobody who listens is a failure of the way there", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(reach("http://127.0.0.1:9"))
      assert.match(error.message, /^GET \/open-apis.*: 127\.0\.0\.1:9: connection refused \(ECONNREFUSED\)/)
    }),
  )
})
