/**
 * How far a run of `list` or `get` has come: they and the events of the client change it, `Progress` and `Summary` show it.
 *
 * These statements are true at every moment, so that an end at any moment can be reported:
 * - A number is in one of four places. It is not begun (`starts` from index `begun` on); open (in `open`, with the place
 *   after the last page that was written whole); failed (in `failed`); or, in none of these, read to its end. So
 *   `begun - open.size - failed.size` numbers are complete.
 * - A page that is out changes `rows`, `open` and `unreachable` together (`pageWritten`), before anything else happens.
 * - `ended` is set once, when the output is whole. Before that the run can be resumed from `open`, `failed` and the
 *   numbers that are not begun.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import {
  Cursor,
  type Events,
  type FeishuError,
  type MeetingId,
  type MeetingNo,
  type Meetings,
  TimeRange,
} from "@effect-feishu/core"
import type * as ConnectionFlags from "../input/ConnectionFlags.ts"
import type * as Format from "../output/Format.ts"
import type * as Recorded from "./Recorded.ts"

/** A time of a number that Feishu no longer shows; unix seconds. */
interface Unreachable {
  readonly meetingNo: MeetingNo
  readonly from: number
  readonly to: number
}

/** The flags of a run that the commands to resume it repeat. */
export interface RepeatedFlags extends ConnectionFlags.Given {
  /** The format; absent if it depends on whether the output is a terminal. */
  readonly format: Format.Name | undefined
  readonly showPasswords: boolean
  readonly summary: "text" | "json"
  readonly fields: string | undefined
  readonly keepGoing: boolean
  readonly concurrency: number | undefined
  /** The page size, if it was given; a cursor holds it already. */
  readonly pageSize: number | undefined
}

/** The state of a run. */
export interface State {
  // The numbers to read. Set once, before the first request.
  /** Where each number starts, in the order in which they are begun. */
  starts: ReadonlyArray<Cursor.Position>
  /** The number of windows to read, where it is known; it becomes smaller when a number fails. */
  plannedWindows: number | undefined
  /** True when the run began where an earlier one ended: at cursors, or at a checkpoint. */
  resumed: boolean
  /** The rows that earlier runs have written; they are among `rows`. */
  rowsBefore: number

  // The ids that `get` reads, which has no numbers.
  /** The ids in their order; absent for `list`. */
  ids: ReadonlyArray<MeetingId> | undefined
  /** The number of them that are in the output. */
  idsWritten: number

  // How far the read has come.
  /** The number of `starts` that have been begun. */
  begun: number
  /** The begun numbers that are not read to their end: the place after the last page of each that was written whole. */
  readonly open: Map<MeetingNo, Cursor.Cursor>
  /** The numbers that failed by a fault of their own, while the others were read. */
  readonly failed: Map<MeetingNo, FeishuError.FeishuError>
  /** The times of numbers that were left out: they grew too old while they were read. */
  readonly unreachable: Array<Unreachable>
  /** The rows in the output. */
  rows: number
  /** The rows at the end of the output that a resumed run reads again, since their page was cut by `--max-items`. */
  rowsReadAgain: number
  /** How the read ended, and its output with it; `undefined` while it goes on, and after a failure. */
  ended: "complete" | "limited" | undefined

  // What the client has done.
  pages: number
  /** Requests of every kind that were sent, those for tokens and the repeated ones included. */
  requests: number
  retries: number
  duplicates: number
  /** The windows with at least one page that was read, as `number/window`. */
  readonly windowsRead: Set<string>
  /** Milliseconds of waiting for the rate limit. */
  waitedMs: number
  /** When requests that wait for the rate limit are sent, in unix milliseconds. */
  waitingUntil: number | undefined
  /** Milliseconds of a refusal by the rate limit: they count as a wait and a retry once something is sent again. */
  refusedMillis: number | undefined

  // How to resume. Set once each, as soon as it is known.
  /** The name of the output, and where the rows are until the run is complete. */
  file: { readonly path: string; readonly part: string | undefined } | undefined
  /** The name of the checkpoint. */
  checkpoint: string | undefined
  /** The flags to repeat; `undefined` when the run cannot be resumed, as in a demo. */
  repeatedFlags: RepeatedFlags | undefined
}

/** The run of this process. */
export class Run extends Context.Service<Run, State>()("@effect-feishu/cli/Run") {}

/** Makes the state of a run that has not begun. */
export const make = (): State => ({
  starts: [],
  plannedWindows: undefined,
  resumed: false,
  rowsBefore: 0,
  ids: undefined,
  idsWritten: 0,
  begun: 0,
  open: new Map(),
  failed: new Map(),
  unreachable: [],
  rows: 0,
  rowsReadAgain: 0,
  ended: undefined,
  pages: 0,
  requests: 0,
  retries: 0,
  duplicates: 0,
  windowsRead: new Set(),
  waitedMs: 0,
  waitingUntil: undefined,
  refusedMillis: undefined,
  file: undefined,
  checkpoint: undefined,
  repeatedFlags: undefined,
})

/**
 * Puts a run where an earlier one ended. A number that the earlier run had begun, and written nothing of, continues at
 * its start.
 */
export const resumeFrom = (run: State, { done, open, rows, unreachable }: Recorded.State): void => {
  run.rows = run.rowsBefore = rows
  run.unreachable.push(...unreachable)
  run.begun = 1 + run.starts.findLastIndex(({ meetingNo }) => done.has(meetingNo) || open.has(meetingNo))
  for (const start of run.starts.slice(0, run.begun)) {
    if (done.has(start.meetingNo)) continue
    run.open.set(start.meetingNo, open.get(start.meetingNo) ?? Cursor.fromPosition(start))
  }
}

/** Returns the places where the numbers that are left continue, the open ones first. */
export const placesLeft = (run: State): ReadonlyArray<Cursor.Cursor | Cursor.Position> => [
  ...run.open.values(),
  ...run.starts.slice(run.begun),
]

/** Counts the windows that are left to read. */
export const planWindows = (run: State): void => {
  run.plannedWindows = placesLeft(run).reduce((sum, place) => sum + windowsFrom(positionOf(place)), 0)
}

/** Begins the next number of `starts`. */
export const beginNumber = (run: State, start: Cursor.Position): Cursor.Cursor => {
  const cursor = Cursor.fromPosition(start)
  run.begun++
  run.open.set(start.meetingNo, cursor)
  return cursor
}

/** Takes a number out of the read that failed by a fault of its own. */
export const numberFailed = (run: State, meetingNo: MeetingNo, error: FeishuError.FeishuError): void => {
  run.open.delete(meetingNo)
  run.failed.set(meetingNo, error)
  const position = Cursor.toPosition(error.cursor ?? "")
  if (position !== undefined && run.plannedWindows !== undefined) {
    // A page of the window in which it failed may have been read.
    run.plannedWindows -= windowsFrom(position) - (position.pageToken === undefined ? 0 : 1)
  }
}

/** Counts a page whose first `rows` rows are written: all of them, or as many as `--max-items` allows. */
export const pageWritten = (run: State, page: Meetings.Page, rows: number): void => {
  const { cursor, meetingNo, meetings, unreachable } = page
  run.rows += rows
  if (unreachable !== undefined) run.unreachable.push({ meetingNo, ...unreachable })
  // A page that was cut is read again when the run is resumed: better rows twice than rows lost.
  if (rows < meetings.length) run.rowsReadAgain = rows
  else if (cursor === undefined) run.open.delete(meetingNo)
  else run.open.set(meetingNo, cursor)
}

/** Returns how a read ends that nothing has stopped. */
export const endOf = (run: State): "complete" | "limited" =>
  run.open.size === 0 && run.begun === run.starts.length ? "complete" : "limited"

/** Returns the number of windows to read from a place on. */
const windowsFrom = (position: Cursor.Position): number =>
  TimeRange.windows(position).length - position.window

/** Returns the position in a cursor that is known to be valid. */
const positionOf = (place: Cursor.Cursor | Cursor.Position): Cursor.Position =>
  typeof place === "string" ? Cursor.toPosition(place)! : place

/** Counts an event. */
export const count = Effect.fnUntraced(function* (run: State, event: Events.Event) {
  switch (event._tag) {
    case "RequestSent": {
      run.requests++
      run.waitingUntil = undefined
      if (run.refusedMillis !== undefined) {
        // The retry has waited that long. Any further wait for the gate is in RateLimitWaited.
        run.waitedMs += run.refusedMillis
        run.retries++
        run.refusedMillis = undefined
      }
      return
    }
    case "Retrying":
      run.retries++
      return
    case "RateLimitWaiting":
      run.waitingUntil = (yield* Clock.currentTimeMillis) + event.millis
      return
    case "RateLimitWaited":
      run.waitedMs += event.millis
      return
    case "RateLimitRefused":
      run.refusedMillis = event.resetMillis
      run.waitingUntil = (yield* Clock.currentTimeMillis) + event.resetMillis
      return
    case "PageRead":
      run.pages++
      run.duplicates += event.duplicates
      run.windowsRead.add(`${event.meetingNo}/${event.window}`)
      return
    case "RequestEnded":
    case "TokenFetched":
    case "TimeUnreachable":
    case "OldWindowEmpty":
      return
  }
})
