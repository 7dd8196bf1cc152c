/** Waiting for what a child process says, which may end before it says anything. */
import type { ChildProcess } from "node:child_process"

/** How a child ended, in words. */
const endOf = (code: number | null, signal: NodeJS.Signals | null): string =>
  signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`

/**
 * What the child says; `listen` is given what to call then. Rejects when it ends before, or could not be started.
 */
export const saidBy = <A>(
  name: string,
  child: ChildProcess,
  listen: (said: (value: A) => void) => void,
): Promise<A> =>
  new Promise((resolve, reject) => {
    const fail = (what: string) => reject(new Error(`${name} ${what}`))
    const ended = (code: number | null, signal: NodeJS.Signals | null) => fail(endOf(code, signal))
    // Before `listen` may be too late.
    if (child.exitCode !== null || child.signalCode !== null) {
      ended(child.exitCode, child.signalCode)
      return
    }
    child.once("error", (error) => fail(`could not be started: ${error.message}`))
    // Not `exit`: what it has said before may still be on its way.
    child.once("close", ended)
    listen((value) => {
      child.off("close", ended)
      resolve(value)
    })
  })
