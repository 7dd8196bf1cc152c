import { assert, describe, it } from "@effect/vitest"
import { DateTime, Deferred, Effect, Exit, Fiber, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as SqlClient from "effect/sql/SqlClient"
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll } from "vitest"
import { SqliteClient } from "../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "effect-feishu-sqlite-"))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newFile = () => join(folder, `${++files}.sqlite`)

const memory = Effect.provide(SqliteClient.layer({ filename: ":memory:" }))
const table = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  yield* sql`create table t (a integer primary key, b text)`
  return sql
})
const rowsOf = (sql: SqlClient.SqlClient) => sql`select a from t order by a`.values

describe("SqliteClient", () => {
  it.effect(
    "reads what was written: texts, numbers, bytes, null, booleans as 0 and 1, dates as ISO texts",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const date = DateTime.toDateUtc(DateTime.makeUnsafe("2026-01-02T03:04:05.006Z"))
        const [row] =
          yield* sql`select ${"会议"} as t, ${1.5} as n, ${new Uint8Array([1, 2])} as b, ${null} as z, ${undefined} as u, ${true} as y, ${date} as d`
        assert.deepEqual(
          { ...row },
          { t: "会议", n: 1.5, b: new Uint8Array([1, 2]), z: null, u: null, y: 1, d: date.toISOString() },
        )
      }).pipe(memory),
  )

  it.effect(
    "writes a row whose id does not fit a number, as the cluster does, and says which id it was",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`create table ids (id integer primary key)`
        const id = 252_982_128_805_941_249n
        assert.deepInclude(yield* sql`insert into ids values (${id})`.raw, {
          changes: 1,
          lastInsertRowid: id,
        })
        assert.deepInclude(yield* sql`update ids set id = ${7}`.raw, { changes: 1 })
        assert.deepInclude(yield* sql`insert into ids values (${8})`.raw, { changes: 1, lastInsertRowid: 8 })
      }).pipe(memory),
  )

  it.effect("returns rows of a query and of returning, values, and the count of changes as raw", () =>
    Effect.gen(function* () {
      const sql = yield* table
      assert.deepEqual(
        (yield* sql`insert into t ${sql.insert([
          { a: 1, b: "x" },
          { a: 2, b: "y" },
        ])} returning a`).map((row) => ({ ...row })),
        [{ a: 1 }, { a: 2 }],
      )
      assert.deepEqual(yield* sql`update t set b = 'z'`, [])
      assert.deepInclude(yield* sql`update t set b = 'z'`.raw, { changes: 2 })
      assert.deepEqual(yield* sql`select a, b from t`.values, [
        [1, "z"],
        [2, "z"],
      ])
      assert.deepEqual(
        yield* sql`select a from t where a = ${2}`.unprepared,
        yield* sql`select a from t where a = ${2}`,
      )
      // The statement is compiled already, and the table has changed since.
      yield* sql`select * from t`
      yield* sql`alter table t add column c text default 'new'`
      assert.deepEqual({ ...(yield* sql`select * from t`)[0] }, { a: 1, b: "z", c: "new" })
    }).pipe(memory),
  )

  it.effect(
    "gives integers beyond 2^53 as BigInt where they are asked for, and else an error instead of a wrong number",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const query = sql`select ${9_007_199_254_740_993n} as n`
        assert.strictEqual(
          (yield* Effect.provideService(query, SqlClient.SafeIntegers, true))[0]!["n"],
          9_007_199_254_740_993n,
        )
        assert.include((yield* Effect.flip(query)).message, "too large")
      }).pipe(memory),
  )

  it.effect("refuses a second statement in the text instead of leaving it out", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const error = yield* Effect.flip(sql`insert into t values (1, 'x'); insert into t values (2, 'y')`)
      assert.include(error.message, "only one statement at a time")
      assert.deepEqual(yield* rowsOf(sql), [])
    }).pipe(memory),
  )

  it.effect("keeps statements of other fibers out of a transaction, and commits all or nothing", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const [isInside, goOn] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const failed = yield* sql`insert into t values (1, 'rolled back')`.pipe(
        Effect.andThen(Deferred.succeed(isInside, undefined)),
        Effect.andThen(Deferred.await(goOn)),
        Effect.andThen(Effect.fail("no")),
        sql.withTransaction,
        Effect.exit,
        Effect.forkChild,
      )
      yield* Deferred.await(isInside)
      const other = yield* Effect.forkChild(sql`insert into t values (2, 'stays')`, {
        startImmediately: true,
      })
      yield* Deferred.succeed(goOn, undefined)
      assert.deepEqual(yield* Fiber.join(failed), Exit.fail("no"))
      yield* Fiber.join(other)
      assert.deepEqual(yield* rowsOf(sql), [[2]])
    }).pipe(memory),
  )

  it.effect("rolls a savepoint back without the transaction", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* sql.withTransaction(
        Effect.gen(function* () {
          yield* sql`insert into t values (1, 'x')`
          yield* Effect.ignore(
            sql.withTransaction(Effect.andThen(sql`insert into t values (2, 'x')`, Effect.fail("no"))),
          )
          yield* sql.withTransaction(sql`insert into t values (3, 'x')`)
        }),
      )
      assert.deepEqual(yield* rowsOf(sql), [[1], [3]])
    }).pipe(memory),
  )

  it.effect("rolls an interrupted transaction back, and lets the next statement in", () =>
    Effect.gen(function* () {
      const sql = yield* table
      const isInside = yield* Deferred.make<void>()
      const fiber = yield* sql`insert into t values (1, 'x')`.pipe(
        Effect.andThen(Deferred.succeed(isInside, undefined)),
        Effect.andThen(Effect.never),
        sql.withTransaction,
        Effect.forkChild,
      )
      yield* Deferred.await(isInside)
      const waiting = yield* Effect.forkChild(sql`insert into t values (2, 'x')`, { startImmediately: true })
      yield* Fiber.interrupt(waiting)
      yield* Fiber.interrupt(fiber)
      yield* sql`insert into t values (3, 'x')`
      assert.deepEqual(yield* rowsOf(sql), [[3]])
    }).pipe(memory),
  )

  it.effect(
    "commits nothing of a transaction that SQLite has ended by itself, also if its error is caught",
    () =>
      Effect.gen(function* () {
        const sql = yield* table
        yield* sql`insert into t values (1, 'x')`
        const lost = sql.withTransaction(
          Effect.gen(function* () {
            yield* sql`insert into t values (2, 'x')`
            yield* Effect.ignore(sql.withTransaction(sql`insert or rollback into t values (1, 'again')`))
            yield* Effect.ignore(sql`insert into t values (3, 'x')`)
          }),
        )
        assert.strictEqual((yield* Effect.flip(lost)).reason._tag, "ConstraintError")
        yield* sql.withTransaction(sql`insert into t values (4, 'x')`)
        assert.deepEqual(yield* rowsOf(sql), [[1], [4]])
      }).pipe(memory),
  )

  it.effect("rolls back when the commit fails, and goes on", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* sql`create table child (t integer references t (a) deferrable initially deferred)`
      const error = yield* Effect.flip(sql.withTransaction(sql`insert into child values (7)`))
      assert.strictEqual(error.reason._tag, "ConstraintError")
      yield* sql.withTransaction(sql`insert into t values (1, 'x')`)
      assert.deepEqual(yield* sql`select count(*) from child`.values, [[0]])
    }).pipe(memory),
  )

  it.effect(
    "reads the rows of a stream as they are taken, and what takes them may ask and write meanwhile",
    () =>
      Effect.gen(function* () {
        const db = new DatabaseSync(newFile())
        let made = 0
        db.function("made", () => ++made)
        const program = Effect.gen(function* () {
          const sql = yield* table
          const rows = sql`with recursive n(a) as (select 1 union all select a + 1 from n where a < 100000) select a, made() from n`
          // Both use the same code; in a transaction it is this connection, which has the function.
          yield* sql.withTransaction(rows.stream.pipe(Stream.take(300), Stream.runDrain))
          assert.isAtMost(made, 1_000)
          const numbers = sql<{
            a: number
          }>`with recursive n(a) as (select 1 union all select a + 1 from n where a < 2000) select a from n`
          const count = yield* numbers.stream.pipe(
            Stream.tap(({ a }) =>
              Effect.when(sql`insert into t values (${a}, 'seen')`, Effect.succeed(a % 500 === 0)),
            ),
            Stream.runCount,
          )
          assert.strictEqual(count, 2_000)
          assert.deepEqual(yield* rowsOf(sql), [[500], [1_000], [1_500], [2_000]])
        })
        yield* Effect.provide(program, SqliteClient.layerDatabase(db))
        db.close()
      }),
  )

  it.effect(
    "a stream sees what was committed when it began; in a transaction it sees the transaction's own rows",
    () =>
      Effect.gen(function* () {
        const sql = yield* table
        yield* sql`insert into t values (1, 'x'), (2, 'x')`
        const all = Stream.runCollect(sql<{ a: number }>`select a from t order by a`.stream)
        const seen = yield* sql<{ a: number }>`select a from t order by a`.stream.pipe(
          Stream.tap(({ a }) => sql`insert into t values (${a + 10}, 'x')`),
          Stream.map(({ a }) => a),
          Stream.runCollect,
        )
        assert.deepEqual(seen, [1, 2])
        yield* sql.withTransaction(
          Effect.gen(function* () {
            yield* sql`insert into t values (20, 'x')`
            assert.deepEqual(
              (yield* all).map(({ a }) => a),
              [1, 2, 11, 12, 20],
            )
            // An unfinished stream does not stop the commit.
            assert.lengthOf(yield* sql`select a from t`.stream.pipe(Stream.take(1), Stream.runCollect), 1)
          }),
        )
        assert.lengthOf(yield* all, 5)
      }).pipe(Effect.provide(SqliteClient.layer({ filename: newFile() }))),
  )

  it.effect("streams of a database in memory", () =>
    Effect.gen(function* () {
      const sql = yield* table
      yield* sql`insert into t values (1, 'x'), (2, 'x')`
      const seen = yield* sql<{ a: number }>`select a from t`.stream.pipe(
        Stream.tap(({ a }) => sql.withTransaction(sql`insert into t values (${a + 10}, 'x')`)),
        Stream.runCollect,
      )
      assert.deepEqual(
        seen.map(({ a }) => a),
        [1, 2],
      )
      assert.include(
        (yield* Effect.flip(Stream.runDrain(sql`select * from missing`.stream))).message,
        "no such table: missing",
      )
    }).pipe(memory),
  )

  it.effect("waits for another process that writes, and goes on when it has finished", () =>
    Effect.gen(function* () {
      const filename = newFile()
      const program = Effect.gen(function* () {
        const sql = yield* table
        const other = new DatabaseSync(filename)
        other.exec("BEGIN IMMEDIATE")
        const fiber = yield* Effect.forkChild(sql.withTransaction(sql`insert into t values (1, 'x')`), {
          startImmediately: true,
        })
        other.exec("COMMIT")
        other.close()
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(fiber)
        assert.deepEqual(yield* rowsOf(sql), [[1]])
      })
      yield* Effect.provide(program, SqliteClient.layer({ filename }))
    }),
  )

  it.effect(
    "flushes what it writes as far as macOS can, where a plain flush stays in the disk's memory",
    () =>
      Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        assert.deepStrictEqual(yield* sql`pragma fullfsync`.values, [[1]])
        assert.deepStrictEqual(yield* sql`pragma checkpoint_fullfsync`.values, [[1]])
      }).pipe(Effect.provide(SqliteClient.layer({ filename: newFile() }))),
  )

  it.effect(
    "says what is wrong: a constraint, a full disk, a file that is not a database, a folder that is missing, a read-only database",
    () =>
      Effect.gen(function* () {
        const filename = newFile()
        const program = Effect.gen(function* () {
          const sql = yield* table
          yield* sql`create unique index b on t (b)`
          yield* sql`insert into t values (1, 'x')`
          const unique = yield* Effect.flip(sql`insert into t values (2, 'x')`)
          assert.strictEqual(unique.reason._tag, "UniqueViolation")
          yield* sql`pragma max_page_count = 5`
          const full = yield* Effect.flip(
            sql.withTransaction(sql`insert into t values (3, ${"x".repeat(100_000)})`),
          )
          assert.include(full.message, "database or disk is full")
          yield* sql`pragma max_page_count = 1000`
          yield* sql.withTransaction(sql`insert into t values (3, ${"x".repeat(100_000)})`)
          yield* sql`pragma query_only = 1`
          assert.include((yield* Effect.flip(sql`delete from t`)).message, "readonly database")
        })
        yield* Effect.provide(program, SqliteClient.layer({ filename }))

        const openingOf = (filename: string) =>
          Effect.flip(Layer.build(SqliteClient.layer({ filename })).pipe(Effect.scoped))
        const text = newFile()
        writeFileSync(text, "this is not a database, but a text that is long enough to be looked at")
        assert.include((yield* openingOf(text)).message, `SQLite cannot open ${text}: file is not a database`)
        const missing = yield* openingOf(join(folder, "missing", "a.sqlite"))
        assert.strictEqual(missing.reason._tag, "ConnectionError")
        assert.include(missing.message, "unable to open database file")
      }),
  )

  it.effect("is closed with its scope, and leaves one file", () =>
    Effect.gen(function* () {
      const filename = newFile()
      const sql = yield* Effect.provide(table, SqliteClient.layer({ filename }))
      assert.isFalse(existsSync(`${filename}-wal`))
      assert.include((yield* Effect.flip(rowsOf(sql))).message, "database is not open")
    }),
  )

  it.effect("takes a database that is open, and the time from a function", () =>
    Effect.gen(function* () {
      const db = new DatabaseSync(":memory:")
      let now = 1_790_000_000_123
      const program = Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        const time = sql`select cast(round(unixepoch('subsec') * 1000) as integer)`.values
        assert.deepEqual(yield* time, [[1_790_000_000_123]])
        now += 1
        assert.deepEqual(yield* time, [[1_790_000_000_124]])
      })
      yield* Effect.provide(program, SqliteClient.layerDatabase(db, { nowMillis: () => now }))
      assert.isTrue(db.isOpen)
      db.close()
    }),
  )
})
