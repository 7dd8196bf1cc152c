/** The endpoints of OAuth: users' tokens for codes, device codes and refresh tokens; an app's own token; and the start of a device flow. */
import { OAuth } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Behaviour } from "../protocol/Behaviour.ts"
import * as JsonText from "../protocol/JsonText.ts"
import type { Operation } from "../protocol/Operations.ts"
import * as Authorizations from "../state/Authorizations.ts"
import type * as RateLimit from "../state/RateLimit.ts"
import type { App } from "../state/Store.ts"
import { scopesIn } from "../state/Tokens.ts"
import { deviceFailure, json, notFound, oauthFailure, rateLimited, success } from "./answers.ts"
import { appOf } from "./Credentials.ts"
import { CurrentExchange, type Exchange } from "./Exchange.ts"

/** A request for tokens. */
type TokenRequest =
  | OAuth.AuthorizationCodeRequest
  | OAuth.RefreshTokenRequest
  | OAuth.DeviceCodeRequest
  | OAuth.ClientCredentialsRequest

/** The grants, with the Schema of their requests. */
const grants = {
  authorization_code: OAuth.AuthorizationCodeRequest,
  refresh_token: OAuth.RefreshTokenRequest,
  client_credentials: OAuth.ClientCredentialsRequest,
  [OAuth.deviceCodeGrant]: OAuth.DeviceCodeRequest,
} as const

/** Returns the fields of a body, JSON or a form whatever its content type says; `undefined` for one that is neither. */
const fieldsOf = (text: string): object | undefined => {
  const parsed = JsonText.parsed(text)
  if (parsed !== undefined)
    return typeof parsed === "object" && !Array.isArray(parsed) ? Object(parsed) : undefined
  return text.includes("=") ? Object.fromEntries(new URLSearchParams(text)) : undefined
}

/** An endpoint: the grants that it knows, and whether it has a limit. */
const endpoint = (
  names: ReadonlyArray<TokenRequest["grant_type"]>,
  isLimited: boolean,
): Effect.Effect<HttpServerResponse, never, HttpServerRequest.HttpServerRequest> => {
  const decoders = new Map(
    names.map((name) => [
      name as string,
      Schema.decodeUnknownOption(grants[name] as Schema.Codec<TokenRequest, unknown>),
    ]),
  )
  return Effect.gen(function* () {
    const exchange = yield* CurrentExchange
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const fields = fieldsOf(exchange.requestBody)
    if (fields === undefined) return oauthFailure(20063)
    const grant: unknown = Reflect.get(fields, "grant_type")
    if (grant === undefined) return oauthFailure(20001)
    const decode = decoders.get(String(grant))
    const isOff = grant === OAuth.deviceCodeGrant && exchange.state.behaviour.deviceFlow === "off"
    if (decode === undefined || isOff) return oauthFailure(20036)
    const request = decode(fields)
    if (Option.isNone(request)) return oauthFailure(20001)
    if (/^basic /i.test(headers["authorization"] ?? "")) return oauthFailure(20070)
    return tokensFor(exchange, request.value, isLimited)
  })
}

/** Returns the app of a request, or the code of its refusal. */
const clientOf = (
  { state }: Exchange,
  client: { readonly client_id: string; readonly client_secret: Redacted.Redacted<string> },
): App | 20048 | 20002 => {
  const app = appOf(state, { app_id: client.client_id, app_secret: client.client_secret })
  return typeof app !== "number" ? app : app === 10003 ? 20048 : 20002
}

const tokensFor = (exchange: Exchange, request: TokenRequest, isLimited: boolean): HttpServerResponse => {
  const { now, state } = exchange
  const app = clientOf(exchange, request)
  if (typeof app === "number") return oauthFailure(app)
  const refusal = isLimited
    ? state.rateLimit.take(
        { api: "userToken", app: app.app_id, tenant: app.tenants[0] },
        () => userTokenWindows(state.behaviour),
        now,
      )
    : undefined
  if (refusal !== undefined) return rateLimited(refusal, state.behaviour.rateStatus)
  if (request.grant_type === "client_credentials") {
    // Feishu's documents leave open which tenant a store app's token is for.
    const { expire, text } = state.tokens.issueClientCredentials(app.app_id, app.tenants[0], now)
    return success({ access_token: text, expires_in: expire, token_type: "Bearer" })
  }
  const given = userTokensFor(exchange, app, request)
  if (typeof given === "string") return deviceFailure(given)
  if (typeof given === "object") return success(given)
  return oauthFailure(given, given === 21000 ? { data: { challenge_url: Authorizations.challengeUrl } } : {})
}

/** Returns a user's tokens, or the refusal. */
const userTokensFor = (
  { now, state }: Exchange,
  { app_id: appId, refresh_user_access_token: mayRefresh }: App,
  request: Exclude<TokenRequest, OAuth.ClientCredentialsRequest>,
): object | OAuth.DeviceError | number => {
  const { tokens } = state
  const refusalOf = Authorizations.refusalOf(state)
  switch (request.grant_type) {
    case "authorization_code": {
      const { code, code_verifier: verifier, redirect_uri: redirectUri, scope } = request
      const codeVerifier = verifier === undefined ? undefined : Redacted.value(verifier)
      return tokens.tradeCode(
        { appId, code: Redacted.value(code), redirectUri, codeVerifier, scope },
        now,
        refusalOf,
      )
    }
    case OAuth.deviceCodeGrant: {
      const deviceCode = Redacted.value(request.device_code)
      return tokens.tradeDevice({ appId, deviceCode, scope: undefined }, now, refusalOf)
    }
    case "refresh_token": {
      if (mayRefresh === false) return 20074
      const { refreshGrace } = state.behaviour
      return tokens.refresh(
        {
          appId,
          refreshToken: Redacted.value(request.refresh_token),
          scope: request.scope,
          graceSeconds: refreshGrace === "off" ? 0 : refreshGrace,
        },
        now,
        refusalOf,
      )
    }
  }
}

/** The windows of the endpoint of users' tokens (documented). */
const userTokenWindows = ({
  rateLimit,
  rateLimitPerSecond: perSecond,
  userTokenRateLimit: perMinute,
}: Behaviour): RateLimit.Windows =>
  rateLimit === "off"
    ? []
    : [
        ...(perMinute === "off" ? [] : [{ requests: perMinute, windowSeconds: 60 }]),
        ...(perSecond === "off" ? [] : [{ requests: perSecond, windowSeconds: 1 }]),
      ]

const decodeDevice = Schema.decodeUnknownOption(OAuth.DeviceAuthorizationRequest)

/** Returns the app id and the secret of Basic credentials. */
const basicOf = (header: string | undefined): readonly [id: string, secret: string] | undefined => {
  const [, encoded] = /^Basic +(\S+)$/i.exec(header ?? "") ?? []
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded ?? "", "base64").toString()) ?? []
  return id === undefined || secret === undefined ? undefined : [id, secret]
}

/** Begins the authorization of a device. That the credentials must be in the header is inferred: the official command line sends them there. */
const beginDevice: Effect.Effect<HttpServerResponse, never, HttpServerRequest.HttpServerRequest> = Effect.gen(
  function* () {
    const exchange = yield* CurrentExchange
    const { headers } = yield* HttpServerRequest.HttpServerRequest
    const { now, state } = exchange
    if (state.behaviour.deviceFlow === "off") return notFound
    const request = decodeDevice(fieldsOf(exchange.requestBody) ?? {})
    if (Option.isNone(request)) return oauthFailure(20001)
    const { client_id, scope } = request.value
    const [id, secret] = basicOf(headers["authorization"]) ?? []
    if (id !== client_id || secret === undefined) return oauthFailure(20002)
    const app = clientOf(exchange, { client_id, client_secret: Redacted.make(secret) })
    if (typeof app === "number") return oauthFailure(app)
    const scopes = [...new Set(scopesIn(scope))]
    const problem = Authorizations.problemOfScopes(app, scopes)
    if (problem !== undefined) return oauthFailure(problem.code ?? 20001)
    const { deviceCode, expiresIn, interval, userCode } = state.tokens.beginDevice(
      { appId: app.app_id, scopes },
      now,
    )
    const page = `http://${headers["host"] ?? "feishu.mock"}${Authorizations.devicePath}`
    return json(
      JSON.stringify({
        device_code: deviceCode,
        user_code: userCode,
        verification_uri: page,
        verification_uri_complete: `${page}?user_code=${userCode}`,
        expires_in: expiresIn,
        interval,
      }),
    )
  },
)

/** The answer of each endpoint. */
export const endpoints = {
  "oauth.deviceAuthorization": beginDevice,

  /** User access tokens, version 2. */
  "oauth.userToken": endpoint(["authorization_code", "refresh_token", OAuth.deviceCodeGrant], true),

  /**
   * The unified endpoint. Its documents show forms and one grant; the official SDK sends it JSON, and users' grants, too. No limit of it is
   * documented.
   */
  "oauth.clientCredentials": endpoint(["client_credentials", "authorization_code", "refresh_token"], false),
} satisfies Record<
  Extract<Operation, `oauth.${string}`>,
  Effect.Effect<HttpServerResponse, never, HttpServerRequest.HttpServerRequest>
>
