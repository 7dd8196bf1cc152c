/**
 * Signing a user in, so that a client reads with the user's own tokens: by the authorization page, with `authorizeUrl` and
 * `exchangeCode`, or on a machine without a browser, with `beginDevice` and `pollDevice`.
 *
 * @example
 * ```ts
 * import { authorizeUrl } from "@effect-feishu/promise"
 *
 * const { state, url } = await authorizeUrl({
 *   appId: "cli_a1b2c3",
 *   redirectUri: "http://127.0.0.1:17817/callback",
 *   scopes: ["vc:meeting:readonly", "offline_access"],
 * })
 * console.log(new URL(url).searchParams.get("state") === state) // => true
 * // Send the user there. When Feishu has redirected with the same state and a code, exchangeCode puts the login into a store.
 * ```
 */
import type { CallOptions, LoginStore, Settings } from "./Options.ts"
import type { Secret } from "./Secret.ts"

/** Where Feishu is, and how it is reached. Times are in milliseconds. */
export type SignInSettings = Omit<Settings, "rateLimit" | "retryBudget" | "onEvent" | "longestWait">

/** The app that a user signs in to. */
export interface SignInApp {
  readonly appId: string
  readonly appSecret: string
}

/** What an application asks a user for. */
export interface AuthorizeOptions extends Pick<
  SignInSettings,
  "brand" | "baseUrl" | "oauthBaseUrl" | "allowHttp"
> {
  readonly appId: string
  /** Where Feishu redirects to. The very URL must be among the redirect URLs of the app in the developer console. */
  readonly redirectUri: string
  /** The scopes that the user is to grant; with `offline_access` the login lasts, since there is a refresh token then. */
  readonly scopes: ReadonlyArray<string>
  /** Handed back with the code: compare them. Made at random unless given. */
  readonly state?: string | undefined
}

/** An authorization that was begun: the address for the user's browser, and what to keep until the code comes. */
export interface Authorization {
  readonly url: string
  readonly redirectUri: string
  readonly scopes: ReadonlyArray<string>
  readonly state: string
  /** The verifier of PKCE. */
  readonly codeVerifier: Secret
}

/** A code, and the authorization that it came from. */
export interface ExchangeOptions
  extends SignInApp, SignInSettings, CallOptions, Pick<Authorization, "redirectUri" | "codeVerifier"> {
  readonly code: string
  /** The scopes that were asked for; the answer says which were granted. */
  readonly scopes?: ReadonlyArray<string> | undefined
  /** Where the login is put, in the place of an earlier one. */
  readonly login: LoginStore
}

/** What a device asks for. */
export interface DeviceOptions extends SignInApp, SignInSettings, CallOptions {
  /** The scopes that the user is to grant; with `offline_access` the login lasts, since there is a refresh token then. */
  readonly scopes: ReadonlyArray<string>
}

/** A device authorization that was begun. Show the user the address and the code. */
export interface Device {
  /** The address that the user opens, to enter the code there. */
  readonly verificationUri: string
  /** The same with the code in it; absent where Feishu gives none. */
  readonly verificationUriComplete?: string | undefined
  /** The code that the user enters. */
  readonly userCode: string
  /** Until when it can be permitted, in unix milliseconds. */
  readonly endsAt: number
  /** The milliseconds between two questions. */
  readonly interval: number
  readonly deviceCode: Secret
  readonly scopes: ReadonlyArray<string>
}

/** A device authorization, and where its login is put. */
export interface PollOptions extends SignInApp, SignInSettings, CallOptions {
  readonly device: Device
  /** Where the login is put, in the place of an earlier one. */
  readonly login: LoginStore
}

/** The account of a user in an app. */
export interface Account {
  /** The `open_id`: the id of the user within the app. */
  readonly openId: string
  readonly unionId?: string | undefined
  readonly userId?: string | undefined
  readonly name?: string | undefined
  readonly enName?: string | undefined
  readonly tenantKey?: string | undefined
}

/** Who has signed in to what, and until when. It has no token. Times are unix milliseconds. */
export interface Login {
  readonly appId: string
  /** The base URL that gave the tokens: they are sent nowhere else. */
  readonly baseUrl: string
  readonly account: Account
  readonly scopes: ReadonlyArray<string>
  readonly accessTokenEndsAt: number
  /** Absent without `offline_access`: the login ends with its access token then. */
  readonly refreshTokenEndsAt?: number | undefined
  /** 365 days later the user has to sign in again, whatever was refreshed (documented). */
  readonly signedInAt: number
}
