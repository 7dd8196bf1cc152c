/**
 * What must hold in every world, checked as things happen. Each violation starts with the number of its promise:
 *
 * 1. One stream gives each row at most once, and ends complete or fails with a `FeishuError` that carries a cursor.
 * 2. Joined with its resumes, a read brings every row that was there all the time, and none that is not.
 * 3. No 60 seconds see more requests of this app than its limit allows, and nobody is refused unless others use it.
 * 4. A token is fetched once for all who want it, and only when there is no valid one.
 * 5. Nothing secret is in an error, log line, event or span.
 * 6. It ends, in bounded time and with bounded tries, and does not give up before its tries are used.
 * 7. No fiber, sleep, slot or request is left behind.
 * 8. A read costs a request for each page and for each retry, and no page is read that nobody wants.
 */
import { inspect } from "node:util"
import { Cause, Exit, Option, Tracer } from "effect"
import { type Events, FeishuError, ListByNo } from "@effect-feishu/core"
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
  failed: number
  ended: boolean
}

/** See the members. */
export interface Invariants {
  readonly violations: ReadonlyArray<string>
  readonly violate: (what: string) => void
  readonly listener: Listener
  readonly tracer: (machine: Machine) => Tracer.Tracer
  readonly onEvent: (machine: Machine, event: Events.Event) => void
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
  readonly refreshFrom: number
}

interface Known {
  readonly number: number
  fetching: number
  token: AtHand | undefined
  readonly refused: Set<string>
  readonly sentAt: Array<number>
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
        token: undefined,
        refused: new Set(),
        sentAt: [],
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

  const checkSent = (sent: Sent, known: Known, read: Read | undefined) => {
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
    const { pace, sentAt } = known
    const before = sentAt.at(-1) ?? 0
    if (pace !== undefined && before > pace.since && sent.at < pace.until && sent.at - before < pace.millis) {
      violate(`3 sent ${sent.at - before} ms after another, with a pace of ${pace.millis} ms`)
    }
    if (read === undefined) return
    if (read.ended) violate(`7 ${read.name} sends a request although it has ended`)
    if (read.readAhead > 1) return
    for (const id of read.served) {
      if (!read.rows.has(id))
        return violate(`8 ${read.name} reads on although row ${id} has not been asked for`)
    }
  }

  const onCallEnd = (span: WatchedSpan, call: Call, exit: Exit.Exit<unknown, unknown>) => {
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
    if (transient > mostTransient) violate(`6 a call was tried ${transient} times`)
    if (refused > mostRefusals) violate(`6 a call was refused ${refused} times by the limit`)
    if (token > 2) violate(`4 a call had its token refused ${token} times`)
    if (took > 60 * minute) violate(`6 a call took ${took} ms`)
    if (Exit.isSuccess(exit)) return
    const error = Cause.squash(exit.cause)
    if (!(error instanceof FeishuError.FeishuError)) return violate(`1 a call ended with ${inspect(error)}`)
    if (error.leftAloneSeconds !== undefined || error.operation?.startsWith("POST") === true) return
    if (error.reason._tag === "RateLimited") {
      const early = refused < mostRefusals && took < 15 * minute
      if (early && error.reason.longestWaitSeconds === undefined)
        violate(`6 given up after ${refused} refusals`)
    } else if (
      error.reason.retry === "transient" &&
      transient < mostTransient &&
      error.retryBudgetSpent !== true
    ) {
      violate(`6 given up after ${transient} tries: ${error.message}`)
    }
  }

  const tracer = (machine: Machine) =>
    Tracer.make({
      span: (options) => {
        const span = new WatchedSpan(options)
        if (options.name === "AccessToken.fetch") {
          const known = knownOf(machine)
          if (++known.fetching > 1) violate("4 a token is fetched twice at the same time")
          span.onEnd = () => known.fetching--
        }
        if (options.name === "FeishuClient.call") {
          const call: Call = { sent: [], begun: now(), read: span.read }
          span.call = call
          if (call.read !== undefined) call.read.begun++
          span.onEnd = (exit) => {
            for (const [key, value] of span.attributes) checkSecrets(`span attribute ${key}`, String(value))
            onCallEnd(span, call, exit)
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
        checkSent(sent, known, read)
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
      answered: (sent, answer) => {
        const known = knownOf(sent.machine)
        note(
          `${known.number}< ${sent.path === ListByNo.path ? (sent.query["page_token"] ?? "first page") : "token"}: ${answer.status} ${answer.verdict} ${sent.path === ListByNo.path ? answer.body.length : answer.body}`,
        )
        if (answer.issued !== undefined && answer.verdict === "success") {
          const { expire, value } = answer.issued
          // Odd values are taken as two hours, less than a minute as one (documented in `TokenCache`).
          const life = Math.min(Math.max(typeof expire === "number" ? expire : 7_200, 60), 7_200) * 1_000
          known.token = { value, refreshFrom: now() + Math.max(life - 25 * minute, life / 2) }
        }
        if (sent.path !== ListByNo.path) return
        if (answer.verdict === "token refused" && sent.accessToken !== undefined)
          known.refused.add(sent.accessToken)
        if (answer.resetSeconds !== undefined && answer.resetSeconds <= 300) {
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
    onEvent: (machine, event) => {
      if (event._tag === "RequestSent") knownOf(machine).told++
      if (event._tag === "RateLimitRefused" && event.paceMillis >= window / 100) {
        const until = now() + event.resetMillis + window
        knownOf(machine).pace = { millis: event.paceMillis, since: now(), until }
      }
      if (event._tag === "Retrying") checkError(event.error)
      else checkSecrets(`the event ${event._tag}`, JSON.stringify(event))
    },
    onLogLine: (line) => checkSecrets("a log line", line),
    checkTold: (machine) => {
      const { sent, told } = knownOf(machine)
      // One that is interrupted between the two was told of and not sent.
      if (told < sent) violate(`5 ${sent} requests were sent, only ${told} were told of`)
    },
  }
}
