/**
 * What the mock is filled with: apps, meetings, and orders to generate meetings.
 *
 * A seed comes from a YAML or JSON file or from a program. Either way all of its faults are told at once, each
 * with its path, before anything starts.
 */
import { ListByNo } from "@effect-feishu/contract"
import * as JsonSchema from "effect/JsonSchema"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SeedValues from "./SeedValues.ts"
import * as TimeText from "./TimeText.ts"

export { SeedInvalid } from "./SeedInvalid.ts"

const { anyText, atLeastOne, needsQuotes, notATime, optional, shown, text, time, waysOfTime } = SeedValues

/** Why a time that is relative is none after all. */
export const tooLate = `is after the last second that there is: ${TimeText.lastSecond}, in unix seconds`

/** What is said of a key that is not known. */
export const noOtherKeys = { messageUnexpectedKey: "there is no such key" }

/** The kinds of apps. */
export const appTypes = ["self_built", "store"] as const
/** What is said of a type that is none of them. */
export const notAnAppType = "takes self_built or store"

/**
 * An app with its credentials. A self-built app lives in the first of its tenants. Where there are `allowed_ips`,
 * requests from any other address are refused. A store app's events carry its `verification_token`, and are encrypted
 * and signed where it has an `encrypt_key`.
 */
export const App = Schema.Struct({
  app_id: SeedValues.appId.annotate({
    description: "The app id that a client sends, such as cli_a1b2c3d4e5f6a7b8",
  }),
  app_secret: SeedValues.sent.annotate({ description: "The app secret that a client sends; made up" }),
  type: Schema.Literals(appTypes).annotate({
    message: notAnAppType,
    description: "self_built, or store: its tokens take the ticket that is pushed to --app-ticket-url",
  }),
  scopes: Schema.Array(text).annotate({
    description:
      "The scopes that the app has. Without vc:meeting:readonly and vc:meeting.meetingid:read it may not read meetings",
  }),
  tenants: atLeastOne(SeedValues.sent, "tenant").annotate({
    description:
      "The tenants that have the app. A self-built app sees the meetings of the first; a store app asks for a token for each",
  }),
  allowed_ips: optional(
    Schema.Array(SeedValues.ipAddress),
    "takes a list of addresses",
    "Requests from other addresses than these are refused",
  ),
  encrypt_key: optional(
    text,
    needsQuotes,
    "Of a store app: its tickets are pushed encrypted with this key, and signed",
  ),
  verification_token: optional(text, needsQuotes, "Of a store app: its tickets carry it"),
}).annotate(noOtherKeys)
/** See the Schema of the same name. */
export type App = typeof App.Type

/** The app of a seed without apps. Its credentials are made up. */
export const defaultApp: App = {
  app_id: "cli_a1b2c3d4e5f6a7b8",
  app_secret: "ThisSecretIsFakeAndOnlyForTests0",
  type: "self_built",
  scopes: ListByNo.scopes,
  tenants: ["2ed263bf32cf1651"],
}

/**
 * One meeting. `id` is a 64-bit integer as text. Times are unix seconds, ISO text with a zone, a date in UTC, or how
 * long before the start of the mock's clock: `-3d`. Without `tenant_key` it belongs to the first tenant of the first
 * app.
 */
export const Meeting = Schema.Struct({
  id: SeedValues.meetingId,
  meeting_no: SeedValues.meetingNo,
  topic: shown.annotate({ description: "What the meeting is about; may be empty" }),
  url: optional(shown, needsQuotes, "The link to join, such as https://vc.feishu.cn/j/337736498"),
  password: optional(shown, needsQuotes, "The password, in quotes"),
  start_time: time.annotate({
    description: `When it started: ${waysOfTime}. Feishu shows meetings of the last 90 days`,
  }),
  end_time: optional(time, notATime, `When it ended: ${waysOfTime}`),
  tenant_key: optional(
    text,
    needsQuotes,
    "The tenant whose meeting it is; the first tenant of the first app unless given",
  ),
  meeting_connect: optional(Schema.Boolean, "takes true or false", "Feishu's field of that name"),
  note_id: optional(shown, needsQuotes, "The id of the meeting's note, in quotes"),
}).annotate(noOtherKeys)
/** See the Schema of the same name. */
export type Meeting = typeof Meeting.Type

/**
 * An order to generate `count` meetings of a number, spread over `from` (inclusive) to `to` (exclusive), written as
 * the times of a meeting. Without them: the days before the UTC day in which the mock's clock starts, 89 unless told.
 */
export const Generate = Schema.Struct({
  meeting_no: SeedValues.meetingNo,
  count: SeedValues.count.annotate({ description: "How many meetings of this number, from 0 to 1000000" }),
  from: optional(
    time,
    notATime,
    `Spread them from this time on, 89 days before today unless given: ${waysOfTime}`,
  ),
  to: optional(
    time,
    notATime,
    `Spread them until this time, the start of today (UTC) unless given: ${waysOfTime}`,
  ),
}).annotate(noOtherKeys)
/** See the Schema of the same name. */
export type Generate = typeof Generate.Type

/** The keys of a seed that mean something. */
export const Keys = Schema.Struct({
  $schema: optional(
    anyText,
    needsQuotes,
    "In JSON: where editors find this description, ./feishu.schema.json",
  ),
  apps: optional(
    atLeastOne(App, "app"),
    "takes a list of apps",
    "Who may ask. Without apps there is one made-up app that may read",
  ),
  meetings: optional(Schema.Array(Meeting), "takes a list of meetings", "Meetings, one by one"),
  generate: optional(
    Schema.Array(Generate),
    "takes a list of orders to generate meetings",
    "Meetings by the number, made up, spread over a stretch of time",
  ),
})

/**
 * The whole seed. Without `apps` there is {@link defaultApp}. `$schema` says nothing: editors look for it in JSON. Nor
 * do keys that start with `x-`: they are a place for YAML's anchors, as in compose files. Within an app or a meeting
 * there are none, since merged into another one they would stand among the keys that mean something.
 */
export const Seed: Schema.Codec<typeof Keys.Type, typeof Keys.Encoded> = Schema.StructWithRest(Keys, [
  Schema.Record(Schema.TemplateLiteral(["x-", Schema.String]), Schema.Unknown),
]).annotate(noOtherKeys)
/** See the Schema of the same name. */
export type Seed = typeof Seed.Type

/** With every time in unix seconds. */
export type InSeconds<Entry extends Meeting | Generate> = {
  readonly [Key in keyof Entry]: Key extends "start_time" | "end_time" | "from" | "to"
    ? Exclude<Entry[Key], string>
    : Entry[Key]
}

/** The same with its times in unix seconds, those that are relative counted from `now`; none is before 1970. */
export const inSeconds = <Entry extends Meeting | Generate>(entry: Entry, now: number): InSeconds<Entry> => {
  const resolved: Record<string, unknown> = { ...entry }
  for (const key of ["start_time", "end_time", "from", "to"]) {
    const time = resolved[key]
    if (typeof time === "string") resolved[key] = Math.max(0, Option.getOrThrow(TimeText.from(time, now)))
  }
  return resolved as InSeconds<Entry>
}

/**
 * The JSON Schema of a seed file, in the draft that every editor knows. What it lets through may still be wrong:
 * {@link check} knows more.
 */
export const jsonSchema = (): JsonSchema.JsonSchema => ({
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "What feishu-mock serves",
  ...JsonSchema.toDocumentDraft07(Schema.toJsonSchemaDocument(Seed, { onExcessProperty: "error" })).schema,
})
