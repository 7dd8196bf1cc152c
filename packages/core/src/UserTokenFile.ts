/**
 * A login in a file, which many processes share. For Node; also runs on Deno and Bun.
 *
 * The file holds both tokens as they are, so it is for its owner alone: mode 0600, in a folder that is made with 0700 if there
 * is none. It is replaced as a whole: whatever ends a process or a machine, the file has the former login or the next one. A
 * file that is damaged, or is something else, is an error, and is never written over.
 *
 * The lock is one of the system on `FILE.lock` next to it. It is free as soon as its holder has ended, however that ended. It
 * holds between
 * - all threads, processes and containers of one machine that see the same file, by whatever path, link or mount (measured on
 *   Linux: processes, threads, mount namespaces; macOS and Windows have locks of the same kind);
 * - machines with a network file system, only where that passes on locks of byte ranges: NFS 4, CephFS, and SMB unless it is
 *   mounted with `nobrl` do by their documents; NFS 3 with `nolock`, and file systems over object storage, do not.
 *
 * It does not hold between virtual machines that share a folder of their host, as Docker Desktop and its host do, nor for two
 * copies of a file: whoever refreshes with one of them ends the login in the other. Mount the folder of the file into
 * containers, not the file alone, which could not be replaced. A process that is stopped (SIGSTOP, a debugger) keeps the
 * lock; others wait for it, and then fail with an error that says so. Leave `FILE.lock` where it is: whoever removes it while
 * somebody holds it lets a second one in.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import * as UserTokenFile from "@effect-feishu/core/UserTokenFile"
 *
 * const tokens = UserTokenFile.make("/nonexistent/feishu/login.json")
 * console.log(await Effect.runPromise(tokens.read)) // => undefined
 * ```
 */
import { resolve } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { type FeishuError, loginStoreFailed } from "./FeishuError.ts"
import * as FileLock from "./internal/FileLock.ts"
import * as PrivateFile from "./internal/PrivateFile.ts"
import * as Sentence from "./Sentence.ts"
import { UserTokens, type UserTokenStore } from "./UserTokenStore.ts"

/** The settings of a file; each has a default. */
export interface Options {
  /** How long to wait for another process that holds the lock; default 2 minutes. */
  readonly longestWait?: Duration.Input | undefined
}

const kind = Schema.Literal("effect-feishu login")

/** What is in the file: JSON, in which the tokens can be read. */
const Content = Schema.fromJsonString(Schema.Struct({ kind, version: Schema.Literal(1), login: UserTokens }))
/** The same as a later version writes it. */
const LaterContent = Schema.fromJsonString(
  Schema.Struct({ kind, version: Schema.Int.pipe(Schema.check(Schema.isGreaterThan(1))) }),
)

const decode = Schema.decodeEffect(Content)
const decodeLater = Schema.decodeOption(LaterContent)
const encode = Schema.encodeSync(Content)

/**
 * Makes the store of the login in this file. That reads and makes nothing: a file that is not there yet is a login of nobody.
 * Its effects fail with a `LoginStoreFailed` if the file cannot be read or written, or is not a login.
 */
export const make = (path: string, { longestWait = "2 minutes" }: Options = {}): UserTokenStore => {
  const file = resolve(path)
  const longestWaitMillis = Duration.toMillis(Duration.fromInputUnsafe(longestWait))
  return {
    read: withFiles(read(file)),
    // The scope is not that of `use`, which may have one of its own.
    locked: (use) =>
      Effect.scopedWith((scope) =>
        Effect.gen(function* () {
          const target = yield* withFiles(PrivateFile.find(file))
          yield* Scope.provide(hold(target, longestWaitMillis), scope)
          yield* withFiles(PrivateFile.removeLeftovers(target))
          const stored = yield* withFiles(read(target))
          return yield* use(stored, (tokens) => withFiles(replace(target, tokens)))
        }),
      ),
  }
}

const withFiles: <A>(
  effect: Effect.Effect<A, FeishuError, FileSystem.FileSystem>,
) => Effect.Effect<A, FeishuError> = Effect.provide(NodeFileSystem.layer)

/** The lock is made as private as the file: others could hold it. */
const hold = Effect.fnUntraced(function* (file: string, longestWaitMillis: number) {
  const path = `${file}.lock`
  yield* Effect.mapError(FileLock.hold(path, longestWaitMillis), ({ problem, remedy }) =>
    loginStoreFailed(file, problem, remedy),
  )
  yield* withFiles(PrivateFile.makePrivate(path))
})

const read = Effect.fnUntraced(function* (
  file: string,
): Effect.fn.Return<UserTokens | undefined, FeishuError, FileSystem.FileSystem> {
  const content = yield* PrivateFile.read(file)
  if (content === undefined) return undefined
  return yield* decode(content).pipe(
    Effect.map(({ login }) => login),
    // What Schema says may repeat a token.
    Effect.mapError(() =>
      Option.isSome(decodeLater(content))
        ? loginStoreFailed(file, Sentence.make("laterLogin"), Sentence.make("useLaterVersion"))
        : loginStoreFailed(file, Sentence.make("notALogin"), Sentence.make("restoreLogin")),
    ),
  )
})

const replace = (file: string, login: UserTokens | undefined) =>
  login === undefined
    ? PrivateFile.remove(file)
    : PrivateFile.replace(file, `${encode({ kind: "effect-feishu login", version: 1, login })}\n`)
