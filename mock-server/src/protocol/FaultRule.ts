/** Failure on demand, as people write it: rules that say which calls fail, and how; and chaos, random failures. */
// Imported as a namespace: an old Node lacks some of its names, and would fail before it is reported as too old.
import * as Http from "node:http"
import { ResponseHeaders } from "@effect-feishu/contract"
import type * as JsonSchema from "effect/JsonSchema"
import * as Schema from "effect/Schema"
import * as Bounds from "./Bounds.ts"
import { described, named, oneOf } from "./Described.ts"
import { accepted, paged, type OperationName } from "./Operations.ts"
import type * as PublicTypes from "./PublicTypes.ts"
import type { SameAsSchema, SameAsEncoded } from "./SameAsSchema.ts"
import * as TimeText from "./TimeText.ts"
import * as WholeNumber from "./WholeNumber.ts"

/** At most this many headers, and characters of headers, in a rule: enough to test the bounds of a client. */
const mostHeaders = 2_000
const mostHeaderCharacters = 1_048_576

/** What a JSON Schema says of rules that it cannot express. */
const anything = { toJsonSchema: (): readonly [JsonSchema.JsonSchema, true] => [{}, true] }

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
  }, anything),
)

/** The longest delay, a day: clients give up long before. */
const mostDelaySeconds = 86_400

/**
 * The ways in which the connection or the body breaks. When no answer has begun, some HTTP clients send the request again by themselves
 * (Go's `net/http` on a kept connection, browsers): `when: { first: 2 }` breaks the second one, too.
 */
export const NetworkFault = named(
  oneOf([
    /**
     * The connection is reset, and the request does nothing: a refresh token in it is still good. A listening server cannot get
     * closer to refusing a connection.
     */
    "refuse",
    /** The request does what it does, such as to use up a refresh token, and the connection is reset before the answer. */
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
  ]),
  "NetworkFault",
  "The way in which the connection or the body breaks. Some HTTP clients send a request again by themselves when no answer has begun: first: 2 breaks that one, too",
  "reset in mid-body",
)
/** The ways in which the connection or the body breaks. */
export type NetworkFault = SameAsSchema<PublicTypes.NetworkFault, typeof NetworkFault>

/** The ways in which a page of meetings is wrong. */
export const PagingFault = named(
  oneOf([
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
  ]),
  "PagingFault",
  "The way in which a page of meetings is wrong; only for the operation meetings.listByNo",
  "repeated token",
)
/** The ways in which a page of meetings is wrong. */
export type PagingFault = SameAsSchema<PublicTypes.PagingFault, typeof PagingFault>

/** Statuses that have no body in HTTP. */
const withoutBody = [204, 205, 304]

/** The most characters of a body. */
const mostBodyCharacters = 1_048_576

/** The change of an answer: one failure instead of it, or only a delay before it. */
export const Then = named(
  Schema.Struct({
    code: Schema.optionalKey(
      described(
        WholeNumber.between(...WholeNumber.code),
        "An error code of Feishu, answered in the shape of Feishu's failures, with its usual status and text if the catalogue has it",
        121001,
      ),
    ),
    status: Schema.optionalKey(
      described(
        WholeNumber.between(200, 599),
        "The HTTP status: that of the code, or, without a code, of an answer that is not Feishu's, as from a gateway in front of it. With 204, 205 and 304 there is no body, and so no code",
        503,
      ),
    ),
    headers: Schema.optionalKey(
      described(
        Headers,
        "Headers of the code or the status, sent in this spelling: at most 2,000, with 1,048,576 characters. Without them, 99991400 has those of the rate limit; with them only the given ones, {} sends none",
        { "x-ogw-ratelimit-reset": "2" },
      ),
    ),
    body: Schema.optionalKey(
      described(
        Schema.String.check(
          Schema.isMaxLength(mostBodyCharacters, {
            message: `must have at most ${mostBodyCharacters} characters`,
          }),
        ),
        "The body of a status without a code, as text (default: none)",
        "<h1>503 Service Unavailable</h1>",
      ),
    ),
    network: Schema.optionalKey(NetworkFault),
    paging: Schema.optionalKey(PagingFault),
    delaySeconds: Schema.optionalKey(
      TimeText.Length(0, mostDelaySeconds, {
        description:
          "A delay in real seconds, at most a day; or a duration such as 2s or 5m. The mock returns it in seconds",
        examples: [1.5, "2s"],
      }),
    ),
  }).check(
    Schema.makeFilter(
      ({ code, headers, status }) => headers === undefined || code !== undefined || status !== undefined,
      { message: "headers need a code or a status", ...anything },
    ),
    Schema.makeFilter(
      ({ body, code, status = 204 }) =>
        body === undefined || (code === undefined && !withoutBody.includes(status)),
      {
        message: "body needs a status that may have one, and no code: the body of a code is Feishu's",
        ...anything,
      },
    ),
    Schema.makeFilter(
      ({ code, delaySeconds, network, paging, status }) => {
        const failures = [code ?? status, network, paging].filter((one) => one !== undefined).length
        return failures === 1 || (failures === 0 && delaySeconds !== undefined)
      },
      {
        message:
          "must have exactly one of code, status (alone, or with a code), network and paging, or only delaySeconds",
        ...anything,
      },
    ),
  ),
  "Then",
  "The change of an answer: one of code, status (alone, or with a code), network and paging, with or without a delay; or only a delay",
  { code: 121001 },
)
/** The change of an answer. */
export type Then = SameAsEncoded<PublicTypes.Then, typeof Then>

const times = (minimum: number, description: string, example: number) =>
  Schema.optionalKey(described(WholeNumber.between(minimum, WholeNumber.mostTimes), description, example))

/** The calls that a rule changes: those that meet all conditions. Without conditions, every call of the operation. */
export const When = named(
  Schema.Struct({
    nth: times(
      1,
      "Only this call, counted from 1. Some HTTP clients send a request again by themselves when its connection breaks (Go's net/http on a kept connection, browsers): use first: 2 for them",
      3,
    ),
    first: times(1, "Only this many first calls, counted after those of after", 2),
    after: times(0, "Only the calls after this many", 5),
    matching: Schema.optionalKey(
      described(
        Schema.Record(Schema.String, Schema.NullOr(Schema.String)),
        "Only calls whose query, or parameters in the path, have these values; null means absent. Other calls are not counted. Of the bodies of OAuth there is grant_type",
        { meeting_no: "337736498", page_token: null },
      ),
    ),
  }),
  "When",
  "The calls that a rule changes: those that meet every condition; without conditions, every call of the operation",
  { nth: 3 },
)
/** The message for a paging fault of another operation. */
export const onlyPaged = `paging needs the operation ${paged.join(" or ")}: no other one has pages`

/** True when a failure is possible for an operation. */
export const isFor = ({ paging }: Then, operation: OperationName): boolean =>
  paging === undefined || paged.includes(operation)

const knownOperations = `must be one of ${accepted.join(", ")}, or * for all operations`

const rule = {
  operation: described(
    Schema.Literals([...accepted, "*"]).annotate({ message: knownOperations }),
    "The endpoint whose calls fail, or * for every endpoint",
    "meetings.listByNo",
  ),
  when: Schema.optionalKey(When),
  then: Then,
}

/** A rule: which calls of an operation fail, and how. */
export const Rule = named(
  Schema.Struct({
    ...rule,
    enabled: Schema.optionalKey(
      described(
        Schema.Boolean,
        "False for a rule that neither changes nor counts calls until it is switched on (default: true)",
        true,
      ),
    ),
  }).check(
    Schema.makeFilter(
      ({ operation, then }) => (operation === "*" ? then.paging === undefined : isFor(then, operation)),
      { message: onlyPaged, ...anything },
    ),
  ),
  "Rule",
  "A rule for failures: which calls of an operation fail, and how",
  { operation: "meetings.listByNo", when: { nth: 3 }, then: { code: 121001 } },
)
/** A rule. */
export type Rule = SameAsEncoded<PublicTypes.Rule, typeof Rule>

/** A rule that was added, with its counts. */
export const Active = named(
  Schema.Struct({
    id: described(Schema.String, "The id of the rule", "rule-1"),
    ...rule,
    enabled: described(Schema.Boolean, "False for a rule that is switched off", true),
    seen: described(WholeNumber.count, "The number of calls that matched the operation and matching", 4),
    fired: described(WholeNumber.count, "The number of calls that the rule has changed", 1),
  }),
  "ActiveRule",
  "A rule that was added, with its counts",
)
/** A rule that was added, with its counts. */
export type Active = SameAsEncoded<PublicTypes.Active, typeof Active>

/** Random failures: the same seed gives the same failures, in whatever order requests arrive. */
export const Chaos = named(
  Schema.Struct({
    seed: Schema.optionalKey(
      described(
        Schema.Union([Schema.String, Schema.Finite]),
        "Any text or number: the same one gives the same failures (default: 1)",
        7,
      ),
    ),
    rate: described(
      Schema.Finite.check(
        Schema.isBetween({ minimum: 0, maximum: 1 }, { message: "must be a fraction from 0 to 1" }),
      ),
      "The fraction of calls that fail, from 0 to 1",
      0.1,
    ),
    faults: Schema.optionalKey(
      described(
        Schema.Array(Then).check(
          Schema.isMinLength(1, { message: "must have at least one failure" }),
          Schema.isMaxLength(1_000, { message: "must have at most 1000 failures" }),
        ),
        "The failures, at most 1,000, each equally likely; paging faults occur only for operations with pages (default: 121001, 99991400 with a reset after a second, the plain status 503, and a connection that is reset in mid-body)",
        [{ code: 121001 }, { network: "reset in mid-body" }],
      ),
    ),
  }),
  "Chaos",
  "Random failures: the same seed gives the same failures, in whatever order requests arrive",
  { rate: 0.1, seed: 7 },
)
/** Random failures. */
export type Chaos = SameAsEncoded<PublicTypes.Chaos, typeof Chaos>

/** What chaos has unless it is given. The failures: one of each kind that every client must survive. */
export const chaosDefaults: Pick<Required<Chaos>, "seed" | "faults"> = {
  seed: 1,
  faults: [
    { code: 121001 },
    { code: 99991400, headers: { [ResponseHeaders.rateLimitReset]: "1" } },
    { status: 503 },
    { network: "reset in mid-body" },
  ],
}

/** The rules of a mock at its start. */
export const Rules = Schema.Array(Rule).check(
  Schema.isMaxLength(Bounds.rules, { message: `must have at most ${Bounds.rules} rules` }),
)
