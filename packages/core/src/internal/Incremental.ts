/**
 * Reads of one number that go on where the last one ended. The state between them is a cursor: within a range, the place of the
 * next page; after it, the start of what is read next time, which overlaps with what was read.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import type { MeetingNo } from "@effect-feishu/contract/MeetingNo"
import { CurrentTenant } from "../AccessToken.ts"
import * as Cursor from "../Cursor.ts"
import { type FeishuError, invalidRequest } from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"
import type * as TimeRange from "../TimeRange.ts"
import { nowSeconds } from "./nowSeconds.ts"
import * as ReadRequest from "./ReadRequest.ts"

/** Where the state of each number is kept. It is one line of text, and holds no secret. */
export interface StateStore<E = never, R = never> {
  /** Returns the state under a key; `undefined` if there is none. */
  readonly get: (key: string) => Effect.Effect<string | undefined, E, R>
  /** Puts the state under a key, in the place of an earlier one. */
  readonly set: (key: string, state: string) => Effect.Effect<void, E, R>
}

/** The options of a read that goes on where the last one ended. */
export interface IncrementalOptions<E = never, R = never> extends Pick<
  ReadRequest.Request,
  "pageSize" | "readAhead"
> {
  readonly store: StateStore<E, R>
  /** Where the first read starts, while there is no state; default `89d`. */
  readonly from?: TimeRange.Moment | undefined
  /**
   * How far a read goes back behind the end of the last one, since a meeting may appear in the list later than it started;
   * default 2 days. Meetings in it come again.
   */
  readonly overlap?: Duration.Input | undefined
}

/** The pages to read, and the state after each. */
interface Part {
  readonly from: ReadRequest.From
  /** Returns the state after a page, by the cursor after it. */
  readonly stateAfter: (cursor: Cursor.Cursor | undefined) => Cursor.Cursor
}

/** Returns the key of a number in the store: that of its tenant if one is named, and of the account if a user's token reads. */
const keyOf = Effect.fnUntraced(function* ({ account }: ReadRequest.Client, meetingNo: MeetingNo) {
  const owners = [yield* CurrentTenant, account === undefined ? undefined : yield* account]
  return [...owners.filter((owner) => owner !== undefined), meetingNo].join("/")
})

/**
 * Returns what is to be read, by the state of the last read: the rest of its range, and what is newer. Without a state that is the
 * range from `from` on. What is too old for Feishu is left out by the read, and reported with its pages.
 */
const partsOf = Effect.fnUntraced(function* (
  client: ReadRequest.Client,
  meetingNo: MeetingNo,
  state: string | undefined,
  options: Omit<IncrementalOptions, "store">,
): Effect.fn.Return<ReadonlyArray<Part>, FeishuError> {
  const { from = "89d", pageSize, readAhead } = options
  const overlap = yield* overlapSeconds(options.overlap ?? "2 days")
  const opened = yield* ReadRequest.open(
    state === undefined
      ? { meetingNo, range: { from }, pageSize, readAhead }
      : { cursor: state as Cursor.Cursor, readAhead },
    client,
  )
  const now = yield* nowSeconds
  const { start } = opened
  if (start.meetingNo !== meetingNo) {
    return yield* invalidRequest(
      "store",
      Sentence.make("stateOfOtherNumber"),
      Sentence.make("giveStateOfNumber"),
    )
  }
  const isBegun = ReadRequest.isBegun(start)
  const rest = isBegun ? [start] : []
  // A page size that was changed meanwhile holds from the next range on.
  const next = nextRange(isBegun ? afterRange(start, overlap) : start, pageSize ?? start.pageSize, now)
  return [...rest, ...next].map((position) => ({
    from: { cursor: Cursor.fromPosition(position), readAhead },
    stateAfter: (cursor) => cursor ?? Cursor.fromPosition(afterRange(position, overlap)),
  }))
})

/** The start of what is read after a range was read to its end: at least its last second, since a cursor has no empty range. */
const afterRange = (position: Cursor.Position, overlap: number): Cursor.Position => ({
  ...position,
  start: Math.max(position.start, position.end - Math.max(1, overlap)),
  window: 0,
  windowStart: undefined,
  pageToken: undefined,
  order: undefined,
})

/** A range from a start to now. Without `asked` its start may be too old: that part is then left out, and not refused. */
const nextRange = (
  position: Cursor.Position,
  pageSize: number,
  now: number,
): ReadonlyArray<Cursor.Position> =>
  position.start < now ? [{ ...position, pageSize, end: now, asked: undefined }] : []

const overlapSeconds = (overlap: Duration.Input): Effect.Effect<number, FeishuError> => {
  const seconds = Math.ceil(Duration.toSeconds(Duration.fromInputUnsafe(overlap)))
  return seconds >= 0 && seconds <= ListByNo.maxRangeSeconds
    ? Effect.succeed(seconds)
    : invalidRequest(
        "overlap",
        Sentence.make("outOfRange", { text: `${seconds} s` }),
        Sentence.make("giveOverlap"),
      )
}

/** The pages of a number that came since the last time, each with the state after it. `pages` reads those of a range. */
export const read = <Page extends { readonly cursor: Cursor.Cursor | undefined }, E, R>(
  client: ReadRequest.Client,
  meetingNo: MeetingNo,
  { store, ...options }: IncrementalOptions<E, R>,
  pages: (from: ReadRequest.From) => Stream.Stream<Page, FeishuError>,
) =>
  Stream.unwrap(
    Effect.gen(function* () {
      const key = yield* keyOf(client, meetingNo)
      const state = yield* store.get(key)
      const parts = yield* partsOf(client, meetingNo, state, options)
      return Stream.fromIterable(parts).pipe(
        Stream.flatMap(({ from, stateAfter }) =>
          Stream.map(pages(from), (page) => {
            const state = stateAfter(page.cursor)
            return { ...page, key, state, commit: Effect.suspend(() => store.set(key, state)) }
          }),
        ),
      )
    }),
  )
