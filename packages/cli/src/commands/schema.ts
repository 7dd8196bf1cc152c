/** The command `schema`: the JSON Schema of a row, as `list` writes it. */
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Flags from "../input/Flags.ts"
import type * as Format from "../output/Format.ts"
import * as Language from "../language/Language.ts"
import * as FieldsFlag from "../input/FieldsFlag.ts"

const words = Language.words({
  en: {
    description:
      "Print the JSON Schema of a row: a line of the ndjson that list writes, or an item of its json",
    short: "Print the JSON Schema of a row",
    fields: "The fields of a row, as for list",
    showPasswords: "Include the password, as for list",
    exampleCheck: "For a program that checks or generates code",
    exampleFields: "For rows with these fields only",
    title: "A meeting, as feishu-meetings list writes it",
    meanings: {
      id: "The id of the meeting: a 64-bit integer as decimal text",
      meeting_no: "The meeting number, nine digits",
      topic: "The topic as its author typed it: any text",
      url: "The link to join; Feishu often leaves it out",
      meeting_connect: "As Feishu sends it; its meaning is not documented",
      note_id: "The id of the meeting's notes; Feishu often leaves it out",
      password: "The password to join",
    },
  },
  zh: {
    description: "输出一行数据的 JSON Schema：即 list 以 ndjson 写出的一行，或其 json 中的一项",
    short: "输出一行数据的 JSON Schema",
    fields: "与 list 的同名选项相同：一行有哪些字段",
    showPasswords: "与 list 的同名选项相同：包含密码",
    exampleCheck: "供程序校验数据或生成代码",
    exampleFields: "只含这些字段的行",
    title: "feishu-meetings list 写出的一场会议",
    meanings: {
      id: "会议 ID：以十进制文本表示的 64 位整数",
      meeting_no: "会议号，9 位数字",
      topic: "会议主题，由用户输入，可为任意文本",
      url: "入会链接；飞书常不返回",
      meeting_connect: "按飞书返回的值；官方文档未说明含义",
      note_id: "会议纪要的 ID；飞书常不返回",
      password: "入会密码",
    },
  },
})

/** Makes the command, with its help in this language. */
export const schema = (language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "schema",
    {
      fields: Flags.text("fields", "NAMES", say.fields),
      showPasswords: Flags.yes("show-passwords", say.showPasswords),
    },
    (input) =>
      Effect.flatMap(FieldsFlag.read(input), (fields) =>
        Console.log(JSON.stringify(schemaOf(fields, language), undefined, 2)),
      ),
  ).pipe(
    Command.withShortDescription(say.short),
    Command.withDescription(say.description),
    Command.withExamples([
      { command: "feishu-meetings schema > meeting.schema.json", description: say.exampleCheck },
      { command: "feishu-meetings schema --fields id,topic", description: say.exampleFields },
    ]),
  )
}

const schemaOf = (fields: ReadonlyArray<Format.Field>, language: Language.Language) => {
  const { meanings, title } = words[language]
  const typeOf = (field: Format.Field) => {
    // A field that Feishu left out is null; only the id is always there.
    if (field === "id") return { type: "string", minLength: 1 }
    return { type: [field === "meeting_connect" ? "boolean" : "string", "null"] }
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title,
    type: "object",
    properties: Object.fromEntries(
      fields.map((field) => [field, { ...typeOf(field), description: meanings[field] }]),
    ),
    required: fields,
    additionalProperties: false,
  }
}
