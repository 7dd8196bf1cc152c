/** A process that holds a row in a transaction until it is frozen; it ends with 3 when it cannot commit after that. */
import { Console, Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { once } from "node:events"
import { Database } from "../src/index.ts"

// From before it holds the row: it may be frozen right after it has said so.
const thawed = once(process, "SIGCONT")
// To listen to a signal does not keep a process.
setInterval(() => undefined, 1_000)

const program = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`update lanes set owner = 'frozen'`
  yield* Console.log("holds the row")
  yield* Effect.promise(() => thawed)
}).pipe((transaction) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(transaction)))

const exit = await Effect.runPromiseExit(Effect.provide(program, Database.layer(process.argv[2]!)))
process.exit(exit._tag === "Failure" ? 3 : 0)
