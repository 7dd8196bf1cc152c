import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { MeetingNo } from "@effect-feishu/core"
import * as Postgres from "../../core/test/Postgres.ts"
import { Backfill, Database as Databases, Runner } from "../src/index.ts"
import { backfillTests } from "./backfillTests.ts"
import { schemaTests } from "./schemaTests.ts"

const server = await Postgres.start()
afterAll(() => server[Symbol.asyncDispose]())

/** Empty each time. */
const database = Layer.effectDiscard(
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    yield* sql`drop schema public cascade`
    yield* sql`create schema public`
  }),
).pipe(Layer.provideMerge(PgClient.layer({ url: Redacted.make(server.url) })))

backfillTests(database)
schemaTests("postgres", database)

/** A program of a machine: it makes the tables of the cluster and of the backfill, and plans a run. */
const planned = Effect.gen(function* () {
  const { plan } = yield* Backfill.Backfill
  const lanes = [[{ appId: "cli_first" }, [MeetingNo.make("337736498")]]] as const
  return yield* plan({ run: "years", lanes, range: { start: 1_700_000_000, end: 1_710_000_000 } })
}).pipe(
  Effect.provide(
    Layer.provide(
      Layer.merge(Backfill.layer, Runner.layer({ database: server.url })),
      Databases.layer(server.url, { maxConnections: 2 }),
    ),
    { local: true },
  ),
)

describe("programs", () => {
  it.live("that start at once with a new database make its tables once, and plan a run once", () =>
    Effect.gen(function* () {
      yield* Effect.scoped(Layer.build(database))
      const one = { run: "years", lanes: 1, numbers: 1, units: 2 }
      const all = yield* Effect.all(
        Array.from({ length: 8 }, () => planned),
        { concurrency: "unbounded" },
      )
      assert.deepStrictEqual(
        all,
        all.map(() => one),
      )
      assert.lengthOf(all, 8)
    }),
  )
})
