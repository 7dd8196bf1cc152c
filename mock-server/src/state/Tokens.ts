/**
 * Tokens of every kind, really minted, and known for what they are when they come back. Lifetimes are documented
 * unless said otherwise; times are unix milliseconds, `expire` is in seconds as on the wire.
 */
import { createHash } from "node:crypto"
import type { Random } from "effect/Random"
import * as Bounds from "../protocol/Bounds.ts"
import * as RecentMap from "./RecentMap.ts"

/** How long a new access token is good: that of a store app is good for a minute less. */
const lifetimes = { self_built: 7_200, store: 7_140, user: 7_200 } as const
/** With less than this left a new token is given, and the old one stays valid, in seconds. */
const renewBelowSeconds = 30 * 60
const refreshTokenSeconds = 604_800
/** After a refresh the access token before it stays good for so long (about a minute), in seconds. */
const graceSeconds = 60
/** Of an authorization code, in seconds. */
const codeSeconds = 300
/** Of an app ticket, in seconds. */
const ticketSeconds = 3 * 60 * 60

/** An access token as the mock remembers it. */
export interface Token {
  readonly kind: "tenant" | "app" | "user"
  readonly text: string
  readonly appId: string
  readonly tenant: string
  /** Those that a user has granted; absent where the app's own count. */
  readonly scopes?: ReadonlyArray<string> | undefined
  expiresAt: number
  /** One that is revoked is still known, by whose it was: the request belongs to that workspace. */
  revoked?: true
}

/** What a user has granted to an app. */
interface Grant {
  readonly appId: string
  readonly tenant: string
  readonly scopes: ReadonlyArray<string>
}

/** How an authorization was begun. */
interface Authorization extends Grant {
  readonly redirectUri?: string | undefined
  /** Of PKCE: the challenge, which the verifier must match. */
  readonly codeChallenge?: string | undefined
  readonly codeChallengeMethod?: "plain" | "S256" | undefined
}

/** Tokens of a user: the answer of the user token endpoint, without its code. */
interface UserTokens {
  readonly access_token: string
  readonly expires_in: number
  readonly refresh_token: string
  readonly refresh_token_expires_in: number
  readonly scope: string
  readonly token_type: "Bearer"
}

interface RefreshToken extends Grant {
  readonly expiresAt: number
  state: "good" | "used" | "revoked"
  /** The access token that came with it. */
  readonly accessToken: Token
}

/** See the members. */
export interface Tokens {
  /** The token of an app in a tenant, new or the one given before, and the whole seconds it is still good for. */
  readonly issueTenant: (
    app: { readonly app_id: string; readonly type: "self_built" | "store" },
    tenant: string,
    now: number,
  ) => { readonly text: string; readonly expire: number }
  /** The app access token of a store app. */
  readonly issueApp: (appId: string, now: number) => { readonly text: string; readonly expire: number }
  /** A JSON Web Token of the unified OAuth, each time a new one (inferred). */
  readonly issueClientCredentials: (
    appId: string,
    tenant: string,
    now: number,
  ) => { readonly text: string; readonly expire: number }
  /** The token of this text, also when it has expired or was revoked. */
  readonly find: (text: string) => Token | undefined
  /** Takes the validity of an access or refresh token away; whether it had any. */
  readonly revoke: (text: string) => boolean
  /** A ticket of a store app; those before it stay good until they end. */
  readonly mintTicket: (appId: string, now: number) => string
  readonly isTicket: (appId: string, text: string, now: number) => boolean
  /** The code that a user's authorization gives to the app. */
  readonly mintCode: (authorization: Authorization, now: number) => string
  /** Trades a code for tokens, or gives the error code. */
  readonly tradeCode: (
    request: {
      readonly appId: string
      readonly code: string
      readonly redirectUri: string | undefined
      readonly codeVerifier: string | undefined
    },
    now: number,
  ) => UserTokens | number
  /** Trades a refresh token for tokens, or gives the error code. */
  readonly refresh: (
    request: { readonly appId: string; readonly refreshToken: string },
    now: number,
  ) => UserTokens | number
  /** Every access token that is good. */
  readonly all: (now: number) => ReadonlyArray<Token>
}

/**
 * Tokens whose texts follow from the random numbers and the order in which they are asked for. Each, but for JSON Web
 * Tokens, is handed to `onSecret`, so that it is shown nowhere.
 */
export const make = (random: Random, onSecret: (text: string) => void): Tokens => {
  // Whoever asks for tokens without end gets them: those that were given first are forgotten, and refused from then on.
  const byText = RecentMap.make<Token>(Bounds.tokenBytes, textsOf)
  const latest = RecentMap.make<Token>(Bounds.tokenBytes, textsOf)
  const tickets = RecentMap.make<{ readonly appId: string; readonly expiresAt: number }>(
    Bounds.tokenBytes,
    ({ appId }) => [appId],
  )
  const codes = RecentMap.make<Authorization & { readonly expiresAt: number; used: boolean }>(
    Bounds.tokenBytes,
    (code) => [...textsOf(code), code.redirectUri ?? "", code.codeChallenge ?? ""],
  )
  const refreshTokens = RecentMap.make<RefreshToken>(Bounds.tokenBytes, (token) => [
    ...textsOf(token),
    ...textsOf(token.accessToken),
  ])

  const characters = (length: number) =>
    Array.from({ length }, () =>
      Math.floor(random.nextDoubleUnsafe() * 36)
        .toString(36)
        .toUpperCase(),
    ).join("")
  const jsonWebToken = (claims: object) =>
    [{ alg: "ES256", typ: "JWT" }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .concat(characters(86))
      .join(".")

  const keep = (token: Token, now: number): Token => {
    // One that has just expired is told from one that never was.
    for (const [text, { expiresAt }] of byText.entries()) {
      if (expiresAt + 86_400_000 > now) break
      byText.remove(text)
    }
    byText.set(token.text, token)
    if (!token.text.startsWith("eyJ")) onSecret(token.text)
    return token
  }
  const issue = (
    key: string,
    lifetimeSeconds: number,
    mint: (expiresAt: number) => Token,
    now: number,
  ): { readonly text: string; readonly expire: number } => {
    let token = latest.get(key)
    if (
      token === undefined ||
      token.revoked ||
      !byText.has(token.text) ||
      token.expiresAt - now < renewBelowSeconds * 1000
    ) {
      token = keep(mint(now + lifetimeSeconds * 1000), now)
      latest.set(key, token)
    }
    return { text: token.text, expire: Math.floor((token.expiresAt - now) / 1000) }
  }
  const giveToUser = (grant: Grant, now: number): UserTokens => {
    const { appId, scopes, tenant } = grant
    const claims = { client_id: appId, tenant_key: tenant, scope: scopes.join(" "), jti: characters(16) }
    const accessToken = keep(
      {
        kind: "user",
        text: jsonWebToken({ ...claims, exp: Math.floor(now / 1000) + lifetimes.user }),
        appId,
        tenant,
        scopes,
        expiresAt: now + lifetimes.user * 1000,
      },
      now,
    )
    const refreshToken = jsonWebToken({ ...claims, exp: Math.floor(now / 1000) + refreshTokenSeconds })
    refreshTokens.set(refreshToken, {
      ...grant,
      expiresAt: now + refreshTokenSeconds * 1000,
      state: "good",
      accessToken,
    })
    return {
      access_token: accessToken.text,
      expires_in: lifetimes.user,
      refresh_token: refreshToken,
      refresh_token_expires_in: refreshTokenSeconds,
      scope: scopes.join(" "),
      token_type: "Bearer",
    }
  }

  return {
    issueTenant: ({ app_id: appId, type }, tenant, now) =>
      issue(
        `tenant ${appId} ${tenant}`,
        lifetimes[type],
        (expiresAt) => ({ kind: "tenant", text: `t-g${characters(39)}`, appId, tenant, expiresAt }),
        now,
      ),
    issueApp: (appId, now) =>
      issue(
        `app ${appId}`,
        lifetimes.store,
        (expiresAt) => ({ kind: "app", text: `a-g${characters(39)}`, appId, tenant: "", expiresAt }),
        now,
      ),
    issueClientCredentials: (appId, tenant, now) => {
      const exp = Math.floor(now / 1000) + lifetimes.self_built
      const text = jsonWebToken({ client_id: appId, tenant_key: tenant, exp, jti: characters(16) })
      keep({ kind: "tenant", text, appId, tenant, expiresAt: now + lifetimes.self_built * 1000 }, now)
      return { text, expire: lifetimes.self_built }
    },
    find: (text) => byText.get(text),
    revoke: (text) => {
      const refreshToken = refreshTokens.get(text)
      if (refreshToken !== undefined) refreshToken.state = "revoked"
      const token = byText.get(text)
      const isGood = token !== undefined && !token.revoked
      if (isGood) token.revoked = true
      return isGood || refreshToken !== undefined
    },
    mintTicket: (appId, now) => {
      const text = `g1${characters(38)}`
      tickets.set(text, { appId, expiresAt: now + ticketSeconds * 1000 })
      onSecret(text)
      return text
    },
    isTicket: (appId, text, now) => {
      const ticket = tickets.get(text)
      return ticket !== undefined && ticket.appId === appId && now < ticket.expiresAt
    },
    mintCode: (authorization, now) => {
      const text = characters(32)
      codes.set(text, { ...authorization, expiresAt: now + codeSeconds * 1000, used: false })
      onSecret(text)
      return text
    },
    tradeCode: ({ appId, code: text, codeVerifier, redirectUri }, now) => {
      const code = codes.get(text)
      if (code === undefined || code.used) return 20003
      if (now >= code.expiresAt) return 20004
      if (code.appId !== appId) return 20024
      // That these are told with the same code is inferred.
      if (code.redirectUri !== undefined && code.redirectUri !== redirectUri) return 20024
      if (code.codeChallenge !== undefined && challengeOf(codeVerifier, code) !== code.codeChallenge)
        return 20024
      code.used = true
      return giveToUser(code, now)
    },
    refresh: ({ appId, refreshToken: text }, now) => {
      const token = refreshTokens.get(text)
      if (token === undefined) return 20026
      if (token.appId !== appId) return 20024
      if (token.state === "used") return 20073
      if (token.state === "revoked") return 20064
      if (now >= token.expiresAt) return 20037
      token.state = "used"
      token.accessToken.expiresAt = Math.min(token.accessToken.expiresAt, now + graceSeconds * 1000)
      return giveToUser({ appId, tenant: token.tenant, scopes: token.scopes }, now)
    },
    all: (now) => [...byText.values()].filter(({ expiresAt, revoked }) => !revoked && now < expiresAt),
  }
}

/** What is remembered of a token or a grant as text. */
const textsOf = ({
  scopes = [],
  tenant,
  text = "",
}: {
  readonly scopes?: ReadonlyArray<string> | undefined
  readonly tenant: string
  readonly text?: string
}): ReadonlyArray<string> => [text, tenant, ...scopes]

const challengeOf = (
  verifier: string | undefined,
  { codeChallengeMethod }: Authorization,
): string | undefined =>
  verifier === undefined || codeChallengeMethod !== "S256"
    ? verifier
    : createHash("sha256").update(verifier).digest("base64url")
