/**
 * The same where there is no Node: Cloudflare Workers and other runtimes that have `fetch` alone. Bundlers choose it by the
 * conditions `workerd`, `edge-light` and `worker`.
 */
import type { Client } from "./Client.ts"
import { makeClient } from "./internal/makeClient.ts"
import { web } from "./internal/web.ts"
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
import type { ClientOptions } from "./Options.ts"

export * from "./exports.ts"

/**
 * Makes a client that sends its requests with `fetch`: the one of the options, or that of the platform. This sends nothing; if an
 * option is wrong, the reads of the client reject with an `InvalidRequest`. Warnings go to `console.warn`.
 */
export const createClient = (options: ClientOptions): Client => makeClient(options, web)

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
export const exchangeCode = (options: ExchangeOptions): Promise<Login> => SignIn.exchangeCode(options, web)

/**
 * Begins to sign in on a machine without a browser. Feishu's official command line does the same (sdk); no document has it. Rejects
 * with a `SignInFailed`, `device flow unknown`, where the server does not know it.
 */
export const beginDevice = (options: DeviceOptions): Promise<Device> => SignIn.beginDevice(options, web)

/**
 * Asks, once in each interval, until the user has permitted what the device asked for, and puts the login into the store. Rejects
 * with a `SignInFailed`: `access denied`, or `too late` when the time of the code is over. A failure of the network in between is
 * not the end.
 */
export const pollDevice = (options: PollOptions): Promise<Login> => SignIn.pollDevice(options, web)
