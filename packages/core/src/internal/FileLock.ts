/**
 * A lock between processes that the system frees when its holder ends, however it ends: a transaction in a SQLite database
 * that holds nothing, so a lock of the system (`fcntl`, on Windows `LockFileEx`) on its file. How far it holds is in
 * `UserTokenFile`.
 *
 * Only SQLite may open that file: by POSIX, a process loses all its locks on a file when it closes any descriptor of it, and
 * SQLite sees to that within a process.
 */
import * as NodeFS from "node:fs"
import { dirname } from "node:path"
import type * as Sqlite from "node:sqlite"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import * as Sentence from "../Sentence.ts"
import { monotonicMillis } from "./monotonic.ts"

/** Why a lock was not got: what happened, and what to do. */
export class NotHeld {
  readonly _tag = "NotHeld"
  readonly problem: Sentence.Sentence
  readonly remedy: Sentence.Sentence
  constructor(problem: Sentence.Sentence, remedy: Sentence.Sentence) {
    this.problem = problem
    this.remedy = remedy
  }
}

/** The first and the longest pause between two tries, in milliseconds. */
const firstPause = 5
const longestPause = 200

/** Holds the lock of this file, which is made if there is none, until the scope is closed. Waits for others for at most that long. */
export const hold = (path: string, longestWaitMillis: number): Effect.Effect<void, NotHeld, Scope.Scope> =>
  Effect.uninterruptibleMask(
    Effect.fnUntraced(function* (restore) {
      const sqlite = loadSqlite()
      if (sqlite === undefined) {
        return yield* Effect.fail(new NotHeld(Sentence.make("sqliteMissing"), Sentence.make("provideSqlite")))
      }
      const start = yield* monotonicMillis
      let pause = firstPause
      for (;;) {
        const lock = yield* Effect.try({
          try: () => begin(sqlite, path),
          catch: (error) =>
            new NotHeld(
              Sentence.make("lockFailed", { path, detail: whyNot(path, error) }),
              Sentence.make("otherFolder"),
            ),
        })
        if (lock !== undefined) {
          yield* Effect.addFinalizer(() => Effect.sync(() => lock.close()))
          return
        }
        const waited = (yield* monotonicMillis) - start
        if (waited >= longestWaitMillis) {
          return yield* Effect.fail(
            new NotHeld(
              Sentence.make("lockHeld", { path, seconds: Math.round(waited / 1_000) }),
              Sentence.make("endHolder"),
            ),
          )
        }
        const random = yield* Random.next
        yield* restore(Effect.sleep(Math.min(pause * (0.5 + random), longestWaitMillis - waited)))
        pause = Math.min(pause * 1.5, longestPause)
      }
    }),
  )

let loaded: typeof Sqlite | undefined

/** Loads `node:sqlite` without the warning of Node 22 that it is experimental: nothing is kept in this database. */
const loadSqlite = (): typeof Sqlite | undefined => {
  if (loaded !== undefined) return loaded
  const { emitWarning } = process
  process.emitWarning = () => undefined
  try {
    loaded = process.getBuiltinModule("node:sqlite")
  } catch {
    // A runtime that has no such module.
  } finally {
    process.emitWarning = emitWarning
  }
  return loaded
}

/** Returns a transaction that no other one gets next to, or `undefined` where there is one. */
const begin = ({ DatabaseSync }: typeof Sqlite, path: string): Sqlite.DatabaseSync | undefined => {
  const database = new DatabaseSync(path, { timeout: 0 })
  try {
    // Of a file that it may only read, SQLite would take a lock that others can have, too.
    NodeFS.accessSync(path, readAndWrite)
    // A journal would be a second file, and take space on a disk that may be full.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE")
    return database
  } catch (error) {
    database.close()
    if (isBusy(error)) return undefined
    throw error
  }
}

const readAndWrite = NodeFS.constants.R_OK | NodeFS.constants.W_OK

const busy = 5

/** Deno gives no codes of SQLite. The upper bytes of an extended code say more. */
const isBusy = (error: unknown): boolean => {
  const { errcode, message } = Object(error) as { readonly errcode?: number; readonly message?: string }
  return errcode === undefined ? message === "database is locked" : (errcode & 0xff) === busy
}

/** Returns the code of the system, which SQLite does not give, or what SQLite says. */
const whyNot = (path: string, error: unknown): string => {
  try {
    // Only looks: it opens nothing.
    NodeFS.accessSync(NodeFS.existsSync(path) ? path : dirname(path), readAndWrite)
  } catch (cause) {
    const { code } = Object(cause) as { readonly code?: string }
    if (code !== undefined) return code
  }
  return error instanceof Error ? error.message : String(error)
}
