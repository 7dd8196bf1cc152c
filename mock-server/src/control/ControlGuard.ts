/**
 * Who may use the control plane: programs and pages of this machine. A page from elsewhere could otherwise reach it
 * through the browser of whoever looks at it (by its origin, or by a name that it lets point here).
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import { IncomingMessage } from "node:http"
import { isLoopbackHost } from "@effect-feishu/contract/BaseUrl"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** What is allowed. */
export interface Options {
  /** The token that the control plane asks for, as `Authorization: Bearer …`; without one nobody needs any. */
  readonly controlToken?: string | undefined
  /** An origin whose pages may ask, too. */
  readonly cors?: string | undefined
  /** The address that the mock listens on, which is a name for it, too. */
  readonly host: string
}

/** Whoever asks whether a mock serves has no token, and calls it by its name in a container's network, or by its address. */
const healthPath = "/_mock/health"

/** Why a request for a path of the control plane may not pass, as an answer; `undefined` if it may. */
export const refusal = (
  request: HttpServerRequest.HttpServerRequest,
  path: string,
  options: Options,
): HttpServerResponse.HttpServerResponse | undefined => {
  if (path === healthPath) return foreignPage(request, options)
  const { controlToken } = options
  const { authorization } = request.headers
  if (controlToken !== undefined && !isSame(authorization ?? "", `Bearer ${controlToken}`)) {
    return refused(
      "the control plane asks for its token: Authorization: Bearer, and what --control-token gave",
    )
  }
  return foreign(request, options)
}

/**
 * Whether a browser may have the page. Whoever opens an address sends no header of ours: the token is in the query, and
 * after that there is the cookie that came with the page.
 */
export const opensPage = (request: HttpServerRequest.HttpServerRequest, options: Options): boolean => {
  const { controlToken } = options
  if (foreign(request, options) !== undefined) return false
  if (controlToken === undefined) return true
  const given = new URLSearchParams(request.url.split(/\?(.*)/s)[1]).get("token")
  const cookies = request.headers["cookie"]?.split("; ") ?? []
  return isSame(given ?? "", controlToken) || cookies.some((cookie) => isSame(cookie, cookieOf(controlToken)))
}

/**
 * With the page comes a cookie that opens it again when it is loaded anew, since it takes the token out of its address.
 * Cookies go to every port of a host, so this one is good for the page, which holds no data, and for nothing else.
 */
export const pageCookie = (controlToken: string): string =>
  `${cookieOf(controlToken)}; Path=/; HttpOnly; SameSite=Strict`

const cookieOf = (controlToken: string): string =>
  `feishu-mock-${createHmac("sha256", controlToken).update("page").digest("base64url")}=page`

const foreign = (request: HttpServerRequest.HttpServerRequest, options: Options) => {
  const { controlToken, host } = options
  const { host: asked = "" } = request.headers
  // A request to a proxy names the host twice, and Effect goes by the URL alone: neither may be a foreign one.
  const header = request.source instanceof IncomingMessage ? request.source.headers.host : undefined
  const names = [asked, header ?? asked].map((text) => text.replace(/:\d+$/, ""))
  // With a token, any name that leads here is good: a foreign page does not have the token.
  if (controlToken === undefined && !names.every((name) => isLoopbackHost(name) || name === host)) {
    return refused("the control plane answers to the names of this machine only, such as 127.0.0.1")
  }
  return foreignPage(request, options)
}

const foreignPage = (request: HttpServerRequest.HttpServerRequest, { cors }: Options) => {
  const { host: asked = "", origin } = request.headers
  if (origin !== undefined && origin !== `http://${asked}` && origin !== cors) {
    return refused("the control plane is not for pages from elsewhere")
  }
  return undefined
}

const refused = (error: string) =>
  HttpServerResponse.text(JSON.stringify({ _tag: "Forbidden", error }), {
    status: 403,
    contentType: "application/json",
  })

const isSame = (given: string, wanted: string): boolean => {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
