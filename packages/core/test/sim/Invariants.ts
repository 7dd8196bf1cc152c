/**
 * What must hold in every world, checked as things happen. Each violation starts with the number of its promise:
 *
 * 1. One stream gives each row at most once, and ends complete or fails with a `FeishuError` that carries a cursor.
 *    Cursors point behind the last page that came out.
 * 2. Joined with its resumes, a read brings every row that was there all the time, and none that is not. A call
 *    succeeds by a successful answer only.
 * 3. No 60 seconds see more requests of this app than its limit allows, and nobody is refused unless others use it.
 * 4. A token is fetched once for all who want it, and only when there is no valid one or it is soon over; one that is
 *    over, or was refused, is not sent again; while there is a good one no call fails for want of one.
 * 5. Nothing secret is in an error, log line, event or span.
 * 6. It ends, in bounded time and with bounded tries, and does not give up before its tries are used. Each request
 *    ends by its deadlines; what is final is not tried again.
 * 7. No fiber, sleep, slot or request is left behind.
 * 8. A read asks for each page of each window once, in their order; it costs a request for each page and for each
 *    retry, and no page is read that nobody wants.
 */
import { inspect } from "node:util"
import { Cause, Exit, Option, Tracer } from "effect"
import { type Events, FeishuError, ListByNo, type Pagination } from "@effect-feishu/core"
import type { Listener, Sent } from "./Network.ts"
import type { Scenario } from "./Scenario.ts"
import type { Machine } from "./VirtualTime.ts"

/** One stream, from its first request to its end. */
export interface Read {
  readonly name: string
  readonly readAhead: number
  /** Rows that came out. */
  readonly rows: Set<string>
  /** Rows that the server has sent whole. */
  readonly served: Set<string>
  /** Pages that came out; not known where a stream gives rows. */
  pages: number | undefined
  begun: number
  underWay: number
  failed: number
  ended: boolean
  /** In the order of reading. */
  readonly windows: Scenario["windows"]
  readonly start: Pagination.Position
  /** What it has seen of each window that it has begun, by number and window. */
  readonly walks: Map<string, Walk>
}

/** What a read has seen of a window. */
interface Walk {
  /** The page token of the page that is due; none for the first. */
  due: string | undefined
  /** The page token behind each page that it has got; none behind the last. */
  readonly behind: Array<string | undefined>
  /** Pages that came out. */
  out: number
  /** Whether no page may follow: it has been read to its end, or is broken. */
  over: boolean
  /** Whether the page token that it was resumed with is no longer accepted. */
  restarted: boolean
  /** How often its page token or its start was refused as too old. */
  refusals: number
  /** The page token that was last refused as too old. In the midst of a window that ends the read. */
  expired: string | undefined
}

/** The key of a walk. */
export const walkOf = (meetingNo: string, window: number): string => `${meetingNo} ${window}`

/** See the members. */
export interface Invariants {
  readonly violations: ReadonlyArray<string>
  readonly violate: (what: string) => void
  readonly listener: Listener
  readonly tracer: (machine: Machine) => Tracer.Tracer
  readonly onEvent: (machine: Machine, event: Events.Event) => void
  /** Calls back in the midst of the event after so many others. */
  readonly atEvent: (count: number, run: () => void) => void
  /** A machine was switched off: nobody on it waits for an event any more. */
  readonly switchedOff: () => void
  readonly onLogLine: (line: string) => void
  readonly checkError: (error: FeishuError.FeishuError) => void
  readonly requests: () => number
  /** Requests for meetings of this machine that were sent since then. */
  readonly sentSince: (machine: Machine, time: number) => number
  /** A machine is about to end: what it has told must agree with what it has sent. */
  readonly checkTold: (machine: Machine) => void
}

/** The name of the spans that reads run in; their `Read` is an attribute. */
export const readSpan = "read"

const window = ListByNo.rateLimitWindowSeconds * 1_000
const minute = 60_000
const mostTransient = 5
const mostRefusals = 10
/** Seconds, as all that is about a reset. */
const longestWait = 300
const longestPause = 2_000
/** Of all calls in 60 s: a tenth of the requests, which are hardly more than 100, or 10. */
const mostRetries = 11
/** Of `FeishuConfig`, and how late the watchdog and its timer may be. */
const [headersTimeout, idleTimeout, attemptTimeout] = [20_000, 15_000, 30_000]
const mostLate = 300

interface Call {
  readonly sent: Array<Sent>
  readonly begun: number
  readonly read: Read | undefined
}

class WatchedSpan extends Tracer.NativeSpan {
  onEnd: ((exit: Exit.Exit<unknown, unknown>) => void) | undefined
  call: Call | undefined
  override end(endTime: bigint, exit: Exit.Exit<unknown, unknown>) {
    const first = this.status._tag === "Started"
    super.end(endTime, exit)
    if (first) this.onEnd?.(exit)
  }
  get read(): Read | undefined {
    const own = this.attributes.get(readSpan)
    const parent = Option.getOrUndefined(this.parent)
    return own === undefined ? (parent instanceof WatchedSpan ? parent.read : undefined) : (own as Read)
  }
}

/** What is known of a machine's access token. */
interface AtHand {
  readonly value: string
  /** By a clock that runs fast; and by one that does not, where it must have been done. */
  readonly refreshFrom: number
  readonly refreshDue: number
  readonly goodUntil: number
  readonly endsAt: number
}

interface Known {
  readonly number: number
  fetching: number
  /** When a token was last begun to be fetched. */
  fetchedAt: number
  token: AtHand | undefined
  readonly refused: Set<string>
  readonly sentAt: Array<number>
  readonly retriedAt: Array<number>
  sent: number
  told: number
  /** After a refusal: how far requests must be apart, at least until a window has passed without another. */
  pace: { readonly millis: number; readonly since: number; readonly until: number } | undefined
  /** Closed gates, by the span of the call that closed them. */
  readonly gates: Map<unknown, { readonly since: number; readonly until: number }>
}

/** Makes them. */
export const make = (scenario: Scenario, now: () => number, trace: Array<string>): Invariants => {
  const violations: Array<string> = []
  const machines = new Map<Machine, Known>()
  const arrivals: Array<number> = []
  let requests = 0
  let awaited: Array<{ left: number; readonly run: () => void }> = []

  /** Milliseconds that pass at least while a client waits for so long by its clock. */
  const atLeast = (millis: number) => Math.floor(millis / (1 + scenario.manners.fast)) - 1
  const note = (text: string) => void trace.push(`${String(now()).padStart(9)} ${text}`)
  const violate = (what: string) => {
    note(`VIOLATION ${what}`)
    if (violations.length < 20) violations.push(`at ${now()} ms: ${what}`)
  }
  const checkSecrets = (what: string, text: string) => {
    const at = text.indexOf("SECRET")
    if (at >= 0) violate(`5 a secret in ${what}: …${text.slice(Math.max(0, at - 200), at + 60)}`)
  }
  const knownOf = (machine: Machine): Known => {
    let known = machines.get(machine)
    if (known === undefined) {
      known = {
        number: machines.size + 1,
        fetching: 0,
        fetchedAt: 0,
        token: undefined,
        refused: new Set(),
        sentAt: [],
        retriedAt: [],
        sent: 0,
        told: 0,
        pace: undefined,
        gates: new Map(),
      }
      machines.set(machine, known)
    }
    return known
  }
  const checkError = (error: FeishuError.FeishuError) => {
    const texts = [
      error.message,
      error.stack ?? "",
      JSON.stringify(error),
      inspect(error, { depth: 6 }),
      Cause.pretty(Cause.fail(error)),
    ]
    for (const text of texts) checkSecrets(`the error ${error.reason._tag}`, text)
  }

  /** The token that a request for meetings is sent with. */
  const checkToken = ({ accessToken }: Sent, { fetchedAt, sentAt, token }: Known, call: Call | undefined) => {
    const again = ({ outcome, ...before }: Sent) =>
      outcome === "token refused" && before.accessToken === accessToken
    if (call?.sent.some(again) === true)
      violate(`4 ${accessToken} is sent once more, although it was refused`)
    if (token === undefined || token.value !== accessToken) return
    if (now() > token.endsAt) violate(`4 ${accessToken} is sent, although it ended at ${token.endsAt}`)
    // The one before should have had it refreshed.
    const before = sentAt.at(-1) ?? 0
    if (before > token.refreshDue && before < now() && fetchedAt < token.refreshFrom)
      violate(`4 ${accessToken} was due to be refreshed at ${token.refreshDue}`)
  }

  const checkSent = (sent: Sent, known: Known, call: Call | undefined, read: Read | undefined) => {
    if (sent.path !== ListByNo.path) {
      const { token } = known
      if (token !== undefined && !known.refused.has(token.value) && now() < token.refreshFrom) {
        violate(`4 a token is fetched, although ${token.value} is good until ${token.refreshFrom}`)
      }
      return
    }
    for (const { since, until } of known.gates.values()) {
      if (sent.at > since && sent.at < until)
        violate(`3 sent ${until - sent.at} ms before the reset of a refusal`)
    }
    checkToken(sent, known, call)
    const { pace, sentAt } = known
    const before = sentAt.at(-1) ?? 0
    if (
      pace !== undefined &&
      before > pace.since &&
      sent.at < pace.until &&
      sent.at - before < atLeast(pace.millis)
    ) {
      violate(`3 sent ${sent.at - before} ms after another, with a pace of ${pace.millis} ms`)
    }
    if (read === undefined) return
    if (read.ended) violate(`7 ${read.name} sends a request although it has ended`)
    checkWalk(sent.query, read)
    if (read.readAhead > 1) return
    for (const id of read.served) {
      if (!read.rows.has(id))
        return violate(`8 ${read.name} reads on although row ${id} has not been asked for`)
    }
  }

  /** Which window a request is of. Its start may be later than that of the window, where only a part of it can be read. */
  const windowOf = (windows: Read["windows"], start: string | undefined, end: string | undefined) =>
    windows.findIndex(
      (each) =>
        each.end === Number(end) &&
        (scenario.listing.ninetyDays === "span"
          ? each.start === Number(start)
          : each.start <= Number(start) && each.end > Number(start)),
    )

  /** A request is for the page that is due in its window, and windows come in their order. */
  const checkWalk = ({ end_time, meeting_no, page_token, start_time }: Sent["query"], read: Read) => {
    const { name, readAhead, start, walks, windows } = read
    const window = windowOf(windows, start_time, end_time)
    if (window < start.window) return violate(`8 ${name} asks for ${start_time}-${end_time}: no window of it`)
    let walk = walks.get(walkOf(meeting_no!, window))
    if (walk === undefined) {
      const due = window === start.window ? start.pageToken : undefined
      walk = { due, behind: [], out: 0, over: false, restarted: false, refusals: 0, expired: undefined }
      walks.set(walkOf(meeting_no!, window), walk)
      const before = walks.get(walkOf(meeting_no!, window - 1))
      const isGone =
        before !== undefined &&
        before.refusals > 0 &&
        windows[window - 1]!.end < (scenario.epoch + now()) / 1_000 - ListByNo.maxRangeSeconds + 4 * 3_600
      if (window > start.window && readAhead === 1 && before?.over !== true && !isGone)
        violate(`8 ${name} begins window ${window}, but has not read the one before it to its end`)
    }
    if (read.pages !== undefined) {
      const ahead = walk.behind.length + 1 - walk.out
      // Five wait for their turn (documented in `Meetings.Resume`); when it comes, four of them are taken at once.
      if (ahead > (readAhead === 1 ? 1 : 8)) violate(`8 ${name} reads ${ahead} pages of a window ahead`)
      const begun = [...walks].filter(
        ([key, { behind, out, over }]) => key.startsWith(meeting_no!) && !(over && out === behind.length),
      )
      if (begun.length > 2 * readAhead + (readAhead === 1 ? 0 : 1))
        violate(`8 ${name} has begun ${begun.length} windows`)
    }
    if (walk.over) violate(`8 ${name} goes on behind the end of window ${window}`)
    if (page_token !== walk.due)
      violate(`8 ${name} asks for ${page_token ?? "the first page"}, due is ${walk.due ?? "the first page"}`)
  }

  /** What a call has told of its window. */
  const learn = ({ walks, windows }: Read, { answer, query }: Sent, exit: Exit.Exit<unknown, unknown>) => {
    const window = windowOf(windows, query["start_time"], query["end_time"])
    const walk = walks.get(walkOf(query["meeting_no"]!, window))
    if (walk === undefined || answer === undefined) return
    if (answer.expired === true || answer.tooOld === true) {
      walk.due = undefined
      walk.restarted = true
      walk.refusals++
      if (answer.expired === true) walk.expired = query["page_token"]
    }
    if (Exit.isFailure(exit)) return
    const { data } = answer
    walk.due = data?.["has_more"] === false ? undefined : (data?.["page_token"] as string) || undefined
    if (data !== undefined) walk.behind.push(walk.due)
    walk.over = walk.due === undefined
  }

  const checkRetry = (delayMillis: number, { retriedAt }: Known) => {
    if (delayMillis > longestPause) violate(`6 a pause of ${delayMillis} ms before another try`)
    retriedAt.push(now())
    while (retriedAt[0]! <= now() - atLeast(window)) retriedAt.shift()
    if (retriedAt.length > mostRetries) violate(`6 ${retriedAt.length} retries in 60 s`)
  }

  const onCallEnd = (machine: Machine, span: WatchedSpan, call: Call, exit: Exit.Exit<unknown, unknown>) => {
    const count = (outcome: Sent["outcome"]) => call.sent.filter((sent) => sent.outcome === outcome).length
    const [refused, token] = [count("rate limited"), count("token refused")]
    const transient = count("transient") + count("unanswered")
    const took = now() - call.begun
    if (Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause)) {
      // Who is stopped in the very moment of a refusal closes no gate any more.
      for (const { gates } of machines.values()) if (gates.get(span)?.since === now()) gates.delete(span)
      return
    }
    if (call.read !== undefined && Exit.isFailure(exit)) call.read.failed++
    if (call.read !== undefined && call.sent.length > 0) learn(call.read, call.sent.at(-1)!, exit)
    if (transient > mostTransient) violate(`6 a call was tried ${transient} times`)
    if (refused > mostRefusals) violate(`6 a call was refused ${refused} times by the limit`)
    if (token > 2) violate(`4 a call had its token refused ${token} times`)
    if (took > 60 * minute) violate(`6 a call took ${took} ms`)
    if (call.sent.slice(0, -1).some(({ outcome }) => outcome === "final"))
      violate("6 a call was tried again, although its answer was final")
    const last = call.sent.at(-1)?.outcome
    if (Exit.isSuccess(exit)) {
      if (last !== "success") violate(`2 a call succeeded, although its answer was ${last}`)
      return
    }
    const error = Cause.squash(exit.cause)
    if (!(error instanceof FeishuError.FeishuError)) return violate(`1 a call ended with ${inspect(error)}`)
    if (error.operation?.startsWith("POST") === true) {
      const { refused, token } = knownOf(machine)
      if (token !== undefined && !refused.has(token.value) && now() < token.goodUntil)
        violate(
          `4 a call fails for want of a token, although ${token.value} is good until ${token.goodUntil}`,
        )
    }
    if (error.leftAloneSeconds !== undefined || error.operation?.startsWith("POST") === true) return
    if (last === "rate limited") {
      const early = refused < mostRefusals && took < atLeast(15 * minute)
      const tooLong = (call.sent.at(-1)!.answer?.resetSeconds ?? 0) > longestWait
      if (early && !tooLong) violate(`6 given up after ${refused} refusals`)
    } else if (
      (last === "transient" || last === "unanswered") &&
      transient < mostTransient &&
      error.retryBudgetSpent !== true
    ) {
      violate(`6 given up after ${transient} tries: ${error.message}`)
    }
  }

  const begin = (read: Read) => {
    read.begun++
    if (++read.underWay > read.readAhead)
      violate(`8 ${read.underWay} requests beside each other, ${read.readAhead} windows were asked for`)
  }

  const tracer = (machine: Machine) =>
    Tracer.make({
      span: (options) => {
        const span = new WatchedSpan(options)
        if (options.name === "AccessToken.fetch") {
          const known = knownOf(machine)
          known.fetchedAt = now()
          if (++known.fetching > 1) violate("4 a token is fetched twice at the same time")
          span.onEnd = () => known.fetching--
        }
        if (options.name === "FeishuClient.call") {
          const call: Call = { sent: [], begun: now(), read: span.read }
          span.call = call
          if (call.read !== undefined) begin(call.read)
          span.onEnd = (exit) => {
            if (call.read !== undefined) call.read.underWay--
            for (const [key, value] of span.attributes) checkSecrets(`span attribute ${key}`, String(value))
            onCallEnd(machine, span, call, exit)
          }
        }
        return span
      },
    })

  return {
    violations,
    violate,
    tracer,
    checkError,
    requests: () => requests,
    sentSince: (machine, time) => knownOf(machine).sentAt.filter((at) => at >= time).length,
    listener: {
      note,
      sent: (sent) => {
        requests++
        const known = knownOf(sent.machine)
        const span = sent.span instanceof WatchedSpan ? sent.span : undefined
        const read = span?.read
        known.sent++
        const { end_time, meeting_no, page_token, start_time } = sent.query
        note(
          sent.path === ListByNo.path
            ? `${known.number}> ${read?.name ?? "?"} ${meeting_no} ${start_time}-${end_time} ${page_token ?? "first page"}`
            : `${known.number}> token`,
        )
        checkSent(sent, known, span?.call, read)
        if (sent.path === ListByNo.path) known.sentAt.push(sent.at)
        span?.call?.sent.push(sent)
      },
      arrived: ({ path }) => {
        if (path !== ListByNo.path) return
        while (arrivals.length > 0 && arrivals[0]! <= now() - window) arrivals.shift()
        arrivals.push(now())
        const { requests: most } = scenario.limit
        if (arrivals.length > most) violate(`3 ${arrivals.length} requests in 60 s, ${most} are allowed`)
      },
      abandoned: ({ path }, awaited, millis) => {
        if (millis > (awaited === "headers" ? headersTimeout : idleTimeout) + mostLate)
          violate(`6 ${path} waited ${millis} ms for ${awaited}`)
      },
      answered: (sent, answer) => {
        const known = knownOf(sent.machine)
        note(
          `${known.number}< ${sent.path === ListByNo.path ? (sent.query["page_token"] ?? "first page") : "token"}: ${answer.status} ${answer.verdict} ${sent.path === ListByNo.path ? answer.body.length : answer.body}`,
        )
        if (answer.issued !== undefined && answer.verdict === "success") {
          const { expire, value } = answer.issued
          // Odd values are taken as two hours, less than a minute as one (documented in `TokenCache`).
          const life = Math.min(Math.max(typeof expire === "number" ? expire : 7_200, 60), 7_200) * 1_000
          const refresh = Math.max(life - 25 * minute, life / 2)
          known.token = {
            value,
            refreshFrom: now() + atLeast(refresh),
            refreshDue: now() + refresh + 5,
            goodUntil: now() + atLeast(life),
            endsAt: now() + life + 5,
          }
        }
        if (sent.path !== ListByNo.path) return
        if (answer.verdict === "token refused" && sent.accessToken !== undefined)
          known.refused.add(sent.accessToken)
        if (answer.resetSeconds !== undefined && answer.resetSeconds <= longestWait) {
          known.gates.set(sent.span, { since: now(), until: now() + answer.resetSeconds * 1_000 })
        }
        const read = sent.span instanceof WatchedSpan ? sent.span.read : undefined
        if (answer.verdict === "success" && read !== undefined) {
          const rows = answer.data?.["meeting_briefs"] as
            | ReadonlyArray<{ readonly id: string }>
            | null
            | undefined
          for (const { id } of rows ?? []) read.served.add(id)
        }
      },
    },
    atEvent: (left, run) => void awaited.push({ left, run }),
    switchedOff: () => void (awaited = []),
    onEvent: (machine, event) => {
      const due = awaited.filter((each) => --each.left < 0)
      if (due.length > 0) awaited = awaited.filter(({ left }) => left >= 0)
      for (const { run } of due) run()
      if (event._tag === "RequestEnded" && event.millis > attemptTimeout + mostLate)
        violate(`6 a request took ${event.millis} ms`)
      if (event._tag === "RequestSent") knownOf(machine).told++
      if (event._tag === "RateLimitRefused" && event.paceMillis >= window / 100) {
        const until = now() + event.resetMillis + window
        knownOf(machine).pace = { millis: event.paceMillis, since: now(), until }
      }
      if (event._tag === "Retrying") {
        checkError(event.error)
        checkRetry(event.delayMillis, knownOf(machine))
      } else checkSecrets(`the event ${event._tag}`, JSON.stringify(event))
    },
    onLogLine: (line) => checkSecrets("a log line", line),
    checkTold: (machine) => {
      const { sent, told } = knownOf(machine)
      // One that is interrupted between the two was told of and not sent.
      if (told < sent) violate(`5 ${sent} requests were sent, only ${told} were told of`)
    },
  }
}
