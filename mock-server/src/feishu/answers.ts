/** The shapes of Feishu's answers: success, failures of each kind of endpoint, and those that are not JSON. */
import { ErrorCodes, type OAuth, ResponseHeaders } from "@effect-feishu/contract"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as AnswerIds from "../protocol/AnswerIds.ts"
import * as Operations from "../protocol/Operations.ts"
import type * as RateLimit from "../state/RateLimit.ts"
import { CurrentExchange, type Exchange } from "./Exchange.ts"

/** Returns the answer of an endpoint of one meeting: the keys in the documented order. */
export const found = (data: object): HttpServerResponse.HttpServerResponse =>
  json(JSON.stringify({ code: 0, msg: "success", data }))

/** Returns an answer with JSON. Its body is bytes, since Node would count and join a text before it encodes it. */
export const json = (
  body: string | Uint8Array,
  options?: { readonly status?: number; readonly headers?: Record<string, string> },
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.uint8Array(typeof body === "string" ? Buffer.from(body) : body, {
    status: options?.status ?? 200,
    contentType: "application/json; charset=utf-8",
    ...(options?.headers === undefined ? {} : { headers: options.headers }),
  })

/** Returns the answer of a token endpoint that has succeeded. */
export const success = (fields: object): HttpServerResponse.HttpServerResponse =>
  json(JSON.stringify({ code: 0, ...fields }))

/**
 * Returns the answer for an error code: status and text from the catalogue, unless the text is given; `error` with the log id
 * and the details; and `data`, if there is any.
 */
export const failure = (
  code: number,
  details?: Readonly<Record<string, unknown>>,
  msg?: string,
  data?: object,
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.map(CurrentExchange, ({ ids: { logId }, operation }) => {
    const entry = known(code, operation)
    const body = {
      code,
      msg: msg ?? entry.msg,
      ...(data === undefined ? {} : { data }),
      error: { ...errorOf(code, logId), ...details },
    }
    return json(JSON.stringify(body), { status: entry.status })
  })

/** Returns the text of 99991672, which names the scopes that would do (observed). */
export const oneOfTheScopes = (scopes: ReadonlyArray<string>): string =>
  `Access denied. One of the following scopes is required: [${scopes.join(", ")}]`

/** The `error` object in the body of a failure. */
const errorOf = (code: number, logId: string) => ({
  log_id: logId,
  troubleshooter: `排查建议查看(Troubleshooting suggestions): https://open.feishu.cn/search?from=openapi&log_id=${logId}&code=${code}`,
})

/**
 * Returns the failure that a fault rule names, in the shape of the endpoint's failures. The catalogue need not have the code.
 * `overLimit` and `scopes` are those of the endpoint.
 */
export const anyFailure = (
  { ids: { logId }, operation }: Exchange,
  { overLimit, scopes }: { readonly overLimit: RateLimit.Refusal; readonly scopes: ReadonlyArray<string> },
  then: {
    readonly code: number
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
  },
): HttpServerResponse.HttpServerResponse => {
  const { code } = then
  const entry = ErrorCodes.find(code, operation === undefined ? undefined : Operations.pathOf(operation))
  const msg = code === 99991672 ? oneOfTheScopes(scopes) : (entry?.msg ?? "a failure on demand")
  const [status, body] = operation?.startsWith("auth.")
    ? [200, tokenFailureOf(code, msg)]
    : operation?.startsWith("oauth.")
      ? [entry?.status ?? 400, { error: oauthErrorOf(code), error_description: msg, code }]
      : [entry?.status ?? 400, code === 99991400 ? { code, msg } : { code, msg, error: errorOf(code, logId) }]
  const headers = then.headers ?? (code === 99991400 ? limitHeaders(overLimit) : {})
  // HTTP does not allow a body with these.
  const hasBody = ![204, 205, 304].includes(then.status ?? status)
  return json(hasBody ? JSON.stringify(body) : "", {
    status: then.status ?? status,
    headers: { ...headers },
  })
}

/** Returns the answer over the rate limit. It has no `error` object (documented), so the log id is in the header only. */
export const rateLimited = (
  refusal: RateLimit.Refusal,
  status: number,
): HttpServerResponse.HttpServerResponse => {
  const { code, msg } = known(99991400)
  return json(JSON.stringify({ code, msg }), { status, headers: limitHeaders(refusal) })
}

const limitHeaders = ({ limit, resetSeconds }: RateLimit.Refusal) => ({
  [ResponseHeaders.rateLimitLimit]: String(limit),
  [ResponseHeaders.rateLimitReset]: String(resetSeconds),
})

/** Returns a token endpoint's refusal: HTTP 200, and no `error` object (documented). */
export const tokenFailure = (code: number): HttpServerResponse.HttpServerResponse =>
  json(JSON.stringify(tokenFailureOf(code, known(code).msg)))

const tokenFailureOf = (code: number, msg: string): object =>
  code === 10003 ? { code, data: {}, msg } : { code, msg }

/** Returns an OAuth endpoint's refusal: HTTP 400, or the code's own status (documented). */
export const oauthFailure = (code: number, more: object = {}): HttpServerResponse.HttpServerResponse => {
  const { msg, status } = known(code)
  return json(JSON.stringify({ error: oauthErrorOf(code), error_description: msg, code, ...more }), {
    status,
  })
}

/** Returns the refusal of a device code. It has no code of Feishu: none is known (sdk). */
export const deviceFailure = (error: OAuth.DeviceError): HttpServerResponse.HttpServerResponse =>
  json(JSON.stringify({ error, error_description: deviceErrors[error] }), { status: 400 })

const deviceErrors: Readonly<Record<OAuth.DeviceError, string>> = {
  authorization_pending: "The user has not yet completed the authorization.",
  slow_down: "The device polls too often: wait five seconds more between requests.",
  access_denied: "The user has denied the authorization.",
  expired_token: "The device code has expired.",
  invalid_grant: "The device code is invalid.",
}

/** The errors of RFC 6749 with which codes are sent. The documents show that of 20050; the others are inferred. */
const oauthErrors: ReadonlyArray<readonly [error: string, codes: ReadonlyArray<number>]> = [
  ["invalid_request", [20001, 20063, 20070]],
  ["invalid_client", [20002, 20048]],
  ["unsupported_grant_type", [20036]],
  ["invalid_scope", [20027, 20067, 20068]],
  ["unauthorized_client", [20009, 20010, 20069, 20074]],
  ["access_denied", [21000, 21001]],
  ["invalid_grant", [20003, 20004, 20008, 20024, 20026, 20037, 20049, 20064, 20065, 20066, 20071, 20073]],
]

const oauthErrorOf = (code: number): string =>
  oauthErrors.find(([, codes]) => codes.includes(code))?.[0] ?? "server_error"

const known = (code: number, operation?: Operations.Operation): ErrorCodes.ErrorCode => {
  const entry = ErrorCodes.find(code, operation === undefined ? undefined : Operations.pathOf(operation))
  if (entry === undefined) throw new Error(`the catalogue has no error code ${code}`)
  return entry
}

/** The answer to an unknown path, and to a wrong method on a known one (observed): not JSON. */
export const notFound: HttpServerResponse.HttpServerResponse = HttpServerResponse.text("404 page not found", {
  status: 404,
  contentType: "text/plain",
})

/** The answer to a body of more than 1 MiB, which no endpoint needs (status and text are inferred). The rest is not read. */
export const tooLarge: HttpServerResponse.HttpServerResponse = HttpServerResponse.text(
  "413 request entity too large",
  {
    status: 413,
    contentType: "text/plain",
    headers: { connection: "close" },
  },
)

/** Returns Feishu's internal error for a request that has no exchange, with ids made for it. */
export const internalError = ({
  logId,
  requestId,
}: AnswerIds.ExchangeIds): HttpServerResponse.HttpServerResponse => {
  const { msg, status } = known(121001)
  return json(JSON.stringify({ code: 121001, msg, error: errorOf(121001, logId) }), {
    status,
    headers: idHeaders({ logId, requestId }),
  })
}

/** Returns the headers with which Feishu's support finds a request. */
export const idHeaders = ({ logId, requestId }: AnswerIds.ExchangeIds) => ({
  [ResponseHeaders.logId]: logId,
  [ResponseHeaders.requestId]: requestId,
  "request-id": requestId,
})
