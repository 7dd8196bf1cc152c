/**
 * Reads Feishu (Lark) meetings with `for await`: the same as `@effect-feishu/core`, for programs without Effect 4.
 */
import "./thisNode.ts"
import * as UserTokenFile from "@effect-feishu/core/UserTokenFile"
import type { Client } from "./Client.ts"
import * as Stores from "./internal/loginStore.ts"
import { makeClient } from "./internal/makeClient.ts"
import { node } from "./internal/node.ts"
import type {
  Authorization,
  AuthorizeOptions,
  Device,
  DeviceOptions,
  ExchangeOptions,
  Login,
  PollOptions,
} from "./SignIn.ts"
import * as SignIn from "./internal/signIn.ts"
import type { ClientOptions, LoginStore } from "./Options.ts"

export * from "./exports.ts"

/**
 * Makes a client. This sends nothing; if an option is wrong, the reads of the client reject with an `InvalidRequest`.
 *
 * Warnings (another program uses the same app, a window older than 90 days is empty) go to `process.emitWarning`, or to
 * `console.warn` where there is no Node, in addition to being events.
 *
 * @example
 * ```ts
 * import { createClient } from "@effect-feishu/promise"
 *
 * await using client = createClient({
 *   appId: process.env.FEISHU_APP_ID!,
 *   appSecret: process.env.FEISHU_APP_SECRET!,
 *   baseUrl: process.env.FEISHU_BASE_URL,
 * })
 *
 * const request = { meetingNo: "337 736 498", range: { from: "30d" } }
 * for await (const meeting of client.stream(request)) console.log(meeting.id, meeting.topic)
 * // => 7628568641385449001 Kick-off
 * // => 7631166230414229002 Review
 * // => 7633763819443009003 Retrospective
 *
 * const first = await client.page({ ...request, pageSize: 2 })
 * const second = await client.page({ cursor: first.cursor! })
 * console.log(second.meetings.map((meeting) => meeting.topic)) // => [ 'Retrospective' ]
 * ```
 */
export const createClient = (options: ClientOptions): Client => makeClient(options, node)

/**
 * Returns the address of the authorization page, with a state and a challenge of PKCE (S256). Nothing is sent. Rejects with an
 * `InvalidRequest` for what Feishu would refuse, such as more than 50 scopes.
 */
export const authorizeUrl = (options: AuthorizeOptions): Promise<Authorization> =>
  SignIn.authorizeUrl(options)

/**
 * Exchanges the code of an authorization for the tokens of a login, asks whose they are, and puts them into the store. A code is
 * good once and for five minutes (documented). Rejects with a `SignInFailed` where Feishu refuses it; the store is unchanged then.
 */
export const exchangeCode = (options: ExchangeOptions): Promise<Login> => SignIn.exchangeCode(options, node)

/**
 * Begins to sign in on a machine without a browser. Feishu's official command line does the same (sdk); no document has it. Rejects
 * with a `SignInFailed`, `device flow unknown`, where the server does not know it.
 */
export const beginDevice = (options: DeviceOptions): Promise<Device> => SignIn.beginDevice(options, node)

/**
 * Asks, once in each interval, until the user has permitted what the device asked for, and puts the login into the store. Rejects
 * with a `SignInFailed`: `access denied`, or `too late` when the time of the code is over. A failure of the network in between is
 * not the end.
 */
export const pollDevice = (options: PollOptions): Promise<Login> => SignIn.pollDevice(options, node)

/**
 * Returns a store that keeps a login in a file, which many processes share: JSON that only its owner can read, replaced as a
 * whole, with a lock that is free when its holder ends, however that ended. The lock holds between the processes and containers of
 * one machine that see the same file. For Node, Bun and Deno; not in the build for Workers.
 *
 * @example
 * ```ts
 * import { createClient, fileLogin } from "@effect-feishu/promise"
 *
 * await using client = createClient({
 *   kind: "user",
 *   appId: "cli_a1b2c3",
 *   appSecret: "secret",
 *   login: fileLogin("/nonexistent/feishu/login.json"),
 * })
 * const page = client.page({ meetingNo: "337736498", range: { from: "30d" } })
 * console.log(await page.catch((error) => error.message)) // => app cli_a1b2c3: nobody has signed in. Sign in.
 * ```
 */
export const fileLogin = (path: string): LoginStore => Stores.toPlain(UserTokenFile.make(path))
