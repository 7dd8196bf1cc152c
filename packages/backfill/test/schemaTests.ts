import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { readdirSync, readFileSync } from "node:fs"
import { Backfill, type BackfillError } from "../src/index.ts"
import { type Database, layerIn, Requests } from "./Runs.ts"

const folder = new URL("schemas/", import.meta.url)
const schemas = (kind: "sqlite" | "postgres") =>
  readdirSync(folder).filter((file) => file.endsWith(`.${kind}.sql`))

/** A database with what a file has. */
const containing = (file: string, database: Database) =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const text = readFileSync(new URL(file, folder), "utf8").replaceAll(/^--.*$/gm, "")
      for (const statement of text.split(/;$/m)) if (statement.trim() !== "") yield* sql.unsafe(statement)
    }),
  ).pipe(Layer.provideMerge(database))

/** Runs the tests of tables of other versions. */
export const schemaTests = (kind: "sqlite" | "postgres", database: Database) => {
  describe("tables of another version", () => {
    it.live.each(schemas(kind))(
      "B9: of %s are brought up to date, and their run goes on where it was",
      (file) =>
        Effect.gen(function* () {
          const { run } = yield* Backfill.Backfill
          assert.deepInclude(yield* run("r", { untilDone: true, lookMillis: 5 }), {
            state: "done",
            position: 4,
            meetings: 4,
            failures: 0,
          })
          const sent = (yield* Requests).map((request) => request.split(" ").slice(1).join(" "))
          assert.deepEqual(sent, ["100000002 1700000000", "100000001 1707776000", "100000002 1707776000"])
          const sql = yield* SqlClient.SqlClient
          assert.lengthOf(yield* sql`select id from meetings`, 4)
          assert.deepEqual(yield* sql`select topic from meetings where id = '1'`.values, [["每周例会"]])
        }).pipe(
          Effect.provide(
            layerIn(containing(file, database))((_, { meetingNo, start }) =>
              Effect.succeed([[`${meetingNo}${start}`]]),
            ),
          ),
        ),
    )

    it.live("B9: that are newer are refused, with what to do, and left as they are", () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* Effect.scoped(Layer.build(Backfill.layer))
        yield* sql`insert into backfill_migrations (migration_id, name) values (99, 'of a newer program')`
        const error = (yield* Effect.flip(
          Effect.scoped(Layer.build(Layer.fresh(Backfill.layer))),
        )) as BackfillError.BackfillError
        assert.strictEqual(error.reason._tag, "SchemaTooNew")
        assert.include(error.message, "have version 99")
        assert.include(error.message, "Use the newer program.")
      }).pipe(Effect.provide(database)),
    )
  })
}
