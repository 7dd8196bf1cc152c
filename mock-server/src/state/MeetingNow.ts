/** What the endpoints send about a meeting: its details and its recording, as they are at one moment of the mock's clock. */
import * as Schema from "effect/Schema"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import type { SameAsSchema } from "../protocol/SameAsSchema.ts"
import * as Attendance from "../seed/Attendance.ts"
import type * as Store from "./Store.ts"
import type { Token } from "./Tokens.ts"

const seconds = Schema.Int
const user = {
  open_id: Schema.String,
  union_id: Schema.String,
  /** Absent for rooms, telephones and SIP devices. */
  user_id: Schema.optionalKey(Schema.String),
  user_type: Schema.Int,
}

/** The details of a meeting at one moment of the mock's clock. Times are unix seconds. */
export const MeetingNow = Schema.Struct({
  /** 1 calling, 2 running, 3 ended. */
  status: Schema.Literals([1, 2, 3]),
  create_time: seconds,
  start_time: seconds,
  /** Absent while it runs. */
  end_time: Schema.optionalKey(seconds),
  host_user: Schema.optionalKey(Schema.Struct(user)),
  /** The highest number of participants at one time so far. */
  participant_count: Schema.Int,
  /** All joins so far. */
  participant_count_accumulated: Schema.Int,
  /** Those who have joined or were called so far, in the order of their first join. */
  participants: Schema.Array(
    Schema.Struct({
      ...user,
      first_join_time: Schema.optionalKey(seconds),
      /** Absent while the participant is in the meeting. */
      final_leave_time: Schema.optionalKey(seconds),
      /** Seconds, all stays added. */
      in_meeting_duration: seconds,
      is_host: Schema.Boolean,
      is_cohost: Schema.Boolean,
      is_external: Schema.Boolean,
      /** 1 calling, 2 in the meeting, 3 ringing, 4 not in it, or left. */
      status: Schema.Literals([1, 2, 3, 4]),
      stays: Schema.Array(Schema.Struct({ join_time: seconds, leave_time: Schema.optionalKey(seconds) })),
    }),
  ),
  ability: Schema.Struct({
    use_video: Schema.Boolean,
    use_audio: Schema.Boolean,
    use_share_screen: Schema.Boolean,
    use_follow_screen: Schema.Boolean,
    use_recording: Schema.Boolean,
    use_pstn: Schema.Boolean,
  }),
  /** A recording that is not ready is answered as Feishu does: 122001 while the meeting runs, then 124002. */
  recording: Schema.Union([
    Schema.Struct({ state: Schema.Literals(["none", "running"]) }),
    Schema.Struct({ state: Schema.Literal("being made"), ready_time: seconds }),
    /** `duration` is in milliseconds. */
    Schema.Struct({ state: Schema.Literal("ready"), url: Schema.String, duration: Schema.Int }),
  ]),
  /** Tokens of documents; empty texts where there is none yet. */
  related_artifacts: Schema.Struct({ note_doc_token: Schema.String, verbatim_doc_token: Schema.String }),
})
/** The details of a meeting at one moment. */
export type MeetingNow = SameAsSchema<PublicTypes.MeetingNow, typeof MeetingNow>

/**
 * Returns what is known of a meeting at `now` (unix seconds); `undefined` for one that has not started, since its id exists only
 * from then on (documented). `makingSeconds` is the time that recordings take to be made after the end.
 */
export const at = (
  store: Store.Store,
  meeting: Store.Meeting,
  now: number,
  makingSeconds: number,
): MeetingNow | undefined => {
  const { end_time: planned, start_time: start } = meeting
  if (start > now) return undefined
  const end = planned !== null && planned <= now ? planned : undefined
  const given = store.given(meeting)
  const attendance = Attendance.of(given)
  const { createTime, host, noteDocToken, verbatimDocToken } = attendance
  const people = attendance.people.flatMap((person) => rowOf(person, end, now))
  const stays = people.flatMap((row) => row.stays)
  return {
    status: end !== undefined ? 3 : (given.status ?? 2),
    create_time: createTime,
    start_time: start,
    ...(end === undefined ? {} : { end_time: end }),
    ...(host === undefined ? {} : { host_user: host }),
    participant_count: mostAtOnce(stays),
    participant_count_accumulated: stays.length,
    participants: people.toSorted((a, b) => (a.first_join_time ?? start) - (b.first_join_time ?? start)),
    ability: attendance.ability,
    recording: recordingOf(attendance.recording, { start, end, now, makingSeconds }),
    related_artifacts:
      end === undefined
        ? { note_doc_token: "", verbatim_doc_token: "" }
        : { note_doc_token: noteDocToken, verbatim_doc_token: verbatimDocToken },
  }
}

/** What a token is known by. */
type Viewer = Pick<Token, "appId" | "kind" | "user">

/** True when a token may see what is visible to these; `undefined` is every token. */
const maySee = (visibleTo: ReadonlyArray<string> | undefined, { appId, kind, user }: Viewer) =>
  visibleTo === undefined ||
  visibleTo.includes(kind) ||
  visibleTo.includes(appId) ||
  (user !== undefined && visibleTo.includes(user))

/** True when a token may see the details of a meeting; all others get 121005. */
export const isVisible = (store: Store.Store, meeting: Store.Meeting, viewer: Viewer): boolean =>
  maySee(store.given(meeting).visible_to, viewer)

/** True when a token may see the recording of a meeting; all others get 121005. */
export const isRecordingVisible = (store: Store.Store, meeting: Store.Meeting, viewer: Viewer): boolean => {
  const { recording, visible_to: visibleTo } = store.given(meeting)
  return maySee(visibleTo, viewer) && maySee(recording?.visible_to, viewer)
}

/** Returns the row of somebody who has joined or was called by now; nothing for somebody who comes later. */
const rowOf = (
  { isCohost, isExternal, isHost, neverThere, seconds, stays, user }: Attendance.Person,
  end: number | undefined,
  now: number,
): ReadonlyArray<PublicTypes.ParticipantNow> => {
  const flags = { is_host: isHost, is_cohost: isCohost, is_external: isExternal }
  const isOver = end !== undefined
  if (stays.length === 0) {
    return [{ ...user, in_meeting_duration: 0, ...flags, status: isOver ? 4 : neverThere, stays: [] }]
  }
  // Times after the end of the meeting, which a seed may have, are sent as they are.
  const begun = stays
    .filter(({ join }) => isOver || join <= now)
    .map(({ join, leave = end }) => ({
      join_time: join,
      ...(leave !== undefined && (isOver || leave <= now) ? { leave_time: leave } : {}),
    }))
  const first = begun[0]
  const last = begun.at(-1)
  if (first === undefined || last === undefined) return []
  const { leave_time: left } = last
  const passed = begun.reduce((sum, { join_time, leave_time = now }) => sum + leave_time - join_time, 0)
  const isThrough = begun.length === stays.length && left !== undefined
  return [
    {
      ...user,
      first_join_time: first.join_time,
      ...(left === undefined ? {} : { final_leave_time: left }),
      in_meeting_duration: isThrough && seconds !== undefined ? seconds : Math.max(0, passed),
      ...flags,
      status: left === undefined ? 2 : 4,
      stays: begun,
    },
  ]
}

/** Returns the highest number of stays at one time. Somebody who joins in the second in which another leaves comes after. */
const mostAtOnce = (stays: PublicTypes.ParticipantNow["stays"]): number => {
  const joins = stays.map(({ join_time }) => join_time).toSorted((a, b) => a - b)
  const leaves = stays.flatMap(({ leave_time }) => leave_time ?? []).toSorted((a, b) => a - b)
  let most = 0
  let left = 0
  for (const [index, join] of joins.entries()) {
    while (left < leaves.length && leaves[left]! <= join) left++
    most = Math.max(most, index + 1 - left)
  }
  return most
}

const recordingOf = (
  recording: Attendance.Recording | undefined,
  times: {
    readonly start: number
    readonly end: number | undefined
    readonly now: number
    readonly makingSeconds: number
  },
): PublicTypes.RecordingNow => {
  const { end, makingSeconds, now, start } = times
  if (end === undefined) return { state: "running" }
  if (recording === undefined) return { state: "none" }
  const ready = recording.readyTime ?? end + makingSeconds
  return ready > now
    ? { state: "being made", ready_time: ready }
    : { state: "ready", url: recording.url, duration: recording.duration ?? (end - start) * 1_000 }
}
