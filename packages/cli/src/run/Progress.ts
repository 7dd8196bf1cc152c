/** The progress of a run: one line that is replaced on a terminal, a line every 30 seconds elsewhere, or JSON lines. */
import * as CliOutput from "effect/cli/CliOutput"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type Events, GetMeeting, GetRecording, ListByNo, RateLimit } from "@effect-feishu/core"
import { meaningOf } from "../failure/explain.ts"
import * as Flags from "../input/Flags.ts"
import * as Language from "../language/Language.ts"
import { count, isPace, readsMore, Run, type State } from "./RunState.ts"
import { Stderr } from "../console/Stderr.ts"
import { CurrentVerbosity } from "../console/Verbosity.ts"
import { json } from "@effect-feishu/terminal/VisibleText"
import { many, timeOfDay } from "../language/phrases.ts"

/** The ways to show progress. `auto` chooses one by what standard error is. */
export type Mode = (typeof modes)[number]
const modes = ["auto", "json", "none"] as const

/** Makes the flag `--progress`. */
export const flag = (language: Language.Language) => Flags.choice("progress", modes, words[language].flag)

/** The progress of a run. */
export interface Progress {
  /** Counts an event, and shows it where it matters. */
  readonly listen: (event: Events.Event) => Effect.Effect<void>
  /** To be called when a page was written. */
  readonly pageWritten: Effect.Effect<void>
}

/** Starts showing progress, until the scope ends. The default mode is `auto`, or `none` with `--quiet`. */
export const start = Effect.fnUntraced(function* (options: {
  readonly mode: Mode | undefined
  /** Requests a minute. */
  readonly rateLimit: number | undefined
  /** Milliseconds for which requests of an earlier run still count for the limit. */
  readonly restingMillis: number
}): Effect.fn.Return<Progress, never, Run | Stderr | Scope.Scope> {
  const run = yield* Run
  const stderr = yield* Stderr
  const language = yield* Language.CurrentLanguage
  const say = words[language]
  const verbosity = yield* CurrentVerbosity
  const mode = options.mode ?? (verbosity === "quiet" ? "none" : "auto")
  const live = mode === "auto" && stderr.live
  const pace = new Pace(options.rateLimit ?? ListByNo.rateLimit, options.restingMillis)

  const record = (progress: string, more: object = {}) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      stderr.line(json({ progress, ...recordOf(run, pace, now), ...more })),
    )
  const line = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const parts = partsOf(run, pace, now, say).map(({ text }) => text)
    return stderr.line(parts.join(say.comma), { text: say.label, color: "cyan" })
  })
  const draw = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const parts = partsOf(run, pace, now, say)
    return stderr.progress((columns) => fitting(parts, columns, say.comma))
  })

  // Many requests may wait in parallel: a wait is announced only when no other one is under way.
  const announced = new Map<Events.Event["_tag"], number>()
  const isNew = ({ _tag }: Events.Event, now: number, until: number): boolean => {
    if ((announced.get(_tag) ?? 0) > now) return false
    announced.set(_tag, until)
    return true
  }
  const why = (): string => (pace.waitsForEarlier ? `${say.colon}${say.earlier}` : "")
  const showInWords = Effect.fnUntraced(function* (event: Events.Event) {
    if (verbosity === "verbose") {
      const line = say.event(event)
      const text = line === undefined || event._tag !== "RateLimitWaiting" ? line : `${line}${why()}`
      const time = `${timeOfDay(yield* Clock.currentTimeMillis)} `
      if (text !== undefined) yield* stderr.line(text, { text: time, color: "gray" })
    } else if (mode === "auto" && !stderr.live) {
      const wait = waitOf(event)
      // A shorter wait is not noticed.
      const until = run.waitingUntil
      if (
        wait >= 1_000 &&
        !isPace(run, event) &&
        until !== undefined &&
        isNew(event, yield* Clock.currentTimeMillis, until)
      ) {
        yield* stderr.line(say.waiting(timeOfDay(until), Math.ceil(wait / 1_000)) + why())
      }
    }
    if (live) yield* draw
  })
  const show = (event: Events.Event): Effect.Effect<void> => {
    if (mode !== "json") return showInWords(event)
    const [progress, more] = isPace(run, event) ? [] : (detailOf(event, pace) ?? [])
    return progress === undefined ? Effect.void : record(progress, more)
  }

  if (mode !== "none") {
    const again = live ? draw : mode === "json" ? record("running") : line
    const pause = live ? "1 second" : "30 seconds"
    yield* Effect.forkScoped(Effect.delay(Effect.repeat(again, Schedule.spaced(pause)), pause))
    yield* Effect.addFinalizer(() => stderr.clear)
  }
  return {
    listen: Effect.fnUntraced(function* (event) {
      pace.heard(event, yield* Clock.currentTimeMillis)
      yield* count(run, event)
      yield* show(event)
    }),
    pageWritten: mode === "json" ? record("page") : live ? draw : Effect.void,
  }
})

/** The operations that are about one meeting. */
const ofOneMeeting: ReadonlySet<string> = new Set([`GET ${GetMeeting.path}`, `GET ${GetRecording.path}`])

/** Measures how fast requests are sent, and whether they are answered. */
class Pace {
  readonly limit: number
  /** True while requests wait for a slot that an earlier run has used. */
  waitsForEarlier = false
  /** False after a refusal: a wait may then be for the pace instead. */
  #mayWaitForEarlier: boolean
  #first: number | undefined
  #lastMinute: Array<number> = []
  /** The requests for lists among those: details and recordings have limits of their own. */
  #lists: Array<number> = []
  #open = 0
  #heardAt = 0

  constructor(limit: number, restingMillis: number) {
    this.limit = limit
    this.#mayWaitForEarlier = restingMillis > 0
  }
  heard(event: Events.Event, now: number): void {
    this.#heardAt = now
    switch (event._tag) {
      case "RateLimitWaiting": {
        // No slot that this run has used is free before its rest is over: a shorter wait is for a slot of an earlier run, or
        // for one of a second.
        const first = this.#first ?? Number.POSITIVE_INFINITY
        const isForOwn =
          now + event.millis >= first + RateLimit.restMillis("answered") ||
          (Number.isFinite(first) && event.millis <= RateLimit.restMillis("answered", { window: "1 second" }))
        this.waitsForEarlier = this.#mayWaitForEarlier && !isForOwn
        return
      }
      case "RateLimitRefused":
        this.#mayWaitForEarlier = this.waitsForEarlier = false
        return
      case "RequestEnded":
        this.#open--
        return
      case "RequestSent":
        this.waitsForEarlier = false
        this.#open++
        this.#first ??= now
        this.#lastMinute.push(now)
        if (!ofOneMeeting.has(event.operation)) this.#lists.push(now)
    }
  }
  /** Returns the seconds without any event while a request waits for its answer. */
  silentSeconds(now: number): number {
    return this.#open > 0 ? Math.floor((now - this.#heardAt) / 1_000) : 0
  }
  /** Returns when the requests for lists of the last 60 seconds were sent. */
  recentLists(now: number): ReadonlyArray<number> {
    this.#lists = this.#lists.filter((at) => at > now - 60_000)
    return this.#lists
  }
  /** Returns the requests of the last minute; `undefined` in the first second, when there is nothing to measure. */
  perMinute(now: number): number | undefined {
    this.#lastMinute = this.#lastMinute.filter((at) => at > now - 60_000)
    return this.#inMinute(this.#lastMinute.length, now)
  }
  /** True when requests have been sent for a minute or longer. */
  isMinute(now: number): boolean {
    return this.#first !== undefined && now - this.#first >= 60_000
  }
  /** Returns the requests for lists among those. */
  listsPerMinute(now: number): number | undefined {
    return this.#inMinute(this.recentLists(now).length, now)
  }

  #inMinute(requests: number, now: number): number | undefined {
    const elapsed = this.#first === undefined ? 0 : Math.min(now - this.#first, 60_000)
    return elapsed < 1_000 ? undefined : Math.round((requests * 60_000) / elapsed)
  }
}

/**
 * Returns the seconds that the rest takes at least: a request for each window that was not begun, at the pace so far, and
 * no faster than the limit allows. How many pages those windows have is not known before they are read.
 */
const secondsLeft = (run: State, pace: Pace, now: number): number | undefined => {
  const requests = run.plannedWindows === undefined ? 0 : run.plannedWindows - run.windowsRead.size
  const perMinute = pace.listsPerMinute(now)
  if (requests <= 0 || !perMinute) return undefined
  const recent = pace.recentLists(now)
  const byLimit =
    RateLimit.leastMillis(recent.length + requests, { requests: pace.limit }) - (now - (recent[0] ?? now))
  const wait = (run.waitingUntil ?? now) - now
  return Math.ceil(Math.max(byLimit, wait, (requests / perMinute) * 60_000) / 1_000)
}

/**
 * Returns the requests a minute that are worth showing. Those for details come in bursts, since their limit of a second allows
 * three times that of a minute: nothing follows from less than a minute.
 */
const rateOf = (run: State, pace: Pace, now: number): number | undefined =>
  readsMore(run) && !pace.isMinute(now) ? undefined : pace.perMinute(now)

/** Seconds without an answer after which progress says so. */
const leastSilence = 5

/** A part of a progress line. */
export interface Part {
  readonly text: string
  /** The lower, the earlier it is left out where there is little room. */
  readonly weight: number
}

const partsOf = (
  run: State,
  pace: Pace,
  now: number,
  say: Language.Say<typeof words>,
): ReadonlyArray<Part> => {
  const left = secondsLeft(run, pace, now)
  const rate = rateOf(run, pace, now)
  const until = run.waitingUntil
  const isWaiting = until !== undefined && until > now
  const silent = pace.silentSeconds(now)
  const isSilent = !isWaiting && silent >= leastSilence
  return [
    {
      text: run.ids === undefined ? say.meetings(run.meetings) : say.meetingsOf(run.meetings, run.ids.length),
      weight: 7,
    },
    ...(run.plannedWindows !== undefined && run.plannedWindows > 1
      ? [{ text: say.windows(Math.max(1, run.windowsRead.size), run.plannedWindows), weight: 4 }]
      : []),
    { text: say.requests(run.requests), weight: 2 },
    // Neither means anything while Feishu does not answer.
    ...(rate === undefined || isSilent ? [] : [{ text: say.rate(rate), weight: 1 }]),
    ...(left === undefined || left < 5 || isSilent ? [] : [{ text: say.left(left), weight: 3 }]),
    ...(isWaiting ? [{ text: say.waitingUntil(timeOfDay(until)), weight: 6 }] : []),
    ...(isWaiting && pace.waitsForEarlier ? [{ text: say.earlier, weight: 5 }] : []),
    ...(isSilent ? [{ text: say.silent(silent), weight: 6 }] : []),
  ]
}

/** Returns as many parts as there is room for, the most important first; of a single part, as much as fits. */
export const fitting = (parts: ReadonlyArray<Part>, columns: number, comma: string): string => {
  const kept = new Set<Part>()
  const textOf = (shown: ReadonlySet<Part>) =>
    parts
      .filter((part) => shown.has(part))
      .map(({ text }) => text)
      .join(comma)
  for (const part of parts.toSorted((a, b) => b.weight - a.weight)) {
    if (CliOutput.displayWidth(textOf(new Set([...kept, part]))) > columns) break
    kept.add(part)
  }
  return kept.size > 0 ? textOf(kept) : beginning(parts[0]?.text ?? "", columns)
}

/** Returns the beginning of a text that fits into that many columns. */
const beginning = (text: string, columns: number): string => {
  let kept = ""
  for (const character of text) {
    if (CliOutput.displayWidth(kept + character) > columns) break
    kept += character
  }
  return kept
}

/** Returns the milliseconds of the wait for the rate limit that an event begins. */
const waitOf = (event: Events.Event): number =>
  event._tag === "RateLimitWaiting" ? event.millis : event._tag === "RateLimitRefused" ? event.resetMillis : 0

const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

/** Returns the fields of every JSON line. */
const recordOf = (run: State, pace: Pace, now: number) => ({
  time: iso(now),
  ...(readsMore(run) ? { meetings: run.meetings } : {}),
  rows: run.rows,
  windows: run.windowsRead.size,
  plannedWindows: run.plannedWindows,
  requests: run.requests,
  retries: run.retries,
  requestsPerMinute: rateOf(run, pace, now),
  leastSecondsLeft: secondsLeft(run, pace, now),
  waitingUntil: run.waitingUntil === undefined ? undefined : iso(run.waitingUntil),
})

/** Returns the name and further fields of an event that gets a JSON line. A page gets its line when it was written. */
const detailOf = (event: Events.Event, pace: Pace): readonly [string, object] | undefined => {
  switch (event._tag) {
    case "RateLimitWaiting":
      return [
        "wait",
        { waitMs: Math.round(event.millis), ...(pace.waitsForEarlier ? { reason: "EarlierRun" } : {}) },
      ]
    case "RateLimitRefused":
      return ["refused", { waitMs: Math.round(event.resetMillis), logId: event.logId }]
    case "TimeUnreachable": {
      const { from, meetingNo, to } = event
      return ["unreachable", { meetingNo, from: iso(from * 1_000), to: iso(to * 1_000) }]
    }
    case "Retrying": {
      const { code, logId, reason } = event.error
      return ["retry", { reason: reason._tag, code, logId, waitMs: Math.round(event.delayMillis) }]
    }
  }
}

const inUnits =
  (second: string, minute: string, hour: string) =>
  (seconds: number): string => {
    if (seconds < 60) return `${seconds} ${second}`
    const minutes = Math.ceil(seconds / 60)
    const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
    return [...(hours > 0 ? [`${hours} ${hour}`] : []), ...(rest > 0 ? [`${rest} ${minute}`] : [])].join(" ")
  }

const [english, chinese] = [inUnits("s", "min", "h"), inUnits("秒", "分钟", "小时")]

const words = Language.words({
  en: {
    flag: "How progress is shown on standard error; default: auto, which is one line on a terminal and a line every 30 s elsewhere. json: a line for each page, wait and retry",
    label: "progress: ",
    comma: ", ",
    meetings: (number: number) => many(number, "meeting"),
    meetingsOf: (done: number, all: number) => `${done} of ${many(all, "meeting")}`,
    windows: (done: number, all: number) => `90-day period ${done} of ${all}`,
    requests: (number: number) => many(number, "request"),
    rate: (perMinute: number) => `${perMinute}/min`,
    left: (seconds: number) => `at least ${english(seconds)} left`,
    waitingUntil: (time: string) => `waiting until ${time}`,
    silent: (seconds: number) => `no answer for ${seconds} s`,
    waiting: (time: string, seconds: number) => `waiting for the rate limit until ${time} (${seconds} s)`,
    colon: ": ",
    earlier: "requests of the previous run still count",
    event: (event: Events.Event) => {
      switch (event._tag) {
        case "RequestEnded": {
          const { logId, millis, operation, outcome, status } = event
          const http = status === undefined ? "" : `, HTTP ${status}`
          const log = logId === undefined ? "" : `, log id ${logId}`
          return `${operation}: ${outcome}${http}, ${Math.round(millis)} ms${log}`
        }
        case "Retrying":
          return `retrying in ${Math.round(event.delayMillis)} ms: ${meaningOf(event.error, "en")}`
        case "RateLimitWaiting":
          return `waiting for the rate limit: ${Math.round(event.millis)} ms`
        case "TokenFetched":
          return `new access token, valid for ${english(Math.round(event.expiresInMillis / 1_000))}`
        case "PageRead":
          return `meeting ${event.meetingNo}, 90-day period ${event.window + 1} of ${event.windows}: a page of ${many(event.rows, "meeting")}`
        case "RateLimitRefused":
        case "RequestSent":
        case "RateLimitWaited":
        case "TimeUnreachable":
        case "OldWindowEmpty":
          return undefined
      }
    },
  },
  zh: {
    flag: "标准错误上如何显示进度；默认 auto：终端上为一行，其他情况每 30 秒一行。json：每页、每次等待和重试各一行",
    label: "进度：",
    comma: "，",
    meetings: (number) => `${number} 场会议`,
    meetingsOf: (done, all) => `${done}/${all} 场会议`,
    windows: (done, all) => `时间段 ${done}/${all}`,
    requests: (number) => `${number} 次请求`,
    rate: (perMinute) => `每分钟 ${perMinute} 次`,
    left: (seconds) => `至少还需 ${chinese(seconds)}`,
    waitingUntil: (time) => `等待至 ${time}`,
    silent: (seconds) => `${seconds} 秒未收到响应`,
    waiting: (time, seconds) => `等待频率限制重置，至 ${time}（${seconds} 秒）`,
    colon: "：",
    earlier: "上一次运行的请求仍计入频率限制",
    event: (event) => {
      switch (event._tag) {
        case "RequestEnded": {
          const { logId, millis, operation, outcome, status } = event
          const http = status === undefined ? "" : `，HTTP ${status}`
          const log = logId === undefined ? "" : `，日志 ID ${logId}`
          return `${operation}：${outcome === "Success" ? "成功" : outcome}${http}，${Math.round(millis)} 毫秒${log}`
        }
        case "Retrying":
          return `${Math.round(event.delayMillis)} 毫秒后重试：${meaningOf(event.error, "zh")}`
        case "RateLimitWaiting":
          return `等待频率限制：${Math.round(event.millis)} 毫秒`
        case "TokenFetched":
          return `已获取新的访问凭证，有效期 ${chinese(Math.round(event.expiresInMillis / 1_000))}`
        case "PageRead":
          return `会议号 ${event.meetingNo}，时间段 ${event.window + 1}/${event.windows}：本页 ${event.rows} 场会议`
        case "RateLimitRefused":
        case "RequestSent":
        case "RateLimitWaited":
        case "TimeUnreachable":
        case "OldWindowEmpty":
          return undefined
      }
    },
  },
})
