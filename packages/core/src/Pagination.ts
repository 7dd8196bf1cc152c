/**
 * Reading page after page, window after window, of any endpoint that pages by token, so that a read ends
 * complete, or fails at a known position: it never loops, and never takes a broken page for the last one.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type FeishuError, PaginationBroken, type PaginationFault } from "./FeishuError.ts"

/** A place between two pages: `window` counts from 0; no page token means the window's first page. */
export interface Position {
  readonly window: number
  readonly pageToken?: string | undefined
}

/** What one request brought. */
export interface RawPage<Row> {
  readonly rows: ReadonlyArray<Row>
  /** What the answer says of more pages; absent means as the page token says. */
  readonly hasMore: boolean | undefined
  /** Absent when there is none, or it is empty. */
  readonly pageToken: string | undefined
  readonly logId: string | undefined
}

/** A page without the rows that came before, and the place after it; none after the last page. */
export interface Page<Row> {
  readonly rows: ReadonlyArray<Row>
  readonly duplicates: number
  readonly window: number
  readonly next: Position | undefined
  readonly logId: string | undefined
  /** Rows of this page's window up to here, this page included. */
  readonly rowsInWindow: number
}

/** How to read an endpoint. */
export interface Options<Row, R> {
  readonly windows: number
  readonly start: Position
  readonly read: (position: Position) => Effect.Effect<RawPage<Row>, FeishuError, R>
  /** Rows with the same key are the same row. */
  readonly key: (row: Row) => string
  /** Whether Feishu refused the page token rather than the request as such. */
  readonly isPageTokenRefused: (error: FeishuError) => boolean
  /** Makes the error of a fault that was found here. */
  readonly broken: (reason: PaginationBroken, position: Position) => FeishuError
}

/** Pages in a row without a new row before a window that announces more is given up. */
export const maxEmptyPages = 1_000

interface State {
  readonly position: Position
  /** Page tokens of this window that were used. */
  readonly usedTokens: Set<string>
  /** Keys of this window and of the one before: neighbours share a second, and so can share rows. */
  readonly keys: Set<string>
  readonly previousKeys: Set<string>
  readonly emptyPages: number
  /** Whether this is the first page of a resumed read: its page token may have expired meanwhile. */
  readonly resumed: boolean
}

/**
 * The pages as a stream. A failure comes after every page before it. A refused page token of a resumed read
 * starts its window again, once.
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
export const pages = <Row, R>(options: Options<Row, R>): Stream.Stream<Page<Row>, FeishuError, R> =>
  Stream.suspend(() =>
    Stream.paginate<State, Page<Row>, FeishuError, R>(
      {
        position: options.start,
        usedTokens: new Set(),
        keys: new Set(),
        previousKeys: new Set(),
        emptyPages: 0,
        resumed: options.start.pageToken !== undefined,
      },
      (state) => Effect.map(step(options, state), ([page, next]) => [[page], next]),
    ),
  )

const step = Effect.fnUntraced(function* <Row, R>(
  options: Options<Row, R>,
  state: State,
): Effect.fn.Return<readonly [Page<Row>, Option.Option<State>], FeishuError, R> {
  let { position } = state
  const raw = yield* Effect.catchIf(
    options.read(position),
    (error) => state.resumed && options.isPageTokenRefused(error),
    () => {
      position = { window: position.window }
      return Effect.andThen(
        Effect.logWarning(
          "The page token of the cursor is no longer accepted: its window is read again from its start.",
        ),
        options.read(position),
      )
    },
  )

  const more = raw.hasMore ?? raw.pageToken !== undefined
  const broken = (fault: typeof PaginationFault.Type) =>
    options.broken(new PaginationBroken({ fault, logId: raw.logId }), position)
  const rows = raw.rows.filter((row) => {
    const key = options.key(row)
    if (state.keys.has(key)) return false
    state.keys.add(key)
    return !state.previousKeys.has(key)
  })
  const emptyPages = rows.length === 0 ? state.emptyPages + 1 : 0
  if (position.pageToken !== undefined) state.usedTokens.add(position.pageToken)
  if (more) {
    // Checked before the page is handed out: a cursor behind a page that leads nowhere could not go on.
    if (raw.pageToken === undefined)
      return yield* broken("more pages are announced, but there is no page token")
    if (raw.pageToken === position.pageToken) return yield* broken("the page token is the same as before")
    if (state.usedTokens.has(raw.pageToken)) return yield* broken("the page tokens go in a circle")
    if (emptyPages >= maxEmptyPages) return yield* broken("too many pages in a row without a new row")
  }

  const nextWindow = position.window + 1
  const next: State | undefined = more
    ? {
        ...state,
        position: { window: position.window, pageToken: raw.pageToken },
        emptyPages,
        resumed: false,
      }
    : nextWindow < options.windows
      ? {
          position: { window: nextWindow },
          usedTokens: new Set(),
          keys: new Set(),
          previousKeys: state.keys,
          emptyPages: 0,
          resumed: false,
        }
      : undefined
  const page: Page<Row> = {
    rows,
    duplicates: raw.rows.length - rows.length,
    window: position.window,
    next: next?.position,
    logId: raw.logId,
    rowsInWindow: state.keys.size,
  }
  return [page, Option.fromUndefinedOr(next)]
})
