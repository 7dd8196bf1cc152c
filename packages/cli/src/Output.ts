/** Where the data goes: standard output, a file, or whatever else has a name, such as a named pipe. */
import * as NodeFS from "node:fs"
import * as NodeNet from "node:net"
import { dirname, isAbsolute } from "node:path"
import type { Writable } from "node:stream"
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
import * as Language from "./Language.ts"
import * as Lock from "./Lock.ts"
import { Stderr } from "./Stderr.ts"
import * as SystemError from "./SystemError.ts"

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

/**
 * How far a file has come: a page was added to its `.part` and is on the disk; everything is, the end included; and
 * it was moved to its place.
 */
export type Step = "part" | "whole" | "moved"

/** Somebody who is told each step of a file, and can so go on with it after the process was killed. */
interface Journal {
  /** How long the `.part` of an earlier run was when a page of it was last recorded. */
  readonly earlier: number | undefined
  readonly record: (step: Step, bytes: number) => Effect.Effect<void, OutputFailed>
  /** Nothing is left of the file. */
  readonly forget: Effect.Effect<void, OutputFailed>
}

/** How long a stopped run waits for a reader that does not read. */
const patienceMillis = 2_000

/** Standard output of this process. */
export const stdout: Effect.Effect<Output, never, Stderr> = Effect.suspend(() =>
  stream(process.stdout, "standard output"),
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
        const code = "code" in error ? String(error.code) : error.message
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

const words: Language.Words<{
  readonly notWritable: (path: string, problem: string) => Refusal
  readonly noFolder: (path: string) => Refusal
  readonly isFolder: (path: string) => Refusal
  readonly noFile: (path: string) => Refusal
  readonly inUse: (part: string) => Refusal
  readonly isThere: (part: string) => Refusal
  readonly gone: (part: string, bytes: number) => Refusal
  readonly tooShort: (part: string, size: number, bytes: number) => Refusal
  readonly notIt: (path: string, bytes: number) => Refusal
}> = {
  en: {
    notWritable: (path, problem) => [`${path} cannot be written (${problem})`, "Write to another place."],
    noFolder: (path) => [`${path} cannot be written: there is no such folder`, "Make the folder first."],
    isFolder: (path) => [`${path} is a folder`, "Give the name of a file."],
    noFile: (path) => [
      `${path} is no file, and with --checkpoint it has to be one`,
      "Write to a file, or leave out --checkpoint.",
    ],
    inUse: (part) => [
      `${part} is being written by another run`,
      "Wait until it is over, or write to another file.",
    ],
    isThere: (part) => [
      `${part} is there already, with the rows of a run that ended early`,
      "Move it away, or write to another file.",
    ],
    gone: (part, bytes) => [
      `${part} is gone, and the checkpoint says that it has ${bytes} bytes`,
      "Bring the file back; or remove the checkpoint, to start anew.",
    ],
    tooShort: (part, size, bytes) => [
      `${part} has ${size} bytes, and the checkpoint says that it has ${bytes}: rows are missing`,
      "Bring the file back; or remove what is left of it and the checkpoint, to start anew.",
    ],
    notIt: (path, bytes) => [
      `${path} is not the file of ${bytes} bytes that the checkpoint says it is`,
      "Bring it back, or remove the checkpoint to read everything again.",
    ],
  },
  zh: {
    notWritable: (path, problem) => [`无法写入 ${path}（${problem}）`, "请写到别处。"],
    noFolder: (path) => [`无法写入 ${path}：文件夹不存在`, "请先创建文件夹。"],
    isFolder: (path) => [`${path} 是文件夹`, "请给出文件名。"],
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
    notIt: (path, bytes) => [
      `${path} 不是检查点所记录的 ${bytes} 字节的文件`,
      "请恢复该文件，或删除检查点以重新读取全部数据。",
    ],
  },
}

/** Refuses it in the language of the run. */
const refuse = (tell: (say: (typeof words)["en"]) => Refusal) =>
  Effect.flatMap(Language.say(words), (say) =>
    Effect.fail(FeishuError.invalidRequest("--output", ...tell(say))),
  )

const notWritable = (path: string, code: string) =>
  Effect.flatMap(Language.CurrentLanguage, (language) =>
    refuse((say) => say.notWritable(path, SystemError.inWords(code, language))),
  )

/** What stands under a name: a file is written beside its place, all else where it is. */
export const named = Effect.fnUntraced(function* (path: string, options: FileOptions) {
  const files = yield* FileSystem.FileSystem
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
  if (type === "File") {
    // A new file could take its place, but whoever made it read-only did not want that.
    if (Option.isSome(there)) {
      yield* files
        .access(path, { writable: true })
        .pipe(Effect.catch((error) => notWritable(path, SystemError.codeOf(error))))
    }
    return yield* file(path, { ...options, mode: Option.map(there, (info) => info.mode & 0o777) })
  }
  if (options.journal !== undefined) {
    return yield* refuse((say) => say.noFile(path))
  }
  // Nobody may ever read a pipe.
  return yield* type === "FIFO" ? Effect.interruptible(pipe(path)) : device(path)
})

/** What is known of a file to write. */
interface FileOptions {
  /** For its owner alone, if it is new. */
  readonly private: boolean
  readonly journal?: Journal | undefined
}

/** The name that a chain of symbolic links leads to, also when there is nothing of that name yet. */
export const behindLinks = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  let target = path
  while (true) {
    const link = yield* Effect.option(files.readLink(target))
    if (Option.isNone(link)) return target
    // Left to the system to resolve: the folder may be a link itself, and then ".." is not what it seems.
    target = isAbsolute(link.value) ? link.value : `${dirname(target)}/${link.value}`
  }
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
  options: FileOptions & { readonly mode: Option.Option<number> },
): Effect.fn.Return<Output, FeishuError.FeishuError | OutputFailed, FileSystem.FileSystem | Scope.Scope> {
  const files = yield* FileSystem.FileSystem
  const { journal } = options
  // Moving the new file onto a link would replace the link and leave the file behind it as it was.
  const target = yield* behindLinks(path)
  const part = partOf(target)
  const mode = Option.getOrElse(options.mode, () => (options.private ? 0o600 : 0o666))
  yield* lock(part)
  const handle = yield* journal?.earlier === undefined
    ? create(path, part, mode)
    : goOnWith(part, journal.earlier)
  // The umask may have taken from the mode of the file that is there, and an empty one that was left has its own; some
  // file systems have no modes at all.
  if (Option.isSome(options.mode) || options.private) yield* Effect.ignore(files.chmod(part, mode))
  let whole = journal?.earlier ?? 0
  // Nothing is sent before it is known that there is a place to write to.
  if (journal !== undefined) {
    const isNew = journal.earlier === undefined
    yield* Effect.onError(journal.record("part", whole), () =>
      isNew ? Effect.ignore(files.remove(part)) : Effect.void,
    )
  }

  // What an earlier run has left behind the last page that it recorded goes when there is something to put there: until
  // then the end that it may have given its rows makes them a valid document.
  let hasRemains = journal?.earlier !== undefined
  const removeRemains = Effect.suspend(() =>
    hasRemains
      ? Effect.tap(handle.truncate(whole), () => Effect.sync(() => (hasRemains = false)))
      : Effect.void,
  )
  // Whole pages only: an interruption waits for the write, and what a failed one left of its page goes.
  const write = (text: string, written: () => void) => {
    const bytes = encoder.encode(text)
    return removeRemains.pipe(
      Effect.andThen(handle.writeAll(bytes)),
      Effect.tapError(() => Effect.ignore(handle.truncate(whole))),
      Effect.mapError(failed(part)),
      Effect.tap(() =>
        Effect.sync(() => {
          whole += bytes.length
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
   *   a page: its bytes, flushed -> "part" with their number. Killed in between, the page is cut off, and read again.
   *   the end: the last text, flushed -> "whole" -> the file is moved, its folder flushed -> "moved".
   * Killed before "whole", the last text is cut off, and written again. Killed after it, the next run moves the file,
   * if it finds it where it was, and sends nothing.
   */
  return {
    part,
    write: (text, written) =>
      Effect.uninterruptible(
        journal === undefined
          ? write(text, written)
          : write(text, written).pipe(Effect.andThen(flush), Effect.andThen(record("part"))),
      ),
    close: ({ exit, keep, text }) => {
      if (Exit.isSuccess(exit)) {
        return write(text, () => {}).pipe(
          Effect.andThen(flush),
          Effect.andThen(record("whole")),
          Effect.andThen(Effect.provideService(move(path, target), FileSystem.FileSystem, files)),
          Effect.andThen(record("moved")),
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

const create = Effect.fnUntraced(function* (path: string, part: string, mode: number) {
  const files = yield* FileSystem.FileSystem
  // A run that was killed before it could record anything leaves it empty, which is nobody's rows.
  return yield* files.open(part, { flag: "wx", mode }).pipe(
    Effect.catchIf(
      ({ reason }) => reason._tag === "AlreadyExists",
      (error) =>
        Effect.flatMap(files.open(part, { flag: "r+" }), (handle) =>
          Effect.flatMap(handle.stat, (info) =>
            sizeOf(info) === 0 ? Effect.succeed(handle) : Effect.fail(error),
          ),
        ),
    ),
    Effect.catch((error) => {
      switch (error.reason._tag) {
        case "AlreadyExists":
          return refuse((say) => say.isThere(part))
        case "NotFound":
          return refuse((say) => say.noFolder(path))
        default:
          return notWritable(path, SystemError.codeOf(error))
      }
    }),
  )
})

/** Opens it behind what was recorded. */
const goOnWith = Effect.fnUntraced(function* (part: string, bytes: number) {
  const files = yield* FileSystem.FileSystem
  const handle = yield* files
    .open(part, { flag: "r+" })
    .pipe(
      Effect.catch((error) =>
        error.reason._tag === "NotFound"
          ? refuse((say) => say.gone(part, bytes))
          : notWritable(part, SystemError.codeOf(error)),
      ),
    )
  const size = sizeOf(yield* Effect.mapError(handle.stat, failed(part)))
  if (size < bytes) {
    return yield* refuse((say) => say.tooShort(part, size, bytes))
  }
  yield* Effect.mapError(handle.seek(BigInt(bytes), "start"), failed(part))
  return handle
})

const move = Effect.fnUntraced(function* (path: string, target: string) {
  const files = yield* FileSystem.FileSystem
  yield* Effect.mapError(files.rename(partOf(target), target), failed(path))
  yield* flushFolder(target)
})

/** What a rename did is on the disk then. Not every system can do that with a folder. */
export const flushFolder = (path: string) =>
  FileSystem.FileSystem.use((files) => files.open(dirname(path), { flag: "r" })).pipe(
    Effect.flatMap((folder) => folder.sync),
    Effect.scoped,
    Effect.ignore,
  )

/** Moves a file to its place that was whole when its run was killed, unless it was moved already. */
export const finish = Effect.fnUntraced(function* (path: string, bytes: number, moved: boolean) {
  const files = yield* FileSystem.FileSystem
  const target = yield* behindLinks(path)
  const part = partOf(target)
  if (!moved) yield* lock(part)
  const isIt = (name: string) =>
    Effect.isSuccess(Effect.filterOrFail(files.stat(name), (info) => sizeOf(info) === bytes))
  if (!moved && (yield* isIt(part))) return yield* move(path, target)
  if (yield* isIt(target)) return
  return yield* refuse((say) => say.notIt(path, bytes))
})

/**
 * A named pipe. Opening one waits for a reader, and a thread of Node that waits in there can be stopped by
 * nothing, not even `process.exit`: so it is opened without waiting, again and again until there is a reader.
 */
const pipe = Effect.fnUntraced(function* (path: string) {
  const open = Effect.try({
    try: () => NodeFS.openSync(path, NodeFS.constants.O_WRONLY | NodeFS.constants.O_NONBLOCK),
    catch: (error) => (error instanceof Error && "code" in error ? String(error.code) : String(error)),
  }).pipe(
    Effect.retry({ while: (code) => code === "ENXIO", schedule: Schedule.spaced("50 millis") }),
    Effect.catch((code) => notWritable(path, code)),
  )
  const socket = yield* Effect.acquireRelease(
    Effect.map(open, (fd) => new NodeNet.Socket({ fd, readable: false, writable: true })),
    (opened) => Effect.sync(() => opened.destroy()),
    { interruptible: true },
  )
  return yield* stream(socket, path)
})

/** A device. */
const device = Effect.fnUntraced(function* (
  path: string,
): Effect.fn.Return<Output, FeishuError.FeishuError, FileSystem.FileSystem | Scope.Scope> {
  const files = yield* FileSystem.FileSystem
  // Appending, since most devices know no positions.
  const handle = yield* files
    .open(path, { flag: "a" })
    .pipe(Effect.catch((error) => notWritable(path, SystemError.codeOf(error))))
  const write = (text: string, written: () => void) =>
    Effect.tap(Effect.mapError(handle.writeAll(encoder.encode(text)), failed(path)), () =>
      Effect.sync(written),
    )
  return {
    write: (text, written) => Effect.uninterruptible(write(text, written)),
    close: ({ exit, text }) => {
      const end = write(text, () => {})
      return Exit.isSuccess(exit) ? end : Effect.ignore(end)
    },
  }
})
