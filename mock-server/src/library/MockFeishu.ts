/** A mock Feishu as a layer: on a socket, or without one. */
import type * as Brand from "effect/Brand"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type * as HttpClient from "effect/http/HttpClient"
import type { ServeError } from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import * as FetchHandler from "../server/FetchHandler.ts"
import * as Socket from "../server/Socket.ts"
import * as GivenOptions from "../state/GivenOptions.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import type { SeedInvalid } from "../seed/SeedInvalid.ts"
import * as Workspace from "../state/Workspace.ts"
import * as Workspaces from "../state/Workspaces.ts"

/** The address to listen on. */
export type { Address } from "../protocol/PublicTypes.ts"

/** The contents and the behaviour of a mock. Everything has a default. */
export interface Options extends PublicTypes.Options<DateTime.DateTime | number | string> {}

/** The facts that a client needs to use a running mock. */
export interface Running extends PublicTypes.Running {
  /** The numbers that have meetings, with the brand `MeetingNo` that the client's functions take. */
  readonly meetingNos: ReadonlyArray<string & Brand.Brand<"MeetingNo">>
}

/** A running mock Feishu. */
export class MockFeishu extends Context.Service<MockFeishu, Running>()(
  "@effect-feishu/mock-server/MockFeishu",
) {}

/**
 * Starts a mock that listens as long as the layer lives. Fails with every fault of its options or its seed, or when it
 * cannot listen.
 *
 * The mock's time is that of Effect's `Clock`, also under `TestClock` (which starts in 1970: set it, or give `now`).
 *
 * @example
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
 * import * as NodeHttp from "@effect-feishu/core/node"
 * import { MockFeishu } from "@effect-feishu/mock-server/effect"
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
  options: Options & PublicTypes.Address = {},
): Layer.Layer<MockFeishu, SeedInvalid | ServeError> =>
  Layer.effect(
    MockFeishu,
    GivenOptions.check(options).pipe(
      Effect.andThen(Workspace.make(options)),
      Effect.flatMap((workspace) => Socket.listen(workspace, options)),
    ),
  )

/**
 * A mock without a socket, for tests that do not need one: its `HttpClient` is the mock itself. Network faults are failures
 * of that client.
 *
 * @example
 * ```ts
 * import { Effect, Layer, Stream } from "effect"
 * import { AccessToken, Meetings, Secret } from "@effect-feishu/core"
 * import { MockFeishu } from "@effect-feishu/mock-server/effect"
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
): Layer.Layer<MockFeishu | HttpClient.HttpClient, SeedInvalid> =>
  Layer.unwrap(
    Effect.gen(function* () {
      yield* GivenOptions.check(options)
      const workspace = yield* Workspace.make(options)
      const handler = yield* Effect.acquireRelease(
        Effect.sync(() => FetchHandler.make(Workspaces.make(workspace))),
        (handler) => Effect.promise(() => handler[Symbol.asyncDispose]()),
      )
      const client = FetchHttpClient.layer.pipe(
        Layer.provide(
          Layer.succeed(FetchHttpClient.Fetch, (input, init) => handler.fetch(new Request(input, init))),
        ),
      )
      return Layer.merge(
        client,
        Layer.sync(MockFeishu, () => Workspace.running(workspace, FetchHandler.url)),
      )
    }),
  )
