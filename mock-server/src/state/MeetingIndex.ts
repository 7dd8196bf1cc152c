/**
 * The meetings of one tenant and number, in the order of their start. Finding a page, adding a meeting and removing one
 * each cost about the same, however many meetings there are.
 *
 * `@mswjs/data` has no index: `where` with `orderBy` and even `findFirst` by primary key read every row (measured
 * at 100,000 rows: 70 ms and more for a page).
 */
import * as MeetingPage from "../protocol/MeetingPage.ts"

/** At most {@link blockSize} neighbours, and the bytes of their rows once a page has needed them. */
interface Block {
  readonly meetings: Array<MeetingPage.Meeting>
  rows: MeetingPage.Rows | undefined
}

/** The most meetings of a block. */
const blockSize = 64

/** The rows that were read last, kept as bytes: at most `maxBytes`, for all indexes of a store. */
export interface KeptRows {
  /** Returns the rows of a block, and makes them if they are not kept. */
  readonly of: (block: Block) => MeetingPage.Rows
  readonly forget: (block: Block) => void
}

/** Makes the cache of rows, empty at first. */
export const keptRows = (maxBytes: number): KeptRows => {
  // A Set keeps the order in which blocks were added: the first one was read before all others.
  const blocks = new Set<Block>()
  let bytes = 0
  const forget = (block: Block) => {
    if (block.rows === undefined) return
    bytes -= block.rows.bytes.length
    block.rows = undefined
    blocks.delete(block)
  }
  return {
    of: (block) => {
      if (block.rows === undefined) {
        block.rows = MeetingPage.rows(block.meetings)
        bytes += block.rows.bytes.length
      } else blocks.delete(block)
      blocks.add(block)
      const { rows } = block
      for (const oldest of blocks) {
        if (bytes <= maxBytes || oldest === block) break
        forget(oldest)
      }
      return rows
    },
    forget,
  }
}

/** A page of the meetings that start in `from` to `to`: unix seconds, both inclusive (inferred: the documents do not say). */
export interface PageQuery {
  readonly from: number
  readonly to: number
  /** The number of meetings in the range before the page. */
  readonly offset: number
  readonly limit: number
}

/** The meetings of a page, and whether the range has more after them. */
export interface Found {
  readonly meetings: ReadonlyArray<MeetingPage.Meeting>
  /** The rows of the meetings, one piece for each stretch of memory that holds them. */
  readonly rows: ReadonlyArray<Uint8Array>
  readonly hasMore: boolean
}

/** The meetings of one tenant and number. */
export interface MeetingIndex {
  readonly page: (query: PageQuery) => Found
  /** Returns a page of the meetings that are shown: reads every meeting of the range up to the end of the page. */
  readonly ownPage: (
    query: PageQuery & { readonly isShown: (meeting: MeetingPage.Meeting) => boolean },
  ) => Found
  readonly add: (meeting: MeetingPage.Meeting) => void
  /** Removes a meeting, which must be there. */
  readonly remove: (meeting: MeetingPage.Meeting) => void
  readonly isEmpty: () => boolean
}

/** Makes an index without meetings. */
export const make = (kept: KeptRows): MeetingIndex => {
  const blocks: Array<Block> = []
  /** The number of meetings before each block, and last the number of all; `undefined` after a change. */
  let before: Uint32Array | undefined

  const counts = (): Uint32Array => {
    if (before !== undefined) return before
    before = new Uint32Array(blocks.length + 1)
    for (const [index, { meetings }] of blocks.entries()) before[index + 1] = before[index]! + meetings.length
    return before
  }
  /** Returns how many meetings start before a second. */
  const startedBefore = (second: number): number => {
    const at = firstWhere(blocks.length, (index) => blocks[index]!.meetings.at(-1)!.start_time >= second)
    const block = blocks[at]
    if (block === undefined) return counts()[at]!
    const { meetings } = block
    return counts()[at]! + firstWhere(meetings.length, (index) => meetings[index]!.start_time >= second)
  }
  /** Returns the block that has a meeting or would get it, and the place in the block. */
  const placeOf = (meeting: MeetingPage.Meeting): { readonly at: number; readonly place: number } => {
    const found = firstWhere(blocks.length, (index) => inOrder(blocks[index]!.meetings.at(-1)!, meeting) >= 0)
    const at = Math.min(found, blocks.length - 1)
    const { meetings } = blocks[at]!
    return {
      at,
      place: firstWhere(meetings.length, (index) => inOrder(meetings[index]!, meeting) >= 0),
    }
  }

  return {
    page: ({ from, limit, offset, to }) => {
      const numbers = counts()
      const first = startedBefore(from) + offset
      const end = startedBefore(to + 1)
      const last = Math.min(first + limit, end)
      const found: Array<MeetingPage.Meeting> = []
      const rows: Array<Uint8Array> = []
      for (
        let at = firstWhere(blocks.length, (index) => numbers[index + 1]! > first);
        at < blocks.length && numbers[at]! < last;
        at++
      ) {
        const block = blocks[at]!
        const start = Math.max(first - numbers[at]!, 0)
        const stop = Math.min(last - numbers[at]!, block.meetings.length)
        const { bytes, ends } = kept.of(block)
        rows.push(bytes.subarray(start === 0 ? 0 : ends[start - 1], ends[stop - 1]))
        for (let index = start; index < stop; index++) found.push(block.meetings[index]!)
      }
      return { meetings: found, rows, hasMore: last < end }
    },
    ownPage: ({ from, isShown, limit, offset, to }) => {
      const found: Array<MeetingPage.Meeting> = []
      let shown = 0
      let hasMore = false
      const first = firstWhere(blocks.length, (index) => blocks[index]!.meetings.at(-1)!.start_time >= from)
      search: for (let at = first; at < blocks.length; at++) {
        for (const meeting of blocks[at]!.meetings) {
          if (meeting.start_time > to) break search
          if (meeting.start_time < from || !isShown(meeting) || shown++ < offset) continue
          hasMore = found.length === limit
          if (hasMore) break search
          found.push(meeting)
        }
      }
      return { meetings: found, rows: [MeetingPage.rows(found).bytes], hasMore }
    },
    add: (meeting) => {
      before = undefined
      if (blocks.length === 0) {
        blocks.push({ meetings: [meeting], rows: undefined })
        return
      }
      const { at, place } = placeOf(meeting)
      const block = blocks[at]!
      const { meetings } = block
      kept.forget(block)
      if (meetings.length < blockSize) meetings.splice(place, 0, meeting)
      // Most meetings are added in order: then every block but the last is full.
      else if (at === blocks.length - 1 && place === meetings.length) {
        blocks.push({ meetings: [meeting], rows: undefined })
      } else {
        meetings.splice(place, 0, meeting)
        blocks.splice(at + 1, 0, { meetings: meetings.splice(blockSize / 2), rows: undefined })
      }
    },
    remove: (meeting) => {
      before = undefined
      const { at, place } = placeOf(meeting)
      const block = blocks[at]!
      kept.forget(block)
      block.meetings.splice(place, 1)
      if (block.meetings.length === 0) blocks.splice(at, 1)
    },
    isEmpty: () => blocks.length === 0,
  }
}

/** Compares by start and, in the same second, by id as a number (Feishu documents no order). */
const inOrder = (a: MeetingPage.Meeting, b: MeetingPage.Meeting): number =>
  a.start_time - b.start_time || a.id.length - b.id.length || (a.id < b.id ? -1 : a.id === b.id ? 0 : 1)

/** Binary search: returns the first index below `length` for which `isTrue` holds, as for all after it, or `length`. */
const firstWhere = (length: number, isTrue: (index: number) => boolean): number => {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isTrue(middle)) high = middle
    else low = middle + 1
  }
  return low
}
