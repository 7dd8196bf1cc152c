/**
 * Snapshots: the contents of a workspace, written and read as one JSON document, or, for any number of meetings, as lines of
 * JSON. The first line has everything but the meetings, and their number; each other line is a meeting.
 */
import * as Effect from "effect/Effect"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as TimeText from "../protocol/TimeText.ts"
import * as Behaviour from "../protocol/Behaviour.ts"
import { described } from "../protocol/Described.ts"
import * as Bounds from "../protocol/Bounds.ts"
import * as Seed from "../seed/Seed.ts"
import * as SeedCheck from "../seed/SeedCheck.ts"
import { type Fault, SeedInvalid } from "../seed/SeedInvalid.ts"
import { get } from "../seed/UncheckedSeed.ts"
import type * as Store from "./Store.ts"
import * as VirtualClock from "./VirtualClock.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import type { SameAsSchema } from "../protocol/SameAsSchema.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"

const first = {
  version: described(Schema.Literal(1), "The version of the format", 1),
  now: described(
    WholeNumber.between(0, TimeText.lastSecond, VirtualClock.bounds),
    "The mock's time, in unix seconds",
    1769850000,
  ),
  frozen: described(Schema.Boolean, "True for a clock that stands still", false),
  behaviour: Behaviour.InSnapshot,
}
const { apps, meetings, users } = Seed.Keys.fields

/** The contents of a workspace, as JSON that can be stored and restored. Without apps, the workspace keeps its own. */
export const Snapshot = Schema.Struct({
  ...first,
  seed: Schema.Struct({ apps, users, meetings }).annotate({
    ...Seed.noOtherKeys,
    identifier: "SnapshotContents",
    description: "Apps, users and meetings. Without apps, the workspace keeps its own",
  }),
}).annotate({
  ...Seed.noOtherKeys,
  identifier: "Snapshot",
  description: "What a workspace holds at one moment, as JSON that can be stored and restored",
})
/** The contents of a workspace, as JSON. */
export type Snapshot = SameAsSchema<PublicTypes.Snapshot, typeof Snapshot>

/** The first line of a snapshot in lines. */
const FirstLine = Schema.Struct({
  ...first,
  seed: Schema.Struct({ apps, users }).annotate(Seed.noOtherKeys),
  /** The number of lines with meetings that follow, so that a snapshot that was cut off is not taken for a smaller one. */
  meetings: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
})

/** A snapshot without its meetings. */
const Head = Schema.Struct({
  ...first,
  seed: FirstLine.fields.seed,
  meetings: Schema.optionalKey(FirstLine.fields.meetings),
}).annotate(Seed.noOtherKeys)
type Head = typeof Head.Type

/** The lines of a snapshot: the first one, then a meeting each. */
export const Lines = HttpApiSchema.StreamNdjson({
  schema: Schema.Union([FirstLine, Seed.Meeting]),
  contentType: ["application/x-ndjson", "application/jsonl", "application/ndjson"],
})

/** The contents of a workspace at one moment. */
export interface Moment {
  readonly head: Head
  readonly meetings: ReadonlyArray<Store.Meeting>
  readonly given: Store.Store["given"]
  /** The most bytes that the meetings take as JSON in UTF-8. */
  readonly meetingBytes: number
}

/** Writing a piece of this many takes about a millisecond; other requests are served between pieces. */
const meetingsPerPiece = 250

/** Writes one JSON document, in pieces. */
export const json = function* ({ given, head, meetings }: Moment): Generator<string, void, undefined> {
  const { seed, ...rest } = head
  yield `${JSON.stringify(rest).slice(0, -1)},"seed":${JSON.stringify(seed).slice(0, -1)},"meetings":[`
  for (let from = 0; from < meetings.length; from += meetingsPerPiece) {
    const piece = meetings
      .slice(from, from + meetingsPerPiece)
      .map((meeting) => JSON.stringify(given(meeting)))
    yield `${from === 0 ? "" : ","}${piece.join(",")}`
  }
  yield "]}}"
}

/** Writes lines of JSON, in pieces. */
export const lines = function* ({ given, head, meetings }: Moment): Generator<string, void, undefined> {
  yield `${JSON.stringify({ ...head, meetings: meetings.length })}\n`
  for (let from = 0; from < meetings.length; from += meetingsPerPiece) {
    const piece = meetings
      .slice(from, from + meetingsPerPiece)
      .map((meeting) => JSON.stringify(given(meeting)))
    yield `${piece.join("\n")}\n`
  }
}

/** A value that was read and its place; or the message for that place. */
type Read = { readonly path: Fault["path"]; readonly line?: number } & (
  | { readonly value: unknown }
  | { readonly message: string }
)

/** A snapshot that is being read. Its meetings are parsed one by one, as the iterable is consumed. */
export interface Given {
  readonly head: Read
  readonly meetings: Iterable<Read>
}

/** Reads one JSON document. */
export const fromJson = (bytes: Uint8Array): Given => {
  const parsed = parse(bytes)
  if ("message" in parsed) return { head: { path: [], ...parsed }, meetings: [] }
  const snapshot = parsed.value
  const seed = get(snapshot, "seed")
  const meetings = get(seed, "meetings")
  if (!isRecord(snapshot) || !isRecord(seed) || !Array.isArray(meetings ?? [])) {
    const message = Array.isArray(meetings ?? [])
      ? "must be a snapshot, as GET /_mock/state returns it"
      : "must be a list of meetings"
    return { head: { path: isRecord(seed) ? ["seed", "meetings"] : [], message }, meetings: [] }
  }
  const { meetings: _meetings, ...rest } = seed
  return {
    head: { path: [], value: { ...snapshot, seed: rest } },
    meetings: (function* () {
      for (const [index, value] of ((meetings ?? []) as ReadonlyArray<unknown>).entries()) {
        yield { path: ["seed", "meetings", index], value }
      }
    })(),
  }
}

/** Reads lines of JSON. Removes the chunks from their list as it goes, so that memory is freed before the end. */
export const fromLines = (chunks: Array<Uint8Array>): Given => {
  const texts = linesOf(chunks)
  const firstLine = texts.next()
  const head = firstLine.done === true ? { message: "is empty" } : parse(firstLine.value.bytes)
  return {
    head: { path: [], line: 1, ...head },
    meetings: (function* () {
      for (const { line, bytes } of texts) yield { path: [], line, ...parse(bytes) }
    })(),
  }
}

const newline = 10
const space = 32

/** Yields the lines that are not blank, with their numbers. */
const linesOf = function* (
  chunks: Array<Uint8Array>,
): Generator<{ line: number; bytes: Uint8Array }, void, undefined> {
  let begun: Array<Uint8Array> = []
  let line = 0
  const next = (end: Uint8Array) => {
    line++
    const bytes = Buffer.concat([...begun, end])
    begun = []
    return bytes.every((byte) => byte <= space) ? [] : [{ line, bytes }]
  }
  chunks.reverse()
  for (let chunk = chunks.pop(); chunk !== undefined; chunk = chunks.pop()) {
    let from = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      yield* next(chunk.subarray(from, end))
      from = end + 1
    }
    begun.push(chunk.subarray(from))
  }
  yield* next(new Uint8Array())
}

// The decoder drops a byte order mark, which some programs write. Bytes that are not UTF-8 are refused, not damaged.
const decoder = new TextDecoder("utf-8", { fatal: true })

const parse = (bytes: Uint8Array): { readonly value: unknown } | { readonly message: string } => {
  let text: string
  try {
    text = decoder.decode(bytes)
  } catch {
    return { message: "is not UTF-8" }
  }
  try {
    return { value: JSON.parse(text) }
  } catch (error) {
    return { message: `is not JSON: ${error instanceof Error ? error.message : String(error)}` }
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const invalid = (faults: ReadonlyArray<Fault>): SeedInvalid =>
  new SeedInvalid({ source: "the snapshot", faults })

const decodeHead = Schema.decodeUnknownResult(Head, { errors: "all", onExcessProperty: "error" })

/** Reads everything but the meetings. Fails with every mistake in it. */
export const readHead = Effect.fnUntraced(function* ({ head }: Given) {
  const { line, path } = head
  if ("message" in head) return yield* invalid([head])
  const decoded = decodeHead(head.value)
  if (Result.isFailure(decoded)) {
    return yield* invalid(SeedCheck.faultsOf(decoded.failure).map((fault) => ({ ...fault, line })))
  }
  const { now, seed } = decoded.success
  yield* Effect.mapError(SeedCheck.check(seed, undefined, now), ({ faults }) =>
    invalid(faults.map((fault) => ({ ...fault, path: [...path, "seed", ...fault.path], line }))),
  )
  return decoded.success
})

/** Reading stops after this many faults. */
const mostFaults = 1_000

/** Puts the meetings into a store, some at a time, so that other requests are served. Fails with every mistake in them. */
export const readMeetings = Effect.fnUntraced(function* (snapshot: Given, head: Head, store: Store.Store) {
  const faults: Array<Fault> = []
  let count = 0
  for (const read of snapshot.meetings) {
    const { line, path } = read
    const meeting = "value" in read ? SeedCheck.checkMeeting(read.value, head.now) : undefined
    if (meeting === undefined || Result.isFailure(meeting)) {
      const found = meeting?.failure ?? [{ path: [], message: "message" in read ? read.message : "" }]
      for (const fault of found) faults.push({ ...fault, path: [...path, ...fault.path], line })
    } else if (store.meeting(meeting.success.id) !== undefined) {
      faults.push({
        path: [...path, "id"],
        line,
        message: `an earlier meeting has the id ${meeting.success.id}`,
      })
    } else if (!store.putMeeting(meeting.success)) {
      faults.push({ path, line, message: Bounds.ofWorkspace })
      break
    }
    if (faults.length >= mostFaults) break
    if (++count % meetingsPerPiece === 0) yield* Effect.yieldNow
  }
  const { meetings = count } = head
  if (faults.length === 0 && meetings !== count) {
    faults.push({
      path: ["meetings"],
      line: 1,
      message: `says ${meetings}, but ${count} meetings follow: part of the snapshot is missing`,
    })
  }
  if (faults.length > 0) return yield* invalid(faults)
})
