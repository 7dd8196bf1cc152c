/** The mistakes in a command line, in the same words for both commands. */
import type * as CliError from "effect/cli/CliError"
import type { Language } from "./Language.ts"
import { firstOf, shortened } from "./Shortened.ts"

/** The command that was typed, as far as it was recognised, and what Effect found wrong with the rest. */
export interface Invocation {
  readonly commandPath: ReadonlyArray<string>
  readonly errors: ReadonlyArray<CliError.CliError>
}

/** The facts about a command that Effect does not know. */
export interface Options {
  /** The language of the messages; English unless given. */
  readonly language?: Language
  /** The value that a flag takes, by its name: Effect's own words for it vary ("Expected an integer", "FILE"). */
  readonly takes?: Readonly<Record<string, string>>
  /** Returns what was meant by a word that is not a command, such as a file name that needs a flag. */
  readonly meantBy?: (word: string) => string | undefined
  /** Masks the secrets that the command knows. */
  readonly masked?: (text: string) => string
}

/** The mistakes in one line, and what to do about them. */
export interface Mistakes {
  readonly meaning: string
  readonly remedy: string
}

/** At most this many mistakes of one command line are listed, each in at most this many characters. */
const mostListed = 10
const longest = 300

/** Describes every mistake of a command line. */
export const describe = (invocation: Invocation, options: Options = {}): Mistakes => {
  const { language = "en", masked = (text) => text, meantBy = () => undefined } = options
  const say = words[language]
  const unknownFlags = invocation.errors.filter((error) => error._tag === "UnrecognizedOption")
  // What follows an unknown flag may be its value, which Effect then takes for a command or an argument.
  const errors = unknownFlags.length > 0 ? unknownFlags : invocation.errors
  const meant = errors.flatMap((error) => {
    switch (error._tag) {
      case "UnrecognizedOption":
        // Effect suggests --now even for --foo; a mistyped flag usually begins with the right letter.
        return error.suggestions.filter((flag) => flag.slice(0, 3) === error.option.slice(0, 3)).slice(0, 1)
      case "UnknownSubcommand": {
        const command = meantBy(error.subcommand) ?? error.suggestions[0]
        return command === undefined ? [] : [command]
      }
      default:
        return []
    }
  })
  // Effect splits -from into -f, -r, -o and -m; the user typed it as one flag.
  const letters = errors.flatMap((error) =>
    error._tag === "UnrecognizedOption" ? (/^-([^-])$/.exec(error.option)?.[1] ?? []) : [],
  )
  const problems = [
    ...(letters.length === 0 ? [] : [say.unknownFlag(`-${letters.join("")}`)]),
    ...errors
      .filter((error) => !(error._tag === "UnrecognizedOption" && /^-[^-]$/.test(error.option)))
      .map((error) => whatIsWrong(error, say, options.takes ?? {})),
  ]
  const listed = firstOf(
    problems.map((problem) => shortened(masked(problem), longest)),
    mostListed,
    say.more,
  )
  const didYouMean = meant.length === 0 ? [] : [say.didYouMean(listOf([...new Set(meant)].slice(0, 3), say))]
  return {
    meaning: listed.join(say.semicolon),
    remedy: [...didYouMean, say.seeHelp(`${invocation.commandPath.join(" ")} --help`)].join(say.space),
  }
}

const whatIsWrong = (
  error: CliError.CliError,
  say: Words,
  takes: Readonly<Record<string, string>>,
): string => {
  switch (error._tag) {
    case "UnrecognizedOption":
      return say.unknownFlag(error.option)
    case "UnknownSubcommand":
      return say.unknownCommand(say.quoted(error.subcommand))
    case "MissingOption":
      return say.missing(`--${error.option}`)
    case "MissingArgument":
      return say.missing(error.argument)
    case "UnexpectedArgument":
      return say.unexpected(error.arguments.map(say.quoted).join(" "), error.arguments.length)
    case "InvalidValue": {
      const name = error.kind === "argument" ? error.option : `--${error.option}`
      if (error.expected === "at most 1 value") return say.onlyOnce(name)
      const choices = choicesIn(error.expected)
      // The text before the host of a URL may be a password.
      const value = error.value.replace(/\/\/[^/]*@/, "//<redacted>@")
      if (choices[0] === "true") return say.noValue(name, say.quoted(value))
      const expected = takes[error.option] ?? listOf(choices, say)
      return value === "" ? say.needsValue(name, expected) : say.wrongValue(name, expected, say.quoted(value))
    }
    default:
      return error.message.replaceAll(/\s+/g, " ")
  }
}

/** Returns what Effect expected, without the words in front of it and the quotes that are not to be typed. */
const choicesIn = (expected: string): ReadonlyArray<string> =>
  expected
    .replaceAll('"', "")
    .replace(/^Expected:? /, "")
    .split(" | ")

const listOf = (all: ReadonlyArray<string>, say: Words): string =>
  all.length === 1 ? all.join("") : say.oneOf(all.slice(0, -1), all.at(-1)!)

const inQuotes = (text: string): string => JSON.stringify(text).slice(1, -1)

const english = {
  quoted: (text: string) => `"${inQuotes(text)}"`,
  unknownFlag: (flag: string) => `unknown flag ${flag}`,
  unknownCommand: (command: string) => `unknown command ${command}`,
  missing: (name: string) => `${name} is missing`,
  unexpected: (what: string, count: number) => `unexpected argument${count === 1 ? "" : "s"} ${what}`,
  onlyOnce: (name: string) => `${name} can be given only once`,
  needsValue: (name: string, expected: string) => `${name} needs a value: ${expected}`,
  wrongValue: (name: string, expected: string, value: string) => `${name} must be ${expected}, not ${value}`,
  noValue: (name: string, value: string) => `${name} takes no value, not ${value}`,
  oneOf: (first: ReadonlyArray<string>, last: string) => `${first.join(", ")} or ${last}`,
  didYouMean: (what: string) => `Did you mean ${what}?`,
  seeHelp: (command: string) => `See ${command}.`,
  more: (left: number) => `and ${left} more`,
  semicolon: "; ",
  space: " ",
}

type Words = typeof english

const words: Readonly<Record<Language, Words>> = {
  en: english,
  zh: {
    quoted: (text) => `“${inQuotes(text)}”`,
    unknownFlag: (flag) => `未知选项 ${flag}`,
    unknownCommand: (command) => `未知命令${command}`,
    missing: (name) => `缺少 ${name}`,
    unexpected: (what) => `多余的参数${what}`,
    onlyOnce: (name) => `${name} 只能出现一次`,
    needsValue: (name, expected) => `${name} 需要一个值：${expected}`,
    wrongValue: (name, expected, value) => `${name} 应为 ${expected}，而不是${value}`,
    noValue: (name, value) => `${name} 不带值，而给出了${value}`,
    oneOf: (first, last) => `${first.join("、")} 或 ${last}`,
    didYouMean: (what) => `是否想输入 ${what}？`,
    seeHelp: (command) => `请查看 ${command}。`,
    more: (left) => `另有 ${left} 处`,
    semicolon: "；",
    space: "",
  },
}
