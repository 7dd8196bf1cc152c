/**
 * One attempt on the wire: send, read the whole body under deadlines and a size cap, nothing judged yet.
 *
 * Errors of the HTTP client are translated here and never carried on: their message, JSON and inspected form
 * contain the URL and the request's body, and with that the app secret.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as ResponseHeaders from "@effect-feishu/contract/ResponseHeaders"
import type { FeishuConfig } from "../FeishuConfig.ts"
import type { Delivery } from "../Events.ts"
import { monotonicMillis } from "./monotonic.ts"
import type { Watchdog } from "./Watchdog.ts"
import { contractViolation, FeishuError, type TransportFailed } from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"
import { checkedLogId, type Secrets, showable } from "./ServerText.ts"
import * as TransportFault from "./TransportFault.ts"

/** An answer as it came, its body as text. */
export interface Answer {
  readonly status: number
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  readonly logId: string | undefined
}

/** What the HTTP client knows before anything is sent: fails where a request to this URL cannot be. */
export const CheckRoute = Context.Reference<(url: string) => Effect.Effect<unknown, FeishuError>>(
  "@effect-feishu/core/Transport/CheckRoute",
  { defaultValue: () => () => Effect.void },
)

/** Sends a request and reads its answer. Redirects are not followed: the token is for one host only. */
export const send = (attempt: Attempt): Effect.Effect<Answer, FeishuError> => {
  const progress: Progress = { lastByte: undefined }
  return Effect.updateContext(
    attempt.watchdog.watch(exchange(attempt, progress), (time) => overdue(attempt, progress, time)),
    quietly,
  )
}

/** One attempt: what is sent, and by what. */
export interface Attempt {
  readonly client: HttpClient.HttpClient
  readonly config: FeishuConfig["Service"]
  readonly watchdog: Watchdog
  readonly request: HttpClientRequest.HttpClientRequest
  /** The secrets in the request: a server may repeat them. */
  readonly secrets: Secrets
  /** In monotonic milliseconds, as all times here. */
  readonly started: number
}

/** How far an attempt has come. */
interface Progress {
  lastByte: number | undefined
}

const quietly = <R>(context: Context.Context<R>): Context.Context<R> =>
  context.pipe(
    // The client's own span would record the URL, and its trace header would go to Feishu.
    Context.add(HttpClient.TracerDisabledWhen, () => true),
    // For the one client that follows redirects unless it is told not to.
    Context.add(FetchHttpClient.RequestInit, {
      ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
      redirect: "manual",
    }),
  )

const exchange = Effect.fnUntraced(function* (
  attempt: Attempt,
  progress: Progress,
): Effect.fn.Return<Answer, FeishuError> {
  const { client, request, secrets } = attempt
  const response = yield* Effect.mapError(
    client.execute(HttpClientRequest.setHeader(request, "accept-encoding", "gzip")),
    (error) => failed(request, error),
  )
  progress.lastByte = yield* monotonicMillis
  const { headers, status } = response
  const logId = checkedLogId(headers[ResponseHeaders.logId] ?? headers[ResponseHeaders.requestId], secrets)
  return yield* read(attempt, progress, response, headers, logId).pipe(
    Effect.flatMap((body) => {
      const fault = status === 400 ? faultOfTls(request.url, body.slice(0, 2_000)) : undefined
      return fault === undefined
        ? Effect.succeed<Answer>({ status, headers, body, logId })
        : Effect.fail(TransportFault.transportFailed(request.url, fault))
    }),
    Effect.catchIf(
      // The status of a failure says enough: that its body cannot be read must not hide it.
      (error) => status >= 400 && error.reason._tag === "ContractViolation",
      () => Effect.succeed({ status, headers, body: "", logId }),
    ),
  )
})

/** What a server in front of Feishu says in an answer although it is one of TLS: in the words of nginx, Apache and Go. */
const faultOfTls = (url: string, body: string): TransportFailed["fault"] | undefined => {
  if (url.startsWith("https:")) {
    return /No required SSL certificate was sent/i.test(body) ? "client certificate required" : undefined
  }
  return /plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled|HTTP request to an HTTPS server/i.test(
    body,
  )
    ? "TLS required"
    : undefined
}

const read = Effect.fnUntraced(function* (
  { config, request, secrets }: Attempt,
  progress: Progress,
  response: HttpClientResponse.HttpClientResponse,
  headers: Answer["headers"],
  logId: string | undefined,
): Effect.fn.Return<string, FeishuError> {
  const violation = (problem: Sentence.Sentence, cutShort = false) =>
    new FeishuError({ reason: contractViolation(problem, { status: response.status, cutShort, logId }) })

  /** All bytes of a stream, as long as they are within the cap. */
  const collect = <E>(stream: Stream.Stream<Uint8Array, E>, onError: (error: E) => FeishuError) =>
    Effect.suspend(() => {
      const parts: Array<Uint8Array> = []
      let size = 0
      return Effect.map(
        Stream.runForEachArray(Stream.mapError(stream, onError), (chunks) =>
          Effect.flatMap(monotonicMillis, (time) => {
            progress.lastByte = time
            for (const chunk of chunks) {
              size += chunk.length
              parts.push(chunk)
            }
            return size > config.maxBodyBytes
              ? Effect.fail(violation(Sentence.make("bodyTooLarge", { bytes: config.maxBodyBytes })))
              : Effect.void
          }),
        ),
        () => join(parts, size),
      )
    })

  const broken = (error: HttpClientError.HttpClientError) => failed(request, error)
  let bytes = isSmall(headers, config.maxBodyBytes)
    ? new Uint8Array(yield* Effect.mapError(response.arrayBuffer, broken))
    : yield* collect(response.stream, broken)
  // By its first bytes, not by its header: fetch inflates by itself and leaves the header in place.
  if (isGzip(bytes)) {
    bytes = yield* collect(inflate(bytes), () => violation(Sentence.make("gzipDamaged"), true))
    if (isGzip(bytes)) return yield* violation(Sentence.make("gzipTwice"))
  }
  const encoding = headers["content-encoding"]
  if (encoding !== undefined && !/^(identity|(x-)?gzip)$/i.test(encoding) && !looksLikeJson(bytes)) {
    return yield* violation(Sentence.make("unknownEncoding", { text: showable(encoding, secrets, 40) }))
  }
  return decoder.decode(bytes)
})

/** Why an attempt has taken too long, or in how many milliseconds it will have. */
const overdue = (
  { config, request, started }: Attempt,
  { lastByte }: Progress,
  time: number,
): FeishuError | number => {
  const dueIn = (fault: TransportFailed["fault"], deadline: number) => ({ fault, wait: deadline - time })
  const phase =
    lastByte === undefined
      ? dueIn("no headers in time", started + config.headersTimeout)
      : dueIn("no data in time", lastByte + config.idleTimeout)
  const whole = dueIn("attempt took too long", started + config.attemptTimeout)
  const next = phase.wait < whole.wait ? phase : whole
  return next.wait <= 0 ? TransportFault.transportFailed(request.url, next.fault) : next.wait
}

/** What became of an attempt, which decides how long the slot rests that it used. */
export const deliveryOf = (exit: Exit.Exit<unknown, unknown>): Delivery => {
  if (Exit.isSuccess(exit)) return "answered"
  const error = Cause.squash(exit.cause)
  if (!(error instanceof FeishuError)) return "unanswered"
  // A proxy that cannot be used: nothing was sent.
  if (error.reason._tag === "InvalidRequest") return "not sent"
  if (error.reason._tag !== "TransportFailed") return "answered"
  return error.reason.mayHaveArrived ? "unanswered" : "not sent"
}

/** A body this small is read as one piece: it is there at once, or not within the idle timeout. */
const smallBytes = 64 * 1024

/** Whether the headers promise a body that no HTTP client can make larger. */
const isSmall = (headers: Answer["headers"], maxBytes: number): boolean =>
  Number(headers["content-length"]) <= Math.min(smallBytes, maxBytes) &&
  headers["content-encoding"] === undefined

const decoder = new TextDecoder("utf-8")

const join = (parts: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  if (parts.length === 1) return parts[0]!
  const whole = new Uint8Array(size)
  let offset = 0
  for (const part of parts) {
    whole.set(part, offset)
    offset += part.length
  }
  return whole
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

// An object or array, perhaps behind blanks or a byte order mark.
const looksLikeJson = (bytes: Uint8Array): boolean => /^\s*[[{]/.test(decoder.decode(bytes.subarray(0, 16)))

/** Inflates as it is read, so that a small body that inflates to a huge one is stopped at the cap. */
const inflate = (bytes: Uint8Array): Stream.Stream<Uint8Array, unknown> =>
  Stream.fromReadableStream({
    evaluate: () =>
      new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip")),
    onError: (error) => error,
  })

const failed = (
  request: HttpClientRequest.HttpClientRequest,
  { reason }: HttpClientError.HttpClientError,
): FeishuError => TransportFault.ofCause(request.url, reason.cause, reason._tag !== "TransportError")
