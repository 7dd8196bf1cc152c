/**
 * Where the tokens of a signed-in user are kept. A refresh token is good once, so whoever refreshes holds a lock, reads
 * what is stored, and stores what comes: two that refresh at once would both be out.
 *
 * `memory` is for one process. `UserTokenFile` keeps them in a file, for many. For a database, write `read` and `locked`
 * with a row that is locked in a transaction.
 *
 * @example
 * ```ts
 * import { Effect } from "effect"
 * import { UserTokenStore } from "@effect-feishu/core"
 *
 * const program = Effect.gen(function* () {
 *   const store = UserTokenStore.memory()
 *   console.log(yield* store.read) // => undefined
 * })
 * await Effect.runPromise(program)
 * ```
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Semaphore from "effect/Semaphore"
import type { FeishuError } from "./FeishuError.ts"
import * as Secret from "./Secret.ts"

/** The account of a user in an app. */
export const Account = Schema.Struct({
  /** The `open_id`: the id of the user within the app. */
  openId: Schema.NonEmptyString,
  /** The id of the user for all apps of one developer. */
  unionId: Schema.optionalKey(Schema.String),
  /** The id of the user within the tenant, if the app may see it. */
  userId: Schema.optionalKey(Schema.String),
  name: Schema.optionalKey(Schema.String),
  enName: Schema.optionalKey(Schema.String),
  /** The tenant of the user. */
  tenantKey: Schema.optionalKey(Schema.String),
})
/** The account of a user in an app. */
export type Account = typeof Account.Type

/** A secret that is marked with its kind, from the text of it. */
const secret = <S extends Redacted.Redacted<string>>(make: (text: string) => S) => {
  const { label } = make("example")
  return Schema.NonEmptyString.pipe(
    Schema.decodeTo(
      Schema.declare((u: unknown): u is S => Redacted.isRedacted(u) && u.label === label),
      SchemaTransformation.transform({ decode: make, encode: (marked) => Redacted.value(marked) }),
    ),
  )
}

/** Unix time in milliseconds. */
const Millis = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))

/**
 * The Schema of the tokens of a login. Encoded, they are JSON in which both tokens can be read: that belongs into the
 * store, and nowhere else. Times are unix milliseconds.
 */
export const UserTokens = Schema.Struct({
  /** The app that the user has signed in to. */
  appId: Schema.NonEmptyString,
  /** The base URL that gave the tokens: they are sent nowhere else. */
  baseUrl: Schema.NonEmptyString,
  account: Account,
  /** The scopes of the access token. */
  scopes: Schema.Array(Schema.String),
  accessToken: secret(Secret.accessToken),
  accessTokenEndsAt: Millis,
  /** Absent if the user has not granted `offline_access`. Good once. */
  refreshToken: Schema.optionalKey(secret(Secret.refreshToken)),
  refreshTokenEndsAt: Schema.optionalKey(Millis),
  /** When the user signed in. 365 days later the user has to do so again, whatever was refreshed (documented). */
  signedInAt: Millis,
  /**
   * When the refresh token was sent, if its answer is not known: it may have been used since. Written before it is sent, so
   * that whoever comes after a process that was killed can say so.
   */
  refreshBegunAt: Schema.optionalKey(Millis),
})
/** The tokens of a login, and whose they are. */
export type UserTokens = typeof UserTokens.Type

/** A store of one login. */
export interface UserTokenStore {
  /** Returns the tokens; `undefined` if nobody has signed in. Takes no lock. */
  readonly read: Effect.Effect<UserTokens | undefined, FeishuError>
  /**
   * Calls `use` with what is stored, while nobody else holds the lock. `replace` puts other tokens in the place of those:
   * when it returns they are stored for good, and when it fails or is killed the former ones still are. `undefined` removes
   * them. `replace` is not interrupted while it writes, and the lock is held until it has ended.
   */
  readonly locked: <A, E, R>(
    use: (
      stored: UserTokens | undefined,
      replace: (tokens: UserTokens | undefined) => Effect.Effect<void, FeishuError>,
    ) => Effect.Effect<A, E, R>,
  ) => Effect.Effect<A, E | FeishuError, R>
}

/** A store in the memory of this process. What it holds is lost with the process, and a refresh token with it. */
export const memory = (initial?: UserTokens): UserTokenStore => {
  let stored = initial
  const turn = Semaphore.makeUnsafe(1)
  return {
    read: Effect.sync(() => stored),
    locked: (use) =>
      turn.withPermit(
        Effect.suspend(() =>
          use(stored, (tokens) =>
            Effect.sync(() => {
              stored = tokens
            }),
          ),
        ),
      ),
  }
}

/**
 * Returns an account as messages name it: the name, and the `open_id` in parentheses.
 *
 * @example
 * ```ts
 * import { UserTokenStore } from "@effect-feishu/core"
 *
 * console.log(UserTokenStore.inWords({ openId: "ou_1a2b", name: "张三" })) // => 张三 (ou_1a2b)
 * ```
 */
export const inWords = ({ enName, name = enName, openId }: Account): string =>
  name === undefined || name === "" ? openId : `${name} (${openId})`
