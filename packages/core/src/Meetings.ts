/**
 * The meetings of a meeting number.
 *
 * Every read ends complete, or fails with an error that carries a cursor: the place after the last page that
 * came out. Rows come exactly once within one stream, and at least once across a resume; exactly once there, too,
 * for who remembers the ids of the last two windows (`Resume.seen`).
 *
 * A meeting that is still running appears once it has started, so read a little of the past again the next time.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import type { MeetingBrief } from "@effect-feishu/contract/MeetingBrief"
import { MeetingNo } from "@effect-feishu/contract/MeetingNo"
import { CurrentTenant } from "./AccessToken.ts"
import * as Cursor from "./Cursor.ts"
import * as Events from "./Events.ts"
import * as FeishuClient from "./FeishuClient.ts"
import {
  ContractViolation,
  type CursorProblem,
  CursorUnusable,
  FeishuError,
  invalidRequest,
  RangeTooOld,
} from "./FeishuError.ts"
import { pathAsked } from "./internal/pathAsked.ts"
import * as Pagination from "./Pagination.ts"
import { shortened } from "./internal/shortened.ts"
import * as TimeRange from "./TimeRange.ts"

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
  /** See `Resume`. */
  readonly readAhead?: number | undefined
}

/** How many numbers are read. */
export type Options = Pick<Request, "pageSize" | "order" | "readAhead">

/** Where to go on, and how. */
export interface Resume {
  readonly cursor: Cursor.Cursor
  /**
   * Windows that are read beside each other; default 1. At most 8 pages of each wait for their turn, of at most twice
   * as many windows and one. Rows and failures come in the same order with any number. With 1 no page is read before
   * it is asked for, so that `Stream.take(n)` costs ⌈n/50⌉ requests.
   */
  readonly readAhead?: number | undefined
  /**
   * Ids of the meetings that came before the cursor, in its window and the one before. They do not come again: not
   * where windows meet, nor when Feishu no longer accepts the page token and the window is read from its start.
   * Whoever keeps them beside the cursor has every row exactly once across a resume, too.
   */
  readonly seen?: Iterable<string> | undefined
}

/** What the reading functions take: a request, or the cursor of an earlier read. */
export type From = Request | Cursor.Cursor | Resume

/** One page of meetings. */
export interface Page {
  readonly _tag: "Page"
  readonly meetingNo: MeetingNo
  /** Without those that came on an earlier page. */
  readonly meetings: ReadonlyArray<MeetingBrief>
  /** The place after this page; absent after the last page of the range. */
  readonly cursor: Cursor.Cursor | undefined
  /** The id that Feishu's support asks for. */
  readonly logId: string | undefined
  /**
   * The part of the range, in unix seconds, that was left out just before this page. Set where a cursor was resumed, or
   * a read went on, so late that Feishu no longer answers for it: it is more than 90 days ago by now, though it could be
   * read when the range was given. Meetings of that time that had not come before are lost.
   */
  readonly unreachable: { readonly from: number; readonly to: number } | undefined
}

/** A number was read to the end of the range. */
export interface Complete {
  readonly _tag: "Complete"
  readonly meetingNo: MeetingNo
  /** Meetings that came. */
  readonly rows: number
}

/** A number could not be read, or not to the end; the others may still be. */
export interface Failed {
  readonly _tag: "Failed"
  readonly meetingNo: MeetingNo
  /** Its cursor is where to go on with this number. */
  readonly error: FeishuError
}

/**
 * Reads meetings.
 *
 * @example
 * ```ts
 * import { Console, Effect, Stream } from "effect"
 * import { MeetingNo, Meetings } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const program = Effect.gen(function* () {
 *   const meetings = yield* Meetings.Meetings
 *   yield* meetings
 *     .stream({ meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } })
 *     .pipe(Stream.runForEach((meeting) => Console.log(meeting.id, meeting.topic)))
 * })
 *
 * await Effect.runPromise(
 *   program.pipe(Effect.provide(Meetings.layerConfig), Effect.provide(NodeHttp.layer())),
 * )
 * // => 7628568641385449001 Kick-off
 * // => 7631166230414229002 Review
 * // => 7633763819443009003 Retrospective
 * ```
 */
export class Meetings extends Context.Service<
  Meetings,
  {
    /** One page: the first of a request, or the one at a cursor. */
    readonly page: (from: From) => Effect.Effect<Page, FeishuError>
    /** All pages. A failure comes after every page before it, and its cursor is where to go on. */
    readonly pages: (from: From) => Stream.Stream<Page, FeishuError>
    /** All meetings, each once. */
    readonly stream: (from: From) => Stream.Stream<MeetingBrief, FeishuError>
    /**
     * All meetings of many numbers, one number after the other; a number given twice is read once. The first
     * failure ends it.
     */
    readonly streamMany: (
      meetingNos: Iterable<MeetingNo>,
      range: Request["range"],
      options?: Options,
    ) => Stream.Stream<{ readonly meetingNo: MeetingNo; readonly meeting: MeetingBrief }, FeishuError>
    /**
     * The pages of many numbers, one number after the other, and how each of them ended. A fault of a number (its
     * request is refused, or its answers break the contract) ends that number only; what would meet the others,
     * too (token, scope, quota, network), ends the stream.
     */
    readonly outcomes: (
      meetingNos: Iterable<MeetingNo>,
      range: Request["range"],
      options?: Options,
    ) => Stream.Stream<Page | Complete | Failed, FeishuError>
  }
>()("@effect-feishu/core/Meetings") {}

/** `GET /open-apis/vc/v1/meetings/list_by_no`, for `FeishuClient.call`. */
export const listByNo: FeishuClient.Endpoint<ListByNo.Query, ListByNo.Data> = {
  path: ListByNo.path,
  query: ListByNo.Query,
  data: ListByNo.Data,
  problem: ListByNo.problemOfPage,
}

/** A request that was checked, or a cursor that was unpacked. */
interface Opened extends Cursor.Position {
  readonly readAhead: number
  readonly seen?: Iterable<string> | undefined
  /** Whether the read goes on where another one has ended. */
  readonly resumed: boolean
}

/** A page before its cursor is made, which costs as much as all else that is done here for a page. */
interface ReadPage {
  readonly meetingNo: MeetingNo
  readonly rows: ReadonlyArray<MeetingBrief>
  /** The place after this page. */
  readonly next: Cursor.Position | undefined
  readonly logId: string | undefined
  readonly unreachable: Page["unreachable"]
}

const operation = `GET ${ListByNo.path}`
const isMeetingNo = Schema.is(MeetingNo)

/** Makes the service on a client. */
export const make: Effect.Effect<Meetings["Service"], never, FeishuClient.FeishuClient> = Effect.gen(
  function* () {
    const client = yield* FeishuClient.FeishuClient

    /**
     * Checks a request, or unpacks a cursor. Nothing is sent before this has succeeded. `asked` is when the range was
     * given, in unix seconds; now unless it is set.
     */
    const open = Effect.fnUntraced(function* (
      from: From,
      asked?: number,
    ): Effect.fn.Return<Opened, FeishuError> {
      const tenant = yield* CurrentTenant
      const request = typeof from === "string" ? { cursor: from } : from
      const readAhead = request.readAhead ?? 1
      if (!Number.isInteger(readAhead) || readAhead < 1) {
        return yield* invalidRequest(
          "readAhead",
          `${readAhead} is not a number of windows`,
          "Give a whole number from 1 on.",
        )
      }
      if ("cursor" in request) {
        const unusable = (problem: typeof CursorProblem.Type, ofCursor?: string, ofRead?: string) =>
          new FeishuError({
            reason: new CursorUnusable({
              problem,
              ofCursor: ofCursor && shortened(ofCursor, 300),
              ofRead: ofRead && shortened(ofRead, 300),
            }),
          })
        const position = yield* Effect.mapError(
          Effect.fromResult(Cursor.read(String(request.cursor))),
          (problem) => unusable(problem),
        )
        if (position.baseUrl !== client.baseUrl) {
          return yield* unusable("other base URL", position.baseUrl, client.baseUrl)
        }
        if (position.tenant !== tenant) return yield* unusable("other tenant", position.tenant, tenant)
        const { pageToken, window, windowStart } = position
        const isBegun = window > 0 || pageToken !== undefined || windowStart !== undefined
        return {
          ...position,
          readAhead,
          seen: request.seen,
          // At the very start of its range nothing was read yet: that is as if the range were given now, but for its age.
          resumed: isBegun || position.asked === undefined,
        }
      }
      const { meetingNo, order = "oldest", pageSize = ListByNo.maxPageSize } = request
      if (!isMeetingNo(meetingNo)) {
        return yield* invalidRequest(
          "meetingNo",
          "it is not a meeting number",
          "A meeting number has 9 digits.",
        )
      }
      if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > ListByNo.maxPageSize) {
        return yield* invalidRequest(
          "pageSize",
          `${pageSize} is out of range`,
          `Give a whole number from 1 to ${ListByNo.maxPageSize}.`,
        )
      }
      if (order !== "oldest" && order !== "newest") {
        return yield* invalidRequest("order", "it is no order", "Give oldest or newest, or none.")
      }
      const { end, start } = yield* TimeRange.make(request.range)
      return {
        meetingNo,
        start,
        end,
        pageSize,
        baseUrl: client.baseUrl,
        tenant,
        order: order === "newest" ? order : undefined,
        asked: asked ?? (yield* nowSeconds),
        window: 0,
        readAhead,
        resumed: false,
      }
    })

    const read = ({ readAhead, resumed, seen, ...opened }: Opened): Stream.Stream<ReadPage, FeishuError> => {
      const oldestFirst = TimeRange.windows(opened)
      const windows = opened.order === "newest" ? oldestFirst.toReversed() : oldestFirst
      const { meetingNo } = opened
      const at = ({ pageToken, window, windowStart }: Pagination.Position): Cursor.Position => ({
        ...opened,
        window,
        windowStart,
        pageToken,
      })
      const cursorAt = (position: Pagination.Position) => Cursor.fromPosition(at(position))
      const windowAt = ({ window, windowStart }: Pagination.Position): TimeRange.TimeRange => {
        const { end, start } = windows[window]!
        return { start: windowStart ?? start, end }
      }
      const isFirst = ({ pageToken, window }: Pagination.Position) =>
        window === opened.window && pageToken === opened.pageToken
      const inWords = (window: TimeRange.TimeRange) =>
        `meeting ${meetingNo} from ${TimeRange.iso(window.start)} to ${TimeRange.iso(window.end)}`

      const ask = (window: TimeRange.TimeRange, pageToken?: string) =>
        client
          .call(listByNo, {
            meeting_no: meetingNo,
            start_time: window.start,
            end_time: window.end,
            page_size: opened.pageSize,
            ...(pageToken === undefined ? {} : { page_token: pageToken }),
          })
          .pipe(
            Effect.map(({ data, logId }) => ({
              rows: data.meeting_briefs ?? [],
              hasMore: data.has_more ?? undefined,
              pageToken: data.page_token || undefined,
              logId,
            })),
          )

      /**
       * Whether a window may have been readable when the range was given. One that never was is refused, so that whoever
       * gave the range can give another.
       */
      const mayHaveGrownOld = ({ start }: TimeRange.TimeRange, now: number) =>
        resumed || (start > (opened.asked ?? 0) - ListByNo.maxRangeSeconds && isTooOld(start, now))

      /** How often the start of a window was moved in this read. */
      const moves = new Map<number, number>()

      /** Goes on behind the part of a window that is too old by now, at the first of these starts that is accepted. */
      const withoutOldPart = Effect.fnUntraced(function* (
        position: Pagination.Position,
        refusal: FeishuError,
        earliestStarts: ReadonlyArray<number>,
      ): Effect.fn.Return<Pagination.RawPage<MeetingBrief>, FeishuError> {
        const window = windowAt(position)
        if (position.pageToken !== undefined) {
          // It may be the page token that is refused. On a resumed read `Pagination` asks again without it, and comes
          // here again when that does not help.
          if (isFirst(position)) return yield* refusal
          const withoutToken = yield* Effect.result(ask(window))
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
          const page = yield* Effect.result(ask({ start: to, end: window.end }))
          if (Result.isSuccess(page)) return { ...page.success, unreachable }
          error = page.failure
          if (!isParamError(error)) break
        }
        return yield* error
      })

      const readPage = Effect.fnUntraced(function* (position: Pagination.Position) {
        const window = windowAt(position)
        const page = yield* ask(window, position.pageToken).pipe(
          Effect.catchIf(isParamError, (error) =>
            Effect.flatMap(nowSeconds, (now) => {
              const earliestStarts = earliestStartsAfter(error, window, now)
              const refusal = explained(error, window, earliestStarts.at(-1))
              return earliestStarts.length > 0 && mayHaveGrownOld(window, now)
                ? withoutOldPart(position, refusal, earliestStarts)
                : Effect.fail(refusal)
            }),
          ),
          Effect.mapError((error) =>
            // A failure of the token call is not about a number or a window.
            error.with({
              cursor: cursorAt(position),
              ...(error.operation === operation ? { position: inWords(window) } : {}),
            }),
          ),
        )
        const foreign = page.rows.find(
          (row) =>
            row.meeting_no !== undefined &&
            row.meeting_no !== meetingNo &&
            row.meeting_no.replace(/\D/g, "") !== meetingNo,
        )
        if (foreign !== undefined) {
          return yield* new FeishuError({
            reason: new ContractViolation({
              // Repeated only as far as it looks right: a server may put a password into any field.
              problem: `${/^\d{1,20}$/.test(foreign.id) ? `row ${foreign.id}` : "a row"} is of ${isMeetingNo(foreign.meeting_no) ? `the meeting number ${foreign.meeting_no}` : "another meeting number"}`,
              status: 200,
              logId: page.logId,
              cutShort: false,
            }),
            operation,
            path: pathAsked(operation, `${client.baseUrl}${ListByNo.path}`),
            position: inWords(window),
            cursor: cursorAt(position),
          })
        }
        return page
      })

      return Pagination.pages({
        windows: windows.length,
        readAhead,
        start: { window: opened.window, windowStart: opened.windowStart, pageToken: opened.pageToken },
        read: readPage,
        seen,
        key: (row) => row.id,
        isPageTokenRefused: isParamError,
        broken: (reason, position) =>
          new FeishuError({
            reason,
            operation,
            path: pathAsked(operation, `${client.baseUrl}${ListByNo.path}`),
            position: inWords(windowAt(position)),
            cursor: cursorAt(position),
          }),
      }).pipe(
        Stream.mapEffect(({ duplicates, logId, next, rows, rowsInWindow, unreachable, window }) =>
          Effect.gen(function* () {
            if (unreachable !== undefined) yield* warnUnreachable(meetingNo, unreachable)
            yield* Events.emit({
              _tag: "PageRead",
              meetingNo,
              rows: rows.length,
              duplicates,
              window,
              windows: windows.length,
            })
            // A window that was begun before, by whoever made the cursor, may have had its rows then.
            const isBegunBefore =
              window === opened.window && (opened.pageToken !== undefined || opened.windowStart !== undefined)
            if (
              next?.window !== window &&
              rowsInWindow === 0 &&
              !isBegunBefore &&
              unreachable === undefined
            ) {
              yield* warnOldWindowEmpty(meetingNo, windows[window]!)
            }
            return { meetingNo, rows, next: next && at(next), logId, unreachable }
          }),
        ),
      )
    }

    const readFrom = (from: From, asked?: number) => Stream.unwrap(Effect.map(open(from, asked), read))
    const pages = (from: From, asked?: number) =>
      Stream.map(readFrom(from, asked), ({ logId, meetingNo, next, rows, unreachable }): Page => ({
        _tag: "Page",
        meetingNo,
        meetings: rows,
        cursor: next && Cursor.fromPosition(next),
        logId,
        unreachable,
      }))
    const stream = (from: From, asked?: number) =>
      readFrom(from, asked).pipe(
        Stream.map(({ rows }) => rows),
        // A stream's arrays are not empty.
        Stream.filter(Arr.isReadonlyArrayNonEmpty),
        Stream.flattenArray,
      )

    /** One number after the other, each once, and all for the same range: relative words move with the time. */
    const many = <A>(
      meetingNos: Iterable<MeetingNo>,
      range: Request["range"],
      options: Options | undefined,
      read: (request: Request, asked: number) => Stream.Stream<A, FeishuError>,
    ) =>
      Stream.unwrap(
        Effect.gen(function* () {
          const fixed = yield* TimeRange.make(range)
          const asked = yield* nowSeconds
          return Stream.fromIterable(new Set(meetingNos)).pipe(
            Stream.flatMap((meetingNo) => read({ ...options, meetingNo, range: fixed }, asked)),
          )
        }),
      )

    return Meetings.of({
      page: Effect.fn("Meetings.page")(function* (request) {
        // A range has at least one window, and a window at least one page.
        return Option.getOrThrow(yield* Stream.runHead(pages(request)))
      }),
      pages: (from) => pages(from),
      stream: (from) => stream(from),
      streamMany: (meetingNos, range, options) =>
        many(meetingNos, range, options, (request, asked) =>
          Stream.map(stream(request, asked), (meeting) => ({ meetingNo: request.meetingNo, meeting })),
        ),
      outcomes: (meetingNos, range, options) =>
        many(meetingNos, range, options, (request, asked) =>
          Stream.suspend(() => {
            const { meetingNo } = request
            let rows = 0
            return pages(request, asked).pipe(
              Stream.tap((page) => Effect.sync(() => (rows += page.meetings.length))),
              Stream.concat(Stream.sync((): Complete => ({ _tag: "Complete", meetingNo, rows }))),
              Stream.catchIf(isFaultOfNumber, (error) =>
                Stream.succeed<Failed>({ _tag: "Failed", meetingNo, error }),
              ),
            )
          }),
        ),
    })
  },
)

/**
 * Whether a failure is of its number alone, so that others may be read all the same: its request is refused, or its
 * answers break the contract. `outcomes` goes on after these, and whoever reads numbers by `pages` can do so, too.
 */
export const isFaultOfNumber = ({ code, operation: failed, reason }: FeishuError): boolean => {
  // A failure of the token call would meet them, too, whatever it is.
  if (failed !== undefined && failed !== operation) return false
  switch (reason._tag) {
    case "InvalidRequest":
    case "CursorUnusable":
    case "RangeTooOld":
    case "ContractViolation":
    case "PaginationBroken":
      return true
    // By the meeting service, or for a field of the request: other codes, and none, would meet all numbers.
    case "RequestRefused":
      return code !== undefined && (code === 99992402 || Math.floor(code / 1_000) === 121)
    // Of this meeting; a scope that is missing is so for all of them.
    case "PermissionDenied":
      return code === 121005
    default:
      return false
  }
}

const isParamError = (error: FeishuError): boolean => error.code === 121003

const nowSeconds = Effect.map(Clock.currentTimeMillis, (millis) => Math.floor(millis / 1000))

const isTooOld = (start: number, now: number): boolean =>
  start < now - ListByNo.maxRangeSeconds + clockSkewSeconds

/**
 * The earliest starts that a refused range may have: by the clock of this machine and by that of the server, as far as its
 * start is more than 90 days ago by them; none where it is so by neither. In ascending order.
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

/** 121003 does not say which value it dislikes; a start over 90 days ago is the likeliest where there is one. */
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

/** How far from the bound a range starts that can be read for a while. */
const clearSeconds = 3_600

/** The clock of this machine may be behind Feishu's by as much. */
const clockSkewSeconds = 60

const warnUnreachable = Effect.fnUntraced(function* (
  meetingNo: MeetingNo,
  { from, to }: NonNullable<Page["unreachable"]>,
) {
  yield* Events.emit({ _tag: "TimeUnreachable", meetingNo, from, to })
  yield* Effect.logWarning(
    `Meetings of ${meetingNo} from ${TimeRange.iso(from)} to ${TimeRange.iso(to)} were left out: that is more than 90 days ago by now, and Feishu no longer shows it.`,
  )
})

const warnOldWindowEmpty = Effect.fnUntraced(function* (
  meetingNo: MeetingNo,
  { end, start }: TimeRange.TimeRange,
) {
  if (end >= (yield* nowSeconds) - ListByNo.maxRangeSeconds) return
  yield* Events.emit({ _tag: "OldWindowEmpty", meetingNo, start, end })
  yield* Effect.logWarning(
    `No meetings of ${meetingNo} from ${TimeRange.iso(start)} to ${TimeRange.iso(end)}: that is more than 90 days ago, and Feishu may just not show them any more.`,
  )
})

/** The service on a client that is there already. */
export const layerClient: Layer.Layer<Meetings, never, FeishuClient.FeishuClient> = Layer.effect(
  Meetings,
  make,
)

/** The service with a client of its own. The HTTP client is left to the application. */
export const layer = <R = never>(
  options: FeishuClient.Options<R>,
): Layer.Layer<Meetings, FeishuError, HttpClient.HttpClient | FeishuClient.Unmet<R>> =>
  Layer.provide(layerClient, FeishuClient.layer(options))

/** The service with a client from the environment: see `FeishuClient.layerConfig` for the variables. */
export const layerConfig: Layer.Layer<Meetings, FeishuError | Config.ConfigError, HttpClient.HttpClient> =
  Layer.provide(layerClient, FeishuClient.layerConfig)
