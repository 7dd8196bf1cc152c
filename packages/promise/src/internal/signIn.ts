/** Signing in, on any platform. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { DeviceFlow, FeishuConfig, type FeishuError, SignIn, type UserTokenStore } from "@effect-feishu/core"
import type {
  Authorization,
  AuthorizeOptions,
  Device,
  DeviceOptions,
  ExchangeOptions,
  Login,
  PollOptions,
  SignInApp,
  SignInSettings,
} from "../SignIn.ts"
import { Secret } from "../Secret.ts"
import * as Input from "./input.ts"
import type { Platform } from "./Platform.ts"
import { runCall } from "./runCall.ts"
import { toLogin } from "./toLogin.ts"

/** Returns the address of the authorization page. */
export const authorizeUrl = (options: AuthorizeOptions): Promise<Authorization> =>
  runCall(
    Effect.gen(function* () {
      yield* Input.checkSettings(options)
      yield* Input.text("appId", options.appId)
      yield* Input.text("redirectUri", options.redirectUri)
      const { codeVerifier, ...others } = yield* SignIn.authorizeUrl(options)
      return { ...others, codeVerifier: toSecret(codeVerifier) }
    }).pipe(Effect.provide(FeishuConfig.layer(options))),
  )

/** Exchanges the code of an authorization for a login. */
export const exchangeCode = (options: ExchangeOptions, platform: Platform): Promise<Login> =>
  call(options, platform, (app) =>
    Effect.gen(function* () {
      const store = yield* Input.loginOf(options.login)
      const code = yield* Input.text("code", options.code)
      const redirectUri = yield* Input.text("redirectUri", options.redirectUri)
      const codeVerifier = yield* secretOf("codeVerifier", options.codeVerifier)
      const tokens = yield* SignIn.exchangeCode({
        ...app,
        code: Redacted.make(code),
        redirectUri,
        codeVerifier,
        scopes: options.scopes,
      })
      return yield* stored(store, tokens)
    }),
  )

/** Begins a device authorization. */
export const beginDevice = (options: DeviceOptions, platform: Platform): Promise<Device> =>
  call(options, platform, (app) =>
    Effect.map(
      DeviceFlow.begin({ ...app, scopes: options.scopes }),
      ({ deviceCode, intervalSeconds, ...others }) => ({
        ...others,
        interval: intervalSeconds * 1_000,
        deviceCode: toSecret(deviceCode),
      }),
    ),
  )

/** Asks until a device authorization is permitted. */
export const pollDevice = (options: PollOptions, platform: Platform): Promise<Login> =>
  call(options, platform, (app) =>
    Effect.gen(function* () {
      const store = yield* Input.loginOf(options.login)
      const { interval, ...device } = options.device
      const deviceCode = yield* secretOf("device.deviceCode", device.deviceCode)
      const tokens = yield* DeviceFlow.poll(app, {
        ...device,
        intervalSeconds: interval / 1_000,
        deviceCode,
      })
      return yield* stored(store, tokens)
    }),
  )

/** Runs a call with its app, and the services that it requires. */
const call = <A>(
  options: SignInApp & SignInSettings & { readonly signal?: AbortSignal | undefined },
  platform: Platform,
  run: (
    app: Effect.Success<ReturnType<typeof Input.appOf>>,
  ) => Effect.Effect<A, FeishuError.FeishuError, SignIn.Requirements>,
): Promise<A> =>
  runCall(
    Effect.gen(function* () {
      yield* Input.checkSettings(options)
      const app = yield* Input.appOf(options)
      const http = yield* Input.httpOf(options, platform)
      return yield* Effect.provide(run(app), Layer.merge(FeishuConfig.layer(options), http))
    }),
    options.signal,
  )

/** Puts a login into a store. The user need not sign in again because of an interruption here. */
const stored = (store: UserTokenStore.UserTokenStore, tokens: UserTokenStore.UserTokens) =>
  Effect.as(Effect.uninterruptible(store.locked((_, replace) => replace(tokens))), toLogin(tokens))

const toSecret = (redacted: Redacted.Redacted<string>) => new Secret(Redacted.value(redacted))

const secretOf = (field: string, secret: unknown) =>
  Effect.map(Input.text(field, secret instanceof Secret ? secret.reveal() : secret), (text) =>
    Redacted.make(text),
  )
