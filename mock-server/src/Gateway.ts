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
import * as SchemaIssue from "effect/SchemaIssue"
import { failure } from "./Exchange.ts"
import * as RateLimit from "./RateLimit.ts"
import { Store } from "./Store.ts"
import { type Token, Tokens } from "./Tokens.ts"

/** Who is asking, once token and scope are right. */
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
export const authorization: Layer.Layer<Authorization, never, Store | Tokens | RateLimit.RateLimit> =
  Layer.effect(
    Authorization,
    Effect.gen(function* () {
      const store = yield* Store
      const tokens = yield* Tokens
      const rateLimit = yield* RateLimit.RateLimit
      return (handler, { endpoint }) =>
        Effect.gen(function* () {
          const request = yield* HttpServerRequest.HttpServerRequest
          const token = yield* readToken(tokens, request.headers["authorization"])
          if (typeof token === "number") return yield* failure(token)
          // Every request with a valid token counts, refused ones do not (inferred).
          const refusal = yield* rateLimit.take({
            api: endpoint.identifier,
            app: token.appId,
            tenant: token.tenant,
          })
          const granted = store.app(token.appId)?.scopes ?? []
          if (!ListByNo.scopes.some((scope) => granted.includes(scope))) {
            return yield* failure(99991672, {
              permission_violations: ListByNo.scopes.map((scope) => ({
                type: "action_scope_required",
                subject: scope,
              })),
            })
          }
          return yield* Effect.provideService(handler, Caller, { tenant: token.tenant, refusal })
        })
    }),
  )

/** The valid token of an `Authorization` header, or the error code for it. */
const readToken = (tokens: Tokens["Service"], header: string | undefined): Effect.Effect<Token | number> => {
  const text = header?.startsWith("Bearer ") === true ? header.slice("Bearer ".length) : ""
  if (text === "") return Effect.succeed(99991661)
  // The mock gives tenant tokens only, so every user token and every JWT is unknown to it.
  if (text.startsWith("u-") || text.startsWith("eyJ")) return Effect.succeed(99991668)
  if (!text.startsWith("t-")) return Effect.succeed(99991671)
  return Effect.map(tokens.find(text), (token) => token ?? 99991663)
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
