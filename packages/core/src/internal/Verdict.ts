/**
 * Judges an answer. Success is a JSON body with `code === 0`, also on a 4xx or 5xx status. A redirect with a location, and 204,
 * 206 and 304, are refused before the body is read; so is a page token that could not be sent back.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Envelope from "@effect-feishu/contract/Envelope"
import * as ErrorCodes from "@effect-feishu/contract/ErrorCodes"
import * as ListByNo from "@effect-feishu/contract/ListByNo"
import * as ResponseHeaders from "@effect-feishu/contract/ResponseHeaders"
import {
  AuthenticationFailed,
  contractViolation,
  FeishuError,
  PermissionDenied,
  QuotaExceeded,
  RateLimited,
  type Reason,
  Redirected,
  RequestRefused,
  ServerFailed,
} from "../FeishuError.ts"
import * as Sentence from "../Sentence.ts"
import { checkedLogId, masked, repeats, type Secrets, showable } from "./ServerText.ts"
import type { Answer } from "./Transport.ts"

/** The most characters of a page token: as many as most servers accept in a URL. */
const longestPageToken = 8_192

const decodeEnvelope = Schema.decodeUnknownResult(Envelope.Envelope)

/**
 * Gives the parsed JSON of a successful answer, or fails with why it is not one. `url` is that of the request, `endpoint` the path
 * of its endpoint.
 */
export const judge = Effect.fnUntraced(function* (
  answer: Answer,
  url: string,
  longestWaitSeconds: number,
  secrets: Secrets,
  endpoint?: string,
): Effect.fn.Return<unknown, FeishuError> {
  const fail = (reason: Reason) => new FeishuError({ reason })
  const { status } = answer
  const known = { status, logId: answer.logId }
  // The fetch of a browser hides a redirect that it did not follow behind status 0.
  const isRedirect = status === 0 || (status >= 300 && status < 400 && status !== 304)
  const redirected = () =>
    fail(new Redirected({ ...known, from: originOf(url), to: targetOf(answer, url, secrets) }))
  if (isRedirect && answer.headers["location"] !== undefined) return yield* redirected()
  if (status === 204 || status === 206 || status === 304) {
    const problem = Sentence.make("incompleteStatus", { status })
    return yield* fail(contractViolation(problem, { ...known, cutShort: false }))
  }
  const json = Result.try((): unknown => JSON.parse(answer.body))
  // Most answers: what the envelope has in addition to the code matters for failures only.
  if (Result.isSuccess(json) && Predicate.hasProperty(json.success, "code") && json.success.code === 0) {
    const problem = problemOfPageToken(json.success, secrets)
    if (problem === undefined) return json.success
    return yield* fail(contractViolation(problem, { ...known, cutShort: false }))
  }
  const envelope = Result.flatMap(json, decodeEnvelope)
  const now = yield* Clock.currentTimeMillis
  const failure: Failure = {
    answer,
    endpoint: endpoint !== undefined && Object.hasOwn(ErrorCodes.endpoints, endpoint) ? endpoint : undefined,
    secrets,
    rateLimited: (said) => rateLimited(answer, said, now, longestWaitSeconds),
  }
  if (Result.isSuccess(envelope)) return yield* fail(reasonOfCode(envelope.success, failure))
  if (isRedirect) return yield* redirected()
  return yield* fail(reasonWithoutCode(Result.isSuccess(json), failure))
})

/** A page token goes into cursors, which are printed and stored, and into URLs. */
const problemOfPageToken = (json: object, secrets: Secrets): Sentence.Sentence | undefined => {
  const data = Predicate.hasProperty(json, "data") ? json.data : undefined
  const pageToken = Predicate.hasProperty(data, "page_token") ? data.page_token : undefined
  if (typeof pageToken !== "string") return undefined
  if (repeats(pageToken, secrets)) return Sentence.make("pageTokenRepeatsSecret")
  // It would be sent as a different token, or break the connection.
  return pageToken.length > longestPageToken || /\p{Surrogate}/u.test(pageToken)
    ? Sentence.make("pageTokenUnfit")
    : undefined
}

/** The parts of Feishu's answer that an error repeats. */
interface Said {
  readonly status: number
  readonly code?: number
  readonly msg?: string | undefined
  readonly logId: string | undefined
  readonly endpoint?: string | undefined
}

/** An answer that is not a success. */
interface Failure {
  readonly answer: Answer
  /** The path of the endpoint, if codes mean something of their own on it. */
  readonly endpoint: string | undefined
  readonly secrets: Secrets
  readonly rateLimited: (said: Said) => RateLimited
}

/** The reason of an answer without Feishu's code: something in front of Feishu has answered, or Feishu has failed. */
const reasonWithoutCode = (isJson: boolean, { answer, rateLimited, secrets }: Failure): Reason => {
  const { body, headers, logId, status } = answer
  const known = { status, logId }
  const contentType = headers["content-type"]
  const shown = {
    // A body that is JSON, or begins like it, may contain rows, or a token that is not known as a secret yet.
    excerpt: /^\s*[[{"]/.test(body) ? undefined : showable(withoutTags(masked(body, secrets)), secrets, 120),
    contentType: contentType === undefined ? undefined : showable(contentType, secrets, 80),
  }
  switch (ErrorCodes.retryClass({ status })) {
    case "rateLimited":
      return rateLimited(known)
    case "transient":
      return new ServerFailed({ ...known, ...shown })
  }
  if (isJson) return contractViolation(Sentence.make("noCode"), { ...known, cutShort: false })
  if (status >= 400) {
    const detail =
      shown.excerpt === undefined
        ? Sentence.make("jsonCutShort")
        : Sentence.make("answerIs", { text: shown.excerpt })
    return new RequestRefused({
      ...known,
      violations: [],
      detail: Sentence.inEnglish(detail),
      sentences: { detail },
    })
  }
  return /^\s*</.test(body)
    ? new ServerFailed({ ...known, ...shown })
    : contractViolation(Sentence.make("notJson"), { ...known, cutShort: true })
}

/** The reason of an answer with a code of Feishu. */
const reasonOfCode = (
  envelope: Envelope.Envelope,
  { answer, endpoint, rateLimited, secrets }: Failure,
): Reason => {
  const { code, error, log_id } = envelope
  const { status } = answer
  const logId = answer.logId ?? checkedLogId(error?.log_id ?? log_id, secrets)
  const msg = envelope.msg ?? envelope.error_description
  const said = {
    status,
    code,
    logId,
    msg: msg === undefined ? undefined : showable(msg, secrets, 300),
    endpoint,
  }
  switch (ErrorCodes.retryClass({ code, status })) {
    case "rateLimited":
      return rateLimited(said)
    case "transient":
      return new ServerFailed(said)
    case "token":
      return new AuthenticationFailed(said)
  }
  switch (code) {
    case 99991403:
      return new QuotaExceeded(said)
    case 10003:
    case 10014:
    case 99991543:
    case 99991661:
      return new AuthenticationFailed(said)
    case 21000:
    case 21001:
      return new AuthenticationFailed({ ...said, challengeUrl: challengeIn(answer.body, secrets) })
    case 121005:
    case 99991672:
    case 99991679: {
      const all = scopesOf(error)
      const scopes = all.slice(0, mostListed).map((scope) => showable(scope, secrets, 100))
      return new PermissionDenied({ ...said, scopes, moreScopes: more(all) })
    }
  }
  const all = error?.field_violations ?? []
  const violations = all.slice(0, mostListed).map(({ description, field }) => ({
    field: showable(field ?? "?", secrets, 60),
    description: showable(description ?? "refused", secrets, 150),
  }))
  const answeredAt = secondsOfDate(answer.headers["date"])
  return new RequestRefused({ ...said, violations, moreViolations: more(all), answeredAt })
}

/**
 * The most entries of a server's list in an error, which is printed, logged and stored: the list may have any length.
 */
const mostListed = 10

const more = (list: ReadonlyArray<unknown>): number | undefined =>
  list.length > mostListed ? list.length - mostListed : undefined

/** Returns the address in a refusal by a policy, which the official command line reads from three places (sdk). */
const challengeIn = (body: string, secrets: Secrets): string | undefined => {
  const json: unknown = JSON.parse(body)
  const inside = (value: unknown, ...path: ReadonlyArray<string>): unknown =>
    path.reduce((value, name) => (Predicate.hasProperty(value, name) ? value[name] : undefined), value)
  const found = [
    inside(json, "challenge_url"),
    inside(json, "data", "challenge_url"),
    inside(json, "error", "data", "challenge_url"),
  ].find((url) => typeof url === "string")
  const url = showable(String(found).replace(/^[` ]+|[` ]+$/g, ""), secrets, 2_000)
  return URL.canParse(url) && new URL(url).protocol === "https:" ? url : undefined
}

const scopesOf = (error: Envelope.ErrorObject | undefined): ReadonlyArray<string> =>
  (error?.permission_violations ?? []).flatMap(({ scope, subject }) => subject ?? scope ?? [])

/** The target of a redirect: scheme, host and port. */
const targetOf = ({ headers }: Answer, url: string, secrets: Secrets): string | undefined => {
  // Masked before it is parsed: in a URL the host may end in the middle of a secret.
  const location = masked(headers["location"] ?? "", secrets)
  if (location === "" || !URL.canParse(location, url)) return undefined
  return /^https?:$/.test(new URL(location, url).protocol) ? originOf(location, url) : undefined
}

/** Scheme, host and port of a URL, at most as long as a host name can be. */
const originOf = (url: string, base?: string): string => new URL(url, base).origin.slice(0, 300)

const rateLimited = (
  answer: Answer,
  said: Said,
  /** The present time in unix milliseconds. */
  now: number,
  longestWaitSeconds: number,
): RateLimited => {
  const retryAfterSeconds =
    wholeSeconds(answer.headers[ResponseHeaders.rateLimitReset], now) ??
    wholeSeconds(answer.headers["retry-after"], now) ??
    ListByNo.rateLimitWindowSeconds
  return new RateLimited({
    ...said,
    retryAfterSeconds,
    longestWaitSeconds: retryAfterSeconds > longestWaitSeconds ? longestWaitSeconds : undefined,
  })
}

/**
 * The seconds to wait that a header gives as a number of seconds or an HTTP date; at least 1. `undefined` if it is
 * neither.
 */
const wholeSeconds = (header: string | undefined, now: number): number | undefined => {
  if (header === undefined || header.trim() === "") return undefined
  const seconds = Number(header)
  if (Number.isFinite(seconds)) return seconds < 0 ? undefined : Math.max(1, Math.ceil(seconds))
  const date = secondsOfDate(header)
  return date === undefined ? undefined : Math.max(1, Math.ceil(date - now / 1000))
}

/** An HTTP date in unix seconds. */
const secondsOfDate = (header: string | undefined): number | undefined => {
  if (header === undefined || !/[a-z]{3}, /i.test(header)) return undefined
  // This reads no clock, and a bundle with `DateTime` would be 2 % larger.
  // oxlint-disable-next-line no-restricted-globals
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : date / 1000
}

/** Returns the beginning of a body without HTML tags: an HTML page begins with little else. */
const withoutTags = (body: string): string =>
  body
    .slice(0, 2_000)
    .replace(/<(script|style)[^>]*>.*?<\/\1>/gis, " ")
    .replace(/<[^>]*>?/g, " ")
