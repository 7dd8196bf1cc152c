/**
 * What Feishu's gateway checks before a request reaches the service behind it, in the observed order: token, then
 * scope, then fields. The text of a field is looked at only when the first two are right.
 */
import { ListByNo } from "@effect-feishu/contract"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import type { HttpApiSchemaError } from "effect/http-api/HttpApiError"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as SchemaIssue from "effect/SchemaIssue"
import { bearerOf, CurrentExchange, failure } from "./Exchange.ts"
import type * as RateLimit from "./RateLimit.ts"

/** Who is asking, once token, address and scope are right. */
export class Caller extends Context.Service<
  Caller,
  {
    readonly tenant: string
    /** Set when the request is over the rate limit. It is answered after the fields were checked. */
    readonly refusal: RateLimit.Refusal | undefined
  }
>()("@effect-feishu/mock-server/Caller") {}

/**
 * Token and scope. A plain middleware: a security middleware of HttpApi takes `bearer` in any case, which Feishu
 * does not, and hides what is wrong with the fields (measured).
 */
export class Authorization extends HttpApiMiddleware.Service<Authorization, { provides: Caller }>()(
  "@effect-feishu/mock-server/Authorization",
) {}

/** Says what is wrong with the fields of a request, all of it at once. */
export class Fields extends HttpApiMiddleware.Service<Fields>()("@effect-feishu/mock-server/Fields") {}

/** The live {@link Authorization}. */
export const authorization: Layer.Layer<Authorization> = Layer.succeed(
  Authorization,
  (handler, { endpoint }) =>
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const exchange = yield* CurrentExchange
      const text = bearerOf(request.headers["authorization"])
      const token = exchange.state.tokens.find(text)
      if (token === undefined || token.revoked) return yield* failure(unknownToken(text))
      const { now, state } = exchange
      // An app access token is no token for this (inferred).
      if (token.kind === "app") return yield* failure(99991671)
      if (now >= token.expiresAt) return yield* failure(token.kind === "user" ? 99991677 : 99991663)
      const app = state.store.app(token.appId)
      // Where in the order the address is checked is inferred.
      if (app?.allowed_ips !== undefined && !app.allowed_ips.includes(addressOf(request))) {
        return yield* failure(99991401)
      }
      // Every request with a valid token counts, refused ones do not (inferred).
      const refusal = state.rateLimit.take(
        { api: endpoint.identifier, app: token.appId, tenant: token.tenant },
        now,
      )
      const granted = token.scopes ?? app?.scopes ?? []
      if (!ListByNo.scopes.some((scope) => granted.includes(scope))) {
        const ofUser = token.kind === "user"
        return yield* failure(ofUser ? 99991679 : 99991672, {
          permission_violations: ListByNo.scopes.map((scope) => ({
            type: ofUser ? "action_privilege_required" : "action_scope_required",
            subject: scope,
          })),
        })
      }
      return yield* Effect.provideService(handler, Caller, { tenant: token.tenant, refusal })
    }),
)

const addressOf = (request: HttpServerRequest.HttpServerRequest): string =>
  Option.getOrElse(request.remoteAddress, () => "").replace(/^::ffff:/, "")

/** The error code for a token that nobody has given, or that was taken back. */
const unknownToken = (text: string): number => {
  if (text === "") return 99991661
  if (text.startsWith("u-") || text.startsWith("eyJ")) return 99991668
  return text.startsWith("t-") ? 99991663 : 99991671
}

const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

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
  for (const issue of formatIssues(error.cause.issue).issues) {
    const [segment] = issue.path ?? []
    const key = String(typeof segment === "object" ? segment.key : segment)
    const field = key.replace(/\[\]$/, "")
    // A field given as `field[]=` is missing under its own name, too: one violation says what is the matter.
    const isList = Array.isArray(query[field]) || Object.hasOwn(query, `${field}[]`)
    byField.set(field, isList ? `${field} takes one value, not a list` : issue.message)
  }
  return [...byField].map(([field, description]) => ({ field, description }))
}
