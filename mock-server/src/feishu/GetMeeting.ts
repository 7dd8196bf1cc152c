/** The endpoint for the details of a meeting: its declaration, and its answer to a request that the gateway has accepted. */
import { GetMeeting } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { ParticipantNow, UserNow } from "../protocol/PublicTypes.ts"
import type { Behaviour } from "../protocol/Behaviour.ts"
import type * as MeetingNow from "../state/MeetingNow.ts"
import type { Meeting } from "../state/Store.ts"
import { CurrentExchange, type Exchange } from "./Exchange.ts"
import { Access, Authorization, Fields, fieldScopeMissing, hasScope } from "./Gateway.ts"
import * as OneMeeting from "./OneMeeting.ts"

/** What the gateway requires of a request. */
export const access = OneMeeting.access("getMeeting", GetMeeting.scopes, "detailsRateLimit")

// `query_mode[]=1` is a list with one value, and refused (inferred). It is declared, since it would otherwise be ignored as unknown.
const refused = Schema.optionalKey(Schema.Never)

/** `GET /open-apis/vc/v1/meetings/:meeting_id`, behind the gateway. */
export const endpoint = HttpApiEndpoint.get("get", GetMeeting.path, {
  query: Schema.Struct({
    ...GetMeeting.Query.fields,
    "with_participants[]": refused,
    "with_meeting_ability[]": refused,
    "user_id_type[]": refused,
    "query_mode[]": refused,
  }),
  success: Schema.Struct({ code: Schema.Literal(0), msg: Schema.String, data: GetMeeting.Data }),
})
  .annotate(Access, access)
  .annotate(HttpApi.QueryParseOptions, { errors: "all" })
  // The middleware that is added last runs first.
  .middleware(Fields)
  .middleware(Authorization)

/** Answers with the details or the artifacts of a meeting, or refuses the request. */
export const handle = ({ query }: { readonly query: GetMeeting.Query }): Effect.Effect<HttpServerResponse> =>
  Effect.flatMap(CurrentExchange, (exchange) => {
    const mayNameUsers =
      query.user_id_type !== "user_id" ||
      hasScope(exchange, GetMeeting.userIdScope) ||
      exchange.state.behaviour.userIdWithoutScope === "absent"
    return OneMeeting.answer(exchange, {
      gateway: mayNameUsers ? undefined : fieldScopeMissing(GetMeeting.userIdScope),
      unknownMeeting: 121004,
      dataOf: (meeting, now) => dataOf(exchange, query, meeting, now),
    })
  })

/** How far back details are read (documented), in seconds. */
const ninetyDays = 90 * 86_400

const dataOf = (
  exchange: Exchange,
  query: GetMeeting.Query,
  meeting: Meeting,
  details: MeetingNow.MeetingNow,
): object | number => {
  const { behaviour } = exchange.state
  const nowSeconds = exchange.now / 1000
  const { abilityForUser, detailsAfter90Days } = behaviour
  const isOld = details.end_time !== undefined && details.end_time < nowSeconds - ninetyDays
  if (isOld && detailsAfter90Days !== "found") return detailsAfter90Days
  if (query.query_mode === "1") return { related_artifacts: artifactsOf(exchange, details) }
  const forUser = exchange.token?.kind === "user"
  if (query.with_meeting_ability === true && forUser && abilityForUser !== "absent") return abilityForUser
  const idType = query.user_id_type ?? "open_id"
  const mayNameUsers = idType !== "user_id" || hasScope(exchange, GetMeeting.userIdScope)
  const named = (user: UserNow) => (mayNameUsers ? { id: user[idType] } : {})
  const host = hostOf(details.host_user, idType, behaviour)
  return {
    meeting: {
      id: meeting.id,
      topic: meeting.topic,
      ...given("url", meeting.url),
      meeting_no: meeting.meeting_no,
      ...given("password", meeting.password),
      create_time: String(details.create_time),
      start_time: String(details.start_time),
      ...given("end_time", endOf(details.end_time, details.start_time, behaviour)),
      ...given("host_user", host && { ...(mayNameUsers ? { id: host.id } : {}), user_type: host.user_type }),
      ...given("meeting_connect", meeting.meeting_connect),
      status: details.status,
      participant_count: String(details.participant_count),
      participant_count_accumulated: String(details.participant_count_accumulated),
      ...(query.with_participants === true
        ? {
            participants: details.participants
              .filter((participant) => idType !== "user_id" || participant.user_id !== undefined)
              .flatMap((participant) => staysOf(participant, behaviour, nowSeconds))
              .map((participant) => ({ ...named(participant), ...rowOf(participant, behaviour) })),
          }
        : notRequested[behaviour.participantsUnrequested]),
      ...(query.with_meeting_ability === true && !forUser
        ? { ability: Object.fromEntries(abilities.map((name) => [name, details.ability[name]])) }
        : {}),
      ...given("note_id", meeting.note_id),
    },
  }
}

/** In the documented order. */
const abilities = [
  "use_video",
  "use_audio",
  "use_share_screen",
  "use_follow_screen",
  "use_recording",
  "use_pstn",
] as const

const notRequested = {
  absent: {},
  "[]": { participants: [] },
  null: { participants: null },
} satisfies Record<Behaviour["participantsUnrequested"], object>

/** Returns a field, or nothing when it has no value. */
const given = (name: string, value: unknown): object =>
  value === null || value === undefined ? {} : { [name]: value }

/** Returns an end as it is sent: that of a meeting that is running, and of a participant who is in it, is a switch. */
const endOf = (
  end: number | undefined,
  start: number | undefined,
  { endTimeWhileRunning }: Behaviour,
): string | undefined => {
  if (end !== undefined) return String(end)
  if (endTimeWhileRunning === "absent") return undefined
  return endTimeWhileRunning === "start" ? String(start ?? 0) : "0"
}

/** Returns the host, named in one way; `undefined` when there is none, or it cannot be named so. */
const hostOf = (
  host: UserNow | undefined,
  idType: GetMeeting.UserIdType,
  { hostWithoutUserId }: Behaviour,
): { readonly id: string; readonly user_type: number } | undefined => {
  if (host === undefined) return undefined
  const id = host[idType]
  if (id === undefined && hostWithoutUserId === "absent") return undefined
  return { id: id ?? "", user_type: host.user_type }
}

/** Returns the rows of a participant: one, or one for each stay. */
const staysOf = (
  participant: ParticipantNow,
  { participantRows }: Behaviour,
  nowSeconds: number,
): ReadonlyArray<ParticipantNow> => {
  const { final_leave_time: _, status, stays, ...rest } = participant
  if (participantRows === "participant" || stays.length < 2) return [participant]
  return stays.map(({ join_time, leave_time }) => ({
    ...rest,
    first_join_time: join_time,
    ...(leave_time === undefined ? {} : { final_leave_time: leave_time }),
    in_meeting_duration: Math.floor(leave_time ?? nowSeconds) - join_time,
    status: leave_time === undefined ? status : 4,
    stays,
  }))
}

/** Returns a row without its id, in the documented order. */
const rowOf = (participant: ParticipantNow, behaviour: Behaviour): object => ({
  ...given("first_join_time", endOf(participant.first_join_time, 0, behaviour)),
  ...given("final_leave_time", endOf(participant.final_leave_time, participant.first_join_time, behaviour)),
  in_meeting_duration: String(participant.in_meeting_duration),
  user_type: participant.user_type,
  is_host: participant.is_host,
  is_cohost: participant.is_cohost,
  is_external: participant.is_external,
  status: participant.status,
})

/** Returns the artifacts: those whose scope is missing are absent, and those that are not there yet are empty (documented). */
const artifactsOf = (exchange: Exchange, { related_artifacts: artifacts }: MeetingNow.MeetingNow): object =>
  Struct.pick(
    artifacts,
    Struct.keys(GetMeeting.artifactScopes).filter((name) =>
      hasScope(exchange, GetMeeting.artifactScopes[name]),
    ),
  )
