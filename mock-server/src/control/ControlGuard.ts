/**
 * The guard of the control plane: only programs and web pages of this machine may use it. Otherwise any web page could reach
 * it through a browser on this machine: from its own origin, or by a host name that resolves to this machine (DNS rebinding).
 */
import { createHmac, timingSafeEqual } from "node:crypto"
import { IncomingMessage } from "node:http"
import { isLoopbackHost } from "@effect-feishu/contract/BaseUrl"
import type * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"

/** The callers that are allowed. */
export interface Options {
  /** The token that the control plane requires, as `Authorization: Bearer …`; if it is `undefined`, no token is required. */
  readonly controlToken?: string | undefined
  /** An origin whose pages may use the control plane, too. */
  readonly cors?: string | undefined
  /** The address that the mock listens on. Requests may use it as the host name. */
  readonly host: string
}

/** Health checks have no token, and call the mock by its name in a container's network, or by its address. */
const healthPath = "/_mock/health"

/** Returns the answer to a request that may not use the control plane; `undefined` if it may. */
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
      "the control plane requires its token: Authorization: Bearer, and the value of --control-token",
    )
  }
  return foreign(request, options)
}

/**
 * True when a browser may open the page. A browser that opens an address cannot send the token in a header: it is in the
 * query at first, and later in the cookie that came with the page.
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
 * Returns the cookie that comes with the page. It opens the page when it is loaded again, since the page removes the token
 * from its address. Browsers send cookies to every port of a host, so this one opens only the page, which holds no data.
 */
export const pageCookie = (controlToken: string): string =>
  `${cookieOf(controlToken)}; Path=/; HttpOnly; SameSite=Strict`

const cookieOf = (controlToken: string): string =>
  `feishu-mock-${createHmac("sha256", controlToken).update("page").digest("base64url")}=page`

const foreign = (request: HttpServerRequest.HttpServerRequest, options: Options) => {
  const { controlToken, host } = options
  const { host: asked = "" } = request.headers
  // A request to a proxy names the host twice, and Effect reads only the URL: neither may be a foreign name.
  const header = request.source instanceof IncomingMessage ? request.source.headers.host : undefined
  const names = [asked, header ?? asked].map((text) => text.replace(/:\d+$/, ""))
  // With a token, any name that leads here is allowed: a foreign page does not have the token.
  if (controlToken === undefined && !names.every((name) => isLoopbackHost(name) || name === host)) {
    return refused("the control plane answers only to names of this machine, such as 127.0.0.1")
  }
  return foreignPage(request, options)
}

const foreignPage = (request: HttpServerRequest.HttpServerRequest, { cors }: Options) => {
  const { host: asked = "", origin } = request.headers
  if (origin !== undefined && origin !== `http://${asked}` && origin !== cors) {
    return refused("web pages of other origins may not use the control plane")
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
