/**
 * One request on the wire: it is sent, and the whole body is read under deadlines and a size limit. The answer is
 * judged elsewhere: see `Verdict.ts`.
 *
 * Errors of the HTTP client are translated here and never passed on: their message, JSON and inspected form contain the
 * URL and the request's body, and with it the app secret.
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
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as ResponseHeaders from "@effect-feishu/contract/ResponseHeaders"
import type { FeishuConfig } from "../FeishuConfig.ts"
import type { Delivery } from "../Events.ts"
import { monotonicMillis } from "./monotonic.ts"
import type { Watchdog } from "./Watchdog.ts"
import { contractViolation, FeishuError, type TransportFailed } from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"
import { checkedLogId, type Secrets, showable } from "./ServerText.ts"
import { concatenated } from "./bytes.ts"
import * as TransportFault from "./TransportFault.ts"

/** An answer as it was received, with its body as text. */
export interface Answer {
  readonly status: number
  /** The headers by their names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
  readonly logId: string | undefined
}

/** A check of the HTTP client before anything is sent. Fails if it cannot send requests to this URL. */
export const CheckRoute = Context.Reference<(url: string) => Effect.Effect<unknown, FeishuError>>(
  "@effect-feishu/core/Transport/CheckRoute",
  { defaultValue: () => () => Effect.void },
)

/** Returns whether a request may still be sent; see `FeishuClient.MaySend`. */
export const MaySend = Context.Reference<() => boolean>("@effect-feishu/core/FeishuClient/MaySend", {
  defaultValue: () => () => true,
})

/** A request was not written since `MaySend` said no. */
export class Withheld extends Error {}

/** How long to wait before `MaySend` is asked again; the HTTP client may wait by itself, too. */
const withheldPause = "10 millis"

const isWithheld = ({ reason: { cause } }: HttpClientError.HttpClientError): boolean =>
  cause instanceof TransportFault.Lost && cause.cause instanceof Withheld

/** Sends a request and reads its answer. Redirects are not followed: the token is for one host only. */
export const send = (sending: Sending): Effect.Effect<Answer, FeishuError> => {
  const progress: Progress = { lastByte: undefined }
  return Effect.updateContext(
    sending.watchdog.watch(roundTrip(sending, progress), (time) => overdue(sending, progress, time)),
    quietly,
  )
}

/** A request, and the services that send it. */
interface Sending {
  readonly client: HttpClient.HttpClient
  readonly config: FeishuConfig["Service"]
  readonly watchdog: Watchdog
  readonly request: HttpClientRequest.HttpClientRequest
  /** The secrets in the request: a server may repeat them. */
  readonly secrets: Secrets
  /** The start in monotonic milliseconds, as all times here. */
  readonly started: number
}

/** The progress of a round trip. */
interface Progress {
  /** The time at which the last byte was received; `undefined` before the headers. */
  lastByte: number | undefined
}

const quietly = <R>(context: Context.Context<R>): Context.Context<R> =>
  context.pipe(
    // The client's own span would record the URL, and its trace header would go to Feishu.
    Context.add(HttpClient.TracerDisabledWhen, () => true),
    // The fetch client would otherwise follow redirects.
    Context.add(FetchHttpClient.RequestInit, {
      ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
      redirect: "manual",
    }),
  )

const roundTrip = Effect.fnUntraced(function* (
  sending: Sending,
  progress: Progress,
): Effect.fn.Return<Answer, FeishuError> {
  const { client, request, secrets } = sending
  const response = yield* client
    .execute(HttpClientRequest.setHeader(request, "accept-encoding", "gzip"))
    .pipe(
      Effect.retry({ while: isWithheld, schedule: Schedule.spaced(withheldPause) }),
      Effect.mapError((error) => failed(request, error)),
    )
  progress.lastByte = yield* monotonicMillis
  const { headers, status } = response
  const logId = checkedLogId(headers[ResponseHeaders.logId] ?? headers[ResponseHeaders.requestId], secrets)
  return yield* readBody(sending, progress, response, headers, logId).pipe(
    Effect.flatMap((body) => {
      const fault = status === 400 ? faultOfTls(request.url, body.slice(0, 2_000)) : undefined
      return fault === undefined
        ? Effect.succeed<Answer>({ status, headers, body, logId })
        : Effect.fail(TransportFault.transportFailed(request.url, fault))
    }),
    Effect.catchIf(
      // For a failure the status is enough: an error of reading the body must not hide it.
      (error) => status >= 400 && error.reason._tag === "ContractViolation",
      () => Effect.succeed({ status, headers, body: "", logId }),
    ),
  )
})

/** Returns the TLS fault that a server (nginx, Apache or Go) reports in an HTTP answer; otherwise `undefined`. */
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

const readBody = Effect.fnUntraced(function* (
  { config, request, secrets }: Sending,
  progress: Progress,
  response: HttpClientResponse.HttpClientResponse,
  headers: Answer["headers"],
  logId: string | undefined,
): Effect.fn.Return<string, FeishuError> {
  const violation = (problem: Sentence.Sentence, cutShort = false) =>
    new FeishuError({ reason: contractViolation(problem, { status: response.status, cutShort, logId }) })

  /** All bytes of a stream, as long as they are within the size limit. */
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
        () => concatenated(parts, size),
      )
    })

  const broken = (error: HttpClientError.HttpClientError) => failed(request, error)
  let bytes = isSmall(headers, config.maxBodyBytes)
    ? new Uint8Array(yield* Effect.mapError(response.arrayBuffer, broken))
    : yield* collect(
        // With `fetch` a status such as 204 has no body, not even an empty one.
        Stream.catchIf(
          response.stream,
          ({ reason }) => reason._tag === "EmptyBodyError",
          () => Stream.empty,
        ),
        broken,
      )
  // Gzip is recognized by its first bytes, not by the header: fetch decompresses by itself and leaves the header in
  // place.
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

/** Returns the error of a round trip that has taken too long, or in how many milliseconds it will have. */
const overdue = (
  { config, request, started }: Sending,
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

/** Returns what became of a request, which decides how long the slot that it used rests. */
export const deliveryOf = (exit: Exit.Exit<unknown, unknown>): Delivery => {
  if (Exit.isSuccess(exit)) return "answered"
  const error = Cause.squash(exit.cause)
  if (!(error instanceof FeishuError)) return "unanswered"
  // The proxy cannot be used, so nothing was sent.
  if (error.reason._tag === "InvalidRequest") return "not sent"
  if (error.reason._tag !== "TransportFailed") return "answered"
  return error.reason.mayHaveArrived ? "unanswered" : "not sent"
}

/** A body of at most this size is read as one piece: it arrives at once, or not within the idle timeout. */
const smallBytes = 64 * 1024

/** True when the headers promise a small body that no HTTP client decompresses to a larger one. */
const isSmall = (headers: Answer["headers"], maxBytes: number): boolean =>
  Number(headers["content-length"]) <= Math.min(smallBytes, maxBytes) &&
  headers["content-encoding"] === undefined

const decoder = new TextDecoder("utf-8")

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

// Matches an object or array, perhaps after blanks or a byte order mark.
const looksLikeJson = (bytes: Uint8Array): boolean => /^\s*[[{]/.test(decoder.decode(bytes.subarray(0, 16)))

/** Decompresses while it is read, so that a small body that inflates to a huge one is stopped at the size limit. */
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
