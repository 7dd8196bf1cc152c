/**
 * Judges an answer: success is a JSON body with `code === 0`, on any HTTP status, and nothing else.
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

/** In characters: as much as most servers accept in a URL. */
const longestPageToken = 8_192

const decodeEnvelope = Schema.decodeUnknownResult(Envelope.Envelope)

/** Gives the parsed JSON of a successful answer, or fails with why it is not one. `url` is that of the request. */
export const judge = Effect.fnUntraced(function* (
  answer: Answer,
  url: string,
  longestWaitSeconds: number,
  secrets: Secrets,
): Effect.fn.Return<unknown, FeishuError> {
  const shown = (text: string, length: number) => showable(text, secrets, length)
  const fail = (reason: Reason) => new FeishuError({ reason })
  const { status } = answer
  const known = { status, logId: answer.logId }
  const violation = (problem: Sentence.Sentence, cutShort = false) =>
    fail(contractViolation(problem, { ...known, cutShort }))

  const isRedirect = status >= 300 && status < 400 && status !== 304
  const redirected = () =>
    fail(new Redirected({ ...known, from: originOf(url), to: targetOf(answer, url, secrets) }))
  if (isRedirect && answer.headers["location"] !== undefined) return yield* redirected()
  if (status === 204 || status === 206 || status === 304) {
    return yield* violation(Sentence.make("incompleteStatus", { status }))
  }
  const json = Result.try((): unknown => JSON.parse(answer.body))
  // Most answers: what the envelope has in addition to the code matters for failures only.
  if (Result.isSuccess(json) && Predicate.hasProperty(json.success, "code") && json.success.code === 0) {
    const data = Predicate.hasProperty(json.success, "data") ? json.success.data : undefined
    // The page token goes into cursors, which are printed and stored.
    const pageToken = Predicate.hasProperty(data, "page_token") ? data.page_token : undefined
    if (typeof pageToken === "string") {
      if (repeats(pageToken, secrets)) {
        return yield* violation(Sentence.make("pageTokenRepeatsSecret"))
      }
      // It would be sent as a different token, or break the connection.
      if (pageToken.length > longestPageToken || /\p{Surrogate}/u.test(pageToken)) {
        return yield* violation(Sentence.make("pageTokenUnfit"))
      }
    }
    return json.success
  }
  const envelope = Result.flatMap(json, decodeEnvelope)
  if (Result.isFailure(json) || Result.isFailure(envelope)) {
    if (isRedirect) return yield* redirected()
    const contentType = answer.headers["content-type"]
    const body = {
      // A body that is JSON, or begins like it, may contain rows, or a token that is not known as a secret yet.
      excerpt: /^\s*[[{"]/.test(answer.body)
        ? undefined
        : shown(withoutTags(masked(answer.body, secrets)), 120),
      contentType: contentType === undefined ? undefined : shown(contentType, 80),
    }
    switch (ErrorCodes.retryClass({ status })) {
      case "rateLimited":
        return yield* fail(rateLimited(answer, known, yield* Clock.currentTimeMillis, longestWaitSeconds))
      case "transient":
        return yield* fail(new ServerFailed({ ...known, ...body }))
    }
    if (Result.isSuccess(json)) return yield* violation(Sentence.make("noCode"))
    if (status >= 400) {
      const detail =
        body.excerpt === undefined
          ? Sentence.make("jsonCutShort")
          : Sentence.make("answerIs", { text: body.excerpt })
      return yield* fail(
        new RequestRefused({
          ...known,
          violations: [],
          detail: Sentence.inEnglish(detail),
          sentences: { detail },
        }),
      )
    }
    return yield* /^\s*</.test(answer.body)
      ? fail(new ServerFailed({ ...known, ...body }))
      : violation(Sentence.make("notJson"), true)
  }

  const { code, error, log_id, msg } = envelope.success
  const logId = answer.logId ?? checkedLogId(error?.log_id ?? log_id, secrets)
  const words = msg ?? envelope.success.error_description
  const said = { status, code, logId, msg: words === undefined ? undefined : shown(words, 300) }
  switch (ErrorCodes.retryClass({ code, status })) {
    case "rateLimited":
      return yield* fail(rateLimited(answer, said, yield* Clock.currentTimeMillis, longestWaitSeconds))
    case "transient":
      return yield* fail(new ServerFailed(said))
    case "token":
      return yield* fail(new AuthenticationFailed(said))
  }
  switch (code) {
    case 99991403:
      return yield* fail(new QuotaExceeded(said))
    case 10003:
    case 10014:
    case 99991543:
    case 99991661:
      return yield* fail(new AuthenticationFailed(said))
    case 121005:
    case 99991672:
    case 99991679:
      return yield* fail(
        new PermissionDenied({
          ...said,
          scopes: scopesOf(error)
            .slice(0, mostListed)
            .map((scope) => shown(scope, 100)),
          moreScopes: more(scopesOf(error)),
        }),
      )
  }
  const all = error?.field_violations ?? []
  const violations = all.slice(0, mostListed).map(({ description, field }) => ({
    field: shown(field ?? "?", 60),
    description: shown(description ?? "refused", 150),
  }))
  const answeredAt = secondsOfDate(answer.headers["date"])
  return yield* fail(new RequestRefused({ ...said, violations, moreViolations: more(all), answeredAt }))
})

/**
 * The most entries of a server's list in an error, which is printed, logged and stored: the list may have any length.
 */
const mostListed = 10

const more = (list: ReadonlyArray<unknown>): number | undefined =>
  list.length > mostListed ? list.length - mostListed : undefined

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
  said: {
    readonly status: number
    readonly code?: number
    readonly msg?: string | undefined
    readonly logId: string | undefined
  },
  /** Unix milliseconds. */
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

/** The beginning of a body without HTML tags, which are most of what an HTML page begins with. */
const withoutTags = (body: string): string =>
  body
    .slice(0, 2_000)
    .replace(/<(script|style)[^>]*>.*?<\/\1>/gis, " ")
    .replace(/<[^>]*>?/g, " ")
