/** The switches of the mock, one for each behaviour that Feishu's documents leave open. Defaults follow the stricter reading. */
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import type { SameAsSchema } from "../protocol/SameAsSchema.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"

const limitFrom = (minimum: number) => {
  const message = `${WholeNumber.inWords(minimum, WholeNumber.mostTimes)}, or "off"`
  return Schema.Union([
    WholeNumber.between(minimum, WholeNumber.mostTimes, message),
    Schema.Literal("off"),
  ]).annotate({ message })
}

/** Every switch. */
export const Behaviour = Schema.Struct({
  /** Requests that pass in 60 seconds for an API, app and tenant, or `off`; default 100 (documented). */
  rateLimit: limitFrom(1),
  /** The way to count requests; default `fixed` (inferred). */
  rateWindow: Schema.Literals(["fixed", "sliding", "bucket"]),
  /** The HTTP status of a request over the limit; some older endpoints answer 400 (documented). Default 429. */
  rateStatus: Schema.Literals([429, 400]),
  /** What the 90-day limit applies to; default `both`. */
  ninetyDays: ListByNo.NinetyDays,
  /** The list of an empty page, which is only known from other endpoints; default `[]`. */
  emptyList: Schema.Literals(["[]", "null", "absent"]),
  /** The page token of the last page, which other endpoints send as an empty string; default `absent`. */
  lastPageToken: Schema.Literals(["absent", "empty"]),
  /**
   * Which queries accept a page token: only the query that it was given for (`bound`, the default, inferred), or any
   * query of that number and tenant, whatever its `start_time`, `end_time` and `page_size` (`free`).
   */
  pageTokens: Schema.Literals(["bound", "free"]),
  /** Calls of the meeting endpoint in a calendar month (UTC+8) for a tenant, or `off`; default `off`. */
  monthlyQuota: limitFrom(0),
})
/** The mock's behaviour where Feishu's documents leave it open. */
export type Behaviour = SameAsSchema<PublicTypes.Behaviour, typeof Behaviour>

/** The switches of a mock without options. */
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

/** Returns all switches: those that are given, and the defaults of the others. */
export const withDefaults = (given: {
  readonly [Name in keyof Behaviour]?: Behaviour[Name] | undefined
}): Behaviour => ({
  ...defaults,
  ...Object.fromEntries(
    Struct.keys(defaults).flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  ),
})

/** Some of the switches, as in changes and options. */
export const Some = Behaviour.mapFields(Struct.map(Schema.optionalKey))

/** The switches in a snapshot. Snapshots that are older than `pageTokens` do not have it. */
export const InSnapshot = Behaviour.mapFields((fields) => ({
  ...fields,
  pageTokens: fields.pageTokens.pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaults.pageTokens))),
}))
