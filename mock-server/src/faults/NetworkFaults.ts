/** Breaks connections and bodies, on the socket itself. Delays are in real time, since the mock's clock may be frozen, or in that of a test. */
import { IncomingMessage, type ServerResponse } from "node:http"
import type { Socket } from "node:net"
import { gzipSync } from "node:zlib"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { NetworkFault } from "../protocol/FaultRule.ts"
import * as HeaderNames from "../protocol/HeaderNames.ts"

/**
 * Sleeps by the clock of the machine, or by `clock` if the mock's clock is Effect's `TestClock`, and stops when the client has disconnected.
 * Middleware is not interruptible by default, so without this a mock could not stop before every sleep had ended.
 */
export const sleep = (
  seconds: number,
  clock: Clock.Clock = Clock.Clock.defaultValue(),
): Effect.Effect<void> =>
  Effect.sleep(seconds * 1000).pipe(Effect.provideService(Clock.Clock, clock), Effect.interruptible)

/** The header that names the fault when there is no socket to break: the caller of the mock as a function then breaks the answer. */
export const networkFaultHeader = "x-mock-network-fault"

/** The faults that need no socket. */
const answers: ReadonlySet<NetworkFault> = new Set([
  "truncated JSON",
  "garbage",
  "HTML",
  "redirect",
  "gzip bomb",
])

/** Answers a request in a broken way. `answer` is the right answer, and `body` are its bytes. */
export const answer = (
  fault: NetworkFault,
  request: HttpServerRequest.HttpServerRequest,
  answer: HttpServerResponse.HttpServerResponse,
  body: Uint8Array,
): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
  if (!(request.source instanceof IncomingMessage) && !answers.has(fault)) {
    return Effect.succeed(HttpServerResponse.setHeader(answer, networkFaultHeader, fault))
  }
  const half = body.subarray(0, Math.floor(body.length / 2))
  switch (fault) {
    case "refuse":
    case "reset before headers":
      return onSocket(request, (socket) => socket.resetAndDestroy())
    case "reset in mid-body":
      return onSocket(request, (socket) => {
        socket.write(message(request, answer, body.length, half), () => socket.resetAndDestroy())
      })
    case "end in mid-body":
      return onSocket(request, (socket) => socket.end(message(request, answer, body.length, half)))
    case "stall":
      return Effect.flatMap(turn(request), closed)
    case "stall in mid-body":
      return onSocket(request, (socket) => socket.write(message(request, answer, body.length, half)))
    case "drip":
      return Effect.flatMap(turn(request), (socket) =>
        Effect.andThen(
          Effect.sync(() => socket.write(message(request, answer, body.length, new Uint8Array()))),
          Effect.andThen(
            Effect.forEach(body, (byte) =>
              Effect.andThen(
                sleep(1),
                Effect.sync(() => socket.write(Uint8Array.of(byte))),
              ),
            ),
            closed(socket),
          ),
        ),
      )
    case "wrong length":
      return onSocket(request, (socket) => socket.end(message(request, answer, body.length + 100, body)))
    case "truncated JSON":
      return Effect.succeed(HttpServerResponse.uint8Array(half, { contentType: "application/json" }))
    case "garbage":
      return Effect.succeed(
        HttpServerResponse.uint8Array(
          Uint8Array.from({ length: 256 }, (_, index) => (index * 167 + 13) % 256),
          { contentType: "application/json" },
        ),
      )
    case "HTML":
      return Effect.succeed(
        HttpServerResponse.text(
          "<html><head><title>Portal</title></head><body><h1>Please log in</h1></body></html>",
          { contentType: "text/html; charset=utf-8" },
        ),
      )
    case "redirect":
      return Effect.succeed(
        HttpServerResponse.empty({ status: 302, headers: { location: "https://elsewhere.invalid/login" } }),
      )
    case "gzip bomb":
      bomb ??= gzipSync(Buffer.alloc(64 * 1024 * 1024))
      return Effect.succeed(
        HttpServerResponse.uint8Array(bomb, {
          contentType: "application/json",
          headers: { "content-encoding": "gzip" },
        }),
      )
  }
}

let bomb: Uint8Array | undefined

/**
 * Returns the socket when it is this answer's turn: a client may send requests without waiting for answers, and gets the
 * answers in the order of the requests. Before its turn, Node does not give the socket to an answer.
 */
const turn = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<Socket> =>
  Effect.callback<Socket>((resume) => {
    const response = NodeHttpServerRequest.toServerResponse(request) as ServerResponse
    const { socket } = response.req
    if (response.socket !== null) resume(Effect.succeed(socket))
    else if (socket.destroyed) resume(Effect.interrupt)
    else {
      response.once("socket", () => resume(Effect.succeed(socket)))
      socket.once("close", () => resume(Effect.interrupt))
    }
  })

/** Takes over the socket. What is written next is not valid HTTP, so nothing else may write to it. */
const onSocket = (request: HttpServerRequest.HttpServerRequest, use: (socket: Socket) => void) =>
  Effect.flatMap(turn(request), (socket) =>
    Effect.suspend(() => {
      const end = closed(socket)
      use(socket)
      return end
    }),
  )

/** Waits until the connection is closed. Then the request is interrupted, since its client has disconnected. */
const closed = (socket: Socket): Effect.Effect<never> =>
  Effect.callback<never>((resume) => {
    if (socket.destroyed) resume(Effect.interrupt)
    else socket.once("close", () => resume(Effect.interrupt))
  })

/** Returns the bytes of an answer with a content length that may be wrong. */
const message = (
  request: HttpServerRequest.HttpServerRequest,
  answer: HttpServerResponse.HttpServerResponse,
  contentLength: number,
  body: Uint8Array,
): Buffer => {
  const nameOf = (name: string) =>
    HeaderNames.responseOf(request)?.nameOf(name) ?? HeaderNames.asFeishuWrites(name)
  const headers = { ...answer.headers, "content-type": "application/json; charset=utf-8" }
  const lines = [
    `HTTP/1.1 ${answer.status} OK`,
    ...Object.entries(headers).flatMap(([name, value]) =>
      name === "content-length" ? [] : [`${nameOf(name)}: ${value}`],
    ),
    `${nameOf("content-length")}: ${contentLength}`,
  ]
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body])
}
