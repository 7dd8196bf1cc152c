/** Where the SQL of PostgreSQL and SQLite differs. */
import type * as SqlClient from "effect/sql/SqlClient"

/** Returns the parts of statements that differ. Clocks of runners need not agree, since all times are those of the database. */
export const make = (sql: SqlClient.SqlClient) =>
  sql.onDialectOrElse({
    pg: () => ({
      now: sql.literal("(extract(epoch from clock_timestamp()) * 1000)::bigint"),
      int64: sql.literal("bigint"),
      forUpdate: sql.literal("for update"),
    }),
    orElse: () => ({
      now: sql.literal("cast(unixepoch('subsec') * 1000 as integer)"),
      int64: sql.literal("integer"),
      forUpdate: sql.literal(""),
    }),
  })

/** Drivers give 64-bit integers as numbers, bigints or texts; all of ours are below 2^53. */
export const numberOf = (value: unknown): number => Number(value)
