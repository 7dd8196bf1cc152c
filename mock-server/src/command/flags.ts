/** The flags that start the mock. */
import * as Flag from "effect/cli/Flag"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import * as Addresses from "../state/Addresses.ts"
import * as Behaviour from "../protocol/Behaviour.ts"
import * as GivenOptions from "../state/GivenOptions.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import * as TimeText from "../protocol/TimeText.ts"
import * as RequestLog from "./RequestLog.ts"

const wholeNumberFrom = ([minimum, maximum]: readonly [number, number]) =>
  `a whole number from ${minimum} to ${maximum}`

/** The smallest and the largest value of each whole number. */
const bounds = { ...GivenOptions.bounds, "recording-seconds": [0, TimeText.lastSecond] } as const

/** The values that each flag takes. Effect's own messages differ by where it found the mistake ("Expected an integer", "Expected: FILE"). */
export const takes: Readonly<Record<string, string>> = {
  port: wholeNumberFrom(GivenOptions.bounds.port),
  host: Addresses.host.takes,
  seed: "a YAML or JSON file, or - for standard input",
  numbers: wholeNumberFrom(GivenOptions.bounds.numbers),
  meetings: wholeNumberFrom(GivenOptions.bounds.meetings),
  participants: wholeNumberFrom(GivenOptions.bounds.participants),
  "tenant-key": "a tenant of an app in the seed",
  days: wholeNumberFrom(GivenOptions.bounds.days),
  "recording-seconds": wholeNumberFrom(bounds["recording-seconds"]),
  "random-seed": "any text",
  now: "a time such as 2026-01-31T09:00:00Z, 2026-01-31, 1769850000 (unix seconds) or -3d (before the present)",
  ...Object.fromEntries(
    ["rate-limit", "details-rate-limit", "recording-rate-limit", "rate-limit-per-second"].map((flag) => [
      flag,
      `a number of requests from 1 to ${WholeNumber.mostTimes}, or off`,
    ]),
  ),
  "monthly-quota": `a number of calls from 0 to ${WholeNumber.mostTimes}, or off`,
  "control-token": Addresses.controlToken.takes,
  fault: "a rule as in a seed",
  chaos: "a fraction from 0 to 1, or chaos as in a seed",
  cors: Addresses.origin.takes,
  "app-ticket-url": Addresses.eventUrl.takes,
}

const whatItTakes = (flag: string) => () => takes[flag] ?? ""

const orUndefined = <A>(flag: Flag.Flag<A>): Flag.Flag<A | undefined> =>
  flag.pipe(Flag.optional, Flag.map(Option.getOrUndefined))

/** Decimal digits only: `Flag.Int` also reads 0x10, 1e3 and 1.0. */
const numberIn = (text: string): number => (/^(0|[1-9]\d{0,15})$/.test(text) ? Number(text) : Number.NaN)

const wholeNumber = (flag: keyof typeof bounds) => {
  const [minimum, maximum] = bounds[flag]
  return Flag.String(flag).pipe(
    Flag.withMetavar("N"),
    Flag.filterMap((text) => {
      const n = numberIn(text)
      return n >= minimum && n <= maximum ? Option.some(n) : Option.none()
    }, whatItTakes(flag)),
  )
}

const { defaults } = Behaviour
const { fields } = Behaviour.Behaviour

/** A switch that takes a number or `off`. */
const limit = (
  flag: string,
  name: "rateLimit" | "detailsRateLimit" | "recordingRateLimit" | "rateLimitPerSecond" | "monthlyQuota",
  description: string,
) => {
  const isLimit = Schema.is(fields[name])
  return Flag.String(flag).pipe(
    Flag.withMetavar("N|off"),
    Flag.filterMap((text): Option.Option<number | "off"> => {
      const value = text === "off" ? text : numberIn(text)
      return isLimit(value) ? Option.some(value) : Option.none()
    }, whatItTakes(flag)),
    Flag.withDescription(description),
    orUndefined,
  )
}

/** A switch that takes one of several words or codes. */
const choice = <const Choice extends string | number>(
  flag: string,
  { literals }: { readonly literals: ReadonlyArray<Choice> },
  description: string,
) =>
  Flag.Literals(flag, literals.map(String)).pipe(
    Flag.map((text) => literals.find((literal) => String(literal) === text)),
    Flag.withMetavar("WAY"),
    Flag.withDescription(description),
    orUndefined,
  )

const isTime = Schema.is(VirtualClock.Time)

/** The flags for the address of the mock, and for access to its control plane. */
const listening = {
  port: wholeNumber("port").pipe(
    Flag.withDescription("Port to listen on (default: 8787); 0 takes any free port"),
    Flag.withDefault(8787),
  ),
  host: Flag.String("host").pipe(
    Flag.withMetavar("ADDRESS"),
    Flag.filter(Addresses.host.is, whatItTakes("host")),
    Flag.withDescription("Address to listen on (default: 127.0.0.1, which other machines cannot reach)"),
    Flag.withDefault("127.0.0.1"),
  ),
  controlToken: Flag.Redacted("control-token").pipe(
    Flag.withMetavar("TEXT"),
    Flag.filter((token) => Addresses.controlToken.is(Redacted.value(token)), whatItTakes("control-token")),
    Flag.withDescription(
      "Token that the control plane under /_mock requires (default: none on a loopback address, a generated one elsewhere)",
    ),
    orUndefined,
  ),
  cors: Flag.String("cors").pipe(
    Flag.withMetavar("ORIGIN"),
    Flag.filter(Addresses.origin.is, whatItTakes("cors")),
    Flag.withDescription("Origin whose web pages may also use the control plane (default: none)"),
    orUndefined,
  ),
}

/** The flags for what the mock holds, and for the start of its clock. */
const contents = {
  seed: Flag.String("seed").pipe(
    Flag.withMetavar("FILE"),
    Flag.filter((path) => path !== "", whatItTakes("seed")),
    Flag.withDescription(
      "YAML or JSON file with apps, meetings and meetings to generate; - reads standard input. JSON may have comments, and YAML merge keys (<<). The command init writes a file to start from. Without --seed, --numbers, --meetings, --participants and --tenant-key, an embedded sample is served",
    ),
    orUndefined,
  ),
  numbers: wholeNumber("numbers").pipe(
    Flag.withDescription("Generate this many meeting numbers (default: 3 when --meetings is given)"),
    orUndefined,
  ),
  meetings: wholeNumber("meetings").pipe(
    Flag.withDescription(
      "Generate this many meetings for each generated number (default: 120 when --numbers is given)",
    ),
    orUndefined,
  ),
  participants: wholeNumber("participants").pipe(
    Flag.withDescription(
      "Generate this many participants for each meeting of the generated numbers (default: a plausible number)",
    ),
    orUndefined,
  ),
  tenantKey: Flag.String("tenant-key").pipe(
    Flag.withMetavar("KEY"),
    Flag.filter((key) => key !== "", whatItTakes("tenant-key")),
    Flag.withDescription(
      "Tenant that the meetings of the generated numbers belong to (default: the first tenant of the first app)",
    ),
    orUndefined,
  ),
  days: wholeNumber("days").pipe(
    Flag.withDescription("Spread generated meetings over this many days before today, UTC (default: 89)"),
    Flag.withDefault(89),
  ),
  randomSeed: Flag.String("random-seed").pipe(
    Flag.withMetavar("TEXT"),
    Flag.withDescription("Any text (default: 1); the same text and the same --now give the same bytes"),
    Flag.withDefault("1"),
  ),
  now: Flag.String("now").pipe(
    Flag.withMetavar("TIME"),
    Flag.filter(
      // Fewer than ten digits are meant as a date, such as 20260131, not as a second of 1970.
      (text) => !/^\d{1,9}$/.test(text) && isTime(text),
      whatItTakes("now"),
    ),
    Flag.withDescription(
      "Start the mock's clock at this time (default: that of the seed, or the present): ISO 8601 with a time zone, unix seconds, or a time before the present, as in --now=-3d",
    ),
    orUndefined,
  ),
  frozen: Flag.Boolean("frozen").pipe(
    Flag.withDescription(
      "Stop the mock's clock at its start; POST /_mock/clock moves it (default: that of the seed, or running)",
    ),
    orUndefined,
  ),
}

/** The flags for failures on demand. */
const failures = {
  fault: Flag.String("fault").pipe(
    Flag.withMetavar("RULE"),
    Flag.withDescription(
      "A rule for failures, written as in a seed, in YAML or JSON: '{ operation: meetings.listByNo, when: { nth: 3 }, then: { status: 503 } }'. May be repeated; these rules come before those of the seed, and are there again after a reset",
    ),
    Flag.atLeast(0),
  ),
  chaos: Flag.String("chaos").pipe(
    Flag.withMetavar("RATE|CHAOS"),
    Flag.withDescription(
      "Random failures: the fraction of calls that fail, as 0.1, or all of it as in a seed: '{ rate: 0.1, seed: 7, faults: [{ status: 503 }] }' (default: none)",
    ),
    orUndefined,
  ),
}

/** The flags for the switches of `Behaviour`, and for the address of events. */
const behaviour = {
  rateLimit: limit(
    "rate-limit",
    "rateLimit",
    `Requests for meetings of a number per minute for an app and tenant (default: ${defaults.rateLimit}); off switches off the limits of all endpoints`,
  ),
  detailsRateLimit: limit(
    "details-rate-limit",
    "detailsRateLimit",
    `Requests for details per minute for an app and tenant (default: ${defaults.detailsRateLimit})`,
  ),
  recordingRateLimit: limit(
    "recording-rate-limit",
    "recordingRateLimit",
    `Requests for recordings per minute for an app and tenant (default: ${defaults.recordingRateLimit})`,
  ),
  rateLimitPerSecond: limit(
    "rate-limit-per-second",
    "rateLimitPerSecond",
    `Requests for details, and for recordings, per second for an app and tenant (default: ${defaults.rateLimitPerSecond})`,
  ),
  rateWindow: choice(
    "rate-window",
    fields.rateWindow,
    "How requests are counted: in windows that start with the first request (the default), in sliding windows, or from token buckets",
  ),
  rateStatus: choice(
    "rate-status",
    fields.rateStatus,
    "HTTP status of a request over the rate limit (default: 429); some older endpoints of Feishu answer 400",
  ),
  rateHeaders: choice(
    "rate-headers",
    fields.rateHeaders,
    "The window that the headers of a refusal describe: the one that refuses (the default), or the longest",
  ),
  monthlyQuota: limit(
    "monthly-quota",
    "monthlyQuota",
    "Successful calls per calendar month (UTC+8) for a tenant (default: off)",
  ),
  ninetyDays: choice(
    "ninety-days",
    fields.ninetyDays,
    "What the 90-day limit applies to, which Feishu's documents leave open: the span of a query, how far it looks back, or both (the default)",
  ),
  emptyList: choice("empty-list", fields.emptyList, "The list of an empty page (default: [])"),
  lastPageToken: choice(
    "last-page-token",
    fields.lastPageToken,
    "The page token of the last page (default: absent)",
  ),
  pageTokens: choice(
    "page-tokens",
    fields.pageTokens,
    "Which queries accept a page token: only the query that it was given for (bound, the default), or any query of the same number, whatever its times and page size (free)",
  ),
  appTicketUrl: Flag.String("app-ticket-url").pipe(
    Flag.withMetavar("URL"),
    Flag.filter(Addresses.eventUrl.is, whatItTakes("app-ticket-url")),
    Flag.withDescription(
      "Push the tickets of store apps to this URL: at the start, every hour, and on request",
    ),
    orUndefined,
  ),
  meetingIdRefusal: choice(
    "meeting-id-refusal",
    fields.meetingIdRefusal,
    "The code for a meeting id that is not a 64-bit number (default: 99992402)",
  ),
  detailsAfter90Days: choice(
    "details-after-90-days",
    fields.detailsAfter90Days,
    "The code for details of a meeting that ended more than 90 days ago (default: 121004), or found",
  ),
  endTimeWhileRunning: choice(
    "end-time-while-running",
    fields.endTimeWhileRunning,
    "The end_time of a meeting that is running: 0 (the default), absent, or its start time",
  ),
  participantsUnrequested: choice(
    "participants-unrequested",
    fields.participantsUnrequested,
    "The participants of details when they were not requested (default: absent)",
  ),
  participantRows: choice(
    "participant-rows",
    fields.participantRows,
    "What a row of participants is: a participant with all stays (the default), or a stay",
  ),
  abilityForUser: choice(
    "ability-for-user",
    fields.abilityForUser,
    "The answer to a user token that requests the ability: without it (absent, the default), or the code 121002",
  ),
  userIdWithoutScope: choice(
    "user-id-without-scope",
    fields.userIdWithoutScope,
    "The answer to user_id_type=user_id without its scope: the code 99991672 (the default), or users without ids (absent)",
  ),
  hostWithoutUserId: choice(
    "host-without-user-id",
    fields.hostWithoutUserId,
    "The host of a meeting when it has no user_id, such as a room: absent (the default), or with an empty id",
  ),
  unknownMeetingRecording: choice(
    "unknown-meeting-recording",
    fields.unknownMeetingRecording,
    "The code for the recording of a meeting that does not exist (default: 122002)",
  ),
  unrecordedMeeting: choice(
    "unrecorded-meeting",
    fields.unrecordedMeeting,
    "The answer about a meeting without a recording: the code 121004 (the default), or success with empty data",
  ),
  recordingWhileRunning: choice(
    "recording-while-running",
    fields.recordingWhileRunning,
    "The code for the recording of a meeting that is running (default: 122001)",
  ),
  recordingInProgress: choice(
    "recording-in-progress",
    fields.recordingInProgress,
    "The code for a recording that is still being made after the meeting (default: 124002)",
  ),
  recordingForUser: choice(
    "recording-for-user",
    fields.recordingForUser,
    "Users who may see a recording with their token: everybody who took part (participant, the default), or only the host (owner)",
  ),
  recordingIds: choice(
    "recording-ids",
    fields.recordingIds,
    "The id and meeting_id of a recording, which the official SDK declares and no document has: absent (the default), or sent",
  ),
  recordingSeconds: wholeNumber("recording-seconds").pipe(
    Flag.withDescription(
      `Seconds from the end of a meeting until its recording is ready (default: ${defaults.recordingSeconds})`,
    ),
    orUndefined,
  ),
}

/** The flags for what the command prints. */
const output = {
  log: Flag.Literals("log", RequestLog.formats).pipe(
    Flag.withMetavar("WAY"),
    Flag.withDescription(
      "Log every request to standard error: pretty is a line for people, json a line of JSON (default: pretty on a terminal without --json, none elsewhere)",
    ),
    orUndefined,
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription(
      "When ready, print one line of JSON instead of the banner: url, appId, appSecret, meetingNos",
    ),
    Flag.withDefault(false),
  ),
}

/** Every flag, in the order of the help. */
export const all = { ...listening, ...contents, ...failures, ...behaviour, ...output }

/** The headings in the help, by the flag that follows each. */
export const groups = {
  port: "where it listens",
  seed: "what it holds",
  fault: "how it fails",
  "rate-limit": "how it behaves",
  "meeting-id-refusal": "how it answers about one meeting",
  log: "what it prints",
}
