/** Checks `details`, `recordings` and `user-ids`: the app has the scopes of requests for one meeting. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { FeishuClient, GetMeeting, GetRecording, type MeetingId, Meetings } from "@effect-feishu/core"
import { meaningOf } from "../../../failure/explain.ts"
import * as Language from "../../../language/Language.ts"
import type * as Check from "../Check.ts"
import { failed } from "./scope.ts"
import type { Access } from "./token.ts"

const words = Language.words({
  en: {
    details: "details of meetings may be read",
    recordings: "recordings may be read",
    userIds: "users may be named by user_id",
    read: (meetingId: string) => `meeting ${meetingId} was read`,
    ofMeeting: (meetingId: string, meaning: string) => `meeting ${meetingId}: ${meaning}`,
  },
  zh: {
    details: "可以读取会议详情",
    recordings: "可以读取录制文件",
    userIds: "可以用 user_id 表示用户",
    read: (meetingId) => `已读取会议 ${meetingId}`,
    ofMeeting: (meetingId, meaning) => `会议 ${meetingId}：${meaning}`,
  },
})

/** The id of no meeting: the first half of an id is a time in unix seconds (inferred). */
const nobodys = "1"

/**
 * Sends a request for a meeting of the page that was read, or for one that does not exist. The gateway checks the scope before
 * the id (observed), so an answer about the meeting says that the scope is granted.
 */
const check = <Query, Data>(
  endpoint: FeishuClient.Endpoint<Query, Data>,
  query: Query,
  may: "details" | "recordings" | "userIds",
  scopes: ReadonlyArray<string>,
) =>
  Effect.fnUntraced(
    function* ({ configured, identity, untilRefused }: Access, meetingId: MeetingId | undefined) {
      const language = yield* Language.CurrentLanguage
      const say = words[language]
      const passed = (line: (meetingId: MeetingId) => string, facts: Check.Facts) => {
        const known =
          meetingId === undefined ? {} : { lines: [line(meetingId)], facts: { meetingId, ...facts } }
        return [undefined, { detail: say[may], ...known } as Check.Passed] as const
      }
      const { call } = yield* FeishuClient.FeishuClient
      // Whether the answer has a meeting does not matter here.
      return yield* untilRefused(
        call({ ...endpoint, data: Schema.Unknown, problem: undefined }, query, {
          meeting_id: meetingId ?? nobodys,
        }),
      ).pipe(
        Effect.map(({ logId }) => passed(say.read, { logId })),
        Effect.catch((error): Check.Check<undefined> => {
          const { code, logId } = error
          const isAnswer =
            FeishuClient.refusalOf(endpoint, error) !== undefined ||
            (endpoint.path === GetRecording.path && code !== undefined && code in GetRecording.answers)
          const meaning = meaningOf(error, language)
          return isAnswer
            ? Effect.succeed(passed((id) => say.ofMeeting(id, meaning), { code, logId }))
            : failed({ configured, identity }, error, scopes)
        }),
      )
    },
    (effect, { client }) => Effect.provide(effect, client),
  )

/** Requests the details of a meeting. */
export const checkDetails = check(Meetings.getMeeting, {}, "details", GetMeeting.scopes)

/** Requests the recording of a meeting. */
export const checkRecordings = check(Meetings.getRecording, {}, "recordings", GetRecording.scopes)

/** Requests the details of a meeting with its users named by `user_id`. */
export const checkUserIds = check(Meetings.getMeeting, { user_id_type: "user_id" }, "userIds", [
  GetMeeting.userIdScope,
])
