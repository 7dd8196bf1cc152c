/** Check `token`: Feishu gives an access token, or one was given. */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import type * as Result from "effect/Result"
import { Events, FeishuClient, FeishuConfig, FeishuError, Retry } from "@effect-feishu/core"
import * as Language from "../../../language/Language.ts"
import * as ClientLayer from "../../../settings/ClientLayer.ts"
import type * as Identity from "../../../settings/Identity.ts"
import type * as Check from "../Check.ts"
import type { Configured } from "./configuration.ts"

const words = Language.words({
  en: {
    given: "given by you: its expiry is not known, and it is not refreshed",
    "self-built app": (minutes: number) =>
      `tenant access token of the app, for ${minutes} min; it is refreshed`,
    "store app": (minutes: number) =>
      `tenant access token of the store app, for ${minutes} min; it is refreshed`,
    "client credentials": (minutes: number) =>
      `from the unified OAuth 2.0, for ${minutes} min; it is refreshed`,
    fromFile: (minutes: number) =>
      `user access token of the login, for ${minutes} min; without the app secret it cannot be refreshed`,
    user: (minutes: number) => `user access token of the login, for ${minutes} min; it is refreshed`,
  },
  zh: {
    given: "由用户给出：何时过期未知，也不会刷新",
    "self-built app": (minutes) => `应用的 tenant_access_token，有效期 ${minutes} 分钟，会自动刷新`,
    "store app": (minutes) => `商店应用的 tenant_access_token，有效期 ${minutes} 分钟，会自动刷新`,
    "client credentials": (minutes) => `取自统一 OAuth 2.0，有效期 ${minutes} 分钟，会自动刷新`,
    fromFile: (minutes) => `登录账号的 user_access_token，有效期 ${minutes} 分钟；没有 App Secret，无法刷新`,
    user: (minutes) => `登录账号的 user_access_token，有效期 ${minutes} 分钟，会自动刷新`,
  },
})

/** The values that checks with a token need. */
export interface Access {
  readonly configured: Configured
  readonly identity: Identity.Identity
  readonly client: Layer.Layer<FeishuClient.FeishuClient, FeishuError.FeishuError>
  /** Runs requests until the rate limit refuses one, and fails then: `list` would wait, but the doctor reports it. */
  readonly untilRefused: <A, E, R>(
    effect: Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | FeishuError.FeishuError, R>
  /** Milliseconds until the rate limit resets, where it has refused a request. */
  readonly refusedMillis: () => number | undefined
}

/** Gets a token. Later checks get a client that uses it. */
export const checkToken = Effect.fnUntraced(function* (
  configured: Configured,
  found: Result.Result<Identity.Identity, FeishuError.FeishuError>,
) {
  const { http, settings, urls } = configured
  const identity = yield* Effect.fromResult(found)
  const say = yield* Language.say(words)
  let expiresInMillis: number | undefined
  let refusedMillis: number | undefined
  const refused = yield* Deferred.make<never, FeishuError.FeishuError>()
  const listen = (event: Events.Event) =>
    Effect.suspend(() => {
      if (event._tag === "TokenFetched") expiresInMillis = event.expiresInMillis
      if (event._tag !== "RateLimitRefused") return Effect.void
      refusedMillis = event.resetMillis
      const { logId, resetMillis } = event
      const reason = new FeishuError.RateLimited({
        status: 429,
        retryAfterSeconds: Math.ceil(resetMillis / 1000),
        logId,
      })
      return Effect.asVoid(Deferred.fail(refused, new FeishuError.FeishuError({ reason })))
    })
  const untilRefused: Access["untilRefused"] = (effect) =>
    Effect.raceFirst(effect, Deferred.await(refused)).pipe(
      Effect.provideService(Events.Events, listen),
      // The client logs no warnings here: the checks report the same.
      Effect.provideService(References.MinimumLogLevel, "None"),
    )

  return yield* Effect.gen(function* () {
    const options = yield* ClientLayer.options(settings, identity)
    const source = yield* options.credentials
    yield* untilRefused(source.get)
    // Without the app secret, the token of a login comes from its file alone.
    const isFromFile = identity._tag === "Account" && expiresInMillis === undefined
    if (isFromFile) expiresInMillis = identity.login.accessTokenEndsAt - (yield* Clock.currentTimeMillis)
    const minutes = Math.round((expiresInMillis ?? 0) / 60_000)
    const client = FeishuClient.layer({
      ...options,
      credentials: Effect.succeed(source),
      rateLimit: ClientLayer.rateLimit(settings),
    }).pipe(Layer.provide(http))
    const access: Access = { configured, identity, client, untilRefused, refusedMillis: () => refusedMillis }
    const passed: Check.Passed = {
      detail: isFromFile
        ? say.fromFile(minutes)
        : source.kind === "given"
          ? say.given
          : say[source.kind](minutes),
      facts: {
        kind: source.kind,
        ...(expiresInMillis === undefined ? {} : { expiresInSeconds: Math.round(expiresInMillis / 1000) }),
      },
    }
    return [access, passed] as const
  }).pipe(Effect.provide([Layer.succeed(FeishuConfig.FeishuConfig, urls), http, Retry.layerBudget()]))
})
