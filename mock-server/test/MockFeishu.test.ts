import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { startFeishuMock } from "../src/index.ts"
import * as MockFeishu from "../src/library/MockFeishu.ts"
import { call, idsOf, list, tokenOf } from "./feishu.ts"
import { now } from "./fixture.ts"

/** Everything that a client sees of the same ten requests. */
const session = (options: MockFeishu.Options) =>
  Effect.gen(function* () {
    const { meetingNos } = yield* MockFeishu.MockFeishu
    const token = yield* tokenOf()
    const query = {
      meeting_no: meetingNos[0] ?? "",
      start_time: String(now - 89 * 86_400),
      end_time: String(now),
    }
    const first = yield* list(token, query)
    assert.strictEqual(idsOf(first).length, 20)
    yield* TestClock.adjust("100 minutes")
    const answers = [
      first,
      yield* list(token, { ...query, page_token: first.body?.data?.page_token ?? "" }),
      yield* list(token, {}),
      yield* list("t-wrong", query),
      yield* list(yield* tokenOf(), query),
      yield* call("/nowhere"),
    ]
    return { meetingNos, token, answers }
  }).pipe(
    Effect.provide(MockFeishu.layer({ generate: { numbers: 2, meetings: 60 }, ...options })),
    Effect.scoped,
  )

describe("two mocks", () => {
  it.effect("give the same bytes for the same random seed, start of the clock and requests", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(
        yield* session({ now, randomSeed: "7" }),
        yield* session({ now, randomSeed: "7" }),
      )
    }),
  )

  it.effect("differ in everything random with another random seed", () =>
    Effect.gen(function* () {
      const one = yield* session({ now, randomSeed: 1 })
      const other = yield* session({ now, randomSeed: 2 })
      assert.notDeepEqual(one.meetingNos, other.meetingNos)
      assert.notStrictEqual(one.token, other.token)
      for (const [index, answer] of one.answers.entries()) {
        assert.notStrictEqual(answer.headers["x-tt-logid"], other.answers[index]?.headers["x-tt-logid"])
      }
    }),
  )
})

describe("startFeishuMock", () => {
  it("serves until it is closed, for programs without Effect", async () => {
    let url: string
    {
      await using feishu = await startFeishuMock({ rateLimit: "off" })
      url = feishu.url
      assert.strictEqual((await fetch(`${url}/_mock/health`)).status, 200)
      assert.strictEqual(feishu.meetingNos.length, 3)
    }
    const refused = await fetch(`${url}/_mock/health`).catch((error: unknown) => error)
    assert.instanceOf(refused, TypeError)
  })

  it("rejects with every fault of the seed", async () => {
    const started = startFeishuMock({ seed: { generate: [{ meeting_no: "12", count: 1 }] } })
    const error: unknown = await started.catch((error: unknown) => error)
    assert.match(String(error), /generate\[0\]\.meeting_no: a meeting number has 9 digits/)
  })
})
