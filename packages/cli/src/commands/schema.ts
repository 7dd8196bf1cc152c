/** The command `schema`: the JSON Schema of a row, as `list` writes it. */
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as DetailsFlags from "../input/DetailsFlags.ts"
import * as FieldsFlag from "../input/FieldsFlag.ts"
import * as Flags from "../input/Flags.ts"
import * as Language from "../language/Language.ts"
import * as Fields from "../output/Fields.ts"

const words = Language.words({
  en: {
    description:
      "Print the JSON Schema of a row: a line of the ndjson that list writes, or an item of its json. Give the flags that you give to list. The other formats have the same fields, with times in the local time zone and a row for each participant",
    short: "Print the JSON Schema of a row",
    fields: "The fields of a row, as for list",
    showPasswords: "Include the password, as for list",
    exampleCheck: "For a program that checks or generates code",
    exampleFields: "For rows with these fields only",
    exampleParticipants: "For rows with participants and recordings",
    title: "A meeting, as feishu-meetings list writes it",
    participants:
      "Who took part, in the order of Feishu. Nobody is known by id alone: one id may come several times. null where the details are not known",
    meanings: {
      id: "The id of the meeting: a 64-bit integer as decimal text",
      meeting_no: "The meeting number, nine digits",
      topic: "The topic as its author typed it: any text",
      url: "The link to join; Feishu often leaves it out",
      meeting_connect: "As Feishu sends it; its meaning is not documented",
      note_id: "The id of the meeting's notes; Feishu often leaves it out",
      password: "The password to join",
      create_time: "When the meeting was created: unix seconds as decimal text",
      start_time: "When the meeting started: unix seconds as decimal text",
      end_time: "When the meeting ended: unix seconds as decimal text; null while it runs",
      duration_seconds: "From start to end; null while the meeting runs",
      status: "1 calling, 2 running, 3 ended",
      host_id: "The host: an id of the type that --user-id-type chooses, without a name",
      host_user_type: "As for participants",
      participant_count: "The highest number of participants at one time, as decimal text",
      participant_count_accumulated:
        "All joins counted, as decimal text; it may be more than there are participants",
      details_status:
        "ok; running: the meeting has not ended, and its details may change; not found: Feishu has no meeting with this id, or no longer; no permission: the app or user may not see it; refused: for another reason",
      recording_url: "The page of the minute; it is not a media file",
      recording_duration_seconds: "The length of the recording",
      minute_token: "The token of the minute, from its URL",
      recording_status:
        "ok; not recorded; running: the meeting has probably not ended; not ready: the recording is still being made; not found, no permission, refused: as in details_status",
      participant_id: "An id of the type that --user-id-type chooses, without a name",
      participant_user_type:
        "1 Feishu, 2 Rooms, 3 document, 4 and 5 single product and its guest, 6 telephone, 7 SIP",
      first_join_time: "Unix seconds as decimal text",
      final_leave_time: "Unix seconds as decimal text; null while the participant is in the meeting",
      in_meeting_seconds: "Time in the meeting, all stays together",
      is_host: "True for the host",
      is_cohost: "True for a co-host",
      is_external: "True for a participant of another tenant",
      participant_status:
        "1 calling, 2 in the meeting, 3 ringing, 4 not in the meeting, or left (without first_join_time: never in it)",
    },
  },
  zh: {
    description:
      "输出一行数据的 JSON Schema：即 list 以 ndjson 写出的一行，或其 json 中的一项。请给出与 list 相同的选项。其他格式的字段相同，但时间按本地时区写出，且每名参会者一行",
    short: "输出一行数据的 JSON Schema",
    fields: "与 list 的同名选项相同：一行有哪些字段",
    showPasswords: "与 list 的同名选项相同：包含密码",
    exampleCheck: "供程序校验数据或生成代码",
    exampleFields: "只含这些字段的行",
    exampleParticipants: "含参会者与录制文件的行",
    title: "feishu-meetings list 写出的一场会议",
    participants: "参会者，按飞书返回的顺序。不能只凭 ID 区分：同一 ID 可能出现多次。详情未知时为 null",
    meanings: {
      id: "会议 ID：以十进制文本表示的 64 位整数",
      meeting_no: "会议号，9 位数字",
      topic: "会议主题，由用户输入，可为任意文本",
      url: "入会链接；飞书常不返回",
      meeting_connect: "按飞书返回的值；官方文档未说明含义",
      note_id: "会议纪要的 ID；飞书常不返回",
      password: "入会密码",
      create_time: "会议创建时间：以十进制文本表示的 Unix 秒",
      start_time: "会议开始时间：以十进制文本表示的 Unix 秒",
      end_time: "会议结束时间：以十进制文本表示的 Unix 秒；会议进行中为 null",
      duration_seconds: "从开始到结束的秒数；会议进行中为 null",
      status: "1 呼叫中，2 进行中，3 已结束",
      host_id: "主持人的 ID，类型由 --user-id-type 决定；不含姓名",
      host_user_type: "与参会者的用户类型相同",
      participant_count: "同时在会人数的最大值，十进制文本",
      participant_count_accumulated: "累计参会人次，十进制文本；可能多于参会者人数",
      details_status:
        "ok；running：会议尚未结束，详情可能变化；not found：飞书没有（或不再有）这个 ID 的会议；no permission：应用或用户无权查看；refused：因其他原因被拒绝",
      recording_url: "妙记页面的链接，不是媒体文件",
      recording_duration_seconds: "录制时长，单位为秒",
      minute_token: "妙记的标识，取自其链接",
      recording_status:
        "ok；not recorded：没有录制；running：会议很可能尚未结束；not ready：录制文件仍在生成中；not found、no permission、refused：与 details_status 相同",
      participant_id: "参会者的 ID，类型由 --user-id-type 决定；不含姓名",
      participant_user_type: "1 飞书用户，2 会议室，3 文档，4、5 单品用户及其访客，6 电话，7 SIP",
      first_join_time: "首次入会时间：以十进制文本表示的 Unix 秒",
      final_leave_time: "最后离会时间：以十进制文本表示的 Unix 秒；仍在会中为 null",
      in_meeting_seconds: "累计在会秒数",
      is_host: "主持人为 true",
      is_cohost: "联席主持人为 true",
      is_external: "其他租户的参会者为 true",
      participant_status:
        "1 呼叫中，2 在会中，3 正在响铃，4 不在会中或已离开（没有 first_join_time 即从未入会）",
    },
  },
})

/** Makes the command, with its help in this language. */
export const schema = (language: Language.Language) => {
  const say = words[language]
  return Command.make(
    "schema",
    {
      ...DetailsFlags.flags(language),
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
      {
        command: "feishu-meetings schema --participants --recordings",
        description: say.exampleParticipants,
      },
    ]),
  )
}

const schemaOf = (fields: ReadonlyArray<Fields.Field>, language: Language.Language) => {
  const { participants, title } = words[language]
  const ofParticipants = fields.filter(Fields.isOfParticipant)
  const properties: Record<string, object> = {}
  for (const field of fields) {
    if (!Fields.isOfParticipant(field)) properties[field] = propertyOf(field, language)
    else
      properties["participants"] ??= {
        type: ["array", "null"],
        items: objectOf(
          Object.fromEntries(
            ofParticipants.map((field) => [Fields.keyOf(field), propertyOf(field, language)]),
          ),
        ),
        description: participants,
      }
  }
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title,
    ...objectOf(properties),
  }
}

const objectOf = (properties: Readonly<Record<string, object>>) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

const propertyOf = (field: Fields.Field, language: Language.Language) => ({
  ...typeOf(field),
  description: words[language].meanings[field],
})

const typeOf = (field: Fields.Field): object => {
  switch (field) {
    // A field that Feishu left out is null; these are always there.
    case "id":
      return { type: "string", minLength: 1 }
    case "details_status":
    case "recording_status":
      return { type: "string", enum: Fields.statusesOf[field] }
    default: {
      const type = Fields.typeOf(field)
      return { type: [type === "boolean" || type === "number" ? type : "string", "null"] }
    }
  }
}
