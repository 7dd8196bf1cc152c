/** The folder that the command was started in, to which relative paths lead. It may have been removed since. */
import { isAbsolute } from "node:path"
import * as Effect from "effect/Effect"
import { FeishuError } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"

/** Returns the folder, or `undefined` where it was removed. */
export const current = (): string | undefined => {
  try {
    return process.cwd()
  } catch {
    return undefined
  }
}

const words = Language.words({
  en: {
    gone: (path: string) => [
      `${path} is a relative path, and the folder that this command was started in was removed`,
      "Change to a folder that exists (cd), or give an absolute path.",
    ],
  },
  zh: {
    gone: (path) => [
      `${path} 是相对路径，而启动本命令时所在的文件夹已被删除`,
      "请先进入一个存在的文件夹（cd），或使用绝对路径。",
    ],
  },
})

/** Refuses a relative path when that folder was removed: the system would report a missing file instead of the folder. */
export const check = Effect.fnUntraced(function* (field: string, path: string) {
  if (path === "-" || isAbsolute(path) || current() !== undefined) return
  const { gone } = yield* Language.say(words)
  return yield* FeishuError.invalidRequest(field, ...gone(path))
})
