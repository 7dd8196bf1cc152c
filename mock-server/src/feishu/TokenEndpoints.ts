/**
 * The endpoints below `/open-apis/auth/v3`, which give tenant and app access tokens and tickets. A body is read as JSON
 * whatever its content type says, and one that cannot be read is answered like a wrong app id, with HTTP 200 (inferred).
 */
import { AppAccessToken, AppTicket, TenantAccessToken } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import type { Operation } from "../protocol/Operations.ts"
import type { App } from "../state/Store.ts"
import { success, tokenFailure } from "./answers.ts"
import * as AppTicketPush from "./AppTicketPush.ts"
import { appOf, type Credentials } from "./Credentials.ts"
import { CurrentExchange, type Exchange } from "./Exchange.ts"

/** An answer, or the error code of a refusal. */
type Answer = HttpServerResponse | number

/** An endpoint whose requests must match a Schema. A request that does not is refused like a wrong app id. */
const endpoint = <A>(
  schema: Schema.Codec<A, unknown>,
  handle: (exchange: Exchange, request: A) => Answer | Effect.Effect<Answer>,
): Effect.Effect<HttpServerResponse> => {
  const decode = Schema.decodeUnknownOption(Schema.fromJsonString(schema))
  return Effect.gen(function* () {
    const exchange = yield* CurrentExchange
    const request = decode(exchange.requestBody)
    if (Option.isNone(request)) return tokenFailure(10003)
    const handled = handle(exchange, request.value)
    const answer = Effect.isEffect(handled) ? yield* handled : handled
    return typeof answer === "number" ? tokenFailure(answer) : answer
  })
}

/** An endpoint whose request names an app and its secret. */
const endpointOfApp = <A extends Credentials>(
  schema: Schema.Codec<A, unknown>,
  handle: (app: App, exchange: Exchange, request: A) => Answer | Effect.Effect<Answer>,
): Effect.Effect<HttpServerResponse> =>
  endpoint(schema, (exchange, request) => {
    const app = appOf(exchange.state, request)
    return typeof app === "number" ? app : handle(app, exchange, request)
  })

const tenantToken = ({ now, state }: Exchange, app: App, tenant: string) =>
  state.tokens.issueTenant(app, tenant, now)

/** The answer of each endpoint. */
export const endpoints = {
  // That a store app is refused here is documented; the code is inferred.
  "auth.tenantAccessTokenInternal": endpointOfApp(TenantAccessToken.InternalRequest, (app, exchange) => {
    if (app.type === "store") return 10003
    const { expire, text } = tenantToken(exchange, app, app.tenants[0])
    return success({ msg: "ok", tenant_access_token: text, expire })
  }),

  "auth.appAccessTokenInternal": endpointOfApp(TenantAccessToken.InternalRequest, (app, exchange) => {
    if (app.type === "store") return 10003
    const { expire, text } = tenantToken(exchange, app, app.tenants[0])
    return success({ msg: "ok", app_access_token: text, tenant_access_token: text, expire })
  }),

  "auth.appAccessToken": endpointOfApp(AppAccessToken.StoreRequest, (app, { now, state }, request) => {
    if (app.type === "self_built") return 10003
    if (!state.tokens.isTicket(app.app_id, Redacted.value(request.app_ticket), now)) return 10012
    const { expire, text } = state.tokens.issueApp(app.app_id, now)
    return success({ msg: "success", app_access_token: text, expire })
  }),

  "auth.tenantAccessToken": endpoint(TenantAccessToken.StoreRequest, (exchange, request) => {
    const token = exchange.state.tokens.find(Redacted.value(request.app_access_token))
    // Inferred: a token of another kind is refused like an unknown one, with this code.
    if (token?.kind !== "app" || token.revoked || exchange.now >= token.expiresAt) return 10013
    const app = exchange.state.store.app(token.appId)
    if (app === undefined) return 10013
    const tenant = request.tenant_key
    // A tenant that has not installed the app; the code is inferred.
    if (!app.tenants.includes(tenant)) return 10003
    const { expire, text } = tenantToken(exchange, app, tenant)
    return success({ msg: "success", tenant_access_token: text, expire })
  }),

  "auth.appTicketResend": endpointOfApp(AppTicket.ResendRequest, (app, exchange) =>
    app.type === "self_built"
      ? 10016
      : Effect.as(AppTicketPush.push(exchange.workspace, app), success({ msg: "success" })),
  ),
} satisfies Record<Extract<Operation, `auth.${string}`>, Effect.Effect<HttpServerResponse>>
