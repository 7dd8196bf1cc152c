/** The shapes of flags; what is not given is `undefined`. */
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import type { Language, Words } from "./Language.ts"

/** Any text. */
export const text = (name: string, metavar: string, description: string) =>
  Flag.String(name).pipe(
    Flag.withMetavar(metavar),
    Flag.withDescription(description),
    Flag.optional,
    Flag.map(Option.getOrUndefined),
  )

const range: Words<(least: number, most: number) => string> = {
  en: (least, most) => `a whole number from ${least} to ${most}`,
  zh: (least, most) => `${least} 到 ${most} 之间的整数`,
}

/** A whole number between two; what is wrong with another is told in the language. */
export const wholeNumber =
  (language: Language) =>
  (name: string, [least, most]: readonly [number, number], description: string) =>
    Flag.Int(name).pipe(
      Flag.filter(
        (value) => value >= least && value <= most,
        () => range[language](least, most),
      ),
      Flag.withMetavar("N"),
      Flag.withDescription(description),
      Flag.optional,
      Flag.map(Option.getOrUndefined),
    )

/** One of some words. */
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

/** Given or not. */
export const yes = (name: string, description: string) =>
  Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(description), Flag.withDefault(false))
