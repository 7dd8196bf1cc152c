/**
 * Seeds: the apps, the meetings and the orders to generate meetings that a mock starts with.
 *
 * A seed comes from a YAML or JSON file, or from a program. Either way, before anything starts, all of its faults are
 * reported at once, each with its path.
 */
import { ListByNo } from "@effect-feishu/contract"
import * as JsonSchema from "effect/JsonSchema"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SeedValues from "./SeedValues.ts"
import * as TimeText from "./TimeText.ts"
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

/**
 * An app with its credentials. A self-built app belongs to the first of its tenants. With `allowed_ips`, requests from
 * any other address are refused. The events of a store app carry its `verification_token`; with an `encrypt_key` they
 * are encrypted and signed.
 */
export const App = Schema.Struct({
  app_id: SeedValues.appId.annotate({
    description: "The app id that clients send, such as cli_a1b2c3d4e5f6a7b8",
  }),
  app_secret: SeedValues.sent.annotate({ description: "The app secret that clients send; make one up" }),
  type: Schema.Literals(appTypes).annotate({
    message: notAnAppType,
    description:
      "self_built, or store: a store app gets its tokens with the ticket that is pushed to --app-ticket-url",
  }),
  scopes: Schema.Array(text).annotate({
    description:
      "The scopes of the app. To read meetings it needs vc:meeting:readonly or vc:meeting.meetingid:read",
  }),
  tenants: atLeastOne(SeedValues.sent, "tenant").annotate({
    description:
      "The tenants that have installed the app. A self-built app sees the meetings of the first one; a store app gets a token for each tenant",
  }),
  allowed_ips: optional(
    Schema.Array(SeedValues.ipAddress),
    "must be a list of addresses",
    "The addresses that may send requests; all others are refused",
  ),
  encrypt_key: optional(
    text,
    needsQuotes,
    "For a store app: its tickets are pushed encrypted with this key, and signed",
  ),
  verification_token: optional(text, needsQuotes, "For a store app: its tickets carry this token"),
}).annotate(noOtherKeys)
/** An app with its credentials. */
export type App = SameAsSchema<PublicTypes.App, typeof App>

/** The app of a seed without apps. Its credentials are made up. */
export const defaultApp: App = {
  app_id: "cli_a1b2c3d4e5f6a7b8",
  app_secret: "ThisSecretIsFakeAndOnlyForTests0",
  type: "self_built",
  scopes: ListByNo.scopes,
  tenants: ["2ed263bf32cf1651"],
}

/**
 * One meeting. `id` is a 64-bit integer as text. A time is unix seconds, ISO text with a zone, a date in UTC, or counted
 * from the start of the mock's clock, such as `-3d`. Without `tenant_key` the meeting belongs to the first tenant of the
 * first app.
 */
export const Meeting = Schema.Struct({
  id: SeedValues.meetingId,
  meeting_no: SeedValues.meetingNo,
  topic: shown.annotate({ description: "The topic of the meeting; may be empty" }),
  url: optional(
    shown,
    needsQuotes,
    "The link with which people join, such as https://vc.feishu.cn/j/337736498",
  ),
  password: optional(shown, needsQuotes, "The password of the meeting, in quotes"),
  start_time: time.annotate({
    description: `When the meeting started: ${waysOfTime}. Feishu shows meetings of the last 90 days`,
  }),
  end_time: optional(time, notATime, `When the meeting ended: ${waysOfTime}`),
  tenant_key: optional(
    text,
    needsQuotes,
    "The tenant that the meeting belongs to (default: the first tenant of the first app)",
  ),
  meeting_connect: optional(
    Schema.Boolean,
    "must be true or false",
    "The value of Feishu's field meeting_connect",
  ),
  note_id: optional(shown, needsQuotes, "The id of the meeting's note, in quotes"),
}).annotate(noOtherKeys)
/** One meeting. */
export type Meeting = SameAsSchema<PublicTypes.Meeting, typeof Meeting>

/**
 * An order to generate `count` meetings of a number, spread from `from` (inclusive) to `to` (exclusive), which are written
 * like the times of a meeting. Without them, the meetings are spread over the days (89 by default) before the UTC day in
 * which the mock's clock starts.
 */
export const Generate = Schema.Struct({
  meeting_no: SeedValues.meetingNo,
  count: SeedValues.count.annotate({ description: "The number of meetings to generate, from 0 to 1000000" }),
  from: optional(time, notATime, `The earliest start (default: 89 days before today): ${waysOfTime}`),
  to: optional(
    time,
    notATime,
    `The end of the range of starts, exclusive (default: the start of today in UTC): ${waysOfTime}`,
  ),
}).annotate(noOtherKeys)
/** An order to generate meetings. */
export type Generate = SameAsSchema<PublicTypes.Generate, typeof Generate>

/** The keys of a seed that have a meaning. */
export const Keys = Schema.Struct({
  $schema: optional(
    anyText,
    needsQuotes,
    "In JSON: the file in which editors find this description, ./feishu.schema.json",
  ),
  apps: optional(
    atLeastOne(App, "app"),
    "must be a list of apps",
    "The apps that may send requests (default: one made-up app that may read meetings)",
  ),
  meetings: optional(Schema.Array(Meeting), "must be a list of meetings", "Meetings, one by one"),
  generate: optional(
    Schema.Array(Generate),
    "must be a list of orders to generate meetings",
    "Orders to generate meetings, spread over a range of time",
  ),
})

/**
 * The whole seed. Without `apps` it has {@link defaultApp}. `$schema` is ignored: editors look for it in JSON. Keys at the
 * top that start with `x-` are ignored, too: they are a place for YAML's anchors, as in compose files. An app or a meeting
 * may not have such keys, since a merge key would copy them into another one.
 */
export const Seed: Schema.Codec<typeof Keys.Type, typeof Keys.Encoded> = Schema.StructWithRest(Keys, [
  Schema.Record(Schema.TemplateLiteral(["x-", Schema.String]), Schema.Unknown),
]).annotate(noOtherKeys)
/** A whole seed. */
export type Seed = SameAsSchema<PublicTypes.Seed, typeof Seed>

/** An entry with every time in unix seconds. */
export type InSeconds<Entry extends Meeting | Generate> = {
  readonly [Key in keyof Entry]: Key extends "start_time" | "end_time" | "from" | "to"
    ? Exclude<Entry[Key], string>
    : Entry[Key]
}

/** Returns the entry with its times in unix seconds. Relative times count from `now`; those before 1970 become 0. */
export const inSeconds = <Entry extends Meeting | Generate>(entry: Entry, now: number): InSeconds<Entry> => {
  const resolved: Record<string, unknown> = { ...entry }
  for (const key of ["start_time", "end_time", "from", "to"]) {
    const time = resolved[key]
    if (typeof time === "string") resolved[key] = Math.max(0, Option.getOrThrow(TimeText.from(time, now)))
  }
  return resolved as InSeconds<Entry>
}

/**
 * Returns the JSON Schema of a seed file, in the draft that every editor knows. It accepts seeds that `SeedCheck` still
 * refuses.
 */
export const jsonSchema = (): JsonSchema.JsonSchema => ({
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "A seed of feishu-mock",
  ...JsonSchema.toDocumentDraft07(Schema.toJsonSchemaDocument(Seed, { onExcessProperty: "error" })).schema,
})
