/**
 * What a command takes as arguments, and one per line from a file or from standard input: meeting numbers, or ids of meetings.
 * All that are wrong are reported together.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { FeishuError } from "@effect-feishu/core"
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import { firstOf } from "@effect-feishu/terminal/Shortened"
import * as Language from "../language/Language.ts"
import { withoutSecrets } from "../console/KnownSecrets.ts"
import { Stderr } from "../console/Stderr.ts"
import * as SystemError from "../language/SystemError.ts"
import * as WorkingFolder from "../settings/WorkingFolder.ts"

/** The arguments, and the file that holds more of them. */
export interface Given {
  /** The arguments as they were typed. */
  readonly typed: ReadonlyArray<string>
  /** A file, or `-` for standard input. */
  readonly from: string | undefined
}

/** A text that is not what was asked for. */
export interface Wrong {
  readonly problem: string
  /** What to do about this problem; absent if it is what is to be done about any. */
  readonly remedy?: string
}

type Refusal = readonly [problem: string, remedy: string]

/** What is given. */
export interface Kind<A> {
  readonly argument: string
  readonly flag: string
  /** Returns the part of a line that counts; a line without one is ignored. */
  readonly textOf: (line: string) => string
  readonly decode: (text: string, language: Language.Language) => Result.Result<A, Wrong>
  readonly words: Language.Words<{
    readonly typeThem: string
    readonly tooLarge: (name: string, mebibytes: number) => Refusal
    readonly none: (name: string) => Refusal
    readonly arguments: string
    readonly lines: (name: string, bad: number, all: number) => Refusal
  }>
}

/** At most this many wrong lines are listed. */
const mostListed = 20

/** At most this many wrong arguments are listed, all in one line. */
const mostTogether = 10

/** The size of the largest file: it has enough lines for years of reading. A larger file is something else, or has no end. */
const mostMebibytes = 32

const words = Language.words({
  en: {
    stdin: "standard input",
    unreadable: (name: string, code: string) => [
      `${name} cannot be read (${code})`,
      "Give the name of a file that you may read.",
    ],
    more: (name: string, lines: number) => `${name}: and ${lines} more lines`,
    andMore: (left: number) => `and ${left} more`,
    semicolon: "; ",
    space: " ",
  },
  zh: {
    stdin: "标准输入",
    unreadable: (name, code) => [`无法读取 ${name}（${code}）`, "请给出可以读取的文件。"],
    more: (name, lines) => `${name}：另有 ${lines} 行`,
    andMore: (left) => `另有 ${left} 个`,
    semicolon: "；",
    space: "",
  },
})

/** Returns a text as it may be shown: a line may be anything, such as a page of HTML. */
export const shown = (text: string): string => {
  const plain = withoutSecrets(text)
  return plain.length > 60 ? `${plain.slice(0, 60)}…` : plain
}

/** Reads all, each once, in the order given. If any is wrong, all that are wrong are reported, and it fails. */
export const read = <A>(kind: Kind<A>) =>
  Effect.fnUntraced(function* ({ from, typed }: Given) {
    const language = yield* Language.CurrentLanguage
    const { andMore, semicolon, space } = words[language]
    const decoded = typed.map((text) => kind.decode(text, language))
    const wrong = decoded.filter(Result.isFailure).map(({ failure }) => failure)
    if (wrong.length > 0) {
      const said = firstOf(
        wrong.map(({ problem }) => problem),
        mostTogether,
        andMore,
      )
      const remedies = remediesOf(wrong, kind.words[language].arguments)
      return yield* refuse(kind.argument, [said.join(semicolon), remedies.join(space)])
    }
    const listed = from === undefined ? [] : yield* fromLines(kind, from)
    return [...new Set([...decoded.filter(Result.isSuccess).map(({ success }) => success), ...listed])]
  })

const refuse = (field: string, [problem, remedy]: Refusal) =>
  FeishuError.invalidRequest(field, problem, remedy)

/** At most this many remedies are given: each names a wrong text. */
const mostRemedies = 3

const remediesOf = (wrong: ReadonlyArray<Wrong>, otherwise: string): ReadonlyArray<string> =>
  [...new Set(wrong.map(({ remedy = otherwise }) => remedy))].slice(0, mostRemedies)

/** Reads the lines of a file. */
const fromLines = Effect.fnUntraced(function* <A>(kind: Kind<A>, from: string) {
  const language = yield* Language.CurrentLanguage
  const lines = (yield* text(kind, from, mostMebibytes)).split(/\r\n|\n|\r/)
  const found: Array<A> = []
  const counted = new Counted(kind)
  for (const [index, line] of lines.entries()) {
    const text = kind.textOf(line)
    if (text === "") continue
    const one = kind.decode(text, language)
    if (counted.isRight(index + 1, one)) found.push(one.success)
  }
  yield* counted.refuseWrong(from)
  return found
})

/** Where the texts of a file are from, and its words. */
type Source = Pick<Kind<unknown>, "flag" | "words">

/** Reads the text of a file or of standard input, unless it is larger than that. */
export const text = Effect.fnUntraced(function* (source: Source, from: string, mostMebibytes: number) {
  yield* WorkingFolder.check(source.flag, from)
  const stderr = yield* Stderr
  const language = yield* Language.CurrentLanguage
  const { stdin, unreadable } = words[language]
  const say = source.words[language]
  const isStdin = InputFile.isStdin(from)
  const name = isStdin ? stdin : from
  if (isStdin && process.stdin.isTTY) yield* stderr.line(say.typeThem)
  const bytes = yield* Effect.mapError(InputFile.readNamed(from, mostMebibytes * 2 ** 20), (unread) =>
    refuse(
      source.flag,
      unread._tag === "TooLarge"
        ? say.tooLarge(name, mostMebibytes)
        : unreadable(name, SystemError.unreadInWords(unread, language)),
    ),
  )
  return DecodedText.decode(bytes)
})

/** The lines of a file that were read, and which of them are wrong. */
export class Counted {
  readonly #source: Source
  readonly #wrong: Array<Wrong & { readonly line: number }> = []
  #all = 0
  #bad = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** Counts a line; true when it is not wrong. */
  isRight<A>(line: number, one: Result.Result<A, Wrong>): one is Result.Success<A, Wrong> {
    this.#all++
    if (Result.isSuccess(one)) return true
    if (++this.#bad <= mostListed) this.#wrong.push({ line, ...one.failure })
    return false
  }

  /** Refuses a file without anything, or with wrong lines, which are reported first. */
  refuseWrong(from: string): Effect.Effect<void, FeishuError.FeishuError, Stderr> {
    const [all, bad, wrong, { flag, words: table }] = [this.#all, this.#bad, this.#wrong, this.#source]
    return Effect.gen(function* () {
      const stderr = yield* Stderr
      const language = yield* Language.CurrentLanguage
      const { more, space, stdin } = words[language]
      const say = table[language]
      const name = InputFile.isStdin(from) ? stdin : from
      if (all === 0) return yield* refuse(flag, say.none(name))
      if (bad === 0) return
      yield* Effect.forEach(wrong, ({ line, problem }) => stderr.line(`${name}:${line}: ${problem}`), {
        discard: true,
      })
      if (bad > wrong.length) yield* stderr.line(more(name, bad - wrong.length))
      const [problem, remedy] = say.lines(name, bad, all)
      return yield* refuse(flag, [problem, remediesOf(wrong, remedy).join(space)])
    })
  }
}
