/** How far a run has come: counted from the events of the client, shown by `Progress` and `Summary`. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { Cursor, Events, FeishuError, MeetingNo } from "@effect-feishu/core"
import type * as ConnectionFlags from "../input/ConnectionFlags.ts"
import type * as Format from "../output/Format.ts"

/** A time that a number could not be read for any more; unix seconds. */
interface Unreachable {
  readonly meetingNo: MeetingNo
  readonly from: number
  readonly to: number
}

/** What the commands that go on repeat of the one that ran. */
export interface Again extends ConnectionFlags.Given {
  /** None if the terminal decides. */
  readonly format: Format.Name | undefined
  readonly showPasswords: boolean
  readonly summary: "text" | "json"
  readonly fields: string | undefined
  readonly keepGoing: boolean
  readonly concurrency: number | undefined
  /** If it was given; a cursor holds it already. */
  readonly pageSize: number | undefined
}

/** The state of a run. It changes while the run goes on, so that an end at any moment can be told. */
export interface State {
  /** Rows that are in the output. */
  rows: number
  pages: number
  /** Requests of every kind that were sent, those for tokens and the repeated ones, too. */
  requests: number
  retries: number
  /** Milliseconds of waiting for the rate limit. */
  waitedMs: number
  duplicates: number
  /** Windows that are to be read, where that is known. */
  planned: number | undefined
  /** Windows of which a page was read, by number and window. */
  readonly windows: Set<string>
  /** Until when requests wait for the rate limit, in unix milliseconds. */
  waitingUntil: number | undefined
  /** A refusal by the rate limit counts as a wait and a retry only once something is sent again. */
  refusedMillis: number | undefined
  /** Where the numbers start, in the order in which they are begun. */
  starts: ReadonlyArray<Cursor.Position>
  /** So many of them have been begun. */
  begun: number
  /** Those of them that are not read to their end: the place after the last page of each that was written whole. */
  readonly underWay: Map<MeetingNo, Cursor.Cursor>
  /** Those that failed by a fault of their own, while the others were read. */
  readonly failed: Map<MeetingNo, FeishuError.FeishuError>
  /** What was left out of numbers, in unix seconds: it grew old while it was read, and Feishu no longer shows it. */
  readonly unreachable: Array<Unreachable>
  /** Whether the run began where an earlier one ended. */
  resumed: boolean
  /** Rows of them that an earlier run has written. */
  rowsBefore: number
  /** How the read ended, and its output with it, if it was not by a failure. */
  ended: "complete" | "limited" | undefined
  /** Rows at the end of the output that a resumed run reads again, since their page did not fit whole. */
  repeated: number
  /** What `--output` names, and where the rows are until the run is complete. */
  file: { readonly path: string; readonly part: string | undefined } | undefined
  /** What a command to go on needs besides the cursor; none when it cannot go on, as in a demo. */
  again: Again | undefined
  /** Where it is recorded how far the run has come. */
  checkpoint: string | undefined
}

/** The run of this process. */
export class Run extends Context.Service<Run, State>()("@effect-feishu/cli/Run") {}

/** A run that has not begun. */
export const make = (): State => ({
  rows: 0,
  pages: 0,
  requests: 0,
  retries: 0,
  waitedMs: 0,
  duplicates: 0,
  planned: undefined,
  windows: new Set(),
  waitingUntil: undefined,
  refusedMillis: undefined,
  starts: [],
  begun: 0,
  underWay: new Map(),
  failed: new Map(),
  unreachable: [],
  resumed: false,
  rowsBefore: 0,
  ended: undefined,
  repeated: 0,
  file: undefined,
  again: undefined,
  checkpoint: undefined,
})

/** Counts an event. */
export const count = Effect.fnUntraced(function* (run: State, event: Events.Event) {
  switch (event._tag) {
    case "RequestSent": {
      run.requests++
      run.waitingUntil = undefined
      if (run.refusedMillis !== undefined) {
        // The retry has waited that long; what the gate added to it came as RateLimitWaited.
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
      run.windows.add(`${event.meetingNo}/${event.window}`)
      return
    case "RequestEnded":
    case "TokenFetched":
    case "TimeUnreachable":
    case "OldWindowEmpty":
      return
  }
})
