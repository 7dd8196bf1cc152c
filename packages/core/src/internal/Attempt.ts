/**
 * One attempt: a request, its judged answer, and the events about it. Every request that is sent goes through here,
 * except for the one of `Probe`.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import type * as HttpClientRequest from "effect/http/HttpClientRequest"
import type * as Scope from "effect/Scope"
import * as Events from "../Events.ts"
import { FeishuConfig } from "../FeishuConfig.ts"
import { FeishuError } from "../FeishuError.ts"
import { monotonicMillis } from "./monotonic.ts"
import { requestPath } from "./requestPath.ts"
import * as Retry from "../Retry.ts"
import * as ServerText from "./ServerText.ts"
import * as Transport from "./Transport.ts"
import * as Watchdog from "./Watchdog.ts"
import { judge } from "./Verdict.ts"

/** A request, and how to decode a successful answer. */
interface Options<A> {
  /** Method and path, which name the request in errors and events. */
  readonly operation: string
  readonly request: HttpClientRequest.HttpClientRequest
  /** The secrets in the request: a server may repeat them. */
  readonly secrets: ServerText.Secrets
  readonly decode: (json: unknown, answer: Transport.Answer) => Effect.Effect<A, FeishuError>
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

  return Effect.fnUntraced(function* <A>(options: Options<A>): Effect.fn.Return<A, FeishuError> {
    const { decode, operation, request } = options
    const secrets = [...options.secrets, ...httpClientSecrets]
    yield* budget.sent
    yield* Events.emit({ _tag: "RequestSent", operation })
    const started = yield* monotonicMillis
    let answer: Transport.Answer | undefined
    return yield* Transport.send({ client, config, watchdog, request, secrets, started }).pipe(
      Effect.flatMap((received) => {
        answer = received
        return Effect.flatMap(
          judge(received, request.url, config.longestWaitSeconds, secrets, operation.replace(/^[A-Z]+ /, "")),
          (json) => decode(json, received),
        )
      }),
      Effect.mapError((error) => error.with({ path: requestPath(operation, request.url) })),
      Effect.onExit((exit) =>
        Effect.flatMap(monotonicMillis, (time) =>
          Events.emit({
            _tag: "RequestEnded",
            operation,
            outcome: outcomeOf(exit),
            delivery: Transport.deliveryOf(exit),
            status: answer?.status,
            logId: answer?.logId,
            millis: time - started,
          }),
        ),
      ),
    )
  })
})

const outcomeOf = (exit: Exit.Exit<unknown, FeishuError>): Events.Outcome => {
  if (Exit.isSuccess(exit)) return "Success"
  const error = Cause.squash(exit.cause)
  return error instanceof FeishuError ? error.reason._tag : "Interrupted"
}
