/** Transactions, and what becomes of them when the connection is lost. */
import * as Effect from "effect/Effect"
import type * as SqlClient from "effect/sql/SqlClient"
import { SqlError } from "effect/sql/SqlError"

/**
 * A client whose connection is lost in a transaction dies, since it cannot roll back either. Here that is a failure of the database
 * like others, so it can be waited for.
 */
export const lostIsFailure = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
  Effect.catchDefect(effect, (defect) =>
    defect instanceof SqlError ? Effect.fail(defect) : Effect.die(defect),
  )

/** Returns what runs an effect in a transaction. */
export const make =
  (sql: SqlClient.SqlClient) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | SqlError, R> =>
    lostIsFailure(sql.withTransaction(effect))
