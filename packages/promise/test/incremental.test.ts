import { DatabaseSync } from "node:sqlite"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { createClient, PermissionDenied, type StateStore } from "@effect-feishu/promise"
import { assert, describe, it } from "vitest"

const meetingNo = "337736498"
const meeting = (id: string, start_time: string, end_time = "-0s") => ({
  id,
  meeting_no: meetingNo,
  topic: `topic ${id}`,
  start_time,
  end_time,
})

describe("a table that is kept up to date", () => {
  it("has details and recordings, too: after a failure among those of a page, that page comes again, and none before it", async () => {
    const ids = ["1", "2", "3", "4", "5"]
    await using feishu = await startFeishuMock({
      seed: { meetings: ids.map((id) => meeting(id, `-${9 - Number(id)}d`, "-1d")) },
    })
    const { appId, appSecret, url: baseUrl } = feishu
    await using client = createClient({ appId, appSecret, baseUrl })
    const db = new DatabaseSync(":memory:")
    db.exec("create table meetings (id text primary key, start integer, recording text, count integer)")
    db.exec("create table state (key text primary key, text text)")
    const store: StateStore = {
      get: (key) => db.prepare("select text from state where key = ?").get(key)?.["text"] as string,
      set: (key, text) => db.prepare("insert or replace into state values (?, ?)").run(key, text),
    }
    const insert = db.prepare(
      "insert into meetings values (?, ?, ?, 1) on conflict do update set count = count + 1",
    )
    const sync = async () => {
      const options = { store, pageSize: 2, recordings: true, concurrency: 1 }
      for await (const page of client.incrementalDetails(meetingNo, options)) {
        db.exec("begin")
        for (const { brief, details, recording } of page.meetings) {
          const start = details?.type === "Found" ? details.meeting.start_time : undefined
          insert.run(brief.id, start ?? null, recording?.type ?? null)
        }
        page.commit()
        db.exec("commit")
      }
    }
    const rows = () => db.prepare("select id, start > 0, recording, count from meetings order by id").all()
    const row = (id: string) => ({ id, "start > 0": 1, recording: "NotRecorded", count: 1 })
    const then = { code: 99991672 }
    const when = { after: 3 }
    const fault = await feishu.addFault({ operation: "meetings.getRecording", when, then })
    const error = await sync().catch((error: unknown) => error)
    assert.instanceOf(error, PermissionDenied)
    assert.deepEqual(rows(), ids.slice(0, 2).map(row))
    await feishu.removeFault(fault.id)
    await sync()
    assert.deepEqual(rows(), ids.map(row))
    const wrong = client.incrementalDetails(meetingNo, { store, recordings: "yes" as never })
    assert.match(
      String(await Array.fromAsync(wrong).catch(String)),
      /recordings: it is neither true nor false/,
    )
  })

  it("takes a store whose functions return promises, and rejects with what they throw", async () => {
    await using feishu = await startFeishuMock({ seed: { meetings: [meeting("1", "-3d", "-2d")] } })
    const { appId, appSecret, url: baseUrl } = feishu
    await using client = createClient({ appId, appSecret, baseUrl })
    const states = new Map<string, string>()
    const store: StateStore = {
      get: async (key) => states.get(key) ?? null,
      set: async (key, state) => states.set(key, state),
    }
    for await (const page of client.incremental("337 736 498", { store })) {
      assert.deepStrictEqual(
        page.meetings.map(({ id }) => id),
        ["1"],
      )
      assert.strictEqual(page.key, meetingNo)
      await page.commit()
      assert.strictEqual(states.get(page.key), page.state)
    }
    const broken: StateStore = {
      get: () => Promise.reject(new TypeError("the database is away")),
      set: () => undefined,
    }
    const read = async (store: unknown) => {
      for await (const _ of client.incremental(meetingNo, { store: store as StateStore }));
    }
    assert.instanceOf(await read(broken).catch((error: unknown) => error), TypeError)
    assert.match(String(await read({ get: 1 }).catch(String)), /store: it has no get and set/)
    assert.match(String(await read(undefined).catch(String)), /store: it has no get and set/)
  })
})
