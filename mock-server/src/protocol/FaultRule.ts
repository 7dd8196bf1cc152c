/** Failure on demand, as people write it: rules that say which calls fail, and how; and chaos, random failures. */
// Imported as a namespace: an old Node lacks some of its names, and would fail before it is reported as too old.
import * as Http from "node:http"
import * as Schema from "effect/Schema"
import { accepted, paged, type OperationName } from "./Operations.ts"
import type * as PublicTypes from "./PublicTypes.ts"
import type { SameAsSchema, SameAsEncoded } from "./SameAsSchema.ts"
import * as TimeText from "./TimeText.ts"
import * as WholeNumber from "./WholeNumber.ts"

/** At most this many headers, and characters of headers, in a rule: enough to test the bounds of a client. */
const mostHeaders = 2_000
const mostHeaderCharacters = 1_048_576

/** Headers that say where a message ends. Node writes them itself; network faults write wrong ones. */
const framing = ["content-length", "transfer-encoding", "trailer"]

/** Returns why Node cannot send a header; `undefined` when it can. */
const whyNotSent = (name: string, value: string): string | undefined => {
  try {
    Http.validateHeaderName(name)
  } catch {
    return "is not a header name: use letters, digits, hyphens and !#$%&'*+.^_`|~"
  }
  // The first name is special in any object; the second is the mock's own, for faults without a socket.
  if (name === "__proto__" || name.toLowerCase() === "x-mock-network-fault") {
    return "is a header that this mock cannot send"
  }
  if (framing.includes(name.toLowerCase())) {
    return 'is set by Node, since it says where the message ends: use a network fault such as "wrong length" to break it'
  }
  try {
    Http.validateHeaderValue(name, value)
  } catch {
    return "has a character that a header cannot have: a line break, a control character, or one beyond Latin-1"
  }
  return undefined
}

const Headers = Schema.Record(Schema.String, Schema.String).check(
  Schema.makeFilter((headers) => {
    const entries = Object.entries(headers)
    const characters = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
    if (entries.length > mostHeaders) return `must have at most ${mostHeaders} headers`
    if (characters > mostHeaderCharacters)
      return `must have at most ${mostHeaderCharacters} characters in total`
    const given = new Set<string>()
    return entries.flatMap(([name, value]): ReadonlyArray<Schema.FilterIssue> => {
      const twice = given.has(name.toLowerCase())
        ? "is a duplicate: case does not count in header names"
        : undefined
      given.add(name.toLowerCase())
      const issue = whyNotSent(name, value) ?? twice
      return issue === undefined ? [] : [{ path: [name], issue }]
    })
  }),
)

/** The longest delay, a day: clients give up long before. */
const mostDelaySeconds = 86_400

const times = (minimum: number) => Schema.optionalKey(WholeNumber.between(minimum, WholeNumber.mostTimes))

/**
 * The ways in which the connection or the body breaks. When no answer has begun, some HTTP clients send the request again by themselves
 * (Go's `net/http` on a kept connection, browsers): `when: { first: 2 }` breaks the second one, too.
 */
export const NetworkFault = Schema.Literals([
  /** The connection is reset before anything is read. A listening server cannot get closer to refusing a connection. */
  "refuse",
  "reset before headers",
  "reset in mid-body",
  "end in mid-body",
  /** No headers are sent. */
  "stall",
  /** Headers and half of the body are sent, and nothing more. */
  "stall in mid-body",
  /** The body is sent at one byte a second. */
  "drip",
  /** The body is cut short, with a content length that matches. */
  "truncated JSON",
  /** The content length is larger than the body. */
  "wrong length",
  "garbage",
  "HTML",
  /** A redirect to another host. */
  "redirect",
  /** A body of 64 KB that inflates to 64 MB. */
  "gzip bomb",
])
/** The ways in which the connection or the body breaks. */
export type NetworkFault = SameAsSchema<PublicTypes.NetworkFault, typeof NetworkFault>

/** The ways in which a page of meetings is wrong. */
export const PagingFault = Schema.Literals([
  /** The page token of the next page is the same as that of this page. */
  "repeated token",
  /** The next page is the first one again. */
  "cycle",
  /** `has_more` is true, but there is no page token. */
  "missing token",
  /** The page has no rows, but more pages follow. */
  "empty page",
  /** Every row twice. */
  "doubled rows",
  /** A meeting starts before this page, so that the rows move by one. */
  "row inserted",
  "null list",
  /** Ids are JSON numbers. */
  "numeric ids",
  /** One row has another meeting number. */
  "foreign row",
])
/** The ways in which a page of meetings is wrong. */
export type PagingFault = SameAsSchema<PublicTypes.PagingFault, typeof PagingFault>

/** The change of an answer: one failure instead of it, or only a delay before it. */
export const Then = Schema.Struct({
  /** An error code, answered in the shape of Feishu's failures, with its usual status and text if the catalogue has it. */
  code: Schema.optionalKey(WholeNumber.between(...WholeNumber.code)),
  /** The HTTP status of the code. With 204, 205 and 304 there is no body (HTTP), and so no code. */
  status: Schema.optionalKey(WholeNumber.between(200, 599)),
  /**
   * The headers of the code, sent in this spelling: at most 2,000, with 1,048,576 characters. Without this field, 99991400
   * has those of the rate limit (`x-ogw-ratelimit-limit`, and a whole window as `x-ogw-ratelimit-reset`); with it, only
   * the given ones: `{}` sends none.
   */
  headers: Schema.optionalKey(Headers),
  network: Schema.optionalKey(NetworkFault),
  paging: Schema.optionalKey(PagingFault),
  /** A delay in real seconds, at most a day; or a duration such as `2s` or `5m`. */
  delaySeconds: Schema.optionalKey(TimeText.Length(0, mostDelaySeconds)),
}).pipe(
  Schema.check(
    Schema.makeFilter(
      ({ code, headers, status }) => code !== undefined || (headers ?? status) === undefined,
      {
        message: "status and headers need a code",
      },
    ),
    Schema.makeFilter(
      ({ code, delaySeconds, network, paging }) =>
        [code, network, paging].filter((one) => one !== undefined).length === 1 ||
        (code === undefined && network === undefined && paging === undefined && delaySeconds !== undefined),
      { message: "must have exactly one of code, network and paging, or only delaySeconds" },
    ),
  ),
)
/** The change of an answer. */
export type Then = SameAsEncoded<PublicTypes.Then, typeof Then>

/** The calls that a rule changes: those that meet all conditions. Without conditions, every call of the operation. */
const When = Schema.Struct({
  /**
   * Only this call, counted from 1. Some HTTP clients send a request again by themselves when its connection breaks (Go's
   * `net/http` on a kept connection, browsers): they hide one broken call, so use `first: 2` for them.
   */
  nth: times(1),
  /** Only this many first calls. */
  first: times(1),
  /** Only the calls after this many. */
  after: times(0),
  /** Only calls whose query, or parameters in the path, have these values; `null` means absent. Other calls are not counted. */
  matching: Schema.optionalKey(Schema.Record(Schema.String, Schema.NullOr(Schema.String))),
})
/** The message for a paging fault of another operation. */
export const onlyPaged = `paging needs the operation ${paged.join(" or ")}: no other one has pages`

/** True when a failure is possible for an operation. */
export const isFor = ({ paging }: Then, operation: OperationName): boolean =>
  paging === undefined || paged.includes(operation)

const knownOperations = `must be one of ${accepted.join(", ")}, or * for all operations`

/** A rule: which calls of an operation fail, and how. */
export const Rule = Schema.Struct({
  operation: Schema.Union([Schema.Literals(accepted), Schema.Literal("*")]).annotate({
    message: knownOperations,
  }),
  when: Schema.optionalKey(When),
  then: Then,
  /** False for a rule that neither changes nor counts calls until it is switched on (default: true). */
  enabled: Schema.optionalKey(Schema.Boolean),
}).pipe(
  Schema.check(
    Schema.makeFilter(
      ({ operation, then }) => (operation === "*" ? then.paging === undefined : isFor(then, operation)),
      { message: onlyPaged },
    ),
  ),
)
/** A rule. */
export type Rule = SameAsEncoded<PublicTypes.Rule, typeof Rule>

/** A rule that was added, with its counts. */
export const Active = Schema.Struct({
  id: Schema.String,
  ...Rule.fields,
  enabled: Schema.Boolean,
  /** The number of calls that matched the rule, and of those that it changed. */
  seen: Schema.Int,
  fired: Schema.Int,
})
/** A rule that was added, with its counts. */
export type Active = SameAsEncoded<PublicTypes.Active, typeof Active>

/** Random failures: the same seed gives the same failures, in whatever order requests arrive. */
export const Chaos = Schema.Struct({
  seed: Schema.Union([Schema.String, Schema.Finite]),
  /** The fraction of calls that fail, from 0 to 1. */
  rate: Schema.Finite.check(
    Schema.isBetween({ minimum: 0, maximum: 1 }, { message: "must be a fraction from 0 to 1" }),
  ),
  /** The failures, at most 1,000, each equally likely. Paging faults occur only for operations with pages. */
  faults: Schema.NonEmptyArray(Then).check(
    Schema.isMaxLength(1_000, { message: "must have at most 1000 failures" }),
  ),
})
/** Random failures. */
export type Chaos = SameAsEncoded<PublicTypes.Chaos, typeof Chaos>
