/** The fields of a row: their names, what has to be read for them, and their values. */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { GetMeeting, GetRecording, MeetingBrief, MeetingId, Meetings } from "@effect-feishu/core"

/** A meeting to be written, with what was read of it. */
export type Meeting = Meetings.MeetingRead | Meetings.IdRead

/** What is read of a meeting in addition to the list. */
export interface Parts {
  readonly details: boolean
  /** Implies `details`. */
  readonly participants: boolean
  readonly recordings: boolean
}

/** The part of a meeting that a field comes from. */
export type Part = "list" | keyof Parts

/**
 * The type of a field. A time is unix seconds as text for programs, as Feishu sends it, and ISO 8601 for people. A count is text
 * for programs, as Feishu sends it, and a number for people.
 */
export type Type = "text" | "boolean" | "number" | "count" | "time"

/** A value as programs get it. */
export type Value = string | number | boolean | undefined

interface FieldOf<From> {
  readonly part: Part
  readonly type: Type
  readonly value: (from: From) => Value
}

const refused = ["not found", "no permission", "refused"] as const

/** How what was requested of a meeting may be answered. */
export const statusesOf = {
  details_status: ["ok", "running", ...refused],
  recording_status: ["ok", "not recorded", "running", "not ready", ...refused],
} as const
/** How what was requested of a meeting was answered. */
export type Status = (typeof statusesOf)[keyof typeof statusesOf][number]

const refusals = {
  NotFound: "not found",
  NoPermission: "no permission",
  Refused: "refused",
} as const satisfies Record<Meetings.Refused["_tag"], Status>

/** Returns how the details were answered: `running` if they are those of a meeting that has not ended; `undefined` unless requested. */
export const detailsStatus = ({ details }: Meeting): Status | undefined => {
  if (details === undefined) return undefined
  if (details._tag === "Found") return details.meeting.isRunning ? "running" : "ok"
  return refusals[details._tag]
}

/** Returns how the recording was answered; `undefined` unless requested. */
export const recordingStatus = ({ recording }: Meeting): Status | undefined => {
  if (recording === undefined) return undefined
  switch (recording._tag) {
    case "Recorded":
      return "ok"
    case "NotRecorded":
      return "not recorded"
    case "NotReady":
      return recording.because === "running" ? "running" : "not ready"
    default:
      return refusals[recording._tag]
  }
}

const briefOf = (meeting: Meeting): MeetingBrief | undefined =>
  "brief" in meeting ? meeting.brief : undefined

const detailsOf = ({ details }: Meeting): GetMeeting.Meeting | undefined =>
  details?._tag === "Found" ? details.meeting : undefined

const recordingOf = ({ recording }: Meeting): GetRecording.Recording | undefined =>
  recording?._tag === "Recorded" ? recording.recording : undefined

/** Returns a field that lists and details have: the list often leaves it out. */
const either =
  <Name extends keyof MeetingBrief & keyof GetMeeting.Meeting>(name: Name) =>
  (meeting: Meeting): MeetingBrief[Name] | GetMeeting.Meeting[Name] | undefined =>
    briefOf(meeting)?.[name] ?? detailsOf(meeting)?.[name]

const textOf = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : String(seconds)

/** Returns the id of a meeting. */
export const idOf = (meeting: Meeting): MeetingId =>
  "brief" in meeting ? meeting.brief.id : meeting.meetingId

/** The fields of a meeting, in the order in which they are written. */
const ofMeeting = {
  id: {
    part: "list",
    type: "text",
    value: idOf,
  },
  meeting_no: { part: "list", type: "text", value: either("meeting_no") },
  topic: { part: "list", type: "text", value: either("topic") },
  url: { part: "list", type: "text", value: either("url") },
  meeting_connect: { part: "list", type: "boolean", value: either("meeting_connect") },
  note_id: { part: "list", type: "text", value: either("note_id") },
  password: {
    part: "list",
    type: "text",
    value: (meeting) => {
      const password = either("password")(meeting)
      return password && Redacted.value(password)
    },
  },
  create_time: {
    part: "details",
    type: "time",
    value: (meeting) => textOf(detailsOf(meeting)?.create_time),
  },
  start_time: { part: "details", type: "time", value: (meeting) => textOf(detailsOf(meeting)?.start_time) },
  end_time: { part: "details", type: "time", value: (meeting) => textOf(detailsOf(meeting)?.end_time) },
  duration_seconds: {
    part: "details",
    type: "number",
    value: (meeting) => detailsOf(meeting)?.durationSeconds,
  },
  status: { part: "details", type: "number", value: (meeting) => detailsOf(meeting)?.status },
  host_id: { part: "details", type: "text", value: (meeting) => detailsOf(meeting)?.host_user?.id },
  host_user_type: {
    part: "details",
    type: "number",
    value: (meeting) => detailsOf(meeting)?.host_user?.user_type,
  },
  participant_count: {
    part: "details",
    type: "count",
    value: (meeting) => detailsOf(meeting)?.participant_count,
  },
  participant_count_accumulated: {
    part: "details",
    type: "count",
    value: (meeting) => detailsOf(meeting)?.participant_count_accumulated,
  },
  details_status: { part: "details", type: "text", value: detailsStatus },
  recording_url: { part: "recordings", type: "text", value: (meeting) => recordingOf(meeting)?.url },
  recording_duration_seconds: {
    part: "recordings",
    type: "number",
    value: (meeting) => {
      const millis = recordingOf(meeting)?.durationMillis
      return millis === undefined ? undefined : millis / 1_000
    },
  },
  minute_token: { part: "recordings", type: "text", value: (meeting) => recordingOf(meeting)?.minuteToken },
  recording_status: { part: "recordings", type: "text", value: recordingStatus },
} as const satisfies Record<string, FieldOf<Meeting>>

/** The name of a field of a meeting. */
export type OfMeeting = keyof typeof ofMeeting

/**
 * The fields of a participant, in the order in which they are written. `key` is the name in a list of participants; a row that
 * has meeting and participant needs longer names.
 */
const ofParticipant = {
  participant_id: { part: "participants", type: "text", key: "id", value: ({ id }) => id },
  participant_user_type: {
    part: "participants",
    type: "number",
    key: "user_type",
    value: ({ user_type }) => user_type,
  },
  first_join_time: {
    part: "participants",
    type: "time",
    key: "first_join_time",
    value: ({ first_join_time }) => textOf(first_join_time),
  },
  final_leave_time: {
    part: "participants",
    type: "time",
    key: "final_leave_time",
    value: ({ final_leave_time }) => textOf(final_leave_time),
  },
  in_meeting_seconds: {
    part: "participants",
    type: "number",
    key: "in_meeting_seconds",
    value: ({ inMeetingSeconds }) => inMeetingSeconds,
  },
  is_host: { part: "participants", type: "boolean", key: "is_host", value: ({ is_host }) => is_host },
  is_cohost: { part: "participants", type: "boolean", key: "is_cohost", value: ({ is_cohost }) => is_cohost },
  is_external: {
    part: "participants",
    type: "boolean",
    key: "is_external",
    value: ({ is_external }) => is_external,
  },
  participant_status: { part: "participants", type: "number", key: "status", value: ({ status }) => status },
} as const satisfies Record<string, FieldOf<GetMeeting.Participant> & { readonly key: string }>

/** The name of a field of a participant. */
export type OfParticipant = keyof typeof ofParticipant

/** The name of a field. */
export type Field = OfMeeting | OfParticipant

/** The names of all fields, in the order in which they are written. */
export const names = [...Object.keys(ofMeeting), ...Object.keys(ofParticipant)] as ReadonlyArray<Field>

/** True when a word is the name of a field. */
export const isField = (name: string): name is Field =>
  Object.hasOwn(ofMeeting, name) || isOfParticipant(name)

/** True for a field of a participant: a row that has one is that of a participant, where rows are flat. */
export const isOfParticipant = (name: string): name is OfParticipant => Object.hasOwn(ofParticipant, name)

/** Returns the part of a meeting that a field comes from. */
export const partOf = (field: Field): Part =>
  isOfParticipant(field) ? ofParticipant[field].part : ofMeeting[field].part

/** Returns the type of a field. */
export const typeOf = (field: Field): Type =>
  isOfParticipant(field) ? ofParticipant[field].type : ofMeeting[field].type

/** Returns the name that a field of a participant has in a list of participants, such as `id` for `participant_id`. */
export const keyOf = (field: OfParticipant): string => ofParticipant[field].key

/** Returns the value of a field of a meeting. */
export const valueOf = (meeting: Meeting, field: OfMeeting): Value => ofMeeting[field].value(meeting)

/** Returns the value of a field of a participant. */
export const valueOfParticipant = (participant: GetMeeting.Participant, field: OfParticipant): Value =>
  ofParticipant[field].value(participant)

/** Returns the participants of a meeting; `undefined` where they are not known. */
export const participantsOf = (meeting: Meeting): ReadonlyArray<GetMeeting.Participant> | undefined =>
  detailsOf(meeting)?.participants

/** Makes a function that reads unix seconds in a time zone; it returns nothing where there is no such date. */
export const zonedIn = (timeZone: string): ((seconds: string) => Option.Option<DateTime.Zoned>) => {
  const zone = DateTime.zoneFromString(timeZone)
  return (seconds) =>
    Option.flatMap(zone, (timeZone) => DateTime.makeZoned(Number(seconds) * 1_000, { timeZone }))
}

/** Makes a function that writes unix seconds in a time zone, such as `2026-09-01T10:00:00+08:00`. */
export const timeIn = (timeZone: string): ((seconds: string) => string) => {
  const zonedOf = zonedIn(timeZone)
  return (seconds) =>
    Option.match(zonedOf(seconds), {
      // What Feishu has sent is shown as it is.
      onNone: () => seconds,
      onSome: (time) => DateTime.formatIsoOffset(time).replace(/\.\d+/, ""),
    })
}

/** The fields that are written unless `--fields` names others. */
export const usual = (parts: Parts, showPasswords: boolean): ReadonlyArray<Field> =>
  names.filter((field) => {
    switch (field) {
      case "password":
        return showPasswords
      case "meeting_connect":
      case "note_id":
        // The list often has none.
        return parts.details || parts.participants
      default:
        return isRead(parts, partOf(field))
    }
  })

/** True when a part of a meeting is read. */
export const isRead = ({ details, participants, recordings }: Parts, part: Part): boolean =>
  ({ list: true, details: details || participants, participants, recordings })[part]
