/**
 * A file that only its owner can read, and that is replaced as a whole: whatever ends a process or a machine, the file has
 * its former content or the next one.
 *
 * The next content is written to a file next to it, flushed to the disk, and moved to its place; then the folder is flushed.
 */
import { randomBytes } from "node:crypto"
import { basename, dirname, join, resolve } from "node:path"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import * as Schedule from "effect/Schedule"
import { type FeishuError, loginStoreFailed } from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"

type Files<A> = Effect.Effect<A, FeishuError, FileSystem.FileSystem>

/** The most bytes of such a file: a larger one is something else. */
const mostBytes = 1_048_576

/**
 * Returns the file itself, to which any links lead, and makes its folder if there is none. A link that leads to nothing yet
 * is followed, too.
 */
export const find = (file: string): Files<string> => Effect.mapError(follow(file), failed(file, "reached"))

const follow = (
  path: string,
  links = 0,
): Effect.Effect<string, PlatformError.PlatformError, FileSystem.FileSystem> =>
  FileSystem.FileSystem.use((files) =>
    files.realPath(path).pipe(
      Effect.catchIf(isNotFound, (error) =>
        files.readLink(path).pipe(
          Effect.matchEffect({
            onFailure: () => Effect.map(folderOf(path), (folder) => join(folder, basename(path))),
            onSuccess: (target) =>
              links === mostLinks ? Effect.fail(error) : follow(resolve(dirname(path), target), links + 1),
          }),
        ),
      ),
    ),
  )

/** As many as Linux follows. */
const mostLinks = 40

const folderOf = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  yield* makeFolder(dirname(path))
  return yield* files.realPath(dirname(path))
})

const makeFolder = (
  folder: string,
): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem> =>
  FileSystem.FileSystem.use((files) => {
    const make = Effect.andThen(files.makeDirectory(folder, { mode: 0o700 }), giveAway(folder))
    return make.pipe(
      Effect.catchIf(isNotFound, () => Effect.andThen(makeFolder(dirname(folder)), make)),
      Effect.catchIf(
        ({ reason }) => reason._tag === "AlreadyExists",
        () => Effect.void,
      ),
    )
  })

/**
 * Gives what root has made to the owner of the folder that it is in: a user who runs a program by `sudo` once can read it
 * later, too. Not every file system can do that.
 */
const giveAway = (path: string): Effect.Effect<void, never, FileSystem.FileSystem> =>
  process.getuid?.() !== 0
    ? Effect.void
    : FileSystem.FileSystem.use((files) =>
        Effect.flatMap(files.stat(dirname(path)), ({ gid, uid }) =>
          Option.isSome(uid) && Option.isSome(gid) && uid.value !== 0
            ? files.chown(path, uid.value, gid.value)
            : Effect.void,
        ),
      ).pipe(Effect.ignore)

/** Makes a file readable by its owner alone, as far as the file system can do that. */
export const makePrivate = (path: string): Effect.Effect<void, never, FileSystem.FileSystem> =>
  FileSystem.FileSystem.use((files) =>
    Effect.andThen(Effect.ignore(files.chmod(path, 0o600)), giveAway(path)),
  )

/**
 * Returns the content of a file; `undefined` if there is none. Refuses a file of another user, and one that others can read,
 * unless they can be kept out: then it warns.
 */
export const read = Effect.fnUntraced(function* (
  file: string,
): Effect.fn.Return<string | undefined, FeishuError, FileSystem.FileSystem> {
  const files = yield* FileSystem.FileSystem
  const info = yield* files.stat(file).pipe(
    Effect.asSome,
    Effect.catchIf(isNotFound, () => Effect.succeedNone),
    Effect.mapError(failed(file, "read")),
  )
  if (Option.isNone(info)) return undefined
  const { size, type } = info.value
  if (type !== "File") {
    return yield* loginStoreFailed(file, Sentence.make("notAFile"), Sentence.make("otherFile"))
  }
  if (!(yield* isOwn(file, info.value))) {
    return yield* loginStoreFailed(file, Sentence.make("fileOfOther"), Sentence.make("otherFile"))
  }
  yield* keepOthersOut(file, info.value)
  if (ByteSize.toBigInt(size) > BigInt(mostBytes)) {
    return yield* loginStoreFailed(file, Sentence.make("notALogin"), Sentence.make("restoreLogin"))
  }
  return yield* files.readFileString(file).pipe(
    // It was removed just now.
    Effect.catchIf(isNotFound, () => Effect.undefined),
    Effect.mapError(failed(file, "read")),
  )
})

/** Replaces the content of a file. When this returns it is on the disk, and when it fails the former content is. */
export const replace = (file: string, content: string): Files<void> =>
  Effect.scoped(
    Effect.gen(function* () {
      const files = yield* FileSystem.FileSystem
      const written = yield* Effect.acquireRelease(Effect.succeed(newName(file)), (name) =>
        // It is not there any more where it was moved.
        Effect.ignore(files.remove(name)),
      )
      yield* Effect.scoped(
        Effect.gen(function* () {
          const handle = yield* files.open(written, { flag: "wx", mode: 0o600 })
          yield* giveAway(written)
          yield* handle.writeAll(new TextEncoder().encode(content))
          yield* handle.sync
        }),
      )
      yield* retriedOnWindows(files.rename(written, file))
      yield* flushFolder(file)
    }),
  ).pipe(Effect.mapError(failed(file, "written")), Effect.uninterruptible)

/** Removes a file, if there is one. */
export const remove = (file: string): Files<void> =>
  FileSystem.FileSystem.use((files) =>
    Effect.andThen(retriedOnWindows(files.remove(file, { force: true })), flushFolder(file)),
  ).pipe(Effect.mapError(failed(file, "removed")), Effect.uninterruptible)

/** Removes what processes have left that were killed as they replaced the file. Call it where nobody else replaces the file. */
export const removeLeftovers = (file: string): Effect.Effect<void, never, FileSystem.FileSystem> =>
  FileSystem.FileSystem.use((files) =>
    Effect.flatMap(files.readDirectory(dirname(file)), (names) =>
      Effect.forEach(
        names.filter((name) => name.startsWith(`${basename(file)}.`) && isNewName.test(name)),
        (name) => Effect.ignore(files.remove(join(dirname(file), name))),
      ),
    ),
  ).pipe(Effect.ignore)

const newName = (file: string): string => `${file}.${randomBytes(8).toString("hex")}.new`
const isNewName = /\.[0-9a-f]{16}\.new$/

/** Flushes the folder of a file, after which a move in it is on the disk. Not every system can do that. */
const flushFolder = (file: string) =>
  FileSystem.FileSystem.use((files) => files.open(dirname(file), { flag: "r" })).pipe(
    Effect.flatMap((folder) => folder.sync),
    Effect.scoped,
    Effect.ignore,
  )

/** On Windows a file that another program has open, such as a virus scanner, cannot be moved or removed for a moment. */
const retriedOnWindows: <R>(
  effect: Effect.Effect<void, PlatformError.PlatformError, R>,
) => Effect.Effect<void, PlatformError.PlatformError, R> = Effect.retry({
  while: (error) => process.platform === "win32" && isHeld.includes(codeOf(error)),
  schedule: Schedule.spaced("50 millis"),
  times: 40,
})

/**
 * True when a file belongs to whom this process makes files for: on some file systems that is not its user, as on FAT, or on
 * NFS that knows one user, and only a new file shows it.
 */
const isOwn = Effect.fnUntraced(function* (file: string, { uid }: FileSystem.File.Info) {
  const self = process.getuid?.()
  if (self === undefined || Option.getOrElse(uid, () => self) === self) return true
  const files = yield* FileSystem.FileSystem
  const name = newName(file)
  const probe = Effect.gen(function* () {
    yield* files.open(name, { flag: "wx", mode: 0o600 })
    yield* Effect.addFinalizer(() => Effect.ignore(files.remove(name)))
    yield* giveAway(name)
    return yield* files.stat(name)
  })
  return yield* probe.pipe(
    Effect.map((made) => Option.getOrUndefined(made.uid) === Option.getOrUndefined(uid)),
    Effect.scoped,
    Effect.orElseSucceed(() => false),
  )
})

/** Takes the right to read from others, as after a volume was mounted with a group of its own, and warns; or refuses the file. */
const keepOthersOut = Effect.fnUntraced(function* (file: string, info: FileSystem.File.Info) {
  if (isPrivate(info)) return
  const files = yield* FileSystem.FileSystem
  const mode = (info.mode & 0o777).toString(8)
  const isMended = yield* files.chmod(file, 0o600).pipe(
    Effect.andThen(files.stat(file)),
    Effect.map(isPrivate),
    Effect.orElseSucceed(() => false),
  )
  if (!isMended) {
    return yield* loginStoreFailed(
      file,
      Sentence.make("othersCanRead", { mode }),
      Sentence.make("keepOthersOut", { path: file }),
    )
  }
  yield* Sentence.warn(Sentence.make("othersCouldRead", { path: file, mode }))
})

/** True when only the owner can read or write a file. Windows has no such modes: there the folder of the user counts. */
const isPrivate = ({ mode }: FileSystem.File.Info): boolean =>
  process.platform === "win32" || (mode & 0o077) === 0

const isNotFound = ({ reason }: PlatformError.PlatformError): boolean => reason._tag === "NotFound"

/** Returns the code of the system, such as `ENOSPC`, or Effect's name of the failure. */
const codeOf = ({ reason }: PlatformError.PlatformError): string => {
  const { code } = Object(reason.cause) as { readonly code?: unknown }
  return typeof code === "string" ? code : reason._tag
}

const failed =
  (file: string, does: "reached" | "read" | "written" | "removed") =>
  (error: PlatformError.PlatformError): FeishuError => {
    const code = codeOf(error)
    return loginStoreFailed(
      file,
      Sentence.make("fileFailed", { does, code }),
      Sentence.make(
        process.platform === "win32" && isHeld.includes(code) ? "closeFile" : (remedies[code] ?? "otherFile"),
      ),
    )
  }

/** The codes of Windows for a file that another program has open, and for one that this user may not have. */
const isHeld = ["EPERM", "EACCES", "EBUSY"]

const remedies: Readonly<Record<string, Sentence.PlainKind>> = {
  EACCES: "allowFile",
  EPERM: "allowFile",
  EROFS: "otherFolder",
  ENOSPC: "makeRoom",
  EDQUOT: "makeRoom",
  // Something is mounted on the file, as where one file of a machine is given to a container.
  EBUSY: "mountFolder",
  EXDEV: "mountFolder",
}
