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
import type * as Duration from "effect/Duration"
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

/** A refresh has this long: its answer must not be thrown away, and the present access token serves meanwhile. */
const patience = { headersTimeout: 60_000, idleTimeout: 60_000, attemptTimeout: 60_000 }

/** The pause between two attempts to store tokens that could not be stored. */
const savePause = "10 seconds"

type Replace = (tokens: UserTokenStore.UserTokens) => Effect.Effect<void, FeishuError>

/** Makes the source. */
export const make = Effect.fnUntraced(function* ({
  tokens: store,
  unansweredRest = "5 seconds",
  ...app
}: UserOptions): Effect.fn.Return<UserTokenSource, FeishuError, TokenEndpoints.Requirements> {
  const { appId } = app
  const config = yield* FeishuConfig
  const rest = Effect.sleep(unansweredRest)
  const scope = yield* Effect.scope
  // A refresh that is under way when the scope is closed is waited for, and needs its deadlines until then.
  const lasting = yield* Effect.acquireRelease(Scope.make(), (scope) => Scope.close(scope, Exit.void))
  const endpoints = yield* TokenEndpoints.make(app).pipe(
    Scope.provide(lasting),
    Effect.provideService(FeishuConfig, longer(config)),
  )

  /** The account that this source reads with. */
  let openId: string | undefined
  /** A refresh token that is refused for good, and the error: nothing is sent until the store has another. */
  let refused: { readonly token: Secret.RefreshToken; readonly error: FeishuError } | undefined
  /** The tokens of a refresh that could not be stored, and the used one that still is: this process goes on with them. */
  let unsaved: { readonly next: UserTokenStore.UserTokens; readonly used: Secret.RefreshToken } | undefined

  /** Holds the lock of the store. What is written there is written whole before the lock is free again. */
  const locked = <A>(
    use: (found: UserTokenStore.UserTokens | undefined, replace: Replace) => Effect.Effect<A, FeishuError>,
  ) => store.locked((found, replace) => use(found, (tokens) => Effect.uninterruptible(replace(tokens))))

  /** Stores what could not be stored, unless the user has signed in again meanwhile; returns what is stored then. */
  const save = Effect.fnUntraced(function* (found: UserTokenStore.UserTokens | undefined, replace: Replace) {
    if (unsaved === undefined) return found
    const { next, used } = unsaved
    const isStale = isSame(found?.refreshToken, used)
    if (isStale) yield* replace(next)
    unsaved = undefined
    return isStale ? next : found
  })
  const saving = Effect.suspend(() => (unsaved === undefined ? Effect.void : Effect.asVoid(locked(save))))
  yield* Effect.addFinalizer(() => Effect.ignore(saving))
  const saveLater = Effect.delay(Effect.ignore(saving), savePause).pipe(
    Effect.repeat({ while: () => unsaved !== undefined }),
    Effect.forkIn(scope),
  )

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
    if (found.baseUrl !== config.baseUrl) return yield* required("other base URL", undefined, found.baseUrl)
    openId ??= found.account.openId
    if (found.account.openId !== openId) {
      return yield* required("other account", undefined, UserTokenStore.inWords(found.account))
    }
    return found
  })
  const login = Effect.flatMap(store.read, checked)

  /** Stores the tokens of an answer. If that fails they are good nevertheless, and this process goes on with them. */
  const keep = Effect.fnUntraced(function* (
    next: UserTokenStore.UserTokens,
    used: Secret.RefreshToken,
    replace: Replace,
  ) {
    unsaved = { next, used }
    yield* replace(next).pipe(
      Effect.map(() => {
        unsaved = undefined
      }),
      Effect.catch((error) =>
        Effect.andThen(
          Sentence.warn(
            Sentence.make("loginNotStored", {
              account: UserTokenStore.inWords(next.account),
              text: error.message,
            }),
          ),
          saveLater,
        ),
      ),
    )
  })

  /** Refreshes what is stored. To be called while the lock is held. */
  const refreshed = Effect.fnUntraced(function* (
    stored: UserTokenStore.UserTokens,
    replace: Replace,
  ): Effect.fn.Return<UserTokenStore.UserTokens, FeishuError> {
    const { refreshToken } = stored
    if (refreshToken === undefined) return yield* required("no refresh token", stored)
    if (refused !== undefined && isSame(refused.token, refreshToken)) return yield* refused.error
    /** True when the server may have taken the token, or may still be about to, although no answer is known. */
    let mayBeTaken = stored.refreshBegunAt !== undefined
    yield* replace({ ...stored, refreshBegunAt: yield* Clock.currentTimeMillis })

    let next: UserTokenStore.UserTokens | undefined
    const refresh = endpoints.call({
      path: OAuth.userTokenPath,
      request: endpoints.jsonRequest(
        OAuth.userTokenPath,
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
        Effect.suspend(() => (mayBeTaken ? rest : Effect.void)).pipe(
          Effect.andThen(
            send.pipe(
              Effect.tap((answer) =>
                Effect.gen(function* () {
                  next = yield* UserAnswer.after(stored, answer)
                  yield* keep(next, refreshToken, replace)
                }),
              ),
              Effect.tapError((error) =>
                Effect.sync(() => {
                  mayBeTaken ||= isUnanswered(error)
                }),
              ),
              Effect.uninterruptible,
            ),
          ),
        ),
    })

    /** Returns newer tokens, if somebody who does not see the lock, as on another machine, has stored some. */
    const newer = Effect.map(login, (now) => (isSame(now.refreshToken, refreshToken) ? undefined : now))
    /** Takes the mark off a token of which it is known that this process has not used it. */
    const unmark = Effect.gen(function* () {
      if (!mayBeTaken && next === undefined && (yield* newer) === undefined) yield* replace(stored)
    }).pipe(Effect.ignore)
    const failed = Effect.fnUntraced(function* (
      error: FeishuError,
    ): Effect.fn.Return<UserTokenStore.UserTokens, FeishuError> {
      const why = error.code === undefined ? undefined : finalRefusals[error.code]
      if (why === undefined) {
        yield* unmark
        const { reason } = error
        return yield* reason._tag === "AuthenticationFailed"
          ? error.with({ reason: reason.ofApp(appId, UserTokenStore.inWords(stored.account)) })
          : error
      }
      const now = yield* newer
      if (now !== undefined) return now
      const isLost = why === "used or revoked" && mayBeTaken
      const isYear = why === "expired" && (yield* Clock.currentTimeMillis) >= stored.signedInAt + yearMillis
      const ended = endedBy(error, stored, isLost ? "answer lost" : isYear ? "a year" : why)
      refused = { token: refreshToken, error: ended }
      yield* unmark
      return yield* ended
    })
    return yield* Effect.matchEffect(
      Effect.onInterrupt(refresh, () => unmark),
      {
        onFailure: failed,
        onSuccess: () => Effect.succeed(next!),
      },
    )
  })

  const endedBy = (
    { logId, operation, reason }: FeishuError,
    stored: UserTokenStore.UserTokens,
    why: SignInRequired["why"],
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

  /** Returns the access token of a login, if it is good for some time, and not the one that is to be replaced. */
  const usable = (
    { accessToken, accessTokenEndsAt }: UserTokenStore.UserTokens,
    present: TokenCache.Token | undefined,
  ): Effect.Effect<TokenCache.Fetched | undefined> =>
    Effect.map(Clock.currentTimeMillis, (now) =>
      accessTokenEndsAt - now >= tooShortMillis &&
      (present === undefined || Redacted.value(accessToken) !== Redacted.value(present.value))
        ? fetched(accessToken, accessTokenEndsAt - now)
        : undefined,
    )

  const fetch = Effect.fnUntraced(function* (_: string, present: TokenCache.Token | undefined) {
    const found = yield* usable(unsaved?.next ?? (yield* login), present)
    if (found !== undefined) return found
    return yield* locked(
      Effect.fnUntraced(function* (found, replace) {
        const stored = yield* checked(yield* save(found, replace))
        const again = yield* usable(stored, present)
        if (again !== undefined) return again
        const { accessToken, accessTokenEndsAt } = yield* refreshed(stored, replace)
        return fetched(accessToken, accessTokenEndsAt - (yield* Clock.currentTimeMillis))
      }),
    )
  })

  return { login, tokens: yield* TokenCache.make(fetch, TokenEndpoints.onFetched(OAuth.userTokenPath)) }
})

const fetched = (value: Secret.AccessToken, millis: number): TokenCache.Fetched => ({
  value,
  expire: Math.floor(millis / 1_000),
})

/** Returns the settings with deadlines that are long enough for a refresh. */
const longer = (config: FeishuConfig["Service"]): FeishuConfig["Service"] => ({
  ...config,
  headersTimeout: Math.max(config.headersTimeout, patience.headersTimeout),
  idleTimeout: Math.max(config.idleTimeout, patience.idleTimeout),
  attemptTimeout: Math.max(config.attemptTimeout, patience.attemptTimeout),
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
