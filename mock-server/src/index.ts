/**
 * A mock Feishu for tests of programs without Effect. The mock itself is loaded when it is first started.
 *
 * @example
 * ```ts
 * import { startFeishuMock } from "@effect-feishu/mock-server"
 *
 * await using feishu = await startFeishuMock({
 *   seed: {
 *     meetings: [
 *       { id: "7011030664708603907", meeting_no: "337736498", topic: "Kick-off", start_time: 1767225600 },
 *     ],
 *     generate: [{ meeting_no: "146453285", count: 1000 }],
 *   },
 * })
 * console.log(feishu.meetingNos)
 * // => [ '337736498', '146453285' ]
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
import "./thisNode.ts"
import type { ControlClient } from "./library/ControlClient.ts"
import type { Address, FetchHandler, Options, Running } from "./protocol/PublicTypes.ts"

export {
  connect,
  type Authorization,
  type AuthorizationResult,
  type ClockMove,
  type ControlClient,
  type Decision,
  type DeviceAuthorization,
  type DeviceDecision,
  type Findings,
  type Login,
  type OwnWorkspace,
  type Target,
  type Time,
  type WorkspaceInfo,
  type WorkspaceOptions,
} from "./library/ControlClient.ts"
/** The types of all options, values and results. */
export type * from "./protocol/PublicTypes.ts"

/** A mock that runs until it is closed, by `close` or by `await using`. */
export interface Started extends Running, ControlClient, AsyncDisposable {
  /** Stops listening. Open requests have 2 seconds to end. */
  readonly close: () => Promise<void>
}

/** Starts a mock on a socket. Rejects with every fault of its options or its seed, or when it cannot listen. */
export const startFeishuMock = async (options: Options & Address = {}): Promise<Started> =>
  (await import("./library/promises.ts")).start(options)

/**
 * Makes a mock without a socket, for code that takes a `fetch`. Network faults have the same effect as with a real `fetch`. Rejects with
 * every fault of its options or its seed.
 */
export const fetchHandler = async (options: Options = {}): Promise<Running & ControlClient & FetchHandler> =>
  (await import("./library/promises.ts")).fetchHandler(options)
