import { execFile } from "node:child_process"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { assert, describe, it } from "vitest"

const meetingNo = "337736498"
const meeting = (id: string, start_time: string, end_time = "-0s") => ({
  id,
  meeting_no: meetingNo,
  topic: `topic ${id}`,
  start_time,
  end_time,
})

describe("a table of node:sqlite that is kept up to date", () => {
  it("the program examples/sync.ts goes on after a failure, then reads what is new, and has each meeting once", async () => {
    const folder = await mkdtemp(join(tmpdir(), "effect-feishu-"))
    await using feishu = await startFeishuMock({
      seed: { generate: [{ meeting_no: meetingNo, count: 120, from: "-50d", to: "-3d" }] },
    })
    const sync = () =>
      promisify(execFile)(
        process.execPath,
        [fileURLToPath(new URL("../examples/sync.ts", import.meta.url))],
        {
          env: {
            ...process.env,
            FEISHU_APP_ID: feishu.appId,
            FEISHU_APP_SECRET: feishu.appSecret,
            FEISHU_BASE_URL: feishu.url,
            DATABASE: join(folder, "meetings.sqlite"),
          },
        },
      )
    const ids = () => {
      const db = new DatabaseSync(join(folder, "meetings.sqlite"))
      const rows = db.prepare("select id from meetings order by id").all()
      db.close()
      return rows.map(({ id }) => id)
    }
    try {
      const fault = await feishu.addFault({
        operation: "meetings.listByNo",
        when: { after: 1 },
        then: { code: 99991672 },
      })
      const error = await sync().then(
        () => undefined,
        (error: { readonly stderr: string }) => error,
      )
      assert.match(error?.stderr ?? "", /PermissionDenied/)
      assert.lengthOf(ids(), 50)
      await feishu.removeFault(fault.id)
      await sync()
      assert.lengthOf(ids(), 120)
      await feishu.putMeetings([
        meeting("7672989999303099091", "-1h"),
        meeting("7672989999303099092", "-1d", "-20h"),
      ])
      const listed = async () =>
        (await feishu.journal()).filter(({ operation }) => operation === "meetings.listByNo").length
      const before = await listed()
      await sync()
      assert.strictEqual((await listed()) - before, 1)
      assert.lengthOf(ids(), 122)
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
