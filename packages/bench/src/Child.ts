/** Waits for a message of a child process, which may end before it sends one. */
import type { ChildProcess } from "node:child_process"

/** Describes how a child process ended. */
const endOf = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`

/**
 * Returns what the child process says: `listen` gets a function, and has to call it with that. Rejects if the process
 * ends earlier, or cannot be started.
 */
export const saidBy = <A>(
  name: string,
  child: ChildProcess,
  listen: (said: (value: A) => void) => void,
): Promise<A> =>
  new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${name} ${what}`))
    const ended = (code: number | null, signal: NodeJS.Signals | null) => fail(endOf(code, signal))
    // It may have ended already: then no event follows.
    if (child.exitCode !== null || child.signalCode !== null) {
      ended(child.exitCode, child.signalCode)
      return
    }
    child.once("error", (error) => fail(`could not be started: ${error.message}`))
    // Not `exit`: at that event, output from before the end may still be unread.
    child.once("close", ended)
    listen((value) => {
      child.off("close", ended)
      resolve(value)
    })
  })
