/** Where the documents leave a choice: one switch for each, set to the stricter reading unless told. */
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as WholeNumber from "../protocol/WholeNumber.ts"

const limitFrom = (minimum: number) => {
  const message = `${WholeNumber.inWords(minimum, WholeNumber.mostTimes)}, or "off"`
  return Schema.Union([
    WholeNumber.between(minimum, WholeNumber.mostTimes, message),
    Schema.Literal("off"),
  ]).annotate({ message })
}

/** See the switch. */
export const PageTokens = Schema.Literals(["bound", "free"])

/** Every switch. */
export const Behaviour = Schema.Struct({
  /** Requests that pass in 60 seconds for an API, app and tenant, or `off`; default 100 (documented). */
  rateLimit: limitFrom(1),
  /** How they are counted; default `fixed` (inferred). */
  rateWindow: Schema.Literals(["fixed", "sliding", "bucket"]),
  /** The HTTP status of a refusal; some older endpoints answer 400 (documented). Default 429. */
  rateStatus: Schema.Literals([429, 400]),
  /** What "90 days" bounds; default `both`. */
  ninetyDays: ListByNo.NinetyDays,
  /** How a page without rows is written, which is known of other endpoints only; default `[]`. */
  emptyList: Schema.Literals(["[]", "null", "absent"]),
  /** The page token of the last page, which other endpoints send as an empty text; default `absent`. */
  lastPageToken: Schema.Literals(["absent", "empty"]),
  /**
   * What a page token is good for: the whole query that it was given for (`bound`, the default, inferred), or that
   * number and tenant, whatever `start_time`, `end_time` and `page_size` are (`free`). Snapshots from before this
   * switch have `bound`.
   */
  pageTokens: PageTokens.pipe(Schema.withDecodingDefaultKey(Effect.succeed("bound" as const))),
  /** Calls of the meeting endpoint in a calendar month (UTC+8) for a tenant, or `off`; default `off`. */
  monthlyQuota: limitFrom(0),
})
/** See the Schema of the same name. */
export type Behaviour = typeof Behaviour.Type

/** What holds unless told. */
export const defaults: Behaviour = {
  rateLimit: ListByNo.rateLimit,
  rateWindow: "fixed",
  rateStatus: 429,
  ninetyDays: "both",
  emptyList: "[]",
  lastPageToken: "absent",
  pageTokens: "bound",
  monthlyQuota: "off",
}

/** The same, each of them optional. */
export const partial = {
  rateLimit: Schema.optionalKey(Behaviour.fields.rateLimit),
  rateWindow: Schema.optionalKey(Behaviour.fields.rateWindow),
  rateStatus: Schema.optionalKey(Behaviour.fields.rateStatus),
  ninetyDays: Schema.optionalKey(Behaviour.fields.ninetyDays),
  emptyList: Schema.optionalKey(Behaviour.fields.emptyList),
  lastPageToken: Schema.optionalKey(Behaviour.fields.lastPageToken),
  pageTokens: Schema.optionalKey(PageTokens),
  monthlyQuota: Schema.optionalKey(Behaviour.fields.monthlyQuota),
}
