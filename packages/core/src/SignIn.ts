/**
 * Signing a user in by the authorization page of Feishu: an application opens its address in the user's browser, Feishu
 * redirects to an address of the application with a code, and the code is exchanged for the tokens of a login. A program on
 * a machine without a browser uses `DeviceFlow`.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { FeishuConfig, SignIn } from "@effect-feishu/core"
 *
 * const program = Effect.gen(function* () {
 *   const { state, url } = yield* SignIn.authorizeUrl({
 *     appId: "cli_a1b2c3",
 *     redirectUri: "http://127.0.0.1:17817/callback",
 *     scopes: ["vc:meeting:readonly", "offline_access"],
 *   })
 *   console.log(new URL(url).searchParams.get("state") === state) // => true
 *   console.log(new URL(url).searchParams.get("code_challenge_method")) // => S256
 *   // Send the user there. When Feishu has redirected with the same state and a code:
 *   // SignIn.exchangeCode({ appId, appSecret, code, ...authorization })
 * })
 * await Effect.runPromise(Effect.provide(program, FeishuConfig.layer()))
 * ```
 */
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as OAuth from "@effect-feishu/contract/OAuth"
import { FeishuConfig } from "./FeishuConfig.ts"
import { type FeishuError, invalidRequest } from "./FeishuError.ts"
import * as Signer from "./internal/Signer.ts"
import type { App } from "./internal/TokenEndpoints.ts"
import * as UserAnswer from "./internal/UserAnswer.ts"
import * as Secret from "./Secret.ts"
import * as Sentence from "./Sentence.ts"
import type { UserTokens } from "./UserTokenStore.ts"

/** The services that signing in requires: where Feishu is, and an HTTP client. */
export type { Requirements } from "./internal/Signer.ts"

/** What an application asks a user for. */
export interface AuthorizeOptions {
  readonly appId: string
  /** Where Feishu redirects to. The very URL must be among the redirect URLs of the app in the developer console. */
  readonly redirectUri: string
  /** The scopes that the user is to grant; with `offline_access` the login lasts, since there is a refresh token then. */
  readonly scopes: ReadonlyArray<string>
  /** Handed back with the code: compare them. Made at random unless given. */
  readonly state?: string | undefined
  /** The verifier of PKCE, 43 to 128 characters. Made at random unless given. */
  readonly codeVerifier?: Redacted.Redacted<string> | undefined
}

/** An authorization that was begun: the address for the user's browser, and what to keep until the code comes. */
export interface Authorization {
  readonly url: string
  readonly redirectUri: string
  readonly scopes: ReadonlyArray<string>
  readonly state: string
  readonly codeVerifier: Redacted.Redacted<string>
}

/** The most scopes of one authorization (documented). */
const mostScopes = 50

/** Returns the address of the authorization page, with a state and a challenge of PKCE (S256). Nothing is sent. */
export const authorizeUrl = Effect.fnUntraced(function* ({
  appId,
  codeVerifier = Redacted.make(random(), { label: "code verifier" }),
  redirectUri,
  scopes,
  state = random(),
}: AuthorizeOptions): Effect.fn.Return<Authorization, FeishuError, FeishuConfig> {
  const { oauthBaseUrl } = yield* FeishuConfig
  const problem = Secret.unfitAppId(appId)
  if (problem !== undefined) {
    return yield* invalidRequest(
      "appId",
      Sentence.make("secretUnfit", { problem }),
      Sentence.make("copyAppId"),
    )
  }
  if (!URL.canParse(redirectUri)) {
    return yield* invalidRequest("redirectUri", Sentence.make("notAUrl"), Sentence.make("giveRedirectUri"))
  }
  const asked = yield* checkedScopes(scopes)
  const challenge = yield* Effect.promise(() =>
    crypto.subtle.digest("SHA-256", new TextEncoder().encode(Redacted.value(codeVerifier))),
  )
  const query = encodeQuery({
    client_id: appId,
    response_type: "code",
    redirect_uri: redirectUri,
    ...(asked.length === 0 ? {} : { scope: asked.join(" ") }),
    state,
    code_challenge: Base64Url.encode(new Uint8Array(challenge)),
    code_challenge_method: "S256",
  })
  const url = new URL(`${oauthBaseUrl}${OAuth.authorizePath}`)
  // Blanks as %20: a server that does not read + as a blank would see one scope with a strange name.
  url.search = new URLSearchParams(query).toString().replaceAll("+", "%20")
  return { url: url.href, redirectUri, scopes: asked, state, codeVerifier }
})

/** A code, and the authorization that it came from. */
export interface ExchangeOptions extends App, Pick<Authorization, "redirectUri" | "codeVerifier"> {
  readonly code: Redacted.Redacted<string>
  /** The scopes that were asked for; the answer says which were granted. */
  readonly scopes?: ReadonlyArray<string> | undefined
}

/**
 * Exchanges the code of an authorization for the tokens of a login, and asks whose they are. A code is good once and for five
 * minutes (documented). Fails with `SignInFailed` where Feishu refuses it. Put the result into a `UserTokenStore`.
 */
export const exchangeCode = ({
  code,
  codeVerifier,
  redirectUri,
  scopes = [],
  ...app
}: ExchangeOptions): Effect.Effect<UserTokens, FeishuError, Signer.Requirements> =>
  Signer.alone(
    Effect.gen(function* () {
      const { call, jsonRequest, loginOf } = yield* Signer.make(app)
      const path = OAuth.userTokenPath
      const answer = yield* Effect.mapError(
        call({
          path,
          request: jsonRequest(
            path,
            encodeCode({
              grant_type: "authorization_code",
              client_id: app.appId,
              client_secret: app.appSecret,
              code,
              redirect_uri: redirectUri,
              code_verifier: codeVerifier,
            }),
          ),
          secrets: [code, codeVerifier],
          answer: OAuth.UserAnswer,
          outcome: UserAnswer.withoutCode,
          tokenOf: ({ access_token }) => access_token,
        }),
        Signer.refusedAs(app.appId, "code refused"),
      )
      return yield* loginOf(answer, scopes)
    }),
  )

const encodeQuery = Schema.encodeSync(OAuth.AuthorizeQuery)
const encodeCode = Schema.encodeSync(OAuth.AuthorizationCodeRequest)

/** Returns 43 random characters that may be in a URL. */
const random = (): string => Base64Url.encode(crypto.getRandomValues(new Uint8Array(32)))

/** Checks scopes that a user is asked for: at most 50 (documented), each once. */
export const checkedScopes = (
  scopes: ReadonlyArray<string>,
): Effect.Effect<ReadonlyArray<string>, FeishuError> => {
  const once = [...new Set(scopes)]
  const wrong = once.find((scope) => !/^[\x21-\x7e]+$/.test(scope))
  return wrong !== undefined || once.length > mostScopes
    ? Effect.fail(
        invalidRequest(
          "scopes",
          wrong === undefined
            ? Sentence.make("tooManyScopes", { count: once.length })
            : Sentence.make("notAScope", { text: wrong }),
          Sentence.make("giveScopes"),
        ),
      )
    : Effect.succeed(once)
}
