/**
 * `GET /open-apis/vc/v1/meetings/:meeting_id/recording`: the recording of a meeting, as the page of its minute.
 *
 * A meeting without a recording is an answer, too: Feishu answers it with a code, or with `data` that has no recording.
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { GetRecording } from "@effect-feishu/contract"
 *
 * const { recording } = Schema.decodeUnknownSync(GetRecording.Data)({
 *   recording: { url: "https://meetings.feishu.cn/minutes/obcn4k7m2p9q1r5s8t3v6w0x?from=im", duration: "3541000" },
 * })
 * console.log(recording?.minuteToken, recording?.durationMillis) // => obcn4k7m2p9q1r5s8t3v6w0x 3541000
 * ```
 */
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { type EndpointCode, rateLimitCode, type Refusal, scopeCodes } from "./ErrorCode.ts"
import { dataOf, Int64, int64, nullable, numberOf, rest, unknownFields } from "./Row.ts"

/** The path below the base URL, with its parameter (documented). */
export const path = "/open-apis/vc/v1/meetings/:meeting_id/recording"

/** The scope that it requires (documented). */
export const scopes = ["vc:record:readonly"] as const

/** The requests that each window allows, counted per API, app and tenant. A request over either is refused (documented). */
export const rateLimits = [
  { requests: 1_000, windowSeconds: 60 },
  { requests: 50, windowSeconds: 1 },
] as const

/** What codes mean on this endpoint. */
export const codes: ReadonlyArray<EndpointCode> = [
  {
    code: 121003,
    meaning: "the meeting service refused the id",
    remedy: "Check the meeting id.",
    source: "documented",
  },
  {
    code: 121004,
    meaning: "the meeting has no recording",
    remedy: "Nothing is to be done: this is an answer.",
    source: "sdk",
  },
  {
    code: 121005,
    meaning: "the app or user may not see the recording",
    remedy: "Have the owner share the minute, or use a token of somebody who took part.",
    source: "documented",
  },
  {
    code: 122001,
    meaning: "the meeting is in a state without a recording, probably since it is still running",
    remedy: "Request it again after the meeting has ended.",
    source: "inferred",
  },
  {
    code: 122002,
    meaning: "there is no meeting with this id",
    remedy: "Take the id from the list of meetings: a meeting number is not an id.",
    source: "documented",
  },
  {
    code: 124002,
    meaning: "the recording is still being made",
    remedy: "Request it again in some minutes.",
    source: "documented",
  },
  ...scopeCodes(scopes),
  rateLimitCode("1,000 a minute and 50 a second"),
]

/**
 * The codes that are answers: the meeting has no recording, it is probably still running, or the recording is still being made
 * (sdk; that 122001 means a running meeting is inferred).
 */
export const answers = { 121004: "none", 122001: "running", 124002: "being made" } as const

/** The codes that refuse one meeting: the recordings of others may still be read (documented). */
export const refusals: Readonly<Record<number, Refusal>> = {
  121003: "refused",
  121005: "no permission",
  122002: "not found",
}

/** The query: there is none (documented). */
export const Query = Schema.Struct({})
/** The query: there is none. */
export type Query = typeof Query.Type

const RecordingFields = Schema.Struct({
  url: nullable(Schema.String),
  duration: nullable(Int64),
  id: nullable(Int64),
  meeting_id: nullable(Int64),
})

/** The recording as Feishu sends it. */
export const RecordingRow = Schema.StructWithRest(RecordingFields, rest)
/** The recording as Feishu sends it. */
export type RecordingRow = typeof RecordingRow.Type

/** A recording as a plain record, as `Recording.toRecord` makes it: null where Feishu sent no value. */
export const RecordingRecord = Schema.Struct({
  url: Schema.NullOr(Schema.String),
  minute_token: Schema.NullOr(Schema.String),
  duration_seconds: Schema.NullOr(Schema.Number),
})
/** A recording as a plain record. */
export type RecordingRecord = typeof RecordingRecord.Type

/** The recording of a meeting. What Feishu left out or sent as null is `undefined`. */
export class Recording {
  /** The page of the minute, such as `https://meetings.feishu.cn/minutes/obcn…`: it is not a media file (documented). */
  readonly url: string | undefined
  /** Milliseconds; `duration` on the wire. */
  readonly durationMillis: number | undefined
  /** In the official SDK's types since 2026-05, and in no document. */
  readonly id: string | undefined
  /** In the official SDK's types since 2026-05, and in no document. */
  readonly meeting_id: string | undefined
  readonly #row: RecordingRow

  constructor(row: RecordingRow) {
    this.url = row.url ?? undefined
    this.durationMillis = numberOf(row.duration)
    this.id = int64(row.id)
    this.meeting_id = int64(row.meeting_id)
    this.#row = row
  }

  /** The token by which the minutes API knows the minute; `undefined` where the URL has none. */
  get minuteToken(): string | undefined {
    return this.url === undefined ? undefined : minuteTokenOf(this.url)
  }

  /** The fields that this version does not know, as they came. */
  get unknownFields(): Readonly<Record<string, unknown>> {
    return unknownFields(this.#row, RecordingFields)
  }

  /** Returns the recording as a plain record, for a row of a table: null where Feishu sent no value. */
  static toRecord({
    durationMillis,
    minuteToken,
    url,
  }: Pick<Recording, "durationMillis" | "minuteToken" | "url">): RecordingRecord {
    return {
      url: url ?? null,
      minute_token: minuteToken ?? null,
      duration_seconds: durationMillis === undefined ? null : durationMillis / 1_000,
    }
  }

  /** The recording as it came over the wire. */
  static toRow(recording: Recording): RecordingRow {
    return recording.#row
  }
}

/**
 * Returns the segment after `minutes` in the path of a URL; `undefined` where there is none, which is not an error (sdk).
 * Query, fragment and further segments do not belong to it.
 */
export const minuteTokenOf = (url: string): string | undefined => {
  if (!URL.canParse(url)) return undefined
  const segments = new URL(url).pathname.split("/")
  const index = segments.indexOf("minutes")
  return (index < 0 ? undefined : segments[index + 1]) || undefined
}

const RecordingFromRow = RecordingRow.pipe(
  Schema.decodeTo(
    Schema.declare((u: unknown): u is Recording => u instanceof Recording, { identifier: "Recording" }),
    SchemaTransformation.transform({ decode: (row) => new Recording(row), encode: Recording.toRow }),
  ),
)

/**
 * Returns why a body with code 0 is not an answer; `undefined` if it is one. An answer without data is not Feishu's, or was cut
 * down on its way: it does not say that there is no recording.
 */
export const problemOfAnswer = (body: unknown): "noDataInAnswer" | undefined =>
  dataOf(body) === undefined ? "noDataInAnswer" : undefined

/** The `data` of the answer. No `recording`, or null, reads as "no recording" (sdk). */
export const Data = Schema.Struct({ recording: nullable(RecordingFromRow) })
/** The `data` of the answer. */
export type Data = typeof Data.Type
