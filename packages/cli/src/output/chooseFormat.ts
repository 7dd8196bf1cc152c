/** Chooses the format of an output: the one that is given, or the one that the name of the file says. */
import { basename, extname } from "node:path"
import * as Effect from "effect/Effect"
import type { FeishuError } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"
import type * as Format from "./Format.ts"
import { refusals } from "./Output.ts"

const words = Language.words({
  en: {
    contradicts: (format: Format.Name, file: string, named: Format.Name) => [
      `${format === "excel" ? "excel, which is CSV," : format} does not fit the file name ${file}`,
      `Leave out --format to write ${named}${format === "table" ? "" : `, or name the file ${nameFor(file, format)}`}.`,
    ],
  },
  zh: {
    contradicts: (format, file, named) => [
      `${format === "excel" ? "excel（即 CSV）" : `${format} `}与文件名 ${file} 不符`,
      `请去掉 --format 以写出 ${named}${format === "table" ? "" : `，或将文件命名为 ${nameFor(file, format)}`}。`,
    ],
  },
})

const refuse = refusals(words)

/** The formats that an extension may have, the one that it says first. Other extensions say nothing. */
const ofExtension: Readonly<Record<string, readonly [Format.Name, ...ReadonlyArray<Format.Name>]>> = {
  ".csv": ["csv", "excel"],
  ".tsv": ["tsv"],
  ".json": ["json"],
  ".ndjson": ["ndjson"],
  ".jsonl": ["ndjson"],
  ".xlsx": ["xlsx"],
}

/** The extensions that say something about the format, in a list for help texts. */
export const extensions = Object.keys(ofExtension).join(" ")

const nameFor = (file: string, format: Format.Name): string =>
  `${basename(file, extname(file))}.${format === "excel" ? "csv" : format}`

/** What the format depends on. */
interface Given {
  /** The format of the flag. */
  readonly flag: Format.Name | undefined
  /** The format of the settings. */
  readonly setting: Format.Name | undefined
  /** The name of the file; absent for standard output. */
  readonly output: string | undefined
  /** The format that an earlier run began the output with. */
  readonly begun?: Format.Name | undefined
  /** The format where nothing says one. */
  readonly otherwise: Format.Name
}

/** Returns the format; refuses one that contradicts the name of the file. */
export const chooseFormat = Effect.fnUntraced(function* ({
  begun,
  flag,
  otherwise,
  output,
  setting,
}: Given): Effect.fn.Return<Format.Name, FeishuError.FeishuError> {
  if (begun !== undefined && (flag === undefined || flag === begun)) return begun
  const extension = extname(output ?? "").toLowerCase()
  const possible = ofExtension[extension]
  if (possible === undefined) return flag ?? setting ?? otherwise
  const [named] = possible
  if (flag !== undefined && !possible.includes(flag))
    return yield* refuse((say) => say.contradicts(flag, output ?? "", named), "--format")
  return flag ?? (setting !== undefined && possible.includes(setting) ? setting : named)
})
