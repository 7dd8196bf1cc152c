/** The client, and how to make one. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Stream from "effect/Stream"
import {
  AccessToken,
  AppTicket,
  Events,
  type FeishuError,
  type MeetingId,
  type MeetingNo,
  Meetings,
  type TimeRange as CoreRange,
} from "@effect-feishu/core"
import * as Input from "./internal/input.ts"
import { iterate, type Shared } from "./internal/iterate.ts"
import {
  toDetails,
  toEvent,
  toIdRead,
  toMeeting,
  toMeetingRead,
  toOutcome,
  toPage,
  toRecordingAnswer,
} from "./internal/plain.ts"
import type { Complete, Failed, IncrementalPage, Meeting, Page } from "./Meeting.ts"
import type {
  Artifacts,
  DetailsPage,
  IdRead,
  IncrementalDetailsPage,
  MeetingDetails,
  MeetingRead,
  RecordingAnswer,
} from "./MeetingDetails.ts"
import type {
  CallOptions,
  ClientOptions,
  DetailsOptions,
  DetailsRequest,
  From,
  IncrementalOptions,
  RangeOptions,
  ReadOptions,
  StateStore,
  TimeRange,
} from "./Options.ts"

/**
 * Reads meetings. Every read ends complete, or rejects with a `FeishuError` that has a cursor to go on from. Rows come
 * exactly once within one read, and at least once across a resume.
 *
 * The reads of a client share one rate limit and one token. Share one client among everything that uses an app.
 */
export interface Client extends AsyncDisposable {
  /** Reads all meetings, each once. The read ends when you leave the loop. */
  readonly stream: (from: From) => AsyncIterable<Meeting>
  /** Reads all pages, each with the cursor after it. A failure comes after every page before it. */
  readonly pages: (from: From) => AsyncIterable<Page>
  /** Reads one page: the first of a request, or the one at a cursor. */
  readonly page: (from: From) => Promise<Page>
  /**
   * Reads all meetings of many numbers, one number after the other; a number that is given twice is read once. The
   * first failure ends the read. Wrong numbers are reported all at once, before anything is sent.
   */
  readonly streamMany: (
    meetingNos: Iterable<string>,
    range: TimeRange,
    options?: RangeOptions,
  ) => AsyncIterable<{ readonly meetingNo: string; readonly meeting: Meeting }>
  /**
   * Reads the pages of many numbers, one number after the other, and how each of them ended. A fault of a number (its
   * request is refused, or its answers do not match the documentation) ends that number only; a failure that would
   * affect the others, too (token, scope, quota, network), rejects.
   */
  readonly outcomes: (
    meetingNos: Iterable<string>,
    range: TimeRange,
    options?: RangeOptions,
  ) => AsyncIterable<Page | Complete | Failed>
  /**
   * Reads all meetings as `stream` does, in its order, each with its details and, if requested, its recording. They are read in
   * parallel up to their rate limits, at most `concurrency` ahead of the loop. A meeting whose details or recording are refused
   * comes as such; a failure that would affect other meetings, too, (token, scope, quota, network) rejects. Its cursor is the
   * place of the page whose meetings did not all come: those that did come again when the read is resumed.
   */
  readonly streamDetails: (from: From, request?: DetailsRequest) => AsyncIterable<MeetingRead>
  /** Reads all pages as `pages` does. A page comes when all of its meetings were read. */
  readonly detailsPages: (from: From, request?: DetailsRequest) => AsyncIterable<DetailsPage>
  /** Reads the pages of many numbers as `outcomes` does, with the details of each meeting and, if requested, its recording. */
  readonly detailsOutcomes: (
    meetingNos: Iterable<string>,
    range: TimeRange,
    options?: RangeOptions & DetailsRequest,
  ) => AsyncIterable<DetailsPage | Complete | Failed>
  /**
   * Reads the details of meetings by their ids and, if requested, their recordings, as `streamDetails` does for those of a
   * number: in parallel, and in the order of the ids.
   */
  readonly detailsOf: (
    meetingIds: Iterable<string>,
    options?: CallOptions & DetailsRequest,
  ) => AsyncIterable<IdRead>
  /**
   * Reads the meetings of a number that came since the last time: the rest of a read that failed or was stopped, and then what is
   * newer. Keep the meetings in a table whose key is their id, and call `commit` of each page in the transaction that writes its
   * meetings: then each meeting is in the table once, whatever happens.
   */
  readonly incremental: (meetingNo: string, options: IncrementalOptions) => AsyncIterable<IncrementalPage>
  /**
   * Reads what `incremental` reads, with the details of each meeting and, if requested, its recording. A page comes when all of its
   * meetings were read, so a read that failed among them goes on with that page. A meeting of the overlap comes again with what is
   * known of it then: the end of one that was running, or a recording that was being made.
   *
   * @example
   * ```ts
   * import { createClient } from "@effect-feishu/promise"
   *
   * await using client = createClient({
   *   appId: process.env.FEISHU_APP_ID!,
   *   appSecret: process.env.FEISHU_APP_SECRET!,
   *   baseUrl: process.env.FEISHU_BASE_URL,
   * })
   *
   * const states = new Map<string, string>()
   * const store = {
   *   get: (key: string) => states.get(key),
   *   set: (key: string, state: string) => states.set(key, state),
   * }
   * for await (const page of client.incrementalDetails("337736498", { store, from: "30d" })) {
   *   for (const { brief, details } of page.meetings) console.log(brief.topic, details?.type)
   *   page.commit()
   * }
   * // => Kick-off Found
   * // => Review Found
   * // => Retrospective Found
   * console.log([...states.keys()]) // => [ '337736498' ]
   * ```
   */
  readonly incrementalDetails: (
    meetingNo: string,
    options: IncrementalOptions & DetailsRequest,
  ) => AsyncIterable<IncrementalDetailsPage>
  /**
   * Requests the details of one meeting by its id: when it was, its host and, if requested, who took part. Ids are those of the
   * list, as text.
   */
  readonly details: (meetingId: string, options?: DetailsOptions) => Promise<MeetingDetails>
  /** Requests the documents that were made of a meeting: its AI note and its transcript. */
  readonly artifacts: (meetingId: string, options?: CallOptions) => Promise<Artifacts>
  /** Requests the recording of a meeting. That there is none, or none yet, is an answer and not a failure. */
  readonly recording: (meetingId: string, options?: CallOptions) => Promise<RecordingAnswer>
  /**
   * Keeps the ticket of a store app, which Feishu pushes to the app's event address every hour: pass on the
   * `app_ticket` of every event of that type. While there is no ticket, one is requested from Feishu, and reads wait.
   */
  readonly pushAppTicket: (ticket: string) => Promise<void>
  /** Ends the reads that are under way, which reject with `ClientClosed`, and closes the connections. */
  readonly close: () => Promise<void>
}

/**
 * Makes a client. This sends nothing; if an option is wrong, the reads of the client reject with an `InvalidRequest`.
 *
 * Warnings (another program uses the same app, a window older than 90 days is empty) go to `process.emitWarning`, in
 * addition to being events.
 *
 * @example
 * ```ts
 * import { createClient } from "@effect-feishu/promise"
 *
 * await using client = createClient({
 *   appId: process.env.FEISHU_APP_ID!,
 *   appSecret: process.env.FEISHU_APP_SECRET!,
 *   baseUrl: process.env.FEISHU_BASE_URL,
 * })
 *
 * const request = { meetingNo: "337 736 498", range: { from: "30d" } }
 * for await (const meeting of client.stream(request)) console.log(meeting.id, meeting.topic)
 * // => 7628568641385449001 Kick-off
 * // => 7631166230414229002 Review
 * // => 7633763819443009003 Retrospective
 *
 * const first = await client.page({ ...request, pageSize: 2 })
 * const second = await client.page({ cursor: first.cursor! })
 * console.log(second.meetings.map((meeting) => meeting.topic)) // => [ 'Retrospective' ]
 * ```
 */
export const createClient = (options: ClientOptions): Client => {
  const runtime = ManagedRuntime.make(
    Layer.mergeAll(Input.layerOf(options), events(options), Logger.layer([warnings])),
  )
  type Services = Meetings.Meetings | AppTicket.AppTicket
  const shared: Shared<Services> = { runtime, underWay: new Set(), closed: false }

  /** The rows of a stream of core, for the tenant of the read and until its signal aborts. */
  const read = <A>(
    options: ReadOptions | undefined,
    streamOf: (
      meetings: Meetings.Meetings["Service"],
    ) => Effect.Effect<Stream.Stream<A, FeishuError.FeishuError, Services>, FeishuError.FeishuError>,
    readsAhead = (options?.readAhead ?? 1) > 1,
  ): AsyncIterable<A> => {
    const { signal, tenantKey } = options ?? {}
    const stream = Stream.unwrap(
      Effect.gen(function* () {
        yield* Input.checkSignal(signal)
        const tenant = yield* Input.tenantOf(tenantKey)
        const rows = yield* streamOf(yield* Meetings.Meetings)
        return Stream.provideService(rows, AccessToken.CurrentTenant, tenant)
      }),
    )
    return {
      [Symbol.asyncIterator]: () =>
        iterate(shared, stream, Input.isSignal(signal) ? signal : undefined, readsAhead),
    }
  }

  /** Calls a function of core about one meeting, for the tenant of the call and until its signal aborts. */
  const call = <A>(
    meetingId: string,
    options: CallOptions | undefined,
    run: (meetings: Meetings.Meetings["Service"], id: MeetingId) => Effect.Effect<A, FeishuError.FeishuError>,
  ): Promise<A> =>
    first(
      read(options, (meetings) =>
        Effect.map(Input.meetingIdOf(meetingId), (id) => Stream.fromEffect(run(meetings, id))),
      ),
    )

  const pages = (from: From) =>
    read(from, (meetings) =>
      Effect.map(Input.fromOf(from), (request) => Stream.map(meetings.pages(request), toPage(toMeeting))),
    )

  /** The same with details, which are always read ahead. */
  const readDetails = <A>(
    from: From,
    request: DetailsRequest | undefined,
    streamOf: (
      meetings: Meetings.Meetings["Service"],
      from: Meetings.From,
      request: DetailsRequest | undefined,
    ) => Stream.Stream<A, FeishuError.FeishuError>,
  ) =>
    read(
      from,
      (meetings) =>
        Effect.gen(function* () {
          yield* Input.checkDetails(request)
          return streamOf(meetings, yield* Input.fromOf(from), request)
        }),
      true,
    )

  const many =
    <Options extends RangeOptions & DetailsRequest, A>(
      streamOf: (
        meetings: Meetings.Meetings["Service"],
        meetingNos: Iterable<MeetingNo>,
        range: CoreRange.Input,
        options: Options | undefined,
      ) => Stream.Stream<A, FeishuError.FeishuError>,
      readsAhead?: true,
    ) =>
    (meetingNos: Iterable<string>, range: TimeRange, options?: Options) =>
      read(
        options,
        (meetings) =>
          Effect.gen(function* () {
            yield* Input.checkDetails(options)
            const numbers = yield* Input.meetingNosOf(meetingNos)
            return streamOf(meetings, numbers, yield* Input.rangeOf(range), options)
          }),
        readsAhead,
      )

  /** The pages of a read that goes on where the last one ended. `pagesOf` returns those of core. */
  const readIncremental = <M, P>(
    meetingNo: string,
    options: IncrementalOptions & DetailsRequest,
    meeting: (meeting: M) => P,
    pagesOf: (
      meetings: Meetings.Meetings["Service"],
      meetingNo: MeetingNo,
      options: Meetings.IncrementalOptions & Meetings.DetailsRequest,
    ) => Stream.Stream<Meetings.IncrementalPage<never, never, M>, FeishuError.FeishuError>,
    readsAhead?: true,
  ): AsyncIterable<IncrementalPage<P>> =>
    read(
      options,
      (meetings) =>
        Effect.gen(function* () {
          const [number] = yield* Input.meetingNosOf([meetingNo])
          yield* Input.checkDetails(options)
          const { store, ...request } = yield* Input.incrementalOf(options)
          return pagesOf(meetings, number!, { ...request, store: fromPlain(store) }).pipe(
            Stream.map((page) => ({
              ...toPage(meeting)(page),
              key: page.key,
              state: page.state,
              commit: () => store.set(page.key, page.state),
            })),
          )
        }),
      readsAhead,
    )

  const close = async () => {
    shared.closed = true
    for (const end of shared.underWay) end()
    await runtime.dispose()
  }

  return {
    stream: (from) =>
      read(from, (meetings) =>
        Effect.map(Input.fromOf(from), (request) => Stream.map(meetings.stream(request), toMeeting)),
      ),
    pages,
    page: (from) => first(pages(from)),
    streamMany: many((meetings, ...input: ManyInput<RangeOptions>) =>
      Stream.map(meetings.streamMany(...input), ({ meeting, meetingNo }) => ({
        meetingNo: String(meetingNo),
        meeting: toMeeting(meeting),
      })),
    ),
    outcomes: many((meetings, ...input: ManyInput<RangeOptions>) =>
      Stream.map(meetings.outcomes(...input), toOutcome(toMeeting)),
    ),
    streamDetails: (from, request) =>
      readDetails(from, request, (meetings, ...input) =>
        Stream.map(meetings.streamDetails(...input), toMeetingRead),
      ),
    detailsPages: (from, request) =>
      readDetails(from, request, (meetings, ...input) =>
        Stream.map(meetings.detailsPages(...input), toPage(toMeetingRead)),
      ),
    detailsOutcomes: many(
      (meetings, ...input: ManyInput<RangeOptions & DetailsRequest>) =>
        Stream.map(meetings.detailsOutcomes(...input), toOutcome(toMeetingRead)),
      true,
    ),
    detailsOf: (meetingIds, options) =>
      read(
        options,
        (meetings) =>
          Effect.gen(function* () {
            yield* Input.checkDetails(options)
            const ids = yield* Input.meetingIdsOf(meetingIds)
            return Stream.map(meetings.detailsOf(ids, options), toIdRead)
          }),
        true,
      ),
    incremental: (meetingNo, options) =>
      readIncremental(meetingNo, options, toMeeting, (meetings, ...input) => meetings.incremental(...input)),
    incrementalDetails: (meetingNo, options) =>
      readIncremental(
        meetingNo,
        options,
        toMeetingRead,
        (meetings, ...input) => meetings.incrementalDetails(...input),
        true,
      ),
    details: (meetingId, options) =>
      call(meetingId, options, (meetings, id) =>
        Effect.andThen(Input.checkDetails(options), Effect.map(meetings.details(id, options), toDetails)),
      ),
    artifacts: (meetingId, options) => call(meetingId, options, (meetings, id) => meetings.artifacts(id)),
    recording: (meetingId, options) =>
      call(meetingId, options, (meetings, id) => Effect.map(meetings.recording(id), toRecordingAnswer)),
    pushAppTicket: (ticket) =>
      first(
        read(undefined, () =>
          Effect.map(Input.ticketOf(ticket), (appTicket) =>
            Stream.fromEffect(AppTicket.AppTicket.use((tickets) => tickets.push(appTicket))),
          ),
        ),
      ),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A store as core takes it. What it throws rejects the read as it is. */
const fromPlain = (store: StateStore): Meetings.StateStore => ({
  get: (key) => Effect.promise(async () => (await store.get(key)) ?? undefined),
  set: (key, state) => Effect.promise(async () => void (await store.set(key, state))),
})

/** What core takes for many numbers. */
type ManyInput<Options> = [
  meetingNos: Iterable<MeetingNo>,
  range: CoreRange.Input,
  options: Options | undefined,
]

/** The first row. There always is one: every range has a window, and every window a page. */
const first = async <A>(rows: AsyncIterable<A, undefined>): Promise<A> => {
  const iterator = rows[Symbol.asyncIterator]()
  const { value } = await iterator.next()
  await iterator.return?.()
  return value as A
}

// As with an event target: an error of the listener is not an error of the read.
const events = (options: ClientOptions | undefined) =>
  Layer.succeed(Events.Events, (event) =>
    Effect.sync(() => {
      try {
        options?.onEvent?.(toEvent(event))
      } catch (error) {
        process.nextTick(() => {
          throw error
        })
      }
    }),
  )

// Effect would print them, and everything else that it logs, to stdout. Lines below a warning are events anyway.
const warnings = Logger.make(({ logLevel, message }) => {
  if (LogLevel.isGreaterThanOrEqualTo(logLevel, "Warn")) {
    process.emitWarning(String(message), "FeishuWarning")
  }
})
