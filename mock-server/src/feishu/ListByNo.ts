/** The endpoints, and what they do with a request that the gateway let through. */
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { failure, json, rateLimited } from "./answers.ts"
import { CurrentExchange, type Exchange } from "./Exchange.ts"
import { Authorization, Fields } from "./Gateway.ts"
import * as MeetingPage from "../protocol/MeetingPage.ts"
import * as MeetingPages from "./MeetingPages.ts"
import * as TokenEndpoints from "./TokenEndpoints.ts"

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

const Api = HttpApi.make("feishu").add(Meetings)

const meetings = HttpApiBuilder.group(Api, "meetings", (handlers) =>
  handlers.handle("listByNo", ({ query }) =>
    Effect.flatMap(CurrentExchange, (exchange) => answer(exchange, query)),
  ),
)

/** Without a generator: see `Exchange`. */
const answer = (exchange: Exchange, query: typeof ListByNo.Query.Type): Effect.Effect<HttpServerResponse> => {
  const { now, pagingFault, refusal, state, tenant } = exchange
  const { ninetyDays, pageTokens, rateStatus } = state.behaviour
  if (refusal !== undefined) return Effect.succeed(rateLimited(refusal, rateStatus))
  if (!state.quota.take(tenant, now)) return failure(99991403)
  if (ListByNo.violatedRule(query, { ninetyDays, nowSeconds: Math.floor(now / 1000) }) !== undefined) {
    return failure(121003)
  }
  // An empty token leads to the first page (inferred from the Go SDK, which follows one there for ever).
  const { page_size: limit = ListByNo.defaultPageSize, page_token: pageToken = "" } = query
  const boundTo = {
    tenant,
    meetingNo: query.meeting_no,
    from: query.start_time,
    to: query.end_time,
    pageSize: limit,
  }
  const offset = pageToken === "" ? 0 : state.pageTokens.read(boundTo, pageToken, pageTokens)
  if (typeof offset === "string") {
    exchange.pageTokenRefused = offset
    return failure(121003)
  }
  const asked = { ...boundTo, offset, limit, pageToken }
  const { page, rows } =
    pagingFault === undefined
      ? MeetingPages.right(state, asked)
      : MeetingPages.wrong(pagingFault, state, asked)
  exchange.page = page
  return Effect.succeed(json(MeetingPage.write(page, rows)))
}

/** Every route of Feishu; what is none of them `Exchange` answers as Feishu does, wrong methods included. */
export const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api).pipe(Layer.provide(meetings)),
  TokenEndpoints.routes(),
)

/** Paths are matched to the letter (observed). */
export const routerConfig = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
  // Of whatever length an id is in a path of the control plane, that it is not there is said of the id.
  maxParamLength: 128 * 1024,
}
