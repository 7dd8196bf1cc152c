/** How much is printed in addition to the data and the summary. */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Context from "effect/Context"
import * as Language from "../language/Language.ts"

/** `quiet` leaves out warnings, waits and progress; `verbose` adds every request, and all that is known of an error. */
export type Verbosity = "quiet" | "normal" | "verbose"

/** The verbosity of this run. */
export const CurrentVerbosity = Context.Reference<Verbosity>("@effect-feishu/cli/Verbosity", {
  defaultValue: () => "normal",
})

/** Returns the verbosity that the arguments request. Like the language, it is known before they are parsed. */
export const find = (args: ReadonlyArray<string>): Verbosity =>
  args.includes("--quiet") ? "quiet" : args.includes("--verbose") ? "verbose" : "normal"

const words = Language.words({
  en: {
    quiet: "Show only errors and the summary",
    verbose: "Also log each request; show full error details",
  },
  zh: {
    quiet: "只显示错误和结果摘要",
    verbose: "同时逐条显示请求；出错时显示全部细节",
  },
})

/** `--quiet` and `--verbose`, which every command takes. */
export const flags = (language: Language.Language) =>
  (["quiet", "verbose"] as const).map((name) =>
    GlobalFlag.Setting(name)({
      flag: Flag.Boolean(name).pipe(
        Flag.withoutNegation,
        Flag.withDescription(words[language][name]),
        Flag.withDefault(false),
      ),
    }),
  )
