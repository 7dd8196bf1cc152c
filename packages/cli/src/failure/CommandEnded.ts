/** The end of a command that has printed everything itself: no error and no summary follow. */
import * as Data from "effect/Data"

/** The error with which such a command ends: it only carries the exit code. */
export class CommandEnded extends Data.TaggedError("CommandEnded")<{ readonly exitCode: number }> {}
