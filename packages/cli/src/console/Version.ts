/** The version of the command. */
import * as Context from "effect/Context"

/** The version of this run, which `main` is given. */
export const CurrentVersion = Context.Reference<string>("@effect-feishu/cli/Version", {
  defaultValue: () => "unknown",
})
