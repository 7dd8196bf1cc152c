/**
 * The records of a checkpoint. Each is a line: JSON, a space and a checksum. The first record says what is read, and how
 * far it had come when the run started; each record after it adds a step. So the size of a record depends on its own step
 * only, not on what came before it.
 *
 * A checksum is the CRC-32 of all records up to its own: a line that is changed, removed, doubled or moved does not fit
 * the lines around it. Only the last line may be wrong, if the process was killed while writing it: it is left out then,
 * and the run resumes from the step before.
 */
import { crc32 } from "node:zlib"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Cursor, MeetingNo } from "@effect-feishu/core"
import type * as Fields from "../output/Fields.ts"
import * as WrittenBytes from "../output/WrittenBytes.ts"
import * as Answers from "./Answers.ts"
import * as CountedRequests from "./CountedRequests.ts"
import { SeenIds } from "./SeenIds.ts"

/** The version of this format. */
export const version = 2
const versionKey = "feishu-meetings-checkpoint"

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))
const Word = Schema.NullOr(Schema.Union([Schema.String, Schema.Int, Schema.Boolean]))
const Ids = Schema.Array(Schema.NonEmptyString)

/**
 * The plan of a run: what it reads and how it writes that, as the words of its command, the base URL and the app. A
 * relative time stays as it was typed; the range that it meant at first is recorded separately.
 */
const Plan = Schema.Record(Schema.String, Word)
/** The plan of a run, by which a checkpoint is known again: names and values. */
export type Plan = typeof Plan.Type

/** The part of the output that is written. */
const Written = {
  bytes: Count,
  /** The CRC-32 of those bytes. */
  crc: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 0xffff_ffff }))),
}
/** What is in the output. */
const InOutput = {
  ...Written,
  rows: Count,
  /** The meetings in it; absent where there is a row for each. */
  meetings: Schema.optionalKey(Count),
  /** How what was requested of these meetings was answered; absent where only the list is read. */
  answers: Schema.optionalKey(Answers.Answers),
}
/** A time of a number that was left out, since Feishu no longer shows it; unix seconds. */
const Unreachable = { from: Count, to: Count }

/** The first record. */
const Start = Schema.Struct({
  [versionKey]: Schema.Literal(version),
  plan: Plan,
  /** The range in unix seconds; absent where cursors hold it. `asked` is when it was computed from the words of the command. */
  range: Schema.optionalKey(Schema.Struct({ start: Count, end: Count, asked: Schema.optionalKey(Count) })),
  ...InOutput,
  /** The numbers that have been read to their end. */
  done: Schema.Array(MeetingNo),
  /** The other numbers with at least one written page. */
  open: Schema.Array(
    Schema.Struct({
      /** The place to resume. */
      cursor: Cursor.Cursor,
      /** The ids that `SeenIds` remembers of the number. */
      seen: Ids,
    }),
  ),
  unreachable: Schema.optionalKey(Schema.Array(Schema.Struct({ meetingNo: MeetingNo, ...Unreachable }))),
  requests: CountedRequests.Recorded,
})
/** The first record. */
export type Start = typeof Start.Type

/** A page was written, whole. */
const Page = Schema.Struct({
  step: Schema.Literal("page"),
  meetingNo: MeetingNo,
  /** The place after it, unless it is the last one of its number. */
  cursor: Schema.optionalKey(Cursor.Cursor),
  last: Schema.optionalKey(Schema.Literal(true)),
  /** The ids of its meetings. */
  ids: Ids,
  unreachable: Schema.optionalKey(Schema.Struct(Unreachable)),
  ...InOutput,
  requests: CountedRequests.Recorded,
})

/** A page was written in part, since `--max-items` allows no more meetings: a run that resumes reads it again. */
const CutPage = Schema.Struct({
  step: Schema.Literal("cut page"),
  ...InOutput,
  requests: CountedRequests.Recorded,
})

/** Requests are about to be sent; or the run ended early, and these are its last requests. */
const Requests = Schema.Struct({ step: Schema.Literal("requests"), requests: CountedRequests.Recorded })

/** The output is whole, its end included; only the move to its place may be missing. */
const Whole = Schema.Struct({
  step: Schema.Literal("whole"),
  /** How the run ended: `complete` at the end of the list, `limited` at `--max-items`. */
  ended: Schema.Literals(["complete", "limited"]),
  ...Written,
  /** The workbook that was made of the output; absent where the output is the file itself. */
  workbook: Schema.optionalKey(Schema.Struct(Written)),
  requests: CountedRequests.Recorded,
})

const Step = Schema.Union([Page, CutPage, Requests, Whole])
/** A record after the first: what the run has done next. */
export type Step = typeof Step.Type

/** The meetings in the output, as records hold them. */
interface InOutput {
  readonly rows: number
  readonly meetings?: number
  readonly answers?: Answers.Answers
}

/** Returns what records say of the meetings in the output: as little as possible. */
export const inOutput = (output: Required<InOutput>): InOutput => {
  const { answers, meetings, rows } = output
  return {
    rows,
    ...(meetings === rows ? {} : { meetings }),
    ...(Object.keys(answers).length === 0 ? {} : { answers }),
  }
}

/** A record without some of its fields. */
export type Without<Record, Name extends string> = Record extends unknown ? Omit<Record, Name> : never

/** A record as bytes, and the checksum of all records up to it. */
interface Line {
  readonly bytes: Uint8Array
  readonly checksum: number
}

/** Makes the line of a record that follows lines with this checksum. */
export const lineOf = (record: Start | Step, before: number): Line => {
  const json = Buffer.from(JSON.stringify(record))
  const checksum = crc32(json, before)
  return { bytes: Buffer.concat([json, Buffer.from(` ${inHex(checksum)}\n`)]), checksum }
}

const inHex = (checksum: number): string => checksum.toString(16).padStart(8, "0")

/** Adds the version of this format to the first record. */
export const start = (record: Omit<Start, typeof versionKey>): Start => ({ [versionKey]: version, ...record })

/** The number of bytes at the start of a file that show whether it is a checkpoint, and its version. */
export const headBytes = 256

/**
 * Returns the version of a checkpoint by its first bytes, however an editor changed them; `undefined` if it is not a
 * checkpoint.
 */
export const versionIn = (head: Uint8Array): string | undefined =>
  new RegExp(String.raw`^\uFEFF?\s*\{\s*"${versionKey}"\s*:\s*(\d{1,15})\b`).exec(
    new TextDecoder("utf-8", { ignoreBOM: true }).decode(head),
  )?.[1]

/** The records of a checkpoint. */
export interface Records {
  readonly start: Start
  readonly steps: ReadonlyArray<Step>
}

const decodeStart = Schema.decodeUnknownResult(Schema.fromJsonString(Start))
const decodeStep = Schema.decodeUnknownResult(Schema.fromJsonString(Step))

/** Reads the lines of a file, or fails with the number of the line that is wrong, counted from 1. */
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

/** True when Feishu has answered for any number. */
export const hasPages = ({ start, steps }: Records): boolean =>
  start.done.length + start.open.length > 0 || steps.some(({ step }) => step === "page")

/** The numbers that a run reads, by its command. */
export interface Task {
  /** The places where its numbers start. */
  readonly starts: ReadonlyArray<Cursor.Position>
  /** True when all numbers have the range of the first record; cursors have ranges of their own. */
  readonly hasRange: boolean
  readonly maxItems: number | undefined
  /** What is read of each meeting in addition to the list. */
  readonly parts: Fields.Parts
}

/** Adds up the records of an earlier run, or fails with the line that contradicts those before it, or the task. */
export const stateAfter = ({ start, steps }: Records, task: Task): Result.Result<State, number> => {
  const state = new State(task)
  if (!state.begin(start)) return Result.fail(1)
  const wrong = steps.findIndex((step) => !state.take(step))
  return wrong < 0 ? Result.succeed(state) : Result.fail(wrong + 2)
}

const isPosition = Schema.is(Cursor.Position)

/** How far a run has come. Each record changes it; a record that contradicts it is refused with `false`. */
export class State implements WrittenBytes.WrittenBytes {
  bytes = WrittenBytes.nothing.bytes
  crc = WrittenBytes.nothing.crc
  rows = 0
  meetings = 0
  answers: Answers.Answers
  /** The numbers that have been read to their end. */
  readonly done = new Set<MeetingNo>()
  /** The other numbers with at least one written page, and the place after the last one. */
  readonly open = new Map<MeetingNo, Cursor.Cursor>()
  readonly seen = new SeenIds()
  readonly unreachable: Array<{ readonly meetingNo: MeetingNo; readonly from: number; readonly to: number }> =
    []
  /** How the run ended; set when the output is whole. */
  ended: "complete" | "limited" | undefined
  /** The workbook that was made of the output, once the output is whole. */
  workbook: WrittenBytes.WrittenBytes | undefined
  readonly #task: Task
  readonly #starts: ReadonlyMap<MeetingNo, Cursor.Position>
  readonly #mostMeetings: number
  #isCut = false

  constructor(task: Task) {
    this.#task = task
    this.#starts = new Map(task.starts.map((position) => [position.meetingNo, position]))
    this.answers = Answers.none(task.parts)
    this.#mostMeetings = task.maxItems ?? Number.MAX_SAFE_INTEGER
  }

  /** Returns this state as the first record of the next run. */
  asStart(): Omit<Start, typeof versionKey | "plan" | "range" | "requests"> {
    const open = Array.from(this.open, ([meetingNo, cursor]) => ({ cursor, seen: this.seen.of(meetingNo) }))
    const { bytes, crc, unreachable } = this
    const lost = unreachable.length === 0 ? {} : { unreachable: [...unreachable] }
    return { bytes, crc, ...inOutput(this), done: [...this.done], open, ...lost }
  }

  begin(start: Start): boolean {
    this.unreachable.push(...(start.unreachable ?? []))
    return (
      (start.range !== undefined) === this.#task.hasRange &&
      // A range without time is no place to read from.
      this.#task.starts.every((from) => isPosition(from)) &&
      this.#grow(start) &&
      start.done.every((meetingNo) => this.#goOn(meetingNo, undefined)) &&
      start.open.every(({ cursor, seen }) => {
        const place = Cursor.toPosition(cursor)
        const from = place && this.#starts.get(place.meetingNo)
        if (place === undefined || from === undefined) return false
        const { meetingNo, pageToken, window } = place
        if (this.done.has(meetingNo) || this.open.has(meetingNo) || !isSameReading(from, place)) return false
        // There may be pages between the two, so it may be anywhere after the start.
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
        const { cursor, ids, last, meetingNo, meetings = step.rows, unreachable } = step
        if (unreachable !== undefined) this.unreachable.push({ meetingNo, ...unreachable })
        return (
          !this.#isCut &&
          (cursor === undefined) === (last === true) &&
          meetings - this.meetings === ids.length &&
          this.#grow(step) &&
          this.#see(meetingNo, ids) &&
          this.#goOn(meetingNo, cursor)
        )
      }
      case "cut page":
        this.#isCut = true
        return this.#grow(step) && this.meetings === this.#mostMeetings
      case "whole": {
        const isAll = this.done.size === this.#starts.size
        this.ended = step.ended
        this.workbook = step.workbook
        return (
          this.#grow({ ...step, ...inOutput(this) }) &&
          (step.ended === "complete" ? isAll : !isAll && this.meetings === this.#mostMeetings)
        )
      }
    }
  }

  /** Takes a new length of the output: each new row has a byte at least, and an output that has not grown has not changed. */
  #grow(step: WrittenBytes.WrittenBytes & InOutput): boolean {
    const { bytes, crc, rows, meetings = rows, answers = {} } = step
    const [moreBytes, moreRows] = [bytes - this.bytes, rows - this.rows]
    const moreMeetings = meetings - this.meetings
    if (moreMeetings < 0 || meetings > this.#mostMeetings) return false
    // Each meeting has a row at least.
    if (moreRows < moreMeetings || moreBytes < moreRows || (moreMeetings === 0 && moreRows > 0)) return false
    if (moreBytes === 0 && crc !== this.crc) return false
    if (!Answers.follow(answers, this.answers, meetings)) return false
    this.bytes = bytes
    this.crc = crc
    this.rows = rows
    this.meetings = meetings
    this.answers = answers
    return true
  }

  /** Takes the ids of a page: no id may come twice. */
  #see(meetingNo: MeetingNo, ids: ReadonlyArray<string>): boolean {
    if (new Set(ids).size < ids.length || ids.some((id) => this.seen.has(meetingNo, id))) return false
    this.seen.add(meetingNo, ids)
    return true
  }

  /** Takes the place after a page of a number, or its end. */
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

/** True when a page leads from one place to the other: within a window by a page token, else to the start of a later one. */
const isAfter = (from: Cursor.Position, to: Cursor.Position): boolean =>
  isSameReading(from, to) &&
  to.window >= from.window &&
  (to.window === from.window) === (to.pageToken !== undefined)

/** True when two places belong to the same read. */
const isSameReading = (one: Cursor.Position, other: Cursor.Position): boolean => {
  const [a, b] = [readingOf(one), readingOf(other)]
  return Object.keys({ ...a, ...b }).every((name) => a[name] === b[name])
}

/** Returns the read that a place belongs to: the place without its progress, and without the time of its range. */
const readingOf = (position: Cursor.Position): Readonly<Record<string, unknown>> => ({
  ...position,
  asked: undefined,
  window: undefined,
  windowStart: undefined,
  pageToken: undefined,
})
