/** The HTTP client for Node. */
import "./internal/thisNode.ts"
import { isIP } from "node:net"
// A namespace import: an old Node lacks some of the names, and could not report that it is too old.
import * as Tls from "node:tls"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { Agent, buildConnector, Dispatcher, Pool, ProxyAgent } from "@effect/platform-node/Undici"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { type FeishuError, invalidRequest } from "./FeishuError.ts"
import * as Certificates from "./internal/Certificates.ts"
import * as Proxies from "./internal/Proxies.ts"
import { HttpClientSecrets, type Secrets } from "./internal/ServerText.ts"
import { CheckRoute } from "./internal/Transport.ts"
import * as TransportFault from "./internal/TransportFault.ts"
import * as UndiciHttpClient from "./internal/UndiciHttpClient.ts"
import * as Sentence from "./Sentence.ts"

/** The settings of the HTTP client; each has a default. */
export interface Options {
  /**
   * The most time to open a connection, TLS included; default 10 seconds. If a host has several addresses, they are
   * tried one after the other: each but the last for a quarter of this, and for at most 2.5 seconds.
   */
  readonly connectTimeout?: Duration.Input | undefined
  /**
   * The proxy for https; default `https_proxy` or `HTTPS_PROXY`, then the one for http. `http://host:port`, where
   * `http://` may be left out, or `https://host:port` for a proxy that itself speaks TLS; SOCKS is not supported, and
   * `ALL_PROXY` is not read. May contain a user and a password. An empty text means no proxy.
   */
  readonly httpsProxy?: string | undefined
  /** The proxy for plain http; default `http_proxy` or `HTTP_PROXY`. */
  readonly httpProxy?: string | undefined
  /**
   * Certificates of authorities to trust in addition to Node's own, as a private deployment or a proxy that inspects
   * TLS may need: the content of a file in PEM, or of one certificate in DER. An intermediate authority, or the
   * server's own certificate, is trusted without the authority above it. `NODE_EXTRA_CA_CERTS` does the same for the
   * whole process.
   */
  readonly ca?: string | Uint8Array | undefined
  /**
   * Hosts that are reached directly, separated by commas or blanks; default `no_proxy` or `NO_PROXY`. Loopback always
   * is. `feishu.example` and `.feishu.example` are the domain and all hosts in it, `*.feishu.example` only the hosts in
   * it; `10.0.0.0/8`, `fd00::/8` and `10.*` are networks, `*` is every host, and `host:8443` is one port of a host.
   */
  readonly noProxy?: string | undefined
}

/**
 * The HTTP client of undici as a layer, with connections that are kept alive, a deadline for connecting, the usual
 * proxy variables, and no redirects. The connections are closed with the layer. Fails with an `InvalidRequest` if
 * certificates cannot be read, and on Bun, which has replaced undici by a module of its own. A proxy that cannot be used
 * is an `InvalidRequest` of the client that would take it; the error does not repeat the proxy, which may contain a
 * password.
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
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient, FeishuError> =>
  Layer.unwrap(
    Effect.map(connectOptions(options), (connect) => {
      const routes = makeRoutes(connect, Proxies.finder(options))
      const client = Effect.gen(function* () {
        return UndiciHttpClient.make(routes.routeOf, yield* NodeHttpClient.makeUndici)
      })
      return Layer.mergeAll(
        Layer.effect(HttpClient.HttpClient, client),
        Layer.succeed(HttpClientSecrets, passwordIn(options)),
        Layer.succeed(CheckRoute, (url) =>
          // `routeOf` throws nothing else.
          Effect.try({
            try: () => routes.routeOf(new URL(url).origin),
            catch: (error) => error as FeishuError,
          }),
        ),
      ).pipe(
        Layer.provide(
          Layer.effect(
            NodeHttpClient.Dispatcher,
            Effect.acquireRelease(Effect.succeed(routes.dispatcher), (dispatcher) =>
              Effect.promise(() => dispatcher.destroy()),
            ),
          ),
        ),
      )
    }),
  )

/**
 * The longest time that one of several addresses is tried before the next one: Node's own 250 ms are too short for a
 * good connection to the other side of the world, and no connection to it would ever be made (node#54359).
 */
const longestAddressMillis = 2_500

const connectOptions = Effect.fnUntraced(function* ({ ca, connectTimeout }: Options) {
  // Bun does so with an import, but not with a copy in a bundle.
  if (!("dispatch" in Dispatcher.prototype)) {
    return yield* invalidRequest(
      "NodeHttp.layer",
      Sentence.make("undiciReplaced"),
      Sentence.make("provideFetch"),
    )
  }
  const timeout = Duration.toMillis(Duration.fromInputUnsafe(connectTimeout ?? "10 seconds"))
  const trusted = ca === undefined ? [] : yield* certificatesOf("ca", ca)
  yield* warnOfDates(trusted)
  return {
    timeout,
    autoSelectFamilyAttemptTimeout: Math.ceil(Math.min(timeout / 4, longestAddressMillis)),
    ...(ca === undefined
      ? {}
      : {
          ca: [...Tls.getCACertificates(), ...trusted.map(({ pem }) => pem)],
          // As other programs do: an intermediate authority that is named here is trusted.
          allowPartialTrustChain: true,
        }),
  }
})

/** TLS asks a server for a name, and an address is none: Node 26 refuses it there, where undici names the proxy. */
const withoutNameOfAddress =
  (connect: buildConnector.connector): buildConnector.connector =>
  (options, callback) => {
    const { servername = "" } = options
    const isAddress = isIP(servername.replaceAll(/^\[|\]$/g, "")) !== 0
    connect(isAddress ? { ...options, servername: "" } : options, callback)
  }

type Connect = Effect.Success<ReturnType<typeof connectOptions>>

/** The dispatcher that sends all requests, and the route to each origin. */
interface Routes {
  readonly dispatcher: Dispatcher
  readonly routeOf: (origin: string) => UndiciHttpClient.Route
}

const makeRoutes = (connect: Connect, find: Proxies.Find | undefined): Routes => {
  // Below the usual idle timeout of servers, so that a kept connection is rarely closed just as it is used again.
  const agent = { connect, keepAliveTimeout: 4_000 }
  const direct = { dispatcher: new Agent({ ...agent, connect: connectorOf(connect) }) }
  if (find === undefined) return { dispatcher: direct.dispatcher, routeOf: () => direct }

  const routes = new Map<string, UndiciHttpClient.Route>()
  const agents = new Map<string, Dispatcher>([["", direct.dispatcher]])
  const agentOf = (uri: string): Dispatcher => {
    const made =
      agents.get(uri) ??
      new ProxyAgent({
        ...agent,
        uri,
        // `connect` is ignored through a tunnel and for a proxy with https: these two options count instead.
        requestTls: connect,
        proxyTls: connect,
        clientFactory: (origin, more) =>
          new Tunnels(origin, {
            ...more,
            connect: withoutNameOfAddress((more as { readonly connect: buildConnector.connector }).connect),
            headersTimeout: connect.timeout,
            keepAliveTimeout: agent.keepAliveTimeout,
          }),
      })
    agents.set(uri, made)
    return made
  }
  const routeOf = (origin: string): UndiciHttpClient.Route => {
    let route = routes.get(origin)
    if (route === undefined) {
      const proxy = find(new URL(origin))
      route =
        proxy === undefined
          ? direct
          : {
              dispatcher: agentOf(proxy.url.href),
              proxy: { host: TransportFault.hostAndPort(proxy.url), setting: proxy.setting },
            }
      routes.set(origin, route)
    }
    return route
  }
  return { dispatcher: new Routed(routeOf, agents), routeOf }
}

/**
 * Opens connections as undici does. A server that demands a client certificate says so only after the first request was
 * written; without this, undici would report that the connection was closed, which happens next.
 */
const connectorOf = (connect: Connect): buildConnector.connector => {
  const open = buildConnector(connect)
  return (options, callback) =>
    open(options, (...result) => {
      const [, socket] = result
      socket?.once("error", (error) => socket.destroy(error))
      callback(...result)
    })
}

/** Sends each request by the route to its origin. */
class Routed extends Dispatcher {
  readonly #routeOf: Routes["routeOf"]
  readonly #agents: ReadonlyMap<string, Dispatcher>

  constructor(routeOf: Routes["routeOf"], agents: ReadonlyMap<string, Dispatcher>) {
    super()
    this.#routeOf = routeOf
    this.#agents = agents
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    return this.#routeOf(new URL(String(options.origin)).origin).dispatcher.dispatch(options, handler)
  }

  override async destroy(): Promise<void> {
    await Promise.all(Array.from(this.#agents.values(), (agent) => agent.destroy()))
  }
}

/** Connections to a proxy. A failure before the proxy has opened a tunnel is a failure of the proxy itself. */
class Tunnels extends Pool {
  override connect(...[options]: [Dispatcher.ConnectOptions]): Promise<Dispatcher.ConnectData> {
    return super.connect(options).catch((error: unknown) => {
      throw new UndiciHttpClient.TunnelFailed(error)
    })
  }
}

/**
 * Returns the proxy that a request to a URL takes, with its password if it has one; `undefined` if the request goes
 * directly. Throws the `InvalidRequest` that the request would fail with if its proxy cannot be used.
 *
 * @example
 * ```ts
 * import * as NodeHttp from "@effect-feishu/core/node"
 *
 * const options = { httpsProxy: "proxy.example:3128", noProxy: "feishu.example, 10.0.0.0/8" }
 * console.log(NodeHttp.proxyOf("https://open.feishu.cn", options)) // => http://proxy.example:3128
 * console.log(NodeHttp.proxyOf("https://open.feishu.example", options)) // => undefined
 * console.log(NodeHttp.proxyOf("https://10.1.2.3", options)) // => undefined
 * ```
 */
export const proxyOf = (url: string, options: Options = {}): string | undefined =>
  Proxies.finder(options)?.(new URL(url))?.url.href.replace(/\/$/, "")

/** A connection, opened outside of a client, that failed before anything was sent. */
export interface FailedConnection {
  /** The URL that the connection was for. */
  readonly url: string
  /** The error that Node threw, or the HTTP status with which the proxy refused a tunnel. */
  readonly cause: unknown
  /** The proxy of the connection, and the name of what sets it, such as `HTTPS_PROXY`. */
  readonly proxy?: { readonly url: URL; readonly setting: string } | undefined
  /** True when the proxy failed, and not the server behind it. */
  readonly atProxy?: boolean | undefined
}

/** The error with which a client would report a failed connection, for programs that open one to test the network. */
export const connectionFailed = ({ atProxy = false, cause, proxy, url }: FailedConnection): FeishuError =>
  TransportFault.ofCause(
    url,
    new TransportFault.Lost(typeof cause === "number" ? new Error(`Proxy response (${cause})`) : cause, {
      sent: false,
      proxy: proxy && { host: TransportFault.hostAndPort(proxy.url), setting: proxy.setting },
      atProxy,
    }),
  )

/**
 * The certificates in the content of a file, in PEM, as the option `ca` takes them. Fails with an `InvalidRequest` of
 * that field if the content cannot be read, or is something else.
 */
export const certificates = (
  field: string,
  content: string | Uint8Array,
): Effect.Effect<ReadonlyArray<string>, FeishuError> =>
  Effect.map(certificatesOf(field, content), (read) => read.map(({ pem }) => pem))

const certificatesOf = (field: string, content: string | Uint8Array) =>
  Effect.mapError(Effect.fromResult(Certificates.read(content)), ({ problem, remedy }) =>
    invalidRequest(field, problem, remedy),
  )

/**
 * Warns about a certificate that is out of date. A server may not be trusted because of it, and the error of such a server
 * does not name it.
 */
const warnOfDates = Effect.fnUntraced(function* (read: ReadonlyArray<Certificates.Certificate>) {
  const now = yield* Clock.currentTimeMillis
  const [first, ...others] = read.filter(({ validFrom, validTo }) => now < validFrom || now > validTo)
  if (first === undefined) return
  const [which, time] =
    now > first.validTo
      ? (["expired", first.validTo] as const)
      : (["not yet valid", first.validFrom] as const)
  yield* Sentence.warn(
    Sentence.make("certificateOutOfDate", {
      subject: first.subject,
      which,
      day: DateTime.formatIsoDateUtc(DateTime.makeUnsafe(time)),
      // A list of all authorities may have many.
      more: others.length,
    }),
  )
})

/**
 * The password of the proxy for plain http, also in the form in which it is sent. That proxy gets it with every
 * request, and may answer with a page of its own; the proxy for https opens a tunnel, and only the status of its answer
 * is read.
 */
const passwordIn = (options: Options): Secrets => {
  const { password, user } = Proxies.plainHttpUser(options)
  return password === ""
    ? []
    : [password, Buffer.from(`${user}:${password}`).toString("base64")].map((text) => Redacted.make(text))
}
