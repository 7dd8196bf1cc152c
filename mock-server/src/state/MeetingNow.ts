/** What the endpoints send about a meeting: its details and its recording, as they are at one moment of the mock's clock. */
import * as Schema from "effect/Schema"
import { described, named } from "../protocol/Described.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import type { SameAsSchema } from "../protocol/SameAsSchema.ts"
import * as TimeText from "../protocol/TimeText.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import * as Attendance from "../seed/Attendance.ts"
import type * as Store from "./Store.ts"
import type { Token } from "./Tokens.ts"

const seconds = (description: string) =>
  described(WholeNumber.between(0, TimeText.lastSecond), `${description}, in unix seconds`, 1769850000)
const flag = (description: string) => described(Schema.Boolean, description, true)
const user = {
  open_id: described(Schema.String, "The open_id", "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809"),
  union_id: described(Schema.String, "The union_id", "on_8f7e6d5c4b3a291807f6e5d4c3b2a190"),
  user_id: Schema.optionalKey(
    described(Schema.String, "The user_id; absent for rooms, telephones and SIP devices", "9f8e7d6c"),
  ),
  user_type: described(Schema.Int, "1 Feishu, 2 Rooms, 6 telephone, 7 SIP", 1),
}

const ParticipantNow = named(
  Schema.Struct({
    ...user,
    first_join_time: Schema.optionalKey(
      seconds("The first join; absent for somebody who was never in the meeting"),
    ),
    final_leave_time: Schema.optionalKey(seconds("The last leave; absent while they are in the meeting")),
    in_meeting_duration: described(WholeNumber.count, "Seconds in the meeting, all stays added", 1800),
    is_host: flag("True for the host"),
    is_cohost: flag("True for a co-host"),
    is_external: flag("True for somebody of another tenant"),
    status: described(
      Schema.Literals([1, 2, 3, 4]),
      "1 calling, 2 in the meeting, 3 ringing, 4 not in the meeting, or left (without first_join_time: never in it)",
      2,
    ),
    stays: described(
      Schema.Array(
        named(
          Schema.Struct({
            join_time: seconds("The join"),
            leave_time: Schema.optionalKey(seconds("The leave; absent while they are in the meeting")),
          }),
          "Stay",
          "A stay of somebody in a meeting",
        ),
      ),
      "Every stay, in the order of the joins",
      [{ join_time: 1769850000, leave_time: 1769851800 }],
    ),
  }),
  "ParticipantNow",
  "A participant at one moment",
)

const AbilityNow = named(
  Schema.Struct({
    use_video: flag("Whether somebody used video"),
    use_audio: flag("Whether somebody used audio"),
    use_share_screen: flag("Whether a screen was shared"),
    use_follow_screen: flag("Whether magic share was used"),
    use_recording: flag("Whether the meeting was recorded"),
    use_pstn: flag("Whether somebody called in by telephone"),
  }),
  "AbilityNow",
  "What a meeting has used",
)

const RecordingNow = named(
  Schema.Union([
    Schema.Struct({
      state: described(Schema.Literals(["none", "running"]), "There is none, or the meeting runs", "none"),
    }),
    Schema.Struct({
      state: described(
        Schema.Literal("being made"),
        "The meeting has ended, and it is not ready",
        "being made",
      ),
      ready_time: seconds("When it is ready"),
    }),
    Schema.Struct({
      state: described(Schema.Literal("ready"), "It can be read", "ready"),
      url: described(
        Schema.String,
        "The page of its minute",
        "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x",
      ),
      duration: described(WholeNumber.count, "The duration in milliseconds", 3541000),
    }),
  ]),
  "RecordingNow",
  "The recording at one moment. One that is not ready is answered as Feishu does: 122001 while the meeting runs, then 124002",
  { state: "being made", ready_time: 1769850300 },
)

/** The details of a meeting at one moment of the mock's clock. Times are unix seconds. */
export const MeetingNow = named(
  Schema.Struct({
    status: described(Schema.Literals([1, 2, 3]), "1 calling, 2 running, 3 ended", 2),
    create_time: seconds("When it was created"),
    start_time: seconds("When it started"),
    end_time: Schema.optionalKey(seconds("When it ended; absent while it runs")),
    host_user: Schema.optionalKey(
      named(Schema.Struct(user), "UserNow", "Somebody in a meeting, with every id"),
    ),
    participant_count: described(
      WholeNumber.count,
      "The highest number of participants at one time so far",
      12,
    ),
    participant_count_accumulated: described(WholeNumber.count, "All joins so far", 17),
    participants: Schema.Array(ParticipantNow).annotate({
      description: "Those who have joined or were called so far, in the order of their first join",
    }),
    ability: AbilityNow,
    recording: RecordingNow,
    related_artifacts: named(
      Schema.Struct({
        note_doc_token: described(
          Schema.String,
          "The document with the AI note; empty if there is none",
          "doxcnW4k7m2p9q1r5s8t3v6w0x1",
        ),
        verbatim_doc_token: described(
          Schema.String,
          "The document with the transcript; empty if there is none",
          "",
        ),
      }),
      "RelatedArtifacts",
      "Tokens of the documents of a meeting; empty texts where there is none yet",
    ),
  }),
  "MeetingNow",
  "The details of a meeting at one moment of the mock's clock",
)
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
