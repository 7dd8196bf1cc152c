/**
 * A file that survives a crash. It is written next to its place and moved there when the run is complete, so that the
 * file in its place is always whole. The rows of a run that ended early stay in the `.part` file, and no later run
 * overwrites them; a run with a journal resumes there. A workbook is made of the rows in the `.part` once all are there.
 */
import * as NodeFS from "node:fs"
import { basename, join } from "node:path"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { FeishuError } from "@effect-feishu/core"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as Links from "@effect-feishu/terminal/Links"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import { Stderr } from "../console/Stderr.ts"
import * as Language from "../language/Language.ts"
import * as SystemError from "../language/SystemError.ts"
import * as FileMove from "./FileMove.ts"
import type * as Format from "./Format.ts"
import * as Lock from "./Lock.ts"
import { behindLinks, failed, notWritable, type Output, type OutputFailed, refusals } from "./Output.ts"
import * as Owner from "./Owner.ts"
import * as PartFile from "./PartFile.ts"
import { reportCut } from "./WorkbookOutput.ts"
import * as WrittenBytes from "./WrittenBytes.ts"

const words = Language.words({
  en: {
    readable: (path: string, mode: string) => [
      `other users may read ${path} (mode ${mode}), and with it the passwords`,
      `Make it private first, with chmod 600 ${path}; or write to another file.`,
    ],
    neverPrivate: (part: string, mode: string, elsewhere: string) => [
      `${part} cannot be made private (it has mode ${mode}), so other users could read the passwords`,
      `Write to another place, such as ${elsewhere}, or leave out --show-passwords.`,
    ],
    notIt: (path: string, bytes: number) => [
      `${path} is not the file of ${bytes} bytes that was written`,
      "Restore it as it was, or remove the checkpoint to read everything again.",
    ],
  },
  zh: {
    readable: (path, mode) => [
      `其他用户可以读取 ${path}（权限 ${mode}），也就能读到会议密码`,
      `请先执行 chmod 600 ${path} 使其仅供本人读取，或写到另一个文件。`,
    ],
    neverPrivate: (part, mode, elsewhere) => [
      `无法使 ${part} 仅供本人读取（其权限为 ${mode}），其他用户可以读到会议密码`,
      `请写到别处，例如 ${elsewhere}，或去掉 --show-passwords。`,
    ],
    notIt: (path, bytes) => [
      `${path} 不是当时写出的 ${bytes} 字节的文件`,
      "请恢复原来的文件，或删除检查点以重新读取全部数据。",
    ],
  },
})

const refuse = refusals(words)

const { O_NOFOLLOW = 0, O_NONBLOCK = 0, O_RDONLY, O_WRONLY } = NodeFS.constants

/** A step that a file has taken: its `.part` exists, a page was added to it, or everything is in it, the end included. */
type Step = "begun" | "page" | "whole"

/** Records each step of a file once it is on the disk, so that a later run can resume after a kill. */
export interface Journal {
  /** The rows in the `.part` when an earlier run last recorded a step. */
  readonly earlier: WrittenBytes.WrittenBytes | undefined
  /** Records a step, the rows in the `.part`, and with the last step the workbook that was made of them, if it is one. */
  readonly record: (
    step: Step,
    written: WrittenBytes.WrittenBytes,
    workbook?: WrittenBytes.WrittenBytes,
  ) => Effect.Effect<void, OutputFailed>
  /** Removes the record: nothing is left of the file. */
  readonly forget: Effect.Effect<void, OutputFailed>
}

/** The options of writing a file. */
export interface Options {
  /** True for a file that only its owner may read, since it holds passwords. */
  readonly private: boolean
  readonly journal?: Journal | undefined
  /** The sheet of the workbook to make of the rows; absent where the rows are the file. */
  readonly sheet?: Format.Sheet | undefined
}

/** The names of the data while it is written and after, whatever links lead there. */
export const filesOf = Effect.fnUntraced(function* (path: string) {
  const target = Lock.wholePath(yield* behindLinks(path))
  return [target, PartFile.nameOf(target), FileMove.newNameOf(target)]
})

/** True when writing an output would overwrite a file that is read; standard input is not one. */
export const overwrites = Effect.fnUntraced(function* (path: string, read: string) {
  const [data] = yield* filesOf(path)
  const target = InputFile.isStdin(read) ? undefined : Links.end(read)
  return target !== undefined && Lock.wholePath(target) === data
})

const encoder = new TextEncoder()

interface Place {
  /** The name as the user typed it. */
  readonly path: string
  /** The name after all links: moving the new file onto a link would replace the link, and leave its file as it was. */
  readonly target: string
  /** The file that is in that place already. */
  readonly there: Option.Option<FileSystem.File.Info>
}

/** Opens the `.part` of a file with the mode that the file has, or will get. */
const openPart = Effect.fnUntraced(function* ({ path, target, there }: Place, options: Options) {
  const files = yield* FileSystem.FileSystem
  const part = PartFile.nameOf(target)
  const modeThere = Option.getOrUndefined(Option.map(there, (info) => info.mode & 0o777))
  if (modeThere !== undefined) {
    // A new file could take its place, but a file that was made read-only is not meant to be replaced. And where something
    // is mounted on the file, it cannot be replaced, so the file itself is written.
    const code = whyNotWritable(target)
    if (code !== undefined) return yield* notWritable(path, code)
    if (options.private && !isPrivate(modeThere)) {
      return yield* refuse((say) => say.readable(path, modeThere.toString(8)))
    }
  }
  const mode = modeThere ?? (options.private ? 0o600 : 0o666)
  yield* PartFile.lock(part)
  const earlier = options.journal?.earlier
  const asNew = { mode, isThere: modeThere !== undefined }
  const handle = yield* earlier === undefined
    ? PartFile.create(path, part, asNew)
    : PartFile.resume(path, part, asNew, earlier)
  // The umask may have removed bits from the mode of the existing file; some file systems have no modes at all.
  if (modeThere !== undefined || options.private) setMode(part, mode)
  if (options.private) {
    const info = yield* Effect.mapError(handle.stat, failed(part))
    if (!isPrivate(info.mode)) {
      if (earlier === undefined) yield* Effect.ignore(files.remove(part))
      const elsewhere = join(HomePath.home(), basename(target))
      return yield* refuse((say) => say.neverPrivate(part, (info.mode & 0o777).toString(8), elsewhere))
    }
  }
  return handle
})

/** Opens a file to be written. */
export const open = Effect.fnUntraced(function* (
  path: string,
  options: Options & { readonly there: Option.Option<FileSystem.File.Info> },
): Effect.fn.Return<
  Output,
  FeishuError.FeishuError | OutputFailed,
  FileSystem.FileSystem | Scope.Scope | Stderr
> {
  const files = yield* FileSystem.FileSystem
  const { journal, sheet, there } = options
  const target = yield* behindLinks(path)
  const part = PartFile.nameOf(target)
  const toWorkbook = sheet && (yield* workbookMaker(path, target, sheet))
  const handle = yield* openPart({ path, target, there }, options)
  const earlier = journal?.earlier
  /** The rows that are written whole. */
  let whole = earlier ?? WrittenBytes.nothing
  // Nothing is sent before it is known that there is a place to write to.
  if (journal !== undefined) {
    // Flushed, so that a file to resume with exists after a loss of power, too.
    yield* FileMove.flushFolder(part)
    yield* Effect.onError(journal.record("begun", whole), () =>
      earlier === undefined ? Effect.ignore(files.remove(part)) : Effect.void,
    )
  }

  // An earlier run may have written bytes after the last page that it recorded. They are removed when there is something
  // to write: until then they may be the end that makes its rows a valid document.
  let hasRemains = earlier !== undefined
  const removeRemains = Effect.suspend(() =>
    hasRemains
      ? Effect.tap(handle.truncate(whole.bytes), () => Effect.sync(() => (hasRemains = false)))
      : Effect.void,
  )
  // Whole pages only: an interruption waits for the write, and the part of a page that a failed write left is removed.
  const write = (text: string | Uint8Array, written: () => void) => {
    const bytes = typeof text === "string" ? encoder.encode(text) : text
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
   * Each record has to be true after a kill, and after a loss of power, too. So each step is on the disk before it is
   * recorded, and recorded before the next one begins:
   *   a page: its bytes, flushed -> "page" with their number. Killed in between, the page is cut off, and read again.
   *   the end: the last text, flushed -> "whole" -> the file is moved, its folder flushed.
   * Killed before "whole", the last text is cut off, and written again. Killed after it, the next run moves the file,
   * if it finds it where it was, and sends nothing.
   * The end of a workbook: it is made, flushed -> "whole" -> it is moved -> the `.part` is removed. Killed before "whole", it
   * is made again. Killed after it, the next run does what is left.
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
          Effect.andThen(
            toWorkbook === undefined
              ? Effect.andThen(record("whole"), FileMove.move(path, target, there))
              : Effect.andThen(toWorkbook, (workbook) =>
                  (journal?.record("whole", whole, workbook) ?? Effect.void).pipe(
                    Effect.andThen(FileMove.move(path, target, there, FileMove.newNameOf(target))),
                    Effect.andThen(Effect.ignore(files.remove(part))),
                  ),
                ),
          ),
          Effect.provideService(FileSystem.FileSystem, files),
        )
      }
      // The text that makes the rows a valid document is not recorded: a run that resumes cuts it off.
      if (keep) return Effect.ignore(write(text, () => {}))
      return Effect.ignore(
        Effect.andThen(journal === undefined ? Effect.void : journal.forget, files.remove(part)),
      )
    },
  }
})

/** The size in bytes of rows from which a sheet may need more than 4 GiB: it takes about twice as many, most of them markup. */
const largeRows = 2 ** 30

/** Loads what makes workbooks, and returns the effect that makes that of the rows in the `.part` of a file, next to it. */
const workbookMaker = Effect.fnUntraced(function* (path: string, target: string, sheet: Format.Sheet) {
  const { make } = yield* Effect.promise(() => import("./Workbook.ts"))
  const files = yield* FileSystem.FileSystem
  const stderr = yield* Stderr
  const [part, name] = [PartFile.nameOf(target), FileMove.newNameOf(target)]
  // Else that would be found out when all rows are there.
  yield* Effect.catchIf(
    Effect.asVoid(files.stat(name)),
    (error) => SystemError.codeOf(error) === "ENAMETOOLONG",
    () => notWritable(path, "ENAMETOOLONG"),
  ).pipe(Effect.catchTag("PlatformError", () => Effect.void))
  return Effect.gen(function* () {
    const rows = yield* files.stat(part)
    // A run that was killed has left the file behind. If anything still has this name, such as a link, it is not written to.
    yield* files.remove(name, { force: true })
    const handle = yield* files.open(name, { flag: "wx", mode: rows.mode & 0o777 })
    setMode(name, rows.mode & 0o777)
    const lines = files.stream(part).pipe(Stream.mapError(failed(part)), Stream.decodeText, Stream.splitLines)
    const isLarge = PartFile.sizeOf(rows) > largeRows
    const workbook = make(lines, { ...sheet, target: path, isLarge })
    let written = WrittenBytes.nothing
    yield* Stream.runForEach(workbook.bytes, (bytes) =>
      Effect.map(handle.writeAll(bytes), () => void (written = WrittenBytes.append(written, bytes))),
    )
    yield* handle.sync
    yield* reportCut(workbook)
    return written
  }).pipe(
    Effect.scoped,
    Effect.provideService(Stderr, stderr),
    Effect.catchTag("PlatformError", (error) => Effect.fail(failed(path)(error))),
    Effect.onError(() => Effect.ignore(files.remove(name, { force: true }))),
  )
})

/** True when only its owner may read a file of this mode. Windows has no modes. */
const isPrivate = (mode: number): boolean => process.platform === "win32" || (mode & 0o077) === 0

/** The system's code for why a file cannot be written, or `undefined`; the file stays as it is. */
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
    // A failure is ignored: where the mode matters, it is checked afterwards.
  }
}

/**
 * Moves a file that was whole when its run was killed to its place; returns `false` if it is there already. `workbook` is the
 * file that was made of the rows, if it is one.
 */
export const finish = Effect.fnUntraced(function* (
  path: string,
  rows: WrittenBytes.WrittenBytes,
  workbook?: WrittenBytes.WrittenBytes,
) {
  const files = yield* FileSystem.FileSystem
  const target = yield* behindLinks(path)
  const part = PartFile.nameOf(target)
  const [from, written] =
    workbook === undefined ? [part, rows] : ([FileMove.newNameOf(target), workbook] as const)
  const isIt = (name: string, written: WrittenBytes.WrittenBytes) =>
    Effect.gen(function* () {
      const info = yield* files.stat(name)
      if (info.type !== "File" || PartFile.sizeOf(info) !== written.bytes) return false
      return yield* PartFile.beginsWith(yield* files.open(name, { flag: "r" }), written)
    }).pipe(
      Effect.scoped,
      Effect.catch(() => Effect.succeed(false)),
    )
  const removeRows = Effect.gen(function* () {
    if (workbook !== undefined && (yield* isIt(part, rows))) yield* Effect.ignore(files.remove(part))
  })
  if (yield* isIt(from, written)) {
    yield* PartFile.lock(part)
    yield* PartFile.refuseForeign(from)
    // It is not known whether the file was there when the rows were read: somebody may have put it there to get them.
    const there = Option.filter(yield* Effect.option(files.stat(target)), ({ uid }) =>
      Option.exists(uid, Owner.isTrusted),
    )
    yield* FileMove.move(path, target, there, from)
    yield* removeRows
    return true
  }
  if (yield* isIt(target, written)) {
    yield* removeRows
    return false
  }
  return yield* refuse((say) => say.notIt(path, written.bytes))
})
