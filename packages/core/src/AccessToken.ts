/**
 * Access tokens: one that was given, or those of a self-built app, fetched and refreshed.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { TenantAccessToken } from "@effect-feishu/contract"
import * as Events from "./Events.ts"
import { FeishuConfig } from "./FeishuConfig.ts"
import { ContractViolation, FeishuError } from "./FeishuError.ts"
import { monotonicMillis } from "./monotonic.ts"
import { RateLimit } from "./RateLimit.ts"
import * as Retry from "./Retry.ts"
import * as Transport from "./Transport.ts"
import { judge } from "./Verdict.ts"

/** A token and its generation: a refused generation is replaced once, however many callers were refused. */
export interface Token {
  readonly value: Redacted.Redacted<string>
  readonly generation: number
}

/** Where requests get their token from. */
export class AccessToken extends Context.Service<
  AccessToken,
  {
    /** Whose tokens they are: the app id, or `given`. Part of the rate limit's key. */
    readonly owner: string
    /** A token that is valid as far as is known. Callers at the same time share one fetch. */
    readonly get: Effect.Effect<Token, FeishuError>
    /** Feishu refused a token of this generation: `get` will fetch another, once. */
    readonly invalidate: (generation: number) => Effect.Effect<void>
  }
>()("@effect-feishu/core/AccessToken") {}

/** A token that the application has; it cannot be replaced when Feishu refuses it. */
export const given = (token: Redacted.Redacted<string>): AccessToken["Service"] =>
  AccessToken.of({
    owner: "given",
    get: Effect.succeed({ value: token, generation: 0 }),
    invalidate: () => Effect.void,
  })

/** A given token as a layer. */
export const layerGiven = (token: Redacted.Redacted<string>): Layer.Layer<AccessToken> =>
  Layer.succeed(AccessToken, given(token))

/** The credentials of a self-built app. */
export interface SelfBuiltApp {
  readonly appId: string
  readonly appSecret: Redacted.Redacted<string>
}

/** Feishu's tokens live two hours; what an answer says beyond that, or not at all, is taken as that. */
const longestLifeMillis = 7_200_000
/** A shorter life would have every call fetch a token. */
const shortestLifeMillis = 60_000
/** From 30 minutes before the end on, Feishu gives a new token and both stay valid (documented). */
const refreshBeforeMillis = 25 * 60_000
/** A background refresh that failed is tried again after this long; the token at hand is still good. */
const refreshPauseMillis = 30_000

interface Held {
  readonly token: Token
  readonly endsAt: number
  refreshAt: number
  refused: boolean
}

const encodeRequest = Schema.encodeSync(TenantAccessToken.Request)
const decodeToken = Schema.decodeUnknownEffect(TenantAccessToken.Token)

/**
 * The tenant access tokens of a self-built app. Fetches run in the scope of the source: a caller that is
 * interrupted takes no other caller's token away. Failures are never kept.
 */
export const selfBuiltApp = Effect.fnUntraced(function* (
  app: SelfBuiltApp,
): Effect.fn.Return<
  AccessToken["Service"],
  never,
  FeishuConfig | RateLimit | Retry.RetryBudget | HttpClient.HttpClient | Scope.Scope
> {
  const config = yield* FeishuConfig
  const client = yield* HttpClient.HttpClient
  const rateLimit = yield* RateLimit
  const budget = yield* Retry.RetryBudget
  const scope = yield* Effect.scope
  const operation = `POST ${TenantAccessToken.path}`
  const key = `${operation} ${app.appId}`

  let held: Held | undefined
  let fetching: Deferred.Deferred<Token, FeishuError> | undefined

  const request = HttpClientRequest.post(`${config.baseUrl}${TenantAccessToken.path}`).pipe(
    HttpClientRequest.bodyText(
      JSON.stringify(encodeRequest({ app_id: app.appId, app_secret: app.appSecret })),
      "application/json; charset=utf-8",
    ),
  )

  let requests = 0
  const requestToken = Effect.gen(function* () {
    requests++
    yield* budget.sent
    yield* Events.emit({ _tag: "RequestSent", operation })
    const answer = yield* Transport.send(client, config, request)
    const json = yield* judge(answer, config.longestWaitSeconds, [app.appSecret])
    return yield* Effect.mapError(
      decodeToken(json),
      () =>
        new FeishuError({
          reason: new ContractViolation({
            problem: "the answer of the token endpoint has no tenant_access_token",
            status: answer.status,
            cutShort: false,
            logId: answer.logId,
          }),
        }),
    )
  }).pipe(
    rateLimit.withSlot(key, Transport.outcomeOf),
    Effect.mapError((error) =>
      error.with({
        operation,
        requests,
        reason: error.reason._tag === "AuthenticationFailed" ? error.reason.ofApp(app.appId) : error.reason,
      }),
    ),
    Retry.closeGate(rateLimit, key),
    Retry.withRetries,
    Effect.provideService(Retry.RetryBudget, budget),
  )

  // One at a time, so the count of requests is that of one fetch.
  const fetch = Effect.gen(function* () {
    requests = 0
    const { expire, tenant_access_token } = yield* requestToken
    const time = yield* monotonicMillis
    const life = Math.min(
      Math.max(typeof expire === "number" ? expire * 1000 : longestLifeMillis, shortestLifeMillis),
      longestLifeMillis,
    )
    // The same token once more is no new generation: whoever was refused with it would be refused again.
    const again =
      held !== undefined && Redacted.value(held.token.value) === Redacted.value(tenant_access_token)
    const generation = (held?.token.generation ?? 0) + (again ? 0 : 1)
    held = {
      token: { value: tenant_access_token, generation },
      endsAt: time + life,
      refreshAt: time + Math.max(life - refreshBeforeMillis, life / 2),
      refused: false,
    }
    yield* Events.emit({ _tag: "TokenFetched", expiresInMillis: life })
    return held.token
  })

  /** Starts a fetch unless one is under way; everyone waits for the same. */
  const startFetch = Effect.suspend(() => {
    if (fetching !== undefined) return Effect.succeed(fetching)
    const deferred = Deferred.makeUnsafe<Token, FeishuError>()
    fetching = deferred
    return Effect.map(Effect.forkIn(fetch, scope), (fiber) => {
      // From outside the fiber: one that is stopped before it starts, as by a closed scope, runs no finalizer.
      fiber.addObserver((exit) => {
        fetching = undefined
        Deferred.doneUnsafe(deferred, exit)
      })
      return deferred
    })
  }).pipe(Effect.uninterruptible)

  return AccessToken.of({
    owner: app.appId,
    get: Effect.flatMap(monotonicMillis, (time) => {
      if (held === undefined || held.refused || time >= held.endsAt) {
        return Effect.flatMap(startFetch, (deferred) => Deferred.await(deferred))
      }
      const { token } = held
      if (time < held.refreshAt) return Effect.succeed(token)
      held.refreshAt = time + refreshPauseMillis
      return Effect.as(startFetch, token)
    }),
    invalidate: (generation) =>
      Effect.sync(() => {
        if (held?.token.generation === generation) held.refused = true
      }),
  })
})

/** The tokens of a self-built app as a layer. */
export const layerSelfBuiltApp = (
  app: SelfBuiltApp,
): Layer.Layer<AccessToken, never, FeishuConfig | RateLimit | Retry.RetryBudget | HttpClient.HttpClient> =>
  Layer.effect(AccessToken, selfBuiltApp(app))
