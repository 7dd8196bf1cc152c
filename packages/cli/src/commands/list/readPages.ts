/** Reads the pages of the numbers, and passes each to the writer. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Cursor, type FeishuError, type MeetingNo, Meetings } from "@effect-feishu/core"
import { exitCodeOf, exitCodes, NumbersFailed, ofFeishu } from "../../failure/Fault.ts"
import * as Language from "../../language/Language.ts"
import type * as Progress from "../../run/Progress.ts"
import * as RunState from "../../run/RunState.ts"
import type { SeenIds } from "../../run/SeenIds.ts"
import { printFault } from "../../run/Summary.ts"
import type { PageWriter } from "./PageWriter.ts"

/** The options of reading the numbers. */
interface Options {
  readonly keepGoing: boolean
  readonly maxItems: number | undefined
  /** What is requested of each meeting in addition to the list; absent where nothing is. */
  readonly request: Meetings.DetailsRequest | undefined
  /** The number of meeting numbers that are read in parallel. */
  readonly concurrency: number
  readonly writer: PageWriter
  readonly progress: Progress.Progress
  /** The ids of rows that a checkpoint knows, so that none is written again. */
  readonly seen: SeenIds | undefined
}

/** The most meetings whose details are requested in parallel, as many as Feishu allows in a second. */
const mostInFlight = 50

/** Reads until the end, or until there are `maxItems` meetings. */
export const readPages = Effect.fnUntraced(function* (options: Options) {
  const { concurrency, keepGoing, progress, request, seen, writer } = options
  const { maxItems = Number.POSITIVE_INFINITY } = options
  const run = yield* RunState.Run
  const meetings = yield* Meetings.Meetings
  const language = yield* Language.CurrentLanguage
  // With `--max-items`, windows that are read ahead would be thrown away.
  const readAhead = Number.isFinite(maxItems) ? 1 : 4

  const details = { ...request, concurrency: Math.ceil(mostInFlight / concurrency) }

  /** Reads the details of a page at a place, of as many meetings as are wanted: requests count for the quota. */
  const withDetails = Effect.fnUntraced(function* (page: Meetings.Page, at: Cursor.Cursor) {
    const wanted = page.meetings.slice(0, maxItems - run.meetings).map(({ id }) => id)
    const read = yield* meetings.detailsOf(wanted, details).pipe(
      Stream.runCollect,
      Effect.mapError((error) => error.with({ cursor: at })),
    )
    const answersOf = (index: number) => read[index] ?? { details: undefined, recording: undefined }
    return { ...page, meetings: page.meetings.map((brief, index) => ({ ...answersOf(index), brief })) }
  })
  const pages = (
    from: Extract<Meetings.From, { readonly cursor: Cursor.Cursor }>,
  ): Stream.Stream<Meetings.DetailsPage, FeishuError.FeishuError> => {
    if (request === undefined) return Stream.map(meetings.pages(from), listOnly)
    if (!Number.isFinite(maxItems)) return meetings.detailsPages(from, details)
    return Stream.suspend(() => {
      let place = from.cursor
      return meetings.pages(from).pipe(
        Stream.mapEffect((page) => {
          const at = place
          place = page.cursor ?? place
          return withDetails(page, at)
        }),
      )
    })
  }

  /** Writes a page; returns whether more meetings are wanted. */
  const write = Effect.fnUntraced(function* (page: Meetings.DetailsPage) {
    const count = Math.min(page.meetings.length, maxItems - run.meetings)
    yield* writer.write(page, count)
    yield* progress.pageWritten
    return count === page.meetings.length && run.meetings < maxItems
  })
  /** Returns true, with `--keep-going`, for an error that concerns one number only. */
  const isOfNumber = (error: FeishuError.FeishuError): boolean =>
    keepGoing && exitCodeOf(error) !== exitCodes.badInput && Meetings.isFaultOfNumber(error)
  const fail = Effect.fnUntraced(function* (meetingNo: MeetingNo, error: FeishuError.FeishuError) {
    RunState.numberFailed(run, meetingNo, error)
    yield* printFault(ofFeishu(error, language))
    return true
  })

  // An earlier run may have written all meetings that are wanted.
  if (run.meetings >= maxItems) return
  yield* Stream.fromIterable(RunState.placesLeft(run)).pipe(
    Stream.flatMap(
      (place) =>
        Stream.suspend(() => {
          const cursor = typeof place === "string" ? place : RunState.beginNumber(run, place)
          const meetingNo = numberOf(cursor)
          return pages({ cursor, readAhead, seen: seen?.of(meetingNo) }).pipe(
            Stream.map((page) => write(page)),
            Stream.catchIf(isOfNumber, (error) => Stream.succeed(fail(meetingNo, error))),
          )
        }),
      { concurrency },
    ),
    Stream.runForEachWhile((step) => step),
  )
  if (run.failed.size > 0) return yield* new NumbersFailed({ errors: [...run.failed.values()] })
})

/** Returns a page of which only the list was read. */
const listOnly = (page: Meetings.Page): Meetings.DetailsPage => ({
  ...page,
  meetings: page.meetings.map((brief) => ({ brief, details: undefined, recording: undefined })),
})

/** The number of a cursor that is known to be whole. */
const numberOf = (cursor: Cursor.Cursor): MeetingNo => Cursor.toPosition(cursor)!.meetingNo
