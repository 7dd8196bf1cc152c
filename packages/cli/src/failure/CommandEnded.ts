/** The end of a command that has printed everything itself: no error and no summary follow. */
import * as Data from "effect/Data"

/** Carries the exit code of such a command. */
export class CommandEnded extends Data.TaggedError("CommandEnded")<{ readonly exitCode: number }> {}
