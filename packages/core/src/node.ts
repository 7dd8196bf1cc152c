/** The HTTP client for Node. */
import { getCACertificates } from "node:tls"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Agent, EnvHttpProxyAgent } from "@effect/platform-node/Undici"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type FeishuError, invalidRequest } from "./FeishuError.ts"
import * as UndiciHttpClient from "./internal/UndiciHttpClient.ts"
import { OfHttpClient, type Secrets } from "./internal/ServerText.ts"

/** What may be set; everything has a default. */
export interface Options {
  /** To open a connection, TLS included; default 10 seconds. */
  readonly connectTimeout?: Duration.Input | undefined
  /** The proxy for https; default `https_proxy` or `HTTPS_PROXY`, then the one for http. May contain a password. */
  readonly httpsProxy?: string | undefined
  /** The proxy for plain http; default `http_proxy` or `HTTP_PROXY`. */
  readonly httpProxy?: string | undefined
  /**
   * A certificate authority to trust beside Node's own, in PEM, as a private deployment may need it.
   * `NODE_EXTRA_CA_CERTS` does the same for the whole process.
   */
  readonly ca?: string | undefined
  /** Hosts that are reached directly, comma separated; default `no_proxy` or `NO_PROXY`. Loopback always is. */
  readonly noProxy?: string | undefined
}

const loopback = "localhost,127.0.0.1,::1"

/**
 * Undici with connections that are kept alive, a deadline for connecting, the usual proxy variables, and no
 * redirects. The connections are closed with the layer. A proxy that is not a URL is an `InvalidRequest`, which
 * does not repeat it: it may contain a password.
 *
 * @example
 * ```ts
 * import { Effect, Layer } from "effect"
 * import { MeetingNo, Meetings } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const http = NodeHttp.layer({ connectTimeout: "5 seconds", httpsProxy: "http://proxy.example:3128" })
 *
 * const program = Effect.gen(function* () {
 *   const meetings = yield* Meetings.Meetings
 *   const page = yield* meetings.page({ meetingNo: MeetingNo.make("337736498"), range: { from: "30d" } })
 *   console.log(page.meetings.length)
 * })
 *
 * await Effect.runPromise(Effect.provide(program, Layer.provide(Meetings.layerConfig, http)))
 * // => 3
 * ```
 */
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient, FeishuError> => {
  const dispatcher = Effect.acquireRelease(
    Effect.try({
      try: () => {
        const connect = {
          timeout: Duration.toMillis(Duration.fromInputUnsafe(options.connectTimeout ?? "10 seconds")),
          ...(options.ca === undefined ? {} : { ca: [...getCACertificates(), options.ca] }),
        }
        const agent = {
          connect,
          // Below the usual idle limit of servers, so that a kept connection is rarely closed as it is used again.
          keepAliveTimeout: 4_000,
        }
        const { httpProxy, httpsProxy, noProxy } = proxies(options)
        return httpProxy || httpsProxy
          ? new EnvHttpProxyAgent({
              ...agent,
              // Through a tunnel, and to a proxy with https, the former is not looked at.
              requestTls: connect,
              proxyTls: connect,
              httpProxy,
              httpsProxy,
              noProxy: `${noProxy},${loopback}`,
            })
          : // The other parses the URL of every request.
            new Agent(agent)
      },
      catch: () =>
        invalidRequest(
          "proxy",
          "HTTPS_PROXY or HTTP_PROXY is not a URL",
          "Write it as http://host:port, or http://user:password@host:port.",
        ),
    }),
    (agent) => Effect.promise(() => agent.destroy()),
  )
  return Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function* () {
      return UndiciHttpClient.make(yield* NodeHttpClient.Dispatcher, yield* NodeHttpClient.makeUndici)
    }),
  ).pipe(
    Layer.merge(Layer.sync(OfHttpClient, () => passwordIn(options))),
    // Built first: it refuses a proxy that is no URL.
    Layer.provide(Layer.effect(NodeHttpClient.Dispatcher, dispatcher)),
  )
}

const proxies = (options: Options) => ({
  httpProxy: options.httpProxy ?? process.env["http_proxy"] ?? process.env["HTTP_PROXY"] ?? "",
  httpsProxy: options.httpsProxy ?? process.env["https_proxy"] ?? process.env["HTTPS_PROXY"] ?? "",
  noProxy: options.noProxy ?? process.env["no_proxy"] ?? process.env["NO_PROXY"] ?? "",
})

/**
 * The proxy that a request to a URL takes, with its password if it has one; `undefined` for one that goes directly.
 *
 * @example
 * ```ts
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const options = { httpsProxy: "http://proxy.example:3128", noProxy: "feishu.example" }
 * console.log(NodeHttp.proxyOf("https://open.feishu.cn", options)) // => http://proxy.example:3128
 * console.log(NodeHttp.proxyOf("https://open.feishu.example", options)) // => undefined
 * ```
 */
export const proxyOf = (url: string, options: Options = {}): string | undefined => {
  const { httpProxy, httpsProxy, noProxy } = proxies(options)
  const { hostname, port, protocol } = new URL(url)
  const proxy = (protocol === "https:" && httpsProxy) || httpProxy
  // As undici reads the list.
  const host = hostname.replace(/^\[(.+)\]$/, "$1").replace(/(?<=.)\.$/, "")
  const portAsked = port || (protocol === "https:" ? "443" : "80")
  const isDirect = `${noProxy},${loopback}`.split(/[,\s]+/).some((entry) => {
    const [, bracketed, plain = entry, entryPort] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(entry) ?? []
    if (entry === "" || (entryPort !== undefined && entryPort !== portAsked)) return false
    const name = (bracketed ?? plain).toLowerCase()
    if (name === "*") return true
    const domain = name.replace(/^\*?\./, "").replace(/(?<=.)\.$/, "")
    return (host === domain && !name.startsWith("*")) || host.endsWith(`.${domain}`)
  })
  return proxy === "" || isDirect ? undefined : proxy
}

/**
 * A proxy's password, also as it is sent. The proxy for plain http gets it with every request, and its own pages
 * come as the answer; the one for https is asked for a tunnel, and nothing but the status of its answer is read.
 */
const passwordIn = (options: Options): Secrets => {
  const { httpProxy } = proxies(options)
  const [user, password] = URL.canParse(httpProxy)
    ? [new URL(httpProxy).username, new URL(httpProxy).password].map(decodeURIComponent)
    : []
  return password
    ? [password, Buffer.from(`${user}:${password}`).toString("base64")].map((text) => Redacted.make(text))
    : []
}
