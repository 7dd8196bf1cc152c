import { MeetingNo } from "@effect-feishu/contract"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Data from "@mswjs/data"
import { vi } from "vitest"
import * as Store from "../src/Store.ts"
import { now, seed } from "./fixture.ts"

/** The store on the library as it is, except that every call of a model is noted in `calls`. */
const spied = Effect.acquireRelease(
  Effect.promise(async () => {
    const calls: Array<string> = []
    const noted = (model: object) =>
      new Proxy(model, {
        get: (target, method, receiver) => {
          calls.push(String(method))
          return Reflect.get(target, method, receiver)
        },
      })
    vi.resetModules()
    vi.doMock("@mswjs/data", () => ({
      ...Data,
      factory: (dictionary: Parameters<typeof Data.factory>[0]) =>
        Object.fromEntries(
          Object.entries(Data.factory(dictionary)).map(([name, model]) => [name, noted(model)]),
        ),
    }))
    return { calls, store: await import("../src/Store.ts") }
  }),
  () =>
    Effect.sync(() => {
      vi.doUnmock("@mswjs/data")
      vi.resetModules()
    }),
)

describe("the store", () => {
  const query = { tenant: "tenant_a", meetingNo: "337736498", from: 0, to: now, offset: 0, limit: 50 }

  it.effect("never asks the models for a page, an app or the numbers: they scan all records", () =>
    Effect.gen(function* () {
      const { calls, store: Store } = yield* spied
      const store = Store.make({ apps: [seed.apps[0]], meetings: seed.meetings.slice(0, 3) })
      assert.deepStrictEqual(calls, ["create", "create", "create", "create"])
      calls.length = 0
      assert.strictEqual(store.page(query).rows.length, 3)
      assert.strictEqual(store.app("cli_reader")?.app_secret, "secret")
      assert.deepStrictEqual(store.meetingNos(), [MeetingNo.make("337736498")])
      assert.deepStrictEqual(calls, [])
    }),
  )

  it.effect("orders meetings that start in the same second by id, as numbers", () =>
    Effect.sync(() => {
      const ids = ["10", "9", "7600000000000000002", "7600000000000000001"]
      const store = Store.make({
        apps: [seed.apps[0]],
        meetings: ids.map((id) => ({ id, meeting_no: "337736498", topic: "", start_time: 5 })),
      })
      assert.deepStrictEqual(
        store.page(query).rows.map((row) => JSON.parse(String(row).slice(0, -1)).id),
        ["9", "10", "7600000000000000001", "7600000000000000002"],
      )
    }),
  )
})
