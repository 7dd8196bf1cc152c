import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Redacted } from "effect"
import * as SqlClient from "effect/sql/SqlClient"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { readFileSync, writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { afterAll } from "vitest"
import * as Postgres from "../../core/test/Postgres.ts"
import { Database } from "../src/index.ts"

const server = await Postgres.start()
afterAll(() => server[Symbol.asyncDispose]())
const { host } = new URL(server.url)
const password = "hunter2 of the database"

const admin = Effect.provide(Database.layer(server.url))
const open = (address: string, given?: string) =>
  Effect.scoped(
    Layer.build(
      Database.layer(address, { password: given === undefined ? undefined : Redacted.make(given) }),
    ),
  )
const refused = Effect.fnUntraced(function* (address: string, given?: string) {
  const error = yield* Effect.flip(open(address, given))
  assert(error.reason._tag === "DatabaseUnusable")
  assert.notInclude(JSON.stringify([error.message, error]), "hunter2")
  return error.reason.fault
})

describe("PostgreSQL", () => {
  it.live("is entered with a password that is not in the address; what is wrong is said", () =>
    Effect.gen(function* () {
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient.SqlClient
        yield* sql`create role locked login password ${sql.literal(`'${password}'`)}`
        yield* sql`create role rejected login`
        yield* sql`create role limited login connection limit 0`
        const [row] = yield* sql<{ hba_file: string }>`show hba_file`
        const rules = ["host all locked 127.0.0.1/32 scram-sha-256", "host all rejected 127.0.0.1/32 reject"]
        writeFileSync(row!.hba_file, `${rules.join("\n")}\n${readFileSync(row!.hba_file, "utf8")}`)
        yield* sql`select pg_reload_conf()`
      }).pipe(admin)
      // A new connection is made by the server's next process, which may not have read the rules yet.
      yield* Effect.repeat(Effect.exit(open(`postgres://rejected@${host}/postgres`)), {
        until: (exit) => exit._tag === "Failure",
      })

      yield* open(`postgres://locked@${host}/postgres`, password)
      assert.strictEqual(yield* refused(`postgres://locked@${host}/postgres`), "needsPassword")
      assert.strictEqual(
        yield* refused(`postgres://locked@${host}/postgres`, `${password}!`),
        "wrongPassword",
      )
      assert.strictEqual(yield* refused(`postgres://rejected@${host}/postgres`), "notAllowed")
      assert.strictEqual(yield* refused(`postgres://limited@${host}/postgres`), "tooMany")
      assert.strictEqual(yield* refused(`postgres://postgres@${host}/nothing`), "noSuchDatabase")
      assert.strictEqual(yield* refused(`postgres://postgres@${host}/postgres?sslmode=require`), "tls")
      yield* open(`postgres://postgres@${host}/postgres?sslmode=prefer`)
    }),
  )

  it.live("is refused when it is too old", () =>
    Effect.gen(function* () {
      const old =
        "create schema old; create function old.current_setting(text) returns text language sql as $$ select '130014' $$"
      for (const statement of old.split("; ")) {
        yield* Effect.flatMap(SqlClient.SqlClient, (sql) => sql.unsafe(statement)).pipe(admin)
      }
      const address = `${server.url}?options=${encodeURIComponent("-c search_path=old,pg_catalog")}`
      const error = yield* Effect.flip(open(address))
      assert.include(error.message, "the server is too old (version 13). Use PostgreSQL 14 or later.")
    }),
  )

  it.live("its sessions have names and bounds", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      const [row] =
        yield* sql`select current_setting('application_name') as name, current_setting('idle_in_transaction_session_timeout') as idle, current_setting('lock_timeout') as lock`
      assert.deepEqual({ ...row }, { name: "feishu-meetings backfill", idle: "10s", lock: "30s" })
    }).pipe(admin),
  )

  it.live("B2: ends the transaction of a frozen process, so that another one gets its row", () =>
    Effect.gen(function* () {
      const sql = yield* SqlClient.SqlClient
      yield* sql`create table lanes (lane text primary key, owner text)`
      yield* sql`insert into lanes values ('a', 'nobody')`
      const program = fileURLToPath(new URL("frozenOwner.ts", import.meta.url))
      const child = spawn(process.execPath, [program, server.url], { stdio: ["ignore", "pipe", "inherit"] })
      yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
      const exited = once(child, "exit")
      yield* Effect.promise(() => once(child.stdout, "data"))
      child.kill("SIGSTOP")
      yield* sql`update lanes set owner = 'the next'`
      child.kill("SIGCONT")
      yield* Effect.promise(() => exited)
      assert.strictEqual(child.exitCode, 3)
      assert.deepEqual(yield* sql`select owner from lanes`.values, [["the next"]])
    }).pipe(Effect.scoped, admin),
  )
})
