/**
 * Where access tokens come from: one that was given, or those of an app, fetched and refreshed.
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
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Redacted from "effect/Redacted"
import * as AppAccessToken from "@effect-feishu/contract/AppAccessToken"
import * as AppTicketContract from "@effect-feishu/contract/AppTicket"
import * as OAuth from "@effect-feishu/contract/OAuth"
import * as TenantAccessToken from "@effect-feishu/contract/TenantAccessToken"
import { AppTicket } from "./AppTicket.ts"
import * as Circuit from "./internal/Circuit.ts"
import * as Events from "./Events.ts"
import * as Attempt from "./internal/Attempt.ts"
import { FeishuConfig } from "./FeishuConfig.ts"
import {
  AppTicketMissing,
  AuthenticationFailed,
  ContractViolation,
  FeishuError,
  invalidRequest,
  type Reason,
} from "./FeishuError.ts"
import * as RateLimit from "./RateLimit.ts"
import * as Retry from "./Retry.ts"
import * as Secret from "./Secret.ts"
import * as TokenCache from "./internal/TokenCache.ts"
import * as Transport from "./internal/Transport.ts"

/** A token and its generation: a refused generation is replaced once, however many callers were refused. */
export type Token = TokenCache.Token

/** The kinds of sources. */
export type Kind = "given" | "self-built app" | "store app" | "client credentials"

/** Where requests get their token from. */
export class AccessToken extends Context.Service<
  AccessToken,
  {
    readonly kind: Kind
    /** The app whose tokens they are, for errors to name; absent where a token was given. */
    readonly appId?: string | undefined
    /**
     * Whose quota requests with such a token count for: the app, and the tenant where there are many. Fails when
     * `CurrentTenant` is missing, or set although the source has one tenant only.
     */
    readonly owner: Effect.Effect<string, FeishuError>
    /** A token that is valid as far as is known. Callers at the same time share one fetch. */
    readonly get: Effect.Effect<Token, FeishuError>
    /** Feishu refused a token of this generation: `get` will fetch another, once. */
    readonly invalidate: (generation: number) => Effect.Effect<void>
  }
>()("@effect-feishu/core/AccessToken") {}

/**
 * The tenant key of the tenant whose meetings are read; needed with a store app, which has many.
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

/** What the sources of an app's tokens need; `FeishuClient.layer` brings it, but for the HTTP client. */
export type Needs = FeishuConfig | Retry.RetryBudget | HttpClient.HttpClient | Scope.Scope

/** App id and app secret, from the app's page in the developer console. */
export interface App {
  readonly appId: string
  readonly appSecret: Secret.AppSecret
}

/** A token that the application has; it cannot be replaced when Feishu refuses it. */
export const given = Effect.fnUntraced(function* (
  token: Secret.AccessToken,
): Effect.fn.Return<AccessToken["Service"], FeishuError> {
  yield* checkSecret("accessToken", token, "AccessToken")
  return AccessToken.of({
    kind: "given",
    owner: ofOneTenant("given"),
    get: Effect.succeed({ value: token, generation: 0 }),
    invalidate: () => Effect.void,
  })
})

/** The tenant access tokens of a self-built app. */
export const selfBuiltApp = Effect.fnUntraced(function* (
  app: App,
): Effect.fn.Return<AccessToken["Service"], FeishuError, Needs> {
  const { fetched, post, toJson } = yield* endpointsOf(app)
  const request = toJson(
    TenantAccessToken.internalPath,
    encodeInternal({ app_id: app.appId, app_secret: app.appSecret }),
  )
  const tokens = yield* TokenCache.make(
    () =>
      Effect.map(
        post(TenantAccessToken.internalPath, request, [], TenantAccessToken.Answer, tenantToken),
        ({ expire, tenant_access_token: value }) => ({ value, expire }),
      ),
    fetched(TenantAccessToken.internalPath),
  )
  return ofOneToken("self-built app", app, tokens)
})

/**
 * The tokens of an app by the unified OAuth 2.0 of Feishu and Lark, grant type client credentials. Another base
 * URL than the API's: see `FeishuConfig.Options`.
 */
export const clientCredentials = Effect.fnUntraced(function* (
  app: App,
): Effect.fn.Return<AccessToken["Service"], FeishuError, Needs> {
  const { fetched, post } = yield* endpointsOf(app)
  const { oauthBaseUrl } = yield* FeishuConfig
  const request = HttpClientRequest.post(`${oauthBaseUrl}${OAuth.tokenPath}`).pipe(
    HttpClientRequest.bodyUrlParams(
      encodeClientCredentials({
        grant_type: "client_credentials",
        client_id: app.appId,
        client_secret: app.appSecret,
      }),
    ),
  )
  const tokens = yield* TokenCache.make(
    () =>
      Effect.map(
        post(OAuth.tokenPath, request, [], OAuth.Answer, (answer) => answer.access_token),
        ({ access_token: value, expires_in: expire }) => ({ value, expire }),
      ),
    fetched(OAuth.tokenPath),
  )
  return ofOneToken("client credentials", app, tokens)
})

/** How long a ticket is waited for that Feishu was asked to push: within 2 minutes (documented), and a little. */
const ticketWaitSeconds = 130

/**
 * The tenant access tokens of a store app, one for each `CurrentTenant`. The ticket comes from `AppTicket`, which
 * the application feeds; where there is none, or Feishu refuses it (10012), Feishu is asked to push another.
 */
export const storeApp = Effect.fnUntraced(function* (
  app: App,
): Effect.fn.Return<AccessToken["Service"], FeishuError, Needs | AppTicket> {
  const { fetched, post, toJson } = yield* endpointsOf(app)
  const tickets = yield* AppTicket
  const credentials = { app_id: app.appId, app_secret: app.appSecret }

  const resendRequest = toJson(AppTicketContract.resendPath, encodeResend(credentials))
  /** Has Feishu push a ticket, and waits until there is another one than before. */
  const newTicket = Effect.fnUntraced(function* (refused: Secret.AppTicket | undefined) {
    yield* post(AppTicketContract.resendPath, resendRequest, [], Schema.Struct({}))
    const waited = yield* Effect.timeoutOption(
      Effect.gen(function* () {
        while (true) {
          const ticket = yield* tickets.latest
          if (
            ticket !== undefined &&
            (refused === undefined || Redacted.value(ticket) !== Redacted.value(refused))
          ) {
            return ticket
          }
          yield* Effect.sleep("1 second")
        }
      }),
      Duration.seconds(ticketWaitSeconds),
    )
    return yield* Effect.mapError(
      Effect.fromOption(waited),
      () =>
        new FeishuError({
          reason: new AppTicketMissing({ appId: app.appId, waitedSeconds: ticketWaitSeconds }),
          operation: `POST ${AppTicketContract.resendPath}`,
        }),
    )
  })

  const withTicket = (ticket: Secret.AppTicket) =>
    post(
      AppAccessToken.storePath,
      toJson(AppAccessToken.storePath, encodeStoreApp({ ...credentials, app_ticket: ticket })),
      [ticket],
      AppAccessToken.Answer,
      (answer) => answer.app_access_token,
    )
  const appTokens = yield* TokenCache.make(
    Effect.fnUntraced(function* () {
      const ticket = (yield* tickets.latest) ?? (yield* newTicket(undefined))
      const answer = yield* Effect.catchIf(
        withTicket(ticket),
        (error) => error.code === 10012,
        () => Effect.flatMap(newTicket(ticket), withTicket),
      )
      return { value: answer.app_access_token, expire: answer.expire }
    }),
    fetched(AppAccessToken.storePath),
  )

  const tenantTokens = yield* TokenCache.make(
    Effect.fnUntraced(function* (tenantKey: string) {
      const fetchWith = ({ value }: Token) =>
        post(
          TenantAccessToken.storePath,
          toJson(
            TenantAccessToken.storePath,
            encodeStoreTenant({ app_access_token: value, tenant_key: tenantKey }),
          ),
          [value],
          TenantAccessToken.Answer,
          tenantToken,
        )
      const appToken = yield* appTokens.get(app.appId)
      const { expire, tenant_access_token: value } = yield* Effect.catchIf(
        fetchWith(appToken),
        (error) => error.reason.retry === "token",
        () =>
          Effect.andThen(
            appTokens.invalidate(app.appId, appToken.generation),
            Effect.flatMap(appTokens.get(app.appId), fetchWith),
          ),
      )
      return { value, expire }
    }),
    fetched(TenantAccessToken.storePath),
  )

  const tenant = Effect.flatMap(Effect.service(CurrentTenant), (tenantKey) =>
    tenantKey !== undefined && tenantKey.trim() !== ""
      ? Effect.succeed(tenantKey)
      : Effect.fail(
          invalidRequest(
            "tenant",
            "a store app has many tenants, and none is named",
            "Provide AccessToken.CurrentTenant with the tenant key of the one to read.",
          ),
        ),
  )
  return AccessToken.of({
    kind: "store app",
    appId: app.appId,
    owner: Effect.map(tenant, (tenantKey) => `${app.appId} ${tenantKey}`),
    get: Effect.flatMap(tenant, tenantTokens.get),
    invalidate: (generation) =>
      Effect.ignore(Effect.flatMap(tenant, (tenantKey) => tenantTokens.invalidate(tenantKey, generation))),
  })
})

const tenantToken = (answer: TenantAccessToken.Answer) => answer.tenant_access_token

const encodeInternal = Schema.encodeSync(TenantAccessToken.InternalRequest)
const encodeStoreTenant = Schema.encodeSync(TenantAccessToken.StoreRequest)
const encodeStoreApp = Schema.encodeSync(AppAccessToken.StoreRequest)
const encodeResend = Schema.encodeSync(AppTicketContract.ResendRequest)
const encodeClientCredentials = Schema.encodeSync(OAuth.ClientCredentialsRequest)

/** A source with one tenant: that another one is named would read the wrong meetings without a word. */
const ofOneTenant = (owner: string): Effect.Effect<string, FeishuError> =>
  Effect.flatMap(Effect.service(CurrentTenant), (tenantKey) =>
    tenantKey === undefined
      ? Effect.succeed(owner)
      : Effect.fail(
          invalidRequest(
            "tenant",
            "a tenant is named, but these credentials are good for their own tenant only",
            "Leave AccessToken.CurrentTenant away, or use the credentials of a store app.",
          ),
        ),
  )

const ofOneToken = (kind: Kind, { appId }: App, tokens: TokenCache.TokenCache): AccessToken["Service"] =>
  AccessToken.of({
    kind,
    appId,
    owner: ofOneTenant(appId),
    get: tokens.get(appId),
    invalidate: (generation) => tokens.invalidate(appId, generation),
  })

const checkSecret = (field: string, secret: unknown, kind: Parameters<typeof Secret.problem>[1]) => {
  const problem = Secret.problem(secret, kind)
  return problem === undefined
    ? Effect.void
    : Effect.fail(
        invalidRequest(
          field,
          problem,
          `Give it as Feishu gave it, in ${kind === "AppSecret" ? "Secret.appSecret" : "Secret.accessToken"}.`,
        ),
      )
}

/** Feishu does not say how often token endpoints may be called; it has many endpoints with 50 a second (inferred). */
const tokenRateLimit = { requests: 50, window: "1 second" } as const

/** A token endpoint that has failed for good is left alone for so many seconds: it serves every reader of an app. */
const deadEndpointPauseSeconds = 30

/** Calls of token endpoints, with a rate limit and retries of their own. */
const endpointsOf = Effect.fnUntraced(function* (app: App) {
  const problem = Secret.appIdProblem(app.appId)
  if (problem !== undefined) {
    return yield* invalidRequest("appId", problem, "Copy it from the app's page in the developer console.")
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

  const post = Effect.fnUntraced(function* <A>(
    path: string,
    request: HttpClientRequest.HttpClientRequest,
    secrets: ReadonlyArray<Redacted.Redacted<string>>,
    schema: Schema.Codec<A, unknown>,
    tokenOf?: (answer: A) => Redacted.Redacted<string>,
  ): Effect.fn.Return<A, FeishuError> {
    const operation = `POST ${path}`
    const decode = Schema.decodeUnknownEffect(schema)
    let requests = 0
    const attempt = Effect.suspend(() => {
      requests++
      return sendOnce({
        operation,
        request,
        secrets: [app.appSecret, ...secrets],
        decode: (json, { logId, status }) => {
          const violation = (problem: string) =>
            new FeishuError({ reason: new ContractViolation({ problem, status, cutShort: false, logId }) })
          return decode(json).pipe(
            Effect.mapError(() => violation("the answer of the token endpoint has no token")),
            Effect.filterOrFail(
              (answer) =>
                tokenOf === undefined || Secret.textProblem(Redacted.value(tokenOf(answer))) === undefined,
              () => violation("the token of the token endpoint is none that a header can hold"),
            ),
          )
        },
      })
    })
    return yield* attempt.pipe(
      rateLimit.withSlot(operation, Transport.deliveryOf),
      Effect.mapError((error) =>
        error.with({ operation, requests, reason: withApp(error.reason, app.appId) }),
      ),
      Retry.closeGate(rateLimit, operation),
      Retry.withRetries,
      Effect.provideService(Retry.RetryBudget, budget),
      (call) => circuit.guard(operation, call),
    )
  })

  return {
    post,
    toJson: (path: string, body: unknown) =>
      HttpClientRequest.post(`${config.baseUrl}${path}`).pipe(
        HttpClientRequest.bodyText(JSON.stringify(body), "application/json; charset=utf-8"),
      ),
    fetched: (path: string) => (expiresInMillis: number) =>
      Events.emit({ _tag: "TokenFetched", operation: `POST ${path}`, expiresInMillis }),
  }
})

/** What a token endpoint refuses with a code are the credentials, whatever the code. */
const withApp = (reason: Reason, appId: string): Reason => {
  if (reason._tag === "AuthenticationFailed") return reason.ofApp(appId)
  if (reason._tag !== "RequestRefused" || reason.code === undefined) return reason
  const { code, logId, msg, status } = reason
  return new AuthenticationFailed({ code, logId, msg, status, appId })
}
