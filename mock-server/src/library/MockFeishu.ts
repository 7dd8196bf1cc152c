/** A mock Feishu as a layer, on a socket or without one, and its control plane. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { ServeError } from "effect/http/HttpServerError"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as FetchHandler from "../server/FetchHandler.ts"
import * as InMemory from "../server/InMemory.ts"
import * as Socket from "../server/Socket.ts"
import * as GivenOptions from "../state/GivenOptions.ts"
import * as KnownSecrets from "../secrets/KnownSecrets.ts"
import type * as PublicTypes from "../protocol/PublicTypes.ts"
import type { SeedInvalid } from "../seed/SeedInvalid.ts"
import * as VirtualClock from "../state/VirtualClock.ts"
import * as Workspace from "../state/Workspace.ts"
import * as Workspaces from "../state/Workspaces.ts"
import * as Control from "./Control.ts"
import type {
  Authorization,
  AuthorizationResult,
  ClockMove,
  DeviceAuthorization,
  DeviceDecision,
  Findings,
  Login,
  Time,
  WorkspaceOptions,
} from "./ControlClient.ts"

/** The address to listen on. */
export type { Address } from "../protocol/PublicTypes.ts"
/** What a client needs, the control plane, and what is refused. */
export { type Control, type Controlled, Refused, type Running } from "./Control.ts"

/** The contents and the behaviour of a mock. Everything has a default. */
export interface Options extends PublicTypes.Options<DateTime.DateTime | number | string> {}

/** A running mock Feishu, and its control plane. The functions of this module with the same names use it. */
export class MockFeishu extends Context.Service<MockFeishu, Control.Controlled>()(
  "@effect-feishu/mock-server/MockFeishu",
) {}

/**
 * Starts a mock that listens as long as the layer lives. Fails with every fault of its options or its seed, or when it
 * cannot listen.
 *
 * The mock's time is that of Effect's `Clock`. Tests with `TestClock` use {@link layerTest}: on a socket an answer takes real time, for
 * which `TestClock.adjust` does not wait.
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
    Effect.flatMap(Socket.start(options), ({ running, workspaces }) =>
      // In this process the control plane needs no socket.
      Effect.map(InMemory.lazily(workspaces), (client) => Control.add(client, running)),
    ),
  )

/**
 * A mock without a socket, for tests that do not need one: its `HttpClient` is the mock itself. Network faults are failures
 * of that client.
 *
 * In a test with `TestClock`, such as `it.effect`, the mock's clock is that `TestClock`, and so are the delays of faults. `TestClock.adjust`
 * and {@link moveClock} move client and mock together, and return once every request that has become due has its answer. The clock starts
 * at `now`, or where the test has set it, or, instead of 1970, on 2026-01-31 at 09:00 UTC. A request under another clock than the mock's
 * dies, since both would wait for different times.
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
 *
 * @example
 * ```ts
 * import { Effect, Fiber, Layer, Stream } from "effect"
 * import { TestClock } from "effect/testing"
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
 * ).pipe(
 *   Layer.provideMerge(MockFeishu.layerTest({ generate: { numbers: 1, meetings: 30 }, days: 30 })),
 *   // What it.effect does.
 *   Layer.provideMerge(TestClock.layer()),
 * )
 *
 * const program = Effect.gen(function* () {
 *   yield* MockFeishu.addFault({ operation: "meetings.listByNo", then: { delaySeconds: 20 } })
 *   const [meetingNo] = (yield* MockFeishu.MockFeishu).meetingNos
 *   const { stream } = yield* Meetings.Meetings
 *   const reading = yield* Effect.forkChild(Stream.runCount(stream({ meetingNo: meetingNo!, range: { from: "60d" } })))
 *   yield* TestClock.adjust("19 seconds")
 *   console.log((yield* MockFeishu.journal({ operation: "meetings.listByNo" })).length) // => 0
 *   yield* TestClock.adjust("1 second")
 *   console.log(yield* Fiber.join(reading)) // => 30
 *   console.log(yield* MockFeishu.clock) // => { now: 1769850020, frozen: true }
 *   console.log(yield* MockFeishu.verify([{ operation: "meetings.listByNo", times: 1 }]))
 *   // => { ok: true, differences: [] }
 * })
 * await Effect.runPromise(Effect.provide(program, meetings))
 * ```
 */
export const layerTest = (
  options: Options = {},
): Layer.Layer<MockFeishu | HttpClient.HttpClient, SeedInvalid> =>
  Layer.effectContext(
    Effect.gen(function* () {
      yield* GivenOptions.check(options)
      const testClock = VirtualClock.testClockOf(yield* Clock.Clock)
      const workspace = yield* Workspace.make(options, KnownSecrets.make(), testClock)
      const workspaces = Workspaces.make(workspace)
      const client = InMemory.withSameClock(yield* InMemory.make(workspaces), workspaces)
      const running = Workspace.running(workspace, FetchHandler.url)
      return Context.make(HttpClient.HttpClient, client).pipe(
        Context.add(MockFeishu, Control.add(client, running)),
      )
    }),
  )

/** Restores the seed with its faults, and the start of the clock; drops tokens, counts, other faults and the journal. */
export const reset: Effect.Effect<void, Control.Refused, MockFeishu> = MockFeishu.use(({ reset }) => reset)

/** Returns apps, meetings, clock and switches as they are at this moment. */
export const snapshot: Effect.Effect<PublicTypes.Snapshot, Control.Refused, MockFeishu> = MockFeishu.use(
  ({ snapshot }) => snapshot,
)

/** Restores a snapshot; drops tokens, counts, faults and the journal. */
export const restore = (snapshot: PublicTypes.Snapshot): Effect.Effect<void, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.restore(snapshot))

/** Adds meetings; replaces those with the same ids. */
export const putMeetings = (
  meetings: ReadonlyArray<PublicTypes.Meeting>,
): Effect.Effect<void, Control.Refused, MockFeishu> => MockFeishu.use((mock) => mock.putMeetings(meetings))

/** Returns a meeting, and its details as they are now. */
export const meeting = (
  id: string,
): Effect.Effect<PublicTypes.MeetingWithDetails, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.meeting(id))

/** Removes a meeting. */
export const removeMeeting = (id: string): Effect.Effect<void, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.removeMeeting(id))

/** Adds an app, or replaces the one with its id: its scopes, its redirect URLs, and the switches of the console. */
export const putApp = (app: PublicTypes.App): Effect.Effect<void, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.putApp(app))

/** Returns the users who can sign in; made-up ones where the seed has none. */
export const users: Effect.Effect<
  ReadonlyArray<PublicTypes.PersonNow>,
  Control.Refused,
  MockFeishu
> = MockFeishu.use(({ users }) => users)

/** Adds users; replaces those with the same `open_id`s. */
export const putUsers = (
  users: ReadonlyArray<PublicTypes.Person>,
): Effect.Effect<void, Control.Refused, MockFeishu> => MockFeishu.use((mock) => mock.putUsers(users))

/** Does what a user does on the authorization page. */
export const authorize = (
  authorization: Authorization,
): Effect.Effect<AuthorizationResult, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.authorize(authorization))

/** Returns the devices that wait for a user, the newest last. */
export const deviceAuthorizations: Effect.Effect<
  ReadonlyArray<DeviceAuthorization>,
  Control.Refused,
  MockFeishu
> = MockFeishu.use(({ deviceAuthorizations }) => deviceAuthorizations)

/** Allows or refuses what a device asks for; by default the first user allows all that the newest device asks for. */
export const decideDevice = (decision?: DeviceDecision): Effect.Effect<void, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.decideDevice(decision))

/** Returns what users have granted to apps. */
export const logins: Effect.Effect<ReadonlyArray<Login>, Control.Refused, MockFeishu> = MockFeishu.use(
  ({ logins }) => logins,
)

/** Revokes what a user has granted to an app, and all tokens for it; returns the number of revoked tokens. */
export const revokeLogin = (
  login: Pick<Login, "client_id" | "open_id">,
): Effect.Effect<number, Control.Refused, MockFeishu> => MockFeishu.use((mock) => mock.revokeLogin(login))

/** Changes switches, such as limits, from now on. */
export const change = (
  behaviour: Partial<PublicTypes.Behaviour>,
): Effect.Effect<PublicTypes.Behaviour, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.change(behaviour))

/** Adds a rule for failures. If several rules apply to a call, the first one changes it. */
export const addFault = (
  rule: PublicTypes.Rule,
): Effect.Effect<PublicTypes.Active, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.addFault(rule))

/** Switches a rule on or off; its counts stay. */
export const enableFault = (
  id: string,
  enabled: boolean,
): Effect.Effect<PublicTypes.Active, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.enableFault(id, enabled))

/** Removes a rule. */
export const removeFault = (id: string): Effect.Effect<void, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.removeFault(id))

/** Removes all rules, and ends random failures. */
export const clearFaults: Effect.Effect<void, Control.Refused, MockFeishu> = MockFeishu.use(
  ({ clearFaults }) => clearFaults,
)

/** Starts random failures. */
export const chaos = (chaos: PublicTypes.Chaos): Effect.Effect<void, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.chaos(chaos))

/** Ends random failures. */
export const calm: Effect.Effect<void, Control.Refused, MockFeishu> = MockFeishu.use(({ calm }) => calm)

/** Returns the mock's time. */
export const clock: Effect.Effect<Time, Control.Refused, MockFeishu> = MockFeishu.use(({ clock }) => clock)

/**
 * Sets or advances the mock's clock, and then freezes it or lets it run. If it is Effect's `TestClock`, that one is moved, and whatever sleeps
 * until then runs.
 */
export const moveClock = (move: ClockMove): Effect.Effect<Time, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.moveClock(move))

/** Revokes one token, or all access tokens; returns the number of revoked tokens. */
export const revokeTokens = (token?: string): Effect.Effect<number, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.revokeTokens(token))

/** Returns the newest 1,000 requests that meet every condition, oldest first. */
export const journal = (
  filter?: PublicTypes.Filter,
): Effect.Effect<ReadonlyArray<PublicTypes.Entry>, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.journal(filter))

/** Returns one request with the bodies of request and answer. */
export const journalEntry = (seq: number): Effect.Effect<PublicTypes.Detail, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.journalEntry(seq))

/** Compares the requests in the journal with the expected calls; with `inOrder`, their order, too. */
export const verify = (
  calls: ReadonlyArray<PublicTypes.Expectation>,
  options?: { readonly inOrder?: boolean },
): Effect.Effect<PublicTypes.Verdict, Control.Refused, MockFeishu> =>
  MockFeishu.use((mock) => mock.verify(calls, options))

/** Returns what is probably a mistake: unmatched requests, unused rules, and retries that were too early. */
export const findings: Effect.Effect<Findings, Control.Refused, MockFeishu> = MockFeishu.use(
  ({ findings }) => findings,
)

/**
 * Adds a workspace, which has apps, meetings, faults and limits of its own, and is removed when the scope closes. It can take the place of the
 * mock: `Effect.provideServiceEffect(program, MockFeishu.MockFeishu, MockFeishu.workspace({ rateLimit: 10 }))`.
 */
export const workspace = (
  options?: WorkspaceOptions,
): Effect.Effect<Control.Controlled, Control.Refused, MockFeishu | Scope.Scope> =>
  MockFeishu.use((mock) => mock.workspace(options))
