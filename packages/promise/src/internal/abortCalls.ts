/** The functions to call when a signal aborts: one listener on each signal, however many reads wait for it. */

interface Waiting {
  readonly calls: Set<() => void>
  readonly listener: () => void
}

// Node warns of a leak from the eleventh listener on, and a program may well give one signal to a hundred reads.
const waiting = new WeakMap<AbortSignal, Waiting>()

/** Adds a function that is called when the signal aborts. The signal must not have aborted yet. */
export const add = (signal: AbortSignal, call: () => void): void => {
  let entry = waiting.get(signal)
  if (entry === undefined) {
    const calls = new Set<() => void>()
    entry = {
      calls,
      listener: () => {
        for (const call of calls) call()
      },
    }
    waiting.set(signal, entry)
    signal.addEventListener("abort", entry.listener)
  }
  entry.calls.add(call)
}

/** Removes a function, and the listener with the last one. */
export const remove = (signal: AbortSignal, call: () => void): void => {
  const entry = waiting.get(signal)
  if (entry === undefined || !entry.calls.delete(call) || entry.calls.size > 0) return
  waiting.delete(signal)
  signal.removeEventListener("abort", entry.listener)
}
