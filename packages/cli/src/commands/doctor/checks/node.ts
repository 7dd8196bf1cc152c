/** Check `node`: the version of Node, and the time zone that times without one are read in. */
import * as Effect from "effect/Effect"
import * as Language from "../../../language/Language.ts"
import * as TimeZone from "../../../language/TimeZone.ts"
import type * as Check from "../Check.ts"

/** Always passes: an unknown time zone is reported in its line. */
export const checkNode: Check.Check<undefined> = Effect.map(Language.CurrentLanguage, (language) => {
  const zone = TimeZone.current()
  const { isKnown, name, tz } = zone
  const origin = tz === undefined ? { from: "machine" } : { from: "environment", variable: "TZ" }
  const passed: Check.Passed = {
    detail: process.versions.node,
    lines: [TimeZone.inWords(zone, language)],
    facts: { timeZone: { value: name, isKnown, origin } },
  }
  return [undefined, passed] as const
})
