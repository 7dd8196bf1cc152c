/** How much is told besides the data and how the run ended. */
import * as Flag from "effect/cli/Flag"
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Context from "effect/Context"
import * as Language from "../language/Language.ts"

/** `quiet` leaves out warnings, waits and progress; `verbose` adds every request, and all that is known of an error. */
export type Verbosity = "quiet" | "normal" | "verbose"

/** That of this run. */
export const CurrentVerbosity = Context.Reference<Verbosity>("@effect-feishu/cli/Verbosity", {
  defaultValue: () => "normal",
})

/** What the arguments ask for. Looked for before they are parsed, as the language is. */
export const find = (args: ReadonlyArray<string>): Verbosity =>
  args.includes("--quiet") ? "quiet" : args.includes("--verbose") ? "verbose" : "normal"

const words = Language.words({
  en: {
    quiet: "Tell errors and the summary only",
    verbose: "Tell every request, too, and of an error all that is known",
  },
  zh: {
    quiet: "只输出错误和结果摘要",
    verbose: "逐条输出请求；出错时输出全部已知信息",
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
