/** The meeting numbers of a run: typed as arguments, or one per line in a file or on standard input. */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type MeetingNo, MeetingNoFromText } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"
import * as GivenTexts from "./GivenTexts.ts"

/** The arguments and the file that hold the numbers. */
export interface Given {
  /** The numbers as they were typed. */
  readonly numbers: ReadonlyArray<string>
  /** A file, or `-` for standard input. */
  readonly numbersFrom: string | undefined
}

const words = Language.words({
  en: {
    digits: (text: string, digits: number) => `"${text}" has ${digits} digits; a meeting number has 9`,
    notOne: (text: string) =>
      `"${text}" is not a meeting number, which has 9 digits: the last nine of a meeting link`,
    ofId: (id: string) => `For the meeting of an id: feishu-meetings get ${id}`,
    typeThem: "type or paste meeting numbers, one per line; Ctrl-D ends the input",
    tooLarge: (name: string, mebibytes: number) => [
      `${name} has more than ${mebibytes} MiB, which cannot be meeting numbers`,
      "Name a file of meeting numbers, or split it.",
    ],
    none: (name: string) => [`${name} holds no meeting number`, "Write one per line, such as: 337736498"],
    arguments: "Enter all nine digits, or leave it out.",
    lines: (name: string, bad: number, all: number) => [
      `${bad} of the ${all} lines of ${name} ${bad === 1 ? "is not a meeting number" : "are not meeting numbers"}`,
      "Correct the lines listed above, or put a # before them.",
    ],
  },
  zh: {
    digits: (text, digits) => `“${text}”有 ${digits} 位数字，会议号应为 9 位`,
    notOne: (text) => `“${text}”不是会议号：会议号是 9 位数字，即会议链接的最后九位`,
    ofId: (id) => `查看该会议 ID 的会议：feishu-meetings get ${id}`,
    typeThem: "请输入或粘贴会议号，每行一个，以 Ctrl-D 结束",
    tooLarge: (name, mebibytes) => [
      `${name} 超过 ${mebibytes} MiB，不像是会议号列表`,
      "请指定存放会议号的文件，或将其拆分。",
    ],
    none: (name) => [`${name} 中没有会议号`, "每行写一个，例如：337736498"],
    arguments: "请改为 9 位会议号，或删去该项。",
    lines: (name, bad, all) => [
      `${name} 的 ${all} 行中，有 ${bad} 行不是会议号`,
      "请更正上面列出的行，或在行首加 #。",
    ],
  },
})

const decodeText = Schema.decodeUnknownResult(MeetingNoFromText)

/** Returns the number that a text is, or why it is not one. */
export const decode = (
  text: string,
  language: Language.Language,
): Result.Result<MeetingNo, GivenTexts.Wrong> =>
  Result.mapError(decodeText(text), () => {
    const say = words[language]
    const shown = GivenTexts.shown(text)
    const digits = text.replace(/[\s-]/g, "")
    if (!/^\d+$/.test(digits)) return { problem: say.notOne(shown) }
    const problem = say.digits(shown, digits.length)
    return /^\d{17,19}$/.test(digits) ? { problem, remedy: say.ofId(digits) } : { problem }
  })

/** Returns the part of a line that counts: blank lines and everything after a `#` are ignored. */
export const textOf = (line: string): string => line.replace(/#.*/s, "").trim()

const readTexts = GivenTexts.read<MeetingNo>({
  argument: "meeting-no",
  flag: "--numbers-from",
  textOf,
  decode,
  words,
})

/** Reads all numbers, each once, in the order given. If any is wrong, all that are wrong are reported, and it fails. */
export const read = ({ numbers, numbersFrom }: Given) => readTexts({ typed: numbers, from: numbersFrom })
