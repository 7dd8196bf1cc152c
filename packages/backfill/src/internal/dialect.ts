/** Where the SQL of PostgreSQL and SQLite differs. */
import * as Context from "effect/Context"
import type * as SqlClient from "effect/sql/SqlClient"

/** The time of the database in unix milliseconds, as an expression of SQLite. A simulation puts its own in the place of it. */
export const SqliteNow = Context.Reference<string>("@effect-feishu/backfill/SqliteNow", {
  defaultValue: () => "cast(unixepoch('subsec') * 1000 as integer)",
})

/** Returns the parts of statements that differ. Clocks of runners need not agree, since all times are those of the database. */
export const make = (sql: SqlClient.SqlClient, sqliteNow: string) =>
  sql.onDialectOrElse({
    pg: () => ({
      isPostgres: true,
      now: sql.literal("(extract(epoch from clock_timestamp()) * 1000)::bigint"),
      int64: sql.literal("bigint"),
      forUpdate: sql.literal("for update"),
    }),
    orElse: () => ({
      isPostgres: false,
      now: sql.literal(sqliteNow),
      int64: sql.literal("integer"),
      forUpdate: sql.literal(""),
    }),
  })

/** Drivers give 64-bit integers as numbers, bigints or texts; all of ours are below 2^53. */
export const numberOf = (value: unknown): number => Number(value)
