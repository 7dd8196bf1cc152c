/**
 * How far a run of `list` or `get` has come: they and the events of the client change it, `Progress` and `Summary` show it.
 *
 * These statements are true at every moment, so that an end at any moment can be reported:
 * - A number is in one of four places. It is not begun (`starts` from index `begun` on); open (in `open`, with the place
 *   after the last page that was written whole); failed (in `failed`); or, in none of these, read to its end. So
 *   `begun - open.size - failed.size` numbers are complete.
 * - A page that is out changes `meetings`, `rows`, `answers`, `open` and `unreachable` together (`pageWritten`), before anything else happens.
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
  RateLimit,
  TimeRange,
} from "@effect-feishu/core"
import type * as ConnectionFlags from "../input/ConnectionFlags.ts"
import type * as DetailsFlags from "../input/DetailsFlags.ts"
import * as Fields from "../output/Fields.ts"
import type * as Format from "../output/Format.ts"
import * as Answers from "./Answers.ts"
import type * as Recorded from "./Recorded.ts"

/** A time of a number that Feishu no longer shows; unix seconds. */
interface Unreachable {
  readonly meetingNo: MeetingNo
  readonly from: number
  readonly to: number
}

/** The flags of a run that the commands to resume it repeat. */
export interface RepeatedFlags extends ConnectionFlags.Given, DetailsFlags.Given {
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

/** What was requested of a meeting was refused. */
export interface Refusal {
  readonly part: keyof Answers.Answers
  readonly status: Fields.Status
  readonly error: FeishuError.FeishuError
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
  /** The meetings and rows that earlier runs have written; they are among `meetings` and `rows`. */
  meetingsBefore: number
  rowsBefore: number

  // The ids that `get` reads, which has no numbers.
  /** The ids in their order: the first `meetings` of them are in the output. Absent for `list`. */
  ids: ReadonlyArray<MeetingId> | undefined

  // How far the read has come.
  /** The number of `starts` that have been begun. */
  begun: number
  /** The begun numbers that are not read to their end: the place after the last page of each that was written whole. */
  readonly open: Map<MeetingNo, Cursor.Cursor>
  /** The numbers that failed by a fault of their own, while the others were read. */
  readonly failed: Map<MeetingNo, FeishuError.FeishuError>
  /** The times of numbers that were left out: they grew too old while they were read. */
  readonly unreachable: Array<Unreachable>
  /** The meetings in the output. */
  meetings: number
  /** The rows in the output: more than meetings where each participant has a row. */
  rows: number
  /** How what was requested of these meetings was answered. */
  answers: Answers.Answers
  /** The first refusal of each kind, for its remedy. */
  readonly refusals: Map<string, Refusal>
  /** The meetings whose recording was not ready when this run requested it. */
  readonly notReady: Array<MeetingId>
  /** The fields that a table has left out, since the terminal is too narrow. */
  fieldsLeftOut: ReadonlyArray<Fields.Field>
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
  /** The refused requests that were not sent again yet. */
  refused: number
  /** The last time of waiting that is in `waitedMs`, in unix milliseconds: requests wait in parallel. */
  waited: { readonly from: number; readonly to: number }

  // How to resume. Set once each, as soon as it is known.
  /** The name of the output, and where the rows are until the run is complete. */
  file:
    | {
        readonly path: string
        readonly part: string | undefined
        /** True for a workbook: the rows are ndjson until it is made. */
        readonly isWorkbook: boolean
      }
    | undefined
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
  meetingsBefore: 0,
  rowsBefore: 0,
  ids: undefined,
  begun: 0,
  open: new Map(),
  failed: new Map(),
  unreachable: [],
  meetings: 0,
  rows: 0,
  answers: {},
  refusals: new Map(),
  notReady: [],
  fieldsLeftOut: [],
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
  refused: 0,
  waited: { from: Number.NEGATIVE_INFINITY, to: Number.NEGATIVE_INFINITY },
  file: undefined,
  checkpoint: undefined,
  repeatedFlags: undefined,
})

/**
 * Puts a run where an earlier one ended. A number that the earlier run had begun, and written nothing of, continues at
 * its start.
 */
export const resumeFrom = (run: State, state: Recorded.State): void => {
  const { answers, done, meetings, open, rows, unreachable } = state
  run.meetings = run.meetingsBefore = meetings
  run.rows = run.rowsBefore = rows
  run.answers = answers
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

/** The part of a page that is written: all of it, or as many meetings as `--max-items` allows. */
interface WrittenPage {
  readonly meetings: ReadonlyArray<Meetings.MeetingRead>
  readonly rows: number
}

/** Counts meetings that are written, as this many rows. */
export const meetingsWritten = (run: State, meetings: ReadonlyArray<Fields.Meeting>, rows: number): void => {
  run.meetings += meetings.length
  run.rows += rows
  run.answers = Answers.add(run.answers, meetings)
  for (const meeting of meetings) noteMissing(run, meeting)
}

/** Counts a page that is written. */
export const pageWritten = (run: State, page: Meetings.DetailsPage, written: WrittenPage): void => {
  const { cursor, meetingNo, meetings, unreachable } = page
  meetingsWritten(run, written.meetings, written.rows)
  if (unreachable !== undefined) run.unreachable.push({ meetingNo, ...unreachable })
  // A page that was cut is read again when the run is resumed: better rows twice than rows lost.
  if (written.meetings.length < meetings.length) run.rowsReadAgain = written.rows
  else if (cursor === undefined) run.open.delete(meetingNo)
  else run.open.set(meetingNo, cursor)
}

/** Keeps what the end of the run says about a meeting of which not everything was there. */
const noteMissing = (run: State, meeting: Fields.Meeting): void => {
  const { details, recording } = meeting
  const answers = [
    ["details", details, Fields.detailsStatus(meeting)],
    ["recordings", recording, Fields.recordingStatus(meeting)],
  ] as const
  for (const [part, answer, status] of answers) {
    if (status === "not ready") run.notReady.push(Fields.idOf(meeting))
    if (answer === undefined || status === undefined || !("error" in answer)) continue
    const kind = `${part} ${status}`
    if (!run.refusals.has(kind)) run.refusals.set(kind, { part, status, error: answer.error })
  }
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

/** Counts a wait that ends now, without the time in which another request has waited, too. */
const waited = (run: State, millis: number, now: number): void => {
  const before = run.waited
  const from = now - millis
  const isApart = from > before.to
  run.waitedMs += isApart ? millis : Math.max(0, now - before.to) + Math.max(0, before.from - from)
  run.waited = { from: isApart ? from : Math.min(from, before.from), to: now }
}

/** The longest wait for a slot that another request of this run has used in the last second. */
const slotOfSecondMillis = RateLimit.restMillis("answered", { window: "1 second" })

/** True for a wait that is the pace of details and recordings, which have a limit of a second: such waits never end. */
export const isPace = (run: State, event: Events.Event): boolean =>
  event._tag === "RateLimitWaiting" && readsMore(run) && event.millis <= slotOfSecondMillis

/** True when more than the list is read. */
export const readsMore = ({ answers }: State): boolean => Object.keys(answers).length > 0

/** Counts an event. */
export const count = Effect.fnUntraced(function* (run: State, event: Events.Event) {
  switch (event._tag) {
    case "RequestSent": {
      run.requests++
      run.waitingUntil = undefined
      if (run.refused > 0) {
        // A refused request is sent again once the gate is open.
        run.retries++
        run.refused--
      }
      if (run.refusedMillis !== undefined) {
        // The retry has waited that long. Any further wait for the gate is in RateLimitWaited.
        waited(run, run.refusedMillis, yield* Clock.currentTimeMillis)
        run.refusedMillis = undefined
      }
      return
    }
    case "Retrying":
      run.retries++
      return
    case "RateLimitWaiting":
      if (!isPace(run, event)) run.waitingUntil = (yield* Clock.currentTimeMillis) + event.millis
      return
    case "RateLimitWaited":
      waited(run, event.millis, yield* Clock.currentTimeMillis)
      return
    case "RateLimitRefused":
      run.refused++
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
