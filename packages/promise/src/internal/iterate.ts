/**
 * Turns a stream into an async iterator that its consumer, a signal, or the closing of the client ends at once. Between
 * two calls of `next` nothing runs, except for what the stream itself reads ahead.
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

/** The state that the reads of a client share. */
export interface Shared<R> {
  readonly runtime: ManagedRuntime.ManagedRuntime<R, FeishuError.FeishuError>
  /** A function for each read that is running something, which ends the read. */
  readonly underWay: Set<() => void>
  closed: boolean
}

const clientClosed = () =>
  new ClientClosed({
    message: "the client is closed. Close it once nothing reads any more, or make another one.",
    isRetryable: false,
  })

/**
 * Returns the iterator. Nothing happens before the first call of `next`.
 *
 * An iterator that is abandoned, neither read to its end nor returned, leaks nothing: its signal and its client refer
 * to it only while something is running. That is during a `next`; if the stream reads ahead, it is until the end of the
 * stream, or until the iterator is garbage.
 */
export const iterate = <A, R>(
  shared: Shared<R>,
  stream: Stream.Stream<A, FeishuError.FeishuError, R>,
  signal: AbortSignal | undefined,
  readsAhead: boolean,
): AsyncIterator<A, undefined> => {
  const iterator = new Rows(readOf(shared, stream, signal, readsAhead))
  if (readsAhead) abandoned.register(iterator, iterator.end)
  return iterator
}

/** Ends the reads of iterators that are garbage. */
const abandoned = new FinalizationRegistry<() => void>((end) => end())

/** Keeps iterators alive while a `next` is pending, since the program may hold only the promise of that. */
const pending = new Set<Rows<unknown>>()

/** The iterator that the program holds. The read does not refer to it, so that it can become garbage and be noticed. */
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
    pending.add(this)
    try {
      return await this.#read.next()
    } finally {
      if (--this.#waiting === 0) pending.delete(this)
    }
  }

  async return(): Promise<IteratorResult<A, undefined>> {
    await this.#read.end()
    return { done: true, value: undefined }
  }
}

interface Read<A> {
  readonly next: () => Promise<IteratorResult<A, undefined>>
  /** Ends the read at once; resolves when all of it has ended. */
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
  /** Set once nothing more is read. Its error is thrown by the next call of `next`, and only by that. */
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
    // Since the last call, when perhaps nothing listened.
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
        // A listener of events may have ended the read before the fiber was known.
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
    // The error is made here, and not where it failed, so that its stack leads to the caller of `next`.
    if (error !== undefined) throw error()
    return { done: true, value: undefined }
  }

  let turn: Promise<void> = Promise.resolve()
  return {
    // One call at a time, in their order, as in an async generator.
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
    // This does not wait for a `next` that is under way, which may take minutes.
    end: () => {
      end()
      return released
    },
  }
}
