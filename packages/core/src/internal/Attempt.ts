/**
 * One attempt: a request, its judged answer, and what is seen of it: its span and the events about it. Every request that is
 * sent goes through here, except for the one of `Probe`.
 *
 * The span follows OpenTelemetry's conventions for HTTP clients. It is not that of Effect's HTTP client, which would end before
 * the body, end with an error that holds the request's body, and send its trace header to Feishu.
 */
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"
import * as Events from "../Events.ts"
import { FeishuConfig } from "../FeishuConfig.ts"
import type { FeishuError } from "../FeishuError.ts"
import { monotonicMillis } from "./monotonic.ts"
import { requestPath } from "./requestPath.ts"
import * as Retry from "../Retry.ts"
import * as ServerText from "./ServerText.ts"
import * as SpanAttributes from "./SpanAttributes.ts"
import * as Transport from "./Transport.ts"
import * as Watchdog from "./Watchdog.ts"
import { judge } from "./Verdict.ts"

/** A request, and how to decode a successful answer. */
export interface Options<A> {
  /** Method and path, which name the request in errors and events. */
  readonly operation: string
  readonly request: HttpClientRequest.HttpClientRequest
  /** How often the same call has sent its request before. */
  readonly resends: number
  /** The secrets in the request: a server may repeat them. */
  readonly secrets: ServerText.Secrets
  readonly decode: (json: unknown, answer: Transport.Answer) => Effect.Effect<A, FeishuError>
  /**
   * Returns the outcome of an answer that is not in Feishu's envelope, as those of OAuth; `undefined` for an answer that is to be
   * judged like all others. `json` is `undefined` if the body is no JSON.
   */
  readonly outcome?:
    | ((json: unknown, answer: Transport.Answer) => Effect.Effect<A, FeishuError> | undefined)
    | undefined
}

/** Makes one attempt. Nothing is retried here. */
export type Attempt = <A>(options: Options<A>) => Effect.Effect<A, FeishuError>

/** Makes an `Attempt` from the configuration and the HTTP client. Fails if the proxy to the base URL cannot be used. */
export const make: Effect.Effect<
  Attempt,
  FeishuError,
  FeishuConfig | Retry.RetryBudget | HttpClient.HttpClient | Scope.Scope
> = Effect.gen(function* () {
  const config = yield* FeishuConfig
  const client = yield* HttpClient.HttpClient
  yield* (yield* Transport.CheckRoute)(config.baseUrl)
  const budget = yield* Retry.RetryBudget
  const httpClientSecrets = yield* ServerText.HttpClientSecrets
  const watchdog = yield* Watchdog.make

  const attempt = Effect.fnUntraced(function* <A>(
    { decode, operation, outcome, request, resends, ...options }: Options<A>,
    server: SpanAttributes.Server,
    span: Tracer.Span,
  ): Effect.fn.Return<A, FeishuError> {
    const secrets = [...options.secrets, ...httpClientSecrets]
    yield* budget.sent
    yield* Events.emit({ _tag: "RequestSent", operation })
    const started = yield* monotonicMillis
    let answer: Transport.Answer | undefined
    return yield* Transport.send({ client, config, watchdog, request, secrets, started }).pipe(
      Effect.flatMap((received) => {
        answer = received
        const known = outcome?.(jsonOf(received.body), received)
        if (known !== undefined) return known
        return Effect.flatMap(
          judge(received, request.url, config.longestWaitSeconds, secrets, operation.replace(/^[A-Z]+ /, "")),
          (json) => decode(json, received),
        )
      }),
      Effect.mapError((error) => error.with({ path: requestPath(operation, request.url) })),
      Effect.onExit((exit) => {
        const attributes = SpanAttributes.ofEnd(exit, answer)
        for (const [name, value] of Object.entries(attributes)) span.attribute(name, value)
        return Effect.flatMap(monotonicMillis, (time) =>
          Events.emit({
            _tag: "RequestEnded",
            operation,
            ...server,
            resends,
            outcome: SpanAttributes.outcomeOf(exit),
            delivery: Transport.deliveryOf(exit),
            status: answer?.status,
            logId: answer?.logId,
            millis: time - started,
          }),
        )
      }),
    )
  })

  return (options) =>
    Effect.suspend(() => {
      const { operation, request, resends } = options
      const server = SpanAttributes.serverOf(new URL(request.url))
      const attributes = SpanAttributes.ofRequest(operation, request, server, resends)
      return Effect.useSpan(operation, { kind: "client", attributes }, (span) =>
        Effect.provideService(attempt(options, server, span), Tracer.ParentSpan, span),
      )
    })
})

const jsonOf = (body: string): unknown => {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
