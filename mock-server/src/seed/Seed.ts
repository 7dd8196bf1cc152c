/**
 * What the mock is filled with: apps, meetings, and orders to generate meetings.
 *
 * A seed comes from a YAML or JSON file or from a program. Either way all of its faults are told at once, each
 * with its path, before anything starts.
 */
import * as Net from "node:net"
import { ListByNo } from "@effect-feishu/contract"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as JsonSchema from "effect/JsonSchema"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import * as SchemaGetter from "effect/SchemaGetter"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Problems from "../protocol/Problems.ts"
import * as Bounds from "../protocol/Bounds.ts"
import * as DecodedText from "@effect-feishu/terminal/DecodedText"
import * as HomePath from "@effect-feishu/terminal/HomePath"
import * as InputFile from "@effect-feishu/terminal/InputFile"
import * as DidYouMean from "./DidYouMean.ts"
import * as TimeText from "./TimeText.ts"
import { type Fault, SeedInvalid } from "./SeedInvalid.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import type { Parsed } from "./SeedYaml.ts"

export { SeedInvalid } from "./SeedInvalid.ts"

// Unquoted, YAML reads `password: 012345` as the number 12345: what is text is never made from a number.
const needsQuotes = 'takes text: put it in quotes, such as "012345"'
const anyText = Schema.String.annotate({ message: needsQuotes })
// Feishu's own bound is not documented; without one, a page of 50 meetings could be as large as a snapshot.
const mostCharacters = 10_000
const shown = anyText.pipe(
  Schema.check(Schema.isMaxLength(mostCharacters, { message: `takes at most ${mostCharacters} characters` })),
)
const text = anyText.pipe(Schema.check(Schema.isNonEmpty({ message: "takes at least one character" })))

// Whatever a client sends it in: a URL, where `.` and `..` are no names, a form, a header, a variable of a shell.
const notAnAppId = "takes 1 to 100 visible characters, without spaces, such as cli_a1b2c3d4e5f6a7b8"
const appId = anyText.pipe(
  Schema.check(
    Schema.makeFilter((text) => /^(?!\.\.?$)[^\s\p{C}]{1,100}$/u.test(text), {
      message: notAnAppId,
      toJsonSchema: () => [{ minLength: 1, maxLength: 100, pattern: String.raw`^\S+$` }, true],
    }),
  ),
)
const notSent = "takes 1 to 1000 characters: no line break or control character, and no space at an end"
const sent = anyText.pipe(
  Schema.check(
    Schema.makeFilter((text) => /^(?! )[^\p{C}]{1,1000}$/u.test(text) && text.trim() === text, {
      message: notSent,
      toJsonSchema: () => [{ minLength: 1, maxLength: 1_000 }, true],
    }),
  ),
)

const notAnAddress = "takes an IP address, such as 203.0.113.7 or 2001:db8::1; ranges are not known here"
const ipAddress = anyText.pipe(
  Schema.check(
    Schema.makeFilter((text) => Net.isIP(text) !== 0, {
      message: notAnAddress,
      toJsonSchema: () => [{ minLength: 2 }, true],
    }),
  ),
)

/** Tells editors of a rule that the check of the whole value enforces, which has more to say of it. */
const described = <A>(jsonSchema: JsonSchema.JsonSchema) =>
  Schema.makeFilter<A>(() => true, { toJsonSchema: () => [jsonSchema, true] })

/** Text or a number, of which `whyNot` says what is wrong; what neither text nor number is wrong in `general`. */
const textOrNumber = (
  whyNot: (value: string | number) => string | undefined,
  general: string,
  jsonSchema: { readonly text: JsonSchema.JsonSchema; readonly number: JsonSchema.JsonSchema },
) =>
  Schema.Union([
    Schema.String.pipe(Schema.check(described<string>(jsonSchema.text))),
    Schema.Finite.annotate({ message: general }).pipe(Schema.check(described<number>(jsonSchema.number))),
  ])
    .annotate({ message: general })
    .pipe(
      Schema.check(
        Schema.makeFilter((value: string | number) => whyNot(value) ?? true, {
          toJsonSchema: () => [{}, true],
        }),
      ),
    )

const or = (general: string, hint: string | undefined): string =>
  hint === undefined ? general : `${general}; ${hint}`

// People write ids and numbers of meetings without quotes; a file's reader has kept every digit of them. Described
// here, where it is written: what the text is made into is not what an editor sees.
const digits = (
  written: ReturnType<typeof textOrNumber>,
  isRight: SchemaAST.Check<string>,
  description: string,
) =>
  written.annotate({ description }).pipe(
    Schema.decodeTo(
      Schema.String.pipe(Schema.check(isRight)),
      SchemaTransformation.transform<string, string | number>({
        decode: withoutSeparators,
        encode: (text) => text,
      }),
    ),
  )

const withoutSeparators = (value: string | number): string => String(value).replaceAll(/[\s-]/g, "")

const notAMeetingNo = "a meeting number has 9 digits, such as 337736498; quote it when it starts with 0"
const isMeetingNo = /^\d{9}$/
const whyNotMeetingNo = (value: string | number): string | undefined => {
  if (isMeetingNo.test(withoutSeparators(value))) return undefined
  // In full-width digits, or a link that ends in it.
  const [, meant] =
    /^(?:https?:\/\/\S*\/)?([\d\s-]+)\/?(?:[?#].*)?$/.exec(String(value).normalize("NFKC").trim()) ?? []
  return meant !== undefined && isMeetingNo.test(withoutSeparators(meant))
    ? or(notAMeetingNo, `write ${withoutSeparators(meant)}`)
    : notAMeetingNo
}
const meetingNo = digits(
  textOrNumber(whyNotMeetingNo, notAMeetingNo, {
    text: { pattern: String.raw`^[\s\-]*(?:\d[\s\-]*){9}$` },
    number: { minimum: 0, maximum: 999_999_999 },
  }),
  Schema.isPattern(isMeetingNo, { message: notAMeetingNo }),
  "The meeting number: 9 digits, with or without blanks and dashes, in quotes when it starts with 0",
)

const notAnId = "a meeting id is a 64-bit integer as text, such as 7011030664708603907"
// Without a sign: what the generator makes for times after 2038 needs all 64 bits.
const is64Bit = (id: string): boolean => /^\d{1,20}$/.test(id) && BigInt(id) < 2n ** 64n
const whyNotId = (value: string | number): string | undefined => {
  if (typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    return or(notAnId, "in quotes, for as a number it has lost digits")
  }
  return is64Bit(String(value)) ? undefined : notAnId
}
const meetingId = digits(
  textOrNumber(whyNotId, notAnId, { text: { pattern: String.raw`^\d{1,20}$` }, number: { minimum: 0 } }),
  Schema.makeFilter(is64Bit, { message: notAnId, toJsonSchema: () => [{}, true] }),
  "The id of the meeting: a 64-bit integer that no other meeting has",
)

const countMessage = "count is a whole number from 0 to 1000000"
const count = WholeNumber.between(0, 1_000_000, countMessage)

const notATime =
  "a time is -3d (three days ago), 2026-01-31T09:00:00Z or unix seconds, such as 1767225600 (milliseconds have three digits more)"
const waysOfTime =
  "-3d (three days before the mock starts; also s, m, h, w, and + for later), 2026-01-31T09:00:00Z, 2026-01-31 (UTC), or unix seconds"
/** Why a time that is relative is none after all. */
export const tooLate = `is after the last second that there is: ${TimeText.lastSecond}, in unix seconds`
const whyNotTime = (time: string | number): string | undefined => {
  if (Option.exists(TimeText.from(time, 0), (seconds) => seconds <= TimeText.lastSecond)) return undefined
  const meant = TimeText.meant(time)
  return or(notATime, meant === undefined ? undefined : `write ${meant}`)
}
const time = textOrNumber(whyNotTime, notATime, {
  text: { pattern: TimeText.pattern },
  number: { minimum: 0, maximum: TimeText.lastSecond },
})

// YAML reads a key without a value as null; that says as little as a key that is not there.
const optional = <A, E>(schema: Schema.Codec<A, E>, message: string, description: string) =>
  Schema.optionalKey(Schema.NullOr(schema).annotate({ message, description })).pipe(
    Schema.decodeTo(Schema.optionalKey(Schema.toType(schema)), {
      decode: SchemaGetter.transformOptional(Option.filter((value: A | null) => value !== null)),
      encode: SchemaGetter.transformOptional((value: Option.Option<A>): Option.Option<A | null> => value),
    }),
  )

const atLeastOne = <A, E>(item: Schema.Codec<A, E>, what: string) =>
  Schema.Array(item).pipe(
    Schema.refine((items): items is readonly [A, ...Array<A>] => items.length > 0, {
      message: `takes at least one ${what}`,
      toJsonSchema: () => ({ minItems: 1 }),
    }),
  )

/** What is said of a key that is not known. */
export const noOtherKeys = { messageUnexpectedKey: "there is no such key" }
const noSuchKey = noOtherKeys.messageUnexpectedKey

const types = ["self_built", "store"] as const
const notAType = "takes self_built or store"

/**
 * An app with its credentials. A self-built app lives in the first of its tenants. Where there are `allowed_ips`,
 * requests from any other address are refused. A store app's events carry its `verification_token`, and are encrypted
 * and signed where it has an `encrypt_key`.
 */
export const App = Schema.Struct({
  app_id: appId.annotate({ description: "The app id that a client sends, such as cli_a1b2c3d4e5f6a7b8" }),
  app_secret: sent.annotate({ description: "The app secret that a client sends; made up" }),
  type: Schema.Literals(types).annotate({
    message: notAType,
    description: "self_built, or store: its tokens take the ticket that is pushed to --app-ticket-url",
  }),
  scopes: Schema.Array(text).annotate({
    description:
      "The scopes that the app has. Without vc:meeting:readonly and vc:meeting.meetingid:read it may not read meetings",
  }),
  tenants: atLeastOne(sent, "tenant").annotate({
    description:
      "The tenants that have the app. A self-built app sees the meetings of the first; a store app asks for a token for each",
  }),
  allowed_ips: optional(
    Schema.Array(ipAddress),
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
  id: meetingId,
  meeting_no: meetingNo,
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
  meeting_no: meetingNo,
  count: count.annotate({ description: "How many meetings of this number, from 0 to 1000000" }),
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

/** How many meetings began more than 90 days before `now`: those that Feishu's look-back hides, unless told otherwise. */
export const tooOld = ({ generate = [], meetings = [] }: Seed, now: number): number => {
  const oldest = now - ListByNo.maxRangeSeconds
  const single = meetings.filter((meeting) => inSeconds(meeting, now).start_time < oldest).length
  // Of an order that is in part older, nobody knows before it is carried out.
  return generate.reduce(
    (sum, order) => ((inSeconds(order, now).to ?? now) < oldest ? sum + order.count : sum),
    single,
  )
}

/**
 * What is not wrong, and yet probably not meant: scopes that nothing here asks for, since Feishu has many more, and
 * variables as shells and compose files have them, which nobody replaces here.
 */
export const doubts = (seed: Seed): ReadonlyArray<Fault> => {
  const found: Array<Fault> = []
  for (const [index, { scopes }] of (seed.apps ?? []).entries()) {
    const known: ReadonlyArray<string> = ListByNo.scopes
    const others: Array<string> = []
    for (const [at, scope] of scopes.entries()) {
      if (known.includes(scope)) continue
      const question = DidYouMean.question(scope, known)
      if (question === "") others.push(scope)
      else found.push({ path: ["apps", index, "scopes", at], message: `unknown scope ${scope}${question}` })
    }
    if (others.length > 0) {
      const [scope, it] = others.length === 1 ? ["scope", "it"] : ["scopes", "them"]
      const message = `unknown ${scope} ${others.join(", ")}: nothing here asks for ${it}; reading meetings takes ${known.join(" or ")}`
      found.push({ path: ["apps", index, "scopes"], message })
    }
  }
  for (const list of ["apps", "meetings"] as const) {
    for (const [index, entry] of (seed[list] ?? []).entries()) {
      for (const [key, value] of Object.entries(entry)) {
        const texts: ReadonlyArray<unknown> = Array.isArray(value) ? value : [value]
        if (!texts.some((text) => typeof text === "string" && /\$\{\w|^\$[A-Z_]+$/.test(text))) continue
        const message =
          "no variable is replaced here, so this is taken as it is written: envsubst < FILE | feishu-mock --seed - replaces them"
        found.push({ path: [list, index, key], message })
      }
    }
  }
  return found
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

const decode = Schema.decodeUnknownResult(Seed, { errors: "all", onExcessProperty: "error" })

const decodeMeeting = Schema.decodeUnknownResult(Meeting, { errors: "all", onExcessProperty: "error" })
/** What a Schema has found, each with its path. */
export const faultsOf = (failure: Schema.SchemaError): ReadonlyArray<Fault> => Problems.ofIssue(failure.issue)

/** Checks one meeting by itself, whose relative times count from `now` (unix seconds). Its tenant may be anybody's. */
export const checkMeeting = (
  value: unknown,
  now: number,
): Result.Result<InSeconds<Meeting>, ReadonlyArray<Fault>> => {
  const decoded = decodeMeeting(value)
  if (Result.isFailure(decoded)) return Result.fail(faultsOf(decoded.failure))
  const meeting = inSeconds(decoded.success, now)
  const { end_time: end = meeting.start_time, start_time: start } = meeting
  const late = [
    ...(start > TimeText.lastSecond ? ["start_time"] : []),
    ...(end > TimeText.lastSecond ? ["end_time"] : []),
  ]
  if (late.length > 0) return Result.fail(late.map((key) => ({ path: [key], message: tooLate })))
  return end < start ? Result.fail([{ path: ["end_time"], message: endsTooEarly }]) : Result.succeed(meeting)
}

const endsTooEarly = "end_time is before start_time"

/**
 * Checks a seed that a program made; fails with all faults. Relative times count from `now` (unix seconds), that of
 * Effect's `Clock` unless given.
 */
export const check = (seed: unknown, source = "the seed", now?: number): Effect.Effect<Seed, SeedInvalid> =>
  Effect.flatMap(now === undefined ? clockSeconds : Effect.succeed(now), (now) => checkAt(seed, source, now))

const clockSeconds = Effect.map(Clock.currentTimeMillis, (millis) => Math.floor(millis / 1000))

const checkAt = (seed: unknown, source: string, now: number): Effect.Effect<Seed, SeedInvalid> => {
  if (typeof seed !== "object" || seed === null || Array.isArray(seed)) {
    const what = Array.isArray(seed) ? "is a list" : "has no keys"
    const hint =
      typeof seed === "string" && seed.includes("：") ? " (write : and a blank in place of ：)" : ""
    const message = `${what}: a seed has the keys apps, meetings and generate, each with a list${hint}`
    return Effect.fail(new SeedInvalid({ source, faults: [{ path: [], message }] }))
  }
  const decoded = decode(seed)
  const wrongShape = Result.isSuccess(decoded)
    ? []
    : faultsOf(decoded.failure).map((fault): Fault => ({
        ...fault,
        message: fault.message + hintAt(fault.path, fault.message, seed),
      }))
  const faults = [...wrongShape, ...contradictions(seed, now)]
  return Result.isSuccess(decoded) && faults.length === 0
    ? Effect.succeed(decoded.success)
    : Effect.fail(new SeedInvalid({ source, faults }))
}

/** What may have been meant, where a key or a choice is not known. */
const hintAt = (path: ReadonlyArray<PropertyKey>, message: string, seed: object): string => {
  const key = String(path.at(-1))
  if (message === noSuchKey && key.includes("：")) return ": write : and a blank in place of ："
  if (message === notAType) {
    const written = path.reduce<unknown>((value, key) => get(value, key), seed)
    return typeof written === "string" ? DidYouMean.question(written, types) : ""
  }
  if (message !== noSuchKey) return ""
  const keys = Object.keys(path.length === 1 ? Keys.fields : entryFields(path[0]))
  const question = DidYouMean.question(key, keys)
  if (path.length > 1) return key.startsWith("x-") ? xOnlyAtTheTop : question
  return question === "" ? ": a seed has apps, meetings, generate, and x-… for anchors" : question
}

const xOnlyAtTheTop = ": those that start with x- stand beside apps and meetings, not within them"

const entryFields = (list: PropertyKey | undefined): object =>
  list === "apps" ? App.fields : list === "meetings" ? Meeting.fields : Generate.fields

/**
 * What each value by itself does not show: doubles, ranges that end before they start, unknown tenants. Looks at
 * every value that is right by itself, whatever is wrong beside it, so that these faults are told with the others.
 */
const contradictions = (seed: unknown, now: number): Array<Fault> => {
  const faults: Array<Fault> = []
  const unique = (list: string, key: string, values: ReadonlyArray<string | undefined>) => {
    const first = new Map<string, number>()
    for (const [index, value] of values.entries()) {
      if (value === undefined) continue
      const before = first.get(value)
      if (before === undefined) first.set(value, index)
      else faults.push({ path: [list, index, key], message: `is taken by ${list}[${before}] already` })
    }
  }
  const apps = entriesOf(seed, "apps")
  const meetings = entriesOf(seed, "meetings")
  const generate = entriesOf(seed, "generate")
  unique("apps", "app_id", valuesOf(apps, "app_id", appId))
  unique("meetings", "id", valuesOf(meetings, "id", meetingId))
  unique("generate", "meeting_no", valuesOf(generate, "meeting_no", meetingNo))
  const timesOf = (list: "meetings" | "generate", key: string) =>
    valuesOf(entriesOf(seed, list), key, time).map((value, index) => {
      const seconds = value === undefined ? undefined : Option.getOrThrow(TimeText.from(value, now))
      if (seconds !== undefined && seconds > TimeText.lastSecond)
        faults.push({ path: [list, index, key], message: tooLate })
      return seconds
    })
  const starts = timesOf("meetings", "start_time")
  for (const [index, end] of timesOf("meetings", "end_time").entries()) {
    const start = starts[index]
    if (end !== undefined && start !== undefined && end < start) {
      faults.push({ path: ["meetings", index, "end_time"], message: endsTooEarly })
    }
  }
  const tenants = tenantsOf(seed)
  for (const [index, tenant] of valuesOf(meetings, "tenant_key", text).entries()) {
    if (tenant !== undefined && tenants?.has(tenant) === false) {
      faults.push({
        path: ["meetings", index, "tenant_key"],
        message: `no app has the tenant ${tenant}, so nobody could read this meeting`,
      })
    }
  }
  const ends = timesOf("generate", "to")
  for (const [index, from] of timesOf("generate", "from").entries()) {
    const to = ends[index]
    if (from !== undefined && to !== undefined && from >= to) {
      faults.push({ path: ["generate", index, "to"], message: "from must be less than to" })
    }
  }
  const counts = valuesOf(generate, "count", count)
  const all = meetings.length + counts.reduce<number>((sum, count = 0) => sum + count, 0)
  if (all > Bounds.meetings) {
    faults.push({ path: ["generate"], message: `makes ${all} meetings in all: ${Bounds.ofWorkspace}` })
  }
  return faults
}

/** The tenants of all apps, or `undefined` while those of one are not known: that app's own fault is told. */
const tenantsOf = (seed: unknown): ReadonlySet<string> | undefined => {
  const apps = get(seed, "apps") ?? [defaultApp]
  if (!Array.isArray(apps)) return undefined
  const known = valuesOf(apps, "tenants", App.fields.tenants)
  return known.includes(undefined) ? undefined : new Set(known.flatMap((tenants) => tenants ?? []))
}

const get = (from: unknown, key: PropertyKey): unknown =>
  typeof from === "object" && from !== null ? Reflect.get(from, key) : undefined

const entriesOf = (seed: unknown, list: keyof Seed): ReadonlyArray<unknown> => {
  const entries = get(seed, list)
  return Array.isArray(entries) ? entries : []
}

/** What every entry has under a key, `undefined` where that is nothing or wrong. */
const valuesOf = <A>(
  entries: ReadonlyArray<unknown>,
  key: string,
  schema: Schema.Codec<A, unknown>,
): Array<A | undefined> => {
  const decode = Schema.decodeUnknownOption(schema)
  return entries.map((entry) => {
    const value = get(entry, key)
    return value === undefined ? undefined : Option.getOrUndefined(decode(value))
  })
}

/** A million meetings take less. What is larger is no seed, or has no end. */
const mostMebibytes = 256

const whyUnread = (unread: InputFile.Unread): string => {
  switch (unread._tag) {
    case "System":
      if (unread.code === "ENOENT") return "there is no such file"
      if (unread.code === "EISDIR") return "is a folder: give a YAML or JSON file"
      return `cannot be read: ${unread.code}`
    case "WrongKind":
      return `is a ${unread.kind}: give a YAML or JSON file`
    case "TooLarge":
      return `has more than ${mostMebibytes} MiB: use generate for many meetings`
  }
}

const whyNotText = ({ byte, encoding, isGbk, line }: DecodedText.NotText): Fault => {
  const message = isGbk
    ? `byte ${byte} of the file is not UTF-8, and may be GBK: save the file as UTF-8, for example with iconv -f GBK -t UTF-8 OLD > NEW`
    : `byte ${byte} of the file is not ${encoding}: save the file as UTF-8`
  return { path: [], line, message }
}

const tooLargeForYaml = (mostMebibytes: number): Parsed => {
  const message = `has more than ${mostMebibytes} MiB and is not plain JSON, which may have more: JSON without comments and mistakes, each key once. Use generate for many meetings`
  return { value: undefined, faults: [{ path: [], message }], lineOf: () => undefined }
}

/** Checks what somebody wrote. A date without its dashes is a second of 1970, which is right only where a program says it. */
const checkWritten = (seed: unknown, source: string, now?: number): Effect.Effect<Seed, SeedInvalid> => {
  const dates = [...timesIn(seed)]
    .filter(({ value }) => TimeText.isCompactDate(value))
    .map(({ path, value }): Fault => {
      const message = `${value} as unix seconds is a day of 1970: write ${TimeText.meant(value)}`
      return { path, message }
    })
  const checked = check(seed, source, now)
  if (dates.length === 0) return checked
  return Effect.flatMap(Effect.flip(Effect.andThen(checked, noFaults(source))), ({ faults }) =>
    Effect.fail(new SeedInvalid({ source, faults: [...faults, ...dates] })),
  )
}

const noFaults = (source: string) => Effect.fail(new SeedInvalid({ source, faults: [] }))

function* timesIn(seed: unknown) {
  for (const list of ["meetings", "generate"] as const) {
    for (const [index, entry] of entriesOf(seed, list).entries()) {
      for (const key of ["start_time", "end_time", "from", "to"]) {
        const value = get(entry, key)
        if (typeof value === "string" || typeof value === "number") yield { path: [list, index, key], value }
      }
    }
  }
}

/** A file as messages name it. */
export const sourceOf = (path: string): string => (InputFile.isStdin(path) ? "standard input" : path)

/**
 * Reads and checks a seed from a file, a pipe, or standard input as `-`: YAML or JSON, which may have comments and
 * trailing commas, in UTF-8 or UTF-16. Fails with all faults, each with its path and line.
 */
// Pure, so that a bundle without it is one without YAML.
export const fromFile = /* @__PURE__ */ Effect.fnUntraced(function* (named: string, now?: number) {
  const path = HomePath.expand(named)
  const source = sourceOf(path)
  const refused = (fault: Fault) => new SeedInvalid({ source, faults: [fault] })
  if (InputFile.isStdin(path) && process.stdin.isTTY) {
    yield* Console.error("Type or paste a seed in YAML or JSON; Ctrl-D ends it.")
  }
  const bytes = yield* InputFile.readNamed(path, mostMebibytes * 2 ** 20).pipe(
    Effect.mapError((unread) => refused({ path: [], message: whyUnread(unread) })),
  )
  const content = yield* Effect.fromResult(
    Result.mapError(DecodedText.decodeStrictly(bytes), (why) => refused(whyNotText(why))),
  )
  // Most seeds are JSON or none at all: the YAML parser is loaded when there is something for it.
  const parseYaml = Effect.map(
    Effect.promise(() => import("./SeedYaml.ts")),
    ({ mostMebibytes, parse }) =>
      bytes.length <= mostMebibytes * 2 ** 20 ? parse(content) : tooLargeForYaml(mostMebibytes),
  )
  const yaml = yield* Effect.cached(parseYaml)
  const { faults, value } = parseJson(content) ?? (yield* yaml)
  if (faults.length > 0) return yield* new SeedInvalid({ source, faults })
  return yield* checkWritten(value, source, now).pipe(
    Effect.catch((error) =>
      Effect.flatMap(yaml, ({ lineOf }) => {
        const faults = error.faults.map((fault) => ({ ...fault, line: lineOf(fault.path) }))
        return Effect.fail(new SeedInvalid({ source, faults }))
      }),
    ),
  )
})

/** The fast way for large files: JSON.parse takes a fiftieth of the time that the YAML parser takes (measured). */
const parseJson = (content: string): Pick<Parsed, "value" | "faults"> | undefined => {
  let keys = 0
  // The source text, which TypeScript does not know yet, keeps ids of 64 bits whole.
  const reviver = function (
    this: unknown,
    _key: string,
    value: unknown,
    context?: { readonly source?: string },
  ) {
    if (!Array.isArray(this)) keys++
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? (context?.source ?? value) : value
  }
  try {
    const value: unknown = JSON.parse(content, reviver)
    // JSON.parse keeps the last of two values of a key. Strings before a colon are the keys that were written; the
    // reviver has seen those that are left, and the root.
    const written = content.match(/"[^"\\]*(?:\\.[^"\\]*)*"\s*:?/g)?.filter((string) => string.endsWith(":"))
    if ((written?.length ?? 0) !== keys - 1) return undefined
    return { value, faults: [] }
  } catch {
    return undefined
  }
}
