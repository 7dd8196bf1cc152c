/**
 * Requests to the Feishu that is being looked at: one after the other, with a pause between them, a deadline each, and
 * never more than were announced. A refusal for the rate limit is waited for.
 */
import * as http from "node:http"
import * as https from "node:https"
import { ErrorCodes, ListByNo, ResponseHeaders } from "@effect-feishu/contract"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as JsonText from "../protocol/JsonText.ts"
import { type Answer, codeOf } from "./Answer.ts"

/** A check cannot be decided, because of this; with this it could. */
export class Undecided extends Data.TaggedError("Undecided")<{
  /** A clause: "there is no second page". */
  readonly because: string
  /** An imperative: "give a --meeting-no with more meetings". */
  readonly give?: string | undefined
}> {}

/** No answer came, twice. */
export class Unreachable extends Data.TaggedError("Unreachable")<{
  /** The system's code, such as ECONNREFUSED. */
  readonly code: string
}> {}

/** The app and the token to ask with. */
export interface Credentials {
  readonly app: { readonly id: string; readonly secret: Redacted.Redacted<string> } | undefined
  /** Given, and then used instead of one that the app gets. */
  readonly token: Redacted.Redacted<string> | undefined
}

/** What to ask, and how. */
export interface Options {
  /** Without a slash at the end. */
  readonly baseUrl: string
  /** Where OAuth's unified tokens come from; without a slash at the end. */
  readonly oauthBaseUrl: string
  readonly credentials: Credentials
  /** Nine digits, or `undefined`: then a number that nobody has. */
  readonly meetingNo: string | undefined
  /** Exceed the rate limit once. */
  readonly exhaustLimit: boolean
  /** Milliseconds between two requests. */
  readonly pauseMillis: number
  /** How many requests there may be. */
  readonly atMost: number
  /** The variables of a proxy, as Node's agent takes them; without them there is none. */
  readonly proxy?: Readonly<Record<string, string | undefined>> | undefined
  /** Told while it waits. */
  readonly onWait: (words: string) => Effect.Effect<void>
}

/** Fields of a query, in order; a field may be there twice. */
export type Query = ReadonlyArray<readonly [name: string, value: string]>

interface Sent {
  readonly method?: "GET" | "POST"
  readonly authorization?: string | undefined
  readonly body?: string
  readonly contentType?: string
  readonly host?: "api" | "oauth"
  /** Without pauses, and a refusal is an answer like any other. */
  readonly atOnce?: boolean
}

/** See the members. */
export interface Feishu {
  readonly options: Options
  /** Sends a request. It fails where nothing can be learned from what comes. */
  readonly send: (path: string, sent?: Sent) => Effect.Effect<Answer, Undecided | Unreachable>
  /** Its time in unix seconds, by the last answer's date. */
  readonly now: Effect.Effect<number>
  /** How many requests there were. */
  readonly requests: () => number
  /** Refusals for the rate limit that came by the way. */
  readonly refusals: ReadonlyArray<Answer>
  /** That the month's calls are used up, if it was told so. */
  readonly quotaRefusal: () => Answer | undefined
}

const deadlineMillis = 30_000
const longestWaitSeconds = 300
const mostBytes = 8 * 1024 * 1024

/** Begins. */
export const make = (options: Options): Feishu => {
  let requests = 0
  let lastSentAt = Number.NEGATIVE_INFINITY
  let ahead = 0
  let lost = 0
  let quotaRefusal: Answer | undefined
  const refusals: Array<Answer> = []
  const secure = new https.Agent({
    keepAlive: true,
    proxyEnv: { ...options.proxy },
    autoSelectFamilyAttemptTimeout,
  })

  const once = Effect.fnUntraced(function* (path: string, sent: Sent) {
    if (lost >= 3) return yield* new Undecided({ because: "no answer came three times running" })
    if (requests >= options.atMost) {
      return yield* new Undecided({
        because: `the ${options.atMost} requests that were announced are used up`,
      })
    }
    const pause = lastSentAt + options.pauseMillis - (yield* Clock.currentTimeMillis)
    if (sent.atOnce !== true && pause > 0) yield* Effect.sleep(Math.min(pause, options.pauseMillis))
    requests++
    lastSentAt = yield* Clock.currentTimeMillis
    const base = sent.host === "oauth" ? options.oauthBaseUrl : options.baseUrl
    const answer = yield* exchange(new URL(base + path), sent, secure).pipe(
      Effect.tapError(() => Effect.sync(() => lost++)),
    )
    lost = 0
    const date = DateTime.make(answer.headers["date"] ?? "")
    if (Option.isSome(date)) {
      const millis = DateTime.toEpochMillis(date.value) - (yield* Clock.currentTimeMillis)
      ahead = Math.floor(millis / 1000)
    }
    return answer
  })

  const send = Effect.fnUntraced(function* (path: string, sent: Sent = {}) {
    if (quotaRefusal !== undefined && path.startsWith(ListByNo.path) && sent.authorization !== undefined) {
      return yield* new Undecided({ because: "the month's calls are used up" })
    }
    for (let refused = 0; ; refused++) {
      let answer = yield* once(path, sent).pipe(Effect.catchTag("Unreachable", () => once(path, sent)))
      // What passes by itself is no finding.
      if (isTransient(answer)) answer = yield* once(path, sent)
      const code = codeOf(answer)
      if (code === 99991403) {
        quotaRefusal = answer
        return yield* new Undecided({ because: "the month's calls are used up" })
      }
      if (code !== 99991400 || sent.atOnce === true) return answer
      refusals.push(answer)
      const seconds = resetOf(answer)
      if (refused === 3 || seconds > longestWaitSeconds) {
        return yield* new Undecided({
          because: "the rate limit refuses, again and again",
          give: "stop other programs of this app, and try again",
        })
      }
      yield* options.onWait(`refused for the rate limit: waiting ${seconds} s`)
      yield* Effect.sleep(`${seconds} seconds`)
    }
  })

  return {
    options,
    send,
    now: Effect.map(Clock.currentTimeMillis, (millis) => Math.floor(millis / 1000) + ahead),
    requests: () => requests,
    refusals,
    quotaRefusal: () => quotaRefusal,
  }
}

const isTransient = (answer: Answer): boolean =>
  answer.status >= 500 || ErrorCodes.find(codeOf(answer) ?? 0)?.retry === "transient"

/** Seconds until a request may pass again; a window where the answer does not say. */
export const resetOf = ({ headers }: Answer): number => {
  const text = headers[ResponseHeaders.rateLimitReset] ?? headers["retry-after"] ?? ""
  return /^\d{1,6}$/.test(text) ? Math.max(1, Number(text)) : ListByNo.rateLimitWindowSeconds
}

/** For each address of a host but the last. Node's own 250 ms are too short for some who are far away. */
const autoSelectFamilyAttemptTimeout = 2_500

// Plain http is for this machine and containers beside it, which no proxy leads to.
const plain = new http.Agent({ keepAlive: true, autoSelectFamilyAttemptTimeout })

/** One request. `fetch` refuses a GET with a body, which the official SDK sends. No redirect is followed. */
const exchange = (url: URL, sent: Sent, secure: https.Agent): Effect.Effect<Answer, Unreachable> =>
  Effect.callback<Answer, Unreachable>((resume, signal) => {
    const fail = ({ code, name }: NodeJS.ErrnoException) =>
      // Of a deadline Node says that the request was aborted.
      resume(Effect.fail(new Unreachable({ code: code === "ABORT_ERR" ? "ETIMEDOUT" : (code ?? name) })))
    const { authorization, body, contentType = "application/json; charset=utf-8", method = "GET" } = sent
    const request = (url.protocol === "http:" ? http : https).request(
      url,
      {
        agent: url.protocol === "http:" ? plain : secure,
        method,
        headers: {
          ...(authorization === undefined ? {} : { authorization }),
          ...(body === undefined
            ? {}
            : { "content-type": contentType, "content-length": Buffer.byteLength(body) }),
        },
        // The time of the machine: waiting for an answer is no part of the clock that pauses follow.
        signal: AbortSignal.any([signal, AbortSignal.timeout(deadlineMillis)]),
      },
      (response) => {
        const chunks: Array<Buffer> = []
        let bytes = 0
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length
          if (bytes > mostBytes)
            request.destroy(Object.assign(new Error("too large"), { code: "a body over 8 MiB" }))
          else chunks.push(chunk)
        })
        response.on("error", fail)
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8")
          resume(
            Effect.succeed({
              status: response.statusCode ?? 0,
              headers: Object.fromEntries(
                Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
              ),
              headerNames: response.rawHeaders.filter((_, index) => index % 2 === 0),
              text,
              json: JsonText.parsed(text),
            }),
          )
        })
      },
    )
    request.on("error", fail)
    request.end(body)
  })
