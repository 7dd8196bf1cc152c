/** The mock on a real socket. */
import { randomBytes } from "node:crypto"
import { createServer, type Server as NodeServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as FeishuRoutes from "../feishu/routes.ts"
import * as AppTicketPush from "../feishu/AppTicketPush.ts"
import { isLoopbackHost } from "@effect-feishu/contract/BaseUrl"
import * as HeaderNames from "../protocol/HeaderNames.ts"
import * as TimeText from "../protocol/TimeText.ts"
import type { Address } from "../protocol/PublicTypes.ts"
import * as GivenOptions from "../state/GivenOptions.ts"
import * as Routes from "./routes.ts"
import * as Workspace from "../state/Workspace.ts"
import * as Workspaces from "../state/Workspaces.ts"

/**
 * Starts a mock, which listens as long as the scope is open. Fails with every fault of its options or its seed, or when it cannot listen.
 */
export const start = (options: Workspace.Options & Address = {}) =>
  GivenOptions.check(options).pipe(
    Effect.andThen(Workspace.make(options)),
    Effect.flatMap((workspace) => listen(workspace, options)),
  )

/** Starts a server for a workspace, and those that tests add. It listens as long as the scope is open. */
export const listen = Effect.fnUntraced(function* (workspace: Workspace.Workspace, options: Address = {}) {
  const workspaces = Workspaces.make(workspace)
  const { cors, host = "127.0.0.1", maxConnections = 2_000, requestSeconds = 30 } = options
  const requestMillis = Math.ceil(Option.getOrThrow(TimeText.length(requestSeconds)) * 1000)
  const controlToken =
    options.controlToken ?? (isLoopbackHost(host) ? undefined : randomBytes(24).toString("base64url"))
  if (controlToken !== undefined) workspace.secrets.remember(controlToken)
  // A method that Node's parser does not know gets Node's bare 400, not Feishu's 404. To change that, a listener of
  // `clientError` would also have to write the answers to invalid HTTP, to long headers and to timeouts.
  const server = createServer({
    ServerResponse: HeaderNames.Response,
    // A query of 64 KB is answered as Feishu answers it; Node's own limit is 16 KB.
    maxHeaderSize: 128 * 1024,
    headersTimeout: Math.ceil(requestMillis / 2),
    requestTimeout: requestMillis,
    // Milliseconds between Node's checks for late requests; its default is 30 seconds.
    connectionsCheckingInterval: Math.ceil(requestMillis / 10),
  })
  server.maxConnections = maxConnections
  server.on("connect", (_, socket) => {
    // The client may have disconnected already.
    socket.on("error", () => {})
    socket.end(noTunnel, () => socket.destroy())
  })
  yield* Layer.build(
    HttpRouter.serve(Routes.routes(workspaces, { cors, host, controlToken }), {
      routerConfig: FeishuRoutes.routerConfig,
      disableLogger: true,
      disableListenLog: true,
    }).pipe(Layer.provide(NodeHttpServer.layer(() => server, { port: options.port ?? 0, host }))),
  )
  // The mock upgrades no connection. Without a listener Node answers a client that offers an upgrade (Java's, to HTTP/2) as any
  // other; Effect's listener would refuse a chunked body.
  server.removeAllListeners("upgrade")
  yield* Effect.addFinalizer(() => stop(server))
  yield* AppTicketPush.pushHourly(workspace)
  const running = {
    ...Workspace.running(workspace, urlOf(host, portOf(server))),
    ...(controlToken === undefined ? {} : { controlToken }),
  }
  return { running, workspaces }
})

/**
 * Accepts no new connections, and cuts open ones when their requests have not ended in 2 seconds. Those are real seconds:
 * under `TestClock` nothing would advance the clock.
 */
const stop = (server: NodeServer): Effect.Effect<void> =>
  Effect.callback<void>((resume) => {
    server.close(() => resume(Effect.void))
  }).pipe(
    Effect.timeoutOrElse({
      duration: "2 seconds",
      orElse: () => Effect.sync(() => server.closeAllConnections()),
    }),
    Effect.provideService(Clock.Clock, Clock.Clock.defaultValue()),
  )

/** The answer to a client that uses the mock as its proxy: it answers in Feishu's place over plain http, without tunnels. */
const noTunnel = [
  "HTTP/1.1 501 Not Implemented",
  "Content-Type: text/plain",
  "Connection: close",
  "",
  "As a proxy this mock answers http:// URLs only: give your client http://open.feishu.cn, not https://.",
].join("\r\n")

const portOf = (server: NodeServer): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/** Returns the base URL. Clients cannot connect to a wildcard address, so the loopback address takes its place. */
export const urlOf = (host: string, port: number): string => {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host
  // Up to 1.73.1 the official SDK accepts no port in a URL. Without one, the port is 80.
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}${port === 80 ? "" : `:${port}`}`
}
