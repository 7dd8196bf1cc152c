/**
 * Undici's dispatch as an HTTP client. Effect's own client for undici needs an abort signal, two promises and a stream
 * of Node for each request: on loopback these take as long as undici itself.
 *
 * It sends what this package sends: requests with bytes or without a body, and without a span. Every other request goes
 * through Effect's client.
 */
import type { Dispatcher } from "@effect/platform-node/Undici"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as UrlParams from "effect/http/UrlParams"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import * as Stream from "effect/Stream"
import { ownBuffer } from "./bytes.ts"
import { MaySend, Withheld } from "./Transport.ts"
import * as TransportFault from "./TransportFault.ts"

/** The dispatcher of requests to an origin, and the proxy that they take. */
export interface Route {
  readonly dispatcher: Dispatcher
  readonly proxy?: TransportFault.Proxy
}

/** The proxy itself failed while a tunnel through it was opened. */
export class TunnelFailed extends Error {
  constructor(cause: unknown) {
    super("The proxy opened no tunnel", { cause })
  }
}

/**
 * Makes the client. `other` sends what this client does not. `routeOf` throws a `FeishuError` if there is no route to
 * an origin.
 */
export const make = (
  routeOf: (origin: string) => Route,
  other: HttpClient.HttpClient,
): HttpClient.HttpClient =>
  HttpClient.makeWith<HttpClientError.HttpClientError, never, HttpClientError.HttpClientError, never>(
    (preprocessed) =>
      Effect.flatMap(preprocessed, (request) =>
        Effect.contextWith((context: Context.Context<never>) =>
          isPlain(request) && Context.get(context, HttpClient.TracerDisabledWhen)(request)
            ? send(routeOf, request, Context.get(context, MaySend))
            : other.execute(request),
        ),
      ),
    (request) => Effect.succeed(request),
  )

const isPlain = ({ body, headers, url }: HttpClientRequest.HttpClientRequest): boolean =>
  (body._tag === "Empty" || body._tag === "Uint8Array") &&
  headers["upgrade"] === undefined &&
  /^https?:[^?#]+$/.test(url)

const send = (
  routeOf: (origin: string) => Route,
  request: HttpClientRequest.HttpClientRequest,
  maySend: () => boolean,
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> =>
  Effect.callback((resume) => {
    const { body } = request
    const { origin, pathname } = new URL(request.url)
    const query = UrlParams.toString(request.urlParams)
    const fail = (cause: unknown) =>
      resume(
        Effect.fail(
          new HttpClientError.HttpClientError({
            reason: new HttpClientError.TransportError({ request, cause }),
          }),
        ),
      )
    let route: Route
    try {
      route = routeOf(origin)
    } catch (cause) {
      return fail(cause)
    }
    const { dispatcher, proxy } = route
    const answer = new Answer({
      maySend,
      began: (status, headers) =>
        resume(Effect.succeed(new Response(request, status, Headers.fromInput(headers), answer))),
      failed: (cause, sent) => {
        const tunnel = cause instanceof TunnelFailed ? cause : undefined
        // Plain http uses no tunnel: its connection leads to the proxy.
        const atProxy = tunnel !== undefined || (proxy !== undefined && !sent && origin.startsWith("http:"))
        fail(new TransportFault.Lost(tunnel === undefined ? cause : tunnel.cause, { sent, proxy, atProxy }))
      },
    })
    dispatcher.dispatch(
      {
        origin,
        path: query === "" ? pathname : `${pathname}?${query}`,
        method: request.method,
        headers: request.headers,
        body: body._tag === "Uint8Array" ? body.body : null,
        // The caller keeps the deadlines; 0 turns off undici's own.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      answer,
    )
    return Effect.sync(() => answer.abort())
  })

/** The most bytes that wait to be read before the connection pauses. */
const mostWaiting = 64 * 1024

interface Listener {
  readonly maySend: () => boolean
  readonly began: (status: number, headers: Headers.Input) => void
  /** `sent` is true when sending had begun. */
  readonly failed: (cause: unknown, sent: boolean) => void
}

/**
 * An answer while it is received. It calls its listener after undici's own call has returned: code that ran within that
 * call would find the connection still in use, and open another.
 */
class Answer implements Dispatcher.DispatchHandler {
  readonly #listener: Listener
  #controller: Dispatcher.DispatchController | undefined
  #began = false
  #aborted = false
  #waiting: Array<Uint8Array> = []
  #waitingBytes = 0
  #end: { readonly cause?: unknown } | undefined
  /** Wakes the reader that waits for more. */
  #wake: (() => void) | undefined

  constructor(listener: Listener) {
    this.#listener = listener
  }

  /** Undici calls it, and writes the request within the same call: what it throws keeps that from being done, and the connection open. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (!this.#listener.maySend()) throw new Withheld("The request may not be sent any more")
    this.#controller = controller
    if (this.#aborted) this.abort()
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | Array<string> | undefined>,
  ): void {
    // Statuses such as 103 come before the answer itself.
    if (status < 200) return
    this.#began = true
    queueMicrotask(() => this.#listener.began(status, headers))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#waiting.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes > mostWaiting) controller.pause()
    this.#tell()
  }

  onResponseEnd(): void {
    this.#end = {}
    this.#tell()
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: unknown): void {
    this.#end = { cause }
    if (this.#began) this.#tell()
    else queueMicrotask(() => this.#listener.failed(cause, this.#controller !== undefined))
  }

  #tell(): void {
    if (this.#wake === undefined) return
    queueMicrotask(this.#wake)
    this.#wake = undefined
  }

  get isWhole(): boolean {
    return this.#end !== undefined
  }

  /** The bytes that have arrived since the last time; empty when all have been taken. */
  readonly some = this.#take(() => this.#waiting.length > 0)
  /** All bytes that are not taken yet, once the last has arrived. */
  readonly rest = this.#take(() => false)

  #take(enough: () => boolean): Effect.Effect<ReadonlyArray<Uint8Array>, unknown> {
    return Effect.callback((resume) => {
      unread.unregister(this)
      const settle = () => {
        if (this.#controller?.paused) this.#controller.resume()
        if (this.#end === undefined && !enough()) {
          this.#wake = settle
          return
        }
        const chunks = this.#waiting
        this.#waiting = []
        this.#waitingBytes = 0
        if (this.#end !== undefined && "cause" in this.#end) resume(Effect.fail(this.#end.cause))
        else resume(Effect.succeed(chunks))
      }
      settle()
      return Effect.sync(() => this.abort())
    })
  }

  /** Closes the connection, unless the whole answer has arrived. */
  abort(): void {
    this.#aborted = true
    if (this.#end === undefined) this.#controller?.abort(new Error("Nobody waits for the answer any more"))
  }
}

/**
 * Aborts answers whose response was never read, and is garbage: otherwise their connections would stay busy endlessly.
 */
const unread = new FinalizationRegistry<Answer>((answer) => answer.abort())

class Response extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpIncomingMessage.TypeId]: typeof HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly [HttpClientResponse.TypeId]: typeof HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly remoteAddress = Option.none<string>()
  readonly #answer: Answer
  #web: HttpClientResponse.HttpClientResponse | undefined

  constructor(
    request: HttpClientRequest.HttpClientRequest,
    status: number,
    headers: Headers.Headers,
    answer: Answer,
  ) {
    super()
    this.request = request
    this.status = status
    this.headers = headers
    this.#answer = answer
    if (!answer.isWhole) unread.register(this, answer, answer)
  }

  get url() {
    return Option.match(HttpClientRequest.toUrl(this.request), {
      onNone: () => "",
      onSome: ({ href }) => href,
    })
  }

  readonly #broken = (cause: unknown) =>
    new HttpClientError.HttpClientError({
      reason: new HttpClientError.DecodeError({ request: this.request, response: this, cause }),
    })

  get stream(): Stream.Stream<Uint8Array, HttpClientError.HttpClientError> {
    const pull = Effect.flatMap(this.#answer.some, (chunks) =>
      Arr.isReadonlyArrayNonEmpty(chunks) ? Effect.succeed(chunks) : Cause.done(),
    )
    return Stream.fromPull(Effect.succeed(pull)).pipe(
      Stream.mapError(this.#broken),
      Stream.ensuring(Effect.sync(() => this.#answer.abort())),
    )
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.HttpClientError> {
    return this.#answer.rest.pipe(
      Effect.map((chunks) => ownBuffer(chunks)),
      Effect.mapError(this.#broken),
    )
  }

  /** The same answer as a web response, which has all other ways to read the body. */
  get #asWeb(): HttpClientResponse.HttpClientResponse {
    return (this.#web ??= HttpClientResponse.fromWeb(
      this.request,
      new globalThis.Response(Stream.toReadableStream(this.stream), { headers: this.headers }),
    ))
  }
  get cookies() {
    return this.#asWeb.cookies
  }
  get json() {
    return this.#asWeb.json
  }
  get text() {
    return this.#asWeb.text
  }
  get urlParamsBody() {
    return this.#asWeb.urlParamsBody
  }
  get formData() {
    return this.#asWeb.formData
  }
  get upgrade() {
    return this.#asWeb.upgrade
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "effect/http/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status,
    })
  }
  pipe() {
    return pipeArguments(this, arguments)
  }
}
