import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import type { ClientOptions, Meeting } from "@effect-feishu/promise"
import { Deferred, Effect, Exit, Fiber, Layer, Option } from "effect"
import { collect } from "../src/collect.ts"
import { FeishuMeetings } from "../src/FeishuMeetings.ts"

const services = (options: ClientOptions) =>
  Layer.merge(FeishuMeetings.layer(options), KeyValueStore.layerMemory)

const mock = Effect.acquireRelease(
  Effect.promise(() => startFeishuMock({ generate: { numbers: 1, meetings: 120 }, days: 29 })),
  (feishu) => Effect.promise(() => feishu.close()),
)

/** A program's list, as its meetings come. */
const list = () => {
  const ids: Array<string> = []
  return { ids, add: ({ id }: Meeting) => Effect.sync(() => void ids.push(id)) }
}

describe("an application on Effect 3", () => {
  it.scopedLive("has every meeting in the end, though a run fails in the middle", () =>
    Effect.gen(function* () {
      const feishu = yield* mock
      yield* Effect.promise(() =>
        feishu.addFault({ operation: "meetings.listByNo", when: { nth: 2 }, then: { code: 121005 } }),
      )
      const request = { meetingNo: feishu.meetingNos[0]!, range: { from: "30d" } }
      const { add, ids } = list()
      yield* Effect.gen(function* () {
        const error = yield* Effect.flip(collect(request, add))
        assert.strictEqual(error._tag, "MeetingsUnread")
        assert.lengthOf(ids, 50)

        const kept = yield* (yield* KeyValueStore.KeyValueStore).get(request.meetingNo)
        assert.include(error, { reason: "PermissionDenied", cursor: Option.getOrThrow(kept) })
        yield* collect(request, add)
        assert.lengthOf(ids, 120)
        assert.strictEqual(new Set(ids).size, 120)
      }).pipe(
        Effect.provide(services({ appId: feishu.appId, appSecret: feishu.appSecret, baseUrl: feishu.url })),
      )
    }),
  )

  it.scopedLive("that is interrupted ends its request", () =>
    Effect.gen(function* () {
      const asked = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<void>()
      const silent: ClientOptions = {
        accessToken: "t-given",
        fetch: (_, { signal }) => {
          signal?.addEventListener("abort", () => Deferred.unsafeDone(ended, Exit.void))
          Deferred.unsafeDone(asked, Exit.void)
          return new Promise(() => {})
        },
      }
      const request = { meetingNo: "337736498", range: { from: "30d" } }
      yield* Effect.gen(function* () {
        const collecting = yield* Effect.fork(collect(request, list().add))
        yield* Deferred.await(asked)
        yield* Fiber.interrupt(collecting)
        yield* Deferred.await(ended)
      }).pipe(Effect.provide(services(silent)))
    }),
  )
})

describe("the program", () => {
  const program = fileURLToPath(new URL("../src/main.ts", import.meta.url))
  const run = (env: Readonly<Record<string, string>>) =>
    promisify(execFile)(process.execPath, [program, "337 736 498"], { env }).catch((failed) => failed)

  it("prints every meeting of the mock", async () => {
    await using feishu = await startFeishuMock({
      seed: { generate: [{ meeting_no: "337736498", count: 120, from: "-29d" }] },
    })
    const { stdout } = await run({
      FEISHU_APP_ID: feishu.appId,
      FEISHU_APP_SECRET: feishu.appSecret,
      FEISHU_BASE_URL: feishu.url,
    })
    assert.lengthOf(new Set(stdout.trim().split("\n")), 120)
  })

  it("says in one line what is missing in the environment", async () => {
    const { code, stderr } = await run({})
    assert.strictEqual(code, 2)
    assert.match(stderr, /^Set FEISHU_APP_ID.*\n$/)
  })

  it("says in one line that an address is no base URL", async () => {
    const app = { FEISHU_APP_ID: "cli_a", FEISHU_APP_SECRET: "secret" }
    const { code, stderr } = await run({ ...app, FEISHU_BASE_URL: "http://feishu.example" })
    assert.strictEqual(code, 1)
    assert.match(stderr, /^baseUrl: .* is not https\..*\n$/)
  })
})
