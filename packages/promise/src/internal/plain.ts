/** Turns the values of core into those of this package, which have no type of Effect. */
import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import {
  type Events,
  FeishuError as Core,
  type GetMeeting,
  type MeetingBrief,
  type Meetings,
  Sentence,
} from "@effect-feishu/core"
import type { ClientEvent } from "../ClientEvent.ts"
import * as Plain from "../FeishuError.ts"
import type { Complete, Failed, Meeting, Page } from "../Meeting.ts"
import type {
  Answers,
  IdRead,
  MeetingDetails,
  MeetingRead,
  RecordingAnswer,
  Refused,
} from "../MeetingDetails.ts"
import { Secret } from "../Secret.ts"

/** Turns a meeting into a plain object with the same fields. */
export const toMeeting = (brief: MeetingBrief): Meeting => {
  const { id, meeting_connect, meeting_no, note_id, password, topic, unknownFields, url } = brief
  const secret = password === undefined ? undefined : new Secret(Redacted.value(password))
  const meeting = { id, topic, meeting_no, url, meeting_connect, note_id, password: secret, unknownFields }
  return hidden(meeting)
}

/** Returns a function that turns a page, or the outcome of a number, into a plain object. */
export const toOutcome =
  <M, P>(meeting: (meeting: M) => P) =>
  (outcome: Meetings.Page<M> | Meetings.Complete | Meetings.Failed): Page<P> | Complete | Failed => {
    switch (outcome._tag) {
      case "Page":
        return toPage(meeting)(outcome)
      case "Complete":
        return { type: "Complete", meetingNo: outcome.meetingNo, rows: outcome.rows }
      case "Failed":
        return { type: "Failed", meetingNo: outcome.meetingNo, error: toFeishuError(outcome.error) }
    }
  }

/** Returns a function that turns a page into a plain object. */
export const toPage =
  <M, P>(meeting: (meeting: M) => P) =>
  ({ cursor, logId, meetingNo, meetings, order, range, unreachable, window }: Meetings.Page<M>): Page<P> => ({
    type: "Page",
    meetingNo,
    meetings: meetings.map((one) => meeting(one)),
    range,
    window,
    order,
    cursor,
    logId,
    unreachable,
  })

/** Turns a meeting with what was requested of it into a plain object. */
export const toMeetingRead = ({ brief, details, recording }: Meetings.MeetingRead): MeetingRead => ({
  brief: toMeeting(brief),
  ...toAnswers({ details, recording }),
})

/** Turns an id with what was requested of its meeting into a plain object. */
export const toIdRead = ({ details, meetingId, recording }: Meetings.IdRead): IdRead => ({
  meetingId,
  ...toAnswers({ details, recording }),
})

const toAnswers = ({ details, recording }: Omit<Meetings.IdRead, "meetingId">): Answers => ({
  details:
    details?._tag === "Found"
      ? { type: "Found", meeting: toDetails(details.meeting) }
      : details && toRefused(details),
  recording:
    recording === undefined || "error" in recording
      ? recording && toRefused(recording)
      : toRecordingAnswer(recording),
})

const toRefused = ({ _tag, error }: Meetings.Refused): Refused => ({
  type: _tag,
  error: toFeishuError(error),
})

const hidden = <A extends object>(plain: A): A =>
  Object.defineProperty(plain, "unknownFields", { enumerable: false })

/** Turns the details of a meeting into a plain object. */
export const toDetails = (meeting: GetMeeting.Meeting): MeetingDetails => {
  const { durationSeconds, isRunning, participants, password, unknownFields, ...fields } =
    withGetters(meeting)
  return hidden({
    ...fields,
    isRunning,
    durationSeconds,
    participants: participants?.map((one) => hidden({ ...one, unknownFields: one.unknownFields })),
    password: password === undefined ? undefined : new Secret(Redacted.value(password)),
    unknownFields,
  })
}

/** The fields of a meeting with those that are made when they are read. */
const withGetters = (meeting: GetMeeting.Meeting) => {
  const { durationSeconds, isRunning, password, unknownFields } = meeting
  return { ...meeting, durationSeconds, isRunning, password, unknownFields }
}

/** Turns what there is of a recording into a plain object. */
export const toRecordingAnswer = (answer: Meetings.RecordingAnswer): RecordingAnswer => {
  switch (answer._tag) {
    case "Recorded": {
      const { durationMillis, minuteToken, unknownFields, url } = answer.recording
      return hidden({ type: "Recorded", url, minuteToken, durationMillis, unknownFields } as const)
    }
    case "NotRecorded":
      return { type: "NotRecorded" }
    case "NotReady":
      return { type: "NotReady", because: answer.because, retryAfterSeconds: answer.retryAfterSeconds }
  }
}

/** Turns an event into a plain object. */
export const toEvent = ({ _tag, ...event }: Events.Event): ClientEvent => {
  const plain = { type: _tag, ...event }
  // Only one event contains a value of core.
  return ("error" in plain ? { ...plain, error: toFeishuError(plain.error) } : plain) as ClientEvent
}

type Tag = Core.Reason["_tag"]
type FieldsOf<T extends Tag> = Omit<Schema.Struct.Type<(typeof Core)[T]["fields"]>, "_tag">

/** The class of each reason. This compiles only if the class has all fields that the reason has in core. */
const classes: {
  readonly [T in Tag]: new (fields: Plain.ErrorFields) => Plain.FeishuError & FieldsOf<T> & { reason: T }
} = Plain

const encodeReason = Schema.encodeSync(Core.Reason)

/** Turns an error into the class of its reason. Its texts use the names of this package instead of those of core. */
export const toFeishuError = (error: Core.FeishuError): Plain.FeishuError => {
  const { code, cursor, isRetryable, logId, operation, path, position, requests, retryAfter } = error
  const { _tag, ...fields } = withoutSentences(encodeReason(error.reason))
  const remedy = remedyOf(error.reason)
  return new classes[_tag]({
    code,
    logId,
    isRetryable,
    retryAfterMillis: retryAfter === undefined ? undefined : Duration.toMillis(retryAfter),
    operation,
    path,
    position,
    requests,
    ...fields,
    ...("remedy" in fields ? { remedy } : {}),
    message: error.message.replace(error.reason.remedy, () => remedy),
    cursor,
  })
}

/**
 * Returns a reason without `sentences`, the data of its texts: that is for programs with messages in another language.
 */
const withoutSentences = <R extends object>(reason: R): R => {
  const { endpoint: _, sentences: __, ...rest } = { endpoint: undefined, sentences: undefined, ...reason }
  return rest as R
}

/** What to do, in the names of this package. */
const remedyOf = (reason: Core.Reason): string => {
  if (reason._tag === "AppTicketMissing") {
    return "Check that Feishu can reach the app's event address, and that the application hands every app_ticket event to client.pushAppTicket."
  }
  if (reason._tag === "CursorUnusable" && reason.problem === "other tenant") {
    return "Give the tenantKey with which the cursor was made."
  }
  const sentence = reason._tag === "InvalidRequest" ? reason.sentences?.remedy : undefined
  return sentence === undefined ? reason.remedy : Sentence.say(sentence, sentences, reason.remedy)
}

/** The sentences in which core names its own code, with the options of this package instead. */
const sentences: Sentence.Table = {
  ...Sentence.englishTable,
  useHttps: () =>
    "Over plain http anyone on the way can read the token. Use https; allowHttp permits plain http.",
  giveAppSecret: () => "Pass it exactly as Feishu gave it.",
  giveAccessToken: () => "Pass it exactly as Feishu gave it.",
  giveTenant: () => "Give tenantKey, the tenant key of the one to read.",
  leaveTenantOut: () => "Leave tenantKey out, or use the credentials of a store app.",
}
