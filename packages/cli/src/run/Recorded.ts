/**
 * What a checkpoint holds: lines, of which each is a record in JSON, a space and a checksum. The first record says what
 * is read and how far it had come when the run started; each one after it adds a step. So a step costs what it brought,
 * and not what came before it.
 *
 * A checksum is the CRC-32 of all records up to its own: a line that is changed, removed, doubled or moved does not fit
 * the lines around it. The last line alone may be wrong, if the process was killed while it was being written: it is
 * left out then, and the run goes on from the step before.
 */
import { crc32 } from "node:zlib"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Cursor, MeetingNo, TimeRange } from "@effect-feishu/core"
import * as WrittenBytes from "../output/WrittenBytes.ts"
import * as CountedRequests from "./CountedRequests.ts"
import { SeenIds } from "./SeenIds.ts"

/** The version of this format. */
export const version = 2
const versionKey = "feishu-meetings-checkpoint"

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))
const Word = Schema.NullOr(Schema.Union([Schema.String, Schema.Int, Schema.Boolean]))
const Ids = Schema.Array(Schema.NonEmptyString)

/**
 * What a run is to read and how it is to write that: the words of its command as they were typed (a relative time
 * stays what it is, though the range that it meant at first is kept), the base URL and the app.
 */
const Plan = Schema.Record(Schema.String, Word)
/** See the Schema of the same name. */
export type Plan = typeof Plan.Type

/** The output up to the end of what was written last. */
const Written = {
  bytes: Count,
  /** CRC-32 of them. */
  crc: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 0xffff_ffff }))),
}
/** A time of a number that was left out, since Feishu no longer shows it: unix seconds. */
const Unreachable = { from: Count, to: Count }

/** The first record. */
const Start = Schema.Struct({
  [versionKey]: Schema.Literal(version),
  plan: Plan,
  /** Unix seconds, and absent where cursors hold it. `asked`: when it was made out of the words of the command. */
  range: Schema.optionalKey(Schema.Struct({ start: Count, end: Count, asked: Schema.optionalKey(Count) })),
  ...Written,
  rows: Count,
  /** The numbers that have been read to their end. */
  done: Schema.Array(MeetingNo),
  /** The other numbers of which a page was written. */
  open: Schema.Array(
    Schema.Struct({
      /** The place to go on. */
      cursor: Cursor.Cursor,
      /** See `SeenIds`. */
      seen: Ids,
    }),
  ),
  unreachable: Schema.optionalKey(Schema.Array(Schema.Struct({ meetingNo: MeetingNo, ...Unreachable }))),
  requests: CountedRequests.Recorded,
})
/** See the Schema of the same name. */
export type Start = typeof Start.Type

/** A page was written, whole. */
const Page = Schema.Struct({
  step: Schema.Literal("page"),
  meetingNo: MeetingNo,
  /** The place after it, unless it is the last one of its number. */
  cursor: Schema.optionalKey(Cursor.Cursor),
  last: Schema.optionalKey(Schema.Literal(true)),
  /** Those of its rows. */
  ids: Ids,
  unreachable: Schema.optionalKey(Schema.Struct(Unreachable)),
  /** In the output, as the bytes. */
  rows: Count,
  ...Written,
  requests: CountedRequests.Recorded,
})

/** Of a page only as many rows were written as `--max-items` allows: whoever goes on reads it again. */
const CutPage = Schema.Struct({
  step: Schema.Literal("cut page"),
  rows: Count,
  ...Written,
  requests: CountedRequests.Recorded,
})

/** Requests are about to be sent; or the run ended early, and this is what it sent last. */
const Requests = Schema.Struct({ step: Schema.Literal("requests"), requests: CountedRequests.Recorded })

/** The output is whole, its end included: at most it is still to be moved to its place. */
const Whole = Schema.Struct({
  step: Schema.Literal("whole"),
  /** Whether the end was that of the list, or of what `--max-items` allows. */
  ended: Schema.Literals(["complete", "limited"]),
  ...Written,
  requests: CountedRequests.Recorded,
})

const Step = Schema.Union([Page, CutPage, Requests, Whole])
/** See the Schemas that it is made of. */
export type Step = typeof Step.Type

/** Records without some of their fields. */
export type Without<Record, Name extends string> = Record extends unknown ? Omit<Record, Name> : never

/** A record, and the checksum of all up to it. */
interface Line {
  readonly bytes: Uint8Array
  readonly checksum: number
}

/** The line of a record behind lines with that checksum. */
export const lineOf = (record: Start | Step, before: number): Line => {
  const json = Buffer.from(JSON.stringify(record))
  const checksum = crc32(json, before)
  return { bytes: Buffer.concat([json, Buffer.from(` ${inHex(checksum)}\n`)]), checksum }
}

const inHex = (checksum: number): string => checksum.toString(16).padStart(8, "0")

/** The first record with the version of this format, as it is written. */
export const start = (record: Omit<Start, typeof versionKey>): Start => ({ [versionKey]: version, ...record })

/** So many bytes at the start of a file tell whether it is a checkpoint, and of which version. */
export const headBytes = 256

/** The version of a checkpoint by its first bytes, in whatever way it was changed; `undefined` if it is none. */
export const versionIn = (head: Uint8Array): string | undefined =>
  new RegExp(String.raw`^\uFEFF?\s*\{\s*"${versionKey}"\s*:\s*(\d{1,15})\b`).exec(
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(head),
  )?.[1]

/** What the lines hold. */
export interface Records {
  readonly start: Start
  readonly steps: ReadonlyArray<Step>
}

const decodeStart = Schema.decodeUnknownResult(Schema.fromJsonString(Start))
const decodeStep = Schema.decodeUnknownResult(Schema.fromJsonString(Step))

/** Reads the lines of a file, or says which of them is wrong, counted from 1. */
export const read = (file: Uint8Array): Result.Result<Records, number> => {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  let start: Start | undefined
  const steps: Array<Step> = []
  let checksum = 0
  let number = 0
  for (let from = 0; from < bytes.length;) {
    number++
    const newline = bytes.indexOf("\n", from)
    const to = newline < 0 ? bytes.length : newline
    const json = bytes.subarray(from, Math.max(from, to - 9))
    checksum = crc32(json, checksum)
    if (bytes.toString("latin1", from + json.length, to) !== ` ${inHex(checksum)}`) {
      return start !== undefined && to + 1 >= bytes.length
        ? Result.succeed({ start, steps })
        : Result.fail(number)
    }
    const text = json.toString()
    if (start === undefined) {
      const decoded = decodeStart(text)
      if (Result.isFailure(decoded)) return Result.fail(number)
      start = decoded.success
    } else {
      const decoded = decodeStep(text)
      if (Result.isFailure(decoded)) return Result.fail(number)
      steps.push(decoded.success)
    }
    from = to + 1
  }
  return start === undefined ? Result.fail(1) : Result.succeed({ start, steps })
}

/** Whether Feishu has answered for any number. */
export const hasPages = ({ start, steps }: Records): boolean =>
  start.done.length + start.open.length > 0 || steps.some(({ step }) => step === "page")

/** What a run reads, as its command says. */
export interface Task {
  /** Where its numbers start. */
  readonly starts: ReadonlyArray<Cursor.Position>
  /** Whether they all start with the range of the first record; cursors have ranges of their own. */
  readonly hasRange: boolean
  readonly maxItems: number | undefined
}

/** What the records of an earlier run come to, or which line cannot be: it contradicts those before it, or the task. */
export const stateAfter = ({ start, steps }: Records, task: Task): Result.Result<State, number> => {
  const state = new State(task)
  if (!state.begin(start)) return Result.fail(1)
  const wrong = steps.findIndex((step) => !state.take(step))
  return wrong < 0 ? Result.succeed(state) : Result.fail(wrong + 2)
}

const isPosition = Schema.is(Cursor.Position)

/** How far a run has come: it changes with each record, and refuses with `false` one that cannot be. */
export class State implements WrittenBytes.WrittenBytes {
  bytes = WrittenBytes.nothing.bytes
  crc = WrittenBytes.nothing.crc
  rows = 0
  /** The numbers that have been read to their end. */
  readonly done = new Set<MeetingNo>()
  /** The other numbers of which a page was written, and the place after it. */
  readonly open = new Map<MeetingNo, Cursor.Cursor>()
  readonly seen = new SeenIds()
  readonly unreachable: Array<{ readonly meetingNo: MeetingNo; readonly from: number; readonly to: number }> =
    []
  /** Set when the output is whole. */
  ended: "complete" | "limited" | undefined
  readonly #task: Task
  readonly #starts: ReadonlyMap<MeetingNo, Cursor.Position>
  readonly #mostRows: number
  #isCut = false

  constructor(task: Task) {
    this.#task = task
    this.#starts = new Map(task.starts.map((position) => [position.meetingNo, position]))
    this.#mostRows = task.maxItems ?? Number.MAX_SAFE_INTEGER
  }

  /** All of it, as the first record of the next run. */
  asStart(): Pick<Start, "bytes" | "crc" | "rows" | "done" | "open" | "unreachable"> {
    const open = Array.from(this.open, ([meetingNo, cursor]) => ({ cursor, seen: this.seen.of(meetingNo) }))
    const { bytes, crc, rows, unreachable } = this
    const lost = unreachable.length === 0 ? {} : { unreachable: [...unreachable] }
    return { bytes, crc, rows, done: [...this.done], open, ...lost }
  }

  begin(start: Start): boolean {
    this.unreachable.push(...(start.unreachable ?? []))
    return (
      (start.range !== undefined) === this.#task.hasRange &&
      // A range that is none leads nowhere.
      this.#task.starts.every((from) => isPosition(from) && TimeRange.windows(from).length > 0) &&
      this.#grow(start) &&
      start.done.every((meetingNo) => this.#goOn(meetingNo, undefined)) &&
      start.open.every(({ cursor, seen }) => {
        const place = Cursor.toPosition(cursor)
        const from = place && this.#starts.get(place.meetingNo)
        if (place === undefined || from === undefined) return false
        const { meetingNo, pageToken, window } = place
        if (this.done.has(meetingNo) || this.open.has(meetingNo) || !isSameReading(from, place)) return false
        // Pages lie between, and so it may be anywhere behind the start.
        if (window < from.window || (window === from.window && pageToken === undefined)) return false
        this.open.set(meetingNo, cursor)
        return this.#see(meetingNo, seen)
      })
    )
  }

  take(step: Without<Step, "requests">): boolean {
    if (this.ended !== undefined) return false
    switch (step.step) {
      case "requests":
        return true
      case "page": {
        const { cursor, ids, last, meetingNo, rows, unreachable } = step
        if (unreachable !== undefined) this.unreachable.push({ meetingNo, ...unreachable })
        return (
          !this.#isCut &&
          (cursor === undefined) === (last === true) &&
          rows - this.rows === ids.length &&
          this.#grow(step) &&
          this.#see(meetingNo, ids) &&
          this.#goOn(meetingNo, cursor)
        )
      }
      case "cut page":
        this.#isCut = true
        return this.#grow(step) && this.rows === this.#mostRows
      case "whole": {
        const isAll = this.done.size === this.#starts.size
        this.ended = step.ended
        return (
          this.#grow({ ...step, rows: this.rows }) &&
          (step.ended === "complete" ? isAll : !isAll && this.rows === this.#mostRows)
        )
      }
    }
  }

  /** There are more rows, each with a byte at least; what has not grown has not changed either. */
  #grow({ bytes, crc, rows }: WrittenBytes.WrittenBytes & { readonly rows: number }): boolean {
    const [moreBytes, moreRows] = [bytes - this.bytes, rows - this.rows]
    if (moreRows < 0 || rows > this.#mostRows || moreBytes < moreRows) return false
    if (moreBytes === 0 && crc !== this.crc) return false
    this.bytes = bytes
    this.crc = crc
    this.rows = rows
    return true
  }

  /** Nothing comes twice. */
  #see(meetingNo: MeetingNo, ids: ReadonlyArray<string>): boolean {
    if (new Set(ids).size < ids.length || ids.some((id) => this.seen.has(meetingNo, id))) return false
    this.seen.add(meetingNo, ids)
    return true
  }

  /** A number goes on at that place, or has come to its end. */
  #goOn(meetingNo: MeetingNo, cursor: Cursor.Cursor | undefined): boolean {
    const before = this.open.get(meetingNo)
    const from = before === undefined ? this.#starts.get(meetingNo) : Cursor.toPosition(before)
    if (from === undefined || this.done.has(meetingNo)) return false
    if (cursor === undefined) {
      this.open.delete(meetingNo)
      this.seen.forget(meetingNo)
      this.done.add(meetingNo)
      return true
    }
    const to = Cursor.toPosition(cursor)
    if (to === undefined || !isAfter(from, to)) return false
    this.open.set(meetingNo, cursor)
    if (to.window !== from.window) this.seen.nextWindow(meetingNo)
    return true
  }
}

/** Whether a page leads from a place to another: in a window by a page token, and else to the start of a later one. */
const isAfter = (from: Cursor.Position, to: Cursor.Position): boolean =>
  isSameReading(from, to) &&
  to.window >= from.window &&
  (to.window === from.window) === (to.pageToken !== undefined)

/** Whether two places are of the same read. */
const isSameReading = (one: Cursor.Position, other: Cursor.Position): boolean => {
  const [a, b] = [readingOf(one), readingOf(other)]
  return Object.keys({ ...a, ...b }).every((name) => a[name] === b[name])
}

/** All that a place says but how far it is, and when its range was given. */
const readingOf = (position: Cursor.Position): Readonly<Record<string, unknown>> => ({
  ...position,
  asked: undefined,
  window: undefined,
  windowStart: undefined,
  pageToken: undefined,
})
