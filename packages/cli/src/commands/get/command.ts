/** The command `get`: its flags and its help. `get.ts` runs it. */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as HelpText from "@effect-feishu/terminal/HelpText"
import * as Help from "../../console/Help.ts"
import * as ConnectionFlags from "../../input/ConnectionFlags.ts"
import * as DetailsFlags from "../../input/DetailsFlags.ts"
import * as Flags from "../../input/Flags.ts"
import * as Language from "../../language/Language.ts"
import * as Format from "../../output/Format.ts"
import * as Progress from "../../run/Progress.ts"
import { get as run } from "./get.ts"

const words = Language.words({
  en: {
    get: "Read the details of meetings whose ids you have: when each was, its host, how many took part, and on request who, and its recording. A meeting that does not exist, or that you may not see, keeps its row: details_status and recording_status say so. Meetings are read in parallel up to the rate limits, and written in the order of the ids.",
    short: "Read the details of meetings by their ids",
    ids: "The ids of meetings, as list writes them: up to 19 digits",
    idsFrom:
      "Also read ids from this file: one per line, or what list has written in any format, or another table with a column of them (.csv, .tsv, .xlsx, JSON); - is standard input. Blank lines and everything after # are ignored",
    column:
      "The head of that column, or its number from 1; default: a column called id, else the one that holds ids",
    format:
      "Default: what the extension of --output says; otherwise table on a terminal, ndjson elsewhere. The formats are those of list",
    fields:
      "The fields of a row, in this order, such as id,start_time; default: all that was read. feishu-meetings schema --participants --recordings lists them",
    output:
      "Write the data to this file. Until it is complete it is in FILE.part, which is kept if the run ends early",
    summary: "The format of the summary, the last line on standard error; default: text",
    showPasswords: "Include the passwords of the meetings in the data",
    exampleOne: "When a meeting was, and who took part",
    exampleSheet: "An attendance sheet for a spreadsheet",
    examplePipe: "The recordings of the latest meetings of a number",
  },
  zh: {
    get: "按会议 ID 读取会议详情：时间、主持人、参会人数，也可读取参会者和录制文件。不存在或无权查看的会议仍有一行，由 details_status 和 recording_status 说明。在频率限制内并行读取，按会议 ID 的顺序写出。",
    short: "按会议 ID 读取会议详情",
    ids: "会议 ID，如 list 所写：至多 19 位数字",
    idsFrom:
      "另从该文件读取会议 ID：每行一个，或 list 以任一格式写出的文件，或其他含有会议 ID 一列的表格（.csv、.tsv、.xlsx、JSON）；- 表示标准输入。空行和 # 之后的内容会被忽略",
    column: "该列的列名，或从 1 起的列号；默认为名为 id 的列，没有则为内容是会议 ID 的列",
    format: "默认由 --output 的扩展名决定；否则终端上为 table，其他情况为 ndjson。格式与 list 相同",
    fields:
      "每行写出的字段及其顺序，例如 id,start_time；默认为所有读取的字段。feishu-meetings schema --participants --recordings 可列出各字段",
    output: "把数据写到该文件；写完之前保存在 FILE.part，提前结束时保留该文件",
    summary: "结果摘要（标准错误的最后一行）的格式；默认 text",
    showPasswords: "在数据中加入会议密码",
    exampleOne: "会议的时间和参会者",
    exampleSheet: "供电子表格使用的考勤表",
    examplePipe: "一个会议号最近会议的录制文件",
  },
})

/** Makes the command, with its help in this language. */
export const get = (language: Language.Language) => {
  const say = words[language]
  const file = Flags.file(language)
  return Command.make(
    "get",
    {
      ids: Argument.variadic(Argument.String("meeting-id").pipe(Argument.withDescription(say.ids))),
      idsFrom: file("ids-from", say.idsFrom),
      column: Flags.text("column", "NAME", say.column),
      ...DetailsFlags.ofDetails(language),
      format: Flags.choice("format", Format.names, say.format),
      fields: Flags.text("fields", "NAMES", say.fields),
      output: file("output", say.output),
      summary: Flag.Literals("summary", ["text", "json"]).pipe(
        Flag.withDescription(say.summary),
        Flag.withDefault("text"),
      ),
      progress: Progress.flag(language),
      showPasswords: Flags.yes("show-passwords", say.showPasswords),
      ...ConnectionFlags.make(language),
    },
    run,
  ).pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.get),
    Command.annotate(HelpText.Sections, Help.ofReading(language)),
    Command.withExamples([
      { command: "feishu-meetings get 7672989999303099091 --participants", description: say.exampleOne },
      {
        command: "feishu-meetings get --ids-from ids.txt --participants --output attendance.xlsx",
        description: say.exampleSheet,
      },
      {
        command: "feishu-meetings list 337736498 --from 7d | feishu-meetings get --ids-from - --recordings",
        description: say.examplePipe,
      },
    ]),
  )
}
