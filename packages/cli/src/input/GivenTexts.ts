/**
 * What a command takes as arguments, and from a file or standard input: meeting numbers, or ids of meetings. A file has them in lines,
 * in a column of a table, or in a sheet. All that are wrong are reported together.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { FeishuError } from "@effect-feishu/core"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import { firstOf } from "@effect-feishu/terminal/Shortened"
import * as Language from "../language/Language.ts"
import { Stderr } from "../console/Stderr.ts"
import * as SystemError from "../language/SystemError.ts"
import * as WorkingFolder from "../settings/WorkingFolder.ts"
import * as Columns from "./Columns.ts"
import * as Rows from "./Rows.ts"
import type * as Table from "./Table.ts"

/** The arguments, and the file that holds more of them. */
export interface Given {
  /** The arguments as they were typed. */
  readonly typed: ReadonlyArray<string>
  /** A file, or `-` for standard input. */
  readonly from: string | undefined
  /** The head or the number of the column of a table. */
  readonly column: string | undefined
}

/** A text that is not what was asked for. */
export interface Wrong {
  readonly problem: string
  /** What to do about this problem; absent if it is what is to be done about any. */
  readonly remedy?: string
  /** True for a number that has lost digits: it is one, but it is not known which. */
  readonly isShortened?: boolean
}

type Refusal = readonly [problem: string, remedy: string]

/** What is given. */
export interface Kind<A> {
  readonly argument: string
  readonly flag: string
  /** The heads of its column in a table. */
  readonly names: Columns.Names
  readonly decode: (text: string, language: Language.Language) => Result.Result<A, Wrong>
  readonly words: Language.Words<{
    readonly typeThem: string
    readonly tooLarge: (name: string, mebibytes: number) => Refusal
    readonly none: (name: string) => Refusal
    readonly empty: string
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
    oldExcel: (name: string) => [
      `${name} is a file of Excel 97 to 2003, or has a password`,
      "Save it as .xlsx or .csv, without a password.",
    ],
    notExcel: (name: string) => [
      `${name} is an archive, but not a file of Excel`,
      "Give an .xlsx, or save the table as .csv.",
    ],
    more: (name: string, lines: number) => `${name}: and ${lines} more lines`,
    estimated: (name: string, count: number) =>
      `${name} has ${count} ${count === 1 ? "number" : "numbers"} without all digits: counted here, but list will refuse the file`,
    andMore: (left: number) => `and ${left} more`,
    semicolon: "; ",
    space: " ",
  },
  zh: {
    stdin: "标准输入",
    unreadable: (name, code) => [`无法读取 ${name}（${code}）`, "请给出可以读取的文件。"],
    oldExcel: (name) => [`${name} 是 Excel 97-2003 的文件，或设有密码`, "请另存为不带密码的 .xlsx 或 .csv。"],
    notExcel: (name) => [`${name} 是压缩文件，但不是 Excel 文件`, "请给出 .xlsx，或将表格另存为 .csv。"],
    more: (name, lines) => `${name}：另有 ${lines} 行`,
    estimated: (name, count) =>
      `${name} 中有 ${count} 个会议号缺少末尾数字：此处计入估算，但 list 不会接受该文件`,
    andMore: (left) => `另有 ${left} 个`,
    semicolon: "；",
    space: "",
  },
})

/** What was given. */
interface Found<A> {
  /** Each once, in the order given. */
  readonly all: ReadonlyArray<A>
  /** The count of those that have lost digits, which is 0 unless they are to be counted. */
  readonly shortened: number
}

/**
 * Reads all. If any is wrong, all that are wrong are reported, and it fails; unless `countShortened` asks only how many there are, and
 * those that are wrong have lost digits.
 */
export const read = <A>(kind: Kind<A>, countShortened = false) =>
  Effect.fnUntraced(function* ({ column, from, typed }: Given) {
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
    const listed =
      from === undefined ? { all: [], shortened: 0 } : yield* fromFile(kind, from, column, countShortened)
    const first = decoded.filter(Result.isSuccess).map(({ success }) => success)
    return { ...listed, all: [...new Set([...first, ...listed.all])] } satisfies Found<A>
  })

const refuse = (field: string, [problem, remedy]: Refusal) =>
  FeishuError.invalidRequest(field, problem, remedy)

/** At most this many remedies are given: each names a wrong text. */
const mostRemedies = 3

const remediesOf = (wrong: ReadonlyArray<Wrong>, otherwise: string): ReadonlyArray<string> =>
  [...new Set(wrong.map(({ remedy = otherwise }) => remedy))].slice(0, mostRemedies)

/** Reads a file. */
const fromFile = Effect.fnUntraced(function* <A>(
  kind: Kind<A>,
  from: string,
  column: string | undefined,
  countShortened: boolean,
) {
  const language = yield* Language.CurrentLanguage
  const { empty } = kind.words[language]
  const rows = yield* rowsOf(kind, from, mostMebibytes)
  const decode = (text: string) => kind.decode(text, language)
  const place = yield* placeOf(kind, rows, column, (text) => Result.isSuccess(decode(text)))
  const all: Array<A> = []
  const counted = new Counted(kind)
  for (const row of rows) {
    if (row.line === place.head || Columns.isIgnored(row)) continue
    for (const text of textsOf(row, place, decode)) {
      const one = text === "" ? Result.fail({ problem: empty }) : decode(text)
      if (counted.isRight(row.line, one)) all.push(one.success)
    }
  }
  return { all, shortened: yield* counted.refuseWrong(from, countShortened) } satisfies Found<A>
})

/** Where the texts of rows are. */
export interface Place {
  /** `undefined` where nothing was found. */
  readonly column: number | undefined
  /** True when a head or a flag has named the column: what is in others is something else. */
  readonly isNamed: boolean
  /** The line of the head, if there is one. */
  readonly head: number | undefined
}

/** Finds the column of a file, and its head. */
export const placeOf = Effect.fnUntraced(function* (
  { flag, names }: Pick<Kind<unknown>, "flag" | "names">,
  rows: Iterable<Table.Row>,
  column: string | undefined,
  isOne: (text: string) => boolean,
): Effect.fn.Return<Place, FeishuError.FeishuError> {
  const first = Columns.firstOf(rows)
  if (first === undefined) return { column: undefined, isNamed: false, head: undefined }
  if (column !== undefined) {
    const { at, isHead } = yield* Columns.chosen(first, column)
    return { column: at, isNamed: true, head: isHead || !isOne(first.cells[at]!) ? first.line : undefined }
  }
  const known = yield* Columns.named(flag, first, names)
  if (known !== undefined) return { column: known, isNamed: true, head: first.line }
  const found = Columns.byContent(rows, (cell) => isOne(Rows.withoutComment(cell)))
  const [at] = found
  const cell = Rows.withoutComment(first.cells[at ?? 0] ?? "")
  if (at === undefined || !Columns.mayBeHead(cell) || isOne(cell)) {
    return { column: at, isNamed: false, head: first.line === Rows.keysLine ? first.line : undefined }
  }
  yield* Columns.refuseSeveral(flag, first, found)
  return { column: at, isNamed: true, head: first.line }
})

/** Returns the texts of a row: that of its column; or each cell, where each is what is looked for. */
export const textsOf = <A>(
  { cells, text }: Table.Row,
  { column = 0, isNamed }: Place,
  decode: (text: string) => Result.Result<A, Wrong>,
): ReadonlyArray<string> => {
  const areAll = (texts: ReadonlyArray<string>) =>
    texts.length > 1 && texts.every((text) => Result.isSuccess(decode(text)))
  if (!isNamed) {
    const whole = Rows.withoutComment(text)
    if (whole !== "" && Result.isSuccess(decode(whole))) return [whole]
    const each = cells.map(Rows.withoutComment).filter((cell) => cell !== "")
    if (areAll(each)) return each
  }
  const cell = Rows.withoutComment(cells[column] ?? "")
  const parts = separator.test(cell) ? cell.split(separator) : []
  return areAll(parts) && Result.isFailure(decode(cell)) ? parts : [cell]
}

/** Matches what people put between several in one cell. */
const separator = /[\s,;，；、]+/

/** Where the texts of a file are from, and its words. */
type Source = Pick<Kind<unknown>, "flag" | "words">

/** Reads the rows of a file or of standard input, unless it is larger than that. */
export const rowsOf = Effect.fnUntraced(function* (source: Source, from: string, mostMebibytes: number) {
  yield* WorkingFolder.check(source.flag, from)
  const stderr = yield* Stderr
  const language = yield* Language.CurrentLanguage
  const { stdin, unreadable, ...faults } = words[language]
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
  return yield* Effect.mapError(Rows.of(bytes), (fault) => refuse(source.flag, faults[fault](name)))
})

/** The lines of a file that were read, and which of them are wrong. */
export class Counted {
  readonly #source: Source
  readonly #wrong: Array<Wrong & { readonly line: number }> = []
  #all = 0
  #bad = 0
  #shortened = 0

  constructor(source: Source) {
    this.#source = source
  }

  /** Counts a line; true when it is not wrong. */
  isRight<A>(line: number, one: Result.Result<A, Wrong>): one is Result.Success<A, Wrong> {
    this.#all++
    if (Result.isSuccess(one)) return true
    if (one.failure.isShortened === true) this.#shortened++
    if (++this.#bad <= mostListed) this.#wrong.push({ line, ...one.failure })
    return false
  }

  /**
   * Refuses a file without anything, or with wrong lines, which are reported first. Returns how many have only lost digits, if these
   * are to be counted.
   */
  refuseWrong(from: string, countShortened = false): Effect.Effect<number, FeishuError.FeishuError, Stderr> {
    const [all, bad, shortened, wrong] = [this.#all, this.#bad, this.#shortened, this.#wrong]
    const { flag, words: table } = this.#source
    return Effect.gen(function* () {
      const stderr = yield* Stderr
      const language = yield* Language.CurrentLanguage
      const { estimated, more, space, stdin } = words[language]
      const say = table[language]
      const name = InputFile.isStdin(from) ? stdin : from
      if (all === 0) return yield* refuse(flag, say.none(name))
      if (bad === 0) return 0
      yield* Effect.forEach(wrong, ({ line, problem }) => stderr.line(`${name}:${line}: ${problem}`), {
        discard: true,
      })
      if (bad > wrong.length) yield* stderr.line(more(name, bad - wrong.length))
      if (countShortened && bad === shortened) {
        yield* Effect.logWarning(estimated(name, shortened))
        return shortened
      }
      const [problem, remedy] = say.lines(name, bad, all)
      return yield* refuse(flag, [problem, remediesOf(wrong, remedy).join(space)])
    })
  }
}
