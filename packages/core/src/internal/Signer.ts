/** What all ways to sign in have in common: the token endpoint for users, and who a token is of. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as OAuth from "@effect-feishu/contract/OAuth"
import * as UserInfo from "@effect-feishu/contract/UserInfo"
import { FeishuConfig } from "../FeishuConfig.ts"
import { contractViolation, FeishuError, SignInFailed } from "../FeishuError.ts"
import * as Retry from "../Retry.ts"
import * as Sentence from "../Sentence.ts"
import type { Account, UserTokens } from "../UserTokenStore.ts"
import * as Attempt from "./Attempt.ts"
import * as TokenEndpoints from "./TokenEndpoints.ts"
import * as UserAnswer from "./UserAnswer.ts"

/** The services that signing in requires. */
export type Requirements = FeishuConfig | HttpClient.HttpClient

/** The endpoints, for one app. */
export interface Signer extends TokenEndpoints.TokenEndpoints {
  readonly config: FeishuConfig["Service"]
  /** Returns the login of an answer: its tokens, and whose they are. */
  readonly loginOf: (
    answer: OAuth.UserAnswer,
    asked: ReadonlyArray<string>,
  ) => Effect.Effect<UserTokens, FeishuError>
}

/** Provides retries of their own, since signing in is not part of a read. */
export const alone = <A, E, R>(
  effect: Effect.Effect<A, E, R | Retry.RetryBudget | Scope.Scope>,
): Effect.Effect<A, E, Exclude<R, Retry.RetryBudget | Scope.Scope>> =>
  Effect.provideService(Effect.scoped(effect), Retry.RetryBudget, Retry.makeBudget()) as Effect.Effect<
    A,
    E,
    Exclude<R, Retry.RetryBudget | Scope.Scope>
  >

/** Makes the endpoints. */
export const make = Effect.fnUntraced(function* (
  app: TokenEndpoints.App,
): Effect.fn.Return<Signer, FeishuError, TokenEndpoints.Requirements> {
  const config = yield* FeishuConfig
  const endpoints = yield* TokenEndpoints.make(app)
  const sendOnce = yield* Attempt.make
  const budget = yield* Retry.RetryBudget
  const operation = `GET ${UserInfo.path}`

  const loginOf: Signer["loginOf"] = Effect.fnUntraced(function* (answer, asked) {
    // Its life begins when it was given, not when it is known whose it is.
    const now = yield* Clock.currentTimeMillis
    const { access_token: token } = answer
    let requests = 0
    const account = yield* Effect.suspend(() =>
      sendOnce({
        operation,
        request: HttpClientRequest.get(`${config.baseUrl}${UserInfo.path}`).pipe(
          HttpClientRequest.bearerToken(token),
        ),
        resends: requests++,
        secrets: [token],
        decode: (json, { logId, status }) =>
          Effect.mapError(
            decodeAccount(Object(json).data),
            () =>
              new FeishuError({
                reason: contractViolation(Sentence.make("noAccount"), { status, logId, cutShort: false }),
              }),
          ),
      }),
    ).pipe(
      Effect.mapError((error) => error.with({ operation, requests })),
      Retry.withRetries,
      Effect.provideService(Retry.RetryBudget, budget),
    )
    const before = {
      appId: app.appId,
      baseUrl: config.baseUrl,
      account: accountOf(account),
      scopes: asked,
      signedInAt: now,
    }
    return yield* UserAnswer.after(before, answer)
  })

  return { ...endpoints, config, loginOf }
})

const decodeAccount = Schema.decodeUnknownEffect(UserInfo.Data)

const accountOf = ({ en_name, name, open_id, tenant_key, union_id, user_id }: UserInfo.Data): Account => ({
  openId: open_id,
  ...(union_id ? { unionId: union_id } : {}),
  ...(user_id ? { userId: user_id } : {}),
  ...(name ? { name } : {}),
  ...(en_name ? { enName: en_name } : {}),
  ...(tenant_key ? { tenantKey: tenant_key } : {}),
})

/** Makes the error of a sign-in that did not succeed. */
export const failed = (
  appId: string,
  failure: SignInFailed["failure"],
  said: Partial<Pick<SignInFailed, "code" | "status" | "msg" | "logId">> = {},
): FeishuError => new FeishuError({ reason: new SignInFailed({ failure, appId, ...said }) })

/** Turns a refusal of Feishu into the error of a sign-in that did not succeed; every other error stays as it is. */
export const refusedAs =
  (appId: string, failure: SignInFailed["failure"]) =>
  (error: FeishuError): FeishuError => {
    const { reason } = error
    if (reason._tag !== "AuthenticationFailed" && reason._tag !== "RequestRefused") return error
    const { code, logId, msg, status } = reason
    const challengeUrl = reason._tag === "AuthenticationFailed" ? reason.challengeUrl : undefined
    return error.with({
      reason: new SignInFailed({ failure, appId, code, logId, msg, status, challengeUrl }),
    })
  }
