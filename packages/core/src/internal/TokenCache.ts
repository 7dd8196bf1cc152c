/**
 * Tokens by key. Each is fetched once for all callers that wait for it, and refreshed when it is used. No timer runs,
 * so a cache of many tenants costs only what its tokens cost.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { FeishuError } from "../FeishuError.ts"
import { monotonicMillis } from "./monotonic.ts"

/** A token, and its generation: a refused generation is replaced once, however many callers were refused. */
export interface Token {
  readonly value: Redacted.Redacted<string>
  readonly generation: number
}

/** The result of a fetch. */
export interface Fetched {
  readonly value: Redacted.Redacted<string>
  /** Seconds for which it is valid, as a server sends them: the value may be anything. */
  readonly expire: unknown
}

/** A cache of tokens by key. */
export interface TokenCache {
  /** A token that is valid as far as is known. Concurrent callers share one fetch. */
  readonly get: (key: string) => Effect.Effect<Token, FeishuError>
  /** Reports that Feishu refused a token of this generation: `get` will fetch another, once. */
  readonly invalidate: (key: string, generation: number) => Effect.Effect<void>
}

/** Feishu's tokens live two hours. A longer life in an answer, or none, is taken as two hours. */
const longestLifeMillis = 7_200_000
/** The shortest life of a token: with a shorter one every call would fetch a token. */
const shortestLifeMillis = 60_000
/** Within the last 30 minutes of a token Feishu gives a new one, and both are valid (documented). */
const refreshBeforeMillis = 25 * 60_000
/** A background refresh that failed is retried after this long; the present token is still valid. */
const refreshPauseMillis = 30_000
/** Entries of expired tokens are dropped when there are this many entries, and then whenever the number has doubled. */
const fewEntries = 1_000

interface Entry {
  token: Token | undefined
  endsAt: number
  refreshAt: number
  fetching: Deferred.Deferred<Token, FeishuError> | undefined
}

/**
 * Makes a cache. Fetches run in its scope, so a caller that is interrupted does not interrupt the fetch that others
 * wait for. Failures are never kept.
 */
export const make = Effect.fnUntraced(function* (
  /** Fetches the token of a key; `present` is the one that it is to replace, refused or near its end. */
  fetch: (key: string, present: Token | undefined) => Effect.Effect<Fetched, FeishuError>,
  onFetched: (expiresInMillis: number) => Effect.Effect<void>,
): Effect.fn.Return<TokenCache, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const entries = new Map<string, Entry>()
  let sweepAt = fewEntries
  // Shared by all keys: an entry that was dropped and made again must not repeat a generation.
  let generations = 0

  const entryOf = (key: string, time: number): Entry => {
    let entry = entries.get(key)
    if (entry === undefined) {
      if (entries.size >= sweepAt) {
        for (const [other, { endsAt, fetching }] of entries) {
          if (fetching === undefined && time >= endsAt) entries.delete(other)
        }
        sweepAt = Math.max(fewEntries, 2 * entries.size)
      }
      entry = { token: undefined, endsAt: 0, refreshAt: 0, fetching: undefined }
      entries.set(key, entry)
    }
    return entry
  }

  const fetchInto = Effect.fnUntraced(function* (key: string, entry: Entry) {
    const { expire, value } = yield* fetch(key, entry.token)
    const time = yield* monotonicMillis
    const life = Math.min(
      Math.max(typeof expire === "number" ? expire * 1000 : longestLifeMillis, shortestLifeMillis),
      longestLifeMillis,
    )
    // The same token again is not a new generation: a caller that was refused with it would be refused again.
    const again = entry.token !== undefined && Redacted.value(entry.token.value) === Redacted.value(value)
    const token = again ? entry.token! : { value, generation: ++generations }
    entry.token = token
    entry.endsAt = time + life
    entry.refreshAt = time + Math.max(life - refreshBeforeMillis, life / 2)
    yield* onFetched(life)
    return token
  }, Effect.withSpan("AccessToken.fetch"))

  /** Starts a fetch that replaces `present`, unless one is under way or has ended: all callers wait for the same one. */
  const startFetch = (key: string, entry: Entry, present: Token | undefined) =>
    Effect.suspend(() => {
      if (entry.fetching !== undefined) return Effect.succeed(entry.fetching)
      const deferred = Deferred.makeUnsafe<Token, FeishuError>()
      // Replaced since the caller saw it: to fetch again would replace the new one.
      if (entry.token !== undefined && entry.token !== present) {
        Deferred.doneUnsafe(deferred, Effect.succeed(entry.token))
        return Effect.succeed(deferred)
      }
      entry.fetching = deferred
      return Effect.map(Effect.forkIn(fetchInto(key, entry), scope), (fiber) => {
        // An observer, not a finalizer: a fiber that is stopped before it starts, as by a closed scope, runs no
        // finalizer.
        fiber.addObserver((exit) => {
          entry.fetching = undefined
          Deferred.doneUnsafe(deferred, exit)
        })
        return deferred
      })
    }).pipe(Effect.uninterruptible)

  return {
    get: (key) =>
      Effect.flatMap(monotonicMillis, (time) => {
        const entry = entryOf(key, time)
        const { token } = entry
        if (token === undefined || time >= entry.endsAt) {
          return Effect.flatMap(startFetch(key, entry, token), (deferred) => Deferred.await(deferred))
        }
        if (time < entry.refreshAt) return Effect.succeed(token)
        entry.refreshAt = time + refreshPauseMillis
        return Effect.as(startFetch(key, entry, token), token)
      }),
    invalidate: (key, generation) =>
      Effect.sync(() => {
        const entry = entries.get(key)
        // The token is kept until it is replaced, so that the same token is recognized if it is fetched again.
        if (entry?.token?.generation === generation) entry.endsAt = 0
      }),
  }
})
