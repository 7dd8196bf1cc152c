/**
 * Seeds: what a mock starts with: apps, meetings, orders to generate meetings, failures, clock and switches.
 *
 * A seed comes from a YAML or JSON file, or from a program. Either way, before anything starts, all of its faults are
 * reported at once, each with its path.
 */
import * as Behaviour from "../protocol/Behaviour.ts"
import * as FaultRule from "../protocol/FaultRule.ts"
import * as Scopes from "../protocol/Scopes.ts"
import * as JsonSchema from "effect/JsonSchema"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SeedValues from "./SeedValues.ts"
import * as TimeText from "../protocol/TimeText.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import type { SameAsSchema } from "../protocol/SameAsSchema.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"

export { SeedInvalid } from "./SeedInvalid.ts"

const { anyText, atLeastOne, needsQuotes, notATime, optional, shown, text, time, waysOfTime } = SeedValues

/** The message for a relative time that is beyond the last second. */
export const tooLate = `is after the last second of the mock's clock: ${TimeText.lastSecond} in unix seconds`

/** Annotates a Schema with the message for an unknown key. */
export const noOtherKeys = { messageUnexpectedKey: "unknown key" }

/** The kinds of apps. */
export const appTypes = ["self_built", "store"] as const
/** The message for any other kind of app. */
export const notAnAppType = "must be self_built or store"

const trueOrFalse = "must be true or false"
const notRedirectUrls = "must be a list of URLs, such as [http://127.0.0.1:8080/callback]"

/**
 * An app with its credentials. A self-built app belongs to the first of its tenants. With `allowed_ips`, requests from
 * any other address are refused. The events of a store app carry its `verification_token`; with an `encrypt_key` they
 * are encrypted and signed.
 */
export const App = Schema.Struct({
  app_id: SeedValues.appId.annotate({
    description: "The app id that clients send, such as cli_a1b2c3d4e5f6a7b8",
    examples: ["cli_a1b2c3d4e5f6a7b8"],
  }),
  app_secret: SeedValues.sent.annotate({
    description: "The app secret that clients send; make one up",
    examples: ["only-for-tests"],
  }),
  type: Schema.Literals(appTypes).annotate({
    message: notAnAppType,
    description:
      "self_built, or store: a store app gets its tokens with the ticket that is pushed to --app-ticket-url",
    examples: ["self_built"],
  }),
  scopes: Schema.Array(text).annotate({
    description:
      "The scopes of the app. To list meetings it needs vc:meeting:readonly or vc:meeting.meetingid:read; for their details vc:meeting:readonly or vc:meeting.meetingevent:read; for recordings vc:record:readonly",
    examples: [["vc:meeting:readonly"]],
  }),
  tenants: atLeastOne(SeedValues.sent, "tenant").annotate({
    description:
      "The tenants that have installed the app. A self-built app sees the meetings of the first one; a store app gets a token for each tenant",
    examples: [["2ed263bf32cf1651"]],
  }),
  allowed_ips: optional(
    Schema.Array(SeedValues.ipAddress),
    "must be a list of addresses",
    "The addresses that may send requests; all others are refused",
    ["127.0.0.1"],
  ),
  encrypt_key: optional(
    text,
    needsQuotes,
    "For a store app: its tickets are pushed encrypted with this key, and signed",
    "only-for-tests",
  ),
  verification_token: optional(
    text,
    needsQuotes,
    "For a store app: its tickets carry this token",
    "only-for-tests",
  ),
  name: optional(
    SeedValues.shown,
    needsQuotes,
    "The name that the pages for people show (default: the app id)",
    "Meeting reports",
  ),
  redirect_urls: optional(
    Schema.Array(SeedValues.url),
    notRedirectUrls,
    "The redirect URLs of the console, each to the letter; [] permits none (default: every URL of this machine, such as http://127.0.0.1:8080/callback)",
    ["http://127.0.0.1:8080/callback"],
  ),
  refresh_user_access_token: optional(
    Schema.Boolean,
    trueOrFalse,
    "The switch of the console: with false, refreshing is refused with 20074 (default: true)",
    false,
  ),
  enabled: optional(
    Schema.Boolean,
    trueOrFalse,
    "With false the app is not enabled: no user gets tokens, 20069 (default: true)",
    false,
  ),
  availability: optional(
    Schema.Array(SeedValues.sent),
    "must be a list of open_ids",
    "The open_ids of those who may use the app; others get 20010 (default: everybody of its tenants)",
    ["ou_1a2b3c4d5e6f708192a3b4c5d6e7f809"],
  ),
}).annotate({ ...noOtherKeys, identifier: "App", description: "An app with its credentials" })
/** An app with its credentials. */
export type App = SameAsSchema<PublicTypes.App, typeof App>

/** The app of a seed without apps, which may read everything. Its credentials are made up. */
export const defaultApp: App = {
  app_id: "cli_a1b2c3d4e5f6a7b8",
  app_secret: "ThisSecretIsFakeAndOnlyForTests0",
  type: "self_built",
  scopes: Scopes.all,
  tenants: ["2ed263bf32cf1651"],
}

const notAStatus =
  "must be 1 (calling): whether a meeting runs or has ended follows from end_time and the clock"
const notAUser = "must be keys such as open_id: ou_…"

/** The most participants of a meeting that are generated. */
export const mostParticipants = 10_000
/** The message for any other number of participants. */
const notParticipants = `must be a whole number from 0 to ${mostParticipants}`

const flag = (description: string) => optional(Schema.Boolean, trueOrFalse, description, true)

/** The kinds of users (documented). */
const userTypes = [1, 2, 3, 4, 5, 6, 7] as const
const userType =
  "must be 1 (Feishu), 2 (Rooms), 3 (document), 4 or 5 (single product and its guest), 6 (telephone) or 7 (SIP)"

const user = {
  open_id: optional(
    SeedValues.sent,
    needsQuotes,
    "The open_id, such as ou_…; of a room omm_…",
    "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809",
  ),
  union_id: optional(
    SeedValues.sent,
    needsQuotes,
    "The union_id, such as on_… (default: made up from the others)",
    "on_8f7e6d5c4b3a291807f6e5d4c3b2a190",
  ),
  user_id: optional(
    SeedValues.sent,
    needsQuotes,
    "The user_id (default: made up from the others)",
    "9f8e7d6c",
  ),
  user_type: optional(
    Schema.Literals(userTypes).annotate({ message: userType }),
    userType,
    "1 Feishu (default), 2 Rooms, 3 document, 4 and 5 single product and its guest, 6 telephone, 7 SIP",
    1,
  ),
}
const hasId = Schema.makeFilter(
  ({ open_id, union_id, user_id }: Pick<PublicTypes.User, "open_id" | "union_id" | "user_id">) =>
    open_id !== undefined || union_id !== undefined || user_id !== undefined,
  { message: "needs an id: open_id, union_id or user_id", toJsonSchema: () => [{}, true] },
)

/** The host, by ids. */
const User = Schema.Struct(user).annotate(noOtherKeys).check(hasId).annotate({
  identifier: "User",
  description: "Somebody, by ids: one is enough, the mock makes up the others from it",
})

/** The states of an account. */
export const personStates = ["active", "frozen", "resigned", "unregistered", "deleted"] as const
const notAPersonState = "must be active, frozen, resigned, unregistered or deleted"
const notAPolicy = "must be challenge or blocked"

const { open_id, union_id, user_id } = user

/** Somebody of a tenant, who can sign in. */
export const Person = Schema.Struct({
  open_id,
  union_id,
  user_id,
  name: optional(SeedValues.shown, needsQuotes, "The name (default: a made-up one)", "张三"),
  en_name: optional(SeedValues.shown, needsQuotes, "The English name (default: a made-up one)", "San Zhang"),
  tenant_key: optional(
    SeedValues.sent,
    needsQuotes,
    "The tenant (default: the first tenant of the first app)",
    "2ed263bf32cf1651",
  ),
  status: optional(
    Schema.Literals(personStates).annotate({ message: notAPersonState }),
    notAPersonState,
    "active (default), frozen, resigned, unregistered or deleted: all but active get no tokens (20066, or 20008 for deleted)",
    "frozen",
  ),
  policy: optional(
    Schema.Literals(["challenge", "blocked"]).annotate({ message: notAPolicy }),
    notAPolicy,
    "A policy of the tenant: challenge refuses with 21000 and an address, blocked with 21001 (default: none)",
    "challenge",
  ),
})
  .annotate(noOtherKeys)
  .check(hasId)
  .annotate({
    identifier: "Person",
    description:
      "Somebody of a tenant, who can sign in: one id is enough, the mock makes up the others from it",
  })
/** Somebody of a tenant, who can sign in. */
export type Person = SameAsSchema<PublicTypes.Person, typeof Person>

const seconds = "must be a whole number of seconds from 0 to 4294967295"
const neverThere = "must be 1 (called), 3 (ringing) or 4 (did not come): leave it out for somebody who came"

/** A row of the participants. */
const Participant = Schema.Struct({
  ...user,
  first_join_time: optional(time, notATime, `When they joined (default: the start): ${waysOfTime}`, "-110m"),
  final_leave_time: optional(
    time,
    notATime,
    `When they left for good (default: the end): ${waysOfTime}`,
    "-65m",
  ),
  in_meeting_duration: optional(
    WholeNumber.between(0, TimeText.lastSecond, seconds),
    seconds,
    "Seconds in the meeting, all stays added (default: from the first join to the final leave)",
    1800,
  ),
  is_host: flag("True for the host"),
  is_cohost: flag("True for a co-host"),
  is_external: flag("True for somebody of another tenant"),
  status: optional(
    Schema.Literals([1, 3, 4]).annotate({ message: neverThere }),
    neverThere,
    "For somebody who was never in the meeting: 1 calling, 3 ringing (both until it ends), 4 not in the meeting",
    4,
  ),
})
  .annotate(noOtherKeys)
  .check(hasId)
  .annotate({
    identifier: "Participant",
    description: "A row of the participants of a meeting; several rows may have the same ids",
  })

/** What a meeting used. */
const Ability = Schema.Struct({
  use_video: flag("Whether somebody used video"),
  use_audio: flag("Whether somebody used audio"),
  use_share_screen: flag("Whether a screen was shared"),
  use_follow_screen: flag("Whether magic share was used"),
  use_recording: flag("Whether the meeting was recorded"),
  use_pstn: flag("Whether somebody called in by telephone"),
}).annotate({ ...noOtherKeys, identifier: "Ability", description: "What a meeting used" })

const notViewers =
  "must be a list of tenant, user, app ids and open_ids of users, such as [tenant]; [] for nobody"
const viewers = (description: string) =>
  optional(Schema.Array(text).annotate({ message: notViewers }), notViewers, description, [
    "tenant",
    "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809",
  ])

const millis = "must be a whole number of milliseconds from 0 to 4294967295000"

/** The recording of a meeting. */
const Recording = Schema.Struct({
  url: optional(
    shown,
    needsQuotes,
    "The page of its minute (default: one with a made-up token)",
    "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x",
  ),
  duration: optional(
    WholeNumber.between(0, TimeText.lastSecond * 1_000, millis),
    millis,
    "Milliseconds (default: the duration of the meeting)",
    3541000,
  ),
  ready_time: optional(
    time,
    notATime,
    `When it is ready (default: some minutes after the end of the meeting): ${waysOfTime}`,
    "-55m",
  ),
  visible_to: viewers(
    "The tokens that may see it: tenant, user, app ids, open_ids (default: those that may see the meeting)",
  ),
}).annotate({
  ...noOtherKeys,
  identifier: "Recording",
  description: "The recording of a meeting, which is made after its end",
})

/** An order to generate the details of a meeting. */
const GenerateDetails = Schema.Struct({
  random_seed: optional(
    text,
    needsQuotes,
    "The same random seed and id give the same details (default: the random seed of the mock)",
    "7",
  ),
  participants: optional(
    WholeNumber.between(0, mostParticipants, notParticipants),
    notParticipants,
    "The number of participants (default: a plausible one)",
    12,
  ),
}).annotate({
  ...noOtherKeys,
  identifier: "GenerateDetails",
  description: "An order to generate the details of a meeting",
})

/**
 * One meeting. `id` is a 64-bit integer as text. A time is unix seconds, ISO text with a zone, a date in UTC, or counted
 * from the start of the mock's clock, such as `-3d`. Without `tenant_key` the meeting belongs to the first tenant of the
 * first app.
 */
export const Meeting = Schema.Struct({
  id: SeedValues.meetingId,
  meeting_no: SeedValues.meetingNo,
  topic: shown.annotate({ description: "The topic of the meeting; may be empty", examples: ["Weekly sync"] }),
  url: optional(
    shown,
    needsQuotes,
    "The link with which people join, such as https://vc.feishu.cn/j/337736498",
    "https://vc.feishu.cn/j/337736498",
  ),
  password: optional(shown, needsQuotes, "The password of the meeting, in quotes", "012345"),
  start_time: time.annotate({
    description: `When the meeting started: ${waysOfTime}. Feishu shows meetings of the last 90 days`,
    examples: ["-2h"],
  }),
  end_time: optional(time, notATime, `When the meeting ended: ${waysOfTime}`, "-1h"),
  tenant_key: optional(
    text,
    needsQuotes,
    "The tenant that the meeting belongs to (default: the first tenant of the first app)",
    "2ed263bf32cf1651",
  ),
  meeting_connect: optional(
    Schema.Boolean,
    "must be true or false",
    "The value of Feishu's field meeting_connect",
    false,
  ),
  note_id: optional(shown, needsQuotes, "The id of the meeting's note, in quotes", "7595256734720000002"),
  status: optional(
    Schema.Literal(1).annotate({ message: notAStatus }),
    notAStatus,
    "1 while the meeting calls people and nobody has answered",
    1,
  ),
  create_time: optional(time, notATime, `When it was created (default: start_time): ${waysOfTime}`, "-2h"),
  host_user: optional(User, notAUser, "The host, by ids (default: the participant with is_host)", {
    open_id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809",
  }),
  participants: optional(
    Schema.Array(Participant),
    "must be a list of participants",
    "Who took part, a row each; several rows may have the same ids",
    [{ open_id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809", is_host: true }],
  ),
  ability: optional(Ability, "must be keys such as use_video: true", "What the meeting used", {
    use_video: true,
  }),
  recording: optional(
    Recording,
    "must be keys such as url and duration; {} for a made-up recording",
    "The recording, which is made after the end; {} for a made-up one",
    { duration: 3541000 },
  ),
  note_doc_token: optional(
    shown,
    needsQuotes,
    "The token of the document with the AI note, in quotes",
    "doxcnW4k7m2p9q1r5s8t3v6w0x1",
  ),
  verbatim_doc_token: optional(
    shown,
    needsQuotes,
    "The token of the document with the transcript, in quotes",
    "doxcnT4k7m2p9q1r5s8t3v6w0x2",
  ),
  visible_to: viewers(
    "The tokens that may see the meeting: tenant, user, app ids, open_ids of users (default: all with the scope); others get 121005",
  ),
  generate: optional(
    GenerateDetails,
    "must be keys such as participants: 12; {} for a plausible number",
    "Generates participants, host, recording and documents that are not given; {} for a plausible number of participants",
    { participants: 12 },
  ),
}).annotate({
  ...noOtherKeys,
  identifier: "Meeting",
  description: "A meeting, as a seed has it",
  examples: [
    {
      id: "7011030664708603907",
      meeting_no: "337736498",
      topic: "Weekly sync",
      start_time: "-2h",
      end_time: "-1h",
      participants: [{ open_id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809", is_host: true }],
      recording: { duration: 3541000 },
    },
  ],
})
/** The fields of the values in a meeting that have keys. */
export const fieldsWithin: Readonly<Record<PropertyKey, object>> = {
  host_user: User.fields,
  participants: Participant.fields,
  ability: Ability.fields,
  recording: Recording.fields,
  generate: GenerateDetails.fields,
}
/** One meeting. */
export type Meeting = SameAsSchema<PublicTypes.Meeting, typeof Meeting>

/**
 * An order to generate `count` meetings of a number, spread from `from` (inclusive) to `to` (exclusive), which are written
 * like the times of a meeting. Without them, the meetings are spread over the days (88 by default) before the UTC day in
 * which the mock's clock starts. Without `tenant_key` they belong to the first tenant of the first app.
 */
export const Generate = Schema.Struct({
  meeting_no: SeedValues.meetingNo,
  count: SeedValues.count.annotate({
    description: "The number of meetings to generate, from 0 to 1000000",
    examples: [120],
  }),
  from: optional(
    time,
    notATime,
    `The earliest start (default: 88 days before today in UTC): ${waysOfTime}`,
    "-4w",
  ),
  to: optional(
    time,
    notATime,
    `The end of the range of starts, exclusive (default: the start of today in UTC): ${waysOfTime}`,
    "-1d",
  ),
  participants: optional(
    WholeNumber.between(0, mostParticipants, notParticipants),
    notParticipants,
    "The number of participants of each meeting (default: a plausible one)",
    12,
  ),
  tenant_key: optional(
    text,
    needsQuotes,
    "The tenant that the meetings belong to (default: the first tenant of the first app). Each tenant may have its own order for the same number",
    "2ed263bf32cf1651",
  ),
}).annotate({
  ...noOtherKeys,
  identifier: "Generate",
  description: "An order to generate meetings of a number, spread over a range of time",
})
/** An order to generate meetings. */
export type Generate = SameAsSchema<PublicTypes.Generate, typeof Generate>

/** The mock's clock at its start. */
export const ClockStart = Schema.Struct({
  now: optional(
    time,
    notATime,
    `The time that the clock shows at the start (default: the present): ${waysOfTime.replace("the mock starts", "the present")}`,
    "2026-01-31T09:00:00Z",
  ),
  frozen: flag("True for a clock that stands still until it is moved (default: false)"),
}).annotate({ ...noOtherKeys, identifier: "ClockStart", description: "The mock's clock at its start" })

/** The keys of a seed that have a meaning. */
export const Keys = Schema.Struct({
  $schema: optional(
    anyText,
    needsQuotes,
    "In JSON: the file in which editors find this description, ./feishu.schema.json",
    "./feishu.schema.json",
  ),
  apps: optional(
    atLeastOne(App, "app"),
    "must be a list of apps",
    "The apps that may send requests (default: one made-up app that may read meetings)",
    [defaultApp],
  ),
  users: optional(
    Schema.Array(Person),
    "must be a list of users, such as - { open_id: ou_…, name: 张三 }",
    "Those who can sign in (default: a few of those who take part in the meetings)",
    [{ open_id: "ou_1a2b3c4d5e6f708192a3b4c5d6e7f809", name: "张三" }],
  ),
  meetings: optional(Schema.Array(Meeting), "must be a list of meetings", "Meetings, one by one", [
    { id: "7011030664708603907", meeting_no: "337736498", topic: "Weekly sync", start_time: "-2h" },
  ]),
  generate: optional(
    Schema.Array(Generate),
    "must be a list of orders to generate meetings",
    "Orders to generate meetings, spread over a range of time",
    [{ meeting_no: "146453285", count: 120 }],
  ),
  faults: optional(
    FaultRule.Rules,
    "must be a list of rules, such as - { operation: meetings.listByNo, then: { code: 121001 } }",
    "Rules for failures, which are there from the start and after a reset",
    [{ operation: "meetings.listByNo", when: { nth: 3 }, then: { code: 121001 } }],
  ),
  chaos: optional(
    FaultRule.Chaos,
    "must be keys such as rate: 0.1",
    "Random failures from the start (default: none)",
    { rate: 0.1, seed: 7 },
  ),
  clock: optional(ClockStart, "must be keys such as now: 2026-01-31T09:00:00Z", "The clock at the start", {
    now: "2026-01-31T09:00:00Z",
    frozen: true,
  }),
  behaviour: optional(
    Behaviour.Some,
    "must be switches such as rateLimit: 10",
    "Limits and other switches (default: those of the command)",
    { rateLimit: 10 },
  ),
})

/**
 * The whole seed. Without `apps` it has {@link defaultApp}. `$schema` is ignored: editors look for it in JSON. Keys at the
 * top that start with `x-` are ignored, too: they are a place for YAML's anchors, as in compose files. An app or a meeting
 * may not have such keys, since a merge key would copy them into another one.
 */
export const Seed: Schema.Codec<typeof Keys.Type, typeof Keys.Encoded> = Schema.StructWithRest(Keys, [
  Schema.Record(Schema.TemplateLiteral(["x-", Schema.String]), Schema.Unknown),
]).annotate({ ...noOtherKeys, identifier: "Seed", description: "What a mock starts with" })
/** A whole seed. */
export type Seed = SameAsSchema<InDecoded<PublicTypes.Seed>, typeof Seed>

/** A seed whose failures have their delays in seconds, and their defaults. */
type InDecoded<Public> = Omit<Public, "faults" | "chaos"> & {
  readonly faults?: ReadonlyArray<FaultRule.Rule>
  readonly chaos?: FaultRule.Chaos
}

/** The keys whose values are times, at any depth. */
export const timeKeys = [
  "start_time",
  "end_time",
  "create_time",
  "first_join_time",
  "final_leave_time",
  "ready_time",
  "from",
  "to",
] as const
type TimeKey = (typeof timeKeys)[number]
const timeKeySet: ReadonlySet<string> = new Set(timeKeys)
const isObject = (value: unknown): value is object => typeof value === "object" && value !== null

/** An entry with every time in unix seconds. */
export type InSeconds<Entry> =
  Entry extends ReadonlyArray<infer Item>
    ? ReadonlyArray<InSeconds<Item>>
    : Entry extends object
      ? {
          readonly [Key in keyof Entry]: Key extends TimeKey
            ? Exclude<Entry[Key], string>
            : InSeconds<Entry[Key]>
        }
      : Entry

/** Returns the entry with its times in unix seconds. Relative times count from `now`; those before 1970 become 0. */
export const inSeconds = <Entry extends Meeting | Generate>(entry: Entry, now: number): InSeconds<Entry> => {
  const resolved = (value: object): object => {
    if (Array.isArray(value)) return value.map((one) => (isObject(one) ? resolved(one) : one))
    const copy: Record<string, unknown> = { ...value }
    for (const key in copy) {
      const inner = copy[key]
      if (typeof inner === "string") {
        if (timeKeySet.has(key)) copy[key] = Math.max(0, Option.getOrThrow(TimeText.from(inner, now)))
      } else if (isObject(inner)) copy[key] = resolved(inner)
    }
    return copy
  }
  return resolved(entry) as InSeconds<Entry>
}

/**
 * Returns the JSON Schema of a seed file, in the draft that every editor knows. It accepts seeds that `SeedCheck` still
 * refuses.
 */
export const jsonSchema = (): JsonSchema.JsonSchema => {
  const { definitions, schema } = JsonSchema.toDocumentDraft07(
    Schema.toJsonSchemaDocument(Seed, { onExcessProperty: "error" }),
  )
  const { Seed: root = schema, ...others } = definitions
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A seed of feishu-mock",
    ...root,
    definitions: others,
  }
}
