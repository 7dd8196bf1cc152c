/** A command that has told everything itself ends so: no error and no summary follow. */
import * as Data from "effect/Data"

/** See above. */
export class Ended extends Data.TaggedError("Ended")<{ readonly exitCode: number }> {}
