/** The middleware for every request, to Feishu and to the control plane, and for every answer. */
import { randomBytes } from "node:crypto"
import { ResponseHeaders } from "@effect-feishu/contract"
import * as ByteSize from "effect/ByteSize"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { unhandled } from "effect/Types"
import * as ControlGuard from "../control/ControlGuard.ts"
import * as ControlPaths from "../control/ControlPaths.ts"
import * as SnapshotTransfer from "../control/SnapshotTransfer.ts"
import type * as FaultRules from "../faults/FaultRules.ts"
import * as NetworkFaults from "../faults/NetworkFaults.ts"
import { anyFailure, failure, idHeaders, internalError, json, notFound, tooLarge } from "../feishu/answers.ts"
import { bearerOf, CurrentExchange, Exchange } from "../feishu/Exchange.ts"
import { requirementsOf } from "../feishu/routes.ts"
import * as Inspector from "../inspector/Inspector.ts"
import * as AnswerIds from "../protocol/AnswerIds.ts"
import * as Bounds from "../protocol/Bounds.ts"
import * as FaultRule from "../protocol/FaultRule.ts"
import * as HeaderNames from "../protocol/HeaderNames.ts"
import * as JsonText from "../protocol/JsonText.ts"
import * as Operations from "../protocol/Operations.ts"
import * as Problems from "../protocol/Problems.ts"
import type { KnownSecrets } from "../secrets/KnownSecrets.ts"
import * as Masking from "../secrets/Masking.ts"
import * as SignInPages from "../signin/SignInPages.ts"
import type { Workspaces } from "../state/Workspaces.ts"

/**
 * Finds the workspace of a request, breaks the answer when a rule matches, adds the headers of every answer, and writes the
 * journal. An unexpected failure becomes Feishu's internal error, so that every request gets an answer. The random seed and
 * the order of the requests of a workspace determine the ids.
 */
export const layer = (
  workspaces: Workspaces,
  guard: ControlGuard.Options | undefined,
): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.middleware(
    Effect.sync(() => {
      const cors =
        guard?.cors === undefined
          ? undefined
          : HttpMiddleware.cors({
              allowedOrigins: [guard.cors],
              exposedHeaders: Object.values(ResponseHeaders),
            })
      // The router's type requires a middleware that lets failures through; this one handles all of them.
      return (
        answer: Effect.Effect<HttpServerResponse.HttpServerResponse, unhandled>,
      ): Effect.Effect<
        HttpServerResponse.HttpServerResponse,
        unhandled,
        HttpServerRequest.HttpServerRequest
      > => {
        // Code that every request runs uses no generators: they would cost a tenth of its time (measured).
        const answered = Effect.flatMap(Effect.service(HttpServerRequest.HttpServerRequest), (request) => {
          const queryAt = request.url.indexOf("?")
          const path = queryAt === -1 ? request.url : request.url.slice(0, queryAt)
          // The control plane is not part of Feishu: it has no faults and no journal.
          if (/^\/_mock(\/|$)/.test(path)) return ofControlPlane(workspaces, guard, request, path, answer)
          // Clients that may not open the page get Feishu's own answer, since Feishu does not have the page.
          const isForPage = path === "/" && (request.method === "GET" || request.method === "HEAD")
          if (isForPage && (guard === undefined || ControlGuard.opensPage(request, guard))) {
            return Inspector.answer(guard)
          }
          if (SignInPages.isFor(request, path)) return SignInPages.answer(workspaces, request, path)
          return ofFeishu(workspaces, request, path, answer)
        })
        return Effect.catchCause(cors === undefined ? answered : cors(answered), unforeseen)
      }
    }),
    { global: true },
  )

/** The answer of the routes, or of this middleware in their place. */
type Answer = Effect.Effect<HttpServerResponse.HttpServerResponse, unhandled>

/** Answers a request to the control plane, unless its guard refuses it. */
const ofControlPlane = (
  workspaces: Workspaces,
  guard: ControlGuard.Options | undefined,
  request: HttpServerRequest.HttpServerRequest,
  path: string,
  answer: Answer,
): Answer => {
  // A browser that opened the page may follow its links, which cannot have the token in a header.
  const isLinked =
    guard !== undefined && ControlPaths.documents.has(path) && ControlGuard.opensPage(request, guard)
  const refusal = guard === undefined || isLinked ? undefined : ControlGuard.refusal(request, path, guard)
  if (refusal !== undefined) return Effect.succeed(refusal)
  return answer.pipe(
    Effect.provideService(HttpServerRequest.HttpServerRequest, asJson(request)),
    Effect.catchCause(ControlPaths.unanswered(request.method, path)),
    Effect.map((response) => withoutSecrets(response, workspaces.shared.secrets)),
  )
}

/**
 * Returns the request with the media type of JSON, whatever its client says of the body, except for the lines of a snapshot: `curl -d`
 * and PowerShell say that it is a form, and `fetch` that it is plain text.
 */
const asJson = (request: HttpServerRequest.HttpServerRequest): HttpServerRequest.HttpServerRequest => {
  const type = request.headers["content-type"]
  return type === undefined || SnapshotTransfer.namesLines(type)
    ? request
    : request.modify({ headers: Headers.set(request.headers, "content-type", "application/json") })
}

/** Answers a request to Feishu, in the workspace that it belongs to. */
const ofFeishu = (
  workspaces: Workspaces,
  request: HttpServerRequest.HttpServerRequest,
  path: string,
  answer: Answer,
): Answer => {
  const started = performance.now()
  const exchange = new Exchange(workspaces.shared, Operations.find(request.method, path))
  // Paths match letter by letter, as at Feishu. The router also accepts `%5f` for `_` and `;` as the end of a path, and
  // would lead to the control plane past its guard.
  const { operation } = exchange
  if (operation === undefined) return recorded(exchange, request, started, Effect.succeed(notFound))
  if (Operations.isRead(operation)) {
    placeByToken(workspaces, exchange, bearerOf(request.headers["authorization"]))
    if (path === Operations.pathOf(operation)) return recorded(exchange, request, started, answer)
    // A value such as `list%5fby_no` or `1;2` would lead the router elsewhere: handlers read it from the exchange.
    const routed = request.modify({ url: Operations.pathOf(operation) + request.url.slice(path.length) })
    const routedAnswer = Effect.provideService(answer, HttpServerRequest.HttpServerRequest, routed)
    return recorded(exchange, request, started, routedAnswer)
  }
  return Effect.flatMap(placeByBody(workspaces, exchange, request), (isTooLarge) =>
    recorded(exchange, request, started, isTooLarge ? Effect.succeed(tooLarge) : answer),
  )
}

/** Gives the right answer, or the failure that a rule or the request's own header names, and adds it to the journal. */
const recorded = (
  exchange: Exchange,
  request: HttpServerRequest.HttpServerRequest,
  started: number,
  answer: Answer,
): Answer => {
  const hit = hitOf(exchange, request)
  if (hit !== undefined && !("then" in hit)) {
    const refusal = { _tag: "Refused", error: `invalid ${faultHeader}`, problems: Problems.told(hit) }
    return Effect.succeed(json(JSON.stringify(refusal), { status: 400 }))
  }
  const right = answer.pipe(
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause) ? Effect.failCause(cause as Cause.Cause<never>) : failure(121001),
    ),
    Effect.provideService(CurrentExchange, exchange),
  )
  return hit === undefined
    ? Effect.map(right, (response) => written(exchange, request, started, withIds(exchange, response)))
    : faulty(exchange, request, started, hit, right)
}

/** Answers with Feishu's internal error. Its ids are its own, since the failure may be in the workspace of the request. */
const unforeseen = (
  cause: Cause.Cause<unhandled>,
): Effect.Effect<HttpServerResponse.HttpServerResponse, unhandled> => {
  if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause)
  return Effect.map(Clock.currentTimeMillis, (now) => {
    return internalError(AnswerIds.make(randomBytes(16).toString("hex"))(now))
  })
}

/** Masks secrets in a refusal of the control plane, which repeats an id, a key or a path that may have been a secret. */
const withoutSecrets = (
  response: HttpServerResponse.HttpServerResponse,
  secrets: KnownSecrets,
): HttpServerResponse.HttpServerResponse => {
  if (response.status < 400 || response.body._tag !== "Uint8Array") return response
  const text = Buffer.from(response.body.body).toString()
  const shown = Masking.body(text, secrets)
  return shown === text
    ? response
    : HttpServerResponse.setBody(response, HttpBody.text(shown, response.body.contentType))
}

/** Breaks an answer as a rule says. */
const faulty = Effect.fnUntraced(function* (
  exchange: Exchange,
  request: HttpServerRequest.HttpServerRequest,
  started: number,
  hit: FaultRules.Hit,
  right: Effect.Effect<HttpServerResponse.HttpServerResponse, unhandled>,
) {
  const { then } = hit
  const { code, network } = then
  if (then.delaySeconds !== undefined)
    yield* NetworkFaults.sleep(then.delaySeconds, exchange.workspace.testClock)
  exchange.pagingFault = then.paging
  let response: HttpServerResponse.HttpServerResponse
  if (code === undefined && then.status !== undefined) {
    if (then.headers !== undefined) HeaderNames.writeAs(request, Object.keys(then.headers))
    response = plain({ ...then, status: then.status }, exchange.now)
  } else if (network === "refuse") {
    // Feishu does not get the request: a refresh token in it is still good.
    response = HttpServerResponse.empty({ status: 503 })
  } else if (code === undefined) response = withIds(exchange, yield* right)
  else {
    const required = requirementsOf(exchange.operation, exchange.state.behaviour)
    const failed = anyFailure(exchange, required, { ...then, code })
    // The headers of the rule take precedence, in its spelling.
    if (then.headers !== undefined) HeaderNames.writeAs(request, Object.keys(then.headers))
    response = HttpServerResponse.setHeaders(withIds(exchange, failed), then.headers ?? {})
  }
  written(exchange, request, started, response, hit)
  if (network === undefined) return response
  const { body } = response
  const bytes = body._tag === "Uint8Array" ? body.body : new Uint8Array()
  return yield* NetworkFaults.answer(network, request, response, bytes)
})

/** Returns the answer of something in front of Feishu, such as a gateway: without Feishu's headers. */
const plain = (
  { body, headers, status }: FaultRule.Then & { readonly status: number },
  now: number,
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeaders(
    body === undefined ? HttpServerResponse.empty({ status }) : HttpServerResponse.text(body, { status }),
    { date: dateOf(now), ...headers },
  )

/** Adds the headers that all answers of Feishu have. */
const withIds = (
  exchange: Exchange,
  response: HttpServerResponse.HttpServerResponse,
): HttpServerResponse.HttpServerResponse => {
  const ids = {
    ...idHeaders(exchange.ids),
    // Node's own header would give the time of the machine, not of the mock's clock.
    date: dateOf(exchange.now),
  }
  // Except for the constants, an answer with a body owns its headers. Copying them would take longer than finding a page.
  if (response.body._tag === "Uint8Array" && response !== notFound && response !== tooLarge) {
    Object.assign(response.headers, ids)
    return response
  }
  return HttpServerResponse.setHeaders(response, ids)
}

let second = Number.NaN
let date = ""
/** Returns a time in unix milliseconds in the format of the `Date` header. */
const dateOf = (now: number): string => {
  if (second !== Math.floor(now / 1000)) {
    second = Math.floor(now / 1000)
    date = DateTime.toDateUtc(DateTime.makeUnsafe(now)).toUTCString()
  }
  return date
}

/** Adds an answer to the journal, and returns it. */
const written = (
  exchange: Exchange,
  request: HttpServerRequest.HttpServerRequest,
  started: number,
  response: HttpServerResponse.HttpServerResponse,
  hit?: FaultRules.Hit,
): HttpServerResponse.HttpServerResponse => {
  const { body } = response
  exchange.state.journal.add({
    time: exchange.now,
    operation: exchange.operation,
    method: request.method,
    url: request.url,
    authorization: request.headers["authorization"],
    appId: exchange.appId,
    // The token of an app has none.
    tenant: exchange.token?.tenant === "" ? undefined : exchange.token?.tenant,
    status: response.status,
    logId: exchange.ids.logId,
    millis: performance.now() - started,
    pageTokenRefused: exchange.pageTokenRefused,
    fault: hit?.rule,
    resetSeconds: hit?.then.network === undefined ? resetOf(response) : undefined,
    requestHeaders: request.headers,
    responseHeaders: response.headers,
    headerNames: HeaderNames.responseOf(request)?.others,
    requestBody: exchange.requestBody,
    responseBody: exchange.page ?? (body._tag === "Uint8Array" ? body.body : ""),
    responseBytes: body._tag === "Uint8Array" ? body.body.length : 0,
  })
  return response
}

/** Finds the workspace of a request by its token. */
const placeByToken = (workspaces: Workspaces, exchange: Exchange, text: string): void => {
  const found = workspaces.ofToken(text)
  if (found === undefined) return
  exchange.token = found.token
  exchange.belongsTo(found.workspace, found.token.appId)
}

/** Finds the workspace of a request by the app or the token in its body. Succeeds with true when the body is too large. */
const placeByBody = (
  workspaces: Workspaces,
  exchange: Exchange,
  request: HttpServerRequest.HttpServerRequest,
): Effect.Effect<boolean> =>
  request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(Bounds.requestBytes)),
    Effect.map((text) => {
      exchange.requestBody = text
      const fields = fieldsOf(text)
      const appId = fields("app_id") ?? fields("client_id")
      const workspace = appId === undefined ? undefined : workspaces.ofApp(appId)
      if (appId !== undefined && workspace !== undefined) exchange.belongsTo(workspace, appId)
      else placeByToken(workspaces, exchange, fields("app_access_token") ?? "")
      return false
    }),
    // A body that breaks off is read as an empty one: the client has disconnected, and does not see the answer.
    Effect.catch(({ reason }) => Effect.succeed("reason" in reason && reason.reason === "BodyTooLarge")),
  )

/** Returns a function that reads the text fields of a JSON object or a form, whatever its content type is. */
const fieldsOf = (text: string): ((name: string) => string | undefined) => {
  const json = JsonText.parsed(text)
  if (json === undefined) {
    const form = new URLSearchParams(text)
    return (name) => form.get(name) ?? undefined
  }
  return (name) => {
    const value = typeof json === "object" && json !== null ? Reflect.get(json, name) : undefined
    return typeof value === "string" ? value : undefined
  }
}

/** The header in which a request names its own failure, written like the `then` of a rule. */
const faultHeader = "x-mock-fault"

const decodeThen = Schema.decodeUnknownResult(Schema.fromJsonString(FaultRule.Then), {
  errors: "all",
  onExcessProperty: "error",
})

/** Returns the failure of a request, or every mistake in the failure that its header names. */
const hitOf = (
  { operation, params, requestBody, state }: Exchange,
  request: HttpServerRequest.HttpServerRequest,
): FaultRules.Hit | undefined | ReadonlyArray<string> => {
  if (operation === undefined) return undefined
  const asked = request.headers[faultHeader]
  if (asked !== undefined) {
    const then = decodeThen(asked)
    if (Result.isSuccess(then)) {
      return FaultRule.isFor(then.success, operation)
        ? { rule: faultHeader, then: then.success }
        : [FaultRule.onlyPaged]
    }
    return Problems.ofIssue(then.failure.issue).map(Problems.inWords)
  }
  if (state.faults.isIdle()) return undefined
  const query = Object.fromEntries(new URLSearchParams(request.url.split(/\?(.*)/s)[1] ?? ""))
  const { page_token: token } = query
  const page = token === undefined ? undefined : state.pageTokens.placeOf(token)
  // Of a body a rule sees the kind of grant alone: the rest are secrets.
  const grant = operation.startsWith("oauth.") ? fieldsOf(requestBody)("grant_type") : undefined
  const fields = { ...query, ...params, ...(grant === undefined ? {} : { grant_type: grant }) }
  return state.faults.hit({ operation, query: fields, page, body: requestBody })
}

/** Returns the seconds after which a refused client may send again, from its answer. */
const resetOf = ({ headers }: HttpServerResponse.HttpServerResponse): number | undefined => {
  const reset = headers[ResponseHeaders.rateLimitReset]
  return reset !== undefined && /^\d{1,9}$/.test(reset) ? Number(reset) : undefined
}
