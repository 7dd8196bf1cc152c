/**
 * Tokens of every kind: the mock mints them, and recognises them when they come back. Lifetimes are documented unless a
 * comment says otherwise. Times are unix milliseconds; `expire` is in seconds, as on the wire.
 */
import { createHash } from "node:crypto"
import type { Random } from "effect/Random"
import * as Bounds from "../protocol/Bounds.ts"
import * as RecentMap from "./RecentMap.ts"

/** The lifetime of a new access token in seconds; that of a store app is a minute shorter. */
const lifetimes = { self_built: 7_200, store: 7_140, user: 7_200 } as const
/** With fewer seconds left than this, a new token is given, and the old one stays valid. */
const renewBelowSeconds = 30 * 60
const refreshTokenSeconds = 604_800
/** After a refresh the access token before it stays valid for this many seconds (documented: about a minute). */
const graceSeconds = 60
/** The lifetime of an authorization code in seconds. */
const codeSeconds = 300
/** The lifetime of an app ticket in seconds. */
const ticketSeconds = 3 * 60 * 60

/** An access token as the mock remembers it. */
export interface Token {
  readonly kind: "tenant" | "app" | "user"
  readonly text: string
  readonly appId: string
  readonly tenant: string
  /** The `open_id` of the user, if the authorization has named one. */
  readonly user?: string | undefined
  /** The scopes that a user has granted; absent when the app's own scopes apply. */
  readonly scopes?: ReadonlyArray<string> | undefined
  expiresAt: number
  /** Set on a token that was revoked. It is still known, so that a request with it goes to its workspace. */
  revoked?: true
}

/** The scopes that a user has granted to an app. */
interface Grant {
  readonly appId: string
  readonly tenant: string
  readonly user?: string | undefined
  readonly scopes: ReadonlyArray<string>
}

/** An authorization, as the app began it. */
interface Authorization extends Grant {
  readonly redirectUri?: string | undefined
  /** The challenge of PKCE, which the verifier must match. */
  readonly codeChallenge?: string | undefined
  readonly codeChallengeMethod?: "plain" | "S256" | undefined
}

/** A user's tokens: the answer of the user token endpoint, except for its `code`. */
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

/** The tokens, tickets and codes of a workspace. */
export interface Tokens {
  /** Returns a new token of an app in a tenant, or the one issued before, and the whole seconds until it expires. */
  readonly issueTenant: (
    app: { readonly app_id: string; readonly type: "self_built" | "store" },
    tenant: string,
    now: number,
  ) => { readonly text: string; readonly expire: number }
  /** Returns the app access token of a store app. */
  readonly issueApp: (appId: string, now: number) => { readonly text: string; readonly expire: number }
  /** Returns a JSON Web Token of the unified OAuth, each time a new one (inferred). */
  readonly issueClientCredentials: (
    appId: string,
    tenant: string,
    now: number,
  ) => { readonly text: string; readonly expire: number }
  /** Returns the token with this text, also when it has expired or was revoked. */
  readonly find: (text: string) => Token | undefined
  /** Revokes an access or refresh token. Returns `false` when it was not valid. */
  readonly revoke: (text: string) => boolean
  /** Returns a new ticket of a store app; earlier ones stay valid until they expire. */
  readonly mintTicket: (appId: string, now: number) => string
  readonly isTicket: (appId: string, text: string, now: number) => boolean
  /** Returns the code that the app gets from a user's authorization. */
  readonly mintCode: (authorization: Authorization, now: number) => string
  /** Returns tokens for a code, or the error code. */
  readonly tradeCode: (
    request: {
      readonly appId: string
      readonly code: string
      readonly redirectUri: string | undefined
      readonly codeVerifier: string | undefined
    },
    now: number,
  ) => UserTokens | number
  /** Returns tokens for a refresh token, or the error code. */
  readonly refresh: (
    request: { readonly appId: string; readonly refreshToken: string },
    now: number,
  ) => UserTokens | number
  /** Returns every access token that is valid. */
  readonly all: (now: number) => ReadonlyArray<Token>
}

/**
 * Makes tokens. Their texts follow from the random numbers and the order of the requests. Each text goes to `onSecret`, so
 * that it is never shown; JSON Web Tokens are recognised without that.
 */
export const make = (random: Random, onSecret: (text: string) => void): Tokens => {
  // A client may request tokens without end: the oldest are forgotten, and refused from then on.
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
    // For a day after it expired, a token is answered as expired, not as unknown.
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
    const { appId, scopes, tenant, user } = grant
    const claims = { client_id: appId, tenant_key: tenant, scope: scopes.join(" "), jti: characters(16) }
    const accessToken = keep(
      {
        kind: "user",
        text: jsonWebToken({ ...claims, exp: Math.floor(now / 1000) + lifetimes.user }),
        appId,
        tenant,
        user,
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
      // That these two refusals have the same code is inferred.
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
      return giveToUser({ appId, tenant: token.tenant, user: token.user, scopes: token.scopes }, now)
    },
    all: (now) => [...byText.values()].filter(({ expiresAt, revoked }) => !revoked && now < expiresAt),
  }
}

/** Returns the texts of a token or a grant that take memory. */
const textsOf = ({
  scopes = [],
  tenant,
  text = "",
  user = "",
}: {
  readonly scopes?: ReadonlyArray<string> | undefined
  readonly tenant: string
  readonly text?: string
  readonly user?: string | undefined
}): ReadonlyArray<string> => [text, tenant, user, ...scopes]

const challengeOf = (
  verifier: string | undefined,
  { codeChallengeMethod }: Authorization,
): string | undefined =>
  verifier === undefined || codeChallengeMethod !== "S256"
    ? verifier
    : createHash("sha256").update(verifier).digest("base64url")
