/**
 * One request and its answer: which workspace it belongs to, the ids that every answer carries, and the shapes of
 * the answers that are no data.
 */
import { ErrorCodes, ResponseHeaders } from "@effect-feishu/contract"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerError from "effect/http/HttpServerError"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type * as Layer from "effect/Layer"
import type { Random } from "effect/Random"
import type { unhandled } from "effect/Types"
import type { Refusal } from "./RateLimit.ts"
import type { State, Workspace, Workspaces } from "./Workspace.ts"

/** A request that is being answered. */
export class Exchange {
  workspace: Workspace
  /** Of that workspace when the request came to it. */
  state: State
  #logId: string | undefined

  constructor(workspace: Workspace) {
    this.workspace = workspace
    this.state = workspace.state
  }

  /** The request names an app or token of this workspace. */
  belongsTo(workspace: Workspace): void {
    this.workspace = workspace
    this.state = workspace.state
  }

  /** The mock's time in unix milliseconds. */
  get now(): number {
    return this.state.clock.now()
  }

  get logId(): string {
    return (this.#logId ??= stampOf(this.now) + hex(this.state.ids, 20).toUpperCase())
  }
}

/** The request that is being answered. */
export const CurrentExchange = Context.Reference<Exchange>("@effect-feishu/mock-server/CurrentExchange", {
  defaultValue: () => {
    throw new Error("there is no request")
  },
})

/** JSON text as an answer of Feishu's. */
export const json = (
  body: string,
  options?: { readonly status?: number; readonly headers?: Record<string, string> },
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(body, {
    status: options?.status ?? 200,
    contentType: "application/json; charset=utf-8",
    ...(options?.headers === undefined ? {} : { headers: options.headers }),
  })

/** The answer for an error code: status and text from the catalogue, `error` with the log id and the details. */
export const failure = (
  code: number,
  details?: Readonly<Record<string, unknown>>,
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.map(CurrentExchange, ({ logId }) => {
    const { msg, status } = known(code)
    const error = {
      log_id: logId,
      troubleshooter: `排查建议查看(Troubleshooting suggestions): https://open.feishu.cn/search?from=openapi&log_id=${logId}&code=${code}`,
      ...details,
    }
    return json(JSON.stringify({ code, msg, error }), { status })
  })

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
export const tokenFailure = (code: number): HttpServerResponse.HttpServerResponse => {
  const { msg, name } = known(code)
  return json(JSON.stringify(name === "invalidParam" ? { code, data: {}, msg } : { code, msg }))
}

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

/**
 * Gives every answer its headers, and turns what nobody foresaw into Feishu's internal error, so that a request
 * never ends without an answer. Ids follow from the random seed and the order of the requests of a workspace.
 */
export const layer = (workspaces: Workspaces): Layer.Layer<never, never, HttpRouter.HttpRouter> =>
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
      // The router wants a middleware that lets failures through; this one leaves none.
      return (
        answer: Effect.Effect<HttpServerResponse.HttpServerResponse, unhandled>,
      ): Effect.Effect<HttpServerResponse.HttpServerResponse, unhandled> =>
        Effect.suspend(() => {
          const exchange = new Exchange(workspaces.shared)
          return answer.pipe(
            Effect.catchCause((cause) => {
              if (Cause.hasInterruptsOnly(cause)) return Effect.failCause(cause as Cause.Cause<never>)
              return isRouteNotFound(Cause.squash(cause)) ? Effect.succeed(notFound) : failure(121001)
            }),
            Effect.provideService(CurrentExchange, exchange),
            Effect.map((response) => {
              const { logId } = exchange
              const requestId = uuid(exchange.state.ids)
              return HttpServerResponse.setHeaders(response, {
                [ResponseHeaders.logId]: logId,
                [ResponseHeaders.requestId]: requestId,
                "request-id": requestId,
                // Node's own header would tell the time of the machine, not of the mock's clock.
                date: dateOf(exchange.now),
              })
            }),
          )
        })
    }),
    { global: true },
  )

const isRouteNotFound = (error: unknown): boolean =>
  HttpServerError.isHttpServerError(error) && error.reason._tag === "RouteNotFound"

/** `YYYYMMDDHHmmss` in UTC+8 (observed). */
const stampOf = (millis: number): string =>
  DateTime.formatIso(DateTime.makeUnsafe(millis + 8 * 60 * 60 * 1000))
    .replaceAll(/\D/g, "")
    .slice(0, 14)

const hex = (random: Random, length: number): string => {
  let text = ""
  while (text.length < length) {
    text += Math.floor(random.nextDoubleUnsafe() * 2 ** 40)
      .toString(16)
      .padStart(10, "0")
  }
  return text.slice(0, length)
}

const uuid = (random: Random): string => {
  const digits = hex(random, 32)
  const variant = "89ab"[Math.floor(random.nextDoubleUnsafe() * 4)]
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`
}
