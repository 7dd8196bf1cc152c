import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Redacted } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join, relative } from "node:path"
import { DatabaseSync } from "node:sqlite"
import { afterAll } from "vitest"
import { type BackfillError, Database } from "../src/index.ts"
import * as FileLock from "../src/internal/FileLock.ts"
import * as lockHolder from "./lockHolder.ts"

const folder = mkdtempSync(join(tmpdir(), "effect-feishu-database-"))
afterAll(() => rmSync(folder, { recursive: true }))

const faultOf = ({ reason }: BackfillError.BackfillError) =>
  reason._tag === "DatabaseUnusable" ? reason.fault : reason._tag

const opened = <A, E>(layer: Layer.Layer<A, E>) => Effect.scoped(Layer.build(layer))

describe("Database", () => {
  it.each([
    ["backfill.sqlite", "backfill.sqlite"],
    ["C:\\data\\backfill.sqlite", "C:\\data\\backfill.sqlite"],
    ["postgres://db/feishu", "postgres://db/feishu"],
    ["postgres://me@db:5433/feishu?sslmode=require", "postgres://me@db:5433/feishu?sslmode=require"],
    ["postgres://me:hunter2@db/feishu", "postgres://me:***@db/feishu"],
    ["postgresql://me:hun@te:r/2?#@db/feishu", "postgresql://me:***@db/feishu"],
    ["postgres:/me:hunter2@db/feishu", "postgres:/me:***@db/feishu"],
    [
      "postgres://me@db/feishu?password=hunter2&sslmode=require",
      "postgres://me@db/feishu?password=***&sslmode=require",
    ],
    ["postgres://me@db/feishu?pass%77ord=hunter2", "postgres://me@db/feishu?pass%77ord=***"],
    ["mysql://me:hunter2@db/feishu", "mysql://me:***@db/feishu"],
    ["host=db password=hunter2", "host=db password=***"],
    ["host=db password='hunter2 hunter2'", "host=db password=***"],
  ])("shows %s as %s", (address, expected) => assert.strictEqual(Database.shown(address), expected))

  it.effect.each([
    ["postgres://me:hunter2@db/feishu", "passwordInAddress"],
    ["postgres://me@db/feishu?password=hunter2", "passwordInAddress"],
    ["postgres://me@db/feishu?pass%77ord=hunter2", "passwordInAddress"],
    ["postgres://me:hun/ter2@db/feishu", "passwordInAddress"],
    ["POSTGRES://me:hunter2@db", "passwordInAddress"],
    ["mysql://me:hunter2@db/feishu", "passwordInAddress"],
    ["host=db password=hunter2", "passwordInAddress"],
    ["mysql://db/feishu", "notAnAddress"],
    ["postgres:db", "notAnAddress"],
    ["postgres://db:port/feishu", "notAnAddress"],
    ["postgres://%zz@db/feishu", "notAnAddress"],
    ["", "notAnAddress"],
    ["postgres://db/feishu?sslmod=require", "unknownParameter"],
    [":memory:", "inMemory"],
  ] as const)("refuses %s: %s", ([address, fault]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(opened(Database.layer(address)))
      assert.strictEqual(faultOf(error), fault)
      assert.notInclude(error.message, "ter2")
    }),
  )

  it.effect("reads an address as libpq does", () =>
    Effect.gen(function* () {
      const session = ({ database, host, port, user }: Database.Session) => [host, port, database, user]
      const of = (address: string) =>
        Effect.map(Database.parse(address), (parsed) => (parsed._tag === "File" ? [] : session(parsed)))
      assert.deepEqual(yield* of("postgres://me@db:5433/feishu"), ["db", 5433, "feishu", "me"])
      assert.deepEqual(yield* of("postgresql://m%40e@[::1]"), ["::1", 5432, "m@e", "m@e"])
      assert.deepEqual(yield* of("postgres:///feishu?host=/var/run/postgresql&user=me"), [
        "/var/run/postgresql",
        5432,
        "feishu",
        "me",
      ])
      assert.deepEqual(yield* of("postgres://me@db?dbname=other&port=6543"), ["db", 6543, "other", "me"])
    }),
  )

  it("finds a password in a password file as libpq does", () => {
    const file = [
      "# db:5432:feishu:me:commented",
      "too:few:fields",
      "db:5433:feishu:me:of another port",
      String.raw`d\:b:5432:feishu:m\\e:pass\:wo\\rd`,
      "db:5432:*:me:first:of all",
      "db:5432:feishu:me:second",
      "localhost:*:*:me:of this machine\r",
      "",
    ].join("\n")
    const of = (session: Partial<Database.Session>) => {
      const found = Database.passwordIn(file, {
        host: "db",
        port: 5432,
        database: "feishu",
        user: "me",
        ...session,
      })
      return found === undefined ? undefined : Redacted.value(found)
    }
    assert.strictEqual(of({}), "first:of all")
    assert.strictEqual(of({ port: 5433 }), "of another port")
    assert.strictEqual(of({ host: "d:b", user: "m\\e" }), "pass:wo\\rd")
    assert.strictEqual(of({ host: "/var/run/postgresql" }), "of this machine")
    assert.isUndefined(of({ user: "other" }))
  })

  it.effect("makes a file, and opens one that must exist only if it does", () =>
    Effect.gen(function* () {
      const file = join(folder, "new.sqlite")
      const missing = yield* Effect.flip(opened(Database.layer(file, { create: false })))
      assert.strictEqual(
        missing.message,
        `${file}: there is no such file. Plan a run in it first, or name another file.`,
      )
      yield* opened(Database.layer(file))
      yield* opened(Database.layer(file, { create: false }))
    }),
  )

  it.effect("says why a file cannot be used", () =>
    Effect.gen(function* () {
      const text = join(folder, "text.txt")
      writeFileSync(text, "meeting_no,tenant\n337736498,a\n".repeat(100))
      assert.strictEqual(faultOf(yield* Effect.flip(opened(Database.layer(text)))), "notADatabase")
      assert.strictEqual(faultOf(yield* Effect.flip(opened(Database.layer(folder)))), "cannotOpen")
      const nowhere = yield* Effect.flip(opened(Database.layer(join(folder, "no", "a.sqlite"))))
      assert.include(
        nowhere.message,
        "the file cannot be opened (unable to open database file). Its folder must exist",
      )
    }),
  )

  it.effect("says when no server answers, without waiting for one", () =>
    Effect.gen(function* () {
      // No server listens on the port for discarding.
      const error = yield* Effect.flip(opened(Database.layer("postgres://me@127.0.0.1:9/feishu")))
      assert.strictEqual(faultOf(error), "noAnswer")
      assert.include(
        error.message,
        "postgres://me@127.0.0.1:9/feishu: the server does not answer (connect ECONNREFUSED",
      )
    }),
  )
})

describe("the lock of a file", () => {
  const newFile = (name: string) => {
    const file = join(folder, name)
    const db = new DatabaseSync(file)
    db.exec("create table t (a)")
    db.close()
    return file
  }

  it.effect("refuses a second runner, however the path is written, and is free afterwards", () =>
    Effect.gen(function* () {
      const file = newFile("locked.sqlite")
      symlinkSync(file, join(folder, "link.sqlite"))
      symlinkSync(join(folder, "link.sqlite"), join(folder, "link of link.sqlite"))
      mkdirSync(join(folder, "sub"))
      symlinkSync(folder, join(folder, "sub", "folder"))
      const names = [
        file,
        relative(process.cwd(), file),
        join(folder, "link.sqlite"),
        join(folder, "link of link.sqlite"),
        join(folder, "sub", "folder", "locked.sqlite"),
        `${folder}//./sub/../locked.sqlite`,
      ]
      for (const name of names) {
        const [isHeld, end] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
        const first = yield* Deferred.succeed(isHeld, undefined).pipe(
          Effect.andThen(Deferred.await(end)),
          Effect.provide(FileLock.layer(name)),
          Effect.forkChild,
        )
        yield* Deferred.await(isHeld)
        for (const second of names) {
          const error = yield* Effect.flip(opened(FileLock.layer(second)))
          assert.deepEqual(error.reason, { _tag: "DatabaseInUse", database: second })
        }
        yield* Deferred.succeed(end, undefined)
        yield* Fiber.join(first)
      }
    }),
  )

  it.effect("refuses a file with a hard link, which would have two locks", () =>
    Effect.gen(function* () {
      const file = newFile("one.sqlite")
      linkSync(file, join(folder, "two.sqlite"))
      assert.strictEqual(faultOf(yield* Effect.flip(opened(FileLock.layer(file)))), "severalNames")
    }),
  )

  it.live(
    "B8: of another process, refused while it lives, free after kill -9; the file can be read and written all the while",
    () =>
      Effect.gen(function* () {
        const file = newFile("other process.sqlite")
        const other = yield* Effect.promise(() => lockHolder.start(file))
        assert.strictEqual(faultOf(yield* Effect.flip(opened(FileLock.layer(file)))), "DatabaseInUse")
        const write = Effect.gen(function* () {
          const sql = yield* SqlClient.SqlClient
          yield* sql`insert into t values (1)`
          return yield* sql`select * from t`
        })
        assert.lengthOf(yield* Effect.provide(write, Database.layer(file)), 1)
        yield* Effect.promise(() => other.kill())
        yield* opened(FileLock.layer(file))
      }),
  )
})
