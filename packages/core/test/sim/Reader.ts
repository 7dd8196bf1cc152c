/** A program that reads meetings and stores what came, with the cursor to go on from, where a crash leaves it alone. */
import { isDeepStrictEqual } from "node:util"
import { Duration, Effect, Exit, Cause, Redacted, Result, Stream } from "effect"
import {
  Cursor,
  Events,
  type FeishuError,
  ListByNo,
  type MeetingBrief,
  MeetingId,
  type MeetingNo,
  Meetings,
  type Pagination,
  type TimeRange,
} from "@effect-feishu/core"
import type { Dice } from "./Dice.ts"
import * as Login from "./Login.ts"
import { callOf, type Invariants, type Read, readSpan, walkOf } from "./Invariants.ts"
import type { AboutMeeting, Plan, Scenario } from "./Scenario.ts"
import { detailsInWords, operationOf, recordingInWords, type World } from "./World.ts"

/** What is stored of one number. */
interface Stored {
  from: Meetings.From
  /** The place that it says. */
  at: Pagination.Position
  /** Whether `from` is the beginning of the range. */
  fresh: boolean
  rows: Set<string>
  /** Times that were left out since they can no longer be read, in unix seconds. */
  lost: ReadonlyArray<TimeRange.TimeRange>
  /** When the read began, in virtual time. */
  since: number | undefined
  done: boolean
}

/** A plan, and what its store holds. */
export interface Reader {
  readonly plan: Plan
  readonly isDone: () => boolean
  /**
   * Reads on a machine until all is read; `stuck` where this process cannot go on for a long time. The user signs in when that is
   * required.
   */
  readonly run: (signIn: Effect.Effect<void>) => Effect.Effect<"done" | "stuck", never, Meetings.Meetings>
}

/** A meeting that came. */
type Listed = MeetingBrief | Meetings.MeetingRead

/** Failures in a row that a reader may meet after everything has become calm: what began before must come to light. */
const mostFailuresInCalm = 5

/**
 * Whether other numbers would fail in the same way; what is refused without a code may be either. What refuses a single
 * meeting is an answer, so no request about one fails with it.
 */
const isFaultOfAll = ({ code, operation, reason }: FeishuError.FeishuError): boolean =>
  !Object.values(operationOf).includes(operation ?? "") ||
  reason._tag === "ServerFailed" ||
  (!["ContractViolation", "PaginationBroken"].includes(reason._tag) &&
    Math.floor((code ?? 0) / 1_000) !== 121)

/** Makes it, with an empty store. */
export const make = (
  scenario: Scenario,
  plan: Plan,
  dice: Dice,
  world: World,
  invariants: Invariants,
  now: () => number,
  isCalm: () => boolean,
): Reader => {
  const { violate } = invariants
  const { note } = invariants.listener
  const { order, pageSize, readAhead } = plan.options
  const growsOld = scenario.listing.ninetyDays === "lookback"
  const ofUser = scenario.login === undefined ? {} : { account: Login.account.openId }
  /** Where a range begins that may be read days later: its cursor knows when it was given. */
  const beginningOf = (meetingNo: MeetingNo): Meetings.From => ({
    cursor: Cursor.fromPosition({
      meetingNo,
      ...scenario.range,
      pageSize,
      baseUrl: "https://open.feishu.cn",
      ...ofUser,
      ...(order === "newest" ? { order } : {}),
      asked: scenario.epoch / 1_000,
      window: 0,
    }),
    readAhead,
  })
  const stored = new Map<MeetingNo, Stored>(
    plan.numbers.map((meetingNo) => [
      meetingNo,
      {
        from: growsOld
          ? beginningOf(meetingNo)
          : { meetingNo, range: scenario.range, pageSize, readAhead, order },
        at: { window: 0 },
        fresh: true,
        rows: new Set(),
        lost: [],
        since: undefined,
        done: false,
      },
    ]),
  )
  let failuresInCalm = 0

  const open = () => [...stored].filter(([, { done }]) => !done)
  /** What a read of this place is given as what need not come again. */
  const seenOf = ({ fresh, rows }: Stored): ReadonlySet<string> =>
    plan.seen && !fresh ? new Set(rows) : new Set()
  const begin = (start: Pagination.Position): Read => ({
    name: plan.name,
    readAhead,
    details: plan.details,
    pageSize,
    seen: seenOf(open()[0]![1]),
    rows: new Set(),
    calls: new Map(),
    ahead: new Set(),
    brokenAt: undefined,
    served: new Set(),
    pages: 0,
    begun: 0,
    underWay: 0,
    failed: 0,
    ended: false,
    windows: order === "newest" ? scenario.windows.toReversed() : scenario.windows,
    start,
    walks: new Map(),
  })

  /** What is told of a meeting must have been so when a request for it arrived. */
  const checkAnswer = (
    read: Read,
    id: string,
    about: AboutMeeting,
    told: string | undefined,
    error: FeishuError.FeishuError | undefined,
  ) => {
    if (error !== undefined) invariants.checkError(error)
    const { details, recordings } = plan.details ?? { details: false, recordings: false }
    if (about === "details" ? !details : !recordings) {
      if (told !== undefined) violate(`8 the ${about} of ${id} came, which nobody wants`)
      return
    }
    const { endedAt = now(), query = {}, sentAt = now() } = read.calls.get(callOf({ about, id })) ?? {}
    const possible = world.possible(about, id, query, sentAt, endedAt)
    if (!possible.includes(told ?? "nothing"))
      violate(`2 the ${about} of ${id}: ${told} came, it was ${possible.join(" or ")}`)
  }
  const checkAnswers = (
    read: Read,
    id: string,
    { details, recording }: Pick<Meetings.IdRead, "details" | "recording">,
  ) => {
    const found = details?._tag === "Found"
    if (found && details.meeting.id !== id) violate(`2 the details of ${details.meeting.id} came for ${id}`)
    if (found && Redacted.value(details.meeting.password!) !== `SECRET-password-${id}`)
      violate(`2 the details of ${id} have another password`)
    checkAnswer(
      read,
      id,
      "details",
      found ? detailsInWords(details.meeting) : details?._tag,
      found ? undefined : details?.error,
    )
    checkAnswer(
      read,
      id,
      "recording",
      recording?._tag === "Recorded"
        ? recordingInWords(recording.recording)
        : recording?._tag === "NotReady"
          ? recording.because
          : recording?._tag,
      recording !== undefined && "error" in recording ? recording.error : undefined,
    )
  }

  /** What came since the last time that it was stored; lost with the process. */
  const makeSink = (read: Read) => {
    const pending = new Map<MeetingNo, Set<string>>()
    let lost: ReadonlyArray<TimeRange.TimeRange> = []
    return {
      lost: ({ from: start, to: end }: NonNullable<Meetings.Page["unreachable"]>) => {
        const bound = (scenario.epoch + now()) / 1_000 - ListByNo.maxRangeSeconds
        if (!growsOld) violate("2 a part is left out, although everything can be read")
        // Hours that are kept clear of the bound.
        if (!(start < end && start < bound && end <= bound + 4 * 3_600))
          violate(`2 left out: ${start} to ${end}, the bound is ${bound}`)
        lost = [...lost, { start, end }]
      },
      row: (meetingNo: MeetingNo, meeting: Listed) => {
        const brief = "brief" in meeting ? meeting.brief : meeting
        const { id } = brief
        const row = world.row(id)
        if (row?.meetingNo !== meetingNo || row.since > now())
          return violate(`2 row ${id} is not of ${meetingNo}, or not in the range`)
        if (read.rows.has(id)) violate(`1 row ${id} came twice in one stream`)
        if (read.seen.has(id)) violate(`1 row ${id} came again, although it was known to have come`)
        if (brief.topic !== row.topic) violate(`2 row ${id} has another topic`)
        checkAnswers(read, id, "brief" in meeting ? meeting : { details: undefined, recording: undefined })
        if (Redacted.value(brief.password!) !== `SECRET-password-${id}`)
          violate(`2 row ${id} has another password`)
        read.rows.add(id)
        read.ahead.delete(id)
        pending.set(meetingNo, (pending.get(meetingNo) ?? new Set()).add(id))
      },
      store: (meetingNo: MeetingNo, cursor: Cursor.Cursor | undefined, at: Pagination.Position) => {
        const place = stored.get(meetingNo)!
        for (const id of pending.get(meetingNo) ?? []) place.rows.add(id)
        pending.delete(meetingNo)
        // Events tell of it with the page of the list, whose meetings need not all have come: then its place is read again.
        const mayBeToldAgain = plan.by === "stream" && plan.details !== undefined
        for (const { end, start } of mayBeToldAgain ? [] : lost)
          if (place.lost.some((before) => before.start < end && start < before.end))
            violate(`2 ${start} to ${end} is told to be lost twice`)
        place.lost = [...place.lost, ...lost]
        lost = []
        if (cursor === undefined) return
        place.from = { cursor, readAhead, ...(plan.seen ? { seen: place.rows } : {}) }
        place.at = at
        place.fresh = false
      },
      complete: (meetingNo: MeetingNo) => {
        const place = stored.get(meetingNo)!
        place.done = true
        const isLost = (id: string) =>
          place.lost.some(({ end, start }) => start <= world.row(id)!.time && world.row(id)!.time <= end)
        const missing = world
          .existing(meetingNo, place.since!)
          .filter((id) => !place.rows.has(id) && !isLost(id))
        note(`${plan.name} has ${meetingNo} complete: ${place.rows.size}`)
        if (missing.length > 0)
          violate(`2 complete, but ${missing.length} rows of ${meetingNo} are missing: ${missing[0]}…`)
      },
    }
  }
  type Sink = ReturnType<typeof makeSink>

  const work = Effect.suspend(() =>
    plan.slowness === 0 ? Effect.void : Effect.sleep(dice.int(0, plan.slowness)),
  )

  /** Follows the pages of one number, and knows which cursor each of them, and a failure, must have. */
  const follow = (read: Read, sink: Sink, meetingNo: MeetingNo) => {
    const place = stored.get(meetingNo)!
    place.since ??= now()
    // Where it is, and how many pages of that window have come out.
    let here = place.at
    let pages = 0
    let unstored = 0
    const walkHere = () => read.walks.get(walkOf(meetingNo, here.window))
    /** The place behind the next page. */
    const advance = (): Pagination.Position | undefined => {
      const walk = walkHere()
      if (walk !== undefined) walk.out++
      const pageToken = walk?.behind[pages++]
      if (pageToken !== undefined) return (here = { window: here.window, pageToken })
      if (here.window + 1 === read.windows.length) return undefined
      pages = 0
      return (here = { window: here.window + 1 })
    }
    const isAt = (cursor: Cursor.Cursor, { pageToken, window }: Pagination.Position) => {
      // When the range was given, and what of the window was left out, is checked by what comes.
      const { asked: _, windowStart: __, ...position } = Cursor.toPosition(cursor)!
      return isDeepStrictEqual(position, {
        meetingNo,
        ...scenario.range,
        pageSize,
        baseUrl: "https://open.feishu.cn",
        ...ofUser,
        ...(order === "newest" ? { order } : {}),
        window,
        ...(pageToken === undefined ? {} : { pageToken }),
      })
    }
    const expect = (cursor: Cursor.Cursor | undefined, expected: Pagination.Position | undefined) => {
      if (cursor === undefined || expected === undefined ? cursor === expected : isAt(cursor, expected))
        return
      const told = JSON.stringify(cursor && Cursor.toPosition(cursor))
      violate(`1 the cursor is at ${told}, what came at ${JSON.stringify(expected)}`)
    }
    /**
     * The place of the next row that the list has given, in the order of its windows and pages, and its id; where there is none, that
     * of the page that is due.
     */
    const next = (): { readonly place: Pagination.Position; readonly id: string | undefined } => {
      for (let window = read.start.window; ; window++) {
        const start = window === read.start.window ? read.start : { window }
        const walk = read.walks.get(walkOf(meetingNo, window))
        const placeOf = (page: number) => (page === 0 ? start : { window, pageToken: walk?.behind[page - 1] })
        for (const [page, ids] of (walk?.ids ?? []).entries()) {
          const id = ids.find((id) => !read.rows.has(id) && !read.seen.has(id))
          if (id !== undefined) return { place: placeOf(page), id }
        }
        const isWhole = walk !== undefined && walk.ids.length > 0 && walk.behind.at(-1) === undefined
        if (!isWhole || window + 1 === read.windows.length)
          return { place: placeOf(walk?.ids.length ?? 0), id: undefined }
      }
    }
    /** Of a list that may have lost a part, or is read page by page, the order is not reckoned. */
    const isOrdered = () =>
      plan.by !== "page" && !(growsOld && [...read.walks.values()].some(({ refusals }) => refusals > 0))
    const row = (meeting: Listed) => {
      const { id } = "brief" in meeting ? meeting.brief : meeting
      const due = isOrdered() ? next().id : id
      if (due !== id) violate(`2 row ${id} came, due was ${due}`)
      sink.row(meetingNo, meeting)
    }
    return {
      row,
      page: Effect.fnUntraced(function* (page: Meetings.Page<Listed>) {
        if (page.meetingNo !== meetingNo) violate(`2 a page of ${page.meetingNo} in a read of ${meetingNo}`)
        note(`${plan.name} gets ${page.meetings.length} rows of ${meetingNo}`)
        for (const meeting of page.meetings) row(meeting)
        if (page.unreachable !== undefined) sink.lost(page.unreachable)
        const missing = walkHere()?.ids[pages]?.find((id) => !read.rows.has(id) && !read.seen.has(id))
        if (isOrdered() && missing !== undefined) violate(`1 a page came without its row ${missing}`)
        read.pages!++
        expect(page.cursor, advance())
        yield* work
        if (++unstored % plan.storesEvery === 0) sink.store(meetingNo, page.cursor, here)
      }),
      failed: (error: FeishuError.FeishuError) => {
        // What is behind the failure is not waited for any more.
        read.ahead.clear()
        read.served.clear()
        read.brokenAt = undefined
        const { cursor } = error
        const told = cursor === undefined ? undefined : Cursor.toPosition(cursor)
        if (cursor === undefined || told === undefined) return violate(`1 no cursor: ${error.message}`)
        if (read.pages === undefined) {
          const byRows = plan.details !== undefined
          // Nobody counted the pages. With read-ahead it cannot be known how many of them came out.
          if (byRows ? !isOrdered() : read.readAhead > 1) return sink.store(meetingNo, cursor, told)
          const { expired } = read.walks.get(walkOf(meetingNo, told.window)) ?? {}
          if (expired !== undefined && told.pageToken === expired) return sink.store(meetingNo, cursor, told)
          // The page that did not come out whole is that of the next row.
          if (byRows) here = next().place
          else while ((walkHere()?.behind.length ?? 0) > pages) advance()
        }
        // A page token that is no longer accepted is given up, and with it the place within its window.
        const restarted = { window: here.window }
        if (walkHere()?.restarted === true && isAt(cursor, restarted)) here = restarted
        else expect(cursor, here)
        sink.store(meetingNo, cursor, here)
      },
      complete: () => {
        sink.store(meetingNo, undefined, here)
        sink.complete(meetingNo)
      },
      /** Pages that cost more than their one request: those whose page token or start was no longer accepted. */
      checkCost: () => {
        checkCalls(read)
        if (read.pages === undefined) return
        const wasted = read.begun - read.pages
        const refusals = [...read.walks.values()].reduce((sum, walk) => sum + walk.refusals, 0)
        if (wasted > refusals) violate(`8 ${read.begun} calls for ${read.pages} pages`)
      },
    }
  }

  /** Calls about meetings that a read of these rows must have cost, each of them once. */
  const checkCalls = ({ calls, rows }: Read) => {
    const { details, recordings } = plan.details ?? { details: false, recordings: false }
    const asked = [...rows].filter((id) => /^\d+$/.test(id)).length
    const most = asked * [details, recordings].filter(Boolean).length
    if (calls.size !== most) violate(`8 ${calls.size} calls for ${rows.size} meetings, not ${most}`)
  }

  /** The meetings of a number by their ids, which somebody has; one of them is nobody's. */
  const readIds = Effect.fnUntraced(function* (
    service: Meetings.Meetings["Service"],
    read: Read,
    meetingNo: MeetingNo,
  ) {
    const place = stored.get(meetingNo)!
    const ids = [...world.existing(meetingNo, Number.POSITIVE_INFINITY), "7"].filter(
      (id) => !place.rows.has(id),
    )
    read.pages = undefined
    for (const id of ids) read.served.add(id)
    const result = yield* service
      .detailsOf(
        ids.map((id) => MeetingId.make(id)),
        plan.details,
      )
      .pipe(
        Stream.runForEach(({ meetingId, ...answers }) => {
          const due = ids[read.rows.size]
          if (meetingId !== due) violate(`2 meeting ${meetingId} came, due was ${due}`)
          checkAnswers(read, meetingId, answers)
          read.rows.add(meetingId)
          read.ahead.delete(meetingId)
          place.rows.add(meetingId)
          return plan.slowness === 0 || dice.chance(0.8) ? Effect.void : work
        }),
        Effect.result,
      )
    if (Result.isFailure(result)) return result.failure
    if (read.rows.size < ids.length) violate(`2 ended after ${read.rows.size} of ${ids.length} meetings`)
    checkCalls(read)
    place.done = true
    return undefined
  })

  /** One number, from where its store says. */
  const readOne = Effect.fnUntraced(function* (
    service: Meetings.Meetings["Service"],
    read: Read,
    meetingNo: MeetingNo,
  ) {
    if (plan.by === "detailsOf") return yield* readIds(service, read, meetingNo)
    const sink = makeSink(read)
    const place = stored.get(meetingNo)!
    const following = follow(read, sink, meetingNo)
    const failed = (error: FeishuError.FeishuError) => Effect.sync(() => (following.failed(error), error))
    if (plan.by === "stream" || plan.by === "streamMany") {
      read.pages = undefined
      const left = plan.take === undefined ? Number.POSITIVE_INFINITY : plan.take - place.rows.size
      const all: Stream.Stream<Listed, FeishuError.FeishuError> =
        plan.details === undefined
          ? service.stream(place.from)
          : service.streamDetails(place.from, plan.details)
      const listener = yield* Events.Events
      const result = yield* (plan.take === undefined ? all : Stream.take(all, left)).pipe(
        Stream.runForEach((meeting) => {
          following.row(meeting)
          return plan.slowness === 0 || dice.chance(0.8) ? Effect.void : work
        }),
        // Rows alone do not tell what was left out.
        Effect.provideService(Events.Events, (event) => {
          if (event._tag === "TimeUnreachable") sink.lost(event)
          return listener(event)
        }),
        Effect.tapError(failed),
        Effect.result,
      )
      if (Result.isFailure(result)) return result.failure
      if (read.rows.size > left) violate(`8 ${read.rows.size} rows, ${left} were asked for`)
      if (read.rows.size === left) return void (place.done = true)
      following.checkCost()
      return following.complete()
    }
    if (plan.by === "page") {
      let from = place.from
      while (true) {
        // Each page is a read of its own, that knows of no other.
        read.rows.clear()
        read.served.clear()
        const result = yield* Effect.result(service.page(from))
        if (Result.isFailure(result)) return yield* failed(result.failure)
        yield* following.page(result.success)
        if (result.success.cursor === undefined) return following.complete()
        from = { cursor: result.success.cursor }
      }
    }
    const all: Stream.Stream<Meetings.Page<Listed>, FeishuError.FeishuError> = plan.details === undefined
      ? service.pages(place.from)
      : service.detailsPages(place.from, plan.details)
    const result = yield* all.pipe(Stream.runForEach(following.page), Effect.tapError(failed), Effect.result)
    if (Result.isFailure(result)) return result.failure
    following.checkCost()
    return following.complete()
  })

  const outcomes = (
    service: Meetings.Meetings["Service"],
    numbers: ReadonlyArray<MeetingNo>,
  ): Stream.Stream<Meetings.Page<Listed> | Meetings.Complete | Meetings.Failed, FeishuError.FeishuError> =>
    plan.details === undefined
      ? service.outcomes(numbers, scenario.range, plan.options)
      : service.detailsOutcomes(numbers, scenario.range, { ...plan.options, ...plan.details })

  /** All numbers that were not begun yet. */
  const readMany = Effect.fnUntraced(function* (
    service: Meetings.Meetings["Service"],
    read: Read,
    numbers: ReadonlyArray<MeetingNo>,
  ) {
    const sink = makeSink(read)
    let following: (ReturnType<typeof follow> & { readonly meetingNo: MeetingNo }) | undefined
    const followed = (meetingNo: MeetingNo) => {
      if (following?.meetingNo !== meetingNo) following = { ...follow(read, sink, meetingNo), meetingNo }
      return following
    }
    let numbersFailed = 0
    for (const meetingNo of numbers) stored.get(meetingNo)!.since ??= now()
    const stream: Stream.Stream<unknown, FeishuError.FeishuError> =
      plan.by === "outcomes"
        ? outcomes(service, numbers).pipe(
            Stream.tap((outcome) => {
              if (outcome._tag === "Page") return followed(outcome.meetingNo).page(outcome)
              const { complete, failed } = followed(outcome.meetingNo)
              if (outcome._tag === "Failed") {
                invariants.checkError(outcome.error)
                note(`${plan.name}: ${outcome.meetingNo} failed: ${outcome.error.message}`)
                if (isFaultOfAll(outcome.error)) violate(`2 only one number fails: ${outcome.error.message}`)
                numbersFailed++
                failed(outcome.error)
              } else {
                complete()
                if (outcome.rows !== stored.get(outcome.meetingNo)!.rows.size)
                  violate(`2 ${outcome.rows} rows are told of`)
              }
              return Effect.void
            }),
          )
        : service.streamMany(numbers, scenario.range, plan.options).pipe(
            Stream.tap(({ meeting, meetingNo }) => {
              // A number is complete when the next one begins.
              if (following !== undefined && following.meetingNo !== meetingNo) following.complete()
              followed(meetingNo).row(meeting)
              return plan.slowness === 0 || dice.chance(0.8) ? Effect.void : work
            }),
          )
    if (plan.by === "streamMany") read.pages = undefined
    const result = yield* Effect.result(Stream.runDrain(stream))
    if (Result.isSuccess(result)) {
      // Those without rows were not heard of.
      if (plan.by === "streamMany")
        for (const meetingNo of numbers) if (!stored.get(meetingNo)!.done) followed(meetingNo).complete()
      const left = numbers.filter((meetingNo) => stored.get(meetingNo)!.fresh && !stored.get(meetingNo)!.done)
      if (left.length > 0) violate(`2 ended, but nothing was told of ${left[0]}`)
      if (numbersFailed === 0) checkCalls(read)
      return
    }
    const error = result.failure
    if (plan.by === "outcomes" && !isFaultOfAll(error)) violate(`2 all numbers fail: ${error.message}`)
    const position = error.cursor === undefined ? undefined : Cursor.toPosition(error.cursor)
    if (position === undefined) violate(`1 no cursor: ${error.message}`)
    else {
      if (plan.by === "streamMany") {
        for (const meetingNo of numbers) {
          if (meetingNo === position.meetingNo) break
          if (!stored.get(meetingNo)!.done) followed(meetingNo).complete()
        }
      }
      followed(position.meetingNo).failed(error)
    }
    return error
  })

  const readOnce = Effect.suspend(() => {
    const fresh = open().filter(([, place]) => place.fresh)
    const many = (plan.by === "outcomes" || plan.by === "streamMany") && fresh.length > 0
    const read = begin(many ? { window: 0 } : open()[0]![1].at)
    const reading = Effect.flatMap(Meetings.Meetings, (service) =>
      many
        ? readMany(
            service,
            read,
            fresh.map(([meetingNo]) => meetingNo),
          )
        : readOne(service, read, open()[0]![0]),
    ).pipe(Effect.withSpan(readSpan, { attributes: { [readSpan]: read } }))
    // Until some time is over, or in the very moment in which something happens.
    const patience = dice.chance(0.5)
      ? Effect.sleep(dice.int(100, 90_000))
      : Effect.callback<void>((resume) => invariants.atEvent(dice.int(0, 60), () => resume(Effect.void)))
    return (
      isCalm() || !dice.chance(plan.impatience) ? reading : Effect.raceFirst(reading, Effect.asVoid(patience))
    ).pipe(Effect.onExit(() => Effect.sync(() => (read.ended = true))))
  })

  const run = Effect.fnUntraced(function* (signIn: Effect.Effect<void>) {
    while (open().length > 0) {
      const exit = yield* Effect.exit(readOnce)
      if (Exit.isFailure(exit)) {
        // The process is being stopped.
        if (Cause.hasInterruptsOnly(exit.cause)) return yield* Effect.failCause(exit.cause)
        violate(`1 a read died: ${Cause.pretty(exit.cause)}`)
        return "stuck"
      }
      const error = exit.value
      if (error === undefined) continue
      note(`${plan.name} failed: ${error.message}`)
      invariants.checkError(error)
      if (isCalm() && ++failuresInCalm > mostFailuresInCalm) {
        violate(`6 fails again and again, although nothing is wrong any more: ${error.message}`)
        return "done"
      }
      const wait = error.retryAfter === undefined ? 0 : Duration.toMillis(error.retryAfter)
      // A reset in the far future is waited for by nobody; a new process asks again.
      if (wait > 3_600_000) return "stuck"
      yield* Effect.sleep(Math.max(wait, dice.int(0, 60_000)))
      if (error.reason._tag === "SignInRequired") yield* signIn
    }
    return "done"
  })

  return { plan, isDone: () => open().length === 0, run }
}
