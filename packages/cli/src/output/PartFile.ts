/** Opens and recognizes `FILE.part`, the file next to an output that holds the rows until they are complete. */
import * as NodeFS from "node:fs"
import * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Language from "../language/Language.ts"
import * as SystemError from "../language/SystemError.ts"
import * as Lock from "./Lock.ts"
import { failed, notWritable, refusals } from "./Output.ts"
import * as Owner from "./Owner.ts"
import * as WrittenBytes from "./WrittenBytes.ts"

const words = Language.words({
  en: {
    noFolder: (path: string) => [
      `${path} cannot be written: its folder does not exist`,
      "Create the folder first.",
    ],
    noPart: (path: string, part: string, problem: string) => [
      `${path} can be written, but ${part}, which holds the rows until they are complete, cannot (${problem})`,
      `Write to another folder; or let the shell write the file: --output - >${path}`,
    ],
    foreignPart: (part: string) => [
      `${part} already exists, and is a link, not a regular file, or another user's`,
      "Remove it, or write to another place.",
    ],
    inUse: (part: string) => [
      `${part} is being written by another run`,
      "Wait until that run ends, or write to another file.",
    ],
    isThere: (part: string) => [
      `${part} already exists, with the rows of a run that ended early`,
      "Move it away, or write to another file.",
    ],
    gone: (part: string, bytes: number) => [
      `${part} no longer exists, but the checkpoint says that it has ${bytes} bytes`,
      "Restore the file; or remove the checkpoint to start again.",
    ],
    tooShort: (part: string, size: number, bytes: number) => [
      `${part} has ${size} bytes, but the checkpoint says that it has ${bytes}: rows are missing`,
      "Restore the file; or remove what is left of it and the checkpoint to start again.",
    ],
    changed: (part: string, bytes: number) => [
      `${part} was changed: its first ${bytes} bytes are not those that were written`,
      "Restore the file as it was; or remove it and the checkpoint to start again.",
    ],
    notOwn: (part: string) => [
      `${part} is a link, not a regular file, or another user's, so it is not the file that the checkpoint names`,
      "Restore your own file; or remove this one and the checkpoint to start again.",
    ],
  },
  zh: {
    noFolder: (path) => [`无法写入 ${path}：文件夹不存在`, "请先创建文件夹。"],
    noPart: (path, part, problem) => [
      `${path} 可以写入，但无法写入 ${part}（${problem}），而数据写完之前保存在那里`,
      `请写到另一个文件夹；或由 shell 写入该文件：--output - >${path}`,
    ],
    foreignPart: (part) => [
      `${part} 已存在，且是链接、不是普通文件，或属于其他用户`,
      "请将其删除，或写到别处。",
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
    notOwn: (part) => [
      `${part} 是链接、不是普通文件，或属于其他用户，并非检查点所记录的文件`,
      "请恢复自己的文件，或将它与检查点一并删除以重新开始。",
    ],
  },
})

const refuse = refusals(words)

const { O_NOFOLLOW = 0 } = NodeFS.constants

/** The name of the `.part` of a file. */
export const nameOf = (target: string): string => `${target}.part`

/** The size of a file in bytes. */
export const sizeOf = (info: FileSystem.File.Info): number => Number(ByteSize.toBigInt(info.size))

/** Keeps a `.part` from other runs. */
export const lock = (part: string) =>
  Lock.hold(part).pipe(
    Effect.catchIf(
      (code) => code !== Lock.held,
      // Where there are no such sockets, creating a new file still keeps most other runs out.
      () => Effect.void,
    ),
    Effect.catch(() => refuse((say) => say.inUse(part))),
  )

/** Creates a `.part`. An empty one, left by a run that was killed before it could record anything, is replaced. */
export const create = Effect.fnUntraced(function* (
  path: string,
  part: string,
  options: { readonly mode: number; readonly isThere: boolean },
) {
  const files = yield* FileSystem.FileSystem
  // "wx" creates a new file: never through a link, and never over a file that somebody else has made.
  const open = files.open(part, { flag: "wx", mode: options.mode })
  return yield* open.pipe(
    Effect.catchIf(
      ({ reason }) => reason._tag === "AlreadyExists" && kindOf(part) === "empty",
      // Others may have opened it for reading when it was not private.
      () => Effect.andThen(files.remove(part), open),
    ),
    Effect.catch((error) => {
      const code = SystemError.codeOf(error)
      const { _tag } = error.reason
      if (_tag === "AlreadyExists") {
        return refuse((say) => (kindOf(part) === "foreign" ? say.foreignPart(part) : say.isThere(part)))
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

/** Returns what already has that name. Every file is foreign except a file of the user's own that has no other name. */
const kindOf = (part: string): "foreign" | "empty" | "rows" => {
  try {
    const info = NodeFS.lstatSync(part)
    if (!info.isFile() || info.nlink !== 1 || !Owner.isOwn(info.uid, part)) return "foreign"
    return info.size === 0 ? "empty" : "rows"
  } catch {
    // It no longer exists.
    return "rows"
  }
}

/** Refuses a `.part` that is not the user's own. */
export const refuseForeign = (part: string) =>
  kindOf(part) === "foreign" ? refuse((say) => say.notOwn(part)) : Effect.void

/** Opens a `.part` behind the rows that were recorded. If nothing was recorded and it no longer exists, nothing is lost. */
export const resume = Effect.fnUntraced(function* (
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

/** True when the first bytes of a file are those that were written. */
export const beginsWith = Effect.fnUntraced(function* (
  handle: FileSystem.File,
  written: WrittenBytes.WrittenBytes,
) {
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
