import { PgClient } from "@effect/sql-pg"
import { Effect, Layer, Redacted } from "effect"
import { SqlClient } from "effect/sql"
import { afterAll } from "vitest"
import * as Postgres from "../../core/test/Postgres.ts"
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
