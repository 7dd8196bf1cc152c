/**
 * The database of a backfill by its address: a file of SQLite, or a PostgreSQL database.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as SqlClient from "effect/sql/SqlClient"
 * import { Database } from "@effect-feishu/backfill"
 *
 * const program = Effect.gen(function* () {
 *   const sql = yield* SqlClient.SqlClient
 *   const [row] = yield* sql<{ two: number }>`select 1 + 1 as two`
 *   return row?.two
 * })
 *
 * console.log(Database.shown("postgres://feishu:secret@db.example.com/feishu")) // => postgres://feishu:***@db.example.com/feishu
 * const database = Database.layer("postgres://feishu:secret@db.example.com/feishu")
 * const error = await Effect.runPromise(Effect.flip(Effect.provide(program, database)))
 * console.log(error.message) // => postgres://feishu:***@db.example.com/feishu: the address has a password…
 * ```
 */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { existsSync, readFileSync } from "node:fs"
import { userInfo } from "node:os"
import { resolve } from "node:path"
import * as BackfillError from "./BackfillError.ts"
import * as SqliteClient from "./SqliteClient.ts"

/** What an address says. */
export type Address =
  | { readonly _tag: "File"; readonly path: string }
  | ({ readonly _tag: "Postgres"; readonly url: string; readonly certificates: string | undefined } & Session)

/** To whom a password belongs, as libpq names it. */
export interface Session {
  /** The host, or the folder of a Unix socket. */
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
}

/** How to connect. */
export interface Options {
  /** The password of the PostgreSQL user. It is never a part of the address. */
  readonly password?: Redacted.Redacted | undefined
  /** Connections of this process to PostgreSQL at most; 8 by default, so that ten processes fit into PostgreSQL's own 100. */
  readonly maxConnections?: number | undefined
  /** How safe commits in a file are; see `SqliteClient.Options`. */
  readonly synchronous?: SqliteClient.Options["synchronous"]
  /** False for a file that must exist already; it is made by default. */
  readonly create?: boolean | undefined
}

/** Parameters of an address, as in libpq. Any other one is refused: what it asks for would not happen. */
const parameters = new Set([
  "host",
  "port",
  "user",
  "dbname",
  "sslmode",
  "sslrootcert",
  "connect_timeout",
  "application_name",
  "options",
])
const secretParameters = new Set(["password", "sslpassword", "sslkey", "passfile"])

// A letter and a colon are a drive of Windows.
const isUrl = /^[a-z][a-z0-9+.-]+:/i

/** Returns the address with `***` for all that may be secret in it, also when it is mistyped. */
export const shown = (address: string): string => {
  if (!isUrl.test(address)) return address.replaceAll(/(pass\w*\s*=\s*).+/gis, "$1***")
  const [, scheme = "", rest = ""] = /^([a-z][a-z0-9+.-]+:\/*)(.*)$/is.exec(address) ?? []
  // A password that is not encoded may contain any of `:/?#@`: all up to the last `@` is of the user.
  const at = rest.lastIndexOf("@")
  const [user = "", ...password] = rest.slice(0, Math.max(at, 0)).split(":")
  const shownUser = at < 0 ? "" : password.length === 0 ? `${user}@` : `${user}:***@`
  const [place = "", ...query] = rest.slice(at + 1).split("?")
  const shownQuery = query
    .join("?")
    .split("&")
    .map((part) => {
      const [name = "", value] = part.split("=", 2)
      return value === undefined || (parameters.has(name) && name !== "options") ? part : `${name}=***`
    })
  return `${scheme}${shownUser}${place}${query.length === 0 ? "" : `?${shownQuery.join("&")}`}`
}

const unusable = (address: string, fault: BackfillError.DatabaseFault, detail?: string) =>
  BackfillError.make({ _tag: "DatabaseUnusable", database: shown(address), fault, detail })

/** Reads an address. Fails with `DatabaseUnusable` for one that has a password, is in memory or cannot be read. */
export const parse = (address: string): Effect.Effect<Address, BackfillError.BackfillError> =>
  Effect.suspend((): Effect.Effect<Address, BackfillError.BackfillError> => {
    const trimmed = address.trim()
    if (!isUrl.test(trimmed)) {
      if (/^:memory:$/i.test(trimmed)) return unusable(address, "inMemory")
      if (trimmed === "" || trimmed.includes("\0")) return unusable(address, "notAnAddress")
      if (/\bpassword\s*=/i.test(trimmed)) return unusable(address, "passwordInAddress")
      return Effect.succeed({ _tag: "File", path: resolve(address) })
    }
    if (!/^postgres(ql)?:\/\//i.test(trimmed) || !URL.canParse(trimmed)) {
      return unusable(address, /:\/*[^:]*:.*@/s.test(trimmed) ? "passwordInAddress" : "notAnAddress")
    }
    const url = new URL(trimmed)
    const names = [...url.searchParams.keys()]
    if (url.password !== "" || names.some((name) => secretParameters.has(name))) {
      return unusable(address, "passwordInAddress")
    }
    const unknown = names.find((name) => !parameters.has(name))
    if (unknown !== undefined) return unusable(address, "unknownParameter", unknown)
    try {
      const of = (name: string, otherwise: string) =>
        url.searchParams.get(name) ?? (decodeURIComponent(otherwise) || undefined)
      const user = of("user", url.username) ?? userInfo().username
      return Effect.succeed({
        _tag: "Postgres",
        url: trimmed,
        certificates: url.searchParams.get("sslrootcert") ?? undefined,
        host: of("host", url.hostname.replaceAll(/^\[|\]$/g, "")) ?? "localhost",
        port: Number(of("port", url.port) ?? 5432),
        database: of("dbname", url.pathname.slice(1)) ?? user,
        user,
      })
    } catch {
      return unusable(address, "notAnAddress")
    }
  })

/**
 * Returns the password that a password file has for a session, as libpq finds it: the first line whose
 * `host:port:database:user` fits, where `*` fits all and a backslash keeps `:` and itself.
 */
export const passwordIn = (file: string, session: Session): Redacted.Redacted | undefined => {
  // libpq looks for localhost where it uses the usual socket of this machine.
  const host = /^\/(var\/run|run|tmp)(\/postgresql)?\/?$/.test(session.host) ? "localhost" : session.host
  const wanted = [host, String(session.port), session.database, session.user]
  for (const line of file.split(/\r?\n/)) {
    if (line.startsWith("#")) continue
    const fields = /^((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):((?:\\.|[^:\\])*):(.+)$/.exec(line)
    if (fields === null) continue
    const [, ...values] = fields
    const plain = values.map((value) => value.replaceAll(/\\(.)/g, "$1"))
    if (wanted.every((value, index) => values[index] === "*" || plain[index] === value))
      return Redacted.make(plain[4]!)
  }
  return undefined
}

/** Milliseconds after which PostgreSQL ends a transaction whose process does nothing: a frozen owner holds the row of its lane so long. */
const idleInTransactionMillis = 10_000

/** Milliseconds for which a statement waits for a lock: longer than a frozen owner may hold one. */
const lockMillis = 30_000

/** Since this version, PostgreSQL ends the idle session of a frozen process, and with it its locks. */
const oldestServer = 140_000

const postgres = (
  address: Address & { readonly _tag: "Postgres" },
  { maxConnections = 8, password }: Options,
) => {
  const { certificates, database, host, port, url, user } = address
  return PgClient.layer({
    url: Redacted.make(url),
    host,
    port,
    database,
    username: user,
    ...(password !== undefined && { password }),
    ...(certificates !== undefined && { ssl: { ca: readFileSync(certificates) } }),
    ...(!/[?&]application_name=/.test(url) && { applicationName: "feishu-meetings backfill" }),
    maxConnections,
    keepAlive: "10 seconds",
    startupParameters: {
      idle_in_transaction_session_timeout: String(idleInTransactionMillis),
      lock_timeout: String(lockMillis),
    },
  })
}

const causeOf = (
  error: SqlError,
): { readonly code?: unknown; readonly errcode?: unknown; readonly message: string } =>
  error.reason.cause instanceof Error ? error.reason.cause : { message: error.message }

const faultOfFile = (error: SqlError): BackfillError.DatabaseFault => {
  const { errcode, message } = causeOf(error)
  if (message.includes("has no WAL")) return "noSharedMemory"
  // SQLITE_NOTADB and SQLITE_CORRUPT; the lower byte of an extended code is the code.
  const code = typeof errcode === "number" ? errcode & 0xff : undefined
  return code === 26 ? "notADatabase" : code === 11 ? "damaged" : "cannotOpen"
}

const faultsOfServer: Record<string, BackfillError.DatabaseFault> = {
  ENOTFOUND: "unknownHost",
  EAI_AGAIN: "unknownHost",
  ECONNREFUSED: "noAnswer",
  ECONNRESET: "noAnswer",
  EHOSTUNREACH: "noAnswer",
  ENETUNREACH: "noAnswer",
  ETIMEDOUT: "noAnswer",
  ENOENT: "noAnswer",
  "3D000": "noSuchDatabase",
  "28000": "notAllowed",
  "28P01": "wrongPassword",
  "53300": "tooMany",
}

const faultOfServer = (error: SqlError): BackfillError.DatabaseFault => {
  const { code, message } = causeOf(error)
  const known = typeof code === "string" ? faultsOfServer[code] : undefined
  if (known !== undefined) return known
  if (error.message.includes("No password configured")) return "needsPassword"
  if (/TLS|SSL|CERT|VERIFY/.test(`${String(code)} ${message}`)) return "tls"
  return error.reason._tag === "ConnectionError" ? "noAnswer" : "refused"
}

const check = (address: string) =>
  Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const [row] = yield* sql<{
      version: string
    }>`select current_setting('server_version_num') as version`.pipe(
      Effect.mapError((error) => unusable(address, faultOfServer(error), causeOf(error).message)),
    )
    const version = Number(row?.version)
    if (version < oldestServer) yield* unusable(address, "tooOld", `version ${Math.floor(version / 10_000)}`)
  })

/**
 * Connects to the database at an address: a path, or `postgres://user@host:port/database?sslmode=…`. Fails with
 * `DatabaseUnusable` when it cannot be used; connections that break later are made again.
 */
export const layer = (
  address: string,
  options: Options = {},
): Layer.Layer<SqlClient.SqlClient, BackfillError.BackfillError> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const parsed = yield* parse(address)
      if (parsed._tag === "File") {
        if (options.create === false && !existsSync(parsed.path)) yield* unusable(address, "noSuchFile")
        const client = SqliteClient.layer({ filename: parsed.path, synchronous: options.synchronous })
        return client.pipe(
          Layer.catchTag("SqlError", (error) =>
            Layer.effectContext(unusable(address, faultOfFile(error), causeOf(error).message)),
          ),
        )
      }
      return Layer.provideMerge(Layer.effectDiscard(check(address)), Layer.orDie(postgres(parsed, options)))
    }),
  )
