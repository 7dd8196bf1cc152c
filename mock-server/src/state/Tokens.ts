/**
 * Tokens of every kind: the mock mints them, and recognises them when they come back. Lifetimes are documented unless a
 * comment says otherwise. Times are unix milliseconds; `expire` is in seconds, as on the wire.
 */
import { createHash } from "node:crypto"
import { OAuth } from "@effect-feishu/contract"
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
/** The characters of an authorization code (documented), of which the mock's have 64. */
const codeCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
/** For this long after the authorization its tokens are refreshed (documented). */
const yearMillis = 365 * 86_400_000
/** The lifetime of a device code, and the seconds between two requests with it: those that the official command line assumes (sdk). */
const deviceSeconds = 240
const deviceInterval = 5
/** The seconds by which the interval grows with each request that was too early (RFC 8628). */
const slowDownSeconds = 5
/** The characters of a user code: consonants make no words, and none is like a digit (RFC 8628). */
const userCodeCharacters = "BCDFGHJKLMNPQRSTVWXZ"
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

/** What a user has granted to an app. */
export interface Grant {
  readonly appId: string
  readonly tenant: string
  /** The `open_id`; absent for the token of nobody in particular, who took part in every meeting. */
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
  /** Only with the scope `offline_access` (documented). */
  readonly refresh_token?: string
  readonly refresh_token_expires_in?: number
  readonly scope: string
  readonly token_type: "Bearer"
}

interface RefreshToken extends Grant {
  readonly expiresAt: number
  /** When the user authorised the app: a year later nothing is refreshed any more. */
  readonly authorizedAt: number
  state: "good" | "used" | "revoked"
  /** The access token that came with it. */
  readonly accessToken: Token
  /** The answer for which it was used, and when. */
  successor?: { readonly tokens: UserTokens; readonly at: number; readonly accessToken: Token }
}

/** A login: what a user has granted to an app, and the tokens that the app has for it. */
interface Login extends Grant {
  readonly user: string
  /** When the user authorised the app last, in unix milliseconds. */
  readonly authorizedAt: number
}

/** A login at one moment. */
export interface LoginNow extends Login {
  /** The valid access tokens that the app has for it. */
  readonly accessTokens: number
  /** True when the app has a refresh token that is good. */
  readonly isRenewable: boolean
  /** When the last of its tokens ends, in unix milliseconds; absent when none is valid. */
  readonly endsAt?: number
}

/** The authorization of a device, which a user decides about on a page. */
export interface Device {
  readonly userCode: string
  readonly appId: string
  /** The scopes that the device asks for. */
  readonly scopes: ReadonlyArray<string>
  readonly expiresAt: number
  readonly state: "pending" | "allowed" | "denied" | "used"
  /** What a user has granted to it. */
  readonly grant?: Grant
}

interface KeptDevice extends Device {
  state: Device["state"]
  grant?: Grant
  authorizedAt: number
  /** Seconds between two requests of the device. */
  interval: number
  polledAt: number
}

/** What a request for a user's tokens says in addition to its code or token. */
interface TokenRequest {
  readonly appId: string
  /** The scopes to which the token is to be narrowed, separated by blanks. */
  readonly scope?: string | undefined
}

/** Returns the code for which a grant gives no tokens now, although the user has granted it. */
type Refusal = (grant: Grant) => number | undefined

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
  /** Returns the code that the app gets from a user's authorization. What a user grants adds up (documented). */
  readonly mintCode: (authorization: Authorization, now: number) => string
  /** Returns tokens for a code, or the error code. A refused request does not use the code up (inferred). */
  readonly tradeCode: (
    request: TokenRequest & {
      readonly code: string
      readonly redirectUri: string | undefined
      readonly codeVerifier: string | undefined
    },
    now: number,
    refusalOf?: Refusal,
  ) => UserTokens | number
  /** Begins the authorization of a device. */
  readonly beginDevice: (
    device: Pick<Device, "appId" | "scopes">,
    now: number,
  ) => {
    readonly deviceCode: string
    readonly userCode: string
    readonly expiresIn: number
    readonly interval: number
  }
  /** Returns the authorizations of devices that wait for a user, the newest last. */
  readonly pendingDevices: (now: number) => ReadonlyArray<Device>
  /** Returns the authorization of a device with this user code, whatever became of it; the newest, if there are several. */
  readonly device: (userCode: string) => Device | undefined
  /** Decides about a device that waits: with the grant of a user, or without one. False when none with this user code waits. */
  readonly decideDevice: (userCode: string, grant: Grant | undefined, now: number) => boolean
  /** Returns tokens for a device code, or the error, or the error code. */
  readonly tradeDevice: (
    request: TokenRequest & { readonly deviceCode: string },
    now: number,
    refusalOf?: Refusal,
  ) => UserTokens | OAuth.DeviceError | number
  /**
   * Returns tokens for a refresh token, or the error code. A refused request does not use the token up. For `graceSeconds` after its
   * use the same token is answered again.
   */
  readonly refresh: (
    request: TokenRequest & { readonly refreshToken: string; readonly graceSeconds?: number },
    now: number,
    refusalOf?: Refusal,
  ) => UserTokens | number
  /** Returns what users have granted, one for each app and user, in the order of their last authorization. */
  readonly logins: (now: number) => ReadonlyArray<LoginNow>
  /** Revokes what a user has granted to an app, and the tokens for it. Returns the number of tokens that were valid. */
  readonly revokeLogin: (login: { readonly appId: string; readonly user: string }, now: number) => number
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
  const codes = RecentMap.make<
    Authorization & { readonly authorizedAt: number; readonly expiresAt: number; used: boolean }
  >(Bounds.tokenBytes, (code) => [...textsOf(code), code.redirectUri ?? "", code.codeChallenge ?? ""])
  const grants = RecentMap.make<Login>(Bounds.tokenBytes, textsOf)
  const devices = RecentMap.make<KeptDevice>(Bounds.tokenBytes, (device) => [
    device.userCode,
    device.appId,
    ...device.scopes,
  ])
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
  const lettersOf = (alphabet: string, length: number) =>
    Array.from({ length }, () => alphabet[Math.floor(random.nextDoubleUnsafe() * alphabet.length)]).join("")
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
  /** Keeps what a user grants now, and returns all that the user has granted to the app so far. */
  const granted = <G extends Grant>(grant: G, now: number): G => {
    const { appId, tenant, user } = grant
    if (user === undefined) return grant
    const scopes = [...new Set([...(grants.get(grantKey(grant))?.scopes ?? []), ...grant.scopes])]
    grants.set(grantKey(grant), { appId, tenant, user, scopes, authorizedAt: now })
    return { ...grant, scopes }
  }
  /** Returns all that the user of a grant has granted so far, also after it. */
  const scopesNow = (grant: Grant): ReadonlyArray<string> =>
    grants.get(grantKey(grant))?.scopes ?? grant.scopes
  const giveToUser = (
    grant: Grant,
    authorizedAt: number,
    now: number,
  ): { readonly tokens: UserTokens; readonly accessToken: Token } => {
    const { appId, scopes, tenant, user } = grant
    const jti = characters(16)
    const claims = {
      client_id: appId,
      tenant_key: tenant,
      scope: scopes.join(" "),
      jti,
      // Feishu's own have 1 to 2 KB (documented).
      ctx: createHash("shake256", { outputLength: 600 }).update(jti).digest("base64url"),
    }
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
    const tokens = { access_token: accessToken.text, expires_in: lifetimes.user }
    const rest = { scope: scopes.join(" "), token_type: "Bearer" } as const
    if (!scopes.includes(OAuth.offlineAccess)) return { tokens: { ...tokens, ...rest }, accessToken }
    const refreshToken = jsonWebToken({ ...claims, exp: Math.floor(now / 1000) + refreshTokenSeconds })
    refreshTokens.set(refreshToken, {
      appId,
      tenant,
      user,
      scopes,
      expiresAt: now + refreshTokenSeconds * 1000,
      authorizedAt,
      state: "good",
      accessToken,
    })
    const refresh = { refresh_token: refreshToken, refresh_token_expires_in: refreshTokenSeconds }
    return { tokens: { ...tokens, ...refresh, ...rest }, accessToken }
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
      const text = lettersOf(codeCharacters, 64)
      codes.set(text, {
        ...granted(authorization, now),
        authorizedAt: now,
        expiresAt: now + codeSeconds * 1000,
        used: false,
      })
      onSecret(text)
      return text
    },
    tradeCode: ({ appId, code: text, codeVerifier, redirectUri, scope }, now, refusalOf) => {
      const code = codes.get(text)
      if (code === undefined) return 20003
      if (code.appId !== appId) return 20024
      if (code.used) return 20065
      if (now >= code.expiresAt) return 20004
      if (code.redirectUri !== undefined && code.redirectUri !== redirectUri) return 20071
      if (code.codeChallenge !== undefined && challengeOf(codeVerifier, code) !== code.codeChallenge)
        return 20049
      const refusal = refusalOf?.(code)
      if (refusal !== undefined) return refusal
      const scopes = narrowed(code.scopes, scope)
      if (typeof scopes === "number") return scopes
      code.used = true
      return giveToUser({ ...code, scopes }, code.authorizedAt, now).tokens
    },
    beginDevice: ({ appId, scopes }, now) => {
      const deviceCode = lettersOf(codeCharacters, 64)
      const userCode = `${lettersOf(userCodeCharacters, 4)}-${lettersOf(userCodeCharacters, 4)}`
      devices.set(deviceCode, {
        userCode,
        appId,
        scopes,
        expiresAt: now + deviceSeconds * 1000,
        state: "pending",
        authorizedAt: now,
        interval: deviceInterval,
        polledAt: Number.NEGATIVE_INFINITY,
      })
      onSecret(deviceCode)
      onSecret(userCode)
      return { deviceCode, userCode, expiresIn: deviceSeconds, interval: deviceInterval }
    },
    pendingDevices: (now) =>
      [...devices.values()].filter(({ expiresAt, state }) => state === "pending" && now < expiresAt),
    device: (userCode) => [...devices.values()].findLast((device) => device.userCode === userCode),
    decideDevice: (userCode, grant, now) => {
      for (const device of devices.values()) {
        if (device.userCode !== userCode || device.state !== "pending" || now >= device.expiresAt) continue
        device.authorizedAt = now
        if (grant === undefined) device.state = "denied"
        else {
          device.grant = granted(grant, now)
          device.state = "allowed"
        }
        return true
      }
      return false
    },
    tradeDevice: ({ appId, deviceCode, scope }, now, refusalOf) => {
      const device = devices.get(deviceCode)
      if (device === undefined || device.appId !== appId || device.state === "used") return "invalid_grant"
      if (device.state === "denied") return "access_denied"
      if (now >= device.expiresAt) return "expired_token"
      const { polledAt } = device
      device.polledAt = now
      // The clock may have been set back. A timer may end a moment early.
      if (now >= polledAt && now - polledAt < device.interval * 1000 - 100) {
        device.interval += slowDownSeconds
        return "slow_down"
      }
      if (device.grant === undefined) return "authorization_pending"
      const refusal = refusalOf?.(device.grant)
      if (refusal !== undefined) return refusal
      const scopes = narrowed(device.grant.scopes, scope)
      if (typeof scopes === "number") return scopes
      device.state = "used"
      return giveToUser({ ...device.grant, scopes }, device.authorizedAt, now).tokens
    },
    refresh: ({ appId, graceSeconds: grace = 0, refreshToken: text, scope }, now, refusalOf) => {
      const token = refreshTokens.get(text)
      if (token === undefined) return 20026
      if (token.appId !== appId) return 20024
      const { successor } = token
      if (token.state === "used") {
        const next = refreshTokens.get(successor?.tokens.refresh_token ?? "")
        const isAgain = successor !== undefined && now < successor.at + grace * 1000 && next?.state === "good"
        if (!isAgain) return 20073
        return {
          ...successor.tokens,
          expires_in: Math.floor((successor.accessToken.expiresAt - now) / 1000),
        }
      }
      if (token.state === "revoked") return 20064
      if (now >= refreshEnd(token)) return 20037
      const refusal = refusalOf?.(token)
      if (refusal !== undefined) return refusal
      const scopes = narrowed(scopesNow(token), scope)
      if (typeof scopes === "number") return scopes
      token.state = "used"
      token.accessToken.expiresAt = Math.min(token.accessToken.expiresAt, now + graceSeconds * 1000)
      const { tenant, user } = token
      const given = giveToUser({ appId, tenant, user, scopes }, token.authorizedAt, now)
      token.successor = { ...given, at: now }
      return given.tokens
    },
    logins: (now) =>
      [...grants.values()].map((grant) => {
        const isOf = ({ appId, user }: Pick<Token, "appId" | "user">) =>
          appId === grant.appId && user === grant.user
        const access = [...byText.values()].filter(
          (token) => token.kind === "user" && !token.revoked && now < token.expiresAt && isOf(token),
        )
        const refresh = [...refreshTokens.values()].filter(
          (token) => token.state === "good" && now < refreshEnd(token) && isOf(token),
        )
        const ends = [...access.map(({ expiresAt }) => expiresAt), ...refresh.map(refreshEnd)]
        return {
          ...grant,
          accessTokens: access.length,
          isRenewable: refresh.length > 0,
          ...(ends.length === 0 ? {} : { endsAt: Math.max(...ends) }),
        }
      }),
    revokeLogin: ({ appId, user }, now) => {
      const isOf = (grant: Pick<Token, "appId" | "user">) => grant.appId === appId && grant.user === user
      let revoked = 0
      for (const [key, grant] of grants.entries()) if (isOf(grant)) grants.remove(key)
      for (const token of byText.values()) {
        if (!isOf(token) || token.revoked) continue
        token.revoked = true
        if (now < token.expiresAt) revoked++
      }
      for (const token of refreshTokens.values()) {
        if (!isOf(token) || token.state !== "good") continue
        token.state = "revoked"
        if (now < token.expiresAt) revoked++
      }
      for (const code of codes.values()) if (isOf(code)) code.used = true
      for (const device of devices.values())
        if (device.grant !== undefined && isOf(device.grant)) device.state = "used"
      return revoked
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

/** Returns when a refresh token is not good any more: after its own time, or a year after the authorization. */
const refreshEnd = ({ authorizedAt, expiresAt }: RefreshToken): number =>
  Math.min(expiresAt, authorizedAt + yearMillis)

const grantKey = ({ appId, tenant, user = "" }: Grant): string => `${appId} ${tenant} ${user}`

/** Returns the scopes of a token that a request narrows, or the code of what is wrong with it. */
const narrowed = (
  granted: ReadonlyArray<string>,
  scope: string | undefined,
): ReadonlyArray<string> | 20067 | 20068 => {
  const wanted = scopesIn(scope)
  if (wanted.length === 0) return granted
  if (new Set(wanted).size < wanted.length) return 20067
  return wanted.every((one) => granted.includes(one)) ? wanted : 20068
}

/** Returns the scopes of a text in which they are separated by blanks. */
export const scopesIn = (text: string | undefined): ReadonlyArray<string> =>
  (text ?? "").split(" ").filter((scope) => scope !== "")

const isVerifier = /^[A-Za-z0-9\-._~]{43,128}$/

/** Returns the challenge of a verifier; `undefined` for one that is missing or has another form than the documented one. */
const challengeOf = (
  verifier: string | undefined,
  { codeChallengeMethod }: Authorization,
): string | undefined => {
  if (verifier === undefined || !isVerifier.test(verifier)) return undefined
  return codeChallengeMethod === "S256" ? createHash("sha256").update(verifier).digest("base64url") : verifier
}
