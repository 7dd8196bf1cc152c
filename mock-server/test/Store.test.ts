import { MeetingNo } from "@effect-feishu/contract"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Data from "@mswjs/data"
import { vi } from "vitest"
import * as Store from "../src/state/Store.ts"
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
      factory: (dictionary: Parameters<typeof Data.factory>[0]) => {
        const models = Data.factory(dictionary)
        for (const name of Object.keys(dictionary)) Reflect.set(models, name, noted(models[name]!))
        return models
      },
    }))
    return { calls, store: await import("../src/state/Store.ts") }
  }),
  () =>
    Effect.sync(() => {
      vi.doUnmock("@mswjs/data")
      vi.resetModules()
    }),
)

const meeting = (id: number | string, topic = "x") => ({
  id: String(id),
  meeting_no: "337736498",
  topic,
  start_time: 5,
})

describe("the store", () => {
  const query = { tenant: "tenant_a", meetingNo: "337736498", from: 0, to: now, offset: 0, limit: 50 }

  it.effect("asks the models to make what it keeps, and never to find it: they scan all records", () =>
    Effect.gen(function* () {
      const { calls, store: Store } = yield* spied
      const store = Store.make([seed.apps[0]])
      for (const given of seed.meetings.slice(0, 3)) store.putMeeting(given)
      assert.deepStrictEqual(calls, ["create", "create", "create", "create"])
      calls.length = 0
      assert.strictEqual(store.page(query).meetings.length, 3)
      assert.strictEqual(store.app("cli_reader")?.app_secret, "secret")
      assert.deepStrictEqual(store.meetingNos(), [MeetingNo.make("337736498")])
      assert.strictEqual(store.removeMeeting(seed.meetings[0]!.id), true)
      assert.deepStrictEqual(calls, [])
      // In the place of the one with its id.
      store.putMeeting(seed.meetings[1]!)
      assert.deepStrictEqual(calls, ["create"])
    }),
  )

  it.effect("gives the very meeting that its model made, to everybody: there is no second one", () =>
    Effect.sync(() => {
      const store = Store.make([seed.apps[0]])
      store.putMeeting(meeting(1))
      const kept = store.meeting("1")
      assert.deepStrictEqual(Object.getOwnPropertySymbols(kept).map(String), [
        "Symbol(type)",
        "Symbol(primaryKey)",
      ])
      assert.strictEqual(store.page(query).meetings[0], kept)
      assert.strictEqual(store.meetings()[0], kept)
      assert.strictEqual(store.search({ text: "x", offset: 0, limit: 1 }).meetings[0], kept)
    }),
  )

  it.effect("orders meetings that start in the same second by id, as numbers", () =>
    Effect.sync(() => {
      const ids = ["10", "9", "7600000000000000002", "7600000000000000001"]
      const store = Store.make([seed.apps[0]])
      for (const id of ids) store.putMeeting(meeting(id))
      assert.deepStrictEqual(
        store.page(query).meetings.map(({ id }) => id),
        ["9", "10", "7600000000000000001", "7600000000000000002"],
      )
    }),
  )

  it.effect("keeps the meetings of a moment for whoever has them, whatever is put and removed after it", () =>
    Effect.sync(() => {
      const store = Store.make([seed.apps[0]])
      for (const id of [1, 2]) store.putMeeting(meeting(id, "before"))
      const moment = store.meetings()
      store.putMeeting(meeting(1, "after"))
      store.removeMeeting("2")
      store.putMeeting(meeting(3, "after"))
      assert.deepStrictEqual(
        moment.map(({ id, topic }) => `${id} ${topic}`),
        ["1 before", "2 before"],
      )
    }),
  )

  it.effect("gives a meeting without a tenant to the first tenant that there is when it is put", () =>
    Effect.sync(() => {
      const store = Store.make([seed.apps[0]])
      store.putApp({ ...seed.apps[0], tenants: ["tenant_new"] })
      store.putMeeting(meeting(1))
      assert.strictEqual(store.meeting("1")?.tenant_key, "tenant_new")
    }),
  )
})
