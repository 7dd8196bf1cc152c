import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Logger } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { mkdtempSync, rmSync } from "node:fs"
import { createServer, type AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll } from "vitest"
import { Database, Runner } from "../src/index.ts"

const folder = mkdtempSync(join(tmpdir(), "effect-feishu-runner-"))
afterAll(() => rmSync(folder, { recursive: true }))
let files = 0
const newFile = () => join(folder, `${++files}.sqlite`)

const silent = Effect.provide(Logger.layer([]))

describe("Runner", () => {
  it.live(
    "B8: alone with a file, a second one is refused until the first has ended; one after another go on",
    () =>
      Effect.gen(function* () {
        const file = newFile()
        const runner = Runner.layer({ database: file }).pipe(Layer.provideMerge(Database.layer(file)))
        for (const _ of ["first", "after the first"]) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              yield* Layer.build(runner)
              const error = yield* Effect.flip(Effect.scoped(Layer.build(Layer.fresh(runner))))
              assert.strictEqual(
                error.message,
                `Another process is running a backfill in ${file}. Stop it first, or use PostgreSQL for many processes.`,
              )
            }),
          )
        }
      }).pipe(silent),
  )

  it.effect("is refused in memory, and with a password in the address", () =>
    Effect.gen(function* () {
      const of = (database: string) => Effect.flip(Layer.build(Runner.layer({ database })))
      assert.include((yield* of(":memory:")).message, "what is only in memory is gone with the process")
      assert.include(
        (yield* of("postgres://me:hunter2@db/feishu")).message,
        "postgres://me:***@db/feishu: the address has a password",
      )
    }).pipe(Effect.scoped, Effect.provide(Database.layer(newFile())), silent),
  )

  it.live("says why it cannot listen", () =>
    Effect.gen(function* () {
      const taken = yield* Effect.acquireRelease(
        Effect.callback<ReturnType<typeof createServer>>((resume) => {
          const server = createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) => Effect.sync(() => server.close()),
      )
      const { port } = taken.address() as AddressInfo
      // The port is opened before the database is used, so any one will do.
      const faultOf = Effect.fnUntraced(function* (listen: string) {
        const error = yield* Effect.flip(
          Layer.build(Runner.layer({ database: "postgres://db/feishu", listen })),
        )
        assert(error._tag === "BackfillError" && error.reason._tag === "CannotListen")
        assert.isTrue(error.message.startsWith(`${listen}: `))
        return error.reason.fault
      })
      assert.strictEqual(yield* faultOf(`127.0.0.1:${port}`), "inUse")
      // An address for documentation (RFC 5737), which no machine has.
      assert.strictEqual(yield* faultOf("192.0.2.1:34431"), "notHere")
      assert.strictEqual(yield* faultOf("0.0.0.0:34431"), "everyInterface")
      assert.strictEqual(yield* faultOf("[::]:34431"), "everyInterface")
      assert.strictEqual(yield* faultOf(":34431"), "notAnAddress")
      assert.strictEqual(yield* faultOf("127.0.0.1:99999"), "notAnAddress")
      assert.strictEqual(yield* faultOf("http://127.0.0.1:34431"), "notAnAddress")
    }).pipe(Effect.scoped, Effect.provide(Database.layer(newFile())), silent),
  )

  it.live("leaves tables of a newer Effect alone", () =>
    Effect.gen(function* () {
      const file = newFile()
      const runner = Runner.layer({ database: file })
      const program = Effect.gen(function* () {
        yield* Effect.scoped(Layer.build(runner))
        const sql = yield* SqlClient.SqlClient
        yield* sql`insert into cluster_migrations (migration_id, name) values (999, 'of a newer Effect')`
        const error = yield* Effect.flip(Effect.scoped(Layer.build(runner)))
        assert.include(error.message, "have version 999")
      })
      yield* Effect.provide(program, Database.layer(file))
    }).pipe(silent),
  )
})
