/**
 * The endpoints that give tokens. Their requests are read by hand: a body of any content type is read as JSON, and
 * one that cannot be read is answered like a wrong app id, with HTTP 200 (inferred).
 */
import { AppAccessToken, AppTicket, OAuth, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as AppTicketPush from "./AppTicketPush.ts"
import { json, oauthFailure, tokenFailure } from "./answers.ts"
import { CurrentExchange, type Exchange } from "./Exchange.ts"
import type { App } from "../state/Store.ts"

type Response = HttpServerResponse.HttpServerResponse

const answer = (fields: object): Response => json(JSON.stringify({ code: 0, ...fields }))

const fromJson = <S extends Schema.Codec<unknown, unknown>>(schema: S) =>
  Schema.decodeUnknownOption(Schema.fromJsonString(schema))

/** A request that names an app with its secret. */
interface Credentials {
  readonly app_id: string
  readonly app_secret: Redacted.Redacted<string>
}

/** The app of a request; or the error code. */
const authenticate = ({ state }: Exchange, credentials: Credentials): App | number => {
  const app = state.store.app(credentials.app_id)
  if (app === undefined) return 10003
  return app.app_secret === Redacted.value(credentials.app_secret) ? app : 10014
}

/** Every route that gives tokens. */
export const routes = () => {
  /** A route whose request names an app with its secret. */
  const ofApp = <A extends Credentials>(
    path: HttpRouter.PathInput,
    schema: Schema.Codec<A, unknown>,
    handle: (
      app: App,
      exchange: Exchange,
      request: A,
    ) => Response | number | Effect.Effect<Response | number>,
  ) => {
    const decode = fromJson(schema)
    return HttpRouter.add(
      "POST",
      path,
      Effect.gen(function* () {
        const exchange = yield* CurrentExchange
        const request = decode(yield* bodyText)
        if (Option.isNone(request)) return tokenFailure(10003)
        const app = authenticate(exchange, request.value)
        const handled = typeof app === "number" ? app : handle(app, exchange, request.value)
        const result = Effect.isEffect(handled) ? yield* handled : handled
        return typeof result === "number" ? tokenFailure(result) : result
      }),
    )
  }

  const tenantToken = ({ now, state }: Exchange, app: App, tenant: string) =>
    state.tokens.issueTenant(app, tenant, now)

  const decodeTenantRequest = fromJson(TenantAccessToken.StoreRequest)
  const storeTenant = HttpRouter.add(
    "POST",
    TenantAccessToken.storePath,
    Effect.gen(function* () {
      const exchange = yield* CurrentExchange
      const request = decodeTenantRequest(yield* bodyText)
      if (Option.isNone(request)) return tokenFailure(10003)
      const token = exchange.state.tokens.find(Redacted.value(request.value.app_access_token))
      // That a token of another kind is refused like an unknown one is inferred, and so is the code.
      if (token?.kind !== "app" || token.revoked || exchange.now >= token.expiresAt)
        return tokenFailure(10013)
      const app = exchange.state.store.app(token.appId)
      if (app === undefined) return tokenFailure(10013)
      const tenant = request.value.tenant_key
      // A tenant that has not installed the app; the code is inferred.
      if (!app.tenants.includes(tenant)) return tokenFailure(10003)
      const { expire, text } = tenantToken(exchange, app, tenant)
      return answer({ msg: "success", tenant_access_token: text, expire })
    }),
  )

  return Layer.mergeAll(
    // That a store app is refused here is documented, with which code is inferred.
    ofApp(TenantAccessToken.internalPath, TenantAccessToken.InternalRequest, (app, exchange) => {
      if (app.type === "store") return 10003
      const { expire, text } = tenantToken(exchange, app, app.tenants[0])
      return answer({ msg: "ok", tenant_access_token: text, expire })
    }),
    ofApp(AppAccessToken.internalPath, TenantAccessToken.InternalRequest, (app, exchange) => {
      if (app.type === "store") return 10003
      const { expire, text } = tenantToken(exchange, app, app.tenants[0])
      return answer({ msg: "ok", app_access_token: text, tenant_access_token: text, expire })
    }),
    ofApp(AppAccessToken.storePath, AppAccessToken.StoreRequest, (app, { now, state }, request) => {
      if (app.type === "self_built") return 10003
      if (!state.tokens.isTicket(app.app_id, Redacted.value(request.app_ticket), now)) return 10012
      const { expire, text } = state.tokens.issueApp(app.app_id, now)
      return answer({ msg: "success", app_access_token: text, expire })
    }),
    storeTenant,
    ofApp(AppTicket.resendPath, AppTicket.ResendRequest, (app, exchange) =>
      app.type === "self_built"
        ? 10016
        : Effect.as(AppTicketPush.push(exchange.workspace, app), answer({ msg: "success" })),
    ),
    HttpRouter.add("POST", OAuth.userTokenPath, userToken),
    HttpRouter.add("POST", OAuth.tokenPath, unified),
  )
}

/** What the endpoints of OAuth take. */
type OAuthRequest =
  | OAuth.AuthorizationCodeRequest
  | OAuth.RefreshTokenRequest
  | OAuth.ClientCredentialsRequest

/** An endpoint of OAuth: the grants that it knows, and how it reads a body. */
const oauth = (
  grants: ReadonlyArray<OAuthRequest["grant_type"]>,
  schema: Schema.Codec<OAuthRequest, unknown>,
  read: (text: string) => unknown,
) => {
  const decode = Schema.decodeUnknownOption(schema)
  const isKnown = (grant: unknown): boolean => grant === undefined || grants.some((known) => known === grant)
  return Effect.map(CurrentExchange, (exchange) => {
    const fields = read(exchange.requestBody)
    const request = decode(fields)
    if (Option.isSome(request)) return tokensFor(exchange, request.value)
    const { grant_type: grant } = Object(fields)
    return oauthFailure(20001, isKnown(grant) ? "invalid_request" : "unsupported_grant_type")
  })
}

const tokensFor = (exchange: Exchange, request: OAuthRequest): Response => {
  const app = authenticate(exchange, { app_id: request.client_id, app_secret: request.client_secret })
  if (typeof app === "number") return oauthFailure(20002, "invalid_client")
  const { now, state } = exchange
  if (request.grant_type === "client_credentials") {
    // Which tenant a store app's token would be for, the documents leave open.
    const { expire, text } = state.tokens.issueClientCredentials(app.app_id, app.tenants[0], now)
    return answer({ access_token: text, expires_in: expire, token_type: "Bearer" })
  }
  const tokens =
    request.grant_type === "refresh_token"
      ? state.tokens.refresh({ appId: app.app_id, refreshToken: Redacted.value(request.refresh_token) }, now)
      : state.tokens.tradeCode(
          {
            appId: app.app_id,
            code: Redacted.value(request.code),
            redirectUri: request.redirect_uri,
            codeVerifier:
              request.code_verifier === undefined ? undefined : Redacted.value(request.code_verifier),
          },
          now,
        )
  return typeof tokens === "number" ? oauthFailure(tokens, "invalid_grant") : answer(tokens)
}

const fieldsOfJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The endpoint of user access tokens, version 2. */
const userToken = oauth(
  ["authorization_code", "refresh_token"],
  Schema.Union([OAuth.AuthorizationCodeRequest, OAuth.RefreshTokenRequest]),
  fieldsOfJson,
)

/** The unified one. Its documents show forms and one grant; the official SDK sends it JSON, and users' grants, too. */
const unified = oauth(
  ["client_credentials", "authorization_code", "refresh_token"],
  Schema.Union([OAuth.ClientCredentialsRequest, OAuth.AuthorizationCodeRequest, OAuth.RefreshTokenRequest]),
  (text) => fieldsOfJson(text) ?? Object.fromEntries(new URLSearchParams(text)),
)

/** Read when the request came. */
const bodyText = Effect.map(CurrentExchange, ({ requestBody }) => requestBody)
