/** Names of files that Windows does not take, or takes for something else. */
import { devNull } from "node:os"
import * as Effect from "effect/Effect"
import * as Language from "../language/Language.ts"
import { type OutputFailed, refusals } from "./Output.ts"

const words = Language.words({
  en: {
    unfit: (path: string, character: string) => [
      `${path} has a character that no file of Windows has in its name: ${character}`,
      'Leave out < > : " | ? and *; write a time without colons, such as 2026-09-01T0800.',
    ],
  },
  zh: {
    unfit: (path, character) => [
      `${path} 中有 Windows 文件名不允许的字符：${character}`,
      '请去掉 < > : " | ? 和 *；时间请不带冒号，例如 2026-09-01T0800。',
    ],
  },
})

const refuse = refusals(words)

/**
 * Refuses a name that Windows does not take. It takes a colon, but then writes into a hidden part of another file: the rows of
 * `meetings-08:00.csv` would be in no folder.
 */
export const check = Effect.fnUntraced(function* (path: string, flag: OutputFailed["flag"]) {
  if (process.platform !== "win32") return
  // A drive has a colon, and a name such as \\?\C:\rows.csv a question mark.
  const name = path.replace(/^(?:[\\/]{2}[?.][\\/])?(?:[a-z]:)?/i, "")
  const [character] = /[<>:"|?*\p{Cc}]/u.exec(name) ?? []
  if (character !== undefined) yield* refuse((say) => say.unfit(path, JSON.stringify(character)), flag)
})

/** Returns the whole name of the null device for its short one, under which Node would make a file. */
export const orDevice = (path: string): string =>
  process.platform === "win32" && /^nul:?$/i.test(path) ? devNull : path
