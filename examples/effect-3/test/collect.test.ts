import { assert, describe, it } from "@effect/vitest"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { startFeishuMock } from "@effect-feishu/mock-server"
import type { Meeting } from "@effect-feishu/promise"
import { Deferred, Effect, Exit, Fiber, Layer } from "effect"
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import * as FaultyFeishu from "../../../packages/core/test/FaultyFeishu.ts"
import * as RawServer from "../../../packages/core/test/RawServer.ts"
import { collect } from "../src/collect.ts"
import { FeishuMeetings } from "../src/FeishuMeetings.ts"

const services = (url: string) =>
  Layer.merge(
    FeishuMeetings.layer({ accessToken: "t-given", baseUrl: url, retryBudget: { floor: 0, share: 0 } }),
    KeyValueStore.layerMemory,
  )

/** A program's list, as its meetings come. */
const list = () => {
  const ids: Array<string> = []
  return { ids, add: ({ id }: Meeting) => Effect.sync(() => void ids.push(id)) }
}

describe("an application on Effect 3", () => {
  it.scoped("has every meeting in the end, though a run fails in the middle", () =>
    Effect.gen(function* () {
      const faulty = yield* Effect.acquireRelease(
        Effect.promise(() => FaultyFeishu.start()),
        (server) => Effect.promise(() => server[Symbol.asyncDispose]()),
      )
      const request = { meetingNo: "337 736 498", range: { from: "30d" } }
      const { add, ids } = list()
      yield* Effect.gen(function* () {
        faulty.fail("HTTP 500", 1)
        const error = yield* Effect.flip(collect(request, add))
        assert.strictEqual(error._tag, "MeetingsUnread")
        assert.include(error, { reason: "ServerFailed" })
        assert.deepStrictEqual(ids, FaultyFeishu.ids.slice(0, 40))

        const kept = yield* (yield* KeyValueStore.KeyValueStore).get(request.meetingNo)
        assert.deepInclude(error, { cursor: kept._tag === "Some" ? kept.value : "" })
        yield* collect(request, add)
        assert.deepStrictEqual(ids, FaultyFeishu.ids)
      }).pipe(Effect.provide(services(faulty.url)))
    }),
  )

  it.scoped("that is interrupted ends its request", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const silent = yield* Effect.acquireRelease(
        Effect.promise(() =>
          RawServer.start(({ socket }) => {
            socket.on("close", () => Deferred.unsafeDone(closed, Exit.void))
            Deferred.unsafeDone(asked, Exit.void)
          }),
        ),
        (server) => Effect.promise(() => server[Symbol.asyncDispose]()),
      )
      const request = { meetingNo: "337736498", range: { from: "30d" } }
      yield* Effect.gen(function* () {
        const collecting = yield* Effect.fork(collect(request, list().add))
        yield* Deferred.await(asked)
        yield* Fiber.interrupt(collecting)
        yield* Deferred.await(closed)
      }).pipe(Effect.provide(services(silent.url)))
    }),
  )

  it.live("prints every meeting of the mock", () =>
    Effect.promise(async () => {
      await using feishu = await startFeishuMock({ generate: { numbers: 1, meetings: 120 }, days: 29 })
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [new URL("../src/main.ts", import.meta.url).pathname, feishu.meetingNos[0]!],
        {
          env: {
            ...process.env,
            FEISHU_APP_ID: feishu.appId,
            FEISHU_APP_SECRET: feishu.appSecret,
            FEISHU_BASE_URL: feishu.url,
          },
        },
      )
      assert.lengthOf(new Set(stdout.trim().split("\n")), 120)
    }),
  )
})
