/** The endpoints, and what they do with a request that the gateway let through. */
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { CurrentExchange, failure, json, notFound, rateLimited } from "./Exchange.ts"
import { Authorization, Caller, Fields } from "./Gateway.ts"
import * as PagingFaults from "./PagingFaults.ts"
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
  handlers.handle(
    "listByNo",
    Effect.fnUntraced(function* ({ query }) {
      const { refusal, tenant } = yield* Caller
      const exchange = yield* CurrentExchange
      const { now, pagingFault, state } = exchange
      const { emptyList, lastPageToken, ninetyDays, rateStatus } = state.behaviour
      if (refusal !== undefined) return rateLimited(refusal, rateStatus)
      if (!state.quota.take(tenant, now)) return yield* failure(99991403)
      if (ListByNo.violatedRule(query, { ninetyDays, nowSeconds: Math.floor(now / 1000) }) !== undefined) {
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
      const offset = pageToken === "" ? 0 : state.pageTokens.read(boundTo, pageToken)
      if (offset === undefined) return yield* failure(121003)
      const right = { ...boundTo, offset, limit, pageToken }
      const page =
        pagingFault === undefined
          ? PagingFaults.right(state, right)
          : PagingFaults.wrong(pagingFault, state, right)
      const { hasMore, nextToken = lastPageToken === "empty" ? "" : undefined, rows } = page
      const [before, written, after] =
        page.list === null || (rows.length === 0 && emptyList === "null")
          ? [',"meeting_briefs":null', [], ""]
          : rows.length > 0 || emptyList === "[]"
            ? [',"meeting_briefs":[', rows, "]"]
            : ["", [], ""]
      const next = nextToken === undefined ? "" : `,"page_token":${JSON.stringify(nextToken)}`
      const body = joining(
        `{"code":0,"data":{"has_more":${hasMore}${before}`,
        written,
        `${after}${next}},"msg":""}`,
      )
      exchange.pageAgain = body
      return json(body())
    }),
  ),
)

/**
 * Rows between two texts of plain characters, with commas. The rows are bytes already: to encode them for every page
 * would take as long as all that is done to find them (measured).
 */
const joining = (before: string, rows: ReadonlyArray<Buffer>, after: string) => (): Buffer => {
  let length = before.length + after.length + Math.max(0, rows.length - 1)
  for (const row of rows) length += row.length
  const bytes = Buffer.allocUnsafe(length)
  let at = bytes.write(before, "latin1")
  for (const [index, row] of rows.entries()) {
    if (index > 0) bytes[at++] = comma
    bytes.set(row, at)
    at += row.length
  }
  bytes.write(after, at, "latin1")
  return bytes
}

const comma = 0x2c

/** Every route of Feishu; what is none of them is answered as Feishu does, wrong methods included. */
export const routes = Layer.mergeAll(
  HttpApiBuilder.layer(Api).pipe(Layer.provide(meetings)),
  TokenEndpoints.routes(),
  HttpRouter.add("*", "/*", notFound),
)

/** Paths are matched to the letter (observed). */
export const routerConfig = {
  caseSensitive: true,
  ignoreTrailingSlash: false,
  ignoreDuplicateSlashes: false,
}
