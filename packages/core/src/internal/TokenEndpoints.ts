/** Calls of Feishu's token endpoints for an app, with a rate limit and retries of their own. */
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Events from "../Events.ts"
import { FeishuConfig } from "../FeishuConfig.ts"
import {
  AuthenticationFailed,
  contractViolation,
  FeishuError,
  invalidRequest,
  type Reason,
} from "../FeishuError.ts"
import * as RateLimit from "../RateLimit.ts"
import * as Retry from "../Retry.ts"
import * as Secret from "../Secret.ts"
import * as Sentence from "../Sentence.ts"
import * as Attempt from "./Attempt.ts"
import { checkSecret } from "./checkSecret.ts"
import * as Circuit from "./Circuit.ts"
import type { Secrets } from "./ServerText.ts"
import * as Transport from "./Transport.ts"

/** App id and app secret, from the app's page in the developer console. */
export interface App {
  readonly appId: string
  readonly appSecret: Secret.AppSecret
}

/** The services that the sources of an app's tokens require; `FeishuClient.layer` provides all but the HTTP client. */
export type Requirements = FeishuConfig | Retry.RetryBudget | HttpClient.HttpClient | Scope.Scope

/** One call of a token endpoint. */
export interface TokenCall<A> {
  /** The path below the base URL, which errors name. */
  readonly path: string
  readonly request: HttpClientRequest.HttpClientRequest
  /** The secrets in the request in addition to the app secret. */
  readonly secrets?: Secrets
  readonly answer: Schema.Codec<A, unknown>
  /** Takes the token out of an answer; absent where the endpoint gives none. */
  readonly tokenOf?: (answer: A) => Redacted.Redacted<string>
  /** As in `Attempt.Options`. */
  readonly outcome?: Attempt.Options<A>["outcome"]
  /** Runs around each sending of the request, retries included. */
  readonly around?: (send: Effect.Effect<A, FeishuError>) => Effect.Effect<A, FeishuError>
}

/** The token endpoints, for one app. */
export interface TokenEndpoints {
  /** Calls an endpoint. Fails with an `AuthenticationFailed` of the app where Feishu refuses the credentials. */
  readonly call: <A>(tokenCall: TokenCall<A>) => Effect.Effect<A, FeishuError>
  /** A POST request with a JSON body to a path below the base URL. */
  readonly jsonRequest: (path: string, body: unknown) => HttpClientRequest.HttpClientRequest
}

/** Feishu does not say how often token endpoints may be called; it has many endpoints with 50 a second (inferred). */
const tokenRateLimit = { requests: 50, window: "1 second" } as const

/** Seconds for which a token endpoint gets no request after a final failure: it serves every reader of an app. */
const deadEndpointPauseSeconds = 30

/** Checks the app's id and secret, and makes its token endpoints. */
export const make = Effect.fnUntraced(function* (
  app: App,
): Effect.fn.Return<TokenEndpoints, FeishuError, Requirements> {
  const problem = Secret.unfitAppId(app.appId)
  if (problem !== undefined) {
    return yield* invalidRequest(
      "appId",
      Sentence.make("secretUnfit", { problem }),
      Sentence.make("copyAppId"),
    )
  }
  yield* checkSecret("appSecret", app.appSecret, "AppSecret")
  const config = yield* FeishuConfig
  const sendOnce = yield* Attempt.make
  const budget = yield* Retry.RetryBudget
  const rateLimit = RateLimit.make(tokenRateLimit)
  const circuit = Circuit.make((error) =>
    error.reason._tag === "RateLimited"
      ? error.reason.retryAfterSeconds
      : error.isRetryable
        ? deadEndpointPauseSeconds
        : undefined,
  )

  const call = <A>(tokenCall: TokenCall<A>): Effect.Effect<A, FeishuError> =>
    Effect.suspend(() => {
      const { around = identity, outcome, path, request, secrets = [] } = tokenCall
      const operation = `POST ${path}`
      const decode = decoderOf(tokenCall)
      let requests = 0
      return Effect.suspend(() => {
        const resends = requests++
        return around(
          sendOnce({ operation, request, resends, secrets: [app.appSecret, ...secrets], decode, outcome }),
        )
      }).pipe(
        rateLimit.withSlot(operation, Transport.deliveryOf),
        Effect.mapError((error) =>
          error.with({ operation, requests, reason: withApp(error.reason, app.appId) }),
        ),
        Retry.closeGate(rateLimit, operation),
        Retry.withRetries,
        Effect.provideService(Retry.RetryBudget, budget),
        (guarded) => circuit.guard(operation, guarded),
      )
    })

  return {
    call,
    jsonRequest: (path, body) =>
      HttpClientRequest.post(`${config.baseUrl}${path}`).pipe(
        HttpClientRequest.bodyText(JSON.stringify(body), "application/json; charset=utf-8"),
      ),
  }
})

/** Returns what a cache of tokens does when one was fetched from this path: it emits an event. */
export const onFetched =
  (path: string) =>
  (expiresInMillis: number): Effect.Effect<void> =>
    Events.emit({ _tag: "TokenFetched", operation: `POST ${path}`, expiresInMillis })

const decoderOf = <A>({ answer, tokenOf }: TokenCall<A>) => {
  const decode = Schema.decodeUnknownEffect(answer)
  return (json: unknown, { logId, status }: Transport.Answer): Effect.Effect<A, FeishuError> => {
    const violation = (problem: Sentence.Sentence) =>
      new FeishuError({ reason: contractViolation(problem, { status, cutShort: false, logId }) })
    return decode(json).pipe(
      Effect.mapError(() => violation(Sentence.make("noTokenInBody"))),
      Effect.filterOrFail(
        (answer) => tokenOf === undefined || Secret.unfitText(Redacted.value(tokenOf(answer))) === undefined,
        () => violation(Sentence.make("fetchedTokenUnfit")),
      ),
    )
  }
}

/**
 * Adds the app to a reason. Any code with which a token endpoint refuses a request means that it refuses the
 * credentials.
 */
const withApp = (reason: Reason, appId: string): Reason => {
  if (reason._tag === "AuthenticationFailed") return reason.ofApp(appId)
  if (reason._tag !== "RequestRefused" || reason.code === undefined) return reason
  const { code, logId, msg, status } = reason
  return new AuthenticationFailed({ code, logId, msg, status, appId })
}
