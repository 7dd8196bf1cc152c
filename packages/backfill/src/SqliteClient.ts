/**
 * The SQLite of Node as a client of `effect/sql`: nothing to install, one connection that writes, WAL.
 *
 * Statements of other fibers wait while a transaction is open. A stream outside a transaction reads what is committed,
 * over a connection of its own, so statements need not wait for its end.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 * import { SqliteClient } from "@effect-feishu/backfill"
 *
 * const program = Effect.gen(function* () {
 *   const sql = yield* SqlClient.SqlClient
 *   yield* sql`create table meetings (id text primary key, topic text)`
 *   yield* sql`insert into meetings ${sql.insert({ id: "1", topic: "Weekly" })}`
 *   const [meeting] = yield* sql<{ topic: string }>`select topic from meetings`
 *   return meeting?.topic
 * })
 *
 * console.log(await Effect.runPromise(Effect.provide(program, SqliteClient.layer({ filename: ":memory:" })))) // => Weekly
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { classifySqliteError, SqlError } from "effect/sql/SqlError"
import * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite"

/** Which file, and how safe its commits are. */
export interface Options {
  /** The path of the file, which is made if there is none, or `:memory:`. */
  readonly filename: string
  /** `FULL` survives a power cut. `NORMAL`, the default, survives the end of the process, and a power cut without its last commits. */
  readonly synchronous?: "FULL" | "NORMAL" | undefined
}

/** A stream reads this many rows at a time. */
const rowsAtOnce = 256

/** How many statements are kept compiled. */
const preparedMaximum = 200

/** Milliseconds for which SQLite itself waits for the lock of another process. Node stands still meanwhile. */
const busyMillis = 100

/** Then the fiber waits, and tries again: 10 seconds in all. */
const whenBusy = { schedule: Schedule.spaced(busyMillis), times: 50 }
const isBusy = (error: SqlError) => error.reason._tag === "LockTimeoutError"

const failure = (operation: string) => (cause: unknown) => {
  // SQLite's extended code is `errcode` for node:sqlite, and `errno` for classifySqliteError.
  if (cause instanceof Error && "errcode" in cause) Object.assign(cause, { errno: cause.errcode })
  const text = cause instanceof Error ? cause.message : String(cause)
  return new SqlError({
    reason: classifySqliteError(cause, { message: `SQLite cannot ${operation}: ${text}`, operation }),
  })
}

const open = (filename: string, setUp: (db: DatabaseSync) => void, readOnly = false) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        const db = new DatabaseSync(filename, { readOnly, timeout: busyMillis })
        try {
          setUp(db)
          return db
        } catch (error) {
          db.close()
          throw error
        }
      },
      catch: failure(`open ${filename}`),
    }).pipe(Effect.retry({ ...whenBusy, while: isBusy })),
    (db) => Effect.sync(() => db.close()),
  )

const toSqlite = (value: unknown): SQLInputValue => {
  if (typeof value === "boolean") return Number(value)
  if (Statement.primitiveKind(value) === "Date") return (value as Date).toISOString()
  return (value ?? null) as SQLInputValue
}

/** Returns a number, unless it would be rounded. */
const fitted = (value: number | bigint) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)

/** Statements after which others may have other columns. */
const changesTables = /^\s*(?:create|alter|drop|rollback)\b/i

const prepare = (db: DatabaseSync, sql: string): StatementSync => {
  const statement = db.prepare(sql)
  // SQLite compiles the first statement, and says nothing of the others.
  if (sql.slice(statement.sourceSQL.length).trim() !== "") throw new Error("only one statement at a time")
  return statement
}

const makeConnection = (db: DatabaseSync) => {
  const isTransaction = () => db.isOpen && db.isTransaction
  // The one that was used longest ago comes first.
  const prepared = new Map<string, StatementSync>()
  const cached = (sql: string): StatementSync => {
    const statement = prepared.get(sql) ?? prepare(db, sql)
    prepared.delete(sql)
    prepared.set(sql, statement)
    if (prepared.size > preparedMaximum) prepared.delete(prepared.keys().next().value!)
    return statement
  }

  // SQLite ends a transaction by itself after some errors. What follows in it must not be committed statement by statement.
  let ended: SqlError | undefined
  const attempt = <A>(sql: string, evaluate: () => A) =>
    Effect.suspend((): Effect.Effect<A, SqlError> => {
      if (ended !== undefined) return Effect.fail(ended)
      const wasInside = isTransaction()
      try {
        return Effect.succeed(evaluate())
      } catch (cause) {
        const error = failure("execute a statement")(cause)
        if (wasInside && !isTransaction() && !/^commit/i.test(sql)) ended = error
        return Effect.fail(error)
      }
    })

  const run = <A = ReadonlyArray<never>>(
    sql: string,
    params: ReadonlyArray<unknown>,
    as: "rows" | "values" | "raw",
    compiled = cached,
  ) =>
    Effect.withFiber<A, SqlError>((fiber) =>
      attempt(sql, () => {
        const statement = compiled(sql)
        statement.setReadBigInts(Context.get(fiber.context, SqlClient.SafeIntegers))
        statement.setReturnArrays(as === "values")
        const values = params.map(toSqlite)
        if (statement.columns().length > 0) return statement.all(...values) as A
        // Node 26 throws where the id of the last row, which the cluster makes, does not fit a number.
        statement.setReadBigInts(true)
        const { changes, lastInsertRowid } = statement.run(...values)
        // Node 22 gives of a statement the columns that it had when it was compiled.
        if (changesTables.test(sql)) prepared.clear()
        return (
          as === "raw" ? { changes: fitted(changes), lastInsertRowid: fitted(lastInsertRowid) } : []
        ) as A
      }).pipe(Effect.retry({ ...whenBusy, while: (error) => isBusy(error) && !isTransaction() })),
    )
  const anew = (sql: string) => prepare(db, sql)

  const connection: Connection = {
    execute: (sql, params, transform) =>
      transform === undefined ? run(sql, params, "rows") : Effect.map(run(sql, params, "rows"), transform),
    executeRaw: (sql, params) => run<unknown>(sql, params, "raw"),
    executeValues: (sql, params) => run(sql, params, "values"),
    executeValuesUnprepared: (sql, params) => run(sql, params, "values", anew),
    executeUnprepared: (sql, params, transform) =>
      transform === undefined
        ? run(sql, params, "rows", anew)
        : Effect.map(run(sql, params, "rows", anew), transform),
    executeStream: (sql, params, transform) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const safeIntegers = yield* SqlClient.SafeIntegers
          const rows = yield* Effect.acquireRelease(
            attempt(sql, () => {
              // Compiled anew: the same statement may be executed by the reader of these rows.
              const statement = prepare(db, sql)
              statement.setReadBigInts(safeIntegers)
              return statement.iterate(...params.map(toSqlite))
            }),
            (rows) => Effect.sync(() => rows.return?.()),
          )
          const next = attempt(sql, () => {
            const part: Array<object> = []
            for (let row = rows.next(); row.done !== true; row = rows.next()) {
              part.push(row.value)
              if (part.length === rowsAtOnce) break
            }
            return part
          })
          return Stream.paginate(undefined, () =>
            Effect.map(next, (part) => [
              transform === undefined ? part : transform(part),
              part.length < rowsAtOnce ? Option.none() : Option.some(undefined),
            ]),
          )
        }),
      ),
  }
  return { connection, isTransaction, forget: () => (ended = undefined) }
}

const make = Effect.fnUntraced(function* (db: DatabaseSync) {
  const { connection, forget, isTransaction } = makeConnection(db)
  const shared = SqlClient.makeSqliteAcquirers({
    connection: Effect.succeed(connection),
    semaphore: Semaphore.makeUnsafe(1),
    isTransaction,
  })
  // Only streams outside a transaction use the acquirer. In memory there is no second connection, so they take all rows at once.
  const file = db.location()
  const forStreams: Effect.Effect<Connection, SqlError, Scope.Scope> =
    file === null
      ? Effect.succeed({
          ...connection,
          executeStream: (sql, params, transform) =>
            Stream.fromIterableEffect(shared.borrower(() => connection.execute(sql, params, transform))),
        })
      : Effect.map(
          open(file, () => undefined, true),
          (reader) => makeConnection(reader).connection,
        )
  return yield* SqlClient.make({
    driver: "sqlite-node",
    compiler: Statement.makeCompilerSqlite(),
    spanAttributes: [["db.system.name", "sqlite"]],
    ...shared,
    acquirer: forStreams,
    transactionAcquirer: Effect.tap(shared.transactionAcquirer, () =>
      Effect.addFinalizer(() => Effect.sync(forget)),
    ),
    // Takes the lock for writing at once: one that is taken later can fail in the middle of the transaction.
    beginTransaction: "BEGIN IMMEDIATE",
    prepareTransactionControls: true,
    releaseSavepoint: (name) => `RELEASE SAVEPOINT ${name}`,
  })
})

/** A client for this file, or `:memory:`; it is closed with the layer. Fails with what SQLite says if it cannot be opened. */
export const layer = ({
  filename,
  synchronous = "NORMAL",
}: Options): Layer.Layer<SqlClient.SqlClient, SqlError> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.flatMap(
      open(filename, (db) => {
        // On macOS a flush leaves data in the disk's own memory unless it is a full one; elsewhere these change nothing.
        db.exec("PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON")
        db.exec(`PRAGMA synchronous = ${synchronous}`)
        const mode = db.prepare("PRAGMA journal_mode = WAL").get()?.["journal_mode"]
        if (mode !== "wal" && db.location() !== null)
          throw new Error(`its file system has no WAL (it stays at ${mode})`)
      }),
      make,
    ),
  ).pipe(Layer.provide(Reactivity.layer))

/** What a test may change of a database that it has opened. */
export interface DatabaseOptions {
  /** Returns the time that the database has, in milliseconds since 1970: SQLite's `unixepoch('subsec')` follows it. */
  readonly nowMillis?: (() => number) | undefined
}

/** A client for a database that is open already; the layer does not close it. */
export const layerDatabase = (
  db: DatabaseSync,
  { nowMillis }: DatabaseOptions = {},
): Layer.Layer<SqlClient.SqlClient> =>
  Layer.effect(
    SqlClient.SqlClient,
    Effect.suspend(() => {
      if (nowMillis !== undefined) db.function("unixepoch", { varargs: true }, () => nowMillis() / 1000)
      return make(db)
    }),
  ).pipe(Layer.provide(Reactivity.layer))
