/** The meeting numbers of a run: typed as arguments, or one per line in a file or on standard input. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { FeishuError, type MeetingNo, MeetingNoFromText } from "@effect-feishu/core"
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import { firstOf } from "@effect-feishu/terminal/Shortened"
import * as Language from "../language/Language.ts"
import { withoutSecrets } from "../console/KnownSecrets.ts"
import { Stderr } from "../console/Stderr.ts"
import * as SystemError from "../language/SystemError.ts"
import * as WorkingFolder from "../settings/WorkingFolder.ts"

/** The arguments and the file that hold the numbers. */
export interface Given {
  /** The numbers as they were typed. */
  readonly numbers: ReadonlyArray<string>
  /** A file, or `-` for standard input. */
  readonly numbersFrom: string | undefined
}

/** At most this many wrong lines are listed. */
const mostListed = 20

/** At most this many wrong arguments are listed, all in one line. */
const mostTogether = 10

/** The size of the largest file: it has enough numbers for years of reading. A larger file is something else, or has no end. */
const mostMebibytes = 32

const words = Language.words({
  en: {
    stdin: "standard input",
    typeThem: "type or paste meeting numbers, one per line; Ctrl-D ends the input",
    unreadable: (name: string, code: string) => [
      `${name} cannot be read (${code})`,
      "Give the name of a file that you may read.",
    ],
    tooLarge: (name: string) => [
      `${name} has more than ${mostMebibytes} MiB, which cannot be meeting numbers`,
      "Name a file of meeting numbers, or split it.",
    ],
    none: (name: string) => [`${name} holds no meeting number`, "Write one per line, such as: 337736498"],
    digits: (text: string, digits: number) => `"${text}" has ${digits} digits; a meeting number has 9`,
    notOne: (text: string) =>
      `"${text}" is not a meeting number, which has 9 digits: the last nine of a meeting link`,
    more: (name: string, lines: number) => `${name}: and ${lines} more lines`,
    andMore: (left: number) => `and ${left} more`,
    semicolon: "; ",
    arguments: (problems: string) => [problems, "Enter all nine digits, or leave it out."],
    lines: (name: string, bad: number, all: number) => [
      `${bad} of the ${all} lines of ${name} ${bad === 1 ? "is not a meeting number" : "are not meeting numbers"}`,
      "Correct the lines listed above, or put a # before them.",
    ],
  },
  zh: {
    stdin: "标准输入",
    typeThem: "请输入或粘贴会议号，每行一个，以 Ctrl-D 结束",
    unreadable: (name, code) => [`无法读取 ${name}（${code}）`, "请给出可以读取的文件。"],
    tooLarge: (name) => [
      `${name} 超过 ${mostMebibytes} MiB，不像是会议号列表`,
      "请指定存放会议号的文件，或将其拆分。",
    ],
    none: (name) => [`${name} 中没有会议号`, "每行写一个，例如：337736498"],
    digits: (text, digits) => `“${text}”有 ${digits} 位数字，会议号应为 9 位`,
    notOne: (text) => `“${text}”不是会议号：会议号是 9 位数字，即会议链接的最后九位`,
    more: (name, lines) => `${name}：另有 ${lines} 行`,
    andMore: (left) => `另有 ${left} 个`,
    semicolon: "；",
    arguments: (problems) => [problems, "请改为 9 位会议号，或删去该项。"],
    lines: (name, bad, all) => [
      `${name} 的 ${all} 行中，有 ${bad} 行不是会议号`,
      "请更正上面列出的行，或在行首加 #。",
    ],
  },
})

/** Reads all numbers, each once, in the order given. If any is wrong, all that are wrong are reported, and it fails. */
export const read = Effect.fn("Numbers.read")(function* (given: Given) {
  const say = yield* Language.say(words)
  const typed = given.numbers.map((text) => decoded(text, say))
  const problems = typed.filter(Result.isFailure).map(({ failure }) => failure)
  if (problems.length > 0) {
    const said = firstOf(problems, mostTogether, say.andMore)
    return yield* refuse("meeting-no", say.arguments(said.join(say.semicolon)))
  }
  const listed = given.numbersFrom === undefined ? [] : yield* fromLines(given.numbersFrom)
  return [...new Set([...typed.filter(Result.isSuccess).map(({ success }) => success), ...listed])]
})

const refuse = (field: string, [problem, remedy]: readonly [string, string]) =>
  FeishuError.invalidRequest(field, problem, remedy)

const decode = Schema.decodeUnknownResult(MeetingNoFromText)

const decoded = (text: string, say: (typeof words)[Language.Language]): Result.Result<MeetingNo, string> =>
  Result.mapError(decode(text), () => {
    // A line may be anything, such as a page of HTML.
    const plain = withoutSecrets(text)
    const shown = plain.length > 60 ? `${plain.slice(0, 60)}…` : plain
    const digits = text.replace(/[\s-]/g, "")
    return /^\d+$/.test(digits) ? say.digits(shown, digits.length) : say.notOne(shown)
  })

/** Reads the numbers in a file. Blank lines and everything after a `#` are ignored. */
const fromLines = Effect.fnUntraced(function* (numbersFrom: string) {
  yield* WorkingFolder.check("--numbers-from", numbersFrom)
  const stderr = yield* Stderr
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const isStdin = InputFile.isStdin(numbersFrom)
  const name = isStdin ? say.stdin : numbersFrom
  if (isStdin && process.stdin.isTTY) yield* stderr.line(say.typeThem)
  const bytes = yield* Effect.mapError(InputFile.readNamed(numbersFrom, mostMebibytes * 2 ** 20), (unread) =>
    refuse(
      "--numbers-from",
      unread._tag === "TooLarge"
        ? say.tooLarge(name)
        : say.unreadable(name, SystemError.unreadInWords(unread, language)),
    ),
  )
  const lines = DecodedText.decode(bytes).split(/\r\n|\n|\r/)
  const numbers: Array<MeetingNo> = []
  const listed: Array<{ readonly line: number; readonly problem: string }> = []
  let [written, bad] = [0, 0]
  for (const [index, line] of lines.entries()) {
    const text = line.replace(/#.*/s, "").trim()
    if (text === "") continue
    written++
    const one = decoded(text, say)
    if (Result.isSuccess(one)) numbers.push(one.success)
    else if (++bad <= mostListed) listed.push({ line: index + 1, problem: one.failure })
  }
  if (written === 0) return yield* refuse("--numbers-from", say.none(name))
  if (bad === 0) return numbers
  yield* Effect.forEach(listed, ({ line, problem }) => stderr.line(`${name}:${line}: ${problem}`), {
    discard: true,
  })
  if (bad > listed.length) yield* stderr.line(say.more(name, bad - listed.length))
  return yield* refuse("--numbers-from", say.lines(name, bad, written))
})
