/** The kinds of flags. A flag that is not given is `undefined`. */
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as Language from "../language/Language.ts"

const words = Language.words({
  en: {
    fileName: "the name of a file",
    wholeNumber: (least: number, most: number) =>
      most === Number.MAX_SAFE_INTEGER
        ? `a whole number above ${least - 1}`
        : `a whole number from ${least} to ${most}`,
  },
  zh: {
    fileName: "文件名",
    wholeNumber: (least, most) =>
      most === Number.MAX_SAFE_INTEGER ? `大于 ${least - 1} 的整数` : `${least} 到 ${most} 之间的整数`,
  },
})

/** A flag that takes any text. */
export const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined),
  )

/**
 * A flag that takes the name of a file; a leading `~/` is expanded. An empty name, as of a variable that is not set, is
 * refused.
 */
export const file = (language: Language.Language) => (name: string, description: string) =>
  Flag.String(name).pipe(
    Flag.filter(
      (path) => path !== "",
      () => words[language].fileName,
    ),
    Flag.map(HomePath.expand),
    Flag.withMetavar("FILE"),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined),
  )

/** A flag that takes a whole number between two, also written `1e3`; its message is in this language. */
export const wholeNumber =
  (language: Language.Language) =>
  (name: string, [least, most]: readonly [number, number], description: string) =>
    // Not `Flag.Int`, which has its own English message for a text that is not a number.
    Flag.String(name).pipe(
      Flag.filterMap(
        (text) => {
          const value = /^\s*\d+(?:e\d+)?\s*$/i.test(text) ? Number(text) : Number.NaN
          return value >= least && value <= most ? Option.some(value) : Option.none()
        },
        () => words[language].wholeNumber(least, most),
      ),
      Flag.withMetavar("N"),
      Flag.withDescription(description),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    )

/** A flag that takes one of several words. */
export const choice = <const Choices extends ReadonlyArray<string>>(
  name: string,
  choices: Choices,
  description: string,
) =>
  Flag.Literals(name, choices).pipe(
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined),
  )

/** A flag without a value. */
export const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))
