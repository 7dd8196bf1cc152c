/**
 * One request and its answer: which workspace it belongs to, the ids that every answer carries, and the shapes of
 * the answers that are no data.
 */
import { ErrorCodes, ResponseHeaders } from "@effect-feishu/contract"
import * as ByteSize from "effect/ByteSize"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpMiddleware from "effect/http/HttpMiddleware"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import type { unhandled } from "effect/Types"
import * as ControlGuard from "./ControlGuard.ts"
import type { ExchangeIds } from "./ExchangeIds.ts"
import * as Faults from "./Faults.ts"
import * as NetworkFaults from "./NetworkFaults.ts"
import * as Operations from "./Operations.ts"
import * as Page from "./Page.ts"
import type { Refusal } from "./RateLimit.ts"
import type { State, Workspace, Workspaces } from "./Workspace.ts"

/** A request that is being answered. */
export class Exchange {
  /** The endpoint that it is for, or `undefined` where there is none. */
  readonly operation: Operations.Operation | undefined
  workspace: Workspace
  /** Of that workspace when the request came to it. */
  state: State
  /** Who asks, as far as that is known. */
  appId: string | undefined
  /** What is to be wrong with the page that is asked for. */
  pagingFault: Faults.PagingFault | undefined
  /** Of a request whose body was read. */
  requestBody = ""
  /**
   * Writes the body of a page again, for the journal. If it kept the bodies of all its pages, collecting garbage would
   * take half as long as answering (measured).
   */
  pageAgain: (() => Uint8Array) | undefined
  #ids: ExchangeIds | undefined
  #now: number | undefined

  constructor(workspace: Workspace, operation: Operations.Operation | undefined) {
    this.operation = operation
    this.workspace = workspace
    this.state = workspace.state
  }

  /** The request names an app or token of this workspace. */
  belongsTo(workspace: Workspace, appId: string): void {
    this.appId = appId
    if (this.workspace === workspace) return
    this.workspace = workspace
    this.state = workspace.state
    this.#now = undefined
  }

  /** The mock's time in unix milliseconds, one for all that is done for a request. */
  get now(): number {
    return (this.#now ??= this.state.clock.now())
  }

  get ids(): ExchangeIds {
    return (this.#ids ??= this.state.nextIds(this.now))
  }
}

/** The request that is being answered. */
export const CurrentExchange = Context.Reference<Exchange>("@effect-feishu/mock-server/CurrentExchange", {
  defaultValue: () => {
    throw new Error("there is no request")
  },
})

/** JSON as an answer of Feishu's. Bytes, since Node would count and join a text before it makes bytes of it. */
export const json = (
  body: string | Uint8Array,
  options?: { readonly status?: number; readonly headers?: Record<string, string> },
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.uint8Array(typeof body === "string" ? Buffer.from(body) : body, {
    status: options?.status ?? 200,
    contentType: "application/json; charset=utf-8",
    ...(options?.headers === undefined ? {} : { headers: options.headers }),
  })

/** The answer for an error code: status and text from the catalogue, `error` with the log id and the details. */
export const failure = (
  code: number,
  details?: Readonly<Record<string, unknown>>,
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.map(CurrentExchange, ({ ids: { logId } }) => {
    const { msg, status } = known(code)
    return json(JSON.stringify({ code, msg, error: { ...errorOf(code, logId), ...details } }), { status })
  })

const errorOf = (code: number, logId: string) => ({
  log_id: logId,
  troubleshooter: `排查建议查看(Troubleshooting suggestions): https://open.feishu.cn/search?from=openapi&log_id=${logId}&code=${code}`,
})

/** Any code in the shape that the endpoint has for its failures; the catalogue need not know it. */
const anyFailure = (
  { ids: { logId }, operation }: Exchange,
  then: {
    readonly code: number
    readonly status?: number
    readonly headers?: Readonly<Record<string, string>>
  },
): HttpServerResponse.HttpServerResponse => {
  const { code } = then
  const entry = ErrorCodes.find(code)
  const msg = entry?.msg ?? "a failure on demand"
  const [status, body] = operation?.startsWith("auth.")
    ? [200, tokenFailureOf(code, msg)]
    : operation?.startsWith("oauth.")
      ? [entry?.status ?? 400, { error: "server_error", error_description: msg, code }]
      : [entry?.status ?? 400, code === 99991400 ? { code, msg } : { code, msg, error: errorOf(code, logId) }]
  return json(JSON.stringify(body), {
    status: then.status ?? status,
    ...(then.headers === undefined ? {} : { headers: { ...then.headers } }),
  })
}

/** The answer over the rate limit: no `error` object (documented), so the log id is in the header alone. */
export const rateLimited = (refusal: Refusal, status: number): HttpServerResponse.HttpServerResponse => {
  const { code, msg } = known(99991400)
  return json(JSON.stringify({ code, msg }), {
    status,
    headers: {
      [ResponseHeaders.rateLimitLimit]: String(refusal.limit),
      [ResponseHeaders.rateLimitReset]: String(refusal.resetSeconds),
    },
  })
}

/** The answer of a token endpoint when it gives none: HTTP 200, and no `error` object (documented). */
export const tokenFailure = (code: number): HttpServerResponse.HttpServerResponse =>
  json(JSON.stringify(tokenFailureOf(code, known(code).msg)))

const tokenFailureOf = (code: number, msg: string): object =>
  code === 10003 ? { code, data: {}, msg } : { code, msg }

/** The answer of an OAuth endpoint when it gives no token: HTTP 400, or the code's own (documented). */
export const oauthFailure = (code: number, error: string): HttpServerResponse.HttpServerResponse => {
  const { msg, status } = known(code)
  return json(JSON.stringify({ error, error_description: msg, code }), { status })
}

const known = (code: number): ErrorCodes.ErrorCode => {
  const entry = ErrorCodes.find(code)
  if (entry === undefined) throw new Error(`the catalogue has no error code ${code}`)
  return entry
}

/** What an unknown path answers, and a wrong method on a known one (observed): not JSON. */
export const notFound: HttpServerResponse.HttpServerResponse = HttpServerResponse.text("404 page not found", {
  status: 404,
  contentType: "text/plain",
})

/** A body of more than 1 MiB, which no endpoint needs (status and text are inferred). What is left of it is not read. */
const tooLarge: HttpServerResponse.HttpServerResponse = HttpServerResponse.text(
  "413 request entity too large",
  {
    status: 413,
    contentType: "text/plain",
    headers: { connection: "close" },
  },
)

/**
 * Finds out which workspace a request belongs to, breaks it where a rule says so, gives every answer its headers,
 * and writes the journal. What nobody foresaw becomes Feishu's internal error, so that a request never ends without
 * an answer. Ids follow from the random seed and the order of the requests of a workspace.
 */
export const layer = (
  workspaces: Workspaces,
  guard: ControlGuard.Options | undefined,
): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
  HttpRouter.middleware(
    Effect.sync(() => {
      let second = Number.NaN
      let date = ""
      const dateOf = (now: number): string => {
        if (second !== Math.floor(now / 1000)) {
          second = Math.floor(now / 1000)
          date = DateTime.toDateUtc(DateTime.makeUnsafe(now)).toUTCString()
        }
        return date
      }
      const cors =
        guard?.cors === undefined
          ? undefined
          : HttpMiddleware.cors({
              allowedOrigins: [guard.cors],
              exposedHeaders: Object.values(ResponseHeaders),
            })
      // The router wants a middleware that lets failures through; this one leaves none.
      return (
        answer: Effect.Effect<HttpServerResponse.HttpServerResponse, unhandled>,
      ): Effect.Effect<
        HttpServerResponse.HttpServerResponse,
        unhandled,
        HttpServerRequest.HttpServerRequest
      > => {
        const answered = Effect.gen(function* () {
          const request = yield* Effect.service(HttpServerRequest.HttpServerRequest)
          const path = request.url.split("?", 1)[0]!
          // The control plane is no Feishu: no faults, no journal.
          if (/^\/_mock(\/|$)/.test(path)) {
            return (guard === undefined ? undefined : ControlGuard.refusal(request, guard)) ?? (yield* answer)
          }
          // To whoever may not see it the page is not there, as it is not at Feishu.
          const isForPage = path === "/" && request.method === "GET"
          if (isForPage && (guard === undefined || ControlGuard.opensPage(request, guard))) {
            return yield* Page.answer(guard)
          }
          const started = performance.now()
          const exchange = new Exchange(workspaces.shared, Operations.find(request.method, path))
          const isTooLarge = yield* place(workspaces, exchange, request)
          const hit = hitOf(exchange, request)
          const withIds = (response: HttpServerResponse.HttpServerResponse) => {
            const { logId, requestId } = exchange.ids
            return HttpServerResponse.setHeaders(response, {
              [ResponseHeaders.logId]: logId,
              [ResponseHeaders.requestId]: requestId,
              "request-id": requestId,
              // Node's own header would tell the time of the machine, not of the mock's clock.
              date: dateOf(exchange.now),
            })
          }
          if (hit !== undefined && !("then" in hit)) {
            const refusal = { _tag: "Refused", error: `${faultHeader} cannot be`, problems: hit }
            return json(JSON.stringify(refusal), { status: 400 })
          }
          // To the letter, as Feishu matches: the router also takes `%5f` for `_` and `;` for the end of a path, and
          // would lead to the control plane past its guard.
          const routed =
            exchange.operation === undefined
              ? Effect.succeed(notFound)
              : isTooLarge
                ? Effect.succeed(tooLarge)
                : answer
          const plain = routed.pipe(
            Effect.catchCause((cause) =>
              Cause.hasInterruptsOnly(cause)
                ? Effect.failCause(cause as Cause.Cause<never>)
                : failure(121001),
            ),
            Effect.provideService(CurrentExchange, exchange),
            Effect.map(withIds),
          )
          const network = hit?.then.network
          const write = (response: HttpServerResponse.HttpServerResponse) => {
            const { body } = response
            exchange.state.journal.add({
              time: exchange.now,
              operation: exchange.operation,
              method: request.method,
              url: request.url,
              authorization: request.headers["authorization"],
              appId: exchange.appId,
              status: response.status,
              logId: exchange.ids.logId,
              millis: performance.now() - started,
              fault: hit?.rule,
              resetSeconds: network === undefined ? resetOf(response) : undefined,
              requestBody: exchange.requestBody,
              responseBody: exchange.pageAgain ?? (body._tag === "Uint8Array" ? body.body : ""),
            })
          }
          if (hit === undefined) {
            const response = yield* plain
            write(response)
            return response
          }
          const { then } = hit
          if (then.delaySeconds !== undefined) yield* NetworkFaults.sleep(then.delaySeconds)
          exchange.pagingFault = then.paging
          const { code } = then
          const response = yield* code === undefined
            ? plain
            : Effect.sync(() => {
                const failed = anyFailure(exchange, { ...then, code })
                // Headers that the rule names win.
                return HttpServerResponse.setHeaders(withIds(failed), failed.headers)
              })
          write(response)
          if (network === undefined) return response
          const { body } = response
          const bytes = body._tag === "Uint8Array" ? body.body : new Uint8Array()
          return yield* NetworkFaults.answer(network, request, response, bytes)
        })
        return cors === undefined ? answered : cors(answered)
      }
    }),
    { global: true },
  )

/** The workspace by the token or the app that a request names. Whether its body is too large to be read. */
const place = (
  workspaces: Workspaces,
  exchange: Exchange,
  request: HttpServerRequest.HttpServerRequest,
): Effect.Effect<boolean> => {
  const { operation } = exchange
  if (operation === "meetings.listByNo") {
    const found = workspaces.ofToken(bearerOf(request.headers["authorization"]))
    if (found !== undefined) exchange.belongsTo(found.workspace, found.token.appId)
    return Effect.succeed(false)
  }
  if (operation === undefined) return Effect.succeed(false)
  return request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.mebibytes(1)),
    Effect.map((text) => {
      exchange.requestBody = text
      const fields = fieldsOf(text)
      const appId = fields("app_id") ?? fields("client_id")
      const workspace = appId === undefined ? undefined : workspaces.ofApp(appId)
      const found = workspaces.ofToken(fields("app_access_token") ?? "")
      if (appId !== undefined && workspace !== undefined) exchange.belongsTo(workspace, appId)
      else if (found !== undefined) exchange.belongsTo(found.workspace, found.token.appId)
      return false
    }),
    // A body that breaks off is read as an empty one: nobody is there to see the answer.
    Effect.catch(({ reason }) => Effect.succeed("reason" in reason && reason.reason === "BodyTooLarge")),
  )
}

/** What is in an `Authorization` header; empty where that is nothing. */
export const bearerOf = (header: string | undefined): string =>
  header?.startsWith("Bearer ") === true ? header.slice("Bearer ".length) : ""

/** The texts in a JSON object or a form, whatever the content type says. */
const fieldsOf = (text: string): ((name: string) => string | undefined) => {
  try {
    const json: unknown = JSON.parse(text)
    return (name) => {
      const value = typeof json === "object" && json !== null ? Reflect.get(json, name) : undefined
      return typeof value === "string" ? value : undefined
    }
  } catch {
    const form = new URLSearchParams(text)
    return (name) => form.get(name) ?? undefined
  }
}

/** A failure that a request brings itself, for one call at a time, in the words of a rule's `then`. */
const faultHeader = "x-mock-fault"

const decodeThen = Schema.decodeUnknownResult(Schema.fromJsonString(Faults.Then), {
  errors: "all",
  onExcessProperty: "error",
})
const formatIssues = SchemaIssue.makeFormatterStandardSchemaV1()

/** What happens to a request; or all that is wrong with the failure that it asks for, which would else do nothing. */
const hitOf = (
  { operation, requestBody, state }: Exchange,
  request: HttpServerRequest.HttpServerRequest,
): Faults.Hit | undefined | ReadonlyArray<string> => {
  if (operation === undefined) return undefined
  const asked = request.headers[faultHeader]
  if (asked !== undefined) {
    const then = decodeThen(asked)
    return Result.isSuccess(then)
      ? { rule: faultHeader, then: then.success }
      : formatIssues(then.failure.issue).issues.map(({ message, path = [] }) =>
          [
            ...path.map((segment) => String(typeof segment === "object" ? segment.key : segment)),
            message,
          ].join(": "),
        )
  }
  if (state.faults.isIdle()) return undefined
  const query = Object.fromEntries(new URLSearchParams(request.url.split(/\?(.*)/s)[1] ?? ""))
  const { page_token: token } = query
  const page = token === undefined ? undefined : state.pageTokens.placeOf(token)
  return state.faults.hit({ operation, query, page, body: requestBody })
}

/** When the client was told to come back. */
const resetOf = ({ headers }: HttpServerResponse.HttpServerResponse): number | undefined => {
  const reset = headers[ResponseHeaders.rateLimitReset]
  return reset !== undefined && /^\d{1,9}$/.test(reset) ? Number(reset) : undefined
}
