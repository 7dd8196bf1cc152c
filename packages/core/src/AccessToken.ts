/**
 * The sources of access tokens: a token that was given, or the tokens of an app, fetched and refreshed.
 *
 * @example
 * ```ts
 * import { Config, Effect, Layer } from "effect"
 * import { AccessToken, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const layer = Layer.unwrap(
 *   Effect.gen(function* () {
 *     const credentials = AccessToken.selfBuiltApp({
 *       appId: yield* Config.String("FEISHU_APP_ID"),
 *       appSecret: Secret.appSecret(yield* Config.Redacted("FEISHU_APP_SECRET")),
 *     })
 *     return Meetings.layer({ credentials, baseUrl: yield* Config.String("FEISHU_BASE_URL") })
 *   }),
 * )
 *
 * const program = Effect.gen(function* () {
 *   const meetings = yield* Meetings.Meetings
 *   const page = yield* meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { from: "7d" } })
 *   console.log(page.meetingNo) // => 337736498
 * })
 * await Effect.runPromise(program.pipe(Effect.provide(layer), Effect.provide(NodeHttp.layer())))
 * ```
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Schema from "effect/Schema"
import * as OAuth from "@effect-feishu/contract/OAuth"
import * as TenantAccessToken from "@effect-feishu/contract/TenantAccessToken"
import type { AppTicket } from "./AppTicket.ts"
import { FeishuConfig } from "./FeishuConfig.ts"
import { type FeishuError, invalidRequest } from "./FeishuError.ts"
import { checkSecret } from "./internal/checkSecret.ts"
import * as StoreAppTokens from "./internal/StoreAppTokens.ts"
import * as TokenCache from "./internal/TokenCache.ts"
import * as TokenEndpoints from "./internal/TokenEndpoints.ts"
import type { App, Requirements } from "./internal/TokenEndpoints.ts"
import * as UserTokenSource from "./internal/UserTokenSource.ts"
import type * as Secret from "./Secret.ts"
import * as Sentence from "./Sentence.ts"

/** A token, and its generation: a refused generation is replaced once, however many callers were refused. */
export type Token = TokenCache.Token

/** The kind of a source of tokens. */
export type Kind = "given" | "self-built app" | "store app" | "client credentials" | "user"

/** A source of access tokens for requests. */
export class AccessToken extends Context.Service<
  AccessToken,
  {
    readonly kind: Kind
    /** The app that the tokens belong to, for error messages; absent where a token was given. */
    readonly appId?: string | undefined
    /**
     * The owner of the rate limit for which a request with this token counts: the app, and the tenant where the app
     * has many. Fails when `CurrentTenant` is missing, or is set although the source has one tenant only.
     */
    readonly owner: Effect.Effect<string, FeishuError>
    /** The `open_id` of the user whose tokens they are; absent where they are not those of a user who has signed in. */
    readonly account?: Effect.Effect<string, FeishuError> | undefined
    /** A token that is valid as far as is known. Concurrent callers share one fetch. */
    readonly get: Effect.Effect<Token, FeishuError>
    /** Reports that Feishu refused a token of this generation: `get` will fetch another, once. */
    readonly invalidate: (generation: number) => Effect.Effect<void>
  }
>()("@effect-feishu/core/AccessToken") {}

/**
 * The tenant key of the tenant whose meetings are read. A store app requires it, since it has many tenants.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { AccessToken, AppTicket, MeetingNo, Meetings, Secret } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const layer = Meetings.layer({
 *   credentials: AccessToken.storeApp({ appId: "cli_a1b2c3", appSecret: Secret.appSecret("secret") }),
 * }).pipe(Layer.provide(NodeHttp.layer()), Layer.provideMerge(AppTicket.layer))
 *
 * const program = Effect.gen(function* () {
 *   const meetings = yield* Meetings.Meetings
 *   const page = meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { from: "7d" } })
 *   // With a tenant key the page of that tenant; without one nothing is sent.
 *   const ofTenant = page.pipe(Effect.provideService(AccessToken.CurrentTenant, "2ed263bf32cf1651"))
 *   console.log(Effect.isEffect(ofTenant)) // => true
 *   console.log((yield* Effect.flip(page)).message)
 *   // => tenant: a store app has many tenants, and none is named. Nothing was sent. …
 * })
 * await Effect.runPromise(Effect.provide(program, layer))
 * ```
 */
export const CurrentTenant = Context.Reference<string | undefined>("@effect-feishu/core/CurrentTenant", {
  defaultValue: () => undefined,
})

/** An app's id and secret, and what the sources of its tokens require. */
export type { App, Requirements } from "./internal/TokenEndpoints.ts"

/** The former name of `Requirements`. */
export type Needs = Requirements

/** A source of one token, which the application gives. It cannot be replaced when Feishu refuses it. */
export const given = Effect.fnUntraced(function* (
  token: Secret.AccessToken,
): Effect.fn.Return<AccessToken["Service"], FeishuError> {
  yield* checkSecret("accessToken", token, "AccessToken")
  return AccessToken.of({
    kind: "given",
    owner: ownerWithoutTenant("given"),
    get: Effect.succeed({ value: token, generation: 0 }),
    invalidate: () => Effect.void,
  })
})

/** A source of the tenant access tokens of a self-built app. */
export const selfBuiltApp = Effect.fnUntraced(function* (
  app: App,
): Effect.fn.Return<AccessToken["Service"], FeishuError, Requirements> {
  const { call, jsonRequest } = yield* TokenEndpoints.make(app)
  const fetch = call({
    path: TenantAccessToken.internalPath,
    request: jsonRequest(
      TenantAccessToken.internalPath,
      encodeInternal({ app_id: app.appId, app_secret: app.appSecret }),
    ),
    answer: TenantAccessToken.Answer,
    tokenOf: (answer) => answer.tenant_access_token,
  })
  const tokens = yield* TokenCache.make(
    () => Effect.map(fetch, ({ expire, tenant_access_token: value }) => ({ value, expire })),
    TokenEndpoints.onFetched(TenantAccessToken.internalPath),
  )
  return ofOneTenant("self-built app", app, tokens)
})

/**
 * A source of the tokens of an app by the unified OAuth 2.0 of Feishu and Lark, grant type client credentials. Its base
 * URL is not that of the API: see `FeishuConfig.Options.oauthBaseUrl`.
 */
export const clientCredentials = Effect.fnUntraced(function* (
  app: App,
): Effect.fn.Return<AccessToken["Service"], FeishuError, Requirements> {
  const { call } = yield* TokenEndpoints.make(app)
  const { oauthBaseUrl } = yield* FeishuConfig
  const form = encodeClientCredentials({
    grant_type: "client_credentials",
    client_id: app.appId,
    client_secret: app.appSecret,
  })
  const fetch = call({
    path: OAuth.tokenPath,
    request: HttpClientRequest.post(`${oauthBaseUrl}${OAuth.tokenPath}`).pipe(
      HttpClientRequest.bodyUrlParams(form),
    ),
    answer: OAuth.Answer,
    tokenOf: (answer) => answer.access_token,
  })
  const tokens = yield* TokenCache.make(
    () => Effect.map(fetch, ({ access_token: value, expires_in: expire }) => ({ value, expire })),
    TokenEndpoints.onFetched(OAuth.tokenPath),
  )
  return ofOneTenant("client credentials", app, tokens)
})

/**
 * A source of the tenant access tokens of a store app, one for each `CurrentTenant`. The ticket comes from `AppTicket`,
 * to which the application passes it. If there is none, or Feishu refuses it (10012), another is requested from Feishu.
 */
export const storeApp = Effect.fnUntraced(function* (
  app: App,
): Effect.fn.Return<AccessToken["Service"], FeishuError, Requirements | AppTicket> {
  const tokens = yield* StoreAppTokens.make(app)
  return AccessToken.of({
    kind: "store app",
    appId: app.appId,
    owner: Effect.map(namedTenant, (tenantKey) => `${app.appId} ${tenantKey}`),
    get: Effect.flatMap(namedTenant, tokens.get),
    invalidate: (generation) =>
      Effect.ignore(Effect.flatMap(namedTenant, (tenantKey) => tokens.invalidate(tenantKey, generation))),
  })
})

/** A login, and the app that the user has signed in to. */
export type { UserOptions } from "./internal/UserTokenSource.ts"

/**
 * A source of the access tokens of a user who has signed in (see `SignIn` and `DeviceFlow`). A token is refreshed on use
 * before it ends, by whichever fiber or process comes first, while the present one still serves; what is stored in `tokens`
 * counts. Fails with `SignInRequired` where nobody has signed in, or the login has ended and cannot be repaired; then it
 * names the account that has to sign in again. No failure removes what is stored.
 *
 * The limit of requests is that of the app and the tenant, whoever signed in: with a store app, provide `CurrentTenant`
 * with the tenant of the user, so that it is shared with those who read as the app.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { AccessToken, MeetingNo, Meetings, Secret, UserTokenStore } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const layer = Meetings.layer({
 *   credentials: AccessToken.user({
 *     appId: "cli_a1b2c3",
 *     appSecret: Secret.appSecret("secret"),
 *     tokens: UserTokenStore.memory(),
 *   }),
 * })
 *
 * const program = Effect.gen(function* () {
 *   const meetings = yield* Meetings.Meetings
 *   const page = meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { from: "7d" } })
 *   console.log((yield* Effect.flip(page)).message)
 *   // => app cli_a1b2c3: nobody has signed in. Sign in.
 * })
 * await Effect.runPromise(program.pipe(Effect.provide(layer), Effect.provide(NodeHttp.layer())))
 * ```
 */
export const user = Effect.fnUntraced(function* (
  options: UserTokenSource.UserOptions,
): Effect.fn.Return<AccessToken["Service"], FeishuError, Requirements> {
  const { appId } = options
  const { login, tokens } = yield* UserTokenSource.make(options)
  return AccessToken.of({
    kind: "user",
    appId,
    account: Effect.map(login, ({ account }) => account.openId),
    owner: Effect.flatMap(Effect.service(CurrentTenant), (tenantKey) =>
      tenantKey === undefined
        ? Effect.succeed(appId)
        : Effect.flatMap(login, ({ account }) =>
            account.tenantKey === undefined || account.tenantKey === tenantKey
              ? Effect.succeed(`${appId} ${tenantKey}`)
              : invalidRequest("tenant", Sentence.make("otherTenant"), Sentence.make("leaveTenantOut")),
          ),
    ),
    get: tokens.get(appId),
    invalidate: (generation) => tokens.invalidate(appId, generation),
  })
})

const encodeInternal = Schema.encodeSync(TenantAccessToken.InternalRequest)
const encodeClientCredentials = Schema.encodeSync(OAuth.ClientCredentialsRequest)

/** The source of an app that has the tokens of its own tenant only. */
const ofOneTenant = (kind: Kind, { appId }: App, tokens: TokenCache.TokenCache): AccessToken["Service"] =>
  AccessToken.of({
    kind,
    appId,
    owner: ownerWithoutTenant(appId),
    get: tokens.get(appId),
    invalidate: (generation) => tokens.invalidate(appId, generation),
  })

/**
 * Returns the owner, for a source with one tenant. Fails if a tenant is named: the meetings of another tenant would be
 * read without a warning.
 */
const ownerWithoutTenant = (owner: string): Effect.Effect<string, FeishuError> =>
  Effect.flatMap(Effect.service(CurrentTenant), (tenantKey) =>
    tenantKey === undefined
      ? Effect.succeed(owner)
      : Effect.fail(invalidRequest("tenant", Sentence.make("otherTenant"), Sentence.make("leaveTenantOut"))),
  )

/** Returns the tenant key in `CurrentTenant`, which a source with many tenants requires. */
const namedTenant: Effect.Effect<string, FeishuError> = Effect.flatMap(
  Effect.service(CurrentTenant),
  (tenantKey) =>
    tenantKey !== undefined && tenantKey.trim() !== ""
      ? Effect.succeed(tenantKey)
      : Effect.fail(invalidRequest("tenant", Sentence.make("noTenant"), Sentence.make("giveTenant"))),
)
