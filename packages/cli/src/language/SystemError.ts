/** The errors of the operating system with files, in words. */
import type * as PlatformError from "effect/PlatformError"
import type { Unread } from "@effect-feishu/terminal/InputFile"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"
import type { Language, Words } from "./Language.ts"

// The system's own words depend on its language and version, and Node passes on only the codes.
const words: Readonly<Record<string, Words<string>>> = {
  EACCES: { en: "permission denied", zh: "没有权限" },
  EAGAIN: { en: "another program holds it", zh: "正被其他程序占用" },
  EBADF: { en: "it is not open for that", zh: "它没有以相应方式打开" },
  EBUSY: { en: "it is mounted there, or in use", zh: "它是挂载点，或正在使用" },
  EDQUOT: { en: "the disk quota is used up", zh: "磁盘配额已用完" },
  EFBIG: { en: "the file is too large", zh: "文件过大" },
  EIO: { en: "the disk failed", zh: "磁盘读写出错" },
  EISDIR: { en: "it is a folder", zh: "它是文件夹" },
  ELOOP: { en: "its links lead in a circle", zh: "符号链接循环" },
  EMFILE: { en: "too many files are open", zh: "打开的文件过多" },
  ENAMETOOLONG: { en: "the name is too long", zh: "文件名过长" },
  ENOENT: { en: "there is no such file", zh: "没有这个文件" },
  ENODEV: { en: "there is no such device", zh: "没有这个设备" },
  ENOSPC: { en: "no space is left there", zh: "空间不足" },
  // Node fails with this code when a program reads from standard output.
  ENOTCONN: { en: "it is not open for that", zh: "它没有以相应方式打开" },
  ENOTDIR: { en: "a part of the path is not a folder", zh: "路径中有一部分不是文件夹" },
  ENXIO: { en: "nothing can be opened there", zh: "无法打开" },
  EPERM: { en: "not permitted", zh: "不允许此操作" },
  EROFS: { en: "the file system is read-only", zh: "文件系统为只读" },
  ETXTBSY: { en: "it is a program that is running", zh: "它是正在运行的程序" },
  ERR_INVALID_ARG_VALUE: { en: "it is not a name that a file can have", zh: "不是有效的文件名" },
}

const kinds: Readonly<Record<(Unread & { readonly _tag: "WrongKind" })["kind"], Words<string>>> = {
  device: { en: "it is a device", zh: "它是设备" },
  pipe: { en: "it is a named pipe", zh: "它是命名管道" },
  socket: { en: "it is a socket", zh: "它是套接字" },
}

/** Returns the system's code of a failure, such as `ENOSPC`; without a code, Effect's name of the failure. */
export const codeOf = ({ reason }: PlatformError.PlatformError): string =>
  SystemCode.find(reason.cause) ?? reason._tag

/** Returns the meaning of a code, followed by the code, which users can search for. */
export const inWords = (code: string, language: Language): string => {
  const meaning = words[code]?.[language]
  if (meaning === undefined) return code
  return language === "zh" ? `${meaning}，${code}` : `${meaning}, ${code}`
}

/** Returns why something was not read. */
export const unreadInWords = (unread: Unread, language: Language): string => {
  switch (unread._tag) {
    case "System":
      return inWords(unread.code, language)
    case "WrongKind":
      return kinds[unread.kind][language]
    case "TooLarge": {
      const kibibytes = unread.mostBytes / 1024
      const size = kibibytes < 1024 ? `${kibibytes} KiB` : `${kibibytes / 1024} MiB`
      return { en: `it has more than ${size}`, zh: `超过 ${size}` }[language]
    }
  }
}

/** True when a code says that there is no space left. */
export const isFull = (code: string): boolean => code === "ENOSPC" || code === "EDQUOT"
