/** The endpoints of OAuth, which give users' tokens for codes and refresh tokens, and an app's own token. */
import { OAuth } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as JsonText from "../protocol/JsonText.ts"
import type { Operation } from "../protocol/Operations.ts"
import { oauthFailure, success } from "./answers.ts"
import { appOf } from "./Credentials.ts"
import { CurrentExchange, type Exchange } from "./Exchange.ts"

/** A request for tokens. */
type TokenRequest =
  | OAuth.AuthorizationCodeRequest
  | OAuth.RefreshTokenRequest
  | OAuth.ClientCredentialsRequest

/** An endpoint: the grants that it knows, the Schema of their requests, and the way it reads a body. */
const endpoint = (
  grants: ReadonlyArray<TokenRequest["grant_type"]>,
  schema: Schema.Codec<TokenRequest, unknown>,
  read: (text: string) => unknown,
): Effect.Effect<HttpServerResponse> => {
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

const tokensFor = ({ now, state }: Exchange, request: TokenRequest): HttpServerResponse => {
  const app = appOf(state, { app_id: request.client_id, app_secret: request.client_secret })
  if (typeof app === "number") return oauthFailure(20002, "invalid_client")
  if (request.grant_type === "client_credentials") {
    // Feishu's documents leave open which tenant a store app's token is for.
    const { expire, text } = state.tokens.issueClientCredentials(app.app_id, app.tenants[0], now)
    return success({ access_token: text, expires_in: expire, token_type: "Bearer" })
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
  return typeof tokens === "number" ? oauthFailure(tokens, "invalid_grant") : success(tokens)
}

/** The answer of each endpoint. */
export const endpoints = {
  /** User access tokens, version 2. */
  "oauth.userToken": endpoint(
    ["authorization_code", "refresh_token"],
    Schema.Union([OAuth.AuthorizationCodeRequest, OAuth.RefreshTokenRequest]),
    JsonText.parsed,
  ),

  /** The unified endpoint. Its documents show forms and one grant; the official SDK sends it JSON, and users' grants, too. */
  "oauth.clientCredentials": endpoint(
    ["client_credentials", "authorization_code", "refresh_token"],
    Schema.Union([OAuth.ClientCredentialsRequest, OAuth.AuthorizationCodeRequest, OAuth.RefreshTokenRequest]),
    (text) => JsonText.parsed(text) ?? Object.fromEntries(new URLSearchParams(text)),
  ),
} satisfies Record<Extract<Operation, `oauth.${string}`>, Effect.Effect<HttpServerResponse>>
