/**
 * Reads the meetings of a meeting number.
 *
 * Every read ends complete, or fails with an error that has a cursor: the place after the last page that was read. Rows
 * come exactly once within one stream, and at least once across a resume; also exactly once across a resume, if you
 * keep the ids of the last two windows (`Resume.seen`).
 *
 * A meeting is listed once it has started, so read a little of the past again the next time.
 */
import * as Arr from "effect/Array"
import type * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type * as ListByNo from "@effect-feishu/contract/ListByNo"
import type { MeetingBrief } from "@effect-feishu/contract/MeetingBrief"
import type * as GetMeeting from "@effect-feishu/contract/GetMeeting"
import type * as GetRecording from "@effect-feishu/contract/GetRecording"
import type { MeetingId, MeetingNo } from "@effect-feishu/contract/MeetingNo"
import * as Cursor from "./Cursor.ts"
import * as FeishuClient from "./FeishuClient.ts"
import type { FeishuError } from "./FeishuError.ts"
import * as DetailsPages from "./internal/DetailsPages.ts"
import type { DetailsRequest, IdRead, MeetingRead } from "./internal/DetailsPages.ts"
import * as Incremental from "./internal/Incremental.ts"
import type { IncrementalOptions } from "./internal/Incremental.ts"
import * as MeetingDetails from "./internal/MeetingDetails.ts"
import type { DetailsOptions, RecordingAnswer } from "./internal/MeetingDetails.ts"
import * as MeetingPages from "./internal/MeetingPages.ts"
import { nowSeconds } from "./internal/nowSeconds.ts"
import * as ReadRequest from "./internal/ReadRequest.ts"
import type { From, Request } from "./internal/ReadRequest.ts"
import * as TimeRange from "./TimeRange.ts"

/** What to read, and where to go on with an earlier read. */
export type { From, Request, Resume } from "./internal/ReadRequest.ts"

/** What to request with the details of a meeting, and what there is of a recording. */
export type {
  DetailsOptions,
  NotReady,
  NotRecorded,
  Recorded,
  RecordingAnswer,
} from "./internal/MeetingDetails.ts"

/** What to request for each meeting of a list, and a meeting with what was requested of it. */
export type { DetailsRequest, Found, IdRead, MeetingRead, Refused } from "./internal/DetailsPages.ts"

/** Where the state of reads is kept that go on where the last one ended, and their options. */
export type { IncrementalOptions, StateStore } from "./internal/Incremental.ts"

/** The options of a read of many numbers. */
export type Options = Pick<Request, "pageSize" | "order" | "readAhead">

/** A period of time from its first to its last second, in unix seconds. */
export interface Period {
  readonly from: number
  readonly to: number
}

/** One page of meetings: as the list has them, or each with what was requested of it. */
export interface Page<Meeting = MeetingBrief> {
  readonly _tag: "Page"
  readonly meetingNo: MeetingNo
  /** The meetings of this page, without those that came on an earlier page. */
  readonly meetings: ReadonlyArray<Meeting>
  /**
   * The range of the whole read in unix seconds, the same on every page: what `30d` and an end that was left out meant when the
   * range was given. It may be given as a range again.
   */
  readonly range: Period
  /** The window of this page, at most 90 days of the range. */
  readonly window: Period
  /** Which window came first: everything before `window.from` has come with `oldest`, everything after `window.to` with `newest`. */
  readonly order: "oldest" | "newest"
  /** The place after this page; absent after the last page of the range. */
  readonly cursor: Cursor.Cursor | undefined
  /** The id that Feishu's support asks for. */
  readonly logId: string | undefined
  /**
   * The part of the range, in unix seconds, that was left out just before this page. Set when a cursor was resumed, or
   * a read went on, so late that Feishu no longer answers for this part: it is now more than 90 days ago, though it
   * could be read when the range was given. Meetings in it that had not come before are lost.
   */
  readonly unreachable: Period | undefined
}

/** One page of meetings, each with what was requested of it. */
export type DetailsPage = Page<MeetingRead>

/** One page of a read that goes on where the last one ended: its meetings as the list has them, or each with what was requested of it. */
export interface IncrementalPage<E = never, R = never, Meeting = MeetingBrief> extends Page<Meeting> {
  /** Puts `state` into the store. Run it in the transaction that writes the meetings: then both are written, or neither. */
  readonly commit: Effect.Effect<void, E, R>
  /** The state after this page. */
  readonly state: Cursor.Cursor
  /** The key of the state in the store: the meeting number, after the tenant and a slash if a tenant is named. */
  readonly key: string
}

/** One page of a read that goes on where the last one ended, each meeting with what was requested of it. */
export type IncrementalDetailsPage<E = never, R = never> = IncrementalPage<E, R, MeetingRead>

/** The outcome of a number that was read to the end of the range. */
export interface Complete {
  readonly _tag: "Complete"
  readonly meetingNo: MeetingNo
  /** The number of meetings that were read. */
  readonly rows: number
}

/** The outcome of a number that could not be read, or not to the end. Others may still be read. */
export interface Failed {
  readonly _tag: "Failed"
  readonly meetingNo: MeetingNo
  /** Its cursor is the place to go on with this number. */
  readonly error: FeishuError
}

/**
 * The service that reads meetings.
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
    /** Reads one page: the first of a request, or the one at a cursor. */
    readonly page: (from: From) => Effect.Effect<Page, FeishuError>
    /** Reads all pages. A failure comes after every page before it, and its cursor is the place to go on. */
    readonly pages: (from: From) => Stream.Stream<Page, FeishuError>
    /** Reads all meetings, each once. */
    readonly stream: (from: From) => Stream.Stream<MeetingBrief, FeishuError>
    /**
     * Reads all meetings of many numbers, one number after the other; a number that is given twice is read once. The
     * first failure ends the stream.
     */
    readonly streamMany: (
      meetingNos: Iterable<MeetingNo>,
      range: Request["range"],
      options?: Options,
    ) => Stream.Stream<{ readonly meetingNo: MeetingNo; readonly meeting: MeetingBrief }, FeishuError>
    /**
     * Reads the pages of many numbers, one number after the other, and how each of them ended. A fault of a number (its
     * request is refused, or its answers do not match the documentation) ends that number only; a failure that would
     * affect the others, too (token, scope, quota, network), ends the stream.
     */
    readonly outcomes: (
      meetingNos: Iterable<MeetingNo>,
      range: Request["range"],
      options?: Options,
    ) => Stream.Stream<Page | Complete | Failed, FeishuError>
    /**
     * Reads all pages, and the details of each meeting and, if requested, its recording. A page comes when all of its meetings
     * were read. A meeting whose details or recording are refused comes as such; a failure that would affect other meetings, too,
     * (token, scope, quota, network) ends the stream, and its cursor is the place of the first page that did not come.
     */
    readonly detailsPages: (from: From, request?: DetailsRequest) => Stream.Stream<DetailsPage, FeishuError>
    /**
     * Reads all meetings as `stream` does, in its order, each with its details and, if requested, its recording. They are read in
     * parallel up to their rate limits, at most `concurrency` ahead of what was taken. The cursor of a failure is the place of the
     * page whose meetings did not all come: those that did come again when the read is resumed.
     */
    readonly streamDetails: (from: From, request?: DetailsRequest) => Stream.Stream<MeetingRead, FeishuError>
    /** Reads the pages of many numbers as `outcomes` does, with the details of each meeting and, if requested, its recording. */
    readonly detailsOutcomes: (
      meetingNos: Iterable<MeetingNo>,
      range: Request["range"],
      options?: Options & DetailsRequest,
    ) => Stream.Stream<DetailsPage | Complete | Failed, FeishuError>
    /**
     * Reads the details of meetings by their ids and, if requested, their recordings, as `streamDetails` does for those of a
     * number: in parallel, and in the order of the ids.
     */
    readonly detailsOf: (
      meetingIds: Iterable<MeetingId>,
      request?: DetailsRequest,
    ) => Stream.Stream<IdRead, FeishuError>
    /**
     * Reads the meetings of a number that came since the last time: the rest of a read that failed or was stopped, and then what is
     * newer. Keep the meetings in a table whose key is their id, and run `commit` of each page in the transaction that writes its
     * meetings: then each meeting is in the table once, whatever happens. The next page is read after the one before was taken.
     */
    readonly incremental: <E = never, R = never>(
      meetingNo: MeetingNo,
      options: IncrementalOptions<E, R>,
    ) => Stream.Stream<IncrementalPage<E, R>, FeishuError | E, R>
    /**
     * Reads what `incremental` reads, with the details of each meeting and, if requested, its recording. A page comes when all of its
     * meetings were read, so a read that failed among them goes on with that page. A meeting of the overlap comes again with what is
     * known of it then: the end of one that was running, or a recording that was being made.
     *
     * @example
     * ```ts
     * import { Console, Effect, Stream } from "effect"
     * import { MeetingNo, Meetings } from "@effect-feishu/core"
     * import * as NodeHttp from "@effect-feishu/core/node"
     *
     * const states = new Map<string, string>()
     * const store: Meetings.StateStore = {
     *   get: (key) => Effect.sync(() => states.get(key)),
     *   set: (key, state) => Effect.sync(() => void states.set(key, state)),
     * }
     *
     * const program = Effect.gen(function* () {
     *   const meetings = yield* Meetings.Meetings
     *   yield* meetings
     *     .incrementalDetails(MeetingNo.make("337736498"), { store, from: "30d", recordings: true })
     *     .pipe(
     *       Stream.runForEach((page) =>
     *         Effect.andThen(
     *           Effect.forEach(page.meetings, ({ brief, details, recording }) =>
     *             Console.log(brief.topic, details?._tag, recording?._tag),
     *           ),
     *           page.commit,
     *         ),
     *       ),
     *     )
     * })
     *
     * await Effect.runPromise(
     *   program.pipe(Effect.provide(Meetings.layerConfig), Effect.provide(NodeHttp.layer())),
     * )
     * // => Kick-off Found NotReady
     * // => Review Found NotReady
     * // => Retrospective Found NotReady
     * console.log([...states.keys()]) // => [ '337736498' ]
     * ```
     */
    readonly incrementalDetails: <E = never, R = never>(
      meetingNo: MeetingNo,
      options: IncrementalOptions<E, R> & DetailsRequest,
    ) => Stream.Stream<IncrementalDetailsPage<E, R>, FeishuError | E, R>
    /**
     * Requests the details of one meeting by its id: when it was, its host and, if requested, who took part. Ids are those of the
     * list, as text; details have a rate limit of their own, of 1,000 requests a minute and 50 a second (documented).
     */
    readonly details: (
      meetingId: MeetingId,
      options?: DetailsOptions,
    ) => Effect.Effect<GetMeeting.Meeting, FeishuError>
    /** Requests the documents that were made of a meeting: its AI note and its transcript. */
    readonly artifacts: (meetingId: MeetingId) => Effect.Effect<GetMeeting.Artifacts, FeishuError>
    /**
     * Requests the recording of a meeting. That there is none, or none yet, is an answer and not a failure. Recordings have a rate
     * limit of their own, of 1,000 requests a minute and 50 a second (documented).
     */
    readonly recording: (meetingId: MeetingId) => Effect.Effect<RecordingAnswer, FeishuError>
  }
>()("@effect-feishu/core/Meetings") {}

/** The endpoint `GET /open-apis/vc/v1/meetings/list_by_no`, for `FeishuClient.call`. */
export const listByNo: FeishuClient.Endpoint<ListByNo.Query, ListByNo.Data> = MeetingPages.listByNo

/** The endpoint `GET /open-apis/vc/v1/meetings/:meeting_id`, for `FeishuClient.call`. */
export const getMeeting: FeishuClient.Endpoint<GetMeeting.Query, GetMeeting.Data> = MeetingDetails.getMeeting

/** The endpoint `GET /open-apis/vc/v1/meetings/:meeting_id/recording`, for `FeishuClient.call`. */
export const getRecording: FeishuClient.Endpoint<GetRecording.Query, GetRecording.Data> =
  MeetingDetails.getRecording

/** Makes the service on a client. */
export const make: Effect.Effect<Meetings["Service"], never, FeishuClient.FeishuClient> = Effect.gen(
  function* () {
    const client = yield* FeishuClient.FeishuClient

    const read = (from: From, asked?: number) =>
      Stream.unwrap(
        Effect.map(ReadRequest.open(from, client, asked), (opened) => MeetingPages.read(client, opened)),
      )
    const pages = (from: From, asked?: number) =>
      Stream.map(read(from, asked), (page) => pageOf(page, page.rows))
    const readDetails = (from: From, request: DetailsRequest, asked?: number) =>
      Stream.unwrap(
        Effect.map(
          Effect.andThen(DetailsPages.check(request), ReadRequest.open(from, client, asked)),
          (opened) => DetailsPages.read(client, opened, request),
        ),
      )
    const detailsPages = (from: From, request: DetailsRequest = {}, asked?: number) =>
      Stream.mapAccum(
        readDetails(from, request, asked),
        (): ReadonlyArray<MeetingRead> => [],
        (meetings, item) =>
          item._tag === "Meeting"
            ? ([[...meetings, item.read], []] as const)
            : ([[], [pageOf(item.page, meetings)]] as const),
      )
    const stream = (from: From, asked?: number) =>
      read(from, asked).pipe(
        Stream.map(({ rows }) => rows),
        // A stream's arrays are not empty.
        Stream.filter(Arr.isReadonlyArrayNonEmpty),
        Stream.flattenArray,
      )

    return Meetings.of({
      details: Effect.fn("Meetings.details")((meetingId, options) =>
        MeetingDetails.details(client, meetingId, options),
      ),
      artifacts: Effect.fn("Meetings.artifacts")((meetingId) => MeetingDetails.artifacts(client, meetingId)),
      recording: Effect.fn("Meetings.recording")((meetingId) => MeetingDetails.recording(client, meetingId)),
      page: Effect.fn("Meetings.page")(function* (request) {
        // A range has at least one window, and a window at least one page.
        return Option.getOrThrow(yield* Stream.runHead(pages(request)))
      }),
      pages: (from) => pages(from),
      stream: (from) => stream(from),
      streamMany: (meetingNos, range, options) =>
        eachOf(meetingNos, range, options, (request, asked) =>
          Stream.map(stream(request, asked), (meeting) => ({ meetingNo: request.meetingNo, meeting })),
        ),
      outcomes: (meetingNos, range, options) =>
        eachOf(meetingNos, range, options, (request, asked) =>
          withOutcome(request.meetingNo, pages(request, asked)),
        ),
      detailsPages: (from, request) => detailsPages(from, request),
      streamDetails: (from, request = {}) =>
        readDetails(from, request).pipe(
          Stream.flatMap((item) => (item._tag === "Meeting" ? Stream.succeed(item.read) : Stream.empty)),
        ),
      incremental: (meetingNo, options) => Incremental.read(client, meetingNo, options, pages),
      incrementalDetails: (meetingNo, options) =>
        Incremental.read(client, meetingNo, options, (from) => detailsPages(from, options)),
      detailsOf: (meetingIds, request = {}) =>
        Stream.unwrap(
          Effect.map(DetailsPages.check(request), () => DetailsPages.readIds(client, meetingIds, request)),
        ),
      detailsOutcomes: (meetingNos, range, options = {}) =>
        eachOf(meetingNos, range, options, (request, asked) =>
          withOutcome(request.meetingNo, detailsPages(request, options, asked)),
        ),
    })
  },
)

const pageOf = <Meeting>(
  { logId, meetingNo, next, order, range, unreachable, window }: MeetingPages.MeetingPage,
  meetings: ReadonlyArray<Meeting>,
): Page<Meeting> => ({
  _tag: "Page",
  meetingNo,
  meetings,
  range: periodOf(range),
  window: periodOf(window),
  order,
  cursor: next && Cursor.fromPosition(next),
  logId,
  unreachable,
})

const periodOf = ({ end, start }: TimeRange.TimeRange): Period => ({ from: start, to: end })

/**
 * Reads one number after the other, each once, and all for the same range: a relative range would move with the time.
 */
const eachOf = <A>(
  meetingNos: Iterable<MeetingNo>,
  range: Request["range"],
  options: Options | undefined,
  read: (request: Request, asked: number) => Stream.Stream<A, FeishuError>,
): Stream.Stream<A, FeishuError> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const fixed = yield* TimeRange.make(range)
      const asked = yield* nowSeconds
      return Stream.fromIterable(new Set(meetingNos)).pipe(
        Stream.flatMap((meetingNo) => read({ ...options, meetingNo, range: fixed }, asked)),
      )
    }),
  )

/** Adds the outcome of a number to its pages. A failure that would affect other numbers, too, remains a failure. */
const withOutcome = <Meeting>(
  meetingNo: MeetingNo,
  pages: Stream.Stream<Page<Meeting>, FeishuError>,
): Stream.Stream<Page<Meeting> | Complete | Failed, FeishuError> =>
  Stream.suspend(() => {
    let rows = 0
    return pages.pipe(
      Stream.tap((page) => Effect.sync(() => (rows += page.meetings.length))),
      Stream.concat(Stream.sync((): Complete => ({ _tag: "Complete", meetingNo, rows }))),
      Stream.catchIf(isFaultOfNumber, (error) =>
        Stream.succeed<Failed>({ _tag: "Failed", meetingNo, error }),
      ),
    )
  })

/**
 * True when a failure is of its number only, so that others can still be read: its request is refused, or its answers
 * do not match the documentation. `outcomes` goes on after these, and a program that reads numbers by `pages` can, too. One that
 * was not tried again because too many requests fail is not.
 */
export const isFaultOfNumber = (error: FeishuError): boolean => {
  const { operation, reason, retryBudgetSpent } = error
  // A retry would have been allowed, had not many others failed, too.
  if (retryBudgetSpent === true) return false
  const endpoint =
    operation === undefined ? listByNo : endpoints.find(({ path }) => operation === `GET ${path}`)
  // A failure of the token call would affect the others, too, whatever it is.
  if (endpoint === undefined) return false
  switch (reason._tag) {
    case "InvalidRequest":
    case "CursorUnusable":
    case "RangeTooOld":
    case "ContractViolation":
    case "PaginationBroken":
      return true
    default:
      return FeishuClient.refusalOf(endpoint, error) !== undefined
  }
}

const endpoints: ReadonlyArray<FeishuClient.Refusing> = [listByNo, getMeeting, getRecording]

/** The service as a layer on an existing client. */
export const layerClient: Layer.Layer<Meetings, never, FeishuClient.FeishuClient> = Layer.effect(
  Meetings,
  make,
)

/** The service as a layer with a client of its own. The HTTP client is left to the application. */
export const layer = <R = never>(
  options: FeishuClient.Options<R>,
): Layer.Layer<Meetings, FeishuError, HttpClient.HttpClient | FeishuClient.Requirements<R>> =>
  Layer.provide(layerClient, FeishuClient.layer(options))

/** The service as a layer with a client from the environment: see `FeishuClient.layerConfig` for the variables. */
export const layerConfig: Layer.Layer<Meetings, FeishuError | Config.ConfigError, HttpClient.HttpClient> =
  Layer.provide(layerClient, FeishuClient.layerConfig)
