/** The command `list`: its flags and its help. `list.ts` runs it. */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import * as Help from "../../console/Help.ts"
import * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as Flags from "../../input/Flags.ts"
import * as RangeFlags from "../../input/RangeFlags.ts"
import * as Language from "../../language/Language.ts"
import { extensions } from "../../output/chooseFormat.ts"
import * as Fields from "../../output/Fields.ts"
import * as Format from "../../output/Format.ts"
import * as Progress from "../../run/Progress.ts"
import { mostConcurrent } from "../../settings/Setting.ts"
import { list as run } from "./list.ts"

const usual = Fields.usual({ details: false, participants: false, recordings: false }, false).join(",")
const known = (part: Fields.Part, comma: string): string =>
  Fields.names.filter((name) => Fields.partOf(name) === part).join(comma)

const words = Language.words({
  en: {
    list: "List every meeting that was held under meeting numbers. Feishu's list has the id, number, topic and link of each meeting, but not when it was nor who took part: --details, --participants and --recordings read that, too. Data goes to standard output, everything else to standard error; its last line says whether the list is complete.",
    listShort: "List every meeting that was held under meeting numbers",
    fields: `The fields of a row, in this order, such as id,topic; default: ${usual} and all that is requested of each meeting. Known fields: ${known("list", ", ")}; password needs --show-passwords. With --details also ${known("details", ", ")}; with --recordings ${known("recordings", ", ")}; with --participants ${known("participants", ", ")}, or participants for all of these. feishu-meetings schema --participants --recordings explains each`,
    checkpoint:
      "Record progress in this file after each page. Whatever ends the run, the same command resumes from there and writes no row twice. Needs --output",
    keepGoing:
      "When a number cannot be read, report it and read the others; the run still ends as incomplete",
    concurrency:
      "Read this many numbers in parallel, 1 to 32; default: 1. The rows of each number keep their order",
    format: `Default: what the extension of --output says (${extensions}); otherwise table on a terminal, ndjson elsewhere. For people: xlsx is a workbook with ids and topics as text and times as dates; excel is CSV for opening in Excel, in which no cell turns into a date, a number or a formula. For programs: csv (RFC 4180), tsv, ndjson and json. In csv, tsv and excel, cells that a spreadsheet would run as a formula begin with an apostrophe. Times are in the local time zone, in text as ISO; in ndjson and json they are Feishu's unix seconds`,
    output:
      "Write the data to this file. Until it is complete it is in FILE.part, which is kept if the run ends early; a workbook is made of it at the end. Named pipes and devices are written directly",
    maxItems: "Stop after this many meetings",
    cursor:
      "Resume where an earlier run ended. A cursor holds number, range and page size, so leave those out. Repeat the flag for several numbers",
    summary: "The format of the summary, the last line on standard error; default: text",
    showPasswords: "Include the passwords of the meetings in the data",
    demo: "Read a year of made-up meetings from a mock Feishu in this process; needs no account",
    exampleDemo: "Try it without an account",
    exampleMonth: "A month, in local days",
    exampleFile: "Two numbers, into a file",
    exampleAttendance: "Who was in the weekly meeting last month: an attendance sheet for a spreadsheet",
    exampleRecordings: "When each meeting was, and its recording",
    exampleMany: "Many numbers, one per line; whatever stops the run, the same command resumes it",
    exampleProgram: "For programs: the summary is the last line, after warnings and hints",
  },
  zh: {
    list: "列出会议号下开过的所有会议。飞书的列表只有每场会议的 ID、会议号、主题和链接，没有时间和参会者：可用 --details、--participants、--recordings 一并读取。数据写到标准输出，其余信息写到标准错误；标准错误的最后一行说明列表是否完整。",
    listShort: "列出会议号下开过的所有会议",
    fields: `每行写出的字段及其顺序，例如 id,topic；默认 ${usual}，以及为每场会议另外读取的全部内容。可用字段：${known("list", "、")}；password 需同时给出 --show-passwords。给出 --details 时还有 ${known("details", "、")}；--recordings：${known("recordings", "、")}；--participants：${known("participants", "、")}，或以 participants 表示这些的全部。feishu-meetings schema --participants --recordings 说明各字段`,
    checkpoint:
      "每页之后在该文件记录进度；无论运行因何结束，再次运行同一命令即从那里继续，不会重复写任何一行。需要 --output",
    keepGoing: "某个会议号读取失败时报告错误，并继续读取其他会议号；运行仍以“未完成”结束",
    concurrency: "并行读取的会议号数，1 到 32；默认 1。同一会议号的行保持原有顺序",
    format: `默认由 --output 的扩展名决定（${extensions}）；否则终端上为 table，其他情况为 ndjson。供人使用：xlsx 是工作簿，ID 和主题为文本，时间为日期；excel 是供 Excel 打开的 CSV，任何单元格都不会变成日期、数字或公式。供程序使用：csv（RFC 4180）、tsv、ndjson 和 json。csv、tsv 与 excel 会在可能被当作公式的单元格前加单引号。时间按本地时区写出，文本中为 ISO 格式；在 ndjson 和 json 中则为飞书的 Unix 秒`,
    output:
      "把数据写到该文件；写完之前保存在 FILE.part，提前结束时保留该文件；工作簿在最后由它生成。命名管道和设备则直接写入",
    maxItems: "达到该会议数后停止",
    cursor:
      "从上次结束的位置继续；游标已包含会议号、时间范围和每页条数，请勿再给出。多个会议号可多次使用此选项",
    summary: "结果摘要（标准错误的最后一行）的格式；默认 text",
    showPasswords: "在数据中加入会议密码",
    demo: "从本进程内的模拟飞书读取一年的虚构会议；无需账号",
    exampleDemo: "无需账号，先试一试",
    exampleMonth: "一个月，按本地日期",
    exampleFile: "两个会议号，写入文件",
    exampleAttendance: "上个月的周会都有谁参加：供电子表格使用的考勤表",
    exampleRecordings: "每场会议的时间和录制文件",
    exampleMany: "许多会议号，每行一个；无论因何中止，再次运行同一命令即可继续",
    exampleProgram: "供程序使用：摘要是最后一行，在警告和提示之后",
  },
})

/** Makes the command, with its help in this language. */
export const list = (language: Language.Language) => {
  const say = words[language]
  const wholeNumber = Flags.wholeNumber(language)
  const file = Flags.file(language)
  return Command.make(
    "list",
    {
      ...RangeFlags.flags(language),
      ...DetailsFlags.flags(language),
      format: Flags.choice("format", Format.names, say.format),
      fields: Flags.text("fields", "NAMES", say.fields),
      output: file("output", say.output),
      checkpoint: file("checkpoint", say.checkpoint),
      maxItems: wholeNumber("max-items", [1, Number.MAX_SAFE_INTEGER], say.maxItems),
      cursors: Flag.String("cursor").pipe(
        Flag.withMetavar("TEXT"),
        Flag.withDescription(say.cursor),
        Flag.atLeast(0),
      ),
      keepGoing: Flags.yes("keep-going", say.keepGoing),
      concurrency: wholeNumber("concurrency", [1, mostConcurrent], say.concurrency),
      summary: Flag.Literals("summary", ["text", "json"]).pipe(
        Flag.withDescription(say.summary),
        Flag.withDefault("text"),
      ),
      progress: Progress.flag(language),
      showPasswords: Flags.yes("show-passwords", say.showPasswords),
      demo: Flags.yes("demo", say.demo),
      ...ConnectionFlags.make(language),
    },
    run,
  ).pipe(
    Command.withShortDescription(say.listShort),
    Command.withDescription(say.list),
    Command.annotate(HelpText.Sections, Help.ofReading(language)),
    Command.withExamples([
      { command: "feishu-meetings list --demo", description: say.exampleDemo },
      {
        command: "feishu-meetings list 337736498 --from 2026-09-01 --to 2026-09-30",
        description: say.exampleMonth,
      },
      {
        command: 'feishu-meetings list 337736498 "146 453 285" --from 30d --output meetings.xlsx',
        description: say.exampleFile,
      },
      {
        command:
          "feishu-meetings list 337736498 --from 2026-09-01 --to 2026-09-30 --participants --output attendance.xlsx",
        description: say.exampleAttendance,
      },
      {
        command: "feishu-meetings list 337736498 --from 7d --details --recordings",
        description: say.exampleRecordings,
      },
      {
        command:
          "feishu-meetings list --numbers-from numbers.txt --keep-going --output meetings.ndjson --checkpoint meetings.checkpoint",
        description: say.exampleMany,
      },
      {
        command:
          "feishu-meetings list 337736498 --summary json >rows.ndjson 2>log.txt; tail -n 1 log.txt | jq .status",
        description: say.exampleProgram,
      },
    ]),
  )
}
