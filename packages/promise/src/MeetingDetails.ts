/**
 * What happened in a meeting: when it was, who took part, and its recording.
 *
 * @example
 * ```ts
 * import { createClient } from "@effect-feishu/promise"
 *
 * await using client = createClient({ accessToken: "t-example" })
 *
 * try {
 *   await client.details("337736498 1")
 * } catch (error) {
 *   console.log(error instanceof Error && error.message)
 *   // => meeting_id: it has characters other than digits. Nothing was sent. Give the id of a meeting …
 * }
 * ```
 */
import type { FeishuError } from "./FeishuError.ts"
import type { IncrementalPage, Meeting, Page } from "./Meeting.ts"
import type { Secret } from "./Secret.ts"

/** A user: an id of the type that was requested, and the kind of user. No name comes with it. */
export interface User {
  readonly id: string | undefined
  /** 1 Feishu, 2 Rooms, 3 document, 4 and 5 single product and its guest, 6 telephone, 7 SIP (documented). */
  readonly user_type: number | undefined
}

/**
 * A participant. By the names of the fields one row has all stays of a participant (documented); several rows with one id are
 * possible, so an id is not a key.
 */
export interface Participant extends User {
  /** Unix seconds. */
  readonly first_join_time: number | undefined
  /** Unix seconds; `undefined` while the participant is in the meeting. */
  readonly final_leave_time: number | undefined
  /** Seconds in the meeting, all stays added. */
  readonly inMeetingSeconds: number | undefined
  readonly is_host: boolean | undefined
  readonly is_cohost: boolean | undefined
  /** True for a participant of another tenant. */
  readonly is_external: boolean | undefined
  /** 1 calling, 2 in the meeting, 3 ringing, 4 not in it, or left (documented). */
  readonly status: number | undefined
  /** The fields that this version does not know; not enumerable, as in `Meeting`. */
  readonly unknownFields: Readonly<Record<string, unknown>>
}

/** The details of a meeting. What Feishu left out or sent as null is `undefined`. Times are in unix seconds. */
export interface MeetingDetails {
  /** 64-bit integer as decimal text. */
  readonly id: string | undefined
  readonly topic: string | undefined
  /** The link to join. */
  readonly url: string | undefined
  /** The meeting number, nine digits. */
  readonly meeting_no: string | undefined
  readonly create_time: number | undefined
  readonly start_time: number | undefined
  /** `undefined` while the meeting runs. */
  readonly end_time: number | undefined
  /** True when the meeting has no end yet. */
  readonly isRunning: boolean
  /** Seconds from start to end; `undefined` while the meeting runs. */
  readonly durationSeconds: number | undefined
  readonly host_user: User | undefined
  readonly meeting_connect: boolean | undefined
  /** 1 calling, 2 running, 3 ended (documented). */
  readonly status: number | undefined
  /** The highest number of participants at one time (documented), as text. */
  readonly participant_count: string | undefined
  /** All joins counted (documented), as text. */
  readonly participant_count_accumulated: string | undefined
  /** `undefined` unless requested. */
  readonly participants: ReadonlyArray<Participant> | undefined
  /** What was used in the meeting; `undefined` unless requested with a tenant access token. */
  readonly ability: Readonly<Record<string, unknown>> | undefined
  /** The id of the meeting's AI note; often absent although there is a recording. */
  readonly note_id: string | undefined
  /** The password to join. It is shown as `<redacted>`; `password.reveal()` returns it. */
  readonly password: Secret | undefined
  /** The fields that this version does not know; not enumerable, as in `Meeting`. */
  readonly unknownFields: Readonly<Record<string, unknown>>
}

/** What was made of a meeting. A key is absent without its scope, and `""` where there is nothing yet (documented). */
export interface Artifacts {
  readonly note_doc_token?: string | null
  readonly verbatim_doc_token?: string | null
  readonly [name: string]: unknown
}

/** The meeting has a recording. */
export interface Recorded {
  readonly type: "Recorded"
  /** The page of the minute. It is not a media file. */
  readonly url: string | undefined
  /** The token by which the minutes API knows the minute; `undefined` where the URL has none. */
  readonly minuteToken: string | undefined
  readonly durationMillis: number | undefined
  /** The fields that this version does not know; not enumerable, as in `Meeting`. */
  readonly unknownFields: Readonly<Record<string, unknown>>
}

/** The meeting has no recording. */
export interface NotRecorded {
  readonly type: "NotRecorded"
}

/** There may be a recording later. */
export interface NotReady {
  readonly type: "NotReady"
  /** The meeting is probably still running, or its recording is still being made. */
  readonly because: "running" | "being made"
  /** Seconds after which it is worth requesting it again, where that is known (inferred). */
  readonly retryAfterSeconds: number | undefined
}

/** What there is of a recording. All of them are answers. */
export type RecordingAnswer = Recorded | NotRecorded | NotReady

/** The details of a meeting. */
export interface Found {
  readonly type: "Found"
  readonly meeting: MeetingDetails
}

/** What was requested of this meeting is refused; that of others may still be read. */
export interface Refused {
  /**
   * `NotFound`: Feishu knows no meeting with this id, or no longer (121004 of the details, 122002 of the recording).
   * `NoPermission`: the app or user may not see it (121005). `Refused`: another reason, such as an id that is not a number.
   */
  readonly type: "NotFound" | "NoPermission" | "Refused"
  readonly error: FeishuError
}

/** What was requested of a meeting. */
export interface Answers {
  /** `undefined` unless requested. */
  readonly details: Found | Refused | undefined
  /** `undefined` unless requested. */
  readonly recording: RecordingAnswer | Refused | undefined
}

/** A meeting of a list with what was requested of it. */
export interface MeetingRead extends Answers {
  readonly brief: Meeting
}

/** An id with what was requested of its meeting. */
export interface IdRead extends Answers {
  readonly meetingId: string
}

/** One page of meetings, each with what was requested of it. */
export type DetailsPage = Page<MeetingRead>

/** One page of a read that goes on where the last one ended, each meeting with what was requested of it. */
export type IncrementalDetailsPage = IncrementalPage<MeetingRead>
