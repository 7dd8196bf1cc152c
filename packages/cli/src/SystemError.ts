/** What the operating system says when it cannot do something with a file, in words. */
import type * as PlatformError from "effect/PlatformError"
import type { Language, Words } from "./Language.ts"

// Its own words depend on its language and version, and Node passes on their codes alone.
const words: Readonly<Record<string, Words<string>>> = {
  EACCES: { en: "permission denied", zh: "没有权限" },
  EDQUOT: { en: "the disk quota is used up", zh: "磁盘配额已用完" },
  EFBIG: { en: "the file is too large", zh: "文件过大" },
  EIO: { en: "the disk failed", zh: "磁盘读写出错" },
  EISDIR: { en: "it is a folder", zh: "它是文件夹" },
  ELOOP: { en: "its links lead in a circle", zh: "符号链接循环" },
  EMFILE: { en: "too many files are open", zh: "打开的文件过多" },
  ENAMETOOLONG: { en: "the name is too long", zh: "文件名过长" },
  ENOENT: { en: "there is no such file", zh: "没有这个文件" },
  ENOSPC: { en: "no space is left there", zh: "空间不足" },
  ENOTDIR: { en: "a part of the path is no folder", zh: "路径中有一部分不是文件夹" },
  EPERM: { en: "not permitted", zh: "不允许此操作" },
  EROFS: { en: "the file system is read-only", zh: "文件系统为只读" },
}

/** Its code, such as `ENOSPC`; of what it has no code for, Effect's name. */
export const codeOf = ({ reason }: PlatformError.PlatformError): string => {
  const { cause } = reason
  return typeof cause === "object" && cause !== null && "code" in cause ? String(cause.code) : reason._tag
}

/** What a code means, with the code, for whoever looks for it. */
export const inWords = (code: string, language: Language): string => {
  const meaning = words[code]?.[language]
  if (meaning === undefined) return code
  return language === "zh" ? `${meaning}，${code}` : `${meaning}, ${code}`
}

/** Whether room is what is missing. */
export const isFull = (code: string): boolean => code === "ENOSPC" || code === "EDQUOT"
