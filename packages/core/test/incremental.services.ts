import { execFile } from "node:child_process"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { PgClient } from "@effect/sql-pg"
import { assert, describe, it } from "@effect/vitest"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as Postgres from "./Postgres.ts"

const meetingNo = "337736498"
const program = fileURLToPath(new URL("../examples/sync.ts", import.meta.url))

describe("a table of PostgreSQL that is kept up to date", () => {
  it("the program examples/sync.ts goes on after a failure, then reads what is new, and has each meeting once", async () => {
    await using postgres = await Postgres.start()
    await using feishu = await startFeishuMock({
      seed: { generate: [{ meeting_no: meetingNo, count: 120, from: "-50d", to: "-3d" }] },
    })
    const sync = () =>
      promisify(execFile)(process.execPath, [program], {
        env: {
          ...process.env,
          FEISHU_APP_ID: feishu.appId,
          FEISHU_APP_SECRET: feishu.appSecret,
          FEISHU_BASE_URL: feishu.url,
          DATABASE_URL: postgres.url,
        },
      })
    const query = (text: string) =>
      Effect.runPromise(
        SqlClient.SqlClient.use((sql) => sql.unsafe(text)).pipe(
          Effect.provide(PgClient.layer({ url: Redacted.make(postgres.url) })),
        ),
      )
    const count = async () => (await query("select id from meetings")).length

    const fault = await feishu.addFault({
      operation: "meetings.listByNo",
      when: { after: 1 },
      then: { code: 99991672 },
    })
    const failed = await sync().then(
      () => undefined,
      (error: { readonly stdout: string; readonly stderr: string }) => error,
    )
    assert.match(`${failed?.stdout}${failed?.stderr}`, /code 99991672/)
    assert.strictEqual(await count(), 50)
    assert.lengthOf(await query("select key from state"), 1)
    await feishu.removeFault(fault.id)
    await sync()
    assert.strictEqual(await count(), 120)
    await feishu.putMeetings([
      { id: "7672989999303099091", meeting_no: meetingNo, topic: "new", start_time: "-1h", end_time: "-0s" },
    ])
    await sync()
    assert.strictEqual(await count(), 121)
  })
})
