import { type ChildProcess, spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { once } from "node:events"
import { text } from "node:stream/consumers"
import { fileURLToPath } from "node:url"
import * as PgClient from "@effect/sql-pg/PgClient"
import { type OwnWorkspace } from "@effect-feishu/mock-server"
import { feishuTest as test } from "@effect-feishu/mock-server/vitest"
import { Effect, Layer, ManagedRuntime, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { afterAll, beforeAll, expect, onTestFinished } from "vitest"
import { MeetingsTable } from "../src/MeetingsTable.ts"

const { DATABASE_URL } = process.env
if (DATABASE_URL === undefined)
  throw new Error("Set DATABASE_URL to a PostgreSQL in which these tests may create a database.")

// A database of its own: what is in the others stays as it is.
const name = `nightly_${randomUUID().replaceAll("-", "_")}`
const url = String(Object.assign(new URL(DATABASE_URL), { pathname: name }))
const server = ManagedRuntime.make(PgClient.layer({ url: Redacted.make(DATABASE_URL) }))
const database = ManagedRuntime.make(
  Layer.provideMerge(MeetingsTable.layer, PgClient.layer({ url: Redacted.make(url) })),
)
const sql = <A extends object>(query: string) =>
  database.runPromise(SqlClient.SqlClient.use((client) => client.unsafe<A>(query)))
beforeAll(() =>
  server.runPromise(SqlClient.SqlClient.use((client) => client.unsafe(`create database ${name}`))),
)
afterAll(async () => {
  await database.dispose()
  await server.runPromise(
    SqlClient.SqlClient.use((client) => client.unsafe(`drop database ${name} with (force)`)),
  )
  await server.dispose()
})

const start = (env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, [fileURLToPath(new URL("../src/main.ts", import.meta.url))], { env })
  onTestFinished(() => void child.kill("SIGKILL"))
  return child
}
const startFor = (feishu: OwnWorkspace, meetingNo: string) =>
  start({
    FEISHU_APP_ID: feishu.appId,
    FEISHU_APP_SECRET: feishu.appSecret,
    FEISHU_BASE_URL: feishu.url,
    FEISHU_MEETING_NOS: meetingNo,
    DATABASE_URL: url,
  })
const printed = async (child: ChildProcess) => {
  const [stdout, stderr, [exitCode]] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    once(child, "exit"),
  ])
  return { stdout, stderr, exitCode }
}
const rowsOf = async (meetingNo: string) =>
  (await sql(`select id from meetings where meeting_no = '${meetingNo}'`)).length
const seed = (meeting_no: string) => ({ generate: [{ meeting_no, count: 120, from: "-50d", to: "-3d" }] })

test.describe("killed while it waits for Feishu", () => {
  const meetingNo = "337736498"
  test.override({ feishuOptions: { seed: seed(meetingNo) } })

  test("it goes on where it was, reads what is new the next night, and has each meeting once", async ({
    feishu,
  }) => {
    const operation = "meetings.listByNo"
    await feishu.addFault({ operation, when: { after: 1 }, then: { network: "stall" } })
    const killed = startFor(feishu, meetingNo)
    await expect.poll(() => rowsOf(meetingNo), { timeout: 20_000 }).toBe(50)
    killed.kill("SIGKILL")
    await once(killed, "exit")
    await feishu.clearFaults()
    expect(await printed(startFor(feishu, meetingNo))).toEqual({
      stdout: `${meetingNo}: wrote 70 meetings\n`,
      stderr: "",
      exitCode: 0,
    })
    expect(await rowsOf(meetingNo)).toBe(120)

    await feishu.putMeetings([
      { id: "7672989999303099091", meeting_no: meetingNo, topic: "new", start_time: "-1h", end_time: "-0s" },
    ])
    expect((await printed(startFor(feishu, meetingNo))).stdout).toBe(`${meetingNo}: wrote 1 meetings\n`)
    expect(await rowsOf(meetingNo)).toBe(121)
  })
})

test.describe("killed between the meetings of a page and what it has reached", () => {
  const meetingNo = "146453285"
  test.override({ feishuOptions: { seed: seed(meetingNo) } })

  test("it has written neither", async ({ feishu }) => {
    let killed: ChildProcess
    await database.runPromise(
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`lock table reads in exclusive mode`
        killed = startFor(feishu, meetingNo)
        // It waits for the lock: the meetings of the page are inserted, and not yet committed.
        const waiting = sql`select from pg_locks join pg_stat_activity using (pid)
          where not granted and pg_stat_activity.datname = current_database()`
        while ((yield* waiting).length === 0) yield* Effect.sleep("50 millis")
        killed.kill("SIGKILL")
        yield* Effect.promise(() => once(killed, "exit"))
      }).pipe((locked) => SqlClient.SqlClient.use((sql) => sql.withTransaction(locked))),
    )
    await expect
      .poll(() => sql(`select from pg_stat_activity where query like 'insert into reads%'`), {
        timeout: 20_000,
      })
      .toEqual([])
    expect(await rowsOf(meetingNo)).toBe(0)
    expect(await sql(`select from reads where key = '${meetingNo}'`)).toEqual([])
  })
})

test("what is wrong in the environment is said in one line", async () => {
  const app = { FEISHU_APP_ID: "cli_a", FEISHU_APP_SECRET: "secret", FEISHU_MEETING_NOS: "337736498" }
  const [missing, refused] = await Promise.all([
    printed(start(app)),
    printed(start({ ...app, DATABASE_URL: "postgres://postgres@127.0.0.1:1/none" })),
  ])
  expect(missing).toMatchObject({
    exitCode: 1,
    stderr: "DATABASE_URL: it is not set. README.md says what to set.\n",
  })
  expect(refused).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^PostgreSQL: .*ECONNREFUSED.*\n$/),
  })
})
