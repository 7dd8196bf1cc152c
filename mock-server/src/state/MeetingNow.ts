/** What the endpoints send about a meeting: its details and its recording, as they are at one moment of the mock's clock. */
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import * as Attendance from "../seed/Attendance.ts"
import type * as Store from "./Store.ts"
import type { Token } from "./Tokens.ts"

/** The details of a meeting at one moment. Times are unix seconds. */
export type MeetingNow = PublicTypes.MeetingNow

/** Seconds from the end of a meeting until its recording is ready, unless a seed says when (documented: minutes). */
const secondsOfMaking = 300

/**
 * Returns what is known of a meeting at `now` (unix seconds); `undefined` for one that has not started, since its id exists only
 * from then on (documented). `makingSeconds` is the time that recordings take to be made after the end.
 */
export const at = (
  store: Store.Store,
  meeting: Store.Meeting,
  now: number,
  makingSeconds = secondsOfMaking,
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

/** True when a token may see what is visible to these; `undefined` is every token. */
const maySee = (
  visibleTo: ReadonlyArray<string> | undefined,
  { appId, kind }: Pick<Token, "appId" | "kind">,
) => visibleTo === undefined || visibleTo.includes(kind) || visibleTo.includes(appId)

/** True when a token may see the details of a meeting; all others get 121005. */
export const isVisible = (
  store: Store.Store,
  meeting: Store.Meeting,
  token: Pick<Token, "appId" | "kind">,
): boolean => maySee(store.given(meeting).visible_to, token)

/** True when a token may see the recording of a meeting; all others get 121005. */
export const isRecordingVisible = (
  store: Store.Store,
  meeting: Store.Meeting,
  token: Pick<Token, "appId" | "kind">,
): boolean => {
  const { recording, visible_to: visibleTo } = store.given(meeting)
  return maySee(visibleTo, token) && maySee(recording?.visible_to, token)
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
