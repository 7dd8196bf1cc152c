/**
 * Meetings as plain records, for rows of tables and for files: every field is there, null where Feishu sent no value, and without
 * passwords and fields that this version does not know.
 *
 * @example
 * ```ts
 * import { createClient, meetingRecord } from "@effect-feishu/promise"
 *
 * await using client = createClient({
 *   appId: process.env.FEISHU_APP_ID!,
 *   appSecret: process.env.FEISHU_APP_SECRET!,
 *   baseUrl: process.env.FEISHU_BASE_URL,
 * })
 * const { meetings } = await client.page({ meetingNo: "337736498", range: { from: "30d" } })
 * console.log(meetingRecord(meetings[0]!))
 * // => {
 * // =>   id: '7628568641385449001',
 * // =>   topic: 'Kick-off',
 * // =>   meeting_no: '337736498',
 * // =>   url: null,
 * // =>   meeting_connect: null,
 * // =>   note_id: null
 * // => }
 * ```
 */
import { GetMeeting, GetRecording, MeetingBrief, type MeetingId } from "@effect-feishu/core"
import type { Meeting } from "./Meeting.ts"
import type { MeetingDetails, Participant, Recorded } from "./MeetingDetails.ts"

/** A meeting of a list as a plain record. */
export type MeetingRecord = {
  readonly id: string
  readonly topic: string | null
  readonly meeting_no: string | null
  readonly url: string | null
  readonly meeting_connect: boolean | null
  readonly note_id: string | null
}

/** Returns a meeting as a plain record. SQLite has no booleans: bind them as numbers there. */
export const meetingRecord = (meeting: Meeting): MeetingRecord =>
  MeetingBrief.toRecord(meeting as Meeting & WithId)

/** The details of a meeting as a plain record. Times are unix seconds. */
export type DetailsRecord = {
  readonly id: string | null
  readonly topic: string | null
  readonly meeting_no: string | null
  readonly url: string | null
  readonly meeting_connect: boolean | null
  readonly note_id: string | null
  readonly create_time: number | null
  readonly start_time: number | null
  readonly end_time: number | null
  readonly duration_seconds: number | null
  readonly status: number | null
  readonly host_id: string | null
  readonly host_user_type: number | null
  readonly participant_count: string | null
  readonly participant_count_accumulated: string | null
}

/** Returns the details of a meeting as a plain record. Participants are rows of their own: see `participantRecord`. */
export const detailsRecord = (details: MeetingDetails): DetailsRecord =>
  GetMeeting.Meeting.toRecord(details as MeetingDetails & WithId)

/** A participant as a plain record. Times are unix seconds. */
export type ParticipantRecord = {
  readonly id: string | null
  readonly user_type: number | null
  readonly first_join_time: number | null
  readonly final_leave_time: number | null
  readonly in_meeting_seconds: number | null
  readonly is_host: boolean | null
  readonly is_cohost: boolean | null
  readonly is_external: boolean | null
  readonly status: number | null
}

/** Returns a participant as a plain record. */
export const participantRecord = (participant: Participant): ParticipantRecord =>
  GetMeeting.Participant.toRecord(participant)

/** A recording as a plain record. */
export type RecordingRecord = {
  readonly url: string | null
  readonly minute_token: string | null
  readonly duration_seconds: number | null
}

/** Returns a recording as a plain record. */
export const recordingRecord = (recording: Recorded): RecordingRecord =>
  GetRecording.Recording.toRecord(recording)

/** Ids have a brand in core. */
type WithId = { readonly id: MeetingId }
