/** The ids of meetings: typed as arguments, or in a file or on standard input, such as the rows that `list` writes. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { problemOf } from "@effect-feishu/contract/MeetingId"
import * as MeetingNo from "@effect-feishu/contract/MeetingNo"
import { MeetingId } from "@effect-feishu/core"
import * as Language from "../language/Language.ts"
import * as GivenTexts from "./GivenTexts.ts"
import * as Shown from "./Shown.ts"
import * as Table from "./Table.ts"

/** The arguments and the file that hold the ids. */
export interface Given {
  /** The ids as they were typed. */
  readonly ids: ReadonlyArray<string>
  /** A file, or `-` for standard input. */
  readonly idsFrom: string | undefined
  /** The head or the number of the column of a table. */
  readonly column: string | undefined
}

const words = Language.words({
  en: {
    isNumber: (text: string) => `"${text}" is a meeting number, not the id of a meeting`,
    listIt: (command: string) => `${command} lists the meetings of the number.`,
    isRounded: (text: string) =>
      `"${text}" is an id that was rounded, as by a spreadsheet: its last digits are lost`,
    keepDigits:
      "Take ids from a file that list has written, or format the column as text before the ids are put into it.",
    outOfRange: (text: string) => `"${text}" is not a meeting id: ids are from 1 to 9223372036854775807`,
    notOne: (text: string) =>
      `"${text}" is not a meeting id, which is a whole number such as 7672989999303099091`,
    typeThem: "type or paste ids of meetings, one per line; Ctrl-D ends the input",
    tooLarge: (name: string, mebibytes: number) => [
      `${name} has more than ${mebibytes} MiB, which cannot be ids of meetings`,
      "Name a file of ids, or split it.",
    ],
    none: (name: string) => [
      `${name} holds no meeting id`,
      "Write one per line, such as: 7672989999303099091",
    ],
    empty: "the row has no meeting id",
    arguments: "Give ids as list writes them, or leave this out.",
    lines: (name: string, bad: number, all: number) => [
      `${bad} of the ${all} lines of ${name} ${bad === 1 ? "is not a meeting id" : "are not meeting ids"}`,
      "Correct the lines listed above, or put a # before them.",
    ],
  },
  zh: {
    isNumber: (text) => `“${text}”是会议号，不是会议 ID`,
    listIt: (command) => `可用 ${command} 列出该会议号的会议。`,
    isRounded: (text) => `“${text}”是被电子表格等取整的会议 ID，末尾的数字已丢失`,
    keepDigits: "请从 list 写出的文件中取会议 ID，或先将该列设为文本格式再填入。",
    outOfRange: (text) => `“${text}”不是会议 ID：会议 ID 为 1 到 9223372036854775807`,
    notOne: (text) => `“${text}”不是会议 ID：会议 ID 是整数，例如 7672989999303099091`,
    typeThem: "请输入或粘贴会议 ID，每行一个，以 Ctrl-D 结束",
    tooLarge: (name, mebibytes) => [
      `${name} 超过 ${mebibytes} MiB，不像是会议 ID 列表`,
      "请指定存放会议 ID 的文件，或将其拆分。",
    ],
    none: (name) => [`${name} 中没有会议 ID`, "每行写一个，例如：7672989999303099091"],
    empty: "该行没有会议 ID",
    arguments: "请按 list 写出的样子给出会议 ID，或删去该项。",
    lines: (name, bad, all) => [
      `${name} 的 ${all} 行中，有 ${bad} 行不是会议 ID`,
      "请更正上面列出的行，或在行首加 #。",
    ],
  },
})

/** Matches an id with its digits in groups of three. */
const grouped = /^\d{1,3}(?:[,\s]\d{3}){4,}$/

/** Removes what spreadsheets put around a number that is text, or between its digits. */
const bare = (text: string): string => {
  const inside = Table.bare(text)
  return grouped.test(inside) ? inside.replaceAll(/\D/g, "") : inside
}

const decode = (
  given: string,
  language: Language.Language,
  flagsOfList: ReadonlyArray<string>,
): Result.Result<MeetingId, GivenTexts.Wrong> => {
  const say = words[language]
  const text = bare(given)
  const shown = Shown.of(given)
  const number = MeetingNo.fromText(text)
  if (Result.isSuccess(number)) {
    const command = ["feishu-meetings list", number.success, ...flagsOfList].join(" ")
    return Result.fail({ problem: say.isNumber(shown), remedy: say.listIt(command) })
  }
  if (/^\d+[.,]\d+$|^\d+(?:[.,]\d+)?e\+?\d+$/i.test(text)) {
    return Result.fail({ problem: say.isRounded(shown), remedy: say.keepDigits })
  }
  switch (problemOf(text)) {
    case undefined:
      return Result.succeed(MeetingId.make(text.replace(/^0+/, "")))
    case "out of range":
      return Result.fail({ problem: say.outOfRange(shown) })
    case "not digits":
      return Result.fail({ problem: say.notOne(shown) })
  }
}

/**
 * Reads all ids, each once, in the order given. If any is wrong, all that are wrong are reported, and it fails. `flagsOfList` are
 * the flags with which `list` reads the same, for a meeting number that was given by mistake.
 */
export const read = ({ column, ids, idsFrom }: Given, flagsOfList: ReadonlyArray<string>) =>
  Effect.map(
    GivenTexts.read({
      argument: "meeting-id",
      flag: "--ids-from",
      names: ["id", "meetingid", "会议id"],
      decode: (text, language) => decode(text, language, flagsOfList),
      words,
    })({ typed: ids, from: idsFrom, column }),
    ({ all }) => all,
  )
