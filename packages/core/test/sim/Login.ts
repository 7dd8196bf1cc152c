/**
 * The login of a user: its refresh tokens as Feishu knows them, and the store that all machines share. As with a file, what is
 * written is there as a whole or not at all, and a lock ends with the machine that holds it.
 */
import { Clock, Effect, Redacted } from "effect"
import { FeishuError, Secret, type UserTokenStore } from "@effect-feishu/core"
import type { Dice } from "./Dice.ts"
import type { Scenario } from "./Scenario.ts"
import type { Machine, VirtualTime } from "./VirtualTime.ts"

/** The account that signs in. */
export const account = { openId: "ou_simulated", name: "张三" }

/** A refresh token, and the access token that it came with. */
export interface RefreshToken {
  readonly value: string
  /** Later ones have higher numbers. */
  readonly number: number
  readonly accessToken: string
  readonly issuedAt: number
  /** Milliseconds that the access token lives as a client must understand it. */
  readonly toldLife: number
  readonly endsAt: number
  /** What came in its place when it was used. */
  successor: string | undefined
  revoked: boolean
}

/** What a refresh token is good for. */
type State = "good" | "used" | "revoked" | "over" | "not known"

/** See the members. */
export interface Login {
  readonly find: (refreshToken: string) => RefreshToken | undefined
  readonly withAccessToken: (accessToken: string) => RefreshToken | undefined
  readonly stateOf: (refreshToken: string) => State
  /** Gives out a refresh token with this access token, in the place of another one where there was one. */
  readonly issue: (accessToken: string, toldLife: number, before: RefreshToken | undefined) => RefreshToken
  /** The user, or an administrator, revokes all that was given out. */
  readonly revoke: () => void
  /** Whether it is in the store, or was. */
  readonly wasStored: (refreshToken: string) => boolean
  /** It was stored. */
  readonly store: (refreshToken: string) => void
  /** Nothing can be stored for so long. */
  readonly failStore: (millis: number) => void
  readonly unwritableUntil: () => number
}

const day = 86_400_000

/** Makes one that nobody has signed in to. */
export const make = (now: () => number): Login => {
  const given = new Map<string, RefreshToken>()
  const ofAccessToken = new Map<string, RefreshToken>()
  const stored = new Set<string>()
  let unwritableUntil = 0
  const stateOf = (refreshToken: string): State => {
    const known = given.get(refreshToken)
    if (known === undefined) return "not known"
    if (known.successor !== undefined) return "used"
    return known.revoked ? "revoked" : now() >= known.endsAt ? "over" : "good"
  }
  return {
    find: (refreshToken) => given.get(refreshToken),
    withAccessToken: (accessToken) => ofAccessToken.get(accessToken),
    stateOf,
    issue: (accessToken, toldLife, before) => {
      const value = `r-SECRET-${given.size + 1}`
      const issued = {
        value,
        number: given.size + 1,
        accessToken,
        issuedAt: now(),
        toldLife,
        endsAt: now() + 7 * day,
        successor: undefined,
        revoked: false,
      }
      given.set(value, issued)
      ofAccessToken.set(accessToken, issued)
      if (before !== undefined) before.successor = value
      return issued
    },
    revoke: () => {
      for (const known of given.values()) known.revoked = true
    },
    wasStored: (refreshToken) => stored.has(refreshToken),
    store: (refreshToken) => void stored.add(refreshToken),
    failStore: (millis) => {
      unwritableUntil = Math.max(unwritableUntil, now() + millis)
    },
    unwritableUntil: () => unwritableUntil,
  }
}

/** The store that machines share. */
export interface Store {
  readonly on: (machine: Machine) => UserTokenStore.UserTokenStore
  /** A machine was switched off: the lock that it held is free, and it waits for none. */
  readonly switchedOff: (machine: Machine) => void
}

interface Turn {
  readonly machine: Machine
  readonly take: () => void
}

/** What is stored of a token, by the clock of the machine that stores it. */
export const tokensOf = (
  { accessToken, value }: RefreshToken,
  accessTokenEndsAt: number,
  signedInAt: number,
): UserTokenStore.UserTokens => ({
  appId: "cli_simulated",
  baseUrl: "https://open.feishu.cn",
  account,
  scopes: ["vc:meeting:readonly", "offline_access"],
  accessToken: Secret.accessToken(accessToken),
  accessTokenEndsAt,
  refreshToken: Secret.refreshToken(value),
  signedInAt,
})

/** Makes it, with what is stored at first. */
export const makeStore = (
  login: Login,
  plan: NonNullable<Scenario["login"]>,
  initially: UserTokenStore.UserTokens,
  dice: Dice,
  time: VirtualTime,
  violate: (what: string) => void,
): Store => {
  let stored = initially
  let holder: Turn | undefined
  let waiting: Array<Turn> = []
  const next = () => {
    holder = waiting.shift()
    holder?.take()
  }
  const release = (turn: Turn) => {
    if (holder === turn) next()
    else waiting = waiting.filter((each) => each !== turn)
  }
  login.store(Redacted.value(initially.refreshToken!))

  const commit = (tokens: UserTokenStore.UserTokens | undefined) => {
    if (tokens === undefined) return violate("9 the store is cleared")
    const value = Redacted.value(tokens.refreshToken ?? Redacted.make(""))
    const former = login.find(Redacted.value(stored.refreshToken!))!
    if ((login.find(value)?.number ?? 0) < former.number)
      violate(`9 ${value} is stored in the place of ${former.value}`)
    login.store(value)
    stored = tokens
  }
  /** Written beside, and put in its place in one moment; then it takes a while until that is known. */
  const replaceOn = (machine: Machine) => (tokens: UserTokenStore.UserTokens | undefined) =>
    Effect.suspend(() => {
      if (time.now() < login.unwritableUntil())
        return Effect.fail(FeishuError.loginStoreFailed("login.json", "the disk is full", "Free some space."))
      return Effect.callback<void>((resume) => {
        time.after(
          dice.int(0, plan.writing),
          () => {
            commit(tokens)
            time.after(dice.int(0, plan.writing), () => resume(Effect.void), machine)
          },
          machine,
        )
      })
    }).pipe(Effect.uninterruptible)

  return {
    on: (machine) => ({
      read: Effect.sync(() => stored),
      locked: (use) =>
        Effect.uninterruptibleMask((restore) => {
          let turn: Turn | undefined
          const acquired = Effect.callback<void>((resume) => {
            turn = { machine, take: () => resume(Effect.void) }
            waiting.push(turn)
            if (holder === undefined) next()
          })
          return restore(acquired).pipe(
            Effect.andThen(Effect.suspend(() => restore(use(stored, replaceOn(machine))))),
            Effect.onExit(() => Effect.sync(() => turn && release(turn))),
          )
        }),
    }),
    switchedOff: (machine) => {
      waiting = waiting.filter((turn) => turn.machine !== machine)
      if (holder?.machine === machine) next()
    },
  }
}

/** The user signs in on a machine, perhaps although somebody else has done so meanwhile. */
export const signIn = (
  store: UserTokenStore.UserTokenStore,
  issue: () => RefreshToken,
  isGood: (refreshToken: string) => boolean,
) =>
  store.locked((stored, replace) =>
    Effect.suspend(() => {
      if (isGood(Redacted.value(stored!.refreshToken!))) return Effect.void
      return Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const issued = issue()
        return replace(tokensOf(issued, now + issued.toldLife, now))
      })
    }),
  )
