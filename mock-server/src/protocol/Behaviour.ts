/** The switches of the mock, one for each behaviour that Feishu's documents leave open. Defaults follow the stricter reading. */
import { GetMeeting, GetRecording, ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { described, named } from "./Described.ts"
import * as TimeText from "./TimeText.ts"
import * as WholeNumber from "./WholeNumber.ts"
import type { SameAsSchema } from "./SameAsSchema.ts"
import type * as PublicTypes from "./PublicTypes.ts"

const limitFrom = (minimum: number) => {
  const message = `${WholeNumber.inWords(minimum, WholeNumber.mostTimes)}, or "off"`
  return Schema.Union([
    WholeNumber.between(minimum, WholeNumber.mostTimes, message),
    Schema.Literal("off"),
  ]).annotate({ message })
}

/** Every switch. */
export const Behaviour = named(
  Schema.Struct({
    rateLimit: described(
      limitFrom(1),
      "Requests for meetings of a number that pass in 60 seconds for an app and tenant; default 100 (documented). off switches off the limits of all endpoints",
      10,
    ),
    detailsRateLimit: described(
      limitFrom(1),
      "Requests for details that pass in 60 seconds for an app and tenant, or off; default 1,000 (documented). Without effect while rateLimit is off, which switches off all limits",
      1000,
    ),
    recordingRateLimit: described(
      limitFrom(1),
      "Requests for recordings that pass in 60 seconds, like detailsRateLimit; default 1,000 (documented)",
      1000,
    ),
    rateLimitPerSecond: described(
      limitFrom(1),
      "Requests that pass in a second, each for details, recordings and users' tokens, or off; default 50 (documented)",
      "off",
    ),
    rateWindow: described(
      Schema.Literals(["fixed", "sliding", "bucket"]),
      "The way to count requests; default fixed (inferred)",
      "sliding",
    ),
    rateStatus: described(
      Schema.Literals([429, 400]),
      "The HTTP status of a request over the limit; some older endpoints answer 400 (documented). Default 429",
      400,
    ),
    ninetyDays: described(ListByNo.NinetyDays, "What the 90-day limit applies to; default both", "span"),
    emptyList: described(
      Schema.Literals(["[]", "null", "absent"]),
      "The list of an empty page, which is only known from other endpoints; default []",
      "null",
    ),
    lastPageToken: described(
      Schema.Literals(["absent", "empty"]),
      "The page token of the last page, which other endpoints send as an empty string; default absent",
      "empty",
    ),
    pageTokens: described(
      Schema.Literals(["bound", "free"]),
      "Which queries accept a page token: only the query that it was given for (bound, the default, inferred), or any query of that number and tenant, whatever its start_time, end_time and page_size (free)",
      "free",
    ),
    monthlyQuota: described(
      limitFrom(0),
      "Successful calls of the endpoints that read, in a calendar month (UTC+8) for a tenant, or off; default off",
      10000,
    ),
    rateHeaders: described(
      Schema.Literals(["refuses", "longest"]),
      "The window that the headers of a refusal describe, where an endpoint has several: the one that refuses (the default, inferred), or the longest, so that a refusal by the second names the limit and the reset of the minute",
      "longest",
    ),
    meetingIdRefusal: described(
      Schema.Literals([99992402, 121003]),
      "The code for a meeting id that is not a 64-bit number; default 99992402 (inferred)",
      121003,
    ),
    detailsAfter90Days: described(
      Schema.Literals([121004, 121003, "found"]),
      "The answer about the details of a meeting that ended more than 90 days ago: a code, or the details (found); default 121004 (inferred)",
      "found",
    ),
    endTimeWhileRunning: described(
      Schema.Literals(["0", "absent", "start"]),
      "The end of a meeting that is running: 0 (the default), absent, or the time of its start. The official command line takes all three for a running meeting (sdk)",
      "absent",
    ),
    participantsUnrequested: described(
      Schema.Literals(["absent", "[]", "null"]),
      "The list of participants when it was not requested; default absent (inferred)",
      "[]",
    ),
    participantRows: described(
      Schema.Literals(["participant", "stay"]),
      "What a row of participants is: a participant with all stays (the default, documented), or a stay, so that somebody who came back has several rows with the same id",
      "stay",
    ),
    abilityForUser: described(
      Schema.Literals(["absent", 121002]),
      "The answer to a user access token that requests ability, which only tenant access tokens get (documented): without it (absent, the default, inferred), or the code 121002",
      121002,
    ),
    userIdWithoutScope: described(
      Schema.Literals([99991672, "absent"]),
      "The answer to user_id_type=user_id without its field scope: the code 99991672 (the default, inferred), or users without ids (absent)",
      "absent",
    ),
    hostWithoutUserId: described(
      Schema.Literals(["absent", "empty"]),
      "The host in user_id_type=user_id when it has no such id, as a room: absent (the default, inferred), or with an empty id",
      "empty",
    ),
    unknownMeetingRecording: described(
      Schema.Literals([122002, 121004]),
      "The code for the recording of a meeting that does not exist; default 122002 (inferred)",
      121004,
    ),
    unrecordedMeeting: described(
      Schema.Literals([121004, "empty"]),
      "The answer about a meeting without a recording: the code 121004 (the default, observed), or success with empty data",
      "empty",
    ),
    recordingWhileRunning: described(
      Schema.Literals([122001, 121004, 124002]),
      "The code for the recording of a meeting that is running; default 122001 (inferred)",
      121004,
    ),
    recordingInProgress: described(
      Schema.Literals([124002, 121004]),
      "The code for a recording that is still being made; default 124002 (documented)",
      121004,
    ),
    recordingForUser: described(
      Schema.Literals(["participant", "owner"]),
      "Users who may see a recording: everybody who took part (participant, the default, sdk), or the host only (owner, documented)",
      "owner",
    ),
    recordingIds: described(
      Schema.Literals(["absent", "sent"]),
      "id and meeting_id of a recording, which the official SDK declares and no document has: absent (the default), or sent",
      "sent",
    ),
    recordingSeconds: described(
      WholeNumber.between(0, TimeText.lastSecond),
      "Seconds from the end of a meeting until its recording is ready, unless the seed says when; default 300 (inferred)",
      60,
    ),
    userMeetings: described(
      Schema.Literals(["own", "all"]),
      "The meetings of a number that the token of a user lists: their own, which they hosted or took part in (the default, inferred), or all of the tenant, as for an app",
      "all",
    ),
    userTokenRateLimit: described(
      limitFrom(1),
      "Requests for users' tokens that pass in 60 seconds for an app, or off; default 1,000 (documented). Without effect while rateLimit is off",
      1000,
    ),
    refreshGrace: described(
      limitFrom(0),
      "Seconds for which a refresh token that was used is answered again, with the same tokens, until the next refresh; default off (documented: it ends when it is used)",
      60,
    ),
    deviceFlow: described(
      Schema.Literals(["on", "off"]),
      "The device flow, which the official command line uses and no document has: on (the default, sdk), or off, so that its path is unknown and its grant is refused with 20036",
      "off",
    ),
  }),
  "Behaviour",
  "Every switch of the mock, one for each choice that Feishu's documents leave; defaults follow the stricter reading",
)
/** The mock's behaviour where Feishu's documents leave it open. */
export type Behaviour = SameAsSchema<PublicTypes.Behaviour, typeof Behaviour>

/** The switches of a mock without options. */
export const defaults: Behaviour = {
  rateLimit: ListByNo.rateLimit,
  detailsRateLimit: GetMeeting.rateLimits[0].requests,
  recordingRateLimit: GetRecording.rateLimits[0].requests,
  rateLimitPerSecond: GetMeeting.rateLimits[1].requests,
  rateWindow: "fixed",
  rateStatus: 429,
  ninetyDays: "both",
  emptyList: "[]",
  lastPageToken: "absent",
  pageTokens: "bound",
  monthlyQuota: "off",
  rateHeaders: "refuses",
  meetingIdRefusal: 99992402,
  detailsAfter90Days: 121004,
  endTimeWhileRunning: "0",
  participantsUnrequested: "absent",
  participantRows: "participant",
  abilityForUser: "absent",
  userIdWithoutScope: 99991672,
  hostWithoutUserId: "absent",
  unknownMeetingRecording: 122002,
  unrecordedMeeting: 121004,
  recordingWhileRunning: 122001,
  recordingInProgress: 124002,
  recordingForUser: "participant",
  recordingIds: "absent",
  recordingSeconds: 300,
  userMeetings: "own",
  userTokenRateLimit: 1_000,
  refreshGrace: "off",
  deviceFlow: "on",
}

/** Returns all switches: those that are given, and for the others those of `others` and the defaults. */
export const withDefaults = (
  given: { readonly [Name in keyof Behaviour]?: Behaviour[Name] | undefined },
  others: Partial<Behaviour> = {},
): Behaviour => ({
  ...defaults,
  ...others,
  ...Object.fromEntries(
    Struct.keys(defaults).flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  ),
})

/** Some of the switches, as in changes and options. */
export const Some = named(
  Behaviour.mapFields(Struct.map(Schema.optionalKey)),
  "Switches",
  "Some of the switches: the others keep their values",
  { rateLimit: 10 },
)

/** A switch that older snapshots do not have. */
const later = <S extends Schema.Top>(schema: S, standard: S["Encoded"]) =>
  schema.pipe(Schema.withDecodingDefaultKey(Effect.succeed(standard)))

/** The switches in a snapshot. Those that an older snapshot does not have get their defaults. */
export const InSnapshot = Behaviour.mapFields((fields) => ({
  ...fields,
  detailsRateLimit: later(fields.detailsRateLimit, defaults.detailsRateLimit),
  recordingRateLimit: later(fields.recordingRateLimit, defaults.recordingRateLimit),
  rateLimitPerSecond: later(fields.rateLimitPerSecond, defaults.rateLimitPerSecond),
  pageTokens: later(fields.pageTokens, defaults.pageTokens),
  rateHeaders: later(fields.rateHeaders, defaults.rateHeaders),
  meetingIdRefusal: later(fields.meetingIdRefusal, defaults.meetingIdRefusal),
  detailsAfter90Days: later(fields.detailsAfter90Days, defaults.detailsAfter90Days),
  endTimeWhileRunning: later(fields.endTimeWhileRunning, defaults.endTimeWhileRunning),
  participantsUnrequested: later(fields.participantsUnrequested, defaults.participantsUnrequested),
  participantRows: later(fields.participantRows, defaults.participantRows),
  abilityForUser: later(fields.abilityForUser, defaults.abilityForUser),
  userIdWithoutScope: later(fields.userIdWithoutScope, defaults.userIdWithoutScope),
  hostWithoutUserId: later(fields.hostWithoutUserId, defaults.hostWithoutUserId),
  unknownMeetingRecording: later(fields.unknownMeetingRecording, defaults.unknownMeetingRecording),
  unrecordedMeeting: later(fields.unrecordedMeeting, defaults.unrecordedMeeting),
  recordingWhileRunning: later(fields.recordingWhileRunning, defaults.recordingWhileRunning),
  recordingInProgress: later(fields.recordingInProgress, defaults.recordingInProgress),
  recordingForUser: later(fields.recordingForUser, defaults.recordingForUser),
  recordingIds: later(fields.recordingIds, defaults.recordingIds),
  recordingSeconds: later(fields.recordingSeconds, defaults.recordingSeconds),
  userMeetings: later(fields.userMeetings, defaults.userMeetings),
  userTokenRateLimit: later(fields.userTokenRateLimit, defaults.userTokenRateLimit),
  refreshGrace: later(fields.refreshGrace, defaults.refreshGrace),
  deviceFlow: later(fields.deviceFlow, defaults.deviceFlow),
})).annotate({
  identifier: "SnapshotBehaviour",
  description: "Every switch. Those that an older snapshot does not have get their defaults",
})
