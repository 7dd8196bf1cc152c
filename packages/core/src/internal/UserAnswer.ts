/** The tokens in an answer of the token endpoint for users. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as OAuth from "@effect-feishu/contract/OAuth"
import * as Secret from "../Secret.ts"
import type { UserTokens } from "../UserTokenStore.ts"

/** The life of an access token in seconds, where an answer does not say (documented). */
const accessSeconds = 7_200
/** The longest life of a refresh token in seconds: a user has to sign in again after 365 days (documented). */
const longestSeconds = 365 * 86_400

/** Returns the end of a life in unix milliseconds, whatever the server sent as its seconds. */
const endOf = (seconds: unknown, fallback: number | undefined, longest: number, now: number) =>
  typeof seconds === "number" && seconds >= 0
    ? now + Math.min(Math.floor(seconds), longest) * 1_000
    : fallback === undefined
      ? undefined
      : now + fallback * 1_000

/**
 * Returns the tokens of a login after an answer. The scopes are those of the answer, if it names any. The former refresh token is
 * used, whether or not there is a new one.
 */
export const after = (
  {
    account,
    appId,
    baseUrl,
    scopes,
    signedInAt,
  }: Pick<UserTokens, "account" | "appId" | "baseUrl" | "scopes" | "signedInAt">,
  answer: OAuth.UserAnswer,
): Effect.Effect<UserTokens> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const end = endOf(answer.refresh_token_expires_in, undefined, longestSeconds, now)
    const refreshToken = answer.refresh_token && Redacted.value(answer.refresh_token)
    return {
      appId,
      baseUrl,
      account,
      signedInAt,
      scopes: typeof answer.scope === "string" ? answer.scope.split(/\s+/).filter(isNotEmpty) : scopes,
      accessToken: Secret.accessToken(answer.access_token),
      accessTokenEndsAt: endOf(answer.expires_in, accessSeconds, longestSeconds, now)!,
      ...(typeof refreshToken === "string" && isNotEmpty(refreshToken)
        ? {
            refreshToken: Secret.refreshToken(refreshToken),
            ...(end === undefined ? {} : { refreshTokenEndsAt: end }),
          }
        : {}),
    }
  })

const isNotEmpty = (text: string): boolean => text !== ""

const decode = Schema.decodeUnknownOption(OAuth.UserAnswer)

/**
 * Returns the tokens in an answer that has no code, as OAuth 2.0 does not know one, and the official command line does not require
 * one (sdk); `undefined` for every other answer. A refresh token is used by then: to refuse its answer would cost the login.
 */
export const withoutCode = (json: unknown): Effect.Effect<OAuth.UserAnswer> | undefined =>
  Object(json).code === undefined
    ? Option.getOrUndefined(Option.map(decode(json), Effect.succeed))
    : undefined
