/**
 * A process that reads lanes, by the cluster of Effect: alone with a file, or one of many with PostgreSQL. The runners of a database
 * find each other in it, share its lanes, and take over those of one that ends, freezes or is cut off.
 *
 * Runners talk to each other over a port that is neither encrypted nor asks who is there: whoever reaches it can start and stop the
 * reading of lanes, but reads no secret and no meeting. It is on loopback unless another address is given.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { Database, Runner } from "@effect-feishu/backfill"
 *
 * // On each of many machines: the same database, and the address at which the others reach this one.
 * const database = "postgres://feishu@db.internal/feishu"
 * const runner = Runner.layer({ database, listen: "10.0.0.5:34431" })
 * console.log(Layer.isLayer(runner)) // => true
 *
 * // Alone with a file, which another process cannot run meanwhile. What is only in memory cannot be continued.
 * const inMemory = Runner.layer({ database: ":memory:" }).pipe(Layer.provide(Database.layer("backfill.sqlite", { create: false })))
 * const error = await Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(inMemory))))
 * console.log(error._tag) // => BackfillError
 * ```
 */
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeCrypto from "@effect/platform-node/NodeCrypto"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as MessageStorage from "effect/cluster/MessageStorage"
import * as RunnerAddress from "effect/cluster/RunnerAddress"
import * as RunnerHealth from "effect/cluster/RunnerHealth"
import * as Runners from "effect/cluster/Runners"
import * as Sharding from "effect/cluster/Sharding"
import * as ShardingConfig from "effect/cluster/ShardingConfig"
import * as SocketRunner from "effect/cluster/SocketRunner"
import * as SqlMessageStorage from "effect/cluster/SqlMessageStorage"
import * as SqlRunnerStorage from "effect/cluster/SqlRunnerStorage"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as SocketServer from "effect/socket/SocketServer"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import * as BackfillError from "./BackfillError.ts"
import * as Database from "./Database.ts"
import * as FileLock from "./internal/FileLock.ts"

/** How to run. */
export interface Options {
  /** The address of the database, as for `Database.layer`. */
  readonly database: string
  /**
   * With PostgreSQL, the address at which other runners reach this one: `host:port`, or `host` for any free port. By default a free
   * port of 127.0.0.1, where only runners of this machine reach it. A file has one runner, which needs none.
   */
  readonly listen?: string | undefined
  /** Other times of the cluster, for tests. */
  readonly timing?: Partial<ShardingConfig.ShardingConfig["Service"]> | undefined
}

/**
 * How fast lanes move, measured on one machine: a runner that was killed does not answer the next ping, and its lanes are read again
 * 0.5 to 8 seconds later. One that is frozen or cut off from the database loses them 15 seconds later; one that stops gives them away
 * in less than two.
 */
const timing = {
  ...ShardingConfig.defaults,
  // A lane is an entity as long as it is read: others would wait until one of them has finished.
  maxResidentEntities: "unbounded",
  // To read a lane does not end by itself, so to wait for its end is in vain.
  entityTerminationTimeout: "1 second",
  shardLockExpiration: "15 seconds",
  shardLockRefreshInterval: "4 seconds",
  refreshAssignmentsInterval: "1 second",
  runnerHealthCheckInterval: "5 seconds",
  entityMessagePollInterval: "2 seconds",
} as const satisfies Partial<ShardingConfig.ShardingConfig["Service"]>

const cannotListen = (address: string, fault: BackfillError.ListenFault, detail?: string) =>
  BackfillError.make({ _tag: "CannotListen", address, fault, detail })

const listenFaults: Record<string, BackfillError.ListenFault> = {
  EADDRINUSE: "inUse",
  EADDRNOTAVAIL: "notHere",
  ENOTFOUND: "notHere",
  EAI_AGAIN: "notHere",
  EACCES: "notAllowed",
}

const parseListen = (listen: string) => {
  const [, bracketed, plain, port = "0"] = /^(?:\[([^\]]+)\]|([^:\s]+))(?::(\d+))?$/.exec(listen) ?? []
  const host = bracketed ?? plain
  if (host === undefined || Number(port) > 65_535) return cannotListen(listen, "notAnAddress")
  if (/^(0+(\.0+){0,3}|[0:]+|\*)$/.test(host)) return cannotListen(listen, "everyInterface")
  return Effect.succeed({ host, port: Number(port) })
}

/** Opens the port for other runners. Fails with `CannotListen`. */
const server = (listen: string) =>
  Layer.unwrap(Effect.map(parseListen(listen), NodeSocketServer.layer)).pipe(
    Layer.catchTag("SocketServerError", (error) => {
      const cause = error.reason._tag === "SocketServerOpenError" ? error.reason.cause : undefined
      const code = cause instanceof Error && "code" in cause ? String(cause.code) : ""
      const detail = cause instanceof Error ? cause.message : undefined
      return Layer.effectContext(cannotListen(listen, listenFaults[code] ?? "other", detail))
    }),
  )

/** The tables of the cluster are Effect's. Those of a newer Effect are left alone; those of an earlier one are brought up to date. */
const checkTables = Effect.gen(function* () {
  const sql = yield* SqlClient.SqlClient
  const loaders = [
    ["cluster_migrations", SqlMessageStorage.migrations()],
    ["cluster_runner_migrations", SqlRunnerStorage.migrations({})],
  ] as const
  for (const [table, loader] of loaders) {
    const exists = yield* sql.onDialectOrElse({
      pg: () =>
        sql`select 1 from information_schema.tables where table_name = ${table} and table_schema = current_schema()`,
      orElse: () => sql`select 1 from sqlite_master where name = ${table}`,
    })
    if (exists.length === 0) continue
    const [row] = yield* sql`select max(migration_id) as version from ${sql(table)}`
    const version = Number(row?.["version"] ?? 0)
    const supported = Math.max(...(yield* Effect.orDie(loader)).map(([id]) => id))
    if (version > supported) yield* BackfillError.make({ _tag: "SchemaTooNew", version, supported })
  }
})

const messages = SqlMessageStorage.layer.pipe(Layer.provide(NodeCrypto.layerDigest))

const alone = (options: Options, file: string) =>
  Sharding.layer.pipe(
    Layer.provide(Runners.layerNoop),
    Layer.provide(RunnerHealth.layerNoop),
    Layer.provideMerge(messages),
    Layer.provide(SqlRunnerStorage.layer),
    // Not from the environment, where PORT or LISTEN_HOST are of other programs.
    Layer.provide(ShardingConfig.layer({ ...timing, ...options.timing })),
    Layer.provide(FileLock.layer(file)),
  )

const oneOfMany = (options: Options) => {
  const listen = options.listen ?? "127.0.0.1"
  const config = Layer.effect(
    ShardingConfig.ShardingConfig,
    Effect.gen(function* () {
      const { address } = yield* SocketServer.SocketServer
      const { host } = yield* parseListen(listen)
      const port = address._tag === "UnixPathAddress" ? 0 : address.port
      return { ...timing, runnerAddress: Option.some(RunnerAddress.make(host, port)), ...options.timing }
    }),
  )
  return SocketRunner.layer.pipe(
    Layer.provide(RunnerHealth.layerPing.pipe(Layer.provide(Runners.layerRpc))),
    Layer.provide(NodeClusterSocket.layerClientProtocol),
    Layer.provideMerge(messages),
    Layer.provide(SqlRunnerStorage.layer),
    Layer.provide(config),
    Layer.provide(server(listen)),
    Layer.provide(RpcSerialization.layerSchemaBinary()),
  )
}

/**
 * Makes this process a runner of the database. Fails with `DatabaseInUse` when another process has the file, with `CannotListen`
 * when the port cannot be opened, and with `SchemaTooNew` when a runner with a newer Effect has used the database.
 */
export const layer = (
  options: Options,
): Layer.Layer<
  Sharding.Sharding | MessageStorage.MessageStorage,
  BackfillError.BackfillError | SqlError,
  SqlClient.SqlClient
> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const parsed = yield* Database.parse(options.database)
      yield* checkTables
      return parsed._tag === "File" ? alone(options, parsed.path) : oneOfMany(options)
    }),
  )
