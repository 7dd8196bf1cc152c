/**
 * Signing a user in on a machine without a browser: the program shows an address and a code, the user opens the address
 * anywhere and permits it there, and the program asks until that has happened. No redirect URL is needed.
 *
 * Feishu's official command line signs in this way (sdk); no document has it. Where a server does not know it, `begin` fails
 * with `SignInFailed`, `device flow unknown`: use `SignIn` then.
 *
 * @example
 * ```ts
 * import { Console, Effect } from "effect"
 * import { DeviceFlow, Secret, type UserTokenStore } from "@effect-feishu/core"
 *
 * const app = { appId: "cli_a1b2c3", appSecret: Secret.appSecret("secret") }
 *
 * export const signIn = (store: UserTokenStore.UserTokenStore) =>
 *   Effect.gen(function* () {
 *     const device = yield* DeviceFlow.begin({ ...app, scopes: ["vc:meeting:readonly", "offline_access"] })
 *     yield* Console.log(`Open ${device.verificationUri} and enter ${device.userCode}`)
 *     const login = yield* DeviceFlow.poll(app, device)
 *     yield* store.locked((_, replace) => replace(login))
 *   })
 * console.log(typeof signIn) // => function
 * ```
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as OAuth from "@effect-feishu/contract/OAuth"
import type { FeishuError } from "./FeishuError.ts"
import { showable } from "./internal/ServerText.ts"
import * as Signer from "./internal/Signer.ts"
import type { App } from "./internal/TokenEndpoints.ts"
import type * as Transport from "./internal/Transport.ts"
import * as SignIn from "./SignIn.ts"
import type { UserTokens } from "./UserTokenStore.ts"

/** A device authorization that was begun. */
export interface Device {
  /** The address that the user opens, to enter the code there. */
  readonly verificationUri: string
  /** The same with the code in it; absent where Feishu gives none. */
  readonly verificationUriComplete?: string | undefined
  /** The code that the user enters. */
  readonly userCode: string
  /** Until when it can be permitted, in unix milliseconds. */
  readonly endsAt: number
  /** The seconds between two questions. */
  readonly intervalSeconds: number
  readonly deviceCode: Redacted.Redacted<string>
  readonly scopes: ReadonlyArray<string>
}

/** How long a device code is good, in seconds, where an answer does not say (sdk). */
const usualSeconds = 240
/** The seconds between two questions, where an answer does not say (sdk). */
const usualIntervalSeconds = 5
/** The seconds by which the interval grows each time Feishu asks to slow down (RFC 8628, sdk). */
const slowerSeconds = 5
/** The longest values that are believed, in seconds. */
const most = { life: 86_400, interval: 60 } as const

const seconds = (value: unknown, usual: number, longest: number): number =>
  typeof value === "number" && value > 0 ? Math.min(value, longest) : usual

/**
 * Begins a device authorization. Fails with `SignInFailed`: `device flow unknown` where the server has no such endpoint, else
 * as Feishu refuses it.
 */
export const begin = ({
  scopes,
  ...app
}: App & { readonly scopes: ReadonlyArray<string> }): Effect.Effect<
  Device,
  FeishuError,
  Signer.Requirements
> =>
  Signer.alone(
    Effect.gen(function* () {
      const asked = yield* SignIn.checkedScopes(scopes)
      const { call, config } = yield* Signer.make(app)
      const { appId, appSecret } = app
      const path = OAuth.deviceAuthorizationPath
      const basic = Redacted.make(Base64.encode(`${appId}:${Redacted.value(appSecret)}`))
      const answer = yield* Effect.mapError(
        call({
          path,
          request: HttpClientRequest.post(`${config.oauthBaseUrl}${path}`).pipe(
            HttpClientRequest.setHeader("authorization", `Basic ${Redacted.value(basic)}`),
            HttpClientRequest.bodyUrlParams(encodeBegin({ client_id: appId, scope: asked.join(" ") })),
          ),
          secrets: [basic],
          answer: OAuth.DeviceAuthorization,
          outcome: (json, answer) => {
            const device = decodeDevice(json)
            if (Option.isSome(device)) return Effect.succeed(device.value)
            const { logId, status } = answer
            // A failure of the server is judged as everywhere, and may pass.
            if (status >= 500) return undefined
            // A page in the place of an answer, or an answer to a path that the server does not have.
            if (status === 404 || status === 405 || json === undefined) {
              return Effect.fail(Signer.failed(appId, "device flow unknown", { status, logId }))
            }
            return typeof Object(json).error === "string"
              ? Effect.fail(Signer.failed(appId, "refused", said(json, answer, [appSecret, basic])))
              : undefined
          },
        }),
        Signer.refusedAs(appId, "refused"),
      )
      const now = yield* Clock.currentTimeMillis
      return {
        verificationUri: answer.verification_uri,
        verificationUriComplete: answer.verification_uri_complete,
        userCode: answer.user_code,
        endsAt: now + seconds(answer.expires_in, usualSeconds, most.life) * 1_000,
        intervalSeconds: seconds(answer.interval, usualIntervalSeconds, most.interval),
        deviceCode: answer.device_code,
        scopes: asked,
      }
    }),
  )

/** The outcome of one question. */
type Asked = OAuth.UserAnswer | "authorization_pending" | "slow_down"

/**
 * Asks, once in each interval, until the user has permitted it, and whose the tokens are. Fails with `SignInFailed`: `access
 * denied`, or `too late` when the time of the code is over. A failure of the network in between is not the end. Put the result
 * into a `UserTokenStore`.
 */
export const poll = (app: App, device: Device): Effect.Effect<UserTokens, FeishuError, Signer.Requirements> =>
  Signer.alone(
    Effect.gen(function* () {
      const { call, config, loginOf } = yield* Signer.make(app)
      const { appId, appSecret } = app
      const { deviceCode, endsAt, scopes } = device
      const path = OAuth.userTokenPath
      const ask: Effect.Effect<Asked, FeishuError> = call<Asked>({
        path,
        request: HttpClientRequest.post(`${config.baseUrl}${path}`).pipe(
          HttpClientRequest.bodyUrlParams(
            encodePoll({
              grant_type: OAuth.deviceCodeGrant,
              client_id: appId,
              client_secret: appSecret,
              device_code: deviceCode,
            }),
          ),
        ),
        secrets: [deviceCode],
        answer: OAuth.UserAnswer,
        outcome: (json, answer) => outcomeOf(appId, json, answer, [appSecret, deviceCode]),
      })
      let intervalSeconds = device.intervalSeconds
      while (true) {
        const now = yield* Clock.currentTimeMillis
        if (now >= endsAt) return yield* Signer.failed(appId, "too late")
        yield* Effect.sleep(Math.min(intervalSeconds * 1_000, endsAt - now))
        const asked = yield* ask.pipe(
          Effect.mapError(Signer.refusedAs(appId, "refused")),
          // A retry later is what the next question is.
          Effect.catchIf(
            (error) => error.isRetryable,
            () => Effect.succeed("authorization_pending" as const),
          ),
        )
        if (asked === "slow_down") intervalSeconds += slowerSeconds
        else if (asked !== "authorization_pending") return yield* loginOf(asked, scopes)
      }
    }),
  )

/** The codes for a user or an app that may not, whatever error of OAuth they come with; two have an address (documented, sdk). */
const ofUserOrApp: ReadonlySet<unknown> = new Set([20008, 20009, 20010, 20048, 20066, 20069, 21000, 21001])

/** Returns the outcome of a question, whether or not the answer has Feishu's code; `undefined` for any other answer. */
const outcomeOf = (
  appId: string,
  json: unknown,
  answer: Transport.Answer,
  secrets: ReadonlyArray<Redacted.Redacted<string>>,
): Effect.Effect<Asked, FeishuError> | undefined => {
  const tokens = decodeTokens(json)
  if (Option.isSome(tokens)) return Effect.succeed(tokens.value)
  const { code, error: text } = Object(json) as Readonly<Record<string, unknown>>
  const error = decodeError(text)
  if (ofUserOrApp.has(code)) return undefined
  if (Option.isNone(error)) {
    // Any other error of OAuth, such as invalid_client; what has Feishu's code is judged by that.
    return typeof text === "string" && code === undefined && answer.status < 500 && answer.status !== 429
      ? Effect.fail(Signer.failed(appId, "refused", said(json, answer, secrets)))
      : undefined
  }
  switch (error.value) {
    case "authorization_pending":
    case "slow_down":
      return Effect.succeed(error.value)
    case "access_denied":
      return Effect.fail(Signer.failed(appId, "access denied", said(json, answer, secrets)))
    case "expired_token":
    case "invalid_grant":
      return Effect.fail(Signer.failed(appId, "too late", said(json, answer, secrets)))
  }
}

/** What an answer says, as an error repeats it. */
const said = (
  json: unknown,
  { logId, status }: Transport.Answer,
  secrets: ReadonlyArray<Redacted.Redacted<string>>,
) => {
  const { code, error, error_description: description } = Object(json) as Readonly<Record<string, unknown>>
  const text = [error, description].find((text) => typeof text === "string" && text !== "")
  return {
    status,
    logId,
    code: Number.isInteger(code) ? Number(code) : undefined,
    msg: text === undefined ? undefined : showable(String(description ?? text), secrets, 300),
  }
}

const encodeBegin = Schema.encodeSync(OAuth.DeviceAuthorizationRequest)
const encodePoll = Schema.encodeSync(OAuth.DeviceCodeRequest)
const decodeDevice = Schema.decodeUnknownOption(OAuth.DeviceAuthorization)
const decodeTokens = Schema.decodeUnknownOption(OAuth.UserAnswer)
const decodeError = Schema.decodeUnknownOption(OAuth.DeviceError)
