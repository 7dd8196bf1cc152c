/**
 * A cursor: the text that says where to go on reading.
 *
 * It holds everything that a resumed read needs (number, absolute range, page size, base URL, tenant, window
 * and page token) and nothing secret, so it may be printed, logged and stored.
 *
 * @example
 * ```ts
 * import { Effect, Schema } from "effect"
 * import { Cursor, MeetingNo, Meetings } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const program = Effect.gen(function* () {
 *   const meetings = yield* Meetings.Meetings
 *   const first = yield* meetings.page({
 *     meetingNo: MeetingNo.make("337736498"),
 *     range: { from: "30d" },
 *     pageSize: 2,
 *   })
 *   // Stored as text, and checked when it is read again.
 *   const stored = String(first.cursor)
 *   const cursor = yield* Schema.decodeEffect(Cursor.Cursor)(stored)
 *   const second = yield* meetings.page(cursor)
 *   console.log(second.meetings.map((meeting) => meeting.topic).join()) // => Retrospective
 *   console.log(second.cursor === undefined) // => true
 * })
 * await Effect.runPromise(
 *   program.pipe(Effect.provide(Meetings.layerConfig), Effect.provide(NodeHttp.layer())),
 * )
 * ```
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Base64Url from "effect/encoding/Base64Url"
import { MeetingNo } from "@effect-feishu/contract/MeetingNo"

/** A cursor as text. Get one from a page or an error; give it to `Meetings.pages` or `Meetings.stream`. */
export const Cursor = Schema.String.pipe(
  Schema.check(
    Schema.isPattern(/^feishu-meetings\.1\.[\w-]+$/, {
      message: "a cursor starts with feishu-meetings.1. and comes whole, in one line",
    }),
  ),
  Schema.brand("Cursor"),
)
/** See the Schema of the same name. */
export type Cursor = typeof Cursor.Type

// Up to the year 5138: a damaged cursor must not ask for millions of windows.
const Second = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 99_999_999_999 })))

/** What a cursor holds. Times are unix seconds. */
export const Position = Schema.Struct({
  meetingNo: MeetingNo,
  start: Second,
  end: Second,
  pageSize: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 50 }))),
  /** As `FeishuConfig` has it: with a user and password it was never one of ours, and must not be repeated. */
  baseUrl: Schema.String.pipe(Schema.check(Schema.isPattern(/^[^@]*$/))),
  /** The tenant key, where one was named. */
  tenant: Schema.optional(Schema.String),
  /** In which order the windows are read; absent in cursors of reads from the oldest on. */
  order: Schema.optional(Schema.Literal("newest")),
  /** Which window of the range, from 0 in the order of reading. */
  window: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))),
  /** Of the next page; absent at the start of a window. */
  pageToken: Schema.optional(Schema.String),
})
/** See the Schema of the same name. */
export type Position = typeof Position.Type

const prefix = "feishu-meetings.1."
const PositionJson = Schema.fromJsonString(Position)
const encodeJson = Schema.encodeSync(PositionJson)
const decodeJson = Schema.decodeUnknownResult(PositionJson)

/** A position as a cursor. */
export const fromPosition = (position: Position): Cursor =>
  Cursor.make(`${prefix}${Base64Url.encode(encodeJson(position))}`)

/** The position that a cursor holds; `undefined` when the text is damaged or of another version. */
export const toPosition = (cursor: string): Position | undefined => {
  if (!cursor.startsWith(prefix)) return undefined
  const json = Base64Url.decodeString(cursor.slice(prefix.length))
  return Result.getOrUndefined(Result.flatMap(json, decodeJson))
}
