/**
 * A stream as an async iterator that ends at once when it is told to: by its consumer, by a signal, or with the
 * client. Between two calls of `next` nothing runs but what the stream itself reads ahead.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as ManagedRuntime from "effect/ManagedRuntime"
import * as Pull from "effect/Pull"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { FeishuError } from "@effect-feishu/core"
import { ClientClosed } from "../FeishuError.ts"
import * as AbortCalls from "./abortCalls.ts"
import { toFeishuError } from "./plain.ts"

/** What the reads of a client share. */
export interface Shared<R> {
  readonly runtime: ManagedRuntime.ManagedRuntime<R, FeishuError.FeishuError>
  /** How to end each read of which something runs. */
  readonly underWay: Set<() => void>
  closed: boolean
}

const clientClosed = () =>
  new ClientClosed({
    message: "the client is closed. Close it once nothing reads any more, or make another one.",
    isRetryable: false,
  })

/**
 * The iterator. Nothing happens before the first call of `next`.
 *
 * One that is left alone, neither read to its end nor returned, leaves nothing behind: its signal and its client know
 * it only while something runs. That is during a `next`; and where the stream reads ahead until its end, or until
 * nobody can ask for a row any more.
 */
export const iterate = <A, R>(
  shared: Shared<R>,
  stream: Stream.Stream<A, FeishuError.FeishuError, R>,
  signal: AbortSignal | undefined,
  readsAhead: boolean,
): AsyncIterator<A, undefined> => {
  const iterator = new Rows(readOf(shared, stream, signal, readsAhead))
  if (readsAhead) leftAlone.register(iterator, iterator.end)
  return iterator
}

/** Ends the reads of iterators that nobody has any more. */
const leftAlone = new FinalizationRegistry<() => void>((end) => end())

/** Those that somebody waits for, though perhaps for what `next` has given only. */
const waitedFor = new Set<Rows<unknown>>()

/** What people hold. The read does not hold it, so that it can be told when nobody holds it any more. */
class Rows<A> implements AsyncIterator<A, undefined> {
  readonly #read: Read<A>
  #waiting = 0

  constructor(read: Read<A>) {
    this.#read = read
  }

  get end() {
    return this.#read.end
  }

  async next(): Promise<IteratorResult<A, undefined>> {
    this.#waiting++
    waitedFor.add(this)
    try {
      return await this.#read.next()
    } finally {
      if (--this.#waiting === 0) waitedFor.delete(this)
    }
  }

  async return(): Promise<IteratorResult<A, undefined>> {
    await this.#read.end()
    return { done: true, value: undefined }
  }
}

interface Read<A> {
  readonly next: () => Promise<IteratorResult<A, undefined>>
  /** Ends it at once; resolves when all of it has ended. */
  readonly end: () => Promise<void>
}

const readOf = <A, R>(
  shared: Shared<R>,
  stream: Stream.Stream<A, FeishuError.FeishuError, R>,
  signal: AbortSignal | undefined,
  readsAhead: boolean,
): Read<A> => {
  const scope = Scope.makeUnsafe()
  let pull: Pull.Pull<ReadonlyArray<A>, FeishuError.FeishuError, void, R> = Effect.flatMap(
    Scope.provide(Stream.toPull(stream), scope),
    (made) => (pull = made),
  )
  let rows: Iterator<A> = [].values()
  /** Set once nothing more is read: what `next` throws, the first time. */
  let ended: { error?: (() => unknown) | undefined } | undefined
  let fiber: Fiber.Fiber<ReadonlyArray<A>, unknown> | undefined
  let wake = () => {}
  let released: Promise<void> = Promise.resolve()

  const release = () => {
    released = Effect.runPromise(
      Effect.andThen(
        fiber === undefined ? Effect.void : Fiber.interrupt(fiber),
        Scope.close(scope, Exit.void),
      ),
    )
  }
  const end = (error?: () => unknown) => {
    if (ended !== undefined) return
    ended = { error }
    unlisten()
    release()
    wake()
  }
  const abort = () => end(() => signal?.reason)
  const close = () => end(clientClosed)

  const listen = () => {
    if (signal !== undefined) AbortCalls.add(signal, abort)
    shared.underWay.add(close)
  }
  const unlisten = () => {
    if (signal !== undefined) AbortCalls.remove(signal, abort)
    shared.underWay.delete(close)
  }

  const step = async (): Promise<IteratorResult<A, undefined>> => {
    // Since the last time, when nobody may have listened.
    if (signal?.aborted === true) abort()
    if (shared.closed) close()
    if (ended === undefined) {
      const row = rows.next()
      if (row.done !== true) return row
      listen()
      const exit = await new Promise<Exit.Exit<ReadonlyArray<A>, unknown> | undefined>((resolve) => {
        wake = () => resolve(undefined)
        fiber = shared.runtime.runFork(pull)
        fiber.addObserver(resolve)
        // By a listener of events, before the fiber was known.
        if (ended !== undefined) release()
      })
      fiber = undefined
      if (!readsAhead) unlisten()
      if (exit !== undefined && ended === undefined) {
        if (Exit.isSuccess(exit)) {
          rows = exit.value.values()
          return rows.next() as IteratorYieldResult<A>
        }
        const failure = Pull.isDoneCause(exit.cause) ? undefined : Cause.squash(exit.cause)
        end(
          failure === undefined
            ? undefined
            : () => (failure instanceof FeishuError.FeishuError ? toFeishuError(failure) : failure),
        )
        await released
      }
    }
    const error = ended?.error
    ended = {}
    // Made here, and not where it failed, so that its stack leads to whoever asked for the row.
    if (error !== undefined) throw error()
    return { done: true, value: undefined }
  }

  let turn: Promise<void> = Promise.resolve()
  return {
    // One at a time, in their order, as an async generator does it.
    next: async () => {
      const before = turn
      let over = () => {}
      turn = new Promise((resolve) => (over = resolve))
      await before
      try {
        return await step()
      } finally {
        over()
      }
    },
    // But this is not made to wait for a `next` that is under way, which may be minutes from its turn.
    end: () => {
      end()
      return released
    },
  }
}
