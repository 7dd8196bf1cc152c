/** The endpoint for the recording of a meeting: its declaration, and its answer to a request that the gateway has accepted. */
import { createHash } from "node:crypto"
import { GetRecording } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as MeetingNow from "../state/MeetingNow.ts"
import type { Meeting } from "../state/Store.ts"
import { CurrentExchange, type Exchange } from "./Exchange.ts"
import { Access, Authorization, Fields } from "./Gateway.ts"
import * as OneMeeting from "./OneMeeting.ts"

/** What the gateway requires of a request. */
export const access = OneMeeting.access("getRecording", GetRecording.scopes, "recordingRateLimit")

/** `GET /open-apis/vc/v1/meetings/:meeting_id/recording`, behind the gateway. */
export const endpoint = HttpApiEndpoint.get("getRecording", GetRecording.path, {
  query: GetRecording.Query,
  success: Schema.Struct({ code: Schema.Literal(0), msg: Schema.String, data: GetRecording.Data }),
})
  .annotate(Access, access)
  // The middleware that is added last runs first.
  .middleware(Fields)
  .middleware(Authorization)

/** Answers with the recording of a meeting, or says why there is none. */
export const handle = (): Effect.Effect<HttpServerResponse> =>
  Effect.flatMap(CurrentExchange, (exchange) =>
    OneMeeting.answer(exchange, {
      unknownMeeting: exchange.state.behaviour.unknownMeetingRecording,
      dataOf: (meeting, now) => dataOf(exchange, meeting, now),
    }),
  )

const dataOf = (exchange: Exchange, meeting: Meeting, details: MeetingNow.MeetingNow): object | number => {
  const { state, token } = exchange
  const { unrecordedMeeting, recordingForUser, recordingIds, recordingInProgress, recordingWhileRunning } =
    state.behaviour
  if (token === undefined || !MeetingNow.isRecordingVisible(state.store, meeting, token)) return 121005
  // A user whom nobody named owns no meeting.
  const isOwner = token.user !== undefined && token.user === details.host_user?.open_id
  if (token.kind === "user" && recordingForUser === "owner" && !isOwner) return 121005
  const { recording } = details
  switch (recording.state) {
    case "running":
      return recordingWhileRunning
    case "none":
      return unrecordedMeeting === "empty" ? {} : unrecordedMeeting
    case "being made":
      return recordingInProgress
    case "ready": {
      const { duration, url } = recording
      const ids = recordingIds === "absent" ? {} : { id: idOf(meeting), meeting_id: meeting.id }
      return { recording: { ...ids, url, duration: String(duration) } }
    }
  }
}

/** Returns a made-up id: like other ids it begins with the time (inferred). */
const idOf = ({ id }: Meeting): string => {
  const made = createHash("sha256").update(`recording/${id}`).digest().readUInt32BE(0)
  return String(((BigInt(id) >> 32n) << 32n) | BigInt(made))
}
