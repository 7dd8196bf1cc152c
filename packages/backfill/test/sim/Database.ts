/** The database as processes meet it: a client of `effect/sql` whose statements take time, and whose connections break. */
import { PgClient } from "@effect/sql-pg"
import { Deferred, Effect, Layer, type Scope, Stream } from "effect"
import * as Reactivity from "effect/reactivity/Reactivity"
import * as SqlClient from "effect/sql/SqlClient"
import type { Connection } from "effect/sql/SqlConnection"
import { ConnectionError, DeadlockError, SqlError, UnknownError } from "effect/sql/SqlError"
import type { Dice } from "../../../core/test/sim/Dice.ts"
import type { Machine, VirtualTime } from "../../../core/test/sim/VirtualTime.ts"
import type { Backend, Result, Session } from "./Backend.ts"

/** Times in which nothing passes between a machine and the database; milliseconds of virtual time. */
interface Cut {
  readonly machine: Machine
  readonly from: number
  readonly to: number
  /** Whether the sender hears at once that nothing passes, or nothing at all. */
  readonly isSilent: boolean
}

/** Who uses the database. */
interface User {
  readonly machine: Machine
  readonly name: string
}

/** See the members. */
export interface Database {
  readonly clientOf: (user: User) => Layer.Layer<SqlClient.SqlClient>
  readonly cut: (cut: Cut) => void
  /** It stops hard, and is there again after so long. */
  readonly restart: (downMillis: number) => void
  /** Calls back when a machine has the answer to its next statement within a transaction, and not yet what follows. */
  readonly amidTransaction: (machine: Machine, run: () => void) => void
  /** A machine was switched off. The server learns it soon, or, where the power failed, by its own means. */
  readonly killed: (machine: Machine, isSilent: boolean) => void
}

/** How it behaves. */
export interface Options {
  /** The longest way of a message in milliseconds, usually and seldom. */
  readonly way: { readonly usual: number; readonly seldom: number }
  /** How likely a connection breaks with a statement, before it has arrived or before its answer has. */
  readonly breaks: number
  readonly isCalm: () => boolean
  /** A process has heard that what it did since then is committed. */
  readonly onHeard: (user: User, beganAt: number) => void
}

/** A connection that gets no answer is given up, and a new one that cannot be made. */
const givenUpMillis = 10_000
/** How long a lost message may take to be sent again after a cut. */
const againMillis = 3_000

/** Makes it. */
export const make = (backend: Backend, dice: Dice, time: VirtualTime, options: Options): Database => {
  const sessions = new Map<Session, Machine>()
  const awaited = new Map<Machine, () => void>()
  let cuts: Array<Cut> = []
  let upAt = 0
  const way = () => dice.int(0, dice.chance(0.02) ? options.way.seldom : options.way.usual)
  const cutOf = (machine: Machine) => {
    cuts = cuts.filter(({ to }) => to > time.now())
    return cuts.find((cut) => cut.machine === machine && cut.from <= time.now())
  }

  const broken = (text: string) =>
    new SqlError({
      reason: new ConnectionError({
        message: `PgConnection: ${text}`,
        operation: "execute",
        cause: new Error(text),
      }),
    })
  const refused = ({ code, text }: { readonly code: string; readonly text: string }) => {
    const of = { message: text, operation: "execute", cause: Object.assign(new Error(text), { code }) }
    return new SqlError({
      reason:
        code === "57P01"
          ? new ConnectionError(of)
          : code === "40P01"
            ? new DeadlockError(of)
            : new UnknownError(of),
    })
  }

  const connectionOf = (user: User): Effect.Effect<Connection, SqlError, Scope.Scope> =>
    Effect.gen(function* () {
      const { machine, name } = user
      const cut = cutOf(machine)
      if (cut !== undefined) {
        const wait = cut.isSilent ? Math.min(givenUpMillis, cut.to - time.now()) : way()
        yield* Effect.sleep(wait)
        if (cutOf(machine) !== undefined) return yield* broken("cannot connect")
      }
      if (time.now() < upAt) {
        yield* Effect.sleep(Math.max(1, way()))
        return yield* broken("connection refused")
      }
      const session = backend.open(name)
      sessions.set(session, machine)
      let lost: SqlError | undefined
      const lose = (error: SqlError) => (lost ??= error)
      const send = (sql: string, params: ReadonlyArray<unknown>) =>
        Effect.suspend(() => {
          if (lost !== undefined) return Effect.fail(lost)
          const answered = Deferred.makeUnsafe<Result, SqlError>()
          /** What the process hears ends with its machine, and waits while that is frozen. */
          const hear = (millis: number, exit: Effect.Effect<Result, SqlError>) =>
            void time.after(millis, () => Deferred.doneUnsafe(answered, exit), machine)
          const fail = (millis: number, text: string) =>
            void time.after(
              millis,
              () =>
                Deferred.doneUnsafe(
                  answered,
                  Effect.suspend(() => Effect.fail(lose(broken(text)))),
                ),
              machine,
            )
          const answer = (result: Result) => {
            const cut = cutOf(machine)
            const later = cut === undefined ? 0 : cut.to - time.now() + dice.int(0, againMillis)
            if (cut !== undefined && !cut.isSilent) return fail(way(), "connection reset")
            const run = awaited.get(machine)
            if (
              run !== undefined &&
              session.inTransaction &&
              "rows" in result &&
              result.command !== "BEGIN"
            ) {
              awaited.delete(machine)
              run()
            }
            hear(later + way(), Effect.succeed(result))
          }
          const arrive = () => backend.execute(session, sql, params, answer)
          const cut = cutOf(machine)
          const breaks = !options.isCalm() && dice.chance(options.breaks)
          if (cut !== undefined) {
            if (cut.isSilent) time.after(cut.to - time.now() + dice.int(0, againMillis), arrive)
            else fail(way(), "connection reset")
          } else if (breaks && dice.chance(0.5)) {
            fail(way(), "connection reset")
            time.after(dice.chance(0.8) ? way() : idleForever, () =>
              backend.end(session, "the client is gone"),
            )
          } else if (breaks) {
            const there = way()
            time.after(there, () => backend.execute(session, sql, params, () => undefined))
            fail(there + way(), "connection reset")
            time.after(there + way() + 1, () => backend.end(session, "the client is gone"))
          } else time.after(way(), arrive)
          // Who is interrupted lets the server stop, and waits for its last word.
          return Effect.onInterrupt(Deferred.await(answered), () => {
            time.after(way(), () => backend.cancel(session))
            return Effect.ignore(
              Effect.timeoutOrElse(Deferred.await(answered), {
                duration: 5_000,
                orElse: () => Effect.sync(() => void lose(broken("query cancellation timed out"))),
              }),
            )
          })
        }).pipe(
          Effect.flatMap((result) =>
            "rows" in result ? Effect.succeed(result) : Effect.fail(refused(result)),
          ),
          Effect.tap(({ command }) =>
            Effect.sync(() => {
              if (command === "COMMIT") options.onHeard(user, session.beganAt)
            }),
          ),
          Effect.tapError((error) =>
            Effect.sync(() => {
              if (error.reason._tag === "ConnectionError") lose(error)
            }),
          ),
        )
      yield* Effect.addFinalizer(() =>
        Effect.sync(() => {
          sessions.delete(session)
          time.after(way(), () => backend.end(session, "closed"))
        }),
      )
      const rows = (sql: string, params: ReadonlyArray<unknown>) =>
        Effect.map(send(sql, params), (result) => result.rows)
      const execute: Connection["execute"] = (sql, params, transform) =>
        transform === undefined ? rows(sql, params) : Effect.map(rows(sql, params), transform)
      return {
        execute,
        executeRaw: send,
        executeUnprepared: execute,
        executeValues: (sql, params) =>
          Effect.map(rows(sql, params), (all) => all.map((row) => Object.values(row))),
        executeValuesUnprepared: (sql, params) =>
          Effect.map(rows(sql, params), (all) => all.map((row) => Object.values(row))),
        executeStream: (sql, params, transform) => Stream.fromIterableEffect(execute(sql, params, transform)),
      }
    })

  return {
    clientOf: (user) =>
      Layer.effect(
        SqlClient.SqlClient,
        SqlClient.make({
          driver: "sql-pg",
          acquirer: connectionOf(user),
          compiler: PgClient.makeCompiler(),
          spanAttributes: [],
          prepareTransactionControls: true,
          // As the driver: a transaction that was aborted is not committed.
          commit: (connection) =>
            Effect.flatMap(
              connection.executeRaw("COMMIT", []) as Effect.Effect<{ command: string }, SqlError>,
              (result) =>
                result.command === "ROLLBACK"
                  ? Effect.fail(refused({ code: "25P02", text: "COMMIT rolled back an aborted transaction" }))
                  : Effect.void,
            ),
        }),
      ).pipe(Layer.provide(Reactivity.layer)),
    cut: (cut) => void cuts.push(cut),
    amidTransaction: (machine, run) => void awaited.set(machine, run),
    restart: (downMillis) => {
      upAt = time.now() + downMillis
      backend.endAll("terminating connection due to administrator command")
    },
    killed: (machine, isSilent) => {
      if (isSilent) return
      for (const [session, other] of sessions) {
        if (other === machine) time.after(way(), () => backend.end(session, "the client is gone"))
      }
    },
  }
}

/** Longer than any transaction may be idle. */
const idleForever = 60_000
