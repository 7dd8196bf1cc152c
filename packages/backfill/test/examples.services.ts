/** The programs that the README shows, as their readers run them. */
import { type ChildProcess, spawn } from "node:child_process"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import { PgClient } from "@effect/sql-pg"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { type Started, startFeishuMock } from "@effect-feishu/mock-server"
import { Effect, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import * as Postgres from "../../core/test/Postgres.ts"

const now = 1_793_404_800 // 2026-10-31
const [first, second] = ["337736498", "146453285"] as const
const generated = (meeting_no: string, count: number) => ({
  meeting_no,
  count,
  from: now - 1_600 * 86_400,
  to: now - 86_400,
})
const secretOf = (appId: string) => `SECRET-of-${appId}`
const appOf = (app_id: string) =>
  ({
    app_id,
    app_secret: secretOf(app_id),
    type: "self_built",
    scopes: ["vc:meeting:readonly"],
    tenants: [`tenant_of_${app_id}`],
  }) as const

/** A Feishu that shows meetings of any age. */
const startFeishu = () =>
  startFeishuMock({
    now,
    ninetyDays: "span",
    seed: {
      apps: [appOf("cli_first"), appOf("cli_second")],
      generate: [
        { ...generated(first, 120), tenant_key: "tenant_of_cli_first" },
        { ...generated(second, 80), tenant_key: "tenant_of_cli_first" },
        { ...generated(second, 60), tenant_key: "tenant_of_cli_second" },
      ],
    },
  })

let folder: string
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), "feishu-backfill-examples-"))))
afterAll(() => rmSync(folder, { recursive: true }))

const started = (example: string, environment: Readonly<Record<string, string>>) => {
  const program = fileURLToPath(new URL(`../examples/${example}.ts`, import.meta.url))
  const child = spawn(process.execPath, [program], {
    env: { PATH: process.env["PATH"], ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  })
  return { child, output: Promise.all([text(child.stdout), text(child.stderr)]) }
}
const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode)
    else child.once("exit", resolve)
  })
const run = async (example: string, environment: Readonly<Record<string, string>>) => {
  const { child, output } = started(example, environment)
  const code = await ended(child)
  const [out, err] = await output
  assert.strictEqual(code, 0, `${out}\n${err}`)
  return out
}
const rowsOf = (database: string, query: string) => {
  const db = new DatabaseSync(database, { readOnly: true })
  try {
    return db.prepare(query).all()
  } finally {
    db.close()
  }
}

/** Waits until the place of the lane was moved. */
const untilRead = async (feishu: Started, database: string) => {
  for (;;) {
    // Each look is a round trip to the mock, so the program gets on.
    const requests = (await feishu.journal()).filter(({ operation }) => operation === "meetings.listByNo")
    if (requests.length < 20) continue
    const [lane] = rowsOf(database, "select position from backfill_lanes")
    if (Number(lane?.["position"]) >= 19) return
  }
}

describe("the programs of the README", () => {
  it("B1: start.ts goes on where it was killed, and each meeting is in the table once", async () => {
    await using feishu = await startFeishu()
    const database = join(folder, "start.sqlite")
    const environment = {
      DATABASE: database,
      FEISHU_APP_ID: "cli_first",
      FEISHU_APP_SECRET: secretOf("cli_first"),
      FEISHU_BASE_URL: feishu.url,
    }
    const operation = "meetings.listByNo"
    // The 20th request is not answered, so that the program is killed while it waits.
    const fault = await feishu.addFault({ operation, when: { nth: 20 }, then: { network: "stall" } })
    const { child } = started("start", environment)
    await untilRead(feishu, database)
    child.kill("SIGKILL")
    await ended(child)
    await feishu.removeFault(fault.id)
    // Its successor would wait for more than a minute, until the requests of the killed one no longer count.
    const db = new DatabaseSync(database)
    db.exec("update backfill_owners set proved_at = proved_at - 100000")
    db.close()
    assert.match(await run("start", environment), /200 meetings are in .*; 0 numbers failed/)
    assert.strictEqual(rowsOf(database, "select distinct id from meetings").length, 200)
    const requests = (await feishu.journal()).filter((entry) => entry.operation === operation).length
    // Two numbers in 20 windows, and what was under way.
    assert.isAtLeast(requests, 41)
    assert.isAtMost(requests, 40 + 8)
  })

  it("sink.ts writes its own table", async () => {
    await using feishu = await startFeishu()
    const database = join(folder, "sink.sqlite")
    await run("sink", {
      DATABASE: database,
      FEISHU_APP_ID: "cli_first",
      FEISHU_APP_SECRET: secretOf("cli_first"),
      FEISHU_BASE_URL: feishu.url,
    })
    assert.strictEqual(rowsOf(database, "select id from weekly").length, 120)
    assert.isEmpty(rowsOf(database, "select id from meetings"))
  })

  it("outbox.ts sends every meeting, and leaves nothing in the outbox", async () => {
    await using feishu = await startFeishu()
    const database = join(folder, "outbox.sqlite")
    const sent = await run("outbox", {
      DATABASE: database,
      FEISHU_APP_ID: "cli_first",
      FEISHU_APP_SECRET: secretOf("cli_first"),
      FEISHU_BASE_URL: feishu.url,
    })
    const ids = sent.match(/"id":"\d+"/g) ?? []
    assert.strictEqual(new Set(ids).size, 120)
    assert.isEmpty(rowsOf(database, "select id from outbox"))
  })

  // A runner that starts late takes a lane over, which then waits for its limit: 71 seconds.
  const timeout = 180_000
  it(
    "machines.ts, three times at once on PostgreSQL, reads all; no secret is in the database",
    { timeout },
    async () => {
      await using feishu = await startFeishu()
      await using postgres = await Postgres.start()
      const environment = {
        DATABASE: postgres.url,
        PGPASSWORD: "SECRET-of-database",
        SECRET_OF_cli_first: secretOf("cli_first"),
        SECRET_OF_cli_second: secretOf("cli_second"),
        FEISHU_BASE_URL: feishu.url,
      }
      const outputs = await Promise.all(Array.from({ length: 3 }, () => run("machines", environment)))
      for (const output of outputs) assert.match(output, /180 meetings; 0 numbers failed/)
      const query = (text: string) =>
        Effect.runPromise(
          SqlClient.SqlClient.use((sql) => sql.unsafe<Record<string, unknown>>(text)).pipe(
            Effect.provide(PgClient.layer({ url: Redacted.make(postgres.url) })),
          ),
        )
      assert.lengthOf(await query("select id from meetings"), 180)
      const tables = await query(
        "select table_name as name from information_schema.tables where table_schema = 'public'",
      )
      for (const { name } of tables) {
        const rows = await query(
          `select t::text as row from "${String(name)}" t where t::text like '%SECRET%'`,
        )
        assert.deepStrictEqual(rows, [], String(name))
      }
    },
  )
})
