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
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import { MeetingNo } from "@effect-feishu/contract/MeetingNo"

/** Why a text cannot be used as a cursor: it was changed or cut, or another version of this package made it. */
export type Problem = "damaged" | "other version"

// Times up to the year 5138: a damaged cursor must not lead to millions of windows.
const Second = Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 99_999_999_999 })))

/** The content of a cursor. Times are unix seconds. */
export const Position = Schema.Struct({
  meetingNo: MeetingNo,
  start: Second,
  end: Second,
  pageSize: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 50 }))),
  /**
   * The base URL as in `FeishuConfig`, which accepts no user and password: a cursor with them was not made by this package,
   * and must not be repeated in a message.
   */
  baseUrl: Schema.String.pipe(Schema.check(Schema.isPattern(/^[^@]*$/))),
  /** The tenant key, if one was named. */
  tenant: Schema.optional(Schema.String),
  /** The `open_id` of the user whose token was used; absent with the token of an app, and with one that was given. */
  account: Schema.optional(Schema.String),
  /** The order in which windows are read; absent if the oldest comes first. */
  order: Schema.optional(Schema.Literal("newest")),
  /**
   * When the range was given. A range whose start could be read then may grow too old while it is read. Absent in
   * cursors of version 1.
   */
  asked: Schema.optional(Second),
  /** The window of the range, from 0 in the order of reading. */
  window: Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0))),
  /** Where the window starts, if the part before was left out because Feishu no longer shows it. */
  windowStart: Schema.optional(Second),
  /** The page token of the next page; absent at the start of a window. */
  pageToken: Schema.optional(Schema.String),
}).pipe(
  Schema.check(
    Schema.makeFilter(
      ({ end, start, window, windowStart = start }) =>
        start <= windowStart && windowStart < end && window * ListByNo.maxRangeSeconds < end - start,
      { message: "the window is not in the range" },
    ),
  ),
)
/** The place in a range that a cursor holds. Times are unix seconds. */
export type Position = typeof Position.Type

const PositionJson = Schema.fromJsonString(Position)
const encodeJson = Schema.encodeSync(PositionJson)
const decodeJson = Schema.decodeUnknownResult(PositionJson)

/** Returns the 32-bit FNV-1a hash as 8 hex digits: if any one character of a text changes, so does the hash. */
const checksum = (text: string): string => {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0).toString(16).padStart(8, "0")
}

const prefix = "feishu-meetings.2."

/**
 * The position that a cursor holds, or why it cannot be read. Cursors of version 1, without a checksum, are accepted.
 */
export const read = (cursor: string): Result.Result<Position, Problem> => {
  const parts = /^feishu-meetings\.(?:1\.(?<first>[\w-]+)|2\.(?<second>[\w-]+)\.(?<sum>[\da-f]{8}))$/.exec(
    cursor,
  )?.groups
  if (parts === undefined) {
    return Result.fail(/^feishu-meetings\.(?![12]\.)\d+\.[\w.-]+$/.test(cursor) ? "other version" : "damaged")
  }
  const { first, second, sum } = parts
  if (second !== undefined && checksum(`${prefix}${second}`) !== sum) return Result.fail("damaged")
  return Base64Url.decodeString((first ?? second)!).pipe(
    Result.flatMap(decodeJson),
    Result.mapError((): Problem => "damaged"),
  )
}

/** The position that a cursor holds; `undefined` if the text is damaged or of another version. */
export const toPosition = (cursor: string): Position | undefined => Result.getOrUndefined(read(cursor))

const messages: Readonly<Record<Problem, string>> = {
  damaged: "the cursor is damaged: a whole cursor starts with feishu-meetings.2. and is one line",
  "other version": "the cursor is of another version of effect-feishu",
}

/**
 * A cursor as text. Get one from a page or an error; give it to `Meetings.pages` or `Meetings.stream`. A text that is
 * damaged or of another version is refused when it is decoded.
 */
export const Cursor = Schema.String.pipe(
  Schema.check(
    Schema.makeFilter((text) => {
      const result = read(text)
      return Result.isSuccess(result) || messages[result.failure]
    }),
  ),
  Schema.brand("Cursor"),
)
/** A cursor as text: the place where a read goes on. */
export type Cursor = typeof Cursor.Type

/** Writes a position as a cursor. */
export const fromPosition = (position: Position): Cursor => {
  const text = `${prefix}${Base64Url.encode(encodeJson(position))}`
  // Not checked again, since it was just made.
  return `${text}.${checksum(text)}` as Cursor
}
