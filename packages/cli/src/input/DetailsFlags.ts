/** The flags that say what is requested of each meeting in addition to the list: details, participants, recordings. */
import * as Effect from "effect/Effect"
import { FeishuError, type GetMeeting, type Meetings } from "@effect-feishu/core"
import * as Flags from "./Flags.ts"
import * as Language from "../language/Language.ts"

const words = Language.words({
  en: {
    details:
      "Also the details of each meeting: its times, its host, how many took part. One more request for each",
    participants:
      "Also everybody who took part in each meeting, and when: a list in ndjson and json, a row for each of them in the other formats",
    includesDetails: "; includes --details",
    recordings: "Also the recording of each meeting: link and token of its minute. One more request for each",
    userIdType:
      "How users are named: open_id (the default), union_id or user_id. user_id needs the scope contact:user.employee_id:readonly, and leaves out whoever is not a Feishu user: rooms and telephones",
    ofPeople: ["it names users, and none are read", "Add --details or --participants, or leave it out."],
  },
  zh: {
    details: "另含每场会议的详情：时间、主持人、参会人数；每场会议多一次请求",
    participants: "另含每场会议的所有参会者及其参会时间：ndjson 和 json 中为列表，其他格式中每人一行",
    includesDetails: "；已含 --details",
    recordings: "另含每场会议的录制文件，即妙记的链接和标识；每场会议多一次请求",
    userIdType:
      "用户 ID 的类型：open_id（默认）、union_id 或 user_id。user_id 需要权限 contact:user.employee_id:readonly，且不含非飞书用户，例如会议室和电话",
    ofPeople: ["它决定用户 ID 的类型，而本次不读取用户", "请加上 --details 或 --participants，或去掉它。"],
  },
})

/** Makes the flags of a command that reads details only on request. */
export const flags = (language: Language.Language) => {
  const { details, includesDetails } = words[language]
  return { details: Flags.yes("details", details), ...ofDetails(language, includesDetails) }
}

/** Makes the flags of a command that reads details in any case. */
export const ofDetails = (language: Language.Language, includesDetails = "") => {
  const say = words[language]
  return {
    participants: Flags.yes("participants", say.participants + includesDetails),
    recordings: Flags.yes("recordings", say.recordings),
    userIdType: Flags.choice("user-id-type", ["open_id", "union_id", "user_id"], say.userIdType),
  }
}

/** The values of these flags. */
export interface Given {
  readonly details: boolean
  readonly participants: boolean
  readonly recordings: boolean
  readonly userIdType: GetMeeting.UserIdType | undefined
}

/** Returns these flags as words of a command that the user types later. */
export const typed = ({ details, participants, recordings, userIdType }: Given): ReadonlyArray<string> => [
  ...(participants ? ["--participants"] : details ? ["--details"] : []),
  ...(recordings ? ["--recordings"] : []),
  ...(userIdType === undefined ? [] : ["--user-id-type", userIdType]),
]

/** Returns what is requested of each meeting; `undefined` if only the list is. */
export const request = Effect.fnUntraced(function* ({
  details,
  participants,
  recordings,
  userIdType,
}: Given): Effect.fn.Return<Meetings.DetailsRequest | undefined, FeishuError.FeishuError> {
  const reads = details || participants
  if (userIdType !== undefined && !reads) {
    const say = yield* Language.say(words)
    return yield* FeishuError.invalidRequest("--user-id-type", ...say.ofPeople)
  }
  return reads || recordings
    ? { details: reads, recordings, ...(participants ? { participants } : {}), userIdType }
    : undefined
})
