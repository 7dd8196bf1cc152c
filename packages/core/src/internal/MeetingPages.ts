/**
 * The pages of one meeting number: windows of 90 days, read one page at a time. Feishu may not show what is more than
 * 90 days ago (`lookback` in `ListByNo.NinetyDays`), so a window that could be read when the range was given may have
 * grown too old by the time of its request: its rest is read, and the part that is lost is reported.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import type { MeetingBrief } from "@effect-feishu/contract/MeetingBrief"
import type { MeetingNo } from "@effect-feishu/contract/MeetingNo"
import * as Cursor from "../Cursor.ts"
import * as Events from "../Events.ts"
import * as FeishuClient from "../FeishuClient.ts"
import { contractViolation, FeishuError, positioned, RangeTooOld } from "../FeishuError.ts"
import * as Pagination from "../Pagination.ts"
import * as Sentence from "../Sentence.ts"
import * as TimeRange from "../TimeRange.ts"
import { nowSeconds } from "./nowSeconds.ts"
import { requestPath } from "./requestPath.ts"
import { isMeetingNo, type Opened } from "./ReadRequest.ts"

/** The endpoint `GET /open-apis/vc/v1/meetings/list_by_no`. Its limit is that of the client's options. */
export const listByNo = FeishuClient.endpoint(
  { ...ListByNo, problemOfAnswer: ListByNo.problemOfPage },
  undefined,
  ({ end_time, meeting_no, start_time }) => ({
    "feishu.meeting.no": meeting_no,
    "feishu.period.start": timeOf(start_time),
    "feishu.period.end": timeOf(end_time),
  }),
)

/** A time for people; as it is if there is no such date. */
const timeOf = (seconds: number): string =>
  Math.abs(seconds) <= 8_640_000_000_000 ? TimeRange.iso(seconds) : String(seconds)

/** The call as errors name it. */
const operation = `GET ${ListByNo.path}`

/**
 * A page before its cursor is made: making a cursor costs as much as everything else that this module does for a page.
 */
export interface MeetingPage {
  readonly meetingNo: MeetingNo
  readonly rows: ReadonlyArray<MeetingBrief>
  /** The whole range, and the window of this page. */
  readonly range: TimeRange.TimeRange
  readonly window: TimeRange.TimeRange
  readonly order: "oldest" | "newest"
  /** The place after this page. */
  readonly next: Cursor.Position | undefined
  readonly logId: string | undefined
  readonly unreachable: Pagination.Unreachable | undefined
}

/** The pages of an opened read, in order. */
export const read = (
  client: FeishuClient.FeishuClient["Service"],
  opened: Opened,
): Stream.Stream<MeetingPage, FeishuError> => {
  const one = makeRead(client, opened)
  const { pageToken, window, windowStart } = opened.start
  return Pagination.pages({
    windows: one.windows.length,
    readAhead: opened.readAhead,
    start: { window, windowStart, pageToken },
    read: (position) => readPage(one, position),
    seen: opened.seen,
    key: (row) => row.id,
    isPageTokenRefused: isParamError,
    broken: one.failed,
  }).pipe(Stream.mapEffect((page) => reported(one, page)))
}

/** One read: its windows, and functions that request a page and name a place. */
interface Read {
  readonly opened: Opened
  readonly windows: ReadonlyArray<TimeRange.TimeRange>
  /** Returns the window of a position, which may start later than the range has it. */
  readonly windowAt: (position: Pagination.Position) => TimeRange.TimeRange
  /** Returns the place of a position, for a cursor. */
  readonly positionAt: (position: Pagination.Position) => Cursor.Position
  /** Requests a page of a window. */
  readonly request: (
    window: TimeRange.TimeRange,
    pageToken?: string,
  ) => Effect.Effect<Pagination.RawPage<MeetingBrief>, FeishuError>
  /** Makes the error of a fault in what was read at a position. */
  readonly failed: (reason: FeishuError["reason"], position: Pagination.Position) => FeishuError
  /** The number of times that the start of each window was moved. */
  readonly moves: Map<number, number>
}

const makeRead = (client: FeishuClient.FeishuClient["Service"], opened: Opened): Read => {
  const { meetingNo, order, pageSize } = opened.start
  const oldestFirst = TimeRange.windows(opened.start)
  const windows = order === "newest" ? oldestFirst.toReversed() : oldestFirst
  const windowAt = ({ window, windowStart }: Pagination.Position) => {
    const { end, start } = windows[window]!
    return { start: windowStart ?? start, end }
  }
  const positionAt = ({ pageToken, window, windowStart }: Pagination.Position): Cursor.Position => ({
    ...opened.start,
    window,
    windowStart,
    pageToken,
  })
  return {
    opened,
    windows,
    windowAt,
    positionAt,
    request: (window, pageToken) =>
      Effect.map(
        client.call(listByNo, {
          meeting_no: meetingNo,
          start_time: window.start,
          end_time: window.end,
          page_size: pageSize,
          ...(pageToken === undefined ? {} : { page_token: pageToken }),
        }),
        ({ data, logId }) => ({
          rows: data.meeting_briefs ?? [],
          hasMore: data.has_more ?? undefined,
          pageToken: data.page_token || undefined,
          logId,
        }),
      ),
    failed: (reason, position) =>
      new FeishuError({
        reason,
        operation,
        path: requestPath(operation, `${client.baseUrl}${ListByNo.path}`),
        ...positioned(windowSentence(meetingNo, windowAt(position))),
        cursor: Cursor.fromPosition(positionAt(position)),
      }),
    moves: new Map(),
  }
}

const windowSentence = (meetingNo: MeetingNo, window: TimeRange.TimeRange) =>
  Sentence.make("window", inTimes(meetingNo, window))

const inTimes = (meetingNo: MeetingNo, { end, start }: TimeRange.TimeRange) => ({
  meetingNo,
  start: TimeRange.iso(start),
  end: TimeRange.iso(end),
})

/** Reads the page at a position, or the rest of its window if the beginning has grown too old. */
const readPage = Effect.fnUntraced(function* (
  read: Read,
  position: Pagination.Position,
): Effect.fn.Return<Pagination.RawPage<MeetingBrief>, FeishuError> {
  const { meetingNo } = read.opened.start
  const window = read.windowAt(position)
  const page = yield* read.request(window, position.pageToken).pipe(
    Effect.catchIf(isParamError, (error) =>
      Effect.flatMap(nowSeconds, (now) => {
        const earliestStarts = earliestStartsAfter(error, window, now)
        const refusal = explained(error, window, earliestStarts.at(-1))
        return earliestStarts.length > 0 && mayHaveGrownOld(read.opened, window, now)
          ? withoutOldPart(read, position, refusal, earliestStarts)
          : Effect.fail(refusal)
      }),
    ),
    Effect.mapError((error) =>
      error.with({
        cursor: Cursor.fromPosition(read.positionAt(position)),
        // A failure of the token call is not about a number or a window.
        ...(error.operation === operation ? positioned(windowSentence(meetingNo, window)) : {}),
      }),
    ),
  )
  const foreign = page.rows.find(
    (row) =>
      row.meeting_no !== undefined &&
      row.meeting_no !== meetingNo &&
      row.meeting_no.replace(/\D/g, "") !== meetingNo,
  )
  if (foreign === undefined) return page
  const problem = Sentence.make("foreignRow", {
    // Values are repeated in the message only if they look like ids: a server may put a password into any field.
    row: /^\d{1,20}$/.test(foreign.id) ? foreign.id : undefined,
    meetingNo: isMeetingNo(foreign.meeting_no) ? foreign.meeting_no : undefined,
  })
  const reason = contractViolation(problem, { status: 200, logId: page.logId, cutShort: false })
  return yield* read.failed(reason, position)
})

/** Reports a page in events and warnings, and gives it with the place after it. */
const reported = Effect.fnUntraced(function* (
  { opened, positionAt, windows }: Read,
  { duplicates, logId, next, rows, rowsInWindow, unreachable, window }: Pagination.Page<MeetingBrief>,
): Effect.fn.Return<MeetingPage> {
  const { meetingNo, ...start } = opened.start
  if (unreachable !== undefined) yield* warnUnreachable(meetingNo, unreachable)
  yield* Events.emit({
    _tag: "PageRead",
    meetingNo,
    rows: rows.length,
    duplicates,
    window,
    windows: windows.length,
  })
  // The read that made the cursor may have returned rows of the window in which it ended.
  const isBegunBefore =
    window === start.window && (start.pageToken !== undefined || start.windowStart !== undefined)
  if (next?.window !== window && rowsInWindow === 0 && !isBegunBefore && unreachable === undefined) {
    yield* warnOldWindowEmpty(meetingNo, windows[window]!)
  }
  return {
    meetingNo,
    rows,
    range: { start: start.start, end: start.end },
    window: windows[window]!,
    order: start.order ?? "oldest",
    next: next && positionAt(next),
    logId,
    unreachable,
  }
})

/** Feishu's "param error" does not say which value is wrong: a start that is too old, or a page token, for example. */
const isParamError = (error: FeishuError): boolean => error.code === 121003

/** A start this far from the 90 days can be read for a while. */
const clearSeconds = 3_600

/** The clock of this machine may be this far behind Feishu's. */
const clockSkewSeconds = 60

const isTooOld = (start: number, now: number): boolean =>
  start < now - ListByNo.maxRangeSeconds + clockSkewSeconds

/**
 * True when a window may have been readable when the range was given. One that never was is refused, so that the
 * caller can give another range.
 */
const mayHaveGrownOld = ({ resumed, start }: Opened, window: TimeRange.TimeRange, now: number): boolean =>
  resumed || (window.start > (start.asked ?? 0) - ListByNo.maxRangeSeconds && isTooOld(window.start, now))

/**
 * The earliest starts that a refused range may have: by the clock of this machine and by that of the server. A clock
 * counts if the start is more than 90 days ago by it. In ascending order.
 */
const earliestStartsAfter = (
  { reason }: FeishuError,
  { start }: TimeRange.TimeRange,
  now: number,
): ReadonlyArray<number> => {
  const answeredAt = reason._tag === "RequestRefused" ? reason.answeredAt : undefined
  return (
    [now, ...(answeredAt === undefined ? [] : [answeredAt])]
      .filter((time) => isTooOld(start, time))
      // An hour later than the bound of that moment, which moves on while people read and type.
      .map((time) => time - ListByNo.maxRangeSeconds + clearSeconds)
      .toSorted((a, b) => a - b)
  )
}

/**
 * Names a start over 90 days ago as the reason of a 121003, which does not say which value it dislikes: it is the
 * likeliest.
 */
const explained = (
  error: FeishuError,
  window: TimeRange.TimeRange,
  earliestStartSeconds: number | undefined,
): FeishuError => {
  const { reason } = error
  if (reason._tag !== "RequestRefused" || earliestStartSeconds === undefined) return error
  const { code, logId, msg, status } = reason
  return error.with({
    reason: new RangeTooOld({
      code,
      logId,
      msg,
      status,
      startSeconds: window.start,
      earliestStartSeconds,
      earliestStart: TimeRange.iso(earliestStartSeconds),
    }),
  })
}

/** Continues after the part of a window that is too old, at the first of these starts that Feishu accepts. */
const withoutOldPart = Effect.fnUntraced(function* (
  { moves, opened, request, windowAt }: Read,
  position: Pagination.Position,
  refusal: FeishuError,
  earliestStarts: ReadonlyArray<number>,
): Effect.fn.Return<Pagination.RawPage<MeetingBrief>, FeishuError> {
  const window = windowAt(position)
  if (position.pageToken !== undefined) {
    // Perhaps Feishu refuses the page token. In a resumed read `Pagination` repeats the request without the token, and
    // gets back here if that does not help.
    const { start } = opened
    const isFirst = position.window === start.window && position.pageToken === start.pageToken
    if (isFirst) return yield* refusal
    const withoutToken = yield* Effect.result(request(window))
    if (Result.isSuccess(withoutToken)) return yield* refusal
    if (!isParamError(withoutToken.failure)) return yield* withoutToken.failure
  }
  // A window that takes long would be begun again and again: each time its start is moved twice as far.
  const moved = moves.get(position.window) ?? 0
  moves.set(position.window, moved + 1)
  let error = refusal
  for (const earliestStart of earliestStarts) {
    const to = Math.min(earliestStart + clearSeconds * (2 ** moved - 1), window.end)
    const unreachable = { from: window.start, to }
    if (to === window.end) {
      return { rows: [], hasMore: false, pageToken: undefined, logId: refusal.logId, unreachable }
    }
    const page = yield* Effect.result(request({ start: to, end: window.end }))
    if (Result.isSuccess(page)) return { ...page.success, unreachable }
    error = page.failure
    if (!isParamError(error)) break
  }
  return yield* error
})

const warnUnreachable = Effect.fnUntraced(function* (
  meetingNo: MeetingNo,
  { from, to }: Pagination.Unreachable,
) {
  yield* Events.emit({ _tag: "TimeUnreachable", meetingNo, from, to })
  yield* Sentence.warn(Sentence.make("timeUnreachable", inTimes(meetingNo, { start: from, end: to })))
})

const warnOldWindowEmpty = Effect.fnUntraced(function* (
  meetingNo: MeetingNo,
  { end, start }: TimeRange.TimeRange,
) {
  if (end >= (yield* nowSeconds) - ListByNo.maxRangeSeconds) return
  yield* Events.emit({ _tag: "OldWindowEmpty", meetingNo, start, end })
  yield* Sentence.warn(Sentence.make("oldWindowEmpty", inTimes(meetingNo, { start, end })))
})
