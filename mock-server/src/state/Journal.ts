/** The journal: the last requests of a workspace with their answers, secrets masked. */
import * as Schema from "effect/Schema"
import * as Bounds from "../protocol/Bounds.ts"
import * as HeaderNames from "../protocol/HeaderNames.ts"
import { described, named, oneOf } from "../protocol/Described.ts"
import type { KnownSecrets } from "../secrets/KnownSecrets.ts"
import * as Masking from "../secrets/Masking.ts"
import * as MeetingPage from "../protocol/MeetingPage.ts"
import * as WholeNumber from "../protocol/WholeNumber.ts"
import { accepted, names, type Operation } from "../protocol/Operations.ts"
import type { SameAsSchema } from "../protocol/SameAsSchema.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"

const entry = {
  seq: described(
    WholeNumber.count,
    "The number of the request. It counts from 1, and from 1 again after a reset",
    3,
  ),
  time: described(Schema.Finite, "The mock's time, in unix milliseconds", 1769850000123),
  operation: Schema.optionalKey(
    described(
      Schema.Literals(names),
      "The endpoint; absent when the request was not for an endpoint of Feishu",
      "meetings.listByNo",
    ),
  ),
  method: described(Schema.String, "The method", "GET"),
  path: described(Schema.String, "The path", "/open-apis/vc/v1/meetings/list_by_no"),
  query: described(Schema.Record(Schema.String, Schema.String), "The query, with secrets masked", {
    meeting_no: "337736498",
    page_size: "20",
  }),
  authorization: Schema.optionalKey(
    described(Schema.String, "The kind of credentials", "Bearer t-<redacted>"),
  ),
  appId: Schema.optionalKey(
    described(Schema.String, "The app that sent the request, if known", "cli_a1b2c3d4e5f6a7b8"),
  ),
  tenant: Schema.optionalKey(
    described(
      Schema.String,
      "The tenant of the access token with which it was sent; absent without a token of a tenant that this mock has given",
      "2ed263bf32cf1651",
    ),
  ),
  status: described(Schema.Int, "The HTTP status of the answer", 200),
  code: Schema.optionalKey(described(Schema.Int, "Feishu's code, if the answer has one", 0)),
  logId: described(Schema.String, "The log id of the answer", "20260131170000C0FFEE00C0FFEE00C0FFEE"),
  millis: described(Schema.Finite, "The time until the answer, in real milliseconds", 1.2),
  pageTokenRefused: Schema.optionalKey(
    described(
      Schema.String,
      "Why the page token was refused: given for another end_time (or other fields that differ), given before a reset, or not one that was given",
      "given for another end_time",
    ),
  ),
  fault: Schema.optionalKey(described(Schema.String, "The rule that changed the answer, or chaos", "rule-1")),
  resetAt: Schema.optionalKey(
    described(
      Schema.Finite,
      "The time from which the client may send again, in unix milliseconds; set if it was refused for the rate limit",
      1769850060000,
    ),
  ),
  earlyMillis: Schema.optionalKey(
    described(
      Schema.Finite,
      "Milliseconds by which the request was too early; set if the client did not wait for the reset that a refusal named",
      1500,
    ),
  ),
}

/** One request and its answer. Times are unix milliseconds of the mock's clock. */
export const Entry = named(
  Schema.Struct(entry),
  "JournalEntry",
  "One request and its answer, with secrets masked. Times are those of the mock's clock",
)
/** One request and its answer. */
export type Entry = SameAsSchema<PublicTypes.Entry, typeof Entry>

const headers = (description: string, example: Readonly<Record<string, string>>) =>
  described(Schema.Record(Schema.String, Schema.String), description, example)

/** An entry with the headers and the bodies of request and answer. */
export const Detail = named(
  Schema.Struct({
    ...entry,
    requestHeaders: headers("The headers of the request, by their names in lower case; secrets are masked", {
      authorization: "Bearer t-<redacted>",
      host: "127.0.0.1:8787",
    }),
    responseHeaders: headers("The headers of the answer, by their names as they were sent", {
      "Content-Type": "application/json; charset=utf-8",
      "X-Tt-Logid": "20260131170000C0FFEE00C0FFEE00C0FFEE",
    }),
    requestBody: described(Schema.String, "The body of the request, with secrets masked", ""),
    responseBody: described(
      Schema.String,
      "The body of the answer, with secrets masked",
      '{"code":0,"data":{"has_more":false,"meeting_briefs":[]},"msg":""}',
    ),
  }),
  "JournalEntryWithBodies",
  "One request and its answer, with the headers and bodies of both",
)
/** An entry with the headers and the bodies of request and answer. */
export type Detail = SameAsSchema<PublicTypes.Detail, typeof Detail>

/** Headers by their names. A name without a value counts as absent. */
type TextHeaders = Readonly<Record<string, string | undefined>>

/** A request that was answered, with nothing masked. */
interface Answered {
  readonly time: number
  readonly operation: Operation | undefined
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly authorization: string | undefined
  readonly appId: string | undefined
  readonly tenant: string | undefined
  readonly status: number
  readonly logId: string
  readonly millis: number
  readonly pageTokenRefused: string | undefined
  readonly fault: string | undefined
  readonly resetSeconds: number | undefined
  readonly requestHeaders: TextHeaders
  readonly responseHeaders: TextHeaders
  /** The spelling of headers that a rule has written, by their lower case. */
  readonly headerNames: ReadonlyMap<string, string> | undefined
  readonly requestBody: string
  readonly responseBody: string | Uint8Array | MeetingPage.Page
  /** The number of bytes in the body of the answer. */
  readonly responseBytes: number
}

/** A choice of entries: all conditions together. */
export const Filter = Schema.Struct({
  operation: Schema.optionalKey(
    described(oneOf(accepted), "Only requests for this endpoint", "meetings.listByNo"),
  ),
  appId: Schema.optionalKey(described(Schema.String, "Only requests of this app", "cli_a1b2c3d4e5f6a7b8")),
  status: Schema.optionalKey(
    WholeNumber.text(...WholeNumber.status, "Only answers with this HTTP status", "429"),
  ),
  code: Schema.optionalKey(
    WholeNumber.text(...WholeNumber.code, "Only answers with this code of Feishu", "99991400"),
  ),
  after: Schema.optionalKey(
    WholeNumber.text(0, Number.MAX_SAFE_INTEGER, "Only entries after the one with this number", "7"),
  ),
})
/** A choice of entries: all conditions together. */
export type Filter = SameAsSchema<PublicTypes.Filter, typeof Filter>

/** Is called with every entry as it is added. */
export type Listener = (entry: Entry) => void

/** The journal of a workspace. */
export interface Journal {
  readonly add: (answered: Answered) => void
  /** Returns entries, the oldest first. */
  readonly entries: (filter?: Filter) => ReadonlyArray<Entry>
  readonly detail: (seq: number) => Detail | undefined
  /** Calls the listener with every entry from now on, after a reset, too. Returns the function that stops it. */
  readonly listen: (listener: Listener) => () => void
  readonly clear: () => void
}

const capacity = Bounds.journalEntries
/** At most this many characters are kept of a URL, of credentials, and of the headers of a request or an answer. */
const mostCharacters = 4_096

interface Kept {
  readonly seq: number
  answered: Answered
  readonly resetAt: number | undefined
  readonly earlyMillis: number | undefined
  /** Made when it is first read: making it for every request would cost more than answering the request. */
  entry: Entry | undefined
}

/**
 * Makes an empty journal, which never shows a known secret. The listeners outlive it: after a reset the new journal
 * takes over those of the old one.
 */
export const make = (listeners: Set<Listener>, secrets: KnownSecrets): Journal => {
  const kept: Array<Kept> = []
  /** The time until which each app has to wait, for each endpoint. */
  const resets = new Map<string, number>()
  let seq = 0
  /** The bytes of all bodies that are kept, and the place of the first entry whose bodies are kept. */
  let bodyBytes = 0
  let firstWithBodies = 0

  /** Forgets bodies, those of the oldest entries first. */
  const forgetBodies = () => {
    while (bodyBytes > Bounds.journalBytes) {
      const oldest = kept[firstWithBodies++]!
      bodyBytes -= bytesOf(oldest.answered)
      // The entry is made from the body, so it is made before the body is forgotten.
      entryOf(oldest)
      oldest.answered = {
        ...oldest.answered,
        requestBody: noLonger,
        responseBody: noLonger,
        responseBytes: 0,
      }
    }
  }
  const entryOf = (kept: Kept): Entry => (kept.entry ??= shown(kept, secrets))
  const latest = () => kept.slice(-capacity)
  return {
    add: (answered) => {
      const { appId, operation, resetSeconds, time } = answered
      const key = `${operation} ${appId}`
      const waitUntil = resets.get(key)
      if (waitUntil !== undefined && time >= waitUntil) resets.delete(key)
      const resetAt = resetSeconds === undefined ? undefined : time + resetSeconds * 1000
      if (resetAt !== undefined) resets.set(key, Math.max(resetAt, waitUntil ?? 0))
      const earlyMillis = waitUntil !== undefined && time < waitUntil ? waitUntil - time : undefined
      const added: Kept = {
        seq: ++seq,
        answered: shortened(answered),
        resetAt,
        earlyMillis,
        entry: undefined,
      }
      kept.push(added)
      bodyBytes += bytesOf(added.answered)
      forgetBodies()
      // Half of it at once: removing entries one by one from a long array would cost more than everything else.
      if (kept.length >= 2 * capacity) {
        const gone = kept.splice(0, kept.length - capacity)
        for (const { answered } of gone.slice(firstWithBodies)) bodyBytes -= bytesOf(answered)
        firstWithBodies = Math.max(0, firstWithBodies - gone.length)
      }
      for (const listener of listeners) listener(entryOf(added))
    },
    entries: (filter = {}) =>
      latest()
        .map(entryOf)
        .filter((entry) => passes(entry, filter)),
    detail: (wanted) => {
      const found = latest().find(({ seq }) => seq === wanted)
      return found === undefined
        ? undefined
        : {
            ...entryOf(found),
            requestHeaders: Masking.headers(found.answered.requestHeaders, secrets),
            responseHeaders: Masking.headers(spelt(found.answered), secrets),
            requestBody: Masking.body(found.answered.requestBody, secrets),
            responseBody: Masking.body(textOf(found.answered.responseBody), secrets),
          }
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    clear: () => {
      kept.length = 0
      resets.clear()
      seq = 0
      bodyBytes = 0
      firstWithBodies = 0
    },
  }
}

/** The text that takes the place of a body that was forgotten. */
const noLonger = `(the journal keeps ${Bounds.inMebibytes(Bounds.journalBytes)} of bodies: this one was older)`

/** Returns the bytes of the bodies; a character may take two. */
const bytesOf = ({ requestBody, responseBytes }: Answered): number =>
  requestBody === noLonger ? 0 : 2 * requestBody.length + responseBytes

const shortened = (answered: Answered): Answered => {
  const { authorization = "", requestHeaders, responseHeaders, url } = answered
  return url.length <= mostCharacters &&
    authorization.length <= mostCharacters &&
    lengthOf(requestHeaders) <= mostCharacters &&
    lengthOf(responseHeaders) <= mostCharacters
    ? answered
    : {
        ...answered,
        url: beginningOf(url),
        authorization: answered.authorization === undefined ? undefined : beginningOf(authorization),
        requestHeaders: firstOf(requestHeaders),
        responseHeaders: firstOf(responseHeaders),
      }
}

/** Returns the headers of the answer by their names as they were sent. */
const spelt = ({ headerNames, responseHeaders }: Answered): TextHeaders =>
  Object.fromEntries(
    Object.entries(responseHeaders).map(([name, value]) => [
      headerNames?.get(name) ?? HeaderNames.asFeishuWrites(name),
      value,
    ]),
  )

const lengthOf = (headers: TextHeaders): number => {
  let length = 0
  for (const name in headers) length += name.length + (headers[name]?.length ?? 0)
  return length
}

/** Returns the headers that fit, and says how many do not. */
const firstOf = (headers: TextHeaders): TextHeaders => {
  if (lengthOf(headers) <= mostCharacters) return headers
  const all = Object.entries(headers)
  const kept: Array<(typeof all)[number]> = []
  let left = mostCharacters
  for (const [name, value = ""] of all) {
    const length = name.length + value.length
    if (length > left) continue
    left -= length
    kept.push([name, value])
  }
  return {
    ...Object.fromEntries(kept),
    "…": `${all.length - kept.length} not kept: too long for the journal`,
  }
}

/** Returns a copy of the beginning: a slice of a text would keep all of it in memory. */
const beginningOf = (text: string): string => Buffer.from(text.slice(0, mostCharacters)).toString()

const decoder = new TextDecoder()

const shown = ({ answered, earlyMillis, resetAt, seq }: Kept, secrets: KnownSecrets): Entry => {
  const { path, query } = Masking.target(answered.url, secrets)
  return {
    seq,
    time: answered.time,
    ...optional("operation", answered.operation),
    method: answered.method,
    path,
    query,
    ...optional("authorization", Masking.authorization(answered.authorization)),
    ...optional("appId", answered.appId),
    ...optional("tenant", answered.tenant),
    status: answered.status,
    ...optional("code", codeOf(answered.responseBody)),
    logId: answered.logId,
    millis: answered.millis,
    ...optional("pageTokenRefused", answered.pageTokenRefused),
    ...optional("fault", answered.fault),
    ...optional("resetAt", resetAt),
    ...optional("earlyMillis", earlyMillis),
  }
}

const optional = <Key extends string, A>(key: Key, value: A | undefined) =>
  (value === undefined ? {} : { [key]: value }) as { readonly [K in Key]?: A }

const passes = (entry: Entry, filter: Filter): boolean =>
  (filter.operation === undefined || entry.operation === filter.operation) &&
  (filter.appId === undefined || entry.appId === filter.appId) &&
  (filter.status === undefined || entry.status === filter.status) &&
  (filter.code === undefined || entry.code === filter.code) &&
  (filter.after === undefined || entry.seq > filter.after)

const textOf = (body: Answered["responseBody"]): string =>
  typeof body === "string"
    ? body
    : decoder.decode("meetings" in body ? MeetingPage.write(body, MeetingPage.rowsOf(body)) : body)

/** Returns Feishu's code. Its answers have the code first or last. */
const codeOf = (body: Answered["responseBody"]): number | undefined => {
  if (typeof body !== "string" && "meetings" in body) return 0
  const ends = textOf(body.length <= 200 ? body : body.slice(0, 40))
  const match = /^\{"code":(-?\d+)/.exec(ends) ?? /"code":(-?\d+)\}$/.exec(ends)
  return match === null ? undefined : Number(match[1])
}
