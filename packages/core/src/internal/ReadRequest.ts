/** Where a read begins: a request that is checked, or a cursor that is unpacked. Nothing is sent before that. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import { MeetingNo } from "@effect-feishu/contract/MeetingNo"
import { CurrentTenant } from "../AccessToken.ts"
import * as Cursor from "../Cursor.ts"
import type { FeishuClient } from "../FeishuClient.ts"
import { type CursorProblem, CursorUnusable, FeishuError, invalidRequest } from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"
import * as TimeRange from "../TimeRange.ts"
import { nowSeconds } from "./nowSeconds.ts"
import { shortened } from "./shortened.ts"

/** What to read. */
export interface Request {
  readonly meetingNo: MeetingNo
  /** Ranges over 90 days are read in windows of 90 days. */
  readonly range: TimeRange.Input | TimeRange.TimeRange
  /** 1 to 50, Feishu's maximum and the default here: n meetings in a window cost ⌈n/50⌉ requests. */
  readonly pageSize?: number | undefined
  /**
   * Which window comes first, the `oldest` (the default) or the `newest`. Within a window the order of meetings is
   * Feishu's, which is not documented.
   */
  readonly order?: "oldest" | "newest" | undefined
  /** How many windows are read in parallel; default 1. See `Resume.readAhead`. */
  readonly readAhead?: number | undefined
}

/** Where to go on, and how. */
export interface Resume {
  readonly cursor: Cursor.Cursor
  /**
   * How many windows are read in parallel; default 1. Rows and failures come in the same order with any number. With 1
   * no page is read before it is requested, so that `Stream.take(n)` costs ⌈n/50⌉ requests.
   *
   * With more, pages wait in memory for their turn: at most 5 of a window before the turn of that window, at most 8
   * during it, of at most 2 × `readAhead` + 1 windows at a time. `pagesAhead` in `Pagination.ts` says where these
   * numbers come from.
   */
  readonly readAhead?: number | undefined
  /**
   * The ids of the meetings that came before the cursor, in its window and the one before. These meetings do not come
   * again, either where windows meet or when Feishu no longer accepts the page token and the window is read from its
   * start. If you keep the ids with the cursor, every row comes exactly once across a resume, too.
   */
  readonly seen?: Iterable<string> | undefined
}

/** What the reading functions take: a request, or the cursor of an earlier read. */
export type From = Request | Cursor.Cursor | Resume

/** A request that was checked, or a cursor that was unpacked. */
export interface Opened {
  /** The place to begin at. */
  readonly start: Cursor.Position
  readonly readAhead: number
  readonly seen?: Iterable<string> | undefined
  /** True when the read continues where another one has ended. */
  readonly resumed: boolean
}

/** The parts of a client that a read is bound to. */
export type Client = Pick<FeishuClient["Service"], "baseUrl" | "account">

/** True for a text of nine digits. */
export const isMeetingNo = Schema.is(MeetingNo)

/**
 * Checks a request, or unpacks a cursor, for a client, whoever's token it has, and the current tenant. `asked` is when the
 * range was given, in unix seconds; now unless it is set.
 */
export const open = Effect.fnUntraced(function* (
  from: From,
  client: Client,
  asked?: number,
): Effect.fn.Return<Opened, FeishuError> {
  const of = {
    baseUrl: client.baseUrl,
    tenant: yield* CurrentTenant,
    account: client.account === undefined ? undefined : yield* client.account,
  }
  const request = typeof from === "string" ? { cursor: from } : from
  const readAhead = request.readAhead ?? 1
  if (!Number.isInteger(readAhead) || readAhead < 1) {
    return yield* invalidRequest(
      "readAhead",
      Sentence.make("notAWindowCount", { text: String(readAhead) }),
      Sentence.make("giveWholeNumber", { minimum: 1 }),
    )
  }
  if (!("cursor" in request)) {
    const start = { ...(yield* checked(request, asked)), ...of }
    return { start, readAhead, resumed: false }
  }
  const start = yield* unpacked(request.cursor, of)
  // A cursor at the very start of its range has read nothing: it is like a range that is given now, except for its age.
  return { start, readAhead, seen: request.seen, resumed: isBegun(start) || start.asked === undefined }
})

/** True for a place after the start of its range. */
export const isBegun = ({ pageToken, window, windowStart }: Cursor.Position): boolean =>
  window > 0 || pageToken !== undefined || windowStart !== undefined

const unpacked = Effect.fnUntraced(function* (
  cursor: Cursor.Cursor,
  { account, baseUrl, tenant }: Pick<Cursor.Position, "baseUrl" | "tenant" | "account">,
) {
  const position = yield* Effect.mapError(Effect.fromResult(Cursor.read(String(cursor))), (problem) =>
    unusable(problem),
  )
  if (position.baseUrl !== baseUrl) return yield* unusable("other base URL", position.baseUrl, baseUrl)
  if (position.tenant !== tenant) return yield* unusable("other tenant", position.tenant, tenant)
  if (position.account !== account) return yield* unusable("other account", position.account, account)
  return position
})

const unusable = (problem: typeof CursorProblem.Type, ofCursor?: string, ofRead?: string) =>
  new FeishuError({
    reason: new CursorUnusable({
      problem,
      ofCursor: ofCursor && shortened(ofCursor, 300),
      ofRead: ofRead && shortened(ofRead, 300),
    }),
  })

const checked = Effect.fnUntraced(function* (request: Request, asked: number | undefined) {
  const { meetingNo, order = "oldest", pageSize = ListByNo.maxPageSize } = request
  if (!isMeetingNo(meetingNo)) {
    return yield* invalidRequest("meetingNo", Sentence.make("notAMeetingNo"), Sentence.make("giveNineDigits"))
  }
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > ListByNo.maxPageSize) {
    return yield* invalidRequest(
      "pageSize",
      Sentence.make("outOfRange", { text: String(pageSize) }),
      Sentence.make("giveWholeNumberTo", { minimum: 1, maximum: ListByNo.maxPageSize }),
    )
  }
  if (order !== "oldest" && order !== "newest") {
    return yield* invalidRequest("order", Sentence.make("unknownOrder"), Sentence.make("giveOrder"))
  }
  const { end, start } = yield* TimeRange.make(request.range)
  return {
    meetingNo,
    start,
    end,
    pageSize,
    order: order === "newest" ? order : undefined,
    asked: asked ?? (yield* nowSeconds),
    window: 0,
  }
})
