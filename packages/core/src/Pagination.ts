/**
 * Reads page after page, window after window, from any endpoint that pages by token. A read ends complete, or fails at
 * a known position: it never loops, and never takes a broken page for the last one.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { type FeishuError, PaginationBroken, type PaginationFault } from "./FeishuError.ts"
import * as Sentence from "./Sentence.ts"

/** A place between two pages: `window` counts from 0; without a page token it is before the window's first page. */
export interface Position {
  readonly window: number
  readonly pageToken?: string | undefined
  /** Where the window starts, if not at its own start: see `RawPage.unreachable`. */
  readonly windowStart?: number | undefined
}

/** A part of a range that can no longer be read, in unix seconds. */
export interface Unreachable {
  readonly from: number
  readonly to: number
}

/** The page that one request brought. */
export interface RawPage<Row> {
  readonly rows: ReadonlyArray<Row>
  /** True when the answer says that more pages follow; if absent, more follow when there is a page token. */
  readonly hasMore: boolean | undefined
  /** The page token of the next page; absent if there is none, or it is empty. */
  readonly pageToken: string | undefined
  readonly logId: string | undefined
  /**
   * Set when the window was requested again, without a page token and from a later start, `to`, because the part before
   * that can no longer be read. The pages that follow are those of the shorter window.
   */
  readonly unreachable?: Unreachable | undefined
}

/** A page without the rows that came before. */
export interface Page<Row> {
  readonly rows: ReadonlyArray<Row>
  /** How many rows were dropped because they had come before. */
  readonly duplicates: number
  readonly window: number
  /** The place after this page; `undefined` after the last page. */
  readonly next: Position | undefined
  readonly logId: string | undefined
  /** How many rows of this page's window have come, this page included. */
  readonly rowsInWindow: number
  /** The part of the window that was left out with this page. */
  readonly unreachable: Unreachable | undefined
}

/** The endpoint to read, and how to read it. */
export interface Options<Row, R> {
  readonly windows: number
  readonly start: Position
  /** How many windows are read in parallel; default 1. */
  readonly readAhead?: number | undefined
  readonly read: (position: Position) => Effect.Effect<RawPage<Row>, FeishuError, R>
  /** Keys of rows that came before the start, in its window or the one before: these rows are duplicates, too. */
  readonly seen?: Iterable<string> | undefined
  /** Returns the key of a row. Rows with the same key are the same row. */
  readonly key: (row: Row) => string
  /** True when Feishu refused the page token, and not the rest of the request. */
  readonly isPageTokenRefused: (error: FeishuError) => boolean
  /** Makes the error of a fault in the pages. */
  readonly broken: (reason: PaginationBroken, position: Position) => FeishuError
}

/** After this many pages in a row without a new row, a window that announces more is given up. */
export const maxEmptyPages = 1_000

/**
 * How many pages of a window wait in its queue when windows are read in parallel. `Meetings.Resume.readAhead` promises
 * what follows from it: before the turn of a window at most 5 of its pages have been read (the queue, and one page that
 * waits for a place in it), and during its turn at most 8 wait (the queue is taken as a whole: 3 behind the page that
 * is used, 4 in the queue, and one that waits for a place).
 */
const pagesAhead = 4

/**
 * Reads the pages as a stream, in order. A failure comes after every page before it. If the page token of a resumed
 * read is refused, its window is read again from its start, once.
 *
 * @example
 * ```ts
 * import { Console, Effect, Stream } from "effect"
 * import { FeishuError, Pagination } from "@effect-feishu/core"
 *
 * const first = { rows: ["a", "b"], hasMore: true, pageToken: "2", logId: undefined }
 * const last = { rows: ["b", "c"], hasMore: false, pageToken: undefined, logId: undefined }
 *
 * const pages = Pagination.pages({
 *   windows: 1,
 *   start: { window: 0 },
 *   read: ({ pageToken }) => Effect.succeed(pageToken === undefined ? first : last),
 *   key: (row) => row,
 *   isPageTokenRefused: () => false,
 *   broken: (reason) => new FeishuError.FeishuError({ reason }),
 * })
 * await Effect.runPromise(Stream.runForEach(pages, (page) => Console.log(page.rows, page.next)))
 * // => [ 'a', 'b' ] { window: 0, pageToken: '2' }
 * // => [ 'c' ] undefined
 * ```
 */
export const pages = <Row, R>(options: Options<Row, R>): Stream.Stream<Page<Row>, FeishuError, R> => {
  const { readAhead = 1, start, windows } = options
  const windowsLeft = Stream.range(start.window, Math.max(windows - 1, start.window))
  const walkFrom = (window: number) => walk(options, window === start.window ? start : { window })
  const walked =
    readAhead <= 1 ? Stream.flatMap(windowsLeft, walkFrom) : inParallel(windowsLeft, readAhead, walkFrom)
  return Stream.suspend(() => Stream.mapEffect(walked, withoutDuplicates(options)))
}

/**
 * Reads `readAhead` windows in parallel, and gives their pages in order. The next window begins when one of them has
 * been read to its end, though windows before it may still be read. Beyond those, as many windows again may wait for
 * their turn, and one whose turn it is: 2 × `readAhead` + 1 in all.
 */
const inParallel = <Row, R>(
  windows: Stream.Stream<number>,
  readAhead: number,
  walkFrom: (window: number) => Stream.Stream<Walked<Row>, FeishuError, R>,
): Stream.Stream<Walked<Row>, FeishuError, R> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      const lanes = yield* Semaphore.make(readAhead)
      return windows.pipe(
        Stream.mapEffect((window) =>
          walkFrom(window).pipe(
            // Not after a failure: the windows after it will not be read.
            Stream.tap(({ nextToken }) =>
              nextToken === undefined ? Semaphore.release(lanes, 1) : Effect.void,
            ),
            Stream.toQueue({ capacity: pagesAhead }),
            Scope.provide(scope),
            (begin) => Effect.andThen(Semaphore.take(lanes, 1), begin),
          ),
        ),
        Stream.buffer({ capacity: readAhead }),
        Stream.flatMap(Stream.fromQueue),
      )
    }),
  )

/** A page as it was read, its place, and the page token of the next page of its window. */
interface Walked<Row> extends RawPage<Row> {
  readonly position: Position
  readonly nextToken: string | undefined
}

interface WalkState {
  readonly position: Position
  /** True for the first page of a resumed read: its page token may have expired in the meantime. */
  readonly resumed: boolean
}

/** Reads the pages of one window, from a position in it. */
const walk = <Row, R>(
  options: Options<Row, R>,
  start: Position,
): Stream.Stream<Walked<Row>, FeishuError, R> =>
  Stream.suspend(() => {
    const usedTokens = new Set<string | undefined>()
    return Stream.paginate<WalkState, Walked<Row>, FeishuError, R>(
      { position: start, resumed: start.pageToken !== undefined },
      Effect.fnUntraced(function* (state): Effect.fn.Return<
        readonly [ReadonlyArray<Walked<Row>>, Option.Option<WalkState>],
        FeishuError,
        R
      > {
        let { position } = state
        const page = yield* Effect.catchIf(
          options.read(position),
          (error) => state.resumed && options.isPageTokenRefused(error),
          () => {
            position = { window: position.window, windowStart: position.windowStart }
            return Effect.andThen(Sentence.warn(Sentence.make("windowReadAgain")), options.read(position))
          },
        )
        // The place of a failure is the one before the left-out part: the caller has not received the page that reports
        // it.
        const place = position
        const broken = (fault: typeof PaginationFault.Type) =>
          options.broken(new PaginationBroken({ fault, logId: page.logId }), place)
        const { pageToken, unreachable } = page
        if (unreachable !== undefined) {
          // The shorter window has page tokens of its own, which may look like those of the longer one.
          usedTokens.clear()
          position = { window: position.window, windowStart: unreachable.to }
        }
        usedTokens.add(position.pageToken)
        if (!(page.hasMore ?? pageToken !== undefined)) {
          return [[{ ...page, position, nextToken: undefined }], Option.none()]
        }
        // Checked before the page is emitted: a read could not continue from the cursor of a page without a valid next
        // one.
        if (pageToken === undefined) {
          return yield* broken("more pages are announced, but there is no page token")
        }
        if (pageToken === position.pageToken) return yield* broken("the page token is the same as before")
        if (usedTokens.has(pageToken)) return yield* broken("the page tokens go in a circle")
        const next = { position: { ...position, pageToken }, resumed: false }
        return [[{ ...page, position, nextToken: pageToken }], Option.some(next)]
      }),
    )
  })

/**
 * Returns a function that removes the rows that have come before, and adds the place to go on. It must get the pages in
 * their order.
 */
const withoutDuplicates = <Row, R>(options: Options<Row, R>) => {
  let { window } = options.start
  // The keys of this window and of the one before: neighbours share a second, and so may share rows.
  let keys = new Set(options.seen)
  let seen = keys.size
  let previousKeys = new Set<string>()
  // The keys since a window was begun again. Its rows have come before, so there a page without a new row does not mean
  // that the read makes no progress.
  let again: Set<string> | undefined
  let emptyPages = 0

  return ({
    unreachable,
    logId,
    nextToken,
    position,
    rows: all,
  }: Walked<Row>): Effect.Effect<Page<Row>, FeishuError> => {
    if (position.window !== window) {
      window = position.window
      previousKeys = keys
      keys = new Set()
      seen = 0
      emptyPages = 0
    }
    if (position.pageToken === undefined) again = keys.size > 0 ? new Set() : undefined
    const rowsAgain = again?.size
    const rows = all.filter((row) => {
      const key = options.key(row)
      again?.add(key)
      const { size } = keys
      return keys.add(key).size > size && !previousKeys.has(key)
    })
    emptyPages = rows.length === 0 && again?.size === rowsAgain ? emptyPages + 1 : 0
    if (nextToken !== undefined && emptyPages >= maxEmptyPages) {
      const fault = "too many pages in a row without a new row"
      const place = unreachable === undefined ? position : { window }
      return Effect.fail(options.broken(new PaginationBroken({ fault, logId }), place))
    }
    return Effect.succeed({
      rows,
      duplicates: all.length - rows.length,
      window,
      next:
        nextToken !== undefined
          ? { ...position, pageToken: nextToken }
          : window + 1 < options.windows
            ? { window: window + 1 }
            : undefined,
      logId,
      rowsInWindow: keys.size - seen,
      unreachable,
    })
  }
}
