/**
 * A connection to a host, step by step: its addresses, the proxy's tunnel, and its certificate. The client does the same
 * in one step, and can only report that it failed. Nothing is sent except what opens the tunnel.
 */
import { lookup } from "node:dns/promises"
import * as Http from "node:http"
import * as Https from "node:https"
import { connect, isIP, type Socket } from "node:net"
import * as Tls from "node:tls"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { FeishuError } from "@effect-feishu/core"
import * as NodeHttp from "@effect-feishu/core/node"
import * as SystemCode from "@effect-feishu/terminal/SystemCode"

/** A name was not found, with the system's code. */
export class LookupFailed extends Data.TaggedError("LookupFailed")<{ readonly code: string }> {}

/** Each step must be done within this time. */
const patience = "10 seconds"

const inTime = <A, E, R>(step: Effect.Effect<A, E, R>, overdue: () => E): Effect.Effect<A, E, R> =>
  Effect.timeoutOrElse(step, { duration: patience, orElse: () => Effect.fail(overdue()) })

const timedOut = { code: "ETIMEDOUT", syscall: "connect" } as const

/** Milliseconds for each address of a host but the last, as in the client. */
const autoSelectFamilyAttemptTimeout = 2_500

const lookupFailed = (error: unknown): LookupFailed => new LookupFailed({ code: SystemCode.orMessage(error) })

/** Returns the addresses of a host. */
export const addressesOf = (host: string): Effect.Effect<ReadonlyArray<string>, LookupFailed> =>
  inTime(
    Effect.map(Effect.tryPromise({ try: () => lookup(host, { all: true }), catch: lookupFailed }), (found) =>
      found.map(({ address }) => address),
    ),
    () => new LookupFailed(timedOut),
  )

/** A URL, and the proxy on the way to it. */
export interface Route {
  readonly url: URL
  readonly proxy: URL | undefined
  /** The setting that gave the proxy, as its user wrote it. */
  readonly setting: string
  /** Certificates to trust in addition to Node's own, in PEM. */
  readonly ca: string | undefined
}

const portOf = (url: URL): number => Number(url.port) || (url.protocol === "https:" ? 443 : 80)

/** Returns the name of a host as sockets take it. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.+)\]$/, "$1")

const failed = ({ proxy, setting, url }: Route, cause: unknown, atProxy = false): FeishuError.FeishuError =>
  NodeHttp.connectionFailed({ url: url.href, cause, proxy: proxy && { url: proxy, setting }, atProxy })

/** Opens a connection to the host, through the proxy's tunnel where there is one. */
export const open = (route: Route): Effect.Effect<Socket, FeishuError.FeishuError, Scope.Scope> => {
  const { proxy } = route
  return Effect.acquireRelease(
    inTime(proxy === undefined ? direct(route) : tunnel(route, proxy), () =>
      failed(route, timedOut, proxy !== undefined),
    ),
    (socket) => Effect.sync(() => socket.destroy()),
  )
}

const trusted = (ca: string | undefined) =>
  ca === undefined ? {} : { ca: [...Tls.getCACertificates(), ca], allowPartialTrustChain: true }

const direct = (route: Route): Effect.Effect<Socket, FeishuError.FeishuError> =>
  Effect.callback((resume) => {
    const { url } = route
    const socket = connect({ host: hostOf(url), port: portOf(url), autoSelectFamilyAttemptTimeout })
    socket.once("connect", () => resume(Effect.succeed(socket)))
    socket.on("error", (error) => resume(Effect.fail(failed(route, error))))
    return Effect.sync(() => socket.destroy())
  })

const tunnel = (route: Route, proxy: URL): Effect.Effect<Socket, FeishuError.FeishuError> =>
  Effect.callback((resume) => {
    const { ca, url } = route
    const target = `${url.hostname}:${portOf(url)}`
    const user = [proxy.username, proxy.password].map(decodeURIComponent).join(":")
    const { Agent, request: ask } = proxy.protocol === "https:" ? Https : Http
    const request = ask({
      host: hostOf(proxy),
      port: portOf(proxy),
      method: "CONNECT",
      path: target,
      agent: new Agent({ autoSelectFamilyAttemptTimeout }),
      ...trusted(ca),
      headers: {
        host: target,
        ...(user === ":" ? {} : { "proxy-authorization": `Basic ${Buffer.from(user).toString("base64")}` }),
      },
    })
    request.once("connect", ({ statusCode }, socket: Socket) => {
      if (statusCode === 200) return resume(Effect.succeed(socket))
      socket.destroy()
      return resume(Effect.fail(failed(route, statusCode, true)))
    })
    request.on("error", (error) => resume(Effect.fail(failed(route, error, true))))
    request.end()
    return Effect.sync(() => request.destroy())
  })

/** The certificate of a host. */
export interface Certificate {
  readonly issuer: string
  /** The end of its validity in unix milliseconds. */
  readonly validTo: number
  /** Node's code for why it cannot be trusted. */
  readonly problem: string | undefined
  readonly protocol: string
}

/** Returns the certificate of a host. */
export const certificateOf = (route: Route): Effect.Effect<Certificate, FeishuError.FeishuError> =>
  Effect.scoped(
    Effect.gen(function* () {
      const socket = yield* open(route)
      const host = hostOf(route.url)
      return yield* inTime(
        Effect.callback<Certificate, FeishuError.FeishuError>((resume) => {
          const secure = Tls.connect({
            socket,
            host,
            // TLS does not permit an IP address as a server name.
            ...(isIP(host) === 0 ? { servername: host } : {}),
            ...trusted(route.ca),
            // A problem of the certificate is reported instead, and nothing is sent.
            rejectUnauthorized: false,
          })
          secure.once("secureConnect", () => {
            const { issuer, valid_to } = secure.getPeerCertificate()
            const { authorizationError } = secure
            const problem =
              secure.authorized || authorizationError === undefined
                ? undefined
                : SystemCode.orMessage(authorizationError)
            resume(
              Effect.succeed({
                issuer:
                  [issuer?.O, issuer?.CN]
                    .filter((name) => name !== undefined)
                    .join(", ")
                    .slice(0, 200) || "?",
                // Parses a date as OpenSSL writes it, and reads no clock.
                // oxlint-disable-next-line no-restricted-globals
                validTo: Date.parse(valid_to),
                problem,
                protocol: secure.getProtocol() ?? "?",
              }),
            )
          })
          secure.on("error", (error) => resume(Effect.fail(failed(route, error))))
          return Effect.sync(() => secure.destroy())
        }),
        () => failed(route, timedOut),
      )
    }),
  )
