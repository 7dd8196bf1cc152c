/** How a client is made, whatever it runs on. */
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
import * as Input from "./input.ts"
import { iterate, type Shared } from "./iterate.ts"
import type { Platform } from "./Platform.ts"
import {
  toDetails,
  toEvent,
  toIdRead,
  toMeeting,
  toMeetingRead,
  toOutcome,
  toPage,
  toRecordingAnswer,
} from "./plain.ts"
import type { Client } from "../Client.ts"
import type { IncrementalPage } from "../Meeting.ts"
import type {
  CallOptions,
  ClientOptions,
  DetailsRequest,
  From,
  IncrementalOptions,
  RangeOptions,
  ReadOptions,
  StateStore,
  TimeRange,
} from "../Options.ts"

/** Makes a client on a platform. Applications get this as `createClient`, for the platform that they run on. */
export const makeClient = (options: ClientOptions, platform: Platform): Client => {
  const runtime = ManagedRuntime.make(
    Layer.mergeAll(Input.layerOf(options, platform), events(options), Logger.layer([warnings(platform)])),
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
        queueMicrotask(() => {
          throw error
        })
      }
    }),
  )

// Effect would print them, and everything else that it logs, to stdout. Lines below a warning are events anyway.
const warnings = (platform: Platform) =>
  Logger.make(({ logLevel, message }) => {
    if (LogLevel.isGreaterThanOrEqualTo(logLevel, "Warn")) platform.warn(String(message))
  })
