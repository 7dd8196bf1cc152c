/**
 * Failure on demand: rules that say which calls fail, and how; and chaos, which a seed decides alone.
 */
// As a whole: an old Node has not all of their names, and could not say that it is too old.
import * as Crypto from "node:crypto"
import * as Http from "node:http"
import * as Schema from "effect/Schema"
import * as Bounds from "../protocol/Bounds.ts"
import type { KnownSecrets } from "../secrets/KnownSecrets.ts"
import * as Masking from "../secrets/Masking.ts"
import * as TimeText from "../seed/TimeText.ts"
import { names, type Operation } from "../protocol/Operations.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"

/** A rule or chaos holds at most so many headers, in so many characters: what a test of a client's own bounds needs. */
const mostHeaders = 2_000
const mostHeaderCharacters = 1_048_576

/** These say where a message ends: Node writes them itself, and the network faults write wrong ones. */
const framing = ["content-length", "transfer-encoding", "trailer"]

/** Why a header cannot be sent, by Node's own judgement; `undefined` if it can. */
const whyNotSent = (name: string, value: string): string | undefined => {
  try {
    Http.validateHeaderName(name)
  } catch {
    return "is no name of a header: it takes letters, digits and hyphens, or another of !#$%&'*+.^_`|~"
  }
  // An object has the one already, as something else, and the other is how the mock tells itself of a fault.
  if (name === "__proto__" || name.toLowerCase() === "x-mock-network-fault") {
    return "is a name that this mock cannot send"
  }
  if (framing.includes(name.toLowerCase())) {
    return 'says where the message ends, which Node decides: network faults such as "wrong length" break that'
  }
  try {
    Http.validateHeaderValue(name, value)
  } catch {
    return "holds a character that no header can: a line break, a control character, or one beyond Latin-1"
  }
  return undefined
}

const Headers = Schema.Record(Schema.String, Schema.String).check(
  Schema.makeFilter((headers) => {
    const entries = Object.entries(headers)
    const characters = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0)
    if (entries.length > mostHeaders) return `takes at most ${mostHeaders} headers`
    if (characters > mostHeaderCharacters) return `takes at most ${mostHeaderCharacters} characters in all`
    const given = new Set<string>()
    return entries.flatMap(([name, value]): ReadonlyArray<Schema.FilterIssue> => {
      const twice = given.has(name.toLowerCase())
        ? "is there twice: names differ in more than case"
        : undefined
      given.add(name.toLowerCase())
      const issue = whyNotSent(name, value) ?? twice
      return issue === undefined ? [] : [{ path: [name], issue }]
    })
  }),
)

/** The longest delay: a day. A client gives up long before. */
const mostDelaySeconds = 86_400

const times = (minimum: number) => Schema.optionalKey(WholeNumber.between(minimum, WholeNumber.mostTimes))

/**
 * How the connection or the body breaks. Where no answer has begun, some HTTP clients send the request once more by
 * themselves (Go's `net/http` on a kept connection, browsers): `when: { first: 2 }` breaks that one, too.
 */
export const NetworkFault = Schema.Literals([
  /** The connection is reset before anything is read: the closest to a refused one that a listening server can do. */
  "refuse",
  "reset before headers",
  "reset in mid-body",
  "end in mid-body",
  /** No headers come. */
  "stall",
  /** Headers and half of the body come, and nothing more. */
  "stall in mid-body",
  /** One byte a second. */
  "drip",
  /** A body that is cut short, with a length that says so. */
  "truncated JSON",
  /** A length that is larger than the body. */
  "wrong length",
  "garbage",
  "HTML",
  /** To another host. */
  "redirect",
  /** 64 KB that inflate to 64 MB. */
  "gzip bomb",
])
/** See the Schema of the same name. */
export type NetworkFault = typeof NetworkFault.Type

/** What is wrong with a page. */
export const PagingFault = Schema.Literals([
  /** The page token of the next page is that of this one. */
  "repeated token",
  /** The page after this one is the first again. */
  "cycle",
  /** `has_more` without a page token. */
  "missing token",
  /** A page without rows, with more behind it. */
  "empty page",
  /** Every row twice. */
  "doubled rows",
  /** A meeting begins before this page, so that the rows move on by one. */
  "row inserted",
  "null list",
  /** Ids as JSON numbers. */
  "numeric ids",
  /** A row of another meeting number. */
  "foreign row",
])
/** See the Schema of the same name. */
export type PagingFault = typeof PagingFault.Type

/** What happens instead; one of them, or a delay before the right answer. */
export const Then = Schema.Struct({
  /** A code of Feishu's, in Feishu's shape; the catalogue knows its usual status and text. */
  code: Schema.optionalKey(WholeNumber.between(...WholeNumber.code)),
  /** The HTTP status that comes with it. With 204, 205 and 304 there is no body, and so no code (HTTP). */
  status: Schema.optionalKey(WholeNumber.between(200, 599)),
  /**
   * Headers that come with it, written as they are here: at most 2,000, and 1,048,576 characters. Without this,
   * 99991400 has those of the limit (`x-ogw-ratelimit-limit`, and a whole window as `x-ogw-ratelimit-reset`); with it,
   * no others: `{}` for none.
   */
  headers: Schema.optionalKey(Headers),
  network: Schema.optionalKey(NetworkFault),
  paging: Schema.optionalKey(PagingFault),
  /** In real seconds, at most a day; or a length of time such as `2s` or `5m`. */
  delaySeconds: Schema.optionalKey(TimeText.Length(0, mostDelaySeconds)),
}).pipe(
  Schema.check(
    Schema.makeFilter(
      ({ code, headers, status }) => code !== undefined || (headers ?? status) === undefined,
      {
        message: "status and headers come with a code",
      },
    ),
    Schema.makeFilter(
      ({ code, delaySeconds, network, paging }) =>
        [code, network, paging].filter((one) => one !== undefined).length === 1 ||
        (code === undefined && network === undefined && paging === undefined && delaySeconds !== undefined),
      { message: "takes one of code, network and paging, or delaySeconds alone" },
    ),
  ),
)
/** What happens instead. */
export type Then = typeof Then.Type

/** Which calls; all conditions together, all calls of the operation without any. */
const When = Schema.Struct({
  /**
   * Only this call, from 1. Some HTTP clients send a request once more by themselves when its connection breaks (Go's
   * `net/http` on a kept connection, browsers): for them one broken call shows nothing, and `first: 2` does.
   */
  nth: times(1),
  /** So many calls. */
  first: times(1),
  /** Calls after so many. */
  after: times(0),
  /** Calls whose query has these values; `null` stands for absent. Others are not counted. */
  matching: Schema.optionalKey(Schema.Record(Schema.String, Schema.NullOr(Schema.String))),
})
/** Only this operation has pages. */
const paged: Operation = "meetings.listByNo"
/** What is wrong with a paging fault elsewhere. */
export const onlyPaged = `paging is for ${paged}: no other operation has pages`

/** Whether a failure can come with the answer of an operation. */
export const isFor = ({ paging }: Then, operation: Operation): boolean =>
  paging === undefined || operation === paged

const knownOperations = `no such operation; known are ${names.join(", ")}, and * for all`

/** A rule. */
export const Rule = Schema.Struct({
  operation: Schema.Union([Schema.Literals(names), Schema.Literal("*")]).annotate({
    message: knownOperations,
  }),
  when: Schema.optionalKey(When),
  then: Then,
  /** False for one that does nothing yet, nor counts; true unless given. */
  enabled: Schema.optionalKey(Schema.Boolean),
}).pipe(
  Schema.check(
    Schema.makeFilter(
      ({ operation, then }) => (operation === "*" ? then.paging === undefined : isFor(then, operation)),
      { message: onlyPaged },
    ),
  ),
)
/** See the Schema of the same name. */
export type Rule = typeof Rule.Type

/** A rule that was added. */
export const Active = Schema.Struct({
  id: Schema.String,
  ...Rule.fields,
  enabled: Schema.Boolean,
  /** Calls that it was about, and those that it changed. */
  seen: Schema.Int,
  fired: Schema.Int,
})
/** See the Schema of the same name. */
export type Active = typeof Active.Type

/** A rule without the secrets that its conditions and headers may have. */
export const shown = (rule: Active, secrets: KnownSecrets): Active => {
  const { then, when } = rule
  const given = Object.entries(when?.matching ?? {})
  const texts = given.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const]))
  const absent = given.filter(([, value]) => value === null)
  return {
    ...rule,
    ...(when?.matching === undefined
      ? {}
      : {
          when: {
            ...when,
            matching: {
              ...Masking.query(Object.fromEntries(texts), secrets),
              ...Object.fromEntries(absent),
            },
          },
        }),
    then: {
      ...then,
      ...(then.headers === undefined ? {} : { headers: Masking.query(then.headers, secrets) }),
    },
  }
}

/** Random failures: the same seed gives the same failures, whatever the order in which requests arrive. */
export const Chaos = Schema.Struct({
  seed: Schema.Union([Schema.String, Schema.Finite]),
  /** The share of calls that fail, from 0 to 1. */
  rate: Schema.Finite.check(
    Schema.isBetween({ minimum: 0, maximum: 1 }, { message: "takes a share from 0 to 1" }),
  ),
  /** Which failures, at most 1,000; each is as likely. Those of paging strike only where there are pages. */
  faults: Schema.NonEmptyArray(Then).check(
    Schema.isMaxLength(1_000, { message: "takes at most 1000 failures" }),
  ),
})
/** See the Schema of the same name. */
export type Chaos = typeof Chaos.Type

/** A call, as rules see it. */
interface Call {
  readonly operation: Operation
  readonly query: Readonly<Record<string, string>>
  /** Where the page of its page token begins, which is the same after a reset, when the token is another. */
  readonly page: string | undefined
  readonly body: string
}

/** What a rule does to a call. */
export interface Hit {
  readonly rule: string
  readonly then: Then
}

/** See the members. */
export interface Faults {
  readonly add: (rule: Rule) => Active
  readonly remove: (id: string) => boolean
  /** Switches a rule on or off, and gives it, if it is there. One that is switched on counts on from where it was. */
  readonly enable: (id: string, enabled: boolean) => Active | undefined
  readonly list: () => ReadonlyArray<Active>
  readonly clear: () => void
  readonly setChaos: (chaos: Chaos | undefined) => void
  readonly chaos: () => Chaos | undefined
  /** Whether there are as many rules as there may be: 1,000, since each call looks at each. */
  readonly isFull: () => boolean
  /** Whether there is nothing that a call could be hit by. */
  readonly isIdle: () => boolean
  /** Counts a call, and what happens to it. The rule that was added first wins. */
  readonly hit: (call: Call) => Hit | undefined
}

/** No rules. */
export const make = (): Faults => {
  const rules = new Map<string, { -readonly [Key in keyof Active]: Active[Key] }>()
  let added = 0
  let chaos: Chaos | undefined
  const occurrences = new Map<string, number>()

  return {
    add: (rule) => {
      const active = { id: `rule-${++added}`, enabled: true, ...rule, seen: 0, fired: 0 }
      rules.set(active.id, active)
      return { ...active }
    },
    remove: (id) => rules.delete(id),
    enable: (id, enabled) => {
      const rule = rules.get(id)
      if (rule === undefined) return undefined
      rule.enabled = enabled
      return { ...rule }
    },
    list: () => Array.from(rules.values(), (rule) => ({ ...rule })),
    clear: () => {
      rules.clear()
      chaos = undefined
      occurrences.clear()
    },
    setChaos: (next) => {
      chaos = next
      occurrences.clear()
    },
    chaos: () => chaos,
    isFull: () => rules.size >= Bounds.rules,
    isIdle: () => rules.size === 0 && chaos === undefined,
    hit: (call) => {
      let hit: Hit | undefined
      for (const rule of rules.values()) {
        if (!rule.enabled || !isAbout(rule, call)) continue
        rule.seen++
        if (hit !== undefined || !isDue(rule)) continue
        rule.fired++
        hit = { rule: rule.id, then: rule.then }
      }
      return hit ?? (chaos === undefined ? undefined : struck(chaos, call, occurrences))
    },
  }
}

const isAbout = ({ operation, when }: Rule, call: Call): boolean =>
  (operation === "*" || operation === call.operation) &&
  Object.entries(when?.matching ?? {}).every(([key, value]) => (call.query[key] ?? null) === value)

const isDue = ({ seen, when = {} }: Active): boolean =>
  (when.nth === undefined || seen === when.nth) &&
  (when.first === undefined || seen <= (when.after ?? 0) + when.first) &&
  (when.after === undefined || seen > when.after)

/**
 * By the call itself and how often it came, so that the order of other calls does not matter. One that has not come for a
 * hundred thousand different ones counts as new.
 */
const struck = (
  { faults, rate, seed }: Chaos,
  { body, operation, page, query }: Call,
  occurrences: Map<string, number>,
): Hit | undefined => {
  const others = Object.entries(query).filter(([name]) => name !== "page_token")
  const what = JSON.stringify([operation, others.toSorted(), page, body])
  // Of a call its hash is kept, not its body.
  const call = Crypto.hash("sha256", what, "base64")
  const times = (occurrences.get(call) ?? 0) + 1
  // The last of them is the one that came last: the first is the one that has not come for longest.
  occurrences.delete(call)
  occurrences.set(call, times)
  if (occurrences.size > Bounds.chaosCalls) {
    for (const oldest of occurrences.keys()) {
      occurrences.delete(oldest)
      break
    }
  }
  const bits = Crypto.hash("sha256", `${seed}/${times}/${what}`, "buffer")
  if (bits.readUInt32BE(0) / 2 ** 32 >= rate) return undefined
  const possible = faults.filter((then) => isFor(then, operation))
  const then = possible[bits.readUInt32BE(4) % possible.length]
  return then === undefined ? undefined : { rule: "chaos", then }
}
