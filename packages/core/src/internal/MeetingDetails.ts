/** Requests about one meeting by its id: its details, its artifacts, its recording. */
import * as Effect from "effect/Effect"
import * as GetMeeting from "@effect-feishu/contract/GetMeeting"
import * as GetRecording from "@effect-feishu/contract/GetRecording"
import * as MeetingIds from "@effect-feishu/contract/MeetingId"
import type { MeetingId } from "@effect-feishu/contract/MeetingNo"
import * as FeishuClient from "../FeishuClient.ts"
import { type FeishuError, positioned } from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"

/** The options of a request for the details of a meeting. */
export interface DetailsOptions {
  /** Request the participants; default false. */
  readonly participants?: boolean | undefined
  /** Request what was used in the meeting, which only tenant access tokens get; default false. */
  readonly abilities?: boolean | undefined
  /** How users are named; default `open_id`. With `user_id`, participants who are not Feishu users are left out (documented). */
  readonly userIdType?: GetMeeting.UserIdType | undefined
}

/** The meeting has a recording. */
export interface Recorded {
  readonly _tag: "Recorded"
  readonly recording: GetRecording.Recording
}

/** The meeting has no recording. */
export interface NotRecorded {
  readonly _tag: "NotRecorded"
}

/** There may be a recording later. */
export interface NotReady {
  readonly _tag: "NotReady"
  /** The meeting is probably still running, or its recording is still being made. */
  readonly because: "running" | "being made"
  /** Seconds after which it is worth requesting it again, where that is known: minutes for one that is being made (inferred). */
  readonly retryAfterSeconds: number | undefined
}

/** What there is of a recording. All of them are answers. */
export type RecordingAnswer = Recorded | NotRecorded | NotReady

const meetingId = (text: string): FeishuClient.ParamProblem | undefined => {
  const problem = MeetingIds.problemOf(text)
  return problem === undefined
    ? undefined
    : { problem: Sentence.make("notAMeetingId", { problem }), remedy: Sentence.make("giveMeetingId") }
}

const spanAttributes = (_: unknown, params: Readonly<Record<string, string>>) => ({
  "feishu.meeting.id": params["meeting_id"] ?? "",
})

/** `GET /open-apis/vc/v1/meetings/:meeting_id`. */
export const getMeeting = FeishuClient.endpoint(GetMeeting, { meeting_id: meetingId }, spanAttributes)

/** `GET /open-apis/vc/v1/meetings/:meeting_id/recording`. */
export const getRecording = FeishuClient.endpoint(GetRecording, { meeting_id: meetingId }, spanAttributes)

/** Returns the query for the details. */
export const queryOf = ({ abilities, participants, userIdType }: DetailsOptions): GetMeeting.Query => ({
  ...(participants === undefined ? {} : { with_participants: participants }),
  ...(abilities === undefined ? {} : { with_meeting_ability: abilities }),
  ...(userIdType === undefined ? {} : { user_id_type: userIdType }),
})

/** Requests the details of a meeting. */
export const details = (
  client: FeishuClient.FeishuClient["Service"],
  id: MeetingId,
  options: DetailsOptions = {},
): Effect.Effect<GetMeeting.Meeting, FeishuError> =>
  client.call(getMeeting, queryOf(options), { meeting_id: id }).pipe(
    // That there is one was checked: see `problem` of the endpoint.
    Effect.map(({ data }) => data.meeting!),
    Effect.mapError(ofMeeting(id, getMeeting)),
  )

/** Requests what was made of a meeting: the AI note and the transcript. */
export const artifacts = (
  client: FeishuClient.FeishuClient["Service"],
  id: MeetingId,
): Effect.Effect<GetMeeting.Artifacts, FeishuError> =>
  client.call(getMeeting, { query_mode: "1" }, { meeting_id: id }).pipe(
    Effect.map(({ data }) => data.related_artifacts ?? {}),
    Effect.mapError(ofMeeting(id, getMeeting)),
  )

/** Requests the recording of a meeting. That there is none, or none yet, is an answer. */
export const recording = (
  client: FeishuClient.FeishuClient["Service"],
  id: MeetingId,
): Effect.Effect<RecordingAnswer, FeishuError> =>
  client.call(getRecording, {}, { meeting_id: id }).pipe(
    Effect.map(({ data }): RecordingAnswer =>
      data.recording ? { _tag: "Recorded", recording: data.recording } : { _tag: "NotRecorded" },
    ),
    Effect.catchIf(
      ({ code, operation }) =>
        operation === `GET ${GetRecording.path}` && code !== undefined && code in GetRecording.answers,
      ({ code }) => Effect.succeed(answerOf[GetRecording.answers[code as keyof typeof GetRecording.answers]]),
    ),
    Effect.mapError(ofMeeting(id, getRecording)),
  )

const answerOf: Readonly<
  Record<(typeof GetRecording.answers)[keyof typeof GetRecording.answers], RecordingAnswer>
> = {
  none: { _tag: "NotRecorded" },
  running: { _tag: "NotReady", because: "running", retryAfterSeconds: undefined },
  "being made": { _tag: "NotReady", because: "being made", retryAfterSeconds: 120 },
}

/** Adds which meeting it was. A failure of the token call is not about a meeting. */
const ofMeeting =
  (meetingId: string, { path }: { readonly path: string }) =>
  (error: FeishuError): FeishuError =>
    error.operation === `GET ${path}`
      ? error.with(positioned(Sentence.make("meeting", { meetingId })))
      : error
