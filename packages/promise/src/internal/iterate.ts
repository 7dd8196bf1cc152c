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
import { toFeishuError } from "./plain.ts"

/** What the reads of a client share. */
export interface Shared<R> {
  readonly runtime: ManagedRuntime.ManagedRuntime<R, FeishuError.FeishuError>
  /** How to end each read that is under way. */
  readonly underWay: Set<() => void>
  closed: boolean
}

const clientClosed = () =>
  new ClientClosed({
    message: "the client is closed. Close it once nothing reads any more, or make another one.",
    isRetryable: false,
  })

/** The iterator. Nothing happens before the first call of `next`. */
export const iterate = <A, R>(
  shared: Shared<R>,
  stream: Stream.Stream<A, FeishuError.FeishuError, R>,
  signal: AbortSignal | undefined,
): AsyncIterator<A, undefined> => {
  const scope = Scope.makeUnsafe()
  let pull: Pull.Pull<ReadonlyArray<A>, FeishuError.FeishuError, void, R> = Effect.flatMap(
    Scope.provide(Stream.toPull(stream), scope),
    (made) => (pull = made),
  )
  let rows: Iterator<A> = [].values()
  let begun = false
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
    signal?.removeEventListener("abort", abort)
    shared.underWay.delete(close)
    release()
    wake()
  }
  const abort = () => end(() => signal?.reason)
  const close = () => end(clientClosed)

  const begin = () => {
    begun = true
    if (shared.closed) close()
    else if (signal?.aborted === true) abort()
    else {
      signal?.addEventListener("abort", abort)
      shared.underWay.add(close)
    }
  }

  const step = async (): Promise<IteratorResult<A, undefined>> => {
    if (!begun) begin()
    if (ended === undefined) {
      const row = rows.next()
      if (row.done !== true) return row
      const exit = await new Promise<Exit.Exit<ReadonlyArray<A>, unknown> | undefined>((resolve) => {
        wake = () => resolve(undefined)
        fiber = shared.runtime.runFork(pull)
        fiber.addObserver(resolve)
        // By a listener of events, before the fiber was known.
        if (ended !== undefined) release()
      })
      fiber = undefined
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
    return: async () => {
      begun = true
      end()
      await released
      return { done: true, value: undefined }
    },
  }
}
