/**
 * `GET /open-apis/vc/v1/meetings/list_by_no`: the meetings of a meeting number in a range of time.
 *
 * There are two kinds of rules: the gateway checks the text of the query ({@link Query}, answered with code 99992402),
 * and the service behind it checks the values ({@link violatedRule}, answered with code 121003).
 *
 * @example
 * ```ts
 * import { Schema } from "effect"
 * import { ListByNo } from "@effect-feishu/contract"
 *
 * const query: ListByNo.Query = { meeting_no: "337736498", start_time: 1767225600, end_time: 1769904000 }
 *
 * console.log(`${ListByNo.path}?${new URLSearchParams(Schema.encodeSync(ListByNo.Query)(query))}`)
 * // => /open-apis/vc/v1/meetings/list_by_no?meeting_no=337736498&start_time=1767225600&end_time=1769904000
 *
 * const longer = { ...query, end_time: 1777680000 }
 * console.log(ListByNo.violatedRule(longer, { ninetyDays: "span", nowSeconds: 1777680000 }))
 * // => the range is longer than 90 days
 * ```
 */
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { type EndpointCode, rateLimitCode, type Refusal, scopeCodes } from "./ErrorCode.ts"
import { MeetingBriefs } from "./MeetingBrief.ts"
import { nullable } from "./Row.ts"

/** The path below the base URL (documented). */
export const path = "/open-apis/vc/v1/meetings/list_by_no"

/**
 * The scopes, any one of which is enough: the first is in the documentation of 2024-05, the second in the newer one.
 */
export const scopes = ["vc:meeting:readonly", "vc:meeting.meetingid:read"] as const

/** The most requests in {@link rateLimitWindowSeconds}, counted per API, app and tenant (documented). */
export const rateLimit = 100
/** The window of the rate limit in seconds (documented: "per minute"). */
export const rateLimitWindowSeconds = 60

/** What codes mean on this endpoint, in addition to the catalogue, whose words for the meeting service are those of this one. */
export const codes: ReadonlyArray<EndpointCode> = [...scopeCodes(scopes), rateLimitCode("100 a minute")]

/**
 * The codes that refuse the request of one number: another number may still be read (documented, except 99992402, which the
 * gateway sends for a wrong field: observed on other endpoints).
 */
export const refusals: Readonly<Record<number, Refusal>> = {
  121002: "refused",
  121003: "refused",
  121004: "not found",
  121005: "no permission",
  99992402: "refused",
}

/** The number of rows of a page when `page_size` is not sent (documented). */
export const defaultPageSize = 20
/** The largest `page_size` (documented). */
export const maxPageSize = 50

/**
 * 90 days in seconds: the longest span of one query, or how far back it may start. The documentation permits both
 * readings.
 */
export const maxRangeSeconds = 90 * 24 * 60 * 60

// Any number of leading zeros is accepted (inferred); the service judges every value that fits into 64 bits.
const isInt64 = (text: string): boolean =>
  /^-?\d{1,18}$/.test(text) ||
  (/^-?0*\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text))

const digits = (name: string) =>
  Schema.String.pipe(
    Schema.check(Schema.makeFilter(isInt64, { message: `${name} is not a valid integer` })),
    Schema.annotateKey({ messageMissingKey: `${name} is required` }),
  )

// Above 2^53 the number is the nearest one that JavaScript has: close enough to compare.
const integer = (name: string, checks: Schema.Codec<number> = Schema.Number) =>
  digits(name).pipe(Schema.decodeTo(checks, SchemaTransformation.numberFromString))

/**
 * The Schema of the query as the gateway checks it: required fields are there, and numbers are numbers. Decodes from
 * the texts of the URL and encodes to them; times are unix seconds.
 *
 * The descriptions of violations are in Feishu's style ("page_size the max value is 50"), inferred from other
 * endpoints.
 */
export const Query = Schema.Struct({
  meeting_no: digits("meeting_no"),
  start_time: integer("start_time").pipe(Schema.annotateKey({ messageMissingKey: "start_time is required" })),
  end_time: integer("end_time").pipe(Schema.annotateKey({ messageMissingKey: "end_time is required" })),
  page_size: Schema.optionalKey(
    integer(
      "page_size",
      Schema.Number.pipe(
        Schema.check(
          Schema.isGreaterThanOrEqualTo(1, { message: "page_size the min value is 1" }),
          Schema.isLessThanOrEqualTo(maxPageSize, { message: `page_size the max value is ${maxPageSize}` }),
        ),
      ),
    ),
  ),
  page_token: Schema.optionalKey(Schema.String),
})
/** The decoded query: which meetings to list. */
export type Query = typeof Query.Type

/**
 * How a range is limited to 90 days. The documentation says "within 90 days", which can mean the longest `span` of one
 * query, or a `lookback` from now. `both` is the stricter reading.
 */
export const NinetyDays = Schema.Literals(["both", "span", "lookback"])
/** How a range is limited to 90 days: `both`, `span` or `lookback`. */
export type NinetyDays = typeof NinetyDays.Type

/**
 * Returns the business rule that a well-formed query breaks, in words; `undefined` if it breaks none. Feishu answers
 * code 121003 without saying which rule it was (the code is documented, what triggers it is inferred).
 */
export const violatedRule = (
  query: Pick<Query, "meeting_no" | "start_time" | "end_time">,
  options: { readonly ninetyDays: NinetyDays; readonly nowSeconds: number },
): string | undefined => {
  if (!/^\d{9}$/.test(query.meeting_no)) return "meeting_no takes 9 digits"
  if (query.start_time >= query.end_time) return "start_time must be less than end_time"
  if (options.ninetyDays !== "lookback" && query.end_time - query.start_time > maxRangeSeconds) {
    return "the range is longer than 90 days"
  }
  if (options.ninetyDays !== "span" && query.start_time < options.nowSeconds - maxRangeSeconds) {
    return "start_time is more than 90 days ago"
  }
  return undefined
}

/**
 * The Schema of the `data` of the answer. Any field may be missing or null; `page_token` is `""` or absent on the last
 * page (observed on other Feishu endpoints).
 */
export const Data = Schema.Struct({
  has_more: nullable(Schema.Boolean),
  page_token: nullable(Schema.String),
  meeting_briefs: nullable(MeetingBriefs),
})
/** The decoded `data` of the answer: one page of meetings. */
export type Data = typeof Data.Type

/** True for the names of fields in which token endpoints give a token; no page has them. */
const isTokenField = (name: string): boolean => /^([a-z]+_)*(access|refresh)_token$/.test(name)

/** Why a body with code 0 is not a page: it holds an access token, or it does not say whether more pages follow. */
export type ProblemOfPage = "accessTokenInBody" | "hasMoreMissing"

/**
 * Returns why a body with code 0 is not a page; `undefined` if it is one.
 *
 * Feishu may leave out `data`, or send null, on a first page without meetings (inferred). The answer to a page token is
 * different: a body without a boolean `has_more`, such as the default answer of a gateway or of a stub, does not say
 * whether more follows. If it were taken for the last page, the list would end too early. A token in the body belongs
 * to another endpoint.
 */
export const problemOfPage = (
  body: unknown,
  query: { readonly page_token?: string | undefined },
): ProblemOfPage | undefined => {
  const data = Predicate.hasProperty(body, "data") ? body.data : undefined
  const names = [body, data].flatMap((part) => (Predicate.isObject(part) ? Object.keys(part) : []))
  if (names.some(isTokenField)) return "accessTokenInBody"
  if (query.page_token === undefined) return undefined
  return Predicate.isObject(data) &&
    Predicate.hasProperty(data, "has_more") &&
    Predicate.isBoolean(data.has_more)
    ? undefined
    : "hasMoreMissing"
}
