/**
 * The owner of a lane: it holds the rate limit and does the reading, so no request asks another process. Another process may have
 * taken the lane over at any time. Then nothing is committed any more, since each transaction begins with a check that this is
 * still the newest owner; and nothing is sent, since each request needs a proof of it that is fresh.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import { SqlError } from "effect/sql/SqlError"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import { FeishuError, type MeetingNo, Meetings } from "@effect-feishu/core"
import type { ListedMeeting } from "../BackfillSink.ts"
import * as Lanes from "../Lane.ts"
import { LaneReader, type Options, type Page, type Request } from "../LaneReader.ts"
import * as Store from "./Store.ts"
import * as Units from "./Units.ts"

/** How an owner works; tests with a shorter limit shorten it all. */
export interface Timing {
  /** How long a proof holds. An owner that has not proved itself for so long sends nothing, and its successor waits that much longer. */
  readonly proofMillis: number
  /** What was read waits at most so long for its transaction. */
  readonly commitMillis: number
  /** At most so many units are in one transaction. */
  readonly commitUnits: number
  /** Units that are read in parallel: at most so many are read again after a kill, and those of one transaction. */
  readonly concurrency: number
  /** How often a lane that waits looks whether its run was paused, and says that its owner is alive. */
  readonly lookMillis: number
  /** How long an owner that has lost its lane waits before it claims it again, if the cluster leaves it here. */
  readonly fencedMillis: number
}

/** How owners of lanes work. */
export const Timing = Context.Reference<Timing>("@effect-feishu/backfill/Timing", {
  defaultValue: () => ({
    proofMillis: 5_000,
    commitMillis: 250,
    commitUnits: 100,
    concurrency: 4,
    lookMillis: 30_000,
    fencedMillis: 10_000,
  }),
})

/** Early timers and the drift of two clocks must not let a request arrive a moment too soon. */
const marginMillis = 250

/** How reading a run ended: `superseded` when it was resumed meanwhile, so that another request to read it follows. */
export const Outcome = Schema.Literals(["done", "paused", "cancelled", "superseded"])
/** How reading a run ended. */
export type Outcome = typeof Outcome.Type

/** The run does not go on: it was paused, cancelled or resumed. */
class Stopped extends Schema.TaggedError<Stopped>()("Stopped", { outcome: Outcome }) {}

/** A unit, and its place in the lane; a failure that is repeated has none. */
interface Unit {
  readonly position: number | undefined
  readonly meetingNo: MeetingNo
  readonly start: number
  readonly end: number
  readonly cursor?: string | undefined
}

/** What came of a unit. */
interface Result {
  readonly unit: Unit
  readonly meetings: ReadonlyArray<ListedMeeting>
  readonly failure: Store.Failure | undefined
  readonly isUnreachable: boolean
  readonly isEmptyOld: boolean
}

/** After so many numbers of a window that Feishu no longer shows, without one that it does, the rest of the window is passed over. */
const enoughUnreachable = 20

/** A process that reads many lanes commits each of them more seldom: 500 transactions a second are enough for one process. */
const commitMillisOfLane = 2

/** Failures that are repeated in one transaction. */
const failuresAtOnce = 100

const monotonicMillisOf = (clock: Clock.Clock) => Number(clock.monotonicTimeNanosUnsafe() / 1_000_000n)
const monotonicMillis = Clock.clockWith((clock) => Effect.succeed(monotonicMillisOf(clock)))

/** Claims a lane, and makes its owner. */
export const make = Effect.fnUntraced(function* (lane: Lanes.Lane) {
  const store = yield* Store.Store
  const reader = yield* LaneReader
  const timing = yield* Timing
  const { idleMillis, owner } = yield* store.claim(lane)
  // The owner before sent nothing later than its last proof and `proofMillis`; when that request no longer counts, all are free.
  const waitMillis =
    idleMillis === undefined ? 0 : reader.restMillis + timing.proofMillis + marginMillis - idleMillis
  const freeAt = (yield* monotonicMillis) + Math.max(0, waitMillis)
  // By both clocks: a computer that was asleep finds that its monotonic time has stood still, or its wall clock was set.
  let provenAt: { readonly monotonic: number; readonly wall: number } | undefined
  const clock = yield* Clock.Clock
  const time = () => ({ monotonic: monotonicMillisOf(clock), wall: clock.currentTimeMillisUnsafe() })
  const isFresh = (): boolean => {
    const { monotonic, wall } = time()
    return (
      provenAt !== undefined &&
      monotonic - provenAt.monotonic < timing.proofMillis &&
      wall >= provenAt.wall &&
      wall - provenAt.wall < timing.proofMillis
    )
  }
  const turn = Semaphore.makeUnsafe(1)
  const unlessFresh = <E>(effect: Effect.Effect<void, E>) =>
    Effect.suspend(() => (isFresh() ? Effect.void : effect))
  // One question to the database for all requests that wait, and its answer counts from when it was asked.
  const prove = Effect.gen(function* () {
    const askedAt = time()
    yield* store.prove(owner)
    provenAt = askedAt
  })
  // An answer that came late proves nothing any more: this process may have been frozen meanwhile.
  const proof: Effect.Effect<void, Store.Fenced | SqlError> = unlessFresh(
    Effect.suspend(() => Effect.andThen(turn.withPermit(unlessFresh(prove)), proof)),
  )

  // While the database is away, requests wait for their proof, and what was read for its transaction: nothing is read again.
  let isAway = false
  const patiently = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
    effect.pipe(
      Effect.tap(() => Effect.sync(() => (isAway = false))),
      Effect.tapError((error) => {
        if (!isPassing(error)) return Effect.void
        // No request goes out on the proof of before: what it brings could not be written.
        provenAt = undefined
        if (isAway) return Effect.void
        isAway = true
        return Effect.logWarning(`${Lanes.id(lane)} waits for the database: ${error.message}`)
      }),
      Effect.retry({ while: isPassing, schedule: soonThenSeldom }),
    )

  let limit = reader.makeRateLimit()
  const options: Options = {
    // After the wait for a slot; before it is sent, since a token may have been fetched between; and as it is written, since a
    // connection may have been opened, or this process frozen, between.
    rateLimit: {
      refused: (...refusal) => limit.refused(...refusal),
      withSlot: (key, outcome, windows) => (request) =>
        limit.withSlot(key, outcome, windows)(Effect.andThen(Effect.orDie(patiently(proof)), request)),
    },
    proof: Effect.orDie(proof),
    isProven: isFresh,
  }

  const goesOn = (run: Store.Standing | undefined, attempt: number): Effect.Effect<void, Stopped> => {
    const outcome = run === undefined ? "cancelled" : run.state
    if (outcome !== "running") return Effect.fail(new Stopped({ outcome }))
    return run!.attempt === attempt ? Effect.void : Effect.fail(new Stopped({ outcome: "superseded" }))
  }

  /** Waits, unless the run is paused meanwhile. */
  const wait = Effect.fnUntraced(function* (run: string, attempt: number, millis: number) {
    const until = (yield* monotonicMillis) + millis
    let left = millis
    while (left > 0) {
      yield* Effect.sleep(Math.ceil(Math.min(left, timing.lookMillis)))
      yield* goesOn(yield* patiently(store.alive(owner, run)), attempt)
      left = until - (yield* monotonicMillis)
    }
  })

  /** Reads a run from its cursor to its end, and what failed in earlier attempts. */
  const pass = Effect.fnUntraced(function* (run: string, attempt: number, onProgress: () => void) {
    const opened = yield* patiently(store.open(owner, run))
    if (opened === undefined) return yield* new Stopped({ outcome: "cancelled" })
    yield* goesOn(opened.standing, attempt)
    if (opened.finished >= attempt) return
    yield* wait(run, attempt, freeAt - (yield* monotonicMillis))
    const { cursor, generation, plan, position, segments } = opened
    const read = yield* reader.open(lane, options)
    yield* Effect.acquireRelease(
      Effect.sync(() => store.lanes.read++),
      () => Effect.sync(() => store.lanes.read--),
    )
    const untilCommit = Schedule.modifyDelay(Schedule.spaced(timing.commitMillis), ({ duration }) =>
      Effect.succeed(Duration.max(duration, Duration.millis(store.lanes.read * commitMillisOfLane))),
    )
    const oldWindow = { end: 0, unreachable: 0, isShown: false }

    /** Writes what was read, however long the database cannot take it. A disk that is full can often still take a reason. */
    const written = <A, E>(write: Effect.Effect<A, E | SqlError>) =>
      patiently(
        Effect.tapError(write, (error) =>
          error instanceof SqlError && isFull(error)
            ? Effect.ignore(store.fault(owner, run, { message: error.message }, seldomMillis))
            : Effect.void,
        ),
      )

    const readUnit = Effect.fnUntraced(function* (unit: Unit) {
      const { end, meetingNo, start } = unit
      const request: Request = { ...plan, ...unit }
      const listed = ({ meetings }: Page): ReadonlyArray<ListedMeeting> =>
        meetings.map((meeting) => ({ ...meeting, meetingNo, windowStart: start }))
      const result = (page: Page | undefined, failure?: Store.Failure): Result => ({
        unit,
        meetings: page === undefined ? [] : listed(page),
        failure,
        isUnreachable: page?.unreachable !== undefined,
        isEmptyOld: false,
      })
      if (oldWindow.end === end && oldWindow.unreachable >= enoughUnreachable && !oldWindow.isShown) {
        return { ...result(undefined), isUnreachable: true }
      }
      let last: Page | undefined
      let pages = 0
      const failed = yield* read(request).pipe(
        Stream.runForEach((page) =>
          Effect.gen(function* () {
            const before = last
            if (before?.cursor !== undefined) {
              // The place is moved when the meetings of all pages before it are written.
              const standing = yield* written(
                store.writeFirstPages(owner, {
                  run,
                  generation,
                  meetings: listed(before),
                  keepPasswords: plan.passwords,
                  position: unit.position,
                  cursor: before.cursor,
                }),
              )
              onProgress()
              yield* goesOn(standing, attempt)
            }
            last = page
            pages++
          }),
        ),
        Effect.as(undefined),
        Effect.catchTag("FeishuError", (error) =>
          Meetings.isFaultOfNumber(error)
            ? Effect.succeed<Store.Failure>({
                meetingNo,
                start,
                end,
                tag: error.reason._tag,
                message: error.message,
                logId: error.logId,
                error,
              })
            : Effect.fail(error),
        ),
      )
      if (oldWindow.end !== end) Object.assign(oldWindow, { end, unreachable: 0, isShown: false })
      const isUnreachable = last?.unreachable !== undefined
      if (isUnreachable && last!.unreachable!.to >= end) oldWindow.unreachable++
      else if (failed === undefined) oldWindow.isShown = true
      const oldest = (yield* Clock.currentTimeMillis) / 1_000 - ListByNo.maxRangeSeconds
      const isEmpty =
        failed === undefined && pages === 1 && last!.meetings.length === 0 && cursor === undefined
      return { ...result(last, failed), isEmptyOld: isEmpty && !isUnreachable && end < oldest }
    })

    const commit = Effect.fnUntraced(function* (results: ReadonlyArray<Result>, after: number | undefined) {
      const failures = results.flatMap(({ failure }) => failure ?? [])
      const standing = yield* written(
        store.commit(owner, {
          run,
          attempt,
          generation,
          meetings: results.flatMap(({ meetings }) => meetings),
          keepPasswords: plan.passwords,
          position: after,
          failures,
          repeated:
            after === undefined
              ? results.filter(({ failure }) => failure === undefined).map(({ unit }) => unit.meetingNo)
              : [],
          unreachable: results.filter(({ isUnreachable }) => isUnreachable).length,
          emptyOld: results.filter(({ isEmptyOld }) => isEmptyOld).length,
        }),
      )
      onProgress()
      yield* goesOn(standing, attempt)
    })

    let broken: FeishuError.FeishuError | undefined
    const numbersFrom = (index: number) => patiently(store.numbers(lane, run, index))
    yield* unitsFrom(numbersFrom, plan.end, segments, position).pipe(
      // In order: what has come out is all before the next, so one place is the whole state. A failure of the lane has its place in
      // the order, too: what was read before it is written.
      Stream.mapEffect(
        (unit) =>
          broken === undefined
            ? readUnit(unit.position === position ? { ...unit, cursor } : unit).pipe(
                Effect.catchTag("FeishuError", (error) => {
                  broken ??= error
                  return Effect.succeed(error)
                }),
              )
            : Effect.succeed(broken),
        { concurrency: timing.concurrency },
      ),
      Stream.aggregateWithin(Sink.take(timing.commitUnits), untilCommit),
      Stream.runForEach((read) =>
        Effect.gen(function* () {
          const failed = read.findIndex(isOfFeishu)
          const results = (failed < 0 ? read : read.slice(0, failed)) as ReadonlyArray<Result>
          const last = results.at(-1)
          if (last !== undefined) yield* commit(results, last.unit.position! + 1)
          if (failed >= 0) return yield* read[failed] as FeishuError.FeishuError
        }),
      ),
    )

    let failures = yield* store.failuresBefore(lane, run, attempt, failuresAtOnce)
    while (failures.length > 0) {
      const results = yield* Effect.forEach(
        failures,
        (failure) => readUnit({ ...failure, position: undefined }),
        { concurrency: timing.concurrency },
      )
      yield* commit(results, undefined)
      failures = yield* store.failuresBefore(lane, run, attempt, failuresAtOnce)
    }
    yield* store.finish(owner, { run, generation }, attempt)
  }, Effect.scoped)

  /** Waits after a failure of the whole lane, which its row then names. */
  const rest = Effect.fnUntraced(function* (run: string, attempt: number, error: unknown, tries: number) {
    const millis = isOfFeishu(error) ? yield* restMillisOf(error, tries) : backoffMillis(tries)
    const message = error instanceof Error ? error.message : String(error)
    const failure = { message, error: isOfFeishu(error) ? error : undefined }
    yield* Effect.logWarning(`${Lanes.id(lane)}: ${message}`)
    // A database that does not take this, such as one whose disk is full, would not take meetings either: nothing is read.
    const standing = yield* patiently(store.fault(owner, run, failure, millis)).pipe(
      Effect.tapErrorTag("SqlError", () => Effect.sleep(millis)),
    )
    yield* goesOn(standing, attempt)
    yield* wait(run, attempt, millis)
    // After so long all slots are free, and a limit that was closed for longer is tried again with a new one.
    if (millis >= Math.max(longestRefusalMillis, reader.restMillis)) limit = reader.makeRateLimit()
  })

  /**
   * Reads a run as long as it takes. What meets all numbers (network, token, scope, quota, database) is tried again by a rule of its
   * own. Dies when another process owns the lane.
   */
  const read = Effect.fnUntraced(function* (run: string, attempt: number): Effect.fn.Return<Outcome> {
    let tries = 0
    let failure: unknown
    for (;;) {
      const step: Effect.Effect<void, unknown> =
        failure === undefined ? pass(run, attempt, () => (tries = 0)) : rest(run, attempt, failure, tries++)
      const exit = yield* Effect.exit(step)
      if (Exit.isSuccess(exit)) {
        if (failure === undefined) return "done"
        failure = undefined
        continue
      }
      if (Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.interrupt
      const error = Cause.squash(exit.cause)
      if (error instanceof Stopped) return error.outcome
      if (error instanceof Store.Replaced) return "superseded"
      if (error instanceof Store.Fenced) {
        // If the lane is still here after a while, the cluster has given it back.
        yield* Effect.sleep(timing.fencedMillis)
        return yield* Effect.die(error)
      }
      failure = error
    }
  })

  return { read }
})

/** The disk is full: SQLite's SQLITE_FULL, or PostgreSQL's disk_full. */
const isFull = ({ reason: { cause } }: SqlError): boolean =>
  cause instanceof Error &&
  (("errcode" in cause && cause.errcode === 13) || ("code" in cause && cause.code === "53100"))

/** PostgreSQL ends (57P), or has ended a transaction in which nothing happened for too long: its driver has no reason for these. */
const passingCodes = /^(57P0[1-5]|25P03)$/

/** True for a failure of the database that passes: it is away, has no room, or somebody else holds a lock. */
const isPassing = (error: unknown): error is SqlError => {
  if (!(error instanceof SqlError)) return false
  const { cause } = error.reason
  return (
    error.isRetryable || (cause instanceof Error && "code" in cause && passingCodes.test(String(cause.code)))
  )
}

const seldomMillis = 10_000
const soonThenSeldom = Schedule.min([Schedule.exponential("200 millis"), Schedule.spaced(seldomMillis)])

const isOfFeishu = (error: unknown): error is FeishuError.FeishuError =>
  error instanceof FeishuError.FeishuError

/** The units of a lane from a place on. */
const unitsFrom = (
  numbersFrom: (index: number) => Effect.Effect<ReadonlyArray<MeetingNo>, SqlError>,
  end: number,
  segments: ReadonlyArray<Units.Segment>,
  position: number,
): Stream.Stream<Unit & { readonly position: number }, SqlError> =>
  Stream.unfold(position, (at) =>
    Effect.gen(function* () {
      const window = Units.at(segments, end, at)
      if (window === undefined) return undefined
      const numbers = (yield* numbersFrom(window.index)).slice(0, window.left)
      if (numbers.length === 0) return yield* Effect.die(new Error(`there is no number ${window.index}`))
      const units = numbers.map((meetingNo, index) => ({
        position: at + index,
        meetingNo,
        start: window.start,
        end: window.end,
      }))
      return [units, at + units.length] as const
    }),
  ).pipe(Stream.flatMap((units) => Stream.fromArray(units)))

const backoffMillis = (tries: number): number => Math.min(60_000, 500 * 2 ** Math.min(tries, 10))

/** What only people can change is tried again after so long. */
const untilMended = Duration.toMillis("5 minutes")

/** Returns how long a lane waits after a failure that meets all of its numbers. */
const restMillisOf = (error: FeishuError.FeishuError, tries: number): Effect.Effect<number> => {
  switch (error.reason._tag) {
    case "QuotaExceeded":
      return Effect.map(DateTime.now, (now) => {
        const month = DateTime.startOf(DateTime.setZoneOffset(now, quotaOffsetMillis), "month")
        const millisTo = (time: DateTime.DateTime) =>
          DateTime.toEpochMillis(time) - DateTime.toEpochMillis(now)
        // On the first of a month this clock may be ahead of Feishu's, which may also be late.
        return -millisTo(month) < Duration.toMillis("1 day")
          ? Duration.toMillis("1 hour")
          : millisTo(DateTime.add(month, { months: 1 }))
      })
    case "AuthenticationFailed":
    case "AppTicketMissing":
    case "PermissionDenied":
    case "InvalidRequest":
    case "Redirected":
    case "RequestRefused":
      return Effect.succeed(untilMended)
    default:
      return Effect.succeed(
        error.retryAfter === undefined
          ? backoffMillis(tries)
          : Math.min(Duration.toMillis(error.retryAfter), longestRefusalMillis),
      )
  }
}

/** A refusal by the limit may name any time at all; it is tried again after this one at the latest. */
const longestRefusalMillis = Duration.toMillis("1 hour")

/** The month of the quota is taken for that of Beijing (inferred: Feishu's console counts by it). */
const quotaOffsetMillis = 8 * 3_600_000
