/** What a hang-up (SIGHUP) means to a command. */
import { isatty } from "node:tty"

/**
 * Whether a hang-up is to stop this process: only where standard input, output or error is a terminal, whose end it
 * tells. To be called at the start, since a terminal that is closed is none any more.
 *
 * `nohup` starts a command with SIGHUP ignored and without a terminal on any of the three. Node resets signals that
 * are ignored when it starts, so that they cannot be asked for; the terminals can.
 */
export const stops = (): boolean => [0, 1, 2].some((descriptor) => isatty(descriptor))

/** From now on a hang-up does nothing, where it is not to stop this process: without a listener Node would end. */
export const ignoreUnlessItStops = (): void => {
  if (!stops()) process.on("SIGHUP", () => {})
}
