import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import { SqlClient } from "effect/sql"
import { MeetingNo } from "@effect-feishu/core"
import { Backfill, Database, LaneEntity, MeetingsTable, Runner } from "../src/index.ts"
import { reader, Requests } from "./Runs.ts"

it.live("what the cluster keeps does not grow with the rounds of a series", () => {
  const folder = mkdtempSync(join(tmpdir(), "effect-feishu-rounds-"))
  const database = join(folder, "backfill.sqlite")
  const layer = LaneEntity.layer.pipe(
    Layer.provideMerge(
      Layer.mergeAll(
        Runner.layer({ database, timing: { entityMessagePollInterval: "20 millis" } }),
        MeetingsTable.layer,
        Backfill.layer,
        reader(() => Effect.succeed([["77"]])),
      ),
    ),
    Layer.provideMerge(Layer.sync(Requests, () => [])),
    Layer.provideMerge(Database.layer(database)),
    Layer.provideMerge(Logger.layer([])),
  )
  return Effect.gen(function* () {
    const { plan, run } = yield* Backfill.Backfill
    const sql = yield* SqlClient.SqlClient
    const now = Math.floor((yield* Effect.clockWith((clock) => clock.currentTimeMillis)) / 1_000)
    const lanes = ["t1", "t2", "t3"].map(
      (tenantKey) => [{ appId: "cli_a", tenantKey }, [MeetingNo.make("100000001")]] as const,
    )
    const range = { start: now - 86_400, end: now }
    yield* plan({ run: "s", lanes, range, series: { overlapSeconds: 3_600 } })
    for (const round of [2, 3, 4]) {
      const { attempt, state } = yield* run("s", { untilDone: true, lookMillis: 5 })
      assert.deepStrictEqual([state, attempt], ["done", round])
      assert.deepStrictEqual(
        { ...(yield* sql`select count(*) as messages from cluster_messages`)[0] },
        { messages: 3 },
      )
    }
    assert.lengthOf(yield* Requests, 3 * lanes.length)
  }).pipe(Effect.provide(layer), Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true }))))
})
