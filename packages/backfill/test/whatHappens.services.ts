/** What happens when the disk is full, the database is away, a secret is wrong: with real databases and the mock Feishu. */
import { assert, describe, it } from "@effect/vitest"
import { AccessToken, MeetingNo, Secret } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import { startFeishuMock } from "@effect-feishu/mock-server"
import { Effect, Fiber, Layer, Logger, Schedule } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, beforeEach } from "vitest"
import * as Postgres from "../../core/test/Postgres.ts"
import { Backfill, Database, type Lane, LaneEntity, LaneReader, MeetingsTable, Runner } from "../src/index.ts"

const server = await Postgres.start()
const folder = mkdtempSync(join(tmpdir(), "effect-feishu-what-happens-"))
const now = 1_790_000_000
const range = { start: now - 80 * 86_400, end: now }
const scopes = ["vc:meeting:readonly", "vc:meeting"]
const numbers = Array.from({ length: 60 }, (_, index) => MeetingNo.make(String(100_000_000 + index)))
const apps = ["a", "b"].map((name) => ({
  app_id: `cli_${name}`,
  app_secret: `secret-of-the-app-${name}-0123456789`,
  type: "self_built" as const,
  scopes,
  tenants: [`tenant-${name}`] as const,
}))
const feishu = await startFeishuMock({
  now,
  rateLimit: "off",
  seed: {
    apps: [apps[0]!, apps[1]!],
    meetings: apps.flatMap(({ tenants: [tenant_key] }, app) =>
      numbers.map((meeting_no, index) => ({
        id: String(7_011_030_664_000_000_000n + BigInt(app * 1_000 + index)),
        meeting_no,
        topic: "每周例会",
        start_time: now - 86_400,
        tenant_key,
      })),
    ),
  },
})
afterAll(async () => {
  await feishu.close()
  await server[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})
beforeEach(() => feishu.reset())

const laneA: Lane.Lane = { appId: "cli_a" }
const laneB: Lane.Lane = { appId: "cli_b" }
const rightSecrets: Record<string, string> = Object.fromEntries(
  apps.map(({ app_id, app_secret }) => [app_id, app_secret]),
)

const timing = {
  proofMillis: 300,
  commitMillis: 50,
  commitUnits: 10,
  concurrency: 4,
  lookMillis: 100,
  fencedMillis: 500,
}

/** A process that reads: 20 requests a second for each lane, so that a run takes three seconds. */
const runnerIn = (address: string, secrets = rightSecrets) => {
  const reader = LaneReader.layer({
    baseUrl: feishu.url,
    credentials: (appId): ReturnType<LaneReader.ClientOptions["credentials"]> =>
      AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(secrets[appId]!) }),
    rateLimit: { requests: 10, window: "500 millis", unansweredRest: "200 millis" },
  }).pipe(Layer.provide(NodeHttp.layer()))
  return LaneEntity.layer.pipe(
    Layer.provide(Layer.succeed(LaneEntity.Timing, timing)),
    Layer.provide(reader),
    Layer.provideMerge(
      Runner.layer({ database: address, timing: { entityMessagePollInterval: "200 millis" } }),
    ),
    Layer.provideMerge(Layer.mergeAll(Backfill.layer, MeetingsTable.layer)),
    Layer.provideMerge(Database.layer(address)),
    Layer.provide(Logger.layer([])),
  )
}

const plan = (run: string, lanes: ReadonlyArray<Lane.Lane>) =>
  Effect.flatMap(Backfill.Backfill, ({ plan }) =>
    plan({ run, lanes: lanes.map((lane) => [lane, numbers] as const), range }),
  )
const read = (run: string) =>
  Effect.flatMap(Backfill.Backfill, (backfill) => backfill.run(run, { untilDone: true, lookMillis: 50 }))
const statusOf = (run: string) =>
  Effect.map(
    Effect.flatMap(Backfill.Backfill, ({ status }) => status(run)),
    ([status]) => status!,
  )
/** Looks until the status is so. */
const until = (run: string, isSo: (status: Backfill.RunStatus) => boolean) =>
  Effect.repeat(statusOf(run), { until: isSo, schedule: Schedule.spaced("20 millis") })

const listed = Effect.map(
  Effect.promise(() => feishu.journal({ operation: "meetings.listByNo" })),
  (entries) => entries.map(({ appId, query }) => `${appId} ${query["meeting_no"]}`),
)
/** The requests that an undisturbed run sends. */
const eachOnce = (...lanes: ReadonlyArray<Lane.Lane>) =>
  lanes.flatMap(({ appId }) => numbers.map((number) => `${appId} ${number}`)).toSorted()
const rows = Effect.flatMap(
  SqlClient.SqlClient,
  (sql) => sql`select tenant, meeting_no from meetings`.values,
).pipe(Effect.map((rows) => rows.map(([tenant, number]) => `${String(tenant)} ${String(number)}`).toSorted()))

const emptied = Effect.flatMap(SqlClient.SqlClient, (sql) =>
  Effect.andThen(sql`drop schema public cascade`, sql`create schema public`),
).pipe(Effect.provide(Database.layer(server.url)))

describe("what happens", () => {
  it.live(
    "B3: when the database is away, lanes wait and go on; no row is lost or doubled, and at most what was not committed is read again",
    () =>
      Effect.gen(function* () {
        yield* emptied
        yield* Effect.gen(function* () {
          yield* plan("r", [laneA, laneB])
          const reading = yield* Effect.forkChild(read("r"))
          yield* until("r", ({ position }) => position > 20)
          yield* Effect.promise(() => server.stop("fast"))
          // What had its proof is sent; then nothing is, however long it takes.
          let sent = -1
          for (let same = 0; same < 10;) {
            yield* Effect.sleep("200 millis")
            const { length } = yield* listed
            same = length === sent ? same + 1 : 0
            sent = length
          }
          assert.isBelow(sent, 2 * numbers.length)
          assert.isUndefined(reading.pollUnsafe())
          yield* Effect.promise(() => server.start())
          const status = yield* Fiber.join(reading)
          assert.deepInclude(status, { state: "done", position: 120, failures: 0, meetings: 120 })
          const requests = yield* listed
          assert.deepEqual([...new Set(requests)].toSorted(), eachOnce(laneA, laneB))
          // The cluster takes the lanes from a process that cannot refresh its locks: each begins at its place again.
          assert.isAtMost(requests.length, 2 * (numbers.length + 15))
          assert.deepEqual(yield* rows, eachOnce(laneA, laneB))
        }).pipe(Effect.provide(runnerIn(server.url)))
      }),
  )

  it.live(
    "B4: when the disk is full, the lane says so, keeps what it has read, and goes on when there is room",
    () =>
      Effect.gen(function* () {
        const file = join(folder, "full.sqlite")
        yield* Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* plan("r", [laneA])
          const [[pages]] = (yield* sql`pragma page_count`.values) as [[number]]
          const reading = yield* Effect.forkChild(read("r"))
          yield* until("r", ({ position }) => position > 5)
          yield* sql`pragma max_page_count = ${sql.literal(String(pages))}`
          yield* until(
            "r",
            ({ lanes: [lane] }) => lane!.fault?.message.includes("database or disk is full") === true,
          )
          const { position } = yield* statusOf("r")
          assert.isBelow(position, 60)
          assert.lengthOf(yield* rows, position)
          yield* sql`pragma max_page_count = 100000`
          assert.deepInclude(yield* Fiber.join(reading), { state: "done", position: 60, failures: 0 })
          assert.isUndefined((yield* statusOf("r")).lanes[0]!.fault)
          const requests = yield* listed
          assert.deepEqual([...new Set(requests)].toSorted(), eachOnce(laneA))
          assert.isAtMost(requests.length, numbers.length + 15)
          assert.deepEqual(yield* rows, eachOnce(laneA))
        }).pipe(Effect.provide(runnerIn(file)))
      }),
  )

  it.live(
    "B5: when a lane's secret is wrong, it says so, others are read; with the right one it goes on after a restart",
    () =>
      Effect.gen(function* () {
        const file = join(folder, "secret.sqlite")
        const wrong = "wrong-secret-0123456789-0123456789"
        yield* Effect.gen(function* () {
          yield* plan("r", [laneA, laneB])
          yield* Effect.forkScoped(read("r"))
          const status = yield* until("r", ({ lanes: [a, b] }) => a!.fault !== undefined && b!.isDone)
          assert.include(status.lanes[0]!.fault!.message, "cli_a")
          assert.notInclude(JSON.stringify(status), wrong)
          assert.strictEqual(status.state, "running")
          assert.deepEqual((yield* listed).toSorted(), eachOnce(laneB))
        }).pipe(Effect.scoped, Effect.provide(runnerIn(file, { ...rightSecrets, cli_a: wrong })))
        yield* Effect.gen(function* () {
          assert.deepInclude(yield* read("r"), { state: "done", position: 120 })
          assert.deepEqual((yield* listed).toSorted(), eachOnce(laneA, laneB))
          assert.isUndefined((yield* statusOf("r")).lanes[0]!.fault)
        }).pipe(Effect.provide(runnerIn(file)))
      }),
  )

  it.live("B7: when two runs have one lane, the second waits for the first, and says so", () =>
    Effect.gen(function* () {
      const file = join(folder, "two runs.sqlite")
      yield* Effect.gen(function* () {
        yield* plan("first", [laneA])
        yield* plan("second", [laneA, laneB])
        const first = yield* Effect.forkChild(read("first"))
        yield* until("first", ({ position }) => position > 0)
        const second = yield* Effect.forkChild(read("second"))
        const status = yield* until("second", ({ lanes: [, b] }) => b!.position > 0)
        assert.deepInclude(status.lanes[0]!, { waitsFor: "first", position: 0 })
        assert.isUndefined(status.lanes[1]!.waitsFor)
        yield* Fiber.join(first)
        assert.strictEqual((yield* Fiber.join(second)).state, "done")
        assert.deepEqual(
          (yield* listed).toSorted(),
          [...eachOnce(laneA), ...eachOnce(laneA, laneB)].toSorted(),
        )
        assert.deepEqual(yield* rows, eachOnce(laneA, laneB))
      }).pipe(Effect.provide(runnerIn(file)))
    }),
  )
})
