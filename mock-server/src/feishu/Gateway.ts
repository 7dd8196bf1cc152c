/**
 * The checks of Feishu's gateway, before a request reaches the service behind it, in the observed order: token, then
 * scope, then fields. The fields are checked only when token and scope are right.
 */
// Imported as a namespace: an old Node lacks some of these names, and would fail before it is reported as too old.
import * as Net from "node:net"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import type { HttpApiSchemaError } from "effect/http-api/HttpApiError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Problems from "../protocol/Problems.ts"
import type { Behaviour } from "../protocol/Behaviour.ts"
import type { PersonNow } from "../protocol/PublicTypes.ts"
import * as Authorizations from "../state/Authorizations.ts"
import type * as RateLimit from "../state/RateLimit.ts"
import type { App } from "../state/Store.ts"
import type { Token } from "../state/Tokens.ts"
import { failure, oneOfTheScopes } from "./answers.ts"
import { bearerOf, CurrentExchange, type Exchange } from "./Exchange.ts"

/** The annotation that each endpoint behind the gateway declares. */
export class Access extends Context.Service<
  Access,
  {
    /** Any one of these scopes is enough. */
    readonly scopes: ReadonlyArray<string>
    readonly limit: {
      /** The name under which its requests are counted: endpoints of one name share a limit. */
      readonly api: string
      /** Returns the windows in which its requests are counted, as the switches say. */
      readonly windows: (behaviour: Behaviour) => RateLimit.Windows
    }
    /** Returns the parameters in its path that are wrong. They are named together with the wrong fields of the query. */
    readonly wrongParams?: (exchange: Exchange) => ReadonlyArray<Violation>
  }
>()("@effect-feishu/mock-server/Access") {}

/**
 * The middleware that checks token and scope. It is a plain one: a security middleware of HttpApi accepts `bearer` in any
 * letter case, which Feishu does not, and hides which fields are wrong (measured).
 */
export class Authorization extends HttpApiMiddleware.Service<Authorization>()(
  "@effect-feishu/mock-server/Authorization",
) {}

/** The middleware that names every wrong field of a request at once. */
export class Fields extends HttpApiMiddleware.Service<Fields>()("@effect-feishu/mock-server/Fields") {}

/** The live {@link Authorization}. */
export const authorization: Layer.Layer<Authorization> = Layer.succeed(
  Authorization,
  (handler, { endpoint: { annotations } }) =>
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      Effect.flatMap(
        CurrentExchange,
        (exchange) => refusalOf(exchange, request, Context.getUnsafe(annotations, Access)) ?? handler,
      ),
    ),
)

/**
 * Returns the refusal of a request, or `undefined`. Writes the tenant of the request into the exchange, and the refusal for
 * the rate limit if the request exceeds it.
 */
const refusalOf = (
  exchange: Exchange,
  request: HttpServerRequest.HttpServerRequest,
  { limit, scopes }: Access["Service"],
): Effect.Effect<HttpServerResponse> | undefined => {
  const { now, state, token } = exchange
  if (token === undefined || token.revoked) {
    return failure(unknownToken(bearerOf(request.headers["authorization"])))
  }
  // An app access token gives no access to an API (inferred).
  if (token.kind === "app") return failure(99991671)
  if (now >= token.expiresAt) return failure(token.kind === "user" ? 99991677 : 99991663)
  const app = state.store.app(token.appId)
  // That the address is checked at this point is inferred.
  if (app !== undefined && !isAllowed(app, request)) return failure(99991401)
  const policy = policyOf(exchange)
  if (policy !== undefined) return blocked(policy)
  // Every request with a valid token counts, refused ones do not (inferred).
  exchange.refusal = state.rateLimit.take(
    { api: limit.api, app: token.appId, tenant: token.tenant },
    () => limit.windows(state.behaviour),
    now,
  )
  exchange.tenant = token.tenant
  return scopes.some((scope) => hasScope(exchange, scope)) ? undefined : scopeMissing(token, scopes)
}

/** Returns the policy that blocks the user of a token, if there is one. */
const policyOf = ({ state, token }: Exchange): PersonNow["policy"] =>
  token?.user === undefined ? undefined : state.store.person(token.user, token.tenant).policy

/** Refuses a request because of a policy, as the official command line reads it (sdk): the address is in `data`. */
export const blocked = (policy: NonNullable<PersonNow["policy"]>): Effect.Effect<HttpServerResponse> =>
  failure(
    Authorizations.codeOfPolicy[policy],
    {},
    undefined,
    policy === "challenge" ? { challenge_url: Authorizations.challengeUrl } : undefined,
  )

/** True when the user has granted a scope to the app or, for an app's own token, the app has it. */
export const hasScope = ({ state, token }: Exchange, scope: string): boolean =>
  token !== undefined && (token.scopes ?? state.store.app(token.appId)?.scopes ?? []).includes(scope)

const scopeMissing = ({ kind }: Token, scopes: ReadonlyArray<string>) => {
  const type = kind === "user" ? "action_privilege_required" : "action_scope_required"
  const details = { permission_violations: scopes.map((subject) => ({ type, subject })) }
  return kind === "user" ? failure(99991679, details) : failure(99991672, details, oneOfTheScopes(scopes))
}

/** True when the app allows requests from the address of this one. */
export const isAllowed = (
  { allowed_ips: allowed }: App,
  request: HttpServerRequest.HttpServerRequest,
): boolean => {
  if (allowed === null) return true
  const address = Option.match(request.remoteAddress, { onNone: () => "", onSome: canonical })
  return allowed.some((one) => canonical(one) === address)
}

/** An address in its usual spelling. IPv6 has many spellings, and some of its addresses hold one of IPv4. */
const canonical = (address: string): string => {
  const family = Net.isIPv6(address) ? "ipv6" : "ipv4"
  return new Net.SocketAddress({ address, family }).address.replace(/^::ffff:(?=.*\.)/, "")
}

/** Returns the error code for a token that was never issued, or was revoked. */
const unknownToken = (text: string): number => {
  if (text === "") return 99991661
  if (text.startsWith("u-") || text.startsWith("eyJ")) return 99991668
  return text.startsWith("t-") ? 99991663 : 99991671
}

/** The live {@link Fields}. */
export const fields: Layer.Layer<Fields> = HttpApiMiddleware.layerSchemaErrorTransform(
  Fields,
  (error, { endpoint: { annotations } }) =>
    Effect.flatMap(CurrentExchange, (exchange) =>
      Effect.flatMap(HttpServerRequest.ParsedSearchParams, (query) => {
        const { wrongParams } = Context.getUnsafe(annotations, Access)
        return wrongFields([...(wrongParams?.(exchange) ?? []), ...violations(error, query)])
      }),
    ),
)

/** A field that is wrong, and why. */
export interface Violation {
  readonly field: string
  readonly description: string
}

/** Refuses a request that has wrong fields. */
export const wrongFields = (violations: ReadonlyArray<Violation>): Effect.Effect<HttpServerResponse> =>
  failure(99992402, { field_violations: violations })

/** Refuses a request that needs the scope of a field. */
export const fieldScopeMissing = (scope: string): Effect.Effect<HttpServerResponse> =>
  failure(
    99991672,
    { permission_violations: [{ type: "field_scope_required", subject: scope }] },
    oneOfTheScopes([scope]),
  )

const violations = (
  error: HttpApiSchemaError,
  query: Readonly<Record<string, string | ReadonlyArray<string>>>,
): ReadonlyArray<Violation> => {
  const byField = new Map<string, string>()
  for (const { message, path } of Problems.ofIssue(error.cause.issue)) {
    const field = String(path[0]).replace(/\[\]$/, "")
    // A field that is sent as `field[]=` is also missing under its own name: one violation covers both.
    const isList = Array.isArray(query[field]) || Object.hasOwn(query, `${field}[]`)
    byField.set(field, isList ? `${field} takes one value, not a list` : message)
  }
  return [...byField].map(([field, description]) => ({ field, description }))
}
