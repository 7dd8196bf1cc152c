/**
 * What must hold in every world, checked as things happen. Each violation starts with the number of its promise:
 *
 * 1. One stream gives each row at most once, and ends complete or fails with a `FeishuError` that carries a cursor.
 *    Cursors point behind the last page that came out.
 * 2. Joined with its resumes, a read brings every row that was there all the time, and none that is not. A call
 *    succeeds by a successful answer only. Rows come in the order of the list, and what is told of a meeting was so
 *    between a request and its answer; it is refused only by what refuses this meeting alone.
 * 3. No window of a limit sees more requests of this app than it allows, each endpoint by itself, and nobody is refused
 *    unless others use it.
 * 4. A token is fetched once for all who want it, and only when there is no valid one or it is soon over; one that is
 *    over, or was refused, is not sent again; while there is a good one no call fails for want of one.
 * 5. Nothing secret is in an error, log line, event or span.
 * 6. It ends, in bounded time and with bounded tries, and does not give up before its tries are used. Each request
 *    ends by its deadlines; what is final is not tried again.
 * 7. No fiber, sleep, slot or request is left behind.
 * 8. A read asks for each page of each window once, in their order; it costs a request for each page and for each
 *    retry, and no page is read that nobody wants. What is asked for each meeting is asked for once, with a bounded
 *    number of meetings between the first that has not come out and the last that is asked for.
 * 9. The login of a user is refreshed only when its access token was refused or is soon over. No two requests with one refresh
 *    token are under way at a time, none is sent whose successor is stored, and none again that was refused for good. What is
 *    stored is never cleared, and never replaced by what it has replaced. A refresh is not given up before its deadlines. A user
 *    is signed out only where the refresh token is used and nobody could store the answer, or where it is revoked or over, and
 *    is told which.
 */
import { inspect } from "node:util"
import { Cause, Context, Exit, Fiber, Option, Tracer } from "effect"
import * as OAuth from "@effect-feishu/contract/OAuth"
import { type Events, FeishuError, ListByNo, type Pagination } from "@effect-feishu/core"
import type { Login } from "./Login.ts"
import type { Listener, Sent } from "./Network.ts"
import type { Plan, Scenario } from "./Scenario.ts"
import type { Machine } from "./VirtualTime.ts"
import { type About, type Target, windowsOf } from "./World.ts"

/** One stream, from its first request to its end. */
export interface Read {
  readonly name: string
  readonly readAhead: number
  /** What it asks for each meeting, where it does. */
  readonly details: Plan["details"]
  /** Of its list. */
  readonly pageSize: number
  /** Ids that it was given as those that need not come again. */
  readonly seen: ReadonlySet<string>
  /** Rows that came out. */
  readonly rows: Set<string>
  /** The calls about meetings, by `callOf`. */
  readonly calls: Map<string, AboutCall>
  /** Meetings that are asked for and have not come out. */
  readonly ahead: Set<string>
  /** When a call about a meeting failed that ends the read, or its number. */
  brokenAt: number | undefined
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

/** A call about a meeting: when the request was sent that it ended with, and when it ended. */
interface AboutCall {
  sentAt: number
  endedAt: number | undefined
  readonly query: Sent["query"]
}

/** The key of a call about a meeting. */
export const callOf = ({ about, id }: Target): string => `${about} ${id}`

/** What a read has seen of a window. */
interface Walk {
  /** The ids of each page that it has got. */
  readonly ids: Array<ReadonlyArray<string>>
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
  /** A machine was switched off. */
  readonly switchedOff: (machine: Machine) => void
  /** Nobody waits for an event any more. */
  readonly forgetEvents: () => void
  /** A machine was asked to stop, or has ended: it sends nothing any more. */
  readonly stopped: (machine: Machine) => void
  readonly isFetchingToken: (machine: Machine) => boolean
  /** What uses a token without a request has found that it is no longer good. */
  readonly refused: (machine: Machine, accessToken: string) => void
  /** A call has failed: a user who is signed out is so for good reason. */
  readonly checkSignIn: (machine: Machine, error: FeishuError.FeishuError) => void
  readonly onLogLine: (line: string) => void
  readonly checkError: (error: FeishuError.FeishuError) => void
  /** Every request, in the order of sending. */
  readonly sent: ReadonlyArray<Sent>
  /** Requests of this machine to an endpoint that were sent since then. */
  readonly sentSince: (machine: Machine, about: About, time: number) => number
  /** A machine is about to end: what it has told must agree with what it has sent. */
  readonly checkTold: (machine: Machine) => void
}

/** The name of the spans that reads run in; their `Read` is an attribute. */
export const readSpan = "read"

const window = ListByNo.rateLimitWindowSeconds * 1_000
const minute = 60_000
const mostTransient = 5
const mostRefusals = 10
/** The codes that are answers about a meeting, or refuse one and not the others. */
const ofOneMeeting: ReadonlyArray<number> = [121003, 121004, 121005, 122001, 122002, 124002]
/** How long it takes a program at most to store what it could not store, as soon as that is possible again. */
const savedWithin = 15_000
/** The codes with which a refresh token is refused for good. */
const ofOneLogin: ReadonlyArray<number> = [20024, 20026, 20037, 20064, 20073]
/** Seconds, as all that is about a reset. */
const longestWait = 300
const longestPause = 2_000
/** Of all calls in 60 s: a tenth of the requests, or 10. */
const mostRetries = (requests: number) => Math.max(10, 0.1 * requests) + 1
/** Of `FeishuConfig`, and how late the watchdog and its timer may be. */
const deadlines = { headers: 20_000, data: 15_000, attempt: 30_000 }
/** Of a refresh, whose answer costs the login if it is not waited for. */
const deadlinesOfRefresh = { headers: 60_000, data: 60_000, attempt: 60_000 }
const mostLate = 300

interface Call {
  readonly sent: Array<Sent>
  readonly begun: number
  readonly read: Read | undefined
  /** `undefined` until its first request. */
  target: Target | undefined
}

/** The ids of a page. */
const idsOf = (data: Readonly<Record<string, unknown>> | undefined): ReadonlyArray<string> =>
  ((data?.["meeting_briefs"] ?? []) as ReadonlyArray<{ readonly id: string }>).map(({ id }) => id)

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
  /** All requests, those for tokens too. */
  readonly sentAt: Array<number>
  /** When a request was told of: also one that was interrupted before it was sent, which the budget counts, too. */
  readonly toldAt: Array<number>
  readonly retriedAt: Array<number>
  /** When it was asked to stop, or has ended. */
  stoppedAt: number | undefined
  off: boolean
  /** The last refresh that was answered, and the code. */
  refresh: { readonly sent: Sent; readonly code: unknown } | undefined
  /** Refresh tokens that were refused for good, or whose successor it has. */
  readonly over: Set<string>
  readonly lanes: Readonly<Record<About, KnownLane>>
}

/** What is known of a machine's requests to an endpoint. */
interface KnownLane {
  readonly sentAt: Array<number>
  /** After a refusal: how far requests must be apart, at least until a window has passed without another. */
  pace: { readonly millis: number; readonly since: number; readonly until: number } | undefined
  /** Closed gates, by the span of the call that closed them. */
  readonly gates: Map<unknown, { readonly since: number; readonly until: number }>
}

const makeLane = (): KnownLane => ({ sentAt: [], pace: undefined, gates: new Map() })

/** Makes them. */
export const make = (
  scenario: Scenario,
  now: () => number,
  trace: Array<string>,
  login?: Login,
): Invariants => {
  const violations: Array<string> = []
  const machines = new Map<Machine, Known>()
  const arrivals: Readonly<Record<About, Array<number>>> = { list: [], details: [], recording: [] }
  const sent: Array<Sent> = []
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
        toldAt: [],
        stoppedAt: undefined,
        off: false,
        refresh: undefined,
        over: new Set(),
        lanes: { list: makeLane(), details: makeLane(), recording: makeLane() },
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

  /** Refreshes that have arrived, by their token. */
  const refreshes = new Map<string, Array<Sent>>()
  /** How far the clocks of machines may be from that of the server, and how long it may take until a token is stored. */
  const ofClocks =
    scenario.wallClockJumps.reduce((sum, { by }) => sum + Math.abs(by), 0) +
    2 * Math.max(0, ...(scenario.login?.others ?? []).map(({ clock }) => Math.abs(clock)))
  const ofStore =
    scenario.login === undefined ? 0 : 2 * scenario.login.writing + scenario.manners.latest + 1_000

  /** The token that a request for meetings is sent with. */
  const checkToken = ({ accessToken }: Sent, { fetchedAt, lanes, token }: Known, call: Call | undefined) => {
    const again = ({ outcome, ...before }: Sent) =>
      outcome === "token refused" && before.accessToken === accessToken
    if (call?.sent.some(again) === true)
      violate(`4 ${accessToken} is sent once more, although it was refused`)
    const ofLogin = login?.withAccessToken(accessToken!)
    if (ofLogin !== undefined) {
      const endsAt = ofLogin.issuedAt + Math.max(ofLogin.toldLife, minute) + ofClocks + ofStore
      if (now() > endsAt) violate(`9 ${accessToken} is sent, although it ended before ${endsAt}`)
    }
    if (token === undefined || token.value !== accessToken) return
    if (now() > token.endsAt) violate(`4 ${accessToken} is sent, although it ended at ${token.endsAt}`)
    // The one before should have had it refreshed.
    const before = Math.max(...Object.values(lanes).map(({ sentAt }) => sentAt.at(-1) ?? 0))
    if (before > token.refreshDue && before < now() && fetchedAt < token.refreshFrom)
      violate(`4 ${accessToken} was due to be refreshed at ${token.refreshDue}`)
  }

  /** A refresh is sent: with a token that may be good, and only where it is time. */
  const checkRefresh = (refreshToken: string, known: Known) => {
    const { accessToken, issuedAt, successor, toldLife } = login!.find(refreshToken)!
    if (successor !== undefined && login!.wasStored(successor))
      violate(`9 ${refreshToken} is sent, although ${successor} is stored`)
    if (known.over.has(refreshToken))
      violate(`9 ${refreshToken} is sent again, although it was refused for good, or its successor came`)
    const life = Math.min(toldLife, 120 * minute)
    const left = issuedAt + life - now()
    const early = Math.max(minute, Math.min(25 * minute, life / 2)) + ofClocks + 2 * ofStore + life / 1_000
    if (!known.refused.has(accessToken) && left > early)
      violate(`9 ${accessToken} is refreshed, although it is good for ${left} ms`)
  }

  const checkSignIn = (machine: Machine, { code, reason }: FeishuError.FeishuError) => {
    if (reason._tag !== "SignInRequired") return
    const { refresh } = knownOf(machine)
    if (refresh === undefined || refresh.code !== code)
      return violate(`9 signed out without a refusal: ${reason.message}`)
    const token = refresh.sent.refreshToken!
    const state = login!.stateOf(token)
    note(`signed out: ${reason.why}, ${token} is ${state}`)
    const sentBefore = sent.filter(({ refreshToken }) => refreshToken === token)
    const { successor = "" } = login!.find(token)!
    if (login!.wasStored(successor)) return violate(`9 signed out, although ${successor} is stored`)
    const taken = sentBefore.find(
      ({ answer, outcome }) => outcome === "success" && answer?.issued !== undefined,
    )
    // Feishu has said each time that it did not take the token, and the machine could store that.
    const isKnown = sentBefore.every(
      ({ answer, machine }) =>
        /"code":[1-9]/.test(answer?.body ?? "") &&
        !knownOf(machine).off &&
        scenario.login!.unwritable.length === 0,
    )
    const why: ReadonlyArray<string> = {
      good: [],
      "not known": [],
      used: ["answer lost"],
      revoked: isKnown ? ["used or revoked"] : ["used or revoked", "answer lost"],
      over: ["expired"],
    }[state]
    if (!why.includes(reason.why)) violate(`9 signed out by "${reason.why}", ${token} is ${state}`)
    if (taken === undefined) return
    const { off, stoppedAt = Number.POSITIVE_INFINITY } = knownOf(taken.machine)
    const unwritableUntil = login!.unwritableUntil()
    const begunAt = sentBefore.find((each) => each.machine === machine)!.at
    if (!off && stoppedAt > unwritableUntil && begunAt > unwritableUntil + savedWithin)
      violate(`9 signed out, although the answer to ${token} came whole`)
  }

  const checkSent = (sent: Sent, known: Known, call: Call | undefined, read: Read | undefined) => {
    if (known.stoppedAt !== undefined && now() > known.stoppedAt)
      violate(`7 ${sent.path} is requested by a process that was stopped at ${known.stoppedAt}`)
    if (sent.refreshToken !== undefined) return checkRefresh(sent.refreshToken, known)
    if (sent.target === undefined) {
      const { token } = known
      if (token !== undefined && !known.refused.has(token.value) && now() < token.refreshFrom) {
        violate(`4 a token is fetched, although ${token.value} is good until ${token.refreshFrom}`)
      }
      return
    }
    const { gates, pace, sentAt } = known.lanes[sent.target.about]
    for (const { since, until } of gates.values()) {
      if (sent.at > since && sent.at < until)
        violate(`3 sent ${until - sent.at} ms before the reset of a refusal`)
    }
    checkToken(sent, known, call)
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
    if (sent.target.about !== "list") return checkMeeting(sent, sent.target, read, call!)
    checkWalk(sent.query, read)
    if (read.readAhead > 1) return
    if (read.details !== undefined) {
      const waiting = [...read.served].filter((id) => !read.rows.has(id) && !read.seen.has(id)).length
      if (waiting > mostAhead(read))
        violate(`8 ${read.name} reads on although ${waiting} rows have not been asked for`)
      return
    }
    for (const id of read.served) {
      if (!read.rows.has(id))
        return violate(`8 ${read.name} reads on although row ${id} has not been asked for`)
    }
  }

  /**
   * How many meetings may be asked for and not have come out, one by one, or when all of their page have been read. One more
   * may be on its way to who has asked for it.
   */
  const mostAhead = ({ details, pageSize, pages }: Read): number =>
    details === undefined ? 0 : details.concurrency + 1 + (pages === undefined ? 0 : pageSize)

  /** A request about a meeting is for one that the list has given, and that has not come out. */
  const checkMeeting = (sent: Sent, target: Target, read: Read, call: Call) => {
    const { about, id } = target
    const { ahead, calls, details, name, rows, served } = read
    if (details === undefined || !details[about === "details" ? "details" : "recordings"])
      return violate(`8 ${name} asks for the ${about} of ${id}, which nobody wants`)
    const key = callOf(target)
    const known = calls.get(key)
    if (call.sent.length > 0) {
      if (known === undefined) return violate(`8 ${name} asks for ${key} in a call about something else`)
      known.sentAt = sent.at
      return
    }
    if (known !== undefined) violate(`8 ${name} asks for ${key} twice`)
    if (read.brokenAt !== undefined && call.begun > read.brokenAt)
      violate(`8 ${name} asks for ${key}, although it has failed`)
    if (!served.has(id)) violate(`8 ${name} asks for ${key}, which is not listed`)
    if (rows.has(id)) violate(`8 ${name} asks for ${key}, which has come out`)
    calls.set(key, { sentAt: sent.at, endedAt: undefined, query: sent.query })
    ahead.add(id)
    if (ahead.size > mostAhead(read)) violate(`8 ${name} reads ${ahead.size} meetings ahead`)
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
    const { details, name, readAhead, start, walks, windows } = read
    const window = windowOf(windows, start_time, end_time)
    if (window < start.window) return violate(`8 ${name} asks for ${start_time}-${end_time}: no window of it`)
    let walk = walks.get(walkOf(meeting_no!, window))
    if (walk === undefined) {
      const due = window === start.window ? start.pageToken : undefined
      walk = {
        due,
        ids: [],
        behind: [],
        out: 0,
        over: false,
        restarted: false,
        refusals: 0,
        expired: undefined,
      }
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
      const most = details === undefined ? (readAhead === 1 ? 1 : 8) : Number.POSITIVE_INFINITY
      if (ahead > most) violate(`8 ${name} reads ${ahead} pages of a window ahead`)
      const begun = [...walks].filter(
        ([key, { behind, out, over }]) => key.startsWith(meeting_no!) && !(over && out === behind.length),
      )
      if (details === undefined && begun.length > 2 * readAhead + (readAhead === 1 ? 0 : 1))
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
    if (data !== undefined) {
      walk.behind.push(walk.due)
      walk.ids.push(idsOf(data))
    }
    walk.over = walk.due === undefined
  }

  const checkRetry = (delayMillis: number, { retriedAt, toldAt }: Known) => {
    if (delayMillis > longestPause) violate(`6 a pause of ${delayMillis} ms before another try`)
    retriedAt.push(now())
    while (retriedAt[0]! <= now() - atLeast(window)) retriedAt.shift()
    const sent = toldAt.length - (toldAt.findLastIndex((at) => at <= now() - window - 1_000) + 1)
    if (retriedAt.length > mostRetries(sent)) violate(`6 ${retriedAt.length} retries in 60 s`)
  }

  const onCallEnd = (machine: Machine, span: WatchedSpan, call: Call, exit: Exit.Exit<unknown, unknown>) => {
    const count = (outcome: Sent["outcome"]) => call.sent.filter((sent) => sent.outcome === outcome).length
    const [refused, token] = [count("rate limited"), count("token refused")]
    const transient = count("transient") + count("unanswered")
    const took = now() - call.begun
    if (Exit.isFailure(exit) && Cause.hasInterrupts(exit.cause)) {
      // Who is stopped in the very moment of a refusal closes no gate any more.
      for (const { lanes } of machines.values())
        for (const { gates } of Object.values(lanes)) if (gates.get(span)?.since === now()) gates.delete(span)
      return
    }
    if (call.read !== undefined && Exit.isFailure(exit)) call.read.failed++
    if (call.read !== undefined && call.target?.about === "list") learn(call.read, call.sent.at(-1)!, exit)
    const about = call.target && call.read?.calls.get(callOf(call.target))
    if (about !== undefined) about.endedAt = now()
    if (transient > mostTransient) violate(`6 a call was tried ${transient} times`)
    if (refused > mostRefusals) violate(`6 a call was refused ${refused} times by the limit`)
    if (token > 2) violate(`4 a call had its token refused ${token} times`)
    if (took > 60 * minute) violate(`6 a call took ${took} ms`)
    if (call.sent.slice(0, -1).some(({ outcome }) => outcome === "final"))
      violate("6 a call was tried again, although its answer was final")
    if (call.sent.slice(0, -1).some(({ outcome }) => outcome === "success"))
      violate("8 a call asked again, although it was answered")
    const last = call.sent.at(-1)?.outcome
    if (Exit.isSuccess(exit)) {
      if (last !== "success") violate(`2 a call succeeded, although its answer was ${last}`)
      return
    }
    const error = Cause.squash(exit.cause)
    if (!(error instanceof FeishuError.FeishuError)) return violate(`1 a call ended with ${inspect(error)}`)
    checkSignIn(machine, error)
    if (call.read !== undefined && about !== undefined && !ofOneMeeting.includes(error.code ?? 0))
      call.read.brokenAt ??= now()
    if (error.operation?.startsWith("POST") === true) {
      const { refused, token } = knownOf(machine)
      if (token !== undefined && !refused.has(token.value) && now() < token.goodUntil)
        violate(
          `4 a call fails for want of a token, although ${token.value} is good until ${token.goodUntil}`,
        )
    }
    if (error.reason._tag === "LoginStoreFailed" || error.reason._tag === "SignInRequired") return
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
    const { concurrency = 0, details = false, recordings = false } = read.details ?? {}
    const most = read.readAhead + concurrency * [details, recordings].filter(Boolean).length
    if (++read.underWay > most) violate(`8 ${read.underWay} calls beside each other, ${most} were asked for`)
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
          const call: Call = { sent: [], begun: now(), read: span.read, target: undefined }
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
    checkSignIn,
    sent,
    sentSince: (machine, about, time) =>
      knownOf(machine).lanes[about].sentAt.filter((at) => at >= time).length,
    listener: {
      note,
      sent: (request) => {
        sent.push(request)
        const known = knownOf(request.machine)
        const span = request.span instanceof WatchedSpan ? request.span : undefined
        const read = span?.read
        const { end_time, meeting_no, page_token, start_time } = request.query
        const { target } = request
        note(
          target === undefined
            ? `${known.number}> token ${request.refreshToken ?? ""}`.trimEnd()
            : target.about === "list"
              ? `${known.number}> ${read?.name ?? "?"} ${meeting_no} ${start_time}-${end_time} ${page_token ?? "first page"}`
              : `${known.number}> ${read?.name ?? "?"} ${callOf(target)}`,
        )
        const call = span?.call
        checkSent(request, known, call, read)
        // Another one, which the store has from another machine.
        if (login !== undefined && target !== undefined && request.accessToken !== known.token?.value)
          known.token = undefined
        known.sentAt.push(request.at)
        if (target !== undefined) known.lanes[target.about].sentAt.push(request.at)
        if (call === undefined) return
        if (target !== undefined && call.target === undefined) {
          call.target = target
          if (read !== undefined && target.about === "list") read.begun++
        }
        call.sent.push(request)
      },
      arrived: (request) => {
        const { refreshToken, target } = request
        if (refreshToken !== undefined) {
          const before = refreshes.get(refreshToken) ?? []
          if (before.some(({ isUnderWay }) => isUnderWay))
            violate(`9 two requests with ${refreshToken} are under way`)
          refreshes.set(refreshToken, [...before, request])
        }
        if (target === undefined) return
        const arrived = arrivals[target.about]
        arrived.push(now())
        for (const { millis, requests: most } of windowsOf(scenario, target.about)) {
          const count = arrived.length - (arrived.findLastIndex((at) => at <= now() - millis) + 1)
          if (count > most)
            violate(`3 ${count} requests for ${target.about} in ${millis} ms, ${most} are allowed`)
        }
      },
      abandoned: ({ at, path, refreshToken }, awaited, millis) => {
        const longest = refreshToken === undefined ? deadlines : deadlinesOfRefresh
        if (millis > longest[awaited] + mostLate) violate(`6 ${path} waited ${millis} ms for ${awaited}`)
        const isOver = millis >= atLeast(longest[awaited]) || now() - at >= atLeast(longest.attempt)
        if (refreshToken !== undefined && !isOver)
          violate(`9 the refresh of ${refreshToken} is given up after ${now() - at} ms`)
      },
      answered: (sent, answer) => {
        const known = knownOf(sent.machine)
        const { target } = sent
        const what =
          target === undefined
            ? "token"
            : target.about === "list"
              ? (sent.query["page_token"] ?? "first page")
              : callOf(target)
        note(
          `${known.number}< ${what}: ${answer.status} ${answer.verdict} ${target === undefined ? answer.body : answer.body.length}`,
        )
        if (answer.issued !== undefined && answer.verdict === "success") {
          const { expire, value } = answer.issued
          // Odd values are taken as two hours, less than a minute as one (documented in `TokenCache`).
          const seconds = typeof expire === "number" && (login === undefined || expire >= 0) ? expire : 7_200
          const life = Math.min(Math.max(seconds, 60), 7_200) * 1_000
          const refresh = Math.max(life - 25 * minute, life / 2)
          known.token = {
            value,
            refreshFrom: now() + atLeast(refresh),
            refreshDue: now() + refresh + 5 + ofStore,
            goodUntil: now() + atLeast(life) - ofStore,
            endsAt: now() + life + 5 + ofStore,
          }
        }
        if (sent.refreshToken !== undefined) {
          const { code } = JSON.parse(/^{.*}$/.test(answer.body) ? answer.body : "{}")
          known.refresh = { sent, code }
          if (answer.verdict === "success" || (answer.verdict === "final" && ofOneLogin.includes(code)))
            known.over.add(sent.refreshToken)
        }
        if (target === undefined) return
        if (answer.verdict === "token refused" && sent.accessToken !== undefined)
          known.refused.add(sent.accessToken)
        if (answer.resetSeconds !== undefined && answer.resetSeconds <= longestWait) {
          known.lanes[target.about].gates.set(sent.span, {
            since: now(),
            until: now() + answer.resetSeconds * 1_000,
          })
        }
        const read = sent.span instanceof WatchedSpan ? sent.span.read : undefined
        if (answer.verdict === "success" && read !== undefined) {
          for (const id of idsOf(answer.data)) read.served.add(id)
        }
      },
    },
    atEvent: (left, run) => void awaited.push({ left, run }),
    switchedOff: (machine) => void (knownOf(machine).off = true),
    forgetEvents: () => void (awaited = []),
    stopped: (machine) => void (knownOf(machine).stoppedAt ??= now()),
    isFetchingToken: (machine) => knownOf(machine).fetching > 0,
    refused: (machine, accessToken) => void knownOf(machine).refused.add(accessToken),
    onEvent: (machine, event) => {
      const due = awaited.filter((each) => --each.left < 0)
      if (due.length > 0) awaited = awaited.filter(({ left }) => left >= 0)
      for (const { run } of due) run()
      const { attempt } =
        "operation" in event && event.operation === `POST ${OAuth.userTokenPath}`
          ? deadlinesOfRefresh
          : deadlines
      if (event._tag === "RequestEnded" && event.millis > attempt + mostLate)
        violate(`6 a request took ${event.millis} ms`)
      if (event._tag === "RequestSent") knownOf(machine).toldAt.push(now())
      if (event._tag === "RateLimitRefused" && event.paceMillis >= window / 100) {
        const until = now() + event.resetMillis + window
        // The event does not say which endpoint it is of, but comes from within its call.
        const context = Fiber.getCurrent()?.context ?? Context.empty()
        const span = Option.getOrUndefined(Context.getOption(context, Tracer.ParentSpan))
        const target = span instanceof WatchedSpan ? span.call?.target : undefined
        if (target === undefined) return violate("3 a refusal that belongs to no call")
        knownOf(machine).lanes[target.about].pace = { millis: event.paceMillis, since: now(), until }
      }
      if (event._tag === "Retrying") {
        checkError(event.error)
        checkRetry(event.delayMillis, knownOf(machine))
      } else checkSecrets(`the event ${event._tag}`, JSON.stringify(event))
    },
    onLogLine: (line) => checkSecrets("a log line", line),
    checkTold: (machine) => {
      const { sentAt, toldAt } = knownOf(machine)
      // One that is interrupted between the two was told of and not sent.
      if (toldAt.length < sentAt.length)
        violate(`5 ${sentAt.length} requests were sent, only ${toldAt.length} were told of`)
    },
  }
}
