/** Check `page`: a page of meetings can be read. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as MeetingIds from "@effect-feishu/contract/MeetingId"
import { type MeetingNo, Meetings } from "@effect-feishu/core"
import * as Language from "../../../language/Language.ts"
import * as Check from "../Check.ts"
import type { Access } from "./token.ts"

const words = Language.words({
  en: {
    noNumber: "no meeting number given: feishu-meetings doctor 337736498",
    page: (meetingNo: string, rows: number, more: boolean) =>
      rows === 0
        ? `${meetingNo} has no meetings in the last 90 days, which is not an error`
        : `${meetingNo} has ${more ? "at least " : ""}${rows === 1 ? "1 meeting" : `${rows} meetings`} in the last 90 days`,
  },
  zh: {
    noNumber: "没有给出会议号：feishu-meetings doctor 337736498",
    page: (meetingNo, rows, more) =>
      rows === 0
        ? `会议号 ${meetingNo} 在最近 90 天内没有会议，这不是问题`
        : `会议号 ${meetingNo} 在最近 90 天内有${more ? "至少 " : " "}${rows} 场会议`,
  },
})

/** Reads one page of a number. Skipped without a number. Later checks get the id of a meeting, if there is one that can be requested. */
export const checkPage = Effect.fnUntraced(function* (
  { client, untilRefused }: Access,
  meetingNo: MeetingNo | undefined,
) {
  const say = yield* Language.say(words)
  if (meetingNo === undefined) return yield* new Check.CheckSkipped({ detail: say.noNumber })
  const { cursor, logId, meetings } = yield* Meetings.Meetings.use((meetings) =>
    meetings.page({ meetingNo, range: { from: "2159h" } }),
  ).pipe(untilRefused, Effect.provide(Layer.provide(Meetings.layerClient, client)))
  const more = cursor !== undefined
  const passed: Check.Passed = {
    detail: say.page(meetingNo, meetings.length, more),
    facts: { meetingNo, rows: meetings.length, more, logId },
  }
  return [meetings.find(({ id }) => MeetingIds.problemOf(id) === undefined)?.id, passed] as const
})
