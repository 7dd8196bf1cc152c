/**
 * Sends requests to the Feishu under test: one after the other, with a pause in between, each with a deadline, and never
 * more than were announced. After a refusal for the rate limit it waits and sends again.
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
import * as Operations from "../protocol/Operations.ts"
import * as JsonText from "../protocol/JsonText.ts"
import { type Answer, codeOf } from "./Answer.ts"

/** The reason why a check cannot be decided, and what would decide it. */
export class Undecided extends Data.TaggedError("Undecided")<{
  /** A clause: "there is no second page". */
  readonly because: string
  /** An imperative: "give a --meeting-no with more meetings". */
  readonly give?: string | undefined
}> {}

/** The failure when two attempts got no answer. */
export class Unreachable extends Data.TaggedError("Unreachable")<{
  /** The operating system's code, such as ECONNREFUSED. */
  readonly code: string
}> {}

/** The app and the access token to use. */
export interface Credentials {
  readonly app: { readonly id: string; readonly secret: Redacted.Redacted<string> } | undefined
  /** An access token that is used instead of one that the app gets. */
  readonly token: Redacted.Redacted<string> | undefined
}

/** The Feishu to test, and the way to test it. */
export interface Options {
  /** The base URL of the API, without a slash at the end. */
  readonly baseUrl: string
  /** The base URL of the unified OAuth endpoint, without a slash at the end. */
  readonly oauthBaseUrl: string
  readonly credentials: Credentials
  /** Nine digits, or `undefined` for a number that is not in use. */
  readonly meetingNo: string | undefined
  /** True to exceed the rate limit once. */
  readonly exhaustLimit: boolean
  /** The pause between two requests, in milliseconds. */
  readonly pauseMillis: number
  /** The most requests to send. */
  readonly atMost: number
  /** The environment variables of a proxy, as Node's agent reads them; without them no proxy is used. */
  readonly proxy?: Readonly<Record<string, string | undefined>> | undefined
  /** Called with a sentence before each longer wait. */
  readonly onWait: (words: string) => Effect.Effect<void>
}

/** The fields of a query, in order; a field may occur twice. */
export type Query = ReadonlyArray<readonly [name: string, value: string]>

interface Sent {
  readonly method?: "GET" | "POST"
  readonly authorization?: string | undefined
  readonly body?: string
  readonly contentType?: string
  readonly host?: "api" | "oauth"
  /** True to send without a pause, and to return a refusal like any other answer. */
  readonly atOnce?: boolean
}

/** The Feishu under test. */
export interface Feishu {
  readonly options: Options
  /** Sends a request. Fails when the answer cannot decide anything. */
  readonly send: (path: string, sent?: Sent) => Effect.Effect<Answer, Undecided | Unreachable>
  /** Feishu's time in unix seconds, by the date of the last answer. */
  readonly now: Effect.Effect<number>
  /** Returns the number of requests that were sent. */
  readonly requests: () => number
  /** The refusals for the rate limit that no check provoked. */
  readonly refusals: ReadonlyArray<Answer>
  /** Returns the answer that reported the month's calls as used up, or `undefined`. */
  readonly quotaRefusal: () => Answer | undefined
}

const deadlineMillis = 30_000
const longestWaitSeconds = 300
const mostBytes = 8 * 1024 * 1024

/** Opens a session with the Feishu under test. */
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
    if (lost >= 3) return yield* new Undecided({ because: "three requests in a row had no answer" })
    if (requests >= options.atMost) {
      return yield* new Undecided({
        because: `the ${options.atMost} announced requests are used up`,
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
    if (quotaRefusal !== undefined && isRead(sent, path) && sent.authorization !== undefined) {
      return yield* new Undecided({ because: "the month's calls are used up" })
    }
    for (let refused = 0; ; refused++) {
      let answer = yield* once(path, sent).pipe(Effect.catchTag("Unreachable", () => once(path, sent)))
      // A temporary failure says nothing about the fact, so the request is sent again.
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
          because: "the rate limit refuses again and again",
          give: "stop other programs that use this app, and try again",
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

/** True for a request to an endpoint that reads, whose calls count. */
const isRead = ({ method = "GET" }: Sent, path: string): boolean => {
  const found = Operations.find(method, path.split("?", 1)[0] ?? "")
  return found !== undefined && Operations.isRead(found.operation)
}

const isTransient = (answer: Answer): boolean =>
  answer.status >= 500 || ErrorCodes.find(codeOf(answer) ?? 0)?.retry === "transient"

/** Returns the seconds until a request may pass again; a whole window when the answer does not name them. */
export const resetOf = ({ headers }: Answer): number => {
  const text = headers[ResponseHeaders.rateLimitReset] ?? headers["retry-after"] ?? ""
  return /^\d{1,6}$/.test(text) ? Math.max(1, Number(text)) : ListByNo.rateLimitWindowSeconds
}

/** Milliseconds to connect to each address of a host except the last. Node's default of 250 ms is too short over long distances. */
const autoSelectFamilyAttemptTimeout = 2_500

// Plain http is for this machine and its containers, which are reached without a proxy.
const plain = new http.Agent({ keepAlive: true, autoSelectFamilyAttemptTimeout })

/** Sends one request, and follows no redirect. `fetch` would refuse a GET with a body, which the official SDK sends. */
const exchange = (url: URL, sent: Sent, secure: https.Agent): Effect.Effect<Answer, Unreachable> =>
  Effect.callback<Answer, Unreachable>((resume, signal) => {
    const fail = ({ code, name }: NodeJS.ErrnoException) =>
      // Node reports an exceeded deadline as an aborted request.
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
        // The deadline is in the machine's time: the clock of the pauses may be virtual, and does not advance during a request.
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
