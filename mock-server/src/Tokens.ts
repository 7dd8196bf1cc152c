/** Tenant access tokens: really minted, and known for what they are when they come back. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { seeded } from "./Generator.ts"

/** How long a new token is good, in seconds (documented). */
const lifetimeSeconds = 7200
/** With less than this left a new token is given, and the old one stays valid (documented), in seconds. */
const renewBelowSeconds = 30 * 60

/** A token as the mock remembers it. */
export interface Token {
  readonly text: string
  readonly appId: string
  readonly tenant: string
  /** In milliseconds of the mock's clock. */
  readonly expiresAt: number
}

/** See the members. */
export class Tokens extends Context.Service<
  Tokens,
  {
    /** The token of an app in a tenant, new or the one given before, and the whole seconds it is still good for. */
    readonly issue: (
      appId: string,
      tenant: string,
    ) => Effect.Effect<{ readonly token: string; readonly expire: number }>
    /** The token of this text while it is valid, or `undefined`. */
    readonly find: (text: string) => Effect.Effect<Token | undefined>
  }
>()("@effect-feishu/mock-server/Tokens") {}

/** Tokens whose texts follow from the random seed and the order in which they are asked for. */
export const layer = (randomSeed: string | number): Layer.Layer<Tokens> =>
  Layer.effect(
    Tokens,
    Effect.gen(function* () {
      const random = yield* seeded(randomSeed, "tokens")
      const byText = new Map<string, Token>()
      const latest = new Map<string, Token>()
      const mint = () => {
        const digit = () =>
          Math.floor(random.nextDoubleUnsafe() * 36)
            .toString(36)
            .toUpperCase()
        return `t-g${Array.from({ length: 39 }, digit).join("")}`
      }
      return Tokens.of({
        issue: (appId, tenant) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            const key = `${appId} ${tenant}`
            let token = latest.get(key)
            if (token === undefined || token.expiresAt - now < renewBelowSeconds * 1000) {
              for (const [text, old] of byText) if (old.expiresAt <= now) byText.delete(text)
              token = { text: mint(), appId, tenant, expiresAt: now + lifetimeSeconds * 1000 }
              latest.set(key, token)
              byText.set(token.text, token)
            }
            return { token: token.text, expire: Math.floor((token.expiresAt - now) / 1000) }
          }),
        find: (text) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            const token = byText.get(text)
            return token !== undefined && now < token.expiresAt ? token : undefined
          }),
      })
    }),
  )
