/** Where Feishu's documents leave a choice: one switch for each. Its default is the stricter reading. */
import { ListByNo } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import type { Held } from "../protocol/HeldType.ts"
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
   * number and tenant, whatever `start_time`, `end_time` and `page_size` are (`free`).
   */
  pageTokens: Schema.Literals(["bound", "free"]),
  /** Calls of the meeting endpoint in a calendar month (UTC+8) for a tenant, or `off`; default `off`. */
  monthlyQuota: limitFrom(0),
})
/** How the mock behaves where Feishu's documents leave a choice. */
export type Behaviour = Held<PublicTypes.Behaviour, typeof Behaviour>

/** What holds unless something else is given. */
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

/** The defaults, with what is given in their places. */
export const withDefaults = (given: {
  readonly [Name in keyof Behaviour]?: Behaviour[Name] | undefined
}): Behaviour => ({
  ...defaults,
  ...Object.fromEntries(
    Struct.keys(defaults).flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])),
  ),
})

/** Some of the switches. */
export const Some = Behaviour.mapFields(Struct.map(Schema.optionalKey))

/** As snapshots hold it: those from before there was `pageTokens` do not name it. */
export const InSnapshot = Behaviour.mapFields((fields) => ({
  ...fields,
  pageTokens: fields.pageTokens.pipe(Schema.withDecodingDefaultKey(Effect.succeed(defaults.pageTokens))),
}))
