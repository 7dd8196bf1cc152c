/** Where the data goes: standard output, a file, or whatever else has a name, such as a named pipe. */
import * as NodeFS from "node:fs"
import * as NodeNet from "node:net"
import { basename, dirname, join } from "node:path"
import type { Writable } from "node:stream"
import { pipeline } from "node:stream/promises"
import * as NodeTty from "node:tty"
import * as ByteSize from "effect/ByteSize"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as PlatformError from "effect/PlatformError"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { FeishuError } from "@effect-feishu/core"
import * as Descriptor from "@effect-feishu/terminal/Descriptor"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as Links from "@effect-feishu/terminal/Links"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import * as Language from "../language/Language.ts"
import * as Lock from "./Lock.ts"
import * as Owner from "./Owner.ts"
import * as WrittenBytes from "./WrittenBytes.ts"
import { Stderr } from "../console/Stderr.ts"
import * as SystemError from "../language/SystemError.ts"

/** The data, or how far they have come, could not be written. */
export class OutputFailed extends Data.TaggedError("OutputFailed")<{
  /** A file, or "standard output". */
  readonly target: string
  /** The system's code for what is wrong. */
  readonly code: string
  /** The flag that leads elsewhere. */
  readonly flag: "--output" | "--checkpoint"
}> {}

/** Whoever read standard output or a named pipe has closed it, as `head` does once it has enough. */
class ReaderGone extends Data.TaggedError("ReaderGone") {}

/** An output that is open. */
export interface Output {
  /** Where the rows are until the run is complete, and stay if it ends early; none where they go out at once. */
  readonly part?: string
  /**
   * Returns when everything is handed over, so that a slow reader slows down the requests, too. `written` is called
   * when it is, also if the run was stopped meanwhile: what is out has to be counted.
   */
  readonly write: (text: string, written: () => void) => Effect.Effect<void, OutputFailed | ReaderGone>
  /** Writes the last text, and ends the output as the run ended. To be called once. */
  readonly close: (end: {
    readonly text: string
    readonly exit: Exit.Exit<unknown, unknown>
    /** Whether there is something in a file that somebody may go on with, or want. */
    readonly keep: boolean
  }) => Effect.Effect<void, OutputFailed | ReaderGone>
}

/** How far a file has come: its `.part` is there, or a page was added to it; or everything is in it, the end included. */
type Step = "begun" | "page" | "whole"

/** Somebody who is told each step of a file when it is on the disk, and can so go on with it after a kill. */
interface Journal {
  /** What an earlier run had written into the `.part` when it last recorded a step. */
  readonly earlier: WrittenBytes.WrittenBytes | undefined
  readonly record: (step: Step, written: WrittenBytes.WrittenBytes) => Effect.Effect<void, OutputFailed>
  /** Nothing is left of the file. */
  readonly forget: Effect.Effect<void, OutputFailed>
}

/** How long a stopped run waits for a reader that does not read. */
const patienceMillis = 2_000

/** Whether a name stands for standard output: `-`, `/dev/stdout` and the like. A file called `-` is `./-`. */
export const isStdout = (path: string): boolean => path === "-" || Descriptor.ofName(path) === 1

/** Standard output of this process. */
export const stdout = Effect.suspend(() =>
  Descriptor.isWritable(1) ? stream(process.stdout, "standard output") : refuse((say) => say.stdoutClosed),
)

/** A stream that somebody reads at the other end. */
const stream = Effect.fnUntraced(function* (
  writable: Writable,
  target: string,
): Effect.fn.Return<Output, never, Stderr> {
  const stderr = yield* Stderr
  // A write that fails says so to its caller; without this listener Node would end the process before that.
  writable.on("error", () => {})
  const write = (text: string, written: () => void, patience?: number) =>
    Effect.callback<void, OutputFailed | ReaderGone>((resume) => {
      const timer = patience === undefined ? undefined : setTimeout(() => resume(Effect.void), patience)
      writable.write(text, (error) => {
        clearTimeout(timer)
        if (!error) {
          written()
          return resume(Effect.void)
        }
        const code = SystemCode.orMessage(error)
        const gone = ["EPIPE", "ERR_STREAM_DESTROYED"].includes(code)
        resume(Effect.fail(gone ? new ReaderGone() : new OutputFailed({ target, code, flag: "--output" })))
      })
    })
  return {
    write: (text, written) =>
      text === "" ? Effect.sync(written) : Effect.andThen(stderr.clear, write(text, written)),
    close: ({ exit, text }) => {
      if (Exit.isSuccess(exit)) {
        return text === ""
          ? Effect.void
          : Effect.andThen(
              stderr.clear,
              write(text, () => {}),
            )
      }
      // The run has failed or was stopped already: that is what is told, not this. What it was writing goes out first,
      // for which this waits even where it has nothing to add.
      return Effect.andThen(stderr.clear, Effect.ignore(write(text, () => {}, patienceMillis)))
    },
  }
})

const encoder = new TextEncoder()

/** A write that failed, as an error. */
export const failed =
  (target: string, flag: OutputFailed["flag"] = "--output") =>
  (error: PlatformError.PlatformError) =>
    new OutputFailed({ target, code: SystemError.codeOf(error), flag })

type Refusal = readonly [problem: string, remedy: string]

const words = Language.words({
  en: {
    notWritable: (path: string, problem: string) => [
      `${path} cannot be written (${problem})`,
      "Write to another place.",
    ],
    noFolder: (path: string) => [
      `${path} cannot be written: there is no such folder`,
      "Make the folder first.",
    ],
    stdoutClosed: [
      "standard output is not open for writing",
      "Redirect it with >FILE, or add --output FILE.",
    ],
    isFolder: (path: string) => [`${path} is a folder`, "Give the name of a file."],
    isDisk: (path: string) => [`${path} is a disk`, "Give the name of a file."],
    noPart: (path: string, part: string, problem: string) => [
      `${path} can be written, but ${part}, where the rows are until they are complete, cannot (${problem})`,
      `Write to another folder; or let the shell write the file: --output - >${path}`,
    ],
    foreignPart: (part: string) => [
      `${part} is there already, and is a link, not a regular file, or another user's`,
      "Remove it, or write to another place.",
    ],
    foreign: (path: string) => [
      `${path} belongs to another user, who could read the passwords`,
      "Write them to a file of your own.",
    ],
    readable: (path: string, mode: string) => [
      `others may read ${path} (mode ${mode}), and the passwords with it`,
      `Make it private first, with chmod 600 ${path}; or write to another file.`,
    ],
    neverPrivate: (part: string, mode: string, elsewhere: string) => [
      `${part} cannot be made private (it has mode ${mode}), so others could read the passwords`,
      `Write to another place, such as ${elsewhere}, or leave out --show-passwords.`,
    ],
    noFile: (path: string) => [
      `${path} is no file, and with --checkpoint it has to be one`,
      "Write to a file, or leave out --checkpoint.",
    ],
    inUse: (part: string) => [
      `${part} is being written by another run`,
      "Wait until it is over, or write to another file.",
    ],
    isThere: (part: string) => [
      `${part} is there already, with the rows of a run that ended early`,
      "Move it away, or write to another file.",
    ],
    gone: (part: string, bytes: number) => [
      `${part} is gone, and the checkpoint says that it has ${bytes} bytes`,
      "Bring the file back; or remove the checkpoint, to start anew.",
    ],
    tooShort: (part: string, size: number, bytes: number) => [
      `${part} has ${size} bytes, and the checkpoint says that it has ${bytes}: rows are missing`,
      "Bring the file back; or remove what is left of it and the checkpoint, to start anew.",
    ],
    changed: (part: string, bytes: number) => [
      `${part} was changed: its first ${bytes} bytes are not those that were written`,
      "Bring the file back as it was; or remove it and the checkpoint, to start anew.",
    ],
    notIt: (path: string, bytes: number) => [
      `${path} is not the file of ${bytes} bytes that was written`,
      "Bring it back as it was, or remove the checkpoint to read everything again.",
    ],
    notOwn: (part: string) => [
      `${part} is a link, not a regular file, or another user's, and so not what the checkpoint says it is`,
      "Bring your own file back; or remove this one and the checkpoint, to start anew.",
    ],
  },
  zh: {
    notWritable: (path, problem) => [`无法写入 ${path}（${problem}）`, "请写到别处。"],
    noFolder: (path) => [`无法写入 ${path}：文件夹不存在`, "请先创建文件夹。"],
    stdoutClosed: ["标准输出未以写入方式打开", "请用 >FILE 重定向，或加上 --output FILE。"],
    isFolder: (path) => [`${path} 是文件夹`, "请给出文件名。"],
    isDisk: (path) => [`${path} 是磁盘`, "请给出文件名。"],
    noPart: (path, part, problem) => [
      `${path} 可以写入，但无法写入 ${part}（${problem}），而数据写完之前保存在那里`,
      `请写到另一个文件夹；或由 shell 写入该文件：--output - >${path}`,
    ],
    foreignPart: (part) => [
      `${part} 已存在，且是链接、不是普通文件，或属于其他用户`,
      "请将其删除，或写到别处。",
    ],
    foreign: (path) => [`${path} 属于其他用户，其所有者可以读到会议密码`, "请写到自己的文件。"],
    readable: (path, mode) => [
      `其他用户可以读取 ${path}（权限 ${mode}），也就能读到会议密码`,
      `请先执行 chmod 600 ${path} 使其仅供本人读取，或写到另一个文件。`,
    ],
    neverPrivate: (part, mode, elsewhere) => [
      `无法使 ${part} 仅供本人读取（其权限为 ${mode}），其他用户可以读到会议密码`,
      `请写到别处，例如 ${elsewhere}，或去掉 --show-passwords。`,
    ],
    noFile: (path) => [
      `${path} 不是文件，而使用 --checkpoint 时必须是文件`,
      "请写到文件，或去掉 --checkpoint。",
    ],
    inUse: (part) => [`${part} 正由另一次运行写入`, "请等它结束，或写到另一个文件。"],
    isThere: (part) => [`${part} 已存在，其中是提前结束的运行写出的数据`, "请把它移走，或写到另一个文件。"],
    gone: (part, bytes) => [
      `${part} 已不存在，而检查点记录它有 ${bytes} 字节`,
      "请恢复该文件，或删除检查点以重新开始。",
    ],
    tooShort: (part, size, bytes) => [
      `${part} 有 ${size} 字节，而检查点记录为 ${bytes} 字节：数据有缺失`,
      "请恢复该文件，或将它与检查点一并删除以重新开始。",
    ],
    changed: (part, bytes) => [
      `${part} 已被改动：其前 ${bytes} 字节与写入时不同`,
      "请恢复原来的文件，或将它与检查点一并删除以重新开始。",
    ],
    notIt: (path, bytes) => [
      `${path} 不是当时写出的 ${bytes} 字节的文件`,
      "请恢复原来的文件，或删除检查点以重新读取全部数据。",
    ],
    notOwn: (part) => [
      `${part} 是链接、不是普通文件，或属于其他用户，并非检查点所记录的文件`,
      "请恢复自己的文件，或将它与检查点一并删除以重新开始。",
    ],
  },
})

/** Refuses it in the language of the run. */
const refuse = (tell: (say: (typeof words)["en"]) => Refusal, flag: OutputFailed["flag"] = "--output") =>
  Effect.flatMap(Language.say(words), (say) => Effect.fail(FeishuError.invalidRequest(flag, ...tell(say))))

const notWritable = (path: string, code: string, flag?: OutputFailed["flag"]) =>
  Effect.flatMap(Language.CurrentLanguage, (language) =>
    refuse((say) => say.notWritable(path, SystemError.inWords(code, language)), flag),
  )

/** What stands under a name: a file is written beside its place, all else where it is. */
export const named = Effect.fnUntraced(function* (path: string, options: FileOptions) {
  const files = yield* FileSystem.FileSystem
  const own = Descriptor.ofName(path)
  if (own !== undefined) {
    if (options.journal !== undefined) return yield* refuse((say) => say.noFile(path))
    return yield* descriptor(own, path)
  }
  const there = yield* files.stat(path).pipe(
    Effect.asSome,
    Effect.catchIf(
      ({ reason }) => reason._tag === "NotFound",
      () => Effect.succeedNone,
    ),
    Effect.catch((error) => notWritable(path, SystemError.codeOf(error))),
  )
  const type = Option.isSome(there) ? there.value.type : "File"
  if (type === "Directory") return yield* refuse((say) => say.isFolder(path))
  if (type === "BlockDevice") return yield* refuse((say) => say.isDisk(path))
  if (
    options.private &&
    Option.isSome(there) &&
    !Owner.isTrusted(Option.getOrElse(there.value.uid, () => 0))
  ) {
    return yield* refuse((say) => say.foreign(path))
  }
  if (type === "File" && !Descriptor.isOfAnyProcess(path)) return yield* file(path, { ...options, there })
  if (options.journal !== undefined) return yield* refuse((say) => say.noFile(path))
  // Nobody may ever read a pipe.
  return yield* type === "FIFO" ? Effect.interruptible(pipe(path)) : device(path)
})

/** What is known of a file to write. */
interface FileOptions {
  /** For its owner alone, since there are passwords in it. */
  readonly private: boolean
  readonly journal?: Journal | undefined
}

/** The name that a chain of symbolic links leads to, also when there is nothing of that name yet. */
export const behindLinks = (path: string, flag?: OutputFailed["flag"]) =>
  Effect.suspend(() => {
    const target = Links.end(path)
    return target === undefined ? notWritable(path, "ELOOP", flag) : Effect.succeed(target)
  })

/** The names that the data has while it is written and after, whatever leads there. */
export const filesOf = Effect.fnUntraced(function* (path: string) {
  const target = Lock.wholePath(yield* behindLinks(path))
  return [target, partOf(target)]
})

const sizeOf = (info: FileSystem.File.Info): number => Number(ByteSize.toBigInt(info.size))

const partOf = (target: string): string => `${target}.part`

/**
 * A file. It is written beside its place and moved there when the run is complete, so that what is there is
 * always whole. The rows of a run that ended early stay in the `.part` file, and no later run overwrites that; one
 * with a journal goes on with it.
 */
const file = Effect.fnUntraced(function* (
  path: string,
  options: FileOptions & { readonly there: Option.Option<FileSystem.File.Info> },
): Effect.fn.Return<Output, FeishuError.FeishuError | OutputFailed, FileSystem.FileSystem | Scope.Scope> {
  const files = yield* FileSystem.FileSystem
  const { journal } = options
  // Moving the new file onto a link would replace the link and leave the file behind it as it was.
  const target = yield* behindLinks(path)
  const part = partOf(target)
  const modeThere = Option.getOrUndefined(Option.map(options.there, (info) => info.mode & 0o777))
  if (modeThere !== undefined) {
    // A new file could take its place, but whoever made it read-only did not want that; nor could it where something
    // is mounted there, and then this one is written itself.
    const code = whyNotWritable(target)
    if (code !== undefined) return yield* notWritable(path, code)
    if (options.private && !isPrivate(modeThere)) {
      return yield* refuse((say) => say.readable(path, modeThere.toString(8)))
    }
  }
  const mode = modeThere ?? (options.private ? 0o600 : 0o666)
  yield* lock(part)
  const earlier = journal?.earlier
  const asNew = { mode, isThere: modeThere !== undefined }
  const handle = yield* earlier === undefined
    ? create(path, part, asNew)
    : goOnWith(path, part, asNew, earlier)
  // The umask may have taken from the mode of the file that is there; some file systems have no modes at all.
  if (modeThere !== undefined || options.private) setMode(part, mode)
  if (options.private) {
    const info = yield* Effect.mapError(handle.stat, failed(part))
    if (!isPrivate(info.mode)) {
      if (earlier === undefined) yield* Effect.ignore(files.remove(part))
      const elsewhere = join(HomePath.home(), basename(target))
      return yield* refuse((say) => say.neverPrivate(part, (info.mode & 0o777).toString(8), elsewhere))
    }
  }
  let whole = earlier ?? WrittenBytes.nothing
  // Nothing is sent before it is known that there is a place to write to.
  if (journal !== undefined) {
    // After a loss of power, too, there is a file to go on with.
    yield* flushFolder(part)
    yield* Effect.onError(journal.record("begun", whole), () =>
      earlier === undefined ? Effect.ignore(files.remove(part)) : Effect.void,
    )
  }

  // What an earlier run has left behind the last page that it recorded goes when there is something to put there: until
  // then the end that it may have given its rows makes them a valid document.
  let hasRemains = earlier !== undefined
  const removeRemains = Effect.suspend(() =>
    hasRemains
      ? Effect.tap(handle.truncate(whole.bytes), () => Effect.sync(() => (hasRemains = false)))
      : Effect.void,
  )
  // Whole pages only: an interruption waits for the write, and what a failed one left of its page goes.
  const write = (text: string, written: () => void) => {
    const bytes = encoder.encode(text)
    return removeRemains.pipe(
      Effect.andThen(handle.writeAll(bytes)),
      Effect.tapError(() => Effect.ignore(handle.truncate(whole.bytes))),
      Effect.mapError(failed(part)),
      Effect.tap(() =>
        Effect.sync(() => {
          whole = WrittenBytes.append(whole, bytes)
          written()
        }),
      ),
    )
  }
  const flush = Effect.mapError(handle.sync, failed(part))
  const record = (step: Step) =>
    Effect.suspend(() => (journal === undefined ? Effect.void : journal.record(step, whole)))

  /*
   * Whatever is recorded has to be true after a kill, and after a loss of power, too. So each step is on the disk
   * before it is recorded, and recorded before the next one begins:
   *   a page: its bytes, flushed -> "page" with their number. Killed in between, the page is cut off, and read again.
   *   the end: the last text, flushed -> "whole" -> the file is moved, its folder flushed.
   * Killed before "whole", the last text is cut off, and written again. Killed after it, the next run moves the file,
   * if it finds it where it was, and sends nothing.
   */
  return {
    part,
    write: (text, written) =>
      Effect.uninterruptible(
        journal === undefined
          ? write(text, written)
          : write(text, written).pipe(Effect.andThen(flush), Effect.andThen(record("page"))),
      ),
    close: ({ exit, keep, text }) => {
      if (Exit.isSuccess(exit)) {
        return write(text, () => {}).pipe(
          Effect.andThen(flush),
          Effect.andThen(record("whole")),
          Effect.andThen(
            Effect.provideService(move(path, target, options.there), FileSystem.FileSystem, files),
          ),
        )
      }
      // What makes the rows a valid document is not recorded: whoever goes on cuts it off.
      if (keep) return Effect.ignore(write(text, () => {}))
      return Effect.ignore(
        Effect.andThen(journal === undefined ? Effect.void : journal.forget, files.remove(part)),
      )
    },
  }
})

const lock = (part: string) =>
  Lock.hold(part).pipe(
    Effect.catchIf(
      (code) => code !== Lock.held,
      // Where there are no such sockets, that a file is made new still keeps most others out.
      () => Effect.void,
    ),
    Effect.catch(() => refuse((say) => say.inUse(part))),
  )

/** Whether nobody but its owner may read a file of this mode. Windows has none. */
const isPrivate = (mode: number): boolean => process.platform === "win32" || (mode & 0o077) === 0

const { O_APPEND, O_NOCTTY = 0, O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = NodeFS.constants

/** The system's code for why a file cannot be written; it stays as it is. */
const whyNotWritable = (path: string): string | undefined => {
  try {
    NodeFS.closeSync(NodeFS.openSync(path, O_WRONLY | O_NONBLOCK))
    return undefined
  } catch (error) {
    return SystemCode.orMessage(error)
  }
}

/** Sets the mode of a file, but never of one that a link leads to. */
const setMode = (path: string, mode: number): void => {
  try {
    const descriptor = NodeFS.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
    try {
      NodeFS.fchmodSync(descriptor, mode)
    } finally {
      NodeFS.closeSync(descriptor)
    }
  } catch {
    // Whether it has the mode is looked at where that matters.
  }
}

/** A file that is not there yet, or was left empty by a run that was killed before it could record anything. */
const create = Effect.fnUntraced(function* (
  path: string,
  part: string,
  options: { readonly mode: number; readonly isThere: boolean },
) {
  const files = yield* FileSystem.FileSystem
  // Never through a link, and never one that somebody else has made: both are in the way of a new file.
  const open = files.open(part, { flag: "wx", mode: options.mode })
  return yield* open.pipe(
    Effect.catchIf(
      ({ reason }) => reason._tag === "AlreadyExists" && kindOfPart(part) === "empty",
      // Others may have opened it for reading when it was not private.
      () => Effect.andThen(files.remove(part), open),
    ),
    Effect.catch((error) => {
      const code = SystemError.codeOf(error)
      const { _tag } = error.reason
      if (_tag === "AlreadyExists") {
        return refuse((say) => (kindOfPart(part) === "foreign" ? say.foreignPart(part) : say.isThere(part)))
      }
      if (options.isThere) {
        return Effect.flatMap(Language.CurrentLanguage, (language) =>
          refuse((say) => say.noPart(path, part, SystemError.inWords(code, language))),
        )
      }
      return _tag === "NotFound" ? refuse((say) => say.noFolder(path)) : notWritable(path, code)
    }),
  )
})

/** What there is of that name already. Only a file of one's own, and by no other name, is one's own. */
const kindOfPart = (part: string): "foreign" | "empty" | "rows" => {
  try {
    const info = NodeFS.lstatSync(part)
    if (!info.isFile() || info.nlink !== 1 || !Owner.isOwn(info.uid, part)) return "foreign"
    return info.size === 0 ? "empty" : "rows"
  } catch {
    // It is gone by now.
    return "rows"
  }
}

/** Opens it behind what was recorded. Of one of which nothing was recorded nothing is lost if it is gone. */
const goOnWith = Effect.fnUntraced(function* (
  path: string,
  part: string,
  asNew: Parameters<typeof create>[2],
  earlier: WrittenBytes.WrittenBytes,
) {
  const { bytes } = earlier
  const files = yield* FileSystem.FileSystem
  const notOwn = refuse((say) => say.notOwn(part))
  const opened = yield* files.open(part, { flag: "r+", noFollow: O_NOFOLLOW !== 0 }).pipe(
    Effect.asSome,
    Effect.catchIf(
      ({ reason }) => reason._tag === "NotFound",
      () => (bytes === 0 ? Effect.succeedNone : refuse((say) => say.gone(part, bytes))),
    ),
    Effect.catchTag("PlatformError", (error) => {
      const code = SystemError.codeOf(error)
      return code === "ELOOP" || code === "EISDIR" ? notOwn : notWritable(part, code)
    }),
  )
  if (Option.isNone(opened)) return yield* create(path, part, asNew)
  const handle = opened.value
  const info = yield* Effect.mapError(handle.stat, failed(part))
  const isByOneName = Option.getOrElse(info.nlink, () => 1n) === 1n
  if (
    info.type !== "File" ||
    !isByOneName ||
    !Owner.isOwn(
      Option.getOrElse(info.uid, () => 0),
      part,
    )
  ) {
    return yield* notOwn
  }
  const size = sizeOf(info)
  if (size < bytes) {
    return yield* refuse((say) => say.tooShort(part, size, bytes))
  }
  if (!(yield* Effect.mapError(beginsWith(handle, earlier), failed(part)))) {
    return yield* refuse((say) => say.changed(part, bytes))
  }
  yield* Effect.mapError(handle.seek(BigInt(bytes), "start"), failed(part))
  return handle
})

/** Whether the first bytes of a file are those that were written. */
const beginsWith = Effect.fnUntraced(function* (handle: FileSystem.File, written: WrittenBytes.WrittenBytes) {
  const buffer = new Uint8Array(64 * 1024)
  let read = WrittenBytes.nothing
  while (read.bytes < written.bytes) {
    const size = yield* handle.read(buffer.subarray(0, written.bytes - read.bytes), {
      position: BigInt(read.bytes),
    })
    if (size === 0) return false
    read = WrittenBytes.append(read, buffer.subarray(0, size))
  }
  return read.crc === written.crc
})

/** What a rename fails with where something is mounted on the file: only an administrator does that. */
const isMount = ["EBUSY", "EXDEV"]
/** What it fails with where no file can take the place of another, while that other can be written. */
const cannotTakeItsPlace = [...isMount, "EPERM", "EACCES", "ENOTSUP", "ENOSYS"]

/**
 * Moves the rows to their place. A file that something is mounted on, as one file of a container is, or that is of
 * somebody else in a folder such as `/tmp`, cannot be replaced: it gets what is in the other. The rows stay in the
 * `.part` until all of them are on the disk there. They go into nothing that somebody has put there since `there` was
 * looked at.
 */
const move = Effect.fnUntraced(function* (
  path: string,
  target: string,
  there: Option.Option<FileSystem.File.Info>,
) {
  const files = yield* FileSystem.FileSystem
  const part = partOf(target)
  const isSame = ({ dev, ino }: NodeFS.BigIntStats) =>
    Option.exists(there, (info) => info.dev === dev && Option.contains(info.ino, ino))
  yield* files.rename(part, target).pipe(
    Effect.mapError(failed(path)),
    Effect.catchIf(
      ({ code }) => cannotTakeItsPlace.includes(code),
      (error) =>
        Effect.tryPromise({
          try: () => copy(part, target, (info) => isMount.includes(error.code) || isSame(info)),
          catch: (cause) => new OutputFailed({ ...error, code: SystemCode.orMessage(cause) }),
        }).pipe(Effect.andThen(Effect.ignore(files.remove(part)))),
    ),
  )
  yield* flushFolder(target)
})

const copy = async (
  part: string,
  target: string,
  mayBe: (info: NodeFS.BigIntStats) => boolean,
): Promise<void> => {
  const { O_CREAT, O_EXCL } = NodeFS.constants
  const { open } = NodeFS.promises
  const flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK
  const { mode } = NodeFS.statSync(part)
  const to = await open(target, flags | O_CREAT | O_EXCL, mode & 0o777).catch(async () => {
    const there = await open(target, flags)
    if (mayBe(await there.stat({ bigint: true }))) return there
    await there.close()
    throw Object.assign(new Error(`${target} is another file by now`), { code: "EPERM" })
  })
  await to.truncate(0)
  await pipeline(NodeFS.createReadStream(part), to.createWriteStream({ flush: true }))
}

/** What a rename did is on the disk then. Not every system can do that with a folder. */
export const flushFolder = (path: string) =>
  FileSystem.FileSystem.use((files) => files.open(dirname(path), { flag: "r" })).pipe(
    Effect.flatMap((folder) => folder.sync),
    Effect.scoped,
    Effect.ignore,
  )

/** Moves a file to its place that was whole when its run was killed; `false` if it is there already. */
export const finish = Effect.fnUntraced(function* (path: string, written: WrittenBytes.WrittenBytes) {
  const files = yield* FileSystem.FileSystem
  const target = yield* behindLinks(path)
  const part = partOf(target)
  const isIt = (name: string) =>
    Effect.gen(function* () {
      const info = yield* files.stat(name)
      if (info.type !== "File" || sizeOf(info) !== written.bytes) return false
      return yield* beginsWith(yield* files.open(name, { flag: "r" }), written)
    }).pipe(
      Effect.scoped,
      Effect.catch(() => Effect.succeed(false)),
    )
  if (yield* isIt(part)) {
    yield* lock(part)
    if (kindOfPart(part) === "foreign") return yield* refuse((say) => say.notOwn(part))
    // That it was there when the rows were read is not known: somebody may have put it there for them to go into.
    const there = Option.filter(yield* Effect.option(files.stat(target)), ({ uid }) =>
      Option.exists(uid, Owner.isTrusted),
    )
    yield* move(path, target, there)
    return true
  }
  if (yield* isIt(target)) return false
  return yield* refuse((say) => say.notIt(path, written.bytes))
})

/**
 * A named pipe. Opening one waits for a reader, and a thread of Node that waits in there can be stopped by
 * nothing, not even `process.exit`: so it is opened without waiting, again and again until there is a reader.
 */
const pipe = Effect.fnUntraced(function* (path: string) {
  const open = Effect.try({
    try: () => NodeFS.openSync(path, O_WRONLY | O_NONBLOCK),
    catch: SystemCode.orMessage,
  }).pipe(
    Effect.retry({ while: (code) => code === "ENXIO", schedule: Schedule.spaced("50 millis") }),
    Effect.catch((code) => notWritable(path, code)),
  )
  return yield* streamTo(open, path)
})

/** A device, or what a process has open. Appending, since most devices know no positions. */
const device = (path: string) =>
  streamTo(
    Effect.try({
      try: () => NodeFS.openSync(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY),
      catch: SystemCode.orMessage,
    }).pipe(Effect.catch((code) => notWritable(path, code))),
    path,
  )

/** What this process was given open: it is written where whoever gave it has written last. */
const descriptor = Effect.fnUntraced(function* (number: number, path: string) {
  if (!Descriptor.isWritable(number)) return yield* notWritable(path, "EBADF")
  if (number === 1) return yield* stdout
  if (number === 2) return yield* stream(process.stderr, path)
  return yield* streamTo(Effect.succeed(number), path)
})

/** Writes to a descriptor without a thread that waits, which nothing but SIGKILL would end. */
const streamTo = <E, R>(open: Effect.Effect<number, E, R>, path: string) =>
  Effect.acquireRelease(Effect.map(open, writableOf), (opened) => Effect.sync(() => opened.destroy()), {
    interruptible: true,
  }).pipe(Effect.flatMap((opened) => stream(opened, path)))

const writableOf = (descriptor: number): Writable => {
  if (NodeTty.isatty(descriptor)) return new NodeTty.WriteStream(descriptor)
  const info = NodeFS.fstatSync(descriptor)
  return info.isFIFO() || info.isSocket()
    ? new NodeNet.Socket({ fd: descriptor, readable: false, writable: true })
    : NodeFS.createWriteStream("", { fd: descriptor })
}
