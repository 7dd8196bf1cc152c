/** The endpoint for the meetings of a meeting number: its declaration, and its answer to a request that the gateway has accepted. */
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"
import * as MeetingPage from "../protocol/MeetingPage.ts"
import { failure, json, rateLimited } from "./answers.ts"
import { CurrentExchange, type Exchange } from "./Exchange.ts"
import { Access, Authorization, Fields } from "./Gateway.ts"
import * as MeetingPages from "./MeetingPages.ts"

// `page_size[]=5` is a list with one value, and refused (inferred). It is declared, since it would otherwise be ignored as unknown.
const refused = Schema.optionalKey(Schema.Never)

/** What the gateway requires of a request. */
export const access: Access["Service"] = {
  scopes: ListByNo.scopes,
  limit: {
    api: "listByNo",
    windows: ({ rateLimit }) =>
      rateLimit === "off" ? [] : [{ requests: rateLimit, windowSeconds: ListByNo.rateLimitWindowSeconds }],
  },
}

/** `GET /open-apis/vc/v1/meetings/list_by_no`, behind the gateway. */
export const endpoint = HttpApiEndpoint.get("listByNo", ListByNo.path, {
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
  .annotate(Access, access)
  .annotate(HttpApi.QueryParseOptions, { errors: "all" })
  // The middleware that is added last runs first.
  .middleware(Fields)
  .middleware(Authorization)

/** Answers with a page, or refuses the query. */
export const handle = ({
  query,
}: {
  readonly query: typeof ListByNo.Query.Type
}): Effect.Effect<HttpServerResponse> =>
  Effect.flatMap(CurrentExchange, (exchange) => answer(exchange, query))

/** Answers a request. Written without a generator, which would cost a tenth of the time of a request (measured). */
const answer = (exchange: Exchange, query: typeof ListByNo.Query.Type): Effect.Effect<HttpServerResponse> => {
  const { now, pagingFault, refusal, state, tenant, token } = exchange
  const { ninetyDays, pageTokens, rateStatus, userMeetings } = state.behaviour
  if (refusal !== undefined) return Effect.succeed(rateLimited(refusal, rateStatus))
  if (state.quota.isUsedUp(tenant, now)) return failure(99991403)
  if (ListByNo.violatedRule(query, { ninetyDays, nowSeconds: Math.floor(now / 1000) }) !== undefined) {
    return failure(121003)
  }
  // An empty token leads to the first page (inferred: the Go SDK follows an empty token back there endlessly).
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
  const user = userMeetings === "own" ? token?.user : undefined
  const request = { ...boundTo, offset, limit, pageToken, user, now: Math.floor(now / 1000) }
  const { page, rows } =
    pagingFault === undefined
      ? MeetingPages.pageOf(state, request)
      : MeetingPages.brokenPageOf(pagingFault, state, request)
  exchange.page = page
  state.quota.count(tenant, now)
  return Effect.succeed(json(MeetingPage.write(page, rows)))
}
