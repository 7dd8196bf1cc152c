/**
 * What Feishu's gateway checks before a request reaches the service behind it, in the observed order: token, then
 * scope, then fields. The text of a field is looked at only when the first two are right.
 */
// As a whole: an old Node has not all of its names, and could not say that it is too old.
import * as Net from "node:net"
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import type { HttpApiSchemaError } from "effect/http-api/HttpApiError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Problems from "../protocol/Problems.ts"
import { failure } from "./answers.ts"
import { bearerOf, CurrentExchange, type Exchange } from "./Exchange.ts"

/**
 * Token and scope. A plain middleware: a security middleware of HttpApi takes `bearer` in any case, which Feishu
 * does not, and hides what is wrong with the fields (measured).
 */
export class Authorization extends HttpApiMiddleware.Service<Authorization>()(
  "@effect-feishu/mock-server/Authorization",
) {}

/** Says what is wrong with the fields of a request, all of it at once. */
export class Fields extends HttpApiMiddleware.Service<Fields>()("@effect-feishu/mock-server/Fields") {}

/** The live {@link Authorization}. */
export const authorization: Layer.Layer<Authorization> = Layer.succeed(
  Authorization,
  (handler, { endpoint: { identifier } }) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.flatMap(CurrentExchange, (exchange) => refusalOf(exchange, request, identifier) ?? handler),
    ),
)

/** Says no; else the exchange knows the tenant, and whether it is over the limit. */
const refusalOf = (exchange: Exchange, request: HttpServerRequest.HttpServerRequest, api: string) => {
  const { now, state, token } = exchange
  if (token === undefined || token.revoked) {
    return failure(unknownToken(bearerOf(request.headers["authorization"])))
  }
  // An app access token is no token for this (inferred).
  if (token.kind === "app") return failure(99991671)
  if (now >= token.expiresAt) return failure(token.kind === "user" ? 99991677 : 99991663)
  const app = state.store.app(token.appId)
  // Where in the order the address is checked is inferred.
  if (app !== undefined && app.allowed_ips !== null) {
    const address = addressOf(request)
    if (!app.allowed_ips.some((allowed) => canonical(allowed) === address)) return failure(99991401)
  }
  // Every request with a valid token counts, refused ones do not (inferred).
  exchange.refusal = state.rateLimit.take({ api, app: token.appId, tenant: token.tenant }, now)
  exchange.tenant = token.tenant
  const granted = token.scopes ?? app?.scopes ?? []
  if (ListByNo.scopes.some((scope) => granted.includes(scope))) return undefined
  const ofUser = token.kind === "user"
  return failure(ofUser ? 99991679 : 99991672, {
    permission_violations: ListByNo.scopes.map((scope) => ({
      type: ofUser ? "action_privilege_required" : "action_scope_required",
      subject: scope,
    })),
  })
}

const addressOf = (request: HttpServerRequest.HttpServerRequest): string =>
  Option.match(request.remoteAddress, { onNone: () => "", onSome: canonical })

/** An address in its usual spelling: IPv6 has many, and IPv4 has one in it. */
const canonical = (address: string): string => {
  const family = Net.isIPv6(address) ? "ipv6" : "ipv4"
  return new Net.SocketAddress({ address, family }).address.replace(/^::ffff:(?=.*\.)/, "")
}

/** The error code for a token that nobody has given, or that was taken back. */
const unknownToken = (text: string): number => {
  if (text === "") return 99991661
  if (text.startsWith("u-") || text.startsWith("eyJ")) return 99991668
  return text.startsWith("t-") ? 99991663 : 99991671
}

/** The live {@link Fields}. */
export const fields: Layer.Layer<Fields> = HttpApiMiddleware.layerSchemaErrorTransform(Fields, (error) =>
  Effect.flatMap(HttpServerRequest.ParsedSearchParams, (query) =>
    failure(99992402, { field_violations: violations(error, query) }),
  ),
)

const violations = (
  error: HttpApiSchemaError,
  query: Readonly<Record<string, string | ReadonlyArray<string>>>,
) => {
  const byField = new Map<string, string>()
  for (const { message, path } of Problems.ofIssue(error.cause.issue)) {
    const field = String(path[0]).replace(/\[\]$/, "")
    // A field given as `field[]=` is missing under its own name, too: one violation says what is the matter.
    const isList = Array.isArray(query[field]) || Object.hasOwn(query, `${field}[]`)
    byField.set(field, isList ? `${field} takes one value, not a list` : message)
  }
  return [...byField].map(([field, description]) => ({ field, description }))
}
