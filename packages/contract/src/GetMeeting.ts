/**
 * `GET /open-apis/vc/v1/meetings/:meeting_id`: when a meeting was, its host, and who took part.
 *
 * No answer with a meeting was published apart from the documented examples, which contradict themselves. So any field may be
 * absent or null, and times may be in any order.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { GetMeeting } from "@effect-feishu/contract"
 *
 * const { meeting } = Schema.decodeUnknownSync(GetMeeting.Data)({
 *   meeting: {
 *     id: "7011030664708603907",
 *     start_time: "1786507200",
 *     end_time: "1786510860",
 *     participants: [{ id: "ou_1a2b", user_type: 1, in_meeting_duration: "3660" }],
 *   },
 * })
 * console.log(meeting?.start_time, meeting?.durationSeconds, meeting?.isRunning) // => 1786507200 3660 false
 * console.log(meeting?.participants?.[0]?.inMeetingSeconds) // => 3660
 * ```
 */
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { type EndpointCode, rateLimitCode, type Refusal, scopeCodes } from "./ErrorCode.ts"
import { MeetingId } from "./MeetingNo.ts"
import { dataOf, Int64, int64, nullable, numberOf, rest, timeOf, unknownFields } from "./Row.ts"

/** The path below the base URL, with its parameter (documented). */
export const path = "/open-apis/vc/v1/meetings/:meeting_id"

/** Any one of these scopes is enough: the first is in the page of 2024-07, the second in that of 2026-03. */
export const scopes = ["vc:meeting:readonly", "vc:meeting.meetingevent:read"] as const

/** The scope that ids of the type `user_id` require in addition (documented). */
export const userIdScope = "contact:user.employee_id:readonly"

/** The scopes that the two fields of `related_artifacts` require in addition (documented). */
export const artifactScopes = {
  note_doc_token: "vc:meeting.artifact.note:read",
  verbatim_doc_token: "vc:meeting.artifact.verbatim:read",
} as const

/** The requests that each window allows, counted per API, app and tenant. A request over either is refused (documented). */
export const rateLimits = [
  { requests: 1_000, windowSeconds: 60 },
  { requests: 50, windowSeconds: 1 },
] as const

/** What codes mean on this endpoint. */
export const codes: ReadonlyArray<EndpointCode> = [
  {
    code: 121003,
    meaning: "the meeting service refused the id or the query",
    remedy: "Check the meeting id, and that the meeting is not more than 90 days ago.",
    source: "documented",
  },
  {
    code: 121004,
    meaning: "there is no meeting with this id",
    remedy: "Take the id from the list of meetings: a meeting number is not an id.",
    source: "documented",
  },
  {
    code: 121005,
    meaning: "the app or user may not see this meeting",
    remedy:
      "Use a token of somebody who took part, or ask the tenant's administrator to let the app read meetings.",
    source: "documented",
  },
  ...scopeCodes(scopes),
  rateLimitCode("1,000 a minute and 50 a second"),
]

/**
 * The codes that refuse one meeting: the details of others may still be read. What Feishu answers for a meeting that is more
 * than 90 days ago is not documented: 121004, or 121003 (inferred).
 */
export const refusals: Readonly<Record<number, Refusal>> = {
  121003: "refused",
  121004: "not found",
  121005: "no permission",
}

/** Texts that Go's `ParseBool` reads. The official SDK for Python sends `True` and `False` (sdk; that Go reads it is inferred). */
const booleans = new Map<string, boolean>([
  ...["1", "t", "T", "TRUE", "true", "True"].map((text) => [text, true] as const),
  ...["0", "f", "F", "FALSE", "false", "False"].map((text) => [text, false] as const),
])

const flag = (name: string) =>
  Schema.optionalKey(
    Schema.String.pipe(
      Schema.check(
        Schema.makeFilter((text) => booleans.has(text), { message: `${name} is not a valid boolean` }),
      ),
      Schema.decodeTo(
        Schema.Boolean,
        SchemaTransformation.transform({ decode: (text) => booleans.get(text) ?? false, encode: String }),
      ),
    ),
  )

const choice = <const L extends ReadonlyArray<string>>(name: string, options: L) =>
  Schema.optionalKey(
    Schema.Literals(options).annotate({ message: `${name} is optional, options: [${options.join(",")}]` }),
  )

/** How users are named: `open_id` (the default), `union_id` or `user_id` (documented). */
export type UserIdType = "open_id" | "union_id" | "user_id"

/**
 * The query as the gateway checks it; all of it optional. Decodes from the texts of the URL and encodes to them. The texts of
 * violations are in the style of other endpoints (inferred).
 */
export const Query = Schema.Struct({
  /** True for `participants`; false unless sent (documented). */
  with_participants: flag("with_participants"),
  /** True for `ability`, which only tenant access tokens get; false unless sent (documented). */
  with_meeting_ability: flag("with_meeting_ability"),
  /** With `user_id`, participants who are not Feishu users are left out (documented). */
  user_id_type: choice("user_id_type", ["open_id", "union_id", "user_id"]),
  /** `0`, the default, for the meeting alone, `1` for its artifacts alone: one call never returns both (documented). */
  query_mode: choice("query_mode", ["0", "1"]),
})
/** The query, with its flags as booleans. */
export type Query = typeof Query.Type

const UserFields = Schema.Struct({ id: nullable(Schema.String), user_type: nullable(Schema.Number) })
const UserRow = Schema.StructWithRest(UserFields, rest)

const ParticipantFields = Schema.Struct({
  ...UserFields.fields,
  first_join_time: nullable(Int64),
  final_leave_time: nullable(Int64),
  in_meeting_duration: nullable(Int64),
  is_host: nullable(Schema.Boolean),
  is_cohost: nullable(Schema.Boolean),
  is_external: nullable(Schema.Boolean),
  status: nullable(Schema.Number),
})
const ParticipantRow = Schema.StructWithRest(ParticipantFields, rest)

/** What the meeting used; a field that Feishu left out is absent. */
export const Ability = Schema.StructWithRest(
  Schema.Struct({
    use_video: nullable(Schema.Boolean),
    use_audio: nullable(Schema.Boolean),
    use_share_screen: nullable(Schema.Boolean),
    use_follow_screen: nullable(Schema.Boolean),
    use_recording: nullable(Schema.Boolean),
    use_pstn: nullable(Schema.Boolean),
  }),
  rest,
)
/** What the meeting used. */
export type Ability = typeof Ability.Type

const MeetingFields = Schema.Struct({
  id: nullable(Int64),
  topic: nullable(Schema.String),
  url: nullable(Schema.String),
  meeting_no: nullable(Schema.String),
  password: nullable(Schema.String),
  create_time: nullable(Int64),
  start_time: nullable(Int64),
  end_time: nullable(Int64),
  host_user: nullable(UserRow),
  meeting_connect: nullable(Schema.Boolean),
  status: nullable(Schema.Number),
  participant_count: nullable(Int64),
  participant_count_accumulated: nullable(Int64),
  participants: nullable(Schema.Array(ParticipantRow)),
  ability: nullable(Ability),
  note_id: nullable(Int64),
})

/** The meeting as Feishu sends it: times, counts and durations are texts. */
export const MeetingRow = Schema.StructWithRest(MeetingFields, rest)
/** The meeting as Feishu sends it. */
export type MeetingRow = typeof MeetingRow.Type

/** A user: an id of the type that was requested, and the kind of user. No name comes with it. */
export interface User {
  readonly id: string | undefined
  /** 1 Feishu, 2 Rooms, 3 document, 4 and 5 single product and its guest, 6 telephone, 7 SIP (documented). */
  readonly user_type: number | undefined
}

/** A participant as a plain record, as `Participant.toRecord` makes it: null where Feishu sent no value. Times are unix seconds. */
export const ParticipantRecord = Schema.Struct({
  id: Schema.NullOr(Schema.String),
  user_type: Schema.NullOr(Schema.Number),
  first_join_time: Schema.NullOr(Schema.Number),
  final_leave_time: Schema.NullOr(Schema.Number),
  in_meeting_seconds: Schema.NullOr(Schema.Number),
  is_host: Schema.NullOr(Schema.Boolean),
  is_cohost: Schema.NullOr(Schema.Boolean),
  is_external: Schema.NullOr(Schema.Boolean),
  status: Schema.NullOr(Schema.Number),
})
/** A participant as a plain record. */
export type ParticipantRecord = typeof ParticipantRecord.Type

/**
 * A participant. By the names of the fields one row has all stays of a participant (documented); several rows with one id are
 * possible (one third party guards against them), so an id is not a key.
 */
export class Participant implements User {
  readonly id: string | undefined
  readonly user_type: number | undefined
  /** Unix seconds. */
  readonly first_join_time: number | undefined
  /** Unix seconds; `undefined` while the participant is in the meeting. */
  readonly final_leave_time: number | undefined
  /** Seconds in the meeting, all stays added; `in_meeting_duration` on the wire. */
  readonly inMeetingSeconds: number | undefined
  readonly is_host: boolean | undefined
  readonly is_cohost: boolean | undefined
  /** True for a participant of another tenant. */
  readonly is_external: boolean | undefined
  /** 1 calling, 2 in the meeting, 3 ringing, 4 not in it, or left (documented). */
  readonly status: number | undefined
  readonly #row: typeof ParticipantRow.Type

  constructor(row: typeof ParticipantRow.Type) {
    this.id = row.id ?? undefined
    this.user_type = row.user_type ?? undefined
    this.first_join_time = timeOf(row.first_join_time)
    this.final_leave_time = timeOf(row.final_leave_time)
    this.inMeetingSeconds = numberOf(row.in_meeting_duration)
    this.is_host = row.is_host ?? undefined
    this.is_cohost = row.is_cohost ?? undefined
    this.is_external = row.is_external ?? undefined
    this.status = row.status ?? undefined
    this.#row = row
  }

  /** The fields that this version does not know, as they came. */
  get unknownFields(): Readonly<Record<string, unknown>> {
    return unknownFields(this.#row, ParticipantFields)
  }

  /** Returns the participant as a plain record, for a row of a table: null where Feishu sent no value. */
  static toRecord(participant: Omit<Participant, "unknownFields">): ParticipantRecord {
    return {
      id: participant.id ?? null,
      user_type: participant.user_type ?? null,
      first_join_time: participant.first_join_time ?? null,
      final_leave_time: participant.final_leave_time ?? null,
      in_meeting_seconds: participant.inMeetingSeconds ?? null,
      is_host: participant.is_host ?? null,
      is_cohost: participant.is_cohost ?? null,
      is_external: participant.is_external ?? null,
      status: participant.status ?? null,
    }
  }
}

/**
 * The details of a meeting as a plain record, as `Meeting.toRecord` makes it: null where Feishu sent no value, and no password.
 * Times are unix seconds.
 */
export const MeetingRecord = Schema.Struct({
  id: Schema.NullOr(MeetingId),
  topic: Schema.NullOr(Schema.String),
  meeting_no: Schema.NullOr(Schema.String),
  url: Schema.NullOr(Schema.String),
  meeting_connect: Schema.NullOr(Schema.Boolean),
  note_id: Schema.NullOr(Schema.String),
  create_time: Schema.NullOr(Schema.Number),
  start_time: Schema.NullOr(Schema.Number),
  end_time: Schema.NullOr(Schema.Number),
  duration_seconds: Schema.NullOr(Schema.Number),
  status: Schema.NullOr(Schema.Number),
  host_id: Schema.NullOr(Schema.String),
  host_user_type: Schema.NullOr(Schema.Number),
  participant_count: Schema.NullOr(Schema.String),
  participant_count_accumulated: Schema.NullOr(Schema.String),
})
/** The details of a meeting as a plain record, without its password. */
export type MeetingRecord = typeof MeetingRecord.Type

/**
 * The details of a meeting, with Feishu's own field names where the value is Feishu's. What Feishu left out or sent as null
 * is `undefined`.
 *
 * The password is `Redacted`: printing, logging or stringifying a meeting never shows it.
 */
export class Meeting {
  /** 64-bit integer as decimal text. */
  readonly id: MeetingId | undefined
  readonly topic: string | undefined
  /** The link to join. */
  readonly url: string | undefined
  /** The meeting number, nine digits. */
  readonly meeting_no: string | undefined
  /** Unix seconds, as all times here. */
  readonly create_time: number | undefined
  readonly start_time: number | undefined
  /** `undefined` while the meeting runs: Feishu then sends none, `0`, or one that is not after the start (sdk). */
  readonly end_time: number | undefined
  readonly host_user: User | undefined
  readonly meeting_connect: boolean | undefined
  /** 1 calling, 2 running, 3 ended (documented). */
  readonly status: number | undefined
  /** The highest number of participants at one time (documented), as text. */
  readonly participant_count: string | undefined
  /** All joins counted (documented), as text: it may be more than there are participants. */
  readonly participant_count_accumulated: string | undefined
  /** `undefined` unless requested. Their order is not documented. */
  readonly participants: ReadonlyArray<Participant> | undefined
  /** `undefined` unless requested with a tenant access token. */
  readonly ability: Ability | undefined
  /** The id of the meeting's AI note; often absent although there is a recording (observed). */
  readonly note_id: string | undefined
  // The row stays private, so that inspecting or serialising a meeting shows neither password nor raw data.
  readonly #row: MeetingRow

  constructor(row: MeetingRow) {
    const host = row.host_user ?? undefined
    this.id = int64(row.id) as MeetingId | undefined
    this.topic = row.topic ?? undefined
    this.url = row.url ?? undefined
    this.meeting_no = row.meeting_no ?? undefined
    this.create_time = timeOf(row.create_time)
    this.start_time = timeOf(row.start_time)
    const end = timeOf(row.end_time)
    this.end_time = end !== undefined && end > (this.start_time ?? 0) ? end : undefined
    this.host_user = host && { id: host.id ?? undefined, user_type: host.user_type ?? undefined }
    this.meeting_connect = row.meeting_connect ?? undefined
    this.status = row.status ?? undefined
    this.participant_count = int64(row.participant_count)
    this.participant_count_accumulated = int64(row.participant_count_accumulated)
    this.participants = row.participants?.map((participant) => new Participant(participant))
    this.ability = row.ability ?? undefined
    this.note_id = int64(row.note_id)
    this.#row = row
  }

  /** True when the meeting has no end yet. A status of 3 says that it has ended, whatever its times are. */
  get isRunning(): boolean {
    return this.end_time === undefined && this.status !== 3
  }

  /** Seconds from start to end; `undefined` while the meeting runs. */
  get durationSeconds(): number | undefined {
    return this.start_time === undefined || this.end_time === undefined
      ? undefined
      : this.end_time - this.start_time
  }

  /** The password to join. */
  get password(): Redacted.Redacted<string> | undefined {
    return typeof this.#row.password === "string"
      ? Redacted.make(this.#row.password, { label: "password" })
      : undefined
  }

  /** The fields that this version does not know, as they came. Feishu adds fields over time. */
  get unknownFields(): Readonly<Record<string, unknown>> {
    return unknownFields(this.#row, MeetingFields)
  }

  /**
   * Returns the details as a plain record, for a row of a table: null where Feishu sent no value, and neither the password nor
   * fields that this version does not know. Participants are rows of their own: see `Participant.toRecord`.
   *
   * @example
   * ```ts
   * import { GetMeeting } from "@effect-feishu/contract"
   *
   * const meeting = new GetMeeting.Meeting({
   *   id: "7011030664708603907",
   *   start_time: "1767225600",
   *   end_time: "1767229200",
   *   password: "971024",
   *   participants: [{ id: "ou_1", in_meeting_duration: "3540" }],
   * })
   * const { id, duration_seconds, topic } = GetMeeting.Meeting.toRecord(meeting)
   * console.log(id, duration_seconds, topic) // => 7011030664708603907 3600 null
   *
   * const rows = meeting.participants?.map((one) => GetMeeting.Participant.toRecord(one)) ?? []
   * console.log(rows.map((row) => [row.id, row.in_meeting_seconds, row.final_leave_time]))
   * // => [ [ 'ou_1', 3540, null ] ]
   * ```
   */
  static toRecord(
    meeting: Omit<Meeting, "ability" | "isRunning" | "participants" | "password" | "unknownFields">,
  ): MeetingRecord {
    return {
      id: meeting.id ?? null,
      topic: meeting.topic ?? null,
      meeting_no: meeting.meeting_no ?? null,
      url: meeting.url ?? null,
      meeting_connect: meeting.meeting_connect ?? null,
      note_id: meeting.note_id ?? null,
      create_time: meeting.create_time ?? null,
      start_time: meeting.start_time ?? null,
      end_time: meeting.end_time ?? null,
      duration_seconds: meeting.durationSeconds ?? null,
      status: meeting.status ?? null,
      host_id: meeting.host_user?.id ?? null,
      host_user_type: meeting.host_user?.user_type ?? null,
      participant_count: meeting.participant_count ?? null,
      participant_count_accumulated: meeting.participant_count_accumulated ?? null,
    }
  }

  /** The meeting as it came over the wire, **with the password in clear text**. */
  static toRow(meeting: Meeting): MeetingRow {
    return meeting.#row
  }
}

const MeetingFromRow = MeetingRow.pipe(
  Schema.decodeTo(
    Schema.declare((u: unknown): u is Meeting => u instanceof Meeting, { identifier: "Meeting" }),
    SchemaTransformation.transform({ decode: (row) => new Meeting(row), encode: Meeting.toRow }),
  ),
)

/**
 * What was made of a meeting, for `query_mode` 1. A key is absent without its scope, `""` where there is nothing yet, and
 * else the token of a document (documented).
 */
export const Artifacts = Schema.StructWithRest(
  Schema.Struct({ note_doc_token: nullable(Schema.String), verbatim_doc_token: nullable(Schema.String) }),
  rest,
)
/** What was made of a meeting. */
export type Artifacts = typeof Artifacts.Type

/**
 * Returns why a body with code 0 is not an answer to a query; `undefined` if it is one. An answer without data, or without the
 * meeting that was requested, is not Feishu's, or was cut down on its way: it says nothing about the meeting.
 */
export const problemOfAnswer = (
  body: unknown,
  query: Query,
): "noDataInAnswer" | "noMeetingInData" | undefined => {
  const data = dataOf(body)
  if (data === undefined) return "noDataInAnswer"
  const hasMeeting = Predicate.hasProperty(data, "meeting") && Predicate.isObject(data.meeting)
  return query.query_mode === "1" || hasMeeting ? undefined : "noMeetingInData"
}

/** The `data` of the answer. With `query_mode` 1 it has no `meeting`, with 0 no `related_artifacts` (inferred). */
export const Data = Schema.Struct({
  meeting: nullable(MeetingFromRow),
  related_artifacts: nullable(Artifacts),
})
/** The `data` of the answer. */
export type Data = typeof Data.Type
