/** Who is told that a signal aborts: one listener on each signal, however many reads wait for it. */

interface Waiting {
  readonly calls: Set<() => void>
  readonly tell: () => void
}

// Node warns of a leak from the eleventh listener on, and a program may well give one signal to a hundred reads.
const waiting = new WeakMap<AbortSignal, Waiting>()

/** Has it called once the signal aborts, which it has not done yet. */
export const add = (signal: AbortSignal, call: () => void): void => {
  let there = waiting.get(signal)
  if (there === undefined) {
    const calls = new Set<() => void>()
    there = {
      calls,
      tell: () => {
        for (const call of calls) call()
      },
    }
    waiting.set(signal, there)
    signal.addEventListener("abort", there.tell)
  }
  there.calls.add(call)
}

/** Has it not called any more. */
export const remove = (signal: AbortSignal, call: () => void): void => {
  const there = waiting.get(signal)
  if (there === undefined || !there.calls.delete(call) || there.calls.size > 0) return
  waiting.delete(signal)
  signal.removeEventListener("abort", there.tell)
}
