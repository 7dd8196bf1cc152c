/** The endpoints, and what they do with a request that the gateway let through. */
import { ListByNo, TenantAccessToken } from "@effect-feishu/contract"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { failure, json, notFound, rateLimited, tokenFailure } from "./Exchange.ts"
import { Authorization, Caller, Fields } from "./Gateway.ts"
import type { PageTokens } from "./PageToken.ts"
import { Store } from "./Store.ts"
import { Tokens } from "./Tokens.ts"

// `page_size[]=5` is a list of one, and refused (inferred). As an unknown field it would be ignored.
const refused = Schema.optionalKey(Schema.Never)

const Meetings = HttpApiGroup.make("meetings").add(
  HttpApiEndpoint.get("listByNo", ListByNo.path, {
    query: Schema.Struct({
      ...ListByNo.Query.fields,
      "meeting_no[]": refused,
      "start_time[]": refused,
      "end_time[]": refused,
      "page_size[]": refused,
      "page_token[]": refused,
    }),
    success: Schema.Struct({ code: Schema.Literal(0), data: ListByNo.Data, msg: Schema.String }),
  })
    .annotate(HttpApi.QueryParseOptions, { errors: "all" })
    // The one added last runs first.
    .middleware(Fields)
    .middleware(Authorization),
)

const Auth = HttpApiGroup.make("auth").add(
  HttpApiEndpoint.post("tenantAccessToken", TenantAccessToken.internalPath, {
    payload: TenantAccessToken.InternalRequest,
    success: Schema.Struct({ code: Schema.Int, msg: Schema.String }),
  }),
)

const Mock = HttpApiGroup.make("mock").add(
  HttpApiEndpoint.get("health", "/_mock/health", {
    // `now` is the time of the mock's clock in unix seconds.
    success: Schema.Struct({ status: Schema.Literal("ok"), now: Schema.Int }),
  }),
)

const Api = HttpApi.make("feishu").add(Meetings).add(Auth).add(Mock)

const meetings = (options: { readonly ninetyDays: ListByNo.NinetyDays; readonly pageTokens: PageTokens }) =>
  HttpApiBuilder.group(
    Api,
    "meetings",
    Effect.fnUntraced(function* (handlers) {
      const store = yield* Store
      return handlers.handle(
        "listByNo",
        Effect.fnUntraced(function* ({ query }) {
          const { refusal, tenant } = yield* Caller
          if (refusal !== undefined) return rateLimited(refusal)
          const nowSeconds = Math.floor((yield* Clock.currentTimeMillis) / 1000)
          const { ninetyDays } = options
          if (ListByNo.violatedRule(query, { ninetyDays, nowSeconds }) !== undefined) {
            return yield* failure(121003)
          }
          const limit = query.page_size ?? ListByNo.defaultPageSize
          const boundTo = {
            tenant,
            meetingNo: query.meeting_no,
            from: query.start_time,
            to: query.end_time,
            pageSize: limit,
          }
          // An empty token leads to the first page (inferred from the Go SDK, which follows one there for ever).
          const { page_token: pageToken = "" } = query
          const offset = pageToken === "" ? 0 : options.pageTokens.read(boundTo, pageToken)
          if (offset === undefined) return yield* failure(121003)
          const { hasMore, rows } = store.page({ ...boundTo, offset, limit })
          const next = hasMore
            ? `,"page_token":${JSON.stringify(options.pageTokens.make(boundTo, offset + limit))}`
            : ""
          // The rows are JSON text already: encoding them again would cost more than all the rest (measured).
          return json(
            `{"code":0,"data":{"has_more":${hasMore},"meeting_briefs":[${rows.join(",")}]${next}},"msg":""}`,
          )
        }),
      )
    }),
  )

const decodeTokenRequest = Schema.decodeUnknownOption(
  Schema.fromJsonString(TenantAccessToken.InternalRequest),
)

const auth = HttpApiBuilder.group(
  Api,
  "auth",
  Effect.fnUntraced(function* (handlers) {
    const store = yield* Store
    const tokens = yield* Tokens
    // Raw: a body of any content type is read as JSON, and one that is none is answered like a wrong app id.
    return handlers.handleRaw(
      "tenantAccessToken",
      Effect.fnUntraced(function* ({ request }) {
        const body = yield* Effect.orElseSucceed(request.text, () => "")
        const credentials = decodeTokenRequest(body)
        if (credentials._tag === "None") return tokenFailure(10003)
        const app = store.app(credentials.value.app_id)
        // That a store app is refused here is documented, with which code is inferred.
        if (app === undefined || app.type === "store") return tokenFailure(10003)
        if (app.app_secret !== Redacted.value(credentials.value.app_secret)) return tokenFailure(10014)
        const { expire, token } = yield* tokens.issue(app.app_id, app.tenants[0])
        return json(JSON.stringify({ code: 0, msg: "ok", tenant_access_token: token, expire }))
      }),
    )
  }),
)

const mock = HttpApiBuilder.group(Api, "mock", (handlers) =>
  handlers.handle("health", () =>
    Effect.map(Clock.currentTimeMillis, (now) => ({ status: "ok" as const, now: Math.floor(now / 1000) })),
  ),
)

/** Every route of the mock; what is none of them is answered as Feishu does, wrong methods included. */
export const routes = (options: Parameters<typeof meetings>[0]) =>
  Layer.mergeAll(
    HttpApiBuilder.layer(Api).pipe(Layer.provide([meetings(options), auth, mock])),
    HttpRouter.add("*", "/*", notFound),
  )

/** Paths are matched to the letter (observed). */
export const routerConfig = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
}
