/** Moves a complete file to its place, and makes sure that it is on the disk there. */
import * as NodeFS from "node:fs"
import { dirname } from "node:path"
import { pipeline } from "node:stream/promises"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import * as SystemError from "../language/SystemError.ts"
import { failed, OutputFailed } from "./Output.ts"
import * as PartFile from "./PartFile.ts"

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_WRONLY } = NodeFS.constants

/** The codes with which a rename fails where something is mounted on the file: only an administrator does that. */
const isMount = ["EBUSY", "EXDEV"]
/** The codes with which a rename fails where a file cannot be replaced, but can be written. */
const cannotBeReplaced = [...isMount, "EPERM", "EACCES", "ENOTSUP", "ENOSYS"]

/** Returns the name under which a file is written before it is moved to its place: no file of a user has it by chance. */
export const newNameOf = (target: string): string => `${target}.feishu-meetings-new`

/**
 * Renames a file. On Windows a file that another program has open, such as a virus scanner or an indexer, cannot be renamed or
 * replaced for a moment, so there it is tried for two seconds.
 */
export const rename = (from: string, to: string) =>
  FileSystem.FileSystem.use((files) => files.rename(from, to)).pipe(
    Effect.retry({
      while: (error) => process.platform === "win32" && isHeld.includes(SystemError.codeOf(error)),
      schedule: Schedule.spaced("50 millis"),
      times: 40,
    }),
  )

/** The codes of Windows for a file that another program has open. */
const isHeld = ["EPERM", "EACCES", "EBUSY"]

/**
 * Moves the rows from their `.part`, or the file that was made of them, to `target`. A file that something is mounted on, as
 * one file of a container is, or that belongs to another user in a folder such as `/tmp`, cannot be replaced: they are copied
 * into it, and stay where they are until all of them are on the disk. They go into no file that somebody has put there since
 * `there` was read. `path` is the name that messages show.
 */
export const move = Effect.fnUntraced(function* (
  path: string,
  target: string,
  there: Option.Option<FileSystem.File.Info>,
  from = PartFile.nameOf(target),
) {
  const files = yield* FileSystem.FileSystem
  const isSame = ({ dev, ino }: NodeFS.BigIntStats) =>
    Option.exists(there, (info) => info.dev === dev && Option.contains(info.ino, ino))
  yield* rename(from, target).pipe(
    Effect.mapError(failed(path)),
    Effect.catchIf(
      ({ code }) => cannotBeReplaced.includes(code),
      (error) =>
        Effect.tryPromise({
          try: () => copy(from, target, (info) => isMount.includes(error.code) || isSame(info)),
          catch: (cause) => new OutputFailed({ ...error, code: SystemCode.orMessage(cause) }),
        }).pipe(Effect.andThen(Effect.ignore(files.remove(from)))),
    ),
  )
  yield* flushFolder(target)
})

const copy = async (
  from: string,
  target: string,
  mayBe: (info: NodeFS.BigIntStats) => boolean,
): Promise<void> => {
  const { O_CREAT, O_EXCL } = NodeFS.constants
  const { open } = NodeFS.promises
  const flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK
  const { mode } = NodeFS.statSync(from)
  const to = await open(target, flags | O_CREAT | O_EXCL, mode & 0o777).catch(async () => {
    const there = await open(target, flags)
    if (mayBe(await there.stat({ bigint: true }))) return there
    await there.close()
    throw Object.assign(new Error(`${target} is another file now`), { code: "EPERM" })
  })
  await to.truncate(0)
  await pipeline(NodeFS.createReadStream(from), to.createWriteStream({ flush: true }))
}

/** Flushes the folder of a file, after which a rename in it is on the disk. Not every system can do that. */
export const flushFolder = (path: string) =>
  FileSystem.FileSystem.use((files) => files.open(dirname(path), { flag: "r" })).pipe(
    Effect.flatMap((folder) => folder.sync),
    Effect.scoped,
    Effect.ignore,
  )
