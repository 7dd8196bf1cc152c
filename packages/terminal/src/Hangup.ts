/** The response of a command to a hang-up (SIGHUP). */
import { isatty } from "node:tty"

/**
 * True when a hang-up should stop this process: only if standard input, output or error is a terminal, which has been
 * closed. Call it at the start, since a closed terminal is no longer recognised as one.
 *
 * `nohup` starts a command with SIGHUP ignored and with none of the three on a terminal. Node resets ignored signals when it
 * starts, so that a program cannot check for them, but it can check for terminals.
 */
export const stops = (): boolean => [0, 1, 2].some((descriptor) => isatty(descriptor))

/** Ignores hang-ups from now on if they should not stop this process. Without a listener, Node would end. */
export const ignoreUnlessItStops = (): void => {
  if (!stops()) process.on("SIGHUP", () => {})
}
