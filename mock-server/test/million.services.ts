/** A million meetings in one workspace, and a neighbour on the same server who is served all the while. */
import { assert, describe, it } from "vitest"
import { shareOf } from "../../packages/core/test/share.ts"
import * as Bounds from "../src/protocol/Bounds.ts"
import { startFeishuMock } from "../src/index.ts"
import * as Store from "../src/state/Store.ts"
import { goodQuery, now, seed } from "./fixture.ts"

const lines = "application/x-ndjson"
/** As one JSON document they are over its bound in any case. */
const meetings = Math.max(400_000, shareOf(1_000_000))

describe(`${meetings} meetings`, () => {
  it(
    "S15 are made, sent, taken back, reset and replaced while others are served",
    { timeout: 300_000 },
    async () => {
      await using feishu = await startFeishuMock({ now })
      const ask = (
        method: string,
        path: string,
        body?: string | Blob,
        headers: Record<string, string> = {},
      ) =>
        fetch(`${feishu.url}/_mock${path}`, {
          method,
          headers: { "content-type": "application/json", ...headers },
          ...(body === undefined ? {} : { body }),
        })
      /** How often the neighbour, who asks all the time, was answered meanwhile. */
      const meanwhile = async <A>(
        what: Promise<A>,
      ): Promise<{ readonly answers: number; readonly result: A }> => {
        const asked = { isDone: false }
        const finished = what.finally(() => (asked.isDone = true))
        let answers = 0
        while (!asked.isDone) {
          const { status } = await ask("GET", "/clock")
          assert.strictEqual(status, 200)
          answers++
        }
        return { answers, result: await finished }
      }
      // Each takes seconds; a hundred answers are none that all came before or after.
      const served = async <A>(what: Promise<A>): Promise<A> => {
        const { answers, result } = await meanwhile(what)
        assert.isAtLeast(answers, 100)
        return result
      }
      const { appId, ...own } = await served(feishu.workspace({ generate: { numbers: 1, meetings } }))
      await own.moveClock({ frozen: true })
      const query = `?app_id=${appId}`
      const asJson = await ask("GET", `/state${query}`)
      assert.strictEqual(asJson.status, 413)
      assert.match(await asJson.text(), /larger than 64 MiB as one JSON document: request lines/)
      const read = async () => {
        const response = await ask("GET", `/state${query}`, undefined, { accept: lines })
        assert.strictEqual(response.status, 200)
        return await response.blob()
      }
      const snapshot = await served(read())
      const put = await served(ask("PUT", `/state${query}`, snapshot, { "content-type": lines }))
      assert.strictEqual(put.status, 200, await put.text())
      const again = await served(read())
      assert.strictEqual(again.size, snapshot.size)
      const known = (await snapshot.slice(0, 4_000_000).text()).split("\n").slice(1, 10_001)
      const replaced = await ask("PUT", `/meetings${query}`, `[${known.join(",")}]`)
      assert.deepStrictEqual(await replaced.json(), { put: 10_000 })
      await served(own.reset())
      const { total } = await (await ask("GET", `/meetings${query}&limit=1`)).json()
      assert.strictEqual(total, meetings)
      // Last, since it takes seconds: the server would close connections meanwhile that the next request is sent on.
      assert.isTrue(Buffer.from(await again.arrayBuffer()).equals(Buffer.from(await snapshot.arrayBuffer())))
    },
  )
})

describe("a snapshot over the bound of one JSON document", () => {
  it("is refused before it is made or read, and lines have room for it", { timeout: 120_000 }, async () => {
    await using feishu = await startFeishuMock({ now, seed: {} })
    const ask = async (method: string, body?: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`${feishu.url}/_mock/${method === "PUT" ? "meetings" : "state"}`, {
        method,
        headers: { "content-type": "application/json", ...headers },
        ...(body === undefined ? {} : { body }),
      })
      return { status: response.status, text: await response.text() }
    }
    const topic = "x".repeat(9_000)
    for (let id = 0; id < 8_000; id += 1_000) {
      await feishu.putMeetings(
        Array.from({ length: 1_000 }, (_, index) => ({
          id: String(id + index + 1),
          meeting_no: goodQuery.meeting_no,
          topic,
          start_time: now - 60,
        })),
      )
    }
    const refused = await ask("GET")
    assert.strictEqual(refused.status, 413)
    assert.match(refused.text, /request lines \(Accept: application\/x-ndjson\)/)
    const snapshot = await feishu.snapshot()
    const json = await fetch(`${feishu.url}/_mock/state`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(snapshot),
    })
    assert.strictEqual(json.status, 413)
    assert.match(await json.text(), /at most 64 MiB: send lines \(Content-Type: application\/x-ndjson\)/)
    await feishu.restore(snapshot)
    assert.deepStrictEqual((await feishu.snapshot()).seed, snapshot.seed)
    assert.isAbove(JSON.stringify(snapshot).length, Bounds.snapshotJsonBytes)
  })
})

describe("the store", () => {
  it("refuses what is over its bounds in bytes, and has room again for what was removed or replaced", () => {
    const store = Store.make([seed.apps[0]])
    const large = "x".repeat(Bounds.meetingBytes / 8 - 1_000)
    const meeting = (id: number) => ({
      id: String(id),
      meeting_no: goodQuery.meeting_no,
      topic: large,
      start_time: 5,
    })
    for (const id of [1, 2, 3, 4, 5, 6, 7, 8]) assert.isTrue(store.putMeeting(meeting(id)))
    assert.isFalse(store.putMeeting(meeting(9)))
    assert.isFalse(store.hasRoomFor([meeting(9)]))
    assert.isUndefined(store.meeting("9"))
    // In the place of one that is as large.
    assert.isTrue(store.hasRoomFor([meeting(1), meeting(1)]))
    assert.isTrue(store.putMeeting(meeting(1)))
    assert.isTrue(store.removeMeeting("2"))
    assert.isTrue(store.hasRoomFor([meeting(9)]))
    assert.isFalse(store.hasRoomFor([meeting(9), meeting(10)]))
    assert.isTrue(store.putMeeting(meeting(9)))
    const app = { ...seed.apps[0], app_secret: "x".repeat(Bounds.appBytes) }
    assert.isFalse(store.putApp(app))
    assert.isFalse(Store.fits([app]))
    assert.strictEqual(store.app(app.app_id)?.app_secret, "secret")
  })
})
