/** One runner to a SQLite file: a second one would take itself for the first, and read everything, too. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { realpathSync, statSync } from "node:fs"
import { DatabaseSync } from "node:sqlite"
import * as BackfillError from "../BackfillError.ts"

const busy = 5

/**
 * Holds the lock of a file that exists, or fails with `DatabaseInUse`. The lock is a transaction in a second database next to the
 * file, `FILE.lock`, so the system frees it when the process ends in any way, and others can still read and change the file itself.
 */
export const layer = (file: string): Layer.Layer<never, BackfillError.BackfillError> =>
  Layer.effectDiscard(
    Effect.acquireRelease(
      Effect.suspend(() => {
        let lock: DatabaseSync | undefined
        try {
          // However the path is written, and whatever links lead to it.
          const real = realpathSync.native(file)
          if (statSync(real).nlink > 1) {
            return BackfillError.make({ _tag: "DatabaseUnusable", database: file, fault: "severalNames" })
          }
          lock = new DatabaseSync(`${real}.lock`, { timeout: 0 })
          lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
          return Effect.succeed(lock)
        } catch (cause) {
          lock?.close()
          if (cause instanceof Error && "errcode" in cause && cause.errcode === busy) {
            return BackfillError.make({ _tag: "DatabaseInUse", database: file })
          }
          const detail = `${file}.lock: ${cause instanceof Error ? cause.message : String(cause)}`
          return BackfillError.make({ _tag: "DatabaseUnusable", database: file, fault: "cannotOpen", detail })
        }
      }),
      (lock) => Effect.sync(() => lock.close()),
    ),
  )
