/** The mock as an `HttpClient` of Effect, without a socket and without promises: a request is answered by the fiber that sends it. */

import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientError from "effect/http/HttpClientError"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as NetworkFaults from "../faults/NetworkFaults.ts"
import * as FeishuRoutes from "../feishu/routes.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import type { Workspaces } from "../state/Workspaces.ts"
import * as FetchHandler from "./FetchHandler.ts"
import * as Routes from "./routes.ts"

/**
 * Makes the client of one mock, which lives as long as the scope. Network faults are failures of the client, or bodies that break off.
 *
 * Nothing leaves the fiber of the caller, so Effect's `TestClock` waits for everything: no answer is under way when `adjust` returns.
 */
export const make = Effect.fnUntraced(function* (
  workspaces: Workspaces,
): Effect.fn.Return<HttpClient.HttpClient, never, Scope.Scope> {
  // Only code in this process can call it, so the control plane needs no guard.
  const handler = yield* HttpRouter.toHttpEffect(
    Routes.routes(workspaces, undefined).pipe(
      Layer.provide([
        HttpServer.layerServices,
        Layer.succeed(HttpRouter.RouterConfig)(FeishuRoutes.routerConfig),
      ]),
    ),
  )
  const scope = yield* Effect.scope
  return HttpClient.make((request) => {
    const requestScope = Scope.forkUnsafe(scope)
    let isStreamed = false
    return handler.pipe(
      // The middleware answers every failure.
      Effect.orDie,
      Effect.flatMap((response) => {
        const streamed = HttpEffect.scopeTransferToStream(response)
        isStreamed = streamed !== response
        return received(request, streamed)
      }),
      Effect.provideService(
        HttpServerRequest.HttpServerRequest,
        HttpServerRequest.fromClientRequest(request),
      ),
      Effect.provideService(Scope.Scope, requestScope),
      Effect.onExit((exit) =>
        isStreamed && Exit.isSuccess(exit) ? Effect.void : Scope.close(requestScope, exit),
      ),
    )
  })
})

/**
 * Refuses requests of a fiber whose clock is a `TestClock`, unless the mock has the same one, and the other way round: mock and client would
 * show different times, and wait for the wrong one.
 */
export const withSameClock = (client: HttpClient.HttpClient, { shared }: Workspaces): HttpClient.HttpClient =>
  HttpClient.transform(client, (answer) =>
    Effect.clockWith((clock) =>
      VirtualClock.testClockOf(clock) === shared.testClock ? answer : Effect.die(anotherClock()),
    ),
  )

const anotherClock = () =>
  new Error(
    "this request has another clock than the mock: one of them is Effect's TestClock. Build MockFeishu.layerTest in the test that uses it, and send no request within TestClock.withLive",
  )

/** Makes a client whose routes are made with its first request: most tests of a mock on a socket need none (making them takes 4 ms, measured). */
export const lazily = Effect.fnUntraced(function* (
  workspaces: Workspaces,
): Effect.fn.Return<HttpClient.HttpClient, never, Scope.Scope> {
  const made = yield* Effect.cached(
    Effect.uninterruptible(Scope.provide(make(workspaces), yield* Effect.scope)),
  )
  return HttpClient.make((request) => Effect.flatMap(made, (client) => client.execute(request)))
})

/** Returns the answer as the client receives it. */
const received = (
  request: HttpClientRequest.HttpClientRequest,
  response: HttpServerResponse.HttpServerResponse,
) => {
  const answer = HttpServerResponse.toClientResponse(response, { request })
  const { [NetworkFaults.networkFaultHeader]: fault } = response.headers
  const broken = (code: string) =>
    Effect.fail(
      new HttpClientError.HttpClientError({
        reason: new HttpClientError.TransportError({ request, cause: FetchHandler.broken(code) }),
      }),
    )
  switch (fault) {
    case undefined:
      return Effect.succeed(answer)
    case "refuse":
      return broken("ECONNREFUSED")
    case "reset before headers":
      return broken("ECONNRESET")
    case "stall":
      return Effect.never
    case "stall in mid-body":
    case "drip":
      return Effect.succeed(halfOf(request, response, Stream.never))
    default:
      return Effect.succeed(halfOf(request, response, Stream.fail(FetchHandler.broken("ECONNRESET"))))
  }
}

const halfOf = (
  request: HttpClientRequest.HttpClientRequest,
  { body, headers, status }: HttpServerResponse.HttpServerResponse,
  then: Stream.Stream<never, Error>,
) => {
  const bytes = body._tag === "Uint8Array" ? body.body : new Uint8Array()
  const half = bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2)))
  return HttpServerResponse.toClientResponse(
    HttpServerResponse.stream(Stream.concat(Stream.succeed(half), then), { status, headers }),
    { request },
  )
}
