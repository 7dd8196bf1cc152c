/**
 * The access tokens of a user who has signed in. What is stored counts, not what this process remembers: others refresh it,
 * too, and a refresh token is good once.
 *
 * A login is lost only where nothing can repair it: Feishu has taken the refresh token, and the answer with the next one got
 * lost on its way, or with a process that ended before it was stored. So
 * - who holds the lock of the store reads again before it refreshes;
 * - that a refresh begins is stored before the request is sent, which also shows that the store can be written;
 * - from there until the answer is stored nothing is interrupted;
 * - a request that was not answered rests before the next one is sent: the server may still be working on it;
 * - no refusal removes anything.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as OAuth from "@effect-feishu/contract/OAuth"
import { FeishuConfig } from "../FeishuConfig.ts"
import { FeishuError, SignInRequired } from "../FeishuError.ts"
import type * as Secret from "../Secret.ts"
import * as Sentence from "../Sentence.ts"
import * as UserTokenStore from "../UserTokenStore.ts"
import * as TokenCache from "./TokenCache.ts"
import * as TokenEndpoints from "./TokenEndpoints.ts"
import * as UserAnswer from "./UserAnswer.ts"

/** The options of a source of a user's tokens. */
export interface UserOptions extends TokenEndpoints.App {
  /** Where the login is kept. */
  readonly tokens: UserTokenStore.UserTokenStore
  /**
   * How long a refresh token rests after a request with it that brought no answer, since the server may still be working on
   * it; default 5 seconds.
   */
  readonly unansweredRest?: Duration.Input | undefined
}

/** A source of a user's tokens. */
export interface UserTokenSource {
  readonly tokens: TokenCache.TokenCache
  /** Returns what is stored, of this app and base URL. */
  readonly login: Effect.Effect<UserTokenStore.UserTokens, FeishuError>
}

/** An access token with fewer seconds left is refreshed before it is used. */
const tooShortMillis = 60_000

/** After so long a user has to sign in again, whatever was refreshed (documented). */
const yearMillis = 365 * 86_400_000

/** The codes with which a refresh token is refused for good, and why (documented). */
const finalRefusals: Readonly<Record<number, SignInRequired["why"]>> = {
  20024: "not known",
  20026: "not known",
  20037: "expired",
  20064: "used or revoked",
  20073: "used or revoked",
}

const encodeRefresh = Schema.encodeSync(OAuth.RefreshTokenRequest)

/** Makes the source. */
export const make = Effect.fnUntraced(function* ({
  tokens: store,
  unansweredRest = "5 seconds",
  ...app
}: UserOptions): Effect.fn.Return<UserTokenSource, FeishuError, TokenEndpoints.Requirements> {
  const { appId } = app
  const { baseUrl } = yield* FeishuConfig
  const restMillis = Duration.toMillis(Duration.fromInputUnsafe(unansweredRest))
  // A refresh that is under way when the scope is closed is waited for, and needs its deadlines until then.
  const scope = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const endpoints = yield* Scope.provide(TokenEndpoints.make(app), scope)

  /** The tokens of a refresh that could not be stored, and the used one that still is: this process goes on with them. */
  let unsaved: { readonly next: UserTokenStore.UserTokens; readonly used: Secret.RefreshToken } | undefined
  /** Stores them, unless the user has signed in again meanwhile; returns what is stored then. */
  const save = Effect.fnUntraced(function* (
    found: UserTokenStore.UserTokens | undefined,
    replace: (tokens: UserTokenStore.UserTokens) => Effect.Effect<void, FeishuError>,
  ) {
    if (unsaved === undefined) return found
    const { next, used } = unsaved
    const isStale = isSame(found?.refreshToken, used)
    if (isStale) yield* replace(next)
    unsaved = undefined
    return isStale ? next : found
  })
  yield* Effect.addFinalizer(() => (unsaved === undefined ? Effect.void : Effect.ignore(store.locked(save))))
  /** The account that this source reads with. */
  let openId: string | undefined

  const required = (why: SignInRequired["why"], stored?: UserTokenStore.UserTokens, ofLogin?: string) =>
    new FeishuError({
      reason: new SignInRequired({
        why,
        appId,
        account: stored === undefined ? undefined : UserTokenStore.inWords(stored.account),
        ofLogin,
      }),
    })

  const checked = Effect.fnUntraced(function* (
    found: UserTokenStore.UserTokens | undefined,
  ): Effect.fn.Return<UserTokenStore.UserTokens, FeishuError> {
    if (found === undefined) return yield* required("not signed in")
    if (found.appId !== appId) return yield* required("other app", undefined, found.appId)
    if (found.baseUrl !== baseUrl) return yield* required("other base URL", undefined, found.baseUrl)
    openId ??= found.account.openId
    if (found.account.openId !== openId) {
      return yield* required("other account", undefined, UserTokenStore.inWords(found.account))
    }
    return found
  })
  const login = Effect.flatMap(store.read, checked)

  const fetched = ({ accessToken, accessTokenEndsAt }: UserTokenStore.UserTokens, now: number) => ({
    value: accessToken,
    expire: Math.floor((accessTokenEndsAt - now) / 1_000),
  })

  /** True when an access token is good for some time, and is another one than that which is to be replaced. */
  const isGood = (
    { accessToken, accessTokenEndsAt }: UserTokenStore.UserTokens,
    present: TokenCache.Token | undefined,
    now: number,
  ) =>
    accessTokenEndsAt - now >= tooShortMillis &&
    (present === undefined || Redacted.value(accessToken) !== Redacted.value(present.value))

  const refreshed = Effect.fnUntraced(function* (
    stored: UserTokenStore.UserTokens,
    replace: (tokens: UserTokenStore.UserTokens) => Effect.Effect<void, FeishuError>,
  ): Effect.fn.Return<UserTokenStore.UserTokens, FeishuError> {
    const { refreshToken } = stored
    if (refreshToken === undefined) return yield* required("no refresh token", stored)
    /** When the last request without an answer ended, and whether the server may have taken the token then. */
    let unansweredAt = stored.refreshBegunAt
    yield* replace({ ...stored, refreshBegunAt: yield* Clock.currentTimeMillis })
    const rest = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      unansweredAt === undefined
        ? Effect.void
        : // The clock may have been set back since.
          Effect.sleep(Math.min(Math.max(unansweredAt + restMillis - now, 0), restMillis)),
    )
    let next: UserTokenStore.UserTokens | undefined
    const path = OAuth.userTokenPath
    yield* endpoints
      .call({
        path,
        request: endpoints.jsonRequest(
          path,
          encodeRefresh({
            grant_type: "refresh_token",
            client_id: appId,
            client_secret: app.appSecret,
            refresh_token: refreshToken,
          }),
        ),
        secrets: [refreshToken],
        answer: OAuth.UserAnswer,
        outcome: UserAnswer.withoutCode,
        tokenOf: (answer) => answer.access_token,
        around: (send) =>
          Effect.andThen(
            rest,
            send.pipe(
              Effect.tap((answer) =>
                Effect.gen(function* () {
                  next = yield* UserAnswer.after(stored, answer)
                  unsaved = { next, used: refreshToken }
                  yield* replace(next)
                  unsaved = undefined
                }).pipe(
                  // The tokens are good, and the store is not: the login lasts as long as this process does.
                  Effect.catch((error) =>
                    Sentence.warn(
                      Sentence.make("loginNotStored", {
                        account: UserTokenStore.inWords(stored.account),
                        text: error.message,
                      }),
                    ),
                  ),
                ),
              ),
              Effect.tapError((error) =>
                isUnanswered(error)
                  ? Effect.map(Clock.currentTimeMillis, (now) => {
                      unansweredAt = now
                    })
                  : Effect.void,
              ),
              Effect.uninterruptible,
            ),
          ),
      })
      .pipe(
        Effect.catch((error) => {
          const refusal = error.code === undefined ? undefined : finalRefusals[error.code]
          // Somebody who does not see the lock, as on another machine, may have refreshed meanwhile.
          const newer = Effect.filterOrElse(
            login,
            (now) => !isSame(now.refreshToken, refreshToken),
            () => Effect.fail(error),
          )
          if (refusal === undefined) {
            return unansweredAt === undefined
              ? // Feishu has answered, or got nothing: the token was not used.
                Effect.andThen(Effect.ignore(replace(stored)), error)
              : Effect.fail(error)
          }
          return Effect.flatMap(Clock.currentTimeMillis, (time) =>
            Effect.mapBoth(newer, {
              onSuccess: (now) => {
                next = now
              },
              onFailure: () =>
                ended(
                  stored,
                  refusal === "used or revoked" && unansweredAt !== undefined
                    ? "answer lost"
                    : refusal === "expired" && time >= stored.signedInAt + yearMillis
                      ? "a year"
                      : refusal,
                  error,
                ),
            }),
          )
        }),
      )
    return next!
  })

  const ended = (
    stored: UserTokenStore.UserTokens,
    why: SignInRequired["why"],
    { logId, operation, reason }: FeishuError,
  ) => {
    const { code, msg, status } = Object(reason) as Partial<SignInRequired>
    return new FeishuError({
      operation,
      reason: new SignInRequired({
        why,
        appId,
        account: UserTokenStore.inWords(stored.account),
        code,
        msg,
        status,
        logId,
      }),
    })
  }

  const fetch = Effect.fnUntraced(function* (_: string, present: TokenCache.Token | undefined) {
    const stored = unsaved?.next ?? (yield* login)
    const now = yield* Clock.currentTimeMillis
    if (isGood(stored, present, now)) return fetched(stored, now)
    return yield* store.locked(
      Effect.fnUntraced(function* (found, replace) {
        const again = yield* checked(yield* save(found, replace))
        const now = yield* Clock.currentTimeMillis
        if (isGood(again, present, now)) return fetched(again, now)
        const next = yield* refreshed(again, replace)
        return fetched(next, yield* Clock.currentTimeMillis)
      }),
    )
  })

  return { login, tokens: yield* TokenCache.make(fetch, TokenEndpoints.onFetched(OAuth.userTokenPath)) }
})

const isSame = (one: Secret.RefreshToken | undefined, other: Secret.RefreshToken): boolean =>
  one !== undefined && Redacted.value(one) === Redacted.value(other)

/** True when the server may have taken the token of a request, although no answer says so. */
const isUnanswered = ({ reason }: FeishuError): boolean => {
  switch (reason._tag) {
    case "TransportFailed":
      return reason.mayHaveArrived
    case "ContractViolation":
      return true
    case "ServerFailed":
    case "RateLimited":
      // Without a code it is the answer of something in front of Feishu.
      return reason.code === undefined
    default:
      return false
  }
}
