/**
 * What the mock is filled with: apps, meetings, and orders to generate meetings.
 *
 * A seed comes from a YAML or JSON file or from a program. Either way all of its faults are told at once, each
 * with its path, before anything starts.
 */
import { ListByNo } from "@effect-feishu/contract"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Yaml from "yaml"

// People write ids and numbers without quotes in YAML; `exactIntegers` has kept every digit of them.
const digits = (pattern: RegExp, message: string) =>
  Schema.Union([Schema.String, Schema.Int]).pipe(
    Schema.decodeTo(
      Schema.String.pipe(Schema.check(Schema.isPattern(pattern, { message }))),
      SchemaTransformation.transform<string, string | number>({ decode: String, encode: (text) => text }),
    ),
  )

const meetingNo = digits(
  /^\d{9}$/,
  "a meeting number has 9 digits, such as 337736498; quote it when it starts with 0",
)

const text = Schema.NonEmptyString

// The upper 32 bits of an id are unix seconds (inferred), so no time of the mock goes beyond them.
const unixSeconds = Schema.Int.pipe(
  Schema.check(
    Schema.isBetween(
      { minimum: 0, maximum: 0xffff_ffff },
      { message: "a time is in unix seconds, such as 1767225600 (milliseconds have three digits more)" },
    ),
  ),
)

const noOtherKeys = { messageUnexpectedKey: "there is no such key" }

/** An app with its credentials. A self-built app lives in the first of its tenants. */
export const App = Schema.Struct({
  app_id: text,
  app_secret: text,
  type: Schema.Literals(["self_built", "store"]),
  scopes: Schema.Array(text),
  tenants: Schema.NonEmptyArray(text),
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
 * One meeting. `id` is a 64-bit integer as text, times are unix seconds. Without `tenant_key` it belongs to the
 * first tenant of the first app.
 */
export const Meeting = Schema.Struct({
  id: digits(/^\d{1,20}$/, "a meeting id is a 64-bit integer as text"),
  meeting_no: meetingNo,
  topic: Schema.String,
  url: Schema.optionalKey(Schema.String),
  password: Schema.optionalKey(digits(/^/, "a password is text")),
  start_time: unixSeconds,
  end_time: Schema.optionalKey(unixSeconds),
  tenant_key: Schema.optionalKey(text),
  meeting_connect: Schema.optionalKey(Schema.Boolean),
  note_id: Schema.optionalKey(Schema.String),
}).annotate(noOtherKeys)
/** See the Schema of the same name. */
export type Meeting = typeof Meeting.Type

/**
 * An order to generate `count` meetings of a number, spread over `from` (inclusive) to `to` (exclusive), in unix
 * seconds. Without them: the days before the UTC day in which the mock's clock starts, 89 unless told.
 */
export const Generate = Schema.Struct({
  meeting_no: meetingNo,
  count: Schema.Int.pipe(
    Schema.check(
      Schema.isBetween({ minimum: 0, maximum: 1_000_000 }, { message: "count is from 0 to 1000000" }),
    ),
  ),
  from: Schema.optionalKey(unixSeconds),
  to: Schema.optionalKey(unixSeconds),
}).annotate(noOtherKeys)
/** See the Schema of the same name. */
export type Generate = typeof Generate.Type

/** The whole seed. Without `apps` there is {@link defaultApp}. */
export const Seed = Schema.Struct({
  apps: Schema.optionalKey(Schema.NonEmptyArray(App)),
  meetings: Schema.optionalKey(Schema.Array(Meeting)),
  generate: Schema.optionalKey(Schema.Array(Generate)),
}).annotate(noOtherKeys)
/** See the Schema of the same name. */
export type Seed = typeof Seed.Type

/** One thing that is wrong: where it is, and in which line of the file when it came from one. */
export interface Fault {
  readonly path: ReadonlyArray<PropertyKey>
  readonly line?: number | undefined
  readonly message: string
}

/** A seed that cannot be used, with every one of its faults. The message lists them, one a line. */
export class SeedInvalid extends Data.TaggedError("SeedInvalid")<{
  /** The file, or "the seed" when a program gave it. */
  readonly source: string
  readonly faults: ReadonlyArray<Fault>
}> {
  override get message(): string {
    const [first] = this.faults
    if (this.faults.length === 1 && first !== undefined && first.path.length === 0) {
      return `${this.source}: ${renderFault(first)}`
    }
    const lines = this.faults.map((fault) => `\n  ${renderFault(fault)}`)
    return `${this.source} has ${lines.length} ${lines.length === 1 ? "fault" : "faults"}:${lines.join("")}`
  }
}

const renderFault = (fault: Fault): string => {
  const path = renderPath(fault.path)
  const line = fault.line === undefined ? "" : `line ${fault.line}`
  const where = path === "" ? line : line === "" ? path : `${path} (${line})`
  return where === "" ? fault.message : `${where}: ${fault.message}`
}

const renderPath = (path: ReadonlyArray<PropertyKey>): string =>
  path
    .map((key, index) =>
      typeof key === "number" ? `[${key}]` : index === 0 ? String(key) : `.${String(key)}`,
    )
    .join("")

const decode = Schema.decodeUnknownResult(Seed, { errors: "all", onExcessProperty: "error" })
const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

const pathKey = (segment: PropertyKey | { readonly key: PropertyKey }): PropertyKey =>
  typeof segment === "object" ? segment.key : segment

/** Checks a seed that a program made; fails with all faults. */
export const check = (seed: unknown, source = "the seed"): Effect.Effect<Seed, SeedInvalid> => {
  const decoded = decode(seed)
  const wrongShape = Result.isSuccess(decoded)
    ? []
    : formatIssues(decoded.failure.issue).issues.map((issue): Fault => ({
        path: (issue.path ?? []).map(pathKey),
        message: issue.message,
      }))
  const faults = [...wrongShape, ...contradictions(seed)]
  return Result.isSuccess(decoded) && faults.length === 0
    ? Effect.succeed(decoded.success)
    : Effect.fail(new SeedInvalid({ source, faults }))
}

/**
 * What each value by itself does not show: doubles, ranges that end before they start, unknown tenants. Looks at
 * every entry whose own shape is right, so that these faults are told together with those of the others.
 */
const contradictions = (seed: unknown): Array<Fault> => {
  const faults: Array<Fault> = []
  const apps = wellFormed(seed, "apps", App)
  const meetings = wellFormed(seed, "meetings", Meeting)
  const generate = wellFormed(seed, "generate", Generate)
  const unique = <A>(list: string, entries: ReadonlyMap<number, A>, key: keyof A & string) => {
    const first = new Map<unknown, number>()
    for (const [index, entry] of entries) {
      const before = first.get(entry[key])
      if (before === undefined) first.set(entry[key], index)
      else faults.push({ path: [list, index, key], message: `is taken by ${list}[${before}] already` })
    }
  }
  unique("apps", apps, "app_id")
  unique("meetings", meetings, "id")
  unique("generate", generate, "meeting_no")
  const hasApps = typeof seed === "object" && seed !== null && "apps" in seed
  const tenants = new Set((hasApps ? [...apps.values()] : [defaultApp]).flatMap((app) => app.tenants))
  for (const [index, meeting] of meetings) {
    if (meeting.end_time !== undefined && meeting.end_time < meeting.start_time) {
      faults.push({ path: ["meetings", index, "end_time"], message: "end_time is before start_time" })
    }
    // Without a well-formed app the tenants are not known, and that app's own fault is told.
    if (meeting.tenant_key !== undefined && tenants.size > 0 && !tenants.has(meeting.tenant_key)) {
      faults.push({
        path: ["meetings", index, "tenant_key"],
        message: `no app has the tenant ${meeting.tenant_key}, so nobody could read this meeting`,
      })
    }
  }
  for (const [index, order] of generate) {
    if (order.from !== undefined && order.to !== undefined && order.from >= order.to) {
      faults.push({ path: ["generate", index, "to"], message: "from must be less than to" })
    }
  }
  return faults
}

const wellFormed = <A>(
  seed: unknown,
  list: keyof Seed,
  schema: Schema.Codec<A, unknown>,
): ReadonlyMap<number, A> => {
  const entries: unknown =
    typeof seed === "object" && seed !== null && list in seed ? Reflect.get(seed, list) : []
  const decoded = new Map<number, A>()
  for (const [index, entry] of (Array.isArray(entries) ? entries : []).entries()) {
    const result = Schema.decodeUnknownResult(schema)(entry)
    if (Result.isSuccess(result)) decoded.set(index, result.success)
  }
  return decoded
}

/** Reads a seed file, YAML or JSON; fails with all faults, each with its path and line. */
export const fromFile = Effect.fnUntraced(function* (path: string) {
  const files = yield* FileSystem.FileSystem
  const content = yield* files.readFileString(path).pipe(
    Effect.mapError((error) => {
      const message =
        error.reason._tag === "NotFound" ? "there is no such file" : `cannot be read: ${error.reason._tag}`
      return new SeedInvalid({ source: path, faults: [{ path: [], message }] })
    }),
  )
  const { faults, lineOf, value } = parseJson(content) ?? parseYaml(content)
  if (faults.length > 0) return yield* new SeedInvalid({ source: path, faults })
  return yield* check(value, path).pipe(
    Effect.mapError((error) => {
      const line = lineOf()
      const faults = error.faults.map((fault) => ({ ...fault, line: line(fault.path) }))
      return new SeedInvalid({ source: path, faults })
    }),
  )
})

interface Parsed {
  readonly value: unknown
  readonly faults: ReadonlyArray<Fault>
  readonly lineOf: () => (path: Fault["path"]) => number | undefined
}

/** The fast way for large files: JSON.parse takes a fiftieth of the time that the YAML parser takes (measured). */
const parseJson = (content: string): Parsed | undefined => {
  // The source text, which TypeScript does not know yet, keeps ids of 64 bits whole.
  const reviver = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    Number.isInteger(value) && !Number.isSafeInteger(value) ? (context?.source ?? value) : value
  try {
    const value: unknown = JSON.parse(content, reviver)
    return { value, faults: [], lineOf: () => parseYaml(content).lineOf() }
  } catch {
    return undefined
  }
}

/** JSON is YAML, too: this also tells what is wrong with a JSON file, and where. */
const parseYaml = (content: string): Parsed => {
  const lines = new Yaml.LineCounter()
  const document = Yaml.parseDocument(content, { lineCounter: lines, intAsBigInt: true, prettyErrors: false })
  const faults: Array<Fault> = document.errors.map((error) => ({
    path: [],
    line: lines.linePos(error.pos[0]).line,
    message: error.message,
  }))
  if (faults.length === 0 && document.contents === null) {
    faults.push({ path: [], message: "is empty: it takes apps, meetings and generate" })
  }
  const lineOf = (path: Fault["path"]): number | undefined => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (Yaml.isNode(node) && node.range) return lines.linePos(node.range[0]).line
    }
    return undefined
  }
  return {
    value: faults.length === 0 ? exactIntegers(document.toJS()) : undefined,
    faults,
    lineOf: () => lineOf,
  }
}

/** Integers that fit become numbers, larger ones text with every digit. */
const exactIntegers = (value: unknown): unknown => {
  if (typeof value === "bigint") {
    return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString()
  }
  if (Array.isArray(value)) return value.map(exactIntegers)
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, exactIntegers(inner)]))
  }
  return value
}
