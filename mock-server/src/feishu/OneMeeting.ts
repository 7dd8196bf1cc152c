/** What the endpoints of one meeting have in common: the id in their path, their rate limit, and the order of their checks. */
import * as MeetingId from "@effect-feishu/contract/MeetingId"
import * as Effect from "effect/Effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type * as RateLimit from "../state/RateLimit.ts"
import * as MeetingNow from "../state/MeetingNow.ts"
import type { Meeting, Store } from "../state/Store.ts"
import type { Token } from "../state/Tokens.ts"
import { failure, found, rateLimited } from "./answers.ts"
import type { Exchange } from "./Exchange.ts"
import { type Access, type Violation, wrongFields } from "./Gateway.ts"

/** Returns what the gateway requires of a request. Its requests of a minute are a switch; those of a second, too. */
export const access = (
  api: string,
  scopes: ReadonlyArray<string>,
  perMinute: "detailsRateLimit" | "recordingRateLimit",
): Access["Service"] => ({
  scopes,
  limit: {
    api,
    windows: (behaviour) =>
      behaviour.rateLimit === "off"
        ? []
        : [...window(behaviour[perMinute], 60), ...window(behaviour.rateLimitPerSecond, 1)],
  },
  wrongParams,
})

const window = (requests: number | "off", windowSeconds: number): RateLimit.Windows =>
  requests === "off" ? [] : [{ requests, windowSeconds }]

/** Returns what is wrong with the id in the path, if the gateway checks it: it takes numbers of 64 bits (inferred). */
const wrongParams = ({ params: { meeting_id: id = "" }, state }: Exchange): ReadonlyArray<Violation> =>
  state.behaviour.meetingIdRefusal === 121003 || MeetingId.problemOf(id) === undefined || isZero(id)
    ? []
    : [{ field: "meeting_id", description: "meeting_id is not a valid integer" }]

const isZero = (id: string): boolean => /^0+$/.test(id)

/** What an endpoint does about one meeting. */
interface Endpoint {
  /** Refuses a request for a reason that the gateway finds after the fields. */
  readonly gateway?: Effect.Effect<HttpServerResponse> | undefined
  /** The code for an id that no meeting of the tenant has. */
  readonly unknownMeeting: number
  /** Returns the `data` of the answer, or a code. */
  readonly dataOf: (meeting: Meeting, details: MeetingNow.MeetingNow) => object | number
}

/** Answers a request about the meeting in its path, or refuses it. */
export const answer = (exchange: Exchange, endpoint: Endpoint): Effect.Effect<HttpServerResponse> => {
  const { now, params, refusal, state, tenant, token } = exchange
  const violations = wrongParams(exchange)
  if (violations.length > 0) return wrongFields(violations)
  if (endpoint.gateway !== undefined) return endpoint.gateway
  if (refusal !== undefined) return Effect.succeed(rateLimited(refusal, state.behaviour.rateStatus))
  if (state.quota.isUsedUp(tenant, now)) return failure(99991403)
  const id = params["meeting_id"] ?? ""
  if (MeetingId.problemOf(id) !== undefined) return failure(121003)
  const meeting = state.store.meeting(id.replace(/^0+/, ""))
  const details =
    meeting?.tenant_key === tenant
      ? MeetingNow.at(state.store, meeting, Math.floor(now / 1000), state.behaviour.recordingSeconds)
      : undefined
  if (meeting === undefined || details === undefined) return failure(endpoint.unknownMeeting)
  if (token === undefined || !maySee(state.store, meeting, details, token)) return failure(121005)
  const data = endpoint.dataOf(meeting, details)
  if (typeof data === "number") return failure(data)
  state.quota.count(tenant, now)
  return Effect.succeed(found(data))
}

/** A user who was named sees meetings in which they took part, or which they hosted (sdk); other tokens see what the seed says. */
const maySee = (
  store: Store,
  meeting: Meeting,
  { host_user: host, participants }: MeetingNow.MeetingNow,
  token: Token,
): boolean =>
  MeetingNow.isVisible(store, meeting, token) &&
  (token.user === undefined ||
    host?.open_id === token.user ||
    participants.some(({ open_id, stays }) => open_id === token.user && stays.length > 0))
