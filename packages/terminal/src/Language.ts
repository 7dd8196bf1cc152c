/** The language of messages. Every module keeps its words in both languages, next to the code that uses them. */
import * as GlobalFlag from "effect/cli/GlobalFlag"
import * as Flag from "effect/cli/Flag"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"

/** English or Chinese. */
export type Language = (typeof languages)[number]
const languages = ["en", "zh"] as const

/** The language of this run; English unless provided. */
export const CurrentLanguage = Context.Reference<Language>("@effect-feishu/terminal/Language", {
  defaultValue: () => "en",
})

/** The value of `--lang`; `undefined` unless provided. */
export const Requested = Context.Reference<Language | undefined>(
  "@effect-feishu/terminal/Language/Requested",
  {
    defaultValue: () => undefined,
  },
)

/** Finds `--lang` before the command line is parsed: help and mistakes in the command line are in that language, too. */
export const requestedIn = (args: ReadonlyArray<string>): Language | undefined => {
  const [, requested] = /(?:^|\n)--lang[=\n](en|zh)(?:\n|$)/.exec(args.join("\n")) ?? []
  return languages.find((language) => language === requested)
}

/** Returns the locale of the user of Windows, where no variable has it; elsewhere an empty text. */
const ofWindows = (): string =>
  process.platform === "win32" ? new Intl.DateTimeFormat().resolvedOptions().locale : ""

/** Returns the language of a user: that of `--lang`, else of the setting, else of the locale, else English. */
export const find = (
  requested: Language | undefined,
  environment: Readonly<Record<string, string | undefined>>,
  configured?: string,
): Language => {
  // As it may be in a file of settings, where quotes are not removed.
  const set = environment["FEISHU_LANG"]?.replaceAll(/^[\s"'`“‘「]+|[\s"'`”’」]+$/gu, "")
  const chosen = [requested, set, configured].find((lang) => lang)
  if (chosen === "en" || chosen === "zh") return chosen
  const locale = environment["LC_ALL"] || environment["LC_MESSAGES"] || environment["LANG"] || ofWindows()
  return locale.startsWith("zh") ? "zh" : "en"
}

/** The same thing in every language. */
export type Words<W> = { readonly [language in Language]: W }

/** The types in a table of words. A pair, such as a problem and its remedy, stays a pair. */
type Text =
  | string
  | undefined
  | Pair
  | Rows
  | Table
  | ((...values: never) => string | undefined | Pair | Table)
type Pair = readonly [string, string]
type Rows = readonly [Pair, ...Array<Pair>]
interface Table {
  readonly [name: string]: Text
}

/**
 * A table of words in both languages. The English ones are its shape: a function takes what the English one takes, and
 * the compiler refuses a Chinese word that is missing, left over, or of another kind.
 */
export const words = <W extends Table>(table: { readonly en: W; readonly zh: NoInfer<W> }): Words<W> => table

/** The words of one language out of a table: `Language.Say<typeof words>`. */
export type Say<Table extends Words<unknown>> = Table[Language]

/** Returns the words of the language of this run. */
export const say = <W>(words: Words<W>): Effect.Effect<W> =>
  Effect.map(CurrentLanguage, (language): W => words[language])

/** Makes the flag `--lang`, which every command takes. */
export const flag = (language: Language) =>
  GlobalFlag.Setting("lang")({
    flag: Flag.Literals("lang", languages).pipe(
      Flag.withDescription(
        {
          en: "The language of messages; default: FEISHU_LANG, else the locale (LC_ALL, LC_MESSAGES, LANG, or that of Windows)",
          zh: "提示信息的语言；默认取 FEISHU_LANG，否则取系统区域设置（LC_ALL、LC_MESSAGES、LANG，或 Windows 的设置）",
        }[language],
      ),
      Flag.optional,
    ),
  })
