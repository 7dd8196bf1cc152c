/** Opens the output: standard output, or what `--output` names, a file or anything else with a name, such as a named pipe. */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Descriptor from "@effect-feishu/terminal/Descriptor"
import * as Language from "../language/Language.ts"
import * as SystemError from "../language/SystemError.ts"
import * as FileOutput from "./FileOutput.ts"
import { notWritable, refusals } from "./Output.ts"
import * as Owner from "./Owner.ts"
import * as StreamOutput from "./StreamOutput.ts"
import * as WindowsName from "./WindowsName.ts"
import * as WorkbookOutput from "./WorkbookOutput.ts"

const words = Language.words({
  en: {
    isFolder: (path: string) => [`${path} is a folder`, "Give the name of a file."],
    isDisk: (path: string) => [`${path} is a disk`, "Give the name of a file."],
    foreign: (path: string) => [
      `${path} belongs to another user, who could read the passwords`,
      "Write them to a file of your own.",
    ],
    noFile: (path: string) => [
      `${path} is not a file, and --checkpoint needs one`,
      "Write to a file, or leave out --checkpoint.",
    ],
    terminal: [
      "a workbook is not text, which a terminal could show",
      "Write it to a file, such as --output meetings.xlsx; or choose another format.",
    ],
  },
  zh: {
    isFolder: (path) => [`${path} 是文件夹`, "请给出文件名。"],
    isDisk: (path) => [`${path} 是磁盘`, "请给出文件名。"],
    foreign: (path) => [`${path} 属于其他用户，其所有者可以读到会议密码`, "请写到自己的文件。"],
    noFile: (path) => [
      `${path} 不是文件，而使用 --checkpoint 时必须是文件`,
      "请写到文件，或去掉 --checkpoint。",
    ],
    terminal: ["工作簿不是文本，终端无法显示", "请写到文件，例如 --output meetings.xlsx；或选择其他格式。"],
  },
})

const refuse = refusals(words)

/** True when a name means standard output: `-`, `/dev/stdout` and the like. A file called `-` is `./-`. */
export const isStdout = (path: string): boolean => path === "-" || Descriptor.ofName(path) === 1

/**
 * Opens the output; without a name, standard output. A file is written next to its place until it is complete, a stream at
 * once.
 */
export const openOutput = Effect.fnUntraced(function* (
  path: string | undefined,
  options: FileOutput.Options,
) {
  const opened = yield* path === undefined ? StreamOutput.stdout : openNamed(path, options)
  // A file makes its workbook itself.
  if (options.sheet === undefined || opened.part !== undefined) return opened
  if (opened.isTerminal === true) return yield* refuse((say) => say.terminal, "--format")
  return yield* WorkbookOutput.over(opened, { ...options.sheet, target: path ?? "standard output" })
})

const openNamed = Effect.fnUntraced(function* (given: string, options: FileOutput.Options) {
  const files = yield* FileSystem.FileSystem
  const path = WindowsName.orDevice(given)
  yield* WindowsName.check(path, "--output")
  const own = Descriptor.ofName(path)
  if (own !== undefined) {
    if (options.journal !== undefined) return yield* refuse((say) => say.noFile(path))
    return yield* StreamOutput.descriptor(own, path)
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
  if (type === "File" && !Descriptor.isOfAnyProcess(path))
    return yield* FileOutput.open(path, { ...options, there })
  if (options.journal !== undefined) return yield* refuse((say) => say.noFile(path))
  // A pipe may never get a reader.
  return yield* type === "FIFO" ? Effect.interruptible(StreamOutput.pipe(path)) : StreamOutput.device(path)
})
