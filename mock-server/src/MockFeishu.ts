/** A mock Feishu on a real socket: as a layer, or as a promise. */
import { randomBytes } from "node:crypto"
import { createServer, type Server as NodeServer } from "node:http"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type { MeetingNo } from "@effect-feishu/contract"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpRouter from "effect/http/HttpRouter"
import type { ServeError } from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Api from "./Api.ts"
import * as AppTickets from "./AppTickets.ts"
import * as ControlGuard from "./ControlGuard.ts"
import * as ControlClient from "./ControlClient.ts"
import * as FetchHandler from "./FetchHandler.ts"
import type * as Seed from "./Seed.ts"
import * as Server from "./Server.ts"
import * as Workspace from "./Workspace.ts"

/** What a mock holds and how it behaves: its switches, too. Everything has a default. */
export interface Options extends Workspace.Options {}

/** Where to listen. */
export interface Address {
  /** 0 takes any free port, and is what it takes unless given. */
  readonly port?: number | undefined
  /** `127.0.0.1` unless given: nobody else on the network can reach it. */
  readonly host?: string | undefined
  /**
   * The token that the control plane under `/_mock` asks for. Without one it needs none on a loopback address; on
   * any other one is made up.
   */
  readonly controlToken?: string | undefined
}

/** What a client needs to know of a running mock. */
export interface Running {
  /** The base URL, without a slash at the end. */
  readonly url: string
  /** The id of the first self-built app. If all are store apps, that of the first. */
  readonly appId: string
  /** Its secret, in clear text: it is made up. */
  readonly appSecret: string
  /** The numbers that have meetings. */
  readonly meetingNos: ReadonlyArray<MeetingNo>
  /** What the control plane asks for; absent where it asks for nothing. */
  readonly controlToken?: string | undefined
}

/** A running mock Feishu. */
export class MockFeishu extends Context.Service<MockFeishu, Running>()(
  "@effect-feishu/mock-server/MockFeishu",
) {}

/**
 * Starts a mock that listens as long as the layer lives. Fails with every fault of the seed, or when it cannot
 * listen.
 *
 * It lives in the time of Effect's `Clock`, also under `TestClock` (which starts in 1970: set it, or give `now`).
 *
 * @example
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 * import { MockFeishu } from "@effect-feishu/mock-server"
 *
 * const meetings = Layer.unwrap(
 *   Effect.map(MockFeishu.MockFeishu, ({ appId, appSecret, url }) =>
 *     Meetings.layer({
 *       baseUrl: url,
 *       credentials: AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(appSecret) }),
 *     }),
 *   ),
 * ).pipe(
 *   Layer.provide(NodeHttp.layer()),
 *   Layer.provideMerge(MockFeishu.layer({ generate: { numbers: 1, meetings: 200 }, days: 30 })),
 * )
 *
 * const program = Effect.gen(function* () {
 *   const [meetingNo] = (yield* MockFeishu.MockFeishu).meetingNos
 *   const { stream } = yield* Meetings.Meetings
 *   return yield* Stream.runCount(stream({ meetingNo: meetingNo!, range: { from: "60d" } }))
 * })
 * console.log(await Effect.runPromise(Effect.provide(program, meetings)))
 * // => 200
 * ```
 */
export const layer = (
  options: Options & Address = {},
): Layer.Layer<MockFeishu, Seed.SeedInvalid | ServeError> =>
  Layer.unwrap(Effect.map(Workspace.make(options), (workspace) => layerWorkspace(workspace, options)))

/** The same for a workspace that is there already. */
export const layerWorkspace = (
  workspace: Workspace.Workspace,
  options: Address = {},
): Layer.Layer<MockFeishu, ServeError> =>
  Layer.unwrap(
    Effect.sync(() => {
      const workspaces = Workspace.workspaces(workspace)
      const host = options.host ?? "127.0.0.1"
      const controlToken =
        options.controlToken ??
        (ControlGuard.isLoopback(host) ? undefined : randomBytes(24).toString("base64url"))
      // A method that Node's parser does not know gets Node's bare 400, not Feishu's 404: to change that, a listener
      // of `clientError` would have to write every answer to what is no HTTP by hand, too long headers and timeouts.
      const server = createServer({
        // A query of 64 KB is answered as Feishu answers it; Node's own limit is 16 KB.
        maxHeaderSize: 128 * 1024,
        headersTimeout: 15_000,
        requestTimeout: 30_000,
      })
      const serving = HttpRouter.serve(Server.routes(workspaces, { host, controlToken }), {
        routerConfig: Api.routerConfig,
        disableLogger: true,
        disableListenLog: true,
      })
      const running = Layer.effect(
        MockFeishu,
        Effect.gen(function* () {
          yield* Effect.addFinalizer(() => stop(server))
          yield* AppTickets.pushHourly(workspace)
          return {
            ...runningOf(workspace, urlOf(host, server.address())),
            ...(controlToken === undefined ? {} : { controlToken }),
          }
        }),
      )
      return running.pipe(
        Layer.provide(serving),
        Layer.provide(NodeHttpServer.layer(() => server, { port: options.port ?? 0, host })),
      )
    }),
  )

/**
 * A mock without a socket, for tests that need none: its `HttpClient` is the mock itself. Faults of the network come
 * as the client's own failures.
 *
 * @example
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
 * import { MockFeishu } from "@effect-feishu/mock-server"
 *
 * const meetings = Layer.unwrap(
 *   Effect.map(MockFeishu.MockFeishu, ({ appId, appSecret, url }) =>
 *     Meetings.layer({
 *       baseUrl: url,
 *       credentials: AccessToken.selfBuiltApp({ appId, appSecret: Secret.appSecret(appSecret) }),
 *     }),
 *   ),
 * ).pipe(Layer.provideMerge(MockFeishu.layerTest({ generate: { numbers: 1, meetings: 30 }, days: 30 })))
 *
 * const program = Effect.gen(function* () {
 *   const [meetingNo] = (yield* MockFeishu.MockFeishu).meetingNos
 *   const { stream } = yield* Meetings.Meetings
 *   return yield* Stream.runCount(stream({ meetingNo: meetingNo!, range: { from: "60d" } }))
 * })
 * console.log(await Effect.runPromise(Effect.provide(program, meetings)))
 * // => 30
 * ```
 */
export const layerTest = (
  options: Options = {},
): Layer.Layer<MockFeishu | HttpClient.HttpClient, Seed.SeedInvalid> =>
  Layer.unwrap(
    Effect.gen(function* () {
      const workspace = yield* Workspace.make(options)
      const handler = yield* Effect.acquireRelease(
        Effect.sync(() => FetchHandler.make(Workspace.workspaces(workspace))),
        (handler) => Effect.promise(() => handler[Symbol.asyncDispose]()),
      )
      const client = FetchHttpClient.layer.pipe(
        Layer.provide(
          Layer.succeed(FetchHttpClient.Fetch, (input, init) => handler.fetch(new Request(input, init))),
        ),
      )
      return Layer.merge(
        client,
        Layer.sync(MockFeishu, () => runningOf(workspace, inMemoryUrl)),
      )
    }),
  )

/** Nobody listens there: requests do not leave the process. */
const inMemoryUrl = "https://feishu.mock"

const runningOf = (workspace: Workspace.Workspace, url: string): Running => {
  const app = Workspace.firstApp(workspace)
  return {
    url,
    appId: app.app_id,
    appSecret: app.app_secret,
    meetingNos: Workspace.meetingNos(workspace),
  }
}

/** A mock as a function, for whatever takes a `fetch`. Rejects as {@link layer} fails. */
export const fetchHandler = async (
  options: Options = {},
): Promise<Running & ControlClient.ControlClient & FetchHandler.FetchHandler> => {
  const workspace = await Effect.runPromise(Workspace.make(options))
  const handler = FetchHandler.make(Workspace.workspaces(workspace))
  const running = runningOf(workspace, inMemoryUrl)
  return {
    ...running,
    ...ControlClient.connect({ url: inMemoryUrl, fetch: handler.fetch }),
    ...handler,
  }
}

/** A mock that runs until it is closed, for programs without Effect. `await using` closes it, too. */
export interface Started extends Running, ControlClient.ControlClient, AsyncDisposable {
  /** Stops listening; requests under way have 2 seconds to end. */
  readonly close: () => Promise<void>
}

/**
 * Starts a mock. Rejects as {@link layer} fails.
 *
 * @example
 * ```ts
 * import { MockFeishu } from "@effect-feishu/mock-server"
 *
 * await using feishu = await MockFeishu.start({ rateLimit: "off" })
 * console.log(feishu.meetingNos)
 * // => [ '337736498', '146453285', '582910746' ]
 *
 * const response = await fetch(`${feishu.url}/open-apis/auth/v3/tenant_access_token/internal`, {
 *   method: "POST",
 *   headers: { "content-type": "application/json" },
 *   body: JSON.stringify({ app_id: feishu.appId, app_secret: feishu.appSecret }),
 * })
 * console.log(response.status, await response.text())
 * // => 200 {"code":0,…
 * ```
 */
export const start = async (options: Options & Address = {}): Promise<Started> => {
  const scope = Scope.makeUnsafe()
  const close = () => Effect.runPromise(Scope.close(scope, Exit.void))
  const running = await Effect.runPromise(
    Layer.buildWithScope(layer(options), scope).pipe(
      Effect.map(Context.get(MockFeishu)),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause))),
    ),
  )
  return {
    ...running,
    ...ControlClient.connect({ url: running.url, controlToken: running.controlToken }),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/**
 * No new connection is taken; requests under way may end in time, then their connections are cut. In the time of
 * the machine: under `TestClock` nobody would move the clock on.
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

/** The base URL. A wildcard address is nothing to connect to, so the loopback address stands for it. */
const urlOf = (host: string, address: ReturnType<NodeServer["address"]>): string => {
  const port = typeof address === "object" && address !== null ? address.port : 0
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`
}
