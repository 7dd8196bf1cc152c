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

/** Returns the address of the authorization page, as on Node. */
export const authorizeUrl = (options: AuthorizeOptions): Promise<Authorization> =>
  SignIn.authorizeUrl(options)

/** Exchanges the code of an authorization for a login, as on Node. */
export const exchangeCode = (options: ExchangeOptions): Promise<Login> => SignIn.exchangeCode(options, web)

/** Begins to sign in on a machine without a browser, as on Node. */
export const beginDevice = (options: DeviceOptions): Promise<Device> => SignIn.beginDevice(options, web)

/** Asks until the user has permitted what a device asked for, as on Node. */
export const pollDevice = (options: PollOptions): Promise<Login> => SignIn.pollDevice(options, web)
