/** A process that holds a row in a transaction until it is frozen; it ends with 3 when it cannot commit after that. */
import { Console, Effect } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { Database } from "../src/index.ts"

/** While the process is frozen, its timers stand still: the next one fires when it goes on. */
const untilThawed = Effect.callback<void>((resume) => {
  let last = performance.now()
  const timer = setInterval(() => {
    const now = performance.now()
    if (now - last > 2_000) resume(Effect.void)
    last = now
  }, 100)
  return Effect.sync(() => clearInterval(timer))
})

const program = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`update lanes set owner = 'frozen'`
  yield* Console.log("holds the row")
  yield* untilThawed
}).pipe((transaction) => Effect.flatMap(SqlClient.SqlClient, (sql) => sql.withTransaction(transaction)))

const exit = await Effect.runPromiseExit(Effect.provide(program, Database.layer(process.argv[2]!)))
process.exit(exit._tag === "Failure" ? 3 : 0)
