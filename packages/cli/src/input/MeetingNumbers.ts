/** The meeting numbers of a run: typed as arguments, or in a file or on standard input. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as MeetingNo from "@effect-feishu/contract/MeetingNo"
import * as Language from "../language/Language.ts"
import * as GivenTexts from "./GivenTexts.ts"
import * as Shown from "./Shown.ts"
import * as Table from "./Table.ts"

/** The arguments and the file that hold the numbers. */
export interface Given {
  /** The numbers as they were typed. */
  readonly numbers: ReadonlyArray<string>
  /** A file, or `-` for standard input. */
  readonly numbersFrom: string | undefined
  /** The head or the number of the column of a table. */
  readonly column: string | undefined
}

/** The heads of a column of meeting numbers. */
export const names = [
  "meetingno",
  "meetingnumber",
  "meetingnum",
  "number",
  "会议号",
  "会议号码",
  "会议编号",
] as const

const words = Language.words({
  en: {
    digits: (text: string, digits: number) => `"${text}" has ${digits} digits; a meeting number has 9`,
    notOne: (text: string) =>
      `"${text}" is not a meeting number, which has 9 digits: the last nine of a meeting link`,
    shortened: (text: string) =>
      `"${text}" is a number that a spreadsheet has shortened: its last digits are lost`,
    asText: "Format the column as text, or as a number without decimals, and save it again.",
    empty: "the row has no meeting number",
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
    shortened: (text) => `“${text}”是被电子表格缩短的数字，末尾几位已丢失`,
    asText: "请将该列设为文本或不带小数的数字格式，再重新保存。",
    empty: "该行没有会议号",
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

/** Returns the number that a text means, or why it means none. */
export const decode = (
  text: string,
  language: Language.Language,
): Result.Result<MeetingNo.MeetingNo, GivenTexts.Wrong> =>
  Result.mapError(MeetingNo.fromText(Table.bare(text)), (problem) => {
    const say = words[language]
    const shown = Shown.of(text)
    switch (problem._tag) {
      case "NotANumber":
        return { problem: say.notOne(shown) }
      case "Shortened":
        return { problem: say.shortened(shown), remedy: say.asText, isShortened: true }
      case "Digits": {
        const { digits } = problem
        const said = { problem: say.digits(shown, digits.length) }
        return /^\d{17,19}$/.test(digits) ? { ...said, remedy: say.ofId(digits) } : said
      }
    }
  })

const kind: GivenTexts.Kind<MeetingNo.MeetingNo> = {
  argument: "meeting-no",
  flag: "--numbers-from",
  names,
  decode,
  words,
}

/** Reads all numbers, each once, in the order given. If any is wrong, all that are wrong are reported, and it fails. */
export const read = ({ column, numbers, numbersFrom }: Given) =>
  Effect.map(GivenTexts.read(kind)({ typed: numbers, from: numbersFrom, column }), ({ all }) => all)

/** Returns how many numbers there are: also those that have lost digits count, with a warning. Other wrong ones are refused. */
export const count = ({ column, numbers, numbersFrom }: Given) =>
  Effect.map(
    GivenTexts.read(kind, true)({ typed: numbers, from: numbersFrom, column }),
    ({ all, shortened }) => ({ known: all, count: all.length + shortened }),
  )
